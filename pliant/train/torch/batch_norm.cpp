// pliant/train/torch/batch_norm.cpp — batch normalisation by the statistics of all processes'
// samples
#include "pliant/train/torch/batch_norm.h"

#include <torch/torch.h>

#include "pliant/base/errors.h"

namespace pliant {
namespace {

constexpr double kMomentum = 0.1;
constexpr double kEpsilon = 1e-5;

/// The sum over all processes. Each of them uses it, so the gradient is the sum of what all want.
struct SumOverProcesses : torch::autograd::Function<SumOverProcesses> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& mine,
                               const Communicator* processes) {
    context->saved_data["processes"] = reinterpret_cast<std::int64_t>(processes);
    torch::Tensor sum = mine.clone(at::MemoryFormat::Contiguous);
    processes->all_reduce_sum(sum);
    return sum;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& wanted) {
    const auto* processes = reinterpret_cast<const Communicator*>(
        context->saved_data["processes"].toInt());  // outlives the step, which goes back at once
    torch::Tensor sum = wanted[0].clone(at::MemoryFormat::Contiguous);
    processes->all_reduce_sum(sum);
    return {sum, {}};
  }
};

torch::Tensor of_channels(const torch::Tensor& numbers) { return numbers.view({1, -1, 1, 1}); }

bool is_torchs(const torch::nn::Module& module) {
  return module.as<torch::nn::BatchNorm1d>() != nullptr ||
         module.as<torch::nn::BatchNorm2d>() != nullptr ||
         module.as<torch::nn::BatchNorm3d>() != nullptr;
}

}  // namespace

WholeBatch::WholeBatch(const torch::nn::Module& module, const Communicator& processes) {
  if (processes.size() == 1) return;
  for (const auto& item : module.named_modules()) {
    base::require(!is_torchs(*item.value()), "the module '", item.key(),
                  "' is a torch::nn::BatchNorm, whose statistics would be of one process's share "
                  "of the batch; with more than one process use pliant::SharedBatchNorm2d");
    if (auto* part = dynamic_cast<NeedsWholeBatch*>(item.value().get())) modules_.push_back(part);
  }
  for (NeedsWholeBatch* part : modules_) part->share_batch(&processes);
}

WholeBatch::~WholeBatch() {
  for (NeedsWholeBatch* part : modules_) part->share_batch(nullptr);
}

SharedBatchNorm2dImpl::SharedBatchNorm2dImpl(std::int64_t channels) : channels_(channels) {
  base::require(channels >= 1, "SharedBatchNorm2d: channels must be at least 1, got ", channels);
  SharedBatchNorm2dImpl::reset();
}

void SharedBatchNorm2dImpl::reset() {
  weight = register_parameter("weight", torch::ones({channels_}));
  bias = register_parameter("bias", torch::zeros({channels_}));
  running_mean = register_buffer("running_mean", torch::zeros({channels_}));
  running_var = register_buffer("running_var", torch::ones({channels_}));
  num_batches_tracked = register_buffer("num_batches_tracked", torch::zeros({}, torch::kLong));
}

torch::Tensor SharedBatchNorm2dImpl::forward(const torch::Tensor& x) {
  TORCH_CHECK_VALUE(x.dim() == 4 && x.size(1) == channels_, "SharedBatchNorm2d: x must be (N, ",
                    channels_, ", H, W), got ", x.sizes());
  if (is_training()) num_batches_tracked.add_(1);
  if (is_training() && processes_ != nullptr) return normalised(x);
  return torch::batch_norm(x, weight, bias, running_mean, running_var, is_training(), kMomentum,
                           kEpsilon, /*cudnn_enabled=*/false);
}

torch::Tensor SharedBatchNorm2dImpl::normalised(const torch::Tensor& x) {
  const auto sum = [this](const torch::Tensor& of_samples) {
    return SumOverProcesses::apply(of_samples.sum({0, 2, 3}, /*keepdim=*/false, torch::kDouble),
                                   processes_);
  };
  torch::Tensor counted = torch::full({1}, x.numel() / channels_, torch::kDouble);
  processes_->all_reduce_sum(counted);
  const double count = counted.item<double>();
  TORCH_CHECK_VALUE(count > 1, "SharedBatchNorm2d: training needs more than one value a channel");
  // Differences from the mean before they are squared: nothing cancels.
  const torch::Tensor mean = (sum(x) / count).to(x.scalar_type());
  const torch::Tensor centred = x - of_channels(mean);
  const torch::Tensor variance = sum(centred.square()) / count;
  {
    const torch::NoGradGuard fixed;
    running_mean.mul_(1 - kMomentum).add_(mean, kMomentum);
    running_var.mul_(1 - kMomentum)
        .add_((variance * (count / (count - 1))).to(x.scalar_type()), kMomentum);
  }
  const torch::Tensor scale = (variance + kEpsilon).rsqrt().to(x.scalar_type()) * weight;
  return centred * of_channels(scale) + of_channels(bias);
}

}  // namespace pliant
