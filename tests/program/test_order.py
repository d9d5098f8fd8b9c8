# tests/program/test_order.py — numbers as indices, the order of words, writing at weights
import itertools
import re

import pytest
import torch

import pliant


def run(text, *inputs, mode="soft", **options):
    return getattr(pliant.program.parse(text, **options), mode)(*inputs)


NEAR = "program p(x, a[n]) { var w[n] = near(x, n)\n var y = a[w]\n return w, y }"


@pytest.mark.parametrize("beta", [0.5, 3.0, 40.0])
def test_near_is_sech_squared_over_its_sum(beta):
    x = torch.tensor([0.0, 1.3, 2.5, 3.9, -0.4, 4.6], dtype=torch.float64)
    a = torch.randn(6, 5, dtype=torch.float64)
    weights, read = run(NEAR, x, a, beta=beta)
    by_hand = torch.cosh(beta * (torch.arange(5) - x[:, None]) / 2) ** -2
    by_hand = by_hand / by_hand.sum(1, keepdim=True)
    torch.testing.assert_close(weights, by_hand, rtol=1e-10, atol=1e-14)
    torch.testing.assert_close(read, (by_hand * a).sum(1), rtol=1e-10, atol=1e-12)


def test_near_at_a_place_is_that_place_and_far_away_the_last():
    a = torch.randn(4, 5)
    x = torch.tensor([2.0, 0.0, 1e4, -1e4])
    for beta in (1e3, 1e5):
        weights, read = run(NEAR, x, a, beta=beta)
        assert torch.equal(weights.argmax(1), torch.tensor([2, 0, 4, 0]))
        torch.testing.assert_close(weights.max(1).values, torch.ones(4))
        torch.testing.assert_close(read, a[torch.arange(4), [2, 0, 4, 0]])
    weights, read = run(NEAR, torch.tensor([2.4, 0.5, 9.0, -9.0]), a, mode="hard")
    assert torch.equal(weights.argmax(1), torch.tensor([2, 0, 4, 0])) and set(weights.unique().tolist()) == {
        0,
        1,
    }
    half = run(NEAR, torch.tensor([1.5]), a[:1], beta=1e3)[0]
    torch.testing.assert_close(half, torch.tensor([[0.0, 0.5, 0.5, 0.0, 0.0]]))


def test_near_has_the_gradient_of_its_formula():
    x = torch.tensor([0.3, 2.0, 3.7], dtype=torch.float64, requires_grad=True)
    a = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    beta = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, a, beta: run(NEAR, x, a, beta=beta), (x, a, beta))


ORDER = "program p(a[n], b[n]) { var y = precedes(a, b, 0.5)\n return y }"
WORDS = torch.tensor(list(itertools.product(range(3), repeat=3)), dtype=torch.float64)


def test_precedes_is_the_order_of_words():
    a, b = WORDS.repeat(27, 1), WORDS.repeat_interleave(27, 0)
    expected = torch.tensor([float(tuple(x) < tuple(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)])
    assert torch.equal(run(ORDER, a, b, mode="hard"), expected.double())
    torch.testing.assert_close(run(ORDER, a, b, beta=100.0), expected.double(), atol=1e-9, rtol=0)
    soft = run(ORDER, a, b, beta=2.0)
    assert ((soft >= 0) & (soft <= 1)).all(), "a probability, at every sharpness"
    # Of two different words one precedes.
    other = run(ORDER, b, a, beta=2.0)
    assert (soft + other <= 1 + 1e-12).all()


def test_precedes_is_its_formula_with_its_gradient():
    a, b = (torch.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    beta, m = 1.3, 0.5
    less, greater = torch.sigmoid(beta * (b - a - m)), torch.sigmoid(beta * (a - b - m))
    same = 1 - less - greater
    expected = less[:, 0] + same[:, 0] * (less[:, 1] + same[:, 1] * less[:, 2])
    torch.testing.assert_close(run(ORDER, a, b, beta=beta), expected)
    assert torch.autograd.gradcheck(lambda a, b: run(ORDER, a, b, beta=beta), (a, b))


def test_writing_at_weights_of_several_dimensions():
    a = torch.randn(3, 2, 4, 5, dtype=torch.float64)
    u, w = (torch.softmax(torch.randn(3, n, dtype=torch.float64), 1) for n in (2, 5))
    row, plane = torch.randn(3, 4, dtype=torch.float64), torch.randn(3, dtype=torch.float64)
    text = """
program p(a[k, n, m], u[k], w[m], row[n], v) {
  var b[k, n, m] = a
  b[u, :, w] = row
  var c[k, n, m] = a
  c[1, 2, w] = v
  var d[k, n, m] = a
  d[u, 1 : 3] = 2.0
  return b, c, d
}"""
    b, c, d = run(text, a, u, w, row, plane)
    weight = u[:, :, None, None] * w[:, None, None, :]
    torch.testing.assert_close(b, a + weight * (row[:, None, :, None] - a))
    expected = a.clone()
    expected[:, 1, 2] += w * (plane[:, None] - a[:, 1, 2])
    torch.testing.assert_close(c, expected)
    expected = a.clone()
    expected[:, :, 1:3] += u[:, :, None, None] * (2.0 - a[:, :, 1:3])
    torch.testing.assert_close(d, expected)
    leaves = [x.requires_grad_() for x in (a, u, w, row, plane)]
    assert torch.autograd.gradcheck(lambda *x: run(text, *x), leaves)


@pliant.relax(beta=50.0)
def read_near(a: "n", x, b: "n"):  # noqa: F821
    out = a[near(x, len(a))]  # noqa: F821
    if precedes(a, b, 0.5):  # noqa: F821
        out = -out
    return out


def test_relaxed_functions_know_them():
    a = torch.tensor([[1.0, 5.0, 2.0], [3.0, 1.0, 7.0]])
    b = torch.tensor([[1.0, 6.0, 0.0], [2.0, 9.0, 9.0]])
    torch.testing.assert_close(read_near(a, torch.tensor([2.0, 0.0]), b), torch.tensor([-2.0, 3.0]))
    assert torch.equal(read_near.hard(a, torch.tensor([2.0, 0.0]), b), torch.tensor([-2.0, 3.0]))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("var y = near(a, n)", "near takes a single number, got shape [3]"),
        ("var y = near(x, x)", "expected a whole number"),
        (
            "var y = precedes(a, x, 0.5)",
            "precedes takes two arrays of one shape and one",
        ),
        ("var y = precedes(a, a, a)", "got [3], [3] and [3]"),
        (
            "var y[n] = a\n y[argmin(stack(x, x))] = 1",
            "shape [3] or a single number, got shape [2]",
        ),
        (
            "var y[n] = a\n y[argmin(a)] = a",
            "shape [] or a single number, got shape [3]",
        ),
        ("var y[n] = a\n y[0, argmin(a)] = 1", "2 indices for an array of shape [3]"),
    ],
)
def test_errors(body, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        run(f"program p(x, a[n]) {{ {body}\n return y }}", torch.zeros(2), torch.zeros(2, 3))
