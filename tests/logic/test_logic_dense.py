# tests/logic/test_logic_dense.py — layers of gates: references, layouts, tails, transforms, errors
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

import pliant
from tests.conftest import ROOT
from tests.logic import logic_reference as reference

PROGRAM = ROOT / os.environ.get("PLIANT_BUILD", "build") / "bin" / "pliant"
BATCHES = [0, 1, 15, 16, 17, 33]


def layers(features, widths, kind="light", fan_in=2, dtype=torch.float64, same=False):
    """Random wirings and weights of layers, two lists; same: every third gate reads one feature twice."""
    wirings, weights = [], []
    for width in widths:
        wiring = torch.randint(features, (fan_in, width), dtype=torch.int32)
        if same and fan_in > 1:
            wiring[1, ::3] = wiring[0, ::3]
        wirings.append(wiring)
        weights.append(torch.randn(reference.parameters_of(kind, fan_in), width, dtype=dtype))
        features = width
    return wirings, weights


def ours(x, wirings, weights, kind, groups=0, grad_factor=1.0, hard=False):
    """The network as one call."""
    coefficients = pliant.gate_coefficients(
        torch.cat(weights, 1), kind, fan_in=len(wirings[0]), temperature=None, hard=hard
    )
    return pliant.logic_dense(
        x,
        torch.cat(wirings, 1),
        coefficients,
        widths=[w.shape[1] for w in wirings],
        sigmoid=kind == "walsh" and not hard,
        groups=groups,
        grad_factor=grad_factor,
    )


SETTINGS = [  # kind, fan_in, widths, groups, grad_factor
    ("softmax", 2, [9], 0, 1.0),
    ("softmax", 2, [13, 11, 12], 3, 1.0),
    ("softmax", 2, [8, 10], 0, 1.7),
    ("light", 1, [7, 5, 6], 2, 1.0),
    ("light", 2, [70, 65], 5, 0.5),
    ("light", 3, [9, 8], 0, 1.0),
    ("light", 4, [5, 6, 4], 2, 2.0),
    ("light", 5, [4, 5], 0, 1.0),
    ("light", 6, [5, 4], 4, 1.3),
    ("light_sine", 2, [7, 6], 3, 1.0),
    ("light_sine", 6, [3, 4], 0, 1.0),
    ("covjac", 2, [9, 7, 8], 4, 1.2),
    ("walsh", 1, [6], 0, 1.0),
    ("walsh", 2, [9, 7, 8], 2, 1.5),
    ("walsh", 4, [5, 6], 3, 1.0),
    ("walsh", 6, [3, 4], 0, 1.0),
]


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s[0]}-{s[1]}-{s[2]}-{s[3]}")
@pytest.mark.parametrize("batch", [3, 21])
def test_value_and_gradients_are_the_references(setting, batch, same):
    kind, fan_in, widths, groups, factor = setting
    wirings, weights = layers(10, widths, kind, fan_in, same=same)
    x = torch.rand(batch, 10, dtype=torch.float64, requires_grad=True)
    leaves = [x, *(w.requires_grad_() for w in weights)]
    expected = reference.network(x, wirings, weights, kind, groups=groups, grad_factor=factor)
    upstream = torch.randn_like(expected)
    exact = torch.autograd.grad((expected * upstream).sum(), leaves)
    found = ours(x, wirings, weights, kind, groups, factor)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-13)
    gradients = torch.autograd.grad((found * upstream).sum(), leaves)
    torch.testing.assert_close(gradients, exact, rtol=1e-10, atol=1e-11)
    single = [t.detach().float().requires_grad_() for t in leaves]
    found = ours(single[0], wirings, single[1:], kind, groups, factor)
    torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-6)
    gradients = torch.autograd.grad((found * upstream.float()).sum(), single)
    for ours_, theirs in zip(gradients, exact, strict=True):
        assert (ours_.double() - theirs).abs().max() <= 1e-5 * theirs.abs().max()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"{s[0]}-{s[1]}-{s[2]}-{s[3]}")
def test_gradcheck(setting):
    kind, fan_in, widths, groups, _ = setting
    wirings, weights = layers(6, widths, kind, fan_in, same=True)
    x = torch.rand(3, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x, *w: ours(x, wirings, list(w), kind, groups), (x, *(w.requires_grad_() for w in weights))
    )


