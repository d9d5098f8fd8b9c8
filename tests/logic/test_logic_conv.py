# tests/logic/test_logic_conv.py — convolutions of gates, OR pooling: references, layouts, transforms, errors
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

import pliant
from tests.conftest import ROOT
from tests.logic import conv_reference as reference

SETTINGS = [  # depth, kernel_size, stride, padding, pool, sigmoid
    (1, (3, 2), (1, 1), (0, 0), 1, False),
    (2, (1, 1), (1, 1), (0, 0), 2, False),
    (2, (3, 3), (2, 1), (1, 2), 1, True),
    (3, (3, 2), (1, 2), (1, 0), 2, False),
    (3, (2, 3), (1, 1), (1, 1), 3, True),
    (4, (3, 3), (1, 1), (1, 1), 2, False),
    (5, (2, 2), (1, 1), (0, 0), 2, True),
]


def arguments(batch, setting, dtype=torch.float64, kernels=3):
    """x (batch, 2, 7, 6), taps and coefficients, at random."""
    depth, kernel_size = setting[:2]
    x = torch.rand(batch, 2, 7, 6, dtype=dtype)
    taps = pliant.conv_taps("random", 2, kernels, depth=depth, kernel_size=kernel_size, seed=depth)
    coefficients = 0.5 * torch.randn(4, kernels * (2**depth - 1), dtype=dtype)
    return x, taps, coefficients


def ours(x, taps, coefficients, setting, grad_factor=1.0):
    _, kernel_size, stride, padding, pool, sigmoid = setting
    options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    return pliant.logic_conv2d(
        x, taps, coefficients, **options, pool=pool, sigmoid=sigmoid, grad_factor=grad_factor
    )


def with_gradients(fn, x, coefficients):
    """The result, and the gradients of a fixed weighting of it."""
    x, coefficients = x.detach().requires_grad_(), coefficients.detach().requires_grad_()
    y = fn(x, coefficients)
    weighting = torch.linspace(-1, 1, y.numel(), dtype=torch.float64).sin().reshape(y.shape).to(y.dtype)
    loss = (y * weighting).sum()
    return (y.detach(), *torch.autograd.grad(loss, (x, coefficients)))


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("batch", [1, 15, 16, 17])
def test_values_and_gradients_are_the_references(setting, batch):
    x, taps, coefficients = arguments(batch, setting)
    found = with_gradients(lambda x, c: ours(x, taps, c, setting), x, coefficients)
    expected = with_gradients(lambda x, c: reference.conv2d(x, taps, c, *setting[1:]), x, coefficients)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("setting", [s for s in SETTINGS if s[4] == 1])
def test_float_is_near_double(setting):
    x, taps, coefficients = arguments(17, setting, torch.float32)
    found = with_gradients(lambda x, c: ours(x, taps, c, setting), x, coefficients)
    expected = with_gradients(lambda x, c: ours(x, taps, c, setting), x.double(), coefficients.double())
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("gate", range(16))
def test_every_gate_at_its_place(gate):
    """A tree of depth 2 whose first gate is `gate` and the others pass their first input."""
    logits = torch.zeros(16, 3)
    logits[gate, 0] = logits[3, 1] = logits[3, 2] = 1
    coefficients = pliant.gate_coefficients(logits, "softmax", hard=True)
    taps = torch.tensor([[[0, 1, 0, 1]], [[0] * 4], [[0] * 4]], dtype=torch.int32)
    x = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])[:, :, None, None]
    y = pliant.logic_conv2d(x, taps, coefficients, kernel_size=1).flatten()
    assert y.tolist() == [gate >> 3 & 1, gate >> 2 & 1, gate >> 1 & 1, gate & 1]


@pytest.mark.parametrize("kind", ["softmax", "light", "light_sine", "covjac", "walsh"])
def test_hard_gates_are_boolean_logic(kind):
    count = pliant.parametrizations()[kind].parameters[2]
    weight = torch.randn(count, 5 * 7)
    taps = pliant.conv_taps("random", 3, 5, seed=4)
    bits = np.random.default_rng(0).random((40, 3, 9, 8)) < 0.5
    coefficients = pliant.gate_coefficients(weight, kind, hard=True)
    x = torch.from_numpy(bits).float()
    y = pliant.logic_conv2d(x, taps, coefficients, kernel_size=3, padding=1, pool=2)
    tables = pliant.hard_tables(weight, kind).numpy()
    expected = reference.boolean_conv2d(bits, taps.numpy(), tables, 3, 1, 2)
    assert y.shape == (40, 5, 4, 4)
    assert torch.equal(y, torch.from_numpy(expected).float())
    assert 0.1 < expected.mean() < 0.9  # else nothing is tested


def test_gradcheck():
    for setting in (SETTINGS[2], SETTINGS[3]):
        x, taps, coefficients = arguments(2, setting, kernels=2)
        call = lambda x, c: ours(x, taps, c, setting)  # noqa: B023, E731
        assert torch.autograd.gradcheck(call, (x.requires_grad_(), coefficients.requires_grad_()))


