# python/pliant/isaac_processes.py — ISAAC as if the batches of all processes were one
"""`pliant.optim.GlobalIsaac`, for DistributedDataParallel."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from pliant._layers import Layers
from pliant._library import ops
from pliant.curvature import Foof, watched_layers
from pliant.isaac_modules import check_settings

METHODS = ("primal", "dual")


class GlobalIsaac:
    """ISAAC's gradient of the whole batch, over all processes of torch.distributed. `pliant.optim.Isaac` lets
    each process condition its own share, which makes another algorithm of every number of processes; this one
    gives what a single process with the whole batch would.

    Call `.step()` after `.backward()`, where DistributedDataParallel has averaged the gradients, and before
    the optimiser's step. The loss is a mean over the batch, of which each process has an equal share.

    Args:
        model: the module itself, or in DistributedDataParallel. Its linear layers and (of "primal")
            convolutions are watched by hooks.
        damping: λ > 0 and finite.
        method: what travels: "primal" n(n + 1)/2 numbers a layer, the sums of XᵀX; "dual" the rows of X
            and of the upstream gradients, B·(n + m) numbers for B rows in all, less where B ≪ n.
        layers: as of `Foof`.

    Raises:
        ValueError: a number is out of range, or there is no such layer.
        RuntimeError: torch.distributed is not initialised.

    >>> network = torch.distributed  # here with one process, in this one's memory
    >>> network.init_process_group("gloo", store=network.HashStore(), rank=0, world_size=1)
    >>> model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(8, 3))
    >>> isaac = pliant.optim.GlobalIsaac(model, damping=1.0)
    >>> model(torch.rand(5, 8)).square().mean().backward()
    >>> isaac.step()  # and then that of any optimiser
    >>> network.destroy_process_group()
    """

    def __init__(
        self, model: torch.nn.Module, damping: float = 1.0, *, method: str = "primal", layers: Layers = "all"
    ) -> None:
        check_settings("GlobalIsaac", damping=damping)
        if not math.isfinite(damping):
            raise ValueError(f"GlobalIsaac: damping must be finite, got {damping}")
        if method not in METHODS:
            raise ValueError(f"GlobalIsaac: method must be one of {', '.join(METHODS)}, got {method!r}")
        if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
            raise RuntimeError("GlobalIsaac: torch.distributed is not initialised")
        if method == "primal":
            self._way: Foof | _Dual = Foof(
                model, damping, average=0.0, interval=1, layers=layers, processes=True
            )
        else:
            self._way = _Dual(model, damping, layers)
        self.layers = self._way.layers

    def step(self) -> None:
        """Conditions the gradients in place."""
        self._way.step()

    def remove(self) -> None:
        """Takes the hooks off the layers."""
        self._way.remove()


class _Dual:
    """Gathers the rows of what the layers read and of their upstream gradients."""

    def __init__(self, model: torch.nn.Module, damping: float, layers: Layers) -> None:
        self.damping = torch.tensor(damping, dtype=torch.float64)
        self.layers = watched_layers("GlobalIsaac", model, layers)
        for name, layer in self.layers.items():
            if not isinstance(layer, torch.nn.Linear):
                raise ValueError(f"GlobalIsaac: dual is for linear layers, {name!r} is none")
        self._rows: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in self.layers}
        self._hooks = [
            layer.register_forward_hook(self._note_of(name)) for name, layer in self.layers.items()
        ]

    def _note_of(self, name: str) -> Callable:
        def note(layer: torch.nn.Module, given: tuple, out: Tensor) -> None:
            if not (layer.training and out.requires_grad):
                return
            x = given[0].detach().flatten(0, -2)
            out.register_hook(lambda grad: self._rows[name].append((x, grad.detach().flatten(0, -2))))

        return note

    @torch.no_grad()
    def step(self) -> None:
        """Conditions the gradients in place."""
        for name, layer in self.layers.items():
            pairs, self._rows[name] = self._rows[name], []
            weight = layer.weight
            if weight.grad is None or not pairs:
                continue
            x, grad = (_gathered(torch.cat([pair[i] for pair in pairs])) for i in range(2))
            grad = grad / torch.distributed.get_world_size()
            settings = (self.damping, False, False, False, math.inf, False, name, 0)
            _, conditioned, _ = ops.isaac_linear_backward(
                grad.to(x.dtype), x, weight.to(x.dtype), None, *settings, [False, True, False]
            )
            weight.grad.copy_(conditioned)

    def remove(self) -> None:
        """Takes the hooks off the layers."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []


def _gathered(rows: Tensor) -> Tensor:
    """The rows of all processes, which have equally many."""
    everyone = [torch.empty_like(rows) for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather(everyone, rows.contiguous())
    return torch.cat(everyone)
