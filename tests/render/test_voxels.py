# tests/render/test_voxels.py — voxels against a naive reference, and what has no gradient
import numpy as np
import pytest
import torch

from pliant import render
from tests.render import geometry_reference as reference


@pytest.mark.parametrize("size", [1, 5, 9])
def test_voxels_agree_with_numpy(size):
    for mesh in (render.icosphere(1, 0.35), render.torus(0.3, 0.12, 7, 5), render.box(0.3, 0.41, 0.53)):
        faces = mesh.face_vertices.double() + 0.47 + 0.02 * torch.rand(3)
        found = render.voxelize(faces, size)[0]
        assert found.dtype == torch.uint8
        np.testing.assert_array_equal(found.numpy(), reference.voxelize(faces[0].numpy(), size))


def test_permuting_the_axes_permutes_the_voxels():
    faces = render.torus(0.3, 0.1, 9, 7).face_vertices + 0.513
    voxels = render.voxelize(faces, 16)
    assert torch.equal(render.voxelize(faces[..., [2, 0, 1]], 16), voxels.permute(0, 3, 1, 2))


def test_meshes_are_voxelized_in_their_own_cube():
    mesh = render.icosphere(3, 0.4)
    voxels = mesh.voxelize(32)
    assert torch.equal(voxels, render.voxelize(mesh.face_vertices * (31 / 32) + 0.5, 32))
    assert torch.equal(voxels, voxels.transpose(1, 3))
    batch = mesh.with_vertices(torch.cat([mesh.vertices, 0.5 * mesh.vertices]))
    assert torch.equal(batch.voxelize(32)[:1], voxels)
    share = render.voxel_iou(batch.voxelize(32)[:1], batch.voxelize(32)[1:]).item()
    assert share == pytest.approx(1 / 8, abs=0.03)


def test_float32_and_threads(threads):
    faces = render.icosphere(3, 0.4).face_vertices + 0.5
    faces = torch.cat([faces, 0.9 * faces, 0.8 * faces])
    threads(1)
    single = render.voxelize(faces, 32)
    threads(2)
    assert torch.equal(render.voxelize(faces, 32), single)


def test_there_is_no_gradient():
    faces = (render.box(0.5).face_vertices + 0.5).requires_grad_()
    with pytest.raises(NotImplementedError, match="voxelize has no derivative: voxels are 0 or 1"):
        render.voxelize(faces, 4)
    with torch.no_grad():
        render.voxelize(faces, 4)
    vertices = render.box(0.5).vertices.requires_grad_()
    assert not render.box(0.5).with_vertices(vertices).voxelize(4).requires_grad


def test_errors_name_the_argument():
    with pytest.raises(ValueError, match=r"voxelize: faces must be \(B, F, 3, 3\), got \[3, 3\]"):
        render.voxelize(torch.zeros(3, 3))
    with pytest.raises(ValueError, match=r"voxelize: size must be in 1 … 512, got 513"):
        render.voxelize(torch.zeros(1, 1, 3, 3), 513)
    with pytest.raises(TypeError, match="voxelize: faces must be float32 or float64, got Int"):
        render.voxelize(torch.zeros(1, 1, 3, 3).int())


@pytest.mark.parametrize("family", render.shape_families())
def test_shapes_are_closed_bodies_with_exact_voxels(family):
    mesh = render.shape(family, 5, seed=2)
    assert torch.equal(mesh.vertices, render.shape(family, 5, seed=2).vertices)
    assert (mesh.surface_normals * mesh.face_vertices.mean(2)).sum(-1).mean() > 0
    exact = render.shape_voxels(family, 5, seed=2)
    iou = render.voxel_iou(render.shape(family, 5, seed=2, level=4).voxelize(32), exact.unsqueeze(0)).item()
    assert 0.5 < iou <= 1


def test_unknown_shapes_are_named():
    with pytest.raises(
        ValueError, match="unknown family of shapes 'cube'; there are: ellipsoid, superquadric"
    ):
        render.shape("cube", 0)
    with pytest.raises(ValueError, match="shape: index must be >= 0, got -1"):
        render.shape("box", -1)
