# python/pliant/report/tasks/silhouette.py — what a run of `pliant train silhouette` has to show
from __future__ import annotations

from pliant.report.run import Run
from pliant.report.tasks import reconstruct

METRICS = reconstruct.METRICS
SHAPES = reconstruct.SHAPES
WAYS = {
    "three_edges": "a relaxed program that asks for each pixel on which side of a triangle's edges it is",
    "directed_distance": "the directed distance of every pixel to every triangle",
}


def describe(run: Run) -> str:
    """What the network sees and what it is taught by."""
    option = run.options.get
    size = f" of {run.start['parameters']:,} parameters" if "parameters" in run.start else ""
    way = WAYS.get(str(option("program")), "?")
    return (
        f"A convolutional network{size} looks at one picture of an object (data: {option('data', '?')}) and "
        f"deforms a sphere into its shape, taught by nothing but silhouettes of two views, drawn by {way} "
        f"(β = {option('beta', '?')}, distribution {option('distribution', '?')})."
    )


def chapters(run: Run) -> list[tuple[str, str]]:
    """Pictures with the shapes that are seen in them, and the classes one by one."""
    return reconstruct.chapters(run)
