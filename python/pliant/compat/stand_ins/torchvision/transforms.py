# python/pliant/compat/stand_ins/torchvision/transforms.py — pictures to tensors
from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor


class Compose:
    """One transform after the other."""

    def __init__(self, transforms: Sequence[Callable]) -> None:
        self.transforms = list(transforms)

    def __call__(self, picture: object) -> object:
        """What the last one gives."""
        for transform in self.transforms:
            picture = transform(picture)
        return picture


class Lambda:
    """A function as a transform."""

    def __init__(self, lambd: Callable) -> None:
        self.lambd = lambd

    def __call__(self, picture: object) -> object:
        """What the function gives."""
        return self.lambd(picture)


class ToTensor:
    """A picture of bytes, PIL's or an array (H, W) or (H, W, C) → float32 (C, H, W) in [0, 1]."""

    def __call__(self, picture: object) -> Tensor:
        """The tensor."""
        array = np.asarray(picture)
        array = array[:, :, None] if array.ndim == 2 else array
        tensor = torch.from_numpy(array.transpose(2, 0, 1).copy())
        return tensor.float() / 255 if tensor.dtype == torch.uint8 else tensor
