# tests/optim/test_isaac.py — the conditioned gradient: golden values, dense float64, limits, laws
import math

import pytest
import torch
from pliant.nn import IsaacLinear

from tests.optim.isaac_reference import conditioned, dense, layer_gradients, relative

SHAPES = [  # b, n, m: b < n, b = n, b > n, m = 1, m ≫ n, sizes around SIMD widths
    (1, 7, 3), (5, 13, 4), (16, 16, 16), (17, 15, 33), (31, 100, 1), (60, 100, 40), (60, 33, 900),
    (64, 63, 65), (100, 40, 7), (130, 129, 5), (33, 1030, 9), (300, 47, 3), (300, 47, 500),
]  # fmt: skip
# Inputs with nearly as many rows as columns are nearly singular.
EXACT = {torch.float32: 3e-5, torch.float64: 1e-11}


def pair(b, n, m, dtype=torch.float64):
    return torch.randn(b, n, dtype=dtype), torch.randn(b, m, dtype=dtype) / b


@pytest.mark.parametrize("dtype", EXACT)
def test_golden_values(dtype):
    def gradient(x, grad, damping, **settings):
        x, grad = torch.tensor(x, dtype=dtype), torch.tensor(grad, dtype=dtype)
        return layer_gradients(x, grad, damping, **settings)

    close = torch.testing.assert_close
    close(gradient([[3, 4]], [[1]], 25.0)[0], torch.tensor([[1.5, 2.0]], dtype=dtype))
    diagonal = gradient([[1, 0], [0, 2]], [[1, 0], [0, 1]], 0.5)[0]
    close(diagonal, torch.tensor([[0.5, 0.0], [0.0, 0.4]], dtype=dtype))
    close(gradient([[1], [1]], [[1], [2]], 1.0)[0], torch.tensor([[1.5]], dtype=dtype))
    close(gradient([[0]], [[1]], 1.0, augmented_bias=True)[1], torch.tensor([0.5], dtype=dtype))
    close(gradient([[0]], [[1]], 1.0)[1], torch.tensor([1.0], dtype=dtype))


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("shape", SHAPES)
def test_dense_solve_in_float64(shape, dtype):
    x, grad = pair(*shape, dtype=dtype)
    for factor in (1.0, 1e-1, 1e-3):
        damping = factor * torch.linalg.matrix_norm(x, 2).item() ** 2 / shape[0]
        found = conditioned(x, grad, damping)
        assert relative(found, dense(x, grad, damping)) < EXACT[dtype]


@pytest.mark.parametrize("shape", [(60, 784, 30), (200, 50, 60), (30, 300, 400)])
def test_float32_stays_exact_however_small_the_damping(shape):
    x, grad = pair(*shape, dtype=torch.float32)
    x = x.relu()
    top = torch.linalg.matrix_norm(x, 2).item() ** 2
    for condition in (1e2, 1e4, 1e6):
        damping = top / condition / shape[0]
        assert relative(conditioned(x, grad, damping), dense(x, grad, damping)) < 1e-5


def test_infinite_damping_is_the_plain_gradient_to_the_bit():
    for shape in [(7, 5, 3), (60, 400, 100), (4, 6, 9, 5, 3)]:
        x = torch.randn(*shape[:-1])
        layer = IsaacLinear(shape[-2], shape[-1], damping=math.inf)
        plain = torch.nn.Linear(shape[-2], shape[-1])
        plain.load_state_dict(layer.state_dict())
        ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
        out = layer(ours)
        grad = torch.randn_like(out)
        assert torch.equal(out, plain(theirs))
        out.backward(grad)
        plain(theirs).backward(grad)
        for a, b in ((layer.weight, plain.weight), (layer.bias, plain.bias), (ours, theirs)):
            assert torch.equal(a.grad, b.grad)
    assert layer.counts["plain_by_damping"] == 1


def test_large_damping_tends_to_the_plain_gradient():
    x, grad = pair(20, 30, 10)
    assert relative(conditioned(x, grad, 1e9), grad.T @ x) < 1e-7
    x, grad = pair(30, 20, 10)
    assert relative(conditioned(x, grad, 1e10), grad.T @ x) < 1e-8


@pytest.mark.parametrize("shape", [(20, 50, 7), (50, 20, 7)])
def test_small_damping_tends_to_least_squares(shape):
    x, grad = pair(*shape)
    limit = shape[0] * (torch.linalg.pinv(x) @ grad).T
    assert relative(conditioned(x, grad, 1e-9) / 1e-9, limit) < 1e-6
    assert relative(conditioned(x, grad, 1e-9, scale="divided"), limit) < 1e-6


