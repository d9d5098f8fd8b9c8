# experiments/rows.py — the rows of an experiment, kept as JSON: one row is one run
from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Row = dict[str, object]


def read_rows(path: Path) -> list[Row]:
    """The rows of the file; none if there is no file yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def append_row(path: Path, row: Row) -> None:
    """Adds a row at the end; the file is the old or the new one at any time, also under several writers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.parent):
        lines = [json.dumps(r, ensure_ascii=False, sort_keys=True) for r in [*read_rows(path), row]]
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("[\n" + ",\n".join(lines) + "\n]\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one writer of this folder at a time, in this process or another."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
