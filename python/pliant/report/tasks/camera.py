# python/pliant/report/tasks/camera.py — what a run of `pliant train camera` has to show
from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from pliant.report import page, silhouettes
from pliant.report.metric import Metric, percent, short
from pliant.report.plots import COLOURS, SOFT, draw
from pliant.report.run import Run, RunError, Snapshot

METRICS = (
    Metric("success", "found within 5°"),
    Metric("success_15", "found from 15 … 35° away"),
    Metric("success_35", "found from 35 … 55° away"),
    Metric("success_55", "found from 55 … 75° away"),
    Metric("hard_loss", "silhouette IoU loss, hard", share=False),
)
FOUND = 5.0  # degrees
BINS = ("15 … 35°", "35 … 55°", "55 … 75°")
SHAPES = {"targets": 3, "hard": 3, "start_hard": 3, "offsets": 2, "start_offsets": 2}  # dimensions


def describe(run: Run) -> str:
    """What was looked for, and how faces cover pixels."""
    option = run.options.get
    squared = "squared " if option("squared", True) is True else ""
    return (
        f"{option('batch', '?')} cameras look for where pictures of {option('mesh', '?')} were taken from, "
        f"by nothing but its silhouette. Faces cover pixels by the distribution "
        f"{option('distribution', '?')} of the {squared}distance, put together by the T-conorm of "
        f"{option('t-norm', '?')}, at a τ that goes from {_number(option('tau'))} to "
        f"{_number(option('tau-end'))}."
    )


def _number(value: object) -> str:
    try:
        return short(float(str(value)))
    except ValueError:
        return "?"


def chapters(run: Run) -> list[tuple[str, str]]:
    """Where the cameras began and where they are, and what they see."""
    steps = run.snapshot_steps()
    if not steps:
        return []
    best_step = run.best["step"] if run.best else steps[-1]
    best = _checked(run.snapshot(max((step for step in steps if step <= best_step), default=steps[0])))
    return [("Where they began and where they are", _places(best)), ("What they see", _views(best))]


def _checked(snapshot: Snapshot) -> Snapshot:
    """The snapshot if it holds what the pictures need."""
    shapes = {name: tensor.shape for name, tensor in snapshot.tensors.items()}
    for name, dimensions in SHAPES.items():
        if len(shapes.get(name, ())) != dimensions:
            raise RunError(f"{snapshot.path}: expected a tensor {name} of {dimensions} dimensions")
    fits = shapes["targets"] == shapes["hard"] == shapes["start_hard"]
    if not fits or shapes["offsets"] != shapes["start_offsets"] or shapes["offsets"][1] != 2:
        raise RunError(f"{snapshot.path}: the tensors' sizes do not fit together: {shapes}")
    return snapshot


def _places(snapshot: Snapshot) -> str:
    """Elevation and azimuth away from the truth, before and now, a panel a bin."""
    start, now = snapshot.tensors["start_offsets"], snapshot.tensors["offsets"]

    def paint(figure: Figure) -> None:
        for place, (axes, name) in enumerate(zip(figure.subplots(1, len(BINS)), BINS, strict=True)):
            _panel(axes, start[place :: len(BINS)], now[place :: len(BINS)])
            axes.set_title(f"{name} away at first")
        figure.axes[0].set_ylabel("elevation, degrees")

    caption = (
        "Each line is one camera: from where it began (grey) to where it is at the best checkpoint (orange, "
        "blue if within 5°, the circle), as degrees away from the true elevation and azimuth, which are 0 "
        "here. Lines that end far away got stuck where another side of the object has nearly the same "
        "silhouette."
    )
    return page.drawing(draw(3.4, paint), "Where cameras began and where they are", caption)


def _panel(axes: Axes, start: np.ndarray, now: np.ndarray) -> None:
    found = np.hypot(*now.T) < FOUND
    for a, b in zip(start, now, strict=True):
        axes.plot([a[1], b[1]], [a[0], b[0]], color=SOFT, lw=0.6, alpha=0.6)
    axes.plot(start[:, 1], start[:, 0], ".", color=SOFT, ms=4)
    axes.plot(now[~found, 1], now[~found, 0], "o", color=COLOURS[1], ms=4)
    axes.plot(now[found, 1], now[found, 0], "o", color=COLOURS[0], ms=4)
    axes.add_patch(Circle((0, 0), FOUND, fill=False, color=COLOURS[0]))
    axes.set(xlim=(-100, 100), ylim=(-100, 100), aspect="equal", xlabel="azimuth, degrees")
    axes.text(-95, 85, f"{percent(float(found.mean()) if len(found) else 0)} found")


def _views(snapshot: Snapshot) -> str:
    """What cameras saw at first and see now, over their targets."""
    targets, hard, start = (snapshot.tensors[name] for name in ("targets", "hard", "start_hard"))
    chosen = range(len(targets))
    content = silhouettes.rows(
        ("at first", "now"),
        [
            silhouettes.compared(targets, start, chosen, "first view"),
            silhouettes.compared(targets, hard, chosen, "view"),
        ],
    )
    caption = f"Silhouettes over their targets: {silhouettes.LEGEND.format('the camera’s view')}."
    return page.figure(content, caption)
