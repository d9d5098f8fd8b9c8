# tests/topk/test_lap_loss.py — the top-k cross-entropy by LapSum: references, gradients, laws, errors
import math

import pytest
import torch

import pliant

MODES = ["sm", "smce", "sort"]
P_K = torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64)
OPTIONS = {"method": "lapsum", "steepness": 1.5}


def laplace(u):
    return torch.where(u < 0, 0.5 * u.clamp(max=0).exp(), 1 - 0.5 * (-u.clamp(min=0)).exp())


def membership(x, k, steepness):
    """The weights of a row that sum to k, F(steepness·(x − b)), b found by bisection."""
    low, high = x.min() - 100 / steepness, x.max() + 100 / steepness
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if laplace(steepness * (x - middle)).sum() > k else (low, middle)
    return laplace(steepness * (x - low))


def reference(scores, label, p_k, m, mode, steepness):
    """The loss of one sample, as it is defined, in float64."""
    others = [c for c in range(len(scores)) if c != label]
    others.sort(key=lambda c: -scores[c])
    x = torch.cat([scores[label : label + 1], scores[others[: m - 1]]])
    inside = [membership(x, k + 1, steepness)[0] for k in range(len(p_k))]
    first = x.softmax(0)[0]
    q = sum(p * w for p, w in zip(p_k[1:], inside[1:], strict=True))

    def log(probability):
        return -torch.log(probability * (1 - 2e-7) + 1e-7)

    if mode == "smce":
        return -p_k[0] * first.log() + (1 - p_k[0]) * log(q)
    return log(q + p_k[0] * (first if mode == "sm" else inside[0]))


