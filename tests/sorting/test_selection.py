# tests/sorting/test_selection.py — soft top-k masks, quantiles, medians: laws, limits, gradients, edges
import pytest
import torch

import pliant

INFINITY, NAN = float("inf"), float("nan")


def numbers(*shape, **options):
    return torch.randn(*shape, dtype=torch.float64, **options)


def laplace(u):
    return torch.where(u > 0, 1 - 0.5 * torch.exp(-u.abs()), 0.5 * torch.exp(-u.abs()))


@pytest.mark.parametrize("steepness", [1e-3, 1.0, 10.0, 1e6])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_masks_sum_to_k_and_order_as_x_does(steepness, dtype):
    x = torch.randn(5, 40, dtype=dtype)
    for k in (0, 0.3, 1, 7.5, 39.9, 40):
        mask = pliant.soft_topk_mask(x, k, steepness=steepness)
        assert mask.dtype == dtype
        assert ((mask >= 0) & (mask <= 1)).all()
        torch.testing.assert_close(
            mask.sum(-1), torch.full((5,), k, dtype=dtype), rtol=1e-6, atol=1e-6, msg=f"k = {k}"
        )
        assert (mask.gather(-1, x.argsort(-1)).diff() >= 0).all()


def test_the_definition():
    x = numbers(3, 12)
    mask = pliant.soft_topk_mask(x, 4, steepness=3.0)
    # One threshold explains all of a row: u − 3·x is the same number.
    u = torch.where(mask < 0.5, torch.log(2 * mask), -torch.log(2 * (1 - mask)))
    shift = u - 3 * x
    torch.testing.assert_close(shift, shift[:, :1].expand_as(shift))
    torch.testing.assert_close(laplace(u), mask)


def test_the_hard_limit_is_topk():
    x = numbers(4, 20)
    hard = torch.zeros_like(x).scatter(-1, x.topk(5).indices, 1)
    torch.testing.assert_close(pliant.soft_topk_mask(x, 5, steepness=1e7), hard)
    smallest = torch.zeros_like(x).scatter(-1, x.topk(5, largest=False).indices, 1)
    torch.testing.assert_close(pliant.soft_topk_mask(x, 5, largest=False, steepness=1e7), smallest)


def test_ties_share_and_one_item_takes_all():
    torch.testing.assert_close(pliant.soft_topk_mask(torch.ones(4), 1), torch.full((4,), 0.25))
    assert pliant.soft_topk_mask(torch.tensor([3.0]), 1).tolist() == [1.0]
    assert pliant.soft_topk_mask(torch.tensor([3.0]), 0.5).tolist() == [0.5]


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -2])
def test_any_dimension_and_batch_shape(dim):
    x = numbers(3, 4, 5)
    mask = pliant.soft_topk_mask(x, 2, dim, steepness=2.0)
    expected = pliant.soft_topk_mask(x.movedim(dim, -1).reshape(-1, x.shape[dim]), 2, steepness=2.0)
    torch.testing.assert_close(mask.movedim(dim, -1).reshape(expected.shape), expected)
    median = pliant.soft_median(x, dim, keepdim=True, steepness=1e6)
    torch.testing.assert_close(median, x.quantile(0.5, dim, keepdim=True))


def test_each_row_has_its_k():
    x, k = numbers(2, 3, 6), torch.tensor([[1, 2, 3], [4, 5, 6]])
    mask = pliant.soft_topk_mask(x, k, steepness=2.0)
    torch.testing.assert_close(mask.sum(-1), k.double())
    torch.testing.assert_close(mask[1, 0], pliant.soft_topk_mask(x[1, 0], 4, steepness=2.0))


def test_gradients():
    x, steepness = numbers(2, 3, 5, requires_grad=True), torch.tensor(1.5).double().requires_grad_()
    k = (torch.rand(2, 3, dtype=torch.float64) * 4 + 0.5).requires_grad_()
    q = torch.tensor([0.1, 0.6], dtype=torch.float64, requires_grad=True)

    def mask(x, k, steepness):
        return pliant.soft_topk_mask(x, k, largest=False, steepness=steepness)

    assert torch.autograd.gradcheck(mask, (x, k, steepness))
    assert torch.autograd.gradcheck(
        lambda x, q, s: pliant.soft_quantile(x, q, steepness=s), (x, q, steepness)
    )


