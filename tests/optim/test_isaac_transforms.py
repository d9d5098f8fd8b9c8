# tests/optim/test_isaac_transforms.py — the ops under opcheck, torch.func, torch.compile and autocast
import copy
import pickle

import pytest
import torch
from pliant.nn import IsaacConv2d, IsaacLinear

from tests.optim.isaac_reference import dense, relative


def op_calls():
    """Arguments of each op."""
    linear = IsaacLinear(6, 3, damping=0.5, dtype=torch.float64)
    conv = IsaacConv2d(4, 6, 3, groups=2, damping=0.5, dtype=torch.float64)
    x, image = torch.randn(4, 5, 6).double(), torch.randn(2, 4, 5, 5).double()
    one = (x, linear.weight.detach(), linear.bias.detach(), *linear._settings())
    two = (
        image, conv.weight.detach(), conv.bias.detach(), [1, 1], [0, 0], [1, 1], 2, *conv._settings()
    )  # fmt: skip
    needed = [True, True, True]
    return {
        "isaac_linear": one,
        "isaac_linear_backward": (torch.randn(4, 5, 3).double(), *one, needed),
        "isaac_conv2d": two,
        "isaac_conv2d_backward": (torch.randn(2, 6, 3, 3).double(), *two, needed),
    }


@pytest.mark.parametrize("name", op_calls())
def test_opcheck(name):
    arguments = op_calls()[name]
    tests = ["test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic"]
    op = getattr(torch.ops.pliant, name).default
    torch.library.opcheck(op, arguments, test_utils=tests)
    if not name.endswith("_backward"):
        leaves = [v.clone().requires_grad_() if i < 3 else v for i, v in enumerate(arguments)]
        torch.library.opcheck(op, leaves, test_utils=tests)


def test_func_grad_is_autograd():
    layer = IsaacLinear(6, 3, damping=0.5)
    x = torch.randn(4, 6)

    def loss(parameters):
        return torch.func.functional_call(layer, parameters, (x,)).square().sum()

    functional = torch.func.grad(loss)(dict(layer.named_parameters()))
    layer(x).square().sum().backward()
    for name, parameter in layer.named_parameters():
        torch.testing.assert_close(functional[name], parameter.grad)


def test_a_compiled_model_has_the_same_gradients_and_follows_the_damping():
    model = torch.nn.Sequential(
        IsaacConv2d(1, 4, 3, damping=0.5),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        IsaacLinear(64, 3, damping=0.5),
    )
    twin = copy.deepcopy(model)
    compiled = torch.compile(twin, backend="aot_eager", fullgraph=True)
    x = torch.randn(4, 1, 6, 6)
    for damping in (0.5, 0.1):
        for each, call in ((model, model), (twin, compiled)):
            each.zero_grad()
            each[3].damping = damping
            call(x).square().sum().backward()
        for a, b in zip(model.parameters(), twin.parameters(), strict=True):
            torch.testing.assert_close(a.grad, b.grad)


def test_autocast_is_torchs():
    layer = IsaacLinear(40, 8, damping=0.5)
    conv = IsaacConv2d(3, 8, 3, damping=0.5)
    x = torch.randn(16, 40)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        out = layer(x)
        assert out.dtype == torch.nn.functional.linear(x, layer.weight).dtype == torch.bfloat16
        assert conv(torch.randn(2, 3, 5, 5)).dtype == torch.bfloat16
    out.sum().backward()
    assert layer.weight.grad.dtype == torch.float32
    assert relative(layer.weight.grad, dense(x.bfloat16(), torch.ones(16, 8), 0.5)) < 2**-7


def test_a_second_derivative_is_an_error():
    layer = IsaacLinear(4, 2)
    x = torch.randn(3, 4, requires_grad=True)
    (grad,) = torch.autograd.grad(layer(x).square().sum(), x, create_graph=True)
    with pytest.raises(NotImplementedError, match="isaac_linear_backward has no derivative"):
        grad.sum().backward()


def test_frozen_parameters_and_inputs_without_gradient():
    for frozen in ("weight", "bias"):
        layer = IsaacLinear(4, 2, dtype=torch.float64)
        getattr(layer, frozen).requires_grad_(False)
        layer(torch.randn(3, 4).double()).sum().backward()
        assert getattr(layer, frozen).grad is None
    conv = IsaacConv2d(2, 3, 3)
    conv.weight.requires_grad_(False)
    x = torch.randn(1, 2, 5, 5, requires_grad=True)
    conv(x).sum().backward()
    assert conv.weight.grad is None and conv.bias.grad is not None and x.grad is not None


def test_copies_have_counts_of_their_own():
    layer = IsaacLinear(4, 2, damping=0.25)
    layer(torch.randn(3, 4)).sum().backward()
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert other.counts["conditioned"] == 0
        assert other.damping == 0.25
        other(torch.randn(3, 4)).sum().backward()
        assert other.counts["conditioned"] == layer.counts["conditioned"] == 1
