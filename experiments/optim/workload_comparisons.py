# experiments/optim/workload_comparisons.py — ISAAC beside AdamW and Muon in equal processor seconds
"""A small convolutional network, a character transformer, an autoencoder and Fashion-MNIST. Every method has
as many seconds of one processor and as many trials as every other: 28, seven rates by four momenta, β₂ or
dampings, and more where the best is at an end of its grid. The rate falls as a cosine. Five seeds.

    python -m experiments.optim.workload_comparisons transformer --minutes 10
"""

from __future__ import annotations

import sys

from experiments.optim.tuned import Comparison, Grid, Options
from experiments.runner import main

DESCENT = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
ADAPTIVE = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
MUON = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
DAMPINGS = (10.0, 1.0, 0.1, 0.01)
MOMENTA = (0.0, 0.8, 0.9, 0.95)
ADAMW = {"optimizer": "adamw", "decay": 0.01}
HEAVY, CONDITIONED = {"momentum": 0.9}, {"conditioner": "isaac"}

METHODS = {
    "SGD": Grid({"momentum": MOMENTA, "learning-rate": DESCENT}),
    "AdamW": Grid({"beta2": (0.9, 0.99, 0.999, 0.9999), "learning-rate": ADAPTIVE}, ADAMW),
    "Muon": Grid({"momentum": MOMENTA, "learning-rate": MUON}, {"optimizer": "muon", "decay": 0.01}),
    "ISAAC, SGD": Grid({"damping": DAMPINGS, "learning-rate": DESCENT}, {**CONDITIONED, **HEAVY}),
    "ISAAC, AdamW": Grid({"damping": DAMPINGS, "learning-rate": ADAPTIVE}, {**CONDITIONED, **ADAMW}),
}


def comparison(name: str, seconds: float, budget: Options) -> Comparison:
    """With a cosine schedule over so many seconds."""
    return Comparison(name, METHODS, {"schedule": "cosine", "processor-seconds": seconds, **budget})


COMPARISONS = {
    each.name: each
    for each in (
        comparison("transformer", 8.0, {"workload": "transformer", "batch": 16}),
        comparison("conv", 5.0, {"workload": "conv", "batch": 60}),
        comparison("fashion", 3.0, {"workload": "mlp", "data": "fashion_mnist", "batch": 60}),
        comparison("autoencoder", 10.0, {"workload": "autoencoder", "batch": 60}),
    )
}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMPARISONS:
        sys.exit(f"name one of {', '.join(COMPARISONS)}")
    sys.exit(main(COMPARISONS[name].experiment, sys.argv[2:]))
