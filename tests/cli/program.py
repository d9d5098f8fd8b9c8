# tests/cli/program.py — running the program and reading what it leaves behind
import json
import os
import pathlib
import signal
import struct
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = ROOT / os.environ.get("PLIANT_BUILD", "build") / "bin" / "pliant"
TIMES = {"seconds", "samples_per_second", "all_reduce_seconds"}
SMALL = {"--batch": "4", "--log-every": "5", "--threads": "1"}
SMALL_TASK = {
    "sorting": {"--channels": "2,3", "--groups": "20"},
    "topk": {"--channels": "2,3", "--evaluation": "50"},
    "logic": {"--widths": "120,100", "--evaluation": "50"},
    "shape": {"--level": "2", "--views": "4", "--size": "32", "--validate-every": "2"},
    "camera": {"--size": "32"},
    "mnist": {"--widths": "20,20", "--evaluation": "50", "--data": "digits"},
    "reconstruct": {
        **{"--level": "2", "--size": "32", "--channels": "4,8,8", "--hidden": "32"},
        **{"--objects": "2", "--evaluation": "1"},
    },
    "edit-distance": {
        **{"--data": "digits", "--channels": "4", "--hidden": "16", "--length": "3"},
        **{"--letters": "0,1,3", "--evaluation": "20"},
    },
    "program-sort": {"--channels": "2,3", "--groups": "20"},
    "silhouette": {
        **{"--level": "1", "--size": "16", "--channels": "4,8,8", "--hidden": "32"},
        **{"--objects": "2", "--evaluation": "1"},
    },
    "paths": {"--cells": "5", "--channels": "4", "--evaluation": "10", "--maps": "50"},
}


def environment(**changes):
    """This process's environment without what the program reads, and with the changes."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PLIANT_") and k != "WORLD_SIZE"}
    return clean | changes


def pliant(*arguments, **changes):
    """Runs the program to its end; the result has returncode, stdout and stderr."""
    command = [PROGRAM, *map(str, arguments)]
    return subprocess.run(
        command, env=environment(**changes), capture_output=True, text=True, timeout=120, check=False
    )


def small(arguments, task="sorting"):
    """The arguments of a training of a small network, where they do not say otherwise."""
    defaults = SMALL | SMALL_TASK[task]
    rest = [word for option in defaults.items() if option[0] not in arguments for word in option]
    return ["train", task, *rest, *map(str, arguments)]


def train(*arguments, task="sorting", **changes):
    """Runs `pliant train` on a small network."""
    return pliant(*small(arguments, task), "--no-report", **changes)


def start_training(*arguments, task="sorting"):
    """The same, not waited for."""
    command = [PROGRAM, *small(arguments, task), "--no-report"]
    return subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def whole_run_of(*options, out, task="sorting"):
    """A run that nobody stopped: its folder, which is `out`."""
    result = train(*options, "--out", out, task=task)
    assert result.returncode == 0, result.stderr
    return out


def kill_and_resume(*options, out, task, validations):
    """A run into `out` that is killed after so many validations, and goes on to its end."""
    process = start_training(*options, "--out", out, task=task)
    assert stop_after(process, out, validations) == -signal.SIGKILL
    assert checkpoint(out / "last.safetensors")[0]["step"] != str(options[options.index("--steps") + 1])
    resumed = pliant("train", task, "--resume", out, "--no-report")
    assert resumed.returncode == 0, resumed.stderr


def refuses(options, message, folder, task="sorting"):
    """Wrong options of a training end with exit code 2 and the message, and nothing is made in the folder."""
    result = train(*options, "--out", folder / "run", task=task)
    assert result.returncode == 2, result.stderr
    assert message in result.stderr + result.stdout
    assert not list(folder.iterdir())


def stop_after(process, run, validations, number=signal.SIGKILL):
    """Sends the signal once so many validations are in the metrics; the exit code."""
    deadline = time.monotonic() + 60
    while len([e for e in events(run) if e["event"] == "validation"]) < validations:
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.002)
    process.send_signal(number)
    process.communicate(timeout=60)
    return process.returncode


def events(run, without=frozenset()):
    """The lines of metrics.jsonl, less these fields and a line that is still being written."""
    path = pathlib.Path(run) / "metrics.jsonl"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [{k: v for k, v in json.loads(line).items() if k not in without} for line in lines]


def of_kind(run, kind):
    """The run's lines of this kind, without times."""
    return [event for event in events(run, without=TIMES) if event["event"] == kind]


def losses(run):
    """Those of the lines of training."""
    return [event["loss"] for event in of_kind(run, "train")]


def choices(task, option):
    """The names that the help text of `pliant train TASK` lists for an option."""
    text = " ".join(pliant("train", task, "--help").stdout.split())
    (rest,) = text.split(f" --{option} ")[1:]
    return rest.split(": ")[1].split(" --")[0].split(", ")


def checkpoint(path):
    """The metadata of a safetensors file, and its tensors as bytes by name."""
    content = pathlib.Path(path).read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__")
    data = content[8 + length :]
    return metadata, {name: data[slice(*entry["data_offsets"])] for name, entry in header.items()}


def files(folder):
    """Every file under the folder with its bytes."""
    paths = (path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def same_run(one, other):
    """Whether two runs have the same parameters, optimiser state and figures, to the bit."""
    tensors = [checkpoint(pathlib.Path(run) / "last.safetensors")[1] for run in (one, other)]
    figures = [events(run, without=TIMES) for run in (one, other)]
    return tensors[0] == tensors[1] and figures[0] == figures[1]
