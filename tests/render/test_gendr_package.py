# tests/render/test_gendr_package.py — pliant.compat.gendr: names, meshes, cameras, light, losses and files,
# beside the published package, which draws nothing without CUDA; and scripts written for it
import copy
import inspect
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from pliant.compat import gendr as ours

import pliant
from tests.conftest import ROOT

CLASSES = (
    "GenDR Mesh Mesh.from_obj Mesh.save_obj Mesh.voxelize LookAt LookAt.set_eyes LookAt.set_eyes_from_angles "
    "Look Look.set_eyes Projection AmbientLighting DirectionalLighting Lighting LaplacianLoss "
    "LaplacianLoss.forward FlattenLoss FlattenLoss.forward GenDR.forward GenDR.forward_tensors"
).split()
FUNCTIONS = (
    "get_points_from_angles ambient_lighting directional_lighting load_obj look look_at render save_obj "
    "save_voxel face_vertices vertex_normals voxelization"
).split()


def parameters(package, path):
    value = package
    for name in path.split("."):
        value = getattr(value, name)
    defaults = [(p.name, p.default) for p in inspect.signature(value).parameters.values()]
    return [(name, tuple(value) if isinstance(value, list) else value) for name, value in defaults]


def public(package):
    return {name for name in dir(package) if not name.startswith("_")}


def test_signatures_are_the_packages(published_gendr):
    for path in [*CLASSES, *(f"functional.{name}" for name in FUNCTIONS)]:
        assert parameters(ours, path) == parameters(published_gendr, path), path
    modules = {name for name in public(published_gendr) if inspect.ismodule(getattr(published_gendr, name))}
    assert public(published_gendr) - public(ours) <= {"absolute_import"} and "functional" in modules
    assert set(FUNCTIONS) <= public(ours.functional)
    for name in ("Mesh", "LookAt", "Look", "Projection"):
        assert public(getattr(published_gendr, name)) <= public(getattr(ours, name)), name
    renderers = [package.GenDR(texture_type="vertex", near=2) for package in (ours, published_gendr)]
    state = [{k: v for k, v in vars(r).items() if not k.startswith("_")} for r in renderers]
    assert {**state[0], "background_color": [0, 0, 0]} == state[1]


def mesh_of(package, batch=2, dtype=torch.float32, texture_type="surface"):
    ball = pliant.render.icosphere(1)
    torch.manual_seed(5)
    vertices = ball.vertices.repeat(batch, 1, 1) + 0.1 * torch.randn(batch, 42, 3)
    shape = (80, 4, 3) if texture_type == "surface" else (42, 3)
    textures = torch.rand(batch, *shape)
    faces = ball.faces.int().repeat(batch, 1, 1)
    return package.Mesh(vertices.to(dtype), faces, textures.to(dtype), 2, texture_type)


def assert_same_mesh(found, expected):
    for name in (
        "vertices",
        "textures",
        "face_vertices",
        "face_textures",
        "surface_normals",
        "vertex_normals",
    ):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name), rtol=1e-5, atol=1e-5)
    assert torch.equal(found.faces, expected.faces) and found.faces.dtype == expected.faces.dtype
    for name in ("batch_size", "num_vertices", "num_faces", "texture_res", "texture_type", "device"):
        assert getattr(found, name) == getattr(expected, name), name


@pytest.mark.parametrize("texture_type", ["surface", "vertex"])
def test_meshes_light_and_cameras(published_gendr, texture_type):
    found, expected = (mesh_of(package, texture_type=texture_type) for package in (ours, published_gendr))
    assert_same_mesh(found, expected)
    options = {
        "color_ambient": [0.9, 0.5, 0.1],
        "directions": [0.3, 0.8, -0.2],
        "intensity_directionals": 0.7,
    }
    meshes = [package.Lighting(**options)(m) for package, m in ((ours, found), (published_gendr, expected))]
    assert_same_mesh(*meshes)
    angles = torch.tensor([[2.7, 3.1], [30.0, -10.0], [15.0, 200.0]])
    for perspective in (True, False):
        cameras = [package.LookAt(perspective, viewing_angle=15) for package in (ours, published_gendr)]
        for place in (lambda camera: None, lambda camera: camera.set_eyes_from_angles(2, 10, 20)):
            [place(camera) for camera in cameras]
            assert_same_mesh(*(camera(mesh) for camera, mesh in zip(cameras, meshes, strict=True)))
        [camera.set_eyes_from_angles(*angles) for camera in cameras]
        assert_same_mesh(*(camera(mesh) for camera, mesh in zip(cameras, meshes, strict=True)))
        assert torch.equal(cameras[0].eyes, cameras[1]._eye)
    matrix, distortion = torch.randn(2, 3, 4) * 100, torch.randn(2, 5) * 1e-3
    matrix[:, 2] = torch.tensor([0.0, 0.0, 1.0, 5.0])
    projections = [package.Projection(matrix, distortion, 300) for package in (ours, published_gendr)]
    for found, expected in zip(
        *(p(m).vertices for p, m in zip(projections, meshes, strict=True)), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=2e-4, atol=2e-4)


