# experiments/optim/workload_comparisons.py — ISAAC beside AdamW and Muon in equal processor seconds
"""A small convolutional network, a character transformer, an autoencoder and Fashion-MNIST. Every method has
four trials and as many seconds of one processor as every other; the rate falls as a cosine. Three seeds.

    python -m experiments.optim.workload_comparisons transformer --minutes 10
"""

from __future__ import annotations

import sys

from experiments.optim.tuned import Comparison, Options, trials
from experiments.runner import main

MOMENTUM = {"momentum": 0.9}
DECAYED = {"decay": 0.01}
METHODS: dict[str, list[Options]] = {
    "SGD, momentum 0.9": trials((0.3, 0.1, 0.03, 0.01), **MOMENTUM),
    "AdamW": trials((0.01, 0.003, 0.001, 0.0003), optimizer="adamw", **DECAYED),
    "Muon": trials((0.1, 0.03, 0.01, 0.003), optimizer="muon", momentum=0.95, **DECAYED),
    "ISAAC, SGD with momentum 0.9": trials((0.3, 0.1), (1.0, 0.1), conditioner="isaac", **MOMENTUM),
    "ISAAC, AdamW": trials((0.003, 0.001), (1.0, 0.1), conditioner="isaac", optimizer="adamw", **DECAYED),
}
COMMON = {"schedule": "cosine"}
COMPARISONS = {
    "transformer": Comparison(
        "transformer", METHODS, {**COMMON, "workload": "transformer", "batch": 16, "processor-seconds": 8.0}
    ),
    "conv": Comparison(
        "conv", METHODS, {**COMMON, "workload": "conv", "batch": 60, "processor-seconds": 5.0}
    ),
    "fashion": Comparison(
        "fashion",
        METHODS,
        {**COMMON, "workload": "mlp", "data": "fashion_mnist", "batch": 60, "processor-seconds": 3.0},
    ),
    "autoencoder": Comparison(
        "autoencoder",
        {
            "SGD, momentum 0.9": trials((0.01, 0.003, 0.001, 0.0003), **MOMENTUM),
            **{name: METHODS[name] for name in ("AdamW", "Muon", "ISAAC, AdamW")},
            "ISAAC, SGD with momentum 0.9": trials((0.03, 0.01), (1.0, 0.1), conditioner="isaac", **MOMENTUM),
        },
        {**COMMON, "workload": "autoencoder", "batch": 60, "processor-seconds": 10.0},
    ),
}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in COMPARISONS:
        sys.exit(f"name one of {', '.join(COMPARISONS)}")
    sys.exit(main(COMPARISONS[name].experiment, sys.argv[2:]))
