# tests/data/test_data.py — pliant.data: glyphs from fonts that are always there, CIFAR, feature files
import pathlib

import matplotlib
import pytest
import torch

import pliant.data

LATIN = (ord("A"), ord("Z"))


@pytest.fixture(scope="module")
def fonts():
    folder = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return [folder / "DejaVuSans.ttf", folder / "DejaVuSerif.ttf"]


def test_glyphs_of_a_real_font(fonts):
    glyphs = pliant.data.Glyphs("test", classes=26, fonts=fonts, characters=LATIN, distortions={"noise": 0.0})
    assert "".join(glyphs.characters) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert glyphs.fonts == 2
    images, labels = glyphs.draw(step=0, first=0, count=104)
    assert images.shape == (104, 32, 32) and images.dtype == torch.float32
    assert labels.tolist() == list(range(26)) * 4
    assert images.min() == 0 and 0.9 < images.max() <= 1
    ink = images.view(2, 2, 26, -1).mean(-1)  # rounds, fonts, letters
    assert ((0.01 < ink) & (ink < 0.4)).all()
    assert (ink[..., 8] < ink[..., 22]).all()  # I and W


def test_letters_are_recognised_across_fonts(fonts):
    """The nearest clean picture of the one font names most letters of the other: labels fit pictures."""
    still = dict.fromkeys(("rotation", "scale", "shear", "translation", "elastic", "blur", "noise"), 0.0)
    clean, labels = pliant.data.Glyphs(
        "test", classes=26, fonts=fonts[:1], characters=LATIN, distortions=still
    ).draw(0, 0, 26)
    other, truth = pliant.data.Glyphs(
        "train", classes=26, fonts=fonts[1:], characters=LATIN, distortions=still
    ).draw(0, 0, 500)
    nearest = torch.cdist(other.flatten(1), clean.flatten(1)).argmin(1)
    assert (labels[nearest] == truth).float().mean() > 0.7


def test_pictures_are_those_of_freetype(fonts):
    """FreeType draws each letter 32 times as large, where hints move nothing; means of 32 × 32 are ours."""
    image_font = pytest.importorskip("PIL.ImageFont", reason="Pillow is not installed")
    still = dict.fromkeys(("rotation", "scale", "shear", "translation", "elastic", "blur", "noise"), 0.0)
    glyphs = pliant.data.Glyphs("test", classes=26, fonts=fonts[:1], characters=LATIN, distortions=still)
    ours, _ = glyphs.draw(0, 0, 26)
    font = image_font.truetype(str(fonts[0]), 26 * 32)  # an em of 13/16 of the side
    for letter, picture in zip(glyphs.characters, ours, strict=True):
        mask, _ = font.getmask2(letter, mode="L")
        ink = torch.tensor(list(mask), dtype=torch.float).view(mask.size[::-1]) / 255
        ink = ink[ink.any(1)][:, ink.any(0)]  # a letter's rows and columns have no gaps
        height, width = ink.shape
        canvas = torch.zeros(1024, 1024)
        left, top = (1024 - width) // 2, (1024 - height) // 2
        canvas[top : top + height, left : left + width] = ink
        theirs = torch.nn.functional.avg_pool2d(canvas[None], 32)[0]
        assert (picture - theirs).abs().max() < 0.05, letter  # half of a large pixel, and rounding to bytes


def test_threads_change_nothing(fonts, threads):
    glyphs = pliant.data.Glyphs(classes=26, fonts=fonts, characters=LATIN, seed=3)
    threads(1)
    one = glyphs.draw(7, 5, 200)
    threads(3)
    many = glyphs.draw(7, 5, 200)
    assert torch.equal(one[0], many[0]) and torch.equal(one[1], many[1])
    part = glyphs.draw(7, 100, 3)
    assert torch.equal(part[0], one[0][95:98])
    assert glyphs.draw(7, 0, 0)[0].shape == (0, 32, 32)


