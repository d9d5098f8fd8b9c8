# python/pliant/_circuit_arrays.py — a circuit as arrays, handed to C and taken from it (no torch)
from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pliant import _core
from pliant._examples import as_unsigned

ZERO = 0xFFFFFFFF
"""Stands in the wires of a stage for a constant 0: the padding of a convolution."""


@dataclass(frozen=True)
class Encoder:
    """The input bits of a circuit: bit b is 1 where number feature[b] of an example is above threshold[b].

    Args:
        inputs: how many bits there are
        features: numbers of an example, after cropping; 0: examples are the bits themselves
        feature: (inputs) integers below features; empty without features
        threshold: (inputs) finite numbers; empty without features
        byte_maximum: a byte stands for byte / byte_maximum, in float32
        names: of the features, of the bits without features, or None
        shape: (channels, height, width) if the features are a picture
        crop: (height, width, side) if examples are pictures of height × width, at most 64 × 64, of which rows
            and columns of zeros are trimmed at the borders until side × side are left

    >>> import numpy as np
    >>> from pliant.circuit import Circuit, Encoder, Stage
    >>> both_high = Stage(inputs=2, fan_in=[2], tables=[0b1000], sources=[0, 1], outputs=[4])
    >>> encoder = Encoder(inputs=2, features=2, feature=[0, 1], threshold=[0.5, 0.25])
    >>> Circuit.from_arrays([both_high], encoder).run(np.array([[0.6, 0.3], [0.6, 0.1]]))
    array([[1],
           [0]], dtype=int32)
    """

    inputs: int
    features: int = 0
    feature: Any = ()
    threshold: Any = ()
    byte_maximum: int = 255
    names: Sequence[str] | None = None
    shape: tuple[int, int, int] | None = None
    crop: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class Stage:
    """A network of nodes, its cell, at some places. A cell's signals are numbered: inputs, then nodes.

    Args:
        inputs: of the cell
        fan_in: (nodes) integers 0 … 6: how many signals a node reads; one that reads none is a constant
        tables: (nodes) integers: bit a of a table is the node's value where its input i is bit i of a
        sources: (sum of fan_in) integers, node by node: the signals that it reads, all before it
        outputs: integers 2 · signal, and 1 more where an output is the complement
        placements: how often the cell is there; output o at place p is bit o · placements + p of the stage
        wires: (placements, inputs) integers: which bit of the stage before (of the encoder's for the first
            stage) an input is at a place, or ZERO; None, where there is one placement: 0 … inputs − 1

    >>> import numpy as np
    >>> from pliant.circuit import Circuit, Encoder, Stage
    >>> # Of each of two neighbours of three bits, whether they differ; the second answer, complemented, too.
    >>> differ = Stage(inputs=2, fan_in=[2], tables=[0b0110], sources=[0, 1], outputs=[4],
    ...                placements=2, wires=[[0, 1], [1, 2]])
    >>> Circuit.from_arrays([differ], Encoder(inputs=3)).run(np.array([[0, 1, 1], [1, 0, 1]], np.uint8))
    array([[1, 0],
           [1, 1]], dtype=int32)
    """

    inputs: int
    fan_in: Any
    tables: Any
    sources: Any
    outputs: Any
    placements: int = 1
    wires: Any = None


@dataclass(frozen=True)
class Sums:
    """Scores of classes: that of class c is biases[c] and the ones among bits begins[c] … begins[c + 1] − 1.

    Args:
        classes: at least 1
        begins: (classes + 1) integers, ascending from 0 to the last stage's bits; None: as many for each
        biases: (classes) integers of 32 bits; None: 0
        names: of the classes, or None
        tau: > 0; the trained network's scores are these divided by tau

    >>> import numpy as np
    >>> from pliant.circuit import Circuit, Encoder, Stage, Sums
    >>> through = Stage(inputs=3, fan_in=[], tables=[], sources=[], outputs=[0, 2, 4])
    >>> sums = Sums(classes=2, begins=[0, 2, 3], biases=[0, 1], names=["first two", "last"])
    >>> Circuit.from_arrays([through], Encoder(inputs=3), sums).run(np.array([[1, 1, 0]], np.uint8))
    array([[2, 1]], dtype=int32)
    """

    classes: int
    begins: Any = None
    biases: Any = None
    names: Sequence[str] | None = None
    tau: float = 1.0


