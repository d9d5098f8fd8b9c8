# tests/program/test_solvers.py — gradients for solvers that are not relaxed: formulas, expectations, errors
import math

import pytest
import torch

import pliant
from tests.program import shipped_reference as reference

HALF = 0.5 * math.erfc(0.5 / math.sqrt(2))  # P(Z > 1/2)


def cheaper(costs):
    """The solver that takes the cheapest of the places of a row, one-hot."""
    return torch.nn.functional.one_hot(costs.argmin(-1), costs.shape[-1]).to(costs.dtype)


def grids(*shape):
    return 0.8 + 8.4 * torch.rand(*shape, dtype=torch.float64)


def test_the_solver_of_paths_is_dijkstra():
    costs = grids(30, 7, 9)
    paths = pliant.shortest_path(costs)
    for k, row in enumerate(costs.tolist()):
        assert torch.equal(paths[k], reference.dijkstra(row)[0])


@pytest.mark.parametrize("levels", [2, 4])
def test_the_solver_of_paths_is_the_hard_program_with_ties_too(levels):
    costs = torch.randint(1, levels + 1, (60, 6, 5)).double()
    paths, _ = pliant.program.load("shortest_path").hard(costs)
    assert torch.equal(pliant.shortest_path(costs), paths)


def test_paths_of_any_shape_and_dtype():
    costs = grids(2, 3, 4, 5)
    paths = pliant.shortest_path(costs)
    assert paths.shape == costs.shape and paths.dtype == torch.float64
    assert torch.equal(pliant.shortest_path(costs.transpose(-1, -2)), paths.new_tensor(0) + _flipped(costs))
    assert pliant.shortest_path(costs.bfloat16()).dtype == torch.bfloat16
    assert pliant.shortest_path(costs[:0]).shape == (0, 3, 4, 5)
    assert pliant.shortest_path(costs[0, 0]).sum() >= 5
    assert not pliant.shortest_path(costs.requires_grad_()).requires_grad


def _flipped(costs):
    return pliant.shortest_path(costs.transpose(-1, -2).contiguous())


def test_threads_do_not_change_the_bits():
    costs, threads = grids(50, 9, 9), torch.get_num_threads()
    try:
        results = []
        for count in (1, 3):
            torch.set_num_threads(count)
            results.append(pliant.shortest_path(costs))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*results)


def test_opcheck():
    torch.library.opcheck(torch.ops.pliant.shortest_path, (grids(2, 4, 3),))


def test_blackbox_is_its_formula():
    costs, upstream = grids(4, 5, 5).requires_grad_(), torch.randn(4, 5, 5, dtype=torch.float64)
    paths = pliant.blackbox(pliant.shortest_path, costs, interpolation=3.0, least=0.0)
    assert torch.equal(paths, pliant.shortest_path(costs))
    paths.backward(upstream)
    moved = pliant.shortest_path((costs + 3 * upstream).clamp_min(0))
    assert torch.equal(costs.grad, (moved - paths) / 3)


def test_blackbox_is_the_slope_of_the_interpolated_loss():
    """Towards a target: 0 where the solution is right, and it lowers the loss where it is not."""
    costs = torch.tensor([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0]], requires_grad=True)
    target = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    y = pliant.blackbox(cheaper, costs, interpolation=5.0)
    (y * (1 - target) + (1 - y) * target).sum().backward()
    assert torch.equal(costs.grad, torch.tensor([[0.0, 0.0, 0.0], [0.2, -0.2, 0.0]]))


def test_identity_gradient():
    costs, upstream = grids(2, 4, 4).requires_grad_(), torch.randn(2, 4, 4, dtype=torch.float64)
    paths = pliant.identity_gradient(pliant.shortest_path, costs)
    assert torch.equal(paths, pliant.shortest_path(costs))
    paths.backward(upstream)
    assert torch.equal(costs.grad, -upstream)


def test_perturbed_solutions_have_the_expectation_and_its_gradient():
    """Of two costs that differ by 1/2, with noise of variance 1/2 each: P(first is cheaper) = P(Z > 1/2)."""
    costs = torch.tensor([[0.5, 0.0]], dtype=torch.float64, requires_grad=True)
    generator = torch.Generator().manual_seed(0)
    options = {"samples": 400_000, "sigma": math.sqrt(0.5), "generator": generator}
    mean = pliant.perturbed(cheaper, costs, **options)
    torch.testing.assert_close(mean, torch.tensor([[HALF, 1 - HALF]], dtype=torch.float64), atol=4e-3, rtol=0)
    mean[0, 0].backward()
    slope = math.exp(-1 / 8) / math.sqrt(2 * math.pi)
    expected = torch.tensor([[-slope, slope]], dtype=torch.float64)
    torch.testing.assert_close(costs.grad, expected, atol=8e-3, rtol=0)


