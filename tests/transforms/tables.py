# tests/transforms/tables.py — the support table as the docs show it, from support.json (no torch)
"""A block for docs/generate.py."""

from __future__ import annotations

import json
from pathlib import Path

ROWS = Path(__file__).with_name("support.json")
MARKS = {"yes": "✓", "none": "–"}


def _general(reason: str, name: str) -> str:
    """The reason without the op that it names, so that many share a note."""
    for said in (f"pliant::{name}_backward", f"pliant::{name}"):
        reason = reason.replace(said, "the op")
    words = reason.split(" ")
    return " ".join(["…", *words[1:]]) if words[0].startswith("pliant::") else reason


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
                text = _general(found, name)
                if text not in notes:
                    notes.append(text)
            cells.append(MARKS.get(found) or f"({notes.index(text) + 1})")
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    lines += ["", *(f"{i}. {note}" for i, note in enumerate(notes, 1))]
    return "\n".join(lines) + "\n"


TABLES = {"transforms_support": support}