def test_one_sample_is_normalised_least_mean_squares():
    x, grad = pair(1, 20, 5)
    assert relative(conditioned(x, grad, 3.0), grad.T @ x * 3.0 / (3.0 + x.square().sum())) < 1e-12


@pytest.mark.parametrize("shape", [(20, 50, 7), (50, 20, 7)])
def test_change_of_the_outputs_is_a_trust_region(shape):
    x, grad = pair(*shape)
    damping, rate = 0.3, 0.7
    beta = shape[0] * damping
    inverse = torch.linalg.inv(torch.eye(shape[0], dtype=x.dtype) + x @ x.T / beta)
    change = -rate * x @ conditioned(x, grad, damping).T
    expected = -rate * beta * (torch.eye(shape[0], dtype=x.dtype) - inverse) @ grad
    torch.testing.assert_close(change, expected)
    assert change.norm() <= rate * beta * grad.norm()


@pytest.mark.parametrize("duplicates", [False, True])
@pytest.mark.parametrize("shape", [(60, 200, 30), (200, 60, 30)])
def test_it_contracts_and_descends_in_float32(shape, duplicates):
    x, grad = pair(*shape, dtype=torch.float32)
    if duplicates:
        x[shape[0] // 2 :] = x[: shape[0] // 2]
    plain = (grad.T @ x).double()
    top = torch.linalg.matrix_norm(x.double(), 2).item() ** 2
    for damping in (10.0, 1e-1, 1e-3, 1e-5, 1e-8):
        found = conditioned(x, grad, damping).double()
        beta = shape[0] * damping
        error = 1e-6 + torch.finfo(torch.float32).eps * top / beta
        assert found.norm() <= plain.norm() * (1 + 1e-5)
        descent = (found * plain).sum()
        assert descent >= (beta / (beta + top) - error) * plain.square().sum()
        assert (found - dense(x, grad, damping)).norm() <= error * plain.norm()


@pytest.mark.parametrize("shape", [(12, 30, 5), (30, 12, 5)])
def test_invariances(shape):
    b, n, m = shape
    x, grad = pair(*shape)
    base = conditioned(x, grad, 0.5)
    close = torch.testing.assert_close
    order = torch.randperm(b)
    close(conditioned(x[order], grad[order], 0.5), base)
    close(conditioned(torch.cat([x, x]), torch.cat([grad, grad]) / 2, 0.5), base)
    zeros = torch.zeros(4, n, dtype=x.dtype), torch.zeros(4, m, dtype=x.dtype)
    close(conditioned(torch.cat([x, zeros[0]]), torch.cat([grad, zeros[1]]), 0.5 * b / (b + 4)), base)
    close(conditioned(3 * x, grad, 9 * 0.5), 3 * base)
    turned = torch.linalg.qr(torch.randn(n, n, dtype=x.dtype))[0]
    close(conditioned(x @ turned, grad, 0.5), base @ turned)
    mixed = torch.randn(m, m, dtype=x.dtype)
    close(conditioned(x, grad @ mixed, 0.5), mixed.T @ base)
    close(conditioned(x, 7 * grad, 0.5), 7 * base)


def test_one_step_solves_least_squares():
    for b, n in ((50, 12), (12, 50)):
        x, target = torch.randn(b, n).double(), torch.randn(b, 3).double()
        layer = IsaacLinear(n, 3, bias=False, damping=1e-8, dtype=torch.float64)
        start = layer.weight.detach().clone()
        (0.5 * (layer(x) - target).square().sum() / b).backward()
        stepped = layer.weight.detach() - layer.weight.grad / 1e-8
        nearest = start + (torch.linalg.pinv(x) @ (target - x @ start.T)).T
        torch.testing.assert_close(stepped, nearest, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("damping", [0.1, 10.0])
def test_inputs_and_bias_get_torchs_gradient_and_the_upstream_one_is_untouched(damping):
    layer = IsaacLinear(9, 4, damping=damping, dtype=torch.float64)
    x = torch.randn(6, 9, dtype=torch.float64, requires_grad=True)

    def value(given, bias):
        return torch.ops.pliant.isaac_linear(given, layer.weight.detach(), bias, *layer._settings()).sin()

    bias = layer.bias.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(value, (x, bias))
    grad = torch.randn(6, 4, dtype=torch.float64)
    kept = grad.clone()
    layer(x).backward(grad)
    assert torch.equal(grad, kept)
    plain = grad.T @ x.detach()
    assert relative(layer.weight.grad, plain) > 1e-3  # this is no derivative of the output …
    assert relative(layer.weight.grad, dense(x.detach(), grad, damping)) < 1e-11  # … but this


def test_several_backward_passes_add_up():
    layer = IsaacLinear(5, 4, damping=0.2, dtype=torch.float64)
    batches = [pair(b, 5, 4) for b in (3, 9, 1)]
    for x, grad in batches:
        layer(x).backward(grad)
    torch.testing.assert_close(layer.weight.grad, sum(dense(x, grad, 0.2) for x, grad in batches))


def test_layers_of_one_input_share_a_factor_until_it_changes():
    x = torch.randn(8, 20)
    layers = [IsaacLinear(20, m, damping=0.5) for m in (4, 40, 4)]
    grads = [torch.randn(8, layer.out_features) for layer in layers]
    sum((layer(x) * grad).sum() for layer, grad in zip(layers, grads, strict=True)).backward()
    shared = [layer.counts["shared_factor"] for layer in layers]
    assert sum(shared) == 2
    for layer, grad in zip(layers, grads, strict=True):
        assert relative(layer.weight.grad, dense(x, grad, 0.5)) < 1e-5
        layer.weight.grad = None
    with torch.no_grad():
        x.mul_(2)
    layers[0](x).backward(grads[0])
    assert relative(layers[0].weight.grad, dense(x, grads[0], 0.5)) < 1e-5
    layers[0].damping = 0.1
    layers[0].weight.grad = None
    layers[0](x).backward(grads[0])
    assert relative(layers[0].weight.grad, dense(x, grads[0], 0.1)) < 1e-5


def test_a_new_tensor_at_an_old_address_is_not_taken_for_the_old_one():
    layer = IsaacLinear(64, 64, damping=0.1)
    for _ in range(20):
        x, grad = torch.randn(32, 64), torch.randn(32, 64)
        layer.weight.grad = None
        layer(x).backward(grad)
        assert relative(layer.weight.grad, dense(x, grad, 0.1)) < 1e-5
    assert layer.counts["shared_factor"] == 0


def test_sequences_expand_and_reduce():
    x, grad = torch.randn(6, 5, 9, dtype=torch.float64), torch.randn(6, 5, 4, dtype=torch.float64)
    flat = x.reshape(30, 9), grad.reshape(30, 4)
    torch.testing.assert_close(conditioned(x, grad, 0.3), dense(*flat, 0.3))
    mean = x.mean(1)
    gram = mean.T @ mean / 6 + 0.3 * torch.eye(9, dtype=x.dtype)
    expected = 0.3 * (flat[1].T @ flat[0]) @ torch.linalg.inv(gram)
    torch.testing.assert_close(conditioned(x, grad, 0.3, rows="reduce"), expected)
    one = x[:, :1], grad[:, :1]
    torch.testing.assert_close(conditioned(*one, 0.3, rows="reduce"), conditioned(*one, 0.3))
    torch.testing.assert_close(
        conditioned(x[:, 0], grad[:, 0], 0.3, rows="reduce"), dense(x[:, 0], grad[:, 0], 0.3)
    )


@pytest.mark.parametrize("shape", [(8, 20, 4), (20, 8, 4), (20, 8, 40)])
def test_augmented_bias_is_the_weight_of_ones(shape):
    x, grad = pair(*shape)
    weight, bias = layer_gradients(x, grad, 0.3, augmented_bias=True)
    ones = torch.ones(shape[0], 1, dtype=x.dtype)
    torch.testing.assert_close(
        torch.cat([weight, bias[:, None]], 1), dense(torch.cat([x, ones], 1), grad, 0.3)
    )


def test_divided_is_divided_by_the_damping():
    x, grad = pair(8, 20, 4)
    torch.testing.assert_close(conditioned(x, grad, 0.3, scale="divided"), dense(x, grad, 0.3) / 0.3)


def test_strided_views_and_expanded_gradients():
    x = torch.randn(40, 30, dtype=torch.float64)
    for view in (x.T, x[::2], x[:, 3:20], x[:, ::3], x[5:6].expand(7, 30)):
        layer = IsaacLinear(view.shape[1], 6, damping=0.4, dtype=torch.float64)
        layer(view).sum().backward()
        grad = torch.ones(len(view), 6, dtype=torch.float64)
        torch.testing.assert_close(layer.weight.grad, dense(view, grad, 0.4))


def test_half_precision_is_worked_on_in_float32():
    x, grad = pair(16, 40, 8, dtype=torch.bfloat16)
    found = conditioned(x, grad, 0.5)
    assert found.dtype == torch.bfloat16
    assert relative(found, dense(x, grad, 0.5)) < 2**-8


def test_the_number_of_threads_changes_no_more_than_torchs_products(threads):
    x, grad = pair(60, 500, 300, dtype=torch.float32)
    threads(1)
    one = conditioned(x, grad, 0.5)
    threads(2)
    assert relative(conditioned(x, grad, 0.5), one.double()) < 1e-6
