# experiments/trust/tables.py — the tables of docs/trust.md, made from what was recorded
from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.rows import Row
from experiments.tables import NO_ROWS, markdown
from experiments.trust.record import recorded

CHECKERS = {
    "asan": "addresses and undefined behaviour",
    "tsan": "races of threads",
    "filled": "results that depend on what memory held",
    "valgrind": "memory, of the optimised build",
}


def count(value: object) -> str:
    """1234567 as 1,234,567."""
    return f"{value:,}"


def outcome(findings: object) -> str:
    """What a row's findings are in words."""
    return "nothing found" if findings == 0 else f"{findings} found"


def block(kind: str, head: Sequence[str], cells: Callable[[Row], list[str]]) -> Callable[[], str]:
    """A block of docs/generate.py: a line for each recorded row, and where they come from."""

    def make() -> str:
        kept = recorded(kind)
        if not kept["rows"]:
            return NO_ROWS
        origin = f"At `{kept['revision']}` on {kept['machine']}." if "revision" in kept else ""
        source = f"`experiments/trust/results/{kind}.json`"
        return f"{markdown(head, map(cells, kept['rows']))}\n{origin} {source}\n".replace("\n `", "\n`")

    return make


def _checked(row: Row) -> list[str]:
    # A program in C counts nothing.
    counted = [count(row[name]) if row["assertions"] else "—" for name in ("cases", "assertions")]
    numbers = [*counted, f"{row['seconds']} s"]
    return [f"{CHECKERS[str(row['checker'])]}: `{row['program']}`", *numbers, outcome(row["findings"])]


def _fuzz(row: Row) -> list[str]:
    numbers = [count(row["inputs"]), f"{row['seconds']} s", count(row["edges"])]
    return [f"`{row['reader']}`", *numbers, outcome(row["findings"])]


def _fault(row: Row) -> list[str]:
    if "runs" in row:
        happened = f"{row['runs']} runs came to their end with the same bits"
    else:
        unharmed = int(str(row["times"])) - int(str(row["errors"]))
        happened = f"{row['errors']} clear errors" + (f", {unharmed} had room enough" if unharmed else "")
    return [str(row["fault"]), count(row["times"]), happened]


def _soak(row: Row) -> list[str]:
    if row["part"] == "training":
        done = f"{count(row['steps'])} steps, twice; {count(row['kills'])} kills"
        right = "the same bits" if row["same_bits"] else "other bits"
    else:
        done = f"{count(row['requests'])} requests of {count(row['images'])} images, {row['loaded']} loads"
        right = f"{count(row['wrong'])} wrong labels"
    memory = f"{row['early_mb']} → {row['late_mb']} MB (largest {row['largest_mb']})"
    return [str(row["part"]), f"{row['minutes']} min", done, right, memory]


def _defect(row: Row) -> list[str]:
    return [str(row["what"]), str(row["found_by"]), f"`{row['test']}`"]


TABLES: dict[str, Callable[[], str]] = {
    "trust_checked": block("checked", ["looked for, in", "cases", "assertions", "took", "result"], _checked),
    "trust_fuzz": block("fuzz", ["reader", "inputs", "time", "edges covered", "result"], _fuzz),
    "trust_faults": block("faults", ["fault", "times", "what happened"], _fault),
    "trust_soak": block("soak", ["part", "ran", "did", "was right", "memory"], _soak),
    "trust_defects": block("defects", ["what was wrong", "found by", "test"], _defect),
}
