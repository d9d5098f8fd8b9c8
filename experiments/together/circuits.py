# experiments/together/circuits.py — a sorting network that was learned through, hardened; programs too
"""*sorting*: a small network learns to read single digits (8 × 8 pixels) from nothing but the order of five,
through a relaxed Batcher network. Then its scores become whole numbers of so many bits, and the same network
sorts them as a circuit. Three seeds; sets of the test whose digits differ.

*program*: a program is compiled to a circuit, which is compared with the hard program on every input there
is, and, where it sorts, by berkeley-abc and yosys with the circuit of a sorting network.

    python -m experiments.together.circuits
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import pliant
from experiments.rows import Row
from experiments.runner import PLIANT
from experiments.together.cases import Case, Figures, experiment, main
from pliant.circuit import Circuit, sorting_circuit

EXPERIMENT = experiment("circuits")
SEEDS = (0, 1, 2)
BITS = (2, 3, 4, 6, 8)
ITEMS = 5
# Name, inputs of the command line, shape and bits of the inputs, and the network that does the same.
PROGRAMS: dict[str, tuple[str, int, list[int], str]] = {
    "bubble_sort, 3 numbers": ("xs=3", 4, [3], "batcher"),
    "bubble_sort, 4 numbers": ("xs=4", 4, [4], "bitonic"),
    "shortest_path, 3 × 3": ("cost=3x3", 2, [3, 3], ""),
}
OUTPUTS = {"bubble_sort": ["--outputs", "ys"], "shortest_path": ["--outputs", "path"]}


def drawn(images: Tensor, labels: Tensor, sets: int) -> tuple[Tensor, Tensor]:
    """Sets of five digits that differ."""
    by_label = [images[labels == label] for label in range(10)]
    chosen = torch.stack([torch.randperm(10)[:ITEMS] for _ in range(sets)])
    picked = [by_label[k][torch.randint(len(by_label[k]), ())] for k in chosen.flatten().tolist()]
    return torch.stack(picked).reshape(sets, ITEMS, -1), chosen


def scorer(images: Tensor, labels: Tensor) -> torch.nn.Module:
    """Learned by order alone."""
    model = torch.nn.Sequential(torch.nn.Linear(64, 100), torch.nn.ReLU(), torch.nn.Linear(100, 1))
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(300):
        items, order = drawn(images, labels, 32)
        loss = pliant.permutation_loss(model(items).squeeze(-1), order, method="batcher")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def digits(split: str) -> tuple[Tensor, Tensor]:
    """Pixels in [0, 1], flat, and labels."""
    found = pliant.data.load_image_set("digits", split)
    return found.images.flatten(1).float() / found.images.max(), found.labels


def as_bits(numbers: np.ndarray, bits: int) -> np.ndarray:
    """Whole numbers (sets, n) as input bits (sets, n·bits), the least significant first."""
    each = (numbers[..., None].astype(np.int64) >> np.arange(bits)) & 1
    return each.reshape(len(numbers), -1).astype(np.uint8)


def as_numbers(rows: np.ndarray, bits: int) -> np.ndarray:
    """The other way."""
    return (rows.reshape(len(rows), -1, bits).astype(np.int64) << np.arange(bits)).sum(-1)


def hardened(seed: int) -> Figures:
    """Sets in the right order: by the scores themselves, and by the circuit on scores of few bits."""
    del seed  # torch's generator has it
    model = scorer(*digits("train"))
    with torch.no_grad():
        low, high = model(digits("train")[0]).aminmax()
        items, order = drawn(*digits("test"), 1000)
        scores = model(items).squeeze(-1)
    right = order.argsort(-1)
    figures = {"float": (scores.argsort(-1) == right).all(-1).double().mean().item()}
    for bits in BITS:
        circuit = sorting_circuit(ITEMS, bits, network="batcher", places=True).simplify()
        whole = ((scores - low) / (high - low) * (2**bits - 1)).round().clamp(0, 2**bits - 1)
        found = circuit.run(as_bits(whole.numpy(), bits))
        places = as_numbers(found[:, ITEMS * bits :], 3)
        figures[f"{bits} bits"] = float((places == right.numpy()).all(-1).mean())
        figures[f"{bits} bits, nodes"] = circuit.nodes
    return figures


def command(*words: object) -> subprocess.CompletedProcess[str]:
    """The program's answer."""
    return subprocess.run([*PLIANT, *map(str, words)], capture_output=True, text=True, check=False)


def equal_everywhere(program: pliant.program.Program, circuit: Circuit, shape: list[int], bits: int) -> int:
    """On how many inputs, all that there are, circuit and hard program agree."""
    size = int(np.prod(shape))
    agreed = 0
    numbers = np.arange(2 ** (size * bits))
    for some in np.array_split(numbers, max(1, len(numbers) // 2**16)):
        each = (some[:, None] >> (bits * np.arange(size))) & (2**bits - 1)
        hard = program.hard(torch.from_numpy(each).double().reshape(len(each), *shape))
        first = hard[0] if isinstance(hard, tuple) else hard
        expected = first.reshape(len(each), -1).long().numpy()
        found = circuit.run(as_bits(each, bits))
        width = found.shape[1] // expected.shape[1]
        agreed += int((as_numbers(found, width) == expected).all(-1).sum())
    return agreed


def compiled(name: str) -> Figures:
    """Nodes, on how many of all inputs it is the program, and whether it is proved to be the network."""
    shape_text, bits, shape, network = PROGRAMS[name]
    source = name.split(",", maxsplit=1)[0]
    with tempfile.TemporaryDirectory() as folder:
        plc, other = Path(folder) / "program.plc", Path(folder) / "network.plc"
        started = time.monotonic()
        words = (
            "circuit",
            "compile",
            source,
            "--shape",
            shape_text,
            "--bits",
            bits,
            *OUTPUTS[source],
        )
        done = command(*words, "-o", plc)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        figures = {"compile, s": time.monotonic() - started}
        circuit = Circuit.load(plc)
        figures |= {"nodes": circuit.nodes, "inputs": 2.0 ** (bits * int(np.prod(shape)))}
        figures["agreed"] = equal_everywhere(pliant.program.load(source), circuit, shape, bits)
        if network:
            sorting_circuit(shape[0], bits, network=network).simplify().save(other)
            started = time.monotonic()
            figures["proved"] = float(command("circuit", "prove", plc, other).returncode == 0)
            figures["proof, s"] = time.monotonic() - started
    return figures


def cases(rows: list[Row]) -> list[Case]:
    """The trained ones, then the programs, which have no seed."""
    del rows  # nothing depends on them
    found = [Case({"what": "sorting"}, seed, hardened) for seed in SEEDS]
    return found + [Case({"what": name}, 0, lambda _, name=name: compiled(name)) for name in PROGRAMS]


if __name__ == "__main__":
    sys.exit(main(EXPERIMENT, cases))
