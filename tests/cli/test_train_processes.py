# tests/cli/test_train_processes.py — pliant train in several processes: one result, and one end
import os
import pathlib
import signal
import socket
import time

import numpy as np
import pytest

from tests.cli.processes import ends, free_port, start_rank, start_ranks, torchrun, train_with
from tests.cli.program import PROGRAM, TIMES, checkpoint, events, losses, of_kind, pliant, small, train

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")

RATE = 1e-4  # small: larger steps make more of a rounding error
# What is compared are gradients: plain descent has no state that could make more of a rounding error.
THREE_STEPS = ("--steps", 3, "--optimizer", "descent", "--learning-rate", RATE, "--log-every", 1)
VARIANTS = {
    "sorting": [()],
    "topk": [("--label-noise", 0.5)],
    "logic": [("--gumbel",)],
    "shape": [(), ("--batch", 4, "--views", 6)],
    "camera": [()],
    "reconstruct": [()],
    "paths": [(), ("--method", "perturbed"), ("--method", "blackbox")],
    "program-sort": [()],
    "edit-distance": [()],
    "silhouette": [()],
    "mnist": [()],
}
CASES = [(task, options) for task, variants in VARIANTS.items() for options in variants]


def model(path):
    """The float32 parameters and buffers of a checkpoint by name."""
    _, tensors = checkpoint(path)
    names = [name for name in tensors if name.startswith("model/") and not name.endswith("_tracked")]
    return {name: np.frombuffer(tensors[name], dtype=np.float32) for name in names}


def figures(run, name):
    """A figure of each line of training."""
    return [event[name] for event in of_kind(run, "train")]


def kinds(run):
    """What was written, and at which step; the test is of the best one, which rounding may choose."""
    return [(event["event"], event["event"] != "test" and event["step"]) for event in events(run)]


def same_to_rounding(run, other):
    """Losses, gradients and what the gradients did to the parameters."""
    assert losses(run) == pytest.approx(losses(other), rel=1e-5, abs=1e-6)
    norms = figures(run, "gradient_norm")
    assert norms == pytest.approx(figures(other, "gradient_norm"), rel=1e-4)
    ours, theirs = model(run / "last.safetensors"), model(other / "last.safetensors")
    assert ours.keys() == theirs.keys()
    for name, numbers in ours.items():
        finite = np.abs(theirs[name][np.isfinite(theirs[name])])  # a template's logits may be infinite
        error = 1e-4 * RATE * sum(norms) + 1e-6 * finite.max(initial=0)
        np.testing.assert_allclose(numbers, theirs[name], rtol=0, atol=error, err_msg=name)


def test_every_task_is_here():
    assert set(VARIANTS) == set(small.__globals__["SMALL_TASK"])


@pytest.mark.parametrize(("task", "options"), CASES, ids=lambda value: value if value else None)
def test_two_processes_take_the_step_of_one(tmp_path, task, options):
    arguments = (*THREE_STEPS, *options)
    assert train(*arguments, "--out", tmp_path / "one", task=task).returncode == 0
    train_with(2, *arguments, "--out", tmp_path / "two", task=task)
    same_to_rounding(tmp_path / "two", tmp_path / "one")


def test_four_processes_too(tmp_path, task="paths"):
    assert train(*THREE_STEPS, "--out", tmp_path / "one", task=task).returncode == 0
    train_with(4, *THREE_STEPS, "--out", tmp_path / "four", task=task)
    same_to_rounding(tmp_path / "four", tmp_path / "one")


def test_run_goes_on_with_another_number_of_processes(tmp_path):
    parts, whole = tmp_path / "parts", tmp_path / "whole"
    # With a momentum, and a rate that makes little of a rounding error.
    often = ("--validate-every", 10, "--optimizer", "sgd", "--learning-rate", 1e-3)
    train_with(2, *often, "--steps", 20, "--out", parts)
    assert checkpoint(parts / "last.safetensors")[0]["step"] == "20"
    port = free_port()
    on = ["train", "sorting", "--resume", parts, "--no-report"]
    result = ends([start_rank(rank, 4, port, [*on, "--steps", 40]) for rank in range(4)])
    assert [code for code, _ in result] == [0] * 4, result
    assert pliant(*on, "--steps", 60).returncode == 0
    assert train(*often, "--steps", 60, "--out", whole).returncode == 0
    # Everything is written once, by one of them.
    assert kinds(parts) == kinds(whole)
    assert losses(parts) == pytest.approx(losses(whole), rel=1e-4)


