# experiments/trust/memory.py — the memory of a process over time
from __future__ import annotations

import re
import statistics
import threading
import time
from pathlib import Path

from experiments.rows import Row

# Memory is flat if it grows by no more than this from the second tenth of the time to the last one.
FLAT_MB = 16.0


class Memory:
    """Samples the resident memory of a process until it is stopped or the process has ended."""

    def __init__(self, process: int, every: float = 0.5):
        self._path = Path(f"/proc/{process}/status")
        self._every = every
        self._samples: list[float] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.is_set():
            try:
                found = re.search(r"^VmRSS:\s+(\d+) kB", self._path.read_text(), re.MULTILINE)
            except OSError:
                return
            if found is None:  # it has ended
                return
            self._samples.append(int(found[1]) / 1024)
            time.sleep(self._every)

    def stop(self) -> Row:
        """MB after a tenth of the time and at the end, each the median of a tenth; the largest."""
        self._stop.set()
        self._thread.join()
        tenth = max(len(self._samples) // 10, 1)
        early = statistics.median(self._samples[tenth : 2 * tenth] or self._samples)
        late = statistics.median(self._samples[-tenth:])
        return {
            "early_mb": round(early, 1),
            "late_mb": round(late, 1),
            "largest_mb": round(max(self._samples), 1),
            "flat": late - early <= FLAT_MB,
        }
