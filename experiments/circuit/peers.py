# experiments/circuit/peers.py — int8 networks in onnxruntime and trees of LightGBM
"""Peers of the comparison: trained here, networks made int8 by onnxruntime's static quantization."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn


@dataclass(frozen=True)
class Data:
    """Examples as bytes, (N, width), and their classes; pictures have a shape."""

    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    classes: int
    maximum: int  # what the largest byte is divided by


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


def int8_network(model: nn.Module, data: Data, folder: Path) -> Path:
    """The file of the model as ONNX from bytes to labels, made int8 with 1,000 training examples."""
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
    return folder / "int8.onnx"


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


def trees(data: Data, rounds: int, folder: Path) -> Path:
    """The file of boosted trees of 15 leaves, one a class and round; of two classes one a round."""
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
    booster.save_model(folder / "trees.txt")
    return folder / "trees.txt"
