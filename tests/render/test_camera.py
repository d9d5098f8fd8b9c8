# tests/render/test_camera.py — cameras: golden values, float64 references, gradients, edges, errors
import copy
import math
import pickle

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

import pliant
from pliant import render
from tests.render import geometry_reference as reference

VERTICES = torch.tensor([[0.3, -0.2, 0.1], [-0.4, 0.5, 0.2], [0.0, 0.1, -0.6]], dtype=torch.float64)
EYES = torch.tensor([[-0.6, 1.3, -2.2], [2.0, -0.5, 0.7]], dtype=torch.float64)
GOLDEN_EYE = torch.tensor([-0.61236105, 1.366, -2.28536254], dtype=torch.float64)
GOLDEN_ROWS = torch.tensor(
    [
        [0.96592583, 0, -0.25881905],
        [0.12940952, 0.8660254, 0.48296291],
        [0.22414387, -0.5, 0.8365163],
    ],
    dtype=torch.float64,
)
GOLDEN_SCREEN = torch.tensor([[0.33017346, -0.10770647, 2.98289479]], dtype=torch.float64)


def close(found, expected, tolerance=1e-12):
    torch.testing.assert_close(found, torch.as_tensor(expected), atol=tolerance, rtol=0)


def test_golden_camera():
    eye = render.points_from_angles(2.732, 30.0, -15.0)
    close(eye, GOLDEN_EYE, 1e-8)
    axes = render.look_at(torch.eye(3, dtype=torch.float64), eye, only_rotate=True).T
    close(axes, GOLDEN_ROWS, 1e-8)
    close(render.perspective(render.look_at(VERTICES[:1], eye), 15.0), GOLDEN_SCREEN, 1e-8)
    camera = render.LookAt(viewing_angle=15)
    camera.set_eyes_from_angles(2.732, 30.0, -15.0)
    close(camera(VERTICES[:1]), GOLDEN_SCREEN, 1e-8)


def test_look_at_agrees_with_numpy():
    at, up = torch.tensor([[0.1, 0.2, -0.1]]).double(), torch.tensor([0.2, 1.0, 0.1]).double()
    found = render.look_at(VERTICES, EYES, at, up)
    for i, eye in enumerate(EYES):
        close(found[i], reference.look_at(VERTICES.numpy(), eye.numpy(), at[0].numpy(), up.numpy()))
    # A batch of vertices, one camera each.
    pairs = render.look_at(torch.stack([VERTICES, 2 * VERTICES]), EYES, at, up)
    close(pairs[1], reference.look_at(2 * VERTICES.numpy(), EYES[1].numpy(), at[0].numpy(), up.numpy()))


def test_look_is_look_at_from_the_eye():
    direction = torch.tensor([0.3, -0.2, 1.5], dtype=torch.float64)
    close(render.look(VERTICES, EYES, direction), render.look_at(VERTICES, EYES, EYES + direction))


def test_perspective_and_orthographic():
    camera = VERTICES + torch.tensor([0.0, 0.0, 3.0])
    close(render.perspective(camera, 20.0), reference.perspective(camera.numpy(), 20.0))
    angles = torch.tensor([20.0, 35.0], dtype=torch.float64)
    close(render.perspective(camera, angles)[1], reference.perspective(camera.numpy(), 35.0))
    close(render.orthographic(camera, 0.5), camera * torch.tensor([0.5, 0.5, 1.0]).double())


def test_projection_agrees_with_numpy():
    matrix = torch.tensor(
        [
            [[500.0, 0, 256, 20], [0, 480, 250, -30], [0, 0, 1, 3]],
            [[2.0, 0.1, 0, 0], [0, 2, 0, 0.3], [0, 0.1, 1, 4]],
        ]
    ).double()
    distortion = torch.tensor([[1e-7, 1e-13, 1e-5, -1e-5, 1e-19], [0.1, -0.05, 0.01, 0.02, 0.03]]).double()
    for size in (512.0, 2.0):
        found = render.project(VERTICES, matrix, distortion, size)
        for i in range(2):
            expected = reference.project(VERTICES.numpy(), matrix[i].numpy(), distortion[i].numpy(), size)
            torch.testing.assert_close(found[i], torch.tensor(expected), rtol=1e-12, atol=1e-12)
    plain = render.project(VERTICES, matrix[1], None, 2.0)
    close(plain, reference.project(VERTICES.numpy(), matrix[1].numpy(), [0.0] * 5, 2.0))
    close(render.Projection(matrix[1], orig_size=2.0)(VERTICES), plain)


