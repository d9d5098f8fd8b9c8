# python/pliant/circuit.py — hardened networks as circuits: load, run, describe, with NumPy and without torch
"""Circuits: trained logic gate networks that run on bits. Nothing here needs torch.

A circuit turns an example into bits (`Encoder`), these through stages of gates (`Stage`) into other bits, and
counts the ones of each class (`Sums`). It never changes, and any number of threads may run it at once.

>>> import numpy as np
>>> from pliant.circuit import Circuit, Encoder, Stage, Sums
>>> gates = Stage(inputs=2, fan_in=[2, 2], tables=[0b1000, 0b0110], sources=[0, 1, 0, 1], outputs=[4, 6])
>>> circuit = Circuit.from_arrays([gates], Encoder(inputs=2), Sums(classes=2, names=["both", "one"]))
>>> circuit
Circuit(inputs=2, nodes=2, depth=1, classes=2)
>>> circuit.run(np.array([[False, True], [True, True]]))
array([[0, 1],
       [1, 0]], dtype=int32)
>>> [circuit.class_names[label] for label in circuit.classify(np.array([[1, 1], [1, 0]], np.uint8))]
['both', 'one']
"""

from __future__ import annotations

import builtins
import ctypes
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from pliant import _core
from pliant._circuit_arrays import ZERO, Encoder, Stage, Sums, build, encoder_of, name_of, stages_of, sums_of
from pliant._circuit_sorting import sorting_circuit as sorting_circuit
from pliant._examples import as_unsigned, checked_threads, examples_of

__all__ = ["ZERO", "Circuit", "Encoder", "Stage", "Sums", "sorting_circuit"]


