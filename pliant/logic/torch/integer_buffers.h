// pliant/logic/torch/integer_buffers.h — modules whose integer buffers stay integers
#pragma once

#include <torch/nn/module.h>

namespace pliant {

/// A module that holds places as integers, such as what its gates read. In C++ torch casts every
/// buffer to the dtype of to(); of this one only what is floating, as in Python.
class IntegerBuffersModule : public torch::nn::Module {
 public:
  using torch::nn::Module::to;
  void to(torch::Device device, torch::Dtype dtype, bool non_blocking = false) override;
  void to(torch::Dtype dtype, bool non_blocking = false) override;
};

}  // namespace pliant
