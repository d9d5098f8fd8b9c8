# benchmarks/render/peers.py — silhouettes by the peers, as functions of the same corners on the screen
from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor


class DeodrMesh:
    """What DEODR needs beside the corners: the faces, and which of them share an edge."""

    def __init__(self, faces: Tensor) -> None:
        self.faces = faces.numpy().astype(np.uint32)
        ends = np.stack([self.faces, np.roll(self.faces, -1, axis=1)], axis=2).astype(np.int64)
        keys = ends.min(2) * (int(self.faces.max()) + 1) + ends.max(2)
        _, edges = np.unique(keys, return_inverse=True)
        self.edges = edges.reshape(keys.shape)

    def on_silhouette(self, place: np.ndarray) -> np.ndarray:
        """The edges (F, 3) that exactly one visible face has, as DEODR's own meshes find them."""
        a, b, c = (place[self.faces[:, k]] for k in range(3))
        u, v = b - a, c - a
        visible = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0] > 0
        count = np.bincount(self.edges.ravel(), weights=np.repeat(visible, 3))
        return (count == 1)[self.edges]


class _Deodr(torch.autograd.Function):
    """One image: hard faces, their silhouette's edges blended over a pixel, gradients through these."""

    @staticmethod
    def forward(ctx: Any, vertices: Tensor, mesh: DeodrMesh, size: int) -> Tensor:
        from deodr.differentiable_renderer import Scene2D, renderScene

        on_screen = vertices.numpy().astype(np.float64)
        place = (on_screen[:, :2] * (size, -size) + size - 1) / 2  # column, row
        count, faces = len(place), len(mesh.faces)
        none = np.zeros(faces, dtype=bool)
        scene = Scene2D(
            faces=mesh.faces,
            faces_uv=mesh.faces,
            ij=place,
            depths=on_screen[:, 2],
            textured=none,
            uv=np.zeros((count, 2)),
            shade=np.zeros(count),
            colors=np.ones((count, 1)),
            shaded=none,
            edgeflags=mesh.on_silhouette(place),
            height=size,
            width=size,
            nb_colors=1,
            texture=np.zeros((0, 0)),
            background_color=np.zeros(1),
            clockwise=True,
            backface_culling=True,
        )
        picture, depth = np.zeros((size, size, 1)), np.zeros((size, size))
        renderScene(scene, 1, picture, depth, check_valid=False)
        ctx.scene, ctx.picture, ctx.depth = scene, picture, depth
        return torch.from_numpy(picture[:, :, 0]).to(vertices.dtype)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None, None]:
        from deodr.differentiable_renderer import renderSceneB

        gradient = upstream[0].numpy().astype(np.float64)[:, :, None].copy()
        scene = ctx.scene
        renderSceneB(scene, 1, ctx.picture.copy(), ctx.depth, gradient, check_valid=False)
        out = torch.zeros(len(scene.ij), 3, dtype=upstream[0].dtype)
        out[:, :2] = torch.from_numpy(scene.ij_b * (scene.width / 2, -scene.height / 2))
        return out, None, None


def deodr_silhouette(vertices: Tensor, mesh: DeodrMesh, size: int) -> Tensor:
    """(B, size, size) of corners (B, V, 3) on the screen, image by image."""
    return torch.stack([_Deodr.apply(image, mesh, size) for image in vertices])
