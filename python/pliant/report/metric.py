# python/pliant/report/metric.py — a metric of a task, and how numbers are written
from __future__ import annotations

import math
from dataclasses import dataclass

from pliant.report.run import Line, number


@dataclass(frozen=True)
class Metric:
    """One number of a validation or test line."""

    key: str  # in metrics.jsonl
    name: str
    tied: str = ""  # key of the variant that is fair to ties; "" if there is none
    share: bool = True  # in 0 … 1, written as a percentage

    def of(self, line: Line | None, tied: bool = False) -> str:
        """The value in this line as text; a dash where there is none."""
        key = self.tied if tied else self.key
        if line is None or key not in line:
            return "–"
        return percent(number(line[key])) if self.share else short(number(line[key]))

    def with_tied(self, line: Line | None) -> str:
        """The value, and the tie-aware one in brackets if the metric has one."""
        return f"{self.of(line)} ({self.of(line, tied=True)})" if self.tied else self.of(line)


def percent(value: float) -> str:
    """0.6123 → 61.2 %."""
    return f"{100 * value:.1f} %" if math.isfinite(value) else "not finite"


def short(value: float) -> str:
    """Four digits: 0.4123, 1234, 1.2e-06."""
    return f"{value:.4g}" if math.isfinite(value) else "not finite"


def duration(seconds: float) -> str:
    """75 → 1 min 15 s."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
