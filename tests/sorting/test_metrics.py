# tests/sorting/test_metrics.py — EM, EW, EM5 and their tie-aware forms against counting in NumPy
import math

import numpy as np
import pytest
import torch

import pliant

RATES = ("exact", "elementwise", "exact_five", "exact_tied", "elementwise_tied", "exact_five_tied")


def right_items(scores, labels):
    """For each item of a set whether it has its right rank, by position and with ties forgiven.

    Nothing is sorted: an item's rank is how many are smaller, and how many equals come before it.
    """
    position = np.arange(len(scores))
    before = position[None, :] < position[:, None]

    def smaller(values):
        return (values[None, :] < values[:, None]).sum(1)

    def equal_before(values):
        return ((values[None, :] == values[:, None]) & before).sum(1)

    found = smaller(scores) + equal_before(scores)
    equals = (labels[None, :] == labels[:, None]).sum(1)
    tied = (found >= smaller(labels)) & (found < smaller(labels) + equals)
    return found == smaller(labels) + equal_before(labels), tied


def counted(sets):
    """The counts, by name, of (scores, labels) pairs of arrays."""
    names = ("groups", "items", *RATES, "not_finite")
    counts = dict.fromkeys(names, 0)
    for scores, labels in sets:
        counts["groups"] += 1
        counts["items"] += len(scores)
        if not np.isfinite(scores).all():
            counts["not_finite"] += 1
            continue
        plain, tied = right_items(scores, labels)
        plain_five, tied_five = right_items(scores[:5], labels[:5])
        counts["exact"] += plain.all()
        counts["elementwise"] += plain.sum()
        counts["exact_five"] += plain_five.all()
        counts["exact_tied"] += tied.all()
        counts["elementwise_tied"] += tied.sum()
        counts["exact_five_tied"] += tied_five.all()
    return counts


def scores_and_labels(n, dtype, label_dtype):
    """Sets of which some are in order, some nearly, some not at all, with many ties in both."""
    generator = np.random.default_rng(n)
    labels = generator.integers(0, max(2, n), (400, n))
    noise = generator.choice([0.0, 0.3, 0.8, 5.0], (400, 1)) * generator.normal(size=(400, n))
    scores = torch.from_numpy(np.round((labels + noise) * 2) / 2).to(dtype)
    scores[generator.random((400, n)) < 0.3 / (100 * n)] = math.nan
    scores[17, 0], scores[18, n - 1] = math.nan, -math.inf
    return scores, torch.from_numpy(labels).to(label_dtype)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 6, 9, 20])
@pytest.mark.parametrize(
    ("dtype", "label_dtype"),
    [
        (torch.float32, torch.int64),
        (torch.float64, torch.float64),
        (torch.bfloat16, torch.uint8),
        (torch.float16, torch.float32),
    ],
)
def test_counts_are_those_of_a_derivation_by_counting(n, dtype, label_dtype):
    scores, labels = scores_and_labels(n, dtype, label_dtype)
    found = pliant.ranking_metrics(scores, labels)
    expected = counted(zip(scores.double().numpy(), labels.double().numpy(), strict=True))
    assert found.counts._asdict() == expected
    assert found.not_finite >= 2
    assert 0 < expected["exact"] <= expected["exact_tied"] < 400
    for name in RATES:
        of = expected["items" if name.startswith("elementwise") else "groups"]
        assert getattr(found, name) == expected[name] / of


@pytest.mark.parametrize("by_mask", [False, True])
def test_ragged_sets(by_mask):
    scores, labels = scores_and_labels(9, torch.float64, torch.float64)
    if by_mask:
        valid = torch.rand(400, 9) < 0.7
        valid[:, 3] = True
        ragged = {"mask": valid}
    else:
        lengths = torch.randint(1, 10, (400,))
        valid = torch.arange(9) < lengths.unsqueeze(-1)
        ragged = {"lengths": lengths}
    labels[~valid] = math.nan  # what takes no part may hold anything
    found = pliant.ranking_metrics(scores, labels, **ragged)
    rows = zip(scores.numpy(), labels.numpy(), valid.numpy(), strict=True)
    expected = counted((s[v], t[v]) for s, t, v in rows)
    assert found.counts._asdict() == expected
    assert expected["items"] == valid.sum() < valid.numel()


def test_another_dimension_and_batch_shape():
    scores, labels = scores_and_labels(6, torch.float32, torch.int64)
    expected = pliant.ranking_metrics(scores, labels)
    moved = [t.reshape(20, 20, 6).movedim(-1, 1) for t in (scores, labels)]
    assert pliant.ranking_metrics(*moved, 1) == expected
    lengths = torch.randint(1, 7, (400,))
    by_rows = pliant.ranking_metrics(scores, labels, lengths=lengths)
    assert pliant.ranking_metrics(*moved, 1, lengths=lengths.reshape(20, 20)) == by_rows != expected


