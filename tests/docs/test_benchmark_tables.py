# tests/docs/test_benchmark_tables.py — tables of benchmarks, from results made here
import json

import benchmarks.tables
from benchmarks.logic.tables import beside_peers
from benchmarks.program.tables import beside_algovision
from benchmarks.render import tables as render
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


def test_tables_of_rendering_have_times_ratios_and_why_a_peer_does_not_start(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks.tables, "RESULTS", tmp_path)
    assert {table() for table in render.TABLES.values()} == {"*no results yet*\n"}
    times = {"forward_1": 1.0, "backward_1": 2.0, "forward_2": 0.5, "backward_2": 1.0}
    loop = {"brute_forward": 1000.0, "brute_backward": 2000.0, "pairs": 400_000}
    deodr = {"mesh": "cow", "size": 64, "setting": "uniform", "ours_ms": 0.5, "reached": 1.0}
    results = {
        "machine": MACHINE,
        "rows": [{"faces": 1280, "size": 64, "batch": 4, **times, **loop}],
        "deodr": [{**deodr, **RATIO, "peer_reached": 0.08}, deodr],
        "mitsuba": [{"mesh": "cow", "size": 64, "error": "no LLVM"}],
        "cost": [{"axis": "tau", "value": 1e-4, **times}],
    }
    (tmp_path / "render.json").write_text(json.dumps(results))
    line = "| 1,280 faces, 64², batch 4 | 1 + 2 ms | 0.5 + 1 ms | 3 s | 2,000 | 400,000 | 400 M, 200 M |"
    assert line in render.kernels().splitlines()
    lines = render.beside_deodr().splitlines()
    assert "| `cow`, 64², uniform | 0.5 ms | 1.5 ms | 12.3 (11 … 13) | 12 | 100 % | 8 % |" in lines
    assert "| `cow`, 64², uniform | 0.5 ms | not installed | – | – | 100 % | – |" in lines
    assert "| `cow`, 64² | does not start: no LLVM | – |" in render.mitsuba().splitlines()
    assert "| τ: 0.0001 | 1 ms | 2 ms |" in render.cost().splitlines()
    row = {"target": "cow", "renderer": "DEODR", "iou": [0.5, 0.75], "steps": 100, "rate": 0.0316}
    shapes = {"machine": MACHINE, "marks": [0.5, 1.0], "rows": [row]}
    (tmp_path / "render_shape.json").write_text(json.dumps(shapes))
    assert "| `cow`, DEODR | 0.500 | 0.750 | 100 | 0.032 |" in render.shapes().splitlines()


def test_programs_have_ratio_or_that_the_peer_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks.tables, "RESULTS", tmp_path)
    assert beside_algovision() == "*no results yet*\n"
    memory = {"ours_mb": 1.25, "peer_mb": 46.0}
    rows = [
        {"name": "a", "ours_ms": 0.25, **RATIO, **memory},
        {"name": "b", "ours_ms": 0.5, "missing": "it is"},
    ]
    (tmp_path / "program.json").write_text(json.dumps({"machine": MACHINE, "rows": rows}))
    lines = beside_algovision().splitlines()
    assert "| a | 0.25 ms | 1.5 ms | 12.3 (11 … 13) | 12 | 1.2 MB | 46 MB |" in lines
    assert "| b | 0.5 ms | not installed | – | – | not measured | not measured |" in lines
