// pliant/circuit/code/c_frame.h — what stands around the gates in generated C (no torch)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pliant/circuit/c_code.h"
#include "pliant/circuit/circuit.h"

namespace pliant::circuit {

/// @throws std::invalid_argument if names cannot begin with `name`; the text begins with `function`
void check_name(std::string_view function, const std::string& name);

/// Scores as unsigned numbers in bit planes: a score is its planes' number and `least`.
struct ScorePlanes {
  std::int64_t least = 0;              ///< the smallest bias
  std::vector<std::uint64_t> offsets;  ///< (classes): biases above it
  int planes = 4;                      ///< enough for every score; at least 4
};
ScorePlanes score_planes(const ClassSums& sums);

/// Bits of a label, at least 1.
int label_bits(const ClassSums& sums);

/// `text` with every occurrence of `what` replaced.
std::string replaced(std::string_view text, std::string_view what, std::string_view by);

/// `text` with @ replaced by what names begin with, and ` by what macros begin with.
std::string with_names(std::string_view text, const CodeOptions& options);

/// "{1, 2, 3}" over several lines.
template <class T>
std::string number_list(const std::vector<T>& numbers) {
  std::string text = "{";
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    text += i == 0 ? "" : (i % 16 == 0 ? ",\n    " : ", ");
    text += std::to_string(numbers[i]);
  }
  return text + '}';
}

/// Comment, word type, sizes and declarations.   @param work  words that NAME_bits needs
std::string c_head(const Circuit& circuit, const CodeOptions& options, std::size_t nodes,
                   std::size_t work);

/// Packing, counting, the largest score, and the entry points.
std::string c_foot(const Circuit& circuit, const CodeOptions& options);

}  // namespace pliant::circuit
