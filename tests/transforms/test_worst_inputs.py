# tests/transforms/test_worst_inputs.py — every function on drawn shapes, strides, types and extreme numbers
"""Each function is called on a drawn tensor x, what else it takes is made to fit. Whatever x is, a call gives
numbers or a ValueError or TypeError. From finite x come no NaN and finite gradients, the same bits in any
strides; from ordinary x float32 is near float64.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

import pliant
from pliant import soft
from tests.transforms.calls import calls
from tests.transforms.support import floats, spread

EXTREMES = (0.0, -0.0, 1.0, -1.0, 5e-324, -1e-40, 1e-30, 1e30, -1e30)
NOT_FINITE = (float("inf"), float("-inf"), float("nan"))
FAMILIES = [family["name"] for family in pliant.distributions()]
NORMS = [family["name"] for family in pliant.t_norms()]
METHODS = [method["name"] for method in pliant.methods() if method["permutation"]]
VALUES = [method["name"] for method in pliant.methods()]


class Function(NamedTuple):
    """A function of x, and what x it is for."""

    run: Callable[[Tensor, Callable], object]  # of x and of a drawer: choose(options) gives one of them
    rank: int = 1  # dimensions that x needs behind its batch
    unit: bool = False  # x is in [0, 1]
    steps: bool = False  # it has steps: float32 and float64 may differ
    near: float = 2e-3  # how near float32 is to float64
    mean: bool = False  # of samples, as torch's losses: of none of them it is NaN


def labels_of(x: Tensor) -> Tensor:
    return torch.arange(x.numel()).reshape(x.shape) % 3


def steepness(choose: Callable) -> float:
    return choose((0.1, 1.0, 10.0, 1e4))


def classes_of(x: Tensor) -> Tensor:
    return torch.arange(x.shape[0]) % x.shape[1]


def two(x: Tensor) -> Tensor:
    """At least two classes."""
    return x if x.shape[1] > 1 else torch.cat([x, x.flip(0)], 1)


FUNCTIONS = {
    "sort": Function(
        lambda x, d: pliant.sort(
            x,
            method=d(METHODS),
            distribution=d(FAMILIES),
            steepness=steepness(d),
            descending=d((True, False)),
        )
    ),
    "sort_values": Function(
        lambda x, d: pliant.sort_values(x, method=d(VALUES), distribution=d(FAMILIES), steepness=steepness(d))
    ),
    "soft_rank": Function(
        lambda x, d: pliant.soft_rank(x, method=d(VALUES), distribution=d(FAMILIES), steepness=steepness(d))
    ),
    "apply_sort": Function(
        lambda x, d: pliant.apply_sort(x, x.unsqueeze(-1).cos(), method=d(METHODS), steepness=steepness(d))
    ),
    "permutation_loss": Function(
        lambda x, d: pliant.permutation_loss(
            x, labels_of(x), method=d(METHODS), steepness=steepness(d), ties=True
        ),
        near=2e-2,  # it has logarithms of 1 − P
        mean=True,
    ),
    "topk": Function(
        lambda x, d: pliant.topk(x, min(2, x.shape[-1]), steepness=steepness(d), largest=d((True, False)))
    ),
    "soft_topk_mask": Function(
        lambda x, d: pliant.soft_topk_mask(x, d((0, 0.5, 1)) * x.shape[-1], steepness=steepness(d))
    ),
    "soft_median": Function(lambda x, d: pliant.soft_median(x, steepness=steepness(d))),
    "soft_quantile": Function(lambda x, d: pliant.soft_quantile(x, d((0.1, 0.9)), steepness=steepness(d))),
    "ndcg_loss": Function(lambda x, d: pliant.ndcg_loss(x, labels_of(x), steepness=steepness(d)), mean=True),
    "spearman_loss": Function(
        lambda x, d: pliant.spearman_loss(x, labels_of(x).to(x.dtype), steepness=steepness(d)), mean=True
    ),
    "topk_cross_entropy": Function(
        lambda x, d: pliant.topk_cross_entropy(
            x, classes_of(x), (0.5, 0.5) if x.shape[1] > 1 else (1.0,), steepness=steepness(d)
        ),
        rank=2,
        mean=True,
    ),
    "smooth_topk_svm": Function(
        lambda x, d: pliant.smooth_topk_svm(two(x), classes_of(x), 1), rank=2, mean=True
    ),
    "truncated_topk_entropy": Function(
        lambda x, d: pliant.truncated_topk_entropy(two(x), classes_of(x), 1), rank=2, mean=True
    ),
    "decide": Function(lambda x, d: pliant.decide(x, d(FAMILIES), scale=steepness(d)), rank=0),
    "t_norm": Function(lambda x, d: pliant.t_norm(x, t_norm=d(NORMS)), unit=True),
    "t_conorm": Function(lambda x, d: pliant.t_conorm(x, t_norm=d(NORMS)), unit=True),
    "soft.greater": Function(lambda x, d: soft.greater(x, 0.5, d(FAMILIES), beta=steepness(d)), rank=0),
    "soft.equal": Function(lambda x, d: soft.equal(x, x.flip(0), beta=steepness(d))),
    "soft.maximum": Function(lambda x, d: soft.maximum(x, x.flip(0), d(FAMILIES), beta=steepness(d))),
    "soft.minimum": Function(lambda x, d: soft.minimum(x, x.flip(0), d(FAMILIES), beta=steepness(d))),
    "soft.clamp": Function(lambda x, d: soft.clamp(x, -1.0, x.flip(0), beta=steepness(d))),
    "soft.sign": Function(lambda x, d: soft.sign(x, d(FAMILIES), beta=steepness(d)), rank=0),
    "soft.round": Function(lambda x, d: soft.round(x, beta=steepness(d)), rank=0, steps=True),
    "soft.where": Function(lambda x, d: soft.where(x, x.flip(0), 2.0), unit=True),
    "thermometer": Function(
        lambda x, d: pliant.thermometer(x, torch.tensor([0.2, 0.7], dtype=x.dtype)), rank=2, steps=True
    ),
    "or_pool2d": Function(lambda x, d: pliant.or_pool2d(x, 1), rank=4),
    "shortest_path": Function(lambda x, d: pliant.shortest_path(x.detach()), rank=3, unit=True, steps=True),
}


def outcome(name: str, x: Tensor, choices: list[int]) -> list[Tensor]:
    """The results of a function, with what it draws from chosen by the numbers."""
    left = iter(choices * 4)
    results = FUNCTIONS[name].run(x, lambda options: options[next(left) % len(options)])
    return floats(tuple(results) if isinstance(results, tuple | list) else (results,))


@st.composite
def inputs(draw: Callable, name: str, finite: bool = True, extreme: bool = True) -> tuple[Tensor, list[int]]:
    """A tensor with a gradient wanted, and what the function draws."""
    rank, unit, mean = FUNCTIONS[name].rank, FUNCTIONS[name].unit, FUNCTIONS[name].mean
    sizes = st.sampled_from((1, 2, 3, 7)) if rank else st.sampled_from((0, 1, 2, 3))
    shape = [draw(sizes) for _ in range(rank)]
    if rank < 2:
        shape = [
            draw(st.sampled_from((1, 2, 5) if mean else (0, 1, 2, 5))) for _ in range(draw(st.integers(0, 2)))
        ] + shape
    elif not mean and draw(st.integers(0, 9)) == 0:
        shape[0] = 0
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**20)))
    dtype = draw(st.sampled_from((torch.float32, torch.float64, torch.bfloat16, torch.float16)))
    x = torch.rand(shape, generator=generator, dtype=torch.float64)
    x = x if unit else 4 * x - 2
    if extreme:
        known = EXTREMES if finite else EXTREMES + NOT_FINITE
        known = [value for value in known if not unit or not finite or 0 <= value <= 1]
        # Of so many places, an extreme number stands at each, or ties of one.
        for place in range(min(x.numel(), draw(st.integers(0, 4)))):
            x.view(-1)[place] = draw(st.sampled_from(known))
        if draw(st.booleans()) and x.numel():
            x = x.flip(-1) if x.dim() else x
    if dtype == torch.float16 and finite:
        x = x.clamp(-6e4, 6e4)
    return x.to(dtype).requires_grad_(), draw(st.lists(st.integers(0, 99), min_size=6, max_size=6))


CHECK = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_finite_numbers_give_numbers_and_gradients(name):
    @CHECK
    @given(inputs(name))
    def check(case):
        x, choices = case
        results = outcome(name, x, choices)
        assert not any(result.isnan().any() for result in results)
        total = sum(result.double().sum() for result in results)
        if isinstance(total, Tensor) and total.requires_grad and total.isfinite():
            (slope,) = torch.autograd.grad(total, x, allow_unused=True)
            assert slope is None or slope.isfinite().all()

    check()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_not_finite_gives_numbers_or_an_error(name):
    @CHECK
    @given(inputs(name, finite=False))
    def check(case):
        x, choices = case
        try:
            results = outcome(name, x, choices)
        except ValueError as error:
            assert str(error)
            return
        total = sum(result.double().sum() for result in results)
        if isinstance(total, Tensor) and total.requires_grad:
            torch.autograd.grad(total, x, allow_unused=True)

    check()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bits_do_not_depend_on_strides(name):
    @CHECK
    @given(inputs(name))
    def check(case):
        x, choices = case
        plain = outcome(name, x.detach(), choices)
        for view in (spread(x.detach()), x.detach().flip(0).contiguous().flip(0) if x.dim() else x.detach()):
            for one, other in zip(outcome(name, view, choices), plain, strict=True):
                assert torch.equal(one, other)

    check()


@pytest.mark.parametrize("name", [name for name, function in FUNCTIONS.items() if not function.steps])
def test_single_precision_is_near_double(name):
    @CHECK
    @given(inputs(name, extreme=False))
    def check(case):
        x, choices = case
        x = x.detach().float()
        near = FUNCTIONS[name].near
        for one, other in zip(outcome(name, x, choices), outcome(name, x.double(), choices), strict=True):
            torch.testing.assert_close(one.double(), other.double(), rtol=near, atol=near)

    check()


# Ops whose results at extreme numbers overflow by what they compute: products and powers of coordinates.
GEOMETRY = {
    "look_at", "look", "perspective", "perspective.learned", "orthographic", "project", "points_from_angles",
    "lighting", "surface_normals", "vertex_normals", "mesh_laplacian", "mesh_flatten", "clip_near",
}  # fmt: skip


@pytest.mark.parametrize("name", calls())
def test_every_op_lives_through_extreme_numbers(name):
    call = calls()[name]

    @CHECK
    @given(
        st.lists(
            st.tuples(st.integers(0, 9), st.integers(0, 999), st.sampled_from(EXTREMES + NOT_FINITE)),
            max_size=4,
        ),
        st.sampled_from((torch.float32, torch.float64)),
    )
    def check(changes, dtype):
        data = [tensor.to(dtype).clone(memory_format=torch.contiguous_format) for tensor in call.data]
        for tensor, place, value in changes:
            changed = data[tensor % len(data)].view(-1)
            changed[place % len(changed)] = value
        finite = all(tensor.isfinite().all() for tensor in data)
        leaves = [tensor.requires_grad_() for tensor in data]
        try:
            results = floats(call(*leaves, *call.learned))
            total = sum(result.double().nan_to_num().sum() for result in results)
            if isinstance(total, Tensor) and total.requires_grad:
                torch.autograd.grad(total, leaves, allow_unused=True)
        except (ValueError, TypeError, NotImplementedError) as error:
            assert str(error)
            return
        if finite and name not in GEOMETRY:
            assert not any(result.isnan().any() for result in results)

    check()
