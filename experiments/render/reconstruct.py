# experiments/render/reconstruct.py — shapes seen in one picture: by which distribution they are best taught
"""`pliant train reconstruct` on the eleven built-in families of objects, 50 drawn of each: the network is
taught by silhouettes of two views, whose softness is the distribution's (GenDR, CVPR 2022: ShapeNet, 13
classes, 250,000 steps and a network ten times as large). Each distribution has the τ that is shipped for it
as best under its T-conorm. First come all distributions under the probabilistic sum, then the two other
T-conorms that τ are shipped for, then further seeds. Two or three minutes of one core a row.
"""

from __future__ import annotations

import sys

from experiments.render import shape
from experiments.rows import Row
from experiments.runner import PLIANT, Experiment, Figures, Job, main

DISTRIBUTIONS = (
    "uniform",
    "gaussian",
    "logistic",
    "logistic, squared",
    "cauchy, squared",
    "gumbel_min",
    "gamma_rev, squared",
    "exponential_rev",
)
T_NORMS = ("probabilistic", "einstein", "yager 2")
#: log10 τ as shipped, where it is not that under the probabilistic sum.
OTHER_TAU = {
    ("gaussian", "yager 2"): -2.0,
    ("cauchy, squared", "yager 2"): -4.0,
    ("gumbel_min", "einstein"): -2.5,
    ("gamma_rev, squared", "yager 2"): -3.5,
}
FAMILIES = (
    *("airplane", "blob", "boat", "capsule", "car", "chair"),
    *("cow", "lamp", "sofa", "superquadric", "table"),
)
SEEDS = (0, 1, 2)
STEPS = 600
START = {
    "distribution": "uniform",
    "t_norm": "probabilistic",
    "steps": 1,
}  # the network before it has learned


def log10_tau(distribution: str, t_norm: str) -> float:
    """As shipped."""
    return OTHER_TAU.get((distribution, t_norm), shape.DISTRIBUTIONS[distribution][2])


def job(distribution: str, t_norm: str, seed: int, steps: int = STEPS) -> Job:
    name, squared, _ = shape.DISTRIBUTIONS[distribution]
    options: dict[str, object] = {"steps": steps, "validate-every": max(steps // 4, 1), "distribution": name}
    if not squared:
        options["squared=false"] = True
    options |= {"tau": f"{10 ** log10_tau(distribution, t_norm):.6g}", **shape.T_NORMS[t_norm]}
    setting = {"distribution": distribution, "t_norm": t_norm, "steps": steps}
    return Job(setting, options, seed, (*PLIANT, "train", "reconstruct"))


def plan(_: list[Row]) -> list[Job]:
    """What there is before learning; every distribution; the other T-conorms; the other seeds."""
    first, *others = SEEDS
    return [
        job(START["distribution"], START["t_norm"], first, START["steps"]),
        *(job(d, t, first) for t in T_NORMS for d in DISTRIBUTIONS),
        *(job(d, T_NORMS[0], seed) for seed in others for d in DISTRIBUTIONS),
    ]


FIGURES = Figures(
    ("voxel_iou", "silhouette_loss", *(f"class_{family}" for family in FAMILIES)),
    ("voxel_iou",),
    {"voxel IoU": "voxel_iou"},
)
EXPERIMENT = Experiment("reconstruct", "render", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
