# python/pliant/compat/stand_ins/torchvision/datasets/vision.py — what a data set of pictures is made of
from __future__ import annotations

from collections.abc import Callable

import torch


class VisionDataset(torch.utils.data.Dataset):
    """Owns the folder and the transforms of pictures and of classes."""

    def __init__(
        self, root: str, transform: Callable | None = None, target_transform: Callable | None = None
    ) -> None:
        self.root, self.transform, self.target_transform = root, transform, target_transform