def test_functions(published_gendr):
    theirs = published_gendr.functional
    vertices = torch.randn(2, 7, 3)
    eye, at, up = torch.randn(2, 3) + 3, np.array([0.1, 0.2, 0.3], np.float32), (0.1, 1.0, 0.0)
    for only_rotate in (False, True):
        found, expected = (f.look_at(vertices, eye, at, up, only_rotate) for f in (ours.functional, theirs))
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    up, direction = torch.tensor([0.0, 1.0, 0.0]), [0.2, 0.1, 1.0]
    found, expected = (
        f.look(vertices, [0.0, 0.5, -3.0], direction, up.expand(1, 3)) for f in (ours.functional, theirs)
    )
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(ours.functional.look(vertices, [0.0, 0.5, -3.0], direction), expected)
    for arguments in ((2.5, 10, -20.0), tuple(torch.rand(3, 4)), (2, 1.0, 0.5, False)):
        found, expected = (f.get_points_from_angles(*arguments) for f in (ours.functional, theirs))
        assert type(found) is type(expected)
        torch.testing.assert_close(torch.as_tensor(found), torch.as_tensor(expected), rtol=1e-6, atol=1e-6)
    normals = torch.nn.functional.normalize(torch.randn(2, 5, 3), dim=2)
    for color, towards in (((1, 0.5, 0), [0.0, 1.0, 0.0]), (torch.rand(2, 3), torch.randn(3))):
        lights = [torch.full((2, 5, 3), 0.25) for _ in range(2)]
        for f, light in zip((ours.functional, theirs), lights, strict=True):
            assert f.ambient_lighting(light, 0.3, color) is light
            assert f.directional_lighting(light, normals, 0.6, color, towards) is light
        torch.testing.assert_close(*lights)
    with pytest.raises(ValueError, match="light_direction must be .*got 2 rows"):
        ours.functional.directional_lighting(lights[0], normals, light_direction=torch.randn(2, 3))


def open_mesh():
    return torch.randn(1, 4, 3, dtype=torch.float64), torch.tensor([[0, 1, 2], [2, 1, 3]]).int()


@pytest.mark.parametrize("average", [False, True])
def test_losses(published_gendr, average):
    ball = mesh_of(ours, dtype=torch.float64)
    vertices, faces = ball.vertices.requires_grad_(), ball.faces[0]
    for name, arguments in (("LaplacianLoss", (vertices[0], faces)), ("FlattenLoss", (faces,))):
        results, losses = [], []
        for package in (ours, published_gendr):
            loss = getattr(package, name)(*arguments, average=average).double()
            value = loss(vertices)
            results.append((value, torch.autograd.grad(value.sum(), vertices)[0]))
            losses.append(loss)
        for found, expected in zip(*results, strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)  # their table is float32
        losses[0].load_state_dict(losses[1].state_dict())
        assert torch.equal(losses[0](vertices), results[0][0]) and not losses[0].state_dict()
        with pytest.raises(RuntimeError, match="Unexpected key"):
            losses[0].load_state_dict({"other": torch.zeros(1)})
        assert torch.equal(pickle.loads(pickle.dumps(losses[0]))(vertices), results[0][0])
        assert torch.equal(copy.deepcopy(losses[0])(vertices), results[0][0])


def test_flatten_loss_takes_the_edges_that_the_package_finds():
    vertices, faces = open_mesh()
    smooth = pliant.render.flatten_loss(vertices, pliant.render.topology(faces, 4), smoothing=1e-6)
    # The edge 1-2 is the second of the first face. In the other list it is the third of both.
    assert torch.equal(ours.FlattenLoss(faces)(vertices), smooth)
    turned = torch.tensor([[1, 0, 2], [2, 3, 1]]).int()
    assert ours.FlattenLoss(turned)(vertices).item() == 0
    assert pliant.render.FlattenLoss(turned)(vertices).item() > 0


