# tests/experiments/test_trust_tables.py — the tables of docs/trust.md, and what they rest on
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from experiments.trust import record, soak, tables
from experiments.trust.memory import Memory

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "RESULTS", tmp_path)
    return tmp_path


def test_every_defect_has_a_test_that_is_there():
    defects = json.loads((ROOT / "experiments/trust/results/defects.json").read_text())["rows"]
    assert defects
    for defect in defects:
        assert (ROOT / defect["test"]).is_file(), defect


def test_what_is_recorded_is_shown_with_where_it_comes_from(results):
    row = {"reader": "idx", "seconds": 60, "inputs": 1234567, "edges": 218, "findings": 0}
    record.record("fuzz", [row])
    kept = record.recorded("fuzz")
    text = tables.TABLES["trust_fuzz"]()
    assert "| `idx` | 1,234,567 | 60 s | 218 | nothing found |" in text
    assert f"At `{kept['revision']}` on {kept['machine']}." in text
    record.record("fuzz", [row | {"findings": 2}])
    assert "| 2 found |" in tables.TABLES["trust_fuzz"]()


def test_nothing_recorded_is_no_table(results):
    assert tables.TABLES["trust_soak"]() == "*no rows yet*\n"


def test_rows_of_faults_and_soak_are_told_in_words(results):
    record.record(
        "faults", [{"fault": "kill", "times": 7, "runs": 3}, {"fault": "disk", "times": 5, "errors": 4}]
    )
    text = tables.TABLES["trust_faults"]()
    assert "| kill | 7 | 3 runs came to their end with the same bits |" in text
    assert "| disk | 5 | 4 clear errors, 1 had room enough |" in text
    memory = {"early_mb": 100.0, "late_mb": 101.5, "largest_mb": 103.0, "flat": True}
    training = {"part": "training", "minutes": 5.0, "steps": 900, "kills": 12, "same_bits": True, **memory}
    record.record("soak", [training])
    assert "| 900 steps, twice; 12 kills | the same bits | 100.0 → 101.5 MB" in tables.TABLES["trust_soak"]()
    assert soak.passed(training)
    assert not soak.passed(training | {"same_bits": False})
    assert not soak.passed(training | {"flat": False})
    assert not soak.passed({"part": "serving", "wrong": 1, **memory})


def grown(program):
    """Whether the memory of a Python program counts as flat."""
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    memory = Memory(process.pid, every=0.01)
    time.sleep(1.5)
    process.kill()
    process.wait()
    return memory.stop()


def test_memory_of_a_process_that_grows_is_not_flat():
    row = grown("import time\nkept = []\nwhile True: kept.append(b'x' * 1_000_000); time.sleep(0.01)")
    assert row["late_mb"] > row["early_mb"] + 16 and not row["flat"]
    assert row["largest_mb"] >= row["late_mb"]


def test_memory_of_a_process_that_waits_is_flat():
    assert grown("import time; time.sleep(60)")["flat"]


def test_memory_of_a_process_that_has_ended_is_what_was_seen():
    memory = Memory(os.getpid(), every=0.01)
    time.sleep(0.1)
    assert memory.stop()["largest_mb"] > 1
