# python/pliant/report/tasks/edit_distance.py — what a run of `pliant train edit-distance` has to show
from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from pliant.report import page, times
from pliant.report.metric import Metric, percent
from pliant.report.plots import draw, png
from pliant.report.run import Run, RunError, Snapshot

METRICS = (
    Metric("accuracy", "letters read right"),
    Metric("top2", "right among the two likeliest"),
    Metric("distance_error", "|found − true distance|", share=False),
    Metric("exact_distance", "pairs with the right distance"),
)
SHAPES = {"images": 5, "letters": 3, "likelihood": 4, "distances": 2, "confusion": 2}  # dimensions


def _alphabet(run: Run) -> list[str]:
    """The letters' names."""
    letters = run.options.get("letters", [])
    classes = letters if isinstance(letters, list) else [letters]
    return [chr(ord("A") + c) if run.options.get("data") == "letters" else str(c) for c in classes]


def describe(run: Run) -> str:
    """What is read, and what teaches it."""
    option = run.options.get
    way = f"through the relaxed Levenshtein program (β = {option('beta', '?')})"
    if option("method") == "siamese":
        way = "which is guessed by fully connected layers of what was read: the baseline"
    size = f" of {run.start['parameters']:,} parameters" if "parameters" in run.start else ""
    return (
        f"A convolutional network{size} reads words of {option('length', '?')} letters (pictures of "
        f"{option('data', '?')}; the alphabet is {', '.join(_alphabet(run))}), taught by nothing but the "
        f"edit distances between words, {way}."
    )


def chapters(run: Run) -> list[tuple[str, str]]:
    """Words as they are read, which letters are taken for which, where the time goes."""
    steps = run.snapshot_steps()
    if not steps:
        return times.chapters(run)
    best_step = run.best["step"] if run.best else steps[-1]
    best = _checked(run.snapshot(max((step for step in steps if step <= best_step), default=steps[0])))
    names = _alphabet(run)
    if len(names) != len(best.tensors["confusion"]):
        names = [str(i) for i in range(len(best.tensors["confusion"]))]
    return [
        ("Words as they are read", _words(best, names)),
        ("Letter by letter", _confusion(best, names)),
        *times.chapters(run),
    ]


def _checked(snapshot: Snapshot) -> Snapshot:
    """The snapshot if it holds what the pictures need."""
    shapes = {name: tensor.shape for name, tensor in snapshot.tensors.items()}
    for name, dimensions in SHAPES.items():
        if len(shapes.get(name, ())) != dimensions:
            raise RunError(f"{snapshot.path}: expected a tensor {name} of {dimensions} dimensions")
    words, alphabet = shapes["letters"], len(snapshot.tensors["confusion"])
    fits = shapes["images"][:3] == words and shapes["likelihood"] == (*words, alphabet)
    if not fits or shapes["distances"] != (words[0], 2) or words[1] != 2:
        raise RunError(f"{snapshot.path}: the tensors' sizes do not fit together: {shapes}")
    return snapshot


def _words(snapshot: Snapshot, names: list[str]) -> str:
    """Each pair: two rows of letters with what was read, and the distances."""
    tensors = snapshot.tensors
    read = tensors["likelihood"].argmax(-1)
    parts = []
    for pair, (truth, found) in enumerate(tensors["distances"]):
        rows = "".join(_word(tensors, read, names, pair, word) for word in (0, 1))
        head = f"Pair {pair + 1}: distance {truth:.0f}, found {found:.2f}"
        parts.append(f'<div class="set"><h3>{head}</h3>{rows}</div>')
    caption = (
        "Pairs of validation words at the best checkpoint, with the true distance and that of the letters as "
        "they are read. ✓ marks letters that are read right, ✗ what is taken for what, under the renaming of "
        "the alphabet that fits best: distances do not tell which letter is called what."
    )
    return page.figure("".join(parts), caption)


def _word(tensors: dict[str, np.ndarray], read: np.ndarray, names: list[str], pair: int, word: int) -> str:
    """One word as a row of pictures."""
    items = []
    for place, letter in enumerate(tensors["letters"][pair, word]):
        guess = read[pair, word, place]
        image = page.image("png", png(tensors["images"][pair, word, place]), f"picture of {names[letter]}")
        likely = percent(float(tensors["likelihood"][pair, word, place, guess]))
        text = f"{names[letter]} ✓" if guess == letter else f"{names[letter]} as {names[guess]} ✗"
        style = "right" if guess == letter else "wrong"
        items.append(f'<div class="item {style}">{image}<b>{text}</b> <i>{likely}</i></div>')
    columns = f"grid-template-columns: 4.5rem repeat({len(items)}, minmax(0, 7rem))"
    return f'<div class="order" style="{columns}"><span>word {word + 1}</span>{"".join(items)}</div>'


def _confusion(snapshot: Snapshot, names: list[str]) -> str:
    """A heat map of the shares of each letter."""
    counts = snapshot.tensors["confusion"].astype(float)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.imshow(shares, vmin=0, vmax=1, cmap="Blues", interpolation="none")
        axes.grid(False)
        places = range(len(names))
        axes.set(xticks=places, yticks=places, xticklabels=names, yticklabels=names)
        axes.set(xlabel="read as", ylabel="letter")
        for i, j in np.ndindex(*shares.shape):
            colour = "white" if shares[i, j] > 0.6 else "black"
            axes.text(j, i, f"{shares[i, j]:.0%}", ha="center", va="center", color=colour)

    each = "; ".join(f"{name} {percent(shares[i, i])}" for i, name in enumerate(names))
    caption = (
        f"How the letters of the validation words are read, each row a letter. Read right: {each}. A letter "
        "that is never told from another one shows as two equal rows."
    )
    return page.drawing(draw(3.2, paint), "Which letter is read as which", caption)
