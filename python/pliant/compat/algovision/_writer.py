# python/pliant/compat/algovision/_writer.py — from what was computed to lines of the program
"""The text of a program, a statement a line, each with the place in the script that it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pliant.compat.algovision._arrays import Part, Source
from pliant.compat.algovision._errors import NotTraceable
from pliant.compat.algovision._operations import literal
from pliant.from_python.values import Text, Value

#: Expressions nest no deeper than this; the language allows more, but counts parentheses.
DEEPEST = 12
#: Lines of a program whose loops are written pass by pass.
MOST_LINES = 100_000


class Writer(Text):
    """Lines, with names for what is used more than once."""

    def __init__(self) -> None:
        super().__init__()
        self._uses: Counter[int] = Counter()
        self._known: set[int] = set()

    def write(self, line: str) -> None:
        """One more line."""
        if len(self.lines) >= MOST_LINES:
            raise NotTraceable(f"the program has more than {MOST_LINES} lines")
        super().write(line)

    def take_outermost(self, name: str) -> str:
        """A name that is free everywhere, for an input."""
        found = self.take(name)
        self._taken[-1].discard(found)
        self._taken[0].add(found)
        return found

    def values(self, parts: Iterable[Part]) -> list[Value]:
        """The text of each, after the lines that it needs."""
        parts = list(parts)
        self._uses, self._known = Counter(), set()
        for part in parts:
            self._count(part)
        return [self._value(part, 0) for part in parts]

    def value(self, part: Part) -> Value:
        """The text of one."""
        return self.values([part])[0]

    def names_read(self, part: Part) -> set[str]:
        """The variables of the program that the text of a part has in it."""
        if part.source.name is not None:
            return {part.source.name}
        return set().union(*(self.names_read(operand) for operand in part.source.operands))

    def otherwise(self) -> None:
        """The end of a block and the begin of its else."""
        self.close()
        self.take_back()
        self.open("} else")

    def own(self, value: Value, shape: tuple[int, ...]) -> Value:
        """The value under a name of its own."""
        return Value(self._declare(value, shape))

    def assign(self, target: str, index: str, value: Value) -> None:
        """target[index] = value."""
        self.write(f"{target}{index} = {value.text}")

    # === Sources ===

    def _count(self, part: Part) -> None:
        source = part.source
        self._uses[id(source)] += 1 if part.whole else 2  # only what has a name is read at an index
        if id(source) not in self._known:
            self._known.add(id(source))
            for operand in source.operands:
                self._count(operand)

    def _value(self, part: Part, depth: int) -> Value:
        source = part.source
        if source.constant is not None:
            return literal(source.constant)
        if source.name is None and not source.operands and source.text is not None:
            return source.text()
        once = self._uses[id(source)] == 1 and not source.wants_name and source.assembled is None
        if source.name is None and once and depth < DEEPEST:
            return self._expression(source, depth + 1)
        if source.name is None:
            source.name = self._written(source)
        return Value(source.name + part.index)

    def _expression(self, source: Source, depth: int) -> Value:
        assert source.text is not None
        return source.text(*(self._value(operand, depth) for operand in source.operands))

    def _written(self, source: Source) -> str:
        if source.assembled is None:
            return self._declare(self._expression(source, 0), source.shape)
        placed = [(index, self._value(part, 0)) for index, part in source.assembled]
        name = self._declare(self._value(source.operands[0], 0), source.shape)
        for index, value in placed:
            self.assign(name, index, value)
        return name

    def _declare(self, value: Value, shape: tuple[int, ...]) -> str:
        name = self.take("part")
        self.write(f"var {name}{shape_text(shape)} = {value.text}")
        return name


def shape_text(shape: Iterable[int]) -> str:
    """[2, 3], or nothing for a single number."""
    sizes = ", ".join(str(n) for n in shape)
    return f"[{sizes}]" if sizes else ""
