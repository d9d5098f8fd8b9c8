// pliant/optim/torch/condition_conv.cpp — the conditioned gradient of convolutions
#include <ATen/Functions.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <vector>

#include "pliant/optim/patches.h"
#include "pliant/optim/torch/condition.h"
#include "pliant/optim/torch/conditioned_product.h"
#include "pliant/optim/torch/counts.h"
#include "pliant/optim/torch/gram.h"

namespace pliant {
namespace {

using at::Tensor;

/// Numbers of patches that are made at a time.
constexpr int64_t kPatchNumbers = int64_t{1} << 18;

std::array<std::size_t, 2> sizes(const std::array<int64_t, 2>& values) {
  return {static_cast<std::size_t>(values[0]), static_cast<std::size_t>(values[1])};
}

/// One convolution's gradient: its tensors as they came, and the sizes that follow.
class ConvGradient {
 public:
  ConvGradient(const Tensor& x, const Tensor& grad, const Tensor& weight, const ConvShape& shape,
               bool augmented, const IsaacSettings& settings)
      : x_(x.contiguous()),
        grad_(grad),
        weight_(weight),
        shape_(shape),
        augmented_(augmented),
        settings_(settings),
        samples_(x.size(0)),
        places_(grad.size(2) * grad.size(3)),
        inputs_(weight.size(1) * weight.size(2) * weight.size(3)),
        outputs_(weight.size(0) / shape.groups) {}

  [[nodiscard]] optim::Cost cost() const {
    return optim::isaac_cost({samples_ * places_, inputs_, outputs_, shape_.groups, true});
  }

  /// torch's gradient of weight and bias.
  [[nodiscard]] LayerGradient plain(bool with_bias) const {
    const at::OptionalIntArrayRef no_bias = std::nullopt;
    const int64_t channels = weight_.size(0);
    Tensor none;
    Tensor of_weight;
    Tensor of_bias;
    std::tie(none, of_weight, of_bias) = at::convolution_backward(
        grad_, x_, weight_, with_bias ? at::OptionalIntArrayRef(channels) : no_bias, shape_.stride,
        shape_.padding, shape_.dilation, /*transposed=*/false, {0, 0}, shape_.groups,
        {false, true, with_bias});
    return {of_weight, of_bias};
  }

  /// (m, inputs), and with `augmented` a column for the bias; nothing where X is not finite.
  [[nodiscard]] std::optional<Tensor> conditioned() const {
    if (samples_ * places_ <= inputs_) return by_rows();
    Tensor rows = plain(/*with_bias=*/false).weight.flatten(1);
    if (augmented_) rows = at::cat({rows, grad_.sum(at::IntArrayRef{0, 2, 3}).unsqueeze(1)}, 1);
    Tensor result;
    Conditioning how = Conditioning::kConditioned;
    if (rows.scalar_type() != at::kDouble) result = by_inputs<float>(rows);
    if (!result.defined()) {
      if (rows.scalar_type() != at::kDouble) how = Conditioning::kDoublePrecision;
      result = by_inputs<double>(rows);
    }
    if (!result.defined()) {
      note_not_finite(settings_);
      return std::nullopt;
    }
    note_conditioning(settings_.record, how);
    return result.to(rows.scalar_type());
  }

 private:
  /// The system of the rows: few places, so the whole of X is at hand.
  [[nodiscard]] std::optional<Tensor> by_rows() const {
    std::vector<Tensor> parts;
    const Tensor upstream = grad_.permute({0, 2, 3, 1}).reshape({samples_ * places_, -1});
    for (int64_t g = 0; g < shape_.groups; ++g) {
      const ConditionedProduct product{patches(working(x_), g, 0, samples_).t(),
                                       upstream.slice(1, g * outputs_, (g + 1) * outputs_),
                                       Tensor(), settings_.damping, Tensor()};
      const std::optional<Tensor> part = product.value(settings_);
      if (!part) return std::nullopt;
      parts.push_back(part->to(x_.scalar_type()));
    }
    return at::cat(parts);
  }

