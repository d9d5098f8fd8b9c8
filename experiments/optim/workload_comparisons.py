# experiments/optim/workload_comparisons.py — ISAAC beside AdamW and Muon in equal processor seconds
"""A small convolutional network, a character transformer, an autoencoder and Fashion-MNIST. Every method has
as many seconds of one processor and as many trials as every other: four, or fourteen for the two networks
that train quickly, and more where the best is at an end of its grid. The rate falls as a cosine. Five seeds.

    python -m experiments.optim.workload_comparisons transformer --minutes 10
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from experiments.optim.tuned import Comparison, Grid, Options
from experiments.runner import main

DESCENT = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003)
ADAPTIVE = (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
MUON = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
DAMPINGS = (1.0, 0.1)
ADAMW = {"optimizer": "adamw", "decay": 0.01}
HEAVY, CONDITIONED = {"momentum": 0.9}, {"conditioner": "isaac"}

FOURTEEN = {
    "SGD": Grid({"momentum": (0.9, 0.95), "learning-rate": DESCENT}),
    "AdamW": Grid({"beta2": (0.99, 0.999), "learning-rate": ADAPTIVE}, ADAMW),
    "Muon": Grid({"momentum": (0.9, 0.95), "learning-rate": MUON}, {"optimizer": "muon", "decay": 0.01}),
    "ISAAC, SGD": Grid({"damping": DAMPINGS, "learning-rate": DESCENT}, {**CONDITIONED, **HEAVY}),
    "ISAAC, AdamW": Grid({"damping": DAMPINGS, "learning-rate": ADAPTIVE}, {**CONDITIONED, **ADAMW}),
}


def four(descent: Sequence[float], conditioned: Sequence[float]) -> dict[str, Grid]:
    """Four trials a method; the rates are those of descent, plain and conditioned."""
    muon = {"optimizer": "muon", "momentum": 0.95, "decay": 0.01}
    return {
        "SGD, momentum 0.9": Grid({"learning-rate": descent}, HEAVY),
        "AdamW": Grid({"learning-rate": ADAPTIVE[2:6]}, ADAMW),
        "Muon": Grid({"learning-rate": MUON[2:6]}, muon),
        "ISAAC, SGD with momentum 0.9": Grid(
            {"damping": DAMPINGS, "learning-rate": conditioned}, {**CONDITIONED, **HEAVY}
        ),
        "ISAAC, AdamW": Grid({"damping": DAMPINGS, "learning-rate": ADAPTIVE[3:5]}, {**CONDITIONED, **ADAMW}),
    }


def comparison(name: str, methods: dict[str, Grid], seconds: float, budget: Options) -> Comparison:
    """With a cosine schedule over so many seconds."""
    return Comparison(name, methods, {"schedule": "cosine", "processor-seconds": seconds, **budget})


COMPARISONS = {
    each.name: each
    for each in (
        comparison(
            "transformer", four(DESCENT[2:6], (0.3, 0.1)), 8.0, {"workload": "transformer", "batch": 16}
        ),
        comparison("conv", FOURTEEN, 5.0, {"workload": "conv", "batch": 60}),
        comparison("fashion", FOURTEEN, 3.0, {"workload": "mlp", "data": "fashion_mnist", "batch": 60}),
        comparison(
            "autoencoder",
            four((0.01, 0.003, 0.001, 0.0003), (0.03, 0.01)),
            10.0,
            {"workload": "autoencoder", "batch": 60},
        ),
    )
}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMPARISONS:
        sys.exit(f"name one of {', '.join(COMPARISONS)}")
    sys.exit(main(COMPARISONS[name].experiment, sys.argv[2:]))
