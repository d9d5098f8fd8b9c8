# python/pliant/compat/gendr/renderer.py — gendr.GenDR
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from pliant.compat.gendr import _names, functional
from pliant.compat.gendr.mesh import Mesh

_SETTINGS = (
    "image_size", "background_color", "dist_func", "dist_scale", "dist_squared", "dist_shape", "dist_shift",
    "dist_eps", "aggr_alpha_func", "aggr_alpha_t_conorm_p", "aggr_rgb_func", "aggr_rgb_eps",
    "aggr_rgb_gamma", "near", "far", "double_side", "texture_type",
)  # fmt: skip


class GenDR(torch.nn.Module):
    """The renderer: forward(mesh on the screen) → (B, 4, S, S) red, green, blue, coverage.

    The arguments are attributes of the same names, which may be changed between pictures, as `dist_scale` is
    when it is annealed; they are looked at when a picture is drawn.

    Args:
        anti_aliasing: draws at twice the size and takes means of 2 × 2 pixels
        image_size … texture_type: as `functional.render`, but that `double_side` is False

    Raises:
        ValueError: if there is no such aggr_rgb_func or texture_type

    >>> gendr.GenDR(image_size=8, dist_func="logistic").forward_tensors(
    ...     torch.tensor([[[[-1.0, -1.0, 2.0], [0.0, 1.0, 2.0], [1.0, -1.0, 2.0]]]]), torch.ones(1, 1, 1, 3)
    ... ).shape
    torch.Size([1, 4, 8, 8])
    """

    texture_type: str

    def __init__(
        self,
        image_size: int = 256,
        background_color: Sequence[float] = (0, 0, 0),
        anti_aliasing: bool = False,
        dist_func: str | int = "uniform",
        dist_scale: float | Tensor = 1e-2,
        dist_squared: bool = False,
        dist_shape: float | None = None,
        dist_shift: float | None = None,
        dist_eps: float = 1e4,
        aggr_alpha_func: str | int = "probabilistic",
        aggr_alpha_t_conorm_p: float | None = None,
        aggr_rgb_func: str | int = "softmax",
        aggr_rgb_eps: float = 1e-3,
        aggr_rgb_gamma: float = 1e-3,
        near: float = 1,
        far: float = 100,
        double_side: bool = False,
        texture_type: str = "surface",
    ) -> None:
        settings = dict(locals())
        super().__init__()
        _names.blend(aggr_rgb_func)
        if texture_type not in ("surface", "vertex"):
            raise ValueError(f"Texture type only support surface and vertex, got {texture_type!r}")
        self.anti_aliasing = anti_aliasing
        for name in _SETTINGS:
            setattr(self, name, settings[name])

    def forward(self, mesh: Mesh) -> Tensor:
        """See the class."""
        if mesh.texture_type != self.texture_type:
            raise ValueError(
                f"GenDR: the mesh must have texture_type {self.texture_type}, got {mesh.texture_type}"
            )
        return functional.draw(mesh.vertices, mesh.faces, mesh.textures, self.anti_aliasing, self._settings())

    def forward_tensors(self, face_vertices: Tensor, face_textures: Tensor) -> Tensor:
        """The picture of triangles and textures as `functional.render` takes them."""
        mesh = functional.mesh_of(face_vertices, face_textures, self.texture_type)
        return functional.draw(*mesh, self.anti_aliasing, self._settings())

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _SETTINGS}
