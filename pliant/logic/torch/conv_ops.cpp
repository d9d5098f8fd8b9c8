// pliant/logic/torch/conv_ops.cpp — the ops of convolutions of gates and of learned wiring:
// schemas, checks, CPU and Meta kernels
#include <ATen/Functions.h>

#include <tuple>
#include <vector>

#include "pliant/base/torch/executor.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/base/torch/working_type.h"
#include "pliant/logic/conv.h"
#include "pliant/logic/conv_wiring.h"
#include "pliant/logic/torch/batch_last.h"

namespace pliant {
namespace {

using at::Tensor;

// === logic_conv2d and or_pool2d ===

logic::Extent extent(at::IntArrayRef pair, const char* name) {
  TORCH_CHECK_VALUE(pair.size() == 2 && pair[0] >= 0 && pair[1] >= 0, "logic_conv2d: ", name,
                    " must be two numbers ≥ 0, got ", pair);
  return {unsigned_of(pair[0]), unsigned_of(pair[1])};
}

/// What a convolution is beside its tensors.
struct ConvOptions {
  at::IntArrayRef kernel_size;
  at::IntArrayRef stride;
  at::IntArrayRef padding;
  int64_t pool;
};

void check_images(const char* op, const Tensor& x) {
  TORCH_CHECK_TYPE(x.is_floating_point(), op, ": x must be floating point, got ", x.scalar_type());
  TORCH_CHECK_VALUE(x.dim() == 4, op, ": x must have shape (batch, channels, rows, columns), got ",
                    x.sizes());
}

/// Checks what can be checked without data. The shape's batch is set by those who have one.
logic::ConvShape conv_shape(const Tensor& x, const Tensor& taps, const Tensor& coefficients,
                            const ConvOptions& options) {
  constexpr const char* kOp = "logic_conv2d";
  check_images(kOp, x);
  TORCH_CHECK_TYPE(taps.scalar_type() == at::kInt, kOp, ": taps must be int32, got ",
                   taps.scalar_type());
  logic::ConvShape shape;
  shape.depth = 0;
  while (taps.dim() == 3 && shape.depth < logic::kMaxDepth &&
         static_cast<int64_t>(shape.leaves()) < taps.size(2))
    ++shape.depth;
  TORCH_CHECK_VALUE(taps.dim() == 3 && taps.size(0) == 3 && shape.depth >= 1 &&
                        static_cast<int64_t>(shape.leaves()) == taps.size(2),
                    kOp, ": taps must have shape (3, kernels, leaves), leaves 2, 4, …, ",
                    1 << logic::kMaxDepth, ", got ", taps.sizes());
  TORCH_CHECK_TYPE(coefficients.is_floating_point(), kOp,
                   ": coefficients must be floating point, got ", coefficients.scalar_type());
  TORCH_CHECK_VALUE(options.pool >= 1, kOp, ": pool must be at least 1, got ", options.pool);
  shape.channels = unsigned_of(x.size(1));
  shape.input = {unsigned_of(x.size(2)), unsigned_of(x.size(3))};
  shape.kernels = unsigned_of(taps.size(1));
  shape.receptive = extent(options.kernel_size, "kernel_size");
  shape.stride = extent(options.stride, "stride");
  shape.padding = extent(options.padding, "padding");
  shape.pool = unsigned_of(options.pool);
  logic::check_conv(shape);
  const auto gates = static_cast<int64_t>(shape.gates());
  TORCH_CHECK_VALUE(
      coefficients.dim() == 2 && coefficients.size(0) == 4 && coefficients.size(1) == gates, kOp,
      ": coefficients must have shape (4, ", gates, "), ", shape.leaves() - 1,
      " gates for each kernel of taps, got ", coefficients.sizes());
  return shape;
}

/// The shape of or_pool2d: a kernel of no gate for each channel.
logic::ConvShape pool_shape(const Tensor& x, int64_t size) {
  check_images("or_pool2d", x);
  TORCH_CHECK_VALUE(size >= 1 && size <= static_cast<int64_t>(logic::kMaxPool),
                    "or_pool2d: size must be in 1 … ", logic::kMaxPool, ", got ", size);
  TORCH_CHECK_VALUE(x.size(1) >= 1 && x.size(2) >= size && x.size(3) >= size,
                    "or_pool2d: x must have at least one channel and ", size, " × ", size,
                    " pixels, got ", x.sizes());
  logic::ConvShape shape;
  shape.channels = shape.kernels = unsigned_of(x.size(1));
  shape.input = {unsigned_of(x.size(2)), unsigned_of(x.size(3))};
  shape.depth = 0;
  shape.pool = unsigned_of(size);
  return shape;
}

/// Rows and columns of the result behind its kernels.
std::vector<int64_t> result_sizes(const logic::ConvShape& shape) {
  const logic::Extent out = shape.output();
  return {static_cast<int64_t>(shape.kernels), static_cast<int64_t>(out.rows),
          static_cast<int64_t>(out.columns)};
}

std::vector<int64_t> sizes_of(const Tensor& x) { return {x.size(1), x.size(2), x.size(3)}; }

/// A checked call, in the type that the kernels work in.
struct ConvCall {
  logic::ConvShape shape;
  Tensor x;
  Tensor taps;
  Tensor coefficients;
  bool sigmoid = false;
  double grad_factor = 1;

