# tests/sorting/test_ranking.py — Spearman and NDCG: naive figures, limits, gradients, ragged sets
import math

import pytest
import torch

import pliant

NAN, INFINITY = float("nan"), float("inf")
STEEP = 1e7


def numbers(*shape, **options):
    return torch.randn(*shape, dtype=torch.float64, **options)


def naive_ranks(values):
    """From 1; equals have the mean of theirs."""
    return [
        sum(other < value for other in values) + (sum(other == value for other in values) + 1) / 2
        for value in values
    ]


def naive_rho(scores, targets):
    a, b = (torch.tensor(naive_ranks(v.tolist()), dtype=torch.float64) for v in (scores, targets))
    a, b = a - a.mean(), b - b.mean()
    return (a @ b / (a.norm() * b.norm())).item()


def naive_ndcg(scores, relevance, k=None, linear=False):
    def gain(numbers):
        worth = [r if linear else 2**r - 1 for r in numbers[:k]]
        return sum(w / math.log2(2 + place) for place, w in enumerate(worth))

    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    ideal = gain(sorted(relevance, reverse=True))
    return gain([relevance[i] for i in order]) / ideal if ideal else 0.0


def naive_laplace_ranks(x, steepness):
    u = steepness * (x.unsqueeze(-1) - x.unsqueeze(-2))
    return 0.5 + torch.where(u > 0, 1 - 0.5 * torch.exp(-u.abs()), 0.5 * torch.exp(-u.abs())).sum(-1)


def test_spearman_in_the_hard_limit_is_the_textbook_figure():
    scores, targets = numbers(4, 11), torch.randint(0, 5, (4, 11))
    expected = sum(1 - naive_rho(*rows) for rows in zip(scores, targets, strict=True)) / 4
    assert pliant.spearman_loss(scores, targets, steepness=STEEP).item() == pytest.approx(expected, abs=1e-12)


def test_spearman_is_the_correlation_of_soft_ranks():
    scores, targets = numbers(7), numbers(7)
    ranks = naive_laplace_ranks(scores, 1.5)
    rho = torch.corrcoef(torch.stack([ranks, torch.tensor(naive_ranks(targets.tolist())).double()]))[0, 1]
    torch.testing.assert_close(pliant.spearman_loss(scores, targets, steepness=1.5), 1 - rho)


def test_ndcg_is_the_textbook_figure():
    scores, relevance = numbers(5, 8), torch.randint(0, 4, (5, 8))
    for k in (None, 1, 3, 8, 20):
        for gain in ("exponential", "linear"):
            found = pliant.ndcg(scores, relevance, k, gain=gain)
            pairs = zip(scores.tolist(), relevance.tolist(), strict=True)
            expected = [naive_ndcg(*pair, k, gain == "linear") for pair in pairs]
            torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))
            loss = pliant.ndcg_loss(scores, relevance, k, gain=gain, steepness=STEEP)
            torch.testing.assert_close(loss, 1 - found.mean())


def test_ndcg_loss_is_of_soft_ranks():
    scores, relevance = numbers(6), torch.tensor([3, 0, 1, 0, 2, 1])
    gains = 2.0**relevance - 1
    ideal = sum(g / math.log2(2 + r) for r, g in enumerate(sorted(gains.tolist(), reverse=True)[:3]))
    ranks = naive_laplace_ranks(-scores, 2.0)
    found = gains * pliant.soft_topk_mask(scores, 3, steepness=2.0) / torch.log2(1 + ranks)
    loss = pliant.ndcg_loss(scores, relevance, 3, steepness=2.0)
    torch.testing.assert_close(loss, 1 - found.sum() / ideal)


