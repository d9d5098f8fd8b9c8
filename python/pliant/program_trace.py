# python/pliant/program_trace.py — what a program writes, relaxed beside hard
"""`Program.trace`: every write of a run, with the relaxed and the hard value beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Write:
    """One write: a statement, or the end of an `if` or `while` that changed a variable.

    Attributes:
        line: of the program's text, from 1
        statement: that line
        name: what is written
        passes: of the loops around it, the outermost first: which pass, or the loop's number
        soft, hard: the value in each run, (batch, shape…), or a whole number without dimensions; None if
            that run was not here
    """

    line: int
    statement: str
    name: str
    passes: tuple[int, ...]
    soft: Tensor | None
    hard: Tensor | None


@dataclass(frozen=True)
class Trace:
    """The writes of a run, in their order; printed, those of the first sample.

    A sample that has left a loop, or never entered a branch, still has values there: what the state would be.

    >>> trace = pliant.program.Program('''
    ... program clip(x) {
    ...   var y = x
    ...   if x > 1 { y = 1 }
    ...   return y
    ... }''', beta=2.0).trace(torch.tensor([1.5, 0.5]))
    >>> trace.writes[-1].soft, trace.writes[-1].hard
    (tensor([1.1345, 0.6345]), tensor([1.0000, 0.5000]))
    >>> print(trace.table(sample=1))
    line  pass     soft    hard  statement
    2           y  0.5     0.5   var y = x
    4           y  1       1     y = 1
    3           y  0.6345  0.5   if 1 < x {
    """

    writes: tuple[Write, ...]

    def __str__(self) -> str:
        return self.table()

    def table(self, sample: int = 0) -> str:
        """A line a write: its line, passes, name, relaxed value, hard value, statement."""
        rows = [("line", "pass", "", "soft", "hard", "statement")]
        for write in self.writes:
            passes = ".".join(map(str, write.passes))
            rows.append(
                (str(write.line), passes, write.name, _shown(write.soft, sample), _shown(write.hard, sample),
                 write.statement)
            )  # fmt: skip
        widths = [max(len(row[k]) for row in rows) for k in range(5)]
        padded = [[part.ljust(width) for part, width in zip(row, widths, strict=False)] for row in rows]
        return "\n".join("  ".join([*left, row[5]]) for left, row in zip(padded, rows, strict=True))


def _shown(value: Tensor | None, sample: int) -> str:
    if value is None:
        return "–"
    if value.dim() == 0:
        return str(int(value))
    numbers = value[sample].detach().flatten().tolist()
    text = " ".join(f"{number:.4g}" for number in numbers[:8])
    return text + (" …" if len(numbers) > 8 else "")


def beside(text: str, soft: tuple[Sequence[str], Sequence[Tensor]],
           hard: tuple[Sequence[str], Sequence[Tensor]]) -> Trace:  # fmt: skip
    """Both runs' writes, each where the other has the same; of what only one has, where it comes."""
    lines = text.splitlines()
    hard_places, hard_values = hard
    waiting: dict[str, list[int]] = {}
    for k, place in enumerate(hard_places):
        waiting.setdefault(place, []).append(k)
    writes: list[Write] = []
    next_hard = 0

    def write(place: str, soft_value: Tensor | None, hard_value: Tensor | None) -> None:
        line, name, *passes = place.split()
        statement = lines[int(line) - 1].strip()
        writes.append(Write(int(line), statement, name, tuple(map(int, passes)), soft_value, hard_value))

    for place, value in zip(*soft, strict=True):
        same = waiting.get(place)
        if not same or same[0] < next_hard:
            write(place, value, None)
            continue
        until = same.pop(0)
        for k in range(next_hard, until):
            write(hard_places[k], None, hard_values[k])
        next_hard = until + 1
        write(place, value, hard_values[until])
    for k in range(next_hard, len(hard_places)):
        write(hard_places[k], None, hard_values[k])
    return Trace(tuple(writes))
