# tests/optim/test_isaac_conv.py — a convolution's gradient is a linear layer's on its patches
import pytest
import torch
import torch.nn.functional as F
from pliant.nn import IsaacConv2d

from tests.optim.isaac_reference import dense

LAYERS = [  # in, out, kernel, options, height × width, samples
    (3, 4, 3, {}, (8, 9), 5),
    (3, 4, 3, {"padding": 1, "stride": 2}, (8, 9), 5),
    (4, 6, (3, 2), {"padding": (1, 0), "stride": (2, 1), "dilation": (1, 2), "groups": 2}, (7, 7), 3),
    (4, 4, 3, {"groups": 4, "padding": 1}, (5, 5), 2),
    (16, 8, 3, {}, (4, 4), 3),  # few places: the system of the rows
    (16, 8, 3, {"groups": 2}, (4, 4), 3),
    (5, 7, 1, {}, (6, 6), 2),
    (3, 90, 1, {}, (6, 6), 2),  # more channels out than places, which are more than inputs
    (4, 120, 2, {"groups": 2, "stride": 2}, (6, 6), 3),
    (2, 3, 3, {"padding": "same"}, (6, 7), 2),
    (2, 3, (2, 4), {"padding": "same"}, (6, 7), 2),
    (2, 3, 3, {"padding": 1, "padding_mode": "circular"}, (6, 7), 2),
]


def expected(conv, x, grad, damping, augmented):
    """By explicit patches and dense float64, group by group: weight (flat) and bias."""
    weights, biases = [], []
    for rows, upstream in zip(conv.rows_read(x), grad.chunk(conv.groups, 1), strict=True):
        upstream = upstream.permute(0, 2, 3, 1).flatten(0, 2)
        ones = torch.ones(len(rows), 1, dtype=x.dtype)
        result = dense(torch.cat([rows, ones], 1) if augmented else rows, upstream, damping)
        weights.append(result[:, : rows.shape[1]])
        biases.append(result[:, -1] if augmented else upstream.sum(0))
    return torch.cat(weights), torch.cat(biases)


@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("layer", LAYERS)
def test_it_is_a_linear_layer_on_patches(layer, augmented):
    channels, outputs, kernel, options, size, samples = layer
    for dtype, tolerance in ((torch.float64, 1e-11), (torch.float32, 2e-5)):
        conv = IsaacConv2d(
            channels, outputs, kernel, damping=0.4, augmented_bias=augmented, dtype=dtype, **options
        )
        plain = torch.nn.Conv2d(channels, outputs, kernel, dtype=dtype, **options)
        plain.load_state_dict(conv.state_dict())
        x = torch.randn(samples, channels, *size, dtype=dtype, requires_grad=True)
        out = conv(x)
        torch.testing.assert_close(out, plain(x))
        grad = torch.randn_like(out)
        out.backward(grad)
        weight, bias = expected(conv, x.detach(), grad, 0.4, augmented)
        scale = weight.abs().max()
        assert (conv.weight.grad.flatten(1) - weight).abs().max() < tolerance * scale
        torch.testing.assert_close(conv.bias.grad.double(), bias.double(), rtol=1e-4, atol=1e-4)
        (of_x,) = torch.autograd.grad(plain(x), x, grad)
        torch.testing.assert_close(x.grad, of_x)


