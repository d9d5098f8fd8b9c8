# docs/deform.py — draws pictures/deform.png: a sphere on its way to an airplane, from a kept run folder
"""PYTHONPATH=python python docs/deform.py RUN …, where RUN is a run folder of experiments/render/deform.py.

Of each run, one below the other, the shape from the front and from behind after a few of the steps; on the
right the target.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pliant.report.safetensors import read_safetensors  # noqa: E402

from experiments.render.deform import SHOWN  # noqa: E402

HEADING = 16  # pixels above each column
MARGIN = 30  # pixels around the shapes that are cut off


def column(pictures: np.ndarray, title: str) -> np.ndarray:
    """Pictures (N, S, S, 3) one below the other, under their title."""
    pictures = pictures[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    side = pictures.shape[2]
    heading = Image.new("RGB", (side, HEADING), "white")
    ImageDraw.Draw(heading).text((side // 2, HEADING // 2), title, fill="black", anchor="mm")
    return np.concatenate([np.asarray(heading), *pictures])


def strip(run: Path) -> np.ndarray:
    """A run from left to right."""
    columns = []
    for step in SHOWN:
        tensors, _ = read_safetensors(run / f"snapshots/step_{step:08d}.safetensors")
        columns.append(column(tensors["pictures"], f"step {step:,}"))
    columns.append(column(tensors["target_pictures"], "target"))
    return np.concatenate(columns, axis=1)


def main(runs: list[str]) -> None:
    """Writes the picture."""
    picture = Image.fromarray(np.concatenate([strip(Path(run)) for run in runs]))
    path = ROOT / "docs/pictures/deform.png"
    picture.quantize(160).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
