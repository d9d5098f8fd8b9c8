# tests/math/test_decide.py — pliant.decide and the list of distributions, from Python
import math

import mpmath
import pytest
import torch

import pliant

FAMILIES = pliant.distributions()
NAMES = [family["name"] for family in FAMILIES]


def test_by_hand():
    x = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
    expected = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
    torch.testing.assert_close(pliant.decide(x, "cauchy"), expected)
    torch.testing.assert_close(pliant.decide(x, "logistic", scale=3.0), torch.sigmoid(3 * x))
    torch.testing.assert_close(pliant.decide(x * 2, "logistic", power=2.0), torch.sigmoid(4 * x))


def test_settings_act_on_the_argument():
    x = torch.randn(50, dtype=torch.float64)
    art = pliant.Distribution("gaussian", art_lambda=0.25, shift=0.5)
    argument = 2 * x.sign() * x.abs() ** 0.75 + 0.5
    expected = pliant.decide(argument, "gaussian")
    torch.testing.assert_close(pliant.decide(x, art, scale=2.0), expected, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_it_is_a_distribution_function(family):
    x = torch.arange(-2000, 2001, dtype=torch.float64) / 64
    p = pliant.decide(x, family["name"])
    assert ((p >= 0) & (p <= 1)).all()
    assert (p.diff() >= -1e-12).all()
    assert (p[x <= family["support_low"]] <= 0.5).all()  # the hard step has 1/2 at 0
    if math.isfinite(family["support_high"]):
        assert (p[x > family["support_high"]] == 1).all()
    if family["symmetric"]:
        torch.testing.assert_close(p + p.flip(0), torch.ones_like(p))


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name):
    x = torch.randn(40, dtype=torch.float64, requires_grad=True)
    numbers = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (1.3, 1.2, 0.1)]

    def function(x, scale, power, shift):
        return pliant.decide(x, pliant.Distribution(name, shift=shift), scale=scale, power=power)

    assert torch.autograd.gradcheck(function, (x, *numbers), atol=1e-6)


def shape_slopes(name, x, shape):
    """Of pliant.decide at x (a list of floats), each by itself, with respect to the shape."""
    number = torch.tensor(shape, dtype=torch.float64, requires_grad=True)
    distribution = pliant.Distribution(name, shape=number)
    p = pliant.decide(torch.tensor(x, dtype=torch.float64), distribution)
    return [torch.autograd.grad(value, number, retain_graph=True)[0].item() for value in p]


@pytest.mark.parametrize("shape", [0.02, 0.5, 1.0, 2.0, 7.3, 150.0])
def test_slope_of_the_shape_is_that_of_mpmath(shape):
    x = [shape * r for r in (0.05, 0.3, 0.7, 1.0, 1.4, 2.0)] + [shape + 10]

    def lower(argument):
        with mpmath.workdps(50):
            step = mpmath.mpf(10) ** -12
            up, down = (mpmath.gammainc(shape + h, 0, argument, regularized=True) for h in (step, -step))
            return float((up - down) / (2 * step))

    expected = [lower(argument) for argument in x]
    assert shape_slopes("gamma", x, shape) == pytest.approx(expected, rel=1e-6, abs=1e-20)
    mirrored = shape_slopes("gamma_rev", [-argument for argument in x], shape)
    assert mirrored == pytest.approx([-slope for slope in expected], rel=1e-6, abs=1e-20)
    assert shape_slopes("gamma", [-1.0, 0.0], shape) == [0, 0]


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0, 7.3])
@pytest.mark.parametrize("name", ["gamma", "gamma_rev"])
def test_gradient_of_the_shape_beside_the_others(name, shape):
    sign = 1 if name == "gamma" else -1
    x = sign * torch.linspace(0.11, 9, 23, dtype=torch.float64).requires_grad_()
    numbers = [
        torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (1.3, 1.2, 0.1 * sign, shape)
    ]

    def function(x, scale, power, shift, shape):
        return pliant.decide(x, pliant.Distribution(name, shape, shift), scale=scale, power=power)

    assert torch.autograd.gradcheck(function, (x, *numbers), atol=1e-7)


def test_gradient_of_the_shape_has_its_dtype_and_is_0_where_there_is_none():
    shape = torch.tensor([2.0], requires_grad=True)
    (slope,) = torch.autograd.grad(
        pliant.decide(torch.tensor(2.0), pliant.Distribution("gamma", shape)), shape
    )
    assert slope.dtype == torch.float32
    assert slope.tolist() == pytest.approx(shape_slopes("gamma", [2.0], 2.0))
    assert shape_slopes("cauchy", [0.3], 2.0) == [0]


def test_the_list_says_what_each_family_is():
    keys = set(FAMILIES[0])
    assert {"name", "formula", "source", "symmetric", "monotonic_swap", "swap_error", "sort_scale"} <= keys
    assert all(set(family) == keys for family in FAMILIES)
    assert all(isinstance(family["support_low"], float) for family in FAMILIES)
    assert {"logistic", "gaussian", "cauchy", "reciprocal", "optimal"} <= set(NAMES)
