# python/pliant/_layers.py — which layers of a model an optimiser takes
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch

Layers = str | Iterable[str] | Callable[[str, torch.nn.Module], bool]


def chosen_names(
    caller: str,
    layers: Layers,
    found: Mapping[str, torch.nn.Module],
    *,
    words: tuple[str, ...] = ("all",),
    unsupported: Mapping[str, str] | None = None,
) -> list[str]:
    """The names of the layers to take, of those that were found.

    Args:
        layers: one of `words`, which all mean every layer, names, or a function of name and module.
        unsupported: why others cannot be taken, by name.

    Raises:
        ValueError: there is no such layer, or none at all.
    """
    if isinstance(layers, str):
        if layers not in words:
            known = ", ".join(repr(word) for word in words)
            raise ValueError(f"{caller}: layers must be {known}, names or a function, got {layers!r}")
        names = list(found)
    elif callable(layers):
        names = [name for name, module in found.items() if layers(name, module)]
    else:
        names = list(layers)
        for name in names:
            if name not in found:
                why = (unsupported or {}).get(name, f"there are: {', '.join(found)}")
                raise ValueError(f"{caller}: no layer {name!r} can be conditioned; {why}")
    if not names:
        raise ValueError(f"{caller}: the model has no layer to condition: torch.nn.Linear or torch.nn.Conv2d")
    return names
