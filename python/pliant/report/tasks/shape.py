# python/pliant/report/tasks/shape.py — what a run of `pliant train shape` has to show
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pliant.report import page, silhouettes
from pliant.report.metric import Metric, short
from pliant.report.plots import COLOURS, SOFT, WIDTH, draw
from pliant.report.run import Run, RunError, Snapshot

METRICS = (
    Metric("hard_loss", "silhouette IoU loss, hard", share=False),
    Metric("soft_loss", "silhouette IoU loss, soft", share=False),
    Metric("voxel_iou", "IoU of solid voxels"),
)
STAGES = 6  # pictures of the shape over training
VIEWS = 12  # silhouettes shown
SHAPES = {"targets": 3, "hard": 3, "soft": 3, "eyes": 2, "vertices": 2, "pictures": 4}  # dimensions


def describe(run: Run) -> str:
    """What was deformed into what, and how faces cover pixels."""
    option = run.options.get
    squared = "squared " if option("squared", True) is True else ""
    p = f", p = {option('p')}" if option("p", "") not in ("", None) else ""
    return (
        f"The template {option('template', '?')} is deformed until its silhouettes are those of "
        f"{option('target', '?')}. Faces cover pixels by the distribution {option('distribution', '?')} "
        f"of the {squared}distance at τ = {_number(option('tau'))}{_end(run)}, put together by the "
        f"T-conorm of {option('t-norm', '?')}{p}."
    )


def _number(value: object) -> str:
    try:
        return short(float(str(value)))
    except ValueError:
        return "?"


def _end(run: Run) -> str:
    end = run.options.get("tau-end", "")
    return "" if end in ("", None) else f", {_number(end)} at the end"


def chapters(run: Run) -> list[tuple[str, str]]:
    """The shape over training, silhouettes beside their targets, and the cameras."""
    steps = run.snapshot_steps()
    if not steps:
        return []
    best_step = run.best["step"] if run.best else steps[-1]
    until_best = [step for step in steps if step <= best_step] or steps[:1]
    best = _checked(run.snapshot(until_best[-1]))
    return [
        ("From the template to the shape", _stages(run, until_best)),
        ("Silhouettes", _silhouettes(best)),
        ("The cameras", _cameras(best)),
    ]


def _checked(snapshot: Snapshot) -> Snapshot:
    """The snapshot if it holds what the pictures need."""
    shapes = {name: tensor.shape for name, tensor in snapshot.tensors.items()}
    for name, dimensions in SHAPES.items():
        if len(shapes.get(name, ())) != dimensions:
            raise RunError(f"{snapshot.path}: expected a tensor {name} of {dimensions} dimensions")
    fits = shapes["targets"] == shapes["hard"] == shapes["soft"] and shapes["pictures"][-1] == 3
    if not fits or shapes["eyes"][1] != 3 or shapes["vertices"][1] != 3:
        raise RunError(f"{snapshot.path}: the tensors' sizes do not fit together: {shapes}")
    return snapshot


def _stages(run: Run, steps: Sequence[int]) -> str:
    """Lit pictures at a few steps, growing by the same factor, and of the target if it is a mesh."""
    wanted = np.geomspace(steps[0], steps[-1], STAGES)
    chosen = sorted({min(steps, key=lambda step: abs(step - value)) for value in wanted})
    shots = [_checked(run.snapshot(step)) for step in chosen]
    columns = [(f"step {shot.step}", shot.tensors["pictures"]) for shot in shots]
    if "target_pictures" in shots[-1].tensors:
        columns.append(("target", shots[-1].tensors["target_pictures"]))

    style = f"grid-template-columns: repeat({len(columns)}, minmax(0, 12rem))"
    rows = "".join(
        f'<div class="order" style="{style}">'
        + "".join(silhouettes.item(pictures[side], f"{name}, {note}", name) for name, pictures in columns)
        + "</div>"
        for side, note in enumerate(("from the front", "from behind"))
        if all(len(pictures) > side for _, pictures in columns)
    )
    caption = (
        "The shape at a few validations up to the best one, from two sides. It was never shown the target in "
        "these colours or in three dimensions, only silhouettes. Look at what appears first and what last: "
        "large parts, then thin ones; hollows that no silhouette shows never appear."
    )
    return page.figure(rows, caption)


def _silhouettes(snapshot: Snapshot) -> str:
    """Target, soft silhouette and the difference of a few views."""
    targets, hard, soft = (snapshot.tensors[name] for name in ("targets", "hard", "soft"))
    places = np.linspace(0, len(targets) - 1, min(VIEWS, len(targets))).round()
    chosen = np.unique(places.astype(int)).tolist()
    content = silhouettes.rows(
        ("target", "soft", "both"),
        [
            [silhouettes.item(targets[i], f"target, view {i + 1}") for i in chosen],
            [silhouettes.item(soft[i], f"soft silhouette, view {i + 1}") for i in chosen],
            silhouettes.compared(targets, hard, chosen, "view"),
        ],
    )
    caption = (
        "Views that the shape was learned from, at the best checkpoint: the target; what the soft renderer "
        "saw, whose blur is what gradients flow through; and the hard silhouettes over one another: "
        f"{silhouettes.LEGEND.format('the shape')}."
    )
    return page.figure(content, caption)


def _cameras(snapshot: Snapshot) -> str:
    """Where the cameras stand around the shape."""
    eyes, vertices = snapshot.tensors["eyes"], snapshot.tensors["vertices"]

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot(projection="3d")
        # Drawn with z up; the world's y is up.
        axes.scatter(vertices[:, 0], vertices[:, 2], vertices[:, 1], s=1.5, color=COLOURS[0], linewidths=0)
        axes.scatter(eyes[:, 0], eyes[:, 2], eyes[:, 1], s=22, color=COLOURS[1], depthshade=False)
        for eye in eyes:
            end = 0.85 * eye
            axes.plot(
                *([a, b] for a, b in zip(eye[[0, 2, 1]], end[[0, 2, 1]], strict=True)), color=SOFT, lw=0.7
            )
        axes.set(xlabel="x", ylabel="z", zlabel="y (up)")
        axes.set_aspect("equal")

    caption = (
        f"The {len(eyes)} cameras that the silhouettes were taken from (orange, with the way they look) "
        "around the vertices of the shape (blue)."
    )
    return page.drawing(draw(WIDTH * 0.5, paint), "Places of the cameras around the shape", caption)
