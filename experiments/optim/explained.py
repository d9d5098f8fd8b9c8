# experiments/optim/explained.py — what of ISAAC's gain other changes of the gradient or the network give too
"""784-100-100-100-100-10 on MNIST, batch 60, descent without momentum, 1,000 steps, constant rates. Each
control has six trials, two dampings by three rates; what has no damping has six rates. Three seeds.
"""

from __future__ import annotations

import sys

from experiments.optim.tuned import Comparison, trials
from experiments.runner import main

DAMPINGS, FEW, MANY = (10.0, 1.0), (1.0, 0.3, 0.1), (3.0, 1.0, 0.5, 0.3, 0.1, 0.03)
PLAIN = "plain gradient"
METHODS = {
    PLAIN: trials(MANY, workload="mlp"),
    "ISAAC": trials(FEW, DAMPINGS, workload="mlp", conditioner="isaac"),
    "(a) plain, as long as ISAAC's": trials(FEW, DAMPINGS, workload="mlp", conditioner="shortened"),
    "(b) XᵀX of the batch before": trials(FEW, DAMPINGS, workload="mlp", conditioner="other_batch"),
    "(c) mean deflation": trials(FEW, DAMPINGS, workload="mlp", conditioner="mean_deflated"),
    "(d) standardised pixels, plain": trials(MANY, workload="mlp-standardised"),
    "(d) batch normalisation, plain": trials(MANY, workload="mlp-normalised"),
    "(d) batch normalisation, ISAAC": trials(FEW, DAMPINGS, workload="mlp-normalised", conditioner="isaac"),
    "(e) normalised rows": trials(FEW, DAMPINGS, workload="mlp", conditioner="normalised_rows"),
    "(f) FOOF, mean over steps": trials(FEW, DAMPINGS, workload="mlp", conditioner="foof"),
    "(g) both sides, ζ": trials(FEW, DAMPINGS, workload="mlp", conditioner="zeta"),
}
COMPARISON = Comparison("explained", METHODS, {"workload": "mlp", "batch": 60, "steps": 1000})

if __name__ == "__main__":
    sys.exit(main(COMPARISON.experiment))
