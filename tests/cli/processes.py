# tests/cli/processes.py — trainings of several processes on this machine
import contextlib
import os
import socket
import subprocess
import sys
import time

from tests.cli.program import PROGRAM, environment, small

# What torchrun sets, and a test that itself runs under torchrun must not hand on.
NAMES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def free_port():
    """A port of the loopback that nobody listens at."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**changes):
    """The environment of one process alone, with the changes."""
    return {k: v for k, v in environment(**changes).items() if k in changes or k not in NAMES}


def start_rank(rank, world, port, arguments, **changes):
    """One process of a training, as torchrun would start it."""
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "LOCAL_WORLD_SIZE": world}
    place |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "PLIANT_TIMEOUT": 60} | changes
    return subprocess.Popen(
        [PROGRAM, *map(str, arguments)],
        env=clean_environment(**{name: str(value) for name, value in place.items()}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_ranks(world, *options, task="sorting", each=None, **changes):
    """All processes of a training; `each(rank)` gives further options of one."""
    port = free_port()
    more = each or (lambda rank: ())
    return [
        start_rank(rank, world, port, [*small([*options, *more(rank)], task), "--no-report"], **changes)
        for rank in range(world)
    ]


def ends(processes, timeout=120):
    """For each process its exit code and what it said on standard error."""
    deadline = time.monotonic() + timeout
    try:
        said = [process.communicate(timeout=max(deadline - time.monotonic(), 1))[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, text) for process, text in zip(processes, said, strict=True)]


def train_with(world, *options, task="sorting", **changes):
    """A training of so many processes to its end."""
    result = ends(start_ranks(world, *options, task=task, **changes))
    assert [code for code, _ in result] == [0] * world, result


def torchrun(world, *arguments, restarts=0, **changes):
    """`torchrun --no-python pliant …`, started."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python"]
    command += ["--nproc-per-node", str(world), "--max-restarts", str(restarts), "--monitor-interval", "0.2"]
    return subprocess.Popen(
        [*command, str(PROGRAM), *map(str, arguments)],
        env=clean_environment(**changes) | {"PYTHONWARNINGS": "ignore", "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
