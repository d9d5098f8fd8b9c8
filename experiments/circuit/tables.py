# experiments/circuit/tables.py — the tables of docs/embedded.md, made from the rows
from __future__ import annotations

from collections.abc import Callable

from experiments.circuit import comparison_rows, microcontroller_rows
from experiments.rows import Row
from experiments.tables import markdown, table_of


def compared(rows: list[Row]) -> str:
    """A line a data set and model."""
    lines = []
    for row in rows:
        setting = row["setting"]
        size = "" if setting["model"] == "circuit" else f" {setting['size']}"
        name = f"{setting['data'].replace('_', '-')}, {setting['model']}{size}"
        accuracies = [f"{100 * row[part]['accuracy']:.2f}" for part in ("validation", "test")]
        speeds = [f"{row['examples_a_second']:,.0f}", f"{row['p50_us']:.1f}", f"{row['p99_us']:.1f}"]
        lines.append([name, *accuracies, *speeds, f"{row['bytes']:,}"])
    head = [
        "",
        "validation in %",
        "test in %",
        "examples a second",
        "p50 of one, µs",
        "p99, µs",
        "model, bytes",
    ]
    return markdown(head, lines)


def on_boards(rows: list[Row]) -> str:
    """A line a circuit and processor."""
    lines = []
    for row in rows:
        name = f"{row['setting']['net']}, {row['setting']['processor']}"
        counts = [row["nodes"], row["instructions"]["one"], row["instructions"]["batch of 32"]]
        sizes = [row["flash"], row["stated"]["CODE"] + row["stated"]["TABLES"], row["ram"], row["stack"]]
        lines.append([name, *(f"{n:,}" for n in [*counts, *sizes, row["stated"]["STACK"]])])
    head = [
        "",
        "nodes",
        "instructions, one example",
        "32 examples",
        "flash",
        "at most, as stated",
        "RAM",
        "stack",
    ]
    return markdown([*head, "at most, as stated"], lines)


TABLES: dict[str, Callable[[], str]] = {
    "experiments_circuit_comparison": table_of(comparison_rows.EXPERIMENT, compared),
    "experiments_circuit_microcontrollers": table_of(microcontroller_rows.EXPERIMENT, on_boards),
}
