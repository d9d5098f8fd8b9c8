# tests/render/test_objects.py — the built-in objects from Python
import pytest
import torch

import pliant


def test_every_family_has_objects_that_voxels_and_silhouettes_know():
    camera = pliant.render.LookAt(viewing_angle=15)
    camera.set_eyes_from_angles(torch.tensor(2.732), torch.tensor(30.0), torch.tensor(30.0))
    renderer = pliant.render.Renderer(64, distribution="hard", tau=1.0, squared=False, t_norm="max")
    for family in pliant.render.object_families():
        mesh = pliant.render.make_object(family)
        assert mesh.vertices.dtype == torch.float32
        low, high = mesh.vertices.amin((0, 1)), mesh.vertices.amax((0, 1))
        torch.testing.assert_close(low + high, torch.zeros(3), atol=1e-6, rtol=0)
        assert (high - low).max().item() == pytest.approx(1, abs=1e-6)
        assert 0.002 < mesh.voxelize(32).float().mean() < 1
        assert 0.01 < renderer.silhouette(camera(mesh)).mean() < 0.9


def test_drawn_objects_are_functions_of_their_keys_and_stack():
    first, again, other = (pliant.render.draw_object("chair", 5, index) for index in (2, 2, 3))
    assert torch.equal(first.vertices, again.vertices)
    assert not torch.equal(first.vertices, other.vertices)
    assert torch.equal(first.faces, other.faces)
    batch = pliant.render.Mesh(torch.cat([first.vertices, other.vertices]), first.faces)
    assert batch.vertices.shape[0] == 2


def test_a_table_with_thick_legs_has_more_solid_voxels_than_its_top_alone():
    mesh = pliant.render.make_object("table")
    solid = mesh.voxelize(64)[0].float()
    heights = solid.sum((0, 2))
    assert (heights > 0).sum() > 20  # legs, not a top alone
    assert heights.argmax() > 32  # the top is above


@pytest.mark.parametrize("call", [pliant.render.make_object, pliant.render.draw_object])
def test_a_wrong_family_is_named(call):
    with pytest.raises(ValueError, match="unknown family of objects 'teapot'; there are: airplane, blob"):
        call("teapot")
