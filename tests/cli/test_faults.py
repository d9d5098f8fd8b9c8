# tests/cli/test_faults.py — trainings that are killed, out of disk or memory, or find their files damaged
import random

import pytest

from tests.cli import faults
from tests.cli.program import PROGRAM, pliant, train

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """A run that nothing happened to, and its seconds."""
    run = tmp_path_factory.mktemp("faults") / "whole"
    return run, faults.whole(run)


def test_kills_at_random_times_change_no_bit(reference, tmp_path):
    run, seconds = reference
    kills = faults.kill_at_random(tmp_path / "run", seconds, random.Random(1))
    faults.finish(tmp_path / "run", run)
    assert kills > 0


@pytest.mark.parametrize("limit", [0, 1000, 3000])
def test_full_disk_is_an_error_and_the_run_goes_on_later(reference, tmp_path, limit):
    assert faults.file_too_large(tmp_path / "run", limit, reference[0])


@pytest.mark.parametrize(("place", "flip"), [(0.3, 1), (0.999, 128), (0.5, 0), (0.0, 2)])
def test_damaged_checkpoint_is_refused_and_no_file_is_touched(tmp_path, place, flip):
    run = tmp_path / "run"
    assert train("--steps", 5, "--out", run).returncode == 0
    faults.damaged_checkpoint(run, place, flip)


def test_folder_where_nothing_can_be_written():
    result = train("--steps", 5, "--out", "/proc/pliant/run")
    assert result.returncode == 2
    assert result.stderr.startswith("error: cannot make the folder '/proc/pliant/run': ")


@pytest.mark.parametrize("entry", ["last.safetensors", "metrics.jsonl", "snapshots"])
def test_what_is_in_the_way_of_a_file_of_the_run_is_named(tmp_path, entry):
    run = tmp_path / "run"
    assert train("--steps", 5, "--out", run).returncode == 0
    if entry == "snapshots":
        for file in (run / entry).iterdir():
            file.unlink()
        (run / entry).rmdir()
        (run / entry).write_text("a file")
    else:
        (run / entry).unlink()
        (run / entry).mkdir()
    result = pliant("train", "sorting", "--resume", run, "--steps", 10, "--no-report")
    assert result.returncode == 2
    assert entry in result.stderr and "internal" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mnist", "--data", "digits", "--widths", "2000000000"), "error: out of memory: "),
        (("sorting", "--batch", "10000000000", "--data", "digits"), "error: out of memory: "),
        (("sorting", "--n", "1000000"), "error: network: size of odd_even must be in 1 … 23170, got 1000000"),
    ],
)
def test_sizes_beyond_the_memory_are_a_clear_error(tmp_path, arguments, message):
    # A torch for GPUs reserves many gigabytes of addresses as it is loaded.
    assert message in faults.too_little_memory(["train", *arguments, "--out", tmp_path / "run"], 60_000)
