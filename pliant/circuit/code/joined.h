// pliant/circuit/code/joined.h — text from its parts (no torch)
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace pliant::circuit {

inline void append_part(std::string& text, std::string_view part) { text.append(part); }
template <std::integral T>
void append_part(std::string& text, T number) {
  text += std::to_string(number);
}

/// Strings and whole numbers, one after another.
template <class... Parts>
std::string joined(const Parts&... parts) {
  std::string text;
  (append_part(text, parts), ...);
  return text;
}

}  // namespace pliant::circuit
