# python/pliant/report/tasks/logic.py — what a run of `pliant train logic` has to show
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pliant.report import page
from pliant.report.circuit import circuit_chapters
from pliant.report.metric import Metric, percent
from pliant.report.plots import COLOURS, draw, png, steps_axis
from pliant.report.run import Run, RunError, Snapshot

METRICS = (
    Metric("hard", "accuracy of the Boolean network"),
    Metric("soft", "accuracy of the relaxed network"),
    Metric("gates", "gates that hardware is expected to need"),
)
GATES = (
    *("0", "a∧b", "a∧¬b", "a", "¬a∧b", "b", "a⊕b", "a∨b"),
    *("¬(a∨b)", "¬(a⊕b)", "¬b", "a∨¬b", "¬a", "¬a∨b", "¬(a∧b)", "1"),
)
KINDS = {  # of gates, by their places in GATES
    "constant": (0, 15),
    "one input": (3, 5),
    "its negation": (10, 12),
    "and, or": (1, 2, 4, 7, 8, 11, 13, 14),
    "exclusive or": (6, 9),
}


def describe(run: Run) -> str:
    """Which network learned to tell which classes."""
    option = run.options.get
    widths = _numbers(run, "widths")
    layers = f"{len(widths)} layers of {', '.join(f'{w:,}' for w in dict.fromkeys(widths))} gates"
    thresholds = int(float(option("thresholds", 0) or 0))
    code = (
        f"thermometer bits of {thresholds} thresholds"
        if thresholds
        else "numbers in [0, 1] in training, and what they round to elsewhere"
    )
    return (
        f"A network of {_convolutions(run)}{sum(widths):,} logic gates, {layers} with "
        f"{option('fan-in', '?')} inputs each, "
        f"learns the classes of the data set {option('data', '?')} from {code}. Its gates are learned by the "
        f"parametrisation {option('parametrization', '?')}, and begin {option('init', '?')}."
    )


def _convolutions(run: Run) -> str:
    """What stands before the layers."""
    channels = _numbers(run, "channels")
    if not channels:
        return ""
    kernels, depths = (_numbers(run, name) or [0] for name in ("kernels", "depth"))
    each = [
        f"{count:,} trees of {2 ** depths[min(i, len(depths) - 1)] - 1} gates over "
        f"{kernels[min(i, len(kernels) - 1)]} × {kernels[min(i, len(kernels) - 1)]} places"
        for i, count in enumerate(channels)
    ]
    number = "a convolution" if len(channels) == 1 else f"{len(channels)} convolutions"
    return f"{number} ({'; '.join(each)}) and "


def _numbers(run: Run, option: str) -> list[int]:
    given = run.options.get(option, "")
    numbers = given.split(",") if isinstance(given, str) else np.atleast_1d(given)
    return [int(float(number)) for number in numbers if number != ""]


def _layer_names(run: Run, layers: int) -> list[str]:
    """Of the rows of gate_counts: convolutions stand first."""
    convolutions = min(len(_numbers(run, "channels")), layers)
    names = [f"convolution {i + 1}" for i in range(convolutions)]
    return names + [f"layer {i + 1}" for i in range(layers - convolutions)]


def chapters(run: Run) -> list[tuple[str, str]]:
    """The gap of hardening, the gates, what the first layer reads, examples, and the circuit."""
    parts = [("What hardening costs", _gap(run))] if len(run.series("validation", "hard")[0]) > 1 else []
    steps = run.snapshot_steps()
    if not steps:
        return parts + circuit_chapters(run)
    snapshots = {step: _checked(run.snapshot(step)) for step in steps}
    best = run.best["step"] if run.best else steps[-1]
    chosen = max((step for step in steps if step <= best), default=steps[0])
    if all("gate_counts" in tensors for tensors in snapshots.values()):
        counts = {step: tensors["gate_counts"] for step, tensors in snapshots.items()}
        names = _layer_names(run, len(counts[chosen]))
        drawn = _kinds_over_training(counts, names) + _gates(counts[chosen], names)
        parts.append(("Which gates it learned", drawn))
    reads = _reads(snapshots[chosen]["first_wiring"], bool(_numbers(run, "channels")))
    parts.append(("What the first layer reads", reads))
    if "images" in snapshots[chosen]:
        parts.append(("What it takes for what", _examples(snapshots[chosen])))
    return parts + circuit_chapters(run, snapshots[chosen].get("class_means"))