def test_each_row_has_its_steepness():
    x, steepness = numbers(2, 3, 5, requires_grad=True), torch.rand(2, 3).double().add(0.5).requires_grad_()
    for function in (
        lambda x, s: pliant.soft_topk_mask(x, 2.2, steepness=s),
        lambda x, s: pliant.soft_quantile(x, 0.3, steepness=s),
    ):
        torch.testing.assert_close(function(x, steepness)[1, 2], function(x[1, 2], steepness[1, 2]))
        assert torch.autograd.gradcheck(function, (x, steepness))
    row = torch.tensor([[-INFINITY, 0.2, 0.5]], dtype=torch.float64)
    mask = pliant.soft_topk_mask(row, 1, steepness=steepness[:1, 0])
    assert torch.autograd.grad(mask[0, 2], steepness)[0].isfinite().all()
    half = pliant.soft_topk_mask(torch.randn(3, 4).half(), 2, steepness=torch.ones(3))
    assert half.dtype == torch.float16
    with pytest.raises(ValueError, match=r"one number or have the batch shape \(2, 3\), got shape \(3,\)"):
        pliant.soft_topk_mask(x, 2, steepness=torch.ones(3))
    with pytest.raises(ValueError, match="steepness must be > 0 and finite, got .*-1"):
        pliant.soft_median(x, steepness=-steepness / steepness)


def test_moving_all_by_the_same_moves_no_mask():
    x = numbers(1, 30, requires_grad=True)
    mask = pliant.soft_topk_mask(x, 4)
    (gradient,) = torch.autograd.grad((mask * numbers(1, 30)).sum(), x)
    assert gradient.abs().max() > 1e-3
    assert abs(gradient.sum().item()) < 1e-12


def test_infinite_numbers_are_out_or_in_and_nan_spreads():
    x = torch.tensor([-INFINITY, 0.5, 0.4, INFINITY], dtype=torch.float64, requires_grad=True)
    mask = pliant.soft_topk_mask(x, 2)
    assert mask[[0, 3]].tolist() == [0, 1]
    torch.testing.assert_close(mask[1:3], pliant.soft_topk_mask(x[1:3].detach(), 1))
    (gradient,) = torch.autograd.grad(mask[1], x)
    assert gradient[[0, 3]].tolist() == [0, 0] and gradient[1] > 0
    rows = torch.tensor([[1.0, NAN, 2.0], [1.0, 3.0, 2.0]])
    assert pliant.soft_topk_mask(rows, 1).isnan().tolist() == [[True] * 3, [False] * 3]
    assert pliant.soft_median(rows).isnan().tolist() == [True, False]
    row = torch.tensor([-INFINITY, 1.0, INFINITY])
    assert pliant.soft_quantile(row, [0, 0.5, 1], steepness=1e6).tolist() == [-INFINITY, 1, INFINITY]


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_the_hard_limit_is_torch_quantile(n):
    x, q = numbers(3, n), torch.tensor([0, 0.1, 0.25, 0.5, 0.77, 1], dtype=torch.float64)
    torch.testing.assert_close(pliant.soft_quantile(x, q, steepness=1e9), torch.quantile(x, q, -1))
    torch.testing.assert_close(pliant.soft_quantile(x, 0.3, steepness=1e9), torch.quantile(x, 0.3, -1))


def test_the_flat_limit_of_the_median_is_the_mean():
    x = numbers(3, 7)
    torch.testing.assert_close(pliant.soft_median(x, steepness=1e-6), x.mean(-1), rtol=1e-4, atol=1e-5)


def test_quantiles_move_with_all_numbers_and_by_weights():
    x = numbers(1, 9, requires_grad=True)
    (gradient,) = torch.autograd.grad(pliant.soft_quantile(x, 0.3, steepness=1.0).sum(), x)
    assert (gradient > 0).all()
    torch.testing.assert_close(gradient.sum(), torch.ones((), dtype=torch.float64))


