# tests/math/test_t_norm.py — pliant.t_conorm, pliant.t_norm and their list, from Python
import math

import pytest
import torch

import pliant

FAMILIES = pliant.t_norms()
NAMES = [family["name"] for family in FAMILIES]
WITH_P = [family["name"] for family in FAMILIES if family["has_p"]]


def p_of(name):
    return -1.5 if name == "schweizer_sklar" else 1.5


def test_by_hand():
    x = torch.tensor([[0.2, 0.5, 0.7], [0.0, 0.0, 0.25]], dtype=torch.float64)
    expected = torch.tensor([0.88, 0.25], dtype=torch.float64)
    torch.testing.assert_close(pliant.t_conorm(x), expected)
    torch.testing.assert_close(pliant.t_conorm(x.T.contiguous(), 0), expected)
    torch.testing.assert_close(pliant.t_norm(x), x.prod(1))
    assert pliant.t_conorm(x, t_norm="max").tolist() == [0.7, 0.25]
    assert pliant.t_norm(x, t_norm="max").tolist() == [0.2, 0.0]
    einstein = pliant.t_conorm(x[0], t_norm="einstein").item()
    assert einstein == pytest.approx(math.tanh(sum(map(math.atanh, (0.2, 0.5, 0.7)))))
    assert pliant.t_conorm(x[0], t_norm="yager", p=4).item() == pytest.approx(0.742659605, abs=1e-9)


def test_the_list_says_what_each_family_is():
    keys = set(FAMILIES[0])
    assert {"name", "formula", "source", "has_p", "p_low", "p_high", "default_p", "strict"} <= keys
    assert all(set(family) == keys for family in FAMILIES)
    assert NAMES == [
        *("max", "probabilistic", "einstein", "hamacher", "frank", "yager", "aczel_alsina", "dombi"),
        "schweizer_sklar",
    ]
    assert all(isinstance(family["p_high"], float) for family in FAMILIES)


@pytest.mark.parametrize("name", NAMES)
def test_laws(name):
    x = torch.rand(50, 3, dtype=torch.float64)
    both = pliant.t_conorm(x, t_norm=name)
    nested = torch.stack([pliant.t_conorm(x[:, :2], t_norm=name), x[:, 2]], 1)
    torch.testing.assert_close(pliant.t_conorm(nested, t_norm=name), both)
    torch.testing.assert_close(pliant.t_conorm(x.flip(1), t_norm=name), both)
    torch.testing.assert_close(1 - pliant.t_norm(1 - x, t_norm=name), both)
    assert (both >= x.amax(1) - 1e-14).all()
    assert pliant.t_conorm(torch.rand(2, 0), t_norm=name).tolist() == [0, 0]
    assert pliant.t_norm(torch.rand(0, 4), t_norm=name).shape == (0,)
    assert pliant.t_norm(torch.tensor([1.0, 0.0]), t_norm=name) == 0
    assert pliant.t_conorm(torch.tensor([1.0, 0.0]), t_norm=name) == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("function", [pliant.t_conorm, pliant.t_norm])
def test_gradients(function, name):
    x = 0.05 + 0.4 * torch.rand(5, 4, 3, dtype=torch.float64)
    x = (x if function is pliant.t_conorm else 1 - x).requires_grad_()
    p = torch.tensor([p_of(name)], dtype=torch.float64, requires_grad=True)

    def value(x, p):
        return function(x, 1, t_norm=name, p=p)

    assert torch.autograd.gradcheck(value, (x, p))
    expected = torch.autograd.grad(value(x, p).square().sum(), (x, p))
    got = torch.func.grad(lambda x, p: value(x, p).square().sum(), (0, 1))(x.detach(), p.detach())
    torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("name", ["hamacher", "frank"])
def test_gradient_of_p_at_the_limit(name):
    x = torch.rand(4, dtype=torch.float64)
    limit = {"hamacher": 0.0, "frank": 1.0}[name]
    p = torch.tensor(limit, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(pliant.t_conorm(x, t_norm=name, p=p), p)
    up, here = (pliant.t_conorm(x, t_norm=name, p=limit + h).item() for h in (1e-7, 0))
    assert slope.item() == pytest.approx((up - here) / 1e-7, rel=1e-4)


def test_gradients_of_hard_answers():
    x = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]], requires_grad=True)
    for function, t_norm, expected in (
        (pliant.t_norm, "probabilistic", [[0, 0], [1, 0], [1, 1]]),
        (pliant.t_conorm, "probabilistic", [[1, 1], [0, 1], [0, 0]]),
        (pliant.t_norm, "max", [[0.5, 0.5], [1, 0], [0.5, 0.5]]),
        (pliant.t_conorm, "max", [[0.5, 0.5], [0, 1], [0.5, 0.5]]),
        (pliant.t_norm, "hamacher", [[0, 0], [1, 0], [1, 1]]),
    ):
        (gradient,) = torch.autograd.grad(function(x, t_norm=t_norm).sum(), x)
        assert gradient.tolist() == expected, t_norm


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_other_dtypes(dtype):
    x = torch.rand(6, 5).to(dtype).requires_grad_()
    wide = x.detach().double().requires_grad_()
    value, expected = pliant.t_conorm(x, t_norm="dombi"), pliant.t_conorm(wide, t_norm="dombi")
    assert value.dtype == dtype
    torch.testing.assert_close(value, expected.to(dtype))
    (gradient,) = torch.autograd.grad(value.sum(), x)
    assert gradient.dtype == dtype
    torch.testing.assert_close(gradient, torch.autograd.grad(expected.sum(), wide)[0].to(dtype))


