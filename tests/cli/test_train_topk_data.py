# tests/cli/test_train_topk_data.py — pliant train topk on features, CIFAR's files and glyphs
import math
import struct

import pytest
import torch
from pliant.report.report import report
from pliant.report.run import read_run

import pliant
from tests.cli.program import PROGRAM, TIMES, checkpoint, events, train

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
SPLITS = ("train", "validation", "test")


def topk(*arguments, **changes):
    """Runs `pliant train topk` on a small network."""
    return train(*arguments, task="topk", **changes)


def line(run, kind):
    """The run's last line of this kind."""
    return [event for event in events(run, without=TIMES) if event["event"] == kind][-1]


def shown_labels(run, step):
    """The labels of a snapshot, and the names that it keeps."""
    metadata, tensors = checkpoint(run / "snapshots" / f"step_{step:08d}.safetensors")
    labels = struct.unpack(f"<{len(tensors['labels']) // 8}q", tensors["labels"])
    names = dict(entry.split("\t", 1) for entry in metadata["class_names"].split("\n")[:-1])
    return list(labels), {int(number): name for number, name in names.items()}, tensors


def write_features(folder, classes=8, dimension=6, examples=400, names=None):
    """Three files of classes that a plane each tells from the others: a blob each, far apart."""
    folder.mkdir(exist_ok=True)
    fits = classes <= dimension
    centres = 8 * (torch.eye(classes, dimension) if fits else torch.randn(classes, dimension))
    for split in SPLITS:
        labels = torch.arange(examples) % classes
        content = pliant.data.Features(
            centres[labels] + torch.randn(examples, dimension),
            labels,
            names or [f"class {c}" for c in range(classes)],
        )
        pliant.data.write_features(folder / f"{split}.safetensors", content)
    return folder


def features(folder, *arguments):
    """Trains a linear head."""
    given = ("--data", "features", "--features", folder, "--out", folder / "run")
    return topk(*given, *arguments)


