# experiments/program/silhouettes.py — shapes from silhouettes that programs draw, at several sharpnesses
"""Three families of drawn objects at 16 × 16 pixels, a template of 80 faces, 200 steps of 16 samples: what a
program that asks every pixel of every triangle can do in a minute. The figures do not compare with the
paper's (ShapeNet, 64 × 64, 1,280 faces, 250,000 steps).
"""

from __future__ import annotations

import sys

from experiments.rows import Row
from experiments.runner import PLIANT, Experiment, Figures, Job, main

PROGRAMS = ("three_edges", "directed_distance")
BETAS = (30, 100)
BUDGET = {
    **{"classes": "airplane,cow,sofa", "objects": 20, "evaluation": 5},
    **{"steps": 200, "validate-every": 100},
}


def plan(_: list[Row]) -> list[Job]:
    """Both programs at each β."""
    jobs = []
    for program in PROGRAMS:
        for beta in BETAS:
            options = {**BUDGET, "program": program, "beta": beta}
            setting = {"program": program, "beta": beta}
            jobs.append(Job(setting, options, 0, (*PLIANT, "train", "silhouette")))
    return jobs


FIGURES = Figures(("voxel_iou", "silhouette_loss"), ("voxel_iou",), {"IoU": "voxel_iou"})
EXPERIMENT = Experiment("silhouettes", "program", plan, FIGURES)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
