# tests/cli/test_train_logic.py — pliant train logic: options, learning, resuming, errors, the report
import json
import struct

import numpy as np
import pytest
from pliant.report.safetensors import read_safetensors

from tests.cli.program import (
    PROGRAM,
    checkpoint,
    choices,
    files,
    kill_and_resume,
    losses,
    of_kind,
    pliant,
    same_run,
    train,
)

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
LONG = ("--steps", 200, "--validate-every", 40)


def logic(*arguments, **changes):
    """Runs `pliant train logic` on a small network."""
    return train(*arguments, task="logic", **changes)


def int64s(data):
    return list(struct.unpack(f"<{len(data) // 8}q", data))


@pytest.fixture(scope="module", params=["soft", "gumbel", "learned", "priced"])
def whole_logic(request, tmp_path_factory):
    """A run of LONG that nobody stopped, and what more it was called with."""
    run = tmp_path_factory.mktemp("logic") / "whole"
    more = {"soft": [], "gumbel": ["--gumbel"], "learned": ["--candidates", "6,4"],
            "priced": ["--gate-price", "0.5", "--or-pool", "2", "--head", "4"]}[request.param]  # fmt: skip
    result = logic(*LONG, *more, "--out", run)
    assert result.returncode == 0, result.stderr
    return run, more


def test_digits_are_learned_by_boolean_gates(tmp_path):
    run = tmp_path / "run"
    size = ("--widths", "1000,1000", "--batch", 50, "--evaluation", 0)
    assert logic(*size, "--steps", 300, "--validate-every", 50, "--out", run).returncode == 0
    (test,) = of_kind(run, "test")
    assert set(test) == {"event", "step", "hard", "soft"}
    assert test["hard"] > 0.8 and abs(test["hard"] - test["soft"]) < 0.1


@pytest.mark.parametrize("parametrization", ["softmax", "light", "light_sine", "covjac", "walsh"])
def test_every_parametrization_trains(tmp_path, parametrization):
    assert parametrization in choices("logic", "parametrization")
    for init in ("residual", "gaussian"):
        options = ("--parametrization", parametrization, "--init", init)
        run = tmp_path / init
        assert logic(*options, "--steps", 20, "--out", run).returncode == 0
        assert len(losses(run)) > 1 and all(0 < loss < 100 for loss in losses(run))
    assert losses(tmp_path / "residual") != losses(tmp_path / "gaussian")


@pytest.mark.parametrize(
    "options",
    [
        ["--fan-in", "4", "--wiring", "random"],
        ["--wiring", "local,random", "--radius", "1"],
        ["--wiring", "butterfly", "--widths", "200,200"],
        ["--candidates", "5", "--wiring", "local,random"],
        ["--candidates", "0,7", "--wiring-temperature", "0.2"],
        ["--or-pool", "2", "--gate-price", "0.5", "--parametrization", "walsh"],
        ["--head", "7", "--gate-price", "0.5", "--gumbel"],
        ["--candidates", "4,0", "--gumbel", "--fan-in", "3", "--wiring", "random"],
        ["--thresholds", "0"],
        ["--thresholds", "2", "--threshold-method", "gaussian"],
        ["--hardening", "table", "--temperature", "0.5", "--grad-factor", "2"],
        ["--shift", "7", "--mirror"],
    ],
    ids=" ".join,
)
def test_option_trains(tmp_path, options):
    run = tmp_path / "run"
    result = logic(*options, "--steps", 10, "--out", run)
    if "gaussian" in options:  # pixels that are always black have no spread
        assert result.returncode == 2 and "threshold" in result.stderr
        return
    assert result.returncode == 0, result.stderr
    assert losses(run) and of_kind(run, "test")