  ConvCall(const Tensor& given_x, const Tensor& given_taps, const Tensor& given_coefficients,
           const ConvOptions& options, bool given_sigmoid, double factor)
      : shape(conv_shape(given_x, given_taps, given_coefficients, options)),
        x(as_samples(given_x)),
        taps(given_taps.contiguous()),
        coefficients(given_coefficients.to(x.scalar_type()).contiguous()),
        sigmoid(given_sigmoid),
        grad_factor(factor) {
    shape.batch = unsigned_of(x.size(0));
    logic::check_taps(shape, taps.const_data_ptr<int32_t>());
  }
  ConvCall(const Tensor& given_x, int64_t pool_size)
      : shape(pool_shape(given_x, pool_size)),
        x(as_samples(given_x)),
        taps(at::zeros({3, x.size(1), 1}, at::kInt)),
        coefficients(at::empty({4, 0}, x.options())) {
    shape.batch = unsigned_of(x.size(0));
    taps.select(0, 0).copy_(at::arange(x.size(1), at::kInt).unsqueeze(1));
  }

  template <class T>
  static logic::Images<T> images(const Tensor& from) {
    return {from.const_data_ptr<T>(), unsigned_of(from.stride(0)), unsigned_of(from.stride(1)),
            unsigned_of(from.stride(2)), unsigned_of(from.stride(3))};
  }
  template <class T>
  [[nodiscard]] logic::ConvArgs<T> args() const {
    return {shape,   images<T>(x), taps.const_data_ptr<int32_t>(), coefficients.const_data_ptr<T>(),
            sigmoid, grad_factor};
  }

  /// The result, and which placement of each pool won.
  [[nodiscard]] std::tuple<Tensor, Tensor> run(const Tensor& like) const {
    const std::vector<int64_t> sizes = result_sizes(shape);
    const Tensor y = batch_last(x.size(0), sizes, x.options());
    const at::TensorOptions bytes = x.options().dtype(at::kByte);
    const Tensor winner =
        shape.pool > 1 ? batch_last(x.size(0), sizes, bytes) : at::zeros({1}, bytes).expand_as(y);
    with_type(x, [&]<class T>(T) {
      logic::conv2d(args<T>(), y.mutable_data_ptr<T>(),
                    shape.pool > 1 ? winner.mutable_data_ptr<std::uint8_t>() : nullptr,
                    torch_executor());
    });
    return {in_type_of(like, y), winner};
  }