def _checked(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """The tensors of the snapshot if they are what the pictures need."""
    tensors = snapshot.tensors
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    counts = shapes.get("gate_counts", (1, len(GATES)))
    examples = shapes.get("labels", (0,))
    fits = (
        len(counts) == 2
        and counts[1] == len(GATES)
        and "first_wiring" in shapes
        and len(examples) == 1
        and len(shapes.get("scores", ())) == 2
        and shapes["scores"][0] == examples[0]
        and len(shapes.get("images", (0,) * 4)) == 4
    )
    if not fits:
        raise RunError(f"{snapshot.path}: the tensors' sizes do not fit together: {shapes}")
    return tensors


def _gap(run: Run) -> str:
    """Relaxed minus Boolean accuracy at each validation."""
    steps, hard = run.series("validation", "hard")
    gaps = 100 * (run.series("validation", "soft")[1] - hard)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.axhline(0, color=COLOURS[-1], linewidth=0.8)
        axes.plot(steps, gaps, color=COLOURS[0])
        axes.set_ylabel("relaxed − Boolean (points)")
        steps_axis(axes)

    caption = (
        "Accuracy of the relaxed network minus that of the Boolean one, both on the validation's bits. The "
        "gates' mixtures sharpen while they are trained, and the gap closes."
    )
    return page.drawing(draw(2.6, paint), "the gap between relaxed and Boolean accuracy", caption)


def _kinds_over_training(counts: dict[int, np.ndarray], names: list[str]) -> str:
    """A panel a layer: the shares of the kinds of gates at each snapshot."""
    steps = list(counts)
    layers = len(counts[steps[0]])

    def paint(figure: Figure) -> None:
        rows = (layers + 2) // 3
        panels = figure.subplots(rows, min(layers, 3), sharex=True, sharey=True, squeeze=False).flat
        for layer, axes in zip(range(layers), panels, strict=False):
            shares = [[_share(counts[s][layer], gates) for s in steps] for gates in KINDS.values()]
            if len(steps) > 1:
                axes.stackplot(steps, shares, colors=COLOURS, labels=list(KINDS))
            else:
                axes.bar(list(KINDS), [share[0] for share in shares], color=COLOURS[: len(KINDS)])
            axes.set_title(names[layer])
            axes.set_ylim(0, 100)
        for axes in list(panels)[layers:]:
            axes.set_visible(False)
        figure.axes[0].set_ylabel("% of the gates")
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)

    caption = (
        "The Boolean gates that the parameters mean, at each snapshot of the training; a gate that all "
        "placements of a convolution share counts once."
    )
    return page.drawing(draw(2.2 * ((layers + 2) // 3) + 0.6, paint), "kinds of gates by layer", caption)


def _share(counts: np.ndarray, gates: Sequence[int]) -> float:
    return float(100 * counts[list(gates)].sum() / max(counts.sum(), 1))


def _gates(counts: np.ndarray, names: list[str]) -> str:
    """How many gates of each layer are which of the 16, as a table."""
    head = ["layer", *GATES]
    rows = [
        [name, *(f"{count:,}" for count in row)] for name, row in zip(names, counts.tolist(), strict=True)
    ]
    return page.table(head, rows)


def _reads(reads: np.ndarray, convolution: bool) -> str:
    """A picture of how often each number of an example, or place of a receptive field, is read."""
    flat = reads.reshape(-1, reads.shape[-1]) if reads.ndim > 1 else reads[None]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.grid(visible=False)
        shown = axes.imshow(flat, cmap="gray_r", vmin=0, aspect="equal" if reads.ndim > 1 else "auto")
        axes.set_xticks([]), axes.set_yticks([])
        figure.colorbar(shown, ax=axes, label="inputs of gates")

    kind = "pixel (channels below each other)" if reads.ndim > 1 else "column"
    caption = f"How many inputs of the first layer's gates read each {kind}, all its bits together."
    if convolution:
        caption = (
            "How many leaves of the first convolution's trees read each place of the receptive field "
            "(channels below each other), all its bits together."
        )
    return page.drawing(draw(3.2 if reads.ndim > 1 else 1.4, paint), "reads of the first layer", caption)


def _examples(tensors: dict[str, np.ndarray]) -> str:
    """Validation images with the Boolean network's answer and how many of its gates said so."""
    items = []
    for image, label, scores in zip(tensors["images"], tensors["labels"], tensors["scores"], strict=True):
        pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
        guess = int(scores.argmax())
        picture = page.image("png", png(np.ascontiguousarray(pixels)), "validation image")
        style = "right" if guess == label else ""
        share = percent(float(scores[guess] / max(scores.sum(), 1e-9)))
        items.append(f'<div class="item {style}">{picture}<b>{guess}</b> <i>{share}</i></div>')
    columns = f"grid-template-columns: repeat({len(items)}, minmax(0, 6rem))"
    caption = (
        "Validation images, the class that the Boolean network of the best checkpoint takes them for, and "
        "that class's share of all gates of the last layer that are 1; a frame marks what is right."
    )
    return page.figure(
        f'<div class="set"><div class="order" style="{columns}">{"".join(items)}</div></div>', caption
    )
