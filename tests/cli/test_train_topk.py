# tests/cli/test_train_topk.py — pliant train topk: every loss, resuming, label noise, the report
import json
import math

import pytest

from tests.cli.program import (
    PROGRAM,
    checkpoint,
    choices,
    events,
    files,
    kill_and_resume,
    losses,
    of_kind,
    pliant,
    same_run,
    small,
    train,
    whole_run_of,
)

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
LONG = ("--steps", 200, "--validate-every", 40, "--label-noise", 0.2, "--watch-test", "--best", "top5")


def topk(*arguments, **changes):
    """Runs `pliant train topk` on a small network."""
    return train(*arguments, task="topk", **changes)


@pytest.fixture(scope="module")
def whole_topk(tmp_path_factory):
    """A run of LONG that nobody stopped."""
    run = tmp_path_factory.mktemp("topk") / "whole"
    return whole_run_of(*LONG, out=run, task="topk")


def assert_finite_run(run, result):
    assert result.returncode == 0, result.stderr
    assert losses(run) and all(math.isfinite(loss) and loss > 0 for loss in losses(run))
    (test,) = of_kind(run, "test")
    assert set(test) == {"event", "step", "top1", "top5"}  # ten classes have no top ten
    assert 0 <= test["top1"] <= test["top5"] <= 1


@pytest.mark.parametrize(
    "options",
    [
        ["--loss", "cross_entropy", "--label-smoothing", "0.1"],
        ["--loss", "smooth_svm", "--k", "3"],
        ["--loss", "truncated_entropy", "--k", "3"],
        ["--loss", "truncated_entropy", "--k", "1"],
        ["--top1-mode", "smce", "--label-smoothing", "0.1"],
        ["--top1-mode", "sort", "--p-k", "0.5,0,0.5", "--m", "4"],
        ["--distribution", "cauchy", "--art-lambda", "0.25", "--steepness", "3"],
    ],
    ids=" ".join,
)
def test_loss_trains(tmp_path, options):
    run = tmp_path / "run"
    assert_finite_run(run, topk(*options, "--steps", 20, "--out", run))


def test_every_method_trains(tmp_path):
    methods = choices("topk", "method")
    assert {"splitter_selection", "neuralsort"} < set(methods)
    first = {}
    for method in methods:
        run = tmp_path / method
        assert_finite_run(run, topk("--method", method, "--steps", 10, "--out", run))
        first[method] = losses(run)[0]
    assert len(set(first.values())) > 2  # the option reaches the loss


def test_every_loss_has_its_own_value(tmp_path):
    first = set()
    for loss in choices("topk", "loss"):
        assert topk("--loss", loss, "--steps", 5, "--out", tmp_path / loss).returncode == 0
        first.add(losses(tmp_path / loss)[0])
    assert len(first) == 4


def test_truncated_entropy_of_one_is_cross_entropy(tmp_path):
    for name, options in {"cut": ["truncated_entropy", "--k", "1"], "plain": ["cross_entropy"]}.items():
        assert topk("--loss", *options, "--steps", 20, "--out", tmp_path / name).returncode == 0
    assert losses(tmp_path / "cut") == pytest.approx(losses(tmp_path / "plain"), rel=1e-4)


def test_digits_are_learned(tmp_path):
    run = tmp_path / "run"
    size = ("--channels", "8,16", "--batch", 50, "--evaluation", 0)
    assert topk(*size, "--steps", 150, "--out", run).returncode == 0
    (test,) = of_kind(run, "test")
    assert test["top1"] > 0.85 and test["top5"] > 0.97


@pytest.mark.parametrize("validations", [1, 3])
def test_killed_run_goes_on_to_the_same_bits(whole_topk, tmp_path, validations):
    run = tmp_path / "run"
    kill_and_resume(*LONG, out=run, task="topk", validations=validations)
    assert same_run(run, whole_topk)


def test_run_goes_on_with_its_own_options(whole_topk):
    before = files(whole_topk)
    result = topk("--resume", whole_topk, "--label-noise", 0.1)
    assert result.returncode == 2
    assert "the run has label-noise = 0.2, not 0.1" in result.stderr
    assert files(whole_topk) == before


def test_label_noise_changes_the_run_and_is_the_same_for_a_seed(tmp_path):
    runs = {"none": [], "some": ["--label-noise", 0.4], "again": ["--label-noise", 0.4]}
    for name, options in runs.items():
        assert topk(*options, "--steps", 20, "--out", tmp_path / name).returncode == 0
    assert same_run(tmp_path / "some", tmp_path / "again")
    assert losses(tmp_path / "some") != losses(tmp_path / "none")
    # Evaluation labels are the true ones.
    snapshots = [
        checkpoint(tmp_path / name / "snapshots" / "step_00000020.safetensors")[1]["labels"]
        for name in ("none", "some")
    ]
    assert snapshots[0] == snapshots[1]


