# python/pliant/render/voxels.py — meshes as solid voxels
from __future__ import annotations

from torch import Tensor

from pliant._library import ops


def voxelize(face_vertices: Tensor, size: int = 32) -> Tensor:
    """The voxels that closed surfaces enclose, the surface included.

    As the ShapeNet evaluation of SoftRas and GenDR counts them: along each axis, the integer columns that hit
    a face's projection mark the 4 voxels around them at that depth; so does every vertex its own; a flood
    from the cube's border over unmarked voxels (6 neighbours) leaves what is solid.

    Args:
        face_vertices: (B, F, 3, 3), float32 or float64; [0, 1] is the cube. A face with a coordinate that is
            not finite marks nothing, nor does what is outside.
        size: n, 1 … 512

    Returns:
        uint8 (B, n, n, n) by x, y, z; 1 is solid

    Raises:
        ValueError, TypeError: if an argument is wrong
        NotImplementedError: if a gradient is asked for: face_vertices requires one, outside of
            torch.no_grad()

    Cost: O(B · (n³ + columns under the faces)); parallel over the batch.

    >>> ball = pliant.render.icosphere(2, radius=0.4)
    >>> pliant.render.voxelize(ball.face_vertices + 0.5, 8).shape
    torch.Size([1, 8, 8, 8])
    """
    return ops.voxelize(face_vertices, size)
