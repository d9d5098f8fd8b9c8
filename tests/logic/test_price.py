# tests/logic/test_price.py — training for small circuits: the price of gates, OR before sums, learned heads
import copy
import itertools
import pickle

import pytest
import torch
from pliant._library import ops

import pliant


def entries(coefficients):
    """The multilinear form at the corners, in float64: entry a sums the subsets of a."""
    forms = coefficients.double()
    return torch.stack(
        [sum(forms[s] for s in range(len(forms)) if s & a == s) for a in range(len(forms))]
    ).clamp(0, 1)


def price_by_tables(p):
    """The expected number of gates, over all tables."""
    count, price = len(p), 0.0
    fan_in = count.bit_length() - 1
    columns = [[(a >> bit) & 1 for a in range(count)] for bit in range(fan_in)]
    for table in itertools.product((0, 1), repeat=count):
        wire = len(set(table)) == 1 or any(list(table) in (c, [1 - b for b in c]) for c in columns)
        if not wire:
            price += torch.stack([p[i] if bit else 1 - p[i] for i, bit in enumerate(table)]).prod(0).sum()
    return price


@pytest.mark.parametrize("fan_in", [1, 2, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_the_price_is_that_of_all_tables(fan_in, dtype):
    torch.manual_seed(fan_in)
    soft = pliant.gate_coefficients(torch.randn(2**fan_in, 7).to(dtype), fan_in=fan_in)
    tolerance = {torch.float32: 1e-5, torch.float64: 1e-12, torch.float16: 1e-2}[dtype]
    found = pliant.expected_gates(soft)
    assert found.shape == () and found.dtype == dtype
    assert found.item() == pytest.approx(float(price_by_tables(entries(soft))), abs=tolerance)


def test_a_sigmoid_of_the_form_is_priced_by_its_entries():
    form = pliant.gate_coefficients(torch.randn(4, 9, dtype=torch.float64), "walsh")
    expected = price_by_tables(
        torch.stack([form[0], form[:2].sum(0), form[[0, 2]].sum(0), form.sum(0)]).sigmoid()
    )
    assert pliant.expected_gates(form, sigmoid=True).item() == pytest.approx(float(expected), abs=1e-12)


@pytest.mark.parametrize("fan_in", [1, 2, 3, 6])
def test_a_hard_gate_costs_one_unless_it_is_a_wire(fan_in):
    logits = torch.where(torch.rand(2**fan_in, 50) < 0.5, -60.0, 60.0)
    logits[:, 0], logits[:, 1] = -60.0, 60.0  # constants
    addresses = torch.arange(2**fan_in)
    logits[:, 2] = torch.where(addresses & 1 > 0, 60.0, -60.0)
    logits[:, 3] = torch.where(addresses >= 2 ** (fan_in - 1), -60.0, 60.0)
    table = (logits > 0).T.tolist()
    inputs = [[bool((a >> bit) & 1) for a in range(2**fan_in)] for bit in range(fan_in)]
    wires = [len(set(t)) == 1 or t in inputs or [not entry for entry in t] in inputs for t in table]
    soft = pliant.gate_coefficients(logits.double(), fan_in=fan_in)
    assert pliant.expected_gates(soft).item() == pytest.approx(50 - sum(wires), abs=1e-9)
    assert sum(wires) >= 4


@pytest.mark.parametrize("fan_in", [1, 2, 4])
@pytest.mark.parametrize("sigmoid", [False, True])
def test_the_price_has_the_gradient_of_finite_differences(fan_in, sigmoid):
    kind = "walsh" if sigmoid else "light"
    weight = torch.randn(2**fan_in, 3, dtype=torch.float64, requires_grad=True)

    def price(weight):
        return pliant.expected_gates(pliant.gate_coefficients(weight, kind, fan_in=fan_in), sigmoid=sigmoid)

    assert torch.autograd.gradcheck(price, weight)


def test_the_gradient_is_that_of_the_product_where_factors_are_0():
    form = torch.tensor(
        [[0.0], [0.0], [0.0], [0.25]], dtype=torch.float64, requires_grad=True
    )  # p = 0, 0, 0, ¼
    (grad,) = torch.autograd.grad(pliant.expected_gates(form), form)
    # The gate is a wire unless the last entry is 1: the price is its chance, and moves by what it is moved.
    assert grad[3].item() == 1
    assert torch.isfinite(grad).all()


@pytest.mark.parametrize(
    ("coefficients", "error", "text"),
    [
        (torch.zeros(3, 5), ValueError, r"must have shape \(2\^k, gates\) with k in 1 … 6, got \[3, 5\]"),
        (torch.zeros(128, 5), ValueError, r"got \[128, 5\]"),
        (torch.zeros(4), ValueError, r"got \[4\]"),
        (torch.zeros(4, 5, dtype=torch.int64), TypeError, "coefficients must be floating point, got Long"),
    ],
)
def test_wrong_coefficients_are_named(coefficients, error, text):
    with pytest.raises(error, match=f"expected_gates: .*{text}|{text}"):
        pliant.expected_gates(coefficients)


def test_no_gates_cost_nothing():
    assert pliant.expected_gates(torch.zeros(4, 0)).item() == 0


def test_convolutions_have_a_price_and_optimisers_see_it():
    torch.manual_seed(0)
    conv = pliant.nn.LogicConv2d(1, 3, 2, depth=2, init="gaussian")
    network = pliant.nn.LogicNetwork(12, [20, 10], groups=5, init="gaussian")
    before = conv.expected_gates().item(), network.expected_gates().item()
    optimizer = pliant.optim.GateAdam([conv, network], lr=0.1)
    for _ in range(100):
        optimizer.zero_grad()
        (conv.expected_gates() + network.expected_gates()).backward()
        optimizer.step()
    assert conv.expected_gates() < 0.1 * before[0] and network.expected_gates() < 0.1 * before[1]
    again = pliant.expected_gates(pliant.gate_coefficients(network.weight))
    torch.testing.assert_close(network.eval().expected_gates(), again)


def test_a_price_lowers_the_gates_of_a_circuit():
    torch.manual_seed(0)
    x = (torch.rand(400, 12) < 0.5).float()
    labels = (x[:, 0] * x[:, 1] + (1 - x[:, 0]) * x[:, 2]).long()
    nodes = []
    for price in (0.0, 0.5):
        torch.manual_seed(1)
        network = pliant.nn.LogicNetwork(12, [60, 40], groups=2, tau=2.0)
        optimizer = torch.optim.Adam(network.parameters(), 0.05)
        for _ in range(150):
            loss = torch.nn.functional.cross_entropy(network(x), labels)
            optimizer.zero_grad()
            (loss + price * network.expected_gates() / 100).backward()
            optimizer.step()
        circuit = pliant.circuit.Circuit.from_model(network).simplify(lut=4)
        assert (circuit.classify(x.numpy() > 0.5) == labels.numpy()).mean() > 0.9
        nodes.append(circuit.nodes)
    assert nodes[1] < 0.7 * nodes[0]


# === OR before the sums


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_or_pool_is_the_chance_that_one_is_1(size):
    x = torch.rand(37, 6 * size, dtype=torch.float64)
    x[0], x[1] = 0, 1
    expected = 1 - (1 - x.unflatten(1, (6, size))).prod(-1)
    torch.testing.assert_close(pliant.or_pool(x, size), expected, rtol=1e-13, atol=1e-14)
    sums = ops.or_pool(x, size, 3)
    torch.testing.assert_close(sums, expected.unflatten(1, (3, 2)).sum(-1), rtol=1e-13, atol=1e-14)
    bits = x.round().float()
    assert torch.equal(pliant.or_pool(bits, size), bits.unflatten(1, (6, size)).amax(-1))


@pytest.mark.parametrize("size", [2, 5])
def test_or_pool_has_the_gradient_of_finite_differences(size):
    x = torch.rand(3, 2 * size, dtype=torch.float64)
    x[0, 1] = 1  # the others of its pool have none
    x.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: pliant.or_pool(x, size), x)
    (grad,) = torch.autograd.grad(pliant.or_pool(x, size).sum(), x)
    assert grad[0, [0, *range(2, size)]].abs().max() < 1e-12 and grad[0, 1] > 0


def test_or_pool_has_the_same_bits_on_any_number_of_threads():
    x, before, results = torch.rand(500, 60), torch.get_num_threads(), []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        results.append(pliant.or_pool(x, 4))
    torch.set_num_threads(before)
    assert all(torch.equal(results[0], result) for result in results)


@pytest.mark.parametrize(
    ("x", "size", "error", "text"),
    [
        (torch.zeros(2, 12), 0, ValueError, "size must be in 1 … 6 and divide the 12 features, got 0"),
        (torch.zeros(2, 14), 7, ValueError, "size must be in 1 … 6 and divide the 14 features, got 7"),
        (torch.zeros(2, 13), 2, ValueError, "size must be in 1 … 6 and divide the 13 features, got 2"),
        (torch.zeros(13), 1, ValueError, r"x must have shape \(batch, features\), got \[13\]"),
        (torch.zeros(2, 4, dtype=torch.int32), 2, TypeError, "x must be floating point, got Int"),
    ],
)
def test_wrong_pools_are_named(x, size, error, text):
    with pytest.raises(error, match=f"or_pool: {text}"):
        pliant.or_pool(x, size)


# === Heads of networks


def network_of(**options):
    return pliant.nn.LogicNetwork(10, [30, 24], groups=3, tau=1.5, init="gaussian", **options)


@pytest.mark.parametrize("parametrization", ["light", "walsh"])
def test_pools_stand_before_the_sums(parametrization):
    network = network_of(or_pool=4, parametrization=parametrization)
    plain = pliant.nn.LogicNetwork(10, [30, 24], init="gaussian", parametrization=parametrization)
    plain.load_state_dict(network.state_dict())  # a pool learns nothing
    x = torch.rand(9, 10)
    for mode, given in ((True, x), (False, x.round())):
        expected = pliant.group_sum(pliant.or_pool(plain.train(mode)(given), 4), 3, 1.5)
        torch.testing.assert_close(network.train(mode)(given), expected)
    alone = pliant.nn.LogicNetwork(10, [30, 24], or_pool=3)
    assert alone(x).shape == (9, 8)


@pytest.mark.parametrize("or_pool", [1, 2])
def test_a_learned_head_sums_what_it_chose(or_pool):
    network = network_of(head=5, head_candidates=6, or_pool=or_pool)
    torch.nn.init.normal_(network.learned_head.logits)
    plain = pliant.nn.LogicNetwork(10, [30, 24], init="gaussian", or_pool=or_pool)
    plain.load_state_dict({name: network.state_dict()[name] for name in ("weight", "wiring")})
    x = torch.rand(9, 10)
    for mode, given in ((True, x), (False, x.round())):
        chosen = plain.train(mode)(given)[:, network.learned_head.chosen().long()]
        expected = chosen.unflatten(1, (3, 5)).sum(-1) / 1.5
        torch.testing.assert_close(network.train(mode)(given), expected)


def test_a_head_begins_with_the_class_s_share_of_the_gates():
    head = network_of(head=4, head_candidates=5).learned_head
    first = head.candidates[0].reshape(3, 4)
    assert all((row // 8 == c).all() for c, row in enumerate(first))  # of 24 gates, 8 a class
    wide = network_of(head=16, head_candidates=5).learned_head.candidates[0]
    assert wide.tolist() == [i // 2 for i in range(48)]
    same = network_of(head=8, head_candidates=1)
    assert same.learned_head.chosen().tolist() == list(range(24))
    groups = network_of()
    groups.load_state_dict({name: same.state_dict()[name] for name in ("weight", "wiring")})
    x = torch.rand(5, 10)
    torch.testing.assert_close(same(x), groups(x))


def test_a_head_learns_which_gates_count():
    torch.manual_seed(2)
    network = pliant.nn.LogicNetwork(8, [8], groups=2, tau=0.5, head=1, head_candidates=8)
    x = (torch.rand(600, 8) < 0.5).float()
    labels = x[:, 5].long()  # one bit decides
    optimizer = torch.optim.Adam(network.parameters(), 0.1)
    for _ in range(200):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(x), labels).backward()
        optimizer.step()
    assert (network.eval()(x).argmax(1) == labels).float().mean() > 0.99


def test_heads_are_saved_copied_and_pickled():
    network = network_of(head=3, or_pool=2, head_candidates=99)
    assert network.learned_head.candidates.shape == (12, 9)  # of the pools that there are
    twin = network_of(head=3, or_pool=2, wiring_seed=7)
    twin.load_state_dict(network.state_dict())
    assert set(network.state_dict()) == {
        "weight", "wiring", "learned_head.logits", "learned_head.candidates",
    }  # fmt: skip
    x = torch.rand(6, 10).round()
    for other in (twin, copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(other.eval()(x), network.eval()(x))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"or_pool": 5}, "or_pool must be in 1 … 6 and divide the last layer's 24 gates, got 5"),
        ({"or_pool": 8}, "or_pool must be in 1 … 6 and divide the last layer's 24 gates, got 8"),
        ({"or_pool": 0}, "or_pool must be in 1 … 6 and divide the last layer's 24 gates, got 0"),
        ({"or_pool": 6}, "groups must divide the last layer's 24 gates in pools of 6, got 3"),
        ({"head": -1}, "head must be at least 0, and 0 without groups, got -1 with 3 groups"),
        ({"head": 4, "groups": 0}, "head must be at least 0, and 0 without groups, got 4 with 0 groups"),
        ({"head": 4, "head_candidates": 0}, "candidates"),
    ],
)
def test_wrong_heads_are_named(options, text):
    with pytest.raises(ValueError, match=text):
        pliant.nn.LogicNetwork(10, [30, 24], **{"groups": 3, **options})
