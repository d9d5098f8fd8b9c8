# experiments/sorting/tables.py — the tables of docs/experiments.md on sorting, made from the rows
from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.rows import Row, read_rows
from experiments.sorting import (
    bfloat16,
    digits_families,
    methods,
    mnist_full,
    mnist_half,
    paper,
    peer_curve,
    stability,
)
from experiments.sorting.families import FAMILIES
from experiments.statistics import estimate, paired_difference
from experiments.tables import NONE, accuracy, markdown, table_of, with_interval

BASE = "logistic"  # what the other families are compared with, seed by seed


def select(rows: Sequence[Row], **setting: object) -> list[Row]:
    """The rows with this setting."""
    return [row for row in rows if setting.items() <= row["setting"].items()]


def papers(family: str, sizes: Sequence[int]) -> list[str]:
    """The paper's row for a family."""
    known = paper.EM_EW.get(family, {})
    cells = [f"{known[n][0]} ({known[n][1]})" if n in known else NONE for n in sizes]
    return [f"*{family}, paper on full MNIST (unverified)*", *cells]


def chosen_rows(rows: list[Row], n: int, family: str) -> list[Row]:
    """The rows at the steepness that the search chose; none while it is not over."""
    return select(rows, n=n, family=family, factor=digits_families.chosen_factor(rows, n, family))


def families(rows: list[Row]) -> str:
    sizes = digits_families.SIZES
    lines = []
    for family in FAMILIES:
        lines.append([family, *(accuracy(chosen_rows(rows, n, family)) for n in sizes)])
        lines.append(papers(family, sizes))
    return markdown(["EM (EW) in %", *(f"n = {n}" for n in sizes)], lines)


def families_differences(rows: list[Row]) -> str:
    def cell(n: int, family: str) -> str:
        ours, base = (exact_by_seed(chosen_rows(rows, n, name)) for name in (family, BASE))
        return with_interval(paired_difference(ours, base), "+") if ours.keys() & base.keys() else NONE

    sizes = digits_families.SIZES
    lines = [[family, *(cell(n, family) for n in sizes)] for family in FAMILIES if family != BASE]
    return markdown([f"EM minus that of {BASE}, points", *(f"n = {n}" for n in sizes)], lines)


def families_steepness(rows: list[Row]) -> str:
    def cell(n: int, family: str) -> str:
        factor = digits_families.chosen_factor(rows, n, family)
        return NONE if factor is None else f"{factor:g}"

    sizes = digits_families.SIZES
    lines = [[family, *(cell(n, family) for n in sizes)] for family in FAMILIES]
    return markdown(["chosen steepness ÷ rule", *(f"n = {n}" for n in sizes)], lines)


def of_method(rows: list[Row], n: int, method: str) -> list[Row]:
    """The rows at the steepness that the search chose; none while it is not over."""
    return select(rows, n=n, method=method, steepness=methods.chosen(rows, n, method))


def other_methods(rows: list[Row]) -> str:
    """EM and EW of the methods without a network."""
    lines = [[m, *(accuracy(of_method(rows, n, m)) for n in methods.SIZES)] for m in methods.METHODS]
    return markdown(["EM (EW) in %", *(f"n = {n}" for n in methods.SIZES)], lines)


def other_methods_differences(rows: list[Row]) -> str:
    """Their EM minus that of the Cauchy network, whose rows are of digits_families, by seed."""
    networks = read_rows(digits_families.EXPERIMENT.results)

    def cell(n: int, method: str) -> str:
        ours = exact_by_seed(of_method(rows, n, method))
        base = exact_by_seed(chosen_rows(networks, n, "cauchy"))
        return with_interval(paired_difference(ours, base), "+") if ours.keys() & base.keys() else NONE

    lines = [[m, *(cell(n, m) for n in methods.SIZES)] for m in methods.METHODS]
    head = ["EM minus that of the Cauchy network, points", *(f"n = {n}" for n in methods.SIZES)]
    return markdown(head, lines)


def exact_by_seed(rows: Sequence[Row]) -> dict[int, float]:
    """EM in % by seed; a run that failed counts as 0."""
    return {row["seed"]: 100 * row["test"].get("exact", 0.0) for row in rows}


