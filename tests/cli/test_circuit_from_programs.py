# tests/cli/test_circuit_from_programs.py — pliant circuit sort, and compile of programs
import itertools
import json

import numpy as np
import pytest

from pliant.circuit import Circuit
from tests.cli.program import pliant as run_program


def made(*arguments):
    result = run_program("circuit", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def bits_of(sets, bits):
    return ((np.array(sets)[:, :, None] >> np.arange(bits)) & 1).reshape(len(sets), -1).astype(bool)


def numbers(rows, bits):
    return (rows.reshape(len(rows), -1, bits) << np.arange(bits)).sum(-1)


def test_a_network_from_the_command_line_sorts(tmp_path):
    text = made("sort", 4, "--bits", 3, "-o", tmp_path / "sort.plc")
    assert "5 comparators, " in text
    sets = list(itertools.product(range(8), repeat=4))
    sorted_sets = numbers(Circuit.load(tmp_path / "sort.plc").run(bits_of(sets, 3)), 3)
    assert (sorted_sets == np.sort(sets)).all()
    made(
        "sort", 4, "--bits", 3, "--largest", 2, "--network", "splitter_selection", "-o", tmp_path / "top.plc"
    )
    assert (
        numbers(Circuit.load(tmp_path / "top.plc").run(bits_of(sets, 3)), 3) == np.sort(sets)[:, 2:]
    ).all()


def test_a_compiled_program_is_proved_to_be_the_network(tmp_path):
    made("sort", 4, "--bits", 4, "--network", "bitonic", "-o", tmp_path / "sort.plc")
    arguments = (
        "bubble_sort",
        "--shape",
        "xs=4",
        "--bits",
        4,
        "--outputs",
        "ys",
        "-o",
        tmp_path / "bubble.plc",
    )
    figures = json.loads(made("compile", *arguments, "--json"))
    assert figures["outputs"] == [{"name": "ys", "shape": [4], "bits": 4, "signed": False, "fraction": 0}]
    assert "verdict: equal" in made("prove", tmp_path / "bubble.plc", tmp_path / "sort.plc")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("bubble_sort", "--shape", "xs=4"), "--bits: a program needs the bits of its numbers"),
        (("bubble_sort", "--shape", "ys=4", "--bits", 3), "the program has no input 'ys'; there are: xs"),
        (("bubble_sort", "--shape", "xs", "--bits", 3), "--shape: INPUT=… is needed, got 'xs'"),
        (("bubble_sort", "--shape", "xs=4", "--bits", 99), "xs: bits must be in 1 … 32, got 99"),
        (("silhouette", "--shape", "x=1x4,y=1x4,u=2,v=2", "--bits", 2), "division is not compiled"),
    ],
)
def test_what_cannot_be_compiled_is_refused(tmp_path, arguments, text):
    result = run_program("circuit", "compile", *arguments, "-o", tmp_path / "net.plc")
    assert result.returncode == 2 and text in result.stderr, result.stderr
