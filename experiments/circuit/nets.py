# experiments/circuit/nets.py — the networks that are made hardware, trained in seconds, and their examples
from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from experiments.runner import PLIANT, ROOT

Options = Mapping[str, object]
NETS: dict[str, Options] = {
    "MONK-1": {"recipe": "monk1", "steps": 3000},
    "digits, 1000, 500, 250": {"recipe": "digits", "widths": "1000,500,250", "steps": 3000},
    "digits, three layers of 2000": {"recipe": "digits", "steps": 1500},
    "digits, 6 inputs, 400, 200, 100": {
        "recipe": "digits",
        "fan-in": 6,
        "widths": "400,200,100",
        "steps": 1500,
    },
}


def pliant(*arguments: object) -> str:
    """What the program prints.

    Raises:
        RuntimeError: with the command and its error text, if it fails
    """
    command = [*PLIANT, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {result.stderr.strip()}")
    return result.stdout


def trained(options: Options, folder: Path, seed: int = 0) -> float:
    """Trains a network, one thread, into a run's folder.   Returns: its accuracy on the test set."""
    words = [word for key, value in options.items() for word in (f"--{key}", value)]
    pliant("train", "logic", *words, "--seed", seed, "--threads", 1, "--out", folder, "--quiet")
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    tests = [json.loads(line) for line in lines if '"test"' in line]
    return float(re.search(r'"hard": ?([0-9.]+)', json.dumps(tests[-1]))[1])


def compiled(source: Path, target: Path, *options: object) -> dict:
    """A circuit and the program's figures of it."""
    return json.loads(pliant("circuit", "compile", source, "-o", target, "--json", *options))


def rows_of(name: str, inputs: int, count: int) -> bytes:
    """Real examples, spread over the set: digits as bytes; of MONK all attributes there are, one-hot."""
    if name.startswith("digits"):
        raw = gzip.decompress((ROOT / "pliant/data/digits/images-idx3-ubyte.gz").read_bytes())
        images = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 64)
        return images[:: max(1, len(images) // count)][:count].tobytes()
    values = (3, 3, 2, 3, 4, 2)  # of the six attributes of the MONK's problems: 432 robots
    robots = np.stack(np.meshgrid(*map(np.arange, values), indexing="ij"), -1).reshape(-1, len(values))
    bits = np.concatenate([np.eye(n, dtype=np.uint8)[robots[:, a]] for a, n in enumerate(values)], axis=1)
    if bits.shape[1] != inputs:
        raise ValueError(f"{name}: a MONK's circuit has {bits.shape[1]} input bits, this one has {inputs}")
    return bits[:: max(1, len(bits) // count)][:count].tobytes()
