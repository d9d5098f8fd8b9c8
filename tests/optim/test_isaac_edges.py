# tests/optim/test_isaac_edges.py — the conditioned gradient where there is nothing, too much, or no number
import math

import pytest
import torch
from pliant.nn import IsaacConv2d, IsaacLinear

from tests.optim.isaac_reference import conditioned, dense


def test_an_empty_batch_has_a_zero_gradient():
    layer = IsaacLinear(5, 3)
    layer(torch.empty(0, 5)).sum().backward()
    assert torch.equal(layer.weight.grad, torch.zeros(3, 5))
    conv = IsaacConv2d(2, 3, 3)
    conv(torch.empty(0, 2, 5, 5)).sum().backward()
    assert torch.equal(conv.weight.grad, torch.zeros(3, 2, 3, 3))


def test_zero_inputs_and_equal_rows():
    grad = torch.randn(6, 3)
    assert torch.equal(conditioned(torch.zeros(6, 5), grad, 0.1), torch.zeros(3, 5))
    x = torch.randn(1, 50).expand(6, 50).contiguous()
    for damping in (1.0, 1e-2):
        error = conditioned(x, grad, damping) - dense(x, grad, damping)
        assert error.norm() < (1e-6 + 1.2e-7 * x.square().sum() / 6 / damping) * (grad.T @ x).norm()


def test_what_leaves_float32_is_made_in_float64():
    layer = IsaacLinear(5, 3, damping=1.0)
    x = 1e25 * torch.randn(4, 5)
    layer(x).backward(torch.ones(4, 3))
    assert layer.counts["double_precision"] == 1
    system = torch.eye(4).double() + x.double() @ x.double().T / 4
    expected = torch.ones(3, 4).double() @ torch.linalg.solve(system, x.double())
    torch.testing.assert_close(layer.weight.grad.double(), expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("rows", [4, 12])
def test_inputs_that_are_no_numbers(bad, rows):
    x, grad = torch.randn(rows, 6), torch.randn(rows, 3)
    x[2, 1] = bad
    layer = IsaacLinear(6, 3)
    layer(x).backward(grad)
    assert layer.counts["plain_not_finite"] == 1
    plain = grad.T @ x
    assert torch.equal(layer.weight.grad.isfinite(), plain.isfinite())
    assert torch.equal(layer.weight.grad[:, 2:], plain[:, 2:])
    layer = IsaacLinear(6, 3, not_finite="raise")
    layer.layer_name = "head"
    with pytest.raises(
        ValueError, match="the input of layer 'head' must be finite, got a NaN or an infinity"
    ):
        layer(x).backward(grad)


def test_a_convolutions_inputs_that_are_no_numbers():
    for size in (2, 9):  # few places: the system of the rows; many: that of the inputs
        x = torch.randn(2, 4, size, size)
        x[1, 0, 1, 1] = math.nan
        conv = IsaacConv2d(4, 3, 2)
        conv(x).sum().backward()
        assert conv.counts["plain_not_finite"] == 1


def test_an_upstream_gradient_that_is_no_number_passes_through():
    grad = torch.randn(4, 3)
    grad[1, 2] = math.nan
    found = conditioned(torch.randn(4, 6), grad, 1.0)
    assert found[:2].isfinite().all() and found[2].isnan().all()


@pytest.mark.parametrize("damping", [0.0, -1.0, math.nan])
def test_the_damping_must_be_positive(damping):
    with pytest.raises(ValueError, match=r"IsaacLinear: damping must be > 0, got"):
        IsaacLinear(3, 2, damping=damping)
    layer = IsaacLinear(3, 2)
    with pytest.raises(ValueError, match=r"IsaacLinear: damping must be > 0, got"):
        layer.damping = damping
    assert layer.damping == 1.0
    given = torch.tensor(damping, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"isaac_linear: damping must be > 0, got"):
        torch.ops.pliant.isaac_linear(torch.ones(1, 3), layer.weight, None, given, *layer._settings()[1:])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"scale": "tract"}, "IsaacLinear: scale must be one of zeta, divided, got 'tract'"),
        ({"rows": "mean"}, "IsaacLinear: rows must be one of expand, reduce, got 'mean'"),
        ({"not_finite": "skip"}, "IsaacLinear: not_finite must be one of plain, raise, got 'skip'"),
        ({"gram": "float16"}, "IsaacLinear: gram must be one of float32, bfloat16, got 'float16'"),
        ({"overhead_cap": -1.0}, "IsaacLinear: overhead_cap must be at least 0, got -1.0"),
    ],
)
def test_wrong_settings(wrong, message):
    with pytest.raises(ValueError, match=message):
        IsaacLinear(3, 2, **wrong)


def test_wrong_settings_by_name():
    with pytest.raises(TypeError, match="dampening"):
        IsaacLinear(3, 2, dampening=1.0)
    with pytest.raises(ValueError, match="IsaacConv2d: rows must be one of expand, reduce, got 'mean'"):
        IsaacConv2d(3, 2, 3, rows="mean")


def test_wrong_tensors():
    layer = IsaacLinear(3, 2)
    op, settings = torch.ops.pliant.isaac_linear, layer._settings()
    weight = torch.ones(2, 3)
    for arguments, error, message in (
        ((torch.ones(4, 5), weight, None), ValueError, r"x must have shape \(batch, …, 3\), got \[4, 5\]"),
        ((torch.ones(4, 3), torch.ones(6), None), ValueError, r"weight must have shape \(m, n\), got \[6\]"),
        ((torch.ones(4, 3), weight, torch.ones(3)), ValueError, r"bias must have shape \(2\), got \[3\]"),
        ((torch.ones(4, 3).double(), weight, None), TypeError, r"weight must have the dtype of x"),
        ((torch.ones(4, 3, dtype=torch.int64), weight, None), TypeError, r"x must be floating point"),
    ):
        with pytest.raises(error, match=f"isaac_linear: {message}"):
            op(*arguments, *settings)
    conv = IsaacConv2d(4, 6, 3, groups=2)
    with pytest.raises(ValueError, match=r"isaac_conv2d: x must have shape \(N, 4, height, width\)"):
        conv(torch.ones(1, 3, 8, 8))


def test_the_overhead_cap_takes_the_plain_gradient():
    x, grad = torch.randn(60, 100), torch.randn(60, 100)
    layer = IsaacLinear(100, 100, overhead_cap=0.25)  # 32 % by count
    layer(x).backward(grad)
    assert layer.counts["plain_by_cost"] == 1
    assert torch.equal(layer.weight.grad, grad.T @ x)


def test_layers_of_very_different_sizes_in_turn():
    """The factor's memory is kept, grows, and is given back."""
    for rows in (2100, 5, 40):
        x, grad = torch.randn(rows, 2200), torch.randn(rows, 3)
        layer = IsaacLinear(2200, 3, damping=50.0)
        layer(x).backward(grad)
        system = torch.eye(rows).double() + x.double() @ x.double().T / (50 * rows)
        expected = grad.double().T @ torch.linalg.solve(system, x.double())
        assert (layer.weight.grad - expected).norm() < 1e-5 * expected.norm()
