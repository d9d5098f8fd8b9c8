# python/pliant/report/tasks/sorting.py — what a run of `pliant train sorting` has to show
from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from matplotlib.figure import Figure

from pliant.report import page
from pliant.report.metric import Metric
from pliant.report.plots import COLOURS, WIDTH, draw, png
from pliant.report.run import Run, RunError, Snapshot

METRICS = (
    Metric("exact", "exact match (EM)", tied="exact_tied"),
    Metric("elementwise", "element-wise (EW)", tied="elementwise_tied"),
    Metric("exact_five", "exact match of five (EM5)", tied="exact_five_tied"),
)
HEAT_MAPS = 5
PLACES = 10  # of a large set, only this many places are shown
SHAPES = {
    "images": 4,
    "labels": 2,
    "scores": 2,
    "permutation": 3,
    "all_scores": 1,
    "all_labels": 1,
}  # dimensions


def describe(run: Run) -> str:
    """What was learned from which data, and how it was sorted."""
    option = run.options.get
    size = f" of {run.start['parameters']:,} parameters" if "parameters" in run.start else ""
    art = f" with the activation replacement trick λ = {option('art-lambda')}" if option("art-lambda") else ""
    steepness = f" at steepness {_steepness(run)}" if _steepness(run) else ""
    return (
        f"A convolutional network{size} learns to read numbers of {option('digits', '?')} digits (data "
        f"set: {option('data', '?')}) from nothing but the order of sets of n = {option('n', '?')}. The "
        f"order comes from the relaxed sorting network {option('method', '?')}, with the distribution "
        f"{option('distribution', '?')}{art}{steepness}."
    )


def _steepness(run: Run) -> str:
    """As given, or as the run chose it and wrote it into its snapshots."""
    given = run.options.get("steepness")
    if not given and run.snapshot_steps():
        given = run.snapshot(run.snapshot_steps()[-1]).metadata.get("steepness")
    return f"{float(given):.4g}" if given else ""


def chapters(run: Run) -> list[tuple[str, str]]:
    """Scores against numbers, sets in their predicted order, the permutation matrix over training."""
    steps = run.snapshot_steps()
    if not steps:
        return []
    best_step = run.best["step"] if run.best else steps[-1]
    until_best = [step for step in steps if step <= best_step] or steps[:1]
    first, best = _checked(run.snapshot(until_best[0])), _checked(run.snapshot(until_best[-1]))
    found = [
        ("What the scores have learned", _scores(first, best)),
        ("Sets in the predicted order", _sets(run, best)),
    ]
    if "permutation" in best.tensors:
        found.append(("The permutation matrix over training", _permutations(run, until_best)))
    return found


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
    ranks: list[np.ndarray] = []
    for values in (a, b):
        _, place, count = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(count) - (count - 1) / 2)[place])
    if min(np.ptp(rank) if rank.size else 0 for rank in ranks) == 0:
        return float("nan")
    return float(np.asarray(np.corrcoef(ranks))[0, 1])


def _scores(first: Snapshot, best: Snapshot) -> str:
    """Scatter of scores over numbers, at the first validation and at the best one."""
    shown = (
        {"first validation": first, "best checkpoint": best}
        if first.step != best.step
        else {"only one": best}
    )
    found = [rank_correlation(s.tensors["all_scores"], s.tensors["all_labels"]) for s in shown.values()]

    def paint(figure: Figure) -> None:
        for axes in figure.subplots(1, 2)[len(shown) :]:
            axes.set_axis_off()
        for axes, (name, snapshot), correlation in zip(figure.axes, shown.items(), found, strict=False):
            labels, scores = snapshot.tensors["all_labels"], snapshot.tensors["all_scores"]
            axes.scatter(labels, scores, s=9, alpha=0.55, color=COLOURS[0], linewidths=0)
            axes.set_title(f"{name}, step {snapshot.step}: rank correlation {correlation:.3f}")
            axes.set(xlabel="true number, never shown in training", ylabel="learned score")

    caption = (
        f"The score of each of {len(best.tensors['all_labels']):,} validation images against the number "
        "that it shows. Only the order was taught, so neither scale nor zero means anything: look for a"
        " rising band, the thinner the better. Points far from it are misread; steps in it are numbers "
        "with the same first digit."
    )
    return page.drawing(
        draw(3.6, paint), "Learned scores over true numbers, before and after training", caption
    )


