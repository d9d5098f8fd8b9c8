# python/pliant/report/gates.py — a small circuit as a drawing: gates from left to right, level by level
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from pliant.report.flat_cell import FlatCell
from pliant.report.plots import COLOURS, INK, SOFT, WIDTH, draw

RADIUS, RING = 0.15, 0.034  # inches: of a gate, and of the ring that inverts what it reads
STEP = 0.4  # inches: between gates of a column
LINE = 0.1  # inches: between lines that end in one sum
NAMES = 1.75  # inches: for the names at either side
SYMBOLS = {"∧": COLOURS[0], "∨": COLOURS[1], "⊕": COLOURS[2]}


@dataclass(frozen=True)
class Sink:
    """What is drawn at the right end.

    Attributes:
        name: beside it
        literals: 2 · signal, and 1 more for the complement: the bits that it is, or that it sums
    """

    name: str
    literals: Sequence[int] = field(default=())


def symbol_of(table: int, fan_in: int) -> tuple[str, list[bool]]:
    """A node's symbol, and which of its inputs are inverted first: ∧, ∨, ⊕, 0, 1, =, else its table.

    Args:
        table: bit a is its value where input i is bit i of a
        fan_in: how many inputs it has

    >>> symbol_of(0b0010, 2)
    ('∧', [False, True])
    """
    size = 1 << fan_in
    straight = [False] * fan_in
    ones = [a for a in range(size) if table >> a & 1]
    zeros = [a for a in range(size) if not table >> a & 1]
    if fan_in == 0:
        return str(table), straight
    if len(ones) == 1:
        return "∧" if fan_in > 1 else "=", [not ones[0] >> i & 1 for i in range(fan_in)]
    if len(zeros) == 1:
        return "∨", [bool(zeros[0] >> i & 1) for i in range(fan_in)]
    odd = sum(1 << a for a in range(size) if a.bit_count() % 2)
    if table in (odd, odd ^ (1 << size) - 1):
        return "⊕", [table != odd, *straight[1:]]
    return f"{table:X}", straight


def draw_gates(
    cell: FlatCell, signals: Sequence[int], names: Mapping[int, str], sinks: Sequence[Sink]
) -> bytes:
    """The drawing as SVG.

    Args:
        cell: what the signals are of
        signals: what is drawn, ascending, with all that they depend on, but for what is named
        names: of the inputs among them, and of other signals whose gates are not drawn
        sinks: what their bits end in
    """
    places, height = _places(cell, signals, names, sinks)

    def paint(figure: Figure) -> None:
        figure.set_layout_engine("none")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, WIDTH)
        axes.set_ylim(-height / 2, height / 2)
        for signal in signals:
            if signal in names:
                x, y = places[signal]
                axes.text(x - 0.06, y, names[signal], ha="right", va="center", fontsize=9, color=INK)
                axes.plot([x], [y], marker="o", markersize=3, color=SOFT)
            else:
                _paint_node(axes, cell, signal, places)
        for number, sink in enumerate(sinks):
            _paint_sink(axes, sink, places[-1 - number], places)

    return draw(height, paint)


def _places(
    cell: FlatCell, signals: Sequence[int], names: Mapping[int, str], sinks: Sequence[Sink]
) -> tuple[dict[int, tuple[float, float]], float]:
    """Where everything stands, in inches from the left and from the middle, and the height of it all.

    Sinks are −1, −2, ….
    """
    levels: dict[int, int] = {}
    edges = []
    for signal in signals:
        reads = [] if signal in names else cell.reads_of(signal)
        edges += [(read, signal) for read in reads]
        levels[signal] = max((levels[read] + 1 for read in reads), default=0)
    last = max(levels.values(), default=0) + 1
    edges += [(literal >> 1, -1 - i) for i, sink in enumerate(sinks) for literal in sink.literals]
    columns: list[list[int]] = [[] for _ in range(last + 1)]
    for signal in signals:
        columns[levels[signal]].append(signal)
    columns[last] = [-1 - i for i in range(len(sinks))]
    sizes = {-1 - i: STEP + LINE * max(len(set(sink.literals)) - 1, 0) for i, sink in enumerate(sinks)}
    tallest = max(sum(sizes.get(signal, STEP) for signal in column) for column in columns)
    heights = _ordered(columns, edges, sizes, tallest)
    width = (WIDTH - 2 * NAMES) / last
    return {s: (NAMES + c * width, heights[s]) for c, column in enumerate(columns) for s in column}, tallest


