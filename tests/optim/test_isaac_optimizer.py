# tests/optim/test_isaac_optimizer.py — pliant.optim.Isaac on whole models
import copy
import math

import pytest
import torch
import torch.nn.functional as F
from pliant.nn import IsaacConv2d, IsaacLinear

import pliant
from pliant.optim import Isaac, isaac_cost
from tests.optim.isaac_reference import dense, relative


def network():
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.LayerNorm(144),
        torch.nn.Linear(144, 20), torch.nn.ReLU(), torch.nn.Linear(20, 5),
    )  # fmt: skip


IMAGES, LABELS = torch.randn(12, 1, 8, 8), torch.arange(12) % 5


def step(model, isaac=None, optimizer=None):
    model.zero_grad()
    F.cross_entropy(model(IMAGES), LABELS).backward()
    if isaac:
        isaac.step()
    if optimizer:
        optimizer.step()


def test_layers_become_their_twins_in_place():
    model = network()
    before = dict(model.named_parameters())
    states = model.state_dict().keys()
    calls = []
    model[4].register_forward_hook(lambda *given: calls.append(given))
    isaac = Isaac(model, damping=0.5)
    assert list(isaac.layers) == ["0", "4", "6"]
    assert isaac.unsupported == {"3": "LayerNorm is not supported"}
    assert [type(model[i]) for i in (0, 4, 6)] == [IsaacConv2d, IsaacLinear, IsaacLinear]
    assert model.state_dict().keys() == states
    assert all(parameter is before[name] for name, parameter in model.named_parameters())
    step(model, isaac)
    assert len(calls) == 1
    isaac.remove()
    assert [type(model[i]) for i in (0, 4, 6)] == [torch.nn.Conv2d, torch.nn.Linear, torch.nn.Linear]
    plain = network()
    plain.load_state_dict(model.state_dict())
    step(plain)
    step(model)
    for a, b in zip(model.parameters(), plain.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)
    assert repr(model[4]) == repr(plain[4])


def test_the_gradient_is_conditioned_by_what_the_layer_read():
    model = network()
    isaac = Isaac(model, damping=0.5, layers=["6"])
    read, upstream = [], []
    model[6].register_forward_pre_hook(lambda module, given: read.append(given[0].detach()))
    model[6].register_full_backward_hook(lambda module, into, out: upstream.append(out[0]))
    step(model, isaac)
    assert relative(model[6].weight.grad, dense(read[0], upstream[0], 0.5)) < 1e-5


