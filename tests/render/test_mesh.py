# tests/render/test_mesh.py — meshes: corners, normals, light, primitives, errors
import math

import pytest
import torch
from pliant._library import ops
from torch.autograd import gradcheck, gradgradcheck

from pliant import render
from tests.render import geometry_reference as reference
from tests.render.bumpy import bumpy, close

# === Corners, normals


@pytest.mark.parametrize("index", [torch.int32, torch.int64])
def test_face_vertices_are_indexed_vertices(index):
    vertices, faces = bumpy()
    assert torch.equal(render.face_vertices(vertices, faces.to(index)), vertices[:, faces])
    own = torch.stack([faces, faces.flip(0)]).to(index)
    expected = torch.stack([vertices[b][own[b].long()] for b in range(2)])
    assert torch.equal(render.face_vertices(vertices, own), expected)


def test_corners_are_scattered_back_in_the_same_bits_by_all_threads(threads):
    vertices, faces = bumpy(batch=5, level=3)
    vertices = vertices.float().requires_grad_()
    upstream = torch.randn(5, 1280, 3, 3)
    grads = []
    for count in (1, 2):
        threads(count)
        grads.append(torch.autograd.grad(render.face_vertices(vertices, faces), vertices, upstream)[0])
    assert torch.equal(*grads)
    expected = torch.zeros_like(vertices).index_add(1, faces.flatten(), upstream.flatten(1, 2))
    torch.testing.assert_close(grads[0], expected.detach())


def test_empty_batches():
    mesh = render.icosphere(0)
    none = torch.zeros(0, 12, 3, requires_grad=True)
    parts = render.topology(mesh.faces, 12)
    results = [
        render.face_vertices(none, mesh.faces),
        render.vertex_normals(none, mesh.faces),
        render.laplacian_loss(none, parts),
        render.flatten_loss(none, parts),
        render.LookAt()(none),
    ]
    sum(result.sum() for result in results).backward()
    assert [len(result) for result in results] == [0] * 5 and none.grad.shape == (0, 12, 3)
    assert render.voxelize(torch.zeros(0, 1, 3, 3), 4).shape == (0, 4, 4, 4)


def test_gradients_of_corners_and_normals():
    vertices, faces = bumpy()
    vertices.requires_grad_()
    corners = torch.randn(2, 20, 3, 2, dtype=torch.float64, requires_grad=True)
    for check in (gradcheck, gradgradcheck):
        assert check(lambda v: render.face_vertices(v, faces), vertices)
        assert check(lambda c: ops.scatter_corners(c, faces, 12), corners)
        assert check(lambda v: render.surface_normals(v, faces), vertices)
        assert check(lambda v: render.vertex_normals(v, faces), vertices)


def test_normals_agree_with_numpy():
    vertices, faces = bumpy()
    for b in range(2):
        points = vertices[b].numpy()
        close(render.surface_normals(vertices, faces)[b], reference.surface_normals(points, faces.numpy()))
        close(render.vertex_normals(vertices, faces)[b], reference.vertex_normals(points, faces.numpy()))


def test_normals_of_a_sphere_point_outwards():
    mesh = render.icosphere(3)
    corner = mesh.face_vertices.mean(2)
    assert ((mesh.surface_normals * corner).sum(-1) / corner.norm(dim=-1) > 0.999).all()
    assert ((mesh.vertex_normals * mesh.vertices).sum(-1) > 0.999).all()


def test_faces_without_area_and_lone_vertices_have_no_normal():
    vertices = torch.tensor([[[0.0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 5, 5]]], requires_grad=True)
    faces = torch.tensor([[0, 1, 2]])
    normals = torch.cat([render.surface_normals(vertices, faces), render.vertex_normals(vertices, faces)], 1)
    normals.sum().backward()
    assert torch.equal(normals, torch.zeros(1, 5, 3)) and vertices.grad.isfinite().all()


