# experiments/logic/protocol.py — what experiments with logic gate networks have in common
from __future__ import annotations

from experiments.runner import PLIANT, Figures

PROGRAM = (*PLIANT, "train", "logic")
FIGURES = Figures(("hard", "soft"), ("hard", "soft"), {"Boolean": "hard", "relaxed": "soft"})
