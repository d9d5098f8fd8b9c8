# benchmarks/sorting/bench_sorting_circuit.py — sorting networks as circuits, beside std::sort
"""`bench_sorting_circuit.py`: writes benchmarks/results/sorting_circuit.json from five runs of the built
program bench_circuit (bench_circuit.cpp says what it measures): of each figure the median.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs

PROGRAM = pairs.ROOT / "build" / "bin" / "bench_circuit"
RUNS = 5


def main() -> None:
    """Runs, and writes the medians."""
    torch.set_num_threads(1)  # what the record of the machine says; the program has one thread
    runs = [
        json.loads(subprocess.run([PROGRAM], capture_output=True, check=True).stdout) for _ in range(RUNS)
    ]
    rows = []
    for same in zip(*runs, strict=True):
        measured = {
            name: statistics.median(row[name] for row in same) for name in ("circuit", "std_sort", "ratio")
        }
        rows.append({**same[0], **measured})
        print(rows[-1], flush=True)
    print(pairs.write("sorting_circuit", rows))


if __name__ == "__main__":
    main()
