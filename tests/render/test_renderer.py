# tests/render/test_renderer.py — the Renderer module: presets, near plane, depth, normals, explanations
import copy
import math
import pickle

import pytest
import torch
from torch.autograd import gradcheck

import pliant
from pliant import render


def on_screen(mesh=None, distance=2.732, angle=15.0, azimuth=0.0):
    camera = render.LookAt(viewing_angle=angle)
    camera.set_eyes_from_angles(distance, 20.0, azimuth)
    return camera(render.icosphere(2, 0.5) if mesh is None else mesh)


def in_double(mesh):
    return mesh.to(torch.float64)


@pytest.mark.parametrize("name", render.PRESETS)
def test_presets_draw_the_sphere(name):
    renderer = render.Renderer.preset(name, size=32)
    mesh = on_screen()
    picture = renderer(mesh)
    assert picture.shape == (1, 4, 32, 32) and picture.isfinite().all()
    hard = render.Renderer(size=32, distribution="hard", squared=False).silhouette(mesh)
    assert (picture[:, 3] - hard).abs().mean() < 0.05
    assert picture[0, :3, 16, 16].allclose(torch.ones(3), atol=1e-3)


def soft_silhouette(mesh, sigma, reach2, size):
    """SoftRas's and PyTorch3D's coverage: 1 − Π (1 − sigmoid(±d²/σ)), cut at d² = reach2."""
    corners = mesh.face_vertices[0, :, :, :2].double()
    at = (2 * torch.arange(size, dtype=torch.float64) + 1 - size) / size
    pixels = torch.stack(torch.meshgrid(-at, at, indexing="ij")[::-1], -1).reshape(-1, 1, 2)
    nearest, inside = torch.full((size * size, len(corners)), math.inf, dtype=torch.float64), True
    area = torch.linalg.det(torch.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], 1))
    for i in range(3):
        a, b = corners[:, i], corners[:, (i + 1) % 3]
        along = ((pixels - a) * (b - a)).sum(-1) / (b - a).square().sum(-1)
        foot = a + along.clamp(0, 1).unsqueeze(-1) * (b - a)
        nearest = torch.minimum(nearest, (pixels - foot).square().sum(-1))
        cross = (b - a)[:, 0] * (pixels - a)[..., 1] - (b - a)[:, 1] * (pixels - a)[..., 0]
        inside = inside & (cross * area > 0)
    covered = torch.sigmoid(torch.where(inside, nearest, -nearest) / sigma)
    covered = torch.where(~inside & (nearest >= reach2), 0.0, covered)
    return 1 - (1 - covered).prod(1).reshape(size, size)


@pytest.mark.parametrize("name", ["softras", "pytorch3d"])
def test_soft_rasterizers_silhouette_by_its_own_formula(name):
    mesh = in_double(on_screen())
    renderer = render.Renderer.preset(name, size=24)
    expected = soft_silhouette(mesh, renderer.tau, math.log(1e4 - 1) * renderer.tau, 24)
    # Ours leaves out coverages up to 1e-6; theirs end at 1e-4 anyway.
    torch.testing.assert_close(renderer.silhouette(mesh)[0], expected, atol=1e-6, rtol=0)


def test_dib_r_silhouette_by_its_own_formula():
    mesh = in_double(on_screen(render.Mesh(torch.eye(3) * 0.5, torch.tensor([[0, 1, 2]]))))
    renderer = render.Renderer.preset("dibr", size=24)
    alpha = renderer.silhouette(mesh)[0]
    soft = soft_silhouette(mesh, 1.0, math.inf, 24)
    squared = -torch.logit(soft).double()  # of one face: the squared distance outside
    outside = squared > 1e-9
    expected = torch.exp(-squared * 7000)
    covered = outside & (expected > 2e-6)
    torch.testing.assert_close(alpha[covered], expected[covered], atol=1e-9, rtol=1e-6)
    assert (alpha[~outside] == 1).all()


