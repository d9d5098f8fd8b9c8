# tests/cli/test_train_shape.py — pliant train shape: fitting, resuming, files of silhouettes, errors
import json
import math
import struct
import zlib

import numpy as np
import pytest

from tests.cli.program import (
    PROGRAM,
    checkpoint,
    files,
    kill_and_resume,
    losses,
    of_kind,
    pliant,
    refuses,
    same_run,
    small,
    train,
    whole_run_of,
)

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
LONG = ("--steps", 60, "--validate-every", 10, "--views", 6, "--batch", 4, "--tau-end", "1e-5")
FAMILIES = "airplane blob boat capsule car chair cow lamp sofa superquadric table".split()


def shape(*arguments, **changes):
    """Runs `pliant train shape` on few small views."""
    return train(*arguments, task="shape", **changes)


def png(path, grey):
    """Writes a grey picture; the format from its description."""
    rows = b"".join(b"\0" + row.tobytes() for row in grey)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", grey.shape[1], grey.shape[0], 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    data = b"\x89PNG\r\n\x1a\n"
    for kind, content in chunks:
        data += (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )
    path.write_bytes(data)


def disks(folder, radius=9, size=32, views=5):
    """Silhouettes of a ball from all around, with their cameras."""
    folder.mkdir()
    place = np.arange(size) + 0.5 - size / 2
    disk = np.where(np.hypot(*np.meshgrid(place, place)) < radius, 255, 0).astype(np.uint8)
    for i in range(views):
        png(folder / f"view_{i}.png", disk)
    np.save(folder / "cameras.npy", [[2.732, 20.0 * (i - 2), -360.0 / views * i] for i in range(views)])
    return folder


def obj(path):
    """Vertices and faces of an OBJ file."""
    lines = [line.split() for line in path.read_text().splitlines()]
    vertices = np.array([[float(x) for x in line[1:4]] for line in lines if line[:1] == ["v"]])
    faces = np.array([[int(x.split("/")[0]) for x in line[1:]] for line in lines if line[:1] == ["f"]])
    return vertices, faces


@pytest.fixture(scope="module")
def whole_shape(tmp_path_factory):
    """A run of LONG that nobody stopped."""
    run = tmp_path_factory.mktemp("shape") / "whole"
    return whole_run_of(*LONG, out=run, task="shape")


def test_a_shape_is_found(tmp_path):
    run = tmp_path / "run"
    result = shape("--target", "cow", "--views", 12, "--batch", 12, "--size", 48, "--steps", 60, "--out", run)
    assert result.returncode == 0, result.stderr
    validations = of_kind(run, "validation")
    assert validations[-1]["hard_loss"] < 0.15 < validations[0]["hard_loss"]
    (test,) = of_kind(run, "test")
    assert test["hard_loss"] < 0.25 and test["voxel_iou"] > 0.6  # views that it has not seen
    best = min(validations, key=lambda event: event["hard_loss"])
    assert test["step"] == best["step"]


def test_the_best_shape_is_written(whole_shape):
    vertices, faces = obj(whole_shape / "results" / "shape.obj")
    assert vertices.shape == (162, 3) and faces.shape == (320, 3) and faces.min() == 1
    (test,) = of_kind(whole_shape, "test")
    _, tensors = checkpoint(whole_shape / "snapshots" / f"step_{test['step']:08d}.safetensors")
    expected = np.frombuffer(tensors["vertices"], np.float32).reshape(-1, 3)
    assert np.array_equal(vertices.astype(np.float32), expected)
    assert np.abs(obj(whole_shape / "results" / "target.obj")[0]).max() == pytest.approx(0.5)


@pytest.mark.parametrize("validations", [1, 3])
def test_killed_run_goes_on_to_the_same_bits(whole_shape, tmp_path, validations):
    run = tmp_path / "run"
    kill_and_resume(*LONG, out=run, task="shape", validations=validations)
    assert same_run(run, whole_shape)
    assert files(run / "results") == files(whole_shape / "results")


def test_threads_do_not_change_the_bits(whole_shape, tmp_path):
    assert shape(*LONG, "--threads", 2, "--out", tmp_path / "run").returncode == 0
    tensors = [checkpoint(run / "last.safetensors")[1] for run in (tmp_path / "run", whole_shape)]
    assert tensors[0] == tensors[1]


