# tests/render/test_mesh_files.py — OBJ files from Python: published meshes, textures, errors
import os
import pathlib
import struct
import zlib

import numpy as np
import pytest
import torch

from pliant import render
from tests.render import geometry_reference as reference

MESHES = pathlib.Path(os.environ.get("PLIANT_DATA", "/nowhere")) / "meshes"
published = pytest.mark.skipif(not MESHES.is_dir(), reason="PLIANT_DATA has no folder meshes/")
SIZES = {
    "sphere_642": (642, 1280),
    "sphere_1352": (1352, 2700),
    "airplane": (1352, 2700),
    "chair_1": (642, 1280),
    "chair_2": (642, 1280),
    "teapot": (1292, 2464),
    "cow": (2930, 5856),
}


def naive_obj(path):
    """Vertices and faces of a file of triangles."""
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    vertices = [list(map(float, row[1:4])) for row in rows if row[0] == "v"]
    faces = [[int(word.split("/")[0]) - 1 for word in row[1:]] for row in rows if row[0] == "f"]
    return torch.tensor(vertices), torch.tensor(faces)


def write_png(path, pixels):
    """An RGB picture (H, W, 3) by zlib alone."""
    height, width, _ = pixels.shape
    raw = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )


@published
@pytest.mark.parametrize("name", SIZES)
def test_published_meshes(name):
    mesh = render.Mesh.from_obj(MESHES / f"{name}.obj")
    assert (mesh.num_vertices, mesh.num_faces) == SIZES[name]
    vertices, faces = naive_obj(MESHES / f"{name}.obj")
    assert torch.equal(mesh.vertices[0], vertices) and torch.equal(mesh.faces, faces)


@published
def test_normalization_is_the_published_one():
    vertices, _ = naive_obj(MESHES / "teapot.obj")
    vertices = vertices - vertices.min(0).values
    vertices = vertices / vertices.abs().max() * 2
    vertices = vertices - vertices.max(0).values / 2
    mesh = render.Mesh.from_obj(MESHES / "teapot.obj", normalization=True)
    torch.testing.assert_close(mesh.vertices[0], vertices)
    assert mesh.vertices.abs().max().item() == pytest.approx(1)


@published
def test_a_missing_texture_is_named():
    with pytest.raises(ValueError, match=r"cow\.mtl: the texture of 'material_1' is missing: .*png"):
        render.Mesh.from_obj(MESHES / "cow.obj", load_texture=True)


def test_textures_are_sampled_as_by_numpy(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    write_png(tmp_path / "a.png", pixels)
    (tmp_path / "a.mtl").write_text("newmtl a\nKd 0 0 0\nmap_Kd a.png\nnewmtl b\nKd 0.25 0.5 0.75\n")
    (tmp_path / "a.obj").write_text(
        "mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0.1 0.2\nvt 1.0 0.3\nvt 0.4 1.7\n"
        "usemtl a\nf 1/1 2/2 3/3\nusemtl b\nf 1/1 2/2 3/3\n"
    )
    uv = np.array([[0.1, 0.2], [1.0, 0.3], [0.4, 1.7]])
    for resolution in (1, 2, 5):
        mesh = render.Mesh.from_obj(tmp_path / "a.obj", load_texture=True, texture_res=resolution)
        expected = reference.sample_texture(pixels / 255, uv, resolution)
        torch.testing.assert_close(mesh.textures[0, 0], torch.tensor(expected).float())
        assert torch.equal(mesh.textures[0, 1], torch.tensor([0.25, 0.5, 0.75]).expand(resolution**2, 3))


@pytest.mark.parametrize("resolution", [1, 2, 5])
def test_surface_textures_come_back(tmp_path, resolution):
    ball = render.icosphere(1)
    mesh = render.Mesh(ball.vertices, ball.faces, torch.rand(80, resolution**2, 3))
    mesh.save_obj(tmp_path / "ball.obj", save_texture=True)
    again = render.Mesh.from_obj(tmp_path / "ball.obj", load_texture=True, texture_res=resolution)
    assert torch.equal(again.vertices, mesh.vertices) and torch.equal(again.faces, mesh.faces)
    torch.testing.assert_close(again.textures, mesh.textures, atol=1 / 510 + 1e-6, rtol=0)
    assert torch.equal(render.Mesh.from_obj(tmp_path / "ball.obj").textures, torch.ones(1, 80, 1, 3))


def test_colours_of_vertices_come_back(tmp_path):
    ball = render.icosphere(1)
    mesh = render.Mesh(ball.vertices, ball.faces, torch.rand(42, 3), texture_type="vertex")
    mesh.save_obj(tmp_path / "ball.obj", save_texture=True)
    again = render.Mesh.from_obj(tmp_path / "ball.obj", load_texture=True, texture_type="vertex")
    assert torch.equal(again.textures, mesh.textures)


def test_errors(tmp_path):
    path = tmp_path / "a.obj"

    def load(text, **options):
        path.write_text(text)
        return render.Mesh.from_obj(path, **options)

    triangle = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
    with pytest.raises(ValueError, match=r"a\.obj: line 5: expected a finite number, got 'nan'"):
        load(triangle + "v 0 0 nan\n")
    with pytest.raises(ValueError, match=r"a\.obj: the mesh is empty"):
        load("")
    with pytest.raises(ValueError, match=r"a\.obj: there are no textures: no face has a material"):
        load(triangle, load_texture=True)
    with pytest.raises(ValueError, match=r"a\.obj: there are no vertex colours"):
        load(triangle, load_texture=True, texture_type="vertex")
    with pytest.raises(ValueError, match="load_obj: texture_type must be 'surface' or 'vertex', got 'face'"):
        load(triangle, texture_type="face")
    with pytest.raises(ValueError, match="cannot be normalised: all vertices are the same point"):
        load("v 1 1 1\nf 1 1 1\n", normalization=True)
    with pytest.raises(RuntimeError, match="nothing.obj"):
        render.Mesh.from_obj(tmp_path / "nothing.obj")
    ball = render.icosphere(0)
    two = ball.with_vertices(torch.cat([ball.vertices, ball.vertices]))
    with pytest.raises(ValueError, match="save_obj: a file holds one mesh, this is a batch of 2"):
        two.save_obj(path)
    with pytest.raises(ValueError, match=r"save_obj: textures must be \(20, R², 3\), got \[3\]"):
        render.save_obj(path, ball.vertices[0], ball.faces, torch.zeros(3))
    with pytest.raises(RuntimeError, match="nowhere"):
        ball.save_obj(tmp_path / "nowhere" / "a.obj")
