# tests/program/test_compat_algovision_external.py — functions that no program can say, called in each pass
import re

import pytest
import torch
from pliant.compat import algovision as ours

from tests.program.algovision_algorithms import f64
from tests.program.test_compat_algovision import assert_same, normal

pytestmark = [
    pytest.mark.filterwarnings("ignore:Using a non-tuple sequence"),
    pytest.mark.filterwarnings("ignore:algovision. .* cannot be written as a program"),
]


def opaque(package, **options):
    """Functions that sort, ask for values, mix samples and take whole numbers, in loops and branches."""
    sort_row = package.Let("b", [None, "i"], lambda b, i: b[:, :, i].sort(-1)[0] * (1 + i % 2))
    centred = package.Let("y", lambda y: y - y.mean() + (0.1 if y.max() > 1e9 else 0.0))
    several = package.Let(
        ["y", "a"],
        lambda y, a: (torch.linalg.norm(torch.linalg.pinv(a.unsqueeze(1)), dim=(1, 2)) + y, a.sort()[0]),
    )
    weights = package.Let("a", [lambda a: torch.softmax(a, -1).sort(-1)[0]], lambda a: a.median(-1)[0])
    return package.Algorithm(
        package.Input("a"), package.Input("b"), package.Var("y", f64(0.0)), package.VarInt("i", 0),
        package.While(
            package.LT(lambda y: y.cumprod(0)[[-1]].expand(y.shape[0]) * 0 + y, 1.5),
            package.For("k", 2, package.LetInt("i", lambda k: k), sort_row),
            package.If(package.GT("y", lambda a: a.kthvalue(2)[0]), [several, weights], centred),
            package.Let("y", lambda y: y + 0.4),
            max_iter=3,
        ),
        package.Output("y"), package.Output("a"), package.Output("b"), **options,
    )  # fmt: skip


@pytest.mark.parametrize("hard", [False, True])
def test_opaque_functions_everywhere(algovision, hard):
    assert_same(opaque, algovision, [normal(4, 3), normal(4, 3, 2)], beta=3.0, hard=hard)


def test_opaque_functions_are_said_once_and_called_in_each_pass():
    calls = []

    def shifted(y):
        calls.append(y.shape)
        return y + y.sort()[0] * 0 + 1

    algorithm = ours.Algorithm(
        ours.Input("x"), ours.Var("y", f64(0.0)), ours.For("k", 4, ours.Let("y", shifted)), ours.Output("y")
    )
    with pytest.warns(
        UserWarning, match="Let at .*: it calls sort of torch, .* It is called in each pass"
    ) as said:
        assert algorithm(normal(2)).tolist() == [4.0, 4.0]
    assert len(said) == 1 and calls[-4:] == [(2,)] * 4
    assert "external function" in algorithm.program(normal(2)).text


def test_networks_of_any_make_learn_inside_of_loops():
    network = torch.nn.Sequential(
        torch.nn.Conv1d(1, 2, 3, padding=1),
        torch.nn.BatchNorm1d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(10, 1),
    ).double()
    algorithm = ours.Algorithm(
        ours.Input("x"), ours.Var("y", f64(0.0)), ours.Var("k", f64(0.0)),
        ours.While(
            ours.LT("k", 2.5),
            ours.Let("y", lambda x, y: y * 0.5 + network(x.unsqueeze(1)).squeeze(-1)),
            ours.Let("k", lambda k: k + 1),
        ),
        ours.Output("y"), beta=1e3,
    )  # fmt: skip
    x = normal(4, 5).requires_grad_()
    found = algorithm(x)
    expected = 0
    for _ in range(3):
        expected = expected * 0.5 + network(x.unsqueeze(1)).squeeze(-1)
    torch.testing.assert_close(found, expected)
    wanted = [x, *network.parameters()]
    mine, its = (torch.autograd.grad(y.square().sum(), wanted) for y in (found, expected))
    torch.testing.assert_close(mine, its)


def test_random_numbers_are_drawn_in_each_pass():
    algorithm = ours.Algorithm(
        ours.Input("x"), ours.Var("y", torch.zeros(3).double()),
        ours.For("k", 3, ours.Let("y", ["k"], lambda x: torch.rand(x.shape[0], dtype=x.dtype))),
        ours.Output("y"),
    )  # fmt: skip
    x = normal(5)
    algorithm.program(x)
    torch.manual_seed(3)
    expected = torch.stack([torch.rand(5, dtype=torch.float64) for _ in range(3)], 1)
    torch.manual_seed(3)
    assert torch.equal(algorithm(x), expected)


def test_a_large_product_of_matrices_is_left_to_torch():
    matrix = normal(100, 100)
    algorithm = ours.Algorithm(ours.Input("x"), ours.Let("x", lambda x: x @ matrix), ours.Output("x"))
    x = normal(3, 100)
    with pytest.warns(
        UserWarning, match="it multiplies matrices with 10000 products, which is better left to torch"
    ):
        torch.testing.assert_close(algorithm(x), x @ matrix)


def printing(package, **options):
    """Prints at the top, in a branch and in a loop."""
    return package.Algorithm(
        package.Input("x"), package.Var("y", f64(0.0)), package.VarInt("n", 2),
        package.Print(lambda x: ("first", x.tolist())),
        package.If(package.LT("x", 0), package.Print(lambda y, n: f"{y.tolist()} {n}")),
        package.For(
            "k", "n",
            package.While(
                package.LT("y", "x"), package.Let("y", lambda y: y + 1),
                package.Print(lambda y, k: f"{k}: {y.detach().tolist()}"), max_iter=2,
            ),
        ),
        package.Print(lambda: "last"), package.Output("y"), **options,
    )  # fmt: skip


def test_prints_are_printed_in_their_order(algovision, capsys):
    shown = []
    for package in (ours, algovision):
        printing(package, beta=2.0)(f64([0.25, 0.75]))
        lines = capsys.readouterr().out.splitlines()
        shown.append([[round(float(x), 9) for x in re.findall(r"\d+\.\d+|\d+", line)] for line in lines])
    assert shown[0] == shown[1] and len(shown[0]) == 7


def test_an_algorithm_inside_of_another():
    inner = ours.Algorithm(
        ours.Input("a"), ours.If(ours.LT("a", 0), ours.Let("a", lambda a: -a)), ours.Output("a"), beta=5.0
    )
    outer = ours.Algorithm(ours.Input("x"), ours.Let("x", lambda x: inner(x) * 2), ours.Output("x"))
    x = normal(4).requires_grad_()
    found, expected = outer(x), inner(x) * 2
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(*(torch.autograd.grad(y.sum(), x)[0] for y in (found, expected)))
