// pliant/optim/torch/condition_conv.cpp — the conditioned gradient of convolutions
#include <ATen/Functions.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>
#include <type_traits>
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
        everyone_(rows_travel(settings) ? gathered(x_, settings) : x_),
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
    const optim::LayerShape shape{samples_ * places_, inputs_, outputs_, shape_.groups, true};
    return settings_.reduced ? optim::isaac_cost(shape, optim::Side::kInputs)
                             : optim::isaac_cost(shape);
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
    const int64_t rows = samples_ * places_;
    const bool few = !sums_travel(settings_) && rows * process_count(settings_) <= inputs_;
    if (!settings_.reduced && (few || rows < outputs_)) return of_few_rows();
    Tensor plain_rows = plain(/*with_bias=*/false).weight.flatten(1);
    if (augmented_) {
      const Tensor of_bias = grad_.sum(at::IntArrayRef{0, 2, 3}).unsqueeze(1);
      plain_rows = at::cat({plain_rows, of_bias}, 1);
    }
    Tensor result;
    Conditioning how = Conditioning::kConditioned;
    if (plain_rows.scalar_type() != at::kDouble) result = by_inputs<float>(plain_rows, how);
    if (!result.defined()) {
      result = by_inputs<double>(plain_rows, how);
      if (plain_rows.scalar_type() != at::kDouble) how = Conditioning::kDoublePrecision;
    }
    if (!result.defined()) {
      note_not_finite(settings_);
      return std::nullopt;
    }
    note_conditioning(settings_.record, how);
    return result.to(plain_rows.scalar_type());
  }

 private:
  /// Few places, so the whole of X is at hand: by whichever side and right side is cheaper.
  [[nodiscard]] std::optional<Tensor> of_few_rows() const {
    std::vector<Tensor> parts;
    const Tensor upstream = grad_.permute({0, 2, 3, 1}).reshape({samples_ * places_, -1});
    const Tensor x = working(x_);
    const Tensor all = working(everyone_);
    for (int64_t g = 0; g < shape_.groups; ++g) {
      const ConditionedProduct product{
          patches(x, g, 0, samples_).t(), upstream.slice(1, g * outputs_, (g + 1) * outputs_),
          Tensor(), Tensor(),
          rows_travel(settings_) ? patches(all, g, 0, all.size(0)).t() : Tensor()};
      const std::optional<Tensor> part = product.value(settings_);
      if (!part) return std::nullopt;
      parts.push_back(part->to(x_.scalar_type()));
    }
    return at::cat(parts);
  }

  /// The system of the inputs on the plain gradient's rows.
  template <class T>
  [[nodiscard]] Tensor by_inputs(const Tensor& plain_rows, Conditioning& how) const {
    thread_local Gram<T> gram;
    const auto type = c10::CppTypeToScalarType<T>::value;
    const Tensor x = everyone_.to(type);
    std::vector<Tensor> parts;
    for (int64_t g = 0; g < shape_.groups; ++g) {
      how = make_gram(gram, x, g);
      if (!gram.factorise()) return {};
      const Tensor group = plain_rows.slice(0, g * outputs_, (g + 1) * outputs_).to(type);
      parts.push_back(gram.solve(group.t().contiguous()).t());
    }
    return at::cat(parts);
  }

  /// I + XᵀX/β of a group, X the patches or each sample's mean patch.
  template <class T>
  Conditioning make_gram(Gram<T>& gram, const Tensor& x, int64_t group) const {
    const int64_t width = inputs_ + (augmented_ ? 1 : 0);
    const int64_t rows = samples_ * process_count(settings_) * (settings_.reduced ? 1 : places_);
    const double beta = static_cast<double>(rows) * settings_.damping;
    const bool rounds = std::is_same_v<T, float> && settings_.bfloat16_gram;
    const bool safe =
        rounds && rounding_is_safe(optim::Side::kInputs, rounding(x, group), beta, settings_);
    const int64_t samples = x.size(0);
    const int64_t batch = std::clamp<int64_t>(kPatchNumbers / (width * places_), 1, samples);
    gram.start(width);
    for (int64_t first = 0; first < samples; first += batch) {
      const int64_t count = std::min(batch, samples - first);
      Tensor read = patches(x, group, first, count);
      if (settings_.reduced) read = read.view({width, count, places_}).mean(2);
      if constexpr (std::is_same_v<T, float>) {
        if (safe) {
          gram.add(optim::RoundedRows(read.const_data_ptr<float>(),
                                      static_cast<std::size_t>(read.stride(0)),
                                      static_cast<std::size_t>(width),
                                      static_cast<std::size_t>(read.size(1)), torch_executor()),
                   1 / beta);
          continue;
        }
      }
      gram.add(read, 1 / beta);
    }
    if (sums_travel(settings_)) gram.add_others(*settings_.processes);
    return safe     ? Conditioning::kRoundedGram
           : rounds ? Conditioning::kUnroundedGram
                    : Conditioning::kConditioned;
  }

  /// Of the group's patches, or more: a number of x stands in at most so many of them, and the
  /// square of a mean is no larger than the mean of squares.
  [[nodiscard]] optim::Rounding rounding(const Tensor& x, int64_t group) const {
    const Tensor read = x.slice(1, group * weight_.size(1), (group + 1) * weight_.size(1));
    const Tensor rows = read.reshape({read.size(0), -1});
    optim::Rounding bound = optim::rounding_of(
        rows.const_data_ptr<float>(), static_cast<std::size_t>(rows.stride(0)),
        static_cast<std::size_t>(rows.size(0)), static_cast<std::size_t>(rows.size(1)));
    double times = 1;
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const int64_t kernel = weight_.size(static_cast<int64_t>(axis) + 2);
      const int64_t stride = shape_.dilation[axis] == 1 ? shape_.stride[axis] : 1;
      times *= static_cast<double>((kernel + stride - 1) / stride);
    }
    bound.squares *= times;
    bound.errors *= times;
    if (settings_.reduced) {  // means are rounded anew
      bound.squares /= static_cast<double>(places_);
      bound.errors = bound.squares * optim::kRoundingUnit * optim::kRoundingUnit;
    }
    if (augmented_)
      bound.squares += static_cast<double>(x.size(0) * (settings_.reduced ? 1 : places_));
    return bound;
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
  Tensor everyone_;  ///< x of all processes, where it is gathered
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