def test_grad_factor_compounds_toward_the_input_and_spares_weights():
    wirings, weights = layers(6, [8, 8, 8])
    x = torch.rand(4, 6, dtype=torch.float64, requires_grad=True)
    leaves = [x, *(w.requires_grad_() for w in weights)]
    one, three = (torch.autograd.grad(ours(x, wirings, weights, "light", 2, f).sum(), leaves) for f in (1, 3))
    for power, a, b in zip((3, 2, 1, 0), one, three, strict=True):
        torch.testing.assert_close(a * 3**power, b)


def layouts(x):
    """The same samples stored in other ways."""
    wide = x.new_empty(2 * x.shape[0], 2 * x.shape[1])
    wide[::2, ::2] = x
    padded = x.new_full((x.shape[1], x.shape[0] + 5), math.nan)
    padded[:, : x.shape[0]] = x.T
    return {
        "rows": x.contiguous(),
        "features": x.T.contiguous().T,
        "strided": wide[::2, ::2],
        "padded": padded[:, : x.shape[0]].T,
        "offset": torch.cat([x.new_full((1, x.shape[1]), math.nan), x])[1:],
    }


@pytest.mark.parametrize("batch", BATCHES)
def test_layouts_of_x_and_of_gradients_are_the_same_bits(batch):
    wirings, weights = layers(7, [9, 12], dtype=torch.float32)
    x, upstream = torch.rand(batch, 7), torch.randn(batch, 12)
    results = {}
    for name, stored in layouts(x).items():
        for name_of_gradient, gradient in layouts(upstream).items():
            leaves = [stored.detach().requires_grad_(), *(w.clone().requires_grad_() for w in weights)]
            assert leaves[0].stride() == stored.stride()
            y = ours(leaves[0], wirings, leaves[1:], "light")
            results[name, name_of_gradient] = (y, *torch.autograd.grad(y, leaves, gradient))
    first = results.pop(("rows", "rows"))
    for name, other in results.items():
        assert all(torch.equal(a, b) for a, b in zip(first, other, strict=True)), name


@pytest.mark.parametrize("batch", [16, 40])
def test_expanded_x_and_expanded_gradients(batch):
    wirings, weights = layers(7, [9, 12], dtype=torch.float32)
    for narrow in (torch.rand(1, 7), torch.rand(batch, 1), torch.rand(1, 1)):
        x = narrow.expand(batch, 7)
        assert torch.equal(
            ours(x, wirings, weights, "light"), ours(x.contiguous(), wirings, weights, "light")
        )
    x = torch.rand(batch, 7, requires_grad=True)
    y = ours(x, wirings, weights, "light")
    for gradient in (torch.rand(1, 12), torch.rand(batch, 1), torch.rand(1, 1)):
        expanded = gradient.expand(batch, 12)
        a, b = (torch.autograd.grad(y, x, g, retain_graph=True)[0] for g in (expanded, expanded.contiguous()))
        assert torch.equal(a, b)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("groups", [0, 3])