@pytest.mark.parametrize(
    "op", ["face_vertices", "scatter_corners", "mesh_laplacian", "mesh_flatten", "voxels"]
)
def test_opcheck(op):
    mesh = render.icosphere(0)
    vertices = mesh.vertices.clone().requires_grad_()
    parts = render.topology(mesh.faces, 12)
    arguments = {
        "face_vertices": (vertices, mesh.faces),
        "scatter_corners": (mesh.face_vertices.requires_grad_(), mesh.faces, 12),
        "mesh_laplacian": (vertices, parts.offsets, parts.neighbours),
        "mesh_flatten": (vertices, parts.interior),
        "voxels": (mesh.face_vertices, 4),
    }[op]
    torch.library.opcheck(getattr(ops, op).default, arguments)


def test_meshes_compile():
    mesh = render.icosphere(1)
    camera, light = render.LookAt(), render.Lighting()

    def picture(vertices):
        on_screen = camera(light(mesh.with_vertices(vertices)))
        return on_screen.face_vertices, on_screen.face_textures

    vertices = mesh.vertices.clone().requires_grad_()
    expected, found = picture(vertices), torch.compile(picture, backend="aot_eager", fullgraph=True)(vertices)
    torch.testing.assert_close(found, expected)
    sum(part.sum() for part in found).backward()
    assert vertices.grad.isfinite().all()


# === Light


def test_lighting_agrees_with_numpy():
    normals = torch.nn.functional.normalize(torch.randn(7, 3, dtype=torch.float64), dim=-1)
    ambient, colours = torch.rand(3).double(), torch.rand(2, 3).double()
    directions = torch.randn(2, 3).double()
    parts = [part.numpy() for part in (normals, ambient, colours, directions)]
    close(render.lighting(normals, ambient, colours, directions), reference.lighting(*parts))
    inputs = [part.clone().requires_grad_() for part in (normals, ambient, colours, directions)]
    assert gradcheck(render.lighting, inputs)


def test_lighting_module():
    mesh = render.box()
    lit = render.Lighting(0.25, (1, 0, 0), [1.0, 2.0], (0, 1, 0), [(0, 1, 0), (1, 0, 0)])(mesh)
    expected = torch.zeros(12, 3)
    expected[:, 0] = 0.25
    expected[4:6, 1] = 1.0  # above
    expected[:2, 1] = 2.0  # to the right
    torch.testing.assert_close(lit.textures[0, :, 0], expected)
    assert torch.equal(mesh.textures, torch.ones(1, 12, 1, 3))
    ball = render.icosphere(2)
    ball = render.Mesh(ball.vertices, ball.faces, texture_type="vertex")
    light = 0.5 + 0.5 * ball.vertex_normals[..., 1].clamp(min=0)
    torch.testing.assert_close(render.Lighting()(ball).textures, light.unsqueeze(-1).expand(1, 162, 3))
    dark = render.Lighting(directions=(), intensity_directionals=())(mesh)
    assert torch.equal(dark.textures, torch.full((1, 12, 1, 3), 0.5))


# === Meshes


def test_mesh_shapes_and_textures():
    vertices, faces = bumpy()
    mesh = render.Mesh(vertices, faces, texture_res=3)
    assert mesh.textures.shape == mesh.face_textures.shape == (2, 20, 9, 3) and mesh.texture_res == 3
    colours = torch.rand(12, 3)
    mesh = render.Mesh(vertices, faces, colours, texture_type="vertex")
    assert mesh.textures.shape == (2, 12, 3) and mesh.texture_res == 1
    assert torch.equal(mesh.face_textures[1], colours[faces])
    single = render.Mesh(vertices[0], faces)
    assert single.with_vertices(vertices).batch_size == 2
    assert single.to(torch.float32).vertices.dtype == torch.float32
    own = render.Mesh(vertices, torch.stack([faces, faces]))
    assert torch.equal(own.surface_normals, mesh.surface_normals)


def flat_volume(mesh):
    """Six times the signed volume over six, and the area."""
    a, b, c = mesh.face_vertices[0].double().unbind(1)
    return (a * torch.linalg.cross(b, c)).sum() / 6, torch.linalg.cross(b - a, c - a).norm(dim=1).sum() / 2


