# tests/logic/test_gates.py — gates, and what is learned of them: values, gradients, hard gates, start
import itertools
import json
import math

import numpy as np
import pytest
import torch

import pliant
from pliant.logic import residual_start
from tests.logic import logic_reference as reference

KINDS = reference.PARAMETRIZATIONS
SHAPES = [(kind, fan_in) for kind in KINDS for fan_in in reference.FAN_INS[kind]]


def one_hot_logits(dtype=torch.float64):
    """Logits of the 16 gates, gate i for gate i and for no other."""
    return 2000.0 * torch.eye(16, dtype=dtype)


def corners(fan_in=2, dtype=torch.float64):
    """All inputs of a gate, (2^fan_in, fan_in), in the order of a table."""
    return torch.tensor(reference.addresses(fan_in), dtype=dtype)


def value(x, coefficients, sigmoid=False):
    """Each gate of the coefficients at inputs x (batch, fan_in): (batch, gates)."""
    wiring = torch.arange(x.shape[1], dtype=torch.int32)[:, None].repeat(1, coefficients.shape[1])
    return pliant.logic_dense(x, wiring, coefficients, sigmoid=sigmoid)


def soft_gates(x, weight, kind, tau=None):
    """Ours, from inputs (batch, fan_in) and parameters (P, gates)."""
    coefficients = pliant.gate_coefficients(weight, kind, fan_in=x.shape[1], temperature=tau)
    return value(x, coefficients, sigmoid=pliant.parametrizations()[kind].sigmoid)


def naive_gates(x, weight, kind, tau=None):
    """The same by the reference."""
    return reference.gate_outputs([column[:, None] for column in x.T], weight, kind, tau)


def test_there_are_sixteen_gates_by_their_truth_tables():
    names = pliant.gate_names()
    assert len(names) == 16 and len(set(names)) == 16
    assert [names[i] for i in (0, 1, 3, 6, 7, 9, 14, 15)] == [
        "false", "and", "a", "xor", "or", "xnor", "nand", "true",
    ]  # fmt: skip
    for i, boolean in enumerate(reference.BOOLEAN):
        bits = boolean(*np.array(reference.addresses(2), dtype=bool).T)
        assert bits @ [8, 4, 2, 1] == i