def test_a_million_numbers():
    x = torch.randn(1_000_000, requires_grad=True)
    mask = pliant.soft_topk_mask(x, 1000.5)
    assert abs(mask.sum(dtype=torch.float64).item() - 1000.5) < 1e-3
    (gradient,) = torch.autograd.grad(mask.square().sum(), x)
    assert gradient.isfinite().all() and gradient.abs().max() > 0
    median = pliant.soft_median(x.detach(), steepness=1e6).item()
    assert median == pytest.approx(x.detach().median().item(), abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_halves(dtype):
    x = torch.randn(3, 10).to(dtype)
    torch.testing.assert_close(pliant.soft_topk_mask(x, 3), pliant.soft_topk_mask(x.float(), 3).to(dtype))
    torch.testing.assert_close(pliant.soft_median(x), pliant.soft_median(x.float()).to(dtype))


def test_empty_batches():
    assert pliant.soft_topk_mask(torch.empty(0, 4), 2).shape == (0, 4)
    assert pliant.soft_quantile(torch.empty(0, 4), [0.5, 0.7]).shape == (2, 0)


def test_func_and_compile():
    x = torch.randn(3, 6)
    function = lambda x: (pliant.soft_topk_mask(x, 2.5) * torch.arange(6)).sum() + pliant.soft_median(x).sum()  # noqa: E731
    leaf = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(function(leaf), leaf)
    torch.testing.assert_close(torch.func.grad(function)(x), expected)
    torch._dynamo.reset()
    compiled = torch.compile(function, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(torch.autograd.grad(compiled(leaf), leaf)[0], expected)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_vmap():
    x = torch.randn(3, 4, 6)
    for function in (lambda x: pliant.soft_topk_mask(x, 2), pliant.soft_median):
        torch.testing.assert_close(torch.func.vmap(function)(x), function(x))
    gradient = torch.func.grad(lambda x: pliant.soft_topk_mask(x, 2)[..., 0].sum())
    torch.testing.assert_close(torch.func.vmap(gradient)(x), gradient(x))


def test_annealing_does_not_recompile():
    torch._dynamo.reset()
    graphs = []

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    x = torch.randn(4, 6)
    compiled = torch.compile(pliant.soft_topk_mask, fullgraph=True, backend=backend)
    for step in range(6):
        k, steepness = 2 + 0.1 * step, 3.0 + step
        expected = pliant.soft_topk_mask(x, k, steepness=steepness)
        torch.testing.assert_close(compiled(x, k, steepness=steepness), expected)
    assert len(graphs) <= 2  # one for the first numbers, one for all others


def test_errors_name_the_argument():
    x = torch.randn(2, 3)
    for k in (-0.1, 3.5, NAN):
        with pytest.raises(ValueError, match=r"soft_topk_mask: k must be in \[0, n\], n = 3, got"):
            pliant.soft_topk_mask(x, k)
    with pytest.raises(ValueError, match=r"k must be in \[0, n\], n = 3, got 4"):
        pliant.soft_topk_mask(x, torch.tensor([1, 4]))
    with pytest.raises(ValueError, match=r"have the batch shape \(2,\), got shape \(3,\)"):
        pliant.soft_topk_mask(x, torch.ones(3))
    with pytest.raises(TypeError, match="soft_topk_mask: k must be a number or a tensor, got str"):
        pliant.soft_topk_mask(x, "2")
    with pytest.raises(ValueError, match="soft_topk_mask: there must be at least one value"):
        pliant.soft_topk_mask(torch.empty(2, 0), 0)
    with pytest.raises(TypeError, match="x must be floating point"):
        pliant.soft_topk_mask(torch.ones(2, 3, dtype=torch.int64), 1)
    with pytest.raises(ValueError, match="soft_topk_mask: steepness must be > 0 and finite, got inf"):
        pliant.soft_topk_mask(x, 1, steepness=INFINITY)
    for q in (-0.1, [0.2, 1.1], NAN):
        with pytest.raises(ValueError, match=r"soft_quantile: q must be in \[0, 1\], got"):
            pliant.soft_quantile(x, q)
    with pytest.raises(ValueError, match="q must be a number or one dimension of them"):
        pliant.soft_quantile(x, torch.rand(2, 2))
