// pliant/program/torch/known_programs.cpp — tables of programs and of the shapes of their outputs
#include "pliant/program/torch/known_programs.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "pliant/math/distribution.h"
#include "pliant/math/t_norm.h"

namespace pliant {
namespace {

/// Entries of a table.
constexpr std::size_t kMost = 256;

}  // namespace

program::Program program_of(std::string_view text) {
  static std::mutex mutex;
  static std::unordered_map<std::string, program::Program> known;
  const std::lock_guard lock(mutex);
  const std::string key(text);
  const auto found = known.find(key);
  if (found != known.end()) return found->second;
  const program::Program parsed = program::Program::parse(text);
  if (known.size() >= kMost) known.clear();
  return known.emplace(key, parsed).first->second;
}

Shapes input_shapes_of(const program::Program& program, at::IntArrayRef sizes) {
  Shapes shapes;
  std::size_t next = 0;
  for (const std::size_t rank : program.input_ranks()) {
    auto& shape = shapes.emplace_back();
    for (std::size_t k = 0; k < rank; ++k, ++next) {
      TORCH_CHECK_VALUE(next < sizes.size() && sizes[next] >= 0, "run_program",
                        ": sizes must have one number >= 0 for each dimension of the inputs");
      shape.push_back(static_cast<std::size_t>(sizes[next]));
    }
  }
  TORCH_CHECK_VALUE(next == sizes.size(), "run_program", ": sizes must have ", next,
                    " numbers, one for each dimension of the inputs, got ", sizes.size());
  return shapes;
}

Shapes output_shapes_of(std::string_view text, at::IntArrayRef sizes, int64_t memory) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, std::vector<int64_t>>, Shapes> known;
  const std::pair key{std::string(text), sizes.vec()};
  {
    const std::lock_guard lock(mutex);
    const auto found = known.find(key);
    if (found != known.end()) return found->second;
  }
  const program::Program program = program_of(text);
  program::Options options;
  options.distribution.family = math::family_index("logistic");
  options.t_norm.family = math::t_norm_index("probabilistic");
  // In float64, which takes twice as much; a smaller limit is for the run itself to find.
  options.memory = std::max(options.memory, 2 * static_cast<std::size_t>(memory));
  Shapes shapes = program::output_shapes(program, options, input_shapes_of(program, sizes));
  const std::lock_guard lock(mutex);
  if (known.size() >= kMost) known.clear();
  return known.emplace(key, std::move(shapes)).first->second;
}

std::size_t total_of(const Shapes& shapes) {
  std::size_t total = 0;
  for (const auto& shape : shapes) {
    std::size_t count = 1;
    for (const std::size_t n : shape) count *= n;
    total += count;
  }
  return total;
}

}  // namespace pliant