def test_watched_test_is_noted_and_chooses_nothing(whole_topk):
    validations = of_kind(whole_topk, "validation")
    (test,) = of_kind(whole_topk, "test")
    assert len(validations) == 5
    (chosen,) = [event for event in validations if event["step"] == test["step"]]
    assert {key: chosen["test_" + key] for key in ("top1", "top5")} == {
        key: test[key] for key in ("top1", "top5")
    }
    assert set(test) == {"event", "step", "top1", "top5"}


def test_unwatched_test_is_not_noted_and_the_training_is_the_same(whole_topk, tmp_path):
    run = tmp_path / "run"
    options = [option for option in LONG if option != "--watch-test"]
    assert topk(*options, "--out", run).returncode == 0
    assert losses(run) == losses(whole_topk)
    assert of_kind(run, "test") == of_kind(whole_topk, "test")
    assert all(
        set(event) == {"event", "step", "top1", "top5", "best"} for event in of_kind(run, "validation")
    )


@pytest.mark.parametrize("figure", ["top1", "top5"])
def test_best_checkpoint_is_that_of_the_chosen_figure(whole_topk, tmp_path, figure):
    run = whole_topk
    if figure == "top1":
        run = tmp_path / "run"
        options = [{"top5": "top1"}.get(option, option) for option in LONG]
        assert topk(*options, "--out", run).returncode == 0
    best = max(of_kind(run, "validation"), key=lambda event: event[figure])  # the first of equals
    (test,) = of_kind(run, "test")
    assert test["step"] == best["step"]
    assert int(checkpoint(run / "best.safetensors")[0]["step"]) == best["step"]


def test_snapshot_has_the_examples_of_the_report(whole_topk):
    metadata, tensors = checkpoint(whole_topk / "snapshots" / "step_00000080.safetensors")
    assert metadata["step"] == "80" and metadata["task"] == "topk"
    assert {line.split("\t")[0] for line in metadata["class_names"].splitlines()} <= set("0123456789")
    sizes = {name: len(data) for name, data in tensors.items()}
    assert sizes == {
        "labels": 12 * 8,
        "guesses": 12 * 5 * 8,
        "chances": 12 * 5 * 4,
        "images": 12 * 8 * 8,
        "guessed_images": 12 * 5 * 8 * 8,
    }


def test_eval_gives_the_figures_of_the_run_s_own_test(whole_topk):
    before = files(whole_topk)
    (test,) = of_kind(whole_topk, "test")
    assert json.loads(pliant("eval", whole_topk, "--json").stdout) == test
    validation = json.loads(pliant("eval", whole_topk, "--split", "validation", "--json").stdout)
    (best,) = [event for event in of_kind(whole_topk, "validation") if event["step"] == test["step"]]
    assert validation | {"best": True} == best
    assert files(whole_topk) == before


def test_eval_has_no_sets_to_draw(whole_topk):
    result = pliant("eval", whole_topk, "--groups", 7)
    assert result.returncode == 2
    assert "the task topk draws no sets" in result.stderr


def test_training_ends_with_a_report_and_its_figures_are_those_of_eval(tmp_path):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 20, "--out", run], "topk"))
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"report: {run}/report.html\n"  # progress goes to standard error
    text = (run / "report.html").read_text()
    assert "What it takes for what" in text
    figures = json.loads(pliant("eval", run, "--json").stdout)
    assert [figures] == of_kind(run, "test")
    for key in ("top1", "top5"):
        assert f"<dd>{100 * figures[key]:.1f} %</dd>" in text


@pytest.mark.parametrize("option", ["--no-report", "--quiet", "--json"])
def test_training_without_a_report(tmp_path, option):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 5, "--out", run], "topk"), option)
    assert result.returncode == 0, result.stderr
    assert "report:" not in result.stdout
    assert of_kind(run, "end") and not (run / "report.html").exists()


def test_training_without_a_python_is_done_and_says_how_to_make_the_report(tmp_path):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 5, "--out", run], "topk"), PLIANT_PYTHON="/nowhere/python")
    assert result.returncode == 1
    assert "The training is done" in result.stderr
    assert f"/nowhere/python -m pliant.report {run}" in result.stderr
    assert of_kind(run, "end")[0]["reason"] == "steps"


@pytest.mark.parametrize("loss", ["topk", "smooth_svm"])
def test_scores_that_are_no_numbers_end_the_run_at_their_step(tmp_path, loss):
    run = tmp_path / "run"
    result = topk("--loss", loss, "--steps", 50, "--learning-rate", "1e30", "--out", run)
    assert result.returncode == 1
    end = events(run)[-1]
    assert end["reason"] == "not_finite"
    assert f"not_finite: step {end['step']}: an output of the network is NaN or infinite" in result.stderr
