# python/pliant/report/tasks/sorting.py — what a run of `pliant train sorting` has to show
from __future__ import annotations

import io

import matplotlib.image
import numpy as np
from matplotlib.figure import Figure

from pliant.report import page
from pliant.report.metric import Metric
from pliant.report.plots import COLOURS, WIDTH, draw
from pliant.report.run import Run, RunError, Snapshot

METRICS = (
    Metric("exact", "exact match (EM)", tied="exact_tied"),
    Metric("elementwise", "element-wise (EW)", tied="elementwise_tied"),
    Metric("exact_five", "exact match of five (EM5)", tied="exact_five_tied"),
)
HEAT_MAPS = 5
PLACES = 10  # of a large set, only this many places are shown
SHAPES = {"images": 4, "labels": 2, "scores": 2, "permutation": 3, "all_scores": 1, "all_labels": 1}  # dimensions


def describe(run: Run) -> str:
    """What was learned from which data, and how it was sorted."""
    option = run.options.get
    steepness = option("steepness") or next(
        (run.snapshot(step).metadata.get("steepness") for step in run.snapshot_steps()[-1:]), None
    )
    art = f" with ART λ = {option('art-lambda')}" if option("art-lambda") else ""
    size = f" of {run.start['parameters']:,} parameters" if "parameters" in run.start else ""
    return (
        f"A convolutional network{size} learns to read {option('digits', '?')}-digit numbers ({option('data', '?')}) "
        f"from nothing but the order of sets of n = {option('n', '?')}. Its scores go through the relaxed sorting "
        f"network {option('method', '?')}: {option('distribution', '?')} distribution{art}"
        + (f", steepness {float(steepness):.4g}." if steepness else ".")
    )


def sections(run: Run) -> list[str]:
    """Scores against numbers, sets in their predicted order, the permutation matrix over training."""
    steps = run.snapshot_steps()
    if not steps:
        return []
    best_step = run.best["step"] if run.best else steps[-1]
    first, best = _checked(run.snapshot(steps[0])), _checked(run.snapshot(max(s for s in steps if s <= best_step)))
    return [
        page.section("What the scores have learned", _scores(first, best)),
        page.section("Sets in the predicted order", _sets(best)),
        *_permutations(run, [s for s in steps if s <= best.step]),
    ]


def _checked(snapshot: Snapshot) -> Snapshot:
    """The snapshot if it holds what the pictures need."""
    shapes = {name: tensor.shape for name, tensor in snapshot.tensors.items()}
    for name, dimensions in SHAPES.items():
        if name == "permutation" and name not in shapes:
            continue  # sets of more than 64 items have none
        if len(shapes.get(name, ())) != dimensions:
            raise RunError(f"{snapshot.path}: expected a tensor {name} of {dimensions} dimensions")
    sets = shapes["labels"]
    fits = shapes["images"][:2] == shapes["scores"] == sets and shapes["all_scores"] == shapes["all_labels"]
    if not fits or shapes.get("permutation", (*sets, sets[1])) != (*sets, sets[1]):
        raise RunError(f"{snapshot.path}: the tensors' sizes do not fit together: {shapes}")
    return snapshot


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's: the correlation of the ranks, equal values sharing theirs; NaN if one is constant."""
    ranks = []
    for values in (a, b):
        _, place, count = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(count) - (count - 1) / 2)[place])
    if min(np.ptp(rank) if rank.size else 0 for rank in ranks) == 0:
        return float("nan")
    return float(np.corrcoef(*ranks)[0, 1])


def _scores(first: Snapshot, best: Snapshot) -> str:
    shown = [(first, "first validation")] if first.step == best.step else [(first, "first validation"), (best, "best checkpoint")]
    found = [rank_correlation(s.tensors["all_scores"], s.tensors["all_labels"]) for s, _ in shown]

    def paint(figure: Figure) -> None:
        panels = np.atleast_1d(figure.subplots(1, 2))
        for axes, (snapshot, name), correlation in zip(panels, shown, found, strict=False):
            axes.scatter(
                snapshot.tensors["all_labels"], snapshot.tensors["all_scores"],
                s=9, alpha=0.55, color=COLOURS[0], linewidths=0, rasterized=True,
            )  # fmt: skip
            axes.set_title(f"{name}, step {snapshot.step}: rank correlation {correlation:.3f}")
            axes.set_xlabel("true number, never shown in training")
            axes.set_ylabel("learned score")
        for axes in panels[len(shown) :]:
            axes.set_axis_off()

    caption = (
        f"The score of each of {len(best.tensors['all_labels']):,} validation images against the number that it "
        "shows. Only the order was taught, so neither scale nor zero means anything: look for a rising band, the "
        "thinner the better. Points far from it are misread; steps in the band are numbers with the same leading digit."
    )
    return page.drawing(draw(3.6, paint), f"Scatter of scores against true numbers, rank correlation {found[-1]:.3f}", caption)


