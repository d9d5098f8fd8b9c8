# tests/cli/test_train_moved.py — pliant train logic with training images that move
import numpy as np
import pytest

from tests.cli.program import PROGRAM, of_kind, train
from tests.data.idx_files import write_idx

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
SIDE, TESTED = 28, 200
NETWORK = ("--data", "mnist", "--thresholds", 1, "--widths", "4000,2000", "--wiring", "random")
TRAINING = ("--parametrization", "light", "--init", "residual", "--learning-rate", 0.1, "--tau", 3)
LENGTH = ("--steps", 300, "--batch", 64, "--validate-every", 300, "--evaluation", TESTED)


def marks(labels):
    """A mark of 3 × 3 pixels per picture whose place is the class: at most 12 places, 7 pixels apart."""
    images = np.zeros((len(labels), SIDE, SIDE), np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = 3 + 7 * (label // 3), 2 + 9 * (label % 3)
        image[row : row + 3, column : column + 3] = 255
    return images


def accuracy(folder, options, change):
    """The accuracy of the relaxed network on pictures that are `change`d, which training's are not."""
    (folder / "mnist").mkdir(parents=True)
    for name, count in (("train", 5300), ("t10k", TESTED)):
        labels = np.arange(count) % 10
        images = marks(labels) if name == "train" else change(marks(labels))
        write_idx(folder / "mnist" / f"{name}-images-idx3-ubyte.gz", images)
        write_idx(folder / "mnist" / f"{name}-labels-idx1-ubyte.gz", labels)
    given = (*NETWORK, *TRAINING, *LENGTH, *options)
    result = train(*given, "--out", folder / "run", task="logic", PLIANT_DATA=str(folder))
    assert result.returncode == 0, result.stderr
    (test,) = of_kind(folder / "run", "test")
    return test["soft"]


CHANGES = {
    "mirrored": (("--mirror",), lambda images: images[:, :, ::-1]),
    "up": (("--shift", 3), lambda images: np.roll(images, -3, 1)),
    "right": (("--shift", 3), lambda images: np.roll(images, 3, 2)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_pictures_are_known_where_training_moved_them_to(tmp_path, change):
    options, moved = CHANGES[change]
    assert accuracy(tmp_path / "moves", options, moved) > 0.8
    assert accuracy(tmp_path / "still", (), moved) < 0.4


@pytest.mark.parametrize("options", [("--mirror",), ("--shift", 3)], ids=str)
def test_pictures_that_did_not_move_are_known_too(tmp_path, options):
    assert accuracy(tmp_path, options, lambda images: images) > 0.9
