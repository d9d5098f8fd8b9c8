# python/pliant/_circuit_sorting.py — sorting and selection networks as circuits (no torch)
from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from pliant import _core
from pliant._examples import as_unsigned

if TYPE_CHECKING:
    from pliant.circuit import Circuit

_SIGNED, _PLACES = 1, 2  # as pliant_selection.h has them


def sorting_circuit(
    size: int,
    bits: int = 8,
    *,
    network: str = "batcher",
    largest: int | None = None,
    signed: bool = False,
    places: bool = False,
) -> Circuit:
    """The circuit that sorts numbers, or gives the largest of them, ascending.

    Args:
        size: how many numbers, 1 … 2^20
        bits: of a number, 1 … 64
        network: "batcher", "bitonic", "odd_even", or with `largest` "splitter_selection" too
        largest: 1 … size; None: all
        signed: two's complement
        places: the outputs also say where each number came in; of equal ones the lower is first

    Returns:
        a circuit of the input bits w·bits + i, bit i of number w from the least significant; outputs are in
        the same order, then the places. `simplify` makes it smaller; `run_packed` is the fast way to use it.

    Raises:
        TypeError, ValueError: that name the argument

    Cost: 3·(bits + bits of places) nodes a comparator.

    >>> import numpy as np
    >>> from pliant.circuit import sorting_circuit
    >>> numbers = np.array([[3, 1, 2]], np.uint8)
    >>> bits = np.unpackbits(numbers[..., None], axis=-1, count=2, bitorder="little").reshape(1, 6)
    >>> ordered = sorting_circuit(3, bits=2).run(bits).reshape(1, 3, 2)
    >>> np.packbits(ordered.astype(np.uint8), axis=-1, bitorder="little")[..., 0]
    array([[1, 2, 3]], dtype=uint8)
    """
    from pliant.circuit import Circuit  # it re-exports this function

    wanted = 0 if largest is None else as_unsigned(largest, "largest")
    if largest is not None and wanted == 0:
        raise ValueError("largest: must be 1 … size, got 0")
    flags = (_SIGNED if signed else 0) | (_PLACES if places else 0)
    handle = ctypes.c_void_p()
    numbers = as_unsigned(size, "size"), wanted, as_unsigned(bits, "bits")
    _core.call("sorting", _core.texts([network])[0], *numbers, flags, ctypes.byref(handle))
    return Circuit(handle)
