// pliant/circuit/optimise/relations.cpp — implications of thermometer bits, exclusions of one-hot
// bits (no torch)
#include "pliant/circuit/optimise/relations.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace pliant::circuit {
namespace {

/// "job" of "job=cook"; empty where the name is no such thing ("age<=30").
std::string_view variable_of(std::string_view name) {
  const std::size_t at = name.find('=');
  if (at == std::string_view::npos || at == 0) return {};
  if (name[at - 1] == '<' || name[at - 1] == '>' || name[at - 1] == '!') return {};
  return name.substr(0, at);
}

}  // namespace

InputRelations::InputRelations(const Encoder& encoder)
    : chain_(encoder.bits()), threshold_(encoder.bits()) {
  chains_.resize(encoder.has_features() ? encoder.features : encoder.bits());
  variable_.assign(chains_.size(), kNone);
  for (std::uint32_t b = 0; b < encoder.bits(); ++b) {
    chain_[b] = encoder.has_features() ? encoder.feature[b] : b;
    threshold_[b] = encoder.has_features() ? encoder.threshold[b] : 0;
    chains_[chain_[b]].push_back(b);
  }
  for (std::vector<std::uint32_t>& chain : chains_) {
    any_ = any_ || chain.size() > 1;
    std::stable_sort(chain.begin(), chain.end(), [&](std::uint32_t a, std::uint32_t b) {
      return threshold_[a] < threshold_[b];
    });
  }
  std::map<std::string_view, std::vector<std::uint32_t>> variables;
  for (std::uint32_t f = 0; f < encoder.names.size(); ++f) {
    const std::string_view variable = variable_of(encoder.names[f]);
    if (!variable.empty()) variables[variable].push_back(f);
  }
  for (auto& [name, features] : variables) {
    std::vector<std::uint32_t> distinct;  // a name that stands twice is not its own rival
    std::set<std::string_view> seen;
    for (const std::uint32_t f : features) {
      if (seen.insert(encoder.names[f]).second) distinct.push_back(f);
    }
    if (distinct.size() < 2) continue;
    any_ = true;
    for (const std::uint32_t f : distinct)
      variable_[f] = static_cast<std::uint32_t>(variables_.size());
    variables_.push_back(std::move(distinct));
  }
}

bool InputRelations::implies(std::uint32_t a, std::uint32_t b) const {
  return chain_[a] == chain_[b] && threshold_[a] >= threshold_[b];
}

bool InputRelations::excludes(std::uint32_t a, std::uint32_t b) const {
  const std::uint32_t variable = variable_[chain_[a]];
  // A number that is not above 0 may have a bit that is 1 under a threshold below 0.
  return variable != kNone && chain_[a] != chain_[b] && variable == variable_[chain_[b]] &&
         threshold_[a] >= 0 && threshold_[b] >= 0;
}

void InputRelations::draw(base::Random& random, std::vector<std::uint8_t>& bits) const {
  for (const std::vector<std::uint32_t>& chain : chains_) {
    const std::uint32_t ones = random.below(static_cast<std::uint32_t>(chain.size()) + 1);
    for (const std::uint32_t b : chain)
      bits[b] = ones > 0 && threshold_[b] <= threshold_[chain[ones - 1]] ? 1 : 0;
  }
  for (const std::vector<std::uint32_t>& features : variables_) {
    const std::uint32_t chosen =
        features[random.below(static_cast<std::uint32_t>(features.size()))];
    for (const std::uint32_t f : features) {
      for (const std::uint32_t b : chains_[f]) {
        if (threshold_[b] >= 0) bits[b] = f == chosen ? 1 : 0;
      }
    }
  }
}

void InputRelations::complete(std::vector<std::uint8_t>& bits) const {
  for (const std::vector<std::uint32_t>& chain : chains_) {
    bool above = false;  // a bit that is 1 has been seen at this threshold or above
    for (std::size_t c = chain.size(); c-- > 0;) {
      std::uint8_t& bit = bits[chain[c]];
      above = above || bit == 1;
      if (bit == kFree) bit = above ? 1 : 0;
    }
  }
}

}  // namespace pliant::circuit
