# experiments/program/tables.py — the tables of docs/program_tasks.md, made from the rows
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product

from experiments.program import path_exactness, paths, silhouettes, sort, sweeps, words
from experiments.rows import Row
from experiments.statistics import estimate
from experiments.tables import NONE, accuracy, markdown, table_of, with_interval


def _of(rows: Sequence[Row], **setting: object) -> list[Row]:
    """The rows with this setting."""
    return [row for row in rows if setting.items() <= row["setting"].items()]


def _figure(rows: Sequence[Row], name: str, factor: float = 100.0) -> str:
    """The mean of a figure of the test with its 95 % interval over the seeds; a dash where no run has it."""
    values = [factor * row["test"][name] for row in rows if name in row.get("test", {})]
    return with_interval(estimate(values)) if values else NONE


def exactness(rows: list[Row]) -> str:
    """Ways by β."""
    head = ["exact paths in %", *(f"β = {beta:g}" for beta in path_exactness.BETAS)]
    lines = [
        [way, *(_figure(_of(rows, way=way, beta=beta), "exact") for beta in path_exactness.BETAS)]
        for way in path_exactness.WAYS
    ]
    return markdown(head, lines)


def path_methods(rows: list[Row]) -> str:
    """A row a method."""
    head = ["exact paths in %", "relaxed, rounded", "Dijkstra on learned costs", "excess cost in %", "s"]
    lines = []
    for method in paths.METHODS:
        found = _of(rows, method=method)
        ratios = [100 * (row["test"]["cost_ratio"] - 1) for row in found if "cost_ratio" in row["test"]]
        excess = with_interval(estimate(ratios)) if ratios else NONE
        seconds = f"{estimate([row['seconds'] for row in found]).mean:.0f}" if found else NONE
        lines.append([method, _figure(found, "exact"), _figure(found, "exact_hard"), excess, seconds])
    return markdown(head, lines)


def sorting_ways(rows: list[Row]) -> str:
    """A row a way."""
    return markdown(["EM (EW) in %", "n = 5"], [[way, accuracy(_of(rows, way=way))] for way in sort.WAYS])


def alphabets(rows: list[Row]) -> str:
    """A row an alphabet."""
    names = ("accuracy", "exact_distance")
    head = ["letters, and distances, right in %"]
    head += [f"{figure}, {method}" for method in words.METHODS for figure in ("letters", "distances")]
    lines = []
    for data, letters in product(words.SETS, words.ALPHABETS):
        alphabet = words.name_of(data, letters)
        found = [_of(rows, alphabet=alphabet, method=method) for method in words.METHODS]
        lines.append([alphabet, *(_figure(of, name) for of in found for name in names)])
    return markdown(head, lines)


def silhouette_programs(rows: list[Row]) -> str:
    """Programs by β."""
    head = ["IoU of voxels in %", *(f"β = {beta}" for beta in silhouettes.BETAS)]
    lines = [
        [
            program,
            *(_figure(_of(rows, program=program, beta=beta), "voxel_iou") for beta in silhouettes.BETAS),
        ]
        for program in silhouettes.PROGRAMS
    ]
    return markdown(head, lines)


#: Of each task, which figures its rows have: what the table calls them → their names.
SWEPT = {
    "program-sort": {"numbers in order": "exact", "numbers at their place": "elementwise"},
    "edit-distance": {"letters": "accuracy", "distances": "exact_distance"},
    "paths": {"paths": "exact", "paths by Dijkstra": "exact_hard"},
}


def changes(rows: list[Row], task: str) -> str:
    """A row a change."""
    head = [f"{task}, right in %", *SWEPT[task]]
    lines = []
    for change in sweeps.CHANGES[task]:
        found = _of(rows, task=task, change=sweeps.name_of(change))
        lines.append([sweeps.name_of(change), *(_figure(found, name) for name in SWEPT[task].values())])
    return markdown(head, lines)


TABLES: dict[str, Callable[[], str]] = {
    "experiments_program_exactness": table_of(path_exactness.EXPERIMENT, exactness),
    "experiments_program_paths": table_of(paths.EXPERIMENT, path_methods),
    "experiments_program_sort": table_of(sort.EXPERIMENT, sorting_ways),
    "experiments_program_words": table_of(words.EXPERIMENT, alphabets),
    "experiments_program_sweep_sort": table_of(sweeps.EXPERIMENT, partial(changes, task="program-sort")),
    "experiments_program_sweep_words": table_of(sweeps.EXPERIMENT, partial(changes, task="edit-distance")),
    "experiments_program_sweep_paths": table_of(sweeps.EXPERIMENT, partial(changes, task="paths")),
    "experiments_program_silhouettes": table_of(silhouettes.EXPERIMENT, silhouette_programs),
}
