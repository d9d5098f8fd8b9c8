# tests/experiments/test_circuit_tables.py — tables and command lines of the experiments with circuits
import subprocess
import sys

import pytest

from experiments.circuit import place_route, price, published, tables
from experiments.rows import append_row
from tests.conftest import ROOT


def price_row(head, λ, seed, accuracy, luts, data="digits"):
    setting = {"data": data, "head": head, "price": λ}
    sizes = {"luts": luts, "luts_of_sums": 100, "summed_bits": 50}
    return {"setting": setting, "seed": seed, "test": {"hard": accuracy}, **sizes}


def test_prices_are_means_over_seeds_in_the_order_of_sets_heads_and_prices():
    rows = [
        price_row("500", 1, 0, 0.5, 10, data="mnist"),
        price_row("1,000", 0.3, 0, 0.8, 20),
        price_row("1,000", 0, 0, 0.9, 30),
        price_row("1,000", 0, 1, 0.7, 50),
    ]
    lines = tables.prices(rows).splitlines()[2:]
    assert [line.split(" | ")[0] for line in lines] == ["| digits, 1,000", "| digits, 1,000", "| mnist, 500"]
    mean = lines[0].split(" | ")
    assert mean[1] == "0" and mean[2].startswith("80.0 ± ") and mean[3:6] == ["40", "100", "140"]
    assert lines[1].split(" | ")[2] == "80.0" and lines[2].split(" | ")[1] == "1"


def test_every_row_of_the_plan_has_its_own_setting_and_names_what_is_summed():
    jobs = price.plan([])
    names = [job.name for job in jobs]
    assert len(set(names)) == len(names)
    by_head = {job.setting["head"]: job.options for job in jobs if job.setting["data"] == "digits"}
    assert by_head["2,000, OR of 4"]["or-pool"] == 4 and by_head["2,000, 20 learned a class"]["head"] == 20
    assert by_head["500"]["widths"] == "2000,1000,500" and by_head["500"]["tau"] == 2.5


def test_published_rows_say_what_they_count_and_ours_stand_behind_them():
    text = published.beside([price_row("8,000", 0, 0, 0.95, 900, data="mnist")], [])
    lines = text.splitlines()[2:]
    assert len(lines) == len(published.PUBLISHED) + 1
    assert "| 95.00 | 1,000 | LUTs of 4 inputs with sums" in lines[-1]
    assert all(size == "–" or counted != "–" for _, _, _, size, counted, _, _ in published.PUBLISHED)


def test_memory_is_shown_where_it_was_measured():
    row = {
        "setting": {"data": "adult", "model": "LightGBM", "size": 60},
        "validation": {"accuracy": 0.5}, "test": {"accuracy": 0.25},
        "examples_a_second": 1000.4, "p50_us": 1.25, "p99_us": 3.0, "bytes": 12345,
    }  # fmt: skip
    lines = tables.compared([row, {**row, "memory": 3 << 20}]).splitlines()
    assert lines[2].endswith("| 12,345 |  |") and lines[3].endswith("| 12,345 | 3.0 |")
    assert "| adult, LightGBM 60 | 50.00 | 25.00 | 1,000 |" in lines[2]


def test_listing_the_rows_to_be_placed_makes_none(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(place_route, "RESULTS", tmp_path / "place_route.json")
    monkeypatch.setattr(place_route, "trained", lambda *_: pytest.fail("something was trained"))
    append_row(place_route.RESULTS, {"net": "MONK-1", "pipeline": "combinational"})
    assert place_route.main(["--list", "--only", "MONK"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed == [f"MONK-1; {pipeline}" for pipeline in list(place_route.PIPELINES)[1:]]
    assert place_route.main(["--list", "--only", "no such net"]) == 0
    assert capsys.readouterr().out == "none is open\n"


@pytest.mark.parametrize("name", ["price", "place_route"])
def test_experiments_start_without_the_package_on_the_path(name):
    command = [sys.executable, "-m", f"experiments.circuit.{name}", "--list"]
    done = subprocess.run(command, cwd=ROOT, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
