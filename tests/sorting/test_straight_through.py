# tests/sorting/test_straight_through.py — error-free swaps: hard values and P, the relaxed swap's gradient
import pytest
import torch

import pliant
from tests.sorting import reference

FAMILIES = ["logistic", "cauchy", "gaussian", "optimal"]
PAYLOAD = torch.linspace(-1, 1, 30, dtype=torch.float64).reshape(2, 5, 3).sin()


def through(hard, soft):
    """The number of `hard` with the gradient of `soft`."""
    return hard.detach() + soft - soft.detach()


def hard_sort(x, method, family, steepness):
    """Values and P of one row by autograd, comparator by comparator."""
    values, columns = list(x), list(torch.eye(len(x), dtype=x.dtype).T)
    for _, low, high in pliant.network(method, len(x)).tolist():
        a, b = values[low], values[high]
        soft = reference.weight(family, b - a, steepness)
        p = through((torch.sign(b - a) + 1) / 2, soft)
        values[low] = through(torch.minimum(a, b), soft * a + (1 - soft) * b)
        values[high] = through(torch.maximum(a, b), (1 - soft) * a + soft * b)
        left, right = columns[low], columns[high]
        columns[low], columns[high] = p * left + (1 - p) * right, (1 - p) * left + p * right
    return torch.stack(values), torch.stack(columns, dim=-1)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("method", ["odd_even", "bitonic"])
def test_numbers_are_hard_and_gradients_relaxed(family, method):
    x = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    steepness = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    options = {
        "method": method,
        "distribution": pliant.Distribution(family, straight_through=True),
        "steepness": steepness,
    }
    values, permutation = pliant.sort(x, **options)
    assert torch.equal(values, x.sort(-1).values)
    assert torch.equal(permutation, torch.nn.functional.one_hot(x.argsort(-1)).mT.double())
    assert torch.equal(pliant.sort_values(x, **options), values)
    assert torch.equal(pliant.soft_rank(x, **options), x.argsort(-1).argsort(-1).double() + 1)
    carried = pliant.apply_sort(x, PAYLOAD, **options)
    assert torch.equal(carried, permutation.mT @ PAYLOAD)

    rows = [hard_sort(row, method, family, steepness) for row in x]
    expected = [torch.stack(part) for part in zip(*rows, strict=True)]
    up_values, up_permutation = torch.randn(2, 5).double(), torch.randn(2, 5, 5).double()
    for found, wanted, upstream in (
        (values, expected[0], up_values),
        (permutation, expected[1], up_permutation),
        (carried, expected[1].mT @ PAYLOAD, PAYLOAD.cos()),
    ):
        ours = torch.autograd.grad(found, (x, steepness), upstream, retain_graph=True)
        theirs = torch.autograd.grad(wanted, (x, steepness), upstream, retain_graph=True)
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-11)


def test_ties_give_a_half_and_a_decision_is_a_step():
    hard = pliant.Distribution("cauchy", straight_through=True)
    values, permutation = pliant.sort(torch.full((1, 2), 3.0), distribution=hard)
    assert torch.equal(values, torch.full((1, 2), 3.0))
    assert torch.equal(permutation, torch.full((1, 2, 2), 0.5))
    x = torch.tensor([-1.0, 0.0, 2.0, float("nan")], requires_grad=True)
    step, soft = pliant.decide(x, hard), pliant.decide(x, "cauchy")
    torch.testing.assert_close(step, torch.tensor([0.0, 0.5, 1.0, float("nan")]), equal_nan=True)
    gradients = [torch.autograd.grad(p[:3].sum(), x)[0][:3] for p in (step, soft)]
    assert torch.equal(*gradients)


def test_modules_and_each_sample_s_steepness():
    x, hard = torch.randn(3, 6), pliant.Distribution("logistic", straight_through=True)
    module = pliant.nn.Sort(distribution=hard, learn_steepness=True)
    values, permutation = module(x)
    assert torch.equal(values, x.sort(-1).values)
    (permutation * torch.randn(3, 6, 6)).sum().backward()
    assert module.steepness.grad.abs() > 0
    each = pliant.sort_values(x, distribution=hard, steepness=torch.tensor([1.0, 2.0, 4.0]))
    assert torch.equal(each, x.sort(-1).values)
