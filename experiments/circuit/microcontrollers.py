# experiments/circuit/microcontrollers.py — what the digits and MONK-1 circuits take on a Cortex-M0 and M4
"""Builds the circuits of tests/circuit/networks for boards of qemu, checks labels, keeps what was measured.

    python -m experiments.circuit.microcontrollers

Rows that exist are skipped. The programs are in packages-hardware.txt.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from experiments.circuit import boards
from experiments.circuit.microcontroller_rows import EXPERIMENT
from experiments.rows import append_row, read_rows
from experiments.runner import machine, revision
from tests.circuit.trained import digits_examples, monk_examples, trained_circuit

NETS = {"digits": digits_examples, "monk1": lambda: monk_examples()[0].astype("uint8")}


def main() -> int:
    """Runs what is open."""
    for net, examples in NETS.items():
        for name, board in boards.BOARDS.items():
            setting = {"net": net, "processor": name}
            if any(row["setting"] == setting for row in read_rows(EXPERIMENT.results)):
                continue
            started = time.monotonic()
            circuit = trained_circuit(net)
            with tempfile.TemporaryDirectory() as folder:
                run = boards.run(circuit, examples(), board, Path(folder))
            row = {
                "setting": setting,
                "nodes": circuit.nodes,
                "labels_equal": bool((run.labels == circuit.classify(examples())).all()),
                "examples": len(examples()),
                "instructions": {"one": run.one, "batch of 32": run.batch},
                "flash": run.flash,
                "stack": run.stack,
                "ram": run.stated["RAM"],
                "stated": run.stated,
                "seed": 0,
                "seconds": round(time.monotonic() - started, 1),
                "revision": revision(),
                "machine": machine(),
            }
            append_row(EXPERIMENT.results, row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
