# python/pliant/report/tasks/reconstruct.py — what a run of `pliant train reconstruct` has to show
from __future__ import annotations

import numpy as np

from pliant.report import page, silhouettes
from pliant.report.metric import Metric, percent
from pliant.report.run import Line, Run, RunError, Snapshot, number

METRICS = (
    Metric("voxel_iou", "IoU of solid voxels"),
    Metric("silhouette_loss", "silhouette IoU loss, hard", share=False),
)
CLASS = "class_"
SHAPES = {"inputs": 4, "outputs": 4, "others": 4, "other_outputs": 4}  # dimensions


def describe(run: Run) -> str:
    """What the network sees and what it is taught by."""
    option = run.options.get
    size = f" of {run.start['parameters']:,} parameters" if "parameters" in run.start else ""
    squared = "squared " if option("squared", True) is True else ""
    return (
        f"A convolutional network{size} looks at one picture of an object (data: {option('data', '?')}) and "
        "deforms a sphere into its shape, taught by nothing but silhouettes of two views. Faces cover pixels "
        f"by the distribution {option('distribution', '?')} of the {squared}distance, put together by the "
        f"T-conorm of {option('t-norm', '?')}."
    )


def chapters(run: Run) -> list[tuple[str, str]]:
    """Pictures with the shapes that are seen in them, and the classes one by one."""
    found = []
    steps = run.snapshot_steps()
    if steps:
        best_step = run.best["step"] if run.best else steps[-1]
        best = run.snapshot(max((step for step in steps if step <= best_step), default=steps[0]))
        found.append(("Shapes from one picture", _shapes(_checked(best))))
    line = run.test or run.best
    if line is not None:
        found.append(("Class by class", _classes(line)))
    return found


def _checked(snapshot: Snapshot) -> Snapshot:
    """The snapshot if it holds what the pictures need."""
    shapes = {name: tensor.shape for name, tensor in snapshot.tensors.items()}
    for name, dimensions in SHAPES.items():
        if len(shapes.get(name, ())) != dimensions:
            raise RunError(f"{snapshot.path}: expected a tensor {name} of {dimensions} dimensions")
    fits = shapes["inputs"] == shapes["others"] and shapes["outputs"] == shapes["other_outputs"]
    if not fits or len(shapes["inputs"]) != 4 or shapes["inputs"][1] != 4 or shapes["outputs"][3] != 3:
        raise RunError(f"{snapshot.path}: the tensors' sizes do not fit together: {shapes}")
    return snapshot


def on_white(rgba: np.ndarray) -> np.ndarray:
    """A picture (4, height, width) of red, green, blue and coverage as (height, width, 3) on white."""
    alpha = rgba[3:].astype(float) / 255
    return np.round(rgba[:3] * alpha + 255 * (1 - alpha)).astype(np.uint8).transpose(1, 2, 0)


def _shapes(snapshot: Snapshot) -> str:
    """The input, the shape from there, the shape from another side, and what that side looks like."""
    tensors = snapshot.tensors
    names = snapshot.metadata.get("class_names", "").splitlines()
    names += ["object"] * (len(tensors["inputs"]) - len(names))
    pairs = list(enumerate(names[: len(tensors["inputs"])]))

    def items(name: str, what: str, labelled: bool = False) -> list[str]:
        return [
            silhouettes.item(
                on_white(tensors[name][i]) if name in ("inputs", "others") else tensors[name][i],
                f"{what} of {label}",
                label if labelled else "",
            )
            for i, label in pairs
        ]

    content = silhouettes.rows(
        ("input", "shape", "turned 120°", "truth"),
        [
            items("inputs", "input picture"),
            items("outputs", "shape"),
            items("other_outputs", "shape from another side"),
            items("others", "true picture from there", labelled=True),
        ],
    )
    caption = (
        "Objects that were not trained on, at the best checkpoint: the one picture that the network sees; "
        "the shape that it makes of it; the same shape turned by 120°; what the object looks like there. "
        "Look at the third row: what no picture shows comes from what the network has learned of the class."
    )
    return page.figure(content, caption)


def _classes(line: Line) -> str:
    """A table of the IoU of each class."""
    rows = [
        (key.removeprefix(CLASS), percent(number(value)))
        for key, value in line.items()
        if key.startswith(CLASS)
    ]
    text = "Intersection over union of 32³ solid voxels, the mean over objects and their 24 views."
    return page.figure(page.table(("class", "IoU"), rows, "numbers"), text)
