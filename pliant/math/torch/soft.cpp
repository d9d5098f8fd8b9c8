// pliant/math/torch/soft.cpp — relaxed steps of arithmetic from ATen's ops and decide, as ops
#include "pliant/math/torch/soft.h"

#include <ATen/Functions.h>

#include <string_view>
#include <utility>

#include "pliant/base/torch/find_op.h"
#include "pliant/base/torch/op.h"
#include "pliant/base/torch/transforms.h"
#include "pliant/math/torch/parameters.h"

namespace pliant {
namespace {

using at::Tensor;

/// The relaxed step P, and whether values are to be hard. Ops give both as the distribution's
/// parameters: five of them are straight-through ones. Their numbers are not looked at, since a
/// traced tensor has none.
class Step {
 public:
  Step(std::string_view distribution, const Tensor& parameters)
      : distribution_(distribution),
        parameters_(parameters.dim() == 1 ? parameters.slice(0, 0, 4) : parameters),
        straight_through_(parameters.dim() == 1 && parameters.size(0) == 5) {}

  /// Of the relaxed step.
  [[nodiscard]] const Tensor& parameters() const { return parameters_; }

  [[nodiscard]] Tensor chance(const Tensor& x) const {
    static const auto decide =
        op<Tensor(const Tensor&, std::string_view, const Tensor&)>("pliant::decide");
    return decide.call(x, distribution_, parameters_);
  }

  /// `relaxed`, or `hard` with the derivatives of `relaxed`.
  template <class Hard>
  [[nodiscard]] Tensor value(const Tensor& relaxed, const Hard& hard) const {
    return straight_through_ ? with_derivative_of(relaxed, hard()) : relaxed;
  }

  static Tensor with_derivative_of(const Tensor& relaxed, const Tensor& hard) {
    const Tensor fixed = hard.detach().to(relaxed.scalar_type());
    // Where both are the same infinity their difference would be NaN.
    return at::where(fixed == relaxed, relaxed, fixed + (relaxed - relaxed.detach()));
  }

 private:
  std::string_view distribution_;
  Tensor parameters_;
  bool straight_through_;
};

void check_floating(const Tensor& tensor, const char* function, const char* argument) {
  TORCH_CHECK_TYPE(tensor.is_floating_point(), "soft.", function, ": ", argument,
                   " must be floating point, got ", tensor.scalar_type());
}

/// Two operands in the wider of their dtypes.
struct Pair {
  Tensor a, b;