def test_learned_wiring_is_saved_and_reported_as_it_is_in_the_end(tmp_path):
    run = tmp_path / "run"
    options = ("--candidates", "6,0", "--wiring-temperature", 0.1, "--widths", "120,100")
    assert logic(*options, "--steps", 40, "--validate-every", 20, "--out", run).returncode == 0
    _, tensors = checkpoint(run / "last.safetensors")
    find = lambda end: next(data for name, data in tensors.items() if name.endswith(end))  # noqa: E731
    logits = np.frombuffer(find("model/network.learned_wiring_0.logits"), "<f4").reshape(6, 240)
    candidates = np.frombuffer(find("network.learned_wiring_0.candidates"), "<i4").reshape(6, 240)
    assert not any("learned_wiring_1" in name for name in tensors)
    chosen = candidates[logits.argmax(0), np.arange(240)]
    assert (chosen != candidates[0]).any() and (logits != logits[0]).any()
    _, snapshot = checkpoint(run / "snapshots" / "step_00000040.safetensors")
    pixels = np.bincount(chosen % 64, minlength=64)  # 3 thresholds of 64 pixels
    assert int64s(snapshot["first_wiring"]) == pixels.tolist()


def test_every_wiring_and_recipe_is_listed():
    assert choices("logic", "wiring") == ["random", "unique", "butterfly", "local"]
    assert {"mnist-small", "mnist-large", "adult", "breast-cancer", "monk1", "digits"} <= set(
        choices("logic", "recipe")
    )


def test_recipe_fills_in_what_is_not_given(tmp_path):
    run = tmp_path / "run"
    options = ("--recipe", "monk1", "--data", "digits", "--widths", "120,100", "--steps", 5)
    assert logic(*options, "--out", run).returncode == 0
    config = (run / "config.toml").read_text()
    assert 'parametrization="softmax"' in config and "tau=1" in config and 'data="digits"' in config


@pytest.mark.parametrize("validations", [1, 3])
def test_killed_logic_run_goes_on_to_the_same_bits(whole_logic, tmp_path, validations):
    whole, more = whole_logic
    run = tmp_path / "run"
    kill_and_resume(*LONG, *more, out=run, task="logic", validations=validations)
    assert same_run(run, whole)


def test_threads_give_the_same_bits(tmp_path):
    for threads in (1, 2, 3):
        run = tmp_path / str(threads)
        assert logic("--steps", 30, "--batch", 70, "--threads", threads, "--out", run).returncode == 0
    assert losses(tmp_path / "1") == losses(tmp_path / "2") == losses(tmp_path / "3")


def test_eval_gives_the_figures_of_the_logic_run_s_own_test(whole_logic):
    run, _ = whole_logic
    before = files(run)
    (test,) = of_kind(run, "test")
    assert json.loads(pliant("eval", run, "--json").stdout) == test
    assert files(run) == before


def test_logic_snapshot_has_gates_and_wiring(whole_logic):
    run, more = whole_logic
    metadata, tensors = checkpoint(run / "snapshots" / "step_00000080.safetensors")
    assert metadata["task"] == "logic"
    counts = int64s(tensors["gate_counts"])
    assert [sum(counts[:16]), sum(counts[16:])] == [120, 100]
    reads = int64s(tensors["first_wiring"])
    assert len(reads) == 64 and sum(reads) == 240
    assert min(reads) >= 3 or "--candidates" in more  # fixed wiring reads each of the 192 bits at least once


def test_wiring_is_saved_with_the_model(whole_logic):
    run, _ = whole_logic
    _, tensors = checkpoint(run / "best.safetensors")
    wiring = next(data for name, data in tensors.items() if name.endswith("network.wiring"))
    assert len(wiring) == 2 * 220 * 4


def test_logic_report_shows_gates_and_gap(tmp_path):
    run = tmp_path / "run"
    budget = ("--steps", 60, "--validate-every", 20, "--threads", 1)
    result = pliant("train", "logic", "--widths", "120,100", *budget, "--out", run)
    assert result.returncode == 0, result.stderr
    page = (run / "report.html").read_text()
    for title in ("What hardening costs", "Which gates it learned", "What the first layer reads"):
        assert title in page
    assert "accuracy of the Boolean network" in page and "¬(a⊕b)" in page
    assert "The circuit it becomes" in page and '<th scope="row">as trained</th><td>220</td>' in page
    for label in range(10):
        assert f"what class {label} looks at" in page and f"mean picture of class {label}" in page


