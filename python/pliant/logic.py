# python/pliant/logic.py — logic gates: their names, parametrisations, wiring, and layers of them
"""A gate of k inputs is its truth table of 2^k entries. Relaxed, its output is the multilinear form through
these
entries: the expectation of the gate when its inputs are independent coin flips. Two inputs a, b:
c_0 + c_1·b + c_2·a + c_3·a·b, with coefficients in the order of the subsets, the first input the most
significant bit.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from pliant._library import ops


@dataclasses.dataclass(frozen=True)
class Parametrization:
    """What is learned of a gate, and what it means."""

    name: str
    #: The paper.
    source: str
    #: What noise on the parameters draws a hard gate from: "gates", "entries", "walsh", or "nothing".
    draws: str
    #: A soft gate's output is σ of the multilinear form, not the form itself.
    sigmoid: bool
    #: The default temperature, which divides the parameters.
    temperature: float
    #: How many numbers are learned of a gate, by its inputs.
    parameters: dict[int, int]


def _listed() -> dict[str, Parametrization]:
    listed = {}
    for entry in json.loads(ops.logic_parametrizations()):
        counts = dict(zip(entry["inputs"], entry["parameters"], strict=True))
        listed[entry["name"]] = Parametrization(
            entry["name"], entry["source"], entry["draws"], entry["sigmoid"], entry["temperature"], counts
        )
    return listed


_PARAMETRIZATIONS = _listed()  # once, here: what is asked for in a call would be traced by torch.compile


def parametrizations() -> dict[str, Parametrization]:
    """Every parametrisation by its name, as the library lists them.

    >>> pliant.parametrizations()["light"].parameters[2]
    4
    """
    return dict(_PARAMETRIZATIONS)


def parametrization(name: str) -> Parametrization:
    """The parametrisation of this name.

    Raises:
        ValueError: there is none; the text lists the names.
    """
    if name not in _PARAMETRIZATIONS:
        raise ValueError(f"unknown parametrization {name!r}; there are: {', '.join(_PARAMETRIZATIONS)}")
    return _PARAMETRIZATIONS[name]


@functools.cache
def gate_names() -> tuple[str, ...]:
    """The 16 gates of two inputs; a gate's place is its truth table as a number, entry (0, 0) first.

    >>> pliant.gate_names()[1], pliant.gate_names()[6]
    ('and', 'xor')
    """
    return tuple(ops.logic_gate_names())


@functools.cache
def wiring_kinds() -> tuple[str, ...]:
    """The kinds of `logic_wiring`.

    >>> pliant.wiring_kinds()
    ('random', 'unique', 'butterfly', 'local')
    """
    return tuple(ops.logic_wiring_names())


def logic_wiring(
    kind: str,
    inputs: int,
    gates: int,
    *,
    fan_in: int = 2,
    seed: int = 0,
    level: int = 0,
    height: int = 0,
    width: int = 0,
    radius: int = 1,
) -> Tensor:
    """Which features the gates of a layer read.

    Args:
        kind: "random": every feature is read equally often, or once more, and where there are gates enough
            each is the first input of some gate; "unique": gates of two inputs, all pairs distinct, nearby
            features first; "butterfly": strides of fan_in^level, so that after log(inputs) layers each
            output depends on every input; "local": features are pictures, a gate reads within a radius of
            its pixel.
        inputs: features that are read.
        gates: gates of the layer.
        fan_in: inputs of a gate, 1 … 6.
        seed: of what is drawn at random.
        level: of butterfly: the layer's place in its network.
        height: of local: features are (channels, height, width), flattened.
        width: of local.
        radius: of local: pixels, each way.

    Returns:
        int32 (fan_in, gates): [j, g] is the feature that gate g reads as its j-th input.

    Raises:
        ValueError: the kind is unknown, or the sizes cannot be wired; the text says what would fit.

    "random" and "unique" are those of Petersen et al., Deep Differentiable Logic Gate Networks (NeurIPS
    2022), by their published code.

    >>> pliant.logic_wiring("unique", 4, 3, seed=1).T.tolist()
    [[0, 1], [2, 3], [1, 2]]
    """
    return ops.logic_wiring(kind, inputs, gates, fan_in, seed, level, height, width, radius)


def gate_coefficients(
    parameters: Tensor,
    parametrization: str = "light",
    *,
    fan_in: int = 2,
    temperature: float | None = None,
    hard: bool = False,
    hardening: str = "gate",
) -> Tensor:
    """The coefficients of gates from what is learned of them.

    Args:
        parameters: (P, gates), one row a parameter.
        parametrization: a name of `parametrizations()`: "softmax", "light", "light_sine", "covjac", "walsh".
        fan_in: inputs of a gate.
        temperature: divides the parameters, > 0; None: the parametrisation's own.
        hard: give the coefficients of Boolean gates, whole numbers; the gradient then is that of the soft
            tables (straight through).
        hardening: which gate that is: "gate": the one that is meant (the largest logit, the lowest gate of
            equal ones; the nearest gate); "table": the soft table, rounded at ½.

    Returns:
        (2^fan_in, gates), the multilinear form. Where the parametrisation is a sigmoid and `hard` is False,
        the gate's output is σ of that form.

    Raises:
        ValueError: a name is unknown, the shape is another one, or the temperature is not > 0.

    Gradient: parameters. Cost: about a nanosecond a parameter.

    >>> logits = torch.zeros(16, 1)
    >>> logits[1] = 200.0  # AND
    >>> pliant.gate_coefficients(logits, "softmax").T
    tensor([[0., 0., 0., 1.]])
    """
    return ops.gate_coefficients(
        parameters, parametrization, fan_in, _temperature(parametrization, temperature), hard, hardening
    )


def logic_dense(
    x: Tensor,
    wiring: Tensor,
    coefficients: Tensor,
    *,
    widths: Sequence[int] | None = None,
    sigmoid: bool = False,
    groups: int = 0,
    grad_factor: float = 1.0,
) -> Tensor:
    """Layers of gates, each reading the one before, run together.

    Sixteen samples at a time go through all layers, there and, on the way back, there and back again;
    nothing is kept in between.

    Args:
        x: (batch, features), in [0, 1]; float32 or float64 (half types are computed in float32).
        wiring: int32 (fan_in, gates), the layers' gates one after the other: features of the layer's input.
        coefficients: (2^fan_in, gates), of `gate_coefficients`.
        widths: gates of each layer; None: one layer.
        sigmoid: the gates' outputs are σ of their multilinear form.
        groups: > 0: sum the last layer in so many contiguous groups.
        grad_factor: multiplies the gradient of each layer's input.

    Returns:
        (batch, gates of the last layer), or (batch, groups). It is stored by feature (strides 1 and the batch
        rounded up to 16), which the next layer reads as it is.

    Raises:
        TypeError: x is not floating point, or wiring not int32.
        ValueError: shapes do not fit, a source is not a feature, or groups do not divide the last layer.

    Gradient: x, coefficients. The bits do not depend on the number of threads.

    >>> logits = torch.zeros(16, 1)
    >>> logits[6] = 200.0  # XOR
    >>> coefficients = pliant.gate_coefficients(logits, "softmax")
    >>> wiring = torch.tensor([[0], [1]], dtype=torch.int32)
    >>> pliant.logic_dense(torch.tensor([[0.0, 1.0], [0.25, 1.0]]), wiring, coefficients)
    tensor([[1.0000],
            [0.7500]])
    """
    sizes = [wiring.shape[-1]] if widths is None else list(widths)
    return ops.logic_dense(x, wiring, coefficients, sizes, sigmoid, groups, grad_factor)


def expected_gates(coefficients: Tensor, *, sigmoid: bool = False) -> Tensor:
    """How many gates hardware needs if each entry of each soft table is drawn: a price to train with.

    A table that is constant, an input or its complement is a wire and costs nothing, any other one gate.
    Entry i is 1 with its soft value p_i, independently of the others.

    Args:
        coefficients: (2^fan_in, gates) of soft gates, of `gate_coefficients`; fan_in 1 … 6.
        sigmoid: the gates' outputs are σ of their multilinear form.

    Returns:
        a scalar, from 0 to the number of gates.

    Raises:
        TypeError: coefficients are not floating point.
        ValueError: their shape is another one.

    Gradient: coefficients. Cost: (fan_in + 1) · 2^(fan_in + 2) multiplications a gate.

    >>> pliant.expected_gates(torch.tensor([[0.5], [0.0], [0.0], [0.0]]))  # 6 of 16 tables are wires
    tensor(0.6250)
    """
    return ops.expected_gates(coefficients, sigmoid)


def or_pool(x: Tensor, size: int) -> Tensor:
    """The OR of neighbouring features: 1 − Π (1 − x) over each `size` of them, the probability that one is 1.

    Before a `group_sum` it divides the bits that are summed, and what adders cost, by `size`.

    Args:
        x: (batch, features) in [0, 1]; exactly the OR of exact 0 and 1.
        size: 1 … 6; divides the features.

    Returns:
        (batch, features / size), stored by feature as by `logic_dense`.

    Raises:
        TypeError: x is not floating point.
        ValueError: size is not in 1 … 6, or does not divide the features.

    Gradient: x.

    >>> pliant.or_pool(torch.tensor([[0.5, 0.5, 0.0, 1.0]]), 2)
    tensor([[0.7500, 1.0000]])
    """
    return ops.or_pool(x, size, 0)


def group_sum(x: Tensor, k: int, tau: float = 1.0) -> Tensor:
    """Sums of k contiguous groups of the last dimension's features, over τ.

    Args:
        x: (…, features).
        k: groups, as many as there are classes.
        tau: > 0.

    Returns:
        (…, k).

    Raises:
        ValueError: k does not divide the features, or tau is not > 0.

    >>> pliant.group_sum(torch.tensor([[1.0, 0.0, 1.0, 1.0]]), 2, tau=2.0)
    tensor([[0.5000, 1.0000]])
    """
    if x.ndim < 1 or k < 1 or x.shape[-1] % k:
        raise ValueError(
            f"group_sum: k must divide the features of x, got k = {k} and x of shape {list(x.shape)}"
        )
    if not tau > 0:
        raise ValueError(f"group_sum: tau must be > 0, got {tau}")
    return x.unflatten(-1, (k, x.shape[-1] // k)).sum(-1) / tau


def residual_start(parametrization: str, fan_in: int = 2) -> Tensor:
    """Means and deviations (2, P), float64, of the normal distributions from which parameters begin when
    gates begin by passing their first input.
    """
    return ops.logic_residual_start(parametrization, fan_in)


def _temperature(name: str, temperature: float | None) -> float:
    return parametrization(name).temperature if temperature is None else float(temperature)


def hard_tables(
    parameters: Tensor,
    parametrization: str,
    *,
    fan_in: int = 2,
    temperature: float | None = None,
    hardening: str = "gate",
) -> Tensor:
    """The truth tables of the Boolean gates that parameters (P, gates) mean.

    The arguments are those of `gate_coefficients`.

    Returns:
        int64 (2^fan_in, gates), entries 0 and 1, addressed by the inputs as bits, the first input the most
        significant. Of two inputs, 8·t[0] + 4·t[1] + 2·t[2] + t[3] is the place in `gate_names()`.

    >>> logits = torch.zeros(16, 1)
    >>> logits[6] = 1.0
    >>> table = pliant.hard_tables(logits, "softmax")[:, 0]
    >>> table.tolist(), pliant.gate_names()[6]
    ([0, 1, 1, 0], 'xor')
    """
    with torch.no_grad():
        options: dict[str, Any] = {"fan_in": fan_in, "temperature": temperature, "hardening": hardening}
        table = gate_coefficients(parameters, parametrization, hard=True, **options)
        for bit in (1 << i for i in range(fan_in)):
            for subset in range(1 << fan_in):
                if subset & bit:
                    table[subset] += table[subset ^ bit]
        return table.round().long()
