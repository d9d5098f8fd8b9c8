# tests/program/test_compat_algovision_functions.py — functions of torch in algorithms, beside torch itself
import pytest
import torch
from pliant.compat import algovision as av

from tests.program.algovision_algorithms import f64

# What is not written as a program is said, and would be as right.
pytestmark = pytest.mark.filterwarnings("error:algovision. .* cannot be written")


def normal(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def of_a(*statements, outputs=("a",)):
    """An algorithm of `a`, and the variable y."""
    return av.Algorithm(av.Input("a"), av.Var("y", f64(0.0)), *statements, *map(av.Output, outputs))


def changed_in_place(b):
    """A copy of its own, so nothing outside of it changes."""
    b[:, 1:3].fill_(7.0)
    b[:, 0].copy_(b[:, 3])
    b[:, 3] += b[:, 1]
    b.mul_(2).clamp_(-3.0, 20.0)
    b[:, 2].zero_()
    return b


@pytest.mark.parametrize(
    "function",
    [
        lambda a: a.amax(-1),
        lambda a: a.min(-1)[0],
        lambda a: (a * a).sum(-1).sqrt(),
        lambda a: a.std(-1),
        lambda a: torch.softmax(a, -1)[:, 1],
        lambda a: torch.log_softmax(a, -1)[:, 0],
        lambda a: a.norm(dim=-1),
        lambda a: torch.where(a > 0, a, -a).sum(-1),
        lambda a: torch.nn.functional.softplus(a).prod(-1),
        lambda a: (a.unsqueeze(1) @ a.unsqueeze(2)).flatten(),
        lambda a: a.cumsum(-1)[:, 2],
        lambda a: a[:, 0] ** 3,
        lambda a: torch.cosh(a).mean(-1),
        lambda a: a.clamp(-0.5, 0.5).sum(1),
        lambda a: a.abs().log1p().sum(-1),
        lambda a: torch.tril(a.unsqueeze(1) * a.unsqueeze(2)).sum((1, 2)),
        lambda a: a.view(-1, 2, 2)[:, 1, 0],
        lambda a: torch.einsum("bi,bj->bij", a, a)[:, 1, 2],
        lambda a: a[:, [0, 3]].sum(-1),
        lambda a: a.var(-1),
        lambda a: ((a > 0) & ~(a > 1) | (a == 0)).float().sum(-1),
        lambda a: 2 ** a[:, 0],
        lambda a: a[:, 0] ** -2,
        lambda a: torch.nn.functional.pad(a, (1, 1), value=3.0).sum(-1),
        lambda a: a.roll(1, -1)[:, 0],
        lambda a: (a[:, 0].abs() ** 0.5) + a[:, 1].abs() ** 2.5 + a[:, 2] ** 0 + 3 ** a[:, 3],
        lambda a: torch.pow(a[:, 0].abs(), f64(1.5)) + torch.pow(a[:, 0].abs(), f64([[0.5]]))[0],
        lambda a: torch.sinh(a).sum(-1) + torch.max(a[:, 0], a[:, 1]) - torch.min(a[:, 2], a[:, 3]),
        lambda a: a[:, 0] + a.new_full((6,), 3.0).sum() + a.new_full((6,), 0.5).softmax(0)[2],
        lambda a: changed_in_place(a.clone()).sum(-1),
        lambda a: a.view(-1, 2, 1, 2, 1).expand(-1, 2, 3, 2, 2).sum((1, 2, 3, 4)),
        lambda a: (a.view(-1, 2, 1, 2, 1) * a.view(-1, 1, 2, 1, 2)).cumsum(2).amax((1, 2, 3, 4)),
        lambda a: a.unsqueeze(0).transpose(0, 1).mean((1, 2)) + a[..., :0].sum(-1) + a.t()[1],
        lambda a: (
            torch.linalg.vector_norm(a, ord=1, dim=-1) + a.square().sum(-1).rsqrt() + a[:, 0].reciprocal()
        ),
        lambda a: (
            torch.relu(a[:, 0])
            + torch.nn.functional.leaky_relu(a[:, 1])
            + torch.tanh(a[:, 2])
            + a[:, 3].sign()
        ),
        lambda a: a.masked_fill(a > 0.5, 2.0).sum(-1) + torch.ones_like(a).sum(-1) + a.new_full((6,), 3.0),
        lambda a: torch.logsumexp(a, -1) + a.log_softmax(-1)[:, 2] + torch.nn.functional.hardtanh(a[:, 1]),
    ],
)
def test_functions_of_torch(function):
    a = normal(6, 4).requires_grad_()
    mine, its = of_a(av.Let("y", function), outputs=("y",))(a), function(a)
    torch.testing.assert_close(mine, its.double())
    if its.requires_grad:
        found, expected = (torch.autograd.grad(y.sum(), a)[0] for y in (mine, its))
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (lambda k: 1 + k, lambda a, k: a[..., k] * (1 - k)),
        (lambda k: -k, lambda a, k: a[:, -k]),
        (lambda k: 2 * k - 2, lambda a, k: a[:, 3 - k] + k / 2),
        (lambda k: k // 2, lambda a, k: a[:, k:].sum(-1)),
        (lambda k: k + 1 if k < 2 else 0, lambda a, k: a[:, k * 1 + 0].clamp(-k, k)),
        (
            "k",
            lambda a, k: (
                torch.full_like(a[:, 0], k) + torch.stack([a[:, 0] * 0 + 1, a[:, 1] * 0 + k], -1).sum(-1)
            ),
        ),
        (None, lambda a, k: a[:, :1].expand(-1, 4) * k),
        (slice(1, 3), lambda a, k: a[:, k]),
    ],
)
def test_loop_numbers_in_functions_and_indices(index, value):
    a = normal(2, 4)
    found = of_a(av.For("k", 3, av.Let("a", [index], value)))(a)
    expected = a.clone()
    for k in range(3):
        place = (
            index(k) if callable(index) else k if index == "k" else slice(None) if index is None else index
        )
        here = value(expected.clone(), k)
        expected[:, place] = here.unsqueeze(-1) if here.dim() == 1 and isinstance(place, slice) else here
    torch.testing.assert_close(found, expected)


