# tests/render/bumpy.py — irregular meshes to test with, and how near results must be
import numpy as np
import torch

from pliant import render


def bumpy(batch=2, level=0):
    """Icospheres with every vertex moved, float64."""
    mesh = render.icosphere(level)
    vertices = mesh.vertices.double() * (1 + 0.4 * torch.rand(batch, mesh.num_vertices, 1)).double()
    return vertices + 0.05 * torch.randn_like(vertices), mesh.faces


def close(found, expected, tolerance=1e-12):
    torch.testing.assert_close(found, torch.as_tensor(np.asarray(expected)), atol=tolerance, rtol=0)
