// tests/program/programs.h — programs and how tests run them on a sample
#pragma once

#include <vector>

#include "pliant/program/program.h"

namespace pliant::test {

inline constexpr const char* kBubbleSort = R"(
program bubble_sort(xs[n]) {
  var ys[n] = xs
  var any = 0
  var count = 0
  var dirty = 1
  int last = n - 1
  while truth(dirty) {
    dirty = 0
    for k in 0 .. last {
      var low = ys[k]
      var high = ys[k + 1]
      if high < low {
        ys[k] = high
        ys[k + 1] = low
        dirty = 1
        any = 1
        count = count + 1
      }
    }
    last = last - 1
  }
  return ys, any, count
}
)";

inline constexpr const char* kLevenshtein = R"(
program levenshtein(s[n, letters], t[m, letters]) {
  var d[n + 1, m + 1] = 0
  for i in 0 .. n { d[i + 1, 0] = i + 1 }
  for j in 0 .. m { d[0, j + 1] = j + 1 }
  for i in 0 .. n {
    for j in 0 .. m {
      var cost = 1
      if same(s[i, :], t[j, :]) { cost = 0 }
      d[i + 1, j + 1] = min(stack(d[i, j + 1] + 1, d[i + 1, j] + 1, d[i, j] + cost))
    }
  }
  var distance = d[n, m]
  return distance, d
}
)";

/// Every kind of statement and most functions.
inline constexpr const char* kEverything = R"(
program everything(x[n], y) {
  var a[n] = x * y + exp(-abs(x)) / 2
  var total = sum(a) - log(1 + y * y) + sqrt(2 + y)
  var w[n] = argmin(a)
  var q = 0
  for i in 0 .. n - 1 {
    if x[i] < x[i + 1] and not x[i] == y or x[i] != 0.5 {
      a[i] = a[i + 1] * 2
      q = q + where(x[i] >= y, total, x[i])
    } else {
      a[i + 1] = min(a)
    }
  }
  while q < 3 { q = q + 0.5 + 0.1 * a[0] * a[0] }
  a[w] = q
  var s[n, 2] = stack(a, x)
  var out = max(s[:, 0]) + a[w] + dot(a, x) + logsumexp(x) + product(s[0, :]) + cosine(a, x) + same(a, w)
  return out, a, q
}
)";

/// Gated loops in each other, with variables of their own, an if, and an array.
inline constexpr const char* kGated = R"(
program gated_sums(x[n], y) {
  var a[n] = x
  var total = 0
  gated while y < total + 2 and total < 5 {
    var step = 0.5
    step = step + a[0] * a[0]
    if a[0] < a[1] { a[0] = a[0] + 0.25 } else { total = total + 0.1 }
    var left = 1.5
    gated while left > 0 {
      left = left - 0.75
      step = step + 0.1
      total = total + 0.2 * step
    }
    total = total + 0.3
  }
  return total, a
}
)";

inline constexpr const char* kPrograms[] = {kBubbleSort, kLevenshtein, kEverything, kGated};

struct Input {
  std::vector<std::size_t> shape;
  std::vector<double> numbers;  ///< (batch, shape…)
};

struct Run {
  std::vector<std::vector<std::size_t>> shapes;
  std::vector<std::vector<double>> outputs;
};

inline program::Options logistic(double beta) {
  program::Options options;
  options.distribution = {.family = math::family_index("logistic"), .scale = beta};
  options.t_norm = {.family = math::t_norm_index("probabilistic")};
  return options;
}

inline std::size_t count_of(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t n : shape) count *= n;
  return count;
}

inline std::vector<program::Array<const double>> arrays_of(const std::vector<Input>& inputs) {
  std::vector<program::Array<const double>> arrays;
  for (const Input& input : inputs) arrays.push_back({input.shape, input.numbers.data()});
  return arrays;
}

inline Run run_batch(const program::Program& program, const program::Options& options,
                     const std::vector<Input>& inputs, std::size_t batch,
                     const base::Executor& executor = base::serial_executor()) {
  Run run;
  std::vector<std::vector<std::size_t>> shapes;
  for (const Input& input : inputs) shapes.push_back(input.shape);
  run.shapes = program::output_shapes(program, options, shapes);
  std::vector<program::Array<double>> outputs;
  run.outputs.resize(run.shapes.size());
  for (std::size_t k = 0; k < run.shapes.size(); ++k) {
    run.outputs[k].resize(batch * count_of(run.shapes[k]));
    outputs.push_back({run.shapes[k], run.outputs[k].data()});
  }
  program::run<double>(program, options, batch, arrays_of(inputs), outputs, executor);
  return run;
}

inline Run run_one(const program::Program& program, const program::Options& options,
                   const std::vector<Input>& inputs) {
  return run_batch(program, options, inputs, 1);
}

/// The gradient of the sum of one output with respect to each input.
inline std::vector<std::vector<double>> gradient_batch(const program::Program& program,
                                                       const program::Options& options,
                                                       const std::vector<Input>& inputs,
                                                       std::size_t output, std::size_t batch,
                                                       double* grad_scale = nullptr) {
  const Run run = run_batch(program, options, inputs, batch);
  std::vector<program::Array<const double>> upstream;
  std::vector<double> ones;
  for (std::size_t k = 0; k < run.shapes.size(); ++k) upstream.push_back({run.shapes[k], nullptr});
  ones.assign(run.outputs[output].size(), 1);
  upstream[output].data = ones.data();
  std::vector<std::vector<double>> gradients;
  std::vector<program::Array<double>> arrays;
  for (const Input& input : inputs) gradients.emplace_back(input.numbers.size());
  for (std::size_t k = 0; k < inputs.size(); ++k)
    arrays.push_back({inputs[k].shape, gradients[k].data()});
  program::run_backward<double>(program, options, batch, arrays_of(inputs), upstream, arrays,
                                grad_scale, base::serial_executor());
  return gradients;
}

inline std::vector<std::vector<double>> gradient_one(const program::Program& program,
                                                     const program::Options& options,
                                                     const std::vector<Input>& inputs,
                                                     std::size_t output) {
  return gradient_batch(program, options, inputs, output, 1);
}

}  // namespace pliant::test
