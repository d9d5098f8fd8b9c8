# python/pliant/compat/algovision/_errors.py — what cannot be written as a program, and who says so
"""Errors that learn on their way out which statement they are about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Wrong(Exception):
    """A mistake in the script: becomes an error of `kind` with the statement's name and place."""

    def __init__(self, kind: type[Exception], text: str) -> None:
        super().__init__(text)
        self.kind = kind


class NotTraceable(ValueError):
    """A function does what no program can say. `reason` is a clause: "it asks for the value of a number"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NeedsWhole(NotTraceable):
    """The value of a whole number is wanted that changes from pass to pass of these loops."""

    def __init__(self, text: str, loops: frozenset[int]) -> None:
        super().__init__(f"it needs the value of {text}, which changes in a While loop")
        self.loops = loops


class Located(NotTraceable):
    """With the statement that it is about."""


@contextmanager
def blamed(place: str, retraced: frozenset[int] | set[int] = frozenset()) -> Iterator[None]:
    """Errors inside are said to be those of `place`, the innermost one; a `NeedsWhole` of loops that can still
    be written pass by pass goes through.
    """
    try:
        yield
    except Wrong as error:
        raise error.kind(f"algovision: {place}: {error}") from None
    except Located:
        raise
    except NeedsWhole as error:
        if not error.loops <= retraced:
            raise
        raise _located(place, error.reason) from None
    except NotTraceable as error:
        raise _located(place, error.reason) from None
    except NotImplementedError as error:
        raise _located(place, f"torch cannot trace it ({error})") from error


def _located(place: str, reason: str) -> Located:
    return Located(f"algovision: {place} cannot be written as a program: {reason}")