def build(stages: Iterable[Stage], encoder: Encoder, sums: Sums | None) -> ctypes.c_void_p:
    """The handle of a circuit.

    Raises:
        ValueError, TypeError: that say what is wrong and where
    """
    builder = ctypes.c_void_p()
    _core.call("builder_new", ctypes.byref(builder))
    try:
        _add_encoder(builder, encoder)
        for number, stage in enumerate(stages):
            _add_stage(builder, stage, f"stage {number}: ")
        if sums is not None:
            _add_sums(builder, sums)
        circuit = ctypes.c_void_p()
        _core.call("build", builder, ctypes.byref(circuit))
        return circuit
    finally:
        _core.library.pliant_circuit_builder_free(builder)


def _add_encoder(builder: ctypes.c_void_p, encoder: Encoder) -> None:
    inputs = as_unsigned(encoder.inputs, "encoder: inputs")
    features = as_unsigned(encoder.features, "encoder: features")
    bits = inputs if features > 0 else 0
    feature = _integers(encoder.feature, np.uint32, "encoder: feature", bits)
    threshold = np.ascontiguousarray(encoder.threshold, np.float64)
    if threshold.shape != (bits,):
        raise ValueError(f"encoder: threshold: {bits} numbers are needed, got shape {threshold.shape}")
    maximum = as_unsigned(encoder.byte_maximum, "encoder: byte_maximum")
    arrays = (_pointer(feature), _pointer(threshold)) if features > 0 else (None, None)
    _core.call("builder_encoder", builder, inputs, features, *arrays, maximum)
    if encoder.shape is not None:
        _core.call("builder_picture", builder, *_three(encoder.shape, "encoder: shape"))
    if encoder.crop is not None:
        _core.call("builder_crop", builder, *_three(encoder.crop, "encoder: crop"))
    if encoder.names is not None:
        names = list(encoder.names)
        _core.call("builder_feature_names", builder, len(names), _core.texts(names))


def _add_stage(builder: ctypes.c_void_p, stage: Stage, where: str) -> None:
    inputs = as_unsigned(stage.inputs, where + "inputs")
    placements = as_unsigned(stage.placements, where + "placements")
    fan_in = _integers(stage.fan_in, np.uint8, where + "fan_in")
    nodes = fan_in.size
    tables = _integers(stage.tables, np.uint64, where + "tables", nodes)
    sources = _integers(stage.sources, np.uint32, where + "sources", int(fan_in.sum(dtype=np.int64)))
    outputs = _integers(stage.outputs, np.uint32, where + "outputs")
    wires = None
    if stage.wires is not None:
        wires = _integers(np.ravel(stage.wires), np.uint32, where + "wires", placements * inputs)
    _core.call(
        "builder_stage",
        *(builder, inputs, nodes, _pointer(fan_in), _pointer(tables), _pointer(sources)),
        *(outputs.size, _pointer(outputs), placements, None if wires is None else _pointer(wires)),
    )


def _add_sums(builder: ctypes.c_void_p, sums: Sums) -> None:
    classes = as_unsigned(sums.classes, "sums: classes")
    begins = biases = names = None
    if sums.begins is not None:
        begins = _integers(sums.begins, np.uint32, "sums: begins", classes + 1)
    if sums.biases is not None:
        biases = _integers(sums.biases, np.int32, "sums: biases", classes)
    if sums.names is not None:
        if len(sums.names) != classes:
            raise ValueError(f"sums: names: {classes} are needed, got {len(sums.names)}")
        names = _core.texts(list(sums.names))
    pointers = [None if array is None else _pointer(array) for array in (begins, biases)]
    _core.call("builder_sums", builder, classes, *pointers, names, float(sums.tau))


