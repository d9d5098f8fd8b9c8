# python/pliant/report/silhouettes.py — silhouettes beside what they should be; for the rendering tasks
from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from pliant.report import page
from pliant.report.metric import percent
from pliant.report.plots import png

BOTH, TARGET, SEEN = (70, 78, 88), (224, 130, 50), (60, 130, 210)  # colours of pixels
ACROSS = 6  # pictures in a row
LEGEND = "grey where they agree, orange where only the target is, blue where only {} is"


def overlay(target: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Both silhouettes (height, width) in one picture: what they share, what only one has."""
    picture = np.full((*target.shape, 3), 255, np.uint8)
    a, b = target > 127, seen > 127
    for where, colour in ((a & b, BOTH), (a & ~b, TARGET), (~a & b, SEEN)):
        picture[where] = colour
    return picture


def iou(target: np.ndarray, seen: np.ndarray) -> float:
    """Of two silhouettes, each pixel in or out; 1 if both are empty."""
    a, b = target > 127, seen > 127
    return float((a & b).sum() / (a | b).sum()) if (a | b).any() else 1.0


def item(picture: np.ndarray, alt: str, text: str = "") -> str:
    """One picture with a text under it."""
    note = f"<b>{escape(text)}</b>" if text else ""
    return f'<div class="item">{page.image("png", png(picture), alt)}{note}</div>'


def compared(targets: np.ndarray, seen: np.ndarray, chosen: Sequence[int], what: str) -> list[str]:
    """The overlays of the chosen pairs (N, height, width), each with its IoU."""
    return [
        item(
            overlay(targets[i], seen[i]),
            f"{what} {i + 1} over its target",
            f"IoU {percent(iou(targets[i], seen[i]))}",
        )
        for i in chosen
    ]


def rows(names: Sequence[str], items: Sequence[Sequence[str]]) -> str:
    """Named rows of pictures that stand below each other, wrapped together after ACROSS."""
    style = f"grid-template-columns: 4.5rem repeat({ACROSS}, minmax(0, 9rem))"
    parts = []
    for first in range(0, len(items[0]), ACROSS):
        block = "".join(
            f'<div class="order" style="{style}"><span>{name}</span>'
            + "".join(row[first : first + ACROSS])
            + "</div>"
            for name, row in zip(names, items, strict=True)
        )
        parts.append(f'<div class="set">{block}</div>')
    return "".join(parts)
