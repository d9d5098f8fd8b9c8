# python/pliant/compat/algovision/_errors.py — what cannot be written as a program, and who says so
"""Errors of tracing."""

from __future__ import annotations


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
