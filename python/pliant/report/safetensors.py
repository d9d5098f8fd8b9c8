# python/pliant/report/safetensors.py — reads a safetensors file with numpy alone
"""The format: 8 bytes of header length, a JSON header, then the tensors' bytes, little-endian."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U8": "u1",
    "BOOL": "?",
}


class SafetensorsError(ValueError):
    """A file that is not whole, or not of the format; the text names it."""


def read_safetensors(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The tensors by name, and the metadata.

    Raises:
        SafetensorsError: if the file is truncated, its header damaged, or a tensor outside of the file or of
            a type that is not in DTYPES.
    """
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        raise SafetensorsError(f"{path}: {len(content)} bytes, too short for its header")
    try:
        header = json.loads(content[8 : 8 + length])
        metadata = header.pop("__metadata__", {})
        if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
            raise ValueError("__metadata__ must map names to texts")
        data = memoryview(content)[8 + length :]
        return {name: _tensor(data, **entry) for name, entry in header.items()}, metadata
    except (ValueError, TypeError, AttributeError) as error:
        raise SafetensorsError(f"{path}: damaged: {error}") from error


def _tensor(data: memoryview, *, dtype: str, shape: list[int], data_offsets: list[int]) -> np.ndarray:
    """One tensor of the data behind the header."""
    if dtype not in DTYPES:
        raise ValueError(f"type {dtype}; known are {', '.join(DTYPES)}")
    kind = np.dtype(DTYPES[dtype])
    begin, end = data_offsets
    if not 0 <= begin <= end <= len(data) or end - begin != math.prod(shape) * kind.itemsize:
        raise ValueError(f"bytes {begin} to {end} of {len(data)} for a {dtype} tensor of shape {shape}")
    return np.frombuffer(data[begin:end], kind).reshape(shape)
