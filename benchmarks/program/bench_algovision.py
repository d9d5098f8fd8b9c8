# benchmarks/program/bench_algovision.py — algorithms of algovision 0.1.2, run by it and by pliant.compat
"""`bench_algovision.py`: writes benchmarks/results/program_algovision.json.

The algorithms of `bench_program.py` in algovision's language, word for word the same for both packages,
forward and backward, float32, two threads. The results are compared before they are timed; writing the
program, which the first call does, is outside of the clock.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from unittest import mock

import torch
from bench_program import (
    CELLS,
    LETTERS,
    MAPS,
    NUMBERS,
    SORTS,
    WORD,
    WORDS,
    pairs,
    step,
    their_distance,
    their_path,
    their_sort,
)
from pliant.compat import algovision as ours


def by_ours(make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    """The same algorithm, where `import algovision` gives ours."""
    with mock.patch.dict(sys.modules, {"algovision": ours}):
        return make()


def main() -> int:
    torch.manual_seed(0)
    torch.set_num_threads(pairs.THREADS)
    words = [torch.softmax(2 * torch.randn(WORDS, WORD, LETTERS), -1).requires_grad_() for _ in range(2)]
    numbers = (2 * torch.randn(SORTS, NUMBERS)).requires_grad_()
    maps = (0.5 + torch.rand(MAPS, CELLS, CELLS)).requires_grad_()
    tasks = {
        f"bubble sort, n = {NUMBERS}, batch {SORTS}": (their_sort, [numbers]),
        f"Levenshtein distance, {WORD} × {WORD}, batch {WORDS}": (their_distance, words),
        f"shortest path, {CELLS} × {CELLS}, batch {MAPS}": (their_path, [maps]),
    }
    rows = []
    for name, (make, inputs) in tasks.items():
        mine, row = step(by_ours(make), inputs), {"name": name}
        if pairs.peer_version("algovision") is None:
            row |= {"ours_ms": pairs.median_ms(mine), "missing": "algovision is not installed"}
        else:
            theirs = step(make(), inputs)
            for a, b in zip(mine(), theirs(), strict=True):
                torch.testing.assert_close(a, b, atol=2e-3, rtol=2e-3)
            row |= {"peer": "algovision", "version": pairs.peer_version("algovision")}
            row |= pairs.alternate(mine, theirs)
            row |= {"ours_mb": pairs.scratch_mb(mine), "peer_mb": pairs.scratch_mb(theirs)}
        rows.append(row)
        print(row, flush=True)
    print(pairs.write("program_algovision", rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