def test_smoothed_flatten_loss():
    vertices, faces = open_mesh()
    topology = pliant.render.topology(faces, 4)

    def loss(x):
        return pliant.render.flatten_loss(x, topology, smoothing=1e-2)

    assert torch.autograd.gradcheck(loss, vertices.requires_grad_())
    exact = pliant.render.flatten_loss(vertices, topology)
    torch.testing.assert_close(
        pliant.render.flatten_loss(vertices, topology, 1e-12), exact, rtol=1e-4, atol=1e-5
    )
    with pytest.raises(ValueError, match="smoothing must be > 0, got 0"):
        pliant.render.flatten_loss(vertices, topology, smoothing=0)


def test_what_the_package_cannot_do():
    mesh = mesh_of(ours, 1)
    look = ours.Look([0, 0, 1], viewing_angle=20)
    look.set_eyes([0.0, 0.0, -4.0])
    at = ours.LookAt(viewing_angle=20, eye=[0.0, 0.0, -4.0])
    torch.testing.assert_close(look(mesh).vertices, at(mesh).vertices)
    assert look.eyes == at.eyes == [0.0, 0.0, -4.0]
    assert bool(ours.functional.look(mesh.vertices, [0, 0, -3]).isfinite().all())  # along y, up y
    many = ours.LookAt(viewing_angle=20, eye=torch.randn(3, 3) + 4)(mesh)
    assert ours.GenDR(8, texture_type="surface")(many).shape == (3, 4, 8, 8)
    half = ours.Mesh(np.eye(3), np.array([[0, 1, 2]]), np.ones((1, 4, 3)))
    assert half.vertices.dtype == torch.float32 and half.faces.dtype == torch.int32 and half.texture_res == 2


@pytest.mark.parametrize("texture_type", ["surface", "vertex"])
def test_files(tmp_path, texture_type):
    mesh = mesh_of(ours, 1, texture_type=texture_type)
    mesh.save_obj(tmp_path / "ball.obj", save_texture=True)
    back = ours.Mesh.from_obj(tmp_path / "ball.obj", False, True, 2, texture_type)
    assert torch.equal(back.vertices, mesh.vertices) and torch.equal(back.faces, mesh.faces)
    assert (back.textures - mesh.textures).abs().max() < 0.01
    vertices, faces = ours.functional.load_obj(tmp_path / "ball.obj")
    assert torch.equal(vertices, mesh.vertices[0]) and torch.equal(faces, mesh.faces[0])
    with pytest.raises(ValueError, match="batch size > 1, got 2"):
        mesh_of(ours).save_obj(tmp_path / "two.obj")


def test_voxels(tmp_path):
    ball = pliant.render.icosphere(2, 0.4)
    solid = ours.functional.voxelization(ball.face_vertices * 31 / 32 + 0.5, 32, False)
    assert solid.dtype == torch.int32 and torch.equal(solid, ball.voxelize(32).int())
    mesh = ours.Mesh(ball.vertices, ball.faces)
    assert mesh.voxelize().shape == (1, 32, 32, 32) and mesh.voxelize().sum() > solid.sum()
    ours.functional.save_voxel(tmp_path / "ball.obj", solid[0])
    points = [
        line.split()[1:] for line in (tmp_path / "ball.obj").read_text().splitlines() if line[:2] == "v "
    ]
    assert np.allclose(np.array(points, float) * 32, solid[0].nonzero().numpy())


