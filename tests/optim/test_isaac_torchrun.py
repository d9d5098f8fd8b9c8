# tests/optim/test_isaac_torchrun.py — a C++ training loop under torchrun gives one process's result
import os
import pathlib
import subprocess
import sys

import pytest
import torch

from tests.cli.program import PROGRAM, checkpoint, small

JOINT = PROGRAM.parent / "optim_joint_program"


def torchrun(processes, *command):
    """Runs the command in so many processes to its end."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PLIANT_")} | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [*launcher, "--nproc-per-node", str(processes), *map(str, command)],
        env=clean, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.skipif(not JOINT.exists(), reason=f"{JOINT} is not built")
def test_a_training_of_2_and_4_processes_is_that_of_one():
    one = subprocess.run([JOINT, "local"], capture_output=True, text=True, timeout=60, check=True)
    expected = torch.tensor([float(line) for line in one.stdout.split()], dtype=torch.float64)
    assert len(expected) > 600
    found = {}
    for processes, mode in ((2, "primal"), (2, "dual"), (4, "primal"), (4, "dual"), (2, "local")):
        result = torchrun(processes, JOINT, mode)
        assert result.returncode == 0, result.stderr
        numbers = [float(line) for line in result.stdout.split()]
        found[processes, mode] = torch.tensor(numbers, dtype=torch.float64)
    apart = found.pop((2, "local"))
    for weights in found.values():
        torch.testing.assert_close(weights, expected, rtol=1e-9, atol=1e-11)
    assert (apart - expected).abs().max() > 1e-3  # each by its own share is another algorithm


def weights(run):
    """The parameters of a run's last checkpoint."""
    _, tensors = checkpoint(pathlib.Path(run) / "last.safetensors")
    kept = [bytearray(data) for name, data in sorted(tensors.items()) if name.startswith("model/")]
    return torch.cat([torch.frombuffer(data, dtype=torch.float32) for data in kept])


@pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
def test_pliant_train_mnist_in_either_global_mode(tmp_path):
    steps = "--optimizer isaac --conditioned all --batch 20 --steps 8 --validate-every 8".split()
    runs = [(1, "local"), (2, "global_primal"), (2, "global_dual"), (4, "global_primal")]
    found = {}
    for processes, mode in runs:
        out = tmp_path / f"{mode}-{processes}"
        command = small((*steps, "--isaac-mode", mode, "--out", out), "mnist")
        result = torchrun(processes, PROGRAM, *command, "--no-report")
        assert result.returncode == 0, result.stderr
        found[processes, mode] = weights(out)
    expected = found.pop((1, "local"))
    for each in found.values():
        assert (each - expected).norm() < 1e-4 * expected.norm()
