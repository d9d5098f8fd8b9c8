# python/pliant/_library.py — the compiled library, loaded
"""Importing this module loads libpliant_torch.so; what stands on ops begins with
`from pliant._library import ops`.

The library is looked for in $PLIANT_LIBRARY_DIR if that is set, else in lib/ of the installed package, else
in build/lib of the checkout that this file is in (`library_folder`). It works with the torch that it was
built for, major and minor version, which the build has written beside it.

Raises:
    ImportError: if it is not there, was built for another torch, or does not load
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from pliant._program import TORCH, library_folder

_AGAIN = "build it again for this one: pip install --no-build-isolation . (of a checkout: make build)"


def _built_for(library: Path) -> str | None:
    """The version of the torch that the library was built for; None: nothing says so."""
    note = library.with_suffix(".built_for")
    return note.read_text().strip() if note.is_file() else None


def _load() -> None:
    path = library_folder(TORCH) / TORCH
    running, built_for = str(torch.__version__), _built_for(path)
    if built_for is not None and built_for.split(".")[:2] != running.split(".")[:2]:
        raise ImportError(f"{path} was built for torch {built_for}, but torch {running} is running: {_AGAIN}")
    try:
        torch.ops.load_library(str(path))
    except OSError as error:
        built = "" if built_for is None else f", though it was built for torch {built_for}"
        raise ImportError(f"{path} does not load with torch {running}{built}: {_AGAIN}\n{error}") from error


_load()
ops: Any = torch.ops.pliant