def test_modules_are_copied_and_pickled_and_learn():
    renderer = render.Renderer(
        size=16, distribution="gaussian", tau=0.05, squared=False, t_norm="yager", p=2.0,
        learn_tau=True, learn_p=True,
    )  # fmt: skip
    assert set(renderer.state_dict()) == {"tau", "p"}
    mesh = on_screen()
    renderer.silhouette(mesh).mean().backward()
    assert renderer.tau.grad.abs() > 0 and renderer.p.grad.abs() > 0
    for other in (copy.deepcopy(renderer), pickle.loads(pickle.dumps(renderer))):
        assert torch.equal(other(mesh), renderer(mesh))
    assert "gaussian" in repr(renderer)
    with_background = render.Renderer(size=4, background=torch.tensor([0.0, 0.5, 1.0]))
    assert "background" in with_background.state_dict()
    empty = with_background(on_screen(render.icosphere(1, 0.01), azimuth=0.0))
    torch.testing.assert_close(empty[0, :3, 0, 0], torch.tensor([0.0, 0.5, 1.0]))


def test_anti_aliasing_is_the_mean_of_four():
    mesh = on_screen()
    fine = render.Renderer(size=32)(mesh)
    coarse = render.Renderer(size=16, anti_aliasing=True)
    torch.testing.assert_close(coarse(mesh), torch.nn.functional.avg_pool2d(fine, 2))
    torch.testing.assert_close(
        coarse.silhouette(mesh), torch.nn.functional.avg_pool2d(fine[:, 3:], 2)[:, 0], atol=1e-6, rtol=0
    )


def test_faces_across_the_near_plane_are_cut():
    # A long road from behind the camera to its horizon: what is in front of the plane, and nothing else.
    road = render.Mesh(
        torch.tensor([[-1.0, -0.5, -5.0], [1.0, -0.5, -5.0], [1.0, -0.5, 40.0], [-1.0, -0.5, 40.0]]),
        torch.tensor([[0, 1, 2], [0, 2, 3]]),
        torch.eye(3)[[0, 1, 2, 0]],
        texture_type="vertex",
    )
    projected = road.with_vertices(render.perspective(road.vertices, 45.0))
    options = {"size": 64, "distribution": "hard", "squared": False, "blend": "hard"}
    cut = render.Renderer(near=0.1, **options)
    fine = torch.linspace(0.1, 40.0, 400)
    strip = torch.stack([torch.tensor([[-1.0, -0.5, z], [1.0, -0.5, z]]) for z in fine]).flatten(0, 1)
    quads = torch.arange(399)[:, None] * 2 + torch.tensor([0, 1, 3, 0, 3, 2])
    exact = render.Mesh(strip, quads.reshape(-1, 3))
    expected = cut.silhouette(exact.with_vertices(render.perspective(exact.vertices, 45.0)))
    assert (cut.silhouette(projected) - expected).abs().mean() < 2e-3
    assert cut.silhouette(projected)[0, :31].sum() == 0  # nothing above the horizon
    uncut = render.Renderer(near_clip=False, **options).silhouette(projected)
    assert (uncut - expected).abs().mean() > 0.1
    colours = cut(projected)[0, :, 63, 32]  # at z = 0.5 · 64/63: hardly away from the first two corners
    assert colours[:2].sum() > 0.8 and colours[3] == 1


def test_what_is_behind_the_camera_is_not_drawn():
    mesh = on_screen()
    behind = mesh.with_vertices(mesh.vertices * torch.tensor([1.0, 1.0, -1.0]))
    assert render.Renderer(size=16)(behind).eq(0).all()
    batch = mesh.with_vertices(torch.cat([mesh.vertices, behind.vertices]))
    alpha = render.Renderer(size=16).silhouette(batch)
    assert alpha[1].eq(0).all()
    torch.testing.assert_close(alpha[:1], render.Renderer(size=16).silhouette(mesh))


def test_gradients_flow_through_the_near_plane():
    vertices = torch.tensor([[[0.1, 0.2, -0.3], [0.4, -0.1, 1.2], [-0.3, 0.1, 0.9]]], dtype=torch.float64)
    face = torch.tensor([[0, 1, 2]])
    colors = torch.rand(1, 3, 2).double().requires_grad_()

    def cut(vertices, colors, perspective):
        clipped = render.clip_near(vertices, face, colors, near=0.2, perspective=perspective)
        return clipped.vertices[:, :-1], clipped.colors

    for perspective in (False, True):
        assert gradcheck(cut, (vertices.requires_grad_(), colors, perspective))
    flipped = vertices.detach() * torch.tensor([1.0, 1.0, -1.0])  # two corners behind the plane
    assert render.clip_near(flipped, face, near=0.2).faces.shape == (1, 1, 3)
    assert render.clip_near(vertices, face, near=0.2).faces.shape == (1, 2, 3)
    untouched = render.clip_near(vertices + 5, face, near=0.2)
    assert untouched.source.numel() == 0 and torch.equal(untouched.vertices, vertices + 5)