def half(rows: list[Row]) -> str:
    sizes = list(mnist_half.STEPS)
    lines = []
    for family in mnist_half.COMPARED:
        lines.append([family, *(accuracy(select(rows, n=n, family=family)) for n in sizes)])
        lines.append(papers(family, sizes))
    return markdown(["EM (EW) in %", *(f"n = {n}, {mnist_half.STEPS[n]:,} steps" for n in sizes)], lines)


def full(rows: list[Row]) -> str:
    row = rows[-1]
    title = f"cauchy, {row['steps']:,} steps in {row['seconds'] / 60:.0f} min, {row['threads']} threads"
    return markdown(["EM (EW) in %", "n = 5"], [[title, accuracy([row])], papers("cauchy", [5])])


def curve(rows: list[Row]) -> str:
    """Validation EM at a few steps, ours and diffsort's, and the paired difference."""
    sorters = [
        {row["seed"]: dict(row["curve"]) for row in select(rows, sorter=name)} for name in peer_curve.SORTERS
    ]
    seeds = sorted(set.intersection(*(set(curves) for curves in sorters)))
    if not seeds:
        return "no pair of rows yet\n"
    lines = []
    for step in sorted(sorters[0][seeds[0]])[2::4]:
        ours, theirs = ({seed: 100 * curves[seed][step] for seed in seeds} for curves in sorters)
        means = [f"{estimate(list(found.values())).mean:.1f}" for found in (ours, theirs)]
        lines.append([f"{step:,}", *means, with_interval(paired_difference(ours, theirs), "+")])
    return markdown(["step", *(f"EM in %, {name}" for name in peer_curve.SORTERS), "difference"], lines)


def precisions(rows: list[Row]) -> str:
    """EM and EW with convolutions in either precision, the paired difference, and the time a step."""
    base = exact_by_seed(select(rows, precision="float32"))
    lines = []
    for precision in bfloat16.PRECISIONS:
        found = select(rows, precision=precision)
        if not found:
            return "no pair of rows yet\n"
        change = paired_difference(exact_by_seed(found), base)
        step = estimate([1e3 * row["seconds"] / row["steps"] for row in found]).mean
        lines.append([precision, accuracy(found), with_interval(change, "+"), f"{step:.0f} ms"])
    return markdown(["convolutions", "EM (EW) in %", "EM minus that of float32", "a step"], lines)


def large_sets(rows: list[Row]) -> str:
    def cells(found: Sequence[Row]) -> list[str]:
        if not found:
            return [NONE] * 4
        norms = [row["gradient_norm"] for row in found if row["gradient_norm"]]
        median = f"{estimate([n['median'] for n in norms]).mean:.2g}" if norms else NONE
        ratio = f"{max(n['maximum'] / n['median'] for n in norms):.1f}" if norms else NONE
        ends = f"{sum('error' not in row for row in found)} of {len(found)}"
        tied = estimate([100 * row["test"].get("elementwise_tied", 0.0) for row in found])
        return [median, ratio, ends, f"{tied.mean:.1f}"]

    lines = [
        [f"{method}, n = {n}, {family}", *cells(select(rows, method=method, n=n, family=family))]
        for method in stability.METHODS
        for n in stability.SIZES
        for family in stability.COMPARED
    ]
    head = ["network", "gradient norm, median", "largest ÷ median", "stayed finite", "EW in %, tie-aware"]
    return markdown(head, lines)


TABLES: dict[str, Callable[[], str]] = {
    "experiments_sorting_families": table_of(digits_families.EXPERIMENT, families),
    "experiments_sorting_families_differences": table_of(digits_families.EXPERIMENT, families_differences),
    "experiments_sorting_families_steepness": table_of(digits_families.EXPERIMENT, families_steepness),
    "experiments_sorting_methods": table_of(methods.EXPERIMENT, other_methods),
    "experiments_sorting_methods_differences": table_of(methods.EXPERIMENT, other_methods_differences),
    "experiments_sorting_mnist_half": table_of(mnist_half.EXPERIMENT, half),
    "experiments_sorting_mnist_full": table_of(mnist_full.EXPERIMENT, full),
    "experiments_sorting_peer_curve": table_of(peer_curve.EXPERIMENT, curve),
    "experiments_sorting_bfloat16": table_of(bfloat16.EXPERIMENT, precisions),
    "experiments_sorting_stability": table_of(stability.EXPERIMENT, large_sets),
}
