# tests/optim/test_isaac_rounded_gram.py — Gram matrices of inputs rounded to bfloat16: bound, refusal, counts
import math

import pytest
import torch
from pliant.nn import IsaacConv2d, IsaacLinear

from pliant.optim import Isaac
from tests.optim.isaac_reference import dense

UNIT, TOLERANCE = 2.0**-8, 0.1


def bound(x, damping, b, n):
    """The bound of the documentation, and what it is relative to, for X (b, n)."""
    x = x.double()
    errors = (x.bfloat16().double() - x).norm()
    s, e = x.norm() / math.sqrt(b * damping), errors / math.sqrt(b * damping)
    if b > n:
        return (e * (s + 0.5 + 2 * e)).item()
    return (1.25 * (1 + s * s) * errors / x.norm()).item() if errors > 0 else 0.0


def inputs(kind, b, n):
    x = torch.randn(b, n)
    if kind == "relu":
        return x.relu()
    if kind == "rank one":
        return torch.rand(b, 1) @ torch.rand(1, n)
    if kind == "nearly equal rows":
        return torch.rand(1, n) + 1e-3 * x
    return x


def passed(layer, x, grad):
    """Whether the layer rounded, and its gradient."""
    layer(x).backward(grad)
    counts = layer.counts
    assert counts["rounded_gram"] + counts["unrounded_gram"] == 1
    return counts["rounded_gram"] == 1, layer.weight.grad


@pytest.mark.parametrize("kind", ["normal", "relu", "rank one", "nearly equal rows"])
@pytest.mark.parametrize(("b", "n"), [(20, 90), (90, 20), (33, 33)])
def test_the_error_is_below_the_bound_and_smaller_dampings_are_refused(kind, b, n):
    torch.manual_seed(b)
    x, grad = inputs(kind, b, n), torch.randn(b, 7) / b
    rounded = []
    for exponent in range(-6, 4):
        damping = 10.0**exponent * x.square().sum().item() / b
        done, found = passed(IsaacLinear(n, 7, damping=damping, gram="bfloat16"), x, grad)
        limit = bound(x, damping, b, n)
        assert done == (limit <= TOLERANCE)
        rounded.append(done)
        if not done:
            continue
        exact = dense(x, grad, damping)
        scale = exact.norm()
        if b <= n:  # the shortest that a gradient of length ‖G‖₂‖X‖ can become
            s2 = x.double().square().sum() / (b * damping)
            scale = torch.linalg.matrix_norm(grad.double(), 2) * x.double().norm() / (1 + s2)
        assert (found - exact).norm() <= (limit + 1e-5) * scale + 1e-6 * exact.norm()
    assert rounded == sorted(rounded)  # from some damping on
    assert rounded[-1] and not rounded[0]


@pytest.mark.parametrize(("b", "n"), [(20, 90), (90, 20)])
def test_where_it_is_refused_the_gradient_is_that_of_float32(b, n):
    x, grad = torch.randn(b, n), torch.randn(b, 7)
    gradients = []
    for gram in ("float32", "bfloat16"):
        layer = IsaacLinear(n, 7, damping=1e-3, gram=gram)
        layer(x).backward(grad)
        gradients.append(layer.weight.grad)
    assert torch.equal(*gradients)


def test_inputs_of_8_bits_are_always_safe():
    x = torch.randint(-100, 100, (12, 50)).float()
    grad = torch.randn(12, 5)
    done, found = passed(IsaacLinear(50, 5, damping=1e-2, gram="bfloat16"), x, grad)
    assert done
    assert (found - dense(x, grad, 1e-2)).norm() <= 1e-5 * found.norm()
    half, upstream = torch.randn(12, 50).bfloat16(), grad.bfloat16()
    assert passed(IsaacLinear(50, 5, damping=1e-2, gram="bfloat16", dtype=torch.bfloat16), half, upstream)[0]


def test_float64_is_never_rounded():
    x, grad = torch.randn(12, 50, dtype=torch.float64), torch.randn(12, 5, dtype=torch.float64)
    layer = IsaacLinear(50, 5, damping=10.0, gram="bfloat16", dtype=torch.float64)
    layer(x).backward(grad)
    assert layer.counts["conditioned"] == 1
    torch.testing.assert_close(layer.weight.grad, dense(x, grad, 10.0))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_ends_as_it_does_without(bad):
    x = torch.randn(12, 50)
    x[3, 4] = bad
    layer = IsaacLinear(50, 5, gram="bfloat16")
    layer(x).sum().backward()
    assert layer.counts["plain_not_finite"] == 1


def test_layers_of_one_input_share_a_rounded_factor_but_not_with_one_that_is_not():
    x = torch.randn(12, 50)
    layers = [IsaacLinear(50, 5, damping=30.0, gram=gram) for gram in ("bfloat16", "bfloat16", "float32")]
    sum(layer(x).sum() for layer in layers).backward()
    # Backward, the last layer comes first.
    assert layers[2].counts["conditioned"] == 1
    assert layers[1].counts["rounded_gram"] == 1
    assert layers[0].counts["shared_factor"] == 1


@pytest.mark.parametrize("rows", ["expand", "reduce"])
@pytest.mark.parametrize(
    "options", [{}, {"groups": 2, "stride": 2}, {"dilation": 2, "stride": 2}, {"augmented_bias": True}]
)
def test_convolutions(options, rows):
    torch.manual_seed(5)
    x = torch.rand(9, 4, 11, 11)
    errors, rounded = [], []
    for damping in (1e-3, 1e-1, 10.0, 1e3):
        gradients = {}
        for gram in ("float32", "bfloat16"):
            torch.manual_seed(6)
            conv = IsaacConv2d(4, 6, 3, damping=damping, gram=gram, rows=rows, **options)
            conv(x).sin().sum().backward()
            gradients[gram] = conv.weight.grad
        rounded.append(conv.counts["rounded_gram"] == 1)
        assert rounded[-1] != (conv.counts["unrounded_gram"] == 1)
        exact, found = gradients["float32"], gradients["bfloat16"]
        errors.append(((found - exact).norm() / exact.norm()).item())
        assert errors[-1] == 0 or rounded[-1]
    assert rounded[0] is False and rounded[-1] is True
    assert max(errors) <= TOLERANCE / 5  # the bound is far from what happens


def test_a_model_reports_it():
    model = torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.ReLU(), torch.nn.Linear(20, 3))
    isaac = Isaac(model, {"0": 30.0, "2": 1e-5}, gram="bfloat16")
    model(torch.randn(6, 30)).sum().backward()
    assert "1 rounded_gram" in str(isaac.report()) and "1 unrounded_gram" in str(isaac.report())
    with pytest.raises(ValueError, match="Isaac: gram must be one of float32, bfloat16, got 'half'"):
        Isaac(model, gram="half")