def test_gradients_of_every_argument():
    def inputs(*tensors):
        return [tensor.double().clone().requires_grad_() for tensor in tensors]

    at, up = torch.tensor([0.1, 0.0, 0.2]), torch.tensor([0.1, 1.0, 0.0])
    for check in (gradcheck, gradgradcheck):
        assert check(render.look_at, inputs(VERTICES, EYES, at, up))
        assert check(render.look, inputs(VERTICES, EYES, at, up))
        assert check(render.points_from_angles, inputs(*torch.tensor([2.0, 20.0, -15.0])))
        assert check(render.perspective, inputs(VERTICES + 3, torch.tensor(20.0)))
        assert check(render.perspective, inputs(VERTICES + 3, torch.tensor([20.0, 40.0])))
        assert check(render.orthographic, inputs(VERTICES))
        matrix = torch.tensor([[2.0, 0.1, 0, 0], [0, 2, 0, 0.3], [0, 0.1, 1, 4]])
        assert check(
            render.project, [*inputs(VERTICES, matrix, torch.tensor([0.1, -0.1, 0.02, 0.01, 0.03])), 2.0]
        )


def test_gradient_of_the_angle_is_the_written_one():
    camera, angle = VERTICES + 3, torch.tensor(25.0, dtype=torch.float64, requires_grad=True)
    screen = render.perspective(camera, angle)
    upstream = torch.randn_like(screen)
    (screen * upstream).sum().backward()
    t = math.tan(math.radians(25.0))
    expected = -(upstream[:, :2] * screen[:, :2]).sum() * (1 + t * t) / t * math.pi / 180
    close(angle.grad, expected.detach())


def test_the_angle_and_the_eyes_can_be_learned():
    camera = render.LookAt(viewing_angle=torch.nn.Parameter(torch.tensor(30.0)))
    assert [name for name, _ in camera.named_parameters()] == ["viewing_angle"]
    azimuth = torch.tensor([10.0, 20.0], requires_grad=True)
    camera.set_eyes_from_angles(2.5, 0.0, azimuth)
    camera(VERTICES.float()).square().sum().backward()
    assert camera.viewing_angle.grad.isfinite() and azimuth.grad.ne(0).all()


