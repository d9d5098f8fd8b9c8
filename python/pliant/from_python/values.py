# python/pliant/from_python/values.py — what an expression is in a program, and the text that is written
"""Values, the names in scope, and the lines of the program."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

#: Words of the language that no name may be; compared with the language's own by a test.
RESERVED = frozenset(
    "program external var int if else while gated for in return and or not "
    "exp log sqrt abs sum product min max argmin argmax logsumexp dot same cosine truth where stack onehot "
    "places near precedes".split()
)

#: How strongly an expression binds.
OR, AND, NOT, COMPARISON, SUM, PRODUCT, SIGN, ATOM = range(8)


@dataclass(frozen=True)
class Value:
    """Text of an expression, and what it stands for."""

    text: str
    kind: str = "real"  # or "whole": the same for all samples; or "truth": a condition
    shape: tuple[str, ...] = ()  # the size of each dimension, as text
    binding: int = ATOM
    exact: bool = False  # of a truth: known before any sample is
    fill: bool = False  # a single number in every place of `shape`
    is_list: bool = False  # a list in Python, where + and * do not go over its places
    view_of: str | None = None  # the Python name of the array that this may be another name for

    def within(self, binding: int) -> str:
        """The text as an operand of what binds so strongly."""
        return self.text if self.binding >= binding else f"({self.text})"


@dataclass
class Variable:
    """A Python name that has a value here."""

    value: Value
    borrowed: bool = False  # an argument, which belongs to the caller
    differs: bool = False  # a whole number that a while loop left, which ends for each sample on its own
    soft_depth: int = 0  # how many conditions on real numbers stood around it when it was declared


def atom(value: Value, text: str) -> Value:
    """The value under the name that it was given."""
    return replace(value, text=text, binding=ATOM, fill=False, view_of=None, exact=False)


class Text:
    """The lines of a program, and the names that are taken where the next one goes."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        #: Of each line, and of the next: "file:line" of the Python statement that it comes from.
        self.origins: list[str] = []
        self.origin = ""
        self._taken: list[set[str]] = [set()]

    def write(self, line: str) -> None:
        """One more line."""
        self.lines.append("  " * len(self._taken) + line)
        self.origins.append(self.origin)

    def open(self, head: str, *names: str) -> None:
        """A block; `names`, which were taken for its head, are free again behind it."""
        self.write(head + " {")
        self._taken[-1] -= set(names)
        self._taken.append(set(names))

    def close(self) -> None:
        """The end of a block."""
        self._taken.pop()
        self.write("}")

    def take(self, name: str) -> str:
        """This name, or one like it that is free; it is free again at the end of the block."""
        stem = re.sub(r"[^A-Za-z0-9_]", "_", name)
        found, number = stem, 1
        while found in RESERVED or any(found in names for names in self._taken):
            found, number = f"{stem}_{number}", number + 1
        self._taken[-1].add(found)
        return found

    def mark(self) -> tuple[int, int]:
        """Where `go_back` returns to."""
        return len(self.lines), len(self._taken)

    def go_back(self, mark: tuple[int, int]) -> None:
        """Forgets what was written since."""
        del self.lines[mark[0] :], self.origins[mark[0] :], self._taken[mark[1] :]

    def take_back(self) -> None:
        """Forgets the last line."""
        del self.lines[-1], self.origins[-1]

    def has(self, size: str) -> bool:
        """Whether all names in the text of a size are names here."""
        names = re.findall(r"[A-Za-z_][A-Za-z0-9_]*", size)
        return all(any(name in taken for taken in self._taken) for name in names)