SCRIPT = """
import os
import imageio
import numpy as np
import torch
from tqdm import tqdm, trange

import gendr
import gendr.cuda.generalized_renderer as generalized_renderer
from gendr.functional import get_points_from_angles

here = os.path.dirname(os.path.realpath(__file__))
device = 'cuda'
print(gendr.__name__, generalized_renderer.sigmoid_forward(6, -1., 0., 1., 0., 0.))
ball = gendr.Mesh.from_obj(os.path.join(here, 'data', 'ball.obj'))
lighting, transform = gendr.Lighting(), gendr.LookAt(viewing_angle=15)
soft = gendr.GenDR(image_size=24, dist_func='logistic', dist_scale=None, dist_squared=True, dist_shape=0.,
                   dist_shift=0., dist_eps=100, aggr_alpha_func='probabilistic', aggr_alpha_t_conorm_p=0.,
                   aggr_rgb_func='hard')
hard = gendr.GenDR(image_size=24, dist_func=0, dist_scale=1e-4, dist_squared=True, dist_shape=0.,
                   dist_shift=0., dist_eps=1, aggr_alpha_func=0, aggr_alpha_t_conorm_p=0.,
                   aggr_rgb_func='hard')


def iou_loss(predict, target):
    intersect = (predict * target).sum((1, 2))
    return (1. - intersect / ((predict + target - predict * target).sum((1, 2)) + 1e-6)).mean()


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer('vertices', ball.vertices * 0.5)
        self.register_buffer('faces', ball.faces)
        self.displace = torch.nn.Parameter(torch.zeros_like(ball.vertices))
        self.laplacian_loss = gendr.LaplacianLoss(self.vertices[0].cpu(), self.faces[0].cpu())
        self.flatten_loss = gendr.FlattenLoss(self.faces[0].cpu())

    def forward(self, batch_size):
        vertices = self.vertices + self.displace
        return (gendr.Mesh(vertices.repeat(batch_size, 1, 1), self.faces.repeat(batch_size, 1, 1)),
                self.laplacian_loss(vertices).mean(), self.flatten_loss(vertices).mean())


transform.set_eyes_from_angles(torch.full((4,), 2.732), torch.zeros(4), torch.arange(4) * 90.)
with torch.no_grad():
    goal = torch.tensor([1.2, 0.7, 1.]) * ball.vertices * 0.6
    goal = hard(transform(lighting(gendr.Mesh(goal.repeat(4, 1, 1), ball.faces.repeat(4, 1, 1)))))[:, 3]
goal = torch.from_numpy(goal.cpu().numpy()).to(device)
model = Model().to(device)
optim = torch.optim.Adam(model.parameters(), 0.03, betas=(0.5, 0.95))
writer = imageio.get_writer(os.path.join(here, 'data', 'shape.gif'), mode='I')
losses = []
loop = trange(20)
for i, sigma in zip(loop, np.logspace(-2, -3.5, 20)):
    soft.dist_scale = sigma
    mesh, laplacian, flatten = model(4)
    images = soft(transform(lighting(mesh)))[:, 3]
    loss = iou_loss(images, goal) + 0.03 * laplacian + 0.0003 * flatten
    with torch.no_grad():
        losses.append(iou_loss(hard(transform(lighting(mesh)))[:, 3], goal).item())
    loop.set_description('Loss: %.4f' % loss.item())
    optim.zero_grad()
    loss.backward()
    optim.step()
    writer.append_data((255 * images[0].detach().cpu().numpy()).astype(np.uint8))
writer.close()
print('shape learns', losses[-1] < losses[0] / 2 < 0.3)

pose = torch.nn.Parameter(torch.tensor([[3.0, 20.0, 10.0]]).float().to(device))
stretched = gendr.Mesh((ball.vertices * torch.tensor([1., 0.3, 0.5])).to(device), ball.faces)


def view(eyes, renderer):
    seen = gendr.functional.look_at(stretched.vertices, eyes)
    return renderer(gendr.Mesh(gendr.transform.perspective(seen, 20.), stretched.faces))[:, 3]


eye = get_points_from_angles(*torch.tensor([[3.0], [0.0], [0.0]]), degrees=True)
optim = torch.optim.Adam([pose], 1.0)
for sigma in tqdm(np.logspace(-2, -4, 40)):
    soft.dist_scale = sigma
    loss = iou_loss(view(get_points_from_angles(pose[:, 0], pose[:, 1], pose[:, 2]), soft), view(eye, hard))
    optim.zero_grad()
    loss.backward()
    optim.step()
print('camera learns', bool(pose.detach()[0, 1:].norm() < 8))
"""


def test_a_script_runs_untouched(tmp_path):
    pytest.importorskip("PIL")
    (tmp_path / "data").mkdir()
    pliant.render.icosphere(2).save_obj(tmp_path / "data" / "ball.obj")
    (tmp_path / "main.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "-m", "pliant.compat", "main.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "pliant.compat.gendr 0.5",
        "shape learns True",
        "camera learns True",
    ]
    assert done.stderr.count("'cuda' is the CPU here") == 1
    assert (tmp_path / "data" / "shape.gif").stat().st_size > 1000
