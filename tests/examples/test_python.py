# tests/examples/test_python.py — every Python example runs as it stands, as a user would run it
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples/python").glob("*.py"))


def run(example: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "python")}
    result = subprocess.run([sys.executable, example], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_example_is_short(example):
    assert len(example.read_text().splitlines()) <= 40


def test_first_learns_to_sort():
    share = re.search(r"perfect order: ([\d.]+)%", run(ROOT / "examples/python/first.py"))
    assert share is not None
    assert float(share[1]) > 90
