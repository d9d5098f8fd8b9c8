# tests/cli/test_train_mnist.py — pliant train mnist: optimisers, conditioned layers, resuming, grids
import json
import math

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
LONG = ("--optimizer", "isaac", "--batch", 20, "--steps", 300, "--validate-every", 20, "--learning-rate", 0.3)
LONG += ("--damping-end", 0.2)


def mnist(*arguments, **changes):
    """Runs `pliant train mnist` on a small network."""
    return train(*arguments, task="mnist", **changes)


@pytest.mark.parametrize("optimizer", ["isaac", "descent", "sgd", "adam", "adamw"])
def test_every_optimizer_learns(tmp_path, optimizer):
    run = tmp_path / "run"
    result = mnist("--optimizer", optimizer, "--batch", 50, "--steps", 150, "--out", run)
    assert result.returncode == 0, result.stderr
    assert all(math.isfinite(loss) for loss in losses(run))
    (test,) = of_kind(run, "test")
    assert set(test) == {"event", "step", "accuracy", "loss"}
    assert test["accuracy"] > 0.3


@pytest.mark.parametrize(
    "options",
    [
        ["--optimizer", "adam", "--conditioned", "1,3"],
        ["--optimizer", "isaac", "--conditioned", "all", "--augmented-bias"],
        ["--optimizer", "isaac", "--divided", "--learning-rate", "0.1"],
        ["--optimizer", "isaac", "--gram", "bfloat16"],
        ["--optimizer", "isaac", "--isaac-mode", "global_dual"],
        ["--optimizer", "isaac", "--model", "autoencoder", "--learning-rate", "0.01"],
        ["--optimizer", "descent", "--model", "autoencoder"],
    ],
)
def test_settings(tmp_path, options):
    run = tmp_path / "run"
    result = mnist(*options, "--steps", 20, "--validate-every", 10, "--out", run)
    assert result.returncode == 0, result.stderr
    assert all(math.isfinite(loss) for loss in losses(run))


def test_conditioning_changes_the_run_and_names_no_other_parameters(tmp_path):
    for name, conditioned in (("plain", "none"), ("first", "1")):
        steps = ("--optimizer", "descent", "--learning-rate", 0.1, "--steps", 5, "--validate-every", 5)
        assert mnist("--conditioned", conditioned, *steps, "--out", tmp_path / name).returncode == 0
    plain, first = (checkpoint(tmp_path / name / "last.safetensors")[1] for name in ("plain", "first"))
    assert plain.keys() == first.keys()
    assert plain["model/0.weight"] != first["model/0.weight"]


