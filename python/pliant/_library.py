# python/pliant/_library.py — where the compiled library is, and loading it
"""Importing this module loads libpliant_torch.so: the modules over ops begin with `from pliant._library import ops`.

The library is looked for in $PLIANT_LIBRARY_DIR if that is set, else in lib/ of the installed package, else in
build/lib of the checkout that this file is in.
"""

from __future__ import annotations

import torch

from pliant._program import library_folder


def _load() -> None:
    path = library_folder() / "libpliant_torch.so"
    try:
        torch.ops.load_library(str(path))
    except OSError as error:
        raise ImportError(
            f"{path} does not load with torch {torch.__version__}. It works with the torch that it was built for: "
            f"build it again (pip install --no-build-isolation .).\n{error}"
        ) from error


_load()
ops = torch.ops.pliant