def test_gradient_of_equal_placements_goes_to_the_first():
    taps = torch.zeros(3, 1, 2, dtype=torch.int32)
    passing = torch.tensor([[0.0], [0.0], [1.0], [0.0]])
    x = torch.tensor([[[[0.0, 0.5, 1, 1], [0.5, 0.5, 1, 1]]]], requires_grad=True)
    y = pliant.logic_conv2d(x, taps, passing, kernel_size=1, pool=2)
    y.backward(torch.tensor([[[[3.0, 5.0]]]]))
    assert y.tolist() == [[[[0.5, 1.0]]]]
    assert x.grad.tolist() == [[[[0, 3, 5, 0], [0, 0, 0, 0]]]]


def test_grad_factor_multiplies_the_gradient_of_x_alone():
    setting = SETTINGS[3]
    x, taps, coefficients = arguments(5, setting)
    plain = with_gradients(lambda x, c: ours(x, taps, c, setting), x, coefficients)
    more = with_gradients(lambda x, c: ours(x, taps, c, setting, 2.0), x, coefficients)
    assert torch.equal(plain[0], more[0]) and torch.equal(plain[2], more[2])
    assert torch.equal(2 * plain[1], more[1])


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("batch", [1, 17])
def test_or_pool_is_the_reference(size, batch):
    x = torch.randint(4, (batch, 3, 7, 6)).double() / 3  # ties
    x.requires_grad_()
    expected = reference.or_pool2d(x, size)
    upstream = torch.randn_like(expected)
    (expected_grad,) = torch.autograd.grad(expected, x, upstream)
    y = pliant.or_pool2d(x, size)
    (grad,) = torch.autograd.grad(y, x, upstream)
    assert torch.equal(y, expected) and torch.equal(grad, expected_grad)


def test_layers_pass_views_and_flatten_is_one():
    x = torch.rand(17, 2, 8, 8)
    first = pliant.nn.LogicConv2d(2, 4, 3, padding=1, pool=2)
    second = pliant.nn.LogicConv2d(4, 6, 3, padding=1, pool=2)
    y = second(first(x))
    assert y.shape == (17, 6, 2, 2) and y.stride() == (1, 4 * 32, 2 * 32, 32)
    flat = y.flatten(1)
    assert flat.data_ptr() == y.data_ptr() and flat.stride() == (1, 32)
    packed = second(first(x).contiguous())
    assert torch.equal(y, packed)
    dense = pliant.nn.LogicDense(24, 30)
    assert torch.equal(dense(flat), dense(flat.contiguous()))
    assert torch.equal(pliant.or_pool2d(x), pliant.or_pool2d(x.to(memory_format=torch.channels_last)))


def test_strided_inputs_and_gradients():
    setting = SETTINGS[3]
    x, taps, coefficients = arguments(17, setting)
    plain = with_gradients(lambda x, c: ours(x, taps, c, setting), x, coefficients)
    flipped = with_gradients(
        lambda x, c: ours(x.transpose(2, 3).contiguous().transpose(2, 3), taps, c, setting).contiguous(),
        x,
        coefficients,
    )
    for one, other in zip(plain, flipped, strict=True):
        assert torch.equal(one, other)


def test_half_types_are_computed_in_float():
    setting = SETTINGS[3]
    x, taps, coefficients = arguments(5, setting, torch.bfloat16)
    y, grad, _ = with_gradients(lambda x, c: ours(x, taps, c, setting), x, coefficients)
    expected = ours(x.float(), taps, coefficients.float(), setting)
    assert y.dtype == grad.dtype == torch.bfloat16
    assert torch.equal(y, expected.bfloat16())


def test_empty_batch():
    x, taps, coefficients = arguments(0, SETTINGS[3])
    y, grad_x, grad = with_gradients(lambda x, c: ours(x, taps, c, SETTINGS[3]), x, coefficients)
    assert y.shape == (0, 3, 4, 1) and grad_x.shape == x.shape and not grad.any()


def test_bits_do_not_depend_on_the_threads(threads):
    x, taps, coefficients = arguments(100, SETTINGS[5], torch.float32)
    results = []
    for count in (1, 2, 3):
        threads(count)
        results.append(with_gradients(lambda x, c: ours(x, taps, c, SETTINGS[5]), x, coefficients))
    for other in results[1:]:
        assert all(torch.equal(one, two) for one, two in zip(results[0], other, strict=True))


def test_simd_targets_agree():
    program = (
        "import torch; from tests.logic.test_logic_conv import *; torch.manual_seed(0)\n"
        "for s in SETTINGS:\n"
        "    x, taps, c = arguments(17, s)\n"
        "    for t in with_gradients(lambda x, c: ours(x, taps, c, s), x, c): print(t.flatten().tolist())"
    )
    results = []
    for target in ("", "SCALAR", "AVX2"):
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'python'}"}
        if target:
            environment["PLIANT_SIMD"] = target
        output = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
        ).stdout
        results.append(torch.tensor([float(n) for n in output.replace("[", "").replace("]", "").replace(
            ",", " ").split()], dtype=torch.float64))  # fmt: skip
    for other in results[1:]:
        torch.testing.assert_close(other, results[0], rtol=1e-11, atol=1e-12)


