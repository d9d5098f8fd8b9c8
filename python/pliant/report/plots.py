# python/pliant/report/plots.py — how drawings look, and a drawing as SVG
from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, cast

import matplotlib
import matplotlib.image
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

INK, SOFT = "#1b1f24", "#57606a"
COLOURS = ("#1f66b1", "#cf5b0d", "#23834f", "#8d45a6", "#8a6a12", "#bb3057", "#0b7f86", "#4b5563")
DASHES = ("-", "--", "-.", ":")
WIDTH = 9.2  # inches: the page's width at 100 units an inch
STYLE = {
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6eaee",
    "grid.linewidth": 0.8,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "pliant",  # the same run gives the same bytes
    "svg.fonttype": "path",
}


def line_style(i: int) -> dict[str, Any]:
    """Colour and dashes of the i-th line; the dashes change with each line, so colour is not needed."""
    return {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i % len(DASHES)]}


def steps_axis(axes: Axes) -> None:
    """The axis of steps: 2 k for 2000."""
    axes.set_xlabel("step")
    axes.xaxis.set_major_formatter(EngFormatter(sep=" "))


def draw(height: float, paint: Callable[[Figure], None]) -> bytes:
    """What `paint` puts on a figure of the page's width and this height (inches), as SVG."""
    with matplotlib.rc_context(cast(Any, STYLE)):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        paint(figure)
        file = io.BytesIO()
        figure.savefig(
            file, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
        return file.getvalue()


def png(pixels: np.ndarray, brightest: int = 255) -> bytes:
    """Grey pixels (height, width) as dark ink on white, or colour pixels (height, width, 3) as they are."""
    file = io.BytesIO()
    if pixels.ndim == 3:
        matplotlib.image.imsave(file, pixels, format="png")
    else:
        matplotlib.image.imsave(file, pixels, cmap="gray_r", vmin=0, vmax=brightest, format="png")
    return file.getvalue()
