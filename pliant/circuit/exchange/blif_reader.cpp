// pliant/circuit/exchange/blif_reader.cpp — the format BLIF, read and distrusted (no torch)
#include <algorithm>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pliant/base/errors.h"
#include "pliant/circuit/blif.h"
#include "pliant/circuit/exchange/in_order.h"
#include "pliant/circuit/exchange/read_cell.h"

namespace pliant::circuit {
namespace {

/// A line with what it is continued by: its words, and the number of its first line.
struct Line {
  std::size_t number = 0;
  std::vector<std::string_view> words;
};

/// The lines of a text that have words; comments are none.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  /// The next line, which stays the next until it is taken. No words: there is none.
  const Line& peek() {
    while (line_.words.empty() && !rest_.empty()) read();
    return line_;
  }
  Line take() {
    peek();
    return std::exchange(line_, {});
  }

 private:
  void read() {
    line_.number = number_ + 1;
    for (bool continued = true; continued && !rest_.empty();) {
      const std::size_t end = std::min(rest_.find('\n'), rest_.size());
      std::string_view text = rest_.substr(0, end);
      rest_.remove_prefix(std::min(end + 1, rest_.size()));
      ++number_;
      text = text.substr(0, text.find('#'));
      while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
      continued = !text.empty() && text.back() == '\\';
      if (continued) text.remove_suffix(1);
      split(text);
    }
  }
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  void split(std::string_view text) {
    for (;;) {
      while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
      if (text.empty()) return;
      const auto end = std::find_if(text.begin(), text.end(), is_space);
      const auto size = static_cast<std::size_t>(end - text.begin());
      line_.words.push_back(text.substr(0, size));
      text.remove_prefix(size);
    }
  }

  std::string_view rest_;
  std::size_t number_ = 0;  ///< of the line that was read last
  Line line_;
};

/// A `.names`: the products whose sum, or whose sum's complement, is a signal.
struct Cover {
  std::size_t line = 0;
  std::vector<std::size_t> inputs;  ///< signals
  std::size_t output = 0;
  std::vector<std::string_view> products;  ///< a character for each input: 0, 1 or -
  bool of_zeros = false;
};

class Reader {
 public:
  Reader(std::string_view text, std::string_view name) : lines_(text), name_(name) {}
  Circuit circuit();

 private:
  template <class... Parts>
  [[noreturn]] void fail_at(std::size_t line, const Parts&... parts) const {
    base::fail(name_, ": line ", line, ": ", parts...);
  }
  template <class... Parts>
  void require(bool ok, std::size_t line, const Parts&... parts) const {
    if (!ok) fail_at(line, parts...);
  }

  std::size_t signal(std::string_view word);
  void define(std::size_t signal, std::size_t line, std::size_t as);
  void read();
  void read_cover(const Line& line);
  void read_product(Cover& cover, const Line& line);
  Literal value(std::size_t signal, std::size_t line) const;
  Literal build(Builder& builder, const Cover& cover) const;
  Cell build();

  // What a signal is: nothing, an input or a cover's output.
  static constexpr std::size_t kUndefined = static_cast<std::size_t>(-1);
  static constexpr std::size_t kInput = static_cast<std::size_t>(-2);

