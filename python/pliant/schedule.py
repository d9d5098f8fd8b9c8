# python/pliant/schedule.py — the steepness over a training: a schedule is a function of the step
"""Annealing, for example: `module.set_steepness(schedule(step))`, or `steepness=schedule(step)` in a call."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

Schedule = Callable[[int], float]


def _check(caller: str, steps: int, **values: float) -> None:
    if steps < 1:
        raise ValueError(f"{caller}: steps must be at least 1, got {steps}")
    for name, value in values.items():
        if not 0 < value < float("inf"):
            raise ValueError(f"{caller}: {name} must be > 0 and finite, got {value}")


def _progress(step: int, steps: int) -> float:
    return min(max(step / steps, 0.0), 1.0)


def _constant(step: int, value: float) -> float:
    return value


def _linear(step: int, start: float, end: float, steps: int) -> float:
    return start + (end - start) * _progress(step, steps)


def _geometric(step: int, start: float, end: float, steps: int) -> float:
    return start * (end / start) ** _progress(step, steps)


def constant(value: float) -> Schedule:
    """The same at every step.

    Raises:
        ValueError: if value is not > 0 and finite

    >>> pliant.schedule.constant(10.0)(7)
    10.0
    """
    _check("constant", 1, value=value)
    return partial(_constant, value=value)


def linear(start: float, end: float, steps: int) -> Schedule:
    """From `start` at step 0 to `end` at step `steps` by equal differences, and `end` from then on.

    Raises:
        ValueError: if start or end is not > 0 and finite, or steps < 1

    >>> [pliant.schedule.linear(2.0, 8.0, steps=3)(step) for step in range(5)]
    [2.0, 4.0, 6.0, 8.0, 8.0]
    """
    _check("linear", steps, start=start, end=end)
    return partial(_linear, start=start, end=end, steps=steps)


def geometric(start: float, end: float, steps: int) -> Schedule:
    """From `start` at step 0 to `end` at step `steps` by equal ratios, and `end` from then on.

    Raises:
        ValueError: if start or end is not > 0 and finite, or steps < 1

    >>> [pliant.schedule.geometric(2.0, 8.0, steps=2)(step) for step in range(4)]
    [2.0, 4.0, 8.0, 8.0]
    """
    _check("geometric", steps, start=start, end=end)
    return partial(_geometric, start=start, end=end, steps=steps)
