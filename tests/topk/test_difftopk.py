# tests/topk/test_difftopk.py — pliant.compat.difftopk beside the published package it stands for
import inspect

import numpy as np
import pytest
import torch
from pliant.compat import difftopk as ours

import pliant

P_K = [0.3, 0.2, 0.5]
DISTRIBUTIONS = ["logistic", "logistic_phi", "gaussian", "reciprocal", "cauchy", "optimal"]
METHODS = ["odd_even", "bitonic__non_sparse", "neuralsort", "softsort"]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("kind", ["odd_even", "bitonic"])
def test_attribution_of_networks(difftopk, kind, distribution):
    for n, k in ((2, 1), (7, 3), (16, 5)):
        x = torch.randn(4, n, requires_grad=True)
        upstream = torch.randn(4, n, k)
        results = []
        for package in (ours, difftopk):
            nothing, a = package.DiffTopkNet(kind, n, k, steepness=2.0, distribution=distribution)(x)
            assert nothing is None
            results.append((a, *torch.autograd.grad((a * upstream).sum(), x)))
        torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("mode", ["sm", "smce", "sort"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("m", [None, 8])
def test_loss_and_gradient(difftopk, method, mode, m):
    scores, labels = torch.randn(6, 20, requires_grad=True), torch.randint(20, (6,))
    results = []
    for package in (ours, difftopk):
        loss = package.TopKCrossEntropyLoss(
            method, 0.5, P_K, n=20, m=m, distribution="logistic", top1_mode=mode
        )(scores, labels)
        results.append((loss, *torch.autograd.grad(loss, scores)))
    torch.testing.assert_close(*results, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("n", "k"), [(6, 3), (16, 5), (50, 5), (9, 8)])
def test_splitter_selection_through_its_exported_matrices(difftopk, diffsort, n, k):
    """The package's own splitter needs a sparse extension; its matrices run through diffsort's dense sort."""
    from difftopk.networks import sparse_splitter_selection_network

    def dense(matrix):
        return torch.as_tensor(matrix if isinstance(matrix, np.ndarray) else matrix.toarray()).float()

    layers = [[dense(m) for m in layer[:4]] for layer in sparse_splitter_selection_network(n, k)]
    x = torch.randn(5, n)
    for distribution in ("logistic", "cauchy"):
        _, permutation = diffsort.sort(layers, x, 2.0, 0.3, distribution)
        _, found = ours.DiffTopkNet("splitter_selection", n, k, steepness=2.0, distribution=distribution)(x)
        torch.testing.assert_close(found, permutation[:, :, -k:], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["NeuralSort", "SoftSort"])
@pytest.mark.parametrize("tau", [0.2, 1.0, 3.0])
def test_relaxations(difftopk, name, tau):
    scores = torch.randn(4, 9, requires_grad=True)
    upstream = torch.randn(4, 9, 9)
    results = []
    for package in (ours, difftopk):
        matrix = getattr(package, name)(tau)(scores)
        results.append((matrix, *torch.autograd.grad((matrix * upstream).sum(), scores)))
    torch.testing.assert_close(*results, rtol=1e-4, atol=1e-5)


def test_hard_relaxations_are_permutations_with_the_soft_gradient(difftopk):
    scores = torch.randn(3, 6, requires_grad=True)
    upstream = torch.randn(3, 6, 6)
    for name, items in (("NeuralSort", 1), ("SoftSort", 2)):
        hard, soft = (getattr(ours, name)(0.5, hard=h)(scores) for h in (True, False))
        assert torch.equal(hard.round(), hard.round().clamp(0, 1))
        torch.testing.assert_close(hard.sum(items), torch.ones(3, 6))
        a, b = (torch.autograd.grad((p * upstream).sum(), scores)[0] for p in (hard, soft))
        torch.testing.assert_close(a, b)
    torch.testing.assert_close(
        ours.SoftSort(0.5, hard=True, pow=2.0)(scores), difftopk.SoftSort(0.5, hard=True, pow=2.0)(scores)
    )


@pytest.mark.parametrize("name", ["SmoothTopKLoss", "SmoothHardTopKLoss"])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_smooth_svm(difftopk, name, k):
    for spread in (1.0, 20.0):  # the wider one has samples that the second loss takes as hard
        scores = (spread * torch.randn(8, 12, dtype=torch.float64)).requires_grad_()
        labels = torch.randint(12, (8,))
        results = []
        for package in (ours, difftopk):
            loss = getattr(package, name)(12, k, tau=1.0)(scores, labels)
            results.append((loss, *torch.autograd.grad(loss, scores)))
        if k == 1:  # the package's gradient is not that of its value there: ours is tested by differences
            results = [(loss,) for loss, _ in results]
        # The package approximates the gradient where its own recursion cancels.
        torch.testing.assert_close(*results, rtol=1e-3, atol=1e-4)


def test_what_the_package_could_not_do():
    scores = torch.randn(3, 5, dtype=torch.float64)
    for method in ("bitonic", "splitter_selection", *METHODS):
        for m in (None, 3, 5):
            loss = ours.TopKCrossEntropyLoss(method, 1.0, P_K, 5, m, distribution="cauchy")
            assert loss(scores, torch.arange(3)).dtype == torch.float64
            assert loss(scores.half(), torch.arange(3)).dtype == torch.float16
        single = ours.TopKCrossEntropyLoss(method, 1.0, [1.0], 5, distribution="cauchy", top1_mode="smce")
        torch.testing.assert_close(
            single(scores, torch.arange(3)), torch.nn.functional.cross_entropy(scores, torch.arange(3))
        )


def test_names_defaults_and_networks_are_the_same(difftopk):
    names = ["DiffTopkNet", "topk", "get_sorting_network", "NeuralSort", "SoftSort"]
    for name in [*names, "TopKCrossEntropyLoss", "SmoothTopKLoss", "SmoothHardTopKLoss"]:
        found, expected = (
            [(p.name, p.default) for p in inspect.signature(getattr(package, name)).parameters.values()]
            for package in (ours, difftopk)
        )
        assert found == expected, name
    x = torch.randn(3, 7)
    for kind in ("bitonic", "odd_even"):
        network = difftopk.get_sorting_network(kind, 7, "cpu")
        expected = difftopk.topk(network, x, 3, 2.0)[1]
        torch.testing.assert_close(ours.topk(network, x, 3, 2.0)[1], expected, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(
            ours.topk(ours.get_sorting_network(kind, 7, "cpu"), x, 3, 2.0)[1], expected, rtol=1e-4, atol=1e-6
        )
    splitter = ours.get_sorting_network("sparse_splitter_selection", 7, "cpu", 3)
    torch.testing.assert_close(
        ours.topk(splitter, x, 3, 2.0)[1], pliant.topk(x, 3, steepness=2.0)[1].flip(-1)
    )


def test_unknown_names_are_errors():
    with pytest.raises(NotImplementedError, match="bubble"):
        ours.DiffTopkNet("bubble", 4, 1)
    with pytest.raises(NotImplementedError, match="bubble"):
        ours.TopKCrossEntropyLoss("bubble", 1.0, P_K, 5)
    with pytest.raises(NotImplementedError, match="None"):
        ours.TopKCrossEntropyLoss("odd_even", 1.0, P_K, 5)(torch.randn(1, 5), torch.tensor([0]))
    with pytest.raises(AssertionError, match="does not sum up to 1"):
        ours.TopKCrossEntropyLoss("odd_even", 1.0, [0.5], 5)