@pytest.mark.parametrize(
    ("mesh", "euler"),
    [
        (render.icosphere(3), 2),
        (render.uv_sphere(2, 3), 2),
        (render.uv_sphere(7, 9), 2),
        (render.box(1, 2, 3), 2),
        (render.torus(segments=3, sides=3), 0),
        (render.torus(), 0),
        (render.cylinder(segments=3), 2),
    ],
    ids=str,
)
def test_primitives_are_closed_and_oriented(mesh, euler):
    parts = render.topology(mesh.faces, mesh.num_vertices)
    assert len(parts.interior) == len(parts.edges)
    directed = mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    assert len(directed.unique(dim=0)) == len(directed)
    assert mesh.num_vertices - len(parts.edges) + mesh.num_faces == euler
    assert flat_volume(mesh)[0] > 0


def test_primitives_converge():
    tau = 2 * math.pi
    finest = {
        render.icosphere(5, 2.0): (tau * 2 / 3 * 8, 2 * tau * 4),
        render.uv_sphere(128, 256, 2.0): (tau * 2 / 3 * 8, 2 * tau * 4),
        render.torus(1.0, 0.3, 256, 128): (tau * tau / 2 * 0.09, tau * tau * 0.3),
        render.cylinder(0.5, 3.0, 512): (tau / 2 * 0.25 * 3, tau * 0.5 * 3 + tau * 0.25),
        render.box(1.0, 2.0, 3.0): (6.0, 22.0),
    }
    for mesh, expected in finest.items():
        assert [part.item() for part in flat_volume(mesh)] == pytest.approx(expected, rel=2e-3)
    errors = [1 - flat_volume(render.icosphere(level))[0].item() / (tau * 2 / 3) for level in (2, 3, 4)]
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.1) and errors[1] / errors[2] == pytest.approx(
        4, rel=0.1
    )


def test_plane_is_open():
    mesh = render.plane(2.0, 3)
    parts = render.topology(mesh.faces, mesh.num_vertices)
    assert len(parts.edges) - len(parts.interior) == 12
    assert torch.equal(mesh.surface_normals, torch.tensor([0.0, 1, 0]).expand(1, 18, 3))


