# experiments/optim/controls.py — what else could explain ISAAC's gain: other changes of the same gradients
"""Conditioners for experiments, linear layers only. Each keeps what the layers read (X, b rows) and, where it
needs it, the upstream gradient (G); `.step()` changes `.grad` of the weights in place, after `.backward()`
and before the optimiser's step. They are written for clearness, in float32 and torch's linear algebra.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


def conditioned(grad: Tensor, x: Tensor, damping: float) -> Tensor:
    """ISAAC's λ·∇·(XᵀX/b + λI)⁻¹ of a plain gradient ∇ (m, n), by the smaller side; ∇ where X is so large
    that there is no factor, as Isaac has it.
    """
    beta = len(x) * damping
    few_rows = len(x) < x.shape[1]
    gram = x @ x.T if few_rows else x.T @ x
    factor, failed = torch.linalg.cholesky_ex(torch.eye(len(gram)) + gram / beta)
    if failed:
        return grad
    if few_rows:
        return grad - torch.cholesky_solve(x @ grad.T, factor).T @ x / beta
    return torch.cholesky_solve(grad.T, factor).T


class Watched(ABC):
    """Linear layers and what they read and got in this step."""

    def __init__(self, model: nn.Module, damping: float) -> None:
        self.damping = damping
        self.layers = [module for module in model.modules() if isinstance(module, nn.Linear)]
        self.read: dict[nn.Module, Tensor] = {}
        self.upstream: dict[nn.Module, Tensor] = {}
        for layer in self.layers:
            layer.register_forward_hook(self._note)

    def _note(self, layer: nn.Module, given: tuple, out: Tensor) -> None:
        if not layer.training:
            return
        self.read[layer] = given[0].detach().flatten(0, -2)
        out.register_hook(lambda grad: self.upstream.__setitem__(layer, grad.flatten(0, -2)))

    @torch.no_grad()
    def step(self) -> None:
        """Changes the gradients in place."""
        for layer in self.layers:
            layer.weight.grad.copy_(self.changed(layer, layer.weight.grad, self.read[layer]))

    @abstractmethod
    def changed(self, layer: nn.Module, grad: Tensor, x: Tensor) -> Tensor:
        """What the gradient of a layer becomes."""


class Shortened(Watched):
    """Plain gradients, each as long as ISAAC's."""

    def changed(self, layer: nn.Module, grad: Tensor, x: Tensor) -> Tensor:
        """The direction is ∇'s."""
        return grad * (conditioned(grad, x, self.damping).norm() / grad.norm().clamp_min(1e-30))


class OtherBatch(Watched):
    """Conditioned by what the batch before read; the first step is plain."""

    def __init__(self, model: nn.Module, damping: float) -> None:
        super().__init__(model, damping)
        self.before: dict[nn.Module, Tensor] = {}

    def changed(self, layer: nn.Module, grad: Tensor, x: Tensor) -> Tensor:
        """X is of the step before."""
        before, self.before[layer] = self.before.get(layer), x
        return grad if before is None else conditioned(grad, before, self.damping)


class MeanDeflated(Watched):
    """XᵀX/b is taken for x̄x̄ᵀ of the mean row x̄: λ·∇·(x̄x̄ᵀ + λI)⁻¹, by Sherman and Morrison."""

    def changed(self, layer: nn.Module, grad: Tensor, x: Tensor) -> Tensor:
        """Nothing but the direction of the mean is shortened."""
        mean = x.mean(0)
        return grad - torch.outer(grad @ mean, mean / (self.damping + mean.dot(mean)))


class NormalisedRows(Watched):
    """Normalised least mean squares: each row's share of the gradient times λ/(λ + ‖x‖²)."""

    def changed(self, layer: nn.Module, grad: Tensor, x: Tensor) -> Tensor:
        """The sum over the rows is made once more."""
        scale = self.damping / (self.damping + x.square().sum(1, keepdim=True))
        return (self.upstream[layer] * scale).T @ x


CONTROLS: dict[str, type[Watched]] = {
    "shortened": Shortened,
    "other_batch": OtherBatch,
    "mean_deflated": MeanDeflated,
    "normalised_rows": NormalisedRows,
}