def _ordered(
    columns: list[list[int]], edges: Sequence[tuple[int, int]], sizes: Mapping[int, float], tallest: float
) -> dict[int, float]:
    """Heights in which few edges cross: each column in turn is ordered by the middle of its neighbours."""
    neighbours: dict[int, list[int]] = {signal: [] for column in columns for signal in column}
    for one, other in edges:
        neighbours[one].append(other)
        neighbours[other].append(one)
    heights: dict[int, float] = {}

    def spread(column: list[int]) -> None:
        total = sum(sizes.get(signal, STEP) for signal in column)
        gap = min(1.5 * STEP, (tallest - total) / max(len(column), 1))
        top = (total + gap * (len(column) - 1)) / 2
        for signal in column:
            size = sizes.get(signal, STEP)
            heights[signal] = top - size / 2
            top -= size + gap

    for column in columns:
        spread(column)
    for sweep in range(8):
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            middle = {s: float(np.mean([heights[n] for n in neighbours[s]] or [heights[s]])) for s in column}
            column.sort(key=middle.__getitem__, reverse=True)
            spread(column)
    return heights


def _paint_node(axes: Axes, cell: FlatCell, signal: int, places: dict[int, tuple[float, float]]) -> None:
    """A gate and the lines to what it reads, which end one below the other."""
    x, y = places[signal]
    node = signal - cell.inputs
    fan_in = int(cell.fan_in[node])
    symbol, inverted = symbol_of(int(cell.tables[node]), fan_in)
    reads = cell.reads_of(signal)
    order = sorted(range(fan_in), key=lambda i: -places[reads[i]][1])
    for rank, i in enumerate(order):
        offset = RADIUS * 0.55 * (1 - 2 * rank / (fan_in - 1)) if fan_in > 1 else 0.0
        end = (x - float(np.sqrt(RADIUS**2 - offset**2)), y + offset)
        _paint_line(axes, places[reads[i]], end, inverted[i])
    axes.add_patch(
        Circle((x, y), RADIUS, facecolor="white", edgecolor=SYMBOLS.get(symbol, SOFT), lw=1.4, zorder=3)
    )
    size = 11 if len(symbol) == 1 else 6.5
    axes.text(x, y, symbol, ha="center", va="center", fontsize=size, color=INK, zorder=4)


def _paint_sink(
    axes: Axes, sink: Sink, place: tuple[float, float], places: dict[int, tuple[float, float]]
) -> None:
    """A name, and the lines to its bits, one below the other; how many, where several are the same one."""
    x, y = place
    counts = sorted(Counter(sink.literals).items(), key=lambda item: (-places[item[0] >> 1][1], item[0]))
    half = LINE * (len(counts) - 1) / 2
    for rank, (literal, count) in enumerate(counts):
        end = (x, y + half - rank * LINE)
        _paint_line(axes, places[literal >> 1], end, bool(literal & 1))
        if count > 1:
            axes.text(x + 0.05, end[1], f"×{count}", ha="left", va="center", fontsize=6.5, color=SOFT)
    if len(counts) > 1:
        axes.plot([x, x], [y - half - LINE / 2, y + half + LINE / 2], color=INK, linewidth=2)
    several = any(count > 1 for _, count in counts)
    axes.text(x + (0.28 if several else 0.1), y, sink.name, ha="left", va="center", fontsize=9, color=INK)


def _paint_line(axes: Axes, begin: tuple[float, float], end: tuple[float, float], inverted: bool) -> None:
    """A curve from left to right; with a ring at its end if it inverts."""
    if inverted:
        end = (end[0] - 2 * RING, end[1])
        centre = (end[0] + RING, end[1])
        axes.add_patch(Circle(centre, RING, facecolor="white", edgecolor=INK, lw=1, zorder=3))
    half = (end[0] - begin[0]) / 2
    points = [begin, (begin[0] + half, begin[1]), (end[0] - half, end[1]), end]
    curve = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
    axes.add_patch(PathPatch(curve, facecolor="none", edgecolor=SOFT, lw=0.9, zorder=1))
