# experiments/circuit/memory.py — what a model of the comparison adds to the memory of a fresh process
"""python -m experiments.circuit.memory MODEL ROWS: prints the resident bytes that were added by loading the
model and labelling the rows (a .npy file) in one batch, and one of them; its library is imported before.
"""

from __future__ import annotations

import importlib
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from experiments.circuit.contenders import load
from experiments.runner import ROOT

LIBRARIES = {".plc": "pliant.circuit", ".onnx": "onnxruntime", ".txt": "lightgbm"}
PROCESSES = 3  # the median counts


def added(model: Path, rows: Path) -> int:
    """The median over processes.

    Raises:
        subprocess.CalledProcessError: if one fails
    """
    folders = (ROOT, ROOT / "build" / "peers")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = (sys.executable, "-m", "experiments.circuit.memory", model, rows)
    runs = [
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(PROCESSES)
    ]
    return int(statistics.median(map(int, runs)))


def resident() -> int:
    """Bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Measures in this process."""
    model, rows = Path(sys.argv[1]), np.load(sys.argv[2])
    importlib.import_module(LIBRARIES[model.suffix])
    before = resident()
    contender = load(model)
    contender.labels(rows)
    contender.one(rows[:1])
    print(resident() - before)
    return 0


if __name__ == "__main__":
    sys.exit(main())
