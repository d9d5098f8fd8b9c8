# python/pliant/render/light.py — ambient and directional light on meshes
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pliant._library import ops
from pliant.render.mesh import Mesh

_Vector = Sequence[float]


def lighting(normals: Tensor, ambient: Tensor, colours: Tensor, directions: Tensor) -> Tensor:
    """The light on surfaces: ambient + Σ_l colour_l · max(0, n · direction_l). Nothing throws a shadow.

    Args:
        normals: (…, 3), unit, float32 or float64
        ambient: (3) red, green, blue
        colours: (L, 3) of the directional lights, intensity included
        directions: (L, 3), towards the light; their length is a factor, as in GenDR

    Returns:
        (…, 3)

    Gradient: all, of any order.

    >>> up_and_down = torch.tensor([[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]])
    >>> above = torch.tensor([[0.0, 1.0, 0.0]])
    >>> pliant.render.lighting(up_and_down, torch.full((3,), 0.25), torch.ones(1, 3), above)
    tensor([[1.2500, 1.2500, 1.2500],
            [0.2500, 0.2500, 0.2500]])
    """
    return ops.lighting(normals, ambient, colours, directions)


class Lighting(torch.nn.Module):
    """Light on a mesh: forward(mesh) → the mesh with its textures times the light on its faces.

    Where textures are colours of vertices, the light is that on the vertices. It comes from the world, so
    light a mesh before the camera moves it.

    Args:
        intensity_ambient, color_ambient: of the light from everywhere
        intensity_directionals: a number, or one for each directional light
        color_directionals: (3), or one for each
        directions: (3) or one for each, towards the light, not 0

    The buffers `ambient` (3), `colours` (L, 3) and `directions` (L, 3) may be replaced, by parameters too.

    Raises:
        ValueError: if a direction is 0, a number is not finite, or the counts differ

    >>> mesh = pliant.render.box()
    >>> pliant.render.Lighting()(mesh).textures[0, :, 0, 0].tolist()
    [0.5, 0.5, 0.5, 0.5, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    """

    ambient: Tensor
    colours: Tensor
    directions: Tensor

    def __init__(
        self,
        intensity_ambient: float = 0.5,
        color_ambient: _Vector = (1.0, 1.0, 1.0),
        intensity_directionals: float | Sequence[float] = 0.5,
        color_directionals: _Vector | Sequence[_Vector] = (1.0, 1.0, 1.0),
        directions: _Vector | Sequence[_Vector] = (0.0, 1.0, 0.0),
    ) -> None:
        super().__init__()
        towards = _table("directions", directions)
        lights = towards.shape[0]
        colours = _table("color_directionals", color_directionals)
        intensities = torch.as_tensor(intensity_directionals, dtype=torch.float64).reshape(-1, 1)
        for name, given in (("color_directionals", colours), ("intensity_directionals", intensities)):
            if given.shape[0] not in (1, lights):
                raise ValueError(f"Lighting: {name} must be one or {lights}, got {given.shape[0]}")
        ambient = _table("color_ambient", color_ambient)[0] * float(intensity_ambient)
        colours = (colours * intensities).expand(lights, 3).clone()
        if not all(bool(values.isfinite().all()) for values in (ambient, colours, towards)):
            raise ValueError("Lighting: intensities, colours and directions must be finite")
        if not bool(towards.any(-1).all()):
            raise ValueError("Lighting: a direction must not be 0")
        self.register_buffer("ambient", ambient)
        self.register_buffer("colours", colours)
        self.register_buffer("directions", towards)

    def forward(self, mesh: Mesh) -> Mesh:
        """See `lighting`."""
        surface = mesh.texture_type == "surface"
        normals = mesh.surface_normals if surface else mesh.vertex_normals
        light = ops.lighting(normals, self.ambient, self.colours, self.directions)
        return mesh.with_textures(mesh.textures * (light.unsqueeze(2) if surface else light))


def _table(name: str, vectors: _Vector | Sequence[_Vector]) -> Tensor:
    """Vectors as float64 (L, 3)."""
    table = torch.as_tensor(vectors, dtype=torch.float64)
    table = table.unsqueeze(0) if table.dim() == 1 and table.numel() else table.reshape(-1, 3)
    if table.dim() != 2 or table.shape[1] != 3:
        raise ValueError(f"Lighting: {name} must be (3) or (L, 3), got {tuple(table.shape)}")
    return table
