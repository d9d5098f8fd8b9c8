# tests/cli/test_train_edit_distance.py — pliant train edit-distance: letters are read, resuming, errors
import itertools
import json
import math

import numpy as np
import pytest

from tests.cli.program import (
    PROGRAM,
    checkpoint,
    kill_and_resume,
    losses,
    of_kind,
    pliant,
    refuses,
    same_run,
    small,
    train,
    whole_run_of,
)

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
LONG = ("--steps", 100, "--validate-every", 25)


def edit_distance(*arguments, **changes):
    """Runs `pliant train edit-distance` on few short words."""
    return train(*arguments, task="edit-distance", **changes)


@pytest.fixture(scope="module")
def whole_words(tmp_path_factory):
    """A run of LONG that nobody stopped."""
    run = tmp_path_factory.mktemp("edit-distance") / "whole"
    return whole_run_of(*LONG, out=run, task="edit-distance")


def test_siamese_baseline_learns_the_distance(tmp_path):
    run = tmp_path / "run"
    options = ("--method", "siamese", "--letters", "0,1", "--batch", 16, "--channels", "8,16")
    result = edit_distance(*options, "--steps", 300, "--validate-every", 100, "--out", run)
    assert result.returncode == 0, result.stderr
    (test,) = of_kind(run, "test")
    (first, *_, last) = losses(run)
    assert test["accuracy"] > 0.85 and test["distance_error"] < 0.7 and last < first / 4
    assert json.loads(pliant("eval", run, "--json").stdout) == test


def test_letters_of_fonts(tmp_path):
    run = tmp_path / "run"
    options = ("--data", "letters", "--letters", "0,25", "--steps", 2, "--validate-every", 1, "--out", run)
    result = edit_distance(*options)
    if "needs fonts that are not here" in result.stderr:
        assert result.returncode == 2 and "apt-get install fonts-" in result.stderr and not run.exists()
        pytest.skip(result.stderr)
    assert result.returncode == 0, result.stderr
    (tmp_path / "other").mkdir()
    beyond = ["--data", "letters", "--letters", "0,26"]
    refuses(beyond, "letters must be classes 0 … 25, got 26", tmp_path / "other", task="edit-distance")


@pytest.mark.parametrize("letters", ["0,1", "6,0,4"])
def test_letters_are_read(tmp_path, letters):
    run = tmp_path / "run"
    options = ("--letters", letters, "--batch", 16, "--channels", "8,16", "--evaluation", 100)
    result = edit_distance(*options, "--steps", 300, "--validate-every", 100, "--out", run)
    assert result.returncode == 0, result.stderr
    (test,) = of_kind(run, "test")
    assert test["accuracy"] > 0.85 and test["exact_distance"] > 0.6 and test["distance_error"] < 0.5
    assert ("top2" in test) == (letters != "0,1") and test.get("top2", 1) >= test["accuracy"]
    best = min(of_kind(run, "validation"), key=lambda line: line["distance_error"])
    assert test["step"] == best["step"]


def test_killed_run_goes_on_to_the_same_bits(whole_words, tmp_path):
    run = tmp_path / "run"
    kill_and_resume(*LONG, out=run, task="edit-distance", validations=2)
    assert same_run(run, whole_words)


@pytest.mark.parametrize(
    "options",
    [
        ["--length", "1", "--letters", "0,1"],
        ["--length", "6", "--beta", "4"],
        ["--letters", "9,8,7,6,5,4,3,2,1,0", "--channels", "4,8"],
    ],
    ids=" ".join,
)
def test_options_train(tmp_path, options):
    run = tmp_path / "run"
    result = edit_distance(*options, "--steps", 10, "--out", run)
    assert result.returncode == 0, result.stderr
    assert losses(run) and all(math.isfinite(loss) for loss in losses(run))


def test_snapshot_has_what_the_report_draws(whole_words):
    metadata, tensors = checkpoint(whole_words / "snapshots" / "step_00000025.safetensors")
    assert metadata["step"] == "25" and metadata["task"] == "edit-distance"
    sizes = {name: len(data) for name, data in tensors.items()}
    assert sizes == {
        **{"images": 4 * 2 * 3 * 64, "letters": 4 * 2 * 3 * 8, "likelihood": 4 * 2 * 3 * 3 * 4},
        **{"distances": 4 * 2 * 4, "confusion": 3 * 3 * 8},
    }
    confusion = np.frombuffer(tensors["confusion"], np.int64).reshape(3, 3)
    (validation, *_) = of_kind(whole_words, "validation")
    assert confusion.sum() == 20 * 2 * 3
    assert np.trace(confusion) / confusion.sum() == pytest.approx(validation["accuracy"])
    renamed = [np.trace(confusion[:, order]) for order in itertools.permutations(range(3))]
    assert np.trace(confusion) == max(renamed)


def test_training_ends_with_a_report_and_its_figures_are_those_of_eval(tmp_path):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 10, "--out", run], "edit-distance"))
    assert result.returncode == 0, result.stderr
    text = (run / "report.html").read_text()
    titles = ("Words as they are read", "Letter by letter", "Where the time goes")
    assert all(title in text for title in titles)
    assert json.loads(pliant("eval", run, "--json").stdout) == of_kind(run, "test")[0]


def test_without_mnist_the_letters_are_the_embedded_digits(tmp_path):
    run = tmp_path / "run"
    words = ["--steps", 1, "--evaluation", 4, "--out", run, "--quiet"]
    result = pliant("train", "edit-distance", *words, PLIANT_DATA=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert 'data="digits"' in (run / "config.toml").read_text()


def test_a_training_that_diverges_is_ended_at_its_step(tmp_path):
    run = tmp_path / "run"
    result = edit_distance("--learning-rate", "1e38", "--steps", 20, "--validate-every", 20, "--out", run)
    assert result.returncode == 1
    (end,) = of_kind(run, "end")
    assert end["reason"] == "not_finite"
    assert f"not_finite: step {end['step']}: " in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "emnist"], "unknown data set 'emnist'; there are: digits"),
        (["--letters", "3"], "letters must be 2 … 10 classes, got 1"),
        (["--letters", ",".join(map(str, range(11)))], "letters must be 2 … 10 classes, got 11"),
        (["--method", "gru"], "unknown method 'gru'; there are: relaxed, siamese"),
        (["--letters", "3,10"], "letters must be classes 0 … 9, got 10"),
        (["--letters", "3,5,3"], "letters must differ, got 3 twice"),
        (["--length", "0"], "length must be in 1 … 16, got 0"),
        (["--length", "17"], "length must be in 1 … 16, got 17"),
        (["--channels", "0"], "channels must be at least 1, got 0"),
        (["--hidden", "0"], "hidden must be at least 1, got 0"),
        (["--evaluation", "0"], "evaluation must be at least 1, got 0"),
        (["--beta", "inf"], "beta must be"),
        (["--groups", "3"], "--groups"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_makes_no_folder(tmp_path, options, message):
    refuses(options, message, tmp_path, task="edit-distance")
