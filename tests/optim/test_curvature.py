# tests/optim/test_curvature.py — FOOF and K-FAC against dense float64, and their limits
import copy
import math

import pytest
import torch
import torch.nn.functional as F

from pliant.optim import Foof, Isaac, Kfac


def network(dtype=torch.float64):
    return torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, 3, groups=2, padding=1), torch.nn.Tanh(), torch.nn.Flatten(),
        torch.nn.Linear(100, 20), torch.nn.Tanh(), torch.nn.Linear(20, 5),
    ).to(dtype)  # fmt: skip


def batch(seed=0, count=12):
    torch.manual_seed(seed)
    return torch.randn(count, 2, 5, 5, dtype=torch.float64), torch.arange(count) % 5


def gradients(model, conditioner=None, data=None):
    x, y = data or batch()
    model.zero_grad()
    F.cross_entropy(model(x), y).backward()
    if conditioner:
        conditioner.step()
    return [parameter.grad.clone() for parameter in model.parameters()]


@pytest.mark.parametrize("scale", ["zeta", "divided"])
def test_foof_without_memory_is_isaac(scale):
    model = network()
    twin = copy.deepcopy(model)
    ours = gradients(twin, Isaac(twin, 0.3, scale=scale))
    found = gradients(model, Foof(model, 0.3, average=0.0, scale=scale))
    for a, b in zip(found, ours, strict=True):
        torch.testing.assert_close(a, b)


