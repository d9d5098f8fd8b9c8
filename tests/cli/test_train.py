# tests/cli/test_train.py — pliant train: runs, resuming to the same bits, stopping
import json
import signal
import subprocess

import pytest
from pliant.schedule import Schedule

from pliant import softness
from tests.cli.program import (
    PROGRAM,
    checkpoint,
    environment,
    events,
    files,
    refuses,
    same_run,
    start_training,
    stop_after,
    train,
)

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
LONG = ("--steps", 600, "--validate-every", 100)


def test_run_folder_holds_what_the_documentation_says(whole_run):
    names = set(files(whole_run))
    snapshots = {f"snapshots/step_{step:08d}.safetensors" for step in range(100, 700, 100)}
    assert names == {"config.toml", "metrics.jsonl", "last.safetensors", "best.safetensors"} | snapshots
    kinds = [event["event"] for event in events(whole_run)]
    assert kinds[0] == "start" and kinds[-2:] == ["test", "end"]
    assert kinds.count("train") == 120 and kinds.count("validation") == 6
    assert events(whole_run)[-1]["reason"] == "steps"


def test_best_checkpoint_is_that_of_the_best_validation(whole_run):
    validations = [event for event in events(whole_run) if event["event"] == "validation"]
    best = max(validations, key=lambda event: event["exact_five"])  # the first of equals
    metadata, _ = checkpoint(whole_run / "best.safetensors")
    assert int(metadata["step"]) == best["step"]
    assert [event for event in validations if event["best"]][-1]["step"] == best["step"]
    (test,) = [event for event in events(whole_run) if event["event"] == "test"]
    assert test["step"] == best["step"]


def test_snapshot_has_the_sets_of_the_report(whole_run):
    metadata, tensors = checkpoint(whole_run / "snapshots" / "step_00000200.safetensors")
    assert metadata["step"] == "200" and metadata["task"] == "sorting" and metadata["steepness"] == "10"
    sizes = {name: len(data) for name, data in tensors.items()}
    assert sizes == {
        "images": 4 * 5 * 8 * 32,
        "labels": 4 * 5 * 8,
        "scores": 4 * 5 * 4,
        "permutation": 4 * 5 * 5 * 4,
        "all_scores": 1000 * 4,
        "all_labels": 1000 * 8,
    }


@pytest.mark.parametrize("validations", [1, 3])
def test_killed_run_goes_on_to_the_same_bits(whole_run, tmp_path, validations):
    run = tmp_path / "run"
    assert stop_after(start_training(*LONG, "--out", run), run, validations) == -signal.SIGKILL
    assert checkpoint(run / "last.safetensors")[0]["step"] != "600"
    resumed = train("--resume", run)
    assert resumed.returncode == 0, resumed.stderr
    assert same_run(run, whole_run)


def test_killed_before_the_first_checkpoint_a_run_starts_again(whole_run, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.toml").write_bytes((whole_run / "config.toml").read_bytes())
    (run / "metrics.jsonl").write_text('{"event":"start","step":0}\n{"event":"tr')
    assert train("--resume", run).returncode == 0
    assert same_run(run, whole_run)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_ends_in_order_and_goes_on_to_the_same_bits(whole_run, tmp_path, number):
    run = tmp_path / "run"
    assert stop_after(start_training(*LONG, "--out", run), run, 1, number) == 128 + number
    end = events(run)[-1]
    assert end["event"] == "end" and end["reason"] == "interrupt"
    assert int(checkpoint(run / "last.safetensors")[0]["step"]) == end["step"]
    assert train("--resume", run).returncode == 0
    assert same_run(run, whole_run)


def test_finished_run_can_be_given_more_steps(whole_run, tmp_path):
    run = tmp_path / "run"
    assert train("--steps", 300, "--validate-every", 100, "--out", run).returncode == 0
    assert train("--resume", run, "--steps", 600).returncode == 0
    assert same_run(run, whole_run)
    assert train("--resume", run, "--quiet").returncode == 0  # Nothing is left to do.
    assert same_run(run, whole_run)


def test_config_of_a_run_makes_the_same_run(whole_run, tmp_path):
    run = tmp_path / "run"
    command = [PROGRAM, "train", "sorting", "--config", whole_run / "config.toml", "--out", run]
    subprocess.run(command, check=True, env=environment(), capture_output=True)
    assert same_run(run, whole_run)
    assert (run / "config.toml").read_bytes() == (whole_run / "config.toml").read_bytes()


def test_seed_changes_the_run(whole_run, tmp_path):
    assert train(*LONG, "--seed", 1, "--out", tmp_path / "run").returncode == 0
    assert not same_run(tmp_path / "run", whole_run)


def test_json_prints_the_lines_of_the_metrics(tmp_path):
    result = train("--steps", 10, "--json", "--out", tmp_path / "run", "--threads", 2)
    assert [json.loads(line) for line in result.stdout.splitlines()] == events(tmp_path / "run")
    assert events(tmp_path / "run")[0]["threads"] == 2
    assert result.stderr == ""


def test_quiet_prints_nothing(tmp_path):
    result = train("--steps", 10, "--quiet", "--out", tmp_path / "run")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "options",
    [
        ["--method", "bitonic", "--n", "6", "--distribution", "optimal"],
        ["--bfloat16", "--ties", "--loss", "cross_entropy"],
        ["--distribution", "logistic", "--art-lambda", "0.25", "--optimizer", "sgd"],
        ["--steepness-end", "40", "--learning-rate-end", "1e-4", "--steepness-schedule", "linear"],
        ["--minutes", "0.002", "--digits", "2"],
    ],
)
def test_options_train(tmp_path, options):
    run = tmp_path / "run"
    budget = [] if "--minutes" in options else ["--steps", "20"]
    result = train(*options, *budget, "--out", run)
    assert result.returncode == 0, result.stderr
    losses = [event["loss"] for event in events(run) if event["event"] == "train"]
    assert losses and all(isinstance(loss, float) for loss in losses)


