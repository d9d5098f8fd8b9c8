# experiments/circuit/published.py — what others report of such networks in hardware, beside ours
"""Figures as published, none measured here; what could not be verified is left out. Second hand: from
a public ledger of replications, not from the paper.
"""

from __future__ import annotations

from collections.abc import Sequence

from experiments.rows import Row
from experiments.tables import NONE, markdown

CONVOLUTIONAL = "Convolutional DLGN, NeurIPS 2024"
SYNTHESISED = "gates after synthesis, and 7 for each summed bit"
LEARNED = "learned gates, before any simplification; no adders"
THROUGHPUT = "ns an image on an FPGA, bound by transfer"
# System, data, accuracy in %, size, what it counts, time, what it is.
PUBLISHED = (
    (CONVOLUTIONAL + ", S", "MNIST", 98.46, "147 K", SYNTHESISED, "4", THROUGHPUT),
    (CONVOLUTIONAL + ", M", "MNIST", 99.23, "566 K", SYNTHESISED, "5", THROUGHPUT),
    (CONVOLUTIONAL + ", L", "MNIST", 99.35, "1.27 M", SYNTHESISED, NONE, NONE),
    (CONVOLUTIONAL + ", S", "CIFAR-10", 60.38, "0.40 M", SYNTHESISED, "9", THROUGHPUT),
    (CONVOLUTIONAL + ", M", "CIFAR-10", 71.01, "3.08 M", SYNTHESISED, "9", THROUGHPUT),
    ("DLGN, NeurIPS 2022, small", "MNIST", 97.69, "48 K", LEARNED, NONE, NONE),
    ("DLGN, NeurIPS 2022, large", "MNIST", 98.47, "384 K", LEARNED, NONE, NONE),
    ("DWN, ICML 2024 (as NeurIPS 2024 quotes it)", "MNIST", 98.77, NONE, NONE, "45", "ns, on an FPGA"),
    ("LILogicNet, 2025 (second hand)", "MNIST", 98.45, "8 K", LEARNED, NONE, NONE),
)


def beside(prices: Sequence[Row], routed: Sequence[Row]) -> str:
    """Published rows, then ours: the most accurate of MNIST, and the fastest placed ones."""
    lines = [[system, data, f"{accuracy:.2f}", *rest] for system, data, accuracy, *rest in PUBLISHED]
    mnist = [row for row in prices if row["setting"]["data"] == "mnist"]
    if mnist:
        best = max(mnist, key=lambda row: row["test"]["hard"])
        luts = best["luts"] + best["luts_of_sums"]
        counted = "LUTs of 4 inputs with sums; no encoder, no argmax; not placed"
        accuracy = f"{100 * best['test']['hard']:.2f}"
        lines.append(["ours, short training", "MNIST", accuracy, f"{luts:,}", counted, NONE, NONE])
    for net in dict.fromkeys(row["net"] for row in routed):
        placed = [row for row in routed if row["net"] == net and row["routed"]["device"]]
        if not placed or not net.startswith("digits"):
            continue
        row = max(placed, key=lambda row: row["routed"]["icetime_mhz"])
        clock = 1000 / row["routed"]["icetime_mhz"]
        clocks = row["words"] + row["latency"]
        lines.append(
            [
                f"ours, {net}",
                "digits",
                f"{100 * row['accuracy']:.2f}",
                f"{row['routed']['logic_cells']:,}",
                f"logic cells of an iCE40 {row['routed']['device']}, all: stream, encoder, sums, argmax",
                f"{clocks * clock:,.0f}",
                f"ns from the first word of 8 bits to the label, {clocks} clocks; a picture each "
                f"{row['words'] * clock:,.0f} ns",
            ]
        )
    head = ["system", "data", "accuracy in %", "size", "what it counts", "time", "what it is"]
    return markdown(head, lines)
