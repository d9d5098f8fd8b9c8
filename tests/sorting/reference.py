# tests/sorting/reference.py — relaxed sorting written out: one matrix a comparator, in float64
import math

import torch

import pliant

# The families of the sorting papers as functions of v = steepness·(b − a), in the unit of the published code.
FORMULAS = {
    "logistic": torch.sigmoid,
    "gaussian": lambda v: (1 + torch.erf(v / math.sqrt(2))) / 2,
    "reciprocal": lambda v: (1 + v / (2 + v.abs())) / 2,
    "cauchy": lambda v: torch.atan(v) / math.pi + 0.5,
    "optimal": lambda v: torch.where(v.abs() <= 0.25, v + 0.5, (v > 0).to(v) - 1 / (16 * v)),
}


def weight(distribution, difference, steepness):
    """F(steepness·difference), by the formula above or, for other families, by pliant.decide."""
    if distribution in FORMULAS:
        return FORMULAS[distribution](steepness * difference)
    return pliant.decide(difference, distribution, scale=steepness)


def permutation(x, method="odd_even", distribution="cauchy", steepness=10.0):
    """P of one row x (n): the product of one matrix a comparator. Differentiable."""
    n = len(x)
    whole = torch.eye(n, dtype=x.dtype)
    for _, low, high in pliant.network(method, n).tolist():
        values = x @ whole
        p = weight(distribution, values[high] - values[low], steepness)
        here = torch.zeros(2, n, dtype=x.dtype)
        here[0, low] = here[1, high] = 1
        blend = torch.stack([torch.stack([p, 1 - p]), torch.stack([1 - p, p])])
        whole = whole + whole @ here.T @ (blend - torch.eye(2, dtype=x.dtype)) @ here
    return whole