def test_depth_and_normals():
    mesh = in_double(on_screen())
    renderer = render.Renderer(size=32)
    depth = renderer.depth(mesh)
    seen = renderer.visible_faces(mesh)
    torch.testing.assert_close(depth, seen.depth)
    assert depth[0, 16, 16] == pytest.approx(2.732 - 0.5, abs=0.02) and depth[0, 0, 0] == math.inf
    normals = renderer.normals(mesh)
    torch.testing.assert_close(normals.norm(dim=1), (seen.face >= 0).double())
    smooth = renderer.normals(mesh, in_double(render.icosphere(2, 0.5)), smooth=True)
    covered = seen.face[0] >= 0
    assert (smooth[0].norm(dim=0)[covered] - 1).abs().max() < 1e-6
    middle = render.points_from_angles(1.0, 20.0, 0.0)
    torch.testing.assert_close(smooth[0, :, 16, 16], middle, atol=0.06, rtol=0)


def test_depth_and_normals_have_gradients():
    mesh = in_double(on_screen(render.icosphere(0, 0.5)))
    renderer = render.Renderer(size=6)
    covered = renderer.visible_faces(mesh).face >= 0

    def depth(vertices):
        return renderer.depth(mesh.with_vertices(vertices))[covered]

    def normals(vertices):
        return renderer.normals(mesh, mesh.with_vertices(vertices), smooth=True)

    z = mesh.vertices.clone().requires_grad_()
    assert gradcheck(
        lambda z: depth(torch.cat([mesh.vertices[..., :2], z], -1)), z[..., 2:].detach().requires_grad_()
    )
    assert gradcheck(normals, z)


def test_explanations_name_the_cause():
    mesh = on_screen()
    good = render.Renderer(size=32, distribution="cauchy", tau=0.02, squared=False)
    assert render.explain_gradient(good, mesh).vertices_reached == 162
    assert not render.explain_gradient(good, mesh).reasons

    def reasons(renderer, mesh):
        report = render.explain_gradient(renderer, mesh)
        assert report.vertices_reached < report.vertices
        return str(report)

    assert "'hard' has no slope" in reasons(
        render.Renderer(size=32, distribution="hard", tau=1, squared=False), mesh
    )
    tight = render.Renderer(size=32, distribution="uniform", tau=1e-6, squared=False)
    assert "pixels are full" in reasons(tight, mesh)
    beside = mesh.with_vertices(mesh.vertices + torch.tensor([9.0, 0.0, 0.0]))
    assert "320 of 320 faces are beside the picture" in reasons(tight, beside)
    behind = mesh.with_vertices(mesh.vertices * torch.tensor([1.0, 1.0, -1.0]))
    assert "320 of 320 faces are behind the near plane (near = 0.1)" in reasons(tight, behind)
    between = mesh.with_vertices(mesh.vertices * 0.001)
    assert "no pixel sees a face" in reasons(tight, between)


def test_a_shape_is_fitted_by_its_silhouettes():
    """End to end: a sphere pulled to the silhouettes of a torus from eight sides."""
    camera = render.LookAt(viewing_angle=15)
    camera.set_eyes_from_angles(2.732, 30.0, torch.arange(0.0, 360.0, 45.0))
    target_mesh = render.torus(0.35, 0.15)
    hard = render.Renderer(size=32, distribution="hard", squared=False)
    target = hard.silhouette(camera(target_mesh))
    renderer = render.Renderer(size=32, distribution="logistic", tau=3e-4)
    template = render.icosphere(2, 0.4)
    smooth = render.LaplacianLoss(template.vertices[0], template.faces)
    offset = torch.zeros_like(template.vertices, requires_grad=True)
    optimizer = torch.optim.Adam([offset], lr=0.01)
    scores = []
    for _ in range(40):
        mesh = template.with_vertices(template.vertices + offset)
        loss = render.silhouette_iou_loss(renderer.silhouette(camera(mesh)), target)
        optimizer.zero_grad()
        (loss + 0.03 * smooth(mesh.vertices).mean()).backward()
        optimizer.step()
        scores.append(render.silhouette_iou_loss(hard.silhouette(camera(mesh)), target).item())
    assert scores[-1] < 0.5 * scores[0]
    assert pliant.render.explain_gradient(renderer, camera(mesh)).vertices_reached > 0
