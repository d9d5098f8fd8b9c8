// tests/math/reference.cpp — every distribution in quadruple precision, by textbook formulas of its
// own
#include "tests/math/reference.h"

#include <quadmath.h>

#include <functional>
#include <map>
#include <string_view>

namespace pliant::test {
namespace {

const Quad kPi = acosq(-1), kInf = 1 / Quad(0);

/// With −ln(tail) by the larger of p and tail.
Reference with_log(Quad p, Quad tail, Quad density) {
  return {p, tail, density, p < 0.5 ? -log1pq(-p) : -logq(tail)};
}

/// From F(−a) and f(a), a ≥ 0.
Reference symmetric(Quad u, const std::function<Quad(Quad)>& tail,
                    const std::function<Quad(Quad)>& density) {
  const Quad a = fabsq(u), t = tail(a), f = density(a);
  return u < 0 ? with_log(t, 1 - t, f) : with_log(1 - t, t, f);
}

Reference hard(Quad u) {
  return symmetric(
      u, [](Quad a) { return a > 0 ? Quad(0) : Quad(0.5); }, [](Quad) { return Quad(0); });
}

Reference uniform(Quad u) {
  return symmetric(
      u, [](Quad a) { return a < 1 ? (1 - a) / 2 : Quad(0); },
      [](Quad a) { return a < 1 ? Quad(0.5) : Quad(0); });
}

Reference cubic_hermite(Quad u) {
  const auto tail = [](Quad a) {
    const Quad y = a < 1 ? (1 - a) / 2 : Quad(0);
    return 3 * y * y - 2 * y * y * y;
  };
  return symmetric(u, tail, [](Quad a) { return a < 1 ? Quad(0.75) * (1 - a * a) : Quad(0); });
}

/// The area beyond a of the half disc, by the series of asin at the edge where the closed form
/// cancels.
Reference wigner(Quad u) {
  const auto tail = [](Quad a) {
    if (a >= 1) return Quad(0);
    if (a < 0.9) return (acosq(a) - a * sqrtq(1 - a * a)) / kPi;
    // ∫ (2/π)√(h(2 − h)) dh over [0, 1 − a], term by term.
    const Quad h = 1 - a;
    Quad sum = 0, term = 1;
    for (int n = 0; n < 60; ++n) {
      sum += term / (n + Quad(1.5));
      term *= -(Quad(0.5) - n) / (n + 1) * h / 2;
    }
    return 2 / kPi * sqrtq(2) * h * sqrtq(h) * sum;
  };
  return symmetric(u, tail,
                   [](Quad a) { return a < 1 ? 2 / kPi * sqrtq((1 - a) * (1 + a)) : Quad(0); });
}

Reference gaussian(Quad u) {
  Reference r = symmetric(
      u, [](Quad a) { return erfcq(a / sqrtq(2)) / 2; },
      [](Quad a) { return expq(-a * a / 2) / sqrtq(2 * kPi); });
  if (u > 50) {  // Laplace's continued fraction of Mills' ratio
    Quad f = u;
    for (int n = 40; n > 0; --n) f = u + n / f;
    r.log_tail = u * u / 2 + logq(f * sqrtq(2 * kPi));
  }
  return r;
}

Reference laplace(Quad u) {
  const auto half_bell = [](Quad a) { return expq(-a) / 2; };
  Reference r = symmetric(u, half_bell, half_bell);
  if (u > 1) r.log_tail = u + logq(2);
  return r;
}

Reference logistic(Quad u) {
  Reference r = symmetric(
      u, [](Quad a) { return expq(-a) / (1 + expq(-a)); },
      [](Quad a) { return expq(-a) / (1 + expq(-a)) / (1 + expq(-a)); });
  if (u > 1) r.log_tail = u + log1pq(expq(-u));
  return r;
}

Reference sech(Quad u) {
  Reference r = symmetric(
      u, [](Quad a) { return 2 / kPi * atanq(expq(-a)); },
      [](Quad a) { return 2 / kPi * expq(-a) / (1 + expq(-2 * a)); });
  if (u > 100) r.log_tail = u + logq(kPi / 2);  // atan z = z in every digit
  return r;
}

Reference cauchy(Quad u) {
  return symmetric(
      u, [](Quad a) { return atan2q(1, a) / kPi; }, [](Quad a) { return 1 / (kPi * (1 + a * a)); });
}

Reference reciprocal(Quad u) {
  return symmetric(
      u, [](Quad a) { return 1 / (2 * (1 + a)); },
      [](Quad a) { return 1 / (2 * (1 + a) * (1 + a)); });
}

Reference optimal(Quad u) {
  return symmetric(
      u, [](Quad a) { return a <= 0.25 ? Quad(0.5) - a : 1 / (16 * a); },
      [](Quad a) { return a <= 0.25 ? Quad(1) : 1 / (16 * a * a); });
}

Reference gumbel_max(Quad u) {
  const Quad w = expq(-u);
  Reference r = with_log(expq(-w), -expm1q(-w), expq(-u - w));
  if (u > 100) r.log_tail = u;  // (1 − e^(−w))/w is 1 in every digit
  return r;
}

Reference exponential(Quad u) {
  if (u < 0) return {0, 1, 0, 0};
  return {-expm1q(-u), expq(-u), expq(-u), u};
}

Reference levy(Quad u) {
  if (u <= 0) return {0, 1, 0, 0};
  const Quad z = sqrtq(1 / (2 * u));
  return with_log(erfcq(z), erfq(z), expq(-z * z) / (sqrtq(2 * kPi) * u * sqrtq(u)));
}

/// ln Q(a, x) and ln P(a, x): the series of P where it or its complement keeps 15 digits or more,
/// and Q's continued fraction (modified Lentz) elsewhere, each until it stands still.
struct LogGamma {
  Quad p, q;
};
LogGamma log_gamma(Quad a, Quad x) {
  const Quad log_d = a * logq(x) - x - lgammaq(a + 1);
  if (x < 2 * a + 40) {
    Quad sum = 1, term = 1;
    for (int n = 1; term > sum * Quad(1e-36); ++n) sum += term *= x / (a + n);
    const Quad log_p = log_d + logq(sum), p = expq(log_p), q = 1 - p;
    if (q > Quad(1e-14) || x < a + 1) return {log_p, log1pq(-p)};
  }
  Quad b = x + 1 - a, c = Quad(1e300), d = 1 / b, f = d;
  for (int n = 1; n < 100000; ++n) {
    const Quad k = n * (a - n);
    b += 2;
    d = 1 / (k * d + b);
    c = b + k / c;
    f *= c * d;
    if (fabsq(c * d - 1) < Quad(1e-33)) break;
  }
  const Quad log_q = log_d + logq(a) + logq(f);
  return {log1pq(-expq(log_q)), log_q};
}

Reference gamma(Quad x, double shape) {
  if (x <= 0) return {0, 1, 0, 0};
  const Quad a = shape, log_density = (a - 1) * logq(x) - x - lgammaq(a);
  const LogGamma log = log_gamma(a, x);
  return {expq(log.p), expq(log.q), expq(log_density), -log.q};
}

/// The mirror image of a law.
Reference reversed(const Reference& image) {
  return {image.tail, image.p, image.density,
          image.p == 0       ? kInf
          : image.tail < 0.5 ? -log1pq(-image.tail)
                             : -logq(image.p)};
}

Reference gumbel_min(Quad u) {
  Reference r = reversed(gumbel_max(-u));
  r.log_tail = expq(u);
  return r;
}

Reference gamma_rev(Quad u, double shape) {
  Reference r = reversed(gamma(-u, shape));
  r.log_tail = u < 0 ? -log_gamma(shape, -u).p : kInf;
  return r;
}

Reference levy_rev(Quad u) {
  Reference r = reversed(levy(-u));
  if (u < 0 && u > -1e-3) {  // erfc z by its continued fraction, which does not underflow
    const Quad g = sqrtq(-1 / u);
    Quad f = g;
    for (int n = 60; n > 0; --n) f = g + n / f;
    r.log_tail = g * g / 2 + logq(f * sqrtq(kPi / 2));
  }
  return r;
}

using Law = std::function<Reference(Quad, double)>;

/// A law that has no shape.
template <class Fn>
Law shapeless(Fn fn) {
  return [fn](Quad u, double) { return fn(u); };
}

const std::map<std::string_view, Law>& laws() {
  static const std::map<std::string_view, Law> all = {
      {"hard", shapeless(hard)},
      {"uniform", shapeless(uniform)},
      {"cubic_hermite", shapeless(cubic_hermite)},
      {"wigner", shapeless(wigner)},
      {"gaussian", shapeless(gaussian)},
      {"laplace", shapeless(laplace)},
      {"logistic", shapeless(logistic)},
      {"sech", shapeless(sech)},
      {"cauchy", shapeless(cauchy)},
      {"reciprocal", shapeless(reciprocal)},
      {"optimal", shapeless(optimal)},
      {"gumbel_max", shapeless(gumbel_max)},
      {"gumbel_min", shapeless(gumbel_min)},
      {"exponential", shapeless(exponential)},
      {"exponential_rev", shapeless([](Quad u) { return reversed(exponential(-u)); })},
      {"gamma", gamma},
      {"gamma_rev", gamma_rev},
      {"levy", shapeless(levy)},
      {"levy_rev", shapeless(levy_rev)},
  };
  return all;
}

}  // namespace

bool has_reference(std::string_view family) { return laws().contains(family); }

Reference reference(std::string_view family, Quad u, double shape) {
  return laws().at(family)(u, shape);
}

}  // namespace pliant::test
