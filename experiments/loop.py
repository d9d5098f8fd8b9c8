# experiments/loop.py — the one training loop in PyTorch in which peers are compared: only the sorter differs
from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

Sorter = Callable[[Tensor], Tensor]  # scores (B, n) → P (B, n, n), [b, i, r] = weight of item i at rank r
Draw = Callable[[int], tuple[Tensor, Tensor]]  # step → images (B, n, …) and labels (B, n), keyed by the step


def permutation_of(labels: Tensor) -> Tensor:
    """The true permutation matrix (B, n, n) of labels, equal ones ranked by position."""
    ranks = labels.argsort(dim=1, stable=True).argsort(dim=1)
    return torch.nn.functional.one_hot(ranks, labels.shape[1]).float()


def train(
    model: torch.nn.Module, sorter: Sorter, draw: Draw, steps: int, rate: float
) -> Iterator[tuple[int, float, float]]:
    """Trains by the binary cross-entropy of P with Adam; yields step, loss and gradient norm of each step."""
    optimizer = torch.optim.Adam(model.parameters(), rate)
    for step in range(steps):
        images, labels = draw(step)
        model.train()
        scores = model(images.flatten(0, 1)).view(labels.shape)
        loss = torch.nn.functional.binary_cross_entropy(sorter(scores).clamp(0, 1), permutation_of(labels))
        optimizer.zero_grad()
        loss.backward()
        norm = torch.linalg.vector_norm(torch.stack([p.grad.norm() for p in model.parameters()]))
        optimizer.step()
        yield step + 1, loss.item(), norm.item()


@torch.no_grad()
def evaluate(model: torch.nn.Module, batches: list[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Exact match and element-wise accuracy over the batches."""
    model.eval()
    right = [
        model(images.flatten(0, 1)).view(labels.shape).argsort(dim=1, stable=True)
        == labels.argsort(dim=1, stable=True)
        for images, labels in batches
    ]
    found = torch.cat(right)
    return {"exact": found.all(1).double().mean().item(), "elementwise": found.double().mean().item()}