def test_foof_keeps_a_normalised_mean():
    layer = torch.nn.Linear(6, 3, dtype=torch.float64)
    foof = Foof(layer, 0.3, average=0.8)
    moment = torch.zeros(6, 6, dtype=torch.float64)
    for step in range(1, 5):
        x, grad = torch.randn(4, 6, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
        layer.zero_grad()
        layer(x).backward(grad)
        foof.step()
        moment = 0.8 * moment + 0.2 * x.T @ x / 4
        mean = moment / (1 - 0.8**step) + 0.3 * torch.eye(6, dtype=torch.float64)
        torch.testing.assert_close(layer.weight.grad, 0.3 * grad.T @ x @ torch.linalg.inv(mean))


def test_foofs_own_convention():
    layer = torch.nn.Linear(6, 3, bias=False, dtype=torch.float64)
    x, grad = torch.randn(8, 6, dtype=torch.float64), torch.randn(8, 3, dtype=torch.float64)
    damping, rate = 2.4, 0.1
    foof = Foof(layer, damping / 8, average=0.0)
    layer(x).backward(grad)
    foof.step()
    published = rate * grad.T @ x @ torch.linalg.inv(x.T @ x + damping * torch.eye(6, dtype=x.dtype))
    torch.testing.assert_close(rate / damping * layer.weight.grad, published)


def test_factors_are_made_at_intervals_and_moments_always():
    layer = torch.nn.Linear(6, 3, dtype=torch.float64)
    foof = Foof(layer, 0.3, average=0.5, interval=3)
    seen = []
    for seed in range(4):
        torch.manual_seed(seed)
        layer.zero_grad()
        layer(torch.randn(4, 6, dtype=torch.float64)).sum().backward()
        foof.step()
        seen.append(foof.state_dict()["moments"]["/inputs"][0][2].clone())
    assert torch.equal(seen[0], seen[1]) and torch.equal(seen[0], seen[2])
    assert not torch.equal(seen[0], seen[3])
    assert foof.state_dict()["moments"]["/inputs"][0][1] == 4


@pytest.mark.parametrize("kind", [Foof, Kfac])
def test_state_goes_on(kind):
    def run(model, conditioner, seeds):
        for seed in seeds:
            x, y = batch(seed)
            model.zero_grad()
            out = model(x)
            if isinstance(conditioner, Kfac):
                conditioner.observe(out)
            F.cross_entropy(out, y).backward()
            conditioner.step()
        return [parameter.grad.clone() for parameter in model.parameters()]

    names = ["3", "5"]
    model = network()
    twin = copy.deepcopy(model)
    whole = kind(model, 0.3, layers=names)
    first = kind(twin, 0.3, layers=names)
    run(model, whole, (1, 2))
    run(twin, first, (1, 2))
    first.remove()
    second = kind(twin, 0.3, layers=names)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for a, b in zip(run(model, whole, (3,)), run(twin, second, (3,)), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(ValueError, match="the state is of other layers"):
        kind(network(), 0.3, layers=["3"]).load_state_dict(first.state_dict())


def two_sided(weight_grad, x, output_rows, samples, input_damping, output_damping):
    """By a dense Kronecker product: λ_a·λ_g·((B + λ_g I) ⊗ (A + λ_a I))⁻¹ vec ∇."""
    a = x.T @ x / len(x) + input_damping * torch.eye(x.shape[1], dtype=x.dtype)
    b = output_rows.T @ output_rows / samples + output_damping * torch.eye(
        output_rows.shape[1], dtype=x.dtype
    )
    flat = torch.linalg.solve(torch.kron(b, a), weight_grad.flatten())
    return input_damping * output_damping * flat.view_as(weight_grad)


@pytest.mark.parametrize("scale", ["zeta", "divided"])
def test_kfac_is_a_dense_kronecker_solve(scale):
    layer = torch.nn.Linear(6, 4, dtype=torch.float64)
    kfac = Kfac(layer, input_damping=0.3, output_damping=0.02, average=0.0, scale=scale)
    x, y = torch.randn(9, 6, dtype=torch.float64), torch.arange(9) % 4
    out = layer(x)
    torch.manual_seed(5)
    kfac.observe(out)
    torch.manual_seed(5)
    drawn = torch.multinomial(out.detach().softmax(1), 1).squeeze(1)
    rows = out.detach().softmax(1) - F.one_hot(drawn, 4)
    loss = F.cross_entropy(out, y)
    (plain,) = torch.autograd.grad(loss, layer.weight, retain_graph=True)
    loss.backward()
    kfac.step()
    expected = two_sided(plain, x, rows, 9, 0.3, 0.02)
    expected = expected if scale == "zeta" else expected / (0.3 * 0.02)
    torch.testing.assert_close(layer.weight.grad, expected)


def test_a_large_output_damping_is_isaac():
    model = network()
    names = ["3", "5"]
    twin = copy.deepcopy(model)
    expected = gradients(twin, Isaac(twin, 0.3, layers=names))
    kfac = Kfac(model, input_damping=0.3, output_damping=1e9, average=0.0, scale="zeta", layers=names)
    x, y = batch()
    out = model(x)
    kfac.observe(out)
    F.cross_entropy(out, y).backward()
    kfac.step()
    for parameter, other in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, other, rtol=1e-7, atol=1e-10)


def test_drawn_gradients_average_to_the_fisher_matrix():
    layer = torch.nn.Linear(3, 4, dtype=torch.float64)
    kfac = Kfac(layer, 1.0, average=0.0)
    x = torch.randn(1, 3, dtype=torch.float64).expand(20000, 3)
    out = layer(x)
    kfac.observe(out)
    out.sum().backward()
    kfac.step()
    p = out[0].detach().softmax(0)
    fisher = torch.diag(p) - torch.outer(p, p)
    found = kfac.state_dict()["moments"]["/outputs"][0][0]
    torch.testing.assert_close(found, fisher, rtol=0, atol=0.02)


def test_kfac_splits_one_damping_by_the_traces():
    layer = torch.nn.Linear(6, 4, dtype=torch.float64)
    kfac = Kfac(layer, 0.09, average=0.0)
    out = layer(torch.randn(9, 6, dtype=torch.float64))
    kfac.observe(out)
    F.cross_entropy(out, torch.arange(9) % 4).backward()
    kfac.step()
    inputs, outputs = (kfac.state_dict()["moments"][f"/{side}"][0][0] for side in ("inputs", "outputs"))
    a, b = kfac._dampings("")
    assert a * b == pytest.approx(0.09)
    assert a / b == pytest.approx((inputs.trace() / 6 / (outputs.trace() / 4)).item())


def test_kfac_on_convolutions_sums_outputs_over_places():
    conv = torch.nn.Conv2d(2, 3, 2, dtype=torch.float64)
    model = torch.nn.Sequential(conv, torch.nn.Flatten())
    kfac = Kfac(model, input_damping=0.3, output_damping=0.02, average=0.0, scale="zeta")
    x = torch.randn(5, 2, 3, 3, dtype=torch.float64)
    out = model(x)
    torch.manual_seed(5)
    kfac.observe(out)
    torch.manual_seed(5)
    drawn = torch.multinomial(out.detach().softmax(1), 1).squeeze(1)
    rows = (out.detach().softmax(1) - F.one_hot(drawn, 12)).view(5, 3, 4).movedim(1, 2).reshape(20, 3)
    patches = F.unfold(x, 2).movedim(1, 2).reshape(20, 8)
    loss = F.cross_entropy(out, torch.arange(5))
    (plain,) = torch.autograd.grad(loss, conv.weight, retain_graph=True)
    loss.backward()
    kfac.step()
    expected = two_sided(plain.flatten(1), patches, rows, 5, 0.3, 0.02)
    torch.testing.assert_close(conv.weight.grad.flatten(1), expected)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_no_number_leaves_the_plain_gradient(bad):
    layer = torch.nn.Linear(6, 4)
    foof = Foof(layer, 1.0, average=0.0)
    x = torch.randn(9, 6)
    x[0, 0] = bad
    layer(x).sum().backward()
    plain = layer.weight.grad.clone()
    foof.step()
    assert foof.plain == 1
    assert torch.equal(layer.weight.grad.nan_to_num(), plain.nan_to_num())


def test_evaluation_and_missing_gradients_are_left_alone():
    model = network()
    foof = Foof(model, 1.0)
    model.eval()
    model(batch()[0]).sum().backward()
    plain = [p.grad.clone() for p in model.parameters()]
    foof.step()
    assert all(torch.equal(a, p.grad) for a, p in zip(plain, model.parameters(), strict=True))
    assert foof.plain == 3
    model.zero_grad()
    foof.step()
    assert foof.plain == 3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda m: Foof(m, 0.0), "Foof: damping must be > 0, got 0.0"),
        (lambda m: Foof(m, math.inf), "Foof: damping must be finite, got inf"),
        (lambda m: Foof(m, average=1.0), r"Foof: average must be in \[0, 1\), got 1.0"),
        (lambda m: Foof(m, interval=0), "Foof: interval must be at least 1, got 0"),
        (lambda m: Foof(m, layers=["7"]), "Foof: no layer '7' can be conditioned; there are: 0, 3, 5"),
        (lambda m: Foof(m, layers="some"), "Foof: layers must be 'all', names or a function, got 'some'"),
        (lambda m: Foof(m, layers=lambda n, module: False), "Foof: the model has no layer to condition"),
        (lambda m: Kfac(m, scale="both"), "Kfac: scale must be one of zeta, divided, got 'both'"),
        (lambda m: Kfac(m), "Kfac: the convolution '0' has groups"),
        (lambda m: Kfac(m, rows="reduce"), "Kfac: rows must be expand, got 'reduce'"),
        (lambda m: Foof(m, rows="mean"), "Foof: rows must be one of expand, reduce, got 'mean'"),
        (lambda m: Kfac(m, input_damping=1.0), "Kfac: input_damping and output_damping go together"),
        (
            lambda m: Kfac(m, input_damping=1.0, output_damping=-1.0),
            "Kfac: output_damping must be > 0 and finite, got -1.0",
        ),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ValueError, match=message):
        make(network())


