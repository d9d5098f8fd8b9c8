# python/pliant/_peers.py — modules of difflogic and torchlogix as layers of described networks
"""Known by the names of their classes and their attributes, so that neither package need be there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pliant._network import Network


def converter(module: Any) -> Callable[[Network, Any], None] | None:
    """What adds the module to a network, None if it is none of theirs."""
    convert, attributes = _KNOWN.get(type(module).__name__, (None, ()))
    return convert if all(hasattr(module, name) for name in attributes) else None


def take_indices(module: Any, prefix: str, state: dict[str, Any]) -> None:
    """Moves the wiring of a layer, which neither package keeps in its state_dict, from `state` to the module.

    Raises:
        ValueError: if it is not there
    """
    convert = converter(module)
    if convert is _logic_layer and not _has_wiring_buffer(module):
        owner, name = module, f"{prefix}indices"
    elif convert in (_dense, _conv):
        owner, name = module.connections, f"{prefix}connections.indices"
    else:
        return
    if name not in state:
        raise ValueError(
            f"from_model: the state has no wiring of the layer {prefix[:-1]!r}, which "
            f"{type(module).__module__} does not save: add its `indices` to it as {name!r}, or load the "
            "state into the model that was trained (or one drawn after the same seed) and pass that"
        )
    given, present = state.pop(name), owner.indices
    if isinstance(present, tuple):
        owner.indices = tuple(torch.as_tensor(part).long() for part in given)
    elif isinstance(present, list):
        owner.indices = [torch.as_tensor(part).long() for part in given]
    else:
        owner.indices = torch.as_tensor(given).long()


def _plain(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def _has_wiring_buffer(module: Any) -> bool:
    return isinstance(getattr(module, "wiring", None), Tensor)


# === difflogic


def _logic_layer(network: Network, module: Any) -> None:
    wiring = _plain(torch.stack([torch.as_tensor(part).long() for part in module.indices]))
    if _has_wiring_buffer(module):  # pliant.compat.difflogic
        weight = _plain(module.weights.T)
        network.add("logic", weight=weight, parametrization="softmax", wiring=wiring)
    else:
        network.add("logic", tables=_plain(module.weights.argmax(-1)), wiring=wiring)


def _group_sum(network: Network, module: Any) -> None:
    bias = float(getattr(module, "beta", 0.0))  # torchlogix
    if not bias.is_integer():
        raise ValueError(f"from_model: the beta of GroupSum must be a whole number, got {bias}")
    network.add("group_sum", k=int(module.k), tau=float(module.tau), bias=int(bias))


# === torchlogix


def _tables(parametrization: Any, weight: Tensor, fan_in: int, shape: tuple[int, ...], how: str) -> Tensor:
    """The entries (2^fan_in, …) of the gates' tables as the layer itself evaluates them.

    Args:
        shape: what an example of the gates' inputs has behind the axis of inputs
        how: the layer's contraction
    """
    addresses = torch.arange(1 << fan_in)
    corners = torch.stack([addresses >> (fan_in - 1 - i) & 1 for i in range(fan_in)], 1)
    corners = corners.reshape(1 << fan_in, fan_in, *(1 for _ in shape)).expand(-1, -1, *shape)
    y = parametrization.forward(corners.to(weight), weight, False, contraction=how)
    return (y > 0.5).to(torch.uint8)


def _chosen(connections: Any) -> Tensor:
    """(fan_in, gates): the features that a dense layer reads."""
    weights = getattr(connections, "weights", None)
    if weights is None:
        return connections.indices
    return connections.indices.take_along_dim(weights.argmax(0, keepdim=True), 0)[0]


def _dense(network: Network, module: Any) -> None:
    fan_in = int(module.lut_rank)
    tables = _tables(module.parametrization, module.weight.detach(), fan_in, (module.out_dim,), "n,bn->bn")
    network.add("logic", tables=_plain(tables), wiring=_plain(_chosen(module.connections)), fan_in=fan_in)


def _conv(network: Network, module: Any) -> None:
    fan_in, kernels = int(module.lut_rank), int(module.num_kernels)
    tables = [
        _tables(module.parametrization, weight.detach(), fan_in, (kernels, 1, len(weight)), "fc,bcsf->bcsf")
        for weight in module.tree_weights
    ]
    # (fan_in, kernels, placements, gates of the first level, (row, column, channel)): those of the first one
    first = module.connections.indices[0][:, :, 0]
    taps = first.permute(3, 1, 2, 0).reshape(3, kernels, -1)[[2, 0, 1]]
    network.add(
        "logic_conv2d",
        tables=_plain(torch.cat(tables, -1).reshape(1 << fan_in, -1)),
        taps=_plain(taps),
        fan_in=fan_in,
        depth=int(module.tree_depth),
        kernel_size=[int(size) for size in module.receptive_field_size],
        stride=int(module.stride),
        padding=int(module.padding),
    )


def _pair(size: Any) -> list[int]:
    return [int(part) for part in size] if isinstance(size, tuple | list) else [int(size)] * 2


def _or_pooling(network: Network, module: Any) -> None:
    stride = module.kernel_size if module.stride is None else module.stride
    network.add(
        "or_pool2d", size=_pair(module.kernel_size), stride=_pair(stride), padding=_pair(module.padding)
    )


def _binarization(network: Network, module: Any) -> None:
    training, module.training = module.training, False
    try:
        thresholds = module.get_thresholds().detach().cpu().double()
    finally:
        module.training = training
    shape = (1, *network.shape)
    numbers = torch.arange(int(np.prod(network.shape))).reshape(shape).unsqueeze(-1)
    if thresholds.dim() == 2 and numbers.dim() == 5:  # of channels
        thresholds = thresholds.reshape(1, -1, 1, 1, thresholds.shape[1])
    feature, level = torch.broadcast_tensors(numbers, thresholds)
    # The last axis, of the thresholds, is merged behind the feature's.
    axis = module.feature_dim % feature.dim()
    merged = [tensor.movedim(-1, axis + 1).flatten(axis, axis + 1)[0] for tensor in (feature, level)]
    bits = list(merged[0].shape)
    network.add(
        "bits",
        feature=_plain(merged[0].flatten().int()),
        threshold=_plain(merged[1].flatten()),
        shape=bits if len(bits) in (1, 3) else [int(np.prod(bits))],
    )


_BINARIZATION = (_binarization, ("thresholds", "feature_dim", "get_thresholds"))
#: By the name of the class: what adds it, and the attributes that it must have.
_KNOWN: dict[str, tuple[Callable[[Network, Any], None], tuple[str, ...]]] = {
    "LogicLayer": (_logic_layer, ("weights", "indices")),
    "GroupSum": (_group_sum, ("k", "tau")),
    "LogicDense": (_dense, ("weight", "connections", "parametrization", "lut_rank")),
    "LogicConv2d": (_conv, ("tree_weights", "connections", "parametrization", "lut_rank")),
    "OrPooling2d": (_or_pooling, ("kernel_size", "stride", "padding")),
    "FixedBinarization": _BINARIZATION,
    "SoftBinarization": _BINARIZATION,
    "LearnableBinarization": _BINARIZATION,
    "DummyBinarization": (lambda network, module: None, ()),
}
