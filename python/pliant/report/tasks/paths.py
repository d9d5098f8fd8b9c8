# python/pliant/report/tasks/paths.py — what a run of `pliant train paths` has to show
from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pliant.report import page, times
from pliant.report.metric import Metric
from pliant.report.plots import COLOURS, WIDTH, draw
from pliant.report.run import Run, RunError, Snapshot

METRICS = (
    Metric("exact_hard", "exact paths, by the solver on the learned costs"),
    Metric("exact", "exact paths, of what is marked"),
    Metric("cost_ratio", "cost of the path over the cheapest's", share=False),
    Metric("valid", "marks that connect the corners"),
)
SHAPES = {"images": 4, "costs": 3, "paths": 3}  # dimensions
OPTIONAL = {"found_costs": 3, "found_paths": 3, "marks": 3}
#: Pictures of cells, as far as there are any: tensor, title, colours.
CELLS = (
    ("marks", "marked", "Blues"),
    ("found_costs", "learned\ncosts", "viridis"),
    ("costs", "true\ncosts", "viridis"),
)
WAYS = {
    "program": "through the relaxed shortest-path program ({loop} loop, β = {beta}{leaky})",
    "blackbox": "around Dijkstra's algorithm, by black-box differentiation (λ = {interpolation})",
    "identity": "around Dijkstra's algorithm, with the identity as its derivative",
    "perturbed": "around Dijkstra's algorithm, perturbed {samples} times with σ = {sigma}",
    "labels": "without any algorithm: the network marks the path itself, cell by cell",
}


def describe(run: Run) -> str:
    """What the network sees, and where its gradient comes from."""
    known = {key: value for key, value in run.options.items()}
    known["leaky"] = ", leaky source" if known.get("leaky-source") is True else ""
    names = ("loop", "beta", "interpolation", "samples", "sigma")
    way = WAYS.get(str(known.get("method")), "?").format(
        leaky=known["leaky"], **{name: known.get(name, "?") for name in names}
    )
    size = f" of {run.start['parameters']:,} parameters" if "parameters" in run.start else ""
    what = "marks" if known.get("method") == "labels" else "says what the cells cost"
    return (
        f"A convolutional network{size} looks at a map (data: {known.get('data', '?')}) and {what}, taught "
        f"by nothing but the cheapest path from corner to corner. Its gradient comes {way}, from the loss "
        f"{known.get('loss', '?')}."
    )


def chapters(run: Run) -> list[tuple[str, str]]:
    """Maps with their paths, learned costs against the true ones, and where the time goes."""
    found = []
    steps = run.snapshot_steps()
    if steps:
        best_step = run.best["step"] if run.best else steps[-1]
        best = _checked(run.snapshot(max((step for step in steps if step <= best_step), default=steps[0])))
        found.append(("Maps and their paths", _maps(best)))
        if "found_costs" in best.tensors:
            found.append(("What the cells cost", _costs(best)))
    return found + times.chapters(run)


def _checked(snapshot: Snapshot) -> Snapshot:
    """The snapshot if it holds what the pictures need."""
    shapes = {name: tensor.shape for name, tensor in snapshot.tensors.items()}
    for name, dimensions in (SHAPES | OPTIONAL).items():
        if name in OPTIONAL and name not in shapes:
            continue
        if len(shapes.get(name, ())) != dimensions:
            raise RunError(f"{snapshot.path}: expected a tensor {name} of {dimensions} dimensions")
    grids = {shapes[name] for name in (SHAPES | OPTIONAL) if name in shapes and name != "images"}
    (count, *_), images = shapes["paths"], shapes["images"]
    if len(grids) != 1 or images[0] != count or images[3] != 3:
        raise RunError(f"{snapshot.path}: the tensors' sizes do not fit together: {shapes}")
    return snapshot


def cells_in_order(path: np.ndarray) -> np.ndarray:
    """The cells (N, 2) of a path (rows, columns) from its first cell on, each next to the one before."""
    left = {tuple(cell) for cell in np.argwhere(path > 0.5)}
    order, near = [], (0, 0)
    while near in left:
        left.remove(near)
        order.append(near)
        around = [(near[0] + i, near[1] + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        # Straight steps first: where a path turns, its corner is not left out.
        around = sorted(around, key=lambda cell: abs(cell[0] - near[0]) + abs(cell[1] - near[1]))
        near = next((cell for cell in around if cell in left), (-1, -1))
    return np.array(order, float).reshape(-1, 2)


def _line(axes: Axes, path: np.ndarray, tile: float, colour: str, width: float, style: str) -> None:
    """A path over a picture whose cells have `tile` pixels a side."""
    cells = (cells_in_order(path) + 0.5) * tile - 0.5
    axes.plot(cells[:, 1], cells[:, 0], color=colour, linewidth=width, linestyle=style)


def _maps(snapshot: Snapshot) -> str:
    """A column a map: picture with both paths, then what was found, cell by cell."""
    tensors = snapshot.tensors
    truth = tensors["paths"]
    guess = tensors.get("found_paths", np.round(tensors["marks"]) if "marks" in tensors else truth)
    rows = [(*cells, tensors[cells[0]]) for cells in CELLS if cells[0] in tensors]
    right = (guess == truth).all((1, 2))

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1 + len(rows), len(truth), squeeze=False)
        for axes in panels.flat:
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
        tile = tensors["images"].shape[1] / truth.shape[1]
        for i, axes in enumerate(panels[0]):
            axes.imshow(tensors["images"][i], interpolation="none")
            _line(axes, truth[i], tile, "white", 4.5, "-")
            _line(axes, guess[i], tile, COLOURS[1], 2.0, "-")
            axes.set_title("✓ right" if right[i] else "✗ another way", fontsize=9)
        for (name, label, colours, grids), line in zip(rows, panels[1:], strict=True):
            low, high = (0, 1) if name == "marks" else (grids.min(), grids.max())
            for grid, axes in zip(grids, line, strict=True):
                axes.imshow(grid, cmap=colours, vmin=low, vmax=high, interpolation="none")
            line[0].set_ylabel(label)
        panels[0, 0].set_ylabel("map")

    marked = " The marks are how much of the path goes through each cell." if "marks" in tensors else ""
    caption = (
        f"Maps that were not trained on, at the best checkpoint: the cheapest path in white, the predicted "
        f"one in orange over it; {right.sum()} of {len(right)} are the same.{marked} Learned costs have no "
        "scale of their own: any that give the right paths will do."
    )
    height = WIDTH * (1 + len(rows)) / len(truth) * 1.05
    return page.drawing(draw(height, paint), "Maps with true and predicted paths", caption)


def _costs(snapshot: Snapshot) -> str:
    """Learned costs over the true ones, with their correlation."""
    truth, found = snapshot.tensors["costs"].ravel(), snapshot.tensors["found_costs"].ravel()
    varied = min(np.ptp(truth), np.ptp(found)) > 0
    correlation = f"{np.corrcoef(truth, found)[0, 1]:.3f}" if varied else "none, one is constant"

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.scatter(truth, found, s=9, alpha=0.45, color=COLOURS[0], linewidths=0)
        axes.set(xlabel="true cost of a cell, never shown in training", ylabel="learned cost")
        axes.set_title(f"correlation {correlation}")

    caption = (
        "Each cell of the maps above. Only paths were taught: look for a rising band. Dear terrain may "
        "float above it, since it is enough to know that no path goes there."
    )
    return page.drawing(draw(3.4, paint), "Learned over true costs of cells", caption)
