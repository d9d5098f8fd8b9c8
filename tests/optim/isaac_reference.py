# tests/optim/isaac_reference.py — ISAAC by dense inverses in float64, and how the tests call the layers
import torch
from pliant.nn import IsaacLinear


def dense(x, grad, damping):
    """λ·GᵀX·(XᵀX/b + λI)⁻¹."""
    x, grad = x.double(), grad.double()
    gram = x.T @ x / x.shape[0] + damping * torch.eye(x.shape[1], dtype=torch.float64)
    return damping * torch.linalg.solve(gram, (grad.T @ x).T).T


def conditioned(x, grad, damping, **settings):
    """The weight's gradient by the layer."""
    return layer_gradients(x, grad, damping, **settings)[0]


def layer_gradients(x, grad, damping, **settings):
    """The gradients of weight and bias by the layer."""
    layer = IsaacLinear(x.shape[-1], grad.shape[-1], damping=damping, dtype=x.dtype, **settings)
    layer(x).backward(grad)
    return layer.weight.grad, layer.bias.grad


def relative(found, expected):
    """The largest difference by the largest entry."""
    return ((found.double() - expected).abs().max() / expected.abs().max()).item()