def test_a_frozen_coordinate_moves_with_the_centre_alone(tmp_path):
    run = tmp_path / "run"
    assert shape("--steps", 20, "--out", run).returncode == 0
    _, tensors = checkpoint(run / "last.safetensors")
    base = np.frombuffer(tensors["model/base"], np.float32).reshape(-1, 3)
    centre = np.tanh(np.frombuffer(tensors["model/centre"], np.float32))
    _, shot = checkpoint(run / "snapshots" / "step_00000020.safetensors")
    vertices = np.frombuffer(shot["vertices"], np.float32).reshape(-1, 3)
    frozen = np.isinf(base)
    assert frozen.any() and not frozen.all()
    assert np.allclose(vertices[frozen], np.broadcast_to(centre, vertices.shape)[frozen], atol=1e-7)


@pytest.mark.parametrize(
    "options",
    [
        ["--distribution", "uniform", "--squared=false", "--t-norm", "yager", "--p", "2"],
        ["--distribution", "cauchy", "--t-norm", "einstein"],
        ["--distribution", "gamma_rev", "--gamma-shape", "0.5"],
        ["--parametrization", "offset", "--template", "torus", "--target", "box", "--elevations=-30,30"],
        ["--target", "sphere", "--level", "1", "--laplacian", "0", "--flatten", "0"],
    ],
    ids=" ".join,
)
def test_options_train(tmp_path, options):
    run = tmp_path / "run"
    result = shape(*options, "--steps", 10, "--out", run)
    assert result.returncode == 0, result.stderr
    assert losses(run) and all(math.isfinite(loss) for loss in losses(run))
    assert "squared=false" in (run / "config.toml").read_text() or "uniform" not in options
    again = pliant(
        "train", "shape", "--config", run / "config.toml", "--out", tmp_path / "again", "--no-report"
    )
    assert again.returncode == 0, again.stderr
    assert same_run(run, tmp_path / "again")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_object_is_a_target(tmp_path, family):
    run = tmp_path / "run"
    assert shape("--target", family, "--steps", 3, "--out", run).returncode == 0
    assert all(event["hard_loss"] < 0.95 for event in of_kind(run, "validation"))


def test_defaults_of_tau_are_those_of_the_distribution(tmp_path):
    for name, options, tau in [
        ("a", [], 1e-4),
        ("b", ["--distribution", "uniform", "--squared=false"], 10**-1.5),
        ("c", ["--distribution", "cauchy"], 10**-4.5),
        ("d", ["--distribution", "laplace", "--squared=false"], 1e-2),
    ]:
        assert shape(*options, "--steps", 1, "--out", tmp_path / name).returncode == 0
        lines = (tmp_path / name / "config.toml").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith("tau=")]
        assert float(line.split("=")[1]) == pytest.approx(tau)


def test_silhouettes_from_files(tmp_path):
    run = tmp_path / "run"
    folder = disks(tmp_path / "disks")
    result = shape("--target", folder, "--steps", 40, "--batch", 5, "--out", run)
    assert result.returncode == 0, result.stderr
    (test,) = of_kind(run, "test")
    assert test["hard_loss"] < 0.06 and "voxel_iou" not in test
    vertices, _ = obj(run / "results" / "shape.obj")
    radii = np.linalg.norm(vertices - vertices.mean(0), axis=1)
    # A disk of 9/16 of the screen at distance d is a ball of radius d sin(atan(9/16 tan 15°)).
    assert radii.mean() == pytest.approx(
        2.732 * math.sin(math.atan(9 / 16 * math.tan(math.radians(15)))), rel=0.05
    )
    assert not (run / "results" / "target.obj").exists()


def test_a_mesh_from_a_file_is_the_mesh_by_name(tmp_path):
    assert shape("--target", "chair", "--steps", 4, "--out", tmp_path / "name").returncode == 0
    target = tmp_path / "name" / "results" / "target.obj"
    assert shape("--target", target, "--steps", 4, "--out", tmp_path / "file").returncode == 0
    assert losses(tmp_path / "file") == pytest.approx(losses(tmp_path / "name"), rel=1e-3)


