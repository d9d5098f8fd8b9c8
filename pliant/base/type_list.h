// pliant/base/type_list.h — lists of variants: one struct each, visited by index or by name (no
// torch)
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "pliant/base/errors.h"

namespace pliant::base {

/// A list of variants of one thing. A variant is a small default-constructible struct with
/// `static constexpr std::string_view name`; its place in the list is its index.
template <class... Ts>
struct TypeList {
  static constexpr int size = sizeof...(Ts);
};

/// Calls fn(T{}) for the variant at `index`; false if there is none. One comparison a variant, no
/// table.
template <class... Ts, class Fn>
constexpr bool visit(TypeList<Ts...>, int index, Fn&& fn) {
  int i = 0;
  return ((i++ == index && (fn(Ts{}), true)) || ...);
}

/// Calls fn(T{}) for every variant, in order.
template <class... Ts, class Fn>
constexpr void for_each(TypeList<Ts...>, Fn&& fn) {
  (fn(Ts{}), ...);
}

template <class... Ts>
constexpr std::array<std::string_view, sizeof...(Ts)> names(TypeList<Ts...>) {
  return {Ts::name...};
}

/// The index of `name`.
/// @throws std::invalid_argument that lists the names there are, e.g. "unknown distribution
/// 'cauchi'; there are: logistic, cauchy".   @param what  the word for the thing in that text
template <class... Ts>
int index_of(TypeList<Ts...> list, std::string_view name, std::string_view what) {
  std::string known;
  int i = 0;
  for (std::string_view candidate : names(list)) {
    if (candidate == name) return i;
    known += (i++ ? ", " : "") + std::string(candidate);
  }
  fail("unknown ", what, " '", name, "'; there are: ", known);
}

}  // namespace pliant::base
