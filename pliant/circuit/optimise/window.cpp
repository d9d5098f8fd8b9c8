// pliant/circuit/optimise/window.cpp — growing a window and evaluating it exhaustively (no torch)
#include "pliant/circuit/optimise/window.h"

#include <algorithm>
#include <array>

namespace pliant::circuit {
namespace {

/// Word w of the table of leaf l.
std::uint64_t leaf_word(std::size_t l, std::size_t w) {
  if (l < static_cast<std::size_t>(kMaxFanIn)) return kProjection[l];
  return ((w >> (l - kMaxFanIn)) & 1) != 0 ? ~std::uint64_t{0} : 0;
}

}  // namespace

void Window::open(std::span<const Signal> roots, const InputRelations* relations) {
  leaves_.assign(roots.begin(), roots.end());
  std::sort(leaves_.begin(), leaves_.end());
  leaves_.erase(std::unique(leaves_.begin(), leaves_.end()), leaves_.end());
  inner_.clear();
  expand();
  complete_ = leaves_.empty() || leaves_.back() < cell_.inputs;
  evaluate(relations);
}

void Window::expand() {
  // The last leaf is replaced by what it reads: no leaf then is computed from another one's
  // readers, and a signal becomes an inner node once.
  std::vector<Signal> wider;
  while (!leaves_.empty() && leaves_.back() >= cell_.inputs && inner_.size() < most_nodes_) {
    const Node& node = cell_.node(leaves_.back());
    wider.assign(leaves_.begin(), leaves_.end() - 1);
    wider.insert(wider.end(), node.inputs.begin(), node.inputs.begin() + node.fan_in);
    std::sort(wider.begin(), wider.end());
    wider.erase(std::unique(wider.begin(), wider.end()), wider.end());
    if (wider.size() > most_leaves_) return;
    inner_.push_back(leaves_.back());
    leaves_.swap(wider);
  }
}

void Window::evaluate(const InputRelations* relations) {
  const std::size_t variables = leaves_.size();
  words_ = variables <= static_cast<std::size_t>(kMaxFanIn)
               ? 1
               : std::size_t{1} << (variables - kMaxFanIn);
  if (place_.size() < cell_.signals()) place_.resize(2 * std::size_t{cell_.signals()});
  tables_.resize((variables + inner_.size()) * kWords);
  for (std::size_t l = 0; l < variables; ++l) {
    place_[leaves_[l]] = static_cast<std::uint32_t>(l);
    for (std::size_t w = 0; w < words_; ++w) tables_[l * kWords + w] = leaf_word(l, w);
  }
  std::size_t place = variables;
  std::array<std::uint64_t, kMaxFanIn> x{};
  for (std::size_t n = inner_.size(); n-- > 0; ++place) {
    const Node& node = cell_.node(inner_[n]);
    place_[inner_[n]] = static_cast<std::uint32_t>(place);
    for (std::size_t w = 0; w < words_; ++w) {
      for (std::size_t i = 0; i < static_cast<std::size_t>(node.fan_in); ++i)
        x[i] = table(node.inputs[i])[w];
      tables_[place * kWords + w] = apply_table(node.table, node.fan_in, x.data());
    }
  }
  possible_.assign(words_, ~std::uint64_t{0});
  if (relations == nullptr) return;
  for (std::size_t a = 0; a < variables && leaves_[a] < cell_.inputs; ++a) {
    for (std::size_t b = 0; b < variables && leaves_[b] < cell_.inputs; ++b) {
      if (a == b) continue;
      const bool implies = relations->implies(leaves_[a], leaves_[b]);
      if (!implies && !relations->excludes(leaves_[a], leaves_[b])) continue;
      for (std::size_t w = 0; w < words_; ++w) {
        const std::uint64_t other = leaf_word(b, w);
        possible_[w] &= ~(leaf_word(a, w) & (implies ? ~other : other));
      }
    }
  }
}

}  // namespace pliant::circuit
