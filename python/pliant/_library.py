# python/pliant/_library.py — the compiled library, loaded
"""Importing this module loads libpliant_torch.so; what stands on ops begins with
`from pliant._library import ops`.

The library is looked for in $PLIANT_LIBRARY_DIR if that is set, else in lib/ of the installed package, else
in build/lib of the checkout that this file is in (`library_folder`).
"""

from __future__ import annotations

import torch

from pliant._program import TORCH, library_folder


def _load() -> None:
    path = library_folder(TORCH) / TORCH
    try:
        torch.ops.load_library(str(path))
    except OSError as error:
        raise ImportError(
            f"{path} does not load with torch {torch.__version__}: it works with the torch that it was built "
            f"for. Build it again: pip install --no-build-isolation .\n{error}"
        ) from error


_load()
ops = torch.ops.pliant
