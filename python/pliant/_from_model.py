# python/pliant/_from_model.py — modules of torch, ours and other people's, as described networks
"""Each kind of module that a circuit can be made of is one function here or in `_peers`."""

from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from pliant import _peers
from pliant import nn as ours
from pliant._gates import GateModule
from pliant._network import Network

_CHECKED = 64  # examples


def network_of(
    model: nn.Module,
    input_shape: Sequence[int] | int | None,
    encoder: nn.Module | float | None,
    class_names: Sequence[str] | None,
) -> Network:
    """The description of a model in eval mode.

    Raises:
        ValueError: that names the module that cannot be converted, or says that the shape is needed
    """
    parts = [] if encoder is None or isinstance(encoder, int | float) else [("encoder", encoder)]
    leaves = [leaf for name, part in (*parts, ("", model)) for leaf in _leaves(part, name)]
    if input_shape is None:
        input_shape = _shape_of(leaves)
    elif isinstance(input_shape, int):
        input_shape = (input_shape,)
    network = Network(input_shape, class_names)
    if isinstance(encoder, int | float):
        network.add("round", threshold=float(encoder))
    with torch.no_grad():
        for name, module in leaves:
            convert = _converter(module)
            if convert is None:
                raise ValueError(f"from_model: the module {name!r} ({module}) cannot be converted")
            try:
                convert(network, module)
            except (AttributeError, TypeError) as error:  # another version of a peer
                raise ValueError(
                    f"from_model: the module {name!r} ({type(module).__module__}.{type(module).__name__}) "
                    f"is not as it is known here: {error}"
                ) from error
    return network


def with_state(model: nn.Module, state: Mapping[str, Any]) -> nn.Module:
    """A copy of the model with a checkpoint's state, and the wiring that some packages leave out of it.

    Raises:
        ValueError: if the wiring of a layer is not in the state
        RuntimeError: if the state is another model's
    """
    model, state = copy.deepcopy(model), dict(state)
    for name, module in model.named_modules():
        _peers.take_indices(module, f"{name}." if name else "", state)
    model.load_state_dict(state)
    return model


# === The modules of a model, in order


