# python/pliant/compat/algovision/_statement.py — what all statements of an algorithm share
"""`AlgoModule`, and where a statement stands in the script."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from pliant.compat.algovision._errors import blamed

if TYPE_CHECKING:
    from pliant.compat.algovision._trace import Trace

_HERE = str(Path(__file__).parent)


def caller() -> str:
    """file:line of the code that called this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


class AlgoModule(ABC):
    """A statement of an algorithm. It has no state: one object may stand in several algorithms."""

    def __init__(self) -> None:
        self.origin = caller()

    def written(self) -> set[str]:
        """The names that the statement writes to."""
        return set()

    def parts(self) -> list[AlgoModule]:
        """The statements inside of it."""
        return []

    def write(self, trace: Trace) -> None:
        """Its lines of the program."""
        outer = trace.lines.origin
        trace.lines.origin = f"{type(self).__name__} at {self.origin}"
        with blamed(trace.lines.origin, trace.unrolled):
            self._write(trace)
        trace.lines.origin = outer

    @abstractmethod
    def _write(self, trace: Trace) -> None:
        """The lines of this kind of statement."""


def all_statements(statements: Iterable[AlgoModule]) -> list[AlgoModule]:
    """These and all inside of them."""
    found = []
    for statement in statements:
        found += [statement, *all_statements(statement.parts())]
    return found


def all_written(statements: Iterable[AlgoModule]) -> set[str]:
    """What they write to."""
    return set().union(*(statement.written() for statement in all_statements(statements)))
