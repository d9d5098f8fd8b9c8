# python/pliant/compat/gendr/_arrays.py — what gendr takes beside tensors
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

Vector = Tensor | np.ndarray | Sequence[Any]


def tensor_of(value: Any) -> Any:
    """Arrays as tensors, the rest as it is."""
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def rows_of(vectors: Vector, like: Tensor) -> Tensor:
    """(3) or (B, 3) as a tensor (1 or B, 3), with the dtype and device of `like`."""
    return torch.as_tensor(vectors, dtype=like.dtype, device=like.device).reshape(-1, 3)
