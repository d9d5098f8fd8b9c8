// pliant/data/words.h — lines and words of text files, private to the readers of meshes (no torch)
#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "pliant/base/errors.h"

namespace pliant::data {

/// One line at a time of a text whose lines hold words; `#` begins a comment, a `\` at the end
/// joins the next line.
class WordLines {
 public:
  WordLines(std::string_view text, std::string_view name) : rest_(text), name_(name) {}

  /// Goes to the next line that has words; false at the end.
  bool next() {
    while (!rest_.empty()) {
      line_.clear();
      number_ = following_;
      while (take_physical_line()) {
      }
      words_.clear();
      for (std::size_t at = 0; at < line_.size();) {
        const std::size_t begin = line_.find_first_not_of(kBlank, at);
        if (begin == std::string::npos) break;
        at = std::min(line_.find_first_of(kBlank, begin), line_.size());
        words_.emplace_back(std::string_view(line_).substr(begin, at - begin));
      }
      if (!words_.empty()) return true;
    }
    return false;
  }

  [[nodiscard]] std::string_view keyword() const { return words_[0]; }
  /// The words behind the keyword.
  [[nodiscard]] std::size_t size() const { return words_.size() - 1; }
  [[nodiscard]] std::string_view operator[](std::size_t i) const { return words_[i + 1]; }
  [[nodiscard]] std::size_t number() const { return number_; }

  /// All that stands behind the keyword, inner blanks included.
  [[nodiscard]] std::string tail() const {
    if (size() == 0) return {};
    return {words_[1].data(), words_.back().data() + words_.back().size()};
  }

  /// Fails with the name of the file and the line.
  template <class... Parts>
  void require(bool ok, const Parts&... parts) const {
    base::require(ok, name_, ": line ", number_, ": ", parts...);
  }

  /// Word i as a number that float32 can hold.
  [[nodiscard]] double real(std::size_t i) const {
    std::string_view word = (*this)[i];
    if (word.starts_with('+')) word.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    // What is too small for a double is 0; what is too large is no number.
    const bool tiny =
        error == std::errc::result_out_of_range &&
        (word.find("e-") != std::string_view::npos || word.find("E-") != std::string_view::npos);
    require((error == std::errc{} || tiny) && end == word.data() + word.size(),
            "expected a finite number, got '", (*this)[i], "'");
    require(std::abs(value) <= static_cast<double>(std::numeric_limits<float>::max()),
            "expected a finite number, got '", (*this)[i], "'");
    return value;
  }

 private:
  static constexpr std::string_view kBlank = " \t\r\v\f";

  /// Appends a line to line_; true if it goes on in the next.
  bool take_physical_line() {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++following_;
    const std::size_t comment = comment_in(line);
    if (comment != std::string_view::npos) line = line.substr(0, comment);
    const std::size_t last = line.find_last_not_of(kBlank);
    const bool joined =
        comment == std::string_view::npos && last != std::string_view::npos && line[last] == '\\';
    line_ += joined ? line.substr(0, last) : line;
    if (joined) line_ += ' ';
    return joined;
  }

  /// Where a comment begins: a # inside of a word is part of it.
  static std::size_t comment_in(std::string_view line) {
    std::size_t at = line.find('#');
    while (at != std::string_view::npos && at > 0 &&
           kBlank.find(line[at - 1]) == std::string_view::npos)
      at = line.find('#', at + 1);
    return at;
  }

  std::string_view rest_;
  std::string_view name_;
  std::string line_;
  std::vector<std::string_view> words_;
  std::size_t number_ = 0;
  std::size_t following_ = 1;
};

}  // namespace pliant::data
