# python/pliant/_constants.py — tensors that are made once and shared by all calls
from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Hashable
from typing import ParamSpec

import torch
from torch import Tensor

P = ParamSpec("P")


def shared(make: Callable[P, Tensor], most: int = 1024) -> Callable[P, Tensor]:
    """`make` with its results kept: the last `most` of them, which nobody may change.

    They are made outside torch's inference mode, whose tensors could not be saved for a gradient later. A
    tensor of a subclass (under a mode such as FakeTensorMode) is given but not kept.
    """
    kept: dict[Hashable, Tensor] = {}
    lock = threading.Lock()

    @functools.wraps(make)
    def get(*arguments: P.args, **options: P.kwargs) -> Tensor:
        key = (arguments, *options.items())
        tensor = kept.get(key)
        if tensor is None:
            with torch.inference_mode(False):
                tensor = make(*arguments, **options)
            if type(tensor) is Tensor:
                with lock:
                    if len(kept) >= most:
                        del kept[next(iter(kept))]
                    kept[key] = tensor
        return tensor

    return get
