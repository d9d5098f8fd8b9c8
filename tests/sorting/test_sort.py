# tests/sorting/test_sort.py — pliant.sort: golden values, a naive reference, the hard limit, laws
import math

import pytest
import torch

import pliant
from tests.sorting import reference

NETWORKS = [method["name"] for method in pliant.methods() if method["kind"] == "network"]
FAMILIES = [family["name"] for family in pliant.distributions()]
SYMMETRIC = [family["name"] for family in pliant.distributions() if family["symmetric"]]
ART = pliant.Distribution("logistic", art_lambda=0.25)

X = [0.3, -1.2, 0.8, 0.1, -0.4]
# (network, distribution, values, permutation[0]) at steepness 10, by the dense algebra of the published code.
GOLDEN = [
    ("odd_even", "logistic", "-1.199737 -0.396702 0.148838 0.251008 0.796593",
     "0.000001 0.001646 0.250047 0.743672 0.004633"),
    ("odd_even", ART, "-1.199824 -0.398579 0.119226 0.280743 0.798434",
     "0.000002 0.000603 0.099905 0.897211 0.002280"),
    ("odd_even", "gaussian", "-1.200000 -0.400000 0.109920 0.290080 0.800000", "0 0 0.049601 0.950399 0"),
    ("odd_even", "reciprocal", "-0.944193 -0.260513 0.085734 0.153535 0.565437",
     "0.086376 0.126282 0.344936 0.377340 0.065065"),
    ("odd_even", "cauchy", "-1.104766 -0.337024 0.123823 0.212796 0.705172",
     "0.026363 0.049822 0.281504 0.598091 0.044220"),
    ("odd_even", "optimal", "-1.181250 -0.387500 0.106250 0.281250 0.781250",
     "0.004343 0.009101 0.063058 0.911723 0.011775"),
    ("bitonic", "logistic", "-1.199736 -0.393994 0.117957 0.279194 0.796579",
     "0.000000 0.000653 0.115714 0.878925 0.004707"),
    ("bitonic", ART, "-1.199823 -0.397598 0.107294 0.291706 0.798420",
     "0.000001 0.000116 0.047234 0.950357 0.002292"),
    ("bitonic", "reciprocal", "-0.858311 -0.181954 0.008943 0.224883 0.406438",
     "0.069230 0.046174 0.190659 0.555661 0.138276"),
    ("bitonic", "cauchy", "-1.072990 -0.305475 0.066664 0.269996 0.641804",
     "0.022621 0.010391 0.133988 0.773003 0.059996"),
    ("bitonic", "optimal", "-1.175000 -0.381250 0.093750 0.293750 0.768750",
     "0.004219 0.000399 0.030719 0.952295 0.012367"),
]  # fmt: skip


def numbers(text):
    return torch.tensor([float(word) for word in text.split()], dtype=torch.float64)


def test_one_comparator_by_hand():
    values, permutation = pliant.sort(torch.tensor([1.0, 0.0], dtype=torch.float64), steepness=1.0)
    # F(−1) = 1/4 for Cauchy: a quarter of each stays where it is.
    torch.testing.assert_close(values, torch.tensor([0.25, 0.75], dtype=torch.float64))
    torch.testing.assert_close(permutation, torch.tensor([[0.25, 0.75], [0.75, 0.25]], dtype=torch.float64))


@pytest.mark.parametrize(("method", "distribution", "values", "row"), GOLDEN)
def test_golden_values(method, distribution, values, row):
    found, permutation = pliant.sort(
        torch.tensor(X, dtype=torch.float64), method=method, distribution=distribution
    )
    torch.testing.assert_close(found, numbers(values), rtol=0, atol=6e-7)  # printed with six digits
    torch.testing.assert_close(permutation[0], numbers(row), rtol=0, atol=6e-7)