def test_snapshots_have_mean_pictures_of_classes(tmp_path):
    run = tmp_path / "run"
    assert logic("--steps", 5, "--validate-every", 5, "--out", run).returncode == 0
    (snapshot,) = (run / "snapshots").glob("*.safetensors")
    tensors, _ = read_safetensors(snapshot)
    means = tensors["class_means"]
    assert means.shape == (10, 1, 8, 8) and means.dtype == np.uint8
    # A zero is dark in its middle, where a one is bright.
    assert means[0, 0, 3:5, 3:5].mean() + 100 < means[1, 0, 3:5, 3:5].mean()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--recipe", "mnist-tiny"], "unknown recipe 'mnist-tiny'; there are: mnist-small, mnist-large, "),
        (["--data", "letters"], "unknown data set 'letters'; there are: digits, mnist, "),
        (["--data", "adult"], "the data set adult is not here. Put the files adult.data and adult.test"),
        (["--parametrization", "soft"], "unknown parametrization 'soft'; there are: softmax, light, "),
        (["--wiring", "unique,loop"], "unknown wiring 'loop'; there are: random, unique, butterfly, local"),
        (["--init", "zero"], "unknown init 'zero'; there are: residual, gaussian"),
        (["--hardening", "soft"], "unknown hardening 'soft'; there are: gate, table"),
        (["--threshold-method", "even"], "unknown threshold-method 'even'; there are: "),
        (["--thresholds", "-1"], "thresholds must be at least 0, got -1"),
        (["--widths", "120,105"], "the last layer must be a multiple of the 10 classes, got 105"),
        (["--widths", "0,100"], "widths must be at least 1, got 0"),
        (["--widths", "90,100"], "90 gates of 2 inputs cannot read all 192 features: take at least 96 gates"),
        (["--fan-in", "7"], "fan_in must be in 1 … 6, got 7"),
        (["--parametrization", "softmax", "--fan-in", "3"], "'softmax' has no gates of 3 inputs"),
        (["--wiring", "unique", "--fan-in", "3"], "wiring unique: gates have 2 inputs, got fan_in = 3"),
        (["--radius", "0"], "radius must be at least 1, got 0"),
        (["--candidates", "-1"], "candidates must be at least 0, got -1"),
        (["--widths", "100", "--candidates", "4,4"], "candidates: 2 entries for 1 layers"),
        (["--candidates", "193"], "192 features are fewer than 193 candidates"),
        (["--wiring-temperature", "1"], "wiring-temperature: wiring is fixed; give candidates"),
        (["--candidates", "4", "--wiring-temperature", "0"], "wiring-temperature must be > 0, got 0"),
        (["--gate-price", "-1"], "gate-price must be at least 0, got -1"),
        (["--gate-price", "nan"], "gate-price must be at least 0, got nan"),
        (["--or-pool", "7"], "or-pool must be in 1 … 6, got 7"),
        (["--or-pool", "3"], "or-pool must divide the last layer's 100 gates, got 3"),
        (["--or-pool", "4"], "the last layer must be a multiple of the 10 classes times or-pool, got 100"),
        (["--head", "0"], "head must be in 1 … 1048576, got 0"),
        (["--head-candidates", "4"], "head-candidates: each class sums its share of the gates; give head"),
        (["--head", "3", "--head-candidates", "0"], "head-candidates must be in 1 … 1048576, got 0"),
        (["--tau", "0"], "tau must be > 0, got 0"),
        (["--temperature", "-1"], "temperature must be > 0, got -1"),
        (["--grad-factor", "nan"], "grad-factor must be finite, got nan"),
        (["--evaluation", "-1"], "evaluation must be at least 0, got -1"),
        (["--shift", "-1"], "shift must be in 0 … 7 for images of 8 pixels, got -1"),
        (["--shift", "8"], "shift must be in 0 … 7 for images of 8 pixels, got 8"),
        (["--data", "glyphs", "--shift", "1"], "shift: training examples of 'glyphs' do not move"),
        (["--data", "glyphs", "--mirror"], "mirror: training examples of 'glyphs' do not move"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_logic_option_is_an_error_before_any_work(tmp_path, options, message):
    run = tmp_path / "run"
    result = logic(*options, "--steps", 5, "--out", run)
    assert result.returncode == 2, result.stderr
    assert message in result.stderr
    assert not run.exists()