def _sets(snapshot: Snapshot) -> str:
    tensors = snapshot.tensors
    brightest = max(int(tensors["images"].max(initial=0)), 1)
    blocks = [
        _one_set(i, images, labels, scores, brightest)
        for i, (images, labels, scores) in enumerate(
            zip(tensors["images"], tensors["labels"], tensors["scores"], strict=True), 1
        )
    ]
    caption = (
        "Fixed validation sets at the best checkpoint, smallest first. Above: the true order. Below: the order of the "
        "learned scores; ✓ and a full frame mark an item at its true place, ✗ and a dashed frame one that belongs to "
        "the place given. Look at what is confused: mostly numbers that are close, or digits that are written alike."
    )
    return page.figure("".join(blocks), caption)


def _one_set(place: int, images: np.ndarray, labels: np.ndarray, scores: np.ndarray, brightest: int) -> str:
    """One set as HTML: its true order over its predicted order."""
    truth, guess = np.argsort(labels, kind="stable"), np.argsort(scores, kind="stable")
    rank = np.empty(len(labels), int)
    rank[truth] = np.arange(len(labels))
    right = int((truth == guess).sum())
    shown = min(len(labels), PLACES)
    cut = f", the first {shown} places" if shown < len(labels) else ""

    def item(i: int, mark: str, style: str) -> str:
        picture = page.image("png", _png(images[i], brightest), f"handwritten {labels[i]}")
        return f'<div class="item {style}">{picture}<b>{labels[i]}</b> {mark}</div>'

    def judged(r: int) -> str:
        i = guess[r]
        if rank[i] == r:
            return item(i, "<i>✓</i>", "right")
        return item(i, f"<i>✗ place {rank[i] + 1}</i>", "wrong")

    columns = f'<div class="order" style="grid-template-columns: 4.5rem repeat({shown}, minmax(0, 8rem))">'
    return (
        f'<div class="set"><h3>Set {place}: {right} of {len(labels)} in place{cut}</h3>'
        f"{columns}<span>true</span>{''.join(item(i, '', '') for i in truth[:shown])}</div>"
        f"{columns}<span>predicted</span>{''.join(judged(r) for r in range(shown))}</div></div>"
    )


def _png(pixels: np.ndarray, brightest: int) -> bytes:
    """Grey pixels (height, width) as dark ink on white."""
    file = io.BytesIO()
    matplotlib.image.imsave(file, pixels, cmap="gray_r", vmin=0, vmax=brightest, format="png")
    return file.getvalue()


def by_true_rank(snapshot: Snapshot) -> np.ndarray:
    """P (G, n, n) of the snapshot's sets with its rows in the order of the true ranks: ideally the identity."""
    order = np.argsort(snapshot.tensors["labels"], axis=1, kind="stable")
    return np.take_along_axis(snapshot.tensors["permutation"], order[:, :, None], axis=1)


def _permutations(run: Run, steps: list[int]) -> list[str]:
    """The chapter of heat maps; none for sets too large to have a matrix in the snapshot."""
    chosen = sorted({steps[i] for i in np.linspace(0, len(steps) - 1, HEAT_MAPS).round().astype(int)})
    snapshots = [_checked(run.snapshot(step)) for step in chosen]
    if any("permutation" not in snapshot.tensors for snapshot in snapshots):
        return []
    matrices = [by_true_rank(snapshot) for snapshot in snapshots]

    def paint(figure: Figure) -> None:
        panels = figure.subplots(2, HEAT_MAPS, squeeze=False)
        for column, (snapshot, matrix) in enumerate(zip(snapshots, matrices, strict=True)):
            for axes, shown in zip(panels[:, column], (matrix[0], matrix.mean(0)), strict=True):
                shades = axes.imshow(shown, vmin=0, vmax=1, cmap="Blues", interpolation="none")
            panels[0, column].set_title(f"step {snapshot.step}")
        for axes in panels.flat:
            axes.set(xticks=[], yticks=[])
            axes.grid(False)
            axes.set_axis_on() if axes.images else axes.set_axis_off()
        panels[0, 0].set_ylabel("set 1\nitem, by true rank")
        panels[1, 0].set_ylabel(f"mean of {len(matrices[0])} sets\nitem, by true rank")
        panels[1, 0].set_xlabel("rank in the output")
        figure.colorbar(shades, ax=panels, label="weight", fraction=0.025, shrink=0.9)

    diagonal = [float(np.trace(m, axis1=1, axis2=2).mean() / m.shape[1]) for m in matrices]
    caption = (
        "The relaxed permutation matrix of the fixed sets: the weight with which each item (row, by true rank) goes to "
        "each rank of the output (column). All the weight on the diagonal would be the perfect order. It sharpens "
        f"from {diagonal[0]:.0%} to {diagonal[-1]:.0%} of the weight there. A blur around the diagonal is doubt between neighbours; "
        "a dark spot off it is a mistake that the network is sure of."
    )
    drawing = draw(WIDTH * 2.05 / HEAT_MAPS, paint)
    return [page.section("The permutation matrix over training", page.drawing(drawing, "Heat maps of the permutation matrix", caption))]
