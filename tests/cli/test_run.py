# tests/cli/test_run.py — pliant run: programs on numbers, hard and relaxed, errors
import json

import pytest
import torch

import pliant as package
from tests.cli.program import PROGRAM, ROOT, pliant

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
MULTIPLY = ROOT / "examples/programs/multiply.while"
SWAP = """
program swap(x, y) {
  var out[2] = x
  out[1] = y
  if y < x { out = stack(y, x) }
  return out, y
}"""


def lines(*arguments):
    """What a run prints, by name."""
    result = pliant("run", *arguments)
    assert result.returncode == 0, result.stderr
    return dict(line.split(" = ") for line in result.stdout.splitlines())


def test_hard_multiplication():
    assert lines(MULTIPLY, "x1=3", "x2=4") == {"x0": "12", "x1": "0", "x2": "4", "x3": "0"}
    assert lines(MULTIPLY)["x0"] == "0"


@pytest.mark.parametrize("policy", ["gated", "mixture"])
def test_smooth_multiplication_is_that_of_the_library(policy):
    form = {"policy": policy, "condition": "nonzero", "subtraction": "truncated"}
    options = [word for name, value in form.items() for word in (f"--{name}", value)]
    found = lines(MULTIPLY, "x1=2.5", "x2=3", "--sharpness", 6, "--grad", *options)
    product = package.program.parse_while(
        MULTIPLY.read_text(), **form, inputs=["x1", "x2"], outputs=["x0"], beta=6.0
    )
    x1, x2 = (torch.tensor([v], dtype=torch.float64, requires_grad=True) for v in (2.5, 3.0))
    out = product(x1, x2)
    out.backward()
    assert float(found["x0"]) == pytest.approx(out.item(), rel=1e-9)
    assert float(found["dx0/dx1"]) == pytest.approx(x1.grad.item(), rel=1e-9)
    assert float(found["dx0/dx2"]) == pytest.approx(x2.grad.item(), rel=1e-9)
    assert "dx0/dx0" not in found and "dx0/dx3" not in found  # not given


def test_json():
    result = pliant("run", MULTIPLY, "x1=2", "x2=2", "--sharpness", 30, "--grad", "--json")
    found = json.loads(result.stdout)
    assert found["x0"] == pytest.approx(4, abs=1e-3)
    assert set(found["gradient"]) == {"x0", "x1", "x2", "x3"}
    assert set(found["gradient"]["x0"]) == {"x1", "x2"}


def test_text_is_a_program(tmp_path):
    text = pliant("run", MULTIPLY, "--text", "--policy", "mixture").stdout
    assert text == package.program.parse_while(MULTIPLY.read_text(), policy="mixture").text
    (tmp_path / "again.program").write_text(text)
    refused = pliant("run", tmp_path / "again.program", "--policy", "gated")
    assert refused.returncode == 2 and "--policy, --condition and --subtraction are of" in refused.stderr
    starts = {f"start_x{i}": n for i, n in enumerate((9, 3, 4, 9))}
    found = lines(tmp_path / "again.program", *(f"{name}={n}" for name, n in starts.items()))
    assert found["x0"] == "12"


def test_programs_of_the_other_language(tmp_path):
    path = tmp_path / "swap.program"
    path.write_text(SWAP)
    assert lines(path, "x=2", "y=-1") == {"out": "[-1, 2]", "y": "-1"}
    soft = lines(path, "x=2", "y=1", "--sharpness", 1, "--distribution", "cauchy", "--grad")
    assert soft["out"].startswith("[1.25, 1.75")
    assert soft["dy/dy"] == "1" and "dout/dx" not in soft


def test_a_softness_is_the_sharpness_that_python_makes_of_it():
    options = ("x1=2.5", "x2=3", "--distribution", "cauchy")
    sharpness = package.softness.beta(0.3, distribution="cauchy")
    assert lines(MULTIPLY, *options, "--softness", 0.3) == lines(MULTIPLY, *options, "--sharpness", sharpness)