def test_the_gradient_of_perturbed_solutions_has_no_bias_for_few_samples():
    costs = torch.tensor([[0.5, 0.0]], dtype=torch.float64).expand(100_000, 2).clone().requires_grad_()
    pliant.perturbed(cheaper, costs, samples=2, sigma=math.sqrt(0.5))[:, 0].sum().backward()
    slope = math.exp(-1 / 8) / math.sqrt(2 * math.pi)
    assert costs.grad[:, 1].mean().item() == pytest.approx(slope, abs=0.02)


def test_the_gradient_of_the_fenchel_young_loss():
    costs = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    target = cheaper(torch.randn(3, 4, dtype=torch.float64))

    def generator():
        return torch.Generator().manual_seed(5)

    loss = pliant.fenchel_young_loss(cheaper, costs, target, samples=50, sigma=0.7, generator=generator())
    loss.sum().backward()
    mean = pliant.perturbed(cheaper, costs.detach(), samples=50, sigma=0.7, generator=generator())
    torch.testing.assert_close(costs.grad, target - mean)
    # The value: its slope along any direction is that gradient.
    step = torch.randn(3, 4, dtype=torch.float64) * 1e-7

    def value(c):
        return pliant.fenchel_young_loss(
            cheaper, c, target, samples=50, sigma=0.7, generator=generator()
        ).sum()

    with torch.no_grad():
        slope = value(costs + step) - value(costs - step)
    assert slope.item() == pytest.approx(2 * (costs.grad * step).sum().item(), rel=1e-4)


def test_costs_are_learned_from_paths_by_every_way():
    torch.manual_seed(0)
    target = pliant.shortest_path(grids(1, 5, 5))

    def hamming(paths):
        return (paths * (1 - target) + (1 - paths) * target).sum()

    solver = pliant.shortest_path
    ways = {
        "blackbox": lambda c: hamming(pliant.blackbox(solver, c, least=0.0)),
        "identity_gradient": lambda c: hamming(pliant.identity_gradient(solver, c)),
        "perturbed": lambda c: hamming(pliant.perturbed(solver, c, sigma=0.5, least=0.0)),
        "fenchel_young_loss": lambda c: pliant.fenchel_young_loss(
            solver, c, target, sigma=0.5, least=0.0
        ).sum(),
    }
    for name, loss_of in ways.items():
        logits = torch.zeros(1, 5, 5, dtype=torch.float64, requires_grad=True)
        optimizer = torch.optim.Adam([logits], lr=0.1)
        for _ in range(60):
            optimizer.zero_grad()
            loss_of(torch.nn.functional.softplus(logits)).backward()
            optimizer.step()
        assert torch.equal(solver(torch.nn.functional.softplus(logits)), target), name


def test_gradients_of_functions():
    """torch.func takes them too."""
    costs = torch.rand(2, 3, dtype=torch.float64)
    target = torch.tensor([[0.0, 1.0, 0.0]] * 2, dtype=torch.float64)

    def loss(c):
        return (pliant.blackbox(cheaper, c, interpolation=2.0) - target).square().sum()

    leaf = costs.clone().requires_grad_()
    loss(leaf).backward()
    assert torch.equal(torch.func.grad(loss)(costs), leaf.grad)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: pliant.shortest_path(c[0, 0]), ValueError, r"costs must have shape \(…, rows, columns\)"),
        (lambda c: pliant.shortest_path(c.long()), TypeError, "shortest_path: costs must be floating point"),
        (lambda c: pliant.shortest_path(-c), ValueError, "costs must be finite and >= 0, got -1 in row 0"),
        (lambda c: pliant.shortest_path(c * math.nan), ValueError, "must be finite and >= 0, got nan"),
        (lambda c: pliant.blackbox(cheaper, c, interpolation=0.0), ValueError, "interpolation must be > 0"),
        (lambda c: pliant.blackbox(cheaper, c.long()), TypeError, "blackbox: costs must be floating point"),
        (lambda c: pliant.blackbox(lambda x: x[0], c), ValueError, r"shape of costs, \(2, 3, 3\), got \(3,"),
        (lambda c: pliant.identity_gradient(cheaper, c.sum()), ValueError, "must have a batch dimension"),
        (lambda c: pliant.perturbed(cheaper, c, samples=1), ValueError, "samples must be at least 2, got 1"),
        (lambda c: pliant.perturbed(cheaper, c, sigma=-1.0), ValueError, "sigma must be > 0 and finite, got"),
        (lambda c: pliant.fenchel_young_loss(cheaper, c, c[0]), ValueError, "target must have the shape of"),
        (lambda c: pliant.fenchel_young_loss(cheaper, c, c, samples=0), ValueError, "must be at least 1"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(torch.ones(2, 3, 3))
