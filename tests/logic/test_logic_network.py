# tests/logic/test_logic_network.py — the modules of logic gates and the wiring of their layers
import copy
import math
import pickle

import numpy as np
import pytest
import torch

import pliant
from tests.logic import logic_reference as reference

# === Wiring ===


def wiring(kind, inputs, gates, **options):
    return pliant.logic_wiring(kind, inputs, gates, **options)


@pytest.mark.parametrize(
    ("inputs", "gates", "fan_in"),
    [(10, 5, 2), (10, 10, 2), (7, 20, 2), (400, 801, 2), (30, 10, 3), (13, 50, 4), (11, 11, 6), (9, 9, 1)],
)
def test_random_wiring_reads_every_feature_equally_often(inputs, gates, fan_in):
    for seed in range(5):
        sources = wiring("random", inputs, gates, fan_in=fan_in, seed=seed)
        assert sources.shape == (fan_in, gates) and sources.dtype == torch.int32
        count = torch.bincount(sources.flatten().long(), minlength=inputs)
        assert set(count.tolist()) <= {fan_in * gates // inputs, -(-fan_in * gates // inputs)}
        first = set(sources[0].tolist())
        assert len(first) == inputs if gates >= inputs else len(first) > 0.8 * gates


def test_random_wiring_follows_its_seed():
    a, b, c = (wiring("random", 50, 60, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)


UNIQUE = {  # by hand, after the published code
    (4, 3): [(0, 1), (2, 3), (1, 2)],
    (4, 6): [(0, 1), (2, 3), (1, 2), (0, 2), (1, 3), (0, 3)],
    (5, 3): [(0, 1), (2, 3), (1, 2)],
    (5, 8): [(0, 1), (2, 3), (1, 2), (3, 4), (0, 2), (1, 3), (2, 4), (0, 3)],
    (6, 3): [(0, 1), (2, 3), (4, 5)],
    (2, 1): [(0, 1)],
}


@pytest.mark.parametrize(("inputs", "gates"), UNIQUE)
def test_unique_wiring_is_the_list_of_pairs_shuffled(inputs, gates):
    found = wiring("unique", inputs, gates, seed=3).T.tolist()
    assert sorted(map(tuple, found)) == sorted(UNIQUE[inputs, gates])
    if gates > 5:
        assert found != wiring("unique", inputs, gates, seed=4).T.tolist()
        assert list(map(tuple, found)) != UNIQUE[inputs, gates]


def test_unique_wiring_at_the_sizes_of_the_papers_recipes():
    for inputs, gates, offset in ((400, 8000, 21), (9216, 12_000, 2)):
        a, b = wiring("unique", inputs, gates).long()
        assert (a < b).all() and (b - a).max() == offset
        assert len(set((a * inputs + b).tolist())) == gates


@pytest.mark.parametrize(("inputs", "fan_in"), [(8, 2), (7, 2), (27, 3), (20, 3), (64, 4), (2, 2), (9, 1)])
def test_butterfly_reaches_every_input_after_log_layers(inputs, fan_in):
    depth = 1
    while fan_in > 1 and fan_in**depth < inputs:
        depth += 1
    reach = torch.eye(inputs, dtype=torch.bool)
    for level in range(depth):
        sources = wiring("butterfly", inputs, inputs, fan_in=fan_in, level=level).long()
        assert torch.equal(sources[0], torch.arange(inputs))
        reach = reach[sources].any(0)
    assert reach.all() or fan_in == 1


def test_butterfly_takes_the_next_level_for_further_gates():
    sources = wiring("butterfly", 8, 24)
    for level in range(3):
        assert torch.equal(sources[:, 8 * level : 8 * (level + 1)], wiring("butterfly", 8, 8, level=level))
    assert sources[1, :3].tolist() == [1, 2, 3] and sources[1, 8:11].tolist() == [2, 3, 4]


@pytest.mark.parametrize(("channels", "height", "width", "radius", "fan_in"), [
    (1, 5, 7, 1, 2), (3, 4, 4, 2, 3), (2, 1, 9, 1, 4), (1, 3, 3, 9, 4), (4, 6, 5, 1, 6),
])  # fmt: skip
def test_local_wiring_stays_within_its_radius(channels, height, width, radius, fan_in):
    pixels = height * width
    gates = 3 * channels * pixels
    picture = {"height": height, "width": width, "radius": radius}
    sources = wiring("local", channels * pixels, gates, fan_in=fan_in, seed=2, **picture).long()
    at = torch.arange(gates) % pixels
    assert torch.equal(sources[0], torch.arange(gates) % (channels * pixels))
    row, column = sources % pixels // width, sources % width
    assert ((row - at // width).abs() <= radius).all() and ((column - at % width).abs() <= radius).all()
    assert ((sources >= 0) & (sources < channels * pixels)).all()
    assert all(len(set(gate.tolist())) == fan_in for gate in sources.T)


WIRING_ERRORS = {
    "unknown wiring 'ring'; there are: random, unique, butterfly, local": lambda: wiring("ring", 4, 4),
    "4 gates of 2 inputs cannot read all 9 features: take at least 5 gates": lambda: wiring("random", 9, 4),
    "4 gates cannot read all 9 features: take at least 5 gates": lambda: wiring("unique", 9, 4),
    "wiring unique: gates have 2 inputs, got fan_in = 3": lambda: wiring("unique", 9, 9, fan_in=3),
    "4 features have 6 pairs, fewer than the 7 gates": lambda: wiring("unique", 4, 7),
    "at least as many gates as features, 9, got 8": lambda: wiring("butterfly", 9, 8),
    "gates of 3 inputs need at least so many features, got 2": lambda: wiring("butterfly", 2, 4, fan_in=3),
    "level must be at least 0, got -1": lambda: wiring("butterfly", 4, 4, level=-1),
    "the 10 features must be channels of height × width, got 0 × 0": lambda: wiring("local", 10, 10),
    "the 10 features must be channels of height × width, got 3 × 3": lambda: wiring(
        "local", 10, 10, height=3, width=3
    ),
    "radius must be at least 1, got 0": lambda: wiring("local", 9, 9, height=3, width=3, radius=0),
    "a corner has fewer than fan_in = 5 features within the radius of 1": lambda: wiring(
        "local", 9, 9, height=3, width=3, fan_in=5
    ),
    "at least one feature and one gate, got 0 and 4": lambda: wiring("random", 0, 4),
    "at least one feature and one gate, got 4 and 0": lambda: wiring("random", 4, 0),
    "fan_in must be in 1 … 6, got 7": lambda: wiring("random", 4, 4, fan_in=7),
    "fan_in must be in 1 … 6, got 0": lambda: wiring("random", 4, 4, fan_in=0),
    "sizes must not be negative, got -3": lambda: wiring("random", -3, 4),
}


@pytest.mark.parametrize("text", WIRING_ERRORS)
def test_wiring_errors_say_what_would_fit(text):
    with pytest.raises(ValueError) as raised:
        WIRING_ERRORS[text]()
    assert text in str(raised.value)


# === Modules ===


def parts(network):
    """The wirings and the weights of a network's layers."""
    return list(network.wiring.split(network.widths, 1)), list(network.weight.split(network.widths, 1))


@pytest.mark.parametrize("kind", reference.PARAMETRIZATIONS)
@pytest.mark.parametrize("init", ["residual", "gaussian"])
def test_a_network_in_training_is_the_reference(kind, init):
    network = pliant.nn.LogicNetwork(
        12, [20, 18], parametrization=kind, init=init, groups=3, tau=2.0, grad_factor=1.5, temperature=0.8
    ).double()
    x = torch.rand(7, 12, dtype=torch.float64, requires_grad=True)
    wirings, weights = parts(network)
    expected = reference.network(x, wirings, weights, kind, tau=0.8, groups=3, grad_factor=1.5) / 2
    found = network(x)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    leaves = (x, network.weight)
    gradients = [torch.autograd.grad(y.square().sum(), leaves, retain_graph=True) for y in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("hardening", ["gate", "table"])
@pytest.mark.parametrize(("kind", "fan_in"), [("softmax", 2), ("light_sine", 3), ("covjac", 2), ("walsh", 4)])
def test_a_network_in_eval_mode_is_boolean(kind, fan_in, hardening):
    options = {"parametrization": kind, "fan_in": fan_in, "hardening": hardening, "temperature": 0.3}
    network = pliant.nn.LogicNetwork(11, [31, 21], init="gaussian", groups=7, tau=4.0, **options).eval()
    bits = torch.rand(33, 11) < 0.5
    tables = [network.hard_tables(layer).numpy() for layer in (0, 1)]
    expected = reference.boolean_network(bits.numpy(), [w.numpy() for w in parts(network)[0]], tables)
    expected = expected.reshape(33, 7, 3).sum(-1) / 4.0
    assert np.array_equal(network(bits.float()).detach().numpy(), expected.astype(np.float32))


def test_layers_one_by_one_are_the_network():
    network = pliant.nn.LogicNetwork(10, [14, 12], groups=3, tau=5.0, init="gaussian", wiring_seed=4)
    layers = torch.nn.Sequential(
        pliant.nn.LogicDense(10, 14), pliant.nn.LogicDense(14, 12), pliant.nn.GroupSum(3, tau=5.0)
    )
    for layer, wires, weight in zip(layers, *parts(network), strict=False):
        layer.load_state_dict({"wiring": wires, "weight": weight})
    x = torch.rand(9, 10)
    torch.testing.assert_close(layers(x), network(x))
    layers.eval(), network.eval()
    assert torch.equal(layers(x.round()), network(x.round()))
    seeded = [pliant.nn.LogicDense(10, 14, wiring_seed=4), pliant.nn.LogicDense(14, 12, wiring_seed=5)]
    for layer, wires in zip(seeded, parts(network)[0], strict=True):
        assert torch.equal(layer.wiring, wires)


def test_initial_weights():
    for kind in reference.PARAMETRIZATIONS:
        network = pliant.nn.LogicNetwork(100, [4000], parametrization=kind)
        mean, deviation = torch.ops.pliant.logic_residual_start(kind, 2)
        torch.testing.assert_close(network.weight.mean(1).double(), mean, atol=0.08, rtol=0)
        torch.testing.assert_close(network.weight.std(1).double(), deviation, atol=0.08, rtol=0)
        gaussian = pliant.nn.LogicNetwork(100, [4000], parametrization=kind, init="gaussian")
        assert gaussian.weight.mean(1).abs().max() < 0.08 and (gaussian.weight.std(1) - 1).abs().max() < 0.08


def test_residual_networks_pass_each_input_through():
    x = (torch.rand(20, 32) < 0.5).float()
    for kind in reference.PARAMETRIZATIONS:
        network = pliant.nn.LogicNetwork(32, [32] * 4, parametrization=kind).eval()
        if kind.startswith("light"):  # these scatter
            with torch.no_grad():
                network.weight.copy_(pliant.logic.residual_start(kind)[0][:, None].expand(4, 128))
        passed = network(x)
        order = torch.arange(32)
        for wires in parts(network)[0]:
            order = order[wires[0].long()]
        assert torch.equal(passed, x[:, order]) and sorted(order.tolist()) == list(range(32))


@pytest.mark.parametrize("kind", ["random", "unique", "butterfly"])
def test_kinds_of_wiring_in_a_network(kind):
    network = pliant.nn.LogicNetwork(16, [16, 32], wiring=kind, wiring_seed=3)
    expected = [
        pliant.logic_wiring(kind, 16, gates, seed=3 + layer, level=layer)
        for layer, gates in enumerate((16, 32))
    ]
    assert torch.equal(network.wiring, torch.cat(expected, 1))


def test_the_last_kind_of_wiring_holds_on():
    picture = {"height": 4, "width": 4, "radius": 2}
    network = pliant.nn.LogicNetwork(16, [32, 16, 16], wiring=["local", "random"], wiring_seed=1, **picture)
    local, *others = parts(network)[0]
    assert torch.equal(local, pliant.logic_wiring("local", 16, 32, seed=1, **picture))
    assert torch.equal(others[0], pliant.logic_wiring("random", 32, 16, seed=2))
    assert torch.equal(others[1], pliant.logic_wiring("random", 16, 16, seed=3))


def test_a_wiring_of_ones_own():
    mine = torch.tensor([[0, 1, 2], [2, 1, 0]])
    network = pliant.nn.LogicNetwork(3, [3, 3], wiring=[mine, "unique"])
    assert torch.equal(network.wiring[:, :3], mine.int()) and network.wiring.dtype == torch.int32


@pytest.mark.parametrize("options", [{}, {"groups": 3, "gumbel": True, "parametrization": "softmax"}])
def test_saved_copied_and_pickled_networks_are_the_same(options):
    network = pliant.nn.LogicNetwork(10, [14, 12], wiring_seed=1, **options).eval()
    state = network.state_dict()
    assert set(state) == {"weight", "wiring"} and state["wiring"].dtype == torch.int32
    twin = pliant.nn.LogicNetwork(10, [14, 12], wiring_seed=2, **options).eval()
    x = torch.rand(6, 10).round()
    twin.load_state_dict(state)
    for other in (twin, copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(other(x), network(x))
    assert "widths=[14, 12]" in repr(network) and repr(pliant.nn.GroupSum(3, 2.0)) == "GroupSum(k=3, tau=2.0)"
    assert network.double().wiring.dtype == torch.int32


def test_training_learns_xor_exactly():
    bits = torch.tensor(reference.addresses(3), dtype=torch.float32)
    target = bits.sum(1).long() % 2
    for kind in ("softmax", "light", "covjac"):
        torch.manual_seed(2)
        network = pliant.nn.LogicNetwork(3, [24, 24, 24], parametrization=kind, groups=2, tau=2.0)
        optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
        for _ in range(300):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(bits), target).backward()
            optimizer.step()
        assert torch.equal(network.eval()(bits).argmax(1), target), kind


# === Learned wiring ===


def learned(candidates, **options):
    """A network whose choices are at random."""
    network = pliant.nn.LogicNetwork(10, [14, 12], wiring_seed=4, candidates=candidates, **options)
    for layer in (0, 1):
        if hasattr(network, f"learned_wiring_{layer}"):
            torch.nn.init.normal_(getattr(network, f"learned_wiring_{layer}").logits)
    return network


@pytest.mark.parametrize("candidates", [5, [5, 0], [0, 5], [1, 10]])
def test_in_eval_mode_learned_wiring_is_the_wiring_that_was_chosen(candidates):
    network = learned(candidates, groups=3, tau=5.0, init="gaussian")
    fixed = pliant.nn.LogicNetwork(
        10, [14, 12], wiring=[network.sources(0), network.sources(1)], groups=3, tau=5.0
    )
    with torch.no_grad():
        fixed.weight.copy_(network.weight)
    x = torch.rand(9, 10)
    assert torch.equal(network.eval()(x.round()), fixed.eval()(x.round()))
    torch.testing.assert_close(network.train()(x), fixed.train()(x))  # straight through


def test_learned_wiring_begins_with_the_kind_that_is_given():
    network = pliant.nn.LogicNetwork(64, [80, 90], candidates=[6, 0], wiring=["unique", "random"])
    first = pliant.logic_wiring("unique", 64, 80)
    candidates = network.learned_wiring_0.candidates
    assert torch.equal(candidates[0], first.flatten())
    assert all(len(set(slot.tolist())) == 6 for slot in candidates.T)
    assert (network.sources(0) == first).float().mean() > 0.5
    assert torch.equal(network.sources(1), pliant.logic_wiring("random", 80, 90, seed=1))
    mean, others = network.learned_wiring_0.logits.detach().split([1, 5])
    assert abs(mean.mean() - 2) < 0.3 and abs(others.mean()) < 0.3 and abs(others.std() - 1) < 0.3
    fast = pliant.nn.LogicNetwork(64, [80], candidates=6, wiring_temperature=0.2).learned_wiring_0
    mean, others = fast.logits.detach().split([1, 5])
    assert abs(mean.mean() - 0.4) < 0.06 and abs(others.std() - 0.2) < 0.06


def test_learned_wiring_has_the_gradient_of_the_choice():
    network = learned([3, 4], init="gaussian", wiring_temperature=0.5).double()
    x = torch.rand(7, 10, dtype=torch.float64, requires_grad=True)
    y, gates = x, 0
    for layer, width in enumerate((14, 12)):  # the same, layer by layer
        choice = getattr(network, f"learned_wiring_{layer}")
        slots = pliant.logic_select(y, choice.candidates, (choice.logits / 0.5).softmax(0), hard=True)
        wiring = torch.arange(2 * width, dtype=torch.int32).reshape(2, width)
        coefficients = pliant.gate_coefficients(network.weight[:, gates : gates + width])
        y, gates = pliant.logic_dense(slots, wiring, coefficients), gates + width
    leaves = (x, *network.parameters())
    expected = torch.autograd.grad(y.square().sum(), leaves)
    found = torch.autograd.grad(network(x).square().sum(), leaves)
    for one, other in zip(found, expected, strict=True):
        assert one.abs().max() > 0
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)


def test_a_layer_learns_which_inputs_to_read():
    wiring = pliant.nn.LearnedWiring(12, 6, 12, straight_through=False)
    layer = pliant.nn.LogicDense(12, 3, wiring=wiring)
    optimizer = torch.optim.Adam(layer.parameters(), 0.1)
    for _ in range(300):
        x = (torch.rand(64, 12) < 0.5).float()
        wanted = torch.stack([x[:, 3], 1 - x[:, 11], x[:, 0]], 1)
        optimizer.zero_grad()
        (layer(x) - wanted).square().mean().backward()
        optimizer.step()
    assert torch.equal(layer.eval()(x), wanted)


def test_learned_networks_are_saved_copied_and_pickled():
    network = learned([5, 3])
    twin = pliant.nn.LogicNetwork(10, [14, 12], wiring_seed=9, candidates=[5, 3])
    twin.load_state_dict(network.state_dict())
    x = torch.rand(6, 10).round()
    for other in (twin, copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(other.eval()(x), network.eval()(x))
    older = pliant.nn.LogicNetwork(10, [14, 12])
    assert set(older.state_dict()) == {"weight", "wiring"}


def test_gate_adam_and_learned_wiring():
    torch.manual_seed(1)
    ours = learned(4, groups=3)
    theirs = copy.deepcopy(ours)
    x, labels = torch.rand(20, 10), torch.randint(3, (20,))
    choices = [[p for name, p in net.named_parameters() if "logits" in name] for net in (ours, theirs)]
    optimizers = [pliant.optim.GateAdam([ours], lr=0.01), torch.optim.Adam(choices[0], 0.01)]
    reference_optimizer = torch.optim.Adam(theirs.parameters(), 0.01)
    for _ in range(3):
        for network, used in ((ours, optimizers), (theirs, [reference_optimizer])):
            torch.nn.functional.cross_entropy(network(x), labels).backward()
            for optimizer in used:
                optimizer.step()
                optimizer.zero_grad()
    torch.testing.assert_close(ours.weight, theirs.weight, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(choices[0], choices[1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"candidates": -1}, "candidates must have at least one entry, each at least 0"),
        ({"candidates": []}, "candidates must have at least one entry, each at least 0"),
        ({"candidates": 11}, "10 features are fewer than 11 candidates"),
        ({"wiring_temperature": 0}, "wiring_temperature must be > 0, got 0"),
        ({"wiring": pliant.nn.LearnedWiring(10, 27, 2)}, "layer 0 needs a LearnedWiring of its own"),
        ({"wiring": pliant.nn.LearnedWiring(10, 28, 2)}, "layer 1 needs a LearnedWiring of its own"),
        ({"wiring": pliant.nn.LearnedWiring(9, 28, 2)}, "of 10 features and 28 slots, got one of 9 and 28"),
    ],
)
def test_wrong_options_of_learned_wiring_are_named(options, text):
    with pytest.raises(ValueError, match=text):
        pliant.nn.LogicNetwork(10, [14, 12], **options)


# === Gumbel ===


def drawn_tables(network, draws):
    """Mean of the hard tables (2^fan_in, gates) over draws of a network in training."""
    with torch.no_grad():
        total = 0
        for _ in range(draws):
            table = network.coefficients()
            for bit in (1 << i for i in range(network.fan_in)):
                rows = [table[s] + table[s ^ bit] if s & bit else table[s] for s in range(len(table))]
                table = torch.stack(rows)
            assert torch.equal(table, table.round().clamp(0, 1))
            total = total + table
        return total / draws


def test_gumbel_draws_gates_by_their_softmax_weight():
    network = pliant.nn.LogicNetwork(4, [16_000], parametrization="softmax", gumbel=True, temperature=0.5)
    logits = torch.randn(16)
    with torch.no_grad():
        network.weight.copy_(logits[:, None].expand(16, 16_000))
    coefficients = network.coefficients().detach()
    points = reference.coefficient_points().float()
    which = (coefficients.T[:, None] == points[None]).all(-1)
    assert (which.sum(1) == 1).all()
    expected = torch.softmax(logits, 0)
    deviation = (expected * (1 - expected) / 16_000).sqrt()
    assert ((which.float().mean(0) - expected).abs() < 4.5 * deviation + 1e-4).all()


@pytest.mark.parametrize("kind", ["light", "walsh"])
@pytest.mark.parametrize("fan_in", [1, 2, 3])
def test_gumbel_draws_entries_by_the_sigmoid_of_their_logit(kind, fan_in):
    network = pliant.nn.LogicNetwork(
        8, [8], parametrization=kind, fan_in=fan_in, init="gaussian", gumbel=True
    )
    x = [
        torch.tensor(column, dtype=torch.float32)[:, None]
        for column in zip(*reference.addresses(fan_in), strict=True)
    ]
    expected = reference.gate_outputs(x, network.weight.detach(), kind)
    draws = 3000
    deviation = (expected * (1 - expected) / draws).sqrt()
    assert ((drawn_tables(network, draws) - expected).abs() < 4.5 * deviation + 1e-3).all()


def test_gumbel_is_straight_through_and_off_in_eval_mode():
    network = pliant.nn.LogicNetwork(6, [12], parametrization="softmax", init="gaussian", gumbel=True)
    bits = (torch.rand(5, 6) < 0.5).float()
    torch.manual_seed(5)
    y = network(bits)
    assert torch.equal(y, y.round())
    (found,) = torch.autograd.grad(y.sum(), network.weight)
    torch.manual_seed(5)
    noise = -torch.empty_like(network.weight).exponential_().log()
    noisy = (network.weight + noise).detach().requires_grad_()
    x = [bits[:, row.long()] for row in network.wiring]
    (expected,) = torch.autograd.grad(reference.gate_outputs(x, noisy, "softmax").sum(), noisy)
    torch.testing.assert_close(found, expected)
    assert not torch.equal(network(bits), network(bits))
    network.eval()
    assert torch.equal(network(bits), network(bits))


# === Errors ===


def network(in_features=6, widths=(8,), **options):
    return pliant.nn.LogicNetwork(in_features, widths, **options)


ERRORS = {
    "in_features must be at least 1, got 0": lambda: network(0),
    "widths must name at least one layer, of at least 1 gate each": lambda: network(widths=[]),
    "widths must name at least one layer, of at least 1 gate": lambda: network(widths=[4, 0]),
    "groups must divide the last layer's 8 gates, got 3": lambda: network(groups=3),
    "tau must be > 0, got 0": lambda: network(tau=0),
    "tau must be > 0, got nan": lambda: network(tau=math.nan),
    "unknown init 'zeros'; there are: residual, gaussian": lambda: network(init="zeros"),
    "unknown parametrization 'soft'": lambda: network(parametrization="soft"),
    "'softmax' has no gates of 3 inputs": lambda: network(parametrization="softmax", fan_in=3),
    "temperature must be > 0 and finite, got -1": lambda: network(temperature=-1.0),
    "unknown hardening 'round'": lambda: network(hardening="round"),
    "unknown wiring 'ring'": lambda: network(wiring="ring"),
    "wiring must name at least one kind": lambda: network(wiring=[]),
    "the wiring of layer 0 must have shape (2, 8), got [2, 7]": lambda: network(
        wiring=torch.zeros(2, 7, dtype=torch.int32)
    ),
    "sources must be in 0 … 5, got 6": lambda: network(wiring=torch.full((2, 8), 6)),
    "gumbel draws gates from logits, which 'covjac' has not": lambda: network(
        parametrization="covjac", gumbel=True
    ),
    "x must have shape (batch, 6), got [3, 7]": lambda: network()(torch.rand(3, 7)),
    "x must have shape (batch, 6), got [6]": lambda: network()(torch.rand(6)),
}  # fmt: skip


@pytest.mark.parametrize("text", ERRORS)
def test_errors_name_the_option(text):
    with pytest.raises(ValueError) as raised:
        ERRORS[text]()
    assert text in str(raised.value)