def test_opcheck():
    ops = torch.ops.pliant
    for setting in (SETTINGS[0], SETTINGS[3]):
        _, kernel_size, stride, padding, pool, sigmoid = setting
        for batch in (3, 16):
            x, taps, coefficients = arguments(batch, setting)
            call = (
                x.requires_grad_(),
                taps,
                coefficients.requires_grad_(),
                kernel_size,
                stride,
                padding,
                pool,
            )
            torch.library.opcheck(ops.logic_conv2d.default, (*call, sigmoid, 1.0))
            torch.library.opcheck(ops.or_pool2d.default, (x, pool))


def test_func_grad_and_compiled_graph():
    setting = SETTINGS[3]
    x, taps, coefficients = arguments(4, setting)
    expected = with_gradients(lambda x, c: ours(x, taps, c, setting), x, coefficients)
    loss = lambda x: (  # noqa: E731
        ours(x, taps, coefficients, setting)
        * torch.linspace(-1, 1, expected[0].numel(), dtype=x.dtype).sin().reshape(expected[0].shape)
    ).sum()
    assert torch.equal(torch.func.grad(loss)(x), expected[1])
    compiled = torch.compile(
        lambda x: ours(x, taps, coefficients, setting), fullgraph=True, backend="aot_eager"
    )
    assert torch.equal(compiled(x), expected[0])


def test_second_derivatives_are_refused():
    x, taps, coefficients = arguments(2, SETTINGS[0])
    x.requires_grad_()
    (grad,) = torch.autograd.grad(ours(x, taps, coefficients, SETTINGS[0]).sum(), x, create_graph=True)
    with pytest.raises(NotImplementedError, match="second derivatives are not available"):
        grad.sum().backward()


def test_nan_and_infinity_do_not_crash():
    setting = SETTINGS[3]
    x, taps, coefficients = arguments(3, setting)
    x[0, 0, 0, 0], x[1, 1, 2, 2], x[2, 0, 3, 3] = float("nan"), float("inf"), 1e30
    with_gradients(lambda x, c: ours(x, taps, c, setting), x, coefficients)


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        (
            {"x": torch.zeros(1, 2, 5, dtype=torch.float64)},
            ValueError,
            r"x must have shape \(batch, channels",
        ),
        ({"x": torch.zeros(1, 2, 5, 5, dtype=torch.int64)}, TypeError, "x must be floating point, got Long"),
        ({"taps": torch.zeros(3, 2, 4)}, TypeError, "taps must be int32, got Float"),
        (
            {"taps": torch.zeros(3, 2, 3, dtype=torch.int32)},
            ValueError,
            r"leaves 2, 4, …, 256, got \[3, 2, 3\]",
        ),
        (
            {"taps": torch.full((3, 2, 4), 2, dtype=torch.int32)},
            ValueError,
            "channels of taps must be in 0 … 1",
        ),
        (
            {"coefficients": torch.zeros(4, 5)},
            ValueError,
            r"must have shape \(4, 6\), 3 gates for each kernel",
        ),
        ({"kernel_size": 0}, ValueError, "kernel_size must be at least 1, got 0 × 0"),
        ({"kernel_size": 1}, ValueError, "rows of taps must be in 0 … 0, got 1 at leaf 0 of kernel 0"),
        ({"kernel_size": (8, 3)}, ValueError, "8 × 3 does not fit into x, 5 × 5 with its padding"),
        ({"stride": 0}, ValueError, "stride must be at least 1, got 0 × 0"),
        ({"padding": -1}, ValueError, "padding must be two numbers ≥ 0"),
        ({"pool": 0}, ValueError, "pool must be at least 1, got 0"),
        ({"pool": 5}, ValueError, "pool 5 needs at least so many placements each way, there are 4 × 4"),
    ],
)
def test_errors_name_the_argument(change, error, text):
    taps = torch.ones(3, 2, 4, dtype=torch.int32)
    given = {"x": torch.zeros(1, 2, 5, 5), "taps": taps, "coefficients": torch.zeros(4, 6), "kernel_size": 2}
    with pytest.raises(error, match=text):
        pliant.logic_conv2d(**{**given, **change})


@pytest.mark.parametrize(
    ("x", "size", "text"),
    [
        (torch.zeros(1, 2, 5), 2, r"or_pool2d: x must have shape"),
        (torch.zeros(1, 2, 5, 5), 0, "or_pool2d: size must be in 1 … 15, got 0"),
        (torch.zeros(1, 2, 1, 5), 2, "at least one channel and 2 × 2 pixels"),
    ],
)
def test_errors_of_or_pool_name_the_argument(x, size, text):
    with pytest.raises(ValueError, match=text):
        pliant.or_pool2d(x, size)
