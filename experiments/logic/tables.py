# experiments/logic/tables.py — the tables of docs/experiments.md on logic, made from the rows
from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.logic import ablation, baselines, images, learned_wiring, tabular
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


RECIPES = {
    "adult": "Adult",
    "breast-cancer": "breast cancer",
    "monk1": "MONK-1",
    "monk2": "MONK-2",
    "monk3": "MONK-3",
}


def figure(rows: Sequence[Row], name: str) -> str:
    """A figure of the test in %, with its 95 % interval over seeds where there are several."""
    if not rows:
        return NONE
    value = estimate([100 * row["test"][name] for row in rows])
    return with_interval(value) if value.count > 1 else f"{value.mean:.2f}"


def table_sets(rows: list[Row]) -> str:
    """A line a set, for each kind of gates the Boolean and the relaxed network."""
    lines = []
    for recipe, title in RECIPES.items():
        line = [title]
        for gates in tabular.GATES:
            there = [row for row in rows if row["setting"] == {"recipe": recipe, "gates": gates}]
            line += [figure(there, "hard"), figure(there, "soft")]
        lines.append(line)
    head = [f"{gates}, {kind}" for gates in tabular.GATES for kind in ("Boolean", "relaxed")]
    return markdown(["test accuracy in %", *head], lines)


def image_sets(rows: list[Row]) -> str:
    """A line a run."""
    lines = []
    for run in images.RUNS:
        there = [row for row in rows if row["setting"] == {"run": run}]
        steps = f"{there[0]['steps']:,}" if there else NONE
        cells = [figure(there, "hard"), figure(there, "soft")]
        lines.append([f"`--recipe {run}`", steps, str(len(there)), *cells])
    return markdown(["run", "steps", "seeds", "Boolean, test in %", "relaxed, test in %"], lines)


def wirings(rows: list[Row]) -> str:
    """A line a run that there is, with its options."""
    lines = []
    for run, options in learned_wiring.RUNS.items():
        there = [row for row in rows if row["setting"] == {"run": run}]
        if not there:
            continue
        given = " ".join(f"--{name} {value}" for name, value in options.items() if name != "validate-every")
        cells = [figure(there, "hard"), figure(there, "soft")]
        lines.append([run, f"`{given}`", str(len(there)), *cells])
    return markdown(["run", "options", "seeds", "Boolean, test in %", "relaxed, test in %"], lines)


def choices(rows: list[Row]) -> str:
    """A line for each choice of parametrisation, initialisation and wiring."""
    lines = []
    for job in ablation.plan([]):
        if job.seed != ablation.SEEDS[0]:
            continue
        there = [row for row in rows if row["setting"] == job.setting]
        kind = job.setting
        name = f"`{kind['parametrization']}`" + (", gumbel" if kind.get("gumbel") else "")
        cells = [figure(there, "hard"), figure(there, "soft")]
        lines.append([name, str(kind["init"]), str(kind["wiring"]), str(len(there)), *cells])
    head = ["parametrization", "init", "wiring", "seeds", "Boolean, test in %", "relaxed, test in %"]
    return markdown(head, lines)


TABLES: dict[str, Callable[[], str]] = {
    "experiments_logic_baselines": table_of(baselines.EXPERIMENT, classic),
    "experiments_logic_tabular": table_of(tabular.EXPERIMENT, table_sets),
    "experiments_logic_images": table_of(images.EXPERIMENT, image_sets),
    "experiments_logic_learned_wiring": table_of(learned_wiring.EXPERIMENT, wirings),
    "experiments_logic_ablation": table_of(ablation.EXPERIMENT, choices),
}
