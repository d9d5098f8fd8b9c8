# benchmarks/topk/bench_topk.py — the top-k cross-entropy beside difftopk's and torch's plain cross-entropy
"""`bench_topk.py [--quick]`: writes benchmarks/results/topk.json.

Everything is forward plus backward to the scores, float32, batch 100, 1,000 classes, P_K = a fifth each of
five, logistic, on two threads.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs

import pliant

BATCH, CLASSES = 100, 1000
P_K = (0.2,) * 5
PEERS = {"odd_even": "odd_even", "bitonic": "bitonic__non_sparse"}
PEERS |= {"neuralsort": "neuralsort", "softsort": "softsort"}

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def there_and_back(loss: Loss, scores: torch.Tensor, labels: torch.Tensor) -> Callable[[], object]:
    """The loss and its gradient."""
    return lambda: torch.autograd.grad(loss(scores, labels), scores)


def ours(method: str, m: int | None) -> Loss:
    """Our loss as a user calls it."""
    return lambda scores, labels: pliant.topk_cross_entropy(scores, labels, P_K, m=m, method=method)


def difftopk(method: str, m: int | None) -> Loss:
    """The published package's loss; it prints when it is imported."""
    with contextlib.redirect_stdout(io.StringIO()):
        from difftopk import TopKCrossEntropyLoss
    return TopKCrossEntropyLoss(PEERS[method], 1.0, list(P_K), CLASSES, m, distribution="logistic")


def row(method: str, m: int | None, budget: float) -> dict:
    """Ours beside plain cross-entropy on the same scores, and beside difftopk where it has the method."""
    scores = torch.randn(BATCH, CLASSES, requires_grad=True)
    labels = torch.randint(CLASSES, (BATCH,))
    call = there_and_back(ours(method, m), scores, labels)
    plain = pairs.alternate(call, there_and_back(F.cross_entropy, scores, labels), budget)
    found = {"method": method, "m": m or CLASSES, "ours_ms": plain["ours_ms"]}
    found |= {"scratch_mb": pairs.scratch_mb(call), "cross_entropy_ms": plain["peer_ms"]}
    found |= {
        "times_cross_entropy": 1 / plain["ratio"],
        "times_cross_entropy_best": 1 / plain["ratio_best"],
    }
    found |= {"peer": "difftopk", "version": pairs.peer_version("difftopk")}
    if found["version"] and method in PEERS and m is not None:
        beside = pairs.alternate(call, there_and_back(difftopk(method, m), scores, labels), budget)
        found |= {key: beside[key] for key in ("peer_ms", "ratio", "ratio_low", "ratio_high", "ratio_best")}
    return found


def svm_row(budget: float) -> dict:
    """The smooth top-5 SVM beside difftopk's."""
    scores = torch.randn(BATCH, CLASSES, requires_grad=True)
    labels = torch.randint(CLASSES, (BATCH,))
    call = there_and_back(lambda s, y: pliant.smooth_topk_svm(s, y, 5), scores, labels)
    found = {"method": "smooth top-5 SVM", "m": CLASSES, "peer": "difftopk"}
    found |= {"version": pairs.peer_version("difftopk"), "scratch_mb": pairs.scratch_mb(call)}
    if found["version"] is None:
        return found | {"ours_ms": pairs.median_ms(call, budget)}
    with contextlib.redirect_stdout(io.StringIO()):
        from difftopk import SmoothTopKLoss
    return found | pairs.alternate(call, there_and_back(SmoothTopKLoss(CLASSES, 5), scores, labels), budget)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a second a row, for a first look")
    budget = 1.0 if parser.parse_args().quick else 8.0
    torch.manual_seed(0)
    torch.set_num_threads(pairs.THREADS)
    rows = []
    settings = [(method, 16) for method in ("splitter_selection", *PEERS)]
    for method, m in [*settings, ("splitter_selection", 50), ("splitter_selection", None)]:
        rows.append(row(method, m, budget))
        print(rows[-1], flush=True)
    rows.append(svm_row(budget))
    print(rows[-1], flush=True)
    print("written", pairs.write("topk", rows))


if __name__ == "__main__":
    main()
