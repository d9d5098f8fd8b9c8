# python/pliant/compat/gendr/losses.py — gendr.LaplacianLoss and FlattenLoss
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from pliant import render as ours


class _MeshLoss(torch.nn.Module):
    """A loss whose tables are no part of its state; the package's own, dense ones are passed over."""

    _published: tuple[str, ...] = ()

    def __init__(self, average: bool, **tables: Tensor) -> None:
        super().__init__()
        self.average = average
        for name, table in tables.items():
            self.register_buffer(name, table, persistent=False)

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *args: Any) -> None:
        passed_over = {prefix + name for name in self._published}
        kept = {name: value for name, value in state_dict.items() if name not in passed_over}
        super()._load_from_state_dict(kept, prefix, *args)

    def _averaged(self, loss: Tensor) -> Tensor:
        return loss.mean() if self.average else loss


class LaplacianLoss(_MeshLoss):
    """Σ_v ‖x_v - mean of its neighbours‖²: forward(x (B, V, 3)) → (B), or with `average` their mean.

    Args:
        vertex: (V, 3)
        faces: (F, 3)
        average: whether to take the mean over the batch

    >>> loss = gendr.LaplacianLoss(torch.eye(3), torch.tensor([[0, 1, 2]]))
    >>> loss(torch.eye(3).unsqueeze(0))
    tensor([4.5000])
    """

    _published = ("laplacian",)
    offsets: Tensor
    neighbours: Tensor

    def __init__(self, vertex: Tensor, faces: Tensor, average: bool = False) -> None:
        parts = ours.topology(faces, len(vertex))
        super().__init__(average, offsets=parts.offsets, neighbours=parts.neighbours)
        self.nv, self.nf = len(vertex), len(faces)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        return self._averaged(ours.laplacian_loss(x, _topology(self)))


class FlattenLoss(_MeshLoss):
    """Σ over edges of (cos ∠(h₁, h₂) + 1)²: forward(vertices (B, V, 3)) → (B), or their mean.

    As in the package, an edge counts that is, in one of its two faces at least, between its first and second
    vertex, or its second and third. `pliant.render.FlattenLoss` takes all edges.

    Args:
        faces: (F, 3)
        average: whether to take the mean over the batch

    >>> loss = gendr.FlattenLoss(torch.tensor([[0, 1, 2], [2, 1, 3]]))
    >>> bend = torch.tensor([[[1.0, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, 1]]])
    >>> loss(bend)
    tensor([1.])
    """

    _published = ("v0s", "v1s", "v2s", "v3s")
    interior: Tensor

    def __init__(self, faces: Tensor, average: bool = False) -> None:
        faces = faces.detach().cpu().long()
        vertices = int(faces.max()) + 1 if len(faces) else 0
        edges = ours.topology(faces, vertices).interior
        seen = torch.cat((faces[:, 0:2], faces[:, 1:3])).sort(1).values
        counted = torch.isin(edges[:, 0] * vertices + edges[:, 1], seen[:, 0] * vertices + seen[:, 1])
        super().__init__(average, interior=edges[counted])
        self.nf = len(faces)

    def forward(self, vertices: Tensor, eps: float = 1e-6) -> Tensor:
        """See the class.

        Args:
            eps: added to squared lengths and to denominators
        """
        return self._averaged(ours.flatten_loss(vertices, _topology(self), smoothing=eps))


def _topology(loss: _MeshLoss) -> ours.Topology:
    """The loss's tables; those it does not use are empty."""
    nothing = torch.empty(0, dtype=torch.int64)
    return ours.Topology(*(getattr(loss, name, nothing) for name in ours.Topology._fields))