def test_threads_of_a_machine_are_shared(tmp_path):
    train_with(2, "--threads", 0, "--steps", 1, "--out", tmp_path / "run")
    (start,) = of_kind(tmp_path / "run", "start")
    assert start["threads"] == max(os.cpu_count() // 2, 1)


def wrong(result, code, *texts):
    """All processes end with the code, and all of them say why."""
    for status, said in result:
        assert status in (code, 1) and any(text in said for text in texts), result


def test_batch_must_be_shared_evenly(tmp_path):
    result = ends(start_ranks(2, "--batch", 5, "--out", tmp_path / "run"))
    wrong(result, 2, "batch must be a multiple of the 2 processes, got 5")


def test_options_that_differ_are_named(tmp_path):
    result = ends(start_ranks(2, "--out", tmp_path / "run", each=lambda rank: ("--n", 5 + rank)))
    wrong(result, 2, "process 1 has 'n=6' where process 0 has 'n=5'", "process 1: process 1 has 'n=6'")
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


def test_error_of_one_ends_all(tmp_path):
    assert train("--steps", 1, "--out", tmp_path / "run").returncode == 0
    result = ends(start_ranks(2, "--out", tmp_path / "run"))
    said = f"the folder '{tmp_path}/run' holds a run already"
    wrong(result, 2, f"error: {said}", f"error: process 0: {said}")
    result = ends(start_ranks(2, "--out", tmp_path / "new", each=lambda rank: ("--stepz", 1) if rank else ()))
    assert result[0][0] == 1 and "error: process 1: its options are wrong" in result[0][1], result


def test_what_is_not_finite_ends_all_and_is_said_once(tmp_path):
    run = tmp_path / "run"
    result = ends(start_ranks(2, "--steps", 50, "--learning-rate", "1e30", "--out", run))
    assert [code for code, _ in result] == [1, 1], result
    assert "not_finite: step" in result[0][1] and events(run)[-1]["reason"] == "not_finite"


def wait_for_validation(processes, run):
    """Until the run has had one."""
    deadline = time.monotonic() + 60
    while not of_kind(run, "validation"):
        assert all(process.poll() is None for process in processes) and time.monotonic() < deadline
        time.sleep(0.01)


LONG = ("--steps", 100_000, "--validate-every", 20)


def test_killed_process_ends_the_others(tmp_path):
    processes = start_ranks(2, *LONG, "--out", tmp_path / "run")
    wait_for_validation(processes, tmp_path / "run")
    processes[1].kill()
    (code, said), _ = ends(processes)
    assert code == 1 and "another process is gone or did not come" in said


@pytest.mark.parametrize("rank", [0, 1])
def test_interrupt_of_one_stops_all_at_one_step(tmp_path, rank):
    run = tmp_path / "run"
    processes = start_ranks(2, *LONG, "--out", run)
    wait_for_validation(processes, run)
    processes[rank].send_signal(signal.SIGINT)
    result = ends(processes)
    assert [code for code, _ in result] == [130, 130], result
    end = events(run)[-1]
    assert end["reason"] == "interrupt"
    assert checkpoint(run / "last.safetensors")[0]["step"] == str(end["step"])


def test_minutes_end_all_processes(tmp_path):
    train_with(2, "--minutes", 0.01, "--out", tmp_path / "run")
    assert events(tmp_path / "run")[-1]["reason"] == "minutes"


def test_process_that_never_comes_is_an_error(tmp_path):
    began = time.monotonic()
    arguments = [*small(["--out", tmp_path / "run"]), "--no-report"]
    ((code, said),) = ends([start_rank(0, 2, free_port(), arguments, PLIANT_TIMEOUT=1)])
    assert code == 1 and "process 0 of 2, meeting the others at 127.0.0.1:" in said, said
    assert time.monotonic() - began < 30
    assert not (tmp_path / "run").exists()


def test_port_in_use_is_an_error(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        arguments = [*small(["--out", tmp_path / "run"]), "--no-report"]
        ((code, said),) = ends([start_rank(0, 2, taken.getsockname()[1], arguments, PLIANT_TIMEOUT=5)])
    assert code == 1 and "EADDRINUSE" in said, said


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE must be a whole number from 1 to 1048576"),
        ({"WORLD_SIZE": "2"}, "RANK must be set where WORLD_SIZE is above 1"),
        ({"PLIANT_TIMEOUT": "soon"}, "PLIANT_TIMEOUT must be a number of seconds in 0.001 … 1e7, got 'soon'"),
        ({"TORCHELASTIC_MAX_RESTARTS": "3"}, "name the run's folder with --out"),
    ],
)
def test_environment_that_is_wrong(changes, message):
    result = pliant(*small([]), **changes)
    assert result.returncode == 2 and message in result.stderr


def test_run_that_may_be_there_is_gone_on_with(tmp_path):
    run = tmp_path / "run"
    for steps in (10, 20):
        assert train("--steps", steps, "--out", run, "--continue").returncode == 0
    assert checkpoint(run / "last.safetensors")[0]["step"] == "20"
    assert "--continue requires --out" in train("--continue").stderr


def workers(launcher):
    """The process of each rank that torchrun has started."""
    found = {}
    for pid in pathlib.Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split():
        words = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        found |= {int(word[5:]): int(pid) for word in words if word.startswith(b"RANK=")}
    return found


def test_torchrun_goes_on_after_a_worker_was_killed(tmp_path):
    run, whole = tmp_path / "run", tmp_path / "whole"
    options = ("--steps", 400, "--validate-every", 100)
    launcher = torchrun(2, *small([*options, "--out", run]), "--no-report", restarts=1)
    wait_for_validation([launcher], run)
    os.kill(workers(launcher)[1], signal.SIGKILL)
    ((code, said),) = ends([launcher])
    assert code == 0, said
    train_with(2, *options, "--out", whole)
    assert events(run, without=TIMES) == events(whole, without=TIMES)
    assert checkpoint(run / "last.safetensors")[1] == checkpoint(whole / "last.safetensors")[1]
