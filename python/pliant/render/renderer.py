# python/pliant/render/renderer.py — the rasteriser as a module, with known renderers as presets
from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from pliant.math import Distribution, Number
from pliant.render import rasterise
from pliant.render.mesh import Mesh, surface_normals, vertex_normals
from pliant.render.rasterise import Size
from pliant.softness import tau as tau_of_edge
from pliant.softness import width

#: Known renderers by the settings that make this one theirs; compat where they are published code.
PRESETS: dict[str, dict[str, Any]] = {
    # Liu et al., Soft Rasterizer, ICCV 2019. Its coverage ends where it is below 1e-4.
    "softras": {
        "distribution": "logistic", "squared": True, "tau": 1e-5, "t_norm": "probabilistic",
        "dist_eps": math.log(1e4 - 1), "blend": "softmax", "gamma": 1e-4, "epsilon": 1e-3,
        "near": 1.0, "far": 100.0, "compat": True,
    },
    # Chen et al., DIB-R, NeurIPS 2019, with Kaolin's constants; pixels within a face have coverage 1.
    "dibr": {
        "distribution": "exponential_rev", "squared": True, "tau": 1 / 7000, "t_norm": "probabilistic",
        "blend": "hard",
    },
    # Ravi et al., PyTorch3D, arXiv:2007.08501: its soft silhouette over all faces, not the K nearest ones.
    "pytorch3d": {
        "distribution": "logistic", "squared": True, "tau": 1e-4, "t_norm": "probabilistic",
        "dist_eps": math.log(1e4 - 1), "blend": "softmax", "gamma": 1e-4, "epsilon": 1e-10,
    },
    # Kato et al., Neural 3D Mesh Renderer, CVPR 2018: its pictures. Nothing flows back to vertices: its
    # gradient is made by hand, and is no derivative of a coverage.
    "nmr_forward": {"distribution": "hard", "squared": False, "tau": 1.0, "t_norm": "max", "blend": "hard"},
    # Petersen et al., Pix2Vex, arXiv:1903.11149: the nearest there is; it multiplies three sigmoids a face.
    "pix2vex": {
        "distribution": "logistic", "squared": False, "tau": 1e-2, "t_norm": "probabilistic",
        "blend": "softmax",
    },
}  # fmt: skip


