# experiments/topk/tables.py — the tables of docs/topk.md on experiments, made from the rows
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from experiments.rows import Row
from experiments.statistics import estimate, paired_difference
from experiments.tables import NONE, markdown, table_of, with_interval
from experiments.topk import glyphs, pk_sweep
from experiments.topk.protocol import EVEN, FIRST, by_seed

BASE = "cross_entropy"  # what everything is compared with, seed by seed
FIGURES = {"top1": "top-1", "top5": "top-5"}
TITLES = {
    "cross_entropy": "cross-entropy",
    "smooth_svm": "smooth top-5 SVM",
    "truncated_entropy": "truncated top-5 entropy",
    "softmax of 16": f"softmax of 16 candidates, P_K = {FIRST}",
}

Seeds = Mapping[int, float]


def select(rows: Sequence[Row], **setting: object) -> list[Row]:
    """The rows with this setting."""
    return [row for row in rows if setting.items() <= row["setting"].items()]


def difference(ours: Seeds, base: Seeds) -> str:
    """The paired difference with its interval, if there is a pair."""
    return with_interval(paired_difference(ours, base), "+") if ours.keys() & base.keys() else NONE


def both(rows: Sequence[Row], base: Sequence[Row]) -> list[str]:
    """For top-1 and for top-5: the figure, and its difference to that of `base`."""
    cells = []
    for figure in FIGURES:
        ours = by_seed(rows, figure)
        value = with_interval(estimate(list(ours.values()))) if ours else NONE
        cells += [value, NONE if rows == base else difference(ours, by_seed(base, figure))]
    return cells


HEAD = ["top-1 in %", "− cross-entropy", "top-5 in %", "− cross-entropy"]


def baselines(rows: list[Row]) -> str:
    base = of_loss(rows, BASE, 0.0)
    lines = [[TITLES[name], *both(of_loss(rows, name, 0.0), base)] for name in pk_sweep.BASELINES]
    return markdown(["loss", *HEAD], lines)


def of_loss(rows: list[Row], loss: str, noise: float, **p_k: str) -> list[Row]:
    """The rows of a loss as the search chose it; none while it is not over."""
    choice = pk_sweep.chosen(rows, loss)
    if choice is None:
        return []
    steepness = {} if choice[0] is None else {"steepness": choice[0]}
    return select(rows, loss=loss, noise=noise, rate=choice[1], **steepness, **p_k)


def sweep(figure: str) -> Callable[[list[Row]], str]:
    """The table of differences to cross-entropy: P_K by methods."""

    def table(rows: list[Row]) -> str:
        base = by_seed(of_loss(rows, BASE, 0.0), figure)

        def cell(method: str, p_k: str) -> str:
            return difference(by_seed(of_loss(rows, method, 0.0, p_k=p_k), figure), base)

        lines = [[p_k, *(cell(method, p_k) for method in pk_sweep.METHODS)] for p_k in pk_sweep.SWEPT]
        return markdown([f"{FIGURES[figure]} minus that of cross-entropy, points", *pk_sweep.METHODS], lines)

    return table


def search(rows: list[Row]) -> str:
    """What was tried, and what was chosen."""
    lines = []
    for loss in (*pk_sweep.BASELINES, *pk_sweep.METHODS):
        tried = ", ".join(f"{s:g}" for s in pk_sweep.STEEPNESSES.get(loss, ())) or NONE
        steepness, rate = pk_sweep.chosen(rows, loss) or (None, None)
        chosen = [NONE if x is None else f"{x:g}" for x in (steepness, rate)]
        lines.append([TITLES.get(loss, loss), tried, *chosen])
    rates = ", ".join(f"{rate:g}" for rate in pk_sweep.RATES)
    return markdown(["loss", "steepness tried", "chosen", f"learning rate chosen of {rates}"], lines)


def noise(rows: list[Row]) -> str:
    """Top-1 and top-5 of cross-entropy at each share of wrong labels; of others how they differ from it."""

    def cells(loss: str, **p_k: str) -> list[str]:
        found = []
        for share in pk_sweep.NOISES:
            base, ours = of_loss(rows, BASE, share), of_loss(rows, loss, share, **p_k)
            top1, more1, top5, more5 = both(ours, base)
            found += [top1, top5] if loss == BASE else [more1, more5]
        return found

    lines = [[TITLES[name], *cells(name)] for name in pk_sweep.BASELINES]
    lines += [[f"{method}, P_K = {EVEN}", *cells(method, p_k=EVEN)] for method in pk_sweep.METHODS]
    head = [f"{what}, {share:.0%}" for share in pk_sweep.NOISES for what in FIGURES.values()]
    return markdown(["loss", *head], lines)


def from_scratch(rows: list[Row]) -> str:
    base = select(rows, loss=BASE)
    lines = [[TITLES[BASE], *both(base, base)]]
    for p_k in glyphs.COMPARED:
        for method in glyphs.METHODS:
            lines.append([f"{method}, {p_k}", *both(select(rows, loss=method, p_k=p_k), base)])
    return markdown(["loss", *HEAD], lines)


TABLES: dict[str, Callable[[], str]] = {
    "experiments_topk_baselines": table_of(pk_sweep.EXPERIMENT, baselines),
    "experiments_topk_sweep_top1": table_of(pk_sweep.EXPERIMENT, sweep("top1")),
    "experiments_topk_sweep_top5": table_of(pk_sweep.EXPERIMENT, sweep("top5")),
    "experiments_topk_search": table_of(pk_sweep.EXPERIMENT, search),
    "experiments_topk_noise": table_of(pk_sweep.EXPERIMENT, noise),
    "experiments_topk_glyphs": table_of(glyphs.EXPERIMENT, from_scratch),
}
