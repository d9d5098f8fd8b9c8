# python/pliant/from_python/relax.py — the decorator that makes a program of a Python function
"""`pliant.relax`, and what it gives back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from pliant.from_python.source import Source
from pliant.from_python.statements import Function
from pliant.from_python.values import Text
from pliant.program import Program


@dataclass(frozen=True)
class RelaxedProgram(Program):
    """A program made of a Python function.

    `python` and `__wrapped__` are the function itself. A copy or a pickle is a plain `Program`.
    """

    python: Callable[..., Any] = field(repr=False, compare=False, kw_only=True)
    source: Source = field(repr=False, compare=False, kw_only=True)
    origins: tuple[str, ...] = field(default=(), repr=False, compare=False, kw_only=True)

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self.python

    def _run(self, mode: str, inputs: Sequence[Tensor]) -> Tensor | tuple[Tensor, ...]:
        try:
            return super()._run(mode, inputs)
        except ValueError as error:
            raise with_origin(error, self.origins) from None

    def __reduce__(self) -> tuple[Any, ...]:
        names = [f.name for f in dataclasses.fields(Program) if f.init]
        return Program, tuple(getattr(self, name) for name in names)


def with_origin(error: ValueError, origins: Sequence[str]) -> ValueError:
    """The error of a program with what the line that it names was made of, if it names one."""
    found = re.match(r"program: line (\d+)", str(error))
    # The first line of the text is the program's head.
    line = int(found.group(1)) - 2 if found else -1
    return ValueError(f"{error} (made of {origins[line]})") if 0 <= line < len(origins) else error


def relax(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Turns an ordinary Python function into a program, by its source.

    Args:
        function: of tensors for one sample; the annotations name the sizes of its arrays, as in
            `def f(s: "n, letters", t: "m, letters", limit)`; without one, an argument is a single number
        **options: as of `pliant.program.Program`, such as beta

    Returns:
        A `Program`: called with one tensor (batch, shape…) for each argument, it runs relaxed; `.hard(…)` as
        it stands; `.text` is what was made of the function, and `.python` the function.

    Raises:
        ValueError: "file:line:column: relax NAME: reason", for what a program cannot say: break, continue,
            try, comprehensions, strings, attributes, names around the function that are not numbers or
            relaxed functions, recursion, else of a loop, return before the end, writing to an argument that
            was not copied first

    Understood are =, +=, several targets at once, if / elif / else, while, for over range, an array or
    enumerate; + - * / @ and ** by a literal; comparisons, also chained; and, or, not of single conditions,
    & | ~ of arrays of them; indices and slices, also from the end; a if c else b; len, .shape, .copy(),
    zeros, ones, full, [0.0] * n; exp, log, sqrt, abs, sum, prod, min, max, argmin, argmax, logsumexp,
    minimum, maximum, where, stack, dot, arange; by themselves or of math, numpy and torch. Reductions go over
    the last dimension.

    What goes wrong in a run is said with the line of `.text` and that of the function. Functions that are
    called and relaxed themselves become part of the program, with names of their own; `beta` is the caller's.

    A name is a whole number, the same for all samples, if it is needed where only such a number can stand (an
    index, a range, a shape) and all that is assigned to it is made of int literals, loop numbers, sizes and
    such names by + - *. Every other name is real: `count = 0` counts under an if. Comparisons of whole
    numbers are exact, those of real numbers relaxed. True and False are 1 and 0; a real number as a condition
    (`while dirty:`) must be in [0, 1]. `argmin` and `argmax` give weights, which may be an index.

    >>> @pliant.relax(beta=50.0)
    ... def smallest_first(xs: "n"):
    ...     ys = xs.copy()
    ...     for k in range(len(ys) - 1, 0, -1):
    ...         if ys[k] < ys[k - 1]:
    ...             ys[k - 1], ys[k] = ys[k], ys[k - 1]
    ...     return ys
    """
    if function is None:
        return lambda f: relax(f, **options)
    source = Source(function)
    lines = Text()
    text = Function(source, lines).as_program()
    made = RelaxedProgram(text, python=function, source=source, origins=tuple(lines.origins), **options)
    object.__setattr__(made, "__doc__", function.__doc__)
    return made
