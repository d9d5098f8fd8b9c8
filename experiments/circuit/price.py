# experiments/circuit/price.py — what a point of accuracy costs in LUTs: a price on gates, and narrow heads
"""python -m experiments.circuit.price [--data mnist] — rows in results/price.json; those that exist are kept.

A network of three layers is trained with cross-entropy + λ · expected gates / gates; the last layer, whose
bits are summed, is wide or narrow. LUTs are those of the simplified circuit in tables of four inputs, without
encoder and sums; a sum needs about a LUT for each of its bits.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import torch

import pliant
from experiments.rows import Row, append_row, read_rows
from experiments.runner import ROOT
from pliant.circuit import Circuit

RESULTS = ROOT / "experiments/circuit/results/price.json"
PRICES = (0.0, 0.1, 0.3, 1.0)
# Bits of a pixel, gates of the first two layers, of the last one, steps.
SETS = {
    "digits": (3, 2000, (2000, 1000, 500), 1000),
    "mnist": (1, 8000, (8000, 4000, 2000), 2000),
    "fashion_mnist": (3, 8000, (8000, 4000, 2000), 2000),
}
BATCH, RATE = 64, 0.02


def model_of(features: int, bits: int, width: int, head: int) -> torch.nn.Sequential:
    """Thermometer, three layers of gates, sums of ten classes."""
    thresholds = [(i + 1) / (bits + 1) for i in range(bits)]
    network = pliant.nn.LogicNetwork(
        features * bits, [width, min(width, 2 * head), head], groups=10, tau=(head / 80) ** 0.5
    )
    return torch.nn.Sequential(pliant.nn.Thermometer(thresholds), torch.nn.Flatten(), network)


def row_of(data: str, head: int, price: float, seed: int = 0) -> Row:
    """Trains one network and makes it a circuit."""
    bits, width, _, steps = SETS[data]
    train, test = (pliant.data.load_image_set(data, split) for split in ("train", "test"))
    torch.manual_seed(seed)
    model = model_of(train.images[0].numel(), bits, width, head)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    start = time.perf_counter()
    x = train.images.float().unsqueeze(1) / train.maximum
    for _ in range(steps):
        chosen = torch.randint(len(x), (BATCH,))
        scores = model(x[chosen])
        gates = model[2].expected_gates() / model[2].weight.shape[1]
        loss = torch.nn.functional.cross_entropy(scores, train.labels[chosen]) + price * gates
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    seconds = time.perf_counter() - start
    model.eval()
    circuit = Circuit.from_model(model, tuple(x.shape[1:])).simplify(lut=4)
    numbers = (test.images.float() / test.maximum).reshape(len(test.images), -1)
    right = torch.from_numpy(circuit.classify(numbers.numpy())) == test.labels
    info = circuit.info()
    return {
        "data": data, "head": head, "price": price, "seed": seed, "accuracy": right.float().mean().item(),
        "luts": circuit.nodes, "depth": circuit.depth, "summed_bits": info["output_bits"], "seconds": seconds,
    }  # fmt: skip


def main() -> int:
    """Runs what has no row yet."""
    parser = argparse.ArgumentParser(prog="python -m experiments.circuit.price")
    parser.add_argument("--data", choices=list(SETS), default="digits")
    data = parser.parse_args().data
    torch.set_num_threads(int(os.environ.get("PLIANT_THREADS", "1")))
    done = {(row["data"], row["head"], row["price"]) for row in read_rows(RESULTS)}
    for head in SETS[data][2]:
        for price in PRICES:
            if (data, head, price) in done:
                continue
            row = row_of(data, head, price)
            append_row(RESULTS, row)
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
