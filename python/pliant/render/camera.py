# python/pliant/render/camera.py — differentiable cameras: world → camera → screen
"""The screen's x points right and y up, both in [−1, 1]; z is the depth in front of the camera. Vertices are
(V, 3) or (B, V, 3), float32 or float64; points and directions are (3) or (B, 3), tensors or sequences of
numbers, and take the vertices' dtype and device. (V, 3) vertices, or a batch of one, seen by B cameras become
(B, V, 3). Every argument that is a tensor has a gradient, of any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

from pliant._constants import shared
from pliant._library import ops
from pliant.render.mesh import Mesh

Vector = Tensor | Sequence[float] | Sequence[Sequence[float]]
_Shape = TypeVar("_Shape", Tensor, Mesh)


def look_at(
    vertices: Tensor,
    eye: Vector,
    at: Vector = (0.0, 0.0, 0.0),
    up: Vector = (0.0, 1.0, 0.0),
    only_rotate: bool = False,
) -> Tensor:
    """Vertices as the camera at `eye` sees them that looks at `at`.

    [X; Y; Z](v − eye) with Z = n(at − eye), X = n(up × Z), Y = n(Z × X), n(a) = a / max(‖a‖, 1e-5). Where a
    direction is undefined (eye = at, or `up` parallel to the line of sight), its axis is short or 0 and the
    result
    finite: a picture without area.

    Args:
        vertices, eye, at, up: see `pliant.render.camera`
        only_rotate: leaves out the translation, as directions want it

    Returns:
        (V, 3) or (B, V, 3)

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came

    >>> pliant.render.look_at(torch.tensor([[0.0, 0.0, 1.0]]), (0.0, 0.0, -2.0))
    tensor([[0., 0., 3.]])
    """
    return ops.look_at(vertices, _tensor(eye), _tensor(at), _tensor(up), only_rotate)


def look(
    vertices: Tensor,
    eye: Vector,
    direction: Vector = (0.0, 0.0, 1.0),
    up: Vector = (0.0, 1.0, 0.0),
    only_rotate: bool = False,
) -> Tensor:
    """Vertices as the camera at `eye` sees them that looks along `direction`; otherwise as `look_at`.

    >>> ahead = torch.tensor([[0.0, 0.0, 1.0]])
    >>> pliant.render.look(ahead, eye=(0.0, 0.0, -2.0), direction=(1.0, 0.0, 0.0))
    tensor([[-3.,  0.,  0.]])
    """
    return ops.look(vertices, _tensor(eye), _tensor(direction), _tensor(up), only_rotate)


def points_from_angles(
    distance: Tensor | float, elevation: Tensor | float, azimuth: Tensor | float, degrees: bool = True
) -> Tensor:
    """Points on spheres around 0: d · (cos e sin a, sin e, −cos e cos a).

    Args:
        distance, elevation, azimuth: numbers, or tensors whose shapes broadcast to (…)
        degrees: whether the angles are in degrees, else in radians

    Returns:
        (…, 3), float64 if all are numbers

    >>> pliant.render.points_from_angles(2.0, torch.tensor([0.0, 90.0]), 0.0).round(decimals=4) + 0.0
    tensor([[ 0.,  0., -2.],
            [ 0.,  2.,  0.]])
    """
    return ops.points_from_angles(_tensor(distance), _tensor(elevation), _tensor(azimuth), degrees)


def perspective(vertices: Tensor, angle: Tensor | float = 30.0) -> Tensor:
    """(X / (Z t), Y / (Z t), Z), t = tan(angle). For |Z| < 1e-6 the division is by 1e-6.

    Args:
        vertices: (V, 3) or (B, V, 3), in the camera's axes
        angle: HALF of the field of view in degrees, in (0, 90); a tensor () or (B) gets a gradient, and its
            values are not checked

    Raises:
        ValueError: if a number is not in (0, 90)

    >>> pliant.render.perspective(torch.tensor([[1.0, 0.0, 2.0]]), 45.0)
    tensor([[0.5000, 0.0000, 2.0000]])
    """
    if isinstance(angle, Tensor):
        return ops.perspective.learned(vertices, angle)
    return ops.perspective.default(vertices, angle)


def orthographic(vertices: Tensor, scale: float = 1.0) -> Tensor:
    """(scale · X, scale · Y, Z).

    >>> pliant.render.orthographic(torch.tensor([[1.0, 2.0, 3.0]]), 0.5)
    tensor([[0.5000, 1.0000, 3.0000]])
    """
    return ops.orthographic(vertices, scale)


def project(
    vertices: Tensor,
    P: Tensor,
    distortion: Vector | None = None,
    orig_size: float = 512.0,
) -> Tensor:
    """World → screen by the projection matrix of a calibrated camera.

    [x y z] = P [v; 1], x′ = x/(z + 1e-5), x″ = x′ distorted as by OpenCV, and 2 (x″ − size/2)/size on the
    screen. A P whose y points down gives a picture upside down.

    Args:
        vertices: (V, 3) or (B, V, 3)
        P: (3, 4) or (B, 3, 4)
        distortion: k1, k2, p1, p2, k3, (5) or (B, 5); None is none
        orig_size: the side of the camera's picture in its own unit, > 0

    Raises:
        ValueError, TypeError: they name the argument

    >>> P = torch.tensor([[400.0, 0.0, 256.0, 0.0], [0.0, 400.0, 256.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    >>> pliant.render.project(torch.tensor([[0.32, -0.16, 1.0]]), P).round(decimals=2)
    tensor([[ 0.5000, -0.2500,  1.0000]])
    """
    return ops.project(vertices, P, None if distortion is None else _tensor(distortion), orig_size)


class _Camera(torch.nn.Module):
    """What LookAt and Look share: where the cameras are, and how their picture is made."""

    def __init__(
        self, perspective: bool, viewing_angle: Tensor | float, viewing_scale: float, eye: Vector | None
    ) -> None:
        super().__init__()
        if not isinstance(viewing_angle, Tensor) and not 0 < viewing_angle < 90:
            raise ValueError(
                f"{type(self).__name__}: viewing_angle must be in (0, 90) degrees, got {viewing_angle}"
            )
        self.perspective, self.viewing_angle, self.viewing_scale = perspective, viewing_angle, viewing_scale
        if eye is None:
            angle = torch.as_tensor(viewing_angle, dtype=torch.float64).detach()
            depth = -(1 / angle.deg2rad().tan() + 1)
            eye = torch.stack([torch.zeros_like(depth), torch.zeros_like(depth), depth], -1)
        self.set_eyes(eye)

    @property
    def eyes(self) -> Tensor:
        """Where the cameras are, (3) or (B, 3); no part of the module's state."""
        return self._eyes

    def set_eyes(self, eyes: Vector) -> None:
        """Puts the cameras at points (3) or (B, 3)."""
        eyes = eyes if isinstance(eyes, Tensor) else torch.tensor(eyes, dtype=torch.float64)
        if eyes.dim() not in (1, 2) or eyes.shape[-1] != 3:
            raise ValueError(f"{type(self).__name__}: eyes must be (3) or (B, 3), got {tuple(eyes.shape)}")
        self._eyes = eyes

    def set_eyes_from_angles(
        self, distance: Tensor | float, elevation: Tensor | float, azimuth: Tensor | float
    ) -> None:
        """Puts the cameras at `points_from_angles`, in degrees."""
        self.set_eyes(points_from_angles(distance, elevation, azimuth))

    def _camera(self, vertices: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, mesh: _Shape) -> _Shape:
        """Vertices, or a mesh, on the screen."""
        if isinstance(mesh, Mesh):
            return mesh.with_vertices(self.forward(mesh.vertices))
        camera = self._camera(mesh)
        if self.perspective:
            return perspective(camera, self.viewing_angle)
        return ops.orthographic(camera, self.viewing_scale)

    def extra_repr(self) -> str:
        return (
            f"perspective={self.perspective}, viewing_angle={torch.as_tensor(self.viewing_angle).tolist()}, "
            f"viewing_scale={self.viewing_scale}"
        )


class LookAt(_Camera):
    """Cameras that look at the origin, y up: forward(mesh or vertices) → the same on the screen.

    Args:
        perspective: else orthographic
        viewing_angle: half of the field of view in degrees; a tensor, as torch.nn.Parameter, to learn it
        viewing_scale: of the orthographic picture
        eye: (3) or (B, 3); None is (0, 0, −(1/tan(viewing_angle) + 1))

    >>> camera = pliant.render.LookAt(viewing_angle=15)
    >>> camera.set_eyes_from_angles(2.732, 30.0, -15.0)
    >>> camera(torch.tensor([[0.3, -0.2, 0.1]], dtype=torch.float64))
    tensor([[ 0.3302, -0.1077,  2.9829]], dtype=torch.float64)
    """

    def __init__(
        self,
        perspective: bool = True,
        viewing_angle: Tensor | float = 30.0,
        viewing_scale: float = 1.0,
        eye: Vector | None = None,
    ) -> None:
        super().__init__(perspective, viewing_angle, viewing_scale, eye)

    def _camera(self, vertices: Tensor) -> Tensor:
        return ops.look_at(vertices, self._eyes, _constant(0.0, 0.0, 0.0), _constant(0.0, 1.0, 0.0))


class Look(_Camera):
    """Cameras that look along one direction, y up. Arguments as for `LookAt`.

    Args:
        camera_direction: (3), not 0
        perspective, viewing_angle, viewing_scale, eye: as for `LookAt`

    >>> camera = pliant.render.Look(eye=(0.0, 0.0, -2.0), viewing_angle=45)
    >>> camera(torch.tensor([[1.0, 0.0, 0.0]]))
    tensor([[0.5000, 0.0000, 2.0000]])
    """

    def __init__(
        self,
        camera_direction: Vector = (0.0, 0.0, 1.0),
        perspective: bool = True,
        viewing_angle: Tensor | float = 30.0,
        viewing_scale: float = 1.0,
        eye: Vector | None = None,
    ) -> None:
        super().__init__(perspective, viewing_angle, viewing_scale, eye)
        if not isinstance(camera_direction, Tensor):
            camera_direction = torch.tensor(camera_direction, dtype=torch.float64)
        if camera_direction.shape[-1:] != (3,) or not bool(camera_direction.isfinite().all()):
            raise ValueError(f"Look: camera_direction must be (3) finite numbers, got {camera_direction}")
        if not bool(camera_direction.any(-1).all()):
            raise ValueError("Look: camera_direction must not be 0")
        self.camera_direction = camera_direction

    def _camera(self, vertices: Tensor) -> Tensor:
        return ops.look(vertices, self._eyes, self.camera_direction, _constant(0.0, 1.0, 0.0))


class Projection(torch.nn.Module):
    """`project` as a module: forward(mesh or vertices) → the same on the screen.

    Args:
        P: (3, 4) or (B, 3, 4)
        dist_coeffs: (5) or (B, 5), or None
        orig_size: the side of the camera's picture in its own unit

    >>> P = torch.tensor([[400.0, 0.0, 256.0, 0.0], [0.0, 400.0, 256.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    >>> camera = pliant.render.Projection(P)
    >>> camera(torch.tensor([[0.32, -0.16, 1.0]])).round(decimals=2)
    tensor([[ 0.5000, -0.2500,  1.0000]])
    """

    def __init__(self, P: Tensor, dist_coeffs: Vector | None = None, orig_size: float = 512.0) -> None:
        super().__init__()
        self.register_buffer("P", P)
        self.register_buffer("distortion", None if dist_coeffs is None else _tensor(dist_coeffs))
        self.orig_size = float(orig_size)
        self.forward(torch.zeros(1, 3))  # Checks the arguments.

    def forward(self, mesh: _Shape) -> _Shape:
        """See `project`."""
        if isinstance(mesh, Mesh):
            return mesh.with_vertices(self.forward(mesh.vertices))
        return ops.project(mesh, self.P, self.distortion, self.orig_size)


@shared
def _constant(*numbers: float) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _tensor(value: Vector | float) -> Tensor:
    """Numbers as float64, tensors as they are."""
    return value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float64)
