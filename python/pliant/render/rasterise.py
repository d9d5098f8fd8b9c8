# python/pliant/render/rasterise.py — from triangles on a screen to silhouettes, pictures and nearest faces
"""Every face covers every pixel by a distribution of its distance, and a T-conorm puts the faces together
(GenDR: Petersen et al., Generalized Differentiable Rendering, CVPR 2022).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pliant._library import ops
from pliant.connectives import t_norm_parameters
from pliant.math import Distribution, Number, distribution_of, parameters
from pliant.softness import tau as tau_of_edge

Size = int | tuple[int, int]


class Image(NamedTuple):
    """What `pliant.render.image` gives."""

    color: Tensor
    """(batch, channels, height, width): of the faces and what is behind them"""
    alpha: Tensor
    """(batch, height, width): coverage"""


class VisibleFaces(NamedTuple):
    """What `pliant.render.visible_faces` gives."""

    face: Tensor
    """(batch, height, width) int32: the nearest face, -1 where there is none"""
    depth: Tensor
    """(batch, height, width): its depth, inf where there is none"""
    weights: Tensor
    """(batch, 3, height, width): barycentric weights on the screen, 0 where there is none"""


def height_and_width(size: Size) -> tuple[int, int]:
    """A size as (height, width): one number stands for both."""
    return (size, size) if isinstance(size, int) else (size[0], size[1])


def _scale(tau: Number) -> Number:
    if not isinstance(tau, Tensor) and not tau > 0:
        raise ValueError(f"render: tau must be > 0, got {tau}")
    return 1 / tau


def _coverage(
    distribution: str | Distribution,
    tau: Number,
    squared: bool,
    t_norm: str,
    p: Number | None,
    softness: float | None,
    size: Size,
) -> tuple[str, Tensor, str, Tensor]:
    """The arguments of the ops that say how faces cover pixels."""
    family = distribution_of(distribution)
    if softness is not None:
        tau = tau_of_edge(softness, size, distribution=family, squared=squared)
    numbers = parameters(family, _scale(tau), 2.0 if squared else 1.0)
    return family.name, numbers, t_norm, t_norm_parameters(t_norm, p)


def silhouette(
    vertices: Tensor,
    faces: Tensor,
    size: Size = 256,
    *,
    distribution: str | Distribution = "logistic",
    tau: Number = 1e-4,
    squared: bool = True,
    t_norm: str = "probabilistic",
    p: Number | None = None,
    dist_eps: float = 1e4,
    softness: float | None = None,
) -> Tensor:
    """How far each pixel is covered: A = ⊥_j F(s·d_j/τ), or F(s·d_j²/τ), over the faces j.

    d is the distance of the pixel from the boundary of the projected triangle, s = 1 inside and -1 outside, F
    the CDF of the distribution, ⊥ a T-conorm. All faces count, whatever their depth and side.

    Args:
        vertices: (batch, vertices, 3) on the screen: x to the right and y up, the shorter side of the picture
            spans [-1, 1]; depth z (not looked at). float32, float64, or float16/bfloat16 (worked on in
            float32). Faces with a corner that is not finite are not drawn.
        faces: (faces, 3) or (batch, faces, 3) int32 or int64, indices into the vertices
        size: of the picture: pixels, or (height, width); 1 … 16384
        distribution: a name of `pliant.distributions()`, or a `pliant.Distribution`
        tau: scale τ > 0 in units of the screen (of their squares if `squared`); a number, or a tensor of one
            element that gets a gradient
        squared: whether the distribution takes the squared distance
        t_norm: a name of `pliant.t_norms()`
        p: its parameter, in the family's range; None: its default. A number, or a tensor with a gradient.
        dist_eps: pixels farther outside than √(dist_eps·τ) do not see a face; > 0
        softness: instead of tau: pixels that an edge takes from 10 % to 90 % of coverage (`pliant.softness`)

    Returns:
        alpha: (batch, height, width) in [0, 1], row 0 at the top, in the dtype of vertices

    Raises:
        ValueError, TypeError: they name the argument

    Coverages up to 1e-6 count as none; a pixel that is full but for rounding sees no further faces. Gradient:
    x and y of vertices, tau, p, and the distribution's shift and shape; the same bits for any number of
    threads. At a distance of exactly 0 the derivative by the corners is taken as 0. No second derivative.
    Cost: about 3 ns a pair of a pixel and a face that it sees, and 4 ns on the way back. Source:
    GenDR (CVPR 2022), sections 3 and 4; SoftRas (ICCV 2019), eq. 1 and 7, is logistic, squared,
    probabilistic.

    >>> corners = torch.tensor([[[-0.5, -0.5, 1.0], [0.5, -0.5, 1.0], [0.0, 0.5, 1.0]]])
    >>> alpha = pliant.render.silhouette(corners, torch.tensor([[0, 1, 2]]), size=4, tau=0.05)
    >>> alpha[0, 2]
    tensor([0.0953, 0.5622, 0.5622, 0.0953])
    """
    name, numbers, norm, norm_p = _coverage(distribution, tau, squared, t_norm, p, softness, size)
    height, width = height_and_width(size)
    return ops.render_silhouette(vertices, faces, name, numbers, norm, norm_p, dist_eps, height, width)[0]


def image(
    vertices: Tensor,
    faces: Tensor,
    textures: Tensor,
    size: Size = 256,
    *,
    distribution: str | Distribution = "logistic",
    tau: Number = 1e-4,
    squared: bool = True,
    t_norm: str = "probabilistic",
    p: Number | None = None,
    dist_eps: float = 1e4,
    texture_type: str = "surface",
    blend: str = "softmax",
    gamma: float = 1e-3,
    epsilon: float = 1e-3,
    near: float = 0.1,
    far: float = 100.0,
    double_side: bool = True,
    perspective: bool = True,
    background: Tensor | float = 0.0,
    compat: bool = False,
    softness: float | None = None,
) -> Image:
    """Colours and coverage of each pixel. Coverage as `pliant.render.silhouette`.

    With blend="softmax" face j weighs a_j·e^(ζ_j/γ), ζ = (far - z)/(far - near), beside e^(ε/γ) for the
    background (SoftRas, ICCV 2019, eq. 6); with "hard" a pixel has the colour of the nearest face that it is
    inside of.

    Args:
        vertices, faces, size, distribution, tau, squared, t_norm, p, dist_eps, softness: as
            `pliant.render.silhouette`; depth z is the distance from the camera along its axis
        textures: texture_type "surface": (batch, faces, R·R, channels), R·R texels a face, the nearest
            counts; "vertex": (batch, vertices, channels), interpolated
        gamma, epsilon: γ > 0, ε ≥ 0
        near, far: faces have colours where near ≤ z ≤ far; 0 < near < far
        double_side: False: only faces whose corners go clockwise on the screen have colours
        perspective: whether a perspective camera looks: depths and colours between the corners are then
            perspective-correct, else linear on the screen
        background: behind the faces: a number, (channels,), (batch, channels), or anything that broadcasts to
            (batch, channels, height, width)
        compat: the constants of the published code: the background weighs e^(2ε/γ), depths are harmonic and
            colours linear whatever the camera, nothing flows through barycentric weights, and coverage
            outside near … far has no gradient

    Returns:
        Image(color (batch, channels, height, width), alpha (batch, height, width)), in the dtype of vertices

    Raises:
        ValueError, TypeError: they name the argument

    Gradient: vertices (z too), textures, background, tau, p, shift, shape: the exact derivative of what is
    computed, but for kinks and the choice of texels. Cost: with three channels about 30 ns a pair of a pixel
    and a face that it sees, and 150 ns on the way back.
    Source: GenDR (CVPR 2022), section 3; SoftRas (ICCV 2019), section 3.3.

    >>> corners = torch.tensor([[[-1.0, -1.0, 2.0], [1.0, -1.0, 2.0], [0.0, 1.0, 2.0]]])
    >>> red = torch.tensor([[[[1.0, 0.0, 0.0]]]])
    >>> picture = pliant.render.image(corners, torch.tensor([[0, 1, 2]]), red, size=4, blend="hard")
    >>> picture.color[0, 0, 2]
    tensor([0., 1., 1., 0.])
    """
    name, numbers, norm, norm_p = _coverage(distribution, tau, squared, t_norm, p, softness, size)
    height, width = height_and_width(size)
    color, alpha, behind = ops.render_image(
        vertices, faces, textures, name, numbers, norm, norm_p, dist_eps, height, width, texture_type, blend,
        gamma, epsilon, near, far, double_side, perspective, compat,
    )[:3]  # fmt: skip
    return Image(_over(color, behind, background), alpha)


def _over(color: Tensor, weight: Tensor, background: Tensor | float) -> Tensor:
    """The colours with a background of this weight behind them."""
    if not isinstance(background, Tensor):
        return color if background == 0 else color + weight.unsqueeze(1) * background
    if background.dim() <= 2:
        background = background[..., None, None]
    return color + weight.unsqueeze(1) * background


def visible_faces(
    vertices: Tensor,
    faces: Tensor,
    size: Size = 256,
    *,
    near: float = 0.1,
    far: float = 100.0,
    double_side: bool = True,
    perspective: bool = True,
) -> VisibleFaces:
    """The nearest face of each pixel, its depth there and the pixel's barycentric weights on it.

    Args: as `pliant.render.image`.

    Pixels on an edge belong to the face; of faces at the same depth the first one counts. No gradient.

    >>> corners = torch.tensor([[[-1.0, -1.0, 2.0], [1.0, -1.0, 2.0], [0.0, 1.0, 2.0]]])
    >>> pliant.render.visible_faces(corners, torch.tensor([[0, 1, 2]]), size=4).face[0, 2]
    tensor([-1,  0,  0, -1], dtype=torch.int32)
    """
    with torch.no_grad():
        height, width = height_and_width(size)
        return VisibleFaces(
            *ops.visible_faces(vertices, faces, height, width, near, far, double_side, perspective)
        )


class ClippedMesh(NamedTuple):
    """What `pliant.render.clip_near` leaves of a mesh on the screen."""

    vertices: Tensor
    """(batch, vertices', 3): the old ones, then those on the plane"""
    faces: Tensor
    """(batch, faces', 3) int32; as given if everything is in front"""
    source: Tensor
    """(batch, faces') int64: which face it was; empty if everything is in front"""
    colors: Tensor
    """(batch, vertices', channels) if colours were given"""


def clip_near(
    vertices: Tensor,
    faces: Tensor,
    colors: Tensor | None = None,
    *,
    near: float = 0.1,
    perspective: bool = True,
) -> ClippedMesh:
    """Cuts faces off at the plane z = near.

    Those that cross it become one triangle or two, those behind it are gone.

    Args:
        vertices: (batch, vertices, 3) on the screen, z the distance from the camera along its axis
        faces: (faces, 3) or (batch, faces, 3)
        colors: (batch, vertices, channels) of the vertices, or None
        near: > 0
        perspective: whether the screen's x and y are X/Z and Y/Z, else X and Y

    Where an image keeps fewer faces than another, the rest have a corner that is not finite, which is not
    drawn. Gradient: vertices, colors. It reads z, so a graph compiled in one piece cannot hold it.

    >>> corners = torch.tensor([[[0.0, 0.0, -1.0], [1.0, 0.0, 2.0], [0.0, 1.0, 2.0]]])
    >>> pliant.render.clip_near(corners, torch.tensor([[0, 1, 2]]), near=0.5).faces
    tensor([[[3, 1, 2],
             [3, 2, 4]]], dtype=torch.int32)
    """
    return ClippedMesh(*ops.clip_near(vertices, faces, colors, near, perspective))