@pytest.mark.parametrize("hard", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_all_gates_at_all_inputs_are_exact(dtype, hard):
    coefficients = pliant.gate_coefficients(one_hot_logits(dtype), "softmax", hard=hard)
    found = value(corners(dtype=dtype), coefficients)
    a, b = np.array(reference.addresses(2), dtype=bool).T
    expected = np.stack([boolean(a, b) for boolean in reference.BOOLEAN], 1)
    assert torch.equal(found, torch.from_numpy(expected).to(dtype))
    assert torch.equal(coefficients.T.double(), reference.coefficient_points())


def test_all_gates_between_are_their_real_relaxations():
    x = torch.rand(40, 2, dtype=torch.float64)
    found = value(x, pliant.gate_coefficients(one_hot_logits(), "softmax", hard=True))
    expected = torch.stack([gate(x[:, 0], x[:, 1]) for gate in reference.GATES], 1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize(("kind", "fan_in"), SHAPES)
@pytest.mark.parametrize("tau", [None, 0.4, 3.0])
def test_soft_gates_and_their_gradients_are_the_papers(kind, fan_in, tau):
    x = torch.rand(33, fan_in, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(reference.parameters_of(kind, fan_in), 45, dtype=torch.float64, requires_grad=True)
    upstream = torch.randn(33, 45, dtype=torch.float64)
    expected = naive_gates(x, weight, kind, tau)
    exact = torch.autograd.grad((expected * upstream).sum(), (x, weight))
    found = soft_gates(x, weight, kind, tau)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(
        torch.autograd.grad((found * upstream).sum(), (x, weight)), exact, rtol=1e-11, atol=1e-11
    )
    single = [t.detach().float().requires_grad_() for t in (x, weight)]
    found = soft_gates(*single, kind, tau)
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-6)
    gradients = torch.autograd.grad((found * upstream.float()).sum(), single)
    for ours, theirs in zip(gradients, exact, strict=True):
        assert (ours.double() - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@pytest.mark.parametrize(("kind", "fan_in"), SHAPES)
@pytest.mark.parametrize("hard", [False, True])
def test_coefficients_gradcheck(kind, fan_in, hard):
    weight = torch.randn(reference.parameters_of(kind, fan_in), 5, dtype=torch.float64, requires_grad=True)
    if hard:  # the gradient is straight through: that of the soft tables
        upstream = torch.randn(2**fan_in, 5, dtype=torch.float64)
        found = pliant.gate_coefficients(weight, kind, fan_in=fan_in, temperature=0.7, hard=True)
        (found,) = torch.autograd.grad((found * upstream).sum(), weight)
        table = naive_gates(corners(fan_in), weight, kind, 0.7)  # a sigmoid's too
        soft = table
        for bit in (1 << i for i in range(fan_in)):
            soft = torch.stack([row - soft[s ^ bit] if s & bit else row for s, row in enumerate(soft)])
        (expected,) = torch.autograd.grad((soft * upstream).sum(), weight)
        torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-12)
    else:
        assert torch.autograd.gradcheck(
            lambda w: pliant.gate_coefficients(w, kind, fan_in=fan_in, temperature=0.7), weight
        )


@pytest.mark.parametrize("gates", [1, 3, 15, 16, 17, 31, 1025])
def test_tail_lanes_of_gates(gates):
    for kind in KINDS:
        weight = torch.randn(reference.parameters_of(kind, 2), gates, requires_grad=True)
        upstream = torch.randn(4, gates)
        whole = pliant.gate_coefficients(weight, kind)
        (gradient,) = torch.autograd.grad((whole * upstream).sum(), weight)
        for gate in {0, gates // 2, gates - 1}:
            alone = weight[:, gate : gate + 1].detach().requires_grad_()
            single = pliant.gate_coefficients(alone, kind)
            torch.testing.assert_close(whole[:, gate : gate + 1], single, rtol=1e-6, atol=1e-7)
            (found,) = torch.autograd.grad((single * upstream[:, gate : gate + 1]).sum(), alone)
            torch.testing.assert_close(gradient[:, gate : gate + 1], found, rtol=1e-5, atol=1e-7)


def test_equal_shares_of_all_gates_give_no_gradient_to_inputs():
    x = torch.rand(20, 2, dtype=torch.float64, requires_grad=True)
    y = soft_gates(x, torch.zeros(16, 7, dtype=torch.float64), "softmax")
    torch.testing.assert_close(y, torch.full_like(y, 0.5), rtol=0, atol=1e-15)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert gradient.abs().max() < 1e-15


def test_residual_softmax_passes_its_first_input():
    mean, deviation = residual_start("softmax")
    assert mean.tolist() == [5.0 if i == 3 else 0.0 for i in range(16)] and deviation.count_nonzero() == 0
    p = torch.softmax(mean, 0)
    assert p[3].item() == pytest.approx(0.9082, abs=5e-5) and p[0].item() == pytest.approx(0.00612, abs=5e-6)
    table = value(corners(), pliant.gate_coefficients(mean[:, None], "softmax")).flatten()
    assert table.tolist() == pytest.approx([0.049, 0.049, 0.951, 0.951], abs=5e-4)
    x = torch.rand(9, 2, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(soft_gates(x, mean[:, None], "softmax").sum(), x)
    assert slope[:, 0].tolist() == pytest.approx([0.902] * 9, abs=5e-4)
    assert slope[:, 1].abs().max() < 1e-12


@pytest.mark.parametrize(("kind", "fan_in"), SHAPES)
def test_residual_means_are_the_first_input(kind, fan_in):
    mean, deviation = residual_start(kind, fan_in)
    assert mean.shape == deviation.shape == (reference.parameters_of(kind, fan_in),)
    table = naive_gates(corners(fan_in), mean[:, None], kind).flatten()
    first = corners(fan_in)[:, 0]
    assert torch.equal((table > 0.5).double(), first)
    assert (table - first).abs().max() < {"covjac": 0.09}.get(kind, 0.05)
    assert torch.equal(pliant.hard_tables(mean[:, None], kind, fan_in=fan_in).flatten().double(), first)


def test_hard_softmax_is_argmax_and_the_lowest_of_equal_gates():
    weight = torch.randn(16, 500)
    assert torch.equal(ids(weight, "softmax"), weight.argmax(0))
    for first, second in itertools.combinations(range(16), 2):
        tied = torch.zeros(16, 1)
        tied[[first, second]] = 2.0
        assert ids(tied, "softmax").item() == first
    assert ids(torch.zeros(16, 1), "softmax").item() == 0


def ids(weight, kind, **options):
    """The place in gate_names() of each hard gate."""
    return torch.tensor([8, 4, 2, 1]) @ pliant.hard_tables(weight, kind, **options)


def test_hard_covjac_is_the_nearest_gate():
    weight = torch.randn(4, 400, dtype=torch.float64)
    distance = (weight[None] - reference.coefficient_points()[:, :, None]).square().sum(1)
    assert torch.equal(ids(weight, "covjac"), distance.argmin(0))


@pytest.mark.parametrize(("kind", "fan_in"), SHAPES)
@pytest.mark.parametrize("tau", [0.3, 1.0, 2.5])
def test_hardening_by_the_table_rounds_it(kind, fan_in, tau):
    weight = 2 * torch.randn(reference.parameters_of(kind, fan_in), 200, dtype=torch.float64)
    soft = naive_gates(corners(fan_in), weight, kind, tau)
    options = {"fan_in": fan_in, "temperature": tau}
    found = pliant.hard_tables(weight, kind, hardening="table", **options)
    assert torch.equal(found, (soft > 0.5).long())
    hard = pliant.gate_coefficients(weight, kind, hard=True, hardening="table", **options)
    assert torch.equal(value(corners(fan_in), hard), found.double())
    if kind not in ("softmax", "covjac"):  # tables are learned: there is nothing else to take
        assert torch.equal(pliant.hard_tables(weight, kind, **options), found)


def test_the_two_hardenings_differ_where_no_gate_dominates():
    weight = torch.zeros(16, 1)  # 0.4 AND, 0.3 A, 0.3 B: the table is 0, 0.3, 0.3, 1
    weight[[1, 3, 5], 0] = torch.tensor([0.4, 0.3, 0.3]).log() + 30
    assert ids(weight, "softmax", hardening="gate").item() == 1
    weight[[3, 5, 7], 0] = torch.tensor([0.4, 0.4, 0.39]).log() + 30  # with OR 0.39: 0, > ½, > ½, 1
    weight[1, 0] = 0
    assert ids(weight, "softmax", hardening="gate").item() == 3
    assert ids(weight, "softmax", hardening="table").item() == 7


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_lower_precision_in_and_out(dtype):
    for kind in KINDS:
        weight = torch.randn(reference.parameters_of(kind, 2), 20).to(dtype).requires_grad_()
        exact = weight.detach().double().requires_grad_()
        found, expected = (pliant.gate_coefficients(w, kind) for w in (weight, exact))
        assert found.dtype == dtype
        torch.testing.assert_close(found.double(), expected, rtol=2e-2, atol=2e-2)
        found.sum().backward(), expected.sum().backward()
        assert weight.grad.dtype == dtype
        torch.testing.assert_close(weight.grad.double(), exact.grad, rtol=2e-2, atol=2e-2)


def test_strided_parameters_are_the_same():
    wide = torch.randn(40, 16)
    assert torch.equal(
        pliant.gate_coefficients(wide.T, "softmax"), pliant.gate_coefficients(wide.T.contiguous(), "softmax")
    )
    expanded = torch.randn(16, 1).expand(16, 9)
    assert torch.equal(
        pliant.gate_coefficients(expanded, "softmax"),
        pliant.gate_coefficients(expanded.contiguous(), "softmax"),
    )


def test_extreme_parameters_do_no_harm_to_others():
    for kind in KINDS:
        weight = torch.randn(reference.parameters_of(kind, 2), 40)
        clean = pliant.gate_coefficients(weight, kind)
        for wild in (math.nan, 1e30, -1e30, 1e-42):
            dirty = weight.clone()
            dirty[1, 7] = wild
            found = pliant.gate_coefficients(dirty, kind)
            others = [g for g in range(40) if g != 7]
            assert torch.equal(found[:, others], clean[:, others])
            assert found[:, 7].isnan().any() == math.isnan(wild) or kind in ("covjac", "walsh", "light_sine")
        assert pliant.gate_coefficients(weight[:, :0], kind).shape == (4, 0)


def test_threads_give_the_same_bits(threads):
    weight = torch.randn(16, 5000)
    upstream = torch.randn(4, 5000)
    results = []
    for count in (1, 2, 3):
        threads(count)
        leaf = weight.clone().requires_grad_()
        found = pliant.gate_coefficients(leaf, "softmax")
        results.append((found, *torch.autograd.grad((found * upstream).sum(), leaf)))
    assert all(torch.equal(a, b) for other in results[1:] for a, b in zip(results[0], other, strict=True))


def test_parametrizations_are_listed_with_their_sizes():
    listed = pliant.parametrizations()
    assert tuple(listed) == KINDS
    for kind, entry in listed.items():
        assert entry.temperature == reference.TEMPERATURES[kind] and entry.sigmoid == (kind == "walsh")
        assert entry.parameters == {k: reference.parameters_of(kind, k) for k in reference.FAN_INS[kind]}
        assert entry.source
    assert json.loads(torch.ops.pliant.logic_parametrizations())[0]["name"] == "softmax"


W = torch.zeros(16, 3)
ERRORS = {
    "unknown parametrization 'hard'; there are: softmax, light, light_sine, covjac, walsh": lambda: (
        pliant.gate_coefficients(W, "hard", temperature=1.0)
    ),
    "unknown parametrization 'soft'; there are: softmax": lambda: pliant.gate_coefficients(W, "soft"),
    "parameters must have shape (16, gates), got [4, 3]": lambda: pliant.gate_coefficients(W[:4], "softmax"),
    "parameters must have shape (4, gates), got [16, 3]": lambda: pliant.gate_coefficients(W, "light"),
    "parameters must have shape (16, gates), got [16]": lambda: pliant.gate_coefficients(W[:, 0], "softmax"),
    "temperature must be > 0 and finite, got 0": lambda: pliant.gate_coefficients(
        W, "softmax", temperature=0.0
    ),
    "temperature must be > 0 and finite, got inf": lambda: pliant.gate_coefficients(
        W, "softmax", temperature=math.inf
    ),
    "unknown hardening 'round'; there are: gate, table": lambda: pliant.gate_coefficients(
        W, "softmax", hardening="round"
    ),
    "'softmax' has no gates of 3 inputs: it takes 2": lambda: pliant.gate_coefficients(
        W, "softmax", fan_in=3
    ),
    "'light' has no gates of 7 inputs: it takes 1 … 6": lambda: pliant.gate_coefficients(
        W, "light", fan_in=7
    ),
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors_name_the_argument(text):
    with pytest.raises(ValueError) as raised:
        ERRORS[text]()
    assert text in str(raised.value)


def test_whole_numbers_are_no_parameters():
    with pytest.raises(TypeError, match="parameters must be floating point, got Long"):
        pliant.gate_coefficients(W.long(), "softmax")


def test_group_sum():
    x = torch.randn(2, 3, 12, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(pliant.group_sum(x, 4, 2.5), reference.group_sum(x, 4) / 2.5)
    assert torch.autograd.gradcheck(lambda x: pliant.group_sum(x, 3, 0.5), x)
    assert pliant.group_sum(torch.ones(0, 6), 2).shape == (0, 2)
    with pytest.raises(ValueError, match=r"k must divide the features of x, got k = 5 and x of shape"):
        pliant.group_sum(x, 5)
    with pytest.raises(ValueError, match="got k = 0"):
        pliant.group_sum(x, 0)
    with pytest.raises(ValueError, match=r"tau must be > 0, got -1"):
        pliant.group_sum(x, 3, -1.0)
    with pytest.raises(ValueError, match="x of shape"):
        pliant.group_sum(torch.tensor(1.0), 1)


@pytest.mark.parametrize(("kind", "fan_in"), SHAPES)
def test_expected_gates_is_the_price_of_tables_drawn_entry_by_entry(kind, fan_in):
    torch.manual_seed(3)
    module = pliant.nn.LogicDense(
        4 * fan_in, 5, fan_in=fan_in, parametrization=kind, init="gaussian"
    ).double()
    soft = pliant.gate_coefficients(module.weight, kind, fan_in=fan_in)
    p = value(corners(fan_in), soft, pliant.parametrizations()[kind].sigmoid).detach()
    if fan_in > 3:
        assert 0 <= module.expected_gates() <= 5
        return
    price = 0.0
    for table in itertools.product((0, 1), repeat=2**fan_in):
        chance = torch.stack([p[i] if bit else 1 - p[i] for i, bit in enumerate(table)]).prod(0)
        reads = corners(fan_in)
        bits = torch.tensor(table, dtype=torch.float64)
        wire = any(torch.equal(bits, each) for each in [*reads.T, *(1 - reads.T)])
        price += 0.0 if wire or len(set(table)) == 1 else chance.sum().item()
    assert module.expected_gates().item() == pytest.approx(price, abs=1e-9)


def test_expected_gates_has_a_gradient_that_finite_differences_confirm():
    module = pliant.nn.LogicDense(4, 3, init="gaussian").double()
    weight = module.weight.detach().clone().requires_grad_()

    def price(weight):
        return torch.func.functional_call(Price(module), {"module.weight": weight}, ())

    assert torch.autograd.gradcheck(price, (weight,))


def test_training_for_the_price_leaves_wires():
    torch.manual_seed(0)
    module = pliant.nn.LogicDense(8, 20, init="gaussian")
    optimizer = torch.optim.Adam(module.parameters(), lr=0.1)
    before = module.expected_gates().item()
    for _ in range(200):
        optimizer.zero_grad()
        module.expected_gates().backward()
        optimizer.step()
    assert module.expected_gates().item() < 0.1 * before


class Price(torch.nn.Module):
    """The price of a module, as a module's output."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self):
        return self.module.expected_gates()
