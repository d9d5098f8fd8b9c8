# tests/cli/test_render.py — pliant render: every kind of picture, sheets, frames, errors
import io
import math

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

from tests.cli.program import PROGRAM, files, pliant

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
HARD = ("--distribution", "hard", "--t-norm", "max", "--tau", "1")
FLAT = "v -0.5 -0.5 0\nv 0.5 -0.5 0\nv 0.5 0.5 0\nv -0.5 0.5 0\n"
SQUARE = FLAT + "f 1 4 3\nf 1 3 2\n"  # its front is towards −z


def render(mesh, out, *options):
    """The picture as numbers 0 … 255 (height, width, 3)."""
    size = () if "--size" in options else ("--size", 32)
    result = pliant("render", mesh, "-o", out, *size, *options)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith(f"picture: {out}\n")
    return pixels(out)


def pixels(path):
    content = io.BytesIO(path.read_bytes())
    return (matplotlib.image.imread(content, format="png")[..., :3] * 255).round().astype(int)


@pytest.fixture
def square(tmp_path):
    path = tmp_path / "square.obj"
    path.write_text(SQUARE)
    return path


def test_a_square_seen_from_the_front_covers_what_it_should(square, tmp_path):
    view = ("--eye=0,0,-2", "--viewing-angle", math.degrees(math.atan(0.5)), "--mesh-size", 0)
    # At distance 2 the screen's half is 1 wide: the square is the middle half of it.
    picture = render(square, tmp_path / "a.png", "--kind", "silhouette", *HARD, *view)
    expected = np.zeros((32, 32), int)
    expected[8:24, 8:24] = 255
    assert (picture == expected[..., None]).all()
    depth = render(square, tmp_path / "b.png", "--kind", "depth", *view)
    assert (depth[8:24, 8:24] == 255).all() and depth[:8].max() == 0
    normals = render(square, tmp_path / "c.png", "--kind", "normals", *view)
    assert (normals[16, 16] == [128, 128, 0]).all()  # (0, 0, −1): towards the camera
    ids = render(square, tmp_path / "d.png", "--kind", "face-ids", *view)
    assert len({tuple(p) for p in ids[8:24, 8:24].reshape(-1, 3)}) == 2


def test_angles_are_those_of_the_eye(tmp_path):
    e, a, d = math.radians(20), math.radians(35), 3.0
    eye = (d * math.cos(e) * math.sin(a), d * math.sin(e), -d * math.cos(e) * math.cos(a))
    by_angles = render("cow", tmp_path / "a.png", "--elevation", 20, "--azimuth", 35, "--distance", d)
    by_eye = render("cow", tmp_path / "b.png", "--eye=" + ",".join(map(repr, eye)))
    assert np.abs(by_angles - by_eye).max() <= 2


def test_a_larger_tau_is_softer(tmp_path):
    def greys(tau):
        picture = render("chair", tmp_path / "a.png", "--kind", "silhouette", "--tau", tau)
        return ((picture > 5) & (picture < 250)).mean()

    assert greys("1e-7") < greys("1e-4") < greys("1e-2")


def test_pictures_of_a_box_are_lit_and_on_white(tmp_path):
    picture = render("box", tmp_path / "a.png", "--size", 64, "--tau", "1e-6")
    assert (picture[0, 0] == 255).all()
    shades = np.unique(picture[20:44, 20:44, 0])
    assert len(shades) >= 3  # three sides
    smooth = render("sphere", tmp_path / "b.png", "--smooth", "--anti-aliasing")
    assert len(np.unique(smooth)) > len(shades)