@pytest.mark.parametrize("method", NETWORKS)
@pytest.mark.parametrize("distribution", FAMILIES)
def test_all_modes_agree_with_the_naive_reference(method, distribution):
    x, payload = torch.randn(3, 6, dtype=torch.float64), torch.randn(3, 6, 2, dtype=torch.float64)
    expected = torch.stack([reference.permutation(row, method, distribution, steepness=3.0) for row in x])
    options = {"method": method, "distribution": distribution, "steepness": 3.0}
    values, permutation = pliant.sort(x, **options)
    torch.testing.assert_close(permutation, expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(values, (x.unsqueeze(1) @ expected).squeeze(1), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(pliant.sort_values(x, **options), values)
    ranks = torch.arange(1, 7, dtype=torch.float64)
    torch.testing.assert_close(pliant.soft_rank(x, **options), expected @ ranks, rtol=1e-9, atol=1e-12)
    carried = pliant.apply_sort(x, payload, **options)
    torch.testing.assert_close(carried, expected.mT @ payload, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", NETWORKS)
@pytest.mark.parametrize("distribution", FAMILIES)
@pytest.mark.parametrize("n", [1, 2, 5, 16])
def test_permutation_is_doubly_stochastic_and_gives_the_values(method, distribution, n):
    x = torch.randn(4, n, dtype=torch.float64)
    values, permutation = pliant.sort(x, method=method, distribution=distribution, steepness=4.0)
    ones = torch.ones(4, n, dtype=torch.float64)
    torch.testing.assert_close(permutation.sum(-1), ones)
    torch.testing.assert_close(permutation.sum(-2), ones)
    assert (permutation >= 0).all()
    torch.testing.assert_close(values, (x.unsqueeze(-2) @ permutation).squeeze(-2))
    torch.testing.assert_close(values.sum(-1), x.sum(-1))


@pytest.mark.parametrize("method", NETWORKS)
def test_hard_limit_is_the_sort_for_every_size(method):
    for n in range(2, 65):
        x = torch.stack([torch.randperm(n).double(), torch.randint(0, 2, (n,)).double()])
        values, permutation = pliant.sort(x, method=method, distribution="optimal", steepness=1e9)
        expected, order = x.sort(dim=-1)
        torch.testing.assert_close(values, expected, rtol=0, atol=1e-6)
        torch.testing.assert_close(pliant.soft_rank(x[0], method=method, steepness=1e12), x[0] + 1)
        assert torch.equal(permutation[0].argmax(0), order[0])


@pytest.mark.parametrize("distribution", SYMMETRIC)
def test_adding_a_constant_moves_the_values_alone(distribution):
    x = torch.randn(5, dtype=torch.float64)
    values, permutation = pliant.sort(x, distribution=distribution)
    moved, same = pliant.sort(x + 3, distribution=distribution)
    torch.testing.assert_close(moved, values + 3)
    torch.testing.assert_close(same, permutation)


def test_the_error_is_at_most_the_swap_error_times_the_layers():
    x = torch.randn(32, 9, dtype=torch.float64)
    checked = 0
    for family in pliant.distributions():
        if family["symmetric"] and math.isfinite(family["swap_error"]):
            values = pliant.sort_values(x, distribution=family["name"], steepness=5.0)
            bound = 9 * family["swap_error"] / (5.0 * family["sort_scale"])
            assert (values - x.sort(-1).values).abs().max() <= bound + 1e-12, family["name"]
            checked += 1
    assert checked >= 6


def test_descending_flips_the_ranks():
    x, payload = torch.randn(3, 5), torch.randn(3, 5, 2)
    values, permutation = pliant.sort(x)
    down, flipped = pliant.sort(x, descending=True)
    assert torch.equal(down, values.flip(-1))
    assert torch.equal(flipped, permutation.flip(-1))
    torch.testing.assert_close(pliant.soft_rank(x, descending=True), 6 - pliant.soft_rank(x))
    assert torch.equal(pliant.apply_sort(x, payload, descending=True), pliant.apply_sort(x, payload).flip(-2))


def test_without_the_permutation_there_is_none():
    x = torch.randn(2, 5)
    values, permutation = pliant.sort(x, return_permutation=False)
    assert permutation is None
    torch.testing.assert_close(values, pliant.sort(x)[0])


@pytest.mark.parametrize("ties", [False, True])
def test_loss_is_the_cross_entropy_of_the_matrix(ties):
    scores, labels = torch.randn(6, 5, dtype=torch.float64), torch.randint(0, 4, (6, 5))
    permutation = pliant.sort(scores)[1]
    order = labels.argsort(dim=-1, stable=True)
    target = torch.zeros_like(permutation).scatter_(1, order.unsqueeze(1), 1.0)
    if ties:  # equals share what they take together
        equal = (labels.unsqueeze(1) == labels.unsqueeze(2)).double()
        target = (equal / equal.sum(-1, keepdim=True)) @ target
    expected = torch.nn.functional.binary_cross_entropy(permutation, target)
    torch.testing.assert_close(pliant.permutation_loss(scores, labels, ties=ties), expected)
    expected = -(target * permutation.log()).sum(1).mean()
    found = pliant.permutation_loss(scores, labels, ties=ties, loss="cross_entropy")
    torch.testing.assert_close(found, expected)


def test_own_network_and_its_forms():
    x = torch.randn(4, 4, dtype=torch.float64)
    pairs = [(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)]
    network = pliant.Network(pairs)
    assert network.comparators.tolist() == [[0, 0, 1], [0, 2, 3], [1, 0, 2], [1, 1, 3], [2, 1, 2]]
    for same in (network.comparators.tolist(), network.comparators):
        assert torch.equal(pliant.Network(same).comparators, network.comparators)
    values = pliant.sort_values(x, method=network, steepness=1e12)
    torch.testing.assert_close(values, x.sort(-1).values)
    batcher = pliant.Network(pliant.network("batcher", 4))
    assert torch.equal(pliant.sort(x, method=batcher)[1], pliant.sort(x, method="batcher")[1])


def test_large_sizes():
    x = torch.randn(1, 1024)
    values, permutation = pliant.sort(x, method="bitonic", steepness=100.0)
    torch.testing.assert_close(permutation.sum(-1), torch.ones(1, 1024), rtol=0, atol=1e-4)
    assert torch.isfinite(values).all()
    many = torch.randn(1, 1 << 14)
    values = pliant.sort_values(many, method="batcher", distribution="optimal", steepness=1e9)
    torch.testing.assert_close(values, many.sort(-1).values)
