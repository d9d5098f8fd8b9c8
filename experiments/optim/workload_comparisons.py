# experiments/optim/workload_comparisons.py — ISAAC beside AdamW and Muon in equal processor seconds
"""A small convolutional network, a character transformer, an autoencoder, and plain networks 100 wide (on
Fashion-MNIST) and 400 wide (on MNIST). Every method has as many seconds of one processor as every other, and
seven rates by two or four values of a second option: 14 or 28 trials, and more where the best is at an end of
them. The rate falls as a cosine. Five seeds.

    python -m experiments.optim.workload_comparisons transformer --minutes 10
"""

from __future__ import annotations

import sys

from experiments.optim.tuned import Comparison, Grid, Options
from experiments.runner import main

DESCENT = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
ADAPTIVE = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
MUON = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
DECAYED = {"decay": 0.01}


def grids(
    momenta: tuple[float, ...],
    averages: tuple[float, ...],
    dampings: tuple[float, ...],
    descent: tuple[float, ...] = DESCENT,
) -> dict[str, Grid]:
    """The methods, each with seven rates by the values of one more option, which are equally many."""
    conditioned = {"conditioner": "isaac"}
    return {
        "SGD": Grid({"momentum": momenta, "learning-rate": descent}),
        "AdamW": Grid({"beta2": averages, "learning-rate": ADAPTIVE}, {"optimizer": "adamw", **DECAYED}),
        "Muon": Grid({"momentum": momenta, "learning-rate": MUON}, {"optimizer": "muon", **DECAYED}),
        "ISAAC, SGD with momentum 0.9": Grid(
            {"damping": dampings, "learning-rate": descent}, {**conditioned, "momentum": 0.9}
        ),
        "ISAAC, AdamW": Grid(
            {"damping": dampings, "learning-rate": ADAPTIVE},
            {**conditioned, "optimizer": "adamw", **DECAYED},
        ),
    }


FOUR = grids((0.0, 0.8, 0.9, 0.95), (0.9, 0.99, 0.999, 0.9999), (10.0, 1.0, 0.1, 0.01))
TWO = grids((0.9, 0.95), (0.99, 0.999), (1.0, 0.1))
SMALL = grids((0.9, 0.95), (0.99, 0.999), (1.0, 0.1), (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001))


def comparison(name: str, methods: dict[str, Grid], seconds: float, budget: Options) -> Comparison:
    """With a cosine schedule over so many seconds."""
    return Comparison(name, methods, {"schedule": "cosine", "processor-seconds": seconds, **budget})


COMPARISONS = {
    each.name: each
    for each in (
        comparison("transformer", TWO, 8.0, {"workload": "transformer", "batch": 16}),
        comparison("conv", FOUR, 5.0, {"workload": "conv", "batch": 60}),
        comparison("fashion", FOUR, 3.0, {"workload": "mlp", "data": "fashion_mnist", "batch": 60}),
        comparison("autoencoder", SMALL, 10.0, {"workload": "autoencoder", "batch": 60}),
        comparison("width_400", TWO, 5.0, {"workload": "mlp-400", "batch": 60}),
    )
}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMPARISONS:
        sys.exit(f"name one of {', '.join(COMPARISONS)}")
    sys.exit(main(COMPARISONS[name].experiment, sys.argv[2:]))
