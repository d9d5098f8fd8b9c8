// pliant/program/torch/ops.h — programs on tensors
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pliant/program/program.h"

namespace pliant {

/// How a program is run; see docs/program.md.
struct ProgramOptions {
  double beta = 10;  ///< inverse temperature of every comparison and choice, > 0
  std::string distribution = "logistic";  ///< l > r has the chance F(β(l − r)); of math::families()
  std::string t_norm = "probabilistic";  ///< of and, or; a name of math::t_norms()
  std::optional<double> p = {};          ///< its parameter; none: the family's
  std::string mode = "soft";             ///< "soft", "hard", "straight_through"
  double epsilon = 1e-5;  ///< a loop ends for a sample that goes on with this chance or less
  std::int64_t max_passes = 1024;  ///< of a while loop
  bool truncate = false;           ///< end a loop that reaches max_passes, instead of an error
  std::int64_t memory = std::int64_t{1} << 30;  ///< bytes that the state of a tile may take
};

/// Runs a program for each sample of a batch.
/// @param inputs  (batch, shape…) for each input of the program; one floating point dtype
/// @return  (batch, shape…) for each output, with a gradient to the inputs (none of mode "hard")
/// @throws c10::ValueError / TypeError that names the program and the input, the option, or line
/// and column; see program::run
std::vector<at::Tensor> run_program(const program::Program& program,
                                    const std::vector<at::Tensor>& inputs,
                                    const ProgramOptions& options = {});

}  // namespace pliant