@pytest.mark.parametrize("optimizer", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_any_optimizer_steps_on_the_conditioned_gradients(optimizer):
    model = network()
    isaac = Isaac(model, damping=0.5)
    chosen = getattr(torch.optim, optimizer)(model.parameters(), lr=0.01)
    first = F.cross_entropy(model(IMAGES), LABELS).item()
    for _ in range(30):
        step(model, isaac, chosen)
    assert F.cross_entropy(model(IMAGES), LABELS).item() < first


def test_parameter_groups():
    model = network()
    isaac = Isaac(model, layers=["4"])
    ours, others = isaac.parameter_groups(lr=1.0)
    assert ours["lr"] == 1.0 and len(ours["params"]) == 1 and ours["params"][0] is model[4].weight
    assert len(others["params"]) == len(list(model.parameters())) - 1
    torch.optim.SGD(isaac.parameter_groups(lr=1.0), lr=0.1)
    isaac = Isaac(model, layers=["4"], augmented_bias=True)
    assert len(isaac.parameter_groups()[0]["params"]) == 2


def test_damping_by_name_by_schedule_and_by_hand():
    model = network()
    schedule = pliant.schedule.geometric(8.0, 1.0, 3)
    isaac = Isaac(model, {"4": schedule, "6": 3.0}, layers=["4", "6"])
    seen = [model[4].damping]
    for _ in range(4):
        step(model, isaac)
        seen.append(model[4].damping)
    assert seen == pytest.approx([8, 4, 2, 1, 1])
    assert model[6].damping == 3.0
    isaac.set_damping(0.5, "4")
    isaac.step()
    assert model[4].damping == 0.5 and model[6].damping == 3.0
    isaac.set_damping(math.inf)
    assert model[4].damping == model[6].damping == math.inf


def test_state_goes_on():
    schedule = pliant.schedule.geometric(8.0, 1.0, 3)
    model = network()
    isaac = Isaac(model, schedule)
    step(model, isaac)
    step(model, isaac)
    state = copy.deepcopy(isaac.state_dict())
    other = Isaac(network(), schedule)
    other.load_state_dict(state)
    assert other.layers["4"].damping == pytest.approx(2.0)
    other.step()
    assert other.layers["4"].damping == pytest.approx(1.0)
    with pytest.raises(ValueError, match="Isaac: the state is of the layers 0, 4, 6, these are 4"):
        Isaac(network(), layers=["4"]).load_state_dict(state)


def test_auto_conditions_what_is_cheap():
    model = torch.nn.Sequential(torch.nn.Linear(2000, 1000), torch.nn.ReLU(), torch.nn.Linear(1000, 5))
    isaac = Isaac(model, layers="auto")
    F.cross_entropy(model(torch.randn(60, 2000)), torch.arange(60) % 5).backward()
    first, last = isaac.report()
    assert first.worth_it and first.counts["conditioned"] == 1
    assert not last.worth_it and last.counts["plain_by_cost"] == 1
    assert last.cost == isaac_cost(60, 1000, 5)


def test_the_report_counts_conditioned_dimensions():
    model = torch.nn.Sequential(
        torch.nn.Linear(30, 8), torch.nn.Unflatten(1, (2, 2, 2)), torch.nn.Conv2d(2, 3, 2)
    )
    isaac = Isaac(model, damping=0.5)
    assert math.isnan(isaac.report()[0].conditioned_dimensions)
    x = torch.randn(12, 30)
    report = isaac.report(x)
    e = torch.linalg.eigvalsh(x.T @ x / 12).clamp(min=0)
    assert report[0].conditioned_dimensions == pytest.approx((e / (e + 0.5)).sum().item(), rel=1e-4)
    assert 0 < report[1].conditioned_dimensions < 8
    lines = str(report).splitlines()
    assert lines[0].split() == "layer rows n m damping side overhead dimensions worth it passes".split()
    assert lines[1].split()[:5] == ["0", "12", "30", "8", "0.5"]
    step_model = network()
    isaac = Isaac(step_model)
    step(step_model, isaac)
    assert "1 conditioned" in str(isaac.report())


def test_accumulation_loss_scaling_and_clipping():
    model = network()
    Isaac(model, damping=0.5)
    for part in (slice(0, 4), slice(4, 12)):
        F.cross_entropy(model(IMAGES[part]), LABELS[part]).backward()
    together = [p.grad.clone() for p in model.parameters()]
    parts = []
    for part in (slice(0, 4), slice(4, 12)):
        model.zero_grad()
        F.cross_entropy(model(IMAGES[part]), LABELS[part]).backward()
        parts.append([p.grad.clone() for p in model.parameters()])
    for a, b, c in zip(together, *parts, strict=True):
        torch.testing.assert_close(a, b + c)
    model.zero_grad()
    (1024 * F.cross_entropy(model(IMAGES[4:]), LABELS[4:])).backward()
    for parameter, once in zip(model.parameters(), parts[1], strict=True):
        torch.testing.assert_close(parameter.grad / 1024, once)
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    assert norm > 1
    squares = sum(p.grad.square().sum() for p in model.parameters())
    assert squares.sqrt() <= 1.0001


def test_a_layer_used_twice_conditions_each_use():
    layer = torch.nn.Linear(6, 6, bias=False, dtype=torch.float64)
    Isaac(layer, damping=0.5)
    x = torch.randn(4, 6, dtype=torch.float64)
    hidden = layer(x)
    out = layer(hidden)
    grad = torch.randn_like(out)
    (into_hidden,) = torch.autograd.grad(out, hidden, grad, retain_graph=True)
    out.backward(grad)
    expected = dense(hidden.detach(), grad, 0.5) + dense(x, into_hidden, 0.5)
    torch.testing.assert_close(layer.weight.grad, expected)


def test_layers_that_share_a_parameter_add_up():
    a, b = torch.nn.Linear(6, 6, bias=False), torch.nn.Linear(6, 6, bias=False)
    b.weight = a.weight
    model = torch.nn.Sequential(a, torch.nn.Tanh(), b)
    isaac = Isaac(model, damping=0.5)
    model(torch.randn(4, 6)).sum().backward()
    assert len(isaac.parameter_groups()[0]["params"]) == 1
    assert a.weight.grad is b.weight.grad and all(r.counts["conditioned"] == 1 for r in isaac.report())


def test_subclasses_and_others_are_listed_and_untouched():
    class Mine(torch.nn.Linear):
        pass

    model = torch.nn.ModuleDict(
        {
            "mine": Mine(3, 3),
            "attention": torch.nn.MultiheadAttention(4, 2),
            "conv": torch.nn.Conv1d(2, 2, 1),
            "fits": torch.nn.Linear(2, 2),
        }
    )
    isaac = Isaac(model)
    assert list(isaac.layers) == ["fits"]
    assert isaac.unsupported == {
        "mine": "Mine is not supported",
        "attention.out_proj": "NonDynamicallyQuantizableLinear is not supported",
        "conv": "Conv1d is not supported",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"damping": 0.0}, "Isaac: damping must be > 0, got 0.0"),
        ({"damping": lambda step: -1.0}, "Isaac: damping must be > 0, got -1.0"),
        ({"damping": {"4": 1.0, "6": -1.0}, "layers": ["4", "6"]}, "Isaac: damping must be > 0, got -1.0"),
        ({"damping": {"4": 1.0}}, "Isaac: damping must name the conditioned layers; these differ: 0, 6"),
        ({"layers": "some"}, "Isaac: layers must be 'all', 'auto', names or a function, got 'some'"),
        ({"layers": ["9"]}, "Isaac: no layer '9' can be conditioned; there are: 0, 4, 6"),
        ({"layers": ["3"]}, "Isaac: no layer '3' can be conditioned; LayerNorm is not supported"),
        ({"layers": lambda name, module: False}, "Isaac: the model has no layer to condition"),
        ({"scale": "none"}, "Isaac: scale must be one of zeta, divided, got 'none'"),
        ({"overhead_cap": math.nan}, "Isaac: overhead_cap must be at least 0, got nan"),
    ],
)
def test_wrong_arguments(arguments, message):
    model = network()
    with pytest.raises(ValueError, match=message):
        Isaac(model, **arguments)
    assert type(model[4]) is torch.nn.Linear


def test_chosen_by_a_function():
    model = network()
    isaac = Isaac(model, layers=lambda name, module: isinstance(module, torch.nn.Conv2d))
    assert list(isaac.layers) == ["0"]


def test_a_bad_input_names_its_layer():
    model = network()
    Isaac(model, not_finite="raise", layers=["4", "6"])
    images = IMAGES.clone()
    images[0] = math.nan
    with pytest.raises(ValueError, match="the input of layer '6' must be finite"):
        F.cross_entropy(model(images), LABELS).backward()
