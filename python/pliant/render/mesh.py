# python/pliant/render/mesh.py — triangle meshes: faces, normals, textures, files
"""Throughout, vertices are (B, V, 3), float32 or float64, and faces (F, 3), one list for all of the batch, or
(B, F, 3), integers in 0 … V − 1. A face whose vertices go counter-clockwise seen from outside, in
right-handed coordinates, has its front outside.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import torch
from torch import Tensor

from pliant._library import ops

_Path = str | os.PathLike[str]


def face_vertices(vertices: Tensor, faces: Tensor) -> Tensor:
    """Values of vertices at the corners of faces.

    Args:
        vertices: (B, V, C), such as coordinates or colours
        faces: (F, 3) or (B, F, 3), int32 or int64

    Returns:
        (B, F, 3, C)

    Raises:
        ValueError: names the face and vertex if a vertex is not in 0 … V − 1

    Gradient: vertices, twice; the same bits for any number of threads.

    >>> pliant.render.face_vertices(torch.tensor([[[0.0], [1.0], [2.0]]]), torch.tensor([[2, 0, 1]]))
    tensor([[[[2.],
              [0.],
              [1.]]]])
    """
    return ops.face_vertices(vertices, faces)


def surface_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Unit normals (B, F, 3) of faces, outwards: (v₁ − v₀) × (v₂ − v₀) over max(its length, 1e-6).

    A face without area has the normal 0. Gradient: vertices, twice.

    >>> corners = torch.tensor([[[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]])
    >>> pliant.render.surface_normals(corners, torch.tensor([[0, 1, 2]]))
    tensor([[[0., 0., 1.]]])
    """
    return ops.surface_normals(vertices, faces)


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Unit normals (B, V, 3) of vertices: sums over the faces around, weighted by area, over max(length,
    1e-6).

    A vertex of no face has the normal 0. Gradient: vertices, twice.

    >>> corners = torch.tensor([[[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]])
    >>> pliant.render.vertex_normals(corners, torch.tensor([[0, 1, 2]]))[0, 0]
    tensor([0., 0., 1.])
    """
    return ops.vertex_normals(vertices, faces)


class Topology(NamedTuple):
    """What is next to what in a mesh; all int64 and sorted.

    >>> mesh = pliant.render.box()
    >>> parts = pliant.render.topology(mesh.faces, mesh.num_vertices)
    >>> len(parts.edges), parts.neighbours[parts.offsets[0] : parts.offsets[1]].tolist()
    (18, [1, 2, 3, 4, 5, 6])
    """

    edges: Tensor  #: (E, 2), each once, the smaller vertex first
    offsets: Tensor  #: (V + 1): the neighbours of v are neighbours[offsets[v] : offsets[v + 1]]
    neighbours: Tensor  #: (2 E)
    interior: Tensor  #: (I, 4): edges of exactly two faces, and the vertex opposite in each of them


def topology(faces: Tensor, vertices: int) -> Topology:
    """Edges, neighbours and opposite vertices of a mesh. Faces that have a vertex twice are left out.

    Args:
        faces: (F, 3)
        vertices: V

    Raises:
        ValueError: if a vertex is not in 0 … V − 1

    Cost: O(F log F), once per mesh.

    >>> pliant.render.topology(torch.tensor([[0, 1, 2], [2, 1, 3]]), 4).interior
    tensor([[1, 2, 0, 3]])
    """
    return Topology(*ops.mesh_topology(faces, vertices))


def load_obj(
    path: _Path,
    normalization: bool = False,
    load_texture: bool = False,
    texture_res: int = 1,
    texture_type: str = "surface",
) -> tuple[Tensor, Tensor, Tensor | None]:
    r"""Reads an OBJ file: polygons become fans of triangles, indices may be negative.

    Args:
        path: of the .obj file
        normalization: moves and scales the mesh into a cube of side 2 around 0
        load_texture: reads the colours too
        texture_res: R, 1 … 64: R² texels a face
        texture_type: "surface": from the materials of the .mtl file, Kd or the picture map_Kd (PNG or JPEG),
            read bilinearly in the middle of each texel; "vertex": the colours behind the vertices'
            coordinates

    Returns:
        vertices float32 (V, 3), faces int64 (F, 3), and textures float32 (F, R², 3) or (V, 3), or None

    Raises:
        ValueError: if the file is damaged or empty (the text names file and line), or a texture is missing
        RuntimeError: if the file cannot be read

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".obj") as file:
    ...     _ = file.write("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nf 1 2 3 4\n")
    ...     file.flush()
    ...     vertices, faces, textures = pliant.render.load_obj(file.name)
    >>> faces
    tensor([[0, 1, 2],
            [0, 2, 3]])
    """
    return ops.load_obj(os.fspath(path), normalization, load_texture, texture_res, texture_type)


def save_obj(
    path: _Path,
    vertices: Tensor,
    faces: Tensor,
    textures: Tensor | None = None,
    texture_type: str = "surface",
) -> None:
    """Writes an OBJ file that `load_obj` reads back: coordinates bit by bit, textures to 8 bits.

    Args:
        path: of the .obj file; with surface textures, a .mtl and a .png file of the same name are written too
        vertices: (V, 3)
        faces: (F, 3)
        textures: (F, R², 3) for "surface", (V, 3) for "vertex", in [0, 1]
        texture_type: "surface" or "vertex"

    Raises:
        ValueError: if shapes do not fit, or numbers are not finite
        RuntimeError: if a file cannot be written

    >>> import tempfile
    >>> mesh = pliant.render.icosphere(0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pliant.render.save_obj(f"{folder}/ball.obj", mesh.vertices[0], mesh.faces)
    ...     vertices, faces, _ = pliant.render.load_obj(f"{folder}/ball.obj")
    >>> torch.equal(vertices, mesh.vertices[0]), torch.equal(faces, mesh.faces)
    (True, True)
    """
    ops.save_obj(os.fspath(path), vertices, faces, textures, texture_type)


class Mesh:
    """A batch of meshes with the same numbers of vertices and faces.

    Args:
        vertices: (V, 3) or (B, V, 3), float32 or float64, finite
        faces: (F, 3) or (B, F, 3), int32 or int64, in 0 … V − 1
        textures: in [0, 1]; (F, R², 3) or (B, F, R², 3) for "surface", (V, 3) or (B, V, 3) for "vertex"; None
            is white
        texture_res: R of a white surface
        texture_type: "surface": R² texels a face; "vertex": colours of the vertices, blended over each face

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    All values are checked here and nowhere later. A mesh is never changed: `with_vertices` and
    `with_textures` give another one, cheaply, as each step of an optimisation wants it.

    >>> mesh = pliant.render.Mesh(torch.eye(3), torch.tensor([[0, 1, 2]]))
    >>> mesh
    Mesh(batch_size=1, num_vertices=3, num_faces=1, texture_type='surface')
    >>> mesh.surface_normals
    tensor([[[0.5774, 0.5774, 0.5774]]])
    """

    def __init__(
        self,
        vertices: Tensor,
        faces: Tensor,
        textures: Tensor | None = None,
        texture_res: int = 1,
        texture_type: str = "surface",
    ) -> None:
        vertices, self.faces = ops.mesh_check(vertices, faces)
        if textures is None and texture_type == "surface" and texture_res != 1:
            if texture_res < 1:
                raise ValueError(f"Mesh: texture_res must be >= 1, got {texture_res}")
            textures = vertices.new_ones(1).expand(self.faces.shape[-2], texture_res**2, 3)
        self.texture_type = texture_type
        self._set(vertices, textures)

    def _set(self, vertices: Tensor, textures: Tensor | None) -> None:
        self.vertices = vertices
        self.textures = ops.mesh_textures(vertices, self.faces, textures, self.texture_type)

    @classmethod
    def from_obj(
        cls,
        path: _Path,
        normalization: bool = False,
        load_texture: bool = False,
        texture_res: int = 1,
        texture_type: str = "surface",
    ) -> Mesh:
        """The mesh of an OBJ file; arguments and errors as of `load_obj`."""
        vertices, faces, textures = load_obj(path, normalization, load_texture, texture_res, texture_type)
        return cls(vertices, faces, textures, texture_res, texture_type)

    def save_obj(self, path: _Path, save_texture: bool = False) -> None:
        """Writes the one mesh of the batch, with its textures or without; see `save_obj`."""
        if self.batch_size != 1:
            raise ValueError(f"save_obj: a file holds one mesh, this is a batch of {self.batch_size}")
        faces = self.faces if self.faces.dim() == 2 else self.faces[0]
        save_obj(path, self.vertices[0], faces, self.textures[0] if save_texture else None, self.texture_type)

    @property
    def batch_size(self) -> int:
        """B."""
        return self.vertices.shape[0]

    @property
    def num_vertices(self) -> int:
        """V."""
        return self.vertices.shape[1]

    @property
    def num_faces(self) -> int:
        """F."""
        return self.faces.shape[-2]

    @property
    def texture_res(self) -> int:
        """R of a surface, 1 for colours of vertices."""
        return round(self.textures.shape[2] ** 0.5) if self.texture_type == "surface" else 1

    @property
    def device(self) -> torch.device:
        """Where the vertices are."""
        return self.vertices.device

    @property
    def face_vertices(self) -> Tensor:
        """Coordinates at the corners of faces, (B, F, 3, 3)."""
        return ops.face_vertices(self.vertices, self.faces)

    @property
    def face_textures(self) -> Tensor:
        """What the renderer takes: texels (B, F, R², 3), or colours (B, F, 3, 3) at the corners of faces."""
        return (
            self.textures if self.texture_type == "surface" else ops.face_vertices(self.textures, self.faces)
        )

    @property
    def surface_normals(self) -> Tensor:
        """See `surface_normals`."""
        return ops.surface_normals(self.vertices, self.faces)

    @property
    def vertex_normals(self) -> Tensor:
        """See `vertex_normals`."""
        return ops.vertex_normals(self.vertices, self.faces)

    def voxelize(self, size: int = 32) -> Tensor:
        """Solid voxels of coordinates · (n − 1)/n + ½, uint8 (B, n, n, n): objects of [−½, ½] fill the grid.

        There is no gradient. See `voxelize`.

        >>> int(pliant.render.box(0.5, 0.5, 0.5).voxelize(8).sum())
        64
        """
        corners = ops.face_vertices(self.vertices.detach(), self.faces)
        return ops.voxelize(corners * ((size - 1) / size) + 0.5, size)

    def with_vertices(self, vertices: Tensor) -> Mesh:
        """The same mesh with other vertices, of which only the shape is checked.

        Args:
            vertices: (V, 3) or (B, V, 3); B as before, or anything if there was one mesh
        """
        vertices = vertices if vertices.dim() == 3 else vertices.unsqueeze(0)
        before = self.vertices.shape
        same = vertices.shape == before
        if not same and (vertices.shape[1:] != before[1:] or before[0] != 1 or self.faces.dim() != 2):
            raise ValueError(f"Mesh: vertices must be {tuple(before)}, got {tuple(vertices.shape)}")
        return self._copy(vertices, self.textures, same)

    def with_textures(self, textures: Tensor) -> Mesh:
        """The same mesh with other textures, of which only the shape is checked."""
        return self._copy(self.vertices, textures, False)

    def _copy(self, vertices: Tensor, textures: Tensor, checked: bool) -> Mesh:
        mesh = object.__new__(type(self))
        mesh.faces, mesh.texture_type = self.faces, self.texture_type
        if checked:
            mesh.vertices, mesh.textures = vertices, textures
        else:
            mesh._set(vertices, textures)
        return mesh

    def to(self, *arguments: Any, **options: Any) -> Mesh:
        """The mesh on another device or in another floating-point dtype, as `torch.Tensor.to`."""
        mesh = self._copy(
            self.vertices.to(*arguments, **options), self.textures.to(*arguments, **options), True
        )
        mesh.faces = self.faces.to(mesh.vertices.device)
        return mesh

    def __repr__(self) -> str:
        sizes = f"batch_size={self.batch_size}, num_vertices={self.num_vertices}, num_faces={self.num_faces}"
        return f"Mesh({sizes}, texture_type={self.texture_type!r})"
