# python/pliant/report/tasks/topk.py — what a run of `pliant train topk` has to show
from __future__ import annotations

from html import escape

import numpy as np

from pliant.report import page
from pliant.report.metric import Metric, percent
from pliant.report.plots import png
from pliant.report.run import Run, RunError, Snapshot

METRICS = (
    Metric("top1", "top-1 accuracy"),
    Metric("top5", "top-5 accuracy"),
    Metric("top10", "top-10 accuracy"),
)
LOSSES = {
    "cross_entropy": "plain cross-entropy",
    "smooth_svm": "the smooth top-{k} SVM loss",
    "truncated_entropy": "the truncated top-{k} entropy",
}


def describe(run: Run) -> str:
    """What was learned from which data, and by which loss."""
    option = run.options.get
    size = f" of {run.start['parameters']:,} parameters" if "parameters" in run.start else ""
    learner = "A linear head" if option("data") == "features" else "A convolutional network"
    noise = float(option("label-noise", 0) or 0)
    noisy = f", of which {percent(noise)} of the training labels are random" if noise else ""
    return f"{learner}{size} learns the classes of the data set {option('data', '?')}{noisy} by {_loss(run)}."


def _loss(run: Run) -> str:
    option = run.options.get
    name = str(option("loss", "topk"))
    if name != "topk":
        return LOSSES.get(name, name).format(k=option("k", "?"))
    p_k = option("p-k", "")
    numbers = p_k.split(",") if isinstance(p_k, str) else np.atleast_1d(p_k)
    weights = ", ".join(f"{float(p):g}" for p in numbers if p != "")
    return (
        f"the top-k cross-entropy with P_K = [{weights}], ranked by {option('method', '?')} with the "
        f"distribution {option('distribution', '?')} at steepness {float(option('steepness', 1)):g}"
    )


def chapters(run: Run) -> list[tuple[str, str]]:
    """Examples with the classes that the best checkpoint takes them for."""
    steps = run.snapshot_steps()
    if not steps:
        return []
    best = run.best["step"] if run.best else steps[-1]
    chosen = max((step for step in steps if step <= best), default=steps[0])
    return [("What it takes for what", _guesses(run.snapshot(chosen)))]


def class_names(snapshot: Snapshot) -> dict[int, str]:
    """The names of the classes that the snapshot shows."""
    # Not splitlines: a name may hold what else that takes for the end of a line.
    *lines, rest = snapshot.metadata.get("class_names", "").split("\n")
    rows = [line.split("\t", 1) for line in lines]
    if rest or any(len(row) != 2 or not row[0].isdecimal() for row in rows):
        raise RunError(f"{snapshot.path}: class_names must be lines of a number, a tab and a name")
    return {int(number): name for number, name in rows}


def _checked(snapshot: Snapshot) -> dict[str, np.ndarray]:
    """The tensors of the snapshot if they are what the pictures need."""
    tensors = snapshot.tensors
    shapes = {name: tensor.shape for name, tensor in tensors.items()}
    guesses = shapes.get("guesses", ())
    pictures = [tensor for name, tensor in tensors.items() if name in ("images", "guessed_images")]
    fits = (
        len(guesses) == 2
        and guesses[1] > 0
        and shapes.get("labels") == guesses[:1]
        and shapes.get("chances") == guesses
    )
    if fits and pictures:
        image = shapes.get("images", ())[1:]
        fits = (
            len(image) == 3
            and image[0] in (1, 3)
            and min(image) > 0
            and shapes["images"][:1] == guesses[:1]
            and shapes.get("guessed_images") == (*guesses, *image)
        )
    if not fits:
        raise RunError(f"{snapshot.path}: the tensors' sizes do not fit together: {shapes}")
    if any(tensors[name].dtype.kind != "i" for name in ("labels", "guesses")):
        raise RunError(f"{snapshot.path}: labels and guesses must be integers")
    if any(picture.dtype != np.uint8 for picture in pictures):
        raise RunError(f"{snapshot.path}: images must be bytes")
    return tensors


def _guesses(snapshot: Snapshot) -> str:
    """Each example beside the classes with the largest chances."""
    tensors, names = _checked(snapshot), class_names(snapshot)
    rows = []
    for i, label in enumerate(tensors["labels"]):
        truth = _item(names.get(int(label), str(label)), _picture(tensors, "images", i), "", "")
        items = [truth]
        for g, (guess, chance) in enumerate(zip(tensors["guesses"][i], tensors["chances"][i], strict=True)):
            right = guess == label
            note = f"{percent(float(chance))} {'✓' if right else ''}"
            name = names.get(int(guess), str(guess))
            items.append(
                _item(name, _picture(tensors, "guessed_images", i, g), note, "right" if right else "")
            )
        columns = f"grid-template-columns: 4.5rem repeat({len(items)}, minmax(0, 6rem))"
        found = "right" if tensors["guesses"][i, 0] == label else "wrong"
        rows.append(f'<div class="order" style="{columns}"><span>{found}</span>{"".join(items)}</div>')
    caption = (
        "Validation examples at the best checkpoint: first the example with its true class, then the classes "
        "with the largest chances, each by one of its validation images; ✓ and a frame mark the true one. "
        "Look at what stands beside it: a loss for several k is content if the true class is among them, and "
        "look-alikes are what it need not tell apart."
    )
    return page.figure(f'<div class="set">{"".join(rows)}</div>', caption)


def _item(name: str, picture: str, note: str, style: str) -> str:
    shown = escape(name)
    return f'<div class="item {style}">{picture}<b>{shown}</b> <i>{escape(note)}</i></div>'


def _picture(tensors: dict[str, np.ndarray], name: str, *place: int) -> str:
    """An image of the snapshot as HTML; nothing where the examples are no images."""
    if name not in tensors:
        return ""
    channels = tensors[name][place]
    pixels = channels[0] if len(channels) == 1 else channels.transpose(1, 2, 0)
    return page.image("png", png(np.ascontiguousarray(pixels)), "image of the example or class")