def test_turntable_is_a_sheet_and_frames(tmp_path):
    frames = tmp_path / "frames"
    sheet = render("airplane", tmp_path / "a.png", "--turntable", 6, "--frames", frames, "--azimuth", 10)
    assert sheet.shape == (64, 96, 3)
    assert sorted(files(frames)) == [f"frame_{i:04d}.png" for i in range(6)]
    for i in range(6):
        row, column = divmod(i, 3)
        part = sheet[32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
        assert (part == pixels(frames / f"frame_{i:04d}.png")).all()
    third = render("airplane", tmp_path / "b.png", "--azimuth", 10 - 3 * 60)
    assert np.abs(third - pixels(frames / "frame_0003.png")).max() <= 2


def test_animated_tau_ends_at_tau(tmp_path):
    frames = tmp_path / "frames"
    options = ("--kind", "silhouette", "--tau", "1e-5")
    sheet = render("lamp", tmp_path / "a.png", *options, "--animate-tau", 3, "--frames", frames)
    assert sheet.shape == (64, 64, 3)
    assert (sheet[32:, 32:] == 255).all()  # three pictures on four places
    last = render("lamp", tmp_path / "b.png", *options)
    assert (last == pixels(frames / "frame_0002.png")).all()
    middle = render("lamp", tmp_path / "c.png", "--kind", "silhouette", "--tau", "1e-3")
    assert np.abs(middle - pixels(frames / "frame_0001.png")).max() <= 1


@pytest.mark.parametrize("kind", [("--turntable", 5), ("--animate-tau", 5, "--kind", "silhouette")])
def test_an_animation_has_the_pictures_one_after_another(tmp_path, kind):
    frames = tmp_path / "frames"
    options = (*kind, "--animation", "--frame-time", 120, "--frames", frames)
    first = render("chair", tmp_path / "a.png", *options)
    assert (first == pixels(frames / "frame_0000.png")).all()
    with Image.open(tmp_path / "a.png") as animation:
        assert (animation.n_frames, animation.info["loop"]) == (5, 0)
        for i in range(5):
            animation.seek(i)
            assert animation.info["duration"] == 120
            shown = np.asarray(animation.convert("RGB"), int)
            assert (shown == pixels(frames / f"frame_{i:04d}.png")).all()


def test_sheet_has_every_distribution_and_t_norm(tmp_path):
    out = tmp_path / "a.png"
    result = pliant("render", "chair", "-o", out, "--size", 16, "--sheet")
    assert result.returncode == 0, result.stderr
    names = dict(line.split(": ", 1) for line in result.stdout.splitlines())
    rows, columns = names["rows"].split(", "), names["columns"].split(", ")
    assert {"uniform", "logistic", "levy_rev"} < set(rows) and {"max", "yager"} < set(columns)
    sheet = pixels(out)
    assert sheet.shape == (16 * len(rows), 16 * len(columns), 3)
    row, column = rows.index("logistic"), columns.index("yager")
    options = ("--distribution", "logistic", "--t-norm", "yager", "--kind", "silhouette", "--size", 16)
    alone = render("chair", tmp_path / "b.png", *options)
    assert (alone == sheet[16 * row : 16 * row + 16, 16 * column : 16 * column + 16]).all()


def test_a_textured_file_has_its_colours(tmp_path):
    (tmp_path / "a.mtl").write_text("newmtl red\nKd 1 0 0\n")
    (tmp_path / "a.obj").write_text("mtllib a.mtl\n" + FLAT + "usemtl red\nf 1 4 3\nf 1 3 2\n")
    picture = render(tmp_path / "a.obj", tmp_path / "a.png", "--texture-res", 1, "--eye=0,0,-3")
    red, green, blue = picture[16, 16]
    assert red > 50 and green == blue == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["teapot"], "mesh: 'teapot' is no file *.obj, and no mesh that there is: sphere, "),
        (["no.obj"], "mesh: there is no file 'no.obj'"),
        (["cow", "--kind", "colour"], "unknown kind 'colour'; there are: shaded, silhouette, depth"),
        (["cow", "--size", "0"], "size must be in 1 … 8192, got 0"),
        (["cow", "--eye", "1,2"], "eye must be three numbers, got 2"),
        (["cow", "--eye", "0,0,0"], "eye must be finite and not 0"),
        (["cow", "--eye", "0,0,3", "--turntable", "3"], "eye and turntable: one at a time"),
        (["cow", "--sheet", "--turntable", "3"], "turntable, animate-tau and sheet: one at a time"),
        (["cow", "--turntable", "-1"], "turntable must be in 0 … 1000, got -1"),
        (["cow", "--animation"], "animation: of turntable or animate-tau, give one of them"),
        (
            ["cow", "--size", "1024", "--turntable", "257", "--animation"],
            "size: 257 pictures of 1024 pixels a side are too large for one file",
        ),
        (["cow", "--frame-time", "0"], "frame-time must be in 1 … 65535, got 0"),
        (["cow", "--animate-tau", "2", "--tau-from", "0"], "tau-from must be > 0, got 0"),
        (["cow", "--distance", "-1"], "distance must be > 0, got -1"),
        (["cow", "--elevation", "90"], "must be in (−90, 90) degrees, got 90"),
        (["cow", "--viewing-angle", "0"], "viewing-angle must be in (0, 90) degrees, got 0"),
        (["cow", "--azimuth", "nan"], "azimuth must be finite, got nan"),
        (["cow", "--mesh-size", "-2"], "mesh-size must be at least 0, got -2"),
        (["cow", "--tau", "-1"], "tau must be"),
        (["cow", "--distribution", "bell"], "unknown distribution 'bell'"),
        (["cow", "--t-norm", "frank", "--p", "1e400"], "p of frank must be in [1e-30, 1e+30], got inf"),
        (["cow", "--texture-res", "65"], "texture-res must be in 0 … 64, got 65"),
        (["cow", "--texture-res", "2", "--smooth"], "smooth and texture-res: one at a time"),
        ([], "mesh is required"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_is_named_and_writes_nothing(tmp_path, options, message):
    result = pliant("render", *options, "-o", tmp_path / "a.png")
    assert result.returncode == 2, result.stderr
    assert message in result.stderr + result.stdout
    assert not list(tmp_path.iterdir())


def test_wrong_out_is_named(tmp_path):
    result = pliant("render", "cow", "-o", tmp_path / "a.gif")
    assert result.returncode == 2 and "out must be a file *.png" in result.stderr
    result = pliant("render", "cow", "-o", tmp_path / "no" / "a.png", "--size", 8)
    assert result.returncode == 2 and "a.png" in result.stderr
