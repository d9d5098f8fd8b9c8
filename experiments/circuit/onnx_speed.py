# experiments/circuit/onnx_speed.py — how fast onnxruntime runs circuits that were exported as ONNX models
"""python -m experiments.circuit.onnx_speed — a minute of one core.

Of each circuit the model of 64 lanes and that of 1, on one thread: calls of both in turn, of which the
fastest counts. The bytes are random: what gates take does not depend on them. Rows that exist are skipped.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

from experiments.circuit.onnx_rows import EXPERIMENT
from experiments.rows import append_row, read_rows
from experiments.runner import ROOT, machine, revision
from pliant.circuit import Circuit

NETS = {
    "digits": ROOT / "tests/circuit/networks/digits.plc",
    "MNIST small": ROOT / "examples/networks/mnist_small.safetensors",
}
LANES = (64, 1)
BATCHES = (1, 64, 512)
ROUNDS = 20


def circuit_of(path: Path) -> Circuit:
    """The circuit of the file, without the crop, which ONNX models have not."""
    return Circuit.load(path) if path.suffix == ".plc" else Circuit.from_model(path).simplify()


def fastest(sessions: dict[int, onnxruntime.InferenceSession], batch: np.ndarray) -> dict[int, float]:
    """Seconds of a call of each."""
    seconds = dict.fromkeys(sessions, float("inf"))
    for _ in range(ROUNDS):
        for lanes, session in sessions.items():
            start = time.perf_counter()
            session.run(["label"], {"features": batch})
            seconds[lanes] = min(seconds[lanes], time.perf_counter() - start)
    return seconds


def rows_of(net: str, circuit: Circuit) -> list[dict[str, object]]:
    """A row a batch size."""
    started = time.monotonic()
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    models = {lanes: circuit.to_onnx(lanes=lanes) for lanes in LANES}
    sessions = {lanes: onnxruntime.InferenceSession(model, settings) for lanes, model in models.items()}
    examples = np.random.default_rng(0).integers(0, 256, (max(BATCHES), circuit.features), dtype=np.uint8)
    return [
        {
            "setting": {"net": net, "examples": batch},
            "nodes": circuit.nodes,
            "examples_a_second": {
                str(lanes): batch / seconds for lanes, seconds in fastest(sessions, examples[:batch]).items()
            },
            "bytes": {str(lanes): len(model) for lanes, model in models.items()},
            "onnxruntime": onnxruntime.__version__,
            "load": round(os.getloadavg()[0], 1),
            "threads": 1,
            "seed": 0,
            "seconds": round(time.monotonic() - started, 1),
            "revision": revision(),
            "machine": machine(),
        }
        for batch in BATCHES
    ]


def main() -> int:
    """Measures what has no rows yet."""
    for net, path in NETS.items():
        if any(row["setting"]["net"] == net for row in read_rows(EXPERIMENT.results)):
            continue
        for row in rows_of(net, circuit_of(path)):
            append_row(EXPERIMENT.results, row)
            print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