  Lines lines_;
  std::string_view name_;
  bool has_model_ = false;
  std::unordered_map<std::string_view, std::size_t> numbers_;  ///< of the signals by name
  std::vector<std::string_view> names_;
  std::vector<std::size_t> definitions_;  ///< of each signal: kUndefined, kInput, or its cover
  std::vector<std::size_t> inputs_;
  std::vector<std::pair<std::size_t, std::size_t>> outputs_;  ///< signals, and their lines
  std::vector<Cover> covers_;
  std::vector<Literal> literals_;  ///< of the signals, once they are built
};

std::size_t Reader::signal(std::string_view word) {
  const auto [found, is_new] = numbers_.emplace(word, names_.size());
  if (is_new) {
    names_.push_back(word);
    definitions_.push_back(kUndefined);
  }
  return found->second;
}

void Reader::define(std::size_t signal, std::size_t line, std::size_t as) {
  require(definitions_[signal] == kUndefined, line, "signal '", names_[signal],
          "' is defined twice");
  definitions_[signal] = as;
}

void Reader::read() {
  while (!lines_.peek().words.empty()) {
    const Line line = lines_.take();
    const std::string_view command = line.words[0];
    const auto words = std::span(line.words).subspan(1);
    if (command == ".end") break;
    if (command == ".model") {
      require(!has_model_, line.number, "a second model, one is read");
      has_model_ = true;
    } else if (command == ".inputs") {
      for (const std::string_view word : words) {
        inputs_.push_back(signal(word));
        define(inputs_.back(), line.number, kInput);
      }
    } else if (command == ".outputs") {
      for (const std::string_view word : words) outputs_.emplace_back(signal(word), line.number);
    } else if (command == ".names") {
      read_cover(line);
    } else if (command == ".latch" || command == ".mlatch") {
      fail_at(line.number, command, ": only circuits without state are read");
    } else if (command == ".subckt" || command == ".gate") {
      fail_at(line.number, command, ": only flat circuits of tables are read");
    } else {
      fail_at(line.number, "'", command,
              "' is none of .model, .inputs, .outputs, .names and .end, which are read");
    }
  }
  const Line& more = lines_.peek();
  require(more.words.empty(), more.number, "the model has ended, one is read");
}

void Reader::read_cover(const Line& line) {
  require(line.words.size() > 1, line.number, ".names needs at least the name of its output");
  Cover cover{.line = line.number, .inputs = {}, .output = 0, .products = {}};
  for (std::size_t w = 1; w + 1 < line.words.size(); ++w)
    cover.inputs.push_back(signal(line.words[w]));
  cover.output = signal(line.words.back());
  define(cover.output, line.number, covers_.size());
  while (!lines_.peek().words.empty() && lines_.peek().words[0][0] != '.')
    read_product(cover, lines_.take());
  covers_.push_back(std::move(cover));
}

void Reader::read_product(Cover& cover, const Line& line) {
  const bool constant = cover.inputs.empty();
  require(line.words.size() == (constant ? 1 : 2), line.number, "a line of a table of ",
          cover.inputs.size(), " inputs has ", constant ? 1 : 2, " words, got ", line.words.size());
  const std::string_view product = constant ? std::string_view() : line.words[0];
  const std::string_view value = line.words.back();
  require(product.size() == cover.inputs.size(), line.number, "the table has ", cover.inputs.size(),
          " inputs, the line ", product.size());
  require(product.find_first_not_of("01-") == std::string_view::npos, line.number, "'", product,
          "' has other characters than 0, 1 and -");
  require(value == "0" || value == "1", line.number, "the value must be 0 or 1, got '", value, "'");
  const bool zero = value == "0";
  require(cover.products.empty() || zero == cover.of_zeros, line.number,
          "a table lists its ones or its zeros, not both");
  cover.of_zeros = zero;
  cover.products.push_back(product);
}

Literal Reader::value(std::size_t signal, std::size_t line) const {
  require(definitions_[signal] != kUndefined, line, "signal '", names_[signal],
          "' is read, but nothing defines it");
  return literals_[signal];
}

Literal Reader::build(Builder& builder, const Cover& cover) const {
  std::vector<Literal> inputs;
  inputs.reserve(cover.inputs.size());
  for (const std::size_t input : cover.inputs) inputs.push_back(value(input, cover.line));
  if (inputs.size() <= kMaxFanIn) {
    const TruthTable all = table_mask(static_cast<int>(inputs.size()));
    TruthTable table = 0;
    for (const std::string_view product : cover.products) {
      TruthTable ones = all;
      for (std::size_t i = 0; i < product.size(); ++i) {
        if (product[i] != '-') ones &= product[i] == '1' ? kProjection[i] : ~kProjection[i];
      }
      table |= ones;
    }
    return builder.add(cover.of_zeros ? ~table & all : table, static_cast<int>(inputs.size()),
                       inputs.data());
  }
  std::vector<Literal> none_of;
  for (const std::string_view product : cover.products) {
    std::vector<Literal> factors;
    for (std::size_t i = 0; i < product.size(); ++i) {
      if (product[i] != '-') factors.push_back(product[i] == '1' ? inputs[i] : !inputs[i]);
    }
    none_of.push_back(!all_of(builder, factors));
  }
  const Literal zero = all_of(builder, none_of);
  return cover.of_zeros ? zero : !zero;
}

Cell Reader::build() {
  Builder builder(static_cast<std::uint32_t>(inputs_.size()), covers_.size(), kAsRead);
  literals_.resize(names_.size());
  for (std::uint32_t i = 0; i < inputs_.size(); ++i) literals_[inputs_[i]] = Literal(i);
  visit_in_order(
      covers_.size(), [&](std::size_t c) { return covers_[c].inputs.size(); },
      [&](std::size_t c, std::size_t i) { return definitions_[covers_[c].inputs[i]]; },
      [&](std::size_t c) { literals_[covers_[c].output] = build(builder, covers_[c]); },
      [&](std::size_t c) {
        fail_at(covers_[c].line, "signal '", names_[covers_[c].output], "' depends on itself");
      });
  std::vector<Literal> outputs;
  outputs.reserve(outputs_.size());
  for (const auto& [output, line] : outputs_) outputs.push_back(value(output, line));
  return builder.take(std::move(outputs));
}

Circuit Reader::circuit() {
  read();
  Cell cell = build();
  std::vector<std::string> names;
  names.reserve(inputs_.size());
  for (const std::size_t input : inputs_) names.emplace_back(names_[input]);
  return circuit_of_cell(std::move(cell), std::move(names));
}

}  // namespace

Circuit parse_blif(std::string_view text, std::string_view name) {
  return Reader(text, name).circuit();
}

}  // namespace pliant::circuit
