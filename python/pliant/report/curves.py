# python/pliant/report/curves.py — training and validation over the steps, for one run or several
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pliant.report.metric import Metric
from pliant.report.page import drawing
from pliant.report.plots import COLOURS, SOFT, draw, line_style, steps_axis
from pliant.report.run import Run, number

SMOOTHED = 40  # curves with more points than this are drawn with a moving average


def training_curves(runs: Sequence[Run], names: Sequence[str]) -> str:
    """Loss and gradient norm over the steps."""

    def paint(figure: Figure) -> None:
        for axes, key in zip(figure.subplots(1, 2), ("loss", "gradient_norm"), strict=True):
            for i, (run, name) in enumerate(zip(runs, names, strict=True)):
                _noisy_line(axes, *run.series("train", key), line_style(i), name)
            axes.set_title(key.replace("_", " "))
            steps_axis(axes)
        _log_if_wide(axes)
        if len(runs) > 1:
            figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)

    caption = (
        "Training loss (left) and the norm of its gradient (right); pale: as measured, strong: moving average. "
        "The loss should fall and then level off. The norm should stay within an order of magnitude or two: "
        "spikes or a steady rise are a sign of too steep a relaxation or too large a learning rate."
    )
    return drawing(draw(3.1, paint), "Curves of the loss and of the gradient norm over the steps", caption)


def _noisy_line(axes: Axes, steps: np.ndarray, values: np.ndarray, style: dict[str, str], name: str) -> None:
    """A line; a long one as a moving average over its pale self."""
    if len(values) <= SMOOTHED:
        axes.plot(steps, values, label=name, **style)
        return
    axes.plot(steps, values, color=style["color"], alpha=0.25, linewidth=0.9)
    axes.plot(steps, moving_average(values, len(values) // 20), label=name, **style)


def moving_average(values: np.ndarray, reach: int) -> np.ndarray:
    """Mean of the finite values at most `reach` places away; NaN where the value itself is none."""
    finite = np.isfinite(values)
    sums = np.concatenate([[0.0], np.cumsum(np.where(finite, values, 0.0))])
    counts = np.concatenate([[0], np.cumsum(finite)])
    place = np.arange(len(values))
    begin, end = np.maximum(place - reach, 0), np.minimum(place + reach + 1, len(values))
    count = counts[end] - counts[begin]
    return np.where(finite, (sums[end] - sums[begin]) / np.maximum(count, 1), np.nan)


def _log_if_wide(axes: Axes) -> None:
    """A logarithmic axis where the values span more than a factor of ten."""
    values = np.concatenate([line.get_ydata() for line in axes.lines] or [np.zeros(0)])
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > 10 * values.min():
        axes.set_yscale("log")


def validation_curves(runs: Sequence[Run], names: Sequence[str], metrics: Sequence[Metric]) -> str:
    """The metrics on validation data over the steps: one panel for one run, one panel a metric for several."""
    if not metrics:
        return ""
    together = len(runs) == 1 and all(metric.share for metric in metrics)

    def paint(figure: Figure) -> None:
        panels = np.atleast_1d(figure.subplots(1, 1 if together else len(metrics), sharex=True))
        for j, metric in enumerate(metrics):
            axes = panels[0 if together else j]
            for i, (run, name) in enumerate(zip(runs, names, strict=True)):
                _validation_line(axes, run, metric, line_style(j if together else i), metric.name if together else name)
            axes.set_title("validation" if together else metric.name)
            steps_axis(axes)
        if together:
            _mark_best(panels[0], runs[0])
            panels[0].legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
        elif len(runs) > 1:
            figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)

    marked = "The best checkpoint, the one that is tested, is marked" + (" by the upright line" if together else " by a ring")
    caption = f"The metrics on validation data, which training does not see. {marked}. Where the curves are flat, more steps would have helped little."
    return drawing(draw(3.1, paint), "Curves of the validation metrics over the steps", caption)


def _validation_line(axes: Axes, run: Run, metric: Metric, style: dict[str, str], name: str) -> None:
    steps, values = run.series("validation", metric.key)
    axes.plot(steps, values, label=name, marker="o", markersize=3, **style)
    if run.best is not None and metric.key in run.best:
        best = run.best["step"], number(run.best[metric.key])
        axes.plot(*best, marker="o", markersize=10, fillstyle="none", markeredgewidth=1.6, color=style["color"])
    if metric.share:
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))


def _mark_best(axes: Axes, run: Run) -> None:
    if run.best is not None:
        axes.axvline(run.best["step"], color=SOFT, linewidth=1, linestyle=":")
        axes.annotate(
            f"best: step {run.best['step']}",
            (run.best["step"], 0.02),
            xycoords=("data", "axes fraction"),
            xytext=(-5, 0),
            textcoords="offset points",
            ha="right",
            color=COLOURS[-1],
            fontsize=9,
        )
