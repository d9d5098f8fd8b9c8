# experiments/circuit/comparison.py — circuits beside int8 networks and trees of equal accuracy
"""For each data set the circuit of a trained logic network, and of each kind of peer the smallest that
reaches the circuit's accuracy on the validation examples (or the best that was tried):

    python -m experiments.circuit.comparison --nets adult=runs/adult

The runs of the rows: `pliant train logic --data adult --steps 20000`, `--recipe fashion-mnist`.

MNIST's network is examples/networks/mnist_small.safetensors. What is measured, all in one process, in rounds
that take one contender after the other: labels of batches of 512, bytes to labels, and of single examples, by
Python. onnx, onnxruntime and lightgbm are peers: build/peers.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from experiments.circuit.comparison_rows import EXPERIMENT
from experiments.circuit.contenders import Contender, load
from experiments.circuit.memory import added
from experiments.circuit.peers import Data, cnn, int8_network, mlp, train, trees
from experiments.rows import Row, append_row, read_rows
from experiments.runner import ROOT, machine, revision
from pliant.circuit import Circuit

SETS = ("mnist", "fashion_mnist", "adult")
BATCH = 512
ROUNDS = 9  # of batches; the median counts
SINGLES = 2000
EPOCHS = 4
SIZES = {"int8 MLP": (8, 16, 32, 64, 128), "int8 CNN": (2, 4, 8), "LightGBM": (60, 120)}
ROUNDS_ON_PICTURES = (30, 60)  # of LightGBM: ten trees each


def examples_of(name: str) -> Data:
    """A set with its splits, as bytes."""
    from pliant.data import load_image_set, load_table_set

    parts = []
    for split in ("train", "validation", "test"):
        if name == "adult":
            table = load_table_set("adult", split, validation=0.1)
            parts.append((table.features.numpy().astype(np.uint8), table.labels.numpy().astype(np.int64)))
        else:
            images = load_image_set(name, split)
            parts.append(
                (
                    images.images.numpy().reshape(len(images.images), -1),
                    images.labels.numpy().astype(np.int64),
                )
            )
    return Data(*parts, classes=int(parts[0][1].max()) + 1, maximum=1 if name == "adult" else 255)


def circuit_file(source: Path, folder: Path) -> tuple[int, Path]:
    """The circuit of a run folder or a network's file: its nodes and where it was saved."""
    source = source / "best.safetensors" if source.is_dir() else source
    circuit = Circuit.from_model(source).simplify()
    circuit.save(folder / "circuit.plc")
    return circuit.nodes, folder / "circuit.plc"


def accuracy(contender: Contender, part: tuple[np.ndarray, np.ndarray]) -> float:
    """The share of right labels, in batches."""
    x, y = part
    right = sum(
        int((contender.labels(x[i : i + 1000]) == y[i : i + 1000]).sum()) for i in range(0, len(x), 1000)
    )
    return right / len(x)


def makers(kind: str, data: Data, folder: Path) -> Iterator[tuple[int, Path]]:
    """The files of the kind's models, from the smallest on."""
    width = data.train[0].shape[1]
    make: dict[str, Callable[[int, Path], Path]] = {
        "int8 MLP": lambda n, at: int8_network(train(mlp(width, data.classes, n), data, EPOCHS), data, at),
        "int8 CNN": lambda n, at: int8_network(train(cnn(width, data.classes, n), data, EPOCHS), data, at),
        "LightGBM": lambda n, at: trees(data, n, at),
    }
    pictures = kind == "LightGBM" and data.classes > 2
    for size in ROUNDS_ON_PICTURES if pictures else SIZES[kind]:
        torch.manual_seed(0)
        place = folder / f"{kind} {size}"
        place.mkdir()
        yield size, make[kind](size, place)


def chosen(kind: str, data: Data, wanted: float, folder: Path) -> tuple[int, Path]:
    """The smallest that is as accurate on the validation examples, or the most accurate."""
    best: tuple[float, int, Path] | None = None
    for size, model in makers(kind, data, folder):
        reached = accuracy(load(model), data.validation)
        print(f"  {kind} {size}: validation {reached:.2%} of {wanted:.2%}", flush=True)
        if best is None or reached > best[0]:
            best = (reached, size, model)
        if reached >= wanted:
            break
    assert best is not None
    return best[1], best[2]


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def times(contenders: dict[str, Contender], x: np.ndarray) -> dict[str, Row]:
    """Examples a second and microseconds of a single one; each round takes all contenders in turn."""
    batches: dict[str, list[float]] = {name: [] for name in contenders}
    singles: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS + 1):
        for name, contender in contenders.items():
            batches[name].append(min(timed(lambda c=contender: c.labels(x[:BATCH])) for _ in range(3)))
            some = [x[i : i + 1] for i in range(SINGLES // ROUNDS)]
            singles[name] += [timed(lambda c=contender, one=one: c.one(one)) for one in some]
    first = SINGLES // ROUNDS  # of the first round, which warms up
    return {
        name: {
            "examples_a_second": BATCH / float(np.median(batches[name][1:])),
            "p50_us": 1e6 * float(np.percentile(singles[name][first:], 50)),
            "p99_us": 1e6 * float(np.percentile(singles[name][first:], 99)),
        }
        for name in contenders
    }


def compare(name: str, path: Path, kinds: list[str]) -> list[Row]:
    """The rows of a data set: of the circuit and these kinds of peers."""
    started = time.monotonic()
    data = examples_of(name)
    with tempfile.TemporaryDirectory() as given:
        folder = Path(given)
        models = {"circuit": circuit_file(path, folder)}
        wanted = accuracy(load(models["circuit"][1]), data.validation)
        for kind in kinds:
            if kind != "int8 CNN" or name != "adult":
                models[kind] = chosen(kind, data, wanted, folder)
        np.save(folder / "rows.npy", data.test[0][:BATCH])
        contenders = {model: load(file) for model, (_, file) in models.items()}
        measured = times(contenders, data.test[0])
        common = {"revision": revision(), "machine": machine(), "seed": 0, "threads": 1}
        seconds = round((time.monotonic() - started) / len(contenders), 1)
        return [
            {
                "setting": {"data": name, "model": model, "size": models[model][0]},
                "validation": {"accuracy": accuracy(contender, data.validation)},
                "test": {"accuracy": accuracy(contender, data.test)},
                "bytes": models[model][1].stat().st_size,
                "memory": added(models[model][1], folder / "rows.npy"),
                "load": round(os.getloadavg()[0], 1),
                **measured[model],
                **common,
                "seconds": seconds,
            }
            for model, contender in contenders.items()
        ]


def main() -> int:
    """Compares on the sets whose networks are named and that have no rows yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--nets", nargs="+", required=True, metavar="SET=PATH", help=f"of {', '.join(SETS)}")
    parser.add_argument("--peers", nargs="+", default=list(SIZES), choices=SIZES, help="kinds (default: all)")
    options = parser.parse_args()
    sys.path.append(str(ROOT / "build" / "peers"))
    torch.set_num_threads(1)
    for given in options.nets:
        name, _, path = given.partition("=")
        if name not in SETS:
            parser.error(f"--nets: one of {', '.join(SETS)} is needed before =, got {name!r}")
        if any(row["setting"]["data"] == name for row in read_rows(EXPERIMENT.results)):
            continue
        print(name, flush=True)
        for row in compare(name, Path(path), options.peers):
            append_row(EXPERIMENT.results, row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
