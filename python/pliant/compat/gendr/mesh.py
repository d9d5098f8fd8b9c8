# python/pliant/compat/gendr/mesh.py — gendr.Mesh
from __future__ import annotations

import os

import numpy as np
import torch
from torch import Tensor

from pliant import render as ours
from pliant.compat.gendr import functional

_Path = str | os.PathLike[str]


class Mesh:
    """A batch of meshes with the same numbers of vertices and faces.

    Args:
        vertices: (V, 3) or (B, V, 3); an array becomes float32
        faces: (F, 3) or (B, F, 3); an array becomes int32
        textures: (F, R², 3) or (B, F, R², 3) of "surface", (V, 3) or (B, V, 3) of "vertex"; None is white
        texture_res: R of a white surface
        texture_type: "surface" or "vertex"

    Unlike `pliant.render.Mesh` it looks at no values: what draws it checks them.

    >>> gendr.Mesh(torch.eye(3), torch.tensor([[0, 1, 2]])).face_vertices.shape
    torch.Size([1, 1, 3, 3])
    """

    def __init__(
        self,
        vertices: Tensor | np.ndarray,
        faces: Tensor | np.ndarray,
        textures: Tensor | np.ndarray | None = None,
        texture_res: int = 1,
        texture_type: str = "surface",
    ) -> None:
        if texture_type not in ("surface", "vertex"):
            raise ValueError(f"Mesh: texture_type must be surface or vertex, got {texture_type!r}")
        self._vertices = _batched(
            torch.from_numpy(vertices).float() if isinstance(vertices, np.ndarray) else vertices, 3
        )
        self._faces = _batched(torch.from_numpy(faces).int() if isinstance(faces, np.ndarray) else faces, 3)
        self.device, self.texture_type = self._vertices.device, texture_type
        self.batch_size, self.num_vertices = self._vertices.shape[:2]
        self.num_faces = self._faces.shape[1]
        surface = texture_type == "surface"
        if textures is None:
            shape = (self.num_faces, texture_res**2) if surface else (self.num_vertices,)
            self._textures = self._vertices.new_ones(self.batch_size, *shape, 3)
            self.texture_res = texture_res if surface else 1
        else:
            textures = torch.from_numpy(textures).float() if isinstance(textures, np.ndarray) else textures
            self._textures = _batched(textures, 4 if surface else 3)
            self.texture_res = int(np.sqrt(self._textures.shape[2]))

    @classmethod
    def from_obj(
        cls,
        filename_obj: _Path,
        normalization: bool = False,
        load_texture: bool = False,
        texture_res: int = 1,
        texture_type: str = "surface",
    ) -> Mesh:
        """The mesh of an OBJ file; see `pliant.render.load_obj`."""
        loaded = functional.load_obj(filename_obj, normalization, load_texture, texture_res, texture_type)
        return cls(loaded[0], loaded[1], loaded[2] if load_texture else None, texture_res, texture_type)

    def save_obj(self, filename_obj: _Path, save_texture: bool = False, texture_res_out: int = 16) -> None:
        """Writes the one mesh of the batch; `texture_res_out` is not looked at."""
        if self.batch_size != 1:
            raise ValueError(f"Could not save when batch size > 1, got {self.batch_size}")
        textures = self.textures[0] if save_texture else None
        functional.save_obj(
            filename_obj, self.vertices[0], self.faces[0], textures, texture_res_out, self.texture_type
        )

    @property
    def vertices(self) -> Tensor:
        """(B, V, 3)."""
        return self._vertices

    @property
    def faces(self) -> Tensor:
        """(B, F, 3)."""
        return self._faces

    @property
    def textures(self) -> Tensor:
        """(B, F, R², 3), or (B, V, 3)."""
        return self._textures

    @property
    def shared_faces(self) -> Tensor:
        """The faces as the library takes them: (F, 3) if they are one list."""
        return self._faces[0] if len(self._faces) == 1 else self._faces

    @property
    def face_vertices(self) -> Tensor:
        """Coordinates at the corners of faces, (B, F, 3, 3)."""
        return ours.face_vertices(self.vertices, self.shared_faces)

    @property
    def face_textures(self) -> Tensor:
        """What the renderer takes: texels (B, F, R², 3), or colours (B, F, 3, 3) at the corners of faces."""
        surface = self.texture_type == "surface"
        return self.textures if surface else ours.face_vertices(self.textures, self.shared_faces)

    @property
    def surface_normals(self) -> Tensor:
        """Unit normals (B, F, 3) of the faces."""
        return ours.surface_normals(self.vertices, self.shared_faces)

    @property
    def vertex_normals(self) -> Tensor:
        """Unit normals (B, V, 3) of the vertices."""
        return ours.vertex_normals(self.vertices, self.shared_faces)

    def voxelize(self, voxel_size: int = 32) -> Tensor:
        """Solid voxels of coordinates · n/(n - 1) + ½, int32 (B, n, n, n)."""
        corners = self.face_vertices * voxel_size / (voxel_size - 1) + 0.5
        return functional.voxelization(corners, voxel_size, False)


def _batched(values: Tensor, dim: int) -> Tensor:
    return values.unsqueeze(0) if values.ndim == dim - 1 else values