  Pair(const char* function, const Tensor& left, const Tensor& right) {
    check_floating(left, function, "a");
    check_floating(right, function, "b");
    const auto dtype = at::result_type(left, right);
    a = left.to(dtype);
    b = right.to(dtype);
  }
};

Tensor zero_like(const Tensor& x) { return at::zeros({}, x.options()); }

Tensor greater_op(const Tensor& left, const Tensor& right, std::string_view distribution,
                  const Tensor& parameters) {
  const Pair pair("greater", left, right);
  const Step step(distribution, parameters);
  const Tensor difference = pair.a - pair.b;
  return step.value(step.chance(difference), [&] { return difference.sign() / 2 + 0.5; });
}

Tensor less_op(const Tensor& left, const Tensor& right, std::string_view distribution,
               const Tensor& parameters) {
  const Pair pair("less", left, right);
  return greater_op(pair.b, pair.a, distribution, parameters);
}

Tensor equal_op(const Tensor& left, const Tensor& right, std::string_view distribution,
                const Tensor& parameters) {
  const Pair pair("equal", left, right);
  TORCH_CHECK_VALUE(
      math::families()[static_cast<std::size_t>(math::family_index(distribution))].symmetric,
      "soft.equal: the distribution must be symmetric, which ", distribution, " is not");
  const Step step(distribution, parameters);
  const Tensor difference = pair.a - pair.b;
  const Tensor p = step.chance(-difference.abs());
  return step.value(4 * p * (1 - p), [&] { return difference == 0; });
}

/// b + p·(a − b) where that is finite; elsewhere what `at_infinity` says.
Tensor blend(const Tensor& p, const Pair& pair, const Tensor& is_finite,
             const Tensor& at_infinity) {
  const Tensor zero = zero_like(pair.a);
  const Tensor a = at::where(is_finite, pair.a, zero), b = at::where(is_finite, pair.b, zero);
  return at::where(is_finite, at::lerp(b, a, p), at_infinity);
}

Tensor where_op(const Tensor& p, const Tensor& left, const Tensor& right, bool straight_through) {
  const Pair pair("where", left, right);
  if (p.scalar_type() == at::kBool) return at::where(p, pair.a, pair.b);
  check_floating(p, "where", "p");
  const Tensor weight = p.to(pair.a.scalar_type()), all = p == 1, none = p == 0;
  // Of infinite operands those of no weight count for nothing. Where the sum is not wanted it is of
  // zeros: 0 times its derivative must be a number.
  const Tensor sure = at::logical_or(all, none), zero = zero_like(pair.a);
  const Tensor sum =
      weight * at::where(sure, zero, pair.a) + (1 - weight) * at::where(sure, zero, pair.b);
  const Tensor at_infinity = at::where(all, pair.a, at::where(none, pair.b, sum));
  const Tensor relaxed = blend(weight, pair, at::isfinite(pair.a - pair.b), at_infinity);
  if (!straight_through) return relaxed;
  return Step::with_derivative_of(relaxed, at::where(p > 0.5, pair.a, pair.b));
}

/// The relaxed swap's larger or smaller output, hard if the parameters say straight-through.
Tensor extreme(const Pair& pair, std::string_view distribution, const Tensor& parameters,
               bool larger) {
  static const auto extreme =
      op<Tensor(const Tensor&, const Tensor&, std::string_view, const Tensor&, bool)>(
          "pliant::extreme");
  if (pair.a.sym_sizes() == pair.b.sym_sizes())
    return extreme.call(pair.a, pair.b, distribution, parameters, larger);
  const auto same = at::broadcast_tensors({pair.a, pair.b});
  return extreme.call(same[0], same[1], distribution, parameters, larger);
}

Tensor maximum_op(const Tensor& left, const Tensor& right, std::string_view distribution,
                  const Tensor& parameters) {
  return extreme(Pair("maximum", left, right), distribution, parameters, true);
}

Tensor minimum_op(const Tensor& left, const Tensor& right, std::string_view distribution,
                  const Tensor& parameters) {
  return extreme(Pair("minimum", left, right), distribution, parameters, false);
}

Tensor clamp_op(const Tensor& x, const std::optional<Tensor>& low,
                const std::optional<Tensor>& high, std::string_view distribution,
                const Tensor& parameters) {
  check_floating(x, "clamp", "x");
  TORCH_CHECK_VALUE(low.has_value() || high.has_value(),
                    "soft.clamp: expected low, high or both, got none");
  const Step step(distribution, parameters);
  const auto bounded = [&](const auto& bound) {
    Tensor inside = x;
    if (low) inside = bound(Pair("clamp", inside, *low), true);
    if (high) inside = bound(Pair("clamp", inside, *high), false);
    return inside;
  };
  return step.value(bounded([&](const Pair& pair, bool larger) {
                      return extreme(pair, distribution, step.parameters(), larger);
                    }),
                    [&] {
                      return bounded([](const Pair& pair, bool larger) {
                        return larger ? at::maximum(pair.a, pair.b) : at::minimum(pair.a, pair.b);
                      });
                    });
}

Tensor sign_op(const Tensor& x, std::string_view distribution, const Tensor& parameters) {
  check_floating(x, "sign", "x");
  const Step step(distribution, parameters);
  return step.value(2 * step.chance(x) - 1, [&] { return x.sign(); });
}

Tensor round_op(const Tensor& x, std::string_view distribution, const Tensor& parameters) {
  check_floating(x, "round", "x");
  const Step step(distribution, parameters);
  const Tensor is_finite = at::isfinite(x), given = at::where(is_finite, x, zero_like(x));
  const Tensor whole = given.detach().floor();
  const Tensor half = at::full({}, 0.5, x.options());
  const Tensor first = step.chance(-half), last = step.chance(half);
  const Tensor up = (step.chance(given - whole - half) - first) / (last - first);
  const Tensor relaxed = at::where(is_finite, whole + up, x.detach());
  return step.value(relaxed, [&] { return x.round(); });
}

/// The parameters of the ops (math/torch/parameters.h).
Tensor parameters_of(const soft::Options& options, const char* function) {
  Tensor parameters = at::tensor({options.beta, 1.0, 0.0, 1.0}, at::kDouble);
  distribution_of(options.distribution, parameters, function, "beta");
  return options.straight_through ? at::cat({parameters, at::ones({1}, at::kDouble)}) : parameters;
}

}  // namespace

namespace soft {

Tensor greater(const Tensor& a, const Tensor& b, const Options& options) {
  const Tensor parameters = checked<&parameters_of>(options, "soft.greater");
  return checked<&greater_op>(a, b, options.distribution, parameters);
}
Tensor less(const Tensor& a, const Tensor& b, const Options& options) {
  const Tensor parameters = checked<&parameters_of>(options, "soft.less");
  return checked<&less_op>(a, b, options.distribution, parameters);
}
Tensor equal(const Tensor& a, const Tensor& b, const Options& options) {
  const Tensor parameters = checked<&parameters_of>(options, "soft.equal");
  return checked<&equal_op>(a, b, options.distribution, parameters);
}
Tensor where(const Tensor& p, const Tensor& a, const Tensor& b, bool straight_through) {
  return where_op(p, a, b, straight_through);
}
Tensor maximum(const Tensor& a, const Tensor& b, const Options& options) {
  const Tensor parameters = checked<&parameters_of>(options, "soft.maximum");
  return checked<&maximum_op>(a, b, options.distribution, parameters);
}
Tensor minimum(const Tensor& a, const Tensor& b, const Options& options) {
  const Tensor parameters = checked<&parameters_of>(options, "soft.minimum");
  return checked<&minimum_op>(a, b, options.distribution, parameters);
}
Tensor clamp(const Tensor& x, const std::optional<Tensor>& low, const std::optional<Tensor>& high,
             const Options& options) {
  const Tensor parameters = checked<&parameters_of>(options, "soft.clamp");
  return checked<&clamp_op>(x, low, high, options.distribution, parameters);
}
Tensor sign(const Tensor& x, const Options& options) {
  const Tensor parameters = checked<&parameters_of>(options, "soft.sign");
  return checked<&sign_op>(x, options.distribution, parameters);
}
Tensor round(const Tensor& x, const Options& options) {
  const Tensor parameters = checked<&parameters_of>(options, "soft.round");
  return checked<&round_op>(x, options.distribution, parameters);
}

}  // namespace soft

// Made of other ops: gradients, vmap, compiled graphs and other devices come with these.
TORCH_LIBRARY_FRAGMENT(pliant, library) {
  for (const auto& [name, op] : {std::pair{"greater", checked<&greater_op>},
                                 {"less", checked<&less_op>},
                                 {"equal", checked<&equal_op>},
                                 {"maximum", checked<&maximum_op>},
                                 {"minimum", checked<&minimum_op>}}) {
    const std::string schema =
        std::string("soft_") + name +
        "(Tensor a, Tensor b, str distribution, Tensor parameters) -> Tensor";
    define_composite(library, schema.c_str(), op);
  }
  define_composite(library,
                   "soft_where(Tensor p, Tensor a, Tensor b, bool straight_through) -> Tensor",
                   checked<&where_op>);
  define_composite(
      library,
      "soft_clamp(Tensor x, Tensor? low, Tensor? high, str distribution, Tensor parameters) -> "
      "Tensor",
      checked<&clamp_op>);
  define_composite(library, "soft_sign(Tensor x, str distribution, Tensor parameters) -> Tensor",
                   checked<&sign_op>);
  define_composite(library, "soft_round(Tensor x, str distribution, Tensor parameters) -> Tensor",
                   checked<&round_op>);
}

}  // namespace pliant
