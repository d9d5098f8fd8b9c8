# python/pliant/compat/gendr/transform.py — gendr.LookAt, Look and Projection: the cameras
from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from pliant import render as ours
from pliant.compat.gendr import functional
from pliant.compat.gendr._arrays import Vector, tensor_of
from pliant.compat.gendr.mesh import Mesh


def perspective(vertices: Tensor, angle: Tensor | float = 30.0) -> Tensor:
    """(X / (Z t), Y / (Z t), Z) of vertices (B, V, 3), t = tan(angle), half the field of view in degrees."""
    if vertices.ndim != 3:
        raise ValueError(f"vertices Tensor should have 3 dimensions, got {vertices.ndim}")
    return ours.perspective(vertices, angle)


def orthogonal(vertices: Tensor, scale: float = 1.0) -> Tensor:
    """(scale · X, scale · Y, Z) of vertices (B, V, 3)."""
    if vertices.ndim != 3:
        raise ValueError(f"vertices Tensor should have 3 dimensions, got {vertices.ndim}")
    return ours.orthographic(vertices, scale)


class Transform(torch.nn.Module):
    """A camera: forward(mesh) → the mesh on the screen, by `transform` of its vertices."""

    def transform(self, vertices: Tensor) -> Tensor:
        """Vertices (B, V, 3) on the screen."""
        raise NotImplementedError

    def forward(self, mesh: Mesh) -> Mesh:
        """See the class."""
        vertices = self.transform(mesh.vertices)
        return Mesh(vertices, mesh.faces, mesh.textures, mesh.texture_res, mesh.texture_type)


class Projection(Transform):
    """A calibrated camera; see `pliant.render.project`.

    Args:
        P: (B, 3, 4)
        dist_coeffs: (B, 5) k1, k2, p1, p2, k3, or None
        orig_size: the side of the camera's picture in its own unit
    """

    def __init__(
        self,
        P: Tensor | np.ndarray,
        dist_coeffs: Tensor | np.ndarray | None = None,
        orig_size: float = 512,
    ) -> None:
        super().__init__()
        projection = tensor_of(P)
        if projection is None or projection.ndim != 3 or projection.shape[1:] != (3, 4):
            shape = None if projection is None else tuple(projection.shape)
            raise ValueError(f"You need to provide a valid (batch_size)x3x4 projection matrix, got {shape}")
        self.P, self.orig_size = projection, orig_size
        distortion = tensor_of(dist_coeffs)
        self.dist_coeffs = projection.new_zeros(len(projection), 5) if distortion is None else distortion

    def transform(self, vertices: Tensor) -> Tensor:
        """Vertices (B, V, 3) on the screen."""
        P, distortion = (values.to(vertices) for values in (self.P, self.dist_coeffs))
        return ours.project(vertices, P, distortion, float(self.orig_size))


class _Camera(Transform):
    """What LookAt and Look share."""

    def __init__(
        self,
        perspective: bool,
        viewing_angle: Tensor | float,
        viewing_scale: float,
        eye: Vector | None,
    ) -> None:
        super().__init__()
        self.perspective, self.viewing_angle, self.viewing_scale = perspective, viewing_angle, viewing_scale
        behind = -(1.0 / math.tan(math.radians(viewing_angle)) + 1)
        self._eye: Vector = [0, 0, behind] if eye is None else eye

    def set_eyes(self, eyes: Vector) -> None:
        """Puts the cameras at points (3) or (B, 3)."""
        self._eye = eyes

    @property
    def eyes(self) -> Vector:
        """Where the cameras are."""
        return self._eye

    def _camera(self, vertices: Tensor) -> Tensor:
        raise NotImplementedError

    def transform(self, vertices: Tensor) -> Tensor:
        """Vertices (B, V, 3) on the screen."""
        vertices = self._camera(vertices)
        if self.perspective:
            return perspective(vertices, angle=self.viewing_angle)
        return orthogonal(vertices, scale=self.viewing_scale)


class LookAt(_Camera):
    """Cameras that look at the origin, y up.

    Args:
        perspective: else orthographic
        viewing_angle: half of the field of view in degrees
        viewing_scale: of the orthographic picture
        eye: (3) or (B, 3); None is (0, 0, -(1/tan(viewing_angle) + 1))

    >>> camera = gendr.LookAt(viewing_angle=15)
    >>> camera.set_eyes_from_angles(2.732, 30, -15)
    >>> camera.transform(torch.tensor([[[0.3, -0.2, 0.1]]], dtype=torch.float64))
    tensor([[[ 0.3302, -0.1077,  2.9829]]], dtype=torch.float64)
    """

    def __init__(
        self,
        perspective: bool = True,
        viewing_angle: Tensor | float = 30,
        viewing_scale: float = 1.0,
        eye: Vector | None = None,
    ) -> None:
        super().__init__(perspective, viewing_angle, viewing_scale, eye)

    def set_eyes_from_angles(
        self, distances: Tensor | float, elevations: Tensor | float, azimuths: Tensor | float
    ) -> None:
        """Puts the cameras at `functional.get_points_from_angles`, in degrees."""
        self._eye = functional.get_points_from_angles(distances, elevations, azimuths)

    def _camera(self, vertices: Tensor) -> Tensor:
        return functional.look_at(vertices, self._eye)


class Look(_Camera):
    """Cameras that look along one direction, y up; otherwise as `LookAt`.

    Args:
        camera_direction: (3) or (B, 3)
    """

    def __init__(
        self,
        camera_direction: Vector = (0, 0, 1),
        perspective: bool = True,
        viewing_angle: Tensor | float = 30,
        viewing_scale: float = 1.0,
        eye: Vector | None = None,
    ) -> None:
        super().__init__(perspective, viewing_angle, viewing_scale, eye)
        self.camera_direction = camera_direction

    def _camera(self, vertices: Tensor) -> Tensor:
        return functional.look(vertices, self._eye, self.camera_direction)