def test_wrong_tensors():
    factorise, solve = torch.ops.pliant.isaac_factorise, torch.ops.pliant.isaac_solve
    with pytest.raises(ValueError, match=r"isaac_factorise: moment must have shape \(n, n\), got \[2, 3\]"):
        factorise(torch.ones(2, 3), 1.0)
    with pytest.raises(TypeError, match="isaac_factorise: moment must be float32 or float64"):
        factorise(torch.ones(2, 2, dtype=torch.int64), 1.0)
    with pytest.raises(ValueError, match="isaac_factorise: damping must be > 0 and finite, got 0"):
        factorise(torch.ones(2, 2), 0.0)
    factor, whole = factorise(torch.eye(3), 0.5)
    assert whole
    torch.testing.assert_close(solve(factor, torch.ones(3, 2)), torch.full((3, 2), 1 / 3))
    with pytest.raises(ValueError, match=r"isaac_solve: right must have shape \(3, columns\), got \[2, 2\]"):
        solve(factor, torch.ones(2, 2))
    with pytest.raises(ValueError, match="isaac_solve: factor must be what isaac_factorise gave"):
        solve(torch.eye(3), torch.ones(3, 2))
    with pytest.raises(TypeError, match="isaac_solve: right must have the dtype of factor"):
        solve(factor, torch.ones(3, 2).double())
