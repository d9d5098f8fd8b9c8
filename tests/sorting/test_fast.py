# tests/sorting/test_fast.py — the ops of sorting without a matrix: torchsort, laws, gradients, errors
import importlib
import sys

import pytest
import torch
from pliant._fast import OrderedRows
from pliant._library import ops

from tests.conftest import PEERS

REGULARIZATIONS = ["l2", "kl"]
STEEPNESS = torch.tensor([2.0], dtype=torch.float64)


@pytest.fixture(scope="session")
def torchsort():
    """The published package, in build/peers: benchmarks/install_peers compiles it there."""
    if not (PEERS / "torchsort").is_dir():
        pytest.skip(f"torchsort is not in {PEERS}: run benchmarks/install_peers")
    sys.path.append(str(PEERS))
    try:
        return importlib.import_module("torchsort")
    finally:
        sys.path.remove(str(PEERS))


def rows_of(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, requires_grad=True)


@pytest.mark.parametrize("regularization", REGULARIZATIONS)
@pytest.mark.parametrize("steepness", [0.05, 1.0, 7.0])
@pytest.mark.parametrize("n", [1, 2, 5, 64, 300])
@pytest.mark.parametrize("mode", ["sort", "rank"])
def test_steepness_is_one_over_the_strength_of_torchsort(torchsort, regularization, steepness, n, mode):
    x, upstream = rows_of(4, n), torch.randn(4, n, dtype=torch.float64)
    rows = OrderedRows("test", x, steepness)
    ours = rows.fast_values(regularization) if mode == "sort" else rows.fast_ranks(regularization)
    peer = getattr(torchsort, f"soft_{mode}")(x, regularization, 1 / steepness)
    torch.testing.assert_close(ours, peer, rtol=1e-9, atol=1e-9)
    gradients = [torch.autograd.grad(result, x, upstream)[0] for result in (ours, peer)]
    torch.testing.assert_close(*gradients, rtol=1e-7, atol=1e-7)


def soft(name, rows):
    """The soft values or ranks of ordered rows."""
    if name == "lap_ranks":
        return ops.lap_rank(rows.rows, rows.order, rows.steepness)
    return getattr(rows, name)()


