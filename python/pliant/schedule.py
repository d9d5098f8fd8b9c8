# python/pliant/schedule.py — what changes over a training: schedules, and what follows them
"""A schedule is a number as a function of the step: `steepness=schedule(step)` in a call, `damping=schedule`
of `pliant.optim.Isaac`. `Annealing` moves the settings of a module along schedules. The command line has the
same kinds: `pliant train sorting --steepness-end 40 --steepness-schedule cosine`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_KINDS: dict[str, Callable[[float, float, float], float]] = {
    "constant": lambda start, end, t: start,
    "linear": lambda start, end, t: start + (end - start) * t,
    "geometric": lambda start, end, t: start * (end / start) ** t,
    "cosine": lambda start, end, t: end + (start - end) * (1 + math.cos(math.pi * t)) / 2,
}


@dataclass(frozen=True)
class Schedule:
    """A number at every step: from `start` at step 0 to `end` at step `steps`, and `end` from then on.

    Args:
        kind: "constant" (start at every step), "linear" (equal differences), "geometric" (equal ratios),
            "cosine" (half a wave: slow at both ends)
        start, end: > 0 and finite
        steps: at least 1

    Raises:
        ValueError: that names the argument and what came

    >>> anneal = pliant.schedule.Schedule("geometric", 2.0, 8.0, steps=2)
    >>> [anneal(step) for step in range(4)]
    [2.0, 4.0, 8.0, 8.0]
    """

    kind: str
    start: float
    end: float
    steps: int = 1

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise ValueError(f"Schedule: unknown kind {self.kind!r}; there are: {', '.join(_KINDS)}")
        if self.steps < 1:
            raise ValueError(f"{self.kind}: steps must be at least 1, got {self.steps}")
        for name in ("start", "end"):
            value = getattr(self, name)
            if not 0 < value < math.inf:
                name = "value" if self.kind == "constant" else name
                raise ValueError(f"{self.kind}: {name} must be > 0 and finite, got {value}")

    def __call__(self, step: int) -> float:
        """The number at a step, from 0."""
        return _KINDS[self.kind](self.start, self.end, min(max(step / self.steps, 0.0), 1.0))


def constant(value: float) -> Schedule:
    """The same at every step.

    Raises:
        ValueError: if value is not > 0 and finite

    >>> pliant.schedule.constant(10.0)(7)
    10.0
    """
    return Schedule("constant", value, value)


def linear(start: float, end: float, steps: int) -> Schedule:
    """From `start` at step 0 to `end` at step `steps` by equal differences, and `end` from then on.

    Raises:
        ValueError: if start or end is not > 0 and finite, or steps < 1

    >>> [pliant.schedule.linear(2.0, 8.0, steps=3)(step) for step in range(5)]
    [2.0, 4.0, 6.0, 8.0, 8.0]
    """
    return Schedule("linear", start, end, steps)


def geometric(start: float, end: float, steps: int) -> Schedule:
    """From `start` at step 0 to `end` at step `steps` by equal ratios, and `end` from then on.

    Raises:
        ValueError: if start or end is not > 0 and finite, or steps < 1

    >>> [pliant.schedule.geometric(2.0, 8.0, steps=2)(step) for step in range(4)]
    [2.0, 4.0, 8.0, 8.0]
    """
    return Schedule("geometric", start, end, steps)


def cosine(start: float, end: float, steps: int) -> Schedule:
    """From `start` at step 0 to `end` at step `steps` along half a wave of a cosine, then `end`.

    Raises:
        ValueError: if start or end is not > 0 and finite, or steps < 1

    >>> [round(pliant.schedule.cosine(2.0, 8.0, steps=4)(step), 2) for step in range(6)]
    [2.0, 2.88, 5.0, 7.12, 8.0, 8.0]
    """
    return Schedule("cosine", start, end, steps)


class Annealing:
    """Moves settings of a module along schedules: `.step()` after each step of the training.

    Args:
        module: anything with the settings: a module of `pliant.nn` (steepness, tau), `pliant.render.Renderer`
            (tau, or softness in pixels), `pliant.nn.IsaacLinear` (damping), or another object that has them
        schedules: for each setting a schedule, or any function of the step from 0

    A setting that is a tensor, such as a learnable steepness or the beta of a `pliant.program.Program` that
    was given as one, is changed in place. The settings are those of step 0 when this is made.

    Raises:
        ValueError: if the module has no such setting, or cannot change it

    >>> module = pliant.nn.Sort()
    >>> anneal = pliant.schedule.Annealing(module, steepness=pliant.schedule.geometric(5.0, 20.0, steps=2))
    >>> for _ in range(2):
    ...     anneal.step()
    >>> module.steepness
    20.0
    """

    def __init__(self, module: Any, **schedules: Callable[[int], float]) -> None:
        if not schedules:
            raise ValueError("Annealing: give a schedule for at least one setting")
        for name in schedules:
            if not hasattr(module, name):
                raise ValueError(f"Annealing: a {type(module).__name__} has no setting {name!r}")
        self.module, self.schedules, self.steps = module, schedules, 0
        self._apply()

    def step(self) -> None:
        """The settings of the next step."""
        self.steps += 1
        self._apply()

    def state_dict(self) -> dict[str, Any]:
        """How many steps there were; the schedules are given anew."""
        return {"steps": self.steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state, with the settings that belong there."""
        self.steps = int(state["steps"])
        self._apply()

    def _apply(self) -> None:
        for name, schedule in self.schedules.items():
            _change(self.module, name, schedule(self.steps))


def _change(module: Any, name: str, value: float) -> None:
    setter, current = getattr(module, f"set_{name}", None), getattr(module, name)
    if setter is not None:
        setter(value)
    elif hasattr(current, "data"):  # of a tensor
        current.data.fill_(value)
    else:
        try:
            setattr(module, name, value)
        except AttributeError as error:
            text = f"Annealing: {name} of a {type(module).__name__} cannot change: give it as a tensor"
            raise ValueError(text) from error
