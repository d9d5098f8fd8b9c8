# python/pliant/_network.py — a network in words and its tensors, as the bytes of a file (no torch)
"""What `pliant/logic/description.h` describes, written from Python."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

_DTYPES = {"<f8": "F64", "<i8": "I64", "<f4": "F32", "<i4": "I32", "|u1": "U8", "|b1": "BOOL"}


class Network:
    """The layers of a network, added one by one, and its file.

    Args:
        shape: of an example: (channels, height, width) or (features)
        class_names: of the classes, or None
    """

    def __init__(self, shape: Sequence[int], class_names: Sequence[str] | None = None):
        self.shape = [int(size) for size in shape]
        self.class_names = class_names
        self._layers: list[dict[str, Any]] = []
        self._tensors: dict[str, np.ndarray] = {}

    def add(self, layer: str, **fields: Any) -> None:
        """Adds a layer: its kind, and its fields by name. Arrays become tensors of the file."""
        number = len(self._layers)
        described: dict[str, Any] = {"layer": layer}
        for name, value in fields.items():
            if isinstance(value, np.ndarray):
                tensor = f"{number}.{name}"
                self._tensors[tensor] = np.ascontiguousarray(value)
                value = tensor
            described[name] = value
        self._layers.append(described)

    def file(self) -> bytes:
        """A safetensors file with the description as its metadata entry "network"."""
        described: dict[str, Any] = {"input": {"shape": self.shape}, "layers": self._layers}
        if self.class_names is not None:
            described["classes"] = [str(name) for name in self.class_names]
        header: dict[str, Any] = {"__metadata__": {"network": json.dumps(described)}}
        end = 0
        for name, tensor in self._tensors.items():
            begin, end = end, end + tensor.nbytes
            header[name] = {
                "dtype": _DTYPES[tensor.dtype.str],
                "shape": list(tensor.shape),
                "data_offsets": [begin, end],
            }
        text = json.dumps(header).encode()
        parts = (tensor.tobytes() for tensor in self._tensors.values())
        return b"".join((len(text).to_bytes(8, "little"), text, *parts))

    def tensors(self, *fields: str) -> list[np.ndarray]:
        """The tensors of these fields of all layers."""
        return [value for name, value in self._tensors.items() if name.split(".", 1)[1] in fields]
