# python/pliant/render/losses.py — losses of silhouettes, voxels and meshes
from __future__ import annotations

import torch
from torch import Tensor

from pliant._library import ops
from pliant.render.mesh import Topology, topology


def silhouette_iou_loss(prediction: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """1 − Σ p t / (Σ (p + t − p t) + 1e-6) over the pixels of each image.

    Args:
        prediction, target: (B, H, W), coverage in [0, 1]: the alpha channel
        reduction: "mean", "sum", or "none" for (B)

    Gradient: both, of any order.

    >>> image = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    >>> pliant.render.silhouette_iou_loss(image, image.mT)
    tensor(0.6667)
    """
    return ops.silhouette_iou_loss(prediction, target, reduction)


def silhouette_iou(prediction: Tensor, target: Tensor) -> Tensor:
    """Intersection over union of each pair of images, (B): 1 − `silhouette_iou_loss`.

    >>> image = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    >>> pliant.render.silhouette_iou(image, image.mT)
    tensor([0.3333])
    """
    return 1 - ops.silhouette_iou_loss(prediction, target, "none")


def voxel_iou(a: Tensor, b: Tensor) -> Tensor:
    """|a ∧ b| / |a ∨ b| of each pair of shapes, float64 (B); 1 where both are empty.

    Args:
        a, b: (B, …) of equal shape; what is not 0, or of real numbers what is above ½, is inside

    >>> pliant.render.voxel_iou(torch.tensor([[1, 1, 0]]), torch.tensor([[0, 1, 1]]))
    tensor([0.3333], dtype=torch.float64)
    """
    return ops.voxel_iou(a, b)


def laplacian_loss(vertices: Tensor, topology: Topology) -> Tensor:
    """Σ_v ‖x_v − mean of its neighbours‖² of each mesh: the uniform Laplacian, as SoftRas has it.

    Args:
        vertices: (B, V, 3), float32 or float64
        topology: `pliant.render.topology` of the mesh. A vertex without neighbours counts 0.

    Returns:
        (B)

    Gradient: vertices, once. Cost: O(B · (V + E)) time and memory, parallel over the batch.

    >>> mesh = pliant.render.box()
    >>> pliant.render.laplacian_loss(mesh.vertices, pliant.render.topology(mesh.faces, mesh.num_vertices))
    tensor([4.8750])
    """
    return ops.mesh_laplacian(vertices, topology.offsets, topology.neighbours)


def flatten_loss(vertices: Tensor, topology: Topology, smoothing: float | None = None) -> Tensor:
    """Σ over interior edges of (cos ∠(h₁, h₂) + 1)² of each mesh: 0 where the surface is flat.

    h₁ and h₂ are the heights of the edge's two faces over it: h = b − e (e·b)/(|e|² + 1e-6), their cosine
    over |h₁||h₂| + 1e-6. All edges that exactly two faces have are taken; those of one face (the boundary),
    or of three and more, are left out.

    Args:
        vertices: (B, V, 3), float32 or float64
        topology: `pliant.render.topology` of the mesh
        smoothing: ε > 0 instead of 1e-6, and lengths of heights as the published code has them,
            √(|b|² + ε) √(1 − cos² ∠(e, b) + ε): the loss of flat, finely divided surfaces is then not 0

    Returns:
        (B)

    Gradient: vertices, once, with `smoothing` of any order; 0 through the length of a height that is 0. Cost:
    O(B · E).

    >>> mesh = pliant.render.box()  # its 12 edges are right angles, the diagonals of its sides flat
    >>> pliant.render.flatten_loss(mesh.vertices, pliant.render.topology(mesh.faces, mesh.num_vertices))
    tensor([12.])
    """
    if smoothing is None:
        return ops.mesh_flatten(vertices, topology.interior)
    if not smoothing > 0:
        raise ValueError(f"flatten_loss: smoothing must be > 0, got {smoothing}")
    begin, end, *opposite = vertices.index_select(1, topology.interior.T.flatten()).chunk(4, 1)
    heights, lengths = zip(
        *(_smooth_height(end - begin, o - begin, smoothing) for o in opposite), strict=True
    )
    cosine = (heights[0] * heights[1]).sum(-1) / (lengths[0] * lengths[1] + smoothing)
    return (cosine + 1).square().sum(1)


def _smooth_height(e: Tensor, b: Tensor, smoothing: float) -> tuple[Tensor, Tensor]:
    """The height of b over e, and its smoothed length."""
    e2, b2, eb = e.square().sum(-1), b.square().sum(-1), (e * b).sum(-1)
    length = (b2 + smoothing).sqrt()
    cosine = eb / ((e2 + smoothing).sqrt() * length + smoothing)
    height = b - e * (eb / (e2 + smoothing)).unsqueeze(-1)
    return height, length * (1 - cosine.square() + smoothing).sqrt()


class LaplacianLoss(torch.nn.Module):
    """`laplacian_loss` as a module: forward(vertices (B, V, 3)) → (B), or with `average` their mean.

    Args:
        vertices: (V, 3) or (B, V, 3), of which only V is used, or V
        faces: (F, 3)
        average: whether to take the mean over the batch

    >>> mesh = pliant.render.icosphere(1)
    >>> loss = pliant.render.LaplacianLoss(mesh.vertices, mesh.faces)
    >>> loss(mesh.vertices).shape
    torch.Size([1])
    """

    def __init__(self, vertices: Tensor | int, faces: Tensor, average: bool = False) -> None:
        super().__init__()
        parts = topology(faces, vertices if isinstance(vertices, int) else vertices.shape[-2])
        self.register_buffer("offsets", parts.offsets)
        self.register_buffer("neighbours", parts.neighbours)
        self.average = average

    def forward(self, vertices: Tensor) -> Tensor:
        """See `laplacian_loss`."""
        loss = ops.mesh_laplacian(vertices, self.offsets, self.neighbours)
        return loss.mean() if self.average else loss


class FlattenLoss(torch.nn.Module):
    """`flatten_loss` as a module: forward(vertices (B, V, 3)) → (B), or with `average` their mean.

    Args:
        faces: (F, 3)
        average: whether to take the mean over the batch

    >>> mesh = pliant.render.box()
    >>> pliant.render.FlattenLoss(mesh.faces)(mesh.vertices)
    tensor([12.])
    """

    def __init__(self, faces: Tensor, average: bool = False) -> None:
        super().__init__()
        vertices = int(faces.max()) + 1 if faces.numel() else 0
        self.register_buffer("interior", topology(faces, vertices).interior)
        self.average = average

    def forward(self, vertices: Tensor) -> Tensor:
        """See `flatten_loss`."""
        loss = ops.mesh_flatten(vertices, self.interior)
        return loss.mean() if self.average else loss
