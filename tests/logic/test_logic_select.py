# tests/logic/test_logic_select.py — learned wiring: reference, straight-through, transforms, errors
import pytest
import torch

import pliant
from tests.logic import conv_reference as reference


def arguments(batch, candidates=5, dtype=torch.float64):
    x = torch.rand(batch, 9, dtype=dtype)
    chosen = pliant.wiring_candidates(9, 7, candidates, seed=1)
    return x, chosen, torch.randn(candidates, 7, dtype=dtype)


def gradients(fn, *tensors):
    tensors = [t.detach().requires_grad_() for t in tensors]
    y = fn(*tensors)
    weighting = torch.linspace(-1, 1, y.numel(), dtype=torch.float64).sin().reshape(y.shape).to(y.dtype)
    return (y.detach(), *torch.autograd.grad((y * weighting).sum(), tensors))


@pytest.mark.parametrize("batch", [1, 15, 16, 17, 40])
@pytest.mark.parametrize("candidates", [1, 3, 4, 9])
def test_weighted_sum_is_the_reference(batch, candidates):
    x, chosen, weights = arguments(batch, candidates)
    found = gradients(lambda x, w: pliant.logic_select(x, chosen, w), x, weights)
    expected = gradients(lambda x, w: reference.select(x, chosen, w), x, weights)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)


def test_hard_choice_has_the_gradient_of_the_sum():
    x, chosen, weights = arguments(17)
    weights[1, 0] = weights[3, 0] = 9  # equal ones: the first is chosen
    hard = gradients(lambda x, w: pliant.logic_select(x, chosen, w, hard=True), x, weights)
    soft = gradients(lambda x, w: pliant.logic_select(x, chosen, w), x, weights)
    winner = weights.argmax(0)
    winner[0] = 1
    assert torch.equal(hard[0], x[:, chosen.gather(0, winner[None])[0].long()])
    assert torch.equal(hard[1], soft[1]) and torch.equal(hard[2], soft[2])


def test_layouts_types_and_empty_batches():
    x, chosen, weights = arguments(17)
    y = pliant.logic_select(x, chosen, weights)
    assert y.stride() == (1, 32)
    assert torch.equal(pliant.logic_select(x.T.contiguous().T, chosen, weights), y)
    half = pliant.logic_select(x.half(), chosen, weights.half())
    assert torch.equal(half, pliant.logic_select(x.half().float(), chosen, weights.half().float()).half())
    empty = gradients(lambda x, w: pliant.logic_select(x, chosen, w), x[:0], weights)
    assert empty[0].shape == (0, 7) and not empty[2].any()


def test_bits_do_not_depend_on_the_threads(threads):
    x, chosen, weights = arguments(200, dtype=torch.float32)
    results = []
    for count in (1, 2, 3):
        threads(count)
        results.append(gradients(lambda x, w: pliant.logic_select(x, chosen, w), x, weights))
    for other in results[1:]:
        assert all(torch.equal(one, two) for one, two in zip(results[0], other, strict=True))


def test_transforms():
    x, chosen, weights = arguments(3)
    for hard in (False, True):
        torch.library.opcheck(
            torch.ops.pliant.logic_select.default,
            (x.requires_grad_(), chosen, weights.requires_grad_(), hard),
        )
    assert torch.autograd.gradcheck(lambda x, w: pliant.logic_select(x, chosen, w), (x, weights))
    grad = torch.func.grad(lambda w: pliant.logic_select(x.detach(), chosen, w).sum())(weights.detach())
    torch.testing.assert_close(grad, x.detach()[:, chosen.long()].sum(0))


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"x": torch.zeros(2)}, ValueError, r"x must have shape \(batch, features\)"),
        ({"x": torch.zeros(2, 3, dtype=torch.int32)}, TypeError, "x must be floating point, got Int"),
        ({"candidates": torch.zeros(2, 4)}, TypeError, "candidates must be int32, got Float"),
        ({"candidates": torch.full((2, 4), 3, dtype=torch.int32)}, ValueError, "must be in 0 … 2, got 3"),
        ({"weights": torch.zeros(3, 4)}, ValueError, r"weights must have the shape of candidates, \[2, 4\]"),
    ],
)
def test_errors_name_the_argument(change, error, text):
    given = {"x": torch.zeros(2, 3), "candidates": torch.zeros(2, 4, dtype=torch.int32)}
    with pytest.raises(error, match=text):
        pliant.logic_select(**{**given, "weights": torch.zeros(2, 4), **change})


def test_candidates():
    chosen = pliant.wiring_candidates(10, 25, 4, seed=3)
    assert chosen.shape == (4, 25) and chosen.dtype == torch.int32
    assert all(len(set(column)) == 4 for column in chosen.T.tolist())
    assert torch.bincount(chosen[0], minlength=10).unique().tolist() == [2, 3]
    assert torch.equal(chosen, pliant.wiring_candidates(10, 25, 4, seed=3))
    assert not torch.equal(chosen, pliant.wiring_candidates(10, 25, 4, seed=4))
    everything = pliant.wiring_candidates(5, 6, 5)
    assert (everything.sort(0).values == torch.arange(5)[:, None]).all()
    with pytest.raises(ValueError, match="3 features are fewer than 4 candidates for each slot"):
        pliant.wiring_candidates(3, 6, 4)