@pytest.mark.parametrize(
    ("eye", "at", "up"),
    [
        ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
        ((0.0, 2.0, 0.0), (0.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
        ((0.0, 0.0, -2.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ],
    ids=["eye is at", "up is the line of sight", "no up"],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_degenerate_cameras_are_finite(eye, at, up, dtype):
    tensors = [torch.tensor(p, dtype=dtype, requires_grad=True) for p in (eye, at, up)]
    vertices = VERTICES.to(dtype).requires_grad_()
    screen = render.perspective(render.look_at(vertices, *tensors), 30.0)
    screen.sum().backward()
    assert screen.isfinite().all()
    assert all(tensor.grad.isfinite().all() for tensor in (vertices, *tensors))


def test_a_vertex_in_the_plane_of_the_camera_is_far_and_finite():
    vertices = torch.tensor([[1.0, -1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, -1e-7]], requires_grad=True)
    screen = render.perspective(vertices, 45.0)
    screen.sum().backward()
    assert screen.isfinite().all() and vertices.grad.isfinite().all()
    assert screen[0, 0].item() == pytest.approx(1e6)


def test_every_camera_has_its_own_angle():
    angles = torch.tensor([20.0, 40.0], dtype=torch.float64)
    camera = render.LookAt(viewing_angle=angles)
    for i, angle in enumerate(angles.tolist()):
        close(camera(VERTICES)[i], render.LookAt(viewing_angle=angle)(VERTICES))


def test_modules_take_meshes_and_vertices():
    mesh = render.icosphere(1)
    camera = render.LookAt()
    close(camera.eyes, torch.tensor([0, 0, -(1 / math.tan(math.pi / 6) + 1)], dtype=torch.float64), 1e-12)
    camera.set_eyes(EYES)
    assert torch.equal(camera.eyes, EYES)
    on_screen = camera(mesh)
    assert on_screen.vertices.shape == (2, 42, 3) and on_screen.textures.shape == (2, 80, 1, 3)
    assert torch.equal(on_screen.vertices, camera(mesh.vertices[0]))
    assert torch.equal(mesh.vertices, render.icosphere(1).vertices)
    flat = render.LookAt(perspective=False, viewing_scale=0.5)(mesh)
    close(flat.vertices[0, :, :2], 0.5 * mesh.vertices[0, :, :2], 1e-6)
    look = render.Look((0.0, 0.0, 2.0))
    close(look(VERTICES), render.LookAt()(VERTICES))
    look.set_eyes_from_angles(2.0, 0.0, 0.0)
    assert look(mesh).batch_size == 1
    for module in (camera, look, render.Projection(torch.eye(3, 4), [0.1, 0, 0, 0, 0])):
        copies = copy.deepcopy(module), pickle.loads(pickle.dumps(module))
        assert all(torch.equal(again(mesh).vertices, module(mesh).vertices) for again in copies)
    assert "viewing_angle=30.0" in repr(camera)


def test_faces_towards_the_camera_are_clockwise_on_the_screen():
    # What the renderer takes for the front: the camera's axes are left-handed, so outside's turn is reversed.
    mesh = render.icosphere(2)
    camera = render.LookAt()
    camera.set_eyes_from_angles(3.0, 20.0, 50.0)
    centre = mesh.face_vertices.mean(2)
    towards = ((camera.eyes.float() - centre) * mesh.surface_normals).sum(-1)
    a, b, c = camera(mesh).face_vertices[..., :2].unbind(2)
    turn = (b - a)[..., 0] * (c - a)[..., 1] - (b - a)[..., 1] * (c - a)[..., 0]
    assert torch.equal(turn < 0, towards > 0)


def test_functional_transforms_and_compile():
    def loss(eye):
        return render.perspective(render.look_at(VERTICES, eye), 30.0).square().sum()

    single = torch.stack([torch.func.grad(loss)(eye) for eye in EYES])
    close(torch.func.vmap(torch.func.grad(loss))(EYES), single)
    compiled = torch.compile(loss, backend="aot_eager", fullgraph=True)
    eye = EYES[0].clone().requires_grad_()
    compiled(eye).backward()
    close(eye.grad, single[0])


ERRORS = {
    "look_at: vertices must be float32 or float64, got Int": (
        TypeError,
        lambda: render.look_at(torch.zeros(3, 3, dtype=torch.int32), EYES),
    ),
    r"look_at: vertices must be \(V, 3\) or \(B, V, 3\), got \[3, 2\]": (
        ValueError,
        lambda: render.look_at(torch.zeros(3, 2), EYES),
    ),
    r"look_at: eye must be \(3\) or \(B, 3\), got \[2\]": (
        ValueError,
        lambda: render.look_at(VERTICES, (1.0, 2.0)),
    ),
    "look_at: eye has a batch of 2, but vertices one of 3": (
        ValueError,
        lambda: render.look_at(torch.zeros(3, 5, 3), EYES),
    ),
    r"look: direction must be \(3\) or \(B, 3\)": (
        ValueError,
        lambda: render.look(VERTICES, EYES, torch.zeros(3, 1)),
    ),
    r"perspective: angle must be in \(0, 90\) degrees, got 90": (
        ValueError,
        lambda: render.perspective(VERTICES, 90.0),
    ),
    r"perspective: angle must be \(\) or \(B\), got \[1, 1\]": (
        ValueError,
        lambda: render.perspective(VERTICES, torch.zeros(1, 1)),
    ),
    "orthographic: scale must be finite, got inf": (
        ValueError,
        lambda: render.orthographic(VERTICES, math.inf),
    ),
    "points_from_angles: azimuth must be floating-point, got Long": (
        TypeError,
        lambda: render.points_from_angles(1.0, 0.0, torch.tensor(3)),
    ),
    r"project: P must be \(3, 4\) or \(B, 3, 4\), got \[4, 4\]": (
        ValueError,
        lambda: render.Projection(torch.eye(4)),
    ),
    r"project: distortion must be \(5\) or \(B, 5\), got \[4\]": (
        ValueError,
        lambda: render.Projection(torch.eye(3, 4), [0.0] * 4),
    ),
    "project: orig_size must be > 0, got 0": (
        ValueError,
        lambda: render.Projection(torch.eye(3, 4), orig_size=0),
    ),
    r"LookAt: viewing_angle must be in \(0, 90\) degrees, got 0": (
        ValueError,
        lambda: render.LookAt(viewing_angle=0),
    ),
    r"Look: eyes must be \(3\) or \(B, 3\), got \(2,\)": (ValueError, lambda: render.Look(eye=(0.0, 1.0))),
    "Look: camera_direction must not be 0": (ValueError, lambda: render.Look((0.0, 0.0, 0.0))),
    r"Look: camera_direction must be \(3\) finite numbers": (
        ValueError,
        lambda: render.Look((0.0, math.nan, 1.0)),
    ),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_name_the_argument(message):
    kind, call = ERRORS[message]
    with pytest.raises(kind, match=message):
        call()


def test_the_package_loads_render_on_first_use():
    assert pliant.render is render
