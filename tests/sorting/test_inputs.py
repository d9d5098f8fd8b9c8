# tests/sorting/test_inputs.py — any shape, stride, dtype and number: what comes in and what comes out
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import pliant

METHODS = [method["name"] for method in pliant.methods() if method["permutation"]]
FAMILIES = [family["name"] for family in pliant.distributions()]


@st.composite
def keys_and_dim(draw):
    """Keys with any batch shape and strides, and a dimension to sort along."""
    shape = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    shape[dim] = max(shape[dim], 1)
    generator = torch.Generator().manual_seed(draw(st.integers(0, 1000)))
    x = torch.randn([2 * size for size in shape], dtype=torch.float64, generator=generator)
    x = x[tuple(slice(None, size) if draw(st.booleans()) else slice(None, None, 2) for size in shape)]
    x = x[tuple(slice(0, size) for size in shape)]
    order = draw(st.permutations(range(len(shape))))
    return x.permute([order.index(axis) for axis in range(len(shape))]).permute(order), dim


@given(keys_and_dim(), st.booleans(), st.sampled_from(METHODS))
@settings(max_examples=60, deadline=None)
def test_any_shape_stride_and_dim(keys, descending, method):
    x, dim = keys
    options = {"descending": descending, "method": method, "steepness": 3.0}
    values, permutation = pliant.sort(x, dim, **options)
    moved = x.movedim(dim, -1).contiguous()
    plain = moved.reshape(-1, moved.shape[-1]) if moved.numel() else moved.new_zeros(0, moved.shape[-1])
    expected, matrix = pliant.sort(plain, **options)
    assert torch.equal(values, expected.reshape(moved.shape).movedim(-1, dim))
    assert torch.equal(permutation, matrix.reshape(*moved.shape, moved.shape[-1]))
    ranks = pliant.soft_rank(plain, **options)
    assert torch.equal(pliant.soft_rank(x, dim, **options), ranks.reshape(moved.shape).movedim(-1, dim))
    axis = dim % x.dim()
    payload = torch.stack([x, -x], dim=-1)
    carried = pliant.apply_sort(x, payload, dim, **options)
    torch.testing.assert_close(carried[..., 0].movedim(axis, -1), values.movedim(dim, -1))
    assert pliant.permutation_loss(x, x, dim).shape == ()


def test_non_contiguous_gradients():
    x = torch.randn(6, 5, dtype=torch.float64).T.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: pliant.sort(x, 0), (x,))


def test_an_empty_batch_gives_empty_results():
    x = torch.zeros(0, 3, 5, requires_grad=True)
    values, permutation = pliant.sort(x)
    assert values.shape == (0, 3, 5)
    assert permutation.shape == (0, 3, 5, 5)
    assert pliant.soft_rank(x).shape == (0, 3, 5)
    assert pliant.apply_sort(x, torch.zeros(0, 3, 5, 2)).shape == (0, 3, 5, 2)
    (values.sum() + permutation.sum()).backward()
    assert x.grad.shape == x.shape


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("distribution", FAMILIES)
def test_half_precision_is_worked_on_in_float(dtype, distribution):
    x = torch.randn(8, 6).to(dtype).requires_grad_()
    exact = x.detach().float().requires_grad_()
    for function in (pliant.sort_values, pliant.soft_rank):
        found = function(x, distribution=distribution)
        assert found.dtype == dtype
        expected = function(exact, distribution=distribution)
        assert torch.equal(found, expected.to(dtype))
        (gradient,) = torch.autograd.grad(found[:, 0].sum(), x)
        assert gradient.dtype == dtype
        assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("distribution", ["logistic", "gaussian", "reciprocal", "cauchy", "optimal"])
def test_float_is_close_to_double(distribution):
    x = torch.randn(32, 9, dtype=torch.float64, requires_grad=True)
    single = x.detach().float().requires_grad_()
    wide, narrow = (pliant.sort(k, distribution=distribution)[1] for k in (x, single))
    torch.testing.assert_close(narrow.double(), wide, rtol=0, atol=1e-5)
    upstream = torch.randn_like(wide)
    (expected,) = torch.autograd.grad(wide, x, upstream)
    (found,) = torch.autograd.grad(narrow, single, upstream.float())
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-5 * max(1, expected.abs().max()))


@pytest.mark.parametrize("distribution", [f["name"] for f in pliant.distributions() if f["symmetric"]])
def test_ties_are_blended_evenly(distribution):
    values, permutation = pliant.sort(torch.full((1, 2), 3.0), distribution=distribution)
    assert torch.equal(values, torch.full((1, 2), 3.0))
    assert torch.equal(permutation, torch.full((1, 2, 2), 0.5))


def test_extreme_numbers():
    tiny = torch.finfo(torch.float32).tiny / 8
    for row in ([1e30, -1e30, 0.0, 1.0], [tiny, -tiny, 0.0, 2 * tiny]):
        values, permutation = pliant.sort(torch.tensor([row]))
        assert torch.isfinite(values).all()
        torch.testing.assert_close(permutation.sum(-1), torch.ones(1, 4))
    ordered = pliant.sort_values(torch.tensor([1e30, -1e30, 0.0]), distribution="optimal")
    torch.testing.assert_close(ordered, torch.tensor([-1e30, 0.0, 1e30]))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_spreads_within_its_row_alone(number):
    x = torch.randn(3, 5, requires_grad=True)
    broken = x.detach().clone()
    broken[1, 2] = number
    values = pliant.sort_values(broken)
    assert values[1].isnan().any()
    torch.testing.assert_close(values[[0, 2]], pliant.sort_values(x)[[0, 2]])


def test_the_tail_keeps_its_accuracy_where_float_rounds_its_complement():
    permutation = pliant.sort(torch.tensor([0.0, 1.0]), steepness=1e8)[1]
    assert permutation[0, 1].item() == pytest.approx(1 / (math.pi * 1e8), rel=1e-5)
