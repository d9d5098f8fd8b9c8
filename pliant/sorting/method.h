// pliant/sorting/method.h — all ways to sort, networks, relaxations of the matrix and what sorts
// without one, as data (no torch)
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pliant::sorting {

/// A way to sort.
struct Method {
  std::string_view name;
  std::string_view kind;     ///< "network", "relaxation", "lapsum" or "projection"
  bool permutation;          ///< has P; a projection has sorted values and ranks alone
  bool doubly_stochastic;    ///< rows of P sum to 1, as its columns always do
  bool monotone;             ///< raising a key never lowers one of the sorted values; of a network:
                             ///< if its distribution is monotonic as a swap
  std::string_view cost;     ///< of one row of n keys, as text
  std::string_view source;   ///< paper or book
  std::string_view formula;  ///< of P, or of a projection's values and ranks, as text; of a network
                             ///< empty
  std::string_view regularization;  ///< of a projection (sorting/fast_sort.h); of others empty
};

/// The networks, then the relaxations, each in the order of its own list; then the others.
const std::vector<Method>& methods();

/// Their names.
std::vector<std::string_view> method_names();

/// The names of those that have P.
std::vector<std::string_view> permutation_method_names();

/// @throws std::invalid_argument "unknown method 'bubble'; there are: …"
const Method& method_of(std::string_view name);

/// The names of the methods that have P, as text.
std::string names_with_permutation();

/// methods() as JSON: an array of objects with the names above.
std::string methods_json();

}  // namespace pliant::sorting
