// pliant/base/torch/outside_transforms.h — torch's functions on plain tensors inside torch.func
#pragma once

#include <c10/core/impl/LocalDispatchKeySet.h>

namespace pliant {

/// While it lives, what is called on tensors of plain_numbers (pliant/base/torch/transforms.h)
/// gives such tensors; torch.func would wrap the results again.
class OutsideTransforms {
 private:
  c10::impl::ExcludeDispatchKeyGuard transforms_{
      c10::DispatchKeySet({c10::DispatchKey::FuncTorchDynamicLayerFrontMode,
                           c10::DispatchKey::FuncTorchDynamicLayerBackMode})};
};

}  // namespace pliant