def _leaves(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    """The modules that do something, by their names, as they are registered."""
    if _converter(module) is not None:
        yield name, module
        return
    own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
    if own or not any(True for _ in module.children()):
        yield name, module  # which cannot be converted
        return
    for child_name, child in module.named_children():
        yield from _leaves(child, f"{name}.{child_name}" if name else child_name)


def _shape_of(leaves: Sequence[tuple[str, nn.Module]]) -> Sequence[int]:
    for _, module in leaves:
        for attribute in ("in_features", "in_dim"):
            size = getattr(module, attribute, None)
            if isinstance(size, int):
                return (size,)
            if isinstance(size, tuple) and len(size) == 2:  # torchlogix' convolutions
                return (int(cast(int, module.channels)), *size)
        if not isinstance(module, nn.Flatten | nn.Identity | nn.Dropout):
            break
    raise ValueError(
        "from_model: input_shape is needed, (channels, height, width) or (features): the first layer does "
        "not say it"
    )


# === Modules as layers


def _converter(module: nn.Module) -> Callable[[Network, Any], None] | None:
    for kind, convert in _OURS:
        if isinstance(module, kind):
            return convert
    return _peers.converter(module)


def _plain(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def _gates(module: GateModule) -> dict[str, Any]:
    weight = module.weight.detach()
    if weight.dtype not in (torch.float32, torch.float64):
        weight = weight.float()  # as the op works on it
    fields = {
        "weight": _plain(weight),
        "fan_in": module.fan_in,
        "parametrization": module.parametrization,
        "hardening": module.hardening,
    }
    return fields if module.temperature is None else {**fields, "temperature": float(module.temperature)}


def _logic(network: Network, module: ours.LogicNetwork) -> None:
    gates, end = _gates(module), 0
    weight, wiring = gates.pop("weight"), _plain(module.wiring)
    for learned, widths in module.runs():
        begin, end = end, end + sum(widths)
        if learned is not None:
            _wiring(network, learned)
        network.add("logic", weight=weight[:, begin:end], **gates, wiring=wiring[:, begin:end], widths=widths)
    if module.or_pool > 1:
        network.add("or_pool", size=int(module.or_pool))
    if module.head > 0:
        _wiring(network, module.learned_head)
    if module.groups > 0:
        network.add("group_sum", k=module.groups, tau=float(module.tau))


def _conv(network: Network, module: ours.LogicConv2d) -> None:
    sizes = {name: list(getattr(module, name)) for name in ("kernel_size", "stride", "padding")}
    network.add("logic_conv2d", **_gates(module), taps=_plain(module.taps), **sizes, pool=int(module.pool))


def _wiring(network: Network, module: ours.LearnedWiring) -> None:
    network.add("select", features=_plain(module.chosen()))


def _flatten(network: Network, module: nn.Flatten) -> None:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise ValueError(f"from_model: Flatten must flatten from dimension 1 to the last, got {module}")
    network.add("flatten")


def _thermometer(network: Network, module: ours.Thermometer) -> None:
    network.add("thermometer", thresholds=_plain(module.current_thresholds().double()))


_OURS: tuple[tuple[Any, Callable[[Network, Any], None]], ...] = (
    (ours.LogicNetwork, _logic),
    (ours.LogicConv2d, _conv),
    (ours.OrPool2d, lambda network, module: network.add("or_pool2d", size=int(module.size))),
    (ours.LearnedWiring, _wiring),
    (ours.Thermometer, _thermometer),
    (nn.Flatten, _flatten),
    (nn.Identity | nn.Dropout, lambda network, module: None),  # nothing in eval mode
)


# === Whether the circuit is the model


@contextlib.contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """The model in eval mode, without the noise that torchlogix' connections have there too."""
    modes = [(module, module.training) for module in model.modules()]
    noisy: list[Any] = [module for module in model.modules() if getattr(module, "gumbel", False) is True]
    noisy = [module for module in noisy if not isinstance(module, GateModule)]
    try:
        model.eval()
        for module in noisy:
            module.gumbel = False
        with contextlib.redirect_stdout(io.StringIO()):  # difflogic prints as it goes
            yield
    finally:
        for module in noisy:
            module.gumbel = True
        for module, training in modes:
            module.training = training


def _examples(network: Network, info: dict[str, Any]) -> Tensor:
    """Random examples: numbers on both sides of the thresholds, or bits."""
    shape = (_CHECKED, *network.shape)
    random = torch.Generator().manual_seed(0)
    if info["features"] == 0:
        return torch.randint(0, 2, shape, generator=random).float()
    levels = [value.ravel() for value in network.tensors("thresholds", "threshold")] or [np.array([0.5])]
    low, high = float(np.concatenate(levels).min()), float(np.concatenate(levels).max())
    margin = 0.25 * (high - low) + 0.25
    return torch.rand(shape, generator=random) * (high - low + 2 * margin) + (low - margin)


def check(circuit: Any, network: Network, model: nn.Module, encoder: nn.Module | float | None) -> None:
    """Runs both on random examples.

    Raises:
        ValueError: if they differ
    """
    x = _examples(network, circuit.info())
    of_model = next((p for p in model.parameters() if p.is_floating_point()), x)
    x = x.to(of_model.dtype).float()  # what both see is the same number
    with torch.no_grad(), _evaluating(model):
        seen = x.to(of_model.device)
        if isinstance(encoder, nn.Module):
            with _evaluating(encoder):
                seen = encoder(seen)
        elif encoder is not None:
            seen = (seen > encoder).float()
        expected = model(seen.to(of_model)).double().cpu()
    bits = circuit.features == 0
    scores = torch.from_numpy(circuit.run(x.numpy() > 0.5 if bits else x.numpy())).double()
    if circuit.classes > 0:
        scores = scores / circuit.info()["tau"]
    if expected.flatten(1).shape == scores.shape and torch.allclose(
        expected.flatten(1), scores, rtol=1e-2 if of_model.dtype in (torch.half, torch.bfloat16) else 1e-5
    ):
        return
    raise ValueError(
        f"from_model: the circuit does not compute what {type(model).__name__} does on random examples: its "
        "modules must be called in the order in which they are registered, with nothing between them"
    )
