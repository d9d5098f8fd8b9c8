# benchmarks/sorting/bench_sort.py — relaxed sorting beside diffsort and torchsort, and its cost against n
"""`bench_sort.py [--quick]`: writes benchmarks/results/sorting.json.

Everything is forward plus backward, float32, Cauchy, on two threads. The networks are made once, outside the
clock, for ours and for diffsort alike.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs

import pliant
from pliant._fast import OrderedRows

STEEPNESS = 10.0
SETTINGS = [("odd_even", 5, 256), ("odd_even", 16, 256), ("bitonic", 128, 16), ("bitonic", 1024, 1)]

Call = Callable[[], object]


def through_permutation(sort: Callable[[torch.Tensor], tuple], x: torch.Tensor) -> Call:
    """Forward, and backward from a gradient of the permutation matrix."""
    upstream = torch.randn(*x.shape, x.shape[-1])
    return lambda: torch.autograd.grad(sort(x)[1], x, upstream)


def through_values(sort: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> Call:
    """Forward, and backward from a gradient of the values."""
    upstream = torch.randn_like(x)
    return lambda: torch.autograd.grad(sort(x), x, upstream)


def ours(method: str, permutation: bool) -> Callable:
    """Our sort as a user calls it."""

    def sort(x: torch.Tensor) -> tuple:
        return pliant.sort(
            x, method=method, distribution="cauchy", steepness=STEEPNESS, return_permutation=permutation
        )

    return sort if permutation else lambda x: sort(x)[0]


def ops_alone(method: str, x: torch.Tensor) -> Call:
    """The forward and the backward op by themselves: what is left without autograd and without Python's part."""
    keys, network = x.detach(), pliant.network(method, x.shape[1])
    upstream = torch.randn(*x.shape, x.shape[1])
    parameters = torch.tensor([STEEPNESS, 1, 0, 1], dtype=torch.float64)
    forward, backward = torch.ops.pliant.sort.default, torch.ops.pliant.sort_backward.default

    def call() -> None:
        forward(keys, network, "cauchy", parameters)
        backward(None, upstream, keys, network, "cauchy", parameters, [True, False])

    return call


def diffsort(method: str, n: int) -> Callable:
    """The published package's sort."""
    from diffsort import DiffSortNet

    return DiffSortNet(method, n, steepness=STEEPNESS, distribution="cauchy")


def indexed(method: str, n: int) -> Callable:
    """The same network in plain torch, by index instead of by diffsort's dense matrices."""
    network = pliant.network(method, n).long()
    layers = [network[network[:, 0] == layer, 1:].T for layer in range(int(network[-1, 0]) + 1)]

    def sort(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        # The rows of P and, below them, the values.
        rows = torch.cat([torch.eye(n).expand(len(x), n, n), x.unsqueeze(1)], 1)
        for low, high in layers:
            a, b = rows[..., low], rows[..., high]
            p = (torch.atan(STEEPNESS * (b[:, -1:] - a[:, -1:])) / torch.pi) + 0.5
            moved = (1 - p) * (b - a)
            rows = rows.index_add(-1, low, moved).index_add(-1, high, -moved)
        return rows[:, -1], rows[:, :-1]

    return sort


def operations(method: str, n: int) -> int:
    """Floating-point operations of one sample, forward and backward through P.

    For a comparator and a row of P: 6 on the way there, 7 to have the differences again, 9 on the way back.
    """
    return 22 * len(pliant.network(method, n)) * n


def permutation_row(method: str, n: int, batch: int, budget: float) -> dict:
    """Ours beside diffsort, and beside plain torch."""
    x = torch.randn(batch, n, requires_grad=True)
    call = through_permutation(ours(method, True), x)
    row = {"mode": "permutation", "method": method, "n": n, "batch": batch, "peer": "diffsort"}
    row |= {"version": pairs.peer_version("diffsort"), "scratch_mb": pairs.scratch_mb(call)}
    if row["version"]:
        row |= pairs.alternate(call, through_permutation(diffsort(method, n), x), budget)
    row["ops_ms"] = pairs.median_ms(ops_alone(method, x), budget / 4)
    plain = pairs.alternate(call, through_permutation(indexed(method, n), x), budget / 2)
    row |= {"indexed_ms": plain["peer_ms"], "indexed_ratio": plain["ratio"]}
    return row | {"gflops": operations(method, n) * batch / plain["ours_ms"] / 1e6}


def values_row(n: int, batch: int, budget: float) -> dict:
    """Ours beside torchsort's soft_sort."""
    x = torch.randn(batch, n, requires_grad=True)
    call = through_values(ours("bitonic", False), x)
    row = {"mode": "values", "method": "bitonic", "n": n, "batch": batch, "peer": "torchsort"}
    row |= {"version": pairs.peer_version("torchsort"), "scratch_mb": pairs.scratch_mb(call)}
    if row["version"] is None:
        return row | {"ours_ms": pairs.median_ms(call)}
    from torchsort import soft_sort

    return row | pairs.alternate(call, through_values(soft_sort, x), budget)


def fast_row(regularization: str, n: int, batch: int, budget: float) -> dict:
    """Our projection onto the permutahedron beside torchsort's soft_sort, which is the same function."""
    x = torch.randn(batch, n, requires_grad=True)
    call = through_values(lambda x: OrderedRows("bench", x, 1.0).fast_values(regularization), x)
    row = {"mode": "fast", "method": regularization, "n": n, "batch": batch, "peer": "torchsort"}
    row |= {"version": pairs.peer_version("torchsort"), "scratch_mb": pairs.scratch_mb(call)}
    if row["version"] is None:
        return row | {"ours_ms": pairs.median_ms(call)}
    from torchsort import soft_sort

    return row | pairs.alternate(call, through_values(lambda x: soft_sort(x, regularization), x), budget)


def cost_rows(batch: int, largest: int) -> list[dict]:
    """Milliseconds against n, a batch in values mode and one in permutation mode."""
    rows = []
    n = 4
    while n <= largest:
        x = torch.randn(batch, n, requires_grad=True)
        row = {"n": n, "batch": batch}
        for method in ("odd_even", "bitonic"):
            if method == "odd_even" and n > 256:
                continue
            call = through_values(ours(method, False), x)
            row[f"values_{method}_ms"] = pairs.median_ms(call, 0.3)
            call = through_permutation(ours(method, True), x)
            row[f"permutation_{method}_ms"] = pairs.median_ms(call, 0.3)
        rows.append(row)
        n *= 2
    return rows


def peak_gflops() -> float:
    """What this machine's threads reach at best, by build/bin/bench_peak."""
    program = pairs.ROOT / "build" / "bin" / "bench_peak"
    arguments = [program, str(pairs.THREADS)]
    return float(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a second a row, n up to 128; for a first look")
    quick = parser.parse_args().quick
    torch.manual_seed(0)
    torch.set_num_threads(pairs.THREADS)
    budget = 1.0 if quick else 10.0
    peak = peak_gflops()
    rows = []
    for method, n, batch in SETTINGS:
        if not (quick and n > 128):
            rows.append(permutation_row(method, n, batch, budget))
            print(rows[-1], flush=True)
    rows.append(values_row(1024, 64, budget))
    print(rows[-1], flush=True)
    for regularization in ("l2", "kl"):
        rows.append(fast_row(regularization, 1000, 64, budget))
        print(rows[-1], flush=True)
    cost = cost_rows(16, 128 if quick else 1024)
    print("written", pairs.write("sorting", rows, peak_gflops=peak, cost=cost))


if __name__ == "__main__":
    main()
