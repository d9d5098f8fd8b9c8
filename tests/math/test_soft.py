# tests/math/test_soft.py — relaxed steps of arithmetic: formulas, limits, laws, gradients, errors
import re

import pytest
import torch

import pliant
from pliant import soft

DOUBLE = torch.float64
NAMES = [family["name"] for family in pliant.distributions()]
SYMMETRIC = [family["name"] for family in pliant.distributions() if family["symmetric"]]
PAIRS = {name: getattr(soft, name) for name in ("greater", "less", "equal", "maximum", "minimum")}
ONES = {"sign": soft.sign, "round": soft.round}
HARD = {
    "greater": lambda a, b: (a > b).to(a.dtype) + (a == b) / 2,
    "less": lambda a, b: (a < b).to(a.dtype) + (a == b) / 2,
    "equal": lambda a, b: (a == b).to(a.dtype),
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "sign": torch.sign,
    "round": torch.round,
}


def numbers(*shape, low=-2.0, high=2.0):
    return low + (high - low) * torch.rand(*shape, dtype=DOUBLE)


def expected(name, beta, a, b=None):
    """The formulas, of the logistic distribution."""
    F = torch.sigmoid  # noqa: N806
    if name == "greater":
        return F(beta * (a - b))
    if name == "less":
        return F(beta * (b - a))
    if name == "equal":
        return 1 / torch.cosh(beta * (a - b) / 2) ** 2
    if name == "maximum":
        return F(beta * (a - b)) * a + F(beta * (b - a)) * b
    if name == "minimum":
        return F(beta * (b - a)) * a + F(beta * (a - b)) * b
    if name == "sign":
        return torch.tanh(beta * a / 2)
    n, half = a.floor(), torch.tensor(0.5, dtype=DOUBLE)
    first, last = F(-beta * half), F(beta * half)
    return n + (F(beta * (a - n - half)) - first) / (last - first)


@pytest.mark.parametrize("beta", [0.5, 3.0, 40.0])
def test_formulas(beta):
    a, b = numbers(7, 5), numbers(5)
    for name, function in PAIRS.items():
        torch.testing.assert_close(
            function(a, b, beta=beta), expected(name, beta, a, b), rtol=1e-11, atol=1e-13
        )
    for name, function in ONES.items():
        torch.testing.assert_close(function(a, beta=beta), expected(name, beta, a))
    low_high = soft.minimum(soft.maximum(a, -1.0, beta=beta), b, beta=beta)
    assert torch.equal(soft.clamp(a, -1.0, b, beta=beta), low_high)
    assert torch.equal(soft.clamp(a, high=b, beta=beta), soft.minimum(a, b, beta=beta))
    p = torch.rand(7, 5, dtype=DOUBLE)
    torch.testing.assert_close(soft.where(p, a, b), p * a + (1 - p) * b)


