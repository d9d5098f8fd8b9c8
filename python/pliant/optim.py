# python/pliant/optim.py — optimisers of Pliant's own modules, and ISAAC for torch's
"""`pliant.optim.GateAdam`: Adam over the gates of logic networks, fused; `pliant.optim.Isaac`: conditioned
gradients for any optimiser.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch

from pliant._gates import GateModule
from pliant._library import ops
from pliant.curvature import Foof as Foof
from pliant.curvature import Kfac as Kfac
from pliant.isaac import Isaac as Isaac
from pliant.isaac import IsaacCost as IsaacCost
from pliant.isaac import IsaacReport as IsaacReport
from pliant.isaac import LayerReport as LayerReport
from pliant.isaac import isaac_cost as isaac_cost
from pliant.isaac_processes import GlobalIsaac as GlobalIsaac
from pliant.logic import parametrization


class GateAdam(torch.optim.Optimizer):
    """Adam (with `weight_decay` AdamW) for the gates of LogicNetwork, LogicDense and LogicConv2d, in one
    pass over their parameters.

    The gradient of a gate is 2^k sums over the batch. Here they go straight into Adam's step, and the step
    gives the coefficients for the next forward pass: gradients of single parameters are never written, and
    the softmax over 16 gates is not computed twice. The result is that of `torch.optim.Adam` to rounding.

    While it is in use, a network's `coefficients()` in training mode are a leaf that the optimiser keeps;
    if its `weight` is changed by anything else, they are made anew. Networks that train with `gumbel` draw
    noise for each step and cannot be fused: they take torch's optimisers.

    >>> network = pliant.nn.LogicNetwork(64, [800, 800], groups=10, tau=8.0)
    >>> optimizer = pliant.optim.GateAdam([network], lr=0.01)
    >>> loss = torch.nn.functional.cross_entropy(network(torch.rand(5, 64)), torch.arange(5))
    >>> loss.backward()
    >>> optimizer.step()
    """

    def __init__(
        self,
        networks: Iterable[GateModule],
        lr: float = 0.01,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        """Takes over the gates of the networks.

        Raises:
            TypeError: something is no module with gates.
            ValueError: a network trains with gumbel, or a number is out of range.
        """
        self.networks = list(networks)
        for network in self.networks:
            if not isinstance(network, GateModule):
                found = type(network).__name__
                raise TypeError(
                    f"GateAdam: networks must be LogicNetwork, LogicDense or LogicConv2d, got {found}"
                )
            if network.gumbel:
                raise ValueError(
                    "GateAdam: a network with gumbel=True draws its gates anew: take torch.optim.Adam"
                )
        if not lr >= 0:
            raise ValueError(f"GateAdam: lr must be at least 0, got {lr}")
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"GateAdam: betas must be in [0, 1), got {betas}")
        if not eps > 0:
            raise ValueError(f"GateAdam: eps must be > 0, got {eps}")
        if not weight_decay >= 0:
            raise ValueError(f"GateAdam: weight_decay must be at least 0, got {weight_decay}")
        defaults = {"lr": lr, "betas": tuple(betas), "eps": eps, "weight_decay": weight_decay}
        super().__init__([network.weight for network in self.networks], defaults)
        for network in self.networks:
            network.hold_coefficients()

    def add_param_group(self, param_group: dict) -> None:
        """Refuses a second group: the networks share their numbers."""
        if self.param_groups:
            raise ValueError("GateAdam: all networks share one group of numbers: make another GateAdam")
        super().add_param_group(param_group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of the coefficients that the networks hold."""
        super().zero_grad(set_to_none)
        for network in self.networks:
            if network.held is not None:
                network.held.grad = None

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One step for every network whose coefficients have a gradient, which is then used up."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        group = self.param_groups[0]
        for network in self.networks:
            held = network.held
            if held is None or held.grad is None:
                continue
            weight = network.weight
            state = self.state[weight]
            if not state:
                state["step"] = 0
                state["exp_avg"] = torch.zeros_like(weight)
                state["exp_avg_sq"] = torch.zeros_like(weight)
            state["step"] += 1
            kind = parametrization(network.parametrization)
            temperature = kind.temperature if network.temperature is None else network.temperature
            ops.gate_adam_(
                weight, state["exp_avg"], state["exp_avg_sq"], held, held.grad.contiguous(),
                network.parametrization, network.fan_in, temperature, False,
                group["lr"], *group["betas"], group["eps"], group["weight_decay"], state["step"],
            )  # fmt: skip
            held.grad = None
            network.hold_coefficients(held)
        return loss
