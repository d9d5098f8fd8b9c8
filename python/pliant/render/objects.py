# python/pliant/render/objects.py — recognisable objects of simple parts, as data that everybody has
"""Families of objects made of closed parts that may overlap: silhouettes and solid voxels are those of the
union. All stand upright (y) with their front towards −z, and their longest side is 1, around 0. float32.
"""

from __future__ import annotations

from pliant._library import ops
from pliant.render.mesh import Mesh


def object_families() -> list[str]:
    """The names that `make_object` and `draw_object` know.

    >>> "airplane" in pliant.render.object_families()
    True
    """
    return list(ops.object_families())


def make_object(family: str) -> Mesh:
    """The family's object of middling proportions.

    Raises:
        ValueError: if there is no such family; the text lists them

    >>> pliant.render.make_object("table")
    Mesh(batch_size=1, num_vertices=40, num_faces=60, texture_type='surface')
    """
    return Mesh(*ops.make_object(family))


def draw_object(family: str, seed: int = 0, index: int = 0) -> Mesh:
    """Object `index` of a family: every proportion is drawn from its range, by (seed, family, index) alone.

    All of a family have the same faces, so that they stack to batches.

    Raises:
        ValueError: if there is no such family; the text lists them

    >>> tables = [pliant.render.draw_object("table", seed=0, index=index) for index in range(2)]
    >>> torch.equal(tables[0].faces, tables[1].faces), torch.equal(tables[0].vertices, tables[1].vertices)
    (True, False)
    """
    return Mesh(*ops.draw_object(family, seed, index))
