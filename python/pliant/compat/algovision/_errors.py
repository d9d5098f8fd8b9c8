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

    def __init__(self, reason: str, place: str = "") -> None:
        super().__init__(f"algovision: {place} cannot be written as a program: {reason}" if place else reason)
        self.reason = reason
        self.place = place


class NeedsWhole(NotTraceable):
    """The value of a whole number is wanted that changes from pass to pass of these loops."""

    def __init__(self, text: str, loops: frozenset[int]) -> None:
        super().__init__(f"it needs the value of {text}, which changes in a While loop")
        self.loops = loops


@contextmanager
def blamed(place: str, retraced: frozenset[int] | set[int] = frozenset()) -> Iterator[None]:
    """Errors inside are said to be those of `place`, the innermost one; a `NeedsWhole` of loops that can
    still be written pass by pass goes through.
    """
    try:
        yield
    except Wrong as error:
        raise error.kind(f"algovision: {place}: {error}") from None
    except NotTraceable as error:
        if error.place or isinstance(error, NeedsWhole) and not error.loops <= retraced:
            raise
        raise NotTraceable(error.reason, place) from None
    except NotImplementedError as error:
        raise NotTraceable(f"torch cannot trace it ({error})", place) from error