def test_truncated_loops(tmp_path):
    path = tmp_path / "endless.while"
    path.write_text("x1 := 1;\nWHILE x1 != 0 DO x0 := x0 + 1 END")
    assert lines(path, "--max-passes", 7, "--truncate")["x0"] == "7"
    result = pliant("run", path, "--max-passes", 7)
    assert result.returncode == 2
    assert "line 2, column 1: the loop goes on after 7 passes (max_passes)" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "file is required"),
        (["none.while"], "none.while"),
        ([ROOT / "README.md"], "run: FILE must end in .while or .program, got '"),
        ([MULTIPLY, "x9=1"], "run: the program has no input 'x9'; there are: x0, x1, x2, x3"),
        ([MULTIPLY, "x1"], "run: expected NAME=NUMBER, got 'x1'"),
        ([MULTIPLY, "x1=two"], "run: expected NAME=NUMBER, got 'x1=two'"),
        ([MULTIPLY, "x1=nan"], "run: expected NAME=NUMBER, got 'x1=nan'"),
        ([MULTIPLY, "x1="], "run: expected NAME=NUMBER, got 'x1='"),
        ([MULTIPLY, "x1=1", "x1=2"], "run: x1 is given twice"),
        (
            [MULTIPLY, "x1=2.5"],
            "run: x1 must be a natural number, got 2.5; with --sharpness or --softness it",
        ),
        ([MULTIPLY, "x1=-1"], "run: x1 must be a natural number, got -1"),
        ([MULTIPLY, "--grad"], "run: --grad needs --sharpness or --softness"),
        ([MULTIPLY, "--softness", "0"], "margin must be > 0 and finite, got 0"),
        ([MULTIPLY, "--softness", "1", "--sharpness", "1"], "run: softness stands for sharpness: give one"),
        ([MULTIPLY, "--sharpness", "0"], "run: sharpness must be > 0 and finite, got 0"),
        ([MULTIPLY, "--sharpness", "nan"], "run: sharpness must be > 0 and finite, got nan"),
        ([MULTIPLY, "--policy", "gate"], "unknown policy 'gate'; there are: gated, mixture"),
        ([MULTIPLY, "--condition", "x"], "unknown condition 'x'; there are: positive, nonzero"),
        ([MULTIPLY, "--subtraction", "x"], "unknown subtraction 'x'; there are: truncated, plain"),
        ([MULTIPLY, "--distribution", "x"], "unknown distribution 'x'; there are: "),
        ([MULTIPLY, "--epsilon", "1"], "run: epsilon must be in [0, 1), got 1"),
        ([MULTIPLY, "--max-passes", "-1"], "run: max-passes must be in 0 … 2^30, got -1"),
        ([MULTIPLY, "--steepness", "2"], "--steepness"),
    ],
    ids=lambda value: " ".join(str(word).split("/")[-1] for word in value) if isinstance(value, list) else "",
)
def test_mistakes_are_named(arguments, message):
    result = pliant("run", *arguments)
    assert result.returncode == 2, result.stderr
    assert message in result.stderr + result.stdout


@pytest.mark.parametrize(
    ("name", "text", "arguments", "message"),
    [
        (
            "a.while",
            "x0 := 1;\n WHILE x0 DO",
            [],
            "a.while: while: line 2, column 11: expected '!='",
        ),
        ("a.program", "program p(x) { return y }", ["x=1"], "a.program: program: line 1, column 23: 'y' is"),
        ("a.program", "program p(x[n]) { return x }", [], "it takes arrays, and run gives it single numbers"),
        ("a.program", "program p(x) { return x }", [], "run: the input x is not given; expected x=NUMBER"),
        ("a.program", "program p(x) { var y = log(x); return y }", ["x=-1"], "the output y is NaN"),
    ],
)
def test_mistakes_in_programs_are_named(tmp_path, name, text, arguments, message):
    (tmp_path / name).write_text(text)
    result = pliant("run", tmp_path / name, *arguments)
    assert result.returncode == 2, result.stderr
    assert message in result.stderr
