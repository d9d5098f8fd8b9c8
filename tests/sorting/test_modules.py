# tests/sorting/test_modules.py — the modules: the functions' results, a learnable steepness, copies and files
import copy
import pickle

import pytest
import torch

import pliant

X, PAYLOAD, LABELS = torch.randn(3, 5), torch.randn(3, 5, 2), torch.randint(0, 9, (3, 5))
CALLS = {
    "Sort": lambda module: module(X)[1],
    "SoftRank": lambda module: module(X),
    "ApplySort": lambda module: module(X, PAYLOAD),
    "PermutationLoss": lambda module: module(X, LABELS),
}


def make(name, **options):
    return getattr(pliant.nn, name)(**options)


def test_modules_are_the_functions():
    options = {"method": "bitonic", "distribution": "logistic", "steepness": 4.0}
    lengths = torch.tensor([5, 2, 3])
    down = {"dim": -1, "descending": True}
    for found, expected in zip(
        make("Sort", **down, **options)(X, lengths=lengths),
        pliant.sort(X, **down, **options, lengths=lengths),
        strict=True,
    ):
        assert torch.equal(found, expected)
    assert torch.equal(make("SoftRank", **down, **options)(X), pliant.soft_rank(X, **down, **options))
    carried = pliant.apply_sort(X, PAYLOAD, **down, **options)
    assert torch.equal(make("ApplySort", **down, **options)(X, PAYLOAD), carried)
    own = {"loss": "cross_entropy", "ties": True, **options}
    loss = pliant.permutation_loss(X, LABELS, **own, mask=X > -1)
    assert torch.equal(make("PermutationLoss", **own)(X, LABELS, mask=X > -1), loss)


@pytest.mark.parametrize("name", CALLS)
def test_steepness_is_learned_and_saved(name):
    module = make(name, steepness=3.0, learn_steepness=True)
    assert [(key, p.dtype, p.shape) for key, p in module.named_parameters()] == [
        ("steepness", torch.float64, torch.Size([]))
    ]
    CALLS[name](module).square().sum().backward()
    assert module.steepness.grad.abs() > 0
    module.set_steepness(7.0)
    other = make(name, learn_steepness=True)
    other.load_state_dict(module.state_dict())
    assert torch.equal(CALLS[name](other), CALLS[name](make(name, steepness=7.0)))


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("learn_steepness", [False, True])
def test_copies_and_pickles_are_the_same_and_apart(name, learn_steepness):
    network = pliant.Network(pliant.network("batcher", 5))
    distribution = pliant.Distribution("logistic", art_lambda=0.25)
    module = make(name, method=network, distribution=distribution, learn_steepness=learn_steepness)
    before = CALLS[name](module)
    copies = [copy.deepcopy(module), pickle.loads(pickle.dumps(module))]
    module.set_steepness(1.0)
    for other in copies:
        assert torch.equal(CALLS[name](other), before)
        assert repr(other) != repr(module)


def test_a_module_learns_its_steepness():
    loss = make("PermutationLoss", learn_steepness=True)
    loss(torch.tensor([[0.1, 0.4, 0.2]]), torch.tensor([[1, 3, 2]])).backward()
    assert loss.steepness.grad < 0  # the order is right: a sharper network is better
