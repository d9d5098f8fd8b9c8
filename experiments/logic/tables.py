# experiments/logic/tables.py — the tables of docs/experiments.md on logic, made from the rows
from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.logic import baselines
from experiments.rows import Row
from experiments.statistics import estimate
from experiments.tables import NONE, markdown, table_of, with_interval

SETS = {
    "Adult": {"data": "adult"},
    "Adult, hours as published": {"data": "adult", "published_hours": True},
    "breast cancer": {"data": "breast_cancer"},
    "MONK-1": {"data": "monk1"},
    "MONK-2": {"data": "monk2"},
    "MONK-3": {"data": "monk3"},
}


def accuracy(rows: Sequence[Row]) -> str:
    """Test accuracy in %, with its 95 % interval over seeds where there are several."""
    if not rows:
        return NONE
    value = estimate([100 * row["test"]["accuracy"] for row in rows])
    return with_interval(value) if value.count > 1 else f"{value.mean:.2f}"


def classic(rows: list[Row]) -> str:
    """The baselines: a line a set, a column a model."""

    def cell(setting: Row, model: str) -> str:
        return accuracy([row for row in rows if row["setting"] == {**setting, "model": model}])

    models = list(baselines.GRIDS)
    lines = [[name, *(cell(setting, model) for model in models)] for name, setting in SETS.items()]
    return markdown(["test accuracy in %", *(model.replace("_", " ") for model in models)], lines)


TABLES: dict[str, Callable[[], str]] = {
    "experiments_logic_baselines": table_of(baselines.EXPERIMENT, classic),
}
