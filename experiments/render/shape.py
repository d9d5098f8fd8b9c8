# experiments/render/shape.py — GenDR's shape optimisation: which distribution and T-conorm finds the airplane
"""A sphere of 642 vertices is fitted to 24 hard silhouettes of the published airplane, 64 × 64, from one
elevation, in 100 steps of Adam (GenDR, CVPR 2022, section 4.2, and its script `opt_shape.py`). For each
distribution and T-conorm seven softnesses τ around the best one that its authors ship, half a decade apart.
The paper searches five elevations, three learning rates and 42 τ: here are one elevation, one learning rate
and seven. PLIANT_DATA must have meshes/. About a quarter of an hour of one core.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from experiments.rows import Row
from experiments.runner import PLIANT, Experiment, Figures, Job, main

# The logarithm of τ to the base 10 that is shipped as best under the probabilistic sum, and whether the
# distance is squared.
DISTRIBUTIONS = {
    "uniform": ("uniform", False, -1.5),
    "gaussian": ("gaussian", False, -1.5),
    "logistic": ("logistic", False, -2.0),
    "logistic, squared": ("logistic", True, -4.0),
    "cauchy": ("cauchy", False, -3.5),
    "cauchy, squared": ("cauchy", True, -4.5),
    "gumbel_min": ("gumbel_min", False, -2.0),
    "gamma_rev": ("gamma_rev", False, -2.0),
    "gamma_rev, squared": ("gamma_rev", True, -4.0),
    "exponential_rev": ("exponential_rev", False, -2.0),
}
T_NORMS: dict[str, dict[str, object]] = {
    "probabilistic": {"t-norm": "probabilistic"},
    "einstein": {"t-norm": "einstein"},
    "yager 2": {"t-norm": "yager", "p": 2.0},
    "max": {"t-norm": "max"},
}
OFFSETS = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5)
BUDGET = {
    "target": "airplane.obj", "target-size": 0, "template": "sphere_642.obj", "elevations": 30, "size": 64,
    "steps": 100, "learning-rate": 0.0316, "validate-every": 5,
}  # fmt: skip


class ShapeJob(Job):
    """A run whose meshes are those of PLIANT_DATA."""

    def command(self, folder: Path, threads: int) -> list[str]:
        """As of a job, with the meshes' places; rows keep their names alone."""
        meshes = Path(os.environ.get("PLIANT_DATA", "")) / "meshes"
        if not (meshes / BUDGET["target"]).is_file():
            raise SystemExit("shape: PLIANT_DATA must name a folder with meshes/airplane.obj")
        words = super().command(folder, threads)
        return [str(meshes / word) if word.endswith(".obj") else word for word in words]


def job(distribution: str, t_norm: str, offset: float) -> Job:
    name, squared, best = DISTRIBUTIONS[distribution]
    setting = {"distribution": distribution, "t_norm": t_norm, "log10_tau": best + offset}
    options = {**BUDGET, "distribution": name}
    if not squared:
        options["squared=false"] = True
    options |= {"tau": f"{10 ** (best + offset):.6g}", **T_NORMS[t_norm]}
    return ShapeJob(setting, options, 0, (*PLIANT, "train", "shape"))


def plan(_: list[Row]) -> list[Job]:
    """Every τ of every pair."""
    return [job(d, t, offset) for offset in OFFSETS for d in DISTRIBUTIONS for t in T_NORMS]


FIGURES = Figures(
    ("hard_loss", "soft_loss", "voxel_iou"),
    ("hard_loss",),
    {"hard IoU loss": "hard_loss", "voxel IoU": "voxel_iou"},
)
EXPERIMENT = Experiment("shape", "render", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
