# examples/python/ellipsoids.py — the algorithm of two examples: ellipsoids as silhouettes
import torch

from pliant import render

SPHERE = render.icosphere(2)
EYES = render.points_from_angles(4.0, torch.tensor([0.0, 0.0, 70.0]), torch.tensor([0.0, 60.0, 0.0]))


def silhouettes(radii):
    """Three views (3 · batch, 32, 32) of each ellipsoid with these radii (batch, 3)."""
    solids = (SPHERE.vertices * radii.unsqueeze(1)).repeat_interleave(3, 0)
    screen = render.perspective(render.look_at(solids, EYES.repeat(len(radii), 1)), 15.0)
    return render.silhouette(screen, SPHERE.faces, 32, tau=1e-3)


def draw(count):
    """Radii in 0.3 … 0.8, and what they look like."""
    radii = 0.3 + 0.5 * torch.rand(count, 3)
    return radii, silhouettes(radii)
