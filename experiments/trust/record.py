# experiments/trust/record.py — what was tried, how often and what happened, kept as JSON: one file a kind
from __future__ import annotations

import json
import os
from pathlib import Path

from experiments.rows import Row
from experiments.runner import machine, revision

RESULTS = Path(__file__).resolve().parent / "results"


def record(kind: str, rows: list[Row]) -> Path:
    """Replaces results/<kind>.json by these rows, with where they come from."""
    path = RESULTS / f"{kind}.json"
    path.parent.mkdir(exist_ok=True)
    lines = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
    head = f'"revision": {json.dumps(revision())}, "machine": {json.dumps(machine())}'
    temporary = path.with_suffix(".tmp")
    temporary.write_text(f'{{{head}, "rows": [\n{lines}\n]}}\n', encoding="utf-8")
    os.replace(temporary, path)
    return path


def recorded(kind: str) -> dict:
    """What results/<kind>.json holds; no rows if it is not there."""
    path = RESULTS / f"{kind}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"rows": []}
