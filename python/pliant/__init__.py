# python/pliant/__init__.py — the public names; each loads its module, and torch, on first use
"""Neural networks that learn through an algorithm: see `pliant.sort` for a start.

`import pliant` loads nothing else. The functions are `pliant.x`, their modules `pliant.nn.X`. Circuits, in
`pliant.circuit`, need no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_MODULES = ("circuit", "data", "nn", "optim", "program", "render", "schedule", "soft", "softness")
_NAMES = {
    "Distribution": "math",
    "decide": "math",
    "distributions": "math",
    "choose_thresholds": "encoding",
    "relaxed_thermometer": "encoding",
    "thermometer": "encoding",
    "threshold_methods": "encoding",
    "expected_gates": "logic",
    "gate_coefficients": "logic",
    "gate_names": "logic",
    "group_sum": "logic",
    "hard_tables": "logic",
    "logic_dense": "logic",
    "logic_wiring": "logic",
    "or_pool": "logic",
    "parametrizations": "logic",
    "wiring_kinds": "logic",
    "conv_tap_kinds": "logic_conv",
    "conv_taps": "logic_conv",
    "logic_conv2d": "logic_conv",
    "logic_select": "logic_conv",
    "or_pool2d": "logic_conv",
    "wiring_candidates": "logic_conv",
    "RankingMetrics": "metrics",
    "ranking_metrics": "metrics",
    "Network": "networks",
    "network": "networks",
    "selection_network": "networks",
    "ndcg": "ranking",
    "ndcg_loss": "ranking",
    "spearman_loss": "ranking",
    "soft_median": "selection",
    "soft_quantile": "selection",
    "soft_topk_mask": "selection",
    "Relaxation": "relaxation",
    "methods": "relaxation",
    "apply_sort": "sorting",
    "permutation_loss": "sorting",
    "perturb": "sorting",
    "soft_rank": "sorting",
    "sort": "sorting",
    "sort_values": "sorting",
    "blackbox": "solvers",
    "fenchel_young_loss": "solvers",
    "identity_gradient": "solvers",
    "perturbed": "solvers",
    "shortest_path": "solvers",
    "t_conorm": "connectives",
    "t_norm": "connectives",
    "t_norms": "connectives",
    "apply_topk": "top_k",
    "topk": "top_k",
    "selection_methods": "top_k",
    "smooth_topk_svm": "top_k",
    "topk_cross_entropy": "top_k",
    "truncated_topk_entropy": "top_k",
    "relax": "from_python.relax",
    "train": "_program",
}
__all__ = ["__version__", *_MODULES, *_NAMES]

if TYPE_CHECKING:
    from pliant import circuit as circuit
    from pliant import data as data
    from pliant import nn as nn
    from pliant import optim as optim
    from pliant import program as program
    from pliant import render as render
    from pliant import schedule as schedule
    from pliant import soft as soft
    from pliant import softness as softness
    from pliant._program import train as train
    from pliant.connectives import t_conorm as t_conorm
    from pliant.connectives import t_norm as t_norm
    from pliant.connectives import t_norms as t_norms
    from pliant.encoding import choose_thresholds as choose_thresholds
    from pliant.encoding import relaxed_thermometer as relaxed_thermometer
    from pliant.encoding import thermometer as thermometer
    from pliant.encoding import threshold_methods as threshold_methods
    from pliant.from_python.relax import relax as relax
    from pliant.logic import expected_gates as expected_gates
    from pliant.logic import gate_coefficients as gate_coefficients
    from pliant.logic import gate_names as gate_names
    from pliant.logic import group_sum as group_sum
    from pliant.logic import hard_tables as hard_tables
    from pliant.logic import logic_dense as logic_dense
    from pliant.logic import logic_wiring as logic_wiring
    from pliant.logic import or_pool as or_pool
    from pliant.logic import parametrizations as parametrizations
    from pliant.logic import wiring_kinds as wiring_kinds
    from pliant.logic_conv import conv_tap_kinds as conv_tap_kinds
    from pliant.logic_conv import conv_taps as conv_taps
    from pliant.logic_conv import logic_conv2d as logic_conv2d
    from pliant.logic_conv import logic_select as logic_select
    from pliant.logic_conv import or_pool2d as or_pool2d
    from pliant.logic_conv import wiring_candidates as wiring_candidates
    from pliant.math import Distribution as Distribution
    from pliant.math import decide as decide
    from pliant.math import distributions as distributions
    from pliant.metrics import RankingMetrics as RankingMetrics
    from pliant.metrics import ranking_metrics as ranking_metrics
    from pliant.networks import Network as Network
    from pliant.networks import network as network
    from pliant.networks import selection_network as selection_network
    from pliant.ranking import ndcg as ndcg
    from pliant.ranking import ndcg_loss as ndcg_loss
    from pliant.ranking import spearman_loss as spearman_loss
    from pliant.relaxation import Relaxation as Relaxation
    from pliant.relaxation import methods as methods
    from pliant.selection import soft_median as soft_median
    from pliant.selection import soft_quantile as soft_quantile
    from pliant.selection import soft_topk_mask as soft_topk_mask
    from pliant.solvers import blackbox as blackbox
    from pliant.solvers import fenchel_young_loss as fenchel_young_loss
    from pliant.solvers import identity_gradient as identity_gradient
    from pliant.solvers import perturbed as perturbed
    from pliant.solvers import shortest_path as shortest_path
    from pliant.sorting import apply_sort as apply_sort
    from pliant.sorting import permutation_loss as permutation_loss
    from pliant.sorting import perturb as perturb
    from pliant.sorting import soft_rank as soft_rank
    from pliant.sorting import sort as sort
    from pliant.sorting import sort_values as sort_values
    from pliant.top_k import apply_topk as apply_topk
    from pliant.top_k import selection_methods as selection_methods
    from pliant.top_k import smooth_topk_svm as smooth_topk_svm
    from pliant.top_k import topk as topk
    from pliant.top_k import topk_cross_entropy as topk_cross_entropy
    from pliant.top_k import truncated_topk_entropy as truncated_topk_entropy


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
