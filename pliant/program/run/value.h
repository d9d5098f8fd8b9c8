// pliant/program/run/value.h — arrays as views of a tape; private to program/ (no torch)
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "pliant/program/run/recording.h"

namespace pliant::program {

/// Dimensions that an array may have.
inline constexpr std::size_t kMaxRank = 4;

struct Shape {
  std::array<std::int32_t, kMaxRank> size{};
  std::size_t rank = 0;

  [[nodiscard]] std::size_t count() const {
    std::size_t product = 1;
    for (std::size_t k = 0; k < rank; ++k) product *= static_cast<std::size_t>(size[k]);
    return product;
  }
  [[nodiscard]] std::string text() const {
    std::string out = "[";
    for (std::size_t k = 0; k < rank; ++k) out += (k == 0 ? "" : ", ") + std::to_string(size[k]);
    return out + "]";
  }
  void push(std::int32_t n) { size[rank++] = n; }

  friend bool operator==(const Shape&, const Shape&) = default;
};

/// An array of a program's state: elements that lie beside each other in one node, or each its own
/// place, so that writing one element copies none.
struct Value {
  Shape shape;
  View base;                                       ///< of the first element, if there are no parts
  std::shared_ptr<const std::vector<View>> parts;  ///< one for each element, or null

  /// Whether both are the same elements, where they are kept in the same way.
  friend bool operator==(const Value&, const Value&) = default;

  [[nodiscard]] bool defined() const { return base.node >= 0 || parts != nullptr; }
  [[nodiscard]] View element(std::size_t e) const {
    if (parts != nullptr) return (*parts)[e];
    return {base.node, base.element + static_cast<std::int32_t>(e)};
  }
};

/// A number in an error's text: NaN without its sign.
template <class T>
std::string shown(T x) {
  if (std::isnan(x)) return "NaN";
  std::ostringstream text;
  text << x;
  return text.str();
}

}  // namespace pliant::program
