# tests/render/test_losses.py — smoothness of meshes, overlap of silhouettes and voxels
import pytest
import torch
from torch.autograd import gradcheck

from pliant import render
from tests.render import geometry_reference as reference
from tests.render.bumpy import bumpy, close


def test_losses_agree_with_numpy():
    vertices, faces = bumpy(3, 1)
    parts = render.topology(faces, 42)
    laplacian, flatten = render.laplacian_loss(vertices, parts), render.flatten_loss(vertices, parts)
    for b in range(3):
        points = vertices[b].numpy()
        assert laplacian[b].item() == pytest.approx(reference.laplacian(points, faces.numpy()), rel=1e-12)
        assert flatten[b].item() == pytest.approx(reference.flatten(points, faces.numpy()), rel=1e-9)
    torch.testing.assert_close(render.LaplacianLoss(vertices, faces)(vertices), laplacian)
    torch.testing.assert_close(render.LaplacianLoss(42, faces, average=True)(vertices), laplacian.mean())
    torch.testing.assert_close(render.FlattenLoss(faces)(vertices), flatten)
    torch.testing.assert_close(render.FlattenLoss(faces, average=True)(vertices), flatten.mean())


def test_laplacian_is_the_quadratic_form_of_its_matrix():
    vertices, faces = bumpy(1)
    parts = render.topology(faces, 12)
    matrix = torch.eye(12, dtype=torch.float64)
    for v in range(12):
        row = parts.neighbours[parts.offsets[v] : parts.offsets[v + 1]]
        matrix[v, row] = -1 / len(row)
    vertices.requires_grad_()
    render.laplacian_loss(vertices, parts).backward()
    close(vertices.grad, 2 * matrix.T @ matrix @ vertices.detach())


def test_gradients_of_the_losses():
    vertices, faces = bumpy()
    vertices.requires_grad_()
    parts = render.topology(faces, 12)
    assert gradcheck(lambda v: render.laplacian_loss(v, parts), vertices)
    assert gradcheck(lambda v: render.flatten_loss(v, parts), vertices)
    with pytest.raises(NotImplementedError, match="second derivatives are not available"):
        loss = render.flatten_loss(vertices, parts).sum()
        torch.autograd.grad(torch.autograd.grad(loss, vertices, create_graph=True)[0].sum(), vertices)


def test_every_interior_edge_counts_once():
    # The published collection leaves out an edge that is the third one of both its faces.
    vertices = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [0.5, 1, 0], [0.5, -1, 1]]], dtype=torch.float64)
    folds = [
        render.flatten_loss(vertices, render.topology(torch.tensor([a, b]), 4)).item()
        for a in ([0, 1, 2], [1, 2, 0], [2, 0, 1])
        for b in ([1, 0, 3], [0, 3, 1], [3, 1, 0])
    ]
    expected = reference.flatten(vertices[0].numpy(), [[0, 1, 2], [1, 0, 3]])
    assert expected > 0.05 and folds == pytest.approx([expected] * 9)


def test_flat_surfaces_cost_nothing():
    mesh = render.plane(1.0, 4)
    assert render.FlattenLoss(mesh.faces)(mesh.vertices).item() < 1e-6


def test_folds_without_area_have_finite_gradients():
    vertices = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [0.5, 0, 0], [0.5, -1, 1]]], requires_grad=True)
    render.FlattenLoss(torch.tensor([[0, 1, 2], [1, 0, 3]]))(vertices).backward()
    assert vertices.grad.isfinite().all()


def test_a_hundred_thousand_faces():
    mesh = render.icosphere(6)
    vertices = mesh.vertices.clone().requires_grad_()
    loss = render.LaplacianLoss(vertices, mesh.faces)(vertices) + render.FlattenLoss(mesh.faces)(vertices)
    loss.sum().backward()
    assert mesh.num_faces == 81920 and vertices.grad.isfinite().all()


def test_silhouette_iou_loss():
    p, t = torch.rand(3, 4, 5, dtype=torch.float64), torch.rand(3, 4, 5, dtype=torch.float64)
    expected = torch.tensor([reference.iou_loss(p[b].numpy(), t[b].numpy()) for b in range(3)])
    close(render.silhouette_iou_loss(p, t, "none"), expected)
    close(render.silhouette_iou_loss(p, t), expected.mean())
    close(render.silhouette_iou_loss(p, t, "sum"), expected.sum())
    close(render.silhouette_iou(p, t), 1 - expected)
    assert gradcheck(render.silhouette_iou_loss, (p.requires_grad_(), t.requires_grad_()))
    empty = torch.zeros(1, 2, 2, requires_grad=True)
    render.silhouette_iou_loss(empty, torch.zeros(1, 2, 2)).backward()
    assert empty.grad.isfinite().all()


def test_voxel_iou():
    a, b = torch.rand(4, 3, 3, 3), torch.rand(4, 3, 3, 3)
    inside = [((a > 0.5) & (b > 0.5)).flatten(1).sum(1), ((a > 0.5) | (b > 0.5)).flatten(1).sum(1)]
    close(render.voxel_iou(a, b), inside[0].double() / inside[1])
    assert torch.equal(render.voxel_iou(a > 0.5, b > 0.5), render.voxel_iou(a, b))
    assert render.voxel_iou(torch.zeros(1, 2), torch.zeros(1, 2)).item() == 1
