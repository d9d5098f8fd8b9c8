# tests/sorting/test_ragged.py — sets of different sizes, and a steepness for each sample, against loops
import pytest
import torch

import pliant

LENGTHS = torch.tensor([[5, 3, 1], [3, 2, 5]])
POWERS = [
    "cauchy",
    pliant.Distribution("logistic", art_lambda=0.25),
    pliant.Distribution("gaussian", shift=0.3),
]


def items_of(valid):
    """Which items take part, for each set."""
    return [row.nonzero().squeeze(-1) for row in valid.reshape(-1, valid.shape[-1])]


def masks():
    mask = torch.rand(2, 3, 5) < 0.6
    mask[..., 2] = True
    return mask


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by_mask", [False, True])
def test_ragged_sets_are_a_loop_over_sets(descending, by_mask):
    x = torch.randn(2, 3, 5, dtype=torch.float64, requires_grad=True)
    payload = torch.randn(2, 3, 5, 2, dtype=torch.float64, requires_grad=True)
    labels = torch.randint(0, 3, (2, 3, 5))
    valid = masks() if by_mask else torch.arange(5) < LENGTHS.unsqueeze(-1)
    ragged = {"mask": valid} if by_mask else {"lengths": LENGTHS}
    options = {"method": "bitonic", "steepness": 4.0}
    values, permutation = pliant.sort(x, descending=descending, **options, **ragged)
    ranks = pliant.soft_rank(x, descending=descending, **options, **ragged)
    carried = pliant.apply_sort(x, payload, descending=descending, **options, **ragged)
    loss = pliant.permutation_loss(x, labels, ties=True, **options, **ragged)

    expected = [torch.zeros_like(t).flatten(0, 1) for t in (values, permutation, ranks, carried)]
    losses = []
    for row, items in enumerate(items_of(valid)):
        keys, size = x.flatten(0, 1)[row, items], len(items)
        own = {"descending": descending, **options}
        expected[0][row, :size], matrix = pliant.sort(keys, **own)
        expected[1][row, items, :size] = matrix
        expected[2][row, items] = pliant.soft_rank(keys, **own)
        expected[3][row, :size] = pliant.apply_sort(keys, payload.flatten(0, 1)[row, items], **own)
        labels_of_set = labels.flatten(0, 1)[row, items]
        losses.append(pliant.permutation_loss(keys, labels_of_set, ties=True, **options))
    for found, whole in zip((values, permutation, ranks, carried), expected, strict=True):
        torch.testing.assert_close(found.flatten(0, 1), whole)
    torch.testing.assert_close(loss, torch.stack(losses).mean())

    total = sum(t.square().sum() for t in (values, permutation, ranks, carried)) + loss
    again = sum(t.square().sum() for t in expected) + torch.stack(losses).mean()
    for found, whole in zip(*(torch.autograd.grad(t, (x, payload)) for t in (total, again)), strict=True):
        torch.testing.assert_close(found, whole)
        assert (found[~valid] == 0).all()


def test_items_that_take_no_part_may_hold_anything():
    x = torch.randn(2, 4, requires_grad=True)
    broken = torch.where(torch.arange(4) < 3, x, torch.nan)
    lengths = torch.tensor([3, 3])
    values = pliant.sort_values(broken, lengths=lengths)
    torch.testing.assert_close(values[:, :3], pliant.sort_values(x[:, :3]))
    assert (values[:, 3] == 0).all()
    (gradient,) = torch.autograd.grad(values.square().sum(), x)
    assert torch.isfinite(gradient).all()


def test_full_lengths_and_another_dimension():
    x = torch.randn(4, 3, dtype=torch.float64)
    full = pliant.sort(x, 0, lengths=torch.tensor([4, 4, 4]))
    for found, expected in zip(full, pliant.sort(x, 0), strict=True):
        torch.testing.assert_close(found, expected)
    lengths = torch.tensor([2, 4, 1])
    by_columns = pliant.soft_rank(x, 0, lengths=lengths)
    torch.testing.assert_close(by_columns.T, pliant.soft_rank(x.T.contiguous(), lengths=lengths))


def test_an_empty_ragged_batch():
    values, permutation = pliant.sort(torch.zeros(0, 4), lengths=torch.zeros(0, dtype=torch.long))
    assert values.shape == (0, 4)
    assert permutation.shape == (0, 4, 4)


@pytest.mark.parametrize("distribution", POWERS, ids=["plain", "art", "shifted"])
def test_steepness_of_each_sample_is_a_loop_over_samples(distribution):
    x = torch.randn(2, 3, 5, dtype=torch.float64, requires_grad=True)
    steepness = (torch.rand(2, 3, dtype=torch.float64) * 5 + 1).requires_grad_()
    payload, labels = torch.randn(2, 3, 5, 2, dtype=torch.float64), torch.randint(0, 9, (2, 3, 5))

    def results(x, payload, labels, steepness):
        own = {"distribution": distribution, "steepness": steepness}
        return (
            *pliant.sort(x, **own),
            pliant.soft_rank(x, **own),
            pliant.apply_sort(x, payload, **own),
            pliant.permutation_loss(x, labels, **own),
        )

    found = results(x, payload, labels, steepness)
    rows = [
        results(x[i, j], payload[i, j], labels[i, j], steepness[i, j]) for i in range(2) for j in range(3)
    ]
    expected = [torch.stack(parts) for parts in zip(*rows, strict=True)]
    for ours, theirs in zip(found[:-1], expected[:-1], strict=True):
        torch.testing.assert_close(ours.flatten(0, 1), theirs)
    torch.testing.assert_close(found[-1], expected[-1].mean())
    total = sum(t.square().sum() for t in found[:-1]) + found[-1]
    again = sum(t.square().sum() for t in expected[:-1]) + expected[-1].mean()
    gradients = (torch.autograd.grad(t, (x, steepness)) for t in (total, again))
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-8)


def test_steepness_of_each_sample_in_half_precision_and_ragged():
    x, lengths = torch.randn(4, 5), torch.tensor([5, 2, 5, 3])
    steepness = torch.tensor([1.0, 2.0, 3.0, 4.0])
    half = pliant.sort_values(x.half(), steepness=steepness, lengths=lengths)
    assert half.dtype == torch.float16
    for row in range(4):
        expected = pliant.sort_values(x[row, : lengths[row]].half(), steepness=float(steepness[row]))
        torch.testing.assert_close(half[row, : lengths[row]], expected, rtol=2e-3, atol=1e-3)
    payload = torch.randn(4, 5, 2).half()
    assert pliant.apply_sort(x.half(), payload, steepness=steepness).dtype == torch.float16
