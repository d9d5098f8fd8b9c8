# benchmarks/program/bench_program.py — relaxed programs beside algovision 0.1.2, forward and backward
"""`bench_program.py`: writes benchmarks/results/program.json.

The programs that come with the library, and the same in algovision, float32, two threads: bubble sort of
15 numbers, 100 samples, with the gradient of the swap count; the Levenshtein distance of words of 4 letters
out of 4, 64 pairs, with the gradient of the distance; and the shortest path over maps of 12 × 12 cells, 70
maps, with the gradient of the path. The results are compared before they are timed. Memory is what a step
has at its peak.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs

import pliant

NUMBERS, SORTS, LETTERS, WORD, WORDS, CELLS, MAPS = 15, 100, 4, 4, 64, 12, 70
SORT_BETA, DISTANCE_BETA, PATH_BETA = 8.0, 9.0, 25.0


def their_sort() -> torch.nn.Module:
    """Bubble sort in algovision's language."""
    import algovision as av

    swap = [
        av.Let("xs", ["k"], "hi"),
        av.Let("xs", [lambda k: k + 1], "lo"),
        av.Let("dirty", 1.0),
        av.Let("any", 1.0),
        av.Let("count", lambda count: count + 1.0),
    ]
    sweep = av.While(
        av.IsTrue("dirty"),
        av.Let("dirty", 0.0),
        av.For(
            "k",
            lambda last: last,
            av.Let(["lo", "hi"], lambda xs, k: (xs[:, k], xs[:, k + 1])),
            av.If(av.LT("hi", "lo"), if_true=swap),
        ),
        av.LetInt("last", lambda last: last - 1),
    )
    start = {"lo": 0.0, "hi": 0.0, "dirty": 1.0, "any": 0.0, "count": 0.0}
    variables = [av.Var(name, torch.tensor(number)) for name, number in start.items()]
    last = av.VarInt("last", lambda xs: xs.shape[1] - 1)
    return av.Algorithm(av.Input("xs"), *variables, last, sweep, av.Output("count"), beta=SORT_BETA)


def their_distance() -> torch.nn.Module:
    """The Levenshtein distance in algovision's language."""
    import algovision as av

    start = torch.zeros(WORD + 1, WORD + 1)
    start[:, 0] = start[0] = torch.arange(WORD + 1.0)
    cell = [
        av.Let("a", lambda s, i: s[:, i]),
        av.Let("b", lambda t, j: t[:, j]),
        av.Let("cost", 1.0),
        av.If(av.CatProbEq("a", "b"), if_true=[av.Let("cost", 0.0)]),
        av.Let(
            "best",
            lambda d, i, j, cost: av.Min(DISTANCE_BETA)(
                d[:, i, j + 1] + 1, d[:, i + 1, j] + 1, d[:, i, j] + cost
            ),
        ),
        av.Let("d", [lambda i: i + 1, lambda j: j + 1], "best"),
    ]
    letters = torch.zeros(LETTERS)
    return av.Algorithm(
        av.Input("s"), av.Input("t"), av.Var("d", start), av.Var("cost", torch.tensor(0.0)),
        av.Var("best", torch.tensor(0.0)), av.Var("a", letters), av.Var("b", letters.clone()),
        av.For("i", WORD, av.For("j", WORD, *cell)), av.Let("best", lambda d: d[:, -1, -1]),
        av.Output("best"), beta=DISTANCE_BETA,
    )  # fmt: skip


def around(x: torch.Tensor) -> torch.Tensor:
    """The 8 neighbours of each inner cell, in a dimension of their own."""
    n, m = x.shape[-2] - 2, x.shape[-1] - 2
    places = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    return torch.stack([x[..., i : i + n, j : j + m] for i, j in places], -1)


