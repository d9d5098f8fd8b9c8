# python/pliant/report/run.py — one run folder: its options, its lines of metrics, its snapshots
from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pliant.report.safetensors import SafetensorsError, read_safetensors

Line = dict[str, Any]


class RunError(ValueError):
    """What is wrong with a run folder; the text is for the user."""


@dataclass(frozen=True)
class Snapshot:
    """What the task kept at one validation; which tensors, the task's own module knows."""

    path: Path
    tensors: dict[str, np.ndarray]
    metadata: dict[str, str]

    @property
    def step(self) -> int:
        """After how many steps of training it was taken."""
        return step_of(self.path)


@dataclass(frozen=True)
class Run:
    """A run folder of `pliant train`, read and checked."""

    folder: Path
    options: dict[str, Any]  # of config.toml, by their names on the command line without --
    lines: tuple[Line, ...]  # of metrics.jsonl; each has "event" and "step"
    torn: bool  # the last line was cut off, as a kill does, and is left out

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.folder.resolve().name

    @property
    def start(self) -> Line:
        """The last line that says how the run was started; empty if there is none."""
        return next((line for line in reversed(self.lines) if line["event"] == "start"), {})

    @property
    def task(self) -> str:
        """The task's name; empty if no line says it."""
        return str(self.start.get("task", ""))

    @property
    def best(self) -> Line | None:
        """The validation of the best checkpoint."""
        return next((line for line in reversed(self.lines) if line.get("best") is True), None)

    @property
    def test(self) -> Line | None:
        """The test of the best checkpoint; None if training was interrupted or has gone on since."""
        return self._closing("test")

    @property
    def end(self) -> Line | None:
        """How training ended; None if it was killed or is still going on."""
        return self._closing("end")

    @property
    def last(self) -> Line:
        """The last line of training or validation: how far the run has come."""
        return next(line for line in reversed(self.lines) if line["event"] in ("train", "validation"))

    def _closing(self, event: str) -> Line | None:
        for line in reversed(self.lines):
            if line["event"] == event:
                return line
            if line["event"] not in ("test", "end"):
                return None
        return None

    def series(self, event: str, key: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values of `key` in the lines of `event`; what is no finite number in JSON is NaN."""
        lines = [line for line in self.lines if line["event"] == event and key in line]
        return np.array([line["step"] for line in lines]), np.array([number(line[key]) for line in lines])

    def snapshot_steps(self) -> list[int]:
        """The steps at which there is a snapshot, ascending."""
        return sorted(step_of(path) for path in (self.folder / "snapshots").glob("step_*.safetensors"))

    def snapshot(self, step: int) -> Snapshot:
        """The snapshot of that step.

        Raises:
            RunError: if it is damaged.
        """
        path = self.folder / "snapshots" / f"step_{step:08d}.safetensors"
        try:
            tensors, metadata = read_safetensors(path)
        except SafetensorsError as error:
            raise RunError(str(error)) from error
        return Snapshot(path, tensors, metadata)


def step_of(path: Path) -> int:
    """The step in a snapshot's name, step_00000100.safetensors."""
    digits = path.stem.removeprefix("step_")
    if not digits.isdecimal():
        raise RunError(f"{path}: a snapshot is named step_NUMBER.safetensors")
    return int(digits)


def number(value: object) -> float:
    """A JSON number; NaN for null, which stands for what is not finite."""
    return float(value) if isinstance(value, int | float) else math.nan


def read_run(folder: Path) -> Run:
    """Reads a run folder; snapshots are read when they are asked for.

    Raises:
        RunError: if there is no such folder, nothing to show in it yet, or a damaged file.
    """
    if not folder.is_dir():
        raise RunError(f"there is no run {folder}")
    options = dict(_flat(_read_config(folder / "config.toml")))
    lines, torn = _read_lines(folder / "metrics.jsonl")
    if not any(line["event"] in ("train", "validation") for line in lines):
        raise RunError(f"run {folder} has no metrics yet")
    return Run(folder, options, tuple(lines), torn)


def _read_config(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise RunError(f"{path.parent} is no run folder: there is no {path.name} in it")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunError(f"{path}: {error}") from error


def _flat(table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Options by name; a table, as [train.sorting], is where they are declared and says nothing more."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value)
        else:
            yield key.replace("_", "-"), value


def _read_lines(path: Path) -> tuple[list[Line], bool]:
    """The lines, and whether a torn one at the end was left out."""
    if not path.is_file():
        raise RunError(f"run {path.parent} has no metrics yet")
    *whole, rest = path.read_bytes().split(b"\n")  # `rest` is empty unless the last line was cut off
    lines = [_line(path, i, text) for i, text in enumerate(whole, 1) if text.strip()]
    return lines, bool(rest.strip())


def _line(path: Path, place: int, text: bytes) -> Line:
    try:
        line = json.loads(text)
    except ValueError as error:
        raise RunError(f"{path}:{place}: damaged line: {error}") from error
    if (
        not isinstance(line, dict)
        or not isinstance(line.get("event"), str)
        or type(line.get("step")) is not int
    ):
        raise RunError(f'{path}:{place}: damaged line: expected an object with "event" and "step"')
    return line
