# python/pliant/render/explain.py — why nothing flows back from a silhouette
from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from pliant._library import ops
from pliant.math import distribution_of, parameters
from pliant.render.mesh import Mesh
from pliant.render.renderer import Renderer


@dataclass(frozen=True)
class GradientReport:
    """What `explain_gradient` found out, counted over all images.

    >>> ball = pliant.render.LookAt(viewing_angle=15)(pliant.render.icosphere(2))
    >>> report = pliant.render.explain_gradient(pliant.render.Renderer(size=16, tau=0.01), ball)
    >>> report.vertices_reached, report.vertices, report.reasons
    (162, 162, [])
    """

    vertices: int
    """that there are"""
    vertices_reached: int
    """that some pixel has a gradient for"""
    faces: int
    """that there are"""
    faces_behind: int
    """that are wholly nearer than `near`, behind the camera included"""
    faces_outside: int
    """in front of the camera, but so far beside the picture that no pixel sees them"""
    pixels: int
    """that there are"""
    pixels_full: int
    """whose coverage is 1, which have no gradient"""
    pixels_between: int
    """whose coverage is above 0 and below 1"""
    reach: float
    """how far outside a face a pixel sees it, in pixels"""
    reasons: list[str] = field(default_factory=list)
    """why vertices have no gradient, in words; empty if all have one"""

    def __str__(self) -> str:
        lines = [f"{self.vertices_reached} of {self.vertices} vertices have a gradient"]
        return "\n".join(lines + [f"- {reason}" for reason in self.reasons])


def explain_gradient(renderer: Renderer, mesh: Mesh) -> GradientReport:
    """Why vertices of a mesh on the screen have no gradient from its silhouette.

    Args:
        renderer: draws the silhouette
        mesh: on the screen, as the renderer takes it

    Returns:
        counts, and `reasons`; as text one line each

    Cost: a silhouette and its way back.

    >>> mesh = pliant.render.LookAt(viewing_angle=15)(pliant.render.icosphere(2, 0.1))
    >>> renderer = pliant.render.Renderer(size=16, distribution="hard", squared=False)
    >>> print(pliant.render.explain_gradient(renderer, mesh))
    0 of 162 vertices have a gradient
    - the distribution 'hard' has no slope anywhere: take another one, such as 'logistic'
    """
    reach = _reach(renderer)
    vertices = mesh.vertices.detach().clone().requires_grad_()
    with torch.enable_grad():
        alpha = renderer.silhouette(mesh.with_vertices(vertices))
        # Weights without a pattern, so that nothing cancels.
        weight = torch.rand(alpha.shape, generator=torch.Generator().manual_seed(0), dtype=alpha.dtype)
        (gradient,) = torch.autograd.grad(alpha, vertices, weight + 0.5)
    behind, outside = _unseen_faces(renderer, mesh, reach)
    report = GradientReport(
        vertices=vertices.shape[0] * vertices.shape[1],
        vertices_reached=int((gradient != 0).any(-1).sum()),
        faces=mesh.batch_size * mesh.num_faces,
        faces_behind=behind,
        faces_outside=outside,
        pixels=alpha.numel(),
        pixels_full=int((alpha == 1).sum()),
        pixels_between=int(((alpha > 0) & (alpha < 1)).sum()),
        reach=reach * min(renderer.size) / 2,
    )
    report.reasons.extend(_reasons(renderer, report))
    return report


def _reach(renderer: Renderer) -> float:
    """How far outside a face a pixel sees it, in units of the screen."""
    family = distribution_of(renderer.distribution)
    numbers = parameters(family, 1 / renderer.tau, 2.0 if renderer.squared else 1.0)
    return ops.coverage_radius(family.name, numbers.detach(), renderer.dist_eps)


def _unseen_faces(renderer: Renderer, mesh: Mesh, reach: float) -> tuple[int, int]:
    """How many faces are behind the near plane, and how many in front of it beside the picture."""
    corners: Tensor = mesh.face_vertices.detach()
    behind = (corners[..., 2] < renderer.near).all(-1)
    height, width = renderer.size
    side = min(height, width)
    outside = torch.zeros_like(behind)
    for axis, half in ((0, width / side), (1, height / side)):
        along = corners[..., axis]
        outside |= (along > half + reach).all(-1) | (along < -half - reach).all(-1)
    return int(behind.sum()), int((outside & ~behind).sum())


def _reasons(renderer: Renderer, report: GradientReport) -> list[str]:
    """In words, the causes that apply, the strongest first."""
    if report.vertices_reached == report.vertices:
        return []
    family = distribution_of(renderer.distribution).name
    if family == "hard":
        return ["the distribution 'hard' has no slope anywhere: take another one, such as 'logistic'"]
    reasons = []
    if report.faces_behind:
        behind = f"behind the near plane (near = {renderer.near:g})"
        reasons.append(f"{report.faces_behind} of {report.faces} faces are {behind}")
    if report.faces_outside:
        reasons.append(f"{report.faces_outside} of {report.faces} faces are beside the picture")
    covers = f"a face covers pixels up to {report.reach:.3g} pixels outside of it"
    if report.pixels_between == 0 and report.pixels_full == 0:
        reasons.append(f"no pixel sees a face: {covers}; raise tau, dist_eps or the size")
    elif report.pixels_between == 0:
        full = f"all {report.pixels_full} covered pixels are full"
        reasons.append(f"{full}: gradients come from pixels that are partly covered; raise tau")
    elif report.pixels_full:
        full = f"{report.pixels_full} pixels are full"
        reasons.append(f"{full}, and give the faces that cover them no gradient; raise tau")
    if not reasons:
        flat = f"'{family}' and '{renderer.t_norm}'"
        reasons.append(f"{covers}, and some see none that has a slope under {flat}; raise tau or the size")
    return reasons
