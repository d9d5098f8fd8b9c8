# python/pliant/compat/stand_ins/tqdm.py — tqdm without its bar
from __future__ import annotations

from collections.abc import Iterable


def tqdm(iterable: Iterable, *args: object, **options: object) -> Iterable:
    """The iterable."""
    return iterable


def trange(*args: int, **options: object) -> Iterable[int]:
    """The range."""
    return range(*args)
