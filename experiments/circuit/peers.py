# experiments/circuit/peers.py — int8 networks in onnxruntime and trees of LightGBM
"""Peers of the comparison: trained here, networks made int8 by onnxruntime's static quantization."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

Labels = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Data:
    """Examples as bytes, (N, width), and their classes; pictures have a shape."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    classes: int
    maximum: int  # what the largest byte is divided by


@dataclass(frozen=True)
class Contender:
    """A model ready to run on one thread."""

    labels: Labels  # of a batch, uint8 (N, width)
    one: Labels  # of a single example, by the fastest call that its library has
    size: int  # bytes of its file


def mlp(width: int, classes: int, hidden: int) -> nn.Module:
    """One hidden layer."""
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, classes))


def cnn(width: int, classes: int, channels: int) -> nn.Module:
    """Two convolutions of stride 2 and one linear layer, on square pictures."""
    side = round(width**0.5)
    small = (((side + 1) // 2) + 1) // 2
    return nn.Sequential(
        nn.Unflatten(1, (1, side, side)),
        nn.Conv2d(1, channels, 5, stride=2, padding=2),
        nn.ReLU(),
        nn.Conv2d(channels, 2 * channels, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(2 * channels * small * small, classes),
    )


def train(model: nn.Module, data: Data, epochs: int) -> nn.Module:
    """Adam on cross-entropy in batches of 128, its rate from 2e-3 to 0 by a cosine."""
    x, y = (torch.from_numpy(array) for array in data.train)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    steps = epochs * (len(x) // 128)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(x))[: len(x) // 128 * 128].reshape(-1, 128):
            loss = nn.functional.cross_entropy(model(x[rows].float() / data.maximum), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


def int8_network(model: nn.Module, data: Data, folder: Path) -> Contender:
    """The model as ONNX from bytes to labels, made int8 with 1,000 training examples."""
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self.batches = iter(np.split(data.train[0][:1000], 10))

        def get_next(self) -> dict[str, np.ndarray] | None:
            batch = next(self.batches, None)
            return None if batch is None else {"x": batch}

    write_onnx(model, data, folder / "float.onnx")
    quantize_static(
        folder / "float.onnx",
        folder / "int8.onnx",
        Reader(),
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "int8.onnx"), settings)

    def labels(x: np.ndarray) -> np.ndarray:
        return session.run(["label"], {"x": x})[0]

    return Contender(labels, labels, (folder / "int8.onnx").stat().st_size)


def write_onnx(model: nn.Module, data: Data, path: Path) -> None:
    """The layers one by one, with the bytes' scale before and the largest score behind."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    constants = [numpy_helper.from_array(np.float32(1 / data.maximum), "scale")]
    nodes = [helper.make_node("Cast", ["x"], ["number"], to=TensorProto.FLOAT)]
    nodes.append(helper.make_node("Mul", ["number", "scale"], ["t"]))
    value = "t"
    for i, layer in enumerate(model):
        result = f"v{i}"
        parameters = [f"{name}{i}" for name, _ in layer.named_parameters()]
        for name, tensor in layer.named_parameters():
            constants.append(numpy_helper.from_array(tensor.detach().numpy(), f"{name}{i}"))
        if isinstance(layer, nn.Linear):
            node = helper.make_node("Gemm", [value, *parameters], [result], transB=1)
        elif isinstance(layer, nn.Conv2d):
            pads, strides = [layer.padding[0]] * 4, list(layer.stride)
            node = helper.make_node("Conv", [value, *parameters], [result], pads=pads, strides=strides)
        elif isinstance(layer, nn.ReLU):
            node = helper.make_node("Relu", [value], [result])
        else:
            shape = [-1, *layer.unflattened_size] if isinstance(layer, nn.Unflatten) else [0, -1]
            constants.append(numpy_helper.from_array(np.array(shape, np.int64), f"shape{i}"))
            node = helper.make_node("Reshape", [value, f"shape{i}"], [result])
        nodes.append(node)
        value = result
    nodes.append(helper.make_node("ArgMax", [value], ["label"], axis=1, keepdims=0))
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, ["N", data.train[0].shape[1]])],
        [helper.make_tensor_value_info("label", TensorProto.INT64, ["N"])],
        constants,
    )
    opset = [helper.make_opsetid("", 18)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), str(path))


def trees(data: Data, rounds: int) -> Contender:
    """Gradient boosting with 15 leaves a tree, one tree a class and round; one score where there are two."""
    import lightgbm

    many = data.classes > 2
    parameters = {
        "objective": "multiclass" if many else "binary",
        **({"num_class": data.classes} if many else {}),
        "num_leaves": 15,
        "learning_rate": 0.1,
        "max_bin": 63,
        "feature_fraction": 0.3,
        "num_threads": 1,
        "verbose": -1,
        "seed": 0,
    }
    booster = lightgbm.train(parameters, lightgbm.Dataset(*data.train), rounds)
    text = booster.model_to_string()
    booster = lightgbm.Booster(model_str=text)

    def as_labels(scores: np.ndarray) -> np.ndarray:
        return scores.argmax(-1) if many else (scores > 0).astype(np.int64)

    def labels(x: np.ndarray) -> np.ndarray:
        return as_labels(booster.predict(x, raw_score=True, num_threads=1))

    return Contender(labels, _one_row(booster, data, as_labels), len(text.encode()))


def _one_row(booster: object, data: Data, as_labels: Labels) -> Labels:
    """LightGBM's call for single rows, which prepares all it can beforehand."""
    from lightgbm.basic import _LIB

    width = data.train[0].shape[1]
    row = np.zeros(width, np.float64)
    scores = np.zeros(data.classes if data.classes > 2 else 1, np.float64)
    handle, length = ctypes.c_void_p(), ctypes.c_int64()
    raw_score, float64 = 1, 1
    threads, columns = b"num_threads=1", ctypes.c_int32(width)
    _LIB.LGBM_BoosterPredictForMatSingleRowFastInit(
        booster._handle,
        raw_score,
        0,
        -1,
        float64,
        columns,
        threads,
        ctypes.byref(handle),
    )
    pointers = [a.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for a in (row, scores)]

    def one(x: np.ndarray) -> np.ndarray:
        row[:] = x[0]
        _LIB.LGBM_BoosterPredictForMatSingleRowFast(handle, pointers[0], ctypes.byref(length), pointers[1])
        return as_labels(scores[None] if len(scores) > 1 else scores)

    return one
