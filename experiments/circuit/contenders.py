# experiments/circuit/contenders.py — models of the comparison, loaded from their files (no torch)
from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Labels = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Contender:
    """A model ready to run on one thread."""

    labels: Labels  # of a batch, uint8 (N, width)
    one: Labels  # of a single example, by the fastest call that its library has


def load(path: Path) -> Contender:
    """The model of a file: a circuit (.plc), an ONNX model (.onnx), or LightGBM's text (.txt)."""
    return {".plc": _circuit, ".onnx": _onnx, ".txt": _trees}[path.suffix](path)


def _circuit(path: Path) -> Contender:
    from pliant.circuit import Circuit

    circuit = Circuit.load(path)

    def labels(x: np.ndarray) -> np.ndarray:
        return circuit.classify(x, threads=1)

    return Contender(labels, labels)


def _onnx(path: Path) -> Contender:
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), settings)

    def labels(x: np.ndarray) -> np.ndarray:
        return session.run(["label"], {"x": x})[0]

    return Contender(labels, labels)


def _trees(path: Path) -> Contender:
    import lightgbm

    booster = lightgbm.Booster(model_file=path)
    many = booster.num_model_per_iteration() > 1

    def as_labels(scores: np.ndarray) -> np.ndarray:
        return scores.argmax(-1) if many else (scores > 0).astype(np.int64)

    def labels(x: np.ndarray) -> np.ndarray:
        return as_labels(booster.predict(x, raw_score=True, num_threads=1))

    return Contender(labels, _one_row(booster, as_labels))


def _one_row(booster: Any, as_labels: Labels) -> Labels:
    """LightGBM's call for single rows, which prepares all it can beforehand."""
    from lightgbm.basic import _LIB

    width = booster.num_feature()
    row = np.zeros(width, np.float64)
    scores = np.zeros(booster.num_model_per_iteration(), np.float64)
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
