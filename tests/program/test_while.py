# tests/program/test_while.py — WHILE programs from Python, and gated loops in random programs
import pickle
import re

import pytest
import torch

import pliant
from tests.program.random_programs import make
from tests.program.test_random_programs import inputs_of, plain

MULTIPLY = """
x0 := 0;
WHILE x1 != 0 DO
  x3 := x2;
  WHILE x3 != 0 DO
    x0 := x0 + 1;
    x3 := x3 - 1
  END;
  x1 := x1 - 1
END
"""
POLICIES = ("gated", "mixture")
SEEDS = range(60)


def multiplication(**options):
    return pliant.program.parse_while(MULTIPLY, inputs=["x1", "x2"], outputs=["x0"], **options)


def grid(n):
    """All pairs of 0 … n - 1."""
    numbers = torch.arange(n, dtype=torch.float64)
    return numbers.repeat_interleave(n), numbers.repeat(n)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("condition", ["positive", "nonzero"])
@pytest.mark.parametrize("subtraction", ["truncated", "plain"])
def test_multiplication_is_exact_hard_and_in_the_limit(policy, condition, subtraction):
    product = multiplication(policy=policy, condition=condition, subtraction=subtraction, beta=80.0)
    x, y = grid(5)
    assert torch.equal(product.hard(x, y), x * y)
    torch.testing.assert_close(product(x, y), x * y, rtol=0, atol=1e-9)


@pytest.mark.parametrize("policy", POLICIES)
def test_multiplication_interpolates_between_numbers(policy):
    product = multiplication(policy=policy, beta=6.0)
    x, y = 1 + 3 * torch.rand(2, 200, dtype=torch.float64)
    z = product(x, y)
    assert (z > x.floor() * y.floor() - 1).all() and (z < x.ceil() * y.ceil() + 1).all()
    assert (product(x + 0.05, y) > z - 1e-9).all()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("condition", ["positive", "nonzero"])
def test_gradcheck(policy, condition):
    product = multiplication(policy=policy, condition=condition)
    x, y = (1 + 2 * torch.rand(2, 3, dtype=torch.float64)).unbind()
    beta = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    run = lambda x, y, beta: product.soft(x, y, beta=beta, epsilon=1e-12)  # noqa: E731
    assert torch.autograd.gradcheck(run, (x.requires_grad_(), y.requires_grad_(), beta), atol=1e-4)


def test_variables_are_chosen_and_ordered():
    all_of_them = pliant.program.parse_while(MULTIPLY)
    assert all_of_them.inputs == ("start_x0", "start_x1", "start_x2", "start_x3")
    assert all_of_them.outputs == ("x0", "x1", "x2", "x3")
    some = pliant.program.parse_while(MULTIPLY, inputs=["x2", "x1"], outputs=["x1", "x0"])
    assert (some.inputs, some.outputs) == (("start_x2", "start_x1"), ("x1", "x0"))
    x1, x0 = some.hard(torch.tensor([2.0]), torch.tensor([5.0]))
    assert (x1.item(), x0.item()) == (0, 10)
    assert pickle.loads(pickle.dumps(some)) == some
    assert pliant.program.parse(some.text).text == some.text


def test_half_precision_and_threads(threads):
    product = multiplication(beta=20.0)
    x, y = (torch.rand(2, 300) * 5).unbind()
    assert product(x.half(), y.half()).dtype == torch.half
    threads(1)
    one = product(x, y)
    threads(3)
    assert torch.equal(product(x, y), one)


def gated(seed):
    """A random program with every `while` gated, and the one it was made of."""
    written = make(seed)
    return re.sub(r"\bwhile\b", "gated while", written.text), written


def test_hard_gated_loops_are_loops():
    seen = 0
    for seed in SEEDS:
        text, written = gated(seed)
        seen += "gated" in text
        inputs = inputs_of(seed, 70)
        out, cells = pliant.program.parse(text).hard(*inputs)
        expected_out, expected_cells, _ = plain(written, inputs)
        assert torch.equal(out, expected_out) and torch.equal(cells, expected_cells), text
    assert seen > 20


def test_straight_through_gated_loops_have_the_values_of_hard():
    for seed in SEEDS:
        text, _ = gated(seed)
        program, inputs = pliant.program.parse(text, beta=2.0), inputs_of(seed, 10)
        leaves = [x.requires_grad_() for x in inputs]
        found = program.straight_through(*leaves)
        assert all(torch.equal(a, b) for a, b in zip(found, program.hard(*inputs), strict=True)), text
        slopes = torch.autograd.grad(sum(y.sum() for y in found), leaves, materialize_grads=True)
        assert all(torch.isfinite(slope).all() for slope in slopes), text


def test_soft_gated_loops_are_hard_where_no_decision_is_close():
    compared = 0
    for seed in SEEDS:
        text, written = gated(seed)
        inputs = inputs_of(seed, 40)
        *expected, margins = plain(written, inputs)
        clear = margins > 0.01
        for mine, its in zip(pliant.program.parse(text, beta=2e4)(*inputs), expected, strict=True):
            torch.testing.assert_close(mine[clear], its[clear], rtol=1e-12, atol=1e-12)
        compared += clear.sum().item()
    assert compared > 500


ERRORS = {
    "text": (lambda: pliant.program.parse_while("x0 := y"), "while: line 1, column 7: expected a variable"),
    "policy": (lambda: multiplication(policy="gate"), "unknown policy 'gate'; there are: gated, mixture"),
    "condition": (
        lambda: multiplication(condition="x"),
        "unknown condition 'x'; there are: positive, nonzero",
    ),
    "subtraction": (
        lambda: multiplication(subtraction="x"),
        "unknown subtraction 'x'; there are: truncated, plain",
    ),
    "input": (
        lambda: pliant.program.parse_while(MULTIPLY, inputs=["x7"]),
        "unknown input 'x7'; there are: x0, x1, x2, x3",
    ),
    "outputs": (
        lambda: pliant.program.parse_while(MULTIPLY, outputs=[]),
        "while: there must be at least one output",
    ),
    "beta": (lambda: multiplication(beta=-1.0)(*grid(2)), "beta must be > 0 and finite, got -1"),
    "passes": (
        lambda: multiplication(max_passes=2)(*grid(5)),
        "the loop goes on after 2 passes",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, text = ERRORS[name]
    with pytest.raises(ValueError, match=re.escape(text)):
        call()