@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize("layer", LAYERS)
def test_a_samples_mean_over_places_may_make_the_gram_matrix(layer, augmented):
    channels, outputs, kernel, options, size, samples = layer
    options = {**options, "augmented_bias": augmented, "dtype": torch.float64}
    conv = IsaacConv2d(channels, outputs, kernel, damping=0.4, rows="reduce", **options)
    x = torch.randn(samples, channels, *size, dtype=torch.float64)
    out = conv(x)
    grad = torch.randn_like(out)
    out.backward(grad)
    conv.rows = "expand"
    plain, means = conv.rows_read(x), []
    conv.rows = "reduce"
    for rows, mean, upstream in zip(plain, conv.rows_read(x), grad.chunk(conv.groups, 1), strict=True):
        torch.testing.assert_close(mean, rows.unflatten(0, (samples, -1)).mean(1))
        ones = torch.ones(len(rows), 1, dtype=x.dtype)
        if augmented:
            rows, mean = torch.cat([rows, ones], 1), torch.cat([mean, ones[:samples]], 1)
        gram = mean.T @ mean / samples + 0.4 * torch.eye(rows.shape[1], dtype=x.dtype)
        upstream = upstream.permute(0, 2, 3, 1).flatten(0, 2)
        means.append(0.4 * torch.linalg.solve(gram, rows.T @ upstream).T)
    expected = torch.cat(means)
    inputs = conv.weight[0].numel()
    torch.testing.assert_close(conv.weight.grad.flatten(1), expected[:, :inputs])
    if augmented:
        torch.testing.assert_close(conv.bias.grad, expected[:, inputs])


def test_one_place_is_its_own_mean():
    x = torch.randn(4, 3, 5, 5, dtype=torch.float64)
    found = []
    for rows in ("expand", "reduce"):
        torch.manual_seed(2)
        conv = IsaacConv2d(3, 6, 5, damping=0.3, rows=rows, dtype=torch.float64)
        conv(x).square().sum().backward()
        found.append(conv.weight.grad)
    torch.testing.assert_close(*found)


def test_rows_read_are_the_patches():
    conv = IsaacConv2d(4, 6, (3, 2), padding=(1, 0), stride=2, dilation=(1, 2), groups=2)
    x = torch.randn(3, 4, 7, 7)
    rows = torch.stack(conv.rows_read(x))
    weight = conv.weight.unflatten(0, (2, 3)).flatten(2)
    products = rows @ weight.transpose(1, 2) + conv.bias.view(2, 1, 3)
    out = conv(x)
    torch.testing.assert_close(products, out.unflatten(1, (2, 3)).permute(1, 0, 3, 4, 2).flatten(1, 3))


def test_many_samples_are_taken_in_parts():
    conv = IsaacConv2d(3, 5, 3, damping=0.2)
    x = torch.randn(90, 3, 24, 24)  # 1.2 million numbers of patches
    out = conv(x)
    grad = torch.randn_like(out) / 90
    out.backward(grad)
    weight, _ = expected(conv, x, grad, 0.2, False)
    assert (conv.weight.grad.flatten(1) - weight).abs().max() < 1e-5 * weight.abs().max()


def test_a_single_image_and_one_place_are_a_linear_layer():
    conv = IsaacConv2d(3, 5, 4, damping=0.2, dtype=torch.float64)
    x = torch.randn(3, 4, 4, dtype=torch.float64)
    conv(x).sum().backward()
    grad = torch.ones(1, 5, dtype=torch.float64)
    torch.testing.assert_close(conv.weight.grad.flatten(1), dense(x.reshape(1, -1), grad, 0.2))


def test_channels_last_is_the_same():
    conv = IsaacConv2d(3, 5, 3, damping=0.2)
    x = torch.randn(4, 3, 9, 9)
    conv(x).square().sum().backward()
    first = conv.weight.grad.clone()
    conv.weight.grad = None
    conv(x.to(memory_format=torch.channels_last)).square().sum().backward()
    torch.testing.assert_close(conv.weight.grad, first)


def test_divided_and_plain():
    x = torch.randn(4, 3, 9, 9)
    gradients = {}
    for name, options in {
        "zeta": {},
        "divided": {"scale": "divided"},
        "plain": {"damping": float("inf")},
    }.items():
        torch.manual_seed(1)
        conv = IsaacConv2d(3, 5, 3, **{"damping": 0.2, **options})
        F.silu(conv(x)).sum().backward()
        gradients[name] = conv.weight.grad
    torch.testing.assert_close(gradients["divided"], gradients["zeta"] / 0.2)
    torch.manual_seed(1)
    plain = torch.nn.Conv2d(3, 5, 3)
    F.silu(plain(x)).sum().backward()
    assert torch.equal(gradients["plain"], plain.weight.grad)
