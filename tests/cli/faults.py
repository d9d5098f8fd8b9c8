# tests/cli/faults.py — what goes wrong around a training: kills, full disks, damaged files, little memory
"""Each function does one thing to a small training and raises AssertionError unless it was survived. The
tests do each a few times, `make faults` (experiments/trust/faults.py) often.
"""

from __future__ import annotations

import random
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.cli.program import PROGRAM, environment, files, pliant, same_run, small, start_training, train

OPTIONS = ("--steps", 60, "--validate-every", 20)


def whole(run: Path, options=OPTIONS) -> float:
    """A run that nothing happens to; its seconds."""
    begin = time.monotonic()
    result = train(*options, "--out", run)
    assert result.returncode == 0, result.stderr
    return time.monotonic() - begin


def finish(run: Path, reference: Path, options=OPTIONS) -> None:
    """Goes on with the run, from its beginning if it has not yet come to a config.toml, to the same bits."""
    if (run / "config.toml").exists():
        result = pliant("train", "sorting", "--resume", run, "--no-report")
    else:
        result = train(*options, "--out", run)
    assert result.returncode == 0, result.stderr
    assert same_run(run, reference)


def kill_at_random(run: Path, seconds: float, rng: random.Random, options=OPTIONS) -> int:
    """kill -9 after up to so many seconds, again and again until the run has ended before; how often."""
    for kills in range(1000):
        begun = (run / "config.toml").exists()
        command = [PROGRAM, "train", "sorting", "--resume", run, "--no-report"]
        process = (
            subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            if begun
            else start_training(*options, "--out", run)
        )
        try:
            process.wait(rng.uniform(0, seconds))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        if process.returncode == 0:
            return kills
        assert process.returncode == -signal.SIGKILL, errors
    raise AssertionError("the run comes to no end")


def limited(arguments, limit, value) -> subprocess.CompletedProcess:
    """Runs the program under a limit of the system."""

    def set_limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing then fails, as on a full disk
        resource.setrlimit(limit, (value, value))

    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=set_limit,
        restore_signals=False,
    )


def file_too_large(run: Path, limit: int, reference: Path, options=OPTIONS) -> bool:
    """No file may grow beyond the limit: an error that names one, and the run goes on once there is room.

    Returns whether there was an error; a high limit is none.
    """
    result = limited([*small([*options, "--out", run]), "--no-report"], resource.RLIMIT_FSIZE, limit)
    if result.returncode != 0:
        assert result.returncode == 2, result.stderr
        assert "error: cannot write '" in result.stderr and "File too large" in result.stderr, result.stderr
        assert not list(run.rglob("*.tmp"))
    finish(run, reference, options)
    return result.returncode != 0


def full_disk(folder: Path, kilobytes: int, reference: Path, scratch: Path, options=OPTIONS) -> bool:
    """The same on a file system of so many kilobytes, mounted at the folder; root alone can do this."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(folder)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        result = train(*options, "--out", folder / "run")
        if result.returncode != 0:
            assert result.returncode == 2, result.stderr
            assert "No space left on device" in result.stderr, result.stderr
        shutil.copytree(folder / "run", scratch)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    finish(scratch, reference, options)
    return result.returncode != 0


def damaged_checkpoint(run: Path, place: float, flip: int) -> str:
    """Changes the byte at that part of last.safetensors, or with flip 0 cuts the file there, and resumes.

    The damage must be refused and no file be touched. The file is mended again. Returns the message.
    """
    last = run / "last.safetensors"
    content = last.read_bytes()
    at = min(int(place * len(content)), len(content) - 1)
    spoilt = content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :] if flip else content[:at]
    last.write_bytes(spoilt)
    before = files(run)
    result = pliant("train", "sorting", "--resume", run, "--no-report")
    assert result.returncode == 2, (at, flip, result.stderr)
    assert "last.safetensors: " in result.stderr, result.stderr
    assert files(run) == before
    last.write_bytes(content)
    return result.stderr


def too_little_memory(arguments, megabytes: int) -> str:
    """Sizes that the memory does not hold: exit code 2 and a message that says so, which is returned."""
    result = limited(arguments, resource.RLIMIT_AS, megabytes << 20)
    assert result.returncode == 2, (result.returncode, result.stderr[-500:])
    assert "error: " in result.stderr and "internal error" not in result.stderr, result.stderr
    return result.stderr
