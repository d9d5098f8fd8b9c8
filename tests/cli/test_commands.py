# tests/cli/test_commands.py — pliant eval, info, demo and the help texts
import html
import json
import platform
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.program import PROGRAM, TIMES, events, files, pliant

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


def test_eval_gives_the_figures_of_the_run_s_own_test(whole_run):
    before = files(whole_run)
    (test,) = [event for event in events(whole_run, without=TIMES) if event["event"] == "test"]
    assert json.loads(pliant("eval", whole_run, "--json").stdout) == test
    assert f"exact {test['exact']:.4g}" in pliant("eval", whole_run).stdout
    assert files(whole_run) == before


def test_eval_of_the_validation_gives_the_best_line(whole_run):
    lines = [event for event in events(whole_run, without=TIMES) if event.get("best")]
    figures = json.loads(pliant("eval", whole_run, "--split", "validation", "--json").stdout)
    assert figures | {"best": True} == lines[-1]


def test_eval_takes_as_many_sets_as_it_is_told(whole_run):
    figures = json.loads(pliant("eval", whole_run, "--groups", 7, "--json").stdout)
    assert (figures["exact"] * 7) == pytest.approx(round(figures["exact"] * 7))
    assert pliant("eval", whole_run, "--groups", 0).returncode == 2


def test_info_as_json_has_what_the_build_has():
    result = pliant("info", "--json", PLIANT_SIMD="SCALAR")
    info = json.loads(result.stdout)
    assert info["version"].count(".") == 2
    assert info["simd"] == "SCALAR" and "SCALAR" in info["simd_targets"]
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file() and platform.machine() == "x86_64":
        assert info["bfloat16"] == ("avx512_bf16" in cpu.read_text().split())
    methods = {entry["name"]: entry for entry in info["methods"]}
    assert methods["bitonic"]["kind"] == "network" and methods["bitonic"]["doubly_stochastic"] is True
    assert methods["softsort"]["kind"] == "relaxation" and methods["softsort"]["monotone"] is False
    cauchy = next(entry for entry in info["distributions"] if entry["name"] == "cauchy")
    assert cauchy["monotonic_swap"] is True and cauchy["max_ulp_float"] > 0
    yager = next(entry for entry in info["t_norms"] if entry["name"] == "yager")
    assert yager["nilpotent"] is True and (yager["p_low"], yager["p_high"]) == (0, "inf")
    assert {"airplane", "cow", "table"} < set(info["objects"])
    assert {"bubble_sort", "shortest_path"} < set(info["programs"])
    sets = {entry["name"]: entry for entry in info["data_sets"]}
    assert sets["digits"] == {"name": "digits", "here": True, "missing": None}
    assert sets["mnist"]["here"] is False and "PLIANT_DATA" in sets["mnist"]["missing"]
    programs = {entry["name"]: entry["path"] for entry in info["circuit_programs"]}
    assert programs == {name: shutil.which(name) for name in ("berkeley-abc", "yosys", "iverilog")}
    variables = {entry["name"]: entry["value"] for entry in info["environment"]}
    assert variables["PLIANT_SIMD"] == "SCALAR" and variables["PLIANT_DATA"] is None


def test_info_as_text_has_a_line_for_every_distribution_t_norm_and_method():
    info = json.loads(pliant("info", "--json").stdout)
    names = [entry["name"] for entry in info["distributions"] + info["t_norms"] + info["methods"]]
    text = pliant("info").stdout
    assert all(f" {name} " in text for name in names)


def test_info_says_which_programs_of_proofs_are_there(tmp_path):
    program = tmp_path / "yosys"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "iverilog").mkdir()  # no program
    here = {"PATH": str(tmp_path), "PLIANT_SIMD": "SCALAR"}
    programs = json.loads(pliant("info", "--json", **here).stdout)["circuit_programs"]
    assert {entry["name"]: entry["path"] for entry in programs} == {
        "berkeley-abc": None,
        "yosys": str(program),
        "iverilog": None,
    }
    text = pliant("info", **here).stdout
    assert "circuits run by SCALAR" in text and re.search(r"berkeley-abc +not installed +\(proves", text)
    assert re.search(rf"yosys +{program} +\(proves", text)


