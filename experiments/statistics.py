# experiments/statistics.py — means and paired differences with their 95 % intervals (Student's t over seeds)
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A mean of `count` values and half the width of its 95 % interval; NaN for a single value."""

    mean: float
    half_width: float
    count: int


def estimate(values: Sequence[float]) -> Estimate:
    """The mean of independent values, taken as normal.

    Raises:
        ValueError: if there are none.
    """
    count = len(values)
    if count == 0:
        raise ValueError("estimate: values must not be empty")
    mean = math.fsum(values) / count
    if count == 1:
        return Estimate(mean, math.nan, 1)
    variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1)
    return Estimate(mean, student_t(count - 1) * math.sqrt(variance / count), count)


def paired_difference(ours: Mapping[int, float], theirs: Mapping[int, float]) -> Estimate:
    """The mean of ours − theirs over the seeds that both have: what seeds share cancels.

    Raises:
        ValueError: if they share no seed.
    """
    return estimate([ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())])


def student_t(degrees: int) -> float:
    """The t with P(|T| ≤ t) = 0.95 for this many degrees of freedom, by bisection."""
    low, high = 1.9, 13.0  # 1.960 at infinity, 12.706 at 1
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, degrees) < 0.95 else (low, middle)
    return (low + high) / 2


def _within(t: float, degrees: int) -> float:
    """P(|T| ≤ t), the finite sums of Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(degrees))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    odd = degrees % 2
    term, total = math.cos(angle) if odd else 1.0, 0.0
    for k in range(degrees // 2):
        total += term
        term *= square * ((2 * k + 2) / (2 * k + 3) if odd else (2 * k + 1) / (2 * k + 2))
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
