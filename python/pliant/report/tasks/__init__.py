# python/pliant/report/tasks/__init__.py — what a task adds to the report: one module of the task's name
"""A task's module defines

- `METRICS: tuple[Metric, ...]`, what its validation and test lines hold, the most telling first;
- `describe(run: Run) -> str`, one or two sentences: what was learned, from which data, by which method;
- `chapters(run: Run) -> list[tuple[str, str]]`, title and HTML of its own chapters, made with
  `pliant.report.page`.

It is found by the task's name, with _ for -. A task without a module gets the generic part of the report.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from pliant.report.metric import Metric
from pliant.report.run import Run


class Generic:
    """Stands for the module of a task that has none: every number of the validation lines is a metric."""

    def __init__(self, run: Run):
        lines = [line for line in run.lines if line["event"] == "validation"]
        keys = dict.fromkeys(k for line in lines for k, v in line.items() if isinstance(v, float))
        self.METRICS = tuple(Metric(key, key, share=False) for key in keys if key != "seconds")

    def describe(self, run: Run) -> str:
        """The task's name is all there is to say."""
        return f"A run of the task {run.task or 'without a name'}."

    def chapters(self, run: Run) -> list[tuple[str, str]]:
        """None of its own."""
        return []


def task_of(run: Run) -> ModuleType | Generic:
    """The module of the run's task."""
    name = run.task.replace("-", "_")
    if name in {module.name for module in pkgutil.iter_modules(__path__)}:
        return importlib.import_module(f"{__name__}.{name}")
    return Generic(run)
