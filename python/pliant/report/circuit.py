# python/pliant/report/circuit.py — the circuit of a network of gates: sizes, gates, what classes look at
from __future__ import annotations

import time
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from pliant.report import page
from pliant.report.flat_cell import FlatCell
from pliant.report.gates import Sink, draw_gates
from pliant.report.plots import png
from pliant.report.run import Run, RunError
from pliant.report.safetensors import SafetensorsError, read_safetensors

if TYPE_CHECKING:
    from pliant.circuit import Circuit

MOST_SIMPLIFIED = 600_000  # nodes of a network as trained; more would keep the reader waiting
MOST_DRAWN = 100  # gates and inputs of a whole circuit
MOST_BEHIND = 44  # of those behind one bit
MOST_BYTES = 1 << 28  # of memory for what depends on what
MOST_CLASSES = 20  # that have pictures of what they look at
TRIED = 400  # bits whose gates are counted to find one to draw
PATIENCE = 0.3  # seconds: what takes longer is not measured
EXAMPLES = 1 << 14


@dataclass(frozen=True)
class Stages:
    """A network as trained, simplified, and mapped to nodes of three inputs."""

    raw: Circuit
    simple: Circuit
    mapped: Circuit


def circuit_chapters(run: Run, means: np.ndarray | None = None) -> list[tuple[str, str]]:
    """The chapter on the circuit of the best checkpoint; none where there is no checkpoint.

    Args:
        run: of networks of gates
        means: (classes, channels, height, width) uint8 mean pictures, to be shown beside what classes look at

    Raises:
        RunError: if the checkpoint is damaged
    """
    title = "The circuit it becomes"
    path = run.folder / "best.safetensors"
    if not path.is_file():
        return []
    try:
        if "network" not in read_safetensors(path)[1]:
            text = "the checkpoint, of an earlier version, does not describe its network."
            return [(title, page.paragraph(f"The circuit is not shown: {text}"))]
        from pliant.circuit import Circuit

        raw = Circuit.from_model(path)
    except SafetensorsError as error:
        raise RunError(str(error)) from error
    except (ImportError, ValueError) as error:
        return [(title, page.paragraph(f"The circuit is not shown: {error}"))]
    return [(title, _content(raw, means))]


def _content(raw: Circuit, means: np.ndarray | None) -> str:
    if raw.nodes > MOST_SIMPLIFIED:
        text = f"The network is a circuit of {raw.nodes:,} nodes, too many to be simplified here."
        return page.paragraph(f"{text} `pliant circuit compile` does it.")
    simple = raw.simplify(lut=0)
    stages = Stages(raw, simple, simple.simplify())
    cell = FlatCell(simple)
    return _sizes(stages) + _drawing(simple, cell) + _looks(simple, cell, means)


def _sizes(stages: Stages) -> str:
    """A table of the three, and how fast the last one runs."""
    names = ("as trained", "simplified", "mapped to three inputs")
    keys = ("nodes", "depth", "output_bits", "live_inputs")
    circuits = (stages.raw, stages.simple, stages.mapped)
    rows = [[n, *(f"{c.info()[k]:,}" for k in keys)] for n, c in zip(names, circuits, strict=True)]
    text = (
        "In evaluation the network is a circuit of logic gates. Simplified, it computes the same scores with "
        "fewer: constants, wires and inverters go into the gates that read them, equal gates become one. "
        "Mapped, gates join to nodes of up to three inputs, which is what runs (pliant circuit compile)."
    )
    rate = images_a_second(stages.mapped)
    if rate is not None:
        text += f" Here one thread labels about {_two_digits(rate)} examples a second (pliant circuit bench)."
    head = ["circuit", "nodes", "depth", "bits that are counted", "inputs that are read"]
    return page.paragraph(text) + page.table(head, rows, "numbers")


def images_a_second(circuit: Circuit) -> float | None:
    """Examples a second of one thread, from bytes where there are features; None if it would take long."""
    examples = _noise(circuit.info())
    answer = circuit.classify if circuit.classes else circuit.run
    begin = time.perf_counter()
    answer(examples[:512], threads=1)  # makes it ready
    if (time.perf_counter() - begin) > PATIENCE:
        return None
    fastest = np.inf
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        begin = time.perf_counter()
        answer(examples, threads=1)
        fastest = min(fastest, time.perf_counter() - begin)
    return len(examples) / fastest


def _noise(info: dict[str, Any]) -> np.ndarray:
    """Random examples; of pictures that are cropped, with a border that can be."""
    rng = np.random.default_rng(0)
    if info["features"] == 0:
        return rng.integers(0, 2, (EXAMPLES, info["inputs"])).astype(bool)
    if info["crop"] is None:
        return rng.integers(0, 256, (EXAMPLES, info["width"]), np.uint8)
    height, width, side = info["crop"]
    top, left = (height - side) // 2, (width - side) // 2
    pictures = np.zeros((EXAMPLES, height, width), np.uint8)
    pictures[:, top : top + side, left : left + side] = rng.integers(0, 256, (EXAMPLES, side, side))
    return pictures.reshape(EXAMPLES, -1)


