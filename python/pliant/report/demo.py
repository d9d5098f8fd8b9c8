# python/pliant/report/demo.py — the page of `pliant demo`: python -m pliant.report.demo FOLDER
"""One page of all systems: of each a picture, the figure that was measured, its paper, and the command that
goes deeper. `pliant demo` writes demo.json; the runs lie beside it, each with a report of its own.
"""

from __future__ import annotations

import json
import re
import sys
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from pliant.report.curves import training_curves, validation_curves
from pliant.report.page import code, drawing, page, paragraph, section
from pliant.report.plots import draw, line_style
from pliant.report.report import distinct_names, write_whole
from pliant.report.run import RunError, read_run
from pliant.report.tasks import task_of

IMAGE = re.compile(r"<figure>.*?</figure>", re.DOTALL)
Entry = dict[str, Any]


def demo_page(folder: Path) -> str:
    """The page of the demo in this folder.

    Raises:
        RunError: if there is no demo, or one of its runs is damaged.
    """
    try:
        entries = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{folder}: no demo.json that can be read: {error}") from error
    lead = f"{len(entries)} systems, a short task each. The run that wrote this page measured the figures."
    return page("Pliant · demo", [paragraph(lead, "lead"), *(_part(folder, entry) for entry in entries)])


def _part(folder: Path, entry: Entry) -> str:
    report = folder / entry["name"] / "report.html"
    link = f'<p><a href="{escape(entry["name"])}/report.html">The report of this run</a></p>'
    return section(
        entry["title"],
        paragraph(entry["figure"], "lead"),
        _picture(folder, entry),
        link if report.is_file() else "",
        paragraph(f"Source: {entry['paper']}. To go deeper:"),
        code(entry["command"]),
    )


def _picture(folder: Path, entry: Entry) -> str:
    """The first picture that the task has of its own, or curves."""
    if entry["lines"]:
        return _lines(entry)
    runs = [read_run(folder / run) for run in entry["runs"]]
    if len(runs) == 1:
        pictures = (IMAGE.search(content) for _, content in task_of(runs[0]).chapters(runs[0]))
        found = next((picture for picture in pictures if picture), None)
        return found.group() if found else training_curves(runs, [entry["name"]])
    metrics = [m for m in task_of(runs[0]).METRICS if len(runs[0].series("validation", m.key)[0])]
    return validation_curves(runs, distinct_names([run.folder for run in runs]), metrics)


def _lines(entry: Entry) -> str:
    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for i, (name, y) in enumerate(entry["lines"].items()):
            axes.plot(entry["x"], y, label=name, **line_style(i))
        axes.set_xlabel(entry["x_name"])
        axes.set_ylabel(entry["y_name"])
        axes.legend()

    names = ", ".join(entry["lines"])
    return drawing(draw(3.4, paint), f"{entry['y_name']} over {entry['x_name']}", f"Lines: {names}.")


def main(arguments: list[str]) -> int:
    """Writes FOLDER/report.html and says where it is; exit code 2 for a mistake of the user's."""
    if len(arguments) != 1:
        print("usage: python -m pliant.report.demo FOLDER", file=sys.stderr)
        return 2
    file = Path(arguments[0]) / "report.html"
    try:
        write_whole(file, demo_page(file.parent))
    except RunError as error:
        print(f"pliant.report.demo: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"pliant.report.demo: cannot write {file}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"the page of all of them: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