def stages_of(handle: ctypes.c_void_p, count: int) -> list[Stage]:
    """The stages of a circuit that has so many."""
    return [_stage_of(handle, number) for number in range(count)]


def _stage_of(handle: ctypes.c_void_p, number: int) -> Stage:
    info = _core.StageInfo(size=ctypes.sizeof(_core.StageInfo))
    _core.call("describe_stage", handle, number, ctypes.byref(info))
    fan_in, tables = np.empty(info.nodes, np.uint8), np.empty(info.nodes, np.uint64)
    sources, outputs = np.empty(info.sources, np.uint32), np.empty(info.outputs, np.uint32)
    wires = np.empty((info.placements, info.inputs), np.uint32)
    arrays = [_pointer(array) for array in (fan_in, tables, sources, outputs, wires)]
    _core.call("copy_stage", handle, number, *arrays)
    return Stage(info.inputs, fan_in, tables, sources, outputs, info.placements, wires)


def encoder_of(handle: ctypes.c_void_p, info: dict[str, Any]) -> Encoder:
    """The encoder of the circuit whose `info` this is."""
    count, features = info["inputs"], info["features"]
    bits = count if features > 0 else 0
    feature, threshold = np.empty(bits, np.uint32), np.empty(bits, np.float64)
    _core.call("copy_encoder", handle, _pointer(feature), _pointer(threshold))
    named = features if features > 0 else count
    names = None
    if named > 0 and name_of("feature_name", handle, 0) is not None:
        names = [name_of("feature_name", handle, index) or "" for index in range(named)]
    maximum = info["byte_maximum"] if features > 0 else Encoder.byte_maximum
    return Encoder(count, features, feature, threshold, maximum, names, info["shape"], info["crop"])


def sums_of(handle: ctypes.c_void_p, classes: int, names: list[str] | None, tau: float) -> Sums | None:
    """The sums of a circuit of so many classes, if any."""
    if classes == 0:
        return None
    begins, biases = np.empty(classes + 1, np.uint32), np.empty(classes, np.int32)
    _core.call("copy_sums", handle, _pointer(begins), _pointer(biases))
    return Sums(classes, begins, biases, names, tau)


def name_of(function: str, handle: ctypes.c_void_p, index: int) -> str | None:
    """The name of one thing of a circuit: class_name, input_name or feature_name; None if it has none."""
    name = ctypes.c_void_p()
    _core.call(function, handle, index, ctypes.byref(name))
    return _core.taken_text(name)


def _pointer(array: np.ndarray) -> int:
    return array.ctypes.data


def _three(values: Sequence[int], name: str) -> list[int]:
    if len(values) != 3:
        raise ValueError(f"{name}: three numbers are needed, got {values}")
    return [as_unsigned(value, name) for value in values]


def _integers(values: Any, dtype: Any, name: str, size: int | None = None) -> np.ndarray:
    """A contiguous vector of the dtype, in which nothing has lost its value."""
    array = np.asarray(values)
    if array.size == 0:
        array = array.astype(dtype)
    if array.ndim != 1 or (size is not None and array.size != size):
        needed = "a vector is" if size is None else f"{size} integers are"
        raise ValueError(f"{name}: {needed} needed, got shape {array.shape}")
    if array.dtype.kind not in "bui":
        # NumPy makes floats of a list of integers where some need all of 64 bits.
        exact = np.asarray(values, object)
        if not all(isinstance(value, int | np.integer) for value in exact.tolist()):
            raise TypeError(f"{name}: integers are needed, got {array.dtype}")
        array = exact
    limits = np.iinfo(dtype)
    if array.size > 0 and not limits.min <= int(array.min()) <= int(array.max()) <= limits.max:
        raise ValueError(f"{name}: integers of {limits.dtype} are needed, got {array.min()} … {array.max()}")
    return np.ascontiguousarray(array, dtype)
