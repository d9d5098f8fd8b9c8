# experiments/optim/explained.py — what of ISAAC's gain other changes of the gradient or the network give too
"""784-100-100-100-100-10 on MNIST, batch 60, descent without momentum, 1,000 steps, constant rates. Every
method has 28 trials, four dampings by seven rates, or 28 rates if it has no damping, and more where its best
is at an end of them. Five seeds.
"""

from __future__ import annotations

import sys

from experiments.optim.tuned import Comparison, Grid
from experiments.runner import main

RATES = {"learning-rate": (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)}
DENSE = {"learning-rate": tuple(float(f"{10 ** (1 - 3 * k / 27):.2g}") for k in range(28))}
DAMPED = {"damping": (100.0, 10.0, 1.0, 0.1), **RATES}
PLAIN = "plain gradient"


def conditioned(conditioner: str, workload: str = "mlp") -> Grid:
    """What has a damping."""
    return Grid(DAMPED, {"workload": workload, "conditioner": conditioner})


METHODS = {
    PLAIN: Grid(DENSE, {"workload": "mlp"}),
    "ISAAC": conditioned("isaac"),
    "(a) plain, as long as ISAAC's": conditioned("shortened"),
    "(b) XᵀX of the batch before": conditioned("other_batch"),
    "(c) mean deflation": conditioned("mean_deflated"),
    "(d) standardised pixels, plain": Grid(DENSE, {"workload": "mlp-standardised"}),
    "(d) batch normalisation, plain": Grid(DENSE, {"workload": "mlp-normalised"}),
    "(d) batch normalisation, ISAAC": conditioned("isaac", "mlp-normalised"),
    "(e) normalised rows": conditioned("normalised_rows"),
    "(f) FOOF, mean over steps": conditioned("foof"),
    "(g) both sides, ζ": conditioned("zeta"),
}
COMPARISON = Comparison("explained", METHODS, {"workload": "mlp", "batch": 60, "steps": 1000})

if __name__ == "__main__":
    sys.exit(main(COMPARISON.experiment))
