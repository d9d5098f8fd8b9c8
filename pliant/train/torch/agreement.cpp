// pliant/train/torch/agreement.cpp — what the processes of a training must have in common
#include "pliant/train/torch/agreement.h"

#include <torch/torch.h>

#include <cstring>
#include <sstream>

#include "pliant/base/errors.h"

namespace pliant {
namespace {

/// The next line of a text, "nothing" where it has ended.
std::string next_line(std::istringstream& text) {
  std::string line;
  return std::getline(text, line) ? line : "nothing";
}

}  // namespace

std::string text_of_first(const Communicator& processes, const std::string& mine) {
  if (processes.size() == 1) return mine;
  const torch::Tensor size = torch::tensor(static_cast<std::int64_t>(mine.size()));
  processes.broadcast(size, 0);
  torch::Tensor bytes = torch::empty({size.item<std::int64_t>()}, torch::kByte);
  const auto count = static_cast<std::size_t>(bytes.numel());
  if (processes.rank() == 0) std::memcpy(bytes.mutable_data_ptr(), mine.data(), count);
  processes.broadcast(bytes, 0);
  return {static_cast<const char*>(bytes.const_data_ptr()), count};
}

void take_from_first(const Communicator& processes, const NamedTensors& tensors) {
  if (processes.size() == 1) return;
  const torch::NoGradGuard no_grad;
  for (const auto& [_, tensor] : tensors) {
    const torch::Tensor numbers = tensor.detach().contiguous().reshape({-1});
    const torch::Tensor bytes = numbers.view(torch::kByte);
    processes.broadcast(bytes, 0);
    if (processes.rank() > 0) tensor.copy_(bytes.view(tensor.scalar_type()).view(tensor.sizes()));
  }
}

void require_same_as_first(const Communicator& processes, const std::string& lines) {
  const std::string first = text_of_first(processes, lines);
  if (first == lines) return;
  std::istringstream here(lines), there(first);
  std::string ours, theirs;
  do {
    ours = next_line(here);
    theirs = next_line(there);
  } while (ours == theirs);
  base::fail("process ", processes.rank(), " has '", ours, "' where process 0 has '", theirs,
             "': all must be started with the same program, options and data");
}

std::string layout_of(const NamedTensors& tensors) {
  std::ostringstream text;
  for (const auto& [name, tensor] : tensors)
    text << name << ' ' << tensor.scalar_type() << ' ' << tensor.sizes() << '\n';
  return text.str();
}

}  // namespace pliant
