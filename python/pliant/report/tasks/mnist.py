# python/pliant/report/tasks/mnist.py — what a run of `pliant train mnist` has to show
from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from pliant.report import page
from pliant.report.metric import Metric
from pliant.report.plots import COLOURS, draw, line_style, png
from pliant.report.run import Run, RunError, Snapshot

METRICS = (
    Metric("accuracy", "accuracy"),
    Metric("loss", "loss", share=False),
)


def describe(run: Run) -> str:
    """Which network learned what, by which gradients."""
    option = run.options.get
    widths = " × ".join(str(width) for width in _list(option("widths", "")))
    learned = (
        "to give back the images" if option("model") == "autoencoder" else "to tell the classes of the images"
    )
    return (
        f"A fully connected network with hidden layers of {widths} learns {learned} of the data set "
        f"{option('data', '?')} by the optimiser {option('optimizer', '?')} at the learning rate "
        f"{option('learning-rate', '?')}, {_gradients(run)}."
    )


def _list(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else [v for v in str(value).split(",") if v]


def _gradients(run: Run) -> str:
    conditioned = _list(run.options.get("conditioned", "none"))
    if conditioned == ["none"]:
        return "with plain gradients"
    which = "all layers" if conditioned == ["all"] else f"layers {', '.join(conditioned)}"
    return f"with the gradients of {which} conditioned at the damping {run.options.get('damping', '?')}"


def chapters(run: Run) -> list[tuple[str, str]]:
    """The spectra of what the layers read, and images with what became of them."""
    steps = run.snapshot_steps()
    if not steps:
        return []
    best = run.best["step"] if run.best else steps[-1]
    snapshot = run.snapshot(max((step for step in steps if step <= best), default=steps[0]))
    return [("What the layers read", _spectra(snapshot)), ("Examples", _examples(snapshot))]


def _spectra(snapshot: Snapshot) -> str:
    """The eigenvalues of XᵀX/b of each layer beside the damping."""
    names = sorted(
        (name for name in snapshot.tensors if name.startswith("spectrum_")),
        key=lambda n: int(n.split("_")[1]),
    )
    try:
        damping = float(snapshot.metadata["damping"])
    except (KeyError, ValueError) as error:
        raise RunError(f"{snapshot.path}: there is no damping") from error
    if not names or any(snapshot.tensors[name].ndim != 1 for name in names):
        raise RunError(f"{snapshot.path}: spectrum_0, spectrum_1, … must be lists of numbers")
    values = [np.maximum(snapshot.tensors[name].astype(float), 1e-12) for name in names]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for i, spectrum in enumerate(values):
            axes.plot(np.arange(1, len(spectrum) + 1), spectrum, label=f"layer {i + 1}", **line_style(i))
        axes.axhline(damping, color=COLOURS[-1], linewidth=1, linestyle=":")
        axes.annotate(f"λ = {damping:g} ", (1, damping), xycoords=("axes fraction", "data"), ha="right")
        axes.set(xscale="log", yscale="log", xlabel="eigenvalue, the largest first", ylabel="of XᵀX/b")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))

    caption = (
        "What each layer reads at the best checkpoint, over a validation batch. A gradient's part along an "
        "eigenvector is multiplied by λ/(eigenvalue + λ) where the layer is conditioned: what lies above the "
        "line is damped, what lies below stays as it is."
    )
    rows = [
        [f"layer {i + 1}", f"{spectrum[0]:.3g}", f"{(spectrum / (spectrum + damping)).sum():.1f}"]
        for i, spectrum in enumerate(values)
    ]
    head = ["", "largest eigenvalue", "dimensions that λ conditions"]
    return page.drawing(draw(3.2, paint), "Eigenvalues by layer", caption) + page.table(head, rows, "numbers")


def _examples(snapshot: Snapshot) -> str:
    """Validation images with what the network takes them for, or makes of them."""
    tensors = snapshot.tensors
    images = tensors.get("images")
    if images is None or images.ndim != 4 or images.dtype != np.uint8:
        raise RunError(f"{snapshot.path}: images must be bytes, (images, 1, height, width)")
    items = []
    for i, image in enumerate(images):
        shown = page.image("png", png(np.ascontiguousarray(image[0])), "image")
        items.append(f'<div class="item">{shown}{_outcome(snapshot, i)}</div>')
    caption = "Validation images, below each what the network makes of it."
    return page.figure(f'<div class="order">{"".join(items)}</div>', caption)


def _outcome(snapshot: Snapshot, i: int) -> str:
    tensors = snapshot.tensors
    if "outputs" in tensors:
        if tensors["outputs"].shape != tensors["images"].shape or tensors["outputs"].dtype != np.uint8:
            raise RunError(f"{snapshot.path}: outputs must be bytes of the shape of images")
        return page.image("png", png(np.ascontiguousarray(tensors["outputs"][i, 0])), "reconstruction")
    guesses, labels = tensors.get("guesses"), tensors.get("labels")
    if guesses is None or labels is None or not guesses.shape == labels.shape == tensors["images"].shape[:1]:
        raise RunError(f"{snapshot.path}: labels and guesses must be as many as images")
    right = guesses[i] == labels[i]
    return f"<b>{int(guesses[i])}</b> <i>{'✓' if right else f'is {int(labels[i])}'}</i>"
