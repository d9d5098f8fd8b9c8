# tests/cli/test_train_silhouette.py — pliant train silhouette: both programs learn, resuming, errors
import json
import math

import pytest

from tests.cli.program import (
    PROGRAM,
    choices,
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
LONG = ("--steps", 30, "--validate-every", 10, "--classes", "capsule")
PROGRAMS = ["three_edges", "directed_distance"]


def silhouette(*arguments, **changes):
    """Runs `pliant train silhouette` on few small objects."""
    return train(*arguments, task="silhouette", **changes)


@pytest.fixture(scope="module")
def whole_silhouette(tmp_path_factory):
    """A run of LONG that nobody stopped."""
    run = tmp_path_factory.mktemp("silhouette") / "whole"
    return whole_run_of(*LONG, out=run, task="silhouette")


def test_programs_are_those_of_the_help():
    assert choices("silhouette", "program") == PROGRAMS


@pytest.mark.parametrize("program", PROGRAMS)
def test_shapes_are_learned(tmp_path, program):
    run = tmp_path / "run"
    options = ("--classes", "capsule,car", "--batch", 8, "--program", program)
    result = silhouette(*options, "--steps", 60, "--validate-every", 30, "--out", run)
    assert result.returncode == 0, result.stderr
    assert losses(run)[-1] < 0.95 * losses(run)[0]
    (test,) = of_kind(run, "test")
    assert test["voxel_iou"] == pytest.approx((test["class_capsule"] + test["class_car"]) / 2)


def test_sharp_programs_agree(tmp_path):
    """At a high β both draw what is inside: the first losses are the same but for single pixels."""
    first = []
    for program in PROGRAMS:
        run = tmp_path / program
        options = ("--program", program, "--beta", 3000, "--steps", 1, "--log-every", 1, "--classes", "cow")
        assert silhouette(*options, "--out", run).returncode == 0
        first.append(losses(run)[0])
    assert first[0] == pytest.approx(first[1], rel=0.02)


def test_killed_run_goes_on_to_the_same_bits(whole_silhouette, tmp_path):
    run = tmp_path / "run"
    kill_and_resume(*LONG, out=run, task="silhouette", validations=1)
    assert same_run(run, whole_silhouette)


@pytest.mark.parametrize(
    "options",
    [
        ["--distribution", "cauchy", "--beta", "60"],
        ["--program", "directed_distance", "--t-norm", "yager", "--p", "2"],
        ["--t-norm", "einstein", "--laplacian", "0"],
    ],
    ids=" ".join,
)
def test_options_train(tmp_path, options):
    run = tmp_path / "run"
    result = silhouette(*options, "--classes", "lamp", "--steps", 10, "--out", run)
    assert result.returncode == 0, result.stderr
    assert losses(run) and all(math.isfinite(loss) for loss in losses(run))


def test_training_ends_with_a_report_and_its_figures_are_those_of_eval(tmp_path):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 2, "--classes", "cow,lamp", "--out", run], "silhouette"))
    assert result.returncode == 0, result.stderr
    text = (run / "report.html").read_text()
    assert "Shapes from one picture" in text and "on which side of a triangle" in text
    assert json.loads(pliant("eval", run, "--json").stdout) == of_kind(run, "test")[0]


def test_a_training_that_diverges_is_ended_at_its_step(tmp_path):
    run = tmp_path / "run"
    result = silhouette("--learning-rate", "1e38", "--steps", 20, "--validate-every", 20, "--out", run)
    assert result.returncode == 1
    (end,) = of_kind(run, "end")
    assert end["reason"] == "not_finite"
    assert f"not_finite: step {end['step']}: " in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--program", "two_edges"],
            "unknown program 'two_edges'; there are: three_edges, directed_dis",
        ),
        (["--classes", "teapot"], "unknown family of objects 'teapot'; there are: airplane"),
        (["--data", "no/such/folder", "--size", "64"], "data: there is no folder 'no/such/folder'"),
        (["--size", "30"], "size must be a multiple of 8 in 8 … 256, got 30"),
        (["--beta", "0"], "beta must be > 0"),
        (["--laplacian", "nan"], "laplacian must be at least 0, got nan"),
        (["--t-norm", "none"], "unknown T-norm 'none'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_makes_no_folder(tmp_path, options, message):
    refuses(options, message, tmp_path, task="silhouette")
