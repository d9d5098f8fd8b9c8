# python/pliant/__init__.py — the public names; each loads its module, and torch, on first use
"""Neural networks that learn through an algorithm: see `pliant.sort` for a start.

`import pliant` loads nothing else. The functions are `pliant.x`, their modules `pliant.nn.X`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_MODULES = ("nn", "schedule")
_NAMES = {
    "Distribution": "math",
    "decide": "math",
    "distributions": "math",
    "RankingMetrics": "metrics",
    "ranking_metrics": "metrics",
    "Network": "networks",
    "network": "networks",
    "Relaxation": "relaxation",
    "methods": "relaxation",
    "apply_sort": "sorting",
    "permutation_loss": "sorting",
    "perturb": "sorting",
    "soft_rank": "sorting",
    "sort": "sorting",
    "sort_values": "sorting",
    "train": "_program",
}
__all__ = ["__version__", *_MODULES, *_NAMES]

if TYPE_CHECKING:
    from pliant import nn as nn
    from pliant import schedule as schedule
    from pliant._program import train as train
    from pliant.math import Distribution as Distribution
    from pliant.math import decide as decide
    from pliant.math import distributions as distributions
    from pliant.metrics import RankingMetrics as RankingMetrics
    from pliant.metrics import ranking_metrics as ranking_metrics
    from pliant.networks import Network as Network
    from pliant.networks import network as network
    from pliant.relaxation import Relaxation as Relaxation
    from pliant.relaxation import methods as methods
    from pliant.sorting import apply_sort as apply_sort
    from pliant.sorting import permutation_loss as permutation_loss
    from pliant.sorting import perturb as perturb
    from pliant.sorting import soft_rank as soft_rank
    from pliant.sorting import sort as sort
    from pliant.sorting import sort_values as sort_values


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