def test_float64_scores_are_not_rounded_to_ties():
    scores = torch.tensor([1 + 1e-12, 1.0, 1 - 1e-12], dtype=torch.float64)
    down, up = torch.tensor([3, 2, 1]), torch.tensor([1, 2, 3])
    assert pliant.ranking_metrics(scores, down).exact == 1
    assert pliant.ranking_metrics(scores, up).exact == 0
    assert pliant.ranking_metrics(scores.float(), up).exact == 1  # ties, in order of position
    labels = torch.tensor([2.0, 1.0, 0.0], dtype=torch.float64) * 1e-300
    assert pliant.ranking_metrics(scores, labels).exact_tied == 1
    large = torch.tensor([2**53 + 1, 2**53])
    assert pliant.ranking_metrics(torch.tensor([1.0, 2.0]), large).exact_tied == 0


def test_em5_is_of_the_first_five_items_and_has_a_tie_aware_form():
    truth = torch.tensor([1, 7, 7, 8, 9, 10])
    metrics = pliant.ranking_metrics(torch.tensor([1.0, 3, 2, 4, 5, 0]), truth)
    assert (metrics.exact, metrics.exact_five, metrics.exact_five_tied) == (0, 0, 1)
    assert metrics.exact_tied == 0


def test_batches_add_up_and_an_empty_one_changes_nothing():
    scores, labels = scores_and_labels(7, torch.float32, torch.int64)
    whole = pliant.ranking_metrics(scores, labels)
    parts = [pliant.ranking_metrics(s, t) for s, t in zip(scores.split(150), labels.split(150), strict=True)]
    empty = pliant.ranking_metrics(scores[:0], labels[:0], lengths=torch.zeros(0, dtype=torch.long))
    assert empty == pliant.RankingMetrics()
    assert all(math.isnan(getattr(empty, name)) for name in RATES)
    assert sum(parts, empty) == whole != parts[0]
    assert f"exact={whole.exact:.4g}, " in repr(whole)


def test_scores_with_a_gradient():
    scores = torch.tensor([1.0, 2.0], requires_grad=True)
    assert pliant.ranking_metrics(scores * 2, torch.tensor([1, 2])).exact == 1
    counts = torch.ops.pliant.ranking_metrics((scores * 2).unsqueeze(0), torch.tensor([[1, 2]]), None)
    assert not counts.requires_grad


@pytest.mark.parametrize("masked", [False, True])
def test_opcheck(masked):
    scores, labels = torch.randn(3, 6, requires_grad=True), torch.randint(0, 9, (3, 6))
    mask = torch.arange(6).expand(3, 6) < 4 if masked else None
    tests = ["test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic"]
    op = torch.ops.pliant.ranking_metrics.default
    torch.library.opcheck(op, (scores, labels, mask), test_utils=tests)


SCORES, LABELS = torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.long)
CALLS = [
    ([[1.0]], LABELS, {}, TypeError, "the values to sort must be a tensor, got list"),
    (torch.tensor(1.0), torch.tensor(1), {}, ValueError, "at least one dimension, got a scalar"),
    (SCORES[:, :0], LABELS[:, :0], {}, ValueError, r"at least one value to sort, got shape \(2, 0\)"),
    (LABELS, LABELS, {}, TypeError, "scores must be floating point, got Long"),
    (SCORES, [1], {}, TypeError, "labels must be a tensor, got list"),
    (SCORES, LABELS[0], {}, ValueError, r"labels must have the shape of scores, \(2, 3\), got \(3,\)"),
    (SCORES, LABELS.to(torch.complex64), {}, TypeError, "labels must be integers .* or floating point"),
    (SCORES, LABELS.to(torch.uint64), {}, TypeError, r"labels must be integers \(no uint64\) .* got UInt64"),
    (SCORES, SCORES * math.nan, {}, ValueError, "labels must not be NaN, got one in set 0"),
    (SCORES, LABELS, {"dim": 2}, IndexError, "Dimension out of range"),
    (SCORES, LABELS, {"lengths": torch.tensor([3, 4])}, ValueError, "lengths must be in 1 … 3, got 4"),
    (SCORES, LABELS, {"mask": SCORES > 0}, ValueError, "mask must leave at least one item in every set"),
    (SCORES, LABELS, {"mask": SCORES}, TypeError, "mask must be bool, got torch.float32"),
]


@pytest.mark.parametrize(("scores", "labels", "options", "error", "text"), CALLS, ids=[c[4] for c in CALLS])
def test_error(scores, labels, options, error, text):
    with pytest.raises(error, match=text):
        pliant.ranking_metrics(scores, labels, **options)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ((SCORES[0], LABELS[0], None), ValueError, r"scores must have 2 dimensions \(batch, n\)"),
        (
            (SCORES, LABELS[:1], None),
            ValueError,
            r"labels must have the shape of scores, \[2, 3\], got \[1, 3\]",
        ),
        ((SCORES, LABELS, SCORES[:1] == 0), ValueError, r"mask must have the shape of scores, \[2, 3\]"),
        ((SCORES, LABELS, LABELS), TypeError, "mask must be bool, got Long"),
        ((SCORES, LABELS, SCORES > 0), ValueError, "mask must leave at least one item in every set, set 0"),
    ],
)
def test_error_of_the_op(arguments, error, text):
    with pytest.raises(error, match=text):
        torch.ops.pliant.ranking_metrics(*arguments)