def test_the_program_runs_hard_with_all_that_it_is_given():
    shift = f64([0.5, -0.5, 1.0])
    algorithm = of_a(
        av.While(
            av.LT("y", 1.5),
            av.If(av.LT(lambda a: a[:, 0], 0), av.Let("a", lambda a: a + shift)),
            av.Let("y", lambda y: y + 1),
        )
    )  # fmt: skip
    a = f64([[-0.75, 0.0, 0.0], [0.25, 0.0, 0.0]])
    program, arguments = algorithm.program(a), algorithm.arguments(a)
    assert len(arguments) == 2
    assert program.hard(*arguments).tolist() == [[0.25, -1.0, 2.0], [0.25, 0.0, 0.0]]
    assert torch.equal(program.straight_through(*arguments), program.hard(*arguments))


def test_long_expressions_are_cut():
    def long(a):
        total = a[:, 0]
        for k in range(1500):
            total = total * 0.5 + a[:, k % 4]
        return total

    a = normal(3, 4)
    torch.testing.assert_close(of_a(av.Let("y", long), outputs=("y",))(a), long(a))


@pytest.mark.parametrize(
    "name", ["sum", "external", "part", "given", "passes", "function", "x_given", "truth"]
)
def test_names_that_mean_something_to_the_language(name):
    names = {}
    exec(f"step = lambda {name}: {name} + 1", names)
    algorithm = av.Algorithm(
        av.Input(name), av.Input("x"), av.Let("x", lambda x: x * f64([1.0, 2.0])),
        av.While(av.LT(name, 3.0), av.Let(name, names["step"]), max_iter=3), av.Output(name), av.Output("x"),
        beta=1e3,
    )  # fmt: skip
    found, x = algorithm(f64([0.5]), f64([[1.0, 1.0]]))
    torch.testing.assert_close((found, x), (f64([3.5]), f64([[1.0, 2.0]])))
