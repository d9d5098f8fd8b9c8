# tests/report/run_folder.py — makes run folders as `pliant train` writes them
"""The safetensors writer knows the format from its description, not from the reader under test."""

import json
import struct

import numpy as np

CONFIG = """\
data="digits"
half-resolution=false
digits=4
n={n}
method="odd_even"
distribution="cauchy"
steepness=10
art-lambda=0
channels=[16, 32]
batch=100
learning-rate=0.000316227766
steps=1000
seed=7
out="runs/first"
"""
TYPES = {"float32": "F32", "int64": "I64", "uint8": "U8", "float64": "F64"}
METRICS = ("exact", "elementwise", "exact_five", "exact_tied", "elementwise_tied", "exact_five_tied")


def write_safetensors(path, tensors, metadata):
    """A file of the format: header length, header as JSON, data."""
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        content = tensor.tobytes()
        offsets = [len(data), len(data) + len(content)]
        header[name] = {
            "dtype": TYPES[str(tensor.dtype)],
            "shape": list(tensor.shape),
            "data_offsets": offsets,
        }
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def snapshot(step, n, skill, seed=0, sets=4, items=200):
    """Tensors of a network whose scores are a mixture of the truth (by `skill`) and noise."""
    rng = np.random.default_rng([seed, step])
    truth = np.random.default_rng(seed)
    labels = truth.integers(0, 10000, (sets, n))
    all_labels = truth.integers(0, 10000, items)
    tensors = {
        "images": truth.integers(0, 256, (sets, n, 8, 32), dtype=np.uint8),
        "labels": labels,
        "scores": score(labels, skill, rng),
        "all_scores": score(all_labels, skill, rng),
        "all_labels": all_labels,
    }
    if n <= 64:
        eye = np.eye(n)[np.argsort(np.argsort(labels, axis=1), axis=1)]
        tensors["permutation"] = (skill * eye + (1 - skill) / n).astype(np.float32)
    return tensors


def score(labels, skill, rng):
    return (skill * labels / 1000 + (1 - skill) * rng.normal(size=labels.shape) * 3).astype(np.float32)


def write_run(folder, n=5, steps=1000, every=200, test=True, reason="steps", seed=0):
    """A run folder of `steps` steps with a validation and a snapshot `every` so many; returns it."""
    (folder / "snapshots").mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG.format(n=n))
    rng = np.random.default_rng(seed)
    lines = [
        {
            "event": "start",
            "step": 0,
            "task": "sorting",
            "version": "0.1.0",
            "threads": 2,
            "parameters": 12345,
        }
    ]
    for step in range(10, steps + 1, 10):
        done = step / steps
        loss = 0.5 * (1 - 0.8 * done) + 0.02 * rng.normal()
        norm = 1.5 * (1 - 0.5 * done) + 0.2 * abs(rng.normal())
        lines.append(
            {"event": "train", "step": step, "seconds": step / 20, "loss": loss, "gradient_norm": norm}
        )
        if step % every == 0:
            lines.append(
                {"event": "validation", "step": step, "seconds": step / 20, **metrics(done), "best": True}
            )
            write_safetensors(
                folder / f"snapshots/step_{step:08d}.safetensors",
                snapshot(step, n, done, seed),
                {"step": str(step), "task": "sorting", "steepness": "10"},
            )
    if test:
        lines.append({"event": "test", "step": steps, "seconds": steps / 20, **metrics(0.9)})
    lines.append({"event": "end", "step": steps, "seconds": steps / 20, "reason": reason})
    write_lines(folder, lines)
    return folder


def metrics(done):
    """The metrics of a validation line, each a number that no other has."""
    return {key: round(0.6 * done + 0.01234 * i, 6) for i, key in enumerate(METRICS)}


def write_lines(folder, lines):
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


TOPK_CONFIG = """\
data="digits"
features=""
loss="topk"
p-k=[0.5, 0, 0.5]
method="splitter_selection"
distribution="logistic"
steepness=1.5
k=5
label-noise=0
channels=[16, 32]
watch-test=false
no-report=false
"""


def topk_snapshot(image=(1, 8, 8), examples=3, seed=0):
    """Tensors of examples of class 0, 1 …, each taken for its class, the next, and the one after that.

    Args:
        image: channels, height and width; () for features, which have no images
    """
    rng = np.random.default_rng(seed)
    labels = np.arange(examples)
    tensors = {
        "labels": labels,
        "guesses": labels[:, None] + np.arange(3),
        "chances": np.tile(np.array([0.625, 0.25, 0.125], np.float32), (examples, 1)),
    }
    if image:
        tensors["images"] = rng.integers(0, 256, (examples, *image), dtype=np.uint8)
        tensors["guessed_images"] = rng.integers(0, 256, (examples, 3, *image), dtype=np.uint8)
    return tensors


def topk_metadata(step, classes=5, **names):
    """Metadata of a snapshot; class c is named "class c"."""
    lines = "".join(f"{c}\tclass {c}\n" for c in range(classes))
    return {"step": str(step), "task": "topk", "class_names": lines} | names


def write_topk_run(folder, best=20, config=TOPK_CONFIG, figures=("top1", "top5"), tensors=None):
    """A run folder of 40 steps with a validation and a snapshot each 20; returns it."""
    (folder / "snapshots").mkdir(parents=True)
    (folder / "config.toml").write_text(config)
    lines = [{"event": "start", "step": 0, "task": "topk", "threads": 1, "parameters": 12345}]
    for step in (20, 40):
        values = {figure: 0.2 + step / 100 + i / 1000 for i, figure in enumerate(figures)}
        lines.append({"event": "train", "step": step, "seconds": 1.0, "loss": 0.5, "gradient_norm": 1.0})
        lines.append({"event": "validation", "step": step, "seconds": 1.0, **values, "best": step <= best})
        write_safetensors(
            folder / f"snapshots/step_{step:08d}.safetensors",
            topk_snapshot(seed=step) if tensors is None else tensors,
            topk_metadata(step),
        )
    values = {figure: 0.4321 + i / 10 for i, figure in enumerate(figures)}
    lines.append({"event": "test", "step": best, "seconds": 1.0, **values})
    lines.append({"event": "end", "step": 40, "seconds": 1.0, "reason": "steps"})
    write_lines(folder, lines)
    return folder


LOGIC_CONFIG = """\
data="letters"
thresholds=0
widths="4"
fan-in=2
parametrization="softmax"
init="gaussian"
wiring="unique"
"""


def write_logic_run(folder):
    """A run folder of 40 steps without snapshots and checkpoints; returns it."""
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(LOGIC_CONFIG)
    lines = [{"event": "start", "step": 0, "task": "logic", "threads": 1, "parameters": 64}]
    for step in (20, 40):
        values = {"hard": 0.5 + step / 100, "soft": 0.55 + step / 100, "best": True}
        lines.append({"event": "train", "step": step, "seconds": 1.0, "loss": 0.5, "gradient_norm": 1.0})
        lines.append({"event": "validation", "step": step, "seconds": 1.0, **values})
    lines.append({"event": "end", "step": 40, "seconds": 1.0, "reason": "steps"})
    write_lines(folder, lines)
    return folder
