# experiments/together/tables.py — the tables of docs/together.md on experiments, made from the rows
from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.rows import Row
from experiments.statistics import estimate
from experiments.tables import NONE, markdown, table_of, with_interval
from experiments.together import circuits, conditioned, gates, lists
from experiments.together.cases import select, values

TASKS = {"order": "sets in order, %", "count": "counts right, %", "place": "IoU, %"}


def percent(rows: Sequence[Row], figure: str = "right") -> str:
    """The mean over seeds with its interval."""
    return with_interval(estimate([100 * v for v in values(rows, figure)])) if rows else NONE


def distributions(rows: list[Row]) -> str:
    """Each distribution in the three rooms."""
    lines = [
        [f"`{name}`", *(percent(select(rows, distribution=name, task=task)) for task in TASKS)]
        for name in lists.DISTRIBUTIONS
    ]
    return markdown(["distribution", *TASKS.values()], lines)


def t_norms(rows: list[Row]) -> str:
    """Each T-norm in the two rooms that take one."""
    tasks = ("count", "place")
    lines = [
        [f"`{name}`", *(percent(select(rows, t_norm=name, task=task)) for task in tasks)]
        for name in lists.T_NORMS
    ]
    return markdown(["T-norm", *(TASKS[task] for task in tasks)], lines)


def hardened(rows: list[Row]) -> str:
    """The learned order by the scores and by circuits."""
    found = select(rows, what="sorting")
    lines = [["scores as they are, float32", percent(found, "float"), NONE]]
    for bits in circuits.BITS:
        name = f"{bits} bits"
        nodes = f"{estimate(values(found, f'{name}, nodes')).mean:,.0f}" if found else NONE
        lines.append([f"circuit, scores of {name}", percent(found, name), nodes])
    return markdown(["sorted by", "sets in order, %", "nodes"], lines)


def programs(rows: list[Row]) -> str:
    """Programs as circuits, on all inputs and by proof."""
    lines = []
    for name, (*_, bits, _, network) in circuits.PROGRAMS.items():
        for row in select(rows, what=name):
            test = row["test"]
            proof = "different"
            if not network:
                proof = NONE
            elif test["proved"]:
                proof = f"equal to `{network}`, {1e3 * test['proof, s']:.0f} ms"
            lines.append(
                [f"{name} of {bits} bits", f"{test['nodes']:,.0f}", f"{1e3 * test['compile, s']:.0f} ms"]
                + [f"{test['agreed']:,.0f} of {test['inputs']:,.0f}", proof]
            )
    head = ["program", "nodes", "compiled in", "inputs on which it is the hard program", "proof"]
    return markdown(head, lines)


def behind_a_program(rows: list[Row]) -> str:
    """Gates and neurons that a program's result taught."""
    lines = []
    for kind in gates.ACCEPTS:
        found = select(rows, accepts=kind)
        nodes = f"{estimate(values(found, 'nodes')).mean:.0f}" if found and kind == "gates" else NONE
        lines.append([kind, percent(found), nodes])
    return markdown(["what accepts a row", "places right, %", "nodes"], lines)


def under_isaac(rows: list[Row]) -> str:
    """Each loss and optimiser, alone and conditioned, at the best of six trials."""
    titles = {"topk": "digits told, %", "sorting": "sets in order, %"}
    lines = []
    for optimizer in conditioned.RATES:
        for isaac in (False, True):
            cells = []
            for task in conditioned.LOSSES:
                trial = conditioned.chosen(rows, task, optimizer, isaac)
                found = []
                if trial is not None:
                    setting = {"task": task, "optimizer": optimizer, "isaac": isaac, **trial}
                    found = [row for row in rows if row["setting"] == setting]
                cells += [percent(found), with_loss(found)]
            name = {"sgd": "SGD with momentum", "adam": "Adam"}[optimizer]
            lines.append([f"{name}, ISAAC" if isaac else name, *cells])
    head = ["150 steps"] + [cell for task in conditioned.LOSSES for cell in (titles[task], "loss")]
    return markdown(head, lines)


def with_loss(rows: Sequence[Row]) -> str:
    """The mean loss of the test."""
    return f"{estimate(values(rows, 'loss')).mean:.3f}" if rows else NONE


TABLES: dict[str, Callable[[], str]] = {
    "experiments_together_distributions": table_of(lists.EXPERIMENT, distributions),
    "experiments_together_t_norms": table_of(lists.EXPERIMENT, t_norms),
    "experiments_together_sorting": table_of(circuits.EXPERIMENT, hardened),
    "experiments_together_programs": table_of(circuits.EXPERIMENT, programs),
    "experiments_together_gates": table_of(gates.EXPERIMENT, behind_a_program),
    "experiments_together_isaac": table_of(conditioned.EXPERIMENT, under_isaac),
}
