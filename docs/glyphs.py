#!/usr/bin/env python3
# docs/glyphs.py — draws pictures/glyphs.png, a look at the glyph set; needs `make data`
"""Rows from above: five of training (classes and fonts at random), one of validation, two of test.

The last three show the same classes, neighbours in the order of the labels.
"""

from pathlib import Path

import torch
from PIL import Image

import pliant.data

COLUMNS = 24
CLASSES = 1000
FIRST = 736  # the radical "earth"


def main() -> None:
    """Writes the picture."""
    train = pliant.data.Glyphs("train", classes=CLASSES)
    rows = [train.draw(0, row * COLUMNS, COLUMNS)[0] for row in range(5)]
    for split in ("validation", "test"):
        glyphs = pliant.data.Glyphs(split, classes=CLASSES)
        rows += [glyphs.draw(0, font * CLASSES + FIRST, COLUMNS)[0] for font in range(glyphs.fonts)]
    ink = torch.cat([torch.cat(list(row), dim=1) for row in rows])
    grey = (255 * (1 - ink)).byte().numpy()
    path = Path(__file__).resolve().parent / "pictures" / "glyphs.png"
    Image.fromarray(grey).quantize(16).save(path, optimize=True)


if __name__ == "__main__":
    main()
