# python/pliant/compat/gendr/lighting.py — gendr.Lighting and its parts
from __future__ import annotations

import torch
from torch import Tensor

from pliant.compat.gendr import functional
from pliant.compat.gendr._arrays import Vector
from pliant.compat.gendr.mesh import Mesh


class AmbientLighting(torch.nn.Module):
    """`functional.ambient_lighting` as a module."""

    def __init__(self, light_intensity: float = 0.5, light_color: Vector = (1, 1, 1)) -> None:
        super().__init__()
        self.light_intensity, self.light_color = light_intensity, light_color

    def forward(self, light: Tensor) -> Tensor:
        """The light (B, N, 3) with more."""
        return functional.ambient_lighting(light, self.light_intensity, self.light_color)


class DirectionalLighting(torch.nn.Module):
    """`functional.directional_lighting` as a module."""

    def __init__(
        self,
        light_intensity: float = 0.5,
        light_color: Vector = (1, 1, 1),
        light_direction: Vector = (0, 1, 0),
    ) -> None:
        super().__init__()
        self.light_intensity, self.light_color = light_intensity, light_color
        self.light_direction = light_direction

    def forward(self, light: Tensor, normals: Tensor) -> Tensor:
        """The light (B, N, 3) with more, on surfaces with these normals (B, N, 3)."""
        return functional.directional_lighting(
            light, normals, self.light_intensity, self.light_color, self.light_direction
        )


class Lighting(torch.nn.Module):
    """Light on a mesh: forward(mesh) → the mesh with its textures times the light on it.

    `ambient` and the list `directionals` may be changed. It comes before the camera.

    Args:
        intensity_ambient, color_ambient: of the light from everywhere
        intensity_directionals, color_directionals, directions: of one light from a direction

    >>> mesh = gendr.Mesh(torch.eye(3), torch.tensor([[0, 1, 2]]))
    >>> gendr.Lighting()(mesh).textures[0, 0]
    tensor([[0.7887, 0.7887, 0.7887]])
    """

    def __init__(
        self,
        intensity_ambient: float = 0.5,
        color_ambient: Vector = (1, 1, 1),
        intensity_directionals: float = 0.5,
        color_directionals: Vector = (1, 1, 1),
        directions: Vector = (0, 1, 0),
    ) -> None:
        super().__init__()
        self.ambient = AmbientLighting(intensity_ambient, color_ambient)
        lamp = DirectionalLighting(intensity_directionals, color_directionals, directions)
        self.directionals = torch.nn.ModuleList([lamp])

    def forward(self, mesh: Mesh) -> Mesh:
        """See the class."""
        surface = mesh.texture_type == "surface"
        normals = mesh.surface_normals if surface else mesh.vertex_normals
        light = self.ambient(torch.zeros_like(normals))
        for directional in self.directionals:
            light = directional(light, normals)
        textures = mesh.textures * (light.unsqueeze(2) if surface else light)
        return Mesh(mesh.vertices, mesh.faces, textures, mesh.texture_res, mesh.texture_type)
