# tests/cli/test_train_reconstruct.py — pliant train reconstruct: learning, resuming, the archive, errors
import json

import numpy as np
import pytest

from tests.cli.program import (
    PROGRAM,
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
LONG = ("--steps", 30, "--validate-every", 10, "--classes", "capsule")


def reconstruct(*arguments, **changes):
    """Runs `pliant train reconstruct` on few small objects."""
    return train(*arguments, task="reconstruct", **changes)


def archive(folder, classes=("02691156", "03001627"), objects=2, save=np.savez_compressed):
    """A small archive in the format of ShapeNet's: balls, some to the side."""
    folder.mkdir()
    grid = np.indices((32, 32, 32)) + 0.5 - 16
    for split in ("train", "val", "test"):
        for place, name in enumerate(classes):
            images = np.zeros((objects, 24, 4, 64, 64), np.uint8)
            images[..., 20:44, 20:44] = 200
            images[:, :, 3, 20:44, 20:44] = 255
            ball = np.linalg.norm(grid, axis=0) < 8 - place
            np_voxels = np.broadcast_to(ball, (objects, 32, 32, 32))
            save(folder / f"{name}_{split}_images.npz", images)
            save(folder / f"{name}_{split}_voxels.npz", np_voxels)
    return folder


@pytest.fixture(scope="module")
def whole_reconstruct(tmp_path_factory):
    """A run of LONG that nobody stopped."""
    run = tmp_path_factory.mktemp("reconstruct") / "whole"
    return whole_run_of(*LONG, out=run, task="reconstruct")


def test_shapes_are_learned(tmp_path):
    run = tmp_path / "run"
    options = ("--classes", "capsule,car", "--objects", 6, "--batch", 8)
    result = reconstruct(*options, "--steps", 150, "--validate-every", 50, "--out", run)
    assert result.returncode == 0, result.stderr
    assert losses(run)[-1] < 0.6 * losses(run)[0]
    first, *_, last = of_kind(run, "validation")
    assert last["silhouette_loss"] < first["silhouette_loss"] and last["voxel_iou"] > 0.4
    assert last["voxel_iou"] == pytest.approx((last["class_capsule"] + last["class_car"]) / 2)


def test_killed_run_goes_on_to_the_same_bits(whole_reconstruct, tmp_path):
    run = tmp_path / "run"
    kill_and_resume(*LONG, out=run, task="reconstruct", validations=1)
    assert same_run(run, whole_reconstruct)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_the_archive_of_views(tmp_path, save):
    run = tmp_path / "run"
    options = ("--data", archive(tmp_path / "nmr", save=save), "--size", 64, "--steps", 4)
    result = reconstruct(*options, "--out", run)
    assert result.returncode == 0, result.stderr
    (test,) = of_kind(run, "test")
    assert set(test) == {
        *("event", "step", "voxel_iou", "silhouette_loss", "class_02691156", "class_03001627")
    }
    assert 0 < test["voxel_iou"] < 1


def test_the_archive_s_voxels_are_turned(tmp_path):
    # One solid box at a corner: an untrained network's shape, a ball around 0, does not meet it, but
    # the same box around the middle it does.
    found = {}
    for name, part in (("corner", slice(0, 8)), ("middle", slice(10, 22))):
        folder = archive(tmp_path / name, classes=("02691156",), objects=1)
        for split in ("train", "val", "test"):
            voxels = np.zeros((1, 32, 32, 32), bool)
            voxels[:, part, part, part] = True
            np.savez(folder / f"02691156_{split}_voxels.npz", voxels)
        run = tmp_path / f"{name}_run"
        assert reconstruct("--data", folder, "--size", 64, "--steps", 1, "--out", run).returncode == 0
        found[name] = of_kind(run, "test")[0]["voxel_iou"]
    assert found["corner"] < 0.02 and found["middle"] > 0.3


def test_training_ends_with_a_report(tmp_path):
    run = tmp_path / "run"
    result = pliant(*small(["--steps", 2, "--classes", "cow,lamp", "--out", run], "reconstruct"))
    assert result.returncode == 0, result.stderr
    text = (run / "report.html").read_text()
    assert "Shapes from one picture" in text and "Class by class" in text
    assert json.loads(pliant("eval", run, "--json").stdout) == of_kind(run, "test")[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--classes", "teapot"], "unknown family of objects 'teapot'; there are: airplane"),
        (["--data", "no/such/folder", "--size", "64"], "data: there is no folder 'no/such/folder'"),
        (["--objects", "-1"], "objects must be at least 1, got -1"),
        (["--evaluation", "-1"], "evaluation must be at least 1, got -1"),
        (["--size", "30"], "size must be a multiple of 8 in 8 … 256, got 30"),
        (["--level", "-1"], "level must be in 0 … 6, got -1"),
        (["--channels", "8,8"], "channels must be three numbers, got 2"),
        (["--channels", "8,0,8"], "channels must be at least 1, got 0"),
        (["--hidden", "1"], "hidden must be at least 2, got 1"),
        (["--code", "-1"], "code must be at least 1, got -1"),
        (["--laplacian", "nan"], "laplacian must be at least 0, got nan"),
        (["--tau", "inf"], "tau must be > 0 and finite, got inf"),
        (["--t-norm", "none"], "unknown T-norm 'none'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_option_makes_no_folder(tmp_path, options, message):
    refuses(options, message, tmp_path, task="reconstruct")


def test_a_damaged_archive_is_named(tmp_path):
    folder = archive(tmp_path / "nmr", classes=("02691156",))
    images, voxels = (folder / f"02691156_train_{kind}.npz" for kind in ("images", "voxels"))

    def message():
        options = ("--data", folder, "--size", 64, "--steps", 1)
        result = reconstruct(*options, "--out", tmp_path / "run")
        assert result.returncode == 2 and not (tmp_path / "run").exists()
        return result.stderr

    assert "size must be 64" in reconstruct("--data", folder, "--size", 32, "--out", tmp_path / "run").stderr
    np.savez(voxels, np.zeros((3, 32, 32, 32), bool))
    assert "has 2 objects in its images, but 3 in its voxels" in message()
    np.savez(voxels, np.zeros((2, 16, 16, 16), bool))
    assert "02691156_train_voxels.npz: expected uint8 or bool of shape (N, 32, 32, 32)" in message()
    images.write_bytes(images.read_bytes()[:-40])
    assert "02691156_train_images.npz: this is no .npz file, or it is truncated" in message()
    images.unlink()
    assert "data: there is no file *_train_images.npz in" in message()
