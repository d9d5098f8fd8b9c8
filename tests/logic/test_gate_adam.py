# tests/logic/test_gate_adam.py — the fused optimiser beside torch's
import copy

import pytest
import torch

import pliant

PARAMETRIZATIONS = ("softmax", "light", "light_sine", "covjac", "walsh")


def network(parametrization, **options):
    return pliant.nn.LogicNetwork(
        24, [40, 30], groups=5, tau=3.0, parametrization=parametrization, init="gaussian", **options
    )


def train(model, optimizer, steps):
    """The losses of some steps on batches that depend on the step alone."""
    losses = []
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        x = torch.rand(33, 24, generator=generator, dtype=next(model.parameters()).dtype)
        labels = torch.randint(0, 5, (33,), generator=generator)
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("parametrization", PARAMETRIZATIONS)
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_gate_adam_is_torchs_adamw(parametrization, weight_decay):
    torch.manual_seed(0)
    ours = network(parametrization).double()
    theirs = copy.deepcopy(ours)
    options = {"lr": 0.03, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": weight_decay}
    found = train(ours, pliant.optim.GateAdam([ours], **options), 12)
    expected = train(theirs, torch.optim.AdamW(theirs.parameters(), **options), 12)
    assert found == pytest.approx(expected, rel=1e-9)
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-7, atol=1e-7)


def test_threads_give_the_same_weights():
    weights = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        torch.manual_seed(1)
        model = pliant.nn.LogicNetwork(24, [3000, 1500], groups=5)
        train(model, pliant.optim.GateAdam([model]), 3)
        weights.append(model.weight.detach().clone())
    torch.set_num_threads(2)
    assert torch.equal(weights[0], weights[1]) and torch.equal(weights[0], weights[2])


def test_weight_that_somebody_else_changes_is_seen():
    torch.manual_seed(0)
    model = network("light")
    optimizer = pliant.optim.GateAdam([model])
    train(model, optimizer, 2)
    x = torch.rand(7, 24)
    before = model(x)
    other = network("light")
    model.load_state_dict(other.state_dict())
    assert not torch.equal(model(x), before)
    assert torch.equal(model(x), other(x))


def test_eval_mode_follows_the_steps():
    torch.manual_seed(0)
    model = network("softmax")
    train(model, pliant.optim.GateAdam([model], lr=0.5), 5)
    twin = network("softmax")
    twin.load_state_dict(model.state_dict())
    x = torch.rand(9, 24).round()
    assert torch.equal(model.eval()(x), twin.eval()(x))


def test_state_is_saved_and_loaded():
    torch.manual_seed(0)
    model = network("light")
    first = pliant.optim.GateAdam([model])
    train(model, first, 6)
    again = network("light")
    second = pliant.optim.GateAdam([again])
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    again.load_state_dict(model.state_dict())
    # The bits are those of one pass over the parameters, or of two: they agree to rounding.
    assert train(model, first, 4) == pytest.approx(train(again, second, 4), rel=1e-6)
    torch.testing.assert_close(model.weight, again.weight, rtol=1e-5, atol=1e-6)


def test_convolutions_are_taken_too():
    torch.manual_seed(0)
    conv = pliant.nn.LogicConv2d(1, 4, 3, depth=2, pool=2)
    dense = pliant.nn.LogicDense(4 * 3 * 3, 20)
    model = torch.nn.Sequential(conv, torch.nn.Flatten(), dense, pliant.nn.GroupSum(5, tau=2.0))
    theirs = copy.deepcopy(model)
    pairs = [
        (model, pliant.optim.GateAdam([conv, dense])),
        (theirs, torch.optim.Adam(theirs.parameters(), lr=0.01)),
    ]
    x, labels = torch.rand(12, 1, 8, 8), torch.randint(0, 5, (12,))
    losses = []
    for net, optimizer in pairs:
        losses.append([])
        for _ in range(5):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(net(x), labels)
            loss.backward()
            optimizer.step()
            losses[-1].append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    assert losses[0][-1] < losses[0][0]


def test_module_that_changes_its_type_is_seen():
    torch.manual_seed(0)
    model = network("light")
    pliant.optim.GateAdam([model])
    model.double()
    twin = network("light").double()
    twin.load_state_dict(model.state_dict())
    x = torch.rand(5, 24, dtype=torch.float64)
    assert torch.equal(model(x), twin(x))


def test_wrong_arguments_are_named():
    model = network("light")
    with pytest.raises(ValueError, match="all networks share one group of numbers"):
        pliant.optim.GateAdam([model]).add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))]})
    with pytest.raises(
        TypeError, match="networks must be LogicNetwork, LogicDense or LogicConv2d, got Linear"
    ):
        pliant.optim.GateAdam([torch.nn.Linear(2, 2)])
    with pytest.raises(ValueError, match="a network with gumbel=True draws its gates anew"):
        pliant.optim.GateAdam([network("light", gumbel=True)])
    with pytest.raises(ValueError, match="lr must be at least 0, got -1"):
        pliant.optim.GateAdam([model], lr=-1.0)
    with pytest.raises(ValueError, match=r"betas must be in \[0, 1\), got \(0.9, 1.0\)"):
        pliant.optim.GateAdam([model], betas=(0.9, 1.0))
    with pytest.raises(ValueError, match="eps must be > 0, got 0"):
        pliant.optim.GateAdam([model], eps=0.0)
    with pytest.raises(ValueError, match="weight_decay must be at least 0, got -0.1"):
        pliant.optim.GateAdam([model], weight_decay=-0.1)