def test_linear_head_learns_separable_classes(tmp_path):
    write_features(tmp_path, dimension=8)
    result = features(tmp_path, "--steps", 300, "--batch", 50, "--learning-rate", 0.01, "--evaluation", 0)
    assert result.returncode == 0, result.stderr
    run = tmp_path / "run"
    assert line(run, "start")["parameters"] == 8 * 8 + 8
    test = line(run, "test")
    assert set(test) == {"event", "step", "top1", "top5"}
    assert test["top1"] > 0.95 and test["top5"] >= test["top1"]
    labels, names, tensors = shown_labels(run, 300)
    assert labels == [i * 400 // 400 % 8 for i in range(12)] and names[3] == "class 3"
    assert set(tensors) == {"labels", "guesses", "chances"}
    assert "A linear head of 72 parameters" in report([read_run(run)])


def test_sixteen_candidates_are_the_default_of_features(tmp_path):
    write_features(tmp_path, classes=40, dimension=6)
    result = features(tmp_path, "--steps", 5)
    assert result.returncode == 0, result.stderr
    assert set(line(tmp_path / "run", "test")) == {"event", "step", "top1", "top5", "top10"}
    for m, same in ((16, True), (40, False)):
        other = tmp_path / f"run{m}"
        topk("--data", "features", "--features", tmp_path, "--steps", 5, "--m", m, "--out", other)
        assert (line(other, "train")["loss"] == line(tmp_path / "run", "train")["loss"]) is same


def test_share_of_random_labels_is_the_noise(tmp_path):
    write_features(tmp_path, dimension=8)
    options = ("--loss", "cross_entropy", "--label-noise", 0.5, "--learning-rate", 0.003)
    result = features(tmp_path, *options, "--steps", 600, "--batch", 200, "--log-every", 200)
    assert result.returncode == 0, result.stderr
    # Half of the labels stay, an eighth of the other half is right by chance. The loss of a classifier
    # that knows the classes is the entropy of that; sampling 40,000 labels moves it by 0.01.
    right, wrong = 1 / 2 + 1 / 16, 1 / 16
    entropy = -right * math.log(right) - 7 * wrong * math.log(wrong)
    assert line(tmp_path / "run", "train")["loss"] == pytest.approx(entropy, abs=0.05)
    assert line(tmp_path / "run", "test")["top1"] > 0.95  # and still the true ones are learned


def test_names_of_classes_may_be_any_text(tmp_path):
    names = ["tab\tname", "two\nlines", "<b>三</b>", "", "line\u2028separator", "carriage\rreturn"]
    write_features(tmp_path, classes=6, names=names)
    result = features(tmp_path, "--steps", 5)
    assert result.returncode == 0, result.stderr
    text = report([read_run(tmp_path / "run")])
    assert "<b>tab\tname</b>" in text and "<b>two lines</b>" in text
    assert "<b>&lt;b&gt;三&lt;/b&gt;</b>" in text


def refused(folder, message, *arguments):
    result = features(folder, "--steps", 5, *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert not (folder / "run").exists()


def test_feature_files_that_do_not_fit_together(tmp_path):
    write_features(tmp_path, dimension=6)
    write_features(tmp_path / "wide", dimension=7)
    write_features(tmp_path / "named", dimension=6, names=list("abcdefgh"))
    fitting = (tmp_path / "test.safetensors").read_bytes()
    for other in ("wide", "named"):
        (tmp_path / "test.safetensors").write_bytes((tmp_path / other / "test.safetensors").read_bytes())
        refused(tmp_path, f"the three files in '{tmp_path}' must have the same dimension and classes")
    (tmp_path / "test.safetensors").write_bytes(fitting[:-1])
    refused(tmp_path, "test.safetensors")
    (tmp_path / "test.safetensors").unlink()
    refused(tmp_path, "test.safetensors")


@pytest.mark.parametrize("split", SPLITS)
def test_feature_file_without_examples(tmp_path, split):
    write_features(tmp_path)
    write_features(tmp_path / "none", examples=0)
    (tmp_path / f"{split}.safetensors").write_bytes((tmp_path / "none" / f"{split}.safetensors").read_bytes())
    refused(tmp_path, f"there are no examples in the {split} split")


def test_few_classes(tmp_path):
    write_features(tmp_path, classes=5)
    refused(tmp_path, "best: there is no top5 of 5 classes", "--best", "top5")
    write_features(tmp_path, classes=3)
    refused(tmp_path, "len(p_k) = 5, m = 3 and 3 classes")
    result = features(tmp_path, "--steps", 5, "--p-k", "0.5,0.5")
    assert result.returncode == 0, result.stderr
    assert set(line(tmp_path / "run", "test")) == {"event", "step", "top1"}


def cifar_records(count, classes, coarse):
    """Records whose class is a colour; the i-th is of class 3 i mod `classes`."""
    records = []
    for i in range(count):
        label = 3 * i % classes
        head = bytes([label // 5, label]) if coarse else bytes([label])
        records.append(head + b"".join(bytes([label * (c + 1) * 17 % 256]) * 1024 for c in range(3)))
    return b"".join(records)


def write_cifar(root, name):
    """The published files with 50 images to train on, the 5,000 for validation, and a few to test."""
    if name == "cifar10":
        folder = root / "cifar-10-batches-bin"
        folder.mkdir()
        content = cifar_records(5050, 10, coarse=False)
        part = len(content) // 5
        for i in range(5):
            (folder / f"data_batch_{i + 1}.bin").write_bytes(content[i * part : (i + 1) * part])
        (folder / "test_batch.bin").write_bytes(cifar_records(30, 10, coarse=False))
        (folder / "batches.meta.txt").write_text("".join(f"name{i}\n" for i in range(10)) + "\n")
    else:
        folder = root / "cifar-100-binary"
        folder.mkdir()
        (folder / "train.bin").write_bytes(cifar_records(5050, 100, coarse=True))
        (folder / "test.bin").write_bytes(cifar_records(30, 100, coarse=True))
        (folder / "fine_label_names.txt").write_text("".join(f"name{i}\n" for i in range(100)))
        (folder / "coarse_label_names.txt").write_text("".join(f"coarse{i}\n" for i in range(20)))


@pytest.mark.parametrize(("name", "classes"), [("cifar10", 10), ("cifar100", 100)])
def test_cifar(tmp_path, name, classes):
    write_cifar(tmp_path, name)
    run = tmp_path / "run"
    options = ("--data", name, "--steps", 20, "--evaluation", 24, "--out", run)
    result = topk(*options, PLIANT_DATA=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert math.isfinite(line(run, "train")["loss"])
    assert ("top10" in line(run, "test")) is (classes > 10)
    labels, names, tensors = shown_labels(run, 20)
    # Validation images are the last 5,000, and 24 of them evenly spread.
    assert labels == [3 * (50 + i * 5000 // 24) % classes for i in range(12)]
    assert {names[label] for label in labels} == {f"name{label}" for label in labels}
    assert len(tensors["images"]) == 12 * 3 * 32 * 32
    assert report([read_run(run)]).count("image/png") == 12 * 6


def test_glyphs(tmp_path):
    try:
        pliant.data.Glyphs("test", classes=20)
    except ValueError as missing:
        pytest.skip(str(missing))
    run = tmp_path / "run"
    result = topk("--data", "glyphs", "--classes", 20, "--steps", 10, "--out", run)
    assert result.returncode == 0, result.stderr
    assert math.isfinite(line(run, "train")["loss"])
    assert {"top1", "top5", "top10"} < set(line(run, "test"))
    labels, names, _ = shown_labels(run, 10)
    assert labels == list(range(12))  # an evaluation goes through the classes
    assert names[0] == "一"
    assert "<b>一</b>" in report([read_run(run)])
