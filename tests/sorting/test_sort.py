# tests/sorting/test_sort.py — pliant.sort: hand-computed values, the hard limit, and laws
import pytest
import torch

import pliant

X = [0.3, -1.2, 0.8, 0.1, -0.4]


def test_one_comparator_by_hand():
    values, permutation = pliant.sort(torch.tensor([1.0, 0.0], dtype=torch.float64), steepness=1.0)
    # F(−1) = 1/4 for Cauchy: a quarter of each stays where it is.
    torch.testing.assert_close(values, torch.tensor([0.25, 0.75], dtype=torch.float64))
    torch.testing.assert_close(permutation, torch.tensor([[0.25, 0.75], [0.75, 0.25]], dtype=torch.float64))


@pytest.mark.parametrize("method", pliant.methods())
def test_values_are_keys_times_permutation(method):
    x = torch.randn(4, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    values, permutation = pliant.sort(x, method=method)
    torch.testing.assert_close(values, (x.unsqueeze(-2) @ permutation).squeeze(-2))
