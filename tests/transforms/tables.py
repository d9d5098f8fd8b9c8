# tests/transforms/tables.py — the support table as the docs show it, from support.json (no torch)
"""A block for docs/generate.py."""

from __future__ import annotations

import json
from pathlib import Path

ROWS = Path(__file__).with_name("support.json")
MARKS = {"yes": "✓", "none": "–"}


def _general(reason: str, names: set[str]) -> str:
    """The reason without the op that it begins with, so that many share a note."""
    first, _, rest = reason.partition(" ")
    op = first.removeprefix("pliant::").removesuffix(":").removesuffix("_backward")
    return f"… {rest}" if op in names or first.endswith(":") else reason


def support() -> str:
    """A row for each op, a column for each transform; numbers stand for what the error says."""
    rows = json.loads(ROWS.read_text())
    columns = list(next(iter(rows.values())))
    notes: list[str] = []
    lines = [f"| op | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = []
        for column in columns:
            found = row[column]
            if found not in MARKS:
                text = _general(found, set(rows))
                if text not in notes:
                    notes.append(text)
            cells.append(MARKS.get(found) or f"({notes.index(text) + 1})")
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    lines += ["", *(f"{i}. {note}" for i, note in enumerate(notes, 1))]
    return "\n".join(lines) + "\n"


TABLES = {"transforms_support": support}
