// pliant/optim/torch/modules.cpp — layers whose weight gradient is conditioned by what they read
#include "pliant/optim/torch/modules.h"

#include <torch/types.h>

#include <array>
#include <optional>
#include <typeinfo>
#include <utility>
#include <variant>

#include "pliant/base/torch/find_op.h"
#include "pliant/optim/torch/counts.h"
#include "pliant/optim/torch/joint_layer.h"

namespace pliant {
namespace {

using OptionalTensor = std::optional<at::Tensor>;

OptionalTensor optional(const at::Tensor& tensor) {
  return tensor.defined() ? OptionalTensor(tensor) : std::nullopt;
}

/// Makes the parameters of `into` those of `from`.
template <class Layer>
void share(Layer& into, const Layer& from,
           torch::OrderedDict<std::string, at::Tensor>& parameters) {
  into.weight = parameters["weight"] = from.weight;
  if (from.bias.defined()) into.bias = parameters["bias"] = from.bias;
}

}  // namespace

Conditioned::Conditioned(IsaacOptions options)
    : isaac_(std::move(options)), record_(new_conditioning_record()) {
  TORCH_CHECK_VALUE(isaac_.overhead_cap >= 0, "isaac: overhead_cap must be at least 0, got ",
                    isaac_.overhead_cap);
  set_damping(isaac_.damping);
}

void Conditioned::set_damping(double damping) {
  TORCH_CHECK_VALUE(damping > 0, "isaac: damping must be > 0, got ", damping);
  isaac_.damping = damping;
  damping_ = torch::tensor(damping, torch::kDouble);
}

std::vector<std::int64_t> Conditioned::counts() const {
  const ConditioningCounts counts = conditioning_counts(record_);
  return {counts.begin(), counts.end()};
}

bool Conditioned::joint() const {
  return isaac_.processes != nullptr && isaac_.processes->size() > 1;
}

IsaacSettings Conditioned::settings() const {
  return {.damping = isaac_.damping,
          .augmented_bias = isaac_.augmented_bias,
          .divided = isaac_.divided,
          .reduced = isaac_.reduced,
          .bfloat16_gram = isaac_.bfloat16_gram,
          .overhead_cap = isaac_.overhead_cap,
          .raise_not_finite = isaac_.raise_not_finite,
          .layer = isaac_.layer,
          .record = record_,
          .processes = isaac_.processes.get(),
          .gathers = isaac_.gathers};
}

IsaacLinearImpl::IsaacLinearImpl(const torch::nn::LinearOptions& layer_options, IsaacOptions isaac)
    : LinearImpl(layer_options), Conditioned(std::move(isaac)) {}

IsaacLinearImpl::IsaacLinearImpl(const torch::nn::LinearImpl& layer, IsaacOptions isaac)
    : IsaacLinearImpl(layer.options, std::move(isaac)) {
  share<LinearImpl>(*this, layer, parameters_);
}

torch::Tensor IsaacLinearImpl::forward(const torch::Tensor& x) {
  if (joint()) return joint_layer(x, weight, bias, settings(), isaac_.processes, std::nullopt);
  using Linear =
      at::Tensor(const at::Tensor&, const at::Tensor&, const OptionalTensor&, const at::Tensor&,
                 bool, bool, bool, bool, double, bool, std::string_view, int64_t);
  static const auto call = op<Linear>("pliant::isaac_linear");
  return call.call(x, weight, optional(bias), damping_, isaac_.augmented_bias, isaac_.divided,
                   isaac_.reduced, isaac_.bfloat16_gram, isaac_.overhead_cap,
                   isaac_.raise_not_finite, isaac_.layer, record_);
}

IsaacConv2dImpl::IsaacConv2dImpl(const torch::nn::Conv2dOptions& layer_options, IsaacOptions isaac)
    : Conv2dImpl(layer_options), Conditioned(std::move(isaac)) {
  check();
}

IsaacConv2dImpl::IsaacConv2dImpl(const torch::nn::Conv2dImpl& layer, IsaacOptions isaac)
    : Conv2dImpl(torch::nn::Conv2dOptions(layer.options.in_channels(), layer.options.out_channels(),
                                          layer.options.kernel_size())
                     .stride(layer.options.stride())
                     .padding(layer.options.padding())
                     .dilation(layer.options.dilation())
                     .groups(layer.options.groups())
                     .bias(layer.options.bias())
                     .padding_mode(layer.options.padding_mode())),
      Conditioned(std::move(isaac)) {
  check();
  share<Conv2dImpl>(*this, layer, parameters_);
}

void IsaacConv2dImpl::check() const {
  TORCH_CHECK_VALUE(std::holds_alternative<torch::enumtype::kZeros>(options.padding_mode()) &&
                        std::holds_alternative<torch::ExpandingArray<2>>(options.padding()),
                    "IsaacConv2d: the padding must be two numbers of zeros");
}

torch::Tensor IsaacConv2dImpl::forward(const torch::Tensor& x) {
  using Conv =
      at::Tensor(const at::Tensor&, const at::Tensor&, const OptionalTensor&, at::IntArrayRef,
                 at::IntArrayRef, at::IntArrayRef, int64_t, const at::Tensor&, bool, bool, bool,
                 bool, double, bool, std::string_view, int64_t);
  static const auto call = op<Conv>("pliant::isaac_conv2d");
  const auto& padding = std::get<torch::ExpandingArray<2>>(options.padding());
  if (joint()) {
    const auto pair = [](at::IntArrayRef two) { return std::array{two[0], two[1]}; };
    return joint_layer(x, weight, bias, settings(), isaac_.processes,
                       ConvShape{pair(options.stride()), pair(padding), pair(options.dilation()),
                                 options.groups()});
  }
  return call.call(x, weight, optional(bias), options.stride(), padding, options.dilation(),
                   options.groups(), damping_, isaac_.augmented_bias, isaac_.divided,
                   isaac_.reduced, isaac_.bfloat16_gram, isaac_.overhead_cap,
                   isaac_.raise_not_finite, isaac_.layer, record_);
}

namespace isaac {
namespace {

using torch::nn::AnyModule;

/// The conditioned twin of the module, or an empty one if it has none. A derived class may use its
/// weights otherwise, so the type must be exactly torch's.
AnyModule twin(const AnyModule& module, const IsaacOptions& options) {
  const auto layer = module.ptr();
  const auto& base = *layer;
  if (typeid(base) == typeid(torch::nn::LinearImpl))
    return AnyModule(IsaacLinear(static_cast<const torch::nn::LinearImpl&>(base), options));
  if (typeid(base) == typeid(torch::nn::Conv2dImpl))
    return AnyModule(IsaacConv2d(static_cast<const torch::nn::Conv2dImpl&>(base), options));
  return {};
}

}  // namespace

torch::nn::Sequential condition(const torch::nn::Sequential& network, const IsaacOptions& options,
                                const Choice& chosen) {
  torch::nn::Sequential result;
  const auto names = network->named_children().keys();
  std::size_t place = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const AnyModule& module = *(network->begin() + static_cast<std::ptrdiff_t>(i));
    IsaacOptions named = options;
    named.layer = names[i];
    const AnyModule conditioned = twin(module, named);
    const bool wanted = !conditioned.is_empty() && (!chosen || chosen(place));
    if (!conditioned.is_empty()) ++place;
    result->push_back(names[i], wanted ? conditioned : module);
  }
  return result;
}

void set_damping(const torch::nn::Module& module, double damping) {
  for (const auto& each : module.modules()) {
    if (auto* layer = dynamic_cast<Conditioned*>(each.get())) layer->set_damping(damping);
  }
}

}  // namespace isaac
}  // namespace pliant
