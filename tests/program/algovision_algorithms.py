# tests/program/algovision_algorithms.py — algorithms in algovision's language, for either package
"""Each is a function of the package, which gives the algorithm; and `INPUTS` has the shapes of its inputs."""

import torch
import torch.nn.functional as F


def f64(values):
    return torch.tensor(values, dtype=torch.float64)


def bubble_sort(av, beta=8.0, **options):
    """As in the package's documentation, with names of its own."""
    sweep = av.While(
        av.IsTrue("dirty"),
        av.Let("dirty", 0.0),
        av.For(
            "k",
            lambda last: last,
            av.Let(["lo", "hi"], lambda xs, k: (xs[:, k], xs[:, k + 1])),
            av.If(
                av.LT("hi", "lo"),
                if_true=[
                    av.Let("xs", ["k"], "hi"),
                    av.Let("xs", [lambda k: k + 1], "lo"),
                    av.Let("dirty", 1.0),
                    av.Let("any", 1.0),
                    av.Let("count", lambda count: count + 1.0),
                ],
            ),
        ),
        av.LetInt("last", lambda last: last - 1),
    )
    start = {"lo": 0.0, "hi": 0.0, "dirty": 1.0, "any": 0.0, "count": 0.0}
    return av.Algorithm(
        av.Input("xs"), *(av.Var(name, f64(number)) for name, number in start.items()),
        av.VarInt("last", lambda xs: xs.shape[1] - 1), sweep,
        av.Output("xs"), av.Output("any"), av.Output("count"), beta=beta, **options,
    )  # fmt: skip


def counting(av, beta=1.25, **options):
    """x = 0; while x < limit: x += 1."""
    return av.Algorithm(
        av.Input("limit"), av.Var("x", f64(0.0)),
        av.While(av.LT("x", "limit"), av.Let("x", lambda x: x + 1)), av.Output("x"), beta=beta, **options,
    )  # fmt: skip


def levenshtein(av, beta=9.0, equal="CatProbEq", **options):
    """The edit distance of words of distributions over letters, and its table."""
    cell = [
        av.Let("a", "s", ["i"]),
        av.Let("b", "t", ["j"]),
        av.Let("cost", 1.0),
        av.If(getattr(av, equal)("a", "b"), if_true=av.Let("cost", 0)),
        av.Let(
            "best",
            lambda d, i, j, cost: av.Min(beta)(d[:, i, j + 1] + 1, d[:, i + 1, j] + 1, d[:, i, j] + cost),
        ),
        av.Let("d", [lambda i: i + 1, lambda j: j + 1], "best"),
    ]
    return av.Algorithm(
        av.Input("s"), av.Input("t"),
        av.Var("d", lambda s, t: torch.zeros(s.shape[1] + 1, t.shape[1] + 1, dtype=torch.float64)),
        av.Var("cost", f64(0.0)), av.Var("best", f64(0.0)),
        av.Var("a", lambda s: torch.zeros(s.shape[2], dtype=torch.float64)),
        av.Var("b", lambda s: torch.zeros(s.shape[2], dtype=torch.float64)),
        av.VarInt("n", lambda s: s.shape[1]), av.VarInt("m", lambda t: t.shape[1]),
        av.For("k", lambda n: n + 1, av.Let("d", ["k", 0], lambda d, k: d[:, 0, 0] + k)),
        av.For("k", lambda m: m + 1, av.Let("d", [0, "k"], lambda d, k: d[:, 0, 0] + k)),
        av.For("i", "n", av.For("j", "m", *cell)),
        av.Output("d"), beta=beta, **options,
    )  # fmt: skip


def neighbours(d, cost, beta):
    """Distances over the 8 neighbours of each cell, by torch's own functions."""
    blocks = F.unfold(d.unsqueeze(1), kernel_size=(3, 3)).transpose(-2, -1)
    blocks = torch.cat([blocks[..., :4], blocks[..., 5:]], dim=-1)
    blocks = blocks.view(blocks.shape[0], cost.shape[1], cost.shape[2], 8)
    weights = F.softmin(blocks * beta, dim=-1)
    return F.pad((weights * blocks).sum(-1) + cost, (1, 1, 1, 1), "constant", 1e12), weights


def step_back(here, weights):
    """Where the weight of each cell comes from."""
    moved = F.pad(here.unsqueeze(-1) * weights, (0, 0, 1, 1, 1, 1))
    n, m = here.shape[1:]
    places = [(i, j) for i in (2, 1, 0) for j in (2, 1, 0) if (i, j) != (1, 1)]
    return sum(moved[:, i : i + n, j : j + m, k] for k, (i, j) in enumerate(places))


UNIONS = {
    "probabilistic": lambda path, here: path + here - path * here,
    "hamacher": lambda path, here: (path + here + 3 * path * here) / (1 + 4 * path * here),
    "yager": lambda path, here: 1 - torch.relu(1 - path - here),
}


def shortest_path(av, beta=10.0, passes=8, loop="for", union="probabilistic", **options):
    """The cells of the cheapest path from corner to corner, forward and traced back."""
    trace = {
        "for": lambda *body: av.For("back", passes, *body),
        "while": lambda *body: av.While(av.LEq(lambda path: path[:, 0, 0], 1.0), *body, max_iter=12),
    }[loop]
    like = lambda cost: torch.zeros(*cost.shape[1:], dtype=torch.float64)  # noqa: E731
    return av.Algorithm(
        av.Input("cost"),
        av.Var("d", lambda cost: torch.full((cost.shape[1] + 2, cost.shape[2] + 2), 1e12).double()),
        av.Var("weights", lambda cost: torch.zeros(*cost.shape[1:], 8, dtype=torch.float64)),
        av.Var("here", like), av.Var("path", like),
        av.Let("d", [1, 1], 0.0), av.Let("here", [-1, -1], 1.0),
        av.For(
            "forth", passes,
            av.Let(["d", "weights"], lambda d, cost: neighbours(d, cost, beta)), av.Let("d", [1, 1], 0.0),
        ),
        trace(
            av.Let("path", lambda path, here: UNIONS[union](path, here)),
            av.Let("here", lambda here, weights: step_back(here, weights)),
        ),
        av.Output("path"), beta=beta, **options,
    )  # fmt: skip


def nested(av, **options):
    """While in If in For in While, with else, local settings and every comparison."""
    inner = av.While(
        av.GT("y", lambda x: x - 1, beta=3.0),
        av.Let("y", lambda y: y * 0.5 - 0.3),
        av.If(av.Eq("y", 0.25), if_false=av.Let("z", lambda z, y: z + y), hard=False),
        max_iter=6,
    )
    return av.Algorithm(
        av.Input("x"), av.Input("a"), av.Var("y", f64(1.0)), av.Var("z", f64(0.0)), av.VarInt("n", 0),
        av.While(
            av.NEq("z", lambda a: a.sum(-1)),
            av.For(
                "i", lambda a: a.shape[1],
                av.LetInt("n", lambda i: 2 * i),
                av.If(
                    av.LEq("y", lambda a, i: a[:, i]),
                    if_true=[av.Let("y", lambda y, n: y + n), inner],
                    if_false=[av.Let("z", lambda z, y, i: z - y / (i + 1)), av.Let("a", ["i"], "y")],
                ),
            ),
            av.Let("z", lambda z: torch.tanh(z)),
            max_iter=4,
        ),
        av.Output("y"), av.Output("z"), av.Output("a"), **options,
    )  # fmt: skip
