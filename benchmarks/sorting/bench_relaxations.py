# benchmarks/sorting/bench_relaxations.py — NeuralSort, SoftSort, Sinkhorn beside difftopk, POT, plain torch
"""`bench_relaxations.py [--quick]`: writes benchmarks/results/relaxations.json.

Everything is forward plus backward from a gradient of the permutation matrix, float32, on one thread.
Sinkhorn iterates everywhere until no row of P is off by more than 1e-5, about what float32 can tell (POT asks
every ten iterations, and for the norm over all rows). Ours goes back through a linear system, the peers
through their iterations.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs

import pliant

STEEPNESS = 10.0
TOLERANCE = 1e-5
ITERATIONS = 1000
THREADS = 1
SIZES = [(5, 256), (16, 256), (32, 256), (64, 64), (100, 64), (1000, 1)]

Relax = Callable[[Tensor], Tensor]


def through_permutation(relax: Relax, x: Tensor) -> Callable[[], object]:
    """Forward, and backward from a gradient of the permutation matrix."""
    upstream = torch.randn(*x.shape, x.shape[-1])
    return lambda: torch.autograd.grad(relax(x), x, upstream)


def ours(method: str) -> Relax:
    """Our matrix as a user gets it."""
    relaxation = pliant.Relaxation(method, tolerance=TOLERANCE, iterations=ITERATIONS)
    return lambda x: pliant.sort(x, method=relaxation, steepness=STEEPNESS)[1]


def costs(x: Tensor) -> Tensor:
    """The squared distances of the squashed keys from the ranks, (batch, n, n)."""
    z = (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True, correction=0)
    ranks = torch.linspace(0, 1, x.shape[-1])
    return (torch.sigmoid(math.pi / math.sqrt(3) * z).unsqueeze(-1) - ranks) ** 2


def plain_sinkhorn(x: Tensor) -> Tensor:
    """Sinkhorn in logarithms in plain torch: what one would write by hand."""
    logits = -STEEPNESS * costs(x)
    f, g = torch.zeros_like(x).unsqueeze(-1), torch.zeros_like(x).unsqueeze(-2)
    for iteration in range(ITERATIONS):
        previous, f = f, -torch.logsumexp(logits + g, -1, keepdim=True)
        if iteration > 0 and torch.expm1(previous - f).abs().max() <= TOLERANCE:
            f = previous
            break
        g = -torch.logsumexp(logits + f, -2, keepdim=True)
    return torch.exp(logits + f + g)


def pot_sinkhorn(x: Tensor) -> Tensor:
    """The batched solver of POT, whose marginals are 1/n."""
    from ot.batch import solve_batch

    n = x.shape[-1]
    settings = {"max_iter": ITERATIONS, "tol": TOLERANCE / n, "grad": "autodiff"}
    return n * solve_batch(costs(x), reg=1 / STEEPNESS, method="log_sinkhorn", **settings).plan


def difftopk(name: str) -> Relax:
    """The published package's module."""
    import difftopk as package

    return getattr(package, name)(tau=1 / STEEPNESS)


PEERS: list[tuple[str, str, Callable[[], Relax]]] = [
    ("neuralsort", "difftopk", lambda: difftopk("NeuralSort")),
    ("softsort", "difftopk", lambda: difftopk("SoftSort")),
    ("sinkhorn", "pot", lambda: pot_sinkhorn),
    ("sinkhorn", "plain torch", lambda: plain_sinkhorn),
]


def row(method: str, peer: str, make: Callable[[], Relax], n: int, batch: int, budget: float) -> dict:
    """Ours beside one peer."""
    x = torch.randn(batch, n, requires_grad=True)
    call = through_permutation(ours(method), x)
    result = {"mode": "permutation", "method": method, "n": n, "batch": batch, "peer": peer}
    version = torch.__version__ if peer == "plain torch" else pairs.peer_version(peer)
    result |= {"version": version, "scratch_mb": pairs.scratch_mb(call)}
    if version is None:
        return result | {"ours_ms": pairs.median_ms(call)}
    return result | pairs.alternate(call, through_permutation(make(), x), budget)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="half a second a row, n up to 64")
    quick = parser.parse_args().quick
    torch.manual_seed(0)
    torch.set_num_threads(THREADS)
    rows = []
    for n, batch in SIZES:
        for method, peer, make in PEERS:
            if not (quick and n > 64):
                rows.append(row(method, peer, make, n, batch, 0.5 if quick else 5.0))
                print(rows[-1], flush=True)
    print("written", pairs.write("relaxations", rows))


if __name__ == "__main__":
    main()
