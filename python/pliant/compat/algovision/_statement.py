# python/pliant/compat/algovision/_statement.py — what all statements of an algorithm share
"""`AlgoModule`, and where a statement stands in the script."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pliant.compat.algovision._errors import NeedsWhole, NotTraceable

if TYPE_CHECKING:
    from pliant.compat.algovision._trace import Trace

_HERE = str(Path(__file__).parent)


def caller() -> str:
    """file:line of the code that called this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


class AlgoModule:
    """A statement of an algorithm. It has no state: one object may stand in several algorithms."""

    def __init__(self) -> None:
        self.beta = None
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
        with blamed(self):
            self._write(trace)
        trace.lines.origin = outer

    def _write(self, trace: Trace) -> None:
        raise NotImplementedError


@contextmanager
def blamed(statement: AlgoModule) -> Any:
    """What a program cannot say is said of the innermost statement."""
    try:
        yield
    except NeedsWhole:
        raise
    except NotTraceable as error:
        raise located(error, statement) from error
    except NotImplementedError as error:
        raise located(NotTraceable(f"torch has no way to trace it ({error})"), statement) from error


class Located(NotTraceable):
    """With the statement that it is about."""


def located(error: NotTraceable, statement: AlgoModule) -> NotTraceable:
    """The error with the statement's name and place, once."""
    if isinstance(error, Located):
        return error
    place = f"{type(statement).__name__} at {statement.origin}"
    return Located(f"algovision: {place} cannot be written as a program: {error.reason}")


def all_statements(statements: Iterable[AlgoModule]) -> list[AlgoModule]:
    """These and all inside of them."""
    found = []
    for statement in statements:
        found += [statement, *all_statements(statement.parts())]
    return found


def all_written(statements: Iterable[AlgoModule]) -> set[str]:
    """What they write to."""
    return set().union(*(statement.written() for statement in all_statements(statements)))


def functions_of(statement: object) -> list[Callable]:
    """The functions that a statement or condition was made with."""
    found = []
    for value in vars(statement).values():
        for item in value if isinstance(value, list | tuple) else [value]:
            if callable(item) and not isinstance(item, AlgoModule | type):
                found.append(item)
    return found