  /// The gradients of x and of the coefficients; undefined where not wanted.
  [[nodiscard]] std::tuple<Tensor, Tensor> back(const Tensor& grad_y, const Tensor& winner,
                                                bool want_x, bool want_coefficients) const {
    Tensor grad_x, grad_coefficients;
    if (want_x) grad_x = batch_last(x.size(0), sizes_of(x), x.options());
    if (want_coefficients) grad_coefficients = at::empty_like(coefficients);
    const Tensor upstream = grad_y.to(x.scalar_type());
    const Tensor places = shape.pool > 1 ? in_slices(winner) : winner;
    with_type(x, [&]<class T>(T) {
      logic::conv2d_backward<T>(
          args<T>(), images<T>(upstream), places.const_data_ptr<std::uint8_t>(),
          want_x ? grad_x.mutable_data_ptr<T>() : nullptr,
          want_coefficients ? grad_coefficients.mutable_data_ptr<T>() : nullptr, torch_executor());
    });
    return {grad_x, grad_coefficients};
  }

 private:
  /// `winner` stored as `run` stores it.
  [[nodiscard]] Tensor in_slices(const Tensor& winner) const {
    const Tensor stored = batch_last(x.size(0), result_sizes(shape), winner.options());
    return winner.strides() == stored.strides() ? winner : stored.copy_(winner);
  }
};

std::tuple<Tensor, Tensor> logic_conv2d_cpu(const Tensor& x, const Tensor& taps,
                                            const Tensor& coefficients, at::IntArrayRef kernel_size,
                                            at::IntArrayRef stride, at::IntArrayRef padding,
                                            int64_t pool, bool sigmoid, double grad_factor) {
  return ConvCall(x, taps, coefficients, {kernel_size, stride, padding, pool}, sigmoid, grad_factor)
      .run(x);
}

std::tuple<Tensor, Tensor> logic_conv2d_backward_cpu(
    const Tensor& grad_y, const Tensor& x, const Tensor& taps, const Tensor& coefficients,
    at::IntArrayRef kernel_size, at::IntArrayRef stride, at::IntArrayRef padding, int64_t pool,
    bool sigmoid, double grad_factor, const Tensor& winner, c10::List<bool> needed) {
  const ConvCall call(x, taps, coefficients, {kernel_size, stride, padding, pool}, sigmoid,
                      grad_factor);
  const auto [grad_x, grad_coefficients] = call.back(grad_y, winner, needed.get(0), needed.get(1));
  return {needed.get(0) ? in_type_of(x, grad_x) : unwanted(x),
          needed.get(1) ? grad_coefficients.to(coefficients.scalar_type())
                        : at::zeros_like(coefficients, at::MemoryFormat::Contiguous)};
}

std::tuple<Tensor, Tensor> conv_meta(const Tensor& x, const logic::ConvShape& shape) {
  const std::vector<int64_t> sizes = result_sizes(shape);
  const Tensor y = batch_last_meta(x.sym_size(0), {sizes.begin(), sizes.end()}, x.options());
  const at::TensorOptions bytes = x.options().dtype(at::kByte);
  if (shape.pool > 1)
    return {y, batch_last_meta(x.sym_size(0), {sizes.begin(), sizes.end()}, bytes)};
  return {y, at::zeros({1}, bytes).expand_symint(y.sym_sizes())};
}

std::tuple<Tensor, Tensor> logic_conv2d_meta(const Tensor& x, const Tensor& taps,
                                             const Tensor& coefficients,
                                             at::IntArrayRef kernel_size, at::IntArrayRef stride,
                                             at::IntArrayRef padding, int64_t pool, bool, double) {
  return conv_meta(x, conv_shape(x, taps, coefficients, {kernel_size, stride, padding, pool}));
}

std::tuple<Tensor, Tensor> logic_conv2d_backward_meta(const Tensor&, const Tensor& x, const Tensor&,
                                                      const Tensor& coefficients, at::IntArrayRef,
                                                      at::IntArrayRef, at::IntArrayRef, int64_t,
                                                      bool, double, const Tensor&,
                                                      c10::List<bool>) {
  return {batch_last_meta(x.sym_size(0), x.sym_sizes().slice(1).vec(), x.options()),
          at::empty_like(coefficients, at::MemoryFormat::Contiguous)};
}

std::tuple<Tensor, Tensor> or_pool2d_cpu(const Tensor& x, int64_t size) {
  return ConvCall(x, size).run(x);
}

Tensor or_pool2d_backward_cpu(const Tensor& grad_y, const Tensor& x, int64_t size,
                              const Tensor& winner) {
  return in_type_of(x, std::get<0>(ConvCall(x, size).back(grad_y, winner, true, false)));
}

std::tuple<Tensor, Tensor> or_pool2d_meta(const Tensor& x, int64_t size) {
  return conv_meta(x, pool_shape(x, size));
}

Tensor or_pool2d_backward_meta(const Tensor&, const Tensor& x, int64_t, const Tensor&) {
  return batch_last_meta(x.sym_size(0), x.sym_sizes().slice(1).vec(), x.options());
}

// === What there is ===

Tensor conv_taps(std::string_view kind, int64_t channels, int64_t kernels, int64_t depth,
                 at::IntArrayRef kernel_size, int64_t channels_per_kernel, int64_t groups,
                 int64_t seed) {
  for (const int64_t size : {channels, kernels, depth, channels_per_kernel, groups})
    TORCH_CHECK_VALUE(size >= 0, "conv_taps: sizes must not be negative, got ", size);
  const std::vector<int32_t> taps = logic::make_conv_taps(
      kind, {unsigned_of(channels), unsigned_of(kernels), static_cast<int>(depth),
             extent(kernel_size, "kernel_size"), unsigned_of(channels_per_kernel),
             unsigned_of(groups), static_cast<std::uint64_t>(seed)});
  return at::tensor(taps, at::kInt).reshape({3, kernels, int64_t{1} << depth});
}

std::vector<std::string> conv_tap_kinds_op() {
  const auto names = logic::conv_tap_kinds();
  return {names.begin(), names.end()};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(pliant, library) {
  define_op(library,
            "logic_conv2d(Tensor x, Tensor taps, Tensor coefficients, int[2] kernel_size, int[2] "
            "stride, int[2] padding, int pool, bool sigmoid, float grad_factor) -> (Tensor y, "
            "Tensor winner)",
            {.rows = {{"x"}}});
  define_op(library,
            "logic_conv2d_backward(Tensor grad_y, Tensor x, Tensor taps, Tensor coefficients, "
            "int[2] kernel_size, int[2] stride, int[2] padding, int pool, bool sigmoid, float "
            "grad_factor, Tensor winner, bool[] needed) -> (Tensor grad_x, Tensor "
            "grad_coefficients)");
  define_op(library, "or_pool2d(Tensor x, int size) -> (Tensor y, Tensor winner)",
            {.rows = {{"x"}}});
  define_op(library,
            "or_pool2d_backward(Tensor grad_y, Tensor x, int size, Tensor winner) -> Tensor "
            "grad_x");
  library.def(
      "conv_taps(str kind, int channels, int kernels, int depth, int[2] kernel_size, int "
      "channels_per_kernel, int groups, int seed) -> Tensor",
      checked<&conv_taps>);
  library.def("conv_tap_kinds() -> str[]", checked<&conv_tap_kinds_op>);
}

TORCH_LIBRARY_IMPL(pliant, CPU, library) {
  library.impl("logic_conv2d", checked<&logic_conv2d_cpu>);
  library.impl("logic_conv2d_backward", checked<&logic_conv2d_backward_cpu>);
  library.impl("or_pool2d", checked<&or_pool2d_cpu>);
  library.impl("or_pool2d_backward", checked<&or_pool2d_backward_cpu>);
}

TORCH_LIBRARY_IMPL(pliant, Meta, library) {
  library.impl("logic_conv2d", checked<&logic_conv2d_meta>);
  library.impl("logic_conv2d_backward", checked<&logic_conv2d_backward_meta>);
  library.impl("or_pool2d", checked<&or_pool2d_meta>);
  library.impl("or_pool2d_backward", checked<&or_pool2d_backward_meta>);
}

}  // namespace pliant
