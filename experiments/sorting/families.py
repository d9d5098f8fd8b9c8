# experiments/sorting/families.py — the families that the experiments compare, and their steepness
from __future__ import annotations

import math

# Name in the tables → options of `pliant train sorting`.
FAMILIES: dict[str, dict[str, object]] = {
    "optimal": {"distribution": "optimal"},
    "cauchy": {"distribution": "cauchy"},
    "reciprocal": {"distribution": "reciprocal"},
    "logistic": {"distribution": "logistic"},
    "logistic + ART": {"distribution": "logistic", "art-lambda": 0.25},
    "gaussian": {"distribution": "gaussian"},
}

# Steepness of the same slope 1 at a tie (docs/sorting.md).
UNIT_SLOPE = {
    "optimal": 1.0,
    "cauchy": math.pi,
    "reciprocal": 4.0,
    "logistic": 4.0,
    "gaussian": math.sqrt(2 * math.pi),
}


def steepness(family: str, layers: int, factor: float) -> float:
    """`factor` times the rule: 2 × layers for Cauchy, the same slope for the others; four digits."""
    unit = UNIT_SLOPE[str(FAMILIES[family]["distribution"])]
    return float(f"{factor * 2 * layers * unit / UNIT_SLOPE['cauchy']:.4g}")