def _sets(run: Run, snapshot: Snapshot) -> str:
    """The fixed sets as HTML, each in its true and in its predicted order."""
    tensors, digits = snapshot.tensors, int(run.options.get("digits", 1))
    brightest = max(int(tensors["images"].max(initial=0)), 1)
    pictures = [[png(image, brightest) for image in images] for images in tensors["images"]]
    names = [[f"{label:0{digits}d}" for label in labels] for labels in tensors["labels"]]
    sets = zip(pictures, names, tensors["labels"], tensors["scores"], strict=True)
    caption = (
        "Fixed validation sets at the best checkpoint, smallest first. Above: the true order. Below: "
        "the order of the learned scores; ✓ and a full frame mark an item at its true place, ✗ and a "
        "dashed frame one that belongs to the place given. Look at what is confused: mostly numbers "
        "that are close, or digits that are written alike."
    )
    return page.figure("".join(_one_set(place, *one) for place, one in enumerate(sets, 1)), caption)


def _one_set(
    place: int, pictures: list[bytes], names: list[str], labels: np.ndarray, scores: np.ndarray
) -> str:
    """One set: its true order over its predicted order."""
    truth, guess = np.argsort(labels, kind="stable"), np.argsort(scores, kind="stable")
    rank = np.argsort(truth)
    shown = min(len(labels), PLACES)

    def item(i: int, r: int | None = None) -> str:
        """Item i as it is, or judged at rank r."""
        style, mark = "", ""
        if r is not None:
            style, mark = (
                ("right", "<i>✓</i>") if rank[i] == r else ("wrong", f"<i>✗ place {rank[i] + 1}</i>")
            )
        picture = page.image("png", pictures[i], f"image of {names[i]}")
        return f'<div class="item {style}">{picture}<b>{names[i]}</b> {mark}</div>'

    def row(name: str, items: Iterable[str]) -> str:
        columns = f"grid-template-columns: 4.5rem repeat({shown}, minmax(0, 10rem))"
        return f'<div class="order" style="{columns}"><span>{name}</span>{"".join(items)}</div>'

    cut = f"; the first {shown} places are shown" if shown < len(labels) else ""
    return (
        f'<div class="set"><h3>Set {place}: {(truth == guess).sum()} of {len(labels)} in place{cut}</h3>'
        + row("true", (item(i) for i in truth[:shown]))
        + row("predicted", (item(i, r) for r, i in enumerate(guess[:shown])))
        + "</div>"
    )


def by_true_rank(snapshot: Snapshot) -> np.ndarray:
    """P (G, n, n) of the snapshot's sets, rows in the order of the true ranks: ideally the identity."""
    order = np.argsort(snapshot.tensors["labels"], axis=1, kind="stable")
    return np.take_along_axis(snapshot.tensors["permutation"], order[:, :, None], axis=1)


def _permutations(run: Run, steps: list[int]) -> str:
    """Heat maps at a few of these steps, evenly chosen from the first to the last."""
    chosen = sorted({steps[i] for i in np.linspace(0, len(steps) - 1, HEAT_MAPS).round().astype(int)})
    matrices = {step: by_true_rank(_checked(run.snapshot(step))) for step in chosen}

    columns = max(len(chosen), HEAT_MAPS - 1)  # of few, none is drawn too large

    def paint(figure: Figure) -> None:
        panels = figure.subplots(2, columns, squeeze=False)
        for axes in panels.flat:
            axes.set_axis_off()
        for column, (step, matrix) in zip(panels.T, matrices.items(), strict=False):
            for axes, shown in zip(column, (matrix[0], matrix.mean(0)), strict=True):
                shades = axes.imshow(shown, vmin=0, vmax=1, cmap="Blues", interpolation="none")
                axes.set(xticks=[], yticks=[])
                axes.grid(False)
                axes.set_axis_on()
            column[0].set_title(f"step {step}")
        panels[0, 0].set_ylabel("set 1\nitem, by true rank")
        panels[1, 0].set(
            ylabel=f"mean of {len(matrix)} sets\nitem, by true rank", xlabel="rank in the output"
        )
        figure.colorbar(shades, ax=panels, label="weight", fraction=0.025, shrink=0.9)

    before, after = (
        np.trace(matrices[s], axis1=1, axis2=2).mean() / matrices[s].shape[1] for s in (chosen[0], chosen[-1])
    )
    caption = (
        "The relaxed permutation matrix of the fixed sets: the weight with which each item (row, by "
        "true rank) goes to each rank of the output (column). A perfect order has all of its weight on "
        f"the diagonal; there is {before:.0%} of it at the first step shown and {after:.0%} at the last."
        " A blur around the diagonal is doubt between neighbours; a dark spot off it is a mistake that "
        "the network is sure of."
    )
    return page.drawing(draw(WIDTH * 2.05 / columns, paint), "Heat maps of the permutation matrix", caption)
