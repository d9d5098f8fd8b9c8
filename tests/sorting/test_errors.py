# tests/sorting/test_errors.py — what is wrong is said by name, with what was expected and what came
import math

import pytest
import torch

import pliant

X = torch.zeros(2, 3, 5)
KINDS = "odd_even, bitonic, batcher"
LENGTHS = torch.full((2, 3), 5)

CALLS = [
    (lambda: pliant.sort([1.0, 2.0]), TypeError, "sort: the values to sort must be a tensor, got list"),
    (lambda: pliant.sort(torch.tensor(1.0)), ValueError, "at least one dimension, got a scalar"),
    (lambda: pliant.sort(torch.zeros(3, 0)), ValueError, r"at least one value to sort, got shape \(3, 0\)"),
    (lambda: pliant.sort(torch.zeros(3, dtype=torch.long)), TypeError, "x must be floating point, got Long"),
    (lambda: pliant.sort(X, 3), IndexError, "Dimension out of range"),
    (lambda: pliant.sort(X, method="bubble"), ValueError, f"'bubble'; there are: {KINDS}"),
    (lambda: pliant.sort(X, distribution="cauchi"), ValueError, "'cauchi'; there are: .*cauchy"),
    (lambda: pliant.sort(X, steepness=-1.0), ValueError, "steepness must be > 0 and finite, got -1"),
    (lambda: pliant.sort(X, steepness=0.0), ValueError, "steepness must be > 0 and finite, got 0"),
    (lambda: pliant.sort(X, steepness=math.nan), ValueError, "steepness must be > 0 and finite, got -?nan"),
    (lambda: pliant.sort(X, steepness="10"), TypeError, "steepness must be a number or a tensor, got str"),
    (
        lambda: pliant.sort(X, steepness=torch.ones(3)),
        ValueError,
        r"sort: steepness must be one number or have the batch shape \(2, 3\), got shape \(3,\)",
    ),
    (
        lambda: pliant.sort(X, steepness=torch.tensor([[1.0, 1, 1], [1, 1, -2]])),
        ValueError,
        "steepness must be > 0 and finite, got .*-2",
    ),
    (lambda: pliant.sort(X, lengths=LENGTHS + 1), ValueError, "sort: lengths must be in 1 … 5, got 6"),
    (lambda: pliant.sort(X, lengths=LENGTHS * 0), ValueError, "sort: lengths must be in 1 … 5, got 0"),
    (lambda: pliant.sort(X, lengths=LENGTHS[0]), ValueError, r"lengths must have the batch shape \(2, 3\)"),
    (
        lambda: pliant.sort(X, lengths=LENGTHS.float()),
        TypeError,
        "lengths must be integers, got torch.float32",
    ),
    (lambda: pliant.sort(X, mask=X), TypeError, "sort: mask must be bool, got torch.float32"),
    (
        lambda: pliant.sort(X, mask=X[0] > 0),
        ValueError,
        r"mask must have the shape of the values, \(2, 3, 5\)",
    ),
    (lambda: pliant.sort(X, mask=X > 0), ValueError, "mask must leave at least one item in every set, set 0"),
    (
        lambda: pliant.sort(X, mask=X == 0, lengths=LENGTHS),
        ValueError,
        "sort: give mask or lengths, not both",
    ),
    (lambda: pliant.soft_rank(X, lengths=LENGTHS + 1), ValueError, "soft_rank: lengths must be in 1 … 5"),
    (
        lambda: pliant.apply_sort(X, X),
        ValueError,
        r"payload must have the shape of key .* for key \(2, 3, 5\)",
    ),
    (
        lambda: pliant.apply_sort(X, torch.zeros(2, 3, 5, 1, dtype=torch.float64)),
        TypeError,
        "payload must have the dtype of x, Float, got Double",
    ),
    (
        lambda: pliant.permutation_loss(X, X[0]),
        ValueError,
        r"labels must have the shape of scores, \(2, 3, 5\)",
    ),
    (lambda: pliant.permutation_loss(X, X, loss="mse"), ValueError, "'mse'; there are: bce, cross_entropy"),
    (lambda: pliant.network("bubble", 4), ValueError, f"'bubble'; there are: {KINDS}"),
    (
        lambda: pliant.network("odd_even", 10**6),
        ValueError,
        "size of odd_even must be in 1 … 23170, got 1000000",
    ),
    (lambda: pliant.network("bitonic", 0), ValueError, "size must be in 1 … 1048576, got 0"),
    (lambda: pliant.sort(X, method=pliant.Network([(0, 1)])), ValueError, "is it for fewer than the 5"),
    (lambda: pliant.sort(X[..., :2], method=pliant.Network([(0, 1), (1, 2)])), ValueError, "other data"),
    (lambda: pliant.Network([(0, 0)]), ValueError, "network uses wire 0 twice in layer 0"),
    (lambda: pliant.Network([(0, -1)]), ValueError, "wire outside"),
    (lambda: pliant.Network([(0, 2)]), ValueError, "network never touches wire 1"),
    (lambda: pliant.Network([(0, 0, 1), (0, 1, 2)]), ValueError, "network uses wire 1 twice in layer 0"),
    (lambda: pliant.Network([(0, 0, 1), (2, 0, 1)]), ValueError, "layers must ascend without gaps"),
    (lambda: pliant.Network([(0, 1), (0, 1, 2)]), ValueError, r"must be pairs \(low, high\) or rows"),
    (lambda: pliant.Network(torch.zeros(1, 3)), TypeError, "network must be int32, got Float"),
    (lambda: pliant.Distribution("cauchi"), ValueError, "'cauchi'; there are: .*cauchy"),
    (
        lambda: pliant.Distribution("logistic", art_lambda=1.0),
        ValueError,
        r"art_lambda must be in \[0, 1\), got 1",
    ),
    (lambda: pliant.Distribution("logistic", shift=math.inf), ValueError, "shift must be finite, got inf"),
    (lambda: pliant.decide(X, scale=-1.0), ValueError, "decide: scale must be > 0 and finite, got -1"),
    (lambda: pliant.decide(X, power=0.0), ValueError, "decide: power must be > 0 and finite, got 0"),
    (lambda: pliant.decide(X.long()), TypeError, "decide: x must be floating point, got Long"),
    (lambda: pliant.nn.Sort(method="bubble"), ValueError, f"'bubble'; there are: {KINDS}"),
    (lambda: pliant.nn.SoftRank(steepness=-1.0), ValueError, "steepness must be > 0 and finite, got -1"),
    (lambda: pliant.nn.PermutationLoss(distribution="cauchi"), ValueError, "'cauchi'; there are: "),
    (lambda: pliant.nn.Sort().set_steepness(0.0), ValueError, "steepness must be > 0 and finite, got 0"),
    (
        lambda: pliant.schedule.linear(0.0, 1.0, 5),
        ValueError,
        "linear: start must be > 0 and finite, got 0.0",
    ),
    (
        lambda: pliant.schedule.geometric(1.0, 2.0, 0),
        ValueError,
        "geometric: steps must be at least 1, got 0",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), CALLS, ids=[text for _, _, text in CALLS])
def test_error(call, error, text):
    with pytest.raises(error, match=text):
        call()
