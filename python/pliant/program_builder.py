# python/pliant/program_builder.py — programs written in Python: what is done to handles is recorded
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from pliant._handles import Expression, Name, Operand, Variable, expression_of
from pliant._library import ops
from pliant.from_python.values import ATOM, RESERVED

if TYPE_CHECKING:
    from pliant.program import Program

# Every function of the language: the least and the most arguments that it takes, -1 for any number.
_FUNCTIONS = {
    name: (int(least), int(most))
    for name, least, most in map(str.split, ops.program_functions().splitlines())
}


@dataclass
class _Nested:
    """A statement with blocks."""

    head: str
    body: _Block = field(default_factory=list)
    otherwise: _Block | None = None


_Block = list[str | _Nested]


class Builder:
    """Writes a program by what is done to handles; `with` blocks stand for its ifs and loops.

    Args:
        name: of the program

    Declarations are `input`, `size`, `var` and `int`; blocks `with p.If(c):`, `with p.Else():`,
    `with p.While(c):`, `with p.GatedWhile(c):` and `with p.For("k", low, high) as k:`. Functions of the
    language (docs/program.md) are methods: `p.min(p.stack(a, b))`. A name that is taken gets a number behind
    it; a name ends with its block.

    Raises:
        ValueError, TypeError: from the call that is wrong; what only the whole text shows, from `program`

    >>> p = pliant.program.Builder("count")
    >>> limit = p.input("limit")
    >>> x = p.var("x", 0)
    >>> with p.While(x < limit):
    ...     x += 1
    >>> p.program(x).hard(torch.tensor([3.5]))
    tensor([4.])
    """

    def __init__(self, name: str) -> None:
        self._name = _checked(name)
        self._inputs: list[str] = []
        self._statements: _Block = []
        self._open_blocks: list[_Block] = [self._statements]
        self._names: list[Name] = []  # that can be used

    # === Declarations ===

    def input(self, name: str, *sizes: str) -> Variable:
        """An argument of the program: an array, with the name of the size of each dimension, or a number."""
        if self._statements:
            raise ValueError(f"Builder: the input {name!r} must be declared before all statements")
        if self._find(name):
            raise ValueError(f"Builder: {name!r} is declared already")
        found = self._declare(name, "input")
        for size in sizes:
            known = self._find(size) or self._declare(size, "size")
            if known.kind != "size":
                raise ValueError(f"Builder: {size!r} is declared already, and is no size")
        self._inputs.append(name + (f"[{', '.join(sizes)}]" if sizes else ""))
        return Variable(found)

    def size(self, name: str) -> Expression:
        """A size that an input named: a whole number."""
        known = self._find(name)
        if known is None or known.kind != "size":
            raise ValueError(f"Builder: no input has a size {name!r}")
        return Variable(known)

    def var(self, name: str, value: Operand, shape: tuple[Operand, ...] = ()) -> Variable:
        """A variable of each sample, with the shape of the value, or an array of this shape."""
        sizes, first = ", ".join(self._used(size).text for size in shape), self._used(value).text
        found = self._declare(name, "var")
        self._add(f"var {found.text}[{sizes}] = {first}" if shape else f"var {found.text} = {first}")
        return Variable(found)

    def int(self, name: str, value: Operand) -> Variable:
        """A whole number, the same for all samples: of sizes, loop numbers and whole numbers."""
        first = self._used(value).text
        found = self._declare(name, "int")
        self._add(f"int {found.text} = {first}")
        return Variable(found)

    # === Blocks ===

    def If(self, condition: Expression) -> AbstractContextManager[None]:
        """What is done where the condition holds."""
        return self._nested("if", condition)

    @contextmanager
    def Else(self) -> Iterator[None]:
        """What is done where the condition of the If before does not hold."""
        before = self._open_blocks[-1][-1] if self._open_blocks[-1] else None
        if (
            not isinstance(before, _Nested)
            or not before.head.startswith("if ")
            or before.otherwise is not None
        ):
            raise ValueError("Builder: Else must follow an If")
        before.otherwise = []
        with self._opened(before.otherwise):
            yield

    def While(self, condition: Expression) -> AbstractContextManager[None]:
        """A loop, as long as the condition holds."""
        return self._nested("while", condition)

    def GatedWhile(self, condition: Expression) -> AbstractContextManager[None]:
        """A loop whose passes write by how likely they take place."""
        return self._nested("gated while", condition)

    @contextmanager
    def For(self, name: str, low: Operand, high: Operand) -> Iterator[Expression]:
        """A loop over the whole numbers low … high - 1, which are what `as` gives."""
        low_text, high_text = self._used(low).text, self._used(high).text
        loop = _Nested("")
        with self._opened(loop.body):
            number = self._declare(name, "loop")
            loop.head = f"for {number.text} in {low_text} .. {high_text}"
            yield Variable(number)
        self._add(loop)

    # === Functions and the result ===

    def __getattr__(self, name: str) -> Callable[..., Expression]:
        if name not in _FUNCTIONS:
            raise AttributeError(f"Builder has no method, and the language no function, {name!r}")
        return partial(self._call, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *_FUNCTIONS]

    def program(self, *outputs: Variable, **options: Any) -> Program:
        """The program with these outputs, variables or inputs; `options` as of `Program`."""
        from pliant.program import Program

        if len(self._open_blocks) > 1:
            raise ValueError(f"Builder: the program {self._name} is asked for inside of one of its blocks")
        if not self._inputs or not outputs:
            raise ValueError(f"Builder: the program {self._name} must have an input and an output")
        for output in outputs:
            if not isinstance(output, Variable):
                raise TypeError(
                    "Builder: an output must be a variable or an input, and no expression of them"
                )
        names = ", ".join(self._used(output).text for output in outputs)
        lines = _lines_of(self._statements)
        return Program("\n".join([f"program {self._name}({', '.join(self._inputs)}) {{", *lines,
                                  f"return {names}", "}"]), **options)  # fmt: skip

    # === Recording ===

    def _call(self, name: str, *arguments: Operand) -> Expression:
        least, most = _FUNCTIONS[name]
        if len(arguments) < least or 0 <= most < len(arguments):
            wanted = f"{least} or more" if most < 0 else str(least)
            raise TypeError(f"Builder: {name} takes {wanted} arguments, got {len(arguments)}")
        parts = [expression_of(argument) for argument in arguments]
        text = f"{name}({', '.join(part.text for part in parts)})"
        return Expression(text, ATOM, frozenset().union(*(part.names for part in parts)))

    def _find(self, name: str) -> Name | None:
        return next((known for known in self._names if known.text == name), None)

    def _declare(self, name: str, kind: str) -> Name:
        free, number = _checked(name), 2
        while self._find(free):
            free, number = f"{name}_{number}", number + 1
        self._names.append(Name(free, kind, self._write))
        return self._names[-1]

    def _used(self, value: Operand) -> Expression:
        """The expression, if all its names can be used here."""
        expression = expression_of(value)
        for name in expression.names:
            if name.write != self._write:
                raise ValueError(f"Builder: {name.text!r} belongs to another program than {self._name}")
            if not name.live:
                raise ValueError(f"Builder: {name.text!r} has ended with its block")
        return expression

    def _write(self, name: Name, place: Expression, value: Operand) -> None:
        if name.kind not in ("var", "int"):
            raise ValueError(f"Builder: {name.text!r} cannot be written to; copy it to a variable")
        self._add(f"{self._used(place).text} = {self._used(value).text}")

    def _add(self, statement: str | _Nested) -> None:
        self._open_blocks[-1].append(statement)

    @contextmanager
    def _nested(self, word: str, condition: Expression) -> Iterator[None]:
        statement = _Nested(f"{word} {self._used(condition).text}")
        with self._opened(statement.body):
            yield
        self._add(statement)

    @contextmanager
    def _opened(self, block: _Block) -> Iterator[None]:
        self._open_blocks.append(block)
        before = len(self._names)
        try:
            yield
        finally:
            self._open_blocks.pop()
            for name in self._names[before:]:
                name.live = False
            del self._names[before:]


def _checked(name: str) -> str:
    if not isinstance(name, str) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"Builder: {name!r} is no name; expected letters, digits and _, and no digit first")
    if name in RESERVED:
        raise ValueError(f"Builder: {name!r} is a word of the language, and no name")
    return name


def _lines_of(block: _Block) -> list[str]:
    lines: list[str] = []
    for statement in block:
        if isinstance(statement, str):
            lines.append(statement)
            continue
        lines += [statement.head + " {", *_lines_of(statement.body)]
        if statement.otherwise is not None:
            lines += ["} else {", *_lines_of(statement.otherwise)]
        lines.append("}")
    return lines
