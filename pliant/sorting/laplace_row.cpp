// pliant/sorting/laplace_row.cpp — sums of Laplace distributions by recursions along the sorted row
// (no torch)
#include "pliant/sorting/laplace_row.h"

#include "pliant/math/choice.h"

namespace pliant::sorting {

LaplaceRow::LaplaceRow(std::size_t most, double steepness)
    : steepness_(steepness), x_(most), decay_(most), above_(most), below_(most) {}

Threshold LaplaceRow::solve(double k) const {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double mass = k - static_cast<double>(high_);
  if (!(mass > 0)) return {0, -kInfinity};
  if (!(mass < static_cast<double>(finite_))) return {0, kInfinity};
  const std::size_t between = count_up_to(mass);
  const double rest = mass - static_cast<double>(between);
  const double up = between > 0 ? above_[between - 1] : 0;
  const double down = between < finite_ ? below_[between] : 0;
  // With z = exp(β·(x_{between − 1} − b)), the equation of b is down·decay·z² − 2·rest·z = up.
  const double decay = between > 0 && between < finite_ ? decay_[between - 1] : 0;
  const double root = std::sqrt(rest * rest + up * down * decay);
  if (rest > 0) return {x_[between], -std::log(down / (rest + root))};
  if (rest < 0) return {x_[between - 1], std::log(up / (root - rest))};
  const double gap =
      std::min(steepness_ * (x_[between - 1] - x_[between]), std::numeric_limits<double>::max());
  return {x_[between - 1], 0.5 * (gap + std::log(up / down))};
}

void LaplaceRow::add_up() {
  const std::size_t gaps = finite_ == 0 ? 0 : finite_ - 1;
  for (std::size_t j = 0; j < gaps; ++j) decay_[j] = -steepness_ * (x_[j] - x_[j + 1]);
  math::exp_minus(decay_.data(), gaps, 0.0, decay_.data());
  double sum = 0;
  for (std::size_t j = 0; j < finite_; ++j)
    above_[j] = sum = 1 + (j == 0 ? 0 : decay_[j - 1] * sum);
  for (std::size_t j = finite_; j-- > 0;)
    below_[j] = sum = 1 + (j + 1 == finite_ ? 0 : decay_[j] * sum);
}

std::size_t LaplaceRow::count_up_to(double mass) const {
  std::size_t from = 0, to = finite_;
  while (from < to) {
    const std::size_t j = from + (to - from) / 2;
    const double at = static_cast<double>(j) + 0.5 * (1 - above_[j] + below_[j]);
    (at <= mass ? from : to) = at <= mass ? j + 1 : j;
  }
  return from;
}

void LaplaceWeights::set(const LaplaceRow& row, const Threshold& at) {
  row.arguments(at, u_.data());
  for (std::size_t j = 0; j < row.finite(); ++j) q_[j] = -std::abs(u_[j]);
  total_ = 0.5 * std::exp(math::soft_argmax(q_.data(), row.finite(), q_.data()));
}

template <class T>
void write_mask(const LaplaceRow& row, double k, double* u, T* mask) {
  row.arguments(row.solve(k), u);
  const std::size_t finite = row.finite();
  for (std::size_t j = 0; j < finite; ++j) {
    mask[row.item(j)] = u[j] > 0 ? T{1} : T{0};
    u[j] = -std::abs(u[j]);
  }
  math::exp_minus(u, finite, 0.0, u);
  for (std::size_t j = 0; j < finite; ++j) {
    T& p = mask[row.item(j)];
    p = static_cast<T>(p > 0 ? 1 - 0.5 * u[j] : 0.5 * u[j]);
  }
  const auto share = [](double mass, std::size_t of) {
    return static_cast<T>(std::clamp(mass / static_cast<double>(of), 0.0, 1.0));
  };
  const auto above = static_cast<double>(row.high() + finite);
  row.for_high([&](std::int32_t i) { mask[i] = share(k, row.high()); });
  row.for_low([&](std::int32_t i) { mask[i] = share(k - above, row.low()); });
}

MassGradient add_threshold_gradient(const LaplaceRow& row, const LaplaceWeights& weights, double g,
                                    double* sorted) {
  double mean_u = 0;
  for (std::size_t j = 0; j < row.finite(); ++j) {
    sorted[j] += g * weights.q(j);
    mean_u += weights.q(j) * weights.u(j);
  }
  return {-g / (row.steepness() * weights.total()),
          g * mean_u / (row.steepness() * row.steepness())};
}

template void write_mask(const LaplaceRow&, double, double*, float*);
template void write_mask(const LaplaceRow&, double, double*, double*);

}  // namespace pliant::sorting
