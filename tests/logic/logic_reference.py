# tests/logic/logic_reference.py — gates, parametrisations and networks as the papers write them
"""All is naive: gates by their real-valued formulas, sums over all 16, gradients by torch's autograd."""

import itertools

import numpy as np
import torch

GATES = (
    lambda a, b: 0 * a,
    lambda a, b: a * b,
    lambda a, b: a - a * b,
    lambda a, b: a,
    lambda a, b: b - a * b,
    lambda a, b: b,
    lambda a, b: a + b - 2 * a * b,
    lambda a, b: a + b - a * b,
    lambda a, b: 1 - a - b + a * b,
    lambda a, b: 1 - a - b + 2 * a * b,
    lambda a, b: 1 - b,
    lambda a, b: 1 - b + a * b,
    lambda a, b: 1 - a,
    lambda a, b: 1 - a + a * b,
    lambda a, b: 1 - a * b,
    lambda a, b: 1 + 0 * a,
)
BOOLEAN = (
    lambda a, b: a & ~a,
    lambda a, b: a & b,
    lambda a, b: a & ~b,
    lambda a, b: a,
    lambda a, b: ~a & b,
    lambda a, b: b,
    lambda a, b: a ^ b,
    lambda a, b: a | b,
    lambda a, b: ~(a | b),
    lambda a, b: ~(a ^ b),
    lambda a, b: ~b,
    lambda a, b: a | ~b,
    lambda a, b: ~a,
    lambda a, b: ~a | b,
    lambda a, b: ~(a & b),
    lambda a, b: a | ~a,
)
TEMPERATURES = {"softmax": 1.0, "light": 1.0, "light_sine": 1.0, "covjac": 0.33, "walsh": 1.0}
PARAMETRIZATIONS = tuple(TEMPERATURES)
FAN_INS = {"softmax": (2,), "covjac": (2,)} | dict.fromkeys(
    ("light", "light_sine", "walsh"), tuple(range(1, 7))
)


def parameters_of(kind, fan_in):
    """How many numbers a gate has."""
    return {"softmax": 16, "covjac": 4}.get(kind, 2**fan_in)


def addresses(fan_in):
    """The inputs (0 or 1) at each entry of a table."""
    return list(itertools.product((0, 1), repeat=fan_in))


def coefficient_points():
    """(16, 4): the multilinear coefficients 1, b, a, ab of the 16 gates, by differences of their values."""
    rows = []
    for gate in GATES:
        at = {ab: float(gate(*map(float, ab))) for ab in addresses(2)}
        rows.append(
            [
                at[0, 0],
                at[0, 1] - at[0, 0],
                at[1, 0] - at[0, 0],
                at[1, 1] - at[0, 1] - at[1, 0] + at[0, 0],
            ]
        )
    return torch.tensor(rows, dtype=torch.float64)


def mixture(weight, kind, tau):
    """(16, gates): how much of each gate there is."""
    if kind == "softmax":
        return torch.softmax(weight / tau, 0)
    squared = (weight[None] - coefficient_points().to(weight)[:, :, None]).square().sum(1)
    return torch.softmax(-squared / tau, 0)


def gate_outputs(inputs, weight, kind, tau=None):
    """Soft gates: inputs, a list of fan_in tensors (batch, gates), and weight (P, gates) → (batch, gates)."""
    tau = TEMPERATURES[kind] if tau is None else tau
    if kind in ("softmax", "covjac"):
        p = mixture(weight, kind, tau)
        return sum(p[i] * gate(*inputs) for i, gate in enumerate(GATES))
    if kind == "walsh":
        signs = [1 - 2 * x for x in inputs]
        form = 0
        for row, subset in enumerate(addresses(len(inputs))):
            term = weight[row]
            for sign, chosen in zip(signs, subset, strict=True):
                term = term * sign if chosen else term
            form = form + term
        return torch.sigmoid(-form / tau)
    table = torch.sigmoid(weight / tau) if kind == "light" else 0.5 + 0.5 * torch.sin(weight / tau)
    return interpolate(inputs, table)


def interpolate(inputs, table):
    """The multilinear interpolation of a table (2^fan_in, gates)."""
    y = 0
    for row, bits in enumerate(addresses(len(inputs))):
        term = table[row]
        for x, bit in zip(inputs, bits, strict=True):
            term = term * (x if bit else 1 - x)
        y = y + term
    return y


def scaled_gradient(x, factor):
    """X, whose gradient is multiplied by the factor."""
    return x if factor == 1 else x * factor - (x * (factor - 1)).detach()


def network(x, wirings, weights, kind, *, tau=None, groups=0, grad_factor=1.0):
    """Layers of soft gates; wirings and weights are lists."""
    for wiring, weight in zip(wirings, weights, strict=True):
        x = scaled_gradient(x, grad_factor)
        x = gate_outputs([x[:, row.long()] for row in wiring], weight, kind, tau)
    return group_sum(x, groups) if groups else x


def group_sum(x, k):
    """Contiguous groups, one after the other."""
    size = x.shape[-1] // k
    return torch.stack([x[..., c * size : (c + 1) * size].sum(-1) for c in range(k)], -1)


def boolean_network(bits, wirings, tables):
    """Bits (batch, features), numpy bool, through layers of truth tables (2^fan_in, gates)."""
    for wiring, table in zip(wirings, tables, strict=True):
        address = np.zeros((len(bits), wiring.shape[1]), dtype=np.int64)
        for row in wiring:
            address = 2 * address + bits[:, row]
        bits = np.asarray(table)[address, np.arange(wiring.shape[1])].astype(bool)
    return bits