LOSSES = {
    "spearman": pliant.spearman_loss,
    "ndcg": pliant.ndcg_loss,
    "ndcg at 2": lambda scores, labels, **options: pliant.ndcg_loss(scores, labels, 2, **options),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients(name):
    scores, steepness = numbers(3, 6, requires_grad=True), torch.tensor(1.5).double().requires_grad_()
    labels, lengths = torch.randint(0, 4, (3, 6)), torch.tensor([6, 3, 4])
    assert torch.autograd.gradcheck(
        lambda x, s: LOSSES[name](x, labels, steepness=s, lengths=lengths), (scores, steepness)
    )


@pytest.mark.parametrize("name", LOSSES)
def test_each_set_has_its_steepness(name):
    scores, labels, steepness = numbers(3, 6), torch.randint(0, 4, (3, 6)), torch.tensor([0.5, 2.0, 9.0])
    sets = [LOSSES[name](*one[:2], steepness=one[2]) for one in zip(scores, labels, steepness, strict=True)]
    torch.testing.assert_close(LOSSES[name](scores, labels, steepness=steepness), torch.stack(sets).mean())


@pytest.mark.parametrize("name", LOSSES)
def test_descent_finds_the_order(name):
    torch.manual_seed(1)
    scores, labels = (
        (0.1 * numbers(4, 8)).requires_grad_(),
        torch.stack([torch.randperm(8) for _ in range(4)]),
    )
    start = LOSSES[name](scores, labels, steepness=3.0).item()
    optimizer = torch.optim.Adam([scores], lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        loss = LOSSES[name](scores, labels, steepness=3.0)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1 * start


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("by", ["mask", "lengths"])
def test_what_takes_no_part_changes_nothing(name, by):
    lengths = torch.tensor([5, 2, 1, 6])
    mask = torch.arange(6) < lengths.unsqueeze(-1)
    scores, labels = numbers(4, 6), torch.randint(0, 4, (4, 6))
    sets = [LOSSES[name](s[m], r[m]) for s, r, m in zip(scores, labels, mask, strict=True)]
    given = {"mask": mask} if by == "mask" else {"lengths": lengths}
    anything = torch.where(mask, scores, NAN).requires_grad_()
    loss = LOSSES[name](anything, torch.where(mask, labels, -9), **given)
    torch.testing.assert_close(loss, torch.stack(sets).mean())
    (gradient,) = torch.autograd.grad(loss, anything)
    assert gradient.isfinite().all() and (gradient[~mask] == 0).all()


def test_the_metric_of_ragged_sets():
    mask = torch.tensor([[True, False, True, True], [False, True, False, False]])
    scores, relevance = numbers(2, 4), torch.tensor([[1, 3, 0, 2], [3, 1, 3, 3]])
    found = pliant.ndcg(torch.where(mask, scores, NAN), relevance, 2, mask=mask)
    torch.testing.assert_close(found[0], pliant.ndcg(scores[0][mask[0]], relevance[0][mask[0]], 2))
    assert found[1] == 1


@pytest.mark.parametrize("name", LOSSES)
def test_equal_scores_have_a_gradient_that_helps(name):
    scores, labels = torch.zeros(1, 5, requires_grad=True), torch.tensor([[0, 3, 1, 2, 4]])
    loss = LOSSES[name](scores, labels)
    (gradient,) = torch.autograd.grad(loss, scores)
    assert gradient.isfinite().all()
    assert LOSSES[name](-1e-2 * gradient, labels) < loss


def test_sets_without_an_order():
    scores = numbers(1, 4, requires_grad=True)
    loss = pliant.spearman_loss(scores, torch.ones(1, 4))
    assert loss == 1 and (torch.autograd.grad(loss, scores)[0] == 0).all()
    loss = pliant.ndcg_loss(scores, torch.zeros(1, 4))
    assert loss == 1 and (torch.autograd.grad(loss, scores)[0] == 0).all()
    assert pliant.ndcg(scores, torch.zeros(1, 4)).tolist() == [0]
    assert pliant.spearman_loss(torch.zeros(3, 1), torch.ones(3, 1)) == 1
    assert pliant.ndcg_loss(torch.zeros(3, 1), torch.ones(3, 1)) == 0


def test_infinite_scores_and_nan():
    scores = torch.tensor([[INFINITY, 0.0, -INFINITY]], requires_grad=True)
    for loss in (pliant.spearman_loss, pliant.ndcg_loss):
        result = loss(scores, torch.tensor([[3, 2, 1]]))
        assert result.item() == pytest.approx(0, abs=1e-6)
        assert torch.autograd.grad(result, scores)[0].isfinite().all()
        assert loss(torch.tensor([[NAN, 1.0]]), torch.tensor([[1, 2]])).isnan()
    found = pliant.ndcg(torch.tensor([[NAN, 1.0], [2.0, 1.0]]), torch.tensor([[1, 2], [2, 1]]))
    assert found.isnan().tolist() == [True, False]


@pytest.mark.parametrize("name", LOSSES)
def test_dimensions_dtypes_and_half(name):
    scores, labels = numbers(3, 6, 2), torch.randint(0, 4, (3, 6, 2))
    expected = LOSSES[name](scores.movedim(1, -1), labels.movedim(1, -1))
    torch.testing.assert_close(LOSSES[name](scores, labels, dim=1), expected)
    for dtype in (torch.float16, torch.bfloat16):
        loss = LOSSES[name](scores.to(dtype), labels, dim=1)
        assert loss.dtype == dtype
        torch.testing.assert_close(loss, LOSSES[name](scores.to(dtype).float(), labels, dim=1).to(dtype))


@pytest.mark.parametrize("name", LOSSES)
def test_func_and_compile(name):
    scores, labels = torch.randn(3, 6), torch.randint(0, 4, (3, 6))
    leaf = scores.clone().requires_grad_()
    (expected,) = torch.autograd.grad(LOSSES[name](leaf, labels), leaf)
    torch.testing.assert_close(torch.func.grad(LOSSES[name])(scores, labels), expected)
    torch._dynamo.reset()
    compiled = torch.compile(LOSSES[name], fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(torch.autograd.grad(compiled(leaf, labels), leaf)[0], expected)


def test_errors_name_the_argument():
    scores, labels = torch.randn(2, 3), torch.ones(2, 3)
    with pytest.raises(ValueError, match="spearman_loss: targets must have the shape of scores"):
        pliant.spearman_loss(scores, labels[:1])
    with pytest.raises(TypeError, match="spearman_loss: targets must be a tensor, got list"):
        pliant.spearman_loss(scores, [1, 2])
    with pytest.raises(ValueError, match="targets must not be NaN"):
        pliant.spearman_loss(scores, torch.full((2, 3), NAN))
    with pytest.raises(ValueError, match="ndcg_loss: relevance must be >= 0, got -1"):
        pliant.ndcg_loss(scores, -labels)
    with pytest.raises(ValueError, match="ndcg: k must be >= 1, got 0"):
        pliant.ndcg(scores, labels, 0)
    with pytest.raises(TypeError, match="ndcg_loss: k must be an integer or None, got float"):
        pliant.ndcg_loss(scores, labels, 2.0)
    with pytest.raises(ValueError, match="unknown gain 'log'; there are: exponential, linear"):
        pliant.ndcg(scores, labels, gain="log")
    with pytest.raises(ValueError, match="give mask or lengths, not both"):
        pliant.spearman_loss(scores, labels, mask=labels.bool(), lengths=torch.tensor([1, 2]))