def test_help_lists_what_there_is():
    info = json.loads(pliant("info", "--json").stdout)
    text = " ".join(pliant("train", "sorting", "--help").stdout.split())
    networks = [entry["name"] for entry in info["methods"] if entry["kind"] == "network"]
    assert ", ".join(networks) in text
    assert ", ".join(entry["name"] for entry in info["distributions"]) in text
    assert "adam, adamw, sgd" in text
    assert all(task in pliant("train", "--help").stdout for task in ("sorting", "topk", "logic", "shape"))
    assert all(command in pliant("--help").stdout for command in ("train", "eval", "demo", "render", "info"))
    assert pliant("--version").stdout.strip() == info["version"]


PARTS = ["networks", "sorting", "topk", "logic", "shape", "paths", "while", "isaac"]


def test_quick_demo_ends_with_a_page_of_all_systems(tmp_path):
    demo = tmp_path / "demo"
    for _ in range(2):  # A second one takes the place of the first.
        result = pliant("demo", "--quick", "--out", demo)
        assert result.returncode == 0, result.stderr
        assert "% in perfect order" in result.stdout
        assert "with Boolean gates: " in result.stdout
        assert "the silhouettes agree by " in result.stdout
        assert result.stdout.endswith(f"\nthe page of all of them: {demo}/report.html\n")
        for number, part in enumerate(PARTS, 1):
            assert f"{number}/8  " in result.stdout
            if part != "while":  # it trains nothing
                assert f"\nreport: {demo}/{part}/report.html\n" in result.stdout
                assert (demo / part / "report.html").stat().st_size > 10_000
        assert (demo / "shape" / "results" / "shape.obj").exists()
        page = (demo / "report.html").read_text()
        assert page.count("<figure>") == page.count("<section>") == len(PARTS)
        for entry in json.loads((demo / "demo.json").read_text()):
            assert all(entry[key] for key in ("figure", "paper", "command"))
            assert html.escape(entry["figure"]) in page


def test_a_demo_of_some_parts(tmp_path):
    demo = tmp_path / "demo"
    result = pliant("demo", "--quick", "--out", demo, "--only", "while,topk")
    assert result.returncode == 0, result.stderr
    assert [entry["name"] for entry in json.loads((demo / "demo.json").read_text())] == ["topk", "while"]
    assert "counts 3 · 4 gives 12" in result.stdout
    (demo / "topk" / "thesis.txt").write_text("years of work")
    result = pliant("demo", "--quick", "--out", demo, "--only", "topk")
    assert result.returncode == 0, result.stderr
    assert (demo / "topk" / "thesis.txt").read_text() == "years of work"
    result = pliant("demo", "--only", "tpk", "--out", tmp_path / "other")
    assert result.returncode == 2
    assert f"only: unknown part 'tpk'; there are: {', '.join(PARTS)}" in result.stderr
    assert not (tmp_path / "other").exists()


def test_demo_without_a_python_says_how_to_make_the_report(tmp_path):
    result = pliant(
        "demo", "--quick", "--only", "topk", "--out", tmp_path / "demo", PLIANT_PYTHON="/nowhere/python"
    )
    assert result.returncode == 1
    assert "PYTHONPATH=" in result.stderr
    assert f"/nowhere/python -m pliant.report {tmp_path}/demo/topk" in result.stderr


def test_demo_writes_over_nothing_but_a_demo(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    result = pliant("demo", "--quick", "--out", tmp_path)
    assert result.returncode == 2
    assert "is no earlier demo's" in result.stderr
    assert files(tmp_path) == {"thesis.txt": b"years of work"}