def _two_digits(value: float) -> str:
    """1234567 → 1.2 million."""
    if 999_500 <= value < 99.5e6:
        return f"{value / 1e6:.2g} million"
    digits = 10 ** max(len(str(int(value))) - 2, 0)
    rounded = round(value / digits) * digits
    return f"{rounded // 10**6:,} million" if rounded >= 10**8 else f"{rounded:,}"


def _drawing(circuit: Circuit, cell: FlatCell) -> str:
    """All gates where they are few, else those behind one bit, or its last ones."""
    classes = circuit.class_names or [str(i) for i in range(len(cell.begins) - 1)]
    cut: list[int] = []
    signals = cell.cone((cell.outputs >> 1).tolist(), MOST_DRAWN)
    if signals is not None:
        sinks, what = _all_sinks(cell, classes), "The whole simplified circuit"
    else:
        bit, signals, cut = _cone_to_draw(cell)
        sinks = [_bit_sink(cell, bit, classes)]
        what = f"One of the {len(cell.outputs):,} bits that are counted, with " + (
            "the last gates before it" if cut else "all gates and inputs behind it"
        )
    inputs = circuit.input_names()
    names = {s: _short(inputs[s]) for s in signals if s < cell.inputs} | dict.fromkeys(cut, "…")
    svg = draw_gates(cell, signals, names, sinks)
    gates = len(signals) - len(names)
    caption = (
        f"{what}: {gates} gate{'s' * (gates != 1)}. ∧ is and, ∨ or, ⊕ exclusive or; a ring "
        "inverts what comes there; other gates show their table in hexadecimal."
    )
    if cut:
        caption += " Dots stand for more gates."
    if sinks[0].name.startswith("Σ"):
        caption += " Σ counts the bits of a class that are 1, beginning with the number behind its name."
    return page.drawing(svg, "Gates of the circuit, from inputs on the left to bits on the right", caption)


def _bit_sink(cell: FlatCell, bit: int, classes: list[str]) -> Sink:
    literal = int(cell.outputs[bit])
    if cell.biases is None:
        return Sink(f"bit {bit}", [literal])
    of_class = int(np.searchsorted(cell.begins, bit, side="right")) - 1
    return Sink(f"{_short(classes[of_class])}: bit {bit - int(cell.begins[of_class])}", [literal])


def _all_sinks(cell: FlatCell, names: list[str]) -> list[Sink]:
    """Classes with their biases, or bits."""
    outputs = cell.outputs.tolist()
    if cell.biases is None:
        return [Sink(f"bit {i}", [literal]) for i, literal in enumerate(outputs)]
    return [
        Sink(f"Σ {_short(name)}" + (f" {bias:+d}" if bias else ""), outputs[begin:end])
        for name, bias, begin, end in zip(names, cell.biases, cell.begins, cell.begins[1:], strict=False)
    ]


def _cone_to_draw(cell: FlatCell) -> tuple[int, list[int], list[int]]:
    """A bit, the signals behind it and where they break off: of some bits the one with most gates.

    Those that can be drawn whole are preferred.
    """
    tried = np.unique(np.linspace(0, len(cell.outputs) - 1, TRIED).astype(int)).tolist()
    cones = {bit: cell.cone([int(cell.outputs[bit]) >> 1], MOST_BEHIND) for bit in tried}
    whole = {bit: cone for bit, cone in cones.items() if cone is not None and len(cone) > 1}
    if whole:
        bit = max(whole, key=lambda bit: len(whole[bit]))
        return bit, whole[bit], []
    return (tried[0], *cell.end_of_cone(int(cell.outputs[tried[0]]) >> 1, MOST_BEHIND))


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"


def _looks(circuit: Circuit, cell: FlatCell, means: np.ndarray | None) -> str:
    """For each class a picture of how many of its bits depend on each pixel."""
    shape = circuit.info()["shape"]
    if shape is None or not circuit.features or not circuit.classes or min(shape[1:]) < 2:
        return ""
    pixels = shape[1] * shape[2]
    if cell.signals * pixels // 8 > MOST_BYTES:
        return ""
    counts = cell.reading_bits(cell.feature % pixels, pixels)[:MOST_CLASSES]
    brightest = max(int(counts.max()), 1)
    names = circuit.class_names or [str(i) for i in range(len(counts))]
    shown = means if means is not None and means.shape == (circuit.classes, *shape) else None
    items = []
    for label, count in enumerate(counts):
        heat = png(count.reshape(shape[1:]).astype(float), brightest)
        pictures = page.image("png", heat, f"what class {names[label]} looks at")
        if shown is not None:
            mean = page.image("png", _mean_png(shown[label]), f"mean picture of class {names[label]}")
            pictures = mean + pictures
        items.append(f'<div class="item">{pictures}<b>{escape(names[label])}</b></div>')
    columns = "grid-template-columns: repeat(auto-fill, minmax(4.8rem, 1fr))"
    caption = (
        "What each class looks at: how many of its bits depend on each pixel in the simplified circuit, from "
        f"white, none, to black, {brightest:,}."
    )
    if shown is not None:
        caption += " Above it, the mean of validation images of the class."
    return page.figure(f'<div class="order" style="{columns}">{"".join(items)}</div>', caption)


def _mean_png(mean: np.ndarray) -> bytes:
    return png(np.ascontiguousarray(mean[0] if len(mean) == 1 else mean.transpose(1, 2, 0)))
