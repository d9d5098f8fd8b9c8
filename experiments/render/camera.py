# experiments/render/camera.py — GenDR's camera task: which distribution finds where a camera stood
"""192 cameras, a third of them 15 … 35°, 35 … 55° and 55 … 75° away from the truth and at a wrong distance
and field of view, find it by one silhouette of 64 × 64 pixels, in 1,000 steps in which τ falls from 1e-1 to
1e-7 (GenDR, CVPR 2022, section 4.3, and its script `opt_camera.py`). The published object is a teapot of
2,464 faces; here it is the built-in chair of 72, so that a run takes minutes, and the figures do not compare
with the paper's. A camera counts as found within 5°. About a quarter of an hour of one core.
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import PLIANT, Experiment, Figures, Job, main

DISTRIBUTIONS = {
    "logistic, squared": ("logistic", True),
    "logistic": ("logistic", False),
    "uniform": ("uniform", False),
    "gaussian": ("gaussian", False),
    "cauchy, squared": ("cauchy", True),
    "gumbel_min": ("gumbel_min", False),
    "exponential_rev": ("exponential_rev", False),
}
T_NORMS = ("probabilistic", "einstein")
BINS = ("success_15", "success_35", "success_55")
CAMERAS = 192
BUDGET = {"mesh": "chair", "batch": CAMERAS, "steps": 1000, "validate-every": 500}


def job(distribution: str, t_norm: str) -> Job:
    name, squared = DISTRIBUTIONS[distribution]
    options: dict[str, object] = {**BUDGET, "distribution": name, "t-norm": t_norm}
    if not squared:
        options["squared=false"] = True
    setting = {"distribution": distribution, "t_norm": t_norm}
    return Job(setting, options, 0, (*PLIANT, "train", "camera"))


def plan(_: list[Row]) -> list[Job]:
    """Every pair, on the same cameras."""
    return [job(d, t) for t in T_NORMS for d in DISTRIBUTIONS]


FIGURES = Figures(("success", *BINS), ("success",), {"found": "success"})
EXPERIMENT = Experiment("camera", "render", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
