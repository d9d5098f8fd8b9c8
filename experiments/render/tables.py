# experiments/render/tables.py — the tables of docs/experiments.md on rendering, made from the rows
from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.render import shape
from experiments.rows import Row
from experiments.tables import NONE, markdown, table_of


def best(rows: Sequence[Row], distribution: str, t_norm: str) -> str:
    """The smallest hard loss over the softnesses that were tried, in %, and log10 τ where it was found."""
    wanted = {"distribution": distribution, "t_norm": t_norm}
    found = [row for row in rows if wanted.items() <= row["setting"].items() and "error" not in row]
    if not found:
        return NONE
    row = min(found, key=lambda row: row["test"]["hard_loss"])
    at_end = len(found) < len(shape.OFFSETS)
    return f"{100 * row['test']['hard_loss']:.1f} ({row['setting']['log10_tau']:g}{', …' if at_end else ''})"


def shapes(rows: list[Row]) -> str:
    """Distributions by T-conorms."""
    head = ["hard IoU loss in % (log10 τ)", *shape.T_NORMS]
    lines = [[d, *(best(rows, d, t) for t in shape.T_NORMS)] for d in shape.DISTRIBUTIONS]
    return markdown(head, lines)


TABLES: dict[str, Callable[[], str]] = {"experiments_render_shape": table_of(shape.EXPERIMENT, shapes)}
