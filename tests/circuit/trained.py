# tests/circuit/trained.py — small trained networks as circuits, and real examples of them
"""The circuits stand in tests/circuit/networks, made by

pliant train logic --recipe digits --seed 0 --threads 1 --out digits      (monk1: --seed 1)
pliant circuit compile digits -o digits.plc
"""

import gzip
from itertools import product
from pathlib import Path

import numpy as np

from pliant.circuit import Circuit

HERE = Path(__file__).resolve().parent
DIGITS = HERE.parents[1] / "pliant" / "data" / "digits"


def trained_circuit(name: str) -> Circuit:
    """One of "digits" and "monk1", mapped to nodes of three inputs."""
    return Circuit.load(HERE / "networks" / f"{name}.plc")


def digits_examples() -> np.ndarray:
    """The last 382 of the UCI digits, uint8 (382, 64): the test split of pliant/data/image_set.h."""
    content = gzip.decompress((DIGITS / "images-idx3-ubyte.gz").read_bytes())
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 64)[-382:]


def digits_labels() -> np.ndarray:
    """Their true classes."""
    content = gzip.decompress((DIGITS / "labels-idx1-ubyte.gz").read_bytes())
    return np.frombuffer(content, np.uint8, offset=8)[-382:]


def monk_examples() -> tuple[np.ndarray, np.ndarray]:
    """All 432 examples of MONK-1 in one-hot bits, bool (432, 17), and their classes.

    The class is 1 where the first attribute is the second, or the fifth has its first value.
    """
    values = np.array(list(product(*(range(k) for k in (3, 3, 2, 3, 4, 2)))))
    bits = [values[:, [i]] == np.arange(k) for i, k in enumerate((3, 3, 2, 3, 4, 2))]
    return np.concatenate(bits, 1), ((values[:, 0] == values[:, 1]) | (values[:, 4] == 0)).astype(int)
