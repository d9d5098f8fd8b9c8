# python/pliant/_examples.py — examples of any kind as arrays that a circuit reads (no torch)
from __future__ import annotations

import operator
from typing import Any, NamedTuple

import numpy as np

_BYTES, _NUMBERS, _BITS, _PACKED = range(4)  # as pliant_circuit.h has them
_MOST_THREADS = 1024


class Examples(NamedTuple):
    """The arguments of pliant_circuit_run; the array is contiguous, aligned, and owns or keeps its memory."""

    kind: int
    array: np.ndarray
    count: int  # type: ignore[assignment]  # what a tuple counts is not asked here
    width: int


def examples_of(x: Any, inputs: int, features: int, width: int, packed: bool, count: int | None) -> Examples:
    """What x is, by its dtype, checked against the sizes of a circuit's info.

    Raises:
        TypeError, ValueError: that name x or count
    """
    array = np.asarray(x)
    if packed:
        return _packed(array, inputs, count)
    if count is not None:
        raise ValueError(f"count: only packed examples need it, got {count}")
    kind, wanted, dtype = _kind(array.dtype, inputs, features, width)
    per_example = int(np.prod(array.shape[1:], dtype=np.int64)) if array.ndim > 1 else -1
    if per_example != wanted:
        word = {_BYTES: "bytes", _NUMBERS: "numbers", _BITS: "bits"}[kind]
        raise ValueError(
            f"x: the circuit needs (N, {wanted}) {word}, or shapes of as many, got shape {array.shape} "
            f"of {array.dtype}"
        )
    with np.errstate(over="ignore"):  # Beyond float32 is beyond every threshold of it.
        array = np.require(array, dtype, ("C", "A"))
    if kind == _BITS and array.dtype == np.uint8 and array.size > 0 and array.max() > 1:
        raise ValueError(f"x: the circuit has no features, so its bytes must be 0 or 1, got {array.max()}")
    return Examples(kind, array, array.shape[0], wanted)


def _kind(dtype: np.dtype, inputs: int, features: int, width: int) -> tuple[int, int, Any]:
    """The kind, the values of an example and the dtype that the library reads."""
    name = (dtype.kind, dtype.itemsize)
    if name == ("b", 1):
        return _BITS, inputs, np.bool_
    if name == ("u", 1):
        return (_BYTES, width, np.uint8) if features > 0 else (_BITS, inputs, np.uint8)
    if name in (("f", 4), ("f", 8)):
        if features == 0:
            raise TypeError(f"x: the circuit has no features, so it takes bool or uint8 bits, got {dtype}")
        return _NUMBERS, width, np.float32
    raise TypeError(
        "x: must be uint8 (bytes), float32 or float64 (numbers), bool (bits), or uint64 with packed=True, "
        f"got {dtype}"
    )


def _packed(array: np.ndarray, inputs: int, count: int | None) -> Examples:
    if (array.dtype.kind, array.dtype.itemsize) != ("u", 8):
        raise TypeError(f"x: packed bits must be uint64, got {array.dtype}")
    if array.ndim != 2 or array.shape[0] != inputs:
        raise ValueError(f"x: the circuit needs ({inputs}, words) packed bits, got shape {array.shape}")
    words = array.shape[1]
    count = 64 * words if count is None else operator.index(count)
    if count < 0 or (count + 63) // 64 != words:
        raise ValueError(
            f"count: {words} words hold {max(64 * words - 63, 0)} … {64 * words} examples, got {count}"
        )
    return Examples(_PACKED, np.require(array, np.uint64, ("C", "A")), count, words)


def checked_threads(threads: int) -> int:
    """Threads as the library takes them.

    Raises:
        TypeError, ValueError: if it is no number from 0 to 1024
    """
    number = operator.index(threads)
    if not 0 <= number <= _MOST_THREADS:
        raise ValueError(f"threads: must be 0 (one a core) … {_MOST_THREADS}, got {number}")
    return number


def as_unsigned(value: int, name: str) -> int:
    """A number that an unsigned int of C holds.

    Raises:
        TypeError, ValueError: that name it
    """
    number = operator.index(value)
    if not 0 <= number < 2**32:
        raise ValueError(f"{name}: must be 0 … 2^32 − 1, got {number}")
    return number
