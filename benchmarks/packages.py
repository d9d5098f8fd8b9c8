# benchmarks/packages.py — README's table of published packages, a row each, from the results of all rooms
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import read_results


def packages() -> str:
    """What a user of each package changes, and what was measured then."""
    lines = ["| you use | change this line to | measured beside it |", "|---|---|---|"]
    for package, measured in MEASURED.items():
        lines.append(f"| {package} | `from pliant.compat import {package}` | {measured()} |")
    return "\n".join(lines) + "\n"


def _row(results: str, **values: object) -> dict:
    """The row with these values, which must be there."""
    return next(row for row in read_results(results)["rows"] if values.items() <= row.items())


def _times(row: dict, what: str) -> str:
    return f"{what}: {row['ratio']:.3g} times as fast (version {row['version']}, two threads)"


def _diffsort() -> str:
    row = _row("sorting", method="odd_even", mode="permutation", n=16)
    return _times(row, "`pliant.sort`, odd-even, n = 16, there and back")


def _difftopk() -> str:
    row = _row("topk", method="odd_even", m=16)
    return _times(row, "`pliant.topk_cross_entropy`, 1,000 classes, m = 16, there and back")


def _difflogic() -> str:
    layers, network = _row("logic", name="compat.difflogic"), _row("logic", name="softmax", peer="difflogic")
    return (
        _times(layers, "6 × 8,000 gates, a training step of these layers")
        + f"; of `pliant.nn.LogicNetwork` {network['ratio']:.3g} times"
    )


def _gendr() -> str:
    row = _row("render", size=64)
    milliseconds = row["forward_2"] + row["backward_2"]
    return (
        f"needs CUDA, so there is nothing beside it: {row['faces']:,} faces, {row['batch']} pictures of "
        f"{row['size']} × {row['size']} there and back in {milliseconds:.2g} ms, two threads"
    )


def _algovision() -> str:
    return _times(read_results("program_algovision")["rows"][0], "bubble sort, n = 15, there and back")


def _isaac() -> str:
    row = [row for row in read_results("isaac")["rows"] if row["width"] == 400][-1]
    ours, theirs = (100 * row[who]["overhead"] for who in ("ours", "peer"))
    return (
        f"what a step of a net of width 400 takes more, 60 rows: {ours:.0f} % instead of {theirs:.0f} % "
        f"(version {row['version']}, two threads)"
    )


MEASURED: dict[str, Callable[[], str]] = {
    "diffsort": _diffsort,
    "difftopk": _difftopk,
    "difflogic": _difflogic,
    "gendr": _gendr,
    "algovision": _algovision,
    "isaac": _isaac,
}
TABLES: dict[str, Callable[[], str]] = {"benchmarks_packages": packages}