def test_a_killed_run_goes_on_to_the_same_bits(tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole_run_of(*LONG, out=whole, task="mnist")
    kill_and_resume(*LONG, out=broken, task="mnist", validations=2)
    assert same_run(whole, broken)


def test_a_grid_is_a_run_for_each_combination_and_one_report(tmp_path):
    folder = tmp_path / "grid"
    grid = ("--grid", "damping=0.5,2", "--grid", "learning-rate=0.1,0.3", "--out", folder)
    command = small(("--optimizer", "isaac", "--steps", 10, "--validate-every", 5, *grid), "mnist")
    result = pliant(*command)
    assert result.returncode == 0, result.stderr
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert names == [f"damping={d},learning-rate={r}" for d in ("0.5", "2") for r in ("0.1", "0.3")]
    for name in names:
        assert len(of_kind(folder / name, "test")) == 1
        assert f"damping={name.split(',')[0].split('=')[1]}\n" in (folder / name / "config.toml").read_text()
    page = (folder / "report.html").read_text()
    assert all(name in page for name in names)
    assert "over the seconds" in page


def test_a_run_of_a_grid_that_ends_in_nan_does_not_stop_the_others(tmp_path):
    folder = tmp_path / "grid"
    result = mnist(
        "--optimizer", "descent", "--steps", 40, "--validate-every", 40,
        "--grid", "learning-rate=1e30,0.1", "--out", folder,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "not_finite: step 2" in result.stderr
    assert of_kind(folder / "learning-rate=1e30", "end")[0]["reason"] == "not_finite"
    assert len(of_kind(folder / "learning-rate=0.1", "test")) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--isaac-mode", "global_dual", "--optimizer", "sgd"], "isaac-mode global_dual wants conditioned"),
        (["--damping", "0"], "damping must be > 0 and finite, got 0"),
        (["--damping-end", "-1"], "damping must be > 0 and finite, got -1"),
        (["--damping-end", "1", "--minutes", "1"], "damping-end needs steps"),
        (["--conditioned", "1,4"], "conditioned must be all, none or numbers in 1 … 3"),
        (["--conditioned", "first"], "conditioned must be all, none or numbers in 1 … 3"),
        (["--conditioned", ","], "conditioned must be all, none or numbers"),
        (
            ["--optimizer", "isaac", "--conditioned", "none"],
            "optimizer: isaac wants conditioned layers, got none",
        ),
        (["--model", "gan"], "unknown model 'gan'; there are: classifier, autoencoder"),
        (["--widths", "20,0"], "widths must be at least 1, got 0"),
        (["--data", "letters"], "unknown data set 'letters'"),
        (["--optimizer", "lion"], "unknown optimizer 'lion'; there are: adam, adamw, sgd, descent, isaac"),
        (["--grid", "damping"], "--grid: expected an option's name, = and its values"),
        (["--grid", "damping=1,"], "--grid: expected an option's name, = and its values"),
        (["--grid", "damping=1,-1"], "damping must be > 0 and finite, got -1"),
        (["--grid", "damping=1", "--grid", "damping=2"], "--grid: damping is there twice"),
        (["--grid", "dampening=1"], "dampening"),
    ],
)
def test_wrong_options(tmp_path, options, message):
    refuses(options, message, tmp_path, task="mnist")


def test_other_tasks_have_no_conditioned_layers(tmp_path):
    result = train("--optimizer", "isaac", "--out", tmp_path / "run")
    assert result.returncode == 2
    assert "optimizer: isaac needs a task whose layers condition their gradients" in result.stderr
    assert "the task sorting does not" in result.stderr


def test_the_default_data_is_there(tmp_path):
    result = pliant("train", "mnist", "--steps", 1, "--no-report", "--out", tmp_path / "run")
    assert result.returncode == 0, result.stderr
    assert 'data="digits"' in (tmp_path / "run" / "config.toml").read_text()
    result = pliant("train", "mnist", "--out", tmp_path / "no", PLIANT_DATA=str(tmp_path))
    assert result.returncode == 2 and "mnist" in result.stderr


def test_info_says_what_conditioning_costs(tmp_path):
    run = tmp_path / "run"
    assert mnist("--steps", 1, "--widths", "400,100", "--out", run).returncode == 0
    result = pliant("info", "--isaac", run / "last.safetensors", "--rows", 60, "--json")
    assert result.returncode == 0, result.stderr
    layers = {layer["layer"]: layer for layer in json.loads(result.stdout)}
    assert list(layers) == ["model/0.weight", "model/2.weight", "model/4.weight"]
    wide = layers["model/2.weight"]
    assert (wide["inputs"], wide["outputs"], wide["side"]) == (400, 100, "rows")
    assert wide["overhead"] == pytest.approx((3600 * 400 + 60**3 / 3 + 7200 * 100) / (6 * 60 * 400 * 100))
    assert wide["worth_it"] and not layers["model/4.weight"]["worth_it"]
    text = pliant("info", "--isaac", run / "last.safetensors", "--rows", 60).stdout
    assert "conditioning by ISAAC at 60 rows" in text and "more than a quarter" in text


def test_info_of_what_is_no_network(tmp_path):
    result = pliant("info", "--isaac", tmp_path / "none.safetensors")
    assert result.returncode == 2 and "none.safetensors" in result.stderr
    run = tmp_path / "run"
    assert mnist("--steps", 1, "--out", run).returncode == 0
    result = pliant("info", "--isaac", run / "last.safetensors", "--rows", 0)
    assert result.returncode == 2 and "--rows must be at least 1, got 0" in result.stderr
