# python/pliant/render/shapes.py — families of random bodies, as meshes and as exact voxels
"""Bodies of genus 0, each star-shaped around 0, its largest coordinate 0.45. One family is to single-view
reconstruction what a class of objects is: the same axes, other proportions. Body `index` of a family and a
seed is the same on every machine.
"""

from __future__ import annotations

from torch import Tensor

from pliant._library import ops
from pliant.render.mesh import Mesh


def shape_families() -> list[str]:
    """The names that `shape` takes.

    >>> pliant.render.shape_families()[:4]
    ['ellipsoid', 'superquadric', 'box', 'tapered_box']
    """
    return ops.shape_families()


def shape(family: str, index: int, *, seed: int = 0, level: int = 3) -> Mesh:
    """Body `index` of a family: `icosphere(level)` with its vertices on the body's surface.

    Raises:
        ValueError: if there is no such family, or a number is out of its range

    >>> pliant.render.shape("prism", 7)
    Mesh(batch_size=1, num_vertices=642, num_faces=1280, texture_type='surface')
    """
    return Mesh(*ops.shape(family, seed, index, level))


def shape_voxels(family: str, index: int, *, seed: int = 0, size: int = 32) -> Tensor:
    """Which voxels have their middle inside of the body, exactly: uint8 (n, n, n) by x, y, z.

    They are the voxels of `Mesh.voxelize`, which marks the surface too and so has a rim more.

    >>> pliant.render.shape_voxels("prism", 7, size=8).shape
    torch.Size([8, 8, 8])
    """
    return ops.shape_voxels(family, seed, index, size)