def test_a_face_of_a_collection_is_named_by_a_number(fonts):
    with pytest.raises(ValueError, match=r"DejaVuSans.ttf: the face must be in 0 … 0, got 1"):
        pliant.data.Glyphs(classes=26, fonts=[f"{fonts[0]}#1"], characters=LATIN)
    first = pliant.data.Glyphs(classes=26, fonts=[f"{fonts[0]}#0"], characters=LATIN)
    assert torch.equal(
        first.draw(0, 0, 3)[0],
        pliant.data.Glyphs(classes=26, fonts=fonts[:1], characters=LATIN).draw(0, 0, 3)[0],
    )


def test_what_is_wrong_is_said(fonts):
    def error(match, **arguments):
        settings = {"classes": 26, "fonts": fonts, "characters": LATIN} | arguments
        with pytest.raises(ValueError, match=match):
            pliant.data.Glyphs(**settings)

    error("unknown split 'tests'; there are: train, validation, test", split="tests")
    error("unknown distortion 'twist'; there are: rotation, scale", distortions={"twist": 1})
    error("rotation must be in 0 … 180, got 200", distortions={"rotation": 200})
    error("have 26 characters in common there, not 27", classes=27)
    error("size must be in 4 … 512, got 2", size=2)
    error("classes must be in 0 … 2\\^31 − 1, got -1", classes=-1)
    with pytest.raises(RuntimeError, match="cannot read '/none.ttf'"):
        pliant.data.Glyphs(fonts=["/none.ttf"])
    glyphs = pliant.data.Glyphs(classes=26, fonts=fonts, characters=LATIN)
    for arguments, match in [
        ((-1, 0, 1), "step must be ≥ 0, got -1"),
        ((2**62, 0, 1), "step must be below 2\\^62"),
        ((0, -1, 1), "first must be ≥ 0, got -1"),
        ((0, 0, -1), "count must be ≥ 0, got -1"),
    ]:
        with pytest.raises(ValueError, match=match):
            glyphs.draw(*arguments)


def test_digits():
    digits = pliant.data.load_image_set("digits", "test")
    assert digits.images.shape == (382, 8, 8) and digits.images.dtype == torch.uint8
    assert digits.maximum == 16 == digits.images.max()
    assert digits.labels[:10].tolist() == list(range(10))
    with pytest.raises(ValueError, match="unknown data set 'minst'"):
        pliant.data.load_image_set("minst")
    with pytest.raises(ValueError, match="unknown split 'valid'"):
        pliant.data.load_image_set("digits", "valid")


def test_digits_in_black_and_white():
    grey = pliant.data.load_image_set("digits", "test")
    binary = pliant.data.load_image_set("digits", "test", binary=True)
    assert binary.maximum == 1 and torch.equal(binary.images, (grey.images > 8).byte())
    assert torch.equal(binary.labels, grey.labels)


def test_table_by_path(tmp_path, monkeypatch):
    folder = tmp_path / "uci"
    folder.mkdir()
    rows = [f" {i % 2} {i % 3 + 1} 1 1 1 4 2 data_{i}\n" for i in range(10)]
    (folder / "monks-1.train").write_text("".join(rows))
    monkeypatch.setenv("PLIANT_DATA", str(tmp_path))
    table = pliant.data.load_table_set("monk1")
    assert table.features.shape == (10, 17) and table.features.dtype == torch.uint8
    assert table.labels.tolist() == [0, 1] * 5 and table.labels.dtype == torch.int64
    assert table.columns[:4] == ["a1=1", "a1=2", "a1=3", "a2=1"] and table.classes == ["0", "1"]
    assert table.features[1].nonzero().flatten().tolist() == [1, 3, 6, 8, 14, 16]
    train = pliant.data.load_table_set("monk1", validation=0.25, seed=5)
    held_out = pliant.data.load_table_set("monk1", "validation", validation=0.25, seed=5)
    assert len(train.labels) == 7 and len(held_out.labels) == 3
    with pytest.raises(ValueError, match="monks-1.test"):
        pliant.data.load_table_set("monk1", "test")
    (folder / "monks-1.train").write_text(rows[0] + " 0 1 1 3 1 4 2 data_1\n")
    with pytest.raises(ValueError, match=r"monks-1.train:2: a3: expected one of 1, 2, got '3'"):
        pliant.data.load_table_set("monk1")
    with pytest.raises(ValueError, match="unknown data set 'monk'; there are: adult, breast_cancer, monk1"):
        pliant.data.load_table_set("monk")
    with pytest.raises(ValueError, match=r"monk1: seed must be in 0 … 2\^32 − 1, got -1"):
        pliant.data.load_table_set("monk1", seed=-1)
    with pytest.raises(ValueError, match="published_hours is an option of adult"):
        pliant.data.load_table_set("monk1", published_hours=True)


