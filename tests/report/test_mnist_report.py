# tests/report/test_mnist_report.py — the report of made-up runs of the task mnist, and of damaged ones
import numpy as np
import pytest
import run_folder
from pliant.report.report import report
from pliant.report.run import RunError, read_run
from pliant.report.tasks.mnist import chapters, describe

CONFIG = """\
data="digits"
model="{model}"
widths=[20, 30]
conditioned="{conditioned}"
damping=0.5
optimizer="isaac"
learning-rate=1
"""


def tensors(model="classifier"):
    rng = np.random.default_rng(0)
    found = {
        "spectrum_0": np.array([8.0, 0.5, 0.0], dtype=np.float32),
        "spectrum_1": np.array([2.0, 1.0], dtype=np.float32),
        "images": rng.integers(0, 256, (2, 1, 8, 8), dtype=np.uint8),
    }
    if model == "autoencoder":
        return found | {"outputs": rng.integers(0, 256, (2, 1, 8, 8), dtype=np.uint8)}
    return found | {"labels": np.array([3, 5]), "guesses": np.array([3, 8])}


def write(folder, model="classifier", conditioned="1,2", shown=None, metadata=None):
    """A run of two validations, the second the best; returns its folder."""
    (folder / "snapshots").mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG.format(model=model, conditioned=conditioned))
    figures = [{"accuracy": 0.5, "loss": 1.25}, {"accuracy": 0.75, "loss": 0.625}]
    lines = [{"event": "start", "step": 0, "task": "mnist", "version": "0.1.0", "parameters": 10}]
    for step, figure in zip((10, 20), figures, strict=True):
        lines.append({"event": "train", "step": step, "seconds": step / 5, "loss": 1.0, "gradient_norm": 2.0})
        lines.append({"event": "validation", "step": step, "seconds": step / 5, **figure, "best": True})
        run_folder.write_safetensors(
            folder / f"snapshots/step_{step:08d}.safetensors",
            tensors(model) if shown is None else shown,
            {"step": str(step), "task": "mnist", "damping": "0.5"} if metadata is None else metadata,
        )
    lines.append({"event": "test", "step": 20, "seconds": 4.0, **figures[1]})
    lines.append({"event": "end", "step": 20, "seconds": 4.0, "reason": "steps"})
    run_folder.write_lines(folder, lines)
    return folder


def test_the_description_says_what_is_conditioned(tmp_path):
    said = describe(read_run(write(tmp_path / "a")))
    assert "hidden layers of 20 × 30 learns to tell the classes of the images of the data set digits" in said
    assert "the gradients of layers 1, 2 conditioned at the damping 0.5" in said
    said = describe(read_run(write(tmp_path / "b", "autoencoder", "all")))
    assert "to give back the images" in said and "the gradients of all layers" in said
    assert "with plain gradients" in describe(read_run(write(tmp_path / "c", conditioned="none")))


def test_dimensions_and_examples_are_shown(tmp_path):
    (_, spectra), (_, examples) = chapters(read_run(write(tmp_path / "run")))
    assert "<td>8</td><td>1.4</td>" in spectra.replace(" ", "").replace("\n", "")  # 8/8.5 + 0.5/1 + 0
    assert "<td>2</td><td>1.5</td>" in spectra.replace(" ", "").replace("\n", "")
    assert "<b>3</b> <i>✓</i>" in examples and "<b>8</b> <i>is 5</i>" in examples
    (_, _), (_, examples) = chapters(read_run(write(tmp_path / "auto", "autoencoder")))
    assert examples.count("data:image/png") == 4


def test_runs_are_compared_over_steps_and_over_seconds(tmp_path):
    runs = [read_run(write(tmp_path / name)) for name in ("one", "two")]
    page = report(runs)
    assert "over the seconds" in page and "over the steps" in page


def test_a_run_without_snapshots_has_no_chapters(tmp_path):
    folder = write(tmp_path / "run")
    for path in (folder / "snapshots").iterdir():
        path.unlink()
    assert chapters(read_run(folder)) == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ({"spectrum_0": np.zeros((2, 2), np.float32)}, "spectrum_0, spectrum_1, … must be lists of numbers"),
        ({"images": np.zeros((2, 8, 8), np.uint8)}, "images must be bytes"),
        ({"images": np.zeros((2, 1, 8, 8), np.float32)}, "images must be bytes"),
        ({"labels": np.zeros(3, np.int64)}, "labels and guesses must be as many as images"),
        ({"outputs": np.zeros((1, 1, 8, 8), np.uint8)}, "outputs must be bytes of the shape of images"),
    ],
)
def test_damaged_snapshots_are_refused(tmp_path, damage, message):
    folder = write(tmp_path / "run", shown=tensors() | damage)
    with pytest.raises(RunError, match=message):
        chapters(read_run(folder))


def test_a_snapshot_without_damping_is_refused(tmp_path):
    folder = write(tmp_path / "run", metadata={"damping": "much"})
    with pytest.raises(RunError, match="there is no damping"):
        chapters(read_run(folder))
