# experiments/sorting/peer_run.py — a run of the loop in PyTorch with our sorter or diffsort's
"""Same weights, batches and loss for both; writes metrics.jsonl with the lines of `pliant train`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from torch import nn

from experiments.loop import Sorter, evaluate, train
from experiments.sorting.composites import VALIDATION, Composites, read_half_mnist

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT = 1 << 20  # a seed of its own for validation sets


def sorter(name: str, n: int, steepness: float) -> Sorter:
    """Scores → permutation matrix by an odd-even network relaxed by Cauchy, ours or diffsort's."""
    if name == "pliant":
        sys.path.insert(0, str(ROOT / "python"))
        import pliant

        return lambda x: pliant.sort(x, method="odd_even", distribution="cauchy", steepness=steepness)[1]
    sys.path.insert(0, str(ROOT / "build" / "peers"))  # benchmarks/install_peers puts it there
    import diffsort

    layer = diffsort.DiffSortNet("odd_even", n, steepness=steepness, distribution="cauchy")
    return lambda x: layer(x)[1]


def network() -> nn.Module:
    """The published network at half the resolution, with 16 and 32 channels."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 3 * 14, 64), nn.ReLU(), nn.Linear(64, 1), nn.Flatten(0)),
    )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sorter", choices=("pliant", "diffsort"), required=True)
    for name, default in (
        ("n", 5),
        ("batch", 100),
        ("steps", 2000),
        ("validate-every", 100),
        ("groups", 1000),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--steepness", type=float, default=10.0)
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--quiet", action="store_true", help="accepted, as by pliant train; nothing is printed"
    )
    return parser.parse_args()


def main() -> None:
    options = parse()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    model = network()
    images, labels = read_half_mnist()
    draw = Composites(images[:-VALIDATION], labels[:-VALIDATION], options.batch, options.n, options.seed)
    fixed = Composites(images[-VALIDATION:], labels[-VALIDATION:], 100, options.n, HELD_OUT)
    held_out = [fixed(step) for step in range(options.groups // 100)]
    sort = sorter(options.sorter, options.n, options.steepness)
    options.out.mkdir(parents=True)
    begin, best = time.monotonic(), -1.0
    with (options.out / "metrics.jsonl").open("w") as file:

        def log(event: str, step: int, **fields: object) -> None:
            line = {"event": event, "step": step, "seconds": time.monotonic() - begin, **fields}
            file.write(json.dumps(line) + "\n")
            file.flush()

        log("start", 0, task="sorting")
        for step, loss, norm in train(model, sort, draw, options.steps, options.learning_rate):
            if step % 50 == 0:
                log("train", step, loss=loss, gradient_norm=norm)
            if step % options.validate_every == 0:
                found = evaluate(model, held_out)
                log("validation", step, **found, best=found["exact"] > best)
                best = max(best, found["exact"])
        log("test", options.steps, **evaluate(model, held_out))
        log("end", options.steps, reason="steps")


if __name__ == "__main__":
    main()
