# python/pliant/compat/gendr/functional.py — gendr.functional: cameras, light, meshes, files, the rasteriser
from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from pliant import render as ours
from pliant.compat.gendr import _names
from pliant.compat.gendr._arrays import Vector, rows_of, tensor_of

_Path = str | os.PathLike[str]


def _check_batch(vertices: Tensor) -> None:
    if vertices.ndim != 3:
        raise ValueError(f"vertices Tensor should have 3 dimensions, got {vertices.ndim}")


def _rows(vertices: Tensor, *vectors: Vector) -> list[Tensor]:
    """Vectors (3), (1, 3) or (B, 3), one shape for all."""
    return list(torch.broadcast_tensors(*(rows_of(tensor_of(vector), vertices) for vector in vectors)))


def get_points_from_angles(
    distance: Tensor | float, elevation: Tensor | float, azimuth: Tensor | float, degrees: bool = True
) -> Tensor | tuple[float, float, float]:
    """Points on spheres around 0: (3) numbers for numbers, (B, 3) for tensors (B).

    >>> gendr.functional.get_points_from_angles(2, 0, 0)
    (0.0, 0.0, -2.0)
    """
    points = ours.points_from_angles(distance, elevation, azimuth, degrees)
    if isinstance(distance, Tensor):
        return points
    x, y, z = points.tolist()
    return x, y, z


def look_at(
    vertices: Tensor,
    eye: Vector,
    at: Vector = (0, 0, 0),
    up: Vector = (0, 1, 0),
    only_rotate: bool = False,
) -> Tensor:
    """Vertices (B, V, 3) as a camera at `eye`, (3) or (B, 3), sees them that looks at `at`."""
    _check_batch(vertices)
    eyes, points, ups = _rows(vertices, eye, at, up)
    return ours.look_at(vertices, eyes, points, ups, only_rotate)


def look(vertices: Tensor, eye: Vector, direction: Vector = (0, 1, 0), up: Vector | None = None) -> Tensor:
    """Vertices (B, V, 3) as a camera at `eye` sees them that looks along `direction`; up is y if None.

    The default direction is the package's, and parallel to y: it needs another `up`.
    """
    _check_batch(vertices)
    eyes, directions, ups = _rows(vertices, eye, direction, (0, 1, 0) if up is None else up)
    return ours.look(vertices, eyes, directions, ups)


