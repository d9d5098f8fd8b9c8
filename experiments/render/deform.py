# experiments/render/deform.py — Soft Rasterizer's deformation demo as one long run, and with falling softness
"""120 silhouettes of 64 × 64 pixels at once, from five elevations all around; a sphere of 1,352 vertices; the
logistic function of the squared distance, τ = 1e-4; 2,000 steps of Adam at 0.01, β = (0.5, 0.99); the mean
IoU loss + 0.03 · Laplacian + 0.0003 · flatten loss (SoftRas, ICCV 2019, and its released script). The target
is what that demo released, with the faces of the same sphere: it can be reached. PLIANT_DATA must have
meshes/. The second run lets τ fall to 1e-6. About ten minutes of one core each; docs/deform.py draws the
pictures.
"""

from __future__ import annotations

import sys

from experiments.render import shape
from experiments.rows import Row
from experiments.runner import PLIANT, Experiment, main

STEPS = 2000
SHOWN = (25, 50, 100, 250, 500, 2000)  # steps of the table and of the picture
TAU_END = 1e-6
OPTIONS = {
    "target": shape.BUDGET["target"], "target-size": 0, "template": "sphere_1352.obj", "size": 64,
    "elevations": "-60,-30,0,30,60", "distribution": "logistic", "tau": 1e-4, "steps": STEPS,
    "learning-rate": 0.01, "beta2": 0.99, "validate-every": 25,
}  # fmt: skip


def plan(_: list[Row]) -> list[shape.ShapeJob]:
    """As published, and with falling softness."""
    program = (*PLIANT, "train", "shape")
    return [
        shape.ShapeJob({"template": "sphere_1352"}, dict(OPTIONS), 0, program),
        shape.ShapeJob(
            {"template": "sphere_1352", "tau_end": TAU_END}, {**OPTIONS, "tau-end": TAU_END}, 0, program
        ),
    ]


EXPERIMENT = Experiment("deform", "render", plan, shape.FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
