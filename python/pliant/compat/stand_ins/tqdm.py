# python/pliant/compat/stand_ins/tqdm.py — tqdm without its bar
from __future__ import annotations

from collections.abc import Iterable, Iterator


class tqdm:
    """The iterable; what would be written on the bar is not."""

    def __init__(self, iterable: Iterable, *args: object, **options: object) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator:
        return iter(self.iterable)

    def __len__(self) -> int:
        return len(self.iterable)  # type: ignore[arg-type]

    def set_description(self, *args: object, **options: object) -> None:
        """Nothing."""

    set_postfix = update = close = set_description


def trange(*args: int, **options: object) -> tqdm:
    """The range."""
    return tqdm(range(*args))