def their_path() -> torch.nn.Module:
    """The shortest path in algovision's language; the source is absorbing, as it is in ours."""
    import algovision as av
    from torch.nn.functional import pad

    far = torch.full((CELLS + 2, CELLS + 2), 1e12)
    far[1, 1] = 0
    inside, source = torch.ones(CELLS, CELLS), torch.zeros(CELLS, CELLS)
    inside[0, 0], source[-1, -1] = 0, 1

    def moved(here: torch.Tensor, choice: torch.Tensor) -> torch.Tensor:
        places = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
        parts = [
            pad(here * choice[..., k], (j, 2 - j, i, 2 - i))[..., 1:-1, 1:-1]
            for k, (i, j) in enumerate(places)
        ]
        return torch.stack(parts).sum(0)

    passes = 2 * CELLS + 1
    return av.Algorithm(
        av.Input("cost"), av.Var("far", far), av.Var("near", torch.zeros(CELLS, CELLS)),
        av.Var("choice", torch.zeros(CELLS, CELLS, 8)), av.Var("here", source),
        av.Var("path", torch.zeros(CELLS, CELLS)),
        av.For(
            "i", passes,
            av.Let("choice", lambda far: torch.softmax(-PATH_BETA * around(far), -1)),
            av.Let("near", lambda far, choice, cost: (choice * around(far)).sum(-1) + cost),
            av.Let("far", lambda near: pad(near * inside, (1, 1, 1, 1), value=1e12)),
        ),
        av.Let("choice", lambda far: torch.softmax(-PATH_BETA * around(far), -1) * inside.unsqueeze(-1)),
        av.For(
            "j", passes,
            av.Let("path", lambda path, here: path + here * (1 - path)),
            av.Let("here", lambda here, choice: moved(here, choice)),
        ),
        av.Output("path"), beta=PATH_BETA,
    )  # fmt: skip


def result(name: str, which: int, beta: float) -> Callable[..., torch.Tensor]:
    """One of the results of a program that comes with the library."""
    program = pliant.program.load(name, beta=beta)
    return lambda *inputs: program(*inputs)[which]


def step(
    program: Callable[..., torch.Tensor], inputs: list[torch.Tensor]
) -> Callable[[], list[torch.Tensor]]:
    """Forward, and the gradient of the sum."""

    def call() -> list[torch.Tensor]:
        for x in inputs:
            x.grad = None
        out = program(*inputs)
        out.sum().backward()
        return [out.detach(), *(x.grad for x in inputs)]

    return call


def main() -> int:
    torch.manual_seed(0)
    torch.set_num_threads(pairs.THREADS)
    words = [torch.softmax(2 * torch.randn(WORDS, WORD, LETTERS), -1).requires_grad_() for _ in range(2)]
    tasks = {
        f"bubble sort, n = {NUMBERS}, batch {SORTS}": (
            result("bubble_sort", 2, SORT_BETA), their_sort,
            [(2 * torch.randn(SORTS, NUMBERS)).requires_grad_()],
        ),
        f"Levenshtein distance, {WORD} × {WORD}, batch {WORDS}": (
            result("levenshtein", 0, DISTANCE_BETA), their_distance, words,
        ),
        f"shortest path, {CELLS} × {CELLS}, batch {MAPS}": (
            result("shortest_path", 0, PATH_BETA), their_path,
            [(0.5 + torch.rand(MAPS, CELLS, CELLS)).requires_grad_()],
        ),
    }  # fmt: skip
    rows = []
    for name, (ours, make, inputs) in tasks.items():
        row: dict[str, object] = {"name": name}
        if pairs.peer_version("algovision") is None:
            row |= {"ours_ms": pairs.median_ms(step(ours, inputs)), "missing": "algovision is not installed"}
        else:
            mine, theirs = step(ours, inputs), step(make(), inputs)
            for a, b in zip(mine(), theirs(), strict=True):
                torch.testing.assert_close(a, b, atol=2e-3, rtol=2e-3)
            row |= {"peer": "algovision", "version": pairs.peer_version("algovision")}
            row |= pairs.alternate(mine, theirs)
            row |= {"ours_mb": pairs.scratch_mb(mine), "peer_mb": pairs.scratch_mb(theirs)}
        rows.append(row)
        print(row, flush=True)
    print(pairs.write("program", rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