TRIANGLE = torch.tensor([[0, 1, 2]])
ERRORS = {
    r"Mesh: vertices must be \(V, 3\) or \(B, V, 3\), V > 0, got \[3, 2\]": lambda: render.Mesh(
        torch.zeros(3, 2), TRIANGLE
    ),
    "Mesh: vertices must be finite": lambda: render.Mesh(torch.full((3, 3), math.nan), TRIANGLE),
    "Mesh: faces must be in 0 … 1 for 2 vertices, got 0 … 2": lambda: render.Mesh(
        torch.zeros(2, 3), TRIANGLE
    ),
    "Mesh: there must be at least one face": lambda: render.Mesh(torch.zeros(2, 3), TRIANGLE[:0]),
    r"Mesh: faces must be \(F, 3\) or \(1, F, 3\), got \[3\]": lambda: render.Mesh(torch.eye(3), TRIANGLE[0]),
    "Mesh: texture_type must be 'surface' or 'vertex', got 'face'": lambda: render.Mesh(
        torch.eye(3), TRIANGLE, texture_type="face"
    ),
    r"'surface' textures must be \(1, R², 3\) or \(1, 1, R², 3\), got \[2, 1, 3\]": lambda: render.Mesh(
        torch.eye(3), TRIANGLE, torch.zeros(2, 1, 3)
    ),
    r"'vertex' textures must be \(3, 3\) or \(1, 3, 3\), got \[2, 3\]": lambda: render.Mesh(
        torch.eye(3), TRIANGLE, torch.zeros(2, 3), texture_type="vertex"
    ),
    "a square number, got 3": lambda: render.Mesh(torch.eye(3), TRIANGLE, torch.zeros(1, 3, 3)),
    "texture_res must be >= 1, got 0": lambda: render.Mesh(torch.eye(3), TRIANGLE, texture_res=0),
    r"Mesh: vertices must be \(1, 3, 3\), got \(1, 4, 3\)": lambda: render.Mesh(
        torch.eye(3), TRIANGLE
    ).with_vertices(torch.zeros(4, 3)),
    "face_vertices: face 0 has the vertex 2; there are 2, counted from 0": lambda: render.face_vertices(
        torch.zeros(1, 2, 3), TRIANGLE
    ),
    "face_vertices: face 0 has the vertex -1": lambda: render.face_vertices(torch.zeros(1, 2, 3), -TRIANGLE),
    r"face_vertices: vertices must be \(B, V, C\)": lambda: render.face_vertices(torch.eye(3), TRIANGLE),
    "topology: face 0 has the vertex 1; there are 1": lambda: render.topology(TRIANGLE, 1),
    "laplacian_loss: offsets must have 5 entries for 4 vertices, got 4": lambda: render.LaplacianLoss(
        3, TRIANGLE
    )(torch.zeros(1, 4, 3)),
    "flatten: edge 0 has the vertex 3": lambda: render.FlattenLoss(torch.tensor([[0, 1, 2], [1, 0, 3]]))(
        torch.zeros(1, 3, 3)
    ),
    "laplacian: there is no neighbour 9 among 1 vertices": lambda: ops.mesh_laplacian(
        torch.zeros(1, 1, 3), torch.tensor([0, 1]), torch.tensor([9])
    ),
    "laplacian: offsets must end with the number of neighbours, 1, got 0": lambda: ops.mesh_laplacian(
        torch.zeros(1, 1, 3), torch.tensor([0, 0]), torch.tensor([0])
    ),
    r"prediction and target must both be \(B, H, W\), got \[2, 2\]": lambda: render.silhouette_iou_loss(
        torch.zeros(2, 2), torch.zeros(2, 2)
    ),
    "unknown reduction 'max'; there are: mean, sum, none": lambda: render.silhouette_iou_loss(
        torch.zeros(1, 2, 2), torch.zeros(1, 2, 2), "max"
    ),
    r"voxel_iou: a and b must have one shape": lambda: render.voxel_iou(torch.zeros(2), torch.zeros(3)),
    r"lighting: there are 1 colours, but 2 directions": lambda: render.lighting(
        torch.zeros(1, 3), torch.zeros(3), torch.zeros(1, 3), torch.zeros(2, 3)
    ),
    r"Lighting: color_directionals must be one or 1, got 2": lambda: render.Lighting(
        color_directionals=[(1, 1, 1)] * 2
    ),
    "Lighting: a direction must not be 0": lambda: render.Lighting(directions=(0, 0, 0)),
    "Lighting: intensities, colours and directions must be finite": lambda: render.Lighting(math.inf),
    "icosphere: level must be in 0 … 8, got 9": lambda: render.icosphere(9),
    "uv_sphere: segments must be in 3 … 16384, got 2": lambda: render.uv_sphere(3, 2),
    "torus: tube must be < radius, got 2 and 1": lambda: render.torus(1.0, 2.0),
    "box: each side must be > 0, got -1": lambda: render.box(-1.0),
    "cylinder: height must be > 0, got nan": lambda: render.cylinder(1.0, math.nan),
    "plane: divisions must be in 1 … 16384, got 0": lambda: render.plane(1.0, 0),
}


@pytest.mark.parametrize("message", ERRORS)
def test_errors_name_the_argument(message):
    with pytest.raises(ValueError, match=message):
        ERRORS[message]()


def test_type_errors():
    with pytest.raises(TypeError, match="Mesh: vertices must be float32 or float64, got Half"):
        render.Mesh(torch.zeros(3, 3, dtype=torch.float16), TRIANGLE)
    with pytest.raises(TypeError, match="Mesh: faces must be int32 or int64, got Float"):
        render.Mesh(torch.eye(3), TRIANGLE.float())
    with pytest.raises(TypeError, match="silhouette_iou_loss: prediction and target must be floating-point"):
        render.silhouette_iou_loss(torch.zeros(1, 2, 2).int(), torch.zeros(1, 2, 2).int())
