# python/pliant/report/curves.py — training and validation over the steps, for one run or several
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pliant.report.metric import Metric
from pliant.report.page import drawing
from pliant.report.plots import SOFT, draw, line_style, steps_axis
from pliant.report.run import Run, number

COLUMNS = 3  # of validation panels
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
        "Training loss (left) and the norm of its gradient (right); long curves are drawn as a moving "
        "average over what was measured (pale). The loss should fall and then level off. The norm "
        "should stay within an order of magnitude or two: spikes or a steady rise are a sign of too "
        "steep a relaxation or too large a learning rate."
    )
    return drawing(draw(3.1, paint), "Curves of the loss and of the gradient norm over the steps", caption)


def _noisy_line(axes: Axes, steps: np.ndarray, values: np.ndarray, style: dict[str, Any], name: str) -> None:
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
    """The metrics on validation data over the steps: shares of one run together, else a panel a metric."""
    if not metrics:
        return ""
    together = len(runs) == 1 and all(metric.share for metric in metrics)
    rows = 1 if together else math.ceil(len(metrics) / COLUMNS)

    def paint(figure: Figure) -> None:
        if together:
            _one_panel(figure.subplots(), runs[0], metrics)
        else:
            _panels(figure, rows, runs, names, metrics)

    caption = (
        "The metrics on validation data, which training does not see. The best checkpoint, the one that is "
        "tested, is marked by rings. Where the curves are flat, more steps would have helped little."
    )
    return drawing(draw(0.3 + 2.8 * rows, paint), "Curves of the validation metrics over the steps", caption)


def timed_curves(runs: Sequence[Run], names: Sequence[str], metrics: Sequence[Metric]) -> str:
    """The metrics on validation data over the seconds of training: what the steps of several runs cost."""
    if not metrics or not any(len(run.series("validation", "seconds")[0]) for run in runs):
        return ""

    def paint(figure: Figure) -> None:
        rows = math.ceil(len(metrics) / COLUMNS)
        panels = figure.subplots(rows, min(len(metrics), COLUMNS), sharex=True, squeeze=False).flat
        for axes, metric in zip(panels, metrics, strict=False):
            for i, (run, name) in enumerate(zip(runs, names, strict=True)):
                seconds, values = (run.series("validation", key)[1] for key in ("seconds", metric.key))
                if len(seconds) == len(values):
                    axes.plot(seconds, values, label=name, marker="o", markersize=3, **line_style(i))
            axes.set(title=metric.name, xlabel="seconds of training")
            if metric.share:
                axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        for axes in figure.axes[len(metrics) :]:
            axes.set_axis_off()
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)

    caption = "The same over the time that the training took, validation not counted."
    height = 0.3 + 2.8 * math.ceil(len(metrics) / COLUMNS)
    return drawing(draw(height, paint), "Curves of the validation metrics over the seconds", caption)


def _one_panel(axes: Axes, run: Run, metrics: Sequence[Metric]) -> None:
    for i, metric in enumerate(metrics):
        _validation_line(axes, run, metric, line_style(i), metric.name)
    axes.set_title("validation")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    if run.best is not None:
        axes.axvline(run.best["step"], color=SOFT, linewidth=1, linestyle=":")
        place = (run.best["step"], 0.02)
        axes.annotate(
            f"best: step {run.best['step']:,} ", place, xycoords=("data", "axes fraction"), ha="right"
        )


def _panels(
    figure: Figure, rows: int, runs: Sequence[Run], names: Sequence[str], metrics: Sequence[Metric]
) -> None:
    panels = figure.subplots(rows, min(len(metrics), COLUMNS), sharex=True, squeeze=False).flat
    for axes, metric in zip(panels, metrics, strict=False):
        for i, (run, name) in enumerate(zip(runs, names, strict=True)):
            _validation_line(axes, run, metric, line_style(i), name)
        axes.set_title(metric.name)
    for axes in figure.axes[len(metrics) :]:
        axes.set_axis_off()
    if len(runs) > 1:
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)


def _validation_line(axes: Axes, run: Run, metric: Metric, style: dict[str, Any], name: str) -> None:
    """One metric of one run, its best checkpoint ringed."""
    steps, values = run.series("validation", metric.key)
    steps_axis(axes)
    axes.plot(steps, values, label=name, marker="o", markersize=3, **style)
    if run.best is not None and metric.key in run.best:
        best = run.best["step"], number(run.best[metric.key])
        axes.plot(
            *best, marker="o", markersize=10, fillstyle="none", markeredgewidth=1.6, color=style["color"]
        )
    if metric.share:
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
