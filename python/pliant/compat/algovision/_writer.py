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
        """The text of each, after the lines that it needs: one for what is used more than once."""
        parts = list(parts)
        uses = Counter(id(part.source) for part in parts)
        found: dict[int, Source] = {}
        waiting = [part.source for part in parts]
        while waiting:
            source = waiting.pop()
            if id(source) not in found:
                found[id(source)] = source
                uses.update(id(operand.source) for operand in source.operands)
                waiting += [operand.source for operand in source.operands]
        for part in [*parts, *(x for source in found.values() for x in source.operands)]:
            part.source.wants_name |= not part.whole  # only what has a name is read at an index
        heights: dict[int, int] = {}
        for source in sorted(found.values(), key=lambda source: source.start):  # operands come first
            heights[id(source)] = self._settle(source, uses[id(source)], heights)
        return [self._value(part) for part in parts]

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

    def _settle(self, source: Source, uses: int, heights: dict[int, int]) -> int:
        """Gives a source a name if it needs one; how deep its text is."""
        if not source.operands or source.name is not None:
            return 0
        height = 1 + max(heights[id(operand.source)] for operand in source.operands)
        if source.assembled is None and uses == 1 and not source.wants_name and height < DEEPEST:
            return height
        first = self._value(source.operands[0]) if source.assembled is not None else self._expression(source)
        source.name = self._declare(first, source.shape)
        for index, part in source.assembled or ():
            self.assign(source.name, index, self._value(part))
        return 0

    def _value(self, part: Part) -> Value:
        source = part.source
        if source.name is not None:
            return Value(source.name + part.index)
        return literal(source.constant) if source.constant is not None else self._expression(source)

    def _expression(self, source: Source) -> Value:
        assert source.text is not None
        return source.text(*(self._value(operand) for operand in source.operands))

    def _declare(self, value: Value, shape: tuple[int, ...]) -> str:
        name = self.take("part")
        self.write(f"var {name}{shape_text(shape)} = {value.text}")
        return name


def shape_text(shape: Iterable[int]) -> str:
    """[2, 3], or nothing for a single number."""
    sizes = ", ".join(str(n) for n in shape)
    return f"[{sizes}]" if sizes else ""
