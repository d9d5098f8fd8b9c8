# experiments/sorting/composites.py — four-digit MNIST at half the resolution for the loop in PyTorch
from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

DIGITS = 4
VALIDATION = 5000  # the last images of the training file


def read_half_mnist() -> tuple[np.ndarray, np.ndarray]:
    """Images (60000, 14, 14) in [0, 1], each pixel the mean of 2×2, and labels, of $PLIANT_DATA/mnist."""
    folder = Path(os.environ.get("PLIANT_DATA", "data")) / "mnist"
    pixels = gzip.decompress((folder / "train-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((folder / "train-labels-idx1-ubyte.gz").read_bytes())[8:]
    images = np.frombuffer(pixels, np.uint8).reshape(-1, 14, 2, 14, 2).mean((2, 4), dtype=np.float32) / 255
    return images, np.frombuffer(labels, np.uint8)


class Composites:
    """Sets of numbers, drawn from one split by (seed, step): the same whoever asks, and in which order."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, sets: int, n: int, seed: int):
        self.images, self.labels = images, labels
        self.shape, self.seed = (sets, n, DIGITS), seed

    def __call__(self, step: int) -> tuple[Tensor, Tensor]:
        """Images (sets, n, 1, 14, 56) float32 and labels (sets, n) of that step."""
        chosen = np.random.default_rng((self.seed, step)).integers(len(self.labels), size=self.shape)
        images = np.concatenate([self.images[chosen[..., place]] for place in range(DIGITS)], axis=-1)
        numbers = self.labels[chosen].astype(np.int64) @ 10 ** np.arange(DIGITS - 1, -1, -1)
        return torch.from_numpy(images).unsqueeze(2), torch.from_numpy(numbers)
