# tests/examples/test_python.py — every Python example runs as it stands, as a user would run it
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples/python").glob("*.py"))


def run(example: Path, folder: Path | None = None) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "python")}
    command = [sys.executable, example]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_example_is_short(example):
    assert len(example.read_text().splitlines()) <= 40


def test_six_lines_say_what_mends_an_order():
    lines = run(ROOT / "examples/python/six_lines.py").splitlines()
    assert [line.split(" [")[0] for line in lines] == ["relaxed order", "the gradient of its error"]


def test_first_learns_to_sort():
    share = re.search(r"perfect order: ([\d.]+)%", run(ROOT / "examples/python/first.py"))
    assert share is not None
    assert float(share[1]) > 90


def test_circuit_says_which_pixel_is_brighter(tmp_path):
    lines = run(ROOT / "examples/python/circuit.py", tmp_path).splitlines()
    assert lines[0] == "Circuit(features=2, inputs=6, nodes=6, depth=1, classes=2)"
    assert [line.split()[-1] for line in lines[1:4]] == ["left", "left", "right"]
    assert lines[4] == "6 nodes; and as C"
    assert (tmp_path / "brighter.plc").is_file()


def test_shape_is_found_from_silhouettes(tmp_path):
    shares = re.findall(r"overlap by ([\d.]+)%", run(ROOT / "examples/python/shape.py", tmp_path))
    assert len(shares) == 5 and float(shares[-1]) > 95 > float(shares[0])
    assert (tmp_path / "box.obj").is_file()


def test_digits_are_read_from_products_alone():
    shares = re.findall(r"digits read: ([\d.]+)%", run(ROOT / "examples/python/algonet_forward.py"))
    assert len(shares) == 5 and float(shares[0]) < 40 and float(shares[-1]) > 80


def test_radii_are_found_without_labels():
    errors = re.findall(r"off by ([\d.]+)", run(ROOT / "examples/python/algonet_backward.py"))
    assert len(errors) == 5 and float(errors[0]) > 0.1 and float(errors[-1]) < 0.04


def test_radii_are_found_in_photographs_without_labels_and_pairs():
    errors = re.findall(r"off by ([\d.]+)", run(ROOT / "examples/python/algonet_adversarial.py"))
    assert len(errors) == 5 and float(errors[0]) > 0.1 and float(errors[-1]) < 0.04


def test_isaac_beats_plain_gradients():
    text = run(ROOT / "examples/python/isaac.py")
    plain, conditioned = (float(share) for share in re.findall(r": ([\d.]+)%", text))
    assert conditioned > plain
    assert "100 conditioned" in text


def test_costs_are_learned_from_paths():
    lines = run(ROOT / "examples/python/costs_from_paths.py").splitlines()
    assert [line.split(" [")[0].strip() for line in lines] == [
        "through the relaxed program",
        "around the exact solver",
    ]
    for line in lines:
        first, second, third = json.loads(line[line.index("[") :])
        assert first == 1 and 2 < second < 4 and 6 < third < 12  # 1, 3, 9


def test_gates_learn_through_a_program():
    text = run(ROOT / "examples/python/gates_in_a_program.py")
    assert float(re.search(r"hard: ([\d.]+) of the places", text)[1]) > 0.95, text
