# tests/cli/test_train_program_sort.py — pliant train program-sort: learning, resuming, errors
import json
import math

import pytest

from tests.cli.program import (
    PROGRAM,
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
LONG = ("--steps", 200, "--validate-every", 50)


def program_sort(*arguments, **changes):
    """Runs `pliant train program-sort` on a small network."""
    return train(*arguments, task="program-sort", **changes)


@pytest.fixture(scope="module")
def whole_sort(tmp_path_factory):
    """A run of LONG that nobody stopped."""
    run = tmp_path_factory.mktemp("program-sort") / "whole"
    return whole_run_of(*LONG, out=run, task="program-sort")


@pytest.mark.parametrize("supervision", ["swaps", "any"])
def test_numbers_are_read(tmp_path, supervision):
    """One digit each, so that seconds are enough."""
    run = tmp_path / "run"
    options = ("--supervision", supervision, "--digits", 1, "--n", 3, "--channels", "8,16", "--batch", 20)
    result = program_sort(*options, "--steps", 250, "--validate-every", 125, "--groups", 200, "--out", run)
    assert result.returncode == 0, result.stderr
    (test,) = of_kind(run, "test")
    assert test["exact_tied"] > 0.6  # by chance 1/6 and ties
    assert set(test) - {"event", "step", "score_spread"} == {
        f"{figure}{tied}" for figure in ("exact", "elementwise", "exact_five") for tied in ("", "_tied")
    }


def test_killed_run_goes_on_to_the_same_bits(whole_sort, tmp_path):
    run = tmp_path / "run"
    kill_and_resume(*LONG, out=run, task="program-sort", validations=2)
    assert same_run(run, whole_sort)


@pytest.mark.parametrize(
    "options",
    [
        ["--distribution", "cauchy", "--beta", "20", "--n", "7"],
        ["--supervision", "any", "--bfloat16"],
        ["--half-resolution", "--n", "2"],
    ],
    ids=" ".join,
)
def test_options_train(tmp_path, options):
    run = tmp_path / "run"
    result = program_sort(*options, "--steps", 10, "--out", run)
    assert result.returncode == 0, result.stderr
    assert losses(run) and all(math.isfinite(loss) for loss in losses(run))


def test_training_ends_with_a_report_and_its_figures_are_those_of_eval(tmp_path):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 10, "--out", run], "program-sort"))
    assert result.returncode == 0, result.stderr
    text = (run / "report.html").read_text()
    titles = ("What the scores have learned", "Sets in the predicted order", "Where the time goes")
    assert all(title in text for title in titles)
    assert json.loads(pliant("eval", run, "--json").stdout) == of_kind(run, "test")[0]
    few = json.loads(pliant("eval", run, "--json", "--groups", 5).stdout)
    assert few["event"] == "test"


def test_a_training_that_diverges_is_ended_at_its_step(tmp_path):
    run = tmp_path / "run"
    result = program_sort("--learning-rate", "1e38", "--steps", 20, "--validate-every", 20, "--out", run)
    assert result.returncode == 1
    (end,) = of_kind(run, "end")
    assert end["reason"] == "not_finite"
    assert f"not_finite: step {end['step']}: " in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "letters"], "unknown data set 'letters'; there are: digits"),
        (["--supervision", "ranks"], "unknown supervision 'ranks'; there are: swaps, any"),
        (["--n", "1"], "n must be at least 2, got 1"),
        (["--channels", "8"], "channels must be two numbers, got 1"),
        (["--groups", "0"], "groups must be at least 1, got 0"),
        (["--digits", "19"], "digits must be in 1 … 18, got 19"),
        (["--beta", "-8"], "beta must be > 0"),
        (["--t-norm", "or"], "unknown T-norm 'or'; there are: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_makes_no_folder(tmp_path, options, message):
    refuses(options, message, tmp_path, task="program-sort")