def test_cifar_by_path(tmp_path, monkeypatch):
    folder = tmp_path / "cifar-100-binary"
    folder.mkdir()
    pixels = bytes(range(256)) * 12
    (folder / "test.bin").write_bytes(bytes([3, 42]) + pixels + bytes([19, 99]) + pixels[::-1])
    (folder / "fine_label_names.txt").write_text("".join(f"fine{i}\n" for i in range(100)))
    (folder / "coarse_label_names.txt").write_text("".join(f"coarse{i}\n" for i in range(20)))
    monkeypatch.setenv("PLIANT_DATA", str(tmp_path))
    cifar = pliant.data.load_cifar("cifar100", "test")
    assert cifar.images.flatten().tolist() == list(pixels + pixels[::-1])
    assert cifar.images.shape == (2, 3, 32, 32)
    assert cifar.labels.tolist() == [42, 99] and cifar.coarse_labels.tolist() == [3, 19]
    assert cifar.classes[42] == "fine42" and cifar.coarse_classes[3] == "coarse3"
    with pytest.raises(ValueError, match="the data set cifar10 is not here"):
        pliant.data.load_cifar("cifar10")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_features_there_and_back(tmp_path, dtype):
    features = torch.randn(5, 3).to(dtype)
    labels = torch.tensor([0, 1, 1, 0, 2])
    written = pliant.data.Features(features, labels, ["a", "b", "三"], {"network": "tiny"})
    pliant.data.write_features(tmp_path / "f.safetensors", written)
    read = pliant.data.read_features(tmp_path / "f.safetensors")
    assert torch.equal(read.features, features.float()) and torch.equal(read.labels, labels)
    assert read.classes == ["a", "b", "三"] and read.metadata == {"network": "tiny"}
    assert [path.name for path in tmp_path.iterdir()] == ["f.safetensors"]


def test_features_of_columns_that_are_not_contiguous(tmp_path):
    features = torch.randn(4, 6)
    pliant.data.write_features(
        tmp_path / "f", pliant.data.Features(features.T, torch.arange(6) % 2, ["a", "b"])
    )
    assert torch.equal(pliant.data.read_features(tmp_path / "f").features, features.T)


def test_features_that_cannot_be_written(tmp_path):
    good = pliant.data.Features(torch.zeros(2, 3), torch.tensor([0, 1]), ["a", "b"])

    def error(kind, match, **changed):
        with pytest.raises(kind, match=match):
            pliant.data.write_features(tmp_path / "f", good._replace(**changed))
        assert not list(tmp_path.iterdir())

    error(TypeError, "features must be float32 or float16, got Double", features=torch.zeros(2, 3).double())
    error(TypeError, "labels must be int64", labels=torch.tensor([0, 1], dtype=torch.int32))
    error(ValueError, "2 features but 1 labels", labels=torch.tensor([0]))
    error(ValueError, "labels must be in 0 … 1, got 2", labels=torch.tensor([0, 2]))
    error(ValueError, "features must be finite, got nan", features=torch.full((2, 3), float("nan")))
    with pytest.raises(RuntimeError, match="No such file or directory"):
        pliant.data.write_features(tmp_path / "none" / "f", good)