def test_snapshot_has_what_the_report_draws(whole_shape):
    metadata, tensors = checkpoint(whole_shape / "snapshots" / "step_00000020.safetensors")
    assert metadata["step"] == "20" and metadata["task"] == "shape"
    sizes = {name: len(data) for name, data in tensors.items()}
    assert sizes == {
        **dict.fromkeys(("targets", "hard", "soft"), 6 * 32 * 32),
        "eyes": 6 * 3 * 4,
        "vertices": 162 * 3 * 4,
        **dict.fromkeys(("pictures", "target_pictures"), 2 * 192 * 192 * 3),
    }


def test_training_ends_with_a_report_and_its_figures_are_those_of_eval(tmp_path):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 10, "--out", run], "shape"))
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"report: {run}/report.html\n"
    text = (run / "report.html").read_text()
    assert all(title in text for title in ("From the template to the shape", "Silhouettes", "The cameras"))
    assert json.loads(pliant("eval", run, "--json").stdout) == of_kind(run, "test")[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "teapot"], "target: 'teapot' is no file *.obj, and no mesh that there is: sphere, box"),
        (["--target", "no/such.obj"], "target: there is no file 'no/such.obj'"),
        (["--template", "ball"], "template: 'ball' is no file"),
        (["--template-size", "0"], "template-size must be > 0, got 0"),
        (["--template-size", "2"], "the parametrization logit needs coordinates in (−1, 1), got 1"),
        (["--target-size", "-1"], "target-size must be at least 0, got -1"),
        (["--parametrization", "log"], "unknown parametrization 'log'; there are: logit, offset"),
        (["--level", "7"], "level must be in 0 … 6, got 7"),
        (["--views", "0"], "views must be in 1 … 10000, got 0"),
        (["--elevations", "90"], "elevations must be in (−90, 90) degrees, got 90"),
        (["--distance", "0"], "distance must be > 0, got 0"),
        (["--viewing-angle", "90"], "viewing-angle must be in (0, 90) degrees, got 90"),
        (["--size", "4"], "size must be in 8 … 1024, got 4"),
        (["--distribution", "normal"], "unknown distribution 'normal'; there are: "),
        (["--t-norm", "and"], "unknown T-norm 'and'; there are: "),
        (["--t-norm", "yager", "--p", "-1"], "p of yager must be > 0, got -1"),
        (["--tau", "0"], "tau must be > 0 and finite, got 0"),
        (["--tau-end", "nan"], "tau must be > 0 and finite, got nan"),
        (["--dist-eps", "0"], "dist_eps must be"),
        (["--laplacian", "-1"], "laplacian must be at least 0, got -1"),
        (["--flatten", "nan"], "flatten must be at least 0, got nan"),
        (["--beta1", "1"], "beta1 must be in [0, 1), got 1"),
        (["--batch", "7"], "batch must be at most the 4 views, got 7"),
        (["--groups", "3"], "--groups"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_makes_no_folder(tmp_path, options, message):
    refuses(options, message, tmp_path, task="shape")


def test_wrong_folders_of_silhouettes_are_named(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    folder = disks(tmp_path / "disks")
    cases = [
        ([empty], "target: there are no pictures *.png in"),
        ([folder, "--cameras", tmp_path / "none.npy"], "cameras: there is no file"),
    ]
    for name, array, message in [
        ("short", np.ones((4, 3)), "has 4 cameras, but there are 5 pictures"),
        ("flat", np.ones(15), "must hold float32 or float64 numbers of shape (N, 3)"),
        ("whole", np.ones((5, 3), int), "must hold float32 or float64 numbers of shape (N, 3)"),
        ("near", np.zeros((5, 3)), "must hold finite numbers and distances above 0"),
    ]:
        np.save(tmp_path / f"{name}.npy", array)
        cases.append(([folder, "--cameras", tmp_path / f"{name}.npy"], message))
    for arguments, message in cases:
        result = shape("--target", *arguments, "--out", tmp_path / "run")
        assert result.returncode == 2 and message in result.stderr, (arguments, result.stderr)
    png(folder / "view_9.png", np.zeros((8, 8), np.uint8))
    np.save(folder / "cameras.npy", np.ones((6, 3)))
    assert "view_9.png is of another size than" in shape("--target", folder, "--out", tmp_path / "run").stderr
    assert not (tmp_path / "run").exists()
