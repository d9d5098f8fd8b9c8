# python/pliant/isaac_processes.py — ISAAC as if the batches of all processes were one
"""`pliant.optim.GlobalIsaac`, for DistributedDataParallel."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from pliant._layers import Layers
from pliant._library import ops
from pliant.curvature import Foof, watched_layers
from pliant.isaac_modules import check_settings, padded

METHODS = ("primal", "dual")


class GlobalIsaac:
    """ISAAC's gradient of the whole batch, over all processes of torch.distributed. `pliant.optim.Isaac` lets
    each process condition its own share, which makes another algorithm of every number of processes; this one
    gives what a single process with the whole batch would.

    Call `.step()` after `.backward()`, where DistributedDataParallel has averaged the gradients, and before
    the optimiser's step. The loss is a mean over the batch, of which each process has an equal share.

    Args:
        model: the module itself, or in DistributedDataParallel. Its linear layers and convolutions are
            watched by hooks.
        damping: λ > 0 and finite.
        method: what travels: "primal" n(n + 1)/2 numbers a layer, the sums of XᵀX; "dual" what layers read
            and the upstream gradients, B·(n + m) numbers for B rows in all, less where B ≪ n. Of a
            convolution that is its images, not their patches.
        layers, rows: as of `Foof`.

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
        self,
        model: torch.nn.Module,
        damping: float = 1.0,
        *,
        method: str = "primal",
        layers: Layers = "all",
        rows: str = "expand",
    ) -> None:
        check_settings("GlobalIsaac", damping=damping, rows=rows)
        if not math.isfinite(damping):
            raise ValueError(f"GlobalIsaac: damping must be finite, got {damping}")
        if method not in METHODS:
            raise ValueError(f"GlobalIsaac: method must be one of {', '.join(METHODS)}, got {method!r}")
        if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
            raise RuntimeError("GlobalIsaac: torch.distributed is not initialised")
        if method == "primal":
            self._way: Foof | _Dual = Foof(
                model, damping, average=0.0, interval=1, layers=layers, rows=rows, processes=True
            )
        else:
            self._way = _Dual(model, damping, layers, rows == "reduce")
        self.layers = self._way.layers

    def step(self) -> None:
        """Conditions the gradients in place."""
        self._way.step()

    def remove(self) -> None:
        """Takes the hooks off the layers."""
        self._way.remove()


class _Dual:
    """Gathers what the layers read and their upstream gradients."""

    def __init__(self, model: torch.nn.Module, damping: float, layers: Layers, reduce: bool) -> None:
        self.damping = torch.tensor(damping, dtype=torch.float64)
        self.reduce = reduce
        self.layers = watched_layers("GlobalIsaac", model, layers)
        self._pairs: dict[str, list[tuple[Tensor, Tensor]]] = {name: [] for name in self.layers}
        self._hooks = [
            layer.register_forward_hook(self._note_of(name)) for name, layer in self.layers.items()
        ]

    def _note_of(self, name: str) -> Callable:
        def note(layer: torch.nn.Module, given: tuple, out: Tensor) -> None:
            if not (layer.training and out.requires_grad):
                return
            x = given[0].detach()
            out.register_hook(lambda grad: self._take(name, layer, x, grad))

        return note

    def _take(self, name: str, layer: torch.nn.Module, x: Tensor, grad: Tensor) -> None:
        self._pairs[name].append(_samples(layer, x, grad.detach(), self.reduce))

    @torch.no_grad()
    def step(self) -> None:
        """Conditions the gradients in place."""
        for name, layer in self.layers.items():
            pairs, self._pairs[name] = self._pairs[name], []
            if layer.weight.grad is None or not pairs:
                continue
            x, grad = (_gathered(torch.cat([pair[i] for pair in pairs])) for i in range(2))
            grad = grad / torch.distributed.get_world_size()
            layer.weight.grad.copy_(self._conditioned(name, layer, x, grad))

    def _conditioned(self, name: str, layer: torch.nn.Module, x: Tensor, grad: Tensor) -> Tensor:
        """The gradient of the layer's weight for all samples."""
        settings = (self.damping, False, False, self.reduce, False, math.inf, False, name, 0)
        weight = layer.weight.to(x.dtype)
        wanted = [False, True, False]
        if isinstance(layer, torch.nn.Linear):
            return ops.isaac_linear_backward(grad.to(x.dtype), x, weight, None, *settings, wanted)[1]
        x, padding = padded(cast(torch.nn.Conv2d, layer), x)
        shape = (layer.stride, padding, layer.dilation, layer.groups)
        return ops.isaac_conv2d_backward(grad.to(x.dtype), x, weight, None, *shape, *settings, wanted)[1]

    def remove(self) -> None:
        """Takes the hooks off the layers."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []


def _samples(layer: torch.nn.Module, x: Tensor, grad: Tensor, reduce: bool) -> tuple[Tensor, Tensor]:
    """Both with a dimension for samples, or, of a linear layer whose positions are rows, for rows."""
    linear = isinstance(layer, torch.nn.Linear)
    if x.dim() == (1 if linear else 3):
        x, grad = x.unsqueeze(0), grad.unsqueeze(0)
    return (x.flatten(0, -2), grad.flatten(0, -2)) if linear and not reduce else (x, grad)


def _gathered(rows: Tensor) -> Tensor:
    """The rows of all processes, which have equally many."""
    everyone = [torch.empty_like(rows) for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather(everyone, rows.contiguous())
    return torch.cat(everyone)