def face_vertices(vertices: Tensor, faces: Tensor) -> Tensor:
    """Values (B, F, 3, C) of vertices (B, V, C) at the corners of faces (B, F, 3)."""
    return ours.face_vertices(vertices, faces)


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Unit normals (B, V, 3) of vertices."""
    return ours.vertex_normals(vertices, faces)


def voxelization(faces: Tensor, size: int, normalize: bool = False) -> Tensor:
    """Solid voxels, int32 (B, n, n, n), of corners (B, F, 3, 3) in [0, 1]; `normalize` is not looked at."""
    return ours.voxelize(faces.detach(), size).int()


def ambient_lighting(light: Tensor, light_intensity: float = 0.5, light_color: Vector = (1, 1, 1)) -> Tensor:
    """Adds light from everywhere to `light` (B, N, 3), which it returns.

    Args:
        light_color: (3) or (B, 3)
    """
    light += light_intensity * rows_of(tensor_of(light_color), light).unsqueeze(1)
    return light


def directional_lighting(
    light: Tensor,
    normals: Tensor,
    light_intensity: float = 0.5,
    light_color: Vector = (1, 1, 1),
    light_direction: Vector = (0, 1, 0),
) -> Tensor:
    """Adds light from one direction on surfaces with these normals to `light` (B, N, 3), which it returns.

    Args:
        normals: (B, N, 3)
        light_color: (3) or (B, 3)
        light_direction: (3) or (1, 3)

    Raises:
        ValueError: if there is more than one direction
    """
    directions = rows_of(tensor_of(light_direction), light)
    if len(directions) != 1:
        raise ValueError(
            f"directional_lighting: light_direction must be (3) or (1, 3), got {len(directions)} rows"
        )
    white = ours.lighting(normals, light.new_zeros(3), light.new_ones(1, 3), directions)
    light += light_intensity * rows_of(tensor_of(light_color), light).unsqueeze(1) * white
    return light


def load_obj(
    filename_obj: _Path,
    normalization: bool = False,
    load_texture: bool = False,
    texture_res: int = 4,
    texture_type: str = "surface",
) -> tuple[Any, ...]:
    """An OBJ file's vertices float32 (V, 3) and faces int32 (F, 3), and its textures if they are loaded.

    `pliant.render.load_obj` says more.
    """
    vertices, faces, textures = ours.load_obj(
        filename_obj, normalization, load_texture, texture_res, texture_type
    )
    return (vertices, faces.int(), textures) if load_texture else (vertices, faces.int())


def save_obj(
    filename: _Path,
    vertices: Tensor,
    faces: Tensor,
    textures: Tensor | None = None,
    texture_res: int = 16,
    texture_type: str = "surface",
) -> None:
    """Writes an OBJ file that `load_obj` reads back.

    Args:
        texture_res: not looked at: the picture has as many pixels a face as the texels need
        vertices, faces, textures, texture_type: as `pliant.render.save_obj`
    """
    detached: list[Any] = [t.detach() if isinstance(t, Tensor) else t for t in (vertices, faces, textures)]
    ours.save_obj(filename, detached[0], detached[1], detached[2], texture_type)


def save_voxel(filename: _Path, voxel: Tensor) -> None:
    """Writes the voxels (n, n, n) that are 1 as points i/n of an OBJ file without faces."""
    points = (tensor_of(voxel) == 1).nonzero() / torch.tensor(voxel.shape)
    lines = [f"v {x:.8f} {y:.8f} {z:.8f}\n" for x, y, z in points.tolist()]
    with open(filename, "w") as file:
        file.writelines(lines)


def draw(
    vertices: Tensor, faces: Tensor, textures: Tensor, anti_aliasing: bool, settings: dict[str, Any]
) -> Tensor:
    """The picture (B, 4, S, S) of a mesh on the screen.

    Args:
        settings: the arguments of `render` from image_size on
    """
    func, t_conorm = settings["dist_func"], _names.t_conorm(settings["aggr_alpha_func"])
    scale, dist_eps = settings["dist_scale"], settings["dist_eps"]
    if scale is None or not scale > 0:
        raise ValueError(f"gendr: dist_scale must be > 0, got {scale}")
    if not dist_eps >= 1:
        raise ValueError(f"gendr: dist_eps must be >= 1, got {dist_eps}")
    faces = faces[0] if faces.ndim == 3 and len(faces) == 1 else faces
    textures = textures.to(vertices).expand(len(vertices), *textures.shape[1:])
    size = settings["image_size"] * (2 if anti_aliasing else 1)
    hard = t_conorm == "hard"
    coverage = {
        "distribution": _names.distribution(func, settings["dist_shape"], settings["dist_shift"]),
        "tau": scale if isinstance(scale, Tensor) else float(scale),
        "squared": bool(settings["dist_squared"]),
        "t_norm": "max" if hard else t_conorm,
        "p": settings["aggr_alpha_t_conorm_p"],
        "dist_eps": float(dist_eps),
    }
    shading = _shading(settings, vertices)
    color, alpha = _layers(vertices, faces, textures, size, coverage, shading)
    if hard:
        alpha = (alpha > 0.5).to(alpha.dtype)
    picture = torch.cat((color, alpha.unsqueeze(1)), 1)
    return avg_pool2d(picture, 2) if anti_aliasing else picture


def _shading(settings: dict[str, Any], vertices: Tensor) -> dict[str, Any]:
    """What of the settings is about colours."""
    return {
        "texture_type": settings["texture_type"],
        "blend": _names.blend(settings["aggr_rgb_func"]),
        "gamma": float(settings["aggr_rgb_gamma"]),
        "epsilon": float(settings["aggr_rgb_eps"]),
        "near": float(settings["near"]),
        "far": float(settings["far"]),
        "double_side": bool(settings["double_side"]),
        "background": torch.as_tensor(
            tensor_of(settings["background_color"]), dtype=vertices.dtype, device=vertices.device
        ),
        "compat": True,
    }


def _layers(
    vertices: Tensor,
    faces: Tensor,
    textures: Tensor,
    size: int,
    coverage: dict[str, Any],
    shading: dict[str, Any],
) -> tuple[Tensor, Tensor]:
    """Colours and coverage."""
    z = vertices.detach()[..., 2]
    in_range = bool(((z >= shading["near"]) & (z <= shading["far"])).all())
    if shading["blend"] == "softmax" or not in_range:
        return ours.image(vertices, faces, textures, size, **coverage, **shading)
    # Hard colours are those of the pixels within a face, so coverage can go by itself, which is much cheaper:
    # a tenth of the time for a τ as wide as the picture.
    step: dict[str, Any] = {"distribution": "hard", "tau": 1.0, "t_norm": "max"}
    color = ours.image(vertices, faces, textures, size, **step, **shading).color
    return color, ours.silhouette(vertices, faces, size, **coverage)


def mesh_of(face_vertices: Tensor, textures: Tensor, texture_type: str) -> tuple[Tensor, Tensor, Tensor]:
    """Vertices, faces and textures of triangles on their own: what `render` takes, for `draw`."""
    batch, faces = face_vertices.shape[:2]
    corners = face_vertices.reshape(batch, 3 * faces, 3)
    order = torch.arange(3 * faces, dtype=torch.int32, device=corners.device).reshape(faces, 3)
    if texture_type == "vertex":
        textures = textures.reshape(len(textures), 3 * faces, -1)
    return corners, order, textures


def render(
    face_vertices: Tensor,
    textures: Tensor,
    image_size: int = 256,
    background_color: Sequence[float] = (0, 0, 0),
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
    double_side: bool = True,
    texture_type: str = "surface",
) -> Tensor:
    """Draws triangles on the screen: (B, 4, S, S) red, green, blue, coverage, row 0 at the top.

    Args:
        face_vertices: (B, F, 3, 3), float32 or float64: x and y in [-1, 1], and depth
        textures: (B, F, R², 3) of "surface", (B, F, 3, 3) of "vertex": the colours of the corners
        image_size: S, pixels
        background_color: red, green, blue
        dist_func: the distribution of the coverage, by name or number
        dist_scale: τ > 0; a tensor of one element gets a gradient
        dist_squared: whether the distribution takes the squared distance
        dist_shape: > 0, of gamma and gamma_rev
        dist_shift: in units of τ, of exponential, gamma and levy and their reverses; None is 0
        dist_eps: ≥ 1; pixels farther outside than √(dist_eps·τ) do not see a face
        aggr_alpha_func: the T-conorm of the coverages, by name or number; "hard": 1 if one is above ½
        aggr_alpha_t_conorm_p: its parameter; None is the family's own
        aggr_rgb_func: "softmax" over depths, or the nearest face, "hard"
        aggr_rgb_eps, aggr_rgb_gamma: ε ≥ 0 and γ > 0 of the softmax
        near, far: 0 < near < far, where faces have colours
        double_side: False: only faces that go clockwise on the screen have colours
        texture_type: "surface" or "vertex"

    Raises:
        ValueError, TypeError: they name the argument

    Gradient: face_vertices, textures, dist_scale, and shape, shift and p if they are tensors.
    """
    settings = dict(locals())
    return draw(*mesh_of(face_vertices, textures, texture_type), False, settings)
