# tests/cli/test_train_camera.py — pliant train camera: poses are found, resuming, threads, errors
import json
import math

import numpy as np
import pytest

from tests.cli.program import (
    PROGRAM,
    checkpoint,
    kill_and_resume,
    of_kind,
    pliant,
    refuses,
    same_run,
    small,
    train,
    whole_run_of,
)

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
LONG = ("--steps", 60, "--validate-every", 10)


def camera(*arguments, **changes):
    """Runs `pliant train camera` on few small pictures."""
    return train(*arguments, task="camera", **changes)


def poses(run):
    """(distance, elevation, azimuth, angle) of the last checkpoint, each (N)."""
    _, tensors = checkpoint(run / "last.safetensors")
    return [
        np.frombuffer(tensors[f"model/{name}"], np.float32)
        for name in ("distance", "elevation", "azimuth", "angle")
    ]


@pytest.fixture(scope="module")
def whole_camera(tmp_path_factory):
    """A run of LONG that nobody stopped."""
    run = tmp_path_factory.mktemp("camera") / "whole"
    return whole_run_of(*LONG, out=run, task="camera")


def test_cameras_are_found(tmp_path):
    run = tmp_path / "run"
    result = camera("--steps", 300, "--batch", 6, "--validate-every", 100, "--out", run)
    assert result.returncode == 0, result.stderr
    *_, last = of_kind(run, "validation")
    _, elevation, azimuth, _ = poses(run)
    found = np.hypot(elevation, azimuth) < 5
    assert last["success"] == pytest.approx(found.mean())
    assert last["success"] >= 0.5
    of_bins = [last[f"success_{least}"] for least in (15, 35, 55)]
    assert of_bins == pytest.approx([found[i::3].mean() for i in range(3)])
    _, first = checkpoint(run / "snapshots" / "step_00000100.safetensors")
    start = np.frombuffer(first["start_offsets"], np.float32).reshape(-1, 2)
    assert (np.hypot(*start[found].T) > 15).all()


def test_starts_are_in_their_bins_and_the_same_for_a_seed(tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        options = ("--batch", 60, "--steps", 1, "--learning-rate", "1e-9", "--seed", seed)
        assert camera(*options, "--out", tmp_path / name).returncode == 0
    distance, elevation, azimuth, angle = poses(tmp_path / "a")
    away = np.hypot(elevation, azimuth)
    for i, (low, high) in enumerate([(15, 35), (35, 55), (55, 75)]):
        assert (low - 1e-3 <= away[i::3]).all() and (away[i::3] <= high + 1e-3).all()
        assert np.ptp(away[i::3]) > 10
    assert 2 <= distance.min() < 3.5 and 8.5 < distance.max() <= 10
    assert 10 <= angle.min() < 13 and 27 < angle.max() <= 30
    assert same_run(tmp_path / "a", tmp_path / "b") and not same_run(tmp_path / "a", tmp_path / "c")


@pytest.mark.parametrize("validations", [1, 3])
def test_killed_run_goes_on_to_the_same_bits(whole_camera, tmp_path, validations):
    run = tmp_path / "run"
    kill_and_resume(*LONG, out=run, task="camera", validations=validations)
    assert same_run(run, whole_camera)


def test_threads_do_not_change_the_bits(whole_camera, tmp_path):
    assert camera(*LONG, "--threads", 2, "--out", tmp_path / "run").returncode == 0
    tensors = [checkpoint(run / "last.safetensors")[1] for run in (tmp_path / "run", whole_camera)]
    assert tensors[0] == tensors[1]


def test_steps_cannot_be_changed_since_tau_depends_on_them(whole_camera):
    result = camera("--resume", whole_camera, "--steps", 80)
    assert result.returncode == 2 and "the run has steps = 60, not 80" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--distribution", "uniform", "--squared=false", "--t-norm", "max"],
        ["--mesh", "airplane", "--tau", "1e-2", "--tau-end", "1e-4"],
    ],
    ids=" ".join,
)
def test_options_train(tmp_path, options):
    run = tmp_path / "run"
    assert camera(*options, "--steps", 5, "--out", run).returncode == 0
    assert all(math.isfinite(event["hard_loss"]) for event in of_kind(run, "validation"))


def test_training_ends_with_a_report(tmp_path):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 5, "--out", run], "camera"))
    assert result.returncode == 0, result.stderr
    text = (run / "report.html").read_text()
    assert "Where they began and where they are" in text and "What they see" in text
    assert json.loads(pliant("eval", run, "--json").stdout) == of_kind(run, "test")[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--mesh", "teapot"], "mesh: 'teapot' is no file *.obj, and no mesh that there is: "),
        (["--mesh-size", "-1"], "mesh-size must be at least 0, got -1"),
        (["--batch", "2"], "batch must be at least 3, one picture a bin, got 2"),
        (["--size", "7"], "size must be in 8 … 1024, got 7"),
        (["--tau", "0"], "tau must be > 0 and finite, got 0"),
        (["--tau-end", "-1"], "tau must be > 0 and finite, got -1"),
        (["--distribution", "none"], "unknown distribution 'none'"),
        (["--dist-eps", "nan"], "dist_eps must be"),
        (["--beta2", "1"], "beta2 must be in [0, 1), got 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_makes_no_folder(tmp_path, options, message):
    refuses(options, message, tmp_path, task="camera")