@pytest.mark.parametrize("regularization", REGULARIZATIONS)
@pytest.mark.parametrize("steepness", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("op", ["fast_sort", "fast_rank"])
def test_gradients_of_the_projections(regularization, steepness, op):
    x, s = rows_of(3, 8), torch.tensor([steepness], dtype=torch.float64, requires_grad=True)
    order = ops.ascending_order(x.detach())
    assert torch.autograd.gradcheck(lambda x, s: getattr(ops, op)(x, order, s, regularization), (x, s))


@pytest.mark.parametrize("steepness", [0.3, 4.0])
def test_gradients_of_sums_of_laplace_distributions(steepness):
    x, s = rows_of(3, 8), torch.tensor([steepness], dtype=torch.float64, requires_grad=True)
    k = torch.tensor([[0.3, 4.7], [1.2, 7.5], [3.1, 6.4]], dtype=torch.float64, requires_grad=True)
    order = ops.ascending_order(x.detach())
    assert torch.autograd.gradcheck(lambda *numbers: ops.lap_mask(numbers[0], order, *numbers[1:]), (x, k, s))
    assert torch.autograd.gradcheck(lambda x, s: ops.lap_rank(x, order, s), (x, s))
    q = torch.tensor([0.03, 0.5, 0.97], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, q, s: ops.soft_quantile(x, q, s)[0], (x, q, s), atol=1e-4)


@pytest.mark.parametrize("steepness", [0.1, 3.0, 1e9])
def test_the_permutation_is_doubly_stochastic(steepness):
    x = rows_of(3, 9)
    permutation = OrderedRows("test", x, steepness).permutation()
    one = torch.ones(3, 9, dtype=torch.float64)
    assert permutation.min() >= -1e-15
    torch.testing.assert_close(permutation.sum(1), one)
    torch.testing.assert_close(permutation.sum(2), one)
    if steepness == 1e9:
        values = (x.unsqueeze(1) @ permutation).squeeze(1)
        torch.testing.assert_close(values, x.sort(-1).values)


def test_the_columns_of_the_permutation_are_neighbouring_masks():
    x = torch.tensor([[0.3, -0.2, 0.9]], dtype=torch.float64)
    rows = OrderedRows("test", x, 2.0)
    masks = rows.top_masks(torch.tensor([[1.0, 2.0]], dtype=torch.float64))[0]
    expected = torch.stack([1 - masks[1], masks[1] - masks[0], masks[0]], 1)
    torch.testing.assert_close(rows.permutation()[0], expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_other_dtypes_are_double_to_their_precision(dtype):
    x = torch.randn(4, 20).to(dtype)
    k = torch.tensor([[3.5]], dtype=torch.float64).expand(4, 1)
    for name in ("fast_values", "fast_ranks", "lap_ranks"):
        found, expected = (soft(name, OrderedRows("test", rows, 2.0)) for rows in (x, x.to(torch.float64)))
        assert found.dtype == dtype
        torch.testing.assert_close(found, expected.to(dtype))
    mask, expected = (OrderedRows("test", rows, 2.0).top_masks(k) for rows in (x, x.to(torch.float64)))
    torch.testing.assert_close(mask, expected.to(dtype))


@pytest.mark.parametrize("name", ["fast_values", "fast_ranks", "lap_ranks"])
def test_one_thread_is_many(threads, name):
    x = rows_of(500, 30, dtype=torch.float32)
    upstream = torch.randn(500, 30)
    found = []
    for count in (1, 2):
        threads(count)
        result = soft(name, OrderedRows("test", x, 2.0))
        found.append((result.detach(), torch.autograd.grad(result, x, upstream)[0]))
    assert all(torch.equal(one, many) for one, many in zip(*found, strict=True))


@pytest.mark.parametrize("regularization", REGULARIZATIONS)
def test_a_million_numbers(regularization):
    x = torch.randn(1, 1_000_000, requires_grad=True)
    rows = OrderedRows("test", x, 1e4)
    values, sorted_x = rows.fast_values(regularization), x.sort(-1).values
    torch.testing.assert_close(values, sorted_x, rtol=0, atol=1e-3)  # the ramp is steep above the gaps of x
    (gradient,) = torch.autograd.grad(values.square().sum(), x)
    torch.testing.assert_close(gradient, 2 * x, rtol=0, atol=1e-3)
    flat = OrderedRows("test", x, 0.1)
    for ranks in (flat.fast_ranks(regularization), soft("lap_ranks", flat)):
        assert (ranks.gather(-1, x.argsort(-1)).diff() >= 0).all()
        assert ranks.sum(dtype=torch.float64).item() == pytest.approx(1_000_000 * 1_000_001 / 2, rel=1e-7)
        (gradient,) = torch.autograd.grad(ranks[0, 0], x)
        assert gradient.isfinite().all() and gradient[0, 0] > 0


def test_an_empty_batch_is_an_empty_result():
    x = torch.empty(0, 4, requires_grad=True)
    rows = OrderedRows("test", x, 2.0)
    for result in (rows.fast_values(), rows.fast_ranks("kl"), soft("lap_ranks", rows)):
        assert result.shape == (0, 4)
        assert torch.autograd.grad(result.sum(), x)[0].shape == (0, 4)
    assert rows.top_masks(torch.empty(0, 2, dtype=torch.float64)).shape == (0, 2, 4)


def test_errors_name_the_argument():
    x = torch.randn(2, 3)
    order = ops.ascending_order(x)
    with pytest.raises(ValueError, match="unknown regularization 'l1'; there are: l2, kl"):
        ops.fast_sort(x, order, STEEPNESS, "l1")
    with pytest.raises(ValueError, match="fast_rank: order must have the shape of x"):
        ops.fast_rank(x, order[:1], STEEPNESS, "l2")
    with pytest.raises(ValueError, match="order must be the ascending order of the rows of x"):
        ops.fast_rank(x, order.flip(-1), STEEPNESS, "l2")
    with pytest.raises(TypeError, match="order must be int32"):
        ops.lap_rank(x, order.long(), STEEPNESS)
    with pytest.raises(ValueError, match="steepness must be > 0 and finite, got -2"):
        ops.lap_rank(x, order, -STEEPNESS)
    with pytest.raises(TypeError, match="steepness must be float64"):
        ops.lap_rank(x, order, STEEPNESS.float())
    with pytest.raises(ValueError, match=r"lap_mask: k must be in \[0, n\], n = 3, got 4"):
        ops.lap_mask(x, order, torch.full((2, 1), 4.0, dtype=torch.float64), STEEPNESS)
    with pytest.raises(ValueError, match=r"k must have shape \(batch, count\)"):
        ops.lap_mask(x, order, torch.ones(3, 1, dtype=torch.float64), STEEPNESS)
    with pytest.raises(ValueError, match=r"soft_quantile: q must be in \[0, 1\], got 1.5"):
        ops.soft_quantile(x, STEEPNESS.new_tensor([0.5, 1.5]), STEEPNESS)
    with pytest.raises(ValueError, match=r"soft_quantile: q must have shape \(count\), got \[1, 1\]"):
        ops.soft_quantile(x, STEEPNESS.new_tensor([[0.5]]), STEEPNESS)
    with pytest.raises(TypeError, match="soft_quantile: q must be float64"):
        ops.soft_quantile(x, torch.ones(1), STEEPNESS)
    with pytest.raises(TypeError, match="x must be floating point"):
        ops.ascending_order(torch.ones(2, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match="test: steepness must be > 0 and finite, got 0"):
        OrderedRows("test", x, 0)
    with pytest.raises(TypeError, match="test: steepness must be a number or a tensor, got str"):
        OrderedRows("test", x, "steep")
    with pytest.raises(ValueError, match="test: steepness must be one number"):
        OrderedRows("test", x, torch.ones(2))
