# tests/experiments/test_isaac_comparisons.py — the controls against dense formulas; equal trials
import math

import pytest
import torch

from experiments.optim import explained, subsets
from experiments.optim.controls import CONTROLS, conditioned
from experiments.optim.tuned import Comparison, Grid
from experiments.optim.workload_comparisons import COMPARISONS
from pliant.optim import Isaac

DAMPING = 0.7


def pair(rows, control=None):
    """A layer's input, its plain gradient, and what the control makes of it."""
    torch.manual_seed(0)
    layer = torch.nn.Linear(9, 4)
    x, goal = torch.randn(rows, 9) + 1, torch.randn(rows, 4)
    changed = CONTROLS[control](torch.nn.Sequential(layer), DAMPING) if control else Isaac(layer, DAMPING)
    out = layer(x)
    upstream = (out - goal).detach() / rows
    out.backward(upstream)
    changed.step()
    return x, upstream, layer.weight.grad


@pytest.mark.parametrize("rows", [1, 5, 9, 30])
def test_conditioned_is_what_the_library_gives(rows):
    x, upstream, found = pair(rows)
    torch.testing.assert_close(conditioned(upstream.T @ x, x, DAMPING), found, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rows", [5, 30])
def test_conditioned_of_what_overflows_is_the_plain_gradient(rows):
    plain = torch.randn(4, 9)
    assert conditioned(plain, torch.full((rows, 9), 1e30), DAMPING) is plain


@pytest.mark.parametrize("rows", [1, 5, 30])
def test_each_control_is_its_dense_formula(rows):
    x, upstream, found = pair(rows, "mean_deflated")
    plain, mean = upstream.T @ x, x.mean(0)
    dense = DAMPING * plain @ torch.linalg.inv(torch.outer(mean, mean) + DAMPING * torch.eye(9))
    torch.testing.assert_close(found, dense, rtol=1e-4, atol=1e-5)
    _, _, found = pair(rows, "normalised_rows")
    scale = DAMPING / (DAMPING + x.square().sum(1))
    torch.testing.assert_close(found, torch.einsum("b,bm,bn->mn", scale, upstream, x))
    _, _, found = pair(rows, "shortened")
    length = conditioned(plain, x, DAMPING).norm()
    torch.testing.assert_close(found, plain / plain.norm() * length, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(pair(rows, "other_batch")[2], plain)  # there was no batch before


def test_one_row_is_normalised_least_mean_squares():
    torch.testing.assert_close(pair(1, "normalised_rows")[2], pair(1)[2], rtol=1e-4, atol=1e-6)


def rows_of(comparison, loss):
    """The rows of a search whose losses of validation `loss` gives, followed until it is over."""
    rows = []
    while open_jobs := [j for j in comparison.plan(rows) if not any(map(j.matches, rows))]:
        if any(job.seed != comparison.seeds[0] for job in open_jobs):
            return rows, open_jobs
        rows += [
            {
                "setting": j.setting,
                "options": j.options,
                "seed": j.seed,
                "validation": {"loss": loss(j.options)},
            }
            for j in open_jobs
        ]
    raise AssertionError("no seed followed")


@pytest.mark.parametrize("comparison", [explained.COMPARISON, *COMPARISONS.values()], ids=lambda c: c.name)
def test_every_method_has_as_many_trials_and_seeds_follow_the_search(comparison):
    assert len({len(grid.trials()) for grid in comparison.methods.values()}) == 1
    rows, later = rows_of(comparison, lambda options: abs(math.log(options["learning-rate"] / 0.03)))
    assert {row["seed"] for row in rows} == {comparison.seeds[0]}
    assert len(later) == len(comparison.methods) * (len(comparison.seeds) - 1)
    assert comparison.chosen(rows, next(iter(comparison.methods))) is not None


@pytest.mark.parametrize(
    ("target", "tried", "best"),
    [
        ((0.1, 1.0), [], (0.1, 1.0)),  # within
        ((0.001, 1.0), [(0.0032, 1.0), (0.001, 1.0), (0.00032, 1.0)], (0.001, 1.0)),
        ((0.1, 90.0), [(0.1, 100.0), (0.1, 1000.0)], (0.1, 100.0)),
        ((0.1, 0.0), [(0.1, 10.0**-k) for k in range(3, 7)], (0.1, 1e-6)),  # no further
    ],
)
def test_a_grid_goes_on_where_its_best_is_at_an_end(target, tried, best):
    grid = Grid({"learning-rate": (1.0, 0.1, 0.01), "damping": (10.0, 1.0, 0.1, 0.01)}, {"momentum": 0.9})
    if target[0] < 0.01:
        grid = Grid({"learning-rate": (0.1, 0.03, 0.01), "damping": (1.0,)}, {"momentum": 0.9})
    comparison = Comparison("made up", {"only": grid}, {"workload": "mlp"})

    def loss(options):
        return abs(math.log(options["learning-rate"] / target[0])) + abs(
            math.log(options["damping"] / max(target[1], 1e-9))
        )

    rows, _ = rows_of(comparison, loss)
    first = len(grid.trials())
    assert [(r["options"]["learning-rate"], r["options"]["damping"]) for r in rows[first:]] == tried
    chosen = comparison.chosen(rows, "only")
    assert (chosen["learning-rate"], chosen["damping"], chosen["momentum"]) == (*best, 0.9)


def test_subsets_search_first():
    assert len(subsets.plan([])) == len(subsets.SUBSETS) * len(subsets.RATES)