class Renderer(torch.nn.Module):
    """Pictures of meshes on a screen, differentiable: forward(mesh) → (batch, channels + 1, height, width).

    Args:
        size, distribution, tau, squared, t_norm, p, dist_eps, softness: as `pliant.render.silhouette`
        blend, gamma, epsilon, near, far, double_side, perspective, background, compat: as
            `pliant.render.image`
        anti_aliasing: draws at twice the size and takes means of 2 × 2 pixels
        near_clip: cuts faces off at `near` (`pliant.render.clip_near`), unless compat; False inside of graphs
            that are compiled in one piece. Texels of a face that is cut are spread over what is left of it.
        learn_tau, learn_p: make tau and p parameters (float64 scalars)

    Raises:
        ValueError: it names the argument

    A mesh comes from a camera: `renderer(camera(lighting(mesh)))`.

    >>> renderer = pliant.render.Renderer(size=4, distribution="uniform", tau=0.1, squared=False)
    >>> camera = pliant.render.LookAt(viewing_angle=15)
    >>> renderer.silhouette(camera(pliant.render.icosphere(2)))[0, 0]
    tensor([0.0000, 0.9978, 0.9978, 0.0000])
    >>> pliant.render.Renderer.preset("dibr", size=64).tau
    0.00014285714285714287
    """

    def __init__(
        self,
        size: Size = 256,
        *,
        distribution: str | Distribution = "logistic",
        tau: float = 1e-4,
        squared: bool = True,
        t_norm: str = "probabilistic",
        p: float | None = None,
        dist_eps: float = 1e4,
        blend: str = "softmax",
        gamma: float = 1e-3,
        epsilon: float = 1e-3,
        near: float = 0.1,
        far: float = 100.0,
        double_side: bool = True,
        perspective: bool = True,
        background: Tensor | float = 0.0,
        anti_aliasing: bool = False,
        near_clip: bool = True,
        compat: bool = False,
        learn_tau: bool = False,
        learn_p: bool = False,
        softness: float | None = None,
    ) -> None:
        super().__init__()
        self.size = rasterise.height_and_width(size)
        self.distribution, self.squared, self.t_norm, self.dist_eps = distribution, squared, t_norm, dist_eps
        self.blend, self.gamma, self.epsilon, self.near, self.far = blend, gamma, epsilon, near, far
        self.double_side, self.perspective, self.compat = double_side, perspective, compat
        self.anti_aliasing, self.near_clip = anti_aliasing, near_clip
        self.background: Tensor | float
        if isinstance(background, Tensor):
            self.register_buffer("background", background)
        else:
            self.background = float(background)
        if softness is not None:
            tau = self._tau_of(softness)
        self.tau: Number = _learnable(tau) if learn_tau else tau
        self.p: Number | None = p
        if learn_p:
            if p is None:
                raise ValueError("Renderer: learn_p needs a p to start from, got None")
            self.p = _learnable(p)
        nothing = Mesh(torch.zeros(1, 3), torch.zeros(1, 3, dtype=torch.int64))
        self._draw(nothing.vertices[:0], nothing.faces, nothing.textures[:0], "surface")  # checks the rest

    @classmethod
    def preset(cls, name: str, size: Size = 256, **changes: Any) -> Renderer:
        """A known renderer: softras, dibr, pytorch3d, nmr_forward, pix2vex.

        Args:
            name: a key of `PRESETS`, which says what each is and lacks
            size: of the picture
            changes: arguments that differ

        Raises:
            ValueError: if there is no such preset
        """
        if name not in PRESETS:
            raise ValueError(f"Renderer: unknown preset '{name}'; there are: {', '.join(PRESETS)}")
        return cls(size, **{**PRESETS[name], **changes})

    @property
    def softness(self) -> float:
        """How many pixels an edge takes from 10 % to 90 % of coverage; set, it changes tau.

        >>> renderer = pliant.render.Renderer(size=64, distribution="cauchy", softness=3.0)
        >>> renderer.softness = 1.5
        >>> f"{renderer.tau:.3g}"
        '0.000178'
        """
        return width(self.tau, self.size, distribution=self.distribution, squared=self.squared)

    @softness.setter
    def softness(self, pixels: float) -> None:
        tau = self._tau_of(pixels)
        if isinstance(self.tau, Tensor):
            self.tau.data.fill_(tau)
        else:
            self.tau = tau

    def _tau_of(self, pixels: float) -> float:
        return tau_of_edge(pixels, self.size, distribution=self.distribution, squared=self.squared)

    def forward(self, mesh: Mesh) -> Tensor:
        """Colours, then coverage as the last channel."""
        picture = self.image(mesh)
        return torch.cat((picture.color, picture.alpha.unsqueeze(1)), 1)

    def image(self, mesh: Mesh) -> rasterise.Image:
        """Colours (batch, channels, height, width) and coverage (batch, height, width), on their own."""
        picture = self._draw(*self._in_front(mesh, True), mesh.texture_type)
        return rasterise.Image(self._shrink(picture.color), self._shrink(picture.alpha))

    def silhouette(self, mesh: Mesh) -> Tensor:
        """Coverage (batch, height, width) without any work for colours."""
        vertices, faces, _ = self._in_front(mesh, False)
        return self._shrink(rasterise.silhouette(vertices, faces, self._drawn_size(), **self._coverage()))

    def visible_faces(self, mesh: Mesh) -> rasterise.VisibleFaces:
        """The nearest face of each pixel, its depth and barycentric weights, without softness or gradient."""
        return rasterise.visible_faces(
            mesh.vertices, mesh.faces, self.size, near=self.near, far=self.far, double_side=self.double_side,
            perspective=self.perspective,
        )  # fmt: skip

    def depth(self, mesh: Mesh) -> Tensor:
        """Depth (batch, height, width) of the nearest face, inf where there is none.

        Gradient: vertices, through the face that is seen; silhouettes have none.
        """
        seen = self.visible_faces(mesh)
        covered = seen.face >= 0
        inverse = 1 / mesh.vertices[..., 2:] if self.perspective else mesh.vertices[..., 2:]
        mixed = torch.where(
            covered, _mix(inverse, mesh.faces, seen).squeeze(1), 1.0
        )  # no 1/0 on the way back
        return torch.where(covered, 1 / mixed if self.perspective else mixed, torch.inf)

    def normals(self, mesh: Mesh, world: Mesh | None = None, smooth: bool = False) -> Tensor:
        """Unit normals (batch, 3, height, width) of the nearest face, 0 where there is none.

        Args:
            mesh: on the screen
            world: the same mesh where normals are wanted, such as before the camera; None: on the screen
            smooth: vertex normals, interpolated, instead of the face's

        Gradient: vertices of `world`.
        """
        seen, world = self.visible_faces(mesh), world or mesh
        if smooth:
            normals = vertex_normals(world.vertices, world.faces).expand(mesh.batch_size, -1, -1)
            mixed = torch.nn.functional.normalize(_mix(normals, mesh.faces, seen), dim=1)
        else:
            of_faces = surface_normals(world.vertices, world.faces).expand(mesh.batch_size, -1, -1)
            index = seen.face.clamp_min(0).flatten(1).long().unsqueeze(-1).expand(-1, -1, 3)
            mixed = of_faces.gather(1, index).transpose(1, 2).unflatten(2, self.size)
        return torch.where((seen.face >= 0).unsqueeze(1), mixed, 0.0)

    def _draw(self, vertices: Tensor, faces: Tensor, textures: Tensor, texture_type: str) -> rasterise.Image:
        return rasterise.image(
            vertices, faces, textures, self._drawn_size(), **self._coverage(), texture_type=texture_type,
            blend=self.blend, gamma=self.gamma, epsilon=self.epsilon, near=self.near, far=self.far,
            double_side=self.double_side, perspective=self.perspective, background=self.background,
            compat=self.compat,
        )  # fmt: skip

    def _coverage(self) -> dict[str, Any]:
        return {
            "distribution": self.distribution, "tau": self.tau, "squared": self.squared,
            "t_norm": self.t_norm, "p": self.p, "dist_eps": self.dist_eps,
        }  # fmt: skip

    def _in_front(self, mesh: Mesh, textured: bool) -> tuple[Tensor, Tensor, Tensor]:
        """The mesh's tensors with one texture an image, cut off at the near plane."""
        textures = mesh.textures.expand(mesh.batch_size, *mesh.textures.shape[1:])
        if not self.near_clip or self.compat:
            return mesh.vertices, mesh.faces, textures
        colors = textures if textured and mesh.texture_type == "vertex" else None
        clipped = rasterise.clip_near(
            mesh.vertices, mesh.faces, colors, near=self.near, perspective=self.perspective
        )
        if colors is not None:
            textures = clipped.colors
        elif textured and clipped.source.dim() == 2:
            index = clipped.source[..., None, None].expand(-1, -1, *textures.shape[2:])
            textures = textures.gather(1, index)
        return clipped.vertices, clipped.faces, textures

    def _drawn_size(self) -> tuple[int, int]:
        factor = 2 if self.anti_aliasing else 1
        return self.size[0] * factor, self.size[1] * factor

    def _shrink(self, picture: Tensor) -> Tensor:
        if not self.anti_aliasing:
            return picture
        planes = picture if picture.dim() == 4 else picture.unsqueeze(1)
        return avg_pool2d(planes, 2).reshape(*picture.shape[:-2], *self.size)

    def extra_repr(self) -> str:
        """The settings that tell most."""
        tau = self.tau.item() if isinstance(self.tau, Tensor) else self.tau
        return (
            f"size={self.size}, distribution={self.distribution!r}, tau={tau:g}, squared={self.squared}, "
            f"t_norm={self.t_norm!r}, blend={self.blend!r}"
        )


def _learnable(value: float) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor(value, dtype=torch.float64))


def _mix(values: Tensor, faces: Tensor, seen: rasterise.VisibleFaces) -> Tensor:
    """Values (batch, vertices, C) at the pixels, (batch, C, height, width), by the weights on the screen."""
    batch, channels = seen.face.shape[0], values.shape[-1]
    corners = faces.expand(batch, -1, -1) if faces.dim() == 2 else faces
    index = seen.face.clamp_min(0).flatten(1).long().unsqueeze(-1).expand(-1, -1, 3)
    vertex = corners.long().gather(1, index)  # (batch, pixels, 3)
    picked = values.expand(batch, -1, -1).gather(1, vertex.flatten(1).unsqueeze(-1).expand(-1, -1, channels))
    mixed = (picked.unflatten(1, (-1, 3)) * seen.weights.flatten(2).transpose(1, 2).unsqueeze(-1)).sum(2)
    return mixed.transpose(1, 2).unflatten(2, seen.face.shape[1:])
