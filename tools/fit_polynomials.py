# tools/fit_polynomials.py — the polynomials of exp, erfc, atan … fitted and written as a header
"""Writes pliant/math/polynomials.h: Remez exchange in 60 digits.

python tools/fit_polynomials.py > pliant/math/polynomials.h && clang-format -i pliant/math/polynomials.h
Each entry of FITS is a function on an interval, fitted in relative terms, once for float and once for double.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp

mp.mp.dps = 60


def remez(function: Callable, low: float, high: float, degree: int, rounds: int = 12) -> tuple[list, mp.mpf]:
    """Coefficients, lowest first, of the polynomial with the least relative error on [low, high]."""
    count = degree + 2
    middle, half = (mp.mpf(low) + high) / 2, (mp.mpf(high) - low) / 2
    nodes = [middle - half * mp.cos(mp.pi * k / (count - 1)) for k in range(count)]
    grid = [middle - half * mp.cos(mp.pi * k / (24 * count)) for k in range(24 * count + 1)]
    values = [function(x) for x in grid]
    for _ in range(rounds):
        rows = mp.matrix(count, count)
        right = mp.matrix(count, 1)
        for i, x in enumerate(nodes):
            y = function(x)
            for j in range(degree + 1):
                rows[i, j] = x**j
            rows[i, degree + 1] = (-1) ** i * abs(y)
            right[i] = y
        solution = mp.lu_solve(rows, right)
        coefficients = [solution[j] for j in range(degree + 1)]
        errors = [mp.polyval(coefficients[::-1], x) / y - 1 for x, y in zip(grid, values, strict=True)]
        # The next nodes: the largest error between each two changes of sign.
        runs: list[list[int]] = [[0]]
        for i in range(1, len(grid)):
            if errors[i] * errors[runs[-1][-1]] < 0:
                runs.append([])
            runs[-1].append(i)
        peaks = [max(run, key=lambda i: abs(errors[i])) for run in runs]
        while len(peaks) > count:
            peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
        if len(peaks) < count:
            break
        nodes = [grid[i] for i in peaks]
    return coefficients, max(abs(e) for e in errors)


def exp_rest(x):
    """(e^x - 1 - x)/x^2."""
    return mp.nsum(lambda n: x**n / mp.factorial(n + 2), [0, 40])


def exp_cube(x):
    """(e^x - 1 - x - x^2/2)/x^3."""
    return mp.nsum(lambda n: x**n / mp.factorial(n + 3), [0, 40])


def log_rest(z):
    """(ln((1+s)/(1-s)) - 2s)/s^3 at z = s^2."""
    return mp.nsum(lambda n: 2 * z**n / (2 * n + 3), [0, 60])


def atan_over_pi(w):
    """atan(z)/(pi z) at w = z^2."""
    z = mp.sqrt(w)
    return mp.atan(z) / z / mp.pi if w > 0 else 1 / mp.pi


C = 4  # where y = (a - C)/(a + C) is 0; chosen for the least degree


def mills_scaled(y):
    """(a + C) times Mills' ratio of the normal law over sqrt(2 pi), at y = (a - C)/(a + C)."""
    if y >= 1:
        return 1 / mp.sqrt(2 * mp.pi)
    a = C * (1 + y) / (1 - y)
    if a > 60:  # asymptotic series of Mills' ratio
        ratio = mp.nsum(lambda k: (-1) ** k * mp.fac2(2 * k - 1) / a ** (2 * k + 1), [0, 30])
        return (a + C) * ratio / mp.sqrt(2 * mp.pi)
    return (a + C) * mp.exp(a * a / 2) * mp.erfc(a / mp.sqrt(2)) / 2


def erf_over(w):
    """erf(b/sqrt 2)/b at w = b^2."""
    b = mp.sqrt(w)
    return mp.erf(b / mp.sqrt(2)) / b if w > 0 else mp.sqrt(2 / mp.pi)


def semicircle(h):
    """(2 t - sin 2t)/(2 pi h^1.5), t = 2 asin sqrt h."""
    if h == 0:
        return mp.mpf(16) / 3 / mp.pi
    t = 2 * mp.asin(mp.sqrt(h))
    return (2 * t - mp.sin(2 * t)) / (2 * mp.pi) / h ** mp.mpf(1.5)


LN2_HALF = 0.34658
FITS = [  # name, function, interval, degree for float, degree for double
    ("Exp", exp_rest, -LN2_HALF, LN2_HALF, 4, 9),
    ("ExpCube", exp_cube, -LN2_HALF, LN2_HALF, 3, 9),
    ("Log", log_rest, 0, 0.0295, 2, 6),
    ("Atan", atan_over_pi, 0, 1, 8, 20),
    ("Mills", mills_scaled, -1, 1, 10, 23),
    ("Erf", erf_over, 0, 1, 5, 10),
    ("Semicircle", semicircle, 0, 0.5, 6, 16),
]


HEADER = """// pliant/math/polynomials.h — fitted polynomials, written by tools/fit_polynomials.py (no torch)
#pragma once

#include <array>

namespace pliant::math {

// Coefficients, lowest power first. Each is the fit with the least relative error on its interval; what
// function it stands for is said in tools/fit_polynomials.py and where it is used.
"""


def main() -> None:
    """Print the header: every fit as two arrays, with the relative error in ULP and the interval."""
    print(HEADER)
    for name, function, low, high, float_degree, double_degree in FITS:
        print(f"// {' '.join(function.__doc__.split())[:-1]} on [{low}, {high}]:")
        for kind, degree, bits, digits in (
            ("Float", float_degree, 24, 10),
            ("Double", double_degree, 53, 17),
        ):
            coefficients, error = remez(function, low, high, degree)
            numbers = ", ".join(mp.nstr(c, digits, strip_zeros=False) for c in coefficients)
            ulp = mp.nstr(error * 2**bits, 2)
            print(f"inline constexpr std::array k{name}{kind} = {{{numbers}}};  // {ulp} ULP")
        print()
    print("}  // namespace pliant::math")


if __name__ == "__main__":
    main()