def test_a_sample_does_not_depend_on_its_batch(batch, groups):
    wirings, weights = layers(7, [9, 12], "walsh", dtype=torch.float32)
    x = torch.rand(batch, 7, requires_grad=True)
    y = ours(x, wirings, weights, "walsh", groups)
    assert y.shape == (batch, groups or 12) and y.dtype == torch.float32
    assert y.stride() == (1, max(1, -(-batch // 16) * 16))
    (gradient,) = torch.autograd.grad(y.sum(), x)
    for s in range(batch):
        alone = x[s : s + 1].detach().requires_grad_()
        single = ours(alone, wirings, weights, "walsh", groups)
        assert torch.equal(single[0], y[s])
        assert torch.equal(torch.autograd.grad(single.sum(), alone)[0][0], gradient[s])


def test_an_empty_batch_has_zero_gradients():
    wirings, weights = layers(7, [9, 12])
    leaves = [torch.rand(0, 7, dtype=torch.float64).requires_grad_(), *(w.requires_grad_() for w in weights)]
    y = ours(leaves[0], wirings, leaves[1:], "light", 4)
    gradients = torch.autograd.grad(y.sum(), leaves)
    assert gradients[0].shape == (0, 7) and all(g.count_nonzero() == 0 for g in gradients[1:])


@pytest.mark.parametrize("kind", ["light", "walsh"])
def test_nan_goes_where_it_is_read_and_nowhere_else(kind):
    wirings, weights = layers(7, [20, 20], kind, dtype=torch.float32)
    leaves = [torch.rand(40, 7), *weights]
    leaves[0][18, 3] = math.nan
    clean = leaves[0].clone()
    clean[18, 3] = 0.5
    results = []
    for x in (clean, leaves[0]):
        now = [t.clone().requires_grad_() for t in (x, *weights)]
        y = ours(now[0], wirings, now[1:], kind)
        results.append((y, *torch.autograd.grad(y.sum(), now)))
    (y, grad_x, *grad_w), (dirty, dirty_x, *dirty_w) = results
    first = (wirings[0] == 3).any(0)  # the gates that see it
    second = first[wirings[1].long()].any(0)
    assert torch.equal(dirty[18].isnan(), second) and second.any() and not second.all()
    others = [s for s in range(40) if s != 18]
    assert torch.equal(dirty[others], y[others]) and torch.equal(dirty_x[others], grad_x[others])
    assert torch.equal(dirty[18, ~second], y[18, ~second])
    assert not dirty_w[0][:, ~first & ~reached(wirings[1], second, 20)].isnan().any()
    assert torch.equal(dirty_w[1][:, ~second], grad_w[1][:, ~second])
    assert dirty_w[1][:, second].isnan().any(0).all()


def reached(wiring, gates, features):
    """Features that one of the gates reads."""
    found = torch.zeros(features, dtype=torch.bool)
    found[wiring[:, gates].long().flatten()] = True
    return found


@pytest.mark.parametrize("kind", ["light", "walsh"])
@pytest.mark.parametrize("batch", [1, 64, 275])
def test_layers_that_are_trees_are_the_reference_s_layers(kind, batch):
    torch.manual_seed(3)
    widths = [48, 24, 12, 6]
    _, weights = layers(9, widths, kind)
    wirings = [torch.randint(9, (2, 48), dtype=torch.int32)]
    wirings += [torch.randperm(2 * w).reshape(2, w).int() for w in widths[1:]]
    for groups in (0, 3):
        x = torch.rand(batch, 9, dtype=torch.float64, requires_grad=True)
        leaves = [w.clone().requires_grad_() for w in weights]
        found = ours(x, wirings, leaves, kind, groups=groups)
        expected = reference.network(x, wirings, leaves, kind, groups=groups)
        assert torch.allclose(found, expected, rtol=0, atol=1e-13)
        upstream = torch.randn_like(found)
        gradients = [torch.autograd.grad(y, [x, *leaves], upstream) for y in (found, expected)]
        for one, other in zip(*gradients, strict=True):
            assert torch.allclose(one, other, rtol=0, atol=1e-12)


def test_large_infinite_and_tiny_inputs_never_crash():
    wirings, weights = layers(7, [20, 20], dtype=torch.float32)
    for wild in (1e30, -1e30, math.inf, 1e-42):
        x = torch.rand(17, 7)
        x[2, :] = wild
        found = ours(x, wirings, weights, "light")
        x[2, :] = 0.5
        assert torch.equal(found[3:], ours(x, wirings, weights, "light")[3:])


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("fan_in", [1, 2, 3, 6])
def test_hard_gates_are_exactly_boolean(batch, fan_in):
    kind = "softmax" if fan_in == 2 else "light"
    wirings, weights = layers(11, [37, 23, 21], kind, fan_in, dtype=torch.float32, same=True)
    bits = torch.rand(batch, 11) < 0.5
    tables = [pliant.hard_tables(w, kind, fan_in=fan_in).numpy() for w in weights]
    expected = reference.boolean_network(bits.numpy(), [w.numpy() for w in wirings], tables)
    found = ours(bits.float(), wirings, weights, kind, hard=True)
    assert np.array_equal(found.numpy(), expected.astype(np.float32))
    sums = ours(bits.float(), wirings, weights, kind, groups=7, hard=True)
    assert np.array_equal(sums.numpy(), expected.reshape(batch, 7, 3).sum(-1).astype(np.float32))


def test_all_gates_of_a_long_sum_are_counted_exactly():
    wiring = torch.zeros(2, 30_000, dtype=torch.int32)
    always = torch.zeros(4, 30_000)
    always[0] = 1.0
    found = pliant.logic_dense(torch.zeros(17, 1), wiring, always, groups=3)
    assert torch.equal(found, torch.full((17, 3), 10_000.0))


def test_hard_gates_have_the_soft_tables_gradient_at_hard_values():
    wirings, weights = layers(8, [9, 8], "walsh")
    bits = (torch.rand(5, 8) < 0.5).double()
    leaves = [w.requires_grad_() for w in weights]
    found = torch.autograd.grad(ours(bits, wirings, leaves, "walsh", hard=True).sum(), leaves)
    tables = [torch.sigmoid(naive_logits(w)) for w in leaves]
    through = [(t > 0.5).double().detach() + t - t.detach() for t in tables]
    x = bits
    for wiring, table in zip(wirings, through, strict=True):
        x = reference.interpolate([x[:, row.long()] for row in wiring], table)
    torch.testing.assert_close(found, torch.autograd.grad(x.sum(), leaves))


def naive_logits(weight):
    """Of Walsh coefficients of two inputs: minus the sum over signs at each entry."""
    signs = [(1 - 2 * a, 1 - 2 * b) for a, b in reference.addresses(2)]
    return torch.stack([-(weight[0] + weight[1] * b + weight[2] * a + weight[3] * a * b) for a, b in signs])


@pytest.mark.parametrize("batch", [9, 700])
def test_threads_give_the_same_bits(threads, batch):
    wirings, weights = layers(30, [300, 300], dtype=torch.float32)
    x, upstream = torch.rand(batch, 30), torch.randn(batch, 10)
    results = []
    for count in (1, 2, 3):
        threads(count)
        leaves = [t.clone().requires_grad_() for t in (x, *weights)]
        y = ours(leaves[0], wirings, leaves[1:], "light", 10)
        results.append((y, *torch.autograd.grad(y, leaves, upstream)))
    assert all(torch.equal(a, b) for other in results[1:] for a, b in zip(results[0], other, strict=True))


SIMD = """
import sys, torch, pliant
torch.manual_seed(1)
out = []
for kind, fan_in in (("softmax", 2), ("light", 1), ("light_sine", 3), ("covjac", 2), ("walsh", 6)):
    rows = {"softmax": 16, "covjac": 4}.get(kind, 2**fan_in)
    for dtype in (torch.float32, torch.float64):
        x = torch.rand(37, 9, dtype=dtype, requires_grad=True)
        weight = torch.randn(rows, 40, dtype=dtype, requires_grad=True)
        wiring = torch.randint(9, (fan_in, 40), dtype=torch.int32)
        wiring[:, 21:] %= 9
        c = pliant.gate_coefficients(weight, kind, fan_in=fan_in)
        y = pliant.logic_dense(x, wiring, c, widths=[21, 19], sigmoid=kind == "walsh", groups=19)
        out += [y.detach(), *torch.autograd.grad((y * y).sum(), (x, weight))]
torch.save(out, sys.argv[1])
"""


@pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
def test_simd_targets_agree(tmp_path):
    told = subprocess.run([PROGRAM, "info", "--json"], capture_output=True, check=True)
    results = {}
    for target in json.loads(told.stdout)["simd_targets"]:
        path = tmp_path / target
        environment = os.environ | {"PLIANT_SIMD": target, "PYTHONPATH": str(ROOT / "python")}
        subprocess.run([sys.executable, "-c", SIMD, path], env=environment, check=True)
        results[target] = torch.load(path)
    assert len(results) >= 2
    first, *others = results.values()
    for other in others:
        for a, b in zip(first, other, strict=True):
            tolerance = 1e-12 if a.dtype == torch.float64 else 1e-5
            assert (a - b).abs().max() <= tolerance * a.abs().max()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_lower_precision_in_and_out(dtype):
    wirings, weights = layers(7, [9, 12], dtype=torch.float32)
    for stored in layouts(torch.rand(17, 7).to(dtype)).values():
        x = stored.detach().requires_grad_()
        exact = x.detach().double().requires_grad_()
        found, expected = (ours(t, wirings, weights, "light", 3) for t in (x, exact))
        assert found.dtype == dtype and found.shape == (17, 3)
        torch.testing.assert_close(found.double(), expected, rtol=1e-2, atol=1e-2)
        found.sum().backward(), expected.sum().backward()
        assert x.grad.dtype == dtype
        torch.testing.assert_close(x.grad.double(), exact.grad, rtol=2e-2, atol=2e-2)


def test_precision_of_coefficients_may_be_another():
    wirings, weights = layers(7, [9], dtype=torch.float32)
    x = torch.rand(5, 7, dtype=torch.float64)
    leaf = weights[0].requires_grad_()
    y = ours(x, wirings, [leaf], "light")
    assert y.dtype == torch.float64
    assert torch.autograd.grad(y.sum(), leaf)[0].dtype == torch.float32


def op_calls(dtype=torch.float64, batch=5):
    """Arguments for every op of gates that takes and gives tensors of data."""
    wirings, weights = layers(7, [9, 12], dtype=dtype)
    coefficients = pliant.gate_coefficients(torch.cat(weights, 1)).detach()
    x = torch.rand(batch, 7, dtype=dtype)
    wiring = torch.cat(wirings, 1)
    dense = (x, wiring, coefficients, [9, 12], False, 3, 1.5)
    gates = (torch.randn(16, 5, dtype=dtype), "softmax", 2, 1.0, False, "gate")
    hard = (torch.randn(8, 5, dtype=dtype), "walsh", 3, 1.0, True, "table")
    return {
        "gate_coefficients": [gates, hard],
        "gate_coefficients_backward": [(torch.randn(4, 5, dtype=dtype), *gates)],
        "logic_dense": [dense, (x, wiring, coefficients, [9, 12], True, 0, 1.0)],
        "logic_dense_backward": [(torch.randn(batch, 3, dtype=dtype), *dense, [True, True])],
    }


@pytest.mark.parametrize("name", op_calls())
@pytest.mark.parametrize(("dtype", "batch"), [(torch.float64, 5), (torch.float32, 16), (torch.bfloat16, 5)])
def test_opcheck(name, dtype, batch):
    for arguments in op_calls(dtype, batch)[name]:
        tests = ["test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic"]
        if not name.endswith("_backward"):
            leaves = [
                a.clone().requires_grad_() if isinstance(a, torch.Tensor) and a.is_floating_point() else a
                for a in arguments
            ]
            arguments = tuple(leaves)
        torch.library.opcheck(getattr(torch.ops.pliant, name).default, arguments, test_utils=tests)


def test_meta_tensors_have_the_shape_and_strides():
    wirings, weights = layers(7, [9, 12], dtype=torch.float32)
    wiring, weight = torch.cat(wirings, 1), torch.cat(weights, 1)
    for groups in (0, 3):
        for batch in (5, 16):
            real, meta = (
                pliant.logic_dense(
                    torch.rand(batch, 7, device=device),
                    wiring.to(device),
                    pliant.gate_coefficients(weight.to(device)),
                    widths=[9, 12],
                    groups=groups,
                )
                for device in ("cpu", "meta")
            )
            assert meta.device.type == "meta"
            assert (real.shape, real.stride(), real.dtype) == (meta.shape, meta.stride(), meta.dtype)


def test_compiles_to_one_graph():
    wirings, weights = layers(7, [9, 12], dtype=torch.float32)

    def function(x, *weights):
        return ours(x * 0.5, wirings, list(weights), "light", 3).square()

    leaves = [torch.rand(5, 7, requires_grad=True), *(w.requires_grad_() for w in weights)]
    compiled = torch.compile(function, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(*leaves), function(*leaves))
    found, expected = (torch.autograd.grad(f(*leaves).sum(), leaves) for f in (compiled, function))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("kind", ["softmax", "walsh"])
def test_a_network_compiles_to_one_graph(kind):
    network = pliant.nn.LogicNetwork(7, [9, 12], parametrization=kind, groups=3)
    x = torch.rand(5, 7)
    for training in (True, False):
        network.train(training)
        compiled = torch.compile(network, backend="aot_eager", fullgraph=True)
        torch.testing.assert_close(compiled(x), network(x))


def test_func_grad_and_vmap():
    wirings, weights = layers(7, [9, 12])
    gradient = torch.func.grad(lambda x: ours(x, wirings, weights, "light", 3).square().sum())
    x = torch.rand(4, 5, 7, dtype=torch.float64)
    leaf = x[0].clone().requires_grad_()
    (expected,) = torch.autograd.grad(ours(leaf, wirings, weights, "light", 3).square().sum(), leaf)
    torch.testing.assert_close(gradient(x[0]), expected)
    torch.testing.assert_close(torch.func.vmap(gradient)(x), torch.stack([gradient(one) for one in x]))


def test_a_second_derivative_is_an_error_that_says_so():
    wirings, weights = layers(7, [9])
    x = torch.rand(3, 7, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(ours(x, wirings, weights, "light").square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="logic_dense_backward"):
        torch.autograd.grad(gradient.sum(), x)
    weight = weights[0].requires_grad_()
    (gradient,) = torch.autograd.grad(
        pliant.gate_coefficients(weight).square().sum(), weight, create_graph=True
    )
    with pytest.raises(RuntimeError, match="gate_coefficients_backward"):
        torch.autograd.grad(gradient.sum(), weight)


X, WIRING = torch.rand(3, 5), torch.tensor([[0, 1, 2, 3], [1, 2, 3, 4]], dtype=torch.int32)
C = torch.rand(4, 4)


def dense(x=X, wiring=WIRING, coefficients=C, **options):
    return pliant.logic_dense(x, wiring, coefficients, **options)


ERRORS = {
    "x must have shape (batch, features), got [5]": lambda: dense(X[0]),
    "x must have at least one feature, got [3, 0]": lambda: dense(X[:, :0]),
    "wiring must have shape (1 … 6, gates), got [4]": lambda: dense(wiring=WIRING[0]),
    "wiring must have shape (1 … 6, gates), got [7, 4]": lambda: dense(wiring=WIRING[:1].repeat(7, 1)),
    "widths must name at least one layer": lambda: dense(widths=[]),
    "widths must be at least 1, got 0": lambda: dense(widths=[4, 0]),
    "widths must add up to the gates of wiring, 4, got 5": lambda: dense(widths=[2, 3]),
    "coefficients must have shape (4, 4), got [4, 3]": lambda: dense(coefficients=C[:, :3]),
    "coefficients must have shape (2, 4), got [4, 4]": lambda: dense(wiring=WIRING[:1]),
    "groups must divide the last layer's 4 gates, got 3": lambda: dense(groups=3),
    "groups must divide the last layer's 4 gates, got -1": lambda: dense(groups=-1),
    "sources must be in 0 … 3, got 4 at entry 3": lambda: dense(X[:, :4]),
    "sources must be in 0 … 1, got 2 at entry 0": lambda: dense(widths=[2, 2]),
    "sources must be in 0 … 4, got -1 at entry 0": lambda: dense(wiring=WIRING - 1),
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors_name_the_argument(text):
    with pytest.raises(ValueError) as raised:
        ERRORS[text]()
    assert text in str(raised.value)


def test_type_errors():
    with pytest.raises(TypeError, match="x must be floating point, got Bool"):
        dense(X > 0.5)
    with pytest.raises(TypeError, match="wiring must be int32, got Long"):
        dense(wiring=WIRING.long())
    with pytest.raises(TypeError, match="coefficients must be floating point, got Long"):
        dense(coefficients=C.long())


def test_features_and_gates_beyond_a_slice_of_blocks():
    """Widths around the blocks of the transposition and of the group sums."""
    for features, width, batch in ((1, 1, 1), (15, 63, 16), (17, 64, 31), (33, 65, 32), (100, 129, 47)):
        wirings, weights = layers(features, [width, width])
        x = torch.rand(batch, features, dtype=torch.float64)
        for groups in (0, 1):
            expected = reference.network(x, wirings, weights, "light", groups=groups)
            torch.testing.assert_close(
                ours(x, wirings, weights, "light", groups), expected, rtol=1e-12, atol=1e-12
            )
