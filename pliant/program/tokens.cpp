// pliant/program/tokens.cpp — words, one at a time (no torch)
#include "pliant/program/tokens.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace pliant::program {
namespace {

constexpr std::array<std::string_view, 14> kKeywords = {"program", "external", "var",   "int", "if",
                                                        "else",    "while",    "gated", "for", "in",
                                                        "return",  "and",      "or",    "not"};

constexpr std::array<std::string_view, 5> kPairs = {"<=", ">=", "==", "!=", ".."};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// How many characters a number has, 0 if it is none. "1..3" is 1, then a range.
std::size_t number_length(std::string_view text) {
  std::size_t i = 0;
  const auto digits = [&] {
    const std::size_t begin = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - begin;
  };
  std::size_t found = digits();
  if (i + 1 < text.size() && text[i] == '.' && text[i + 1] != '.') {
    ++i;
    found += digits();
  } else if (i + 1 == text.size() && text[i] == '.') {
    ++i;
  }
  if (found == 0) return 0;
  const std::size_t mantissa = i;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return mantissa;
  }
  return i;
}

std::size_t word_length(std::string_view text) {
  if (is_letter(text[0])) {
    std::size_t i = 1;
    while (i < text.size() && (is_letter(text[i]) || is_digit(text[i]))) ++i;
    return i;
  }
  if (is_digit(text[0]) || text[0] == '.') {
    if (const std::size_t length = number_length(text)) return length;
  }
  for (const std::string_view pair : kPairs) {
    if (text.substr(0, 2) == pair) return 2;
  }
  return 1;
}

}  // namespace

Tokens::Tokens(std::string_view text) : text_(text) { advance(); }

void Tokens::advance() {
  if (word_ == "(" || word_ == "[") ++open_;
  if (word_ == ")" || word_ == "]") open_ = std::max(0, open_ - 1);
  for (;;) {
    if (next_ >= text_.size()) {
      word_ = {};
      position_ = next_position_;
      return;
    }
    const char c = text_[next_];
    if (c == '#') {
      while (next_ < text_.size() && text_[next_] != '\n') ++next_, ++next_position_.column;
      continue;
    }
    const bool line_end = c == '\n';
    if (c == ' ' || c == '\t' || c == '\r' || (line_end && open_ > 0)) {
      ++next_;
      ++next_position_.column;
      if (line_end) next_position_ = {next_position_.line + 1, 1};
      continue;
    }
    position_ = next_position_;
    const std::size_t length = line_end ? 1 : word_length(text_.substr(next_));
    word_ = text_.substr(next_, length);
    next_ += length;
    next_position_.column += static_cast<int>(length);
    if (line_end) next_position_ = {next_position_.line + 1, 1};
    return;
  }
}

std::string Tokens::shown() const {
  if (word_.empty()) return "the end of the text";
  if (word_ == "\n") return "the end of the line";
  const auto c = static_cast<unsigned char>(word_[0]);
  if (c < 32 || c == 127) return "the character " + std::to_string(c);
  return "'" + std::string(word_) + "'";
}

void Tokens::fail(std::string_view reason) const { fail_at(position_, reason, ", got ", shown()); }

bool Tokens::take(std::string_view word) {
  if (word_ != word) return false;
  advance();
  return true;
}

void Tokens::expect(std::string_view word) {
  if (!take(word)) fail("expected '" + std::string(word) + "'");
}

void Tokens::expect_end() {
  if (!word_.empty()) fail("expected the end of the text");
}

std::string Tokens::name(std::string_view what) {
  if (word_.empty() || !is_letter(word_[0]) ||
      std::ranges::find(kKeywords, word_) != kKeywords.end()) {
    fail("expected " + std::string(what));
  }
  std::string name(word_);
  advance();
  return name;
}

std::optional<Tokens::Number> Tokens::number() {
  if (word_.empty() || !(is_digit(word_[0]) || word_[0] == '.') || number_length(word_) == 0) {
    return std::nullopt;
  }
  double value = 0;
  const char* const end = word_.data() + word_.size();
  const auto [at, error] = std::from_chars(word_.data(), end, value);
  if (error != std::errc() || at != end || !std::isfinite(value)) fail("expected a finite number");
  const bool whole = word_.find_first_of(".eE") == std::string_view::npos && value <= 1e9;
  advance();
  return Number{value, whole};
}

void Tokens::skip_lines() {
  while (take("\n") || take(";")) {
  }
}

void Tokens::end_statement() {
  if (word_ == "\n" || word_ == ";" || word_ == "}") return;
  fail("expected the end of the statement");
}

}  // namespace pliant::program