def test_p_has_its_dtype_and_its_own_default():
    x = torch.rand(3, 4)
    p = torch.tensor([[2.0]], requires_grad=True)
    (slope,) = torch.autograd.grad(pliant.t_norm(x, t_norm="yager", p=p).sum(), p)
    assert (slope.dtype, slope.shape) == (torch.float32, (1, 1))
    default = {family["name"]: family["default_p"] for family in FAMILIES}
    for name in WITH_P:
        given = pliant.t_norm(x, t_norm=name, p=default[name])
        assert torch.equal(pliant.t_norm(x, t_norm=name), given)
    assert torch.equal(pliant.t_norm(x, p=7), pliant.t_norm(x))


@pytest.mark.parametrize("name", NAMES)
def test_the_bits_do_not_depend_on_threads(threads, name):
    x = torch.rand(5000, 7, dtype=torch.float64)
    g = torch.randn(5000, dtype=torch.float64)

    def run(count):
        threads(count)
        leaf = x.clone().requires_grad_()
        p = torch.tensor(p_of(name), dtype=torch.float64, requires_grad=True)
        value = pliant.t_conorm(leaf, t_norm=name, p=p)
        return value, *torch.autograd.grad(value, (leaf, p), g)

    for one, many in zip(run(1), run(4), strict=True):
        assert torch.equal(one, many)


@pytest.mark.parametrize("name", ["max", "frank", "schweizer_sklar"])
def test_compiled(name):
    torch._dynamo.reset()
    x = torch.rand(3, 4, requires_grad=True)

    def value(x, p):
        return pliant.t_norm(x, 0, t_norm=name, p=p).square().sum()

    compiled = torch.compile(value, fullgraph=True, backend="aot_eager")
    for p in (p_of(name), torch.tensor(p_of(name))):
        torch.testing.assert_close(compiled(x, p), value(x, p))
        (expected,) = torch.autograd.grad(value(x, p), x)
        torch.testing.assert_close(torch.autograd.grad(compiled(x, p), x)[0], expected)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_vmap():
    x = torch.rand(3, 4, 5)
    torch.testing.assert_close(torch.func.vmap(pliant.t_conorm)(x), pliant.t_conorm(x))


def test_nan_stays_and_infinite_slopes_are_bounded():
    x = torch.tensor([[0.3, float("nan")], [0.3, 0.0]], requires_grad=True)
    value = pliant.t_conorm(x, t_norm="yager", p=0.5)
    assert value.isnan().tolist() == [True, False]
    (gradient,) = torch.autograd.grad(value[1], x)
    assert gradient[1, 1].item() == pytest.approx(1e30)


@pytest.mark.parametrize(
    ("x", "options", "error", "message"),
    [
        ([0.5], {"t_norm": "yagger"}, ValueError, "unknown T-norm 'yagger'; there are: max, probabilistic"),
        ([0.5], {"t_norm": "yager", "p": -1}, ValueError, "t_conorm: p of yager must be > 0, got -1"),
        (
            [0.5],
            {"t_norm": "frank", "p": 0},
            ValueError,
            r"t_conorm: p of frank must be in \[1e-30, 1e\+30\]",
        ),
        ([0.5], {"t_norm": "schweizer_sklar", "p": 1}, ValueError, "schweizer_sklar must be < 0, got 1"),
        ([0.5], {"t_norm": "dombi", "p": math.inf}, ValueError, "p of dombi must be finite, got inf"),
        ([0.5, 1.5], {}, ValueError, r"t_conorm: members must be in \[0, 1\], got 1.5"),
        (0.5, {}, ValueError, "t_conorm: members must have at least one dimension"),
        ([1], {}, TypeError, "t_conorm: members must be floating point, got Long"),
    ],
)
def test_errors(x, options, error, message):
    x = torch.tensor(x)
    with pytest.raises(error, match=message):
        if x.dim() == 0:
            torch.ops.pliant.t_conorm(x, "max", torch.zeros(1, dtype=torch.float64))
        pliant.t_conorm(x, **options)


def test_errors_of_the_ops():
    x, p = torch.rand(3, 4), torch.ones(1, dtype=torch.float64)
    with pytest.raises(TypeError, match="t_norm: parameters must be a float64 tensor on the CPU, got Float"):
        torch.ops.pliant.t_norm(x, "max", p.float())
    with pytest.raises(ValueError, match=r"t_norm: parameters must be \(p,\), got shape \[2\]"):
        torch.ops.pliant.t_norm(x, "max", torch.ones(2, dtype=torch.float64))
    with pytest.raises(ValueError, match="t_conorm: the gradient must have the shape of members without"):
        torch.ops.pliant.t_conorm_backward(x, x, "max", p, [True, True])