@pytest.mark.parametrize(
    ("distribution", "steepness"),
    [("cauchy", 10.0), ("logistic", 40 / 3.14159265), ("optimal", 10 / 3.14159265)],
)
def test_default_steepness_has_the_slope_of_cauchy(tmp_path, distribution, steepness):
    train("--steps", 1, "--distribution", distribution, "--out", tmp_path / "run")
    lines = (tmp_path / "run" / "config.toml").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("steepness=")]
    assert float(line.split("=")[1]) == pytest.approx(steepness)


@pytest.mark.parametrize("kind", ["linear", "geometric", "cosine"])
def test_steepness_is_that_of_the_schedule(tmp_path, kind):
    run = tmp_path / "run"
    options = ("--steepness", 5, "--steepness-end", 45, "--steepness-schedule", kind)
    train("--steps", 21, "--validate-every", 11, *options, "--out", run)
    steepness = {
        step: float(checkpoint(run / "snapshots" / f"step_{step:08d}.safetensors")[0]["steepness"])
        for step in (11, 21)
    }
    python = Schedule(kind, 5.0, 45.0, steps=20)
    assert steepness == {11: pytest.approx(python(10)), 21: pytest.approx(python(20))}


def kept(run, name):
    lines = (run / "config.toml").read_text().splitlines()
    return [float(line.split("=")[1]) for line in lines if line.startswith(name + "=")]


def of_topk(wrong, n, k):
    """The steepness of the loss of the task of top-k."""
    return softness.steepness(wrong, n, k=k, method="splitter_selection", distribution="logistic")


@pytest.mark.parametrize(
    ("task", "options", "name", "scale"),
    [
        ("sorting", ("--n", 6, "--softness", 0.5), "steepness", lambda: softness.steepness(0.5, 6)),
        ("topk", ("--softness", 0.3), "steepness", lambda: of_topk(0.3, 10, k=5)),
        (
            "topk",
            ("--softness", 0.3, "--p-k", "0.5,0.5,0", "--m", 6),
            "steepness",
            lambda: of_topk(0.3, 6, k=2),
        ),
        ("program-sort", ("--softness", 0.25), "beta", lambda: softness.beta(0.25)),
        ("shape", ("--size", 32, "--softness", 2), "tau", lambda: softness.tau(2.0, 32)),
        ("camera", ("--softness-end", 1, "--size", 32), "tau-end", lambda: softness.tau(1.0, 32)),
    ],
)
def test_a_softness_is_what_python_makes_of_it(tmp_path, task, options, name, scale):
    result = train("--steps", 1, *options, "--out", tmp_path / "run", task=task)
    assert result.returncode == 0, result.stderr
    assert kept(tmp_path / "run", name) == [pytest.approx(scale(), rel=1e-6)]
    assert kept(tmp_path / "run", "softness") == []


@pytest.mark.parametrize(
    ("task", "name"), [("sorting", "steepness"), ("topk", "steepness"), ("shape", "tau"), ("paths", "beta")]
)
def test_a_softness_beside_what_it_stands_for_is_refused(tmp_path, task, name):
    options = ("--softness", 1, f"--{name}", 3, "--steps", 1)
    refuses(options, f"softness stands for {name}: give one of them", tmp_path, task)