class Circuit:
    """A trained network as a circuit, ready to run; made by `load`, `parse` or `from_arrays`.

    What `run` and `classify` take, by the dtype of x, a NumPy array or anything with `__array__` such as a
    tensor of torch on the CPU, contiguous or not:

    - uint8: features as bytes, such as pixels: (N, width), or (N, …) with as many values, in rows. Of a
      circuit without features: its bits, each 0 or 1.
    - float32, float64: features as numbers, (N, width) likewise. They are compared in float32, as networks
      are trained; NaN is above no threshold.
    - bool: the input bits, (N, inputs).
    - uint64 with packed=True: the input bits, (inputs, words): bit s of word w of row i is bit i of example
      64·w + s; count examples of them, by default all.

    Both take threads: 0 as many as there are cores, 1 the calling thread alone. Results do not depend on it.
    They raise TypeError or ValueError that names what is wrong before any work, but for a picture that cannot
    be cropped, whose number stands in the text. Other threads of Python run meanwhile.
    """

    reports: list[dict[str, Any]]
    """What each pass of `simplify` did, where that has made the circuit; else empty."""

    def __init__(self, handle: ctypes.c_void_p):
        self._handle = handle
        self.reports = []
        self._info: _core.Info | None = None

    def __del__(self, _free: Any = _core.library.pliant_circuit_free) -> None:
        if (handle := getattr(self, "_handle", None)) is not None:
            _free(handle)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Circuit:
        """The circuit of a .plc file.

        Raises:
            OSError: if the file cannot be read
            ValueError: if it is damaged or no circuit, with the byte and the reason
        """
        handle = ctypes.c_void_p()
        _core.call("load", _core.file_name(path), ctypes.byref(handle))
        return cls(handle)

    @classmethod
    def parse(cls, content: builtins.bytes, name: str = "memory") -> Circuit:
        """The circuit of the bytes of such a file, which error texts call by the name."""
        content = builtins.bytes(content)
        handle = ctypes.c_void_p()
        _core.call("parse", content, len(content), _core.texts([name])[0], ctypes.byref(handle))
        return cls(handle)

    @classmethod
    def from_arrays(cls, stages: Iterable[Stage], encoder: Encoder, sums: Sums | None = None) -> Circuit:
        """A circuit described by arrays.

        Args:
            stages: at least one; each reads the bits of the one before, the first those of the encoder
            encoder: of examples into bits
            sums: of the last stage's bits for classes; None: the bits are the result

        Raises:
            ValueError, TypeError: that say what is wrong, and at which node, stage, bit or class
        """
        return cls(build(stages, encoder, sums))

    def to_arrays(self) -> tuple[list[Stage], Encoder, Sums | None]:
        """What the circuit is made of: copies, with which `from_arrays` makes an equal one.

        >>> from pliant.circuit import Circuit, Encoder, Stage
        >>> one = Stage(inputs=2, fan_in=[2], tables=[0b0110], sources=[0, 1], outputs=[4])
        >>> circuit = Circuit.from_arrays([one], Encoder(inputs=2))
        >>> stages, encoder, sums = circuit.to_arrays()
        >>> stages[0].tables, stages[0].sources, sums
        (array([6], dtype=uint64), array([0, 1], dtype=uint32), None)
        >>> Circuit.from_arrays(stages, encoder, sums).bytes() == circuit.bytes()
        True
        """
        info = self.info()
        sums = sums_of(self._handle, info["classes"], self.class_names, info["tau"])
        return stages_of(self._handle, info["stages"]), encoder_of(self._handle, info), sums

    @classmethod
    def from_network(cls, content: bytes, name: str = "memory") -> Circuit:
        """The circuit of a network that the bytes of a safetensors file describe.

        That is a checkpoint of `pliant train logic`, or what another program has written of its own model,
        with a description of its layers as the metadata entry "network" (docs/circuits.md). Error texts call
        it by the name.

        Raises:
            ValueError: if the file is damaged, or describes no network, or one that does not fit: it names
                the layer
        """
        content = bytes(content)
        handle = ctypes.c_void_p()
        _core.call("from_network", content, len(content), _core.texts([name])[0], ctypes.byref(handle))
        return cls(handle)

    @classmethod
    def from_model(
        cls,
        model: Any,
        input_shape: Sequence[int] | int | None = None,
        *,
        encoder: Any = None,
        class_names: Sequence[str] | None = None,
        state: Mapping[str, Any] | None = None,
        check: bool = True,
    ) -> Circuit:
        """The circuit of a trained model of torch: what it computes in eval mode, bit for bit.

        Args:
            model: of these modules, in torch.nn.Sequential or in any module that calls them in the order in
                which they are registered, with nothing between them:
                `pliant.nn` LogicNetwork, LogicDense, LogicConv2d, OrPool2d, LearnedWiring, GroupSum and
                Thermometer; torch.nn Flatten, Identity and Dropout; LogicLayer and GroupSum of difflogic or
                `pliant.compat.difflogic`; torchlogix' LogicDense, LogicConv2d, OrPooling2d, GroupSum and its
                binarizations. Or the path of a checkpoint of `pliant train logic`, which needs no torch.
            input_shape: of an example, (channels, height, width) or (features); None: as the first layer says
            encoder: what turns an example's numbers into bits before the model: a Thermometer or a
                binarization, or a number: what is above it is 1. None: the model does that itself, or takes
                bits.
            class_names: of the classes
            state: a state_dict to use instead of the model's own. difflogic and torchlogix keep the wiring
                out of theirs: it must then have the layers' `indices` too ("0.indices", …).
            check: also run both on 64 random examples

        Raises:
            ValueError: that names the module that cannot be converted, or the layer that does not fit; or the
                circuit is not the model, because its modules are called in another order
            RuntimeError: if `state` is another model's
        """
        if isinstance(model, str | os.PathLike):
            with open(model, "rb") as file:
                return cls.from_network(file.read(), os.fspath(model))
        from pliant import _from_model  # it imports torch

        if state is not None:
            model = _from_model.with_state(model, state)
        network = _from_model.network_of(model, input_shape, encoder, class_names)
        circuit = cls.from_network(network.file(), "from_model")
        if check:
            _from_model.check(circuit, network, model, encoder)
        return circuit

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a .plc file, or replaces it; whoever reads it sees the old circuit or the new one.

        Raises:
            OSError: if it cannot be written
        """
        _core.call("save", self._handle, _core.file_name(path))

    def bytes(self) -> builtins.bytes:
        """The bytes of such a file; equal circuits have equal ones."""
        memory, size = ctypes.c_void_p(), ctypes.c_size_t()
        _core.call("bytes", self._handle, ctypes.byref(memory), ctypes.byref(size))
        return _core.taken_bytes(memory, size.value)

    def run(self, x: Any, *, packed: bool = False, count: int | None = None, threads: int = 0) -> np.ndarray:
        """The scores of each example, int32 (N, classes): a class's bias and how many of its bits are 1.

        Without classes: the output bits, int32 (N, outputs), 0 or 1.
        """
        return self._evaluate("run", x, packed, count, threads)

    def run_packed(
        self, x: Any, *, packed: bool = False, count: int | None = None, threads: int = 0
    ) -> np.ndarray:
        """The output bits of a circuit without classes, uint64 (outputs, words), packed as inputs may be."""
        return self._evaluate("run_packed", x, packed, count, threads)

    def classify(
        self, x: Any, *, packed: bool = False, count: int | None = None, threads: int = 0
    ) -> np.ndarray:
        """The label of each example, int32 (N): the class of its largest score, the first of equal ones."""
        return self._evaluate("classify", x, packed, count, threads)

    def _evaluate(self, function: str, x: Any, packed: bool, count: int | None, threads: int) -> np.ndarray:
        info = self._describe()
        if function == "classify" and info.classes == 0:
            raise ValueError("classify: the circuit has no classes, run it")
        examples = examples_of(x, info.inputs, info.features, info.width, packed, count)
        if function == "run_packed":
            results = np.empty((info.output_bits, (examples.count + 63) // 64), np.uint64)
        else:
            shape = (examples.count, info.scores) if function == "run" else (examples.count,)
            results = np.empty(shape, np.int32)
        _core.call(
            function,
            *(self._handle, examples.kind, examples.array.ctypes.data, examples.count, examples.width),
            *(checked_threads(threads), results.ctypes.data),
        )
        return results

    def simplify(self, *, lut: int = 3, sweep_conflicts: int = 1000, **passes: bool) -> Circuit:
        """The same function in fewer nodes, as a new circuit, flat, whose `reports` say what each pass did.

        Args:
            lut: nodes are covered by ones of at most so many inputs, 2 … 6, or 0: they are not. 3 is what
                CPUs run, 6 what FPGAs have.
            sweep_conflicts: when a proof of the pass sweep gives up
            **passes: True or False for constants, inverters, hashing, biases and dead, which run by default,
                and for equal_bits (scores change, all by one number), implications (results change for
                bits that no example has), windows and sweep, which take longer (docs/circuits.md), and
                shallow: the mapping reaches the least depth first, then as few nodes as that allows

        Raises:
            TypeError: for a pass that there is not
            ValueError: if lut or sweep_conflicts is out of range

        >>> from pliant.circuit import Circuit, Encoder, Stage
        >>> wires = [0, 1, 1, 0, 2, 3]
        >>> both = Stage(inputs=2, fan_in=[2, 2, 2], tables=[8, 6, 14], sources=wires, outputs=[8])
        >>> simple = Circuit.from_arrays([both], Encoder(inputs=2)).simplify()
        >>> simple.nodes, [report["pass"] for report in simple.reports][:2]
        (1, ['constants', 'inverters'])
        """
        if unknown := set(passes) - set(_core.PASSES):
            raise TypeError(
                f"simplify: no pass {', '.join(sorted(unknown))}; there are {', '.join(_core.PASSES)}"
            )
        flags = _core.DEFAULT_PASSES
        for name, wanted in passes.items():
            flags = flags | _core.PASSES[name] if wanted else flags & ~_core.PASSES[name]
        handle, report = ctypes.c_void_p(), ctypes.c_void_p()
        numbers = [as_unsigned(lut, "lut"), as_unsigned(sweep_conflicts, "sweep_conflicts")]
        _core.call("simplify", self._handle, flags, *numbers, ctypes.byref(handle), ctypes.byref(report))
        circuit = type(self)(handle)
        circuit.reports = json.loads(_core.taken_text(report) or "[]")
        return circuit

    def to_c(
        self, name: str = "circuit", *, language: str = "c", lanes: int = 0, nodes_per_function: int = 0
    ) -> str:
        """One self-contained file of C99 (or "c++": C++17), which needs nothing but the C library.

        Args:
            name: what its names begin with (in C++ their namespace), an identifier
            language: "c", "c++", or "c-embedded": C99 for microcontrollers, without any library
                (pliant/circuit/embedded.h)
            lanes: examples of a word: 64, or with gcc and clang 128, 256, …; 0: 64. Of c-embedded 32
            nodes_per_function: at most, so that compiling takes linear time; 0: the library's choice
        """
        if language not in ("c", "c++", "c-embedded"):
            raise ValueError(f'language: must be "c", "c++" or "c-embedded", got {language!r}')
        lanes, nodes = as_unsigned(lanes, "lanes"), as_unsigned(nodes_per_function, "nodes_per_function")
        return self._export(language, name, lanes, nodes).decode()

    def to_verilog(
        self,
        name: str = "circuit",
        *,
        pipelined: bool = False,
        depth: int = 1,
        sum_depth: int = 0,
        stream: int = 0,
    ) -> str:
        """Modules of Verilog-2001: encoder, gates, adder trees, argmax and `<name>_top` over them.

        Args:
            name: what the modules' names begin with
            pipelined: with registers, one example a clock; else combinational
            depth: of a pipeline: levels of nodes from one register to the next
            sum_depth: of a pipeline: additions and comparisons of scores from one register to the next;
                0: all sums take one clock, and so does the choice of the label
            stream: not 0: also `<name>_stream`, which takes words of so many bits by valid and ready

        Raises:
            ValueError: if depth is 0, depth or sum_depth is given without a pipeline, words cannot have so
                many bits, or the circuit is wider than vectors of Verilog may be
        """
        if as_unsigned(depth, "depth") == 0:
            raise ValueError("depth: of a pipeline it must be at least 1 level, got 0")
        numbers = (depth, as_unsigned(sum_depth, "sum_depth"), as_unsigned(stream, "stream"))
        return self._export("verilog", name, pipelined=pipelined, verilog=numbers).decode()

    def to_blif(self) -> str:
        """The last stage's bits in the Berkeley Logic Interchange Format."""
        return self._export("blif").decode()

    def to_aiger(self, *, binary: bool = True) -> builtins.bytes:
        """The last stage's bits as an and-inverter graph, in AIGER's compact form, or as its text."""
        return self._export("aiger" if binary else "aag")

    def to_onnx(self, *, input: str | None = None, lanes: int = 64) -> builtins.bytes:
        """An ONNX model (opset 18, operators of ONNX's own domain) with the results of `run` and `classify`.

        Its outputs are "scores", int32 (N, classes), and "label", int64 (N); without classes "outputs", bool
        (N, outputs). N is free. A crop is not part of it.

        Args:
            input: "bytes": "features", uint8 (N, features); "numbers": the same in float32; "bits": "bits",
                bool (N, inputs); None: bytes, or bits if there are no features
            lanes: 64: examples of an int64, for batches; 1: bools, the faster ones for a single example

        Raises:
            ValueError: for another input or number of lanes, or if there are no features
        """
        return self._export("onnx", lanes=as_unsigned(lanes, "lanes"), input=input)

    def _export(
        self,
        format: str,
        name: str = "circuit",
        lanes: int = 0,
        nodes: int = 0,
        pipelined: bool = False,
        verilog: tuple[int, int, int] = (0, 0, 0),
        input: str | None = None,
    ) -> builtins.bytes:
        text, source = _core.texts([name])[0], None if input is None else _core.texts([input])[0]
        options = _core.ExportOptions(
            ctypes.sizeof(_core.ExportOptions), text, lanes, nodes, 1 if pipelined else 0, *verilog, source
        )
        memory, size = ctypes.c_void_p(), ctypes.c_size_t()
        pointers = [ctypes.byref(argument) for argument in (options, memory, size)]
        _core.call("export", self._handle, format.encode(), *pointers)
        return _core.taken_bytes(memory, size.value)

    def _describe(self) -> _core.Info:
        if self._info is None:
            info = _core.Info(size=ctypes.sizeof(_core.Info))
            _core.call("describe", self._handle, ctypes.byref(info))
            self._info = info
        return self._info

    def info(self) -> dict[str, Any]:
        """What the circuit is: inputs, features, width, scores, classes, stages, nodes, fan_in, depth, ….

        "fan_in"[k] is how many nodes have k inputs; "shape" is (channels, height, width) of the features if
        they are a picture, "crop" (height, width, side) if pictures are cropped, else None.
        """
        info = self._describe()
        names = ("inputs", "features", "width", "scores", "classes", "stages", "nodes", "depth")
        more = ("output_bits", "live_inputs", "byte_maximum", "tau")
        shape = (info.channels, info.height, info.picture_width)
        crop = (info.crop_height, info.crop_width, info.crop_side)
        return {
            **{name: getattr(info, name) for name in (*names, *more)},
            "fan_in": list(info.fan_in),
            "shape": shape if info.channels > 0 else None,
            "crop": crop if info.crop_height > 0 else None,
        }

    @property
    def inputs(self) -> int:
        """Input bits."""
        return self._describe().inputs

    @property
    def features(self) -> int:
        """Numbers that the thresholds read, after cropping; 0 if examples are bits."""
        return self._describe().features

    @property
    def width(self) -> int:
        """Numbers of an example as it comes; the input bits where there are no features."""
        return self._describe().width

    @property
    def classes(self) -> int:
        """Classes; 0 if the output bits are the result."""
        return self._describe().classes

    @property
    def nodes(self) -> int:
        """Nodes, each placement of a cell counted."""
        return self._describe().nodes

    @property
    def depth(self) -> int:
        """Nodes on the longest path from an input to an output."""
        return self._describe().depth

    @property
    def class_names(self) -> list[str] | None:
        """The names of the classes, None if they have none."""
        names = [name_of("class_name", self._handle, index) for index in range(self.classes)]
        known = [name for name in names if name is not None]
        return known if names and len(known) == len(names) else None

    def input_names(self) -> list[str]:
        """A name for each input bit, such as "pixel[3,14]>127" or "x12"."""
        return [name_of("input_name", self._handle, index) or "" for index in range(self.inputs)]

    def __repr__(self) -> str:
        info = self._describe()
        features = f"features={info.features}, " if info.features > 0 else ""
        result = f"classes={info.classes}" if info.classes > 0 else f"outputs={info.scores}"
        return f"Circuit({features}inputs={info.inputs}, nodes={info.nodes}, depth={info.depth}, {result})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).parse, (self.bytes(),)

    def __copy__(self) -> Circuit:
        return self  # It never changes.

    def __deepcopy__(self, memo: dict[int, Any]) -> Circuit:
        return self
