# tests/data/idx_files.py — files in MNIST's format, for tests that make their own data
import gzip
import struct

import numpy as np


def write_idx(path, array):
    """An IDX file of bytes, gzipped."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes(), 1))
