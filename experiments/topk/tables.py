# experiments/topk/tables.py — the tables of docs/topk.md on experiments, made from the rows
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from experiments.rows import Row
from experiments.statistics import estimate, paired_difference
from experiments.tables import NONE, markdown, table_of, with_interval
from experiments.topk import glyphs, pk_sweep
from experiments.topk.protocol import FIRST, P_K, by_seed

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
    base = select(rows, loss=BASE, noise=0.0)
    lines = [[TITLES[name], *both(select(rows, loss=name, noise=0.0), base)] for name in pk_sweep.BASELINES]
    return markdown(["loss", *HEAD], lines)


def of_method(rows: list[Row], method: str, p_k: str, noise: float) -> list[Row]:
    """The rows of a method at the steepness that the search chose."""
    steepness = pk_sweep.chosen(rows, method)
    return select(rows, loss=method, steepness=steepness, p_k=p_k, noise=noise)


def sweep(figure: str) -> Callable[[list[Row]], str]:
    """The table of differences to cross-entropy: P_K by methods."""

    def table(rows: list[Row]) -> str:
        base = by_seed(select(rows, loss=BASE, noise=0.0), figure)
        lines = [
            [
                p_k,
                *(difference(by_seed(of_method(rows, m, p_k, 0.0), figure), base) for m in pk_sweep.METHODS),
            ]
            for p_k in P_K
            if p_k != FIRST
        ]
        return markdown([f"{FIGURES[figure]} minus that of cross-entropy, points", *pk_sweep.METHODS], lines)

    return table


def steepness(rows: list[Row]) -> str:
    chosen = {method: pk_sweep.chosen(rows, method) for method in pk_sweep.METHODS}
    line = ["chosen", *(NONE if s is None else f"{s:g}" for s in chosen.values())]
    tried = ["tried", *(", ".join(f"{s:g}" for s in pk_sweep.STEEPNESSES[method]) for method in chosen)]
    return markdown(["steepness", *chosen], [tried, line])


def noise(rows: list[Row]) -> str:
    """Top-1 and top-5 of cross-entropy at each share of wrong labels; of others how they differ from it."""

    def cells(find: Callable[[float], list[Row]]) -> list[str]:
        found = []
        for share in pk_sweep.NOISES:
            base, ours = select(rows, loss=BASE, noise=share), find(share)
            top1, more1, top5, more5 = both(ours, base)
            found += [top1, top5] if ours == base else [more1, more5]
        return found

    lines = [
        [TITLES[name], *cells(lambda share, name=name: select(rows, loss=name, noise=share))]
        for name in pk_sweep.BASELINES
    ]
    for p_k in pk_sweep.WITH_NOISE:
        for method in pk_sweep.METHODS:
            found = cells(lambda share, method=method, p_k=p_k: of_method(rows, method, p_k, share))
            lines.append([f"{method}, {p_k}", *found])
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
    "experiments_topk_steepness": table_of(pk_sweep.EXPERIMENT, steepness),
    "experiments_topk_noise": table_of(pk_sweep.EXPERIMENT, noise),
    "experiments_topk_glyphs": table_of(glyphs.EXPERIMENT, from_scratch),
}
