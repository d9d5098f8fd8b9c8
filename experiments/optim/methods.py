# experiments/optim/methods.py — what is compared: an optimiser of torch, and what conditions for it
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

import pliant
from experiments.optim.controls import CONTROLS

OPTIMIZERS = ("sgd", "adam", "adamw", "muon")
CONDITIONERS = ("none", "isaac", "foof", "zeta", *CONTROLS)


@dataclass
class Method:
    """What a training step calls after the backward pass (`observe` before it)."""

    optimizers: list[torch.optim.Optimizer]
    condition: Callable[[], None] = lambda: None
    observe: Callable[[Tensor], None] = lambda outputs: None
    base_rates: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.base_rates = [[group["lr"] for group in each.param_groups] for each in self.optimizers]

    def step(self, part: float) -> None:
        """A step at `part` of the rates."""
        self.condition()
        for optimizer, rates in zip(self.optimizers, self.base_rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = part * rate
            optimizer.step()

    def zero_grad(self) -> None:
        """Forgets the gradients."""
        for optimizer in self.optimizers:
            optimizer.zero_grad()


def make_method(
    model: nn.Module,
    *,
    optimizer: str,
    conditioner: str,
    rate: float,
    damping: float,
    output_damping: float,
    momentum: float,
    beta2: float,
    decay: float,
) -> Method:
    """The method for the model, whose layers it may change.

    Args:
        optimizer: of OPTIMIZERS. "muon": torch's, for the weights of hidden layers (the kernels of a
            convolution as rows, which torch's takes not, go to AdamW); AdamW at a tenth of the rate for all
            other parameters.
        conditioner: of CONDITIONERS; "isaac" and "foof" are Pliant's, "zeta" is Kfac's two-sided step.

    Raises:
        ValueError: a name is unknown.
    """
    if conditioner not in CONDITIONERS:
        raise ValueError(f"conditioner must be one of {', '.join(CONDITIONERS)}, got {conditioner!r}")
    condition: Callable[[], None] = lambda: None  # noqa: E731
    observe: Callable[[Tensor], None] = lambda outputs: None  # noqa: E731
    if conditioner == "isaac":
        condition = pliant.optim.Isaac(model, damping).step
    elif conditioner == "foof":
        condition = pliant.optim.Foof(model, damping).step
    elif conditioner == "zeta":
        kfac = pliant.optim.Kfac(
            model, input_damping=damping, output_damping=output_damping, average=0.0, scale="zeta"
        )
        condition, observe = kfac.step, kfac.observe
    elif conditioner in CONTROLS:
        condition = CONTROLS[conditioner](model, damping).step
    return Method(_optimizers(model, optimizer, rate, momentum, beta2, decay), condition, observe)


def _optimizers(
    model: nn.Module, name: str, rate: float, momentum: float, beta2: float, decay: float
) -> list[torch.optim.Optimizer]:
    parameters = list(model.parameters())
    if name == "sgd":
        return [torch.optim.SGD(parameters, rate, momentum=momentum, weight_decay=decay)]
    if name == "adam":
        return [torch.optim.Adam(parameters, rate, betas=(0.9, beta2))]
    if name == "adamw":
        return [torch.optim.AdamW(parameters, rate, betas=(0.9, beta2), weight_decay=decay)]
    if name != "muon":
        raise ValueError(f"optimizer must be one of {', '.join(OPTIMIZERS)}, got {name!r}")
    linear = [module.weight for module in model.modules() if isinstance(module, nn.Linear)]
    hidden = {id(weight) for weight in linear[:-1]}  # the last one makes the outputs
    others = [p for p in parameters if id(p) not in hidden]
    return [
        torch.optim.Muon([w for w in linear if id(w) in hidden], rate, weight_decay=decay, momentum=momentum),
        torch.optim.AdamW(others, rate / 10, betas=(0.9, beta2), weight_decay=decay),
    ]
