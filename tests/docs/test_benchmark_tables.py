# tests/docs/test_benchmark_tables.py — tables of benchmarks, from results made here
import json

import benchmarks.tables
from benchmarks.logic.tables import beside_peers
from benchmarks.sorting.tables import relaxations

MACHINE = {"revision": "abc", "cpu": "one", "threads": 1, "cores": 2, "torch": "2.13", "load": 0.5}
ROW = {
    "mode": "permutation",
    "method": "softsort",
    "n": 5,
    "batch": 256,
    "scratch_mb": 0.04,
    "ours_ms": 0.1234,
}
RATIO = {"peer_ms": 1.5, "ratio": 12.34, "ratio_low": 11.0, "ratio_high": 13.0, "ratio_best": 12.0}


def test_relaxations_without_results_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks.tables, "RESULTS", tmp_path)
    assert relaxations() == "*no results yet*\n"


def test_relaxations_have_ratio_and_memory_or_that_the_peer_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks.tables, "RESULTS", tmp_path)
    rows = [{**ROW, "peer": "difftopk", **RATIO}, {**ROW, "method": "sinkhorn", "peer": "pot"}]
    (tmp_path / "relaxations.json").write_text(json.dumps({"machine": MACHINE, "rows": rows}))
    lines = relaxations().splitlines()
    name = "softsort, n = 5, batch 256, beside difftopk"
    assert f"| {name} | 0.123 ms | 1.5 ms | 12.3 (11 … 13) | 12 | 0.0 |" in lines
    name = "sinkhorn, n = 5, batch 256, beside pot"
    assert f"| {name} | 0.123 ms | not installed | – | – | 0.0 |" in lines
    assert lines[-1].startswith("Revision abc, one, 1 thread on 2 cores")


def test_steps_of_logic_gates_have_ratio_and_memory_or_that_the_peer_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks.tables, "RESULTS", tmp_path)
    assert beside_peers() == "*no results yet*\n"
    row = {"name": "light", "peer": "difflogic", "version": "0.1.0", "ours_ms": 12.345, "scratch_mb": 3.25}
    rows = [{**row, **RATIO}, {**row, "peer": "torchlogix", "version": None}]
    (tmp_path / "logic.json").write_text(json.dumps({"machine": MACHINE, "rows": rows}))
    lines = beside_peers().splitlines()
    assert "| `light` | 12.3 ms | difflogic 0.1.0 | 1.5 ms | 12.3 (11 … 13) | 12 | 3.2 |" in lines
    assert "| `light` | 12.3 ms | torchlogix | not installed | – | – | 3.2 |" in lines