@pytest.mark.parametrize("family", NAMES)
def test_limits_are_the_hard_functions(family):
    a, b = numbers(300), numbers(300)
    apart = (a - b).abs() > 0.01
    a, b = a[apart], b[apart]
    heavy = torch.tensor(1e9, dtype=DOUBLE)
    for name, function in PAIRS.items():
        if name == "equal" and family not in SYMMETRIC:
            continue
        found = function(a, b, family, beta=heavy)
        torch.testing.assert_close(found, HARD[name](a, b), rtol=1e-3, atol=2e-3)
    clear = ((a - a.floor() - 0.5).abs() > 0.01) & (a.abs() > 0.01)
    for name, function in ONES.items():
        found = function(a[clear], family, beta=heavy)
        torch.testing.assert_close(found, HARD[name](a[clear]), rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("family", ["cauchy", "gumbel_max"])
def test_pairs_of_many_blocks_are_mixed_by_the_relaxed_step(name, family):
    torch.manual_seed(0)
    a, b = numbers(2 * 8192 + 259).requires_grad_(), numbers(2 * 8192 + 259).requires_grad_()
    beta, upstream = torch.tensor(3.0, dtype=DOUBLE, requires_grad=True), numbers(len(a))
    p = soft.greater(a, b, family, beta=beta)
    mixed = p * a + (1 - p) * b if name == "maximum" else p * b + (1 - p) * a
    found = PAIRS[name](a, b, family, beta=beta)
    torch.testing.assert_close(found, mixed, rtol=1e-13, atol=1e-13)
    wanted = torch.autograd.grad(mixed, (a, b, beta), upstream)
    torch.testing.assert_close(torch.autograd.grad(found, (a, b, beta), upstream), wanted)


def test_a_sure_swap_is_as_exact_as_its_tail():
    a, b = torch.tensor([4.0, -4.0]), torch.tensor([-4.0, 4.0])  # 1 - p is less than half an ulp of 1
    tail = torch.sigmoid(torch.tensor(-24.0, dtype=DOUBLE))
    upper = soft.maximum(a.double(), b.double(), beta=3.0)
    assert (4 - upper).tolist() == pytest.approx([8 * tail.item()] * 2, rel=1e-3)
    assert soft.maximum(a, b, beta=3.0).tolist() == [4.0, 4.0]
    assert soft.minimum(a, b, beta=3.0).tolist() == [-4.0, -4.0]


@pytest.mark.parametrize("family", ["logistic", "cauchy", "gaussian"])
def test_laws(family):
    a, b = numbers(200), numbers(200)
    both = soft.maximum(a, b, family, beta=3.0) + soft.minimum(a, b, family, beta=3.0)
    torch.testing.assert_close(both, a + b, rtol=1e-14, atol=1e-14)
    chances = soft.greater(a, b, family, beta=3.0) + soft.less(a, b, family, beta=3.0)
    torch.testing.assert_close(chances, torch.ones_like(a), rtol=1e-14, atol=0)
    assert torch.equal(soft.equal(a, b, family), soft.equal(b, a, family))
    assert torch.equal(soft.equal(a, a, family), torch.ones_like(a))
    torch.testing.assert_close(soft.sign(-a, family), -soft.sign(a, family), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("family", ["logistic", "cauchy", "uniform"])
@pytest.mark.parametrize("beta", [0.5, 5.0, 50.0])
def test_round_is_exact_at_whole_numbers_smooth_and_increasing(family, beta):
    whole = torch.arange(-3.0, 4.0, dtype=DOUBLE)
    assert torch.equal(soft.round(whole, family, beta=beta), whole)
    torch.testing.assert_close(soft.round(whole + 0.5, family, beta=beta), whole + 0.5)
    around = torch.stack([whole - 1e-7, whole + 1e-7]).requires_grad_()
    y = soft.round(around, family, beta=beta)
    torch.testing.assert_close(y[0], y[1], rtol=0, atol=1e-5)
    (slope,) = torch.autograd.grad(y.sum(), around)
    torch.testing.assert_close(slope[0], slope[1], rtol=1e-5, atol=1e-5)
    many = soft.round(torch.linspace(-2, 2, 2001, dtype=DOUBLE), family, beta=beta)
    assert (many.diff() >= 0).all()
    torch.testing.assert_close(soft.round(whole + 0.3, beta=0.1), whole + 0.3, rtol=0, atol=1e-4)


def calls(beta=3.0, **options):
    """Every function as one of tensors alone."""
    for name, function in PAIRS.items():
        yield name, lambda a, b, f=function: f(a, b, beta=beta, **options)
    for name, function in ONES.items():
        yield name, lambda a, b, f=function: f(a * b, beta=beta, **options)
    yield "clamp", lambda a, b: soft.clamp(a, b - 0.5, b + 0.5, beta=beta, **options)
    yield "where", lambda a, b: soft.where(a.sigmoid(), a, b, **options)


@pytest.mark.parametrize("name", [name for name, _ in calls()])
def test_gradcheck(name):
    a, b = numbers(4, 3).requires_grad_(), numbers(3).requires_grad_()
    beta = torch.tensor(2.0, dtype=DOUBLE, requires_grad=True)
    run = lambda a, b, beta: dict(calls(beta))[name](a, b)  # noqa: E731
    assert torch.autograd.gradcheck(run, (a, b, beta))


@pytest.mark.parametrize("family", ["logistic", "cauchy", "gumbel_max"])
def test_a_softness_is_the_difference_of_which_a_step_is_sure(family):
    a, b = numbers(7, 5), numbers(5)
    beta = pliant.softness.beta(0.2, distribution=family)
    for function in (soft.greater, soft.less, soft.maximum, soft.minimum):
        assert torch.equal(function(a, b, family, softness=0.2), function(a, b, family, beta=beta))
    assert torch.equal(soft.equal(a, b, softness=0.2), soft.equal(a, b, beta=pliant.softness.beta(0.2)))
    for function in (soft.sign, soft.round):
        assert torch.equal(function(a, family, softness=0.2), function(a, family, beta=beta))
    bounds = {"low": -1.0, "high": 1.0, "distribution": family}
    assert torch.equal(soft.clamp(a, **bounds, softness=0.2), soft.clamp(a, **bounds, beta=beta))
    assert soft.greater(a + 0.2, a, family, softness=0.2).allclose(torch.tensor(0.9, dtype=DOUBLE))
    with pytest.raises(ValueError, match="margin must be > 0 and finite, got -1"):
        soft.greater(a, b, softness=-1.0)


@pytest.mark.parametrize("name", [name for name, _ in calls()])
def test_straight_through_is_hard_with_the_soft_gradient(name):
    a, b = numbers(50).requires_grad_(), numbers(50).requires_grad_()
    y, through = dict(calls())[name](a, b), dict(calls(straight_through=True))[name](a, b)
    if name in PAIRS:
        assert torch.equal(through, HARD[name](a, b).detach())
    if name in ONES:
        assert torch.equal(through, HARD[name](a * b).detach())
    if name == "clamp":
        assert torch.equal(through, torch.clamp(a, b - 0.5, b + 0.5).detach())
    if name == "where":
        assert torch.equal(through, torch.where(a > 0, a, b).detach())
    up = numbers(50)
    for mine, its in zip(
        torch.autograd.grad(through, (a, b), up), torch.autograd.grad(y, (a, b), up), strict=True
    ):
        torch.testing.assert_close(mine, its, rtol=1e-14, atol=1e-14)


def test_a_straight_through_distribution_is_the_same():
    through = pliant.Distribution("cauchy", straight_through=True)
    a, b = numbers(9), numbers(9)
    assert torch.equal(soft.maximum(a, b, through), torch.maximum(a, b))
    assert torch.equal(soft.round(a, through, straight_through=True), a.round())


def test_infinite_operands_are_as_in_the_hard_functions():
    inf = float("inf")
    a = torch.tensor([inf, -inf, 1.0, 1.0, inf, -inf], dtype=DOUBLE, requires_grad=True)
    b = torch.tensor([1.0, 1.0, inf, -inf, inf, inf], dtype=DOUBLE, requires_grad=True)
    for through in (False, True):
        for name in ("maximum", "minimum"):
            y = PAIRS[name](a, b, straight_through=through)
            assert torch.equal(y, HARD[name](a, b))
            for slope in torch.autograd.grad(y.sum(), (a, b)):
                assert torch.isfinite(slope).all() and (slope >= 0).all()
    assert soft.greater(a, b)[:4].tolist() == [1, 0, 0, 1]
    assert soft.clamp(a, 0.0, 1.0)[:2].tolist() == pytest.approx([1, 0], abs=1e-4)
    p = torch.tensor([1.0, 0.0, 1.0, 0.0, 0.5, 1.0], dtype=DOUBLE, requires_grad=True)
    y = soft.where(p, a, b)
    assert y.tolist() == [inf, 1, 1, -inf, inf, -inf]
    slopes = torch.autograd.grad(y[[0, 1, 2, 3, 5]].sum(), (a, b))
    assert all(torch.isfinite(slope).all() for slope in slopes)
    ends = torch.tensor([inf, -inf, 1e30], dtype=DOUBLE, requires_grad=True)
    y = soft.round(ends)
    assert torch.equal(y, ends)
    assert torch.isfinite(torch.autograd.grad(y.sum(), ends)[0]).all()
    nan = torch.tensor([float("nan")])
    assert all(function(nan, 1.0).isnan().all() for function in PAIRS.values())
    assert soft.round(nan).isnan() and soft.sign(nan).isnan() and soft.clamp(nan, 0.0).isnan()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_dtypes(dtype):
    a, b = numbers(40), numbers(40)
    tolerance = 1e-5 if dtype == torch.float32 else 0.02
    for name, run in calls():
        exact = run(a.to(dtype).double(), b.to(dtype).double())
        x, y = a.to(dtype).requires_grad_(), b.to(dtype)
        found = run(x, y)
        assert found.dtype == dtype, name
        if name != "round":  # a·b is rounded, which whole numbers and ties see
            torch.testing.assert_close(found.double(), exact, rtol=tolerance, atol=10 * tolerance)
        found.sum().backward()
        assert torch.isfinite(x.grad).all()
    assert soft.maximum(a.to(dtype), b).dtype == torch.float64


def test_shapes():
    a = numbers(3, 1, 4)
    assert soft.greater(a, numbers(2, 1)).shape == (3, 2, 4)
    assert soft.where(torch.tensor(0.5), a, 1.0).shape == (3, 1, 4)
    assert soft.maximum(numbers(0, 3), 1.0).shape == (0, 3)
    assert soft.round(numbers(4, 3).T).shape == (3, 4)
    chosen = soft.where(torch.tensor([True, False]), torch.tensor([1.0, 2.0]), 3.0)
    assert chosen.tolist() == [1, 3]
    assert soft.where(torch.tensor([0.25]), 4.0, 8.0).item() == 7


@pytest.mark.parametrize("name", [name for name, _ in calls()])
def test_function_transforms_and_compiled_graphs(name):
    run = dict(calls())[name]
    a, b = numbers(5), numbers(5)
    slope = torch.func.grad(lambda x: run(x, b).sum())(a)
    x = a.clone().requires_grad_()
    run(x, b).sum().backward()
    torch.testing.assert_close(slope, x.grad)
    torch.testing.assert_close(torch.vmap(lambda x: run(x, b))(a.expand(3, 5)), run(a, b).expand(3, 5))
    compiled = torch.compile(run, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(a, b), run(a, b))


X = torch.zeros(2)
ERRORS = {
    "no tensor": (lambda: soft.maximum(1.0, 2.0), TypeError, "soft.maximum: expected a tensor, got float"),
    "integers": (
        lambda: soft.greater(torch.tensor([1]), X),
        TypeError,
        "soft.greater: a must be floating point, got Long",
    ),
    "x": (lambda: soft.round(torch.tensor([1])), TypeError, "soft.round: x must be floating point, got Long"),
    "clamp": (lambda: soft.clamp(1.0, 0.0), TypeError, "soft.clamp: x must be a tensor, got float"),
    "no bounds": (lambda: soft.clamp(X), ValueError, "soft.clamp: expected low, high or both, got none"),
    "p": (lambda: soft.where(0.5, X, X), TypeError, "soft.where: p must be a tensor, got float"),
    "p of integers": (
        lambda: soft.where(torch.tensor([1]), X, X),
        TypeError,
        "soft.where: p must be floating point, got Long",
    ),
    "beta": (lambda: soft.sign(X, beta=0.0), ValueError, "scale must be > 0 and finite, got 0"),
    "distribution": (lambda: soft.less(X, X, "step"), ValueError, "unknown distribution 'step'; there are"),
    "asymmetric": (
        lambda: soft.equal(X, X, "exponential"),
        ValueError,
        "soft.equal: the distribution must be symmetric, which exponential is not",
    ),
    "shapes": (lambda: soft.minimum(torch.zeros(3), X), RuntimeError, "must match"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, text = ERRORS[name]
    with pytest.raises(kind, match=re.escape(text)):
        call()