def test_golden_two_scores():
    # Between 1 and 0 the threshold is 1/2: the label is inside with F(2·½) = 1 − e⁻¹/2, or e⁻¹/2.
    scores = torch.tensor([[1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
    options = {"method": "lapsum", "steepness": 2.0, "top1_mode": "sort", "reduction": "none"}
    found = pliant.topk_cross_entropy(scores, torch.tensor([0, 1]), [1.0], **options)
    inside = [1 - math.exp(-1) / 2, math.exp(-1) / 2]
    assert found.tolist() == pytest.approx([-math.log(p * (1 - 2e-7) + 1e-7) for p in inside], abs=1e-12)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("m", [3, 6, 9])
def test_loss_is_that_of_its_definition(mode, m):
    scores, target = torch.randn(4, 9, dtype=torch.float64), torch.tensor([0, 8, 3, 3])
    found = pliant.topk_cross_entropy(scores, target, P_K, m=m, top1_mode=mode, reduction="none", **OPTIONS)
    expected = [reference(row, y, P_K, m, mode, 1.5) for row, y in zip(scores, target.tolist(), strict=True)]
    torch.testing.assert_close(found, torch.stack(expected), rtol=1e-10, atol=1e-12)


def test_the_chance_to_be_inside_is_the_soft_mask():
    scores, target = torch.randn(5, 12, dtype=torch.float64), torch.arange(5)
    options = {"top1_mode": "sort", "reduction": "none", **OPTIONS}
    found = pliant.topk_cross_entropy(scores, target, [0.0, 0.0, 0.0, 1.0], **options)
    inside = pliant.soft_topk_mask(scores, 4, steepness=1.5).gather(1, target.unsqueeze(1)).squeeze(1)
    torch.testing.assert_close(found, -torch.log(inside * (1 - 2e-7) + 1e-7))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("m", [None, 5])
def test_gradients_of_scores_steepness_and_p_k(mode, m):
    scores = torch.randn(3, 8, dtype=torch.float64, requires_grad=True)
    steepness = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    p_k = P_K.clone().requires_grad_()

    def loss(scores, steepness, p_k):
        options = {"m": m, "top1_mode": mode, "method": "lapsum", "steepness": steepness}
        return pliant.topk_cross_entropy(scores, torch.tensor([1, -100, 7]), p_k / p_k.sum(), **options)

    assert torch.autograd.gradcheck(loss, (scores, steepness, p_k))


def test_smoothing_and_several_right_classes_are_sums_of_single_ones():
    scores = torch.randn(2, 7, dtype=torch.float64)
    each = torch.stack(
        [
            pliant.topk_cross_entropy(scores, torch.full((2,), c), P_K, reduction="none", **OPTIONS)
            for c in range(7)
        ],
        1,
    )
    hot = torch.zeros(2, 7, dtype=torch.bool)
    hot[0, [1, 4]] = hot[1, 6] = True
    found = pliant.topk_cross_entropy(scores, hot, P_K, reduction="none", **OPTIONS)
    torch.testing.assert_close(found, (each * hot).sum(1) / hot.sum(1))
    options = {"label_smoothing": 0.3, "reduction": "none", **OPTIONS}
    found = pliant.topk_cross_entropy(scores, torch.tensor([2, 5]), P_K, **options)
    single = each[torch.arange(2), torch.tensor([2, 5])]
    torch.testing.assert_close(found, 0.7 * single + 0.3 * each.mean(1))


def test_the_steep_limit_is_hard_and_ties_share():
    scores, target = torch.randn(6, 10, dtype=torch.float64), torch.arange(6)
    options = {"method": "lapsum", "top1_mode": "sort", "reduction": "none"}
    found = pliant.topk_cross_entropy(scores, target, [0.0, 0.0, 1.0], steepness=1e6, **options)
    hit = (scores.topk(3).indices == target.unsqueeze(1)).any(1)
    assert torch.allclose(found[hit], torch.tensor(1e-7).double(), atol=2e-8)
    assert torch.allclose(found[~hit], torch.tensor(-math.log(1e-7)).double())
    ties = pliant.topk_cross_entropy(torch.zeros(1, 8), torch.tensor([3]), [0.0, 1.0], **options)
    assert ties.item() == pytest.approx(-math.log(2 / 8), abs=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_lower_precision_in_and_out(dtype):
    scores, target = torch.randn(20, 12).to(dtype).requires_grad_(), torch.randint(12, (20,))
    loss = pliant.topk_cross_entropy(scores, target, P_K, m=6, **OPTIONS)
    loss.backward()
    exact = scores.detach().double().requires_grad_()
    expected = pliant.topk_cross_entropy(exact, target, P_K, m=6, **OPTIONS)
    expected.backward()
    assert loss.dtype == scores.grad.dtype == dtype
    tolerance = 1e-6 if dtype == torch.float32 else 2e-2
    assert loss.item() == pytest.approx(expected.item(), rel=tolerance)
    torch.testing.assert_close(scores.grad.double(), exact.grad, atol=tolerance / 10, rtol=tolerance)


def test_extreme_scores_empty_batches_and_threads():
    scores = torch.tensor([[math.inf, 1.0, -math.inf, -math.inf, 0.0]], requires_grad=True)
    loss = pliant.topk_cross_entropy(scores, torch.tensor([1]), P_K, **OPTIONS)
    loss.backward()
    assert loss.isfinite() and scores.grad.isfinite().all()
    empty = pliant.topk_cross_entropy(torch.empty(0, 6), torch.empty(0, dtype=torch.int64), P_K, **OPTIONS)
    assert empty.isnan()
    scores, target, threads = torch.randn(300, 40), torch.randint(40, (300,)), torch.get_num_threads()
    found = []
    for number in (1, 3):
        torch.set_num_threads(number)
        found.append(pliant.topk_cross_entropy(scores, target, P_K, reduction="none", **OPTIONS))
    torch.set_num_threads(threads)
    assert torch.equal(*found)


def test_module_learns_its_steepness():
    module = pliant.nn.TopKCrossEntropy([0.5, 0.5], m=4, method="lapsum", learn_steepness=True)
    module(torch.randn(3, 9), torch.tensor([0, 1, 2])).backward()
    assert module.steepness.grad != 0


@pytest.mark.parametrize("steepness", [0.0, -1.0, math.inf])
def test_steepness_out_of_range_is_an_error(steepness):
    with pytest.raises(ValueError, match="steepness must be > 0"):
        pliant.topk_cross_entropy(
            torch.zeros(1, 4),
            torch.tensor([0]),
            [1.0],
            method="lapsum",
            top1_mode="sort",
            steepness=steepness,
        )