  /// The system of the inputs on the plain gradient's rows.
  template <class T>
  [[nodiscard]] Tensor by_inputs(const Tensor& rows) const {
    thread_local Gram<T> gram;
    const auto type = c10::CppTypeToScalarType<T>::value;
    const double beta = static_cast<double>(samples_ * places_) * settings_.damping;
    const int64_t width = inputs_ + (augmented_ ? 1 : 0);
    const int64_t batch = std::clamp<int64_t>(kPatchNumbers / (width * places_), 1, samples_);
    const Tensor x = x_.to(type);
    std::vector<Tensor> parts;
    for (int64_t g = 0; g < shape_.groups; ++g) {
      gram.start(width);
      for (int64_t first = 0; first < samples_; first += batch)
        gram.add(patches(x, g, first, std::min(batch, samples_ - first)), 1 / beta);
      if (!gram.factorise()) return {};
      const Tensor group = rows.slice(0, g * outputs_, (g + 1) * outputs_).to(type);
      parts.push_back(gram.solve(group.t().contiguous()).t());
    }
    return at::cat(parts);
  }

  /// Columns of X for samples [first, first + count) and the group's channels, transposed: (inputs,
  /// count · places), and with `augmented` a row of ones.
  [[nodiscard]] Tensor patches(const Tensor& x, int64_t group, int64_t first, int64_t count) const {
    const Tensor result = at::empty({inputs_ + (augmented_ ? 1 : 0), count * places_}, x.options());
    if (augmented_) result.select(0, inputs_).fill_(1);
    with_type(x, [&]<class T>(T) {
      optim::PatchArgs<T> args{};
      args.window = {sizes({weight_.size(2), weight_.size(3)}), sizes(shape_.stride),
                     sizes(shape_.padding), sizes(shape_.dilation)};
      args.x = x.const_data_ptr<T>() + first * x.stride(0) + group * weight_.size(1) * x.stride(1);
      args.sample_stride = static_cast<std::size_t>(x.stride(0));
      args.channel_stride = static_cast<std::size_t>(x.stride(1));
      args.samples = static_cast<std::size_t>(count);
      args.channels = static_cast<std::size_t>(weight_.size(1));
      args.size = sizes({x.size(2), x.size(3)});
      args.output = sizes({grad_.size(2), grad_.size(3)});
      args.patches = result.template mutable_data_ptr<T>();
      optim::gather_patches(args, torch_executor());
    });
    return result;
  }

  Tensor x_;
  Tensor grad_;
  Tensor weight_;
  ConvShape shape_;
  bool augmented_;
  const IsaacSettings& settings_;
  int64_t samples_;
  int64_t places_;
  int64_t inputs_;
  int64_t outputs_;
};

}  // namespace

LayerGradient isaac_conv2d_gradient(const Tensor& x, const Tensor& grad, const Tensor& weight,
                                    bool with_bias, const ConvShape& shape,
                                    const IsaacSettings& settings) {
  check_damping("isaac_conv2d", settings.damping);
  const bool bias_too = settings.augmented_bias && with_bias;
  const ConvGradient gradient(x, grad, weight, shape, bias_too, settings);
  if (x.numel() == 0 || grad.numel() == 0) {
    return {at::zeros_like(weight),
            with_bias ? at::zeros({weight.size(0)}, weight.options()) : Tensor()};
  }
  if (is_plain(gradient.cost(), settings)) return gradient.plain(with_bias);
  std::optional<Tensor> rows = gradient.conditioned();
  if (!rows) return gradient.plain(with_bias);
  if (settings.divided) rows->div_(settings.damping);
  LayerGradient result;
  result.weight = rows->slice(1, 0, weight[0].numel()).reshape(weight.sizes());
  if (bias_too) {
    result.bias = rows->select(1, weight[0].numel()).contiguous();
  } else if (with_bias) {
    result.bias = grad.sum(at::IntArrayRef{0, 2, 3});
  }
  return result;
}

}  // namespace pliant
