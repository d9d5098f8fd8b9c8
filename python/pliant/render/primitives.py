# python/pliant/render/primitives.py — spheres, boxes and other simple meshes
"""Each is a `pliant.render.Mesh` of one float32 mesh, faces outwards, y up and its middle at 0. All but
`plane` are closed. Lengths are > 0; a ValueError names the argument that is not.
"""

from __future__ import annotations

from pliant._library import ops
from pliant.render.mesh import Mesh


def icosphere(level: int = 3, radius: float = 1.0) -> Mesh:
    """An icosahedron on a sphere, each face split into four `level` (0 … 8) times.

    >>> pliant.render.icosphere(3)
    Mesh(batch_size=1, num_vertices=642, num_faces=1280, texture_type='surface')
    """
    return Mesh(*ops.icosphere(level, radius))


def uv_sphere(rings: int = 16, segments: int = 32, radius: float = 1.0) -> Mesh:
    """A sphere of `rings` ≥ 2 bands from pole to pole and `segments` ≥ 3 sectors.

    >>> pliant.render.uv_sphere(rings=4, segments=8)
    Mesh(batch_size=1, num_vertices=26, num_faces=48, texture_type='surface')
    """
    return Mesh(*ops.uv_sphere(rings, segments, radius))


def box(x: float = 1.0, y: float = 1.0, z: float = 1.0) -> Mesh:
    """A box with sides x, y and z: 8 vertices, 12 faces.

    >>> pliant.render.box(1.0, 2.0, 3.0).vertices.amax(1)
    tensor([[0.5000, 1.0000, 1.5000]])
    """
    return Mesh(*ops.box(x, y, z))


def torus(radius: float = 1.0, tube: float = 0.3, segments: int = 32, sides: int = 16) -> Mesh:
    """A torus around the y axis, of `segments` ≥ 3 around the axis and `sides` ≥ 3 around the tube.

    `radius` reaches from the axis to the middle of the tube, whose own radius is `tube` < radius.

    >>> pliant.render.torus(radius=1.0, tube=0.25).vertices.amax(1)
    tensor([[1.2500, 0.2500, 1.2500]])
    """
    return Mesh(*ops.torus(radius, tube, segments, sides))


def cylinder(radius: float = 1.0, height: float = 2.0, segments: int = 32) -> Mesh:
    """A closed cylinder around the y axis, of `segments` ≥ 3 sides.

    >>> pliant.render.cylinder(radius=0.5, height=3.0).vertices.amax(1)
    tensor([[0.5000, 1.5000, 0.5000]])
    """
    return Mesh(*ops.cylinder(radius, height, segments))


def plane(side: float = 1.0, divisions: int = 1) -> Mesh:
    """A square in the plane y = 0, its front above, of 2·divisions² faces. It has a boundary.

    >>> pliant.render.plane(side=2.0, divisions=2)
    Mesh(batch_size=1, num_vertices=9, num_faces=8, texture_type='surface')
    """
    return Mesh(*ops.plane(side, divisions))
