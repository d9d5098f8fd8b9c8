# tests/sorting/test_ordered_methods.py — "fast", "fast_kl" and "lapsum" as methods of every sorting function
import math

import pytest
import torch
from pliant._fast import OrderedRows

import pliant

PROJECTIONS = {m["name"]: m["regularization"] for m in pliant.methods() if m["kind"] == "projection"}
METHODS = [*PROJECTIONS, "lapsum"]
DOUBLE = torch.float64


def entry(method):
    return next(m for m in pliant.methods() if m["name"] == method)


def test_the_list_says_what_they_are():
    assert {"fast": "l2", "fast_kl": "kl"} == PROJECTIONS
    for method in PROJECTIONS:
        assert not entry(method)["permutation"] and not entry(method)["doubly_stochastic"]
        assert entry(method)["monotone"]
    assert entry("lapsum")["permutation"] and entry("lapsum")["doubly_stochastic"]
    assert all(entry(method)["source"] and entry(method)["formula"] for method in METHODS)


@pytest.mark.parametrize("method", PROJECTIONS)
def test_values_and_ranks_are_those_of_the_ops(method):
    x = torch.randn(3, 7, dtype=DOUBLE)
    rows = OrderedRows("test", x, 0.7)
    values, ranks = rows.fast_values(PROJECTIONS[method]), rows.fast_ranks(PROJECTIONS[method])
    options = {"method": method, "steepness": 0.7}
    assert torch.equal(pliant.sort_values(x, **options), values)
    sorted_x, nothing = pliant.sort(x, return_permutation=False, **options)
    assert torch.equal(sorted_x, values) and nothing is None
    assert torch.equal(pliant.sort_values(x, descending=True, **options), values.flip(-1))
    assert torch.equal(pliant.soft_rank(x, **options), ranks)
    torch.testing.assert_close(pliant.soft_rank(x, descending=True, **options), 8 - ranks)


def test_l2_ranks_are_those_of_the_negated_keys_descending():
    x = torch.randn(3, 7, dtype=DOUBLE)
    down = pliant.soft_rank(x, descending=True, method="fast", steepness=0.7)
    torch.testing.assert_close(down, pliant.soft_rank(-x, method="fast", steepness=0.7))


def test_lapsum_is_its_matrix_in_every_mode():
    x, payload = torch.randn(3, 6, dtype=DOUBLE), torch.randn(3, 6, 2, dtype=DOUBLE)
    labels = torch.randint(0, 4, (3, 6))
    options = {"method": "lapsum", "steepness": 2.0}
    expected = OrderedRows("test", x, 2.0).permutation()
    values, permutation = pliant.sort(x, **options)
    assert torch.equal(permutation, expected)
    torch.testing.assert_close(values, torch.einsum("bi,bir->br", x, expected))
    assert torch.equal(pliant.sort_values(x, **options), values)
    ranks = torch.arange(1, 7, dtype=DOUBLE)
    torch.testing.assert_close(pliant.soft_rank(x, **options), expected @ ranks)
    torch.testing.assert_close(pliant.soft_rank(x, descending=True, **options), expected @ ranks.flip(0))
    torch.testing.assert_close(pliant.apply_sort(x, payload, **options), expected.mT @ payload)
    target = torch.zeros_like(expected).scatter_(1, labels.argsort(dim=-1, stable=True).unsqueeze(1), 1.0)
    loss = pliant.permutation_loss(x, labels, **options)
    torch.testing.assert_close(loss, torch.nn.functional.binary_cross_entropy(expected, target))
    loss = pliant.permutation_loss(x, labels, loss="cross_entropy", **options)
    torch.testing.assert_close(loss, -(target * expected.log()).sum(1).mean())


def test_golden_lapsum():
    # F(2·(x − b)) of two keys 0 and 1: b = ½ for k = 1, so P[1, 1] = 1 − ½·exp(−1).
    permutation = pliant.sort(torch.tensor([1.0, 0.0], dtype=DOUBLE), method="lapsum", steepness=2.0)[1]
    right = 1 - 0.5 * math.exp(-1)
    expected = torch.tensor([[1 - right, right], [right, 1 - right]], dtype=DOUBLE)
    torch.testing.assert_close(permutation, expected)


@pytest.mark.parametrize("method", METHODS)
def test_the_hard_limit_sorts_and_ranks(method):
    x = torch.randn(5, 8, dtype=DOUBLE)
    for descending in (False, True):
        options = {"method": method, "steepness": 1e9, "descending": descending}
        values = pliant.sort_values(x, **options)
        torch.testing.assert_close(values, x.sort(-1, descending).values)
        ranks = x.argsort(-1, descending).argsort(-1).double() + 1
        torch.testing.assert_close(pliant.soft_rank(x, **options), ranks)


@pytest.mark.parametrize("method", METHODS)
def test_gradients_of_keys_and_steepness(method):
    x = torch.randn(2, 5, dtype=DOUBLE, requires_grad=True)
    steepness = torch.tensor(0.8, dtype=DOUBLE, requires_grad=True)
    for function in (pliant.sort_values, pliant.soft_rank):
        assert torch.autograd.gradcheck(lambda x, s: function(x, method=method, steepness=s), (x, steepness))  # noqa: B023


@pytest.mark.parametrize("each", [False, True])
def test_gradients_of_lapsum(each):
    x = torch.randn(2, 5, dtype=DOUBLE, requires_grad=True)
    payload = torch.randn(2, 5, 3, dtype=DOUBLE, requires_grad=True)
    steepness = torch.tensor([1.5, 0.7] if each else 1.5, dtype=DOUBLE, requires_grad=True)
    labels = torch.tensor([[3, 1, 1, 5, 9], [2, 6, 5, 3, 5]])
    for function in (
        lambda x, s, _: pliant.sort(x, method="lapsum", steepness=s),
        lambda x, s, _: pliant.soft_rank(x, method="lapsum", steepness=s),
        lambda x, s, payload: pliant.apply_sort(x, payload, method="lapsum", steepness=s),
        lambda x, s, _: pliant.permutation_loss(x, labels, method="lapsum", steepness=s),
    ):
        assert torch.autograd.gradcheck(function, (x, steepness, payload), atol=1e-6)


@pytest.mark.parametrize("steepness", [0.3, 2.0, 10.0])
@pytest.mark.parametrize("method", METHODS)
def test_the_values_are_monotone_where_it_says_so(method, steepness):
    x = torch.randn(40, 6, dtype=DOUBLE)

    def values(row):
        return pliant.sort_values(row, method=method, steepness=steepness)

    least = min(torch.autograd.functional.jacobian(values, row).min() for row in x)
    assert least >= -1e-12 if entry(method)["monotone"] else least < -1e-4


@pytest.mark.parametrize("method", METHODS)
def test_ragged_sets_and_other_dimensions_are_a_loop(method):
    x = torch.randn(5, 4, dtype=DOUBLE, requires_grad=True)
    mask = torch.rand(5, 4) < 0.6
    mask[0] = True
    options = {"method": method, "steepness": 0.9}
    values = pliant.sort_values(x, 0, mask=mask, **options)
    ranks = pliant.soft_rank(x, 0, mask=mask, **options)
    total = 0
    for column in range(4):
        items = mask[:, column]
        own = pliant.sort_values(x[items, column], **options)
        expected = pliant.soft_rank(x[items, column], **options)
        torch.testing.assert_close(values[: len(own), column], own)
        torch.testing.assert_close(ranks[items, column], expected)
        assert values[len(own) :, column].abs().sum() == 0 and ranks[~items, column].abs().sum() == 0
        total = total + own.square().sum() + expected.square().sum()
    (found,) = torch.autograd.grad(values.square().sum() + ranks.square().sum(), x)
    torch.testing.assert_close(found, torch.autograd.grad(total, x)[0])


@pytest.mark.parametrize("lengths", [None, torch.tensor([5, 2, 5])])
def test_lapsum_takes_a_steepness_for_each_sample(lengths):
    x, steepness = torch.randn(3, 5, dtype=DOUBLE), torch.tensor([0.5, 2.0, 9.0], dtype=DOUBLE)
    values, permutation = pliant.sort(x, method="lapsum", steepness=steepness, lengths=lengths)
    for row in range(3):
        n = 5 if lengths is None else int(lengths[row])
        own, matrix = pliant.sort(x[row, :n], method="lapsum", steepness=float(steepness[row]))
        torch.testing.assert_close(values[row, :n], own)
        torch.testing.assert_close(permutation[row, :n, :n], matrix)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_worked_on_in_float(method, dtype):
    x = torch.randn(8, 6).to(dtype).requires_grad_()
    for function in (pliant.sort_values, pliant.soft_rank):
        found = function(x, method=method, steepness=0.7)
        assert found.dtype == dtype
        expected = function(x.detach().float(), method=method, steepness=0.7)
        assert torch.equal(found, expected.to(dtype))
        (gradient,) = torch.autograd.grad(found[:, 0].sum(), x)
        assert gradient.dtype == dtype and gradient.isfinite().all()


@pytest.mark.parametrize("method", METHODS)
def test_edges(method):
    for shape in ((0, 5), (2, 1)):
        x = torch.randn(shape, requires_grad=True)
        values, ranks = pliant.sort_values(x, method=method), pliant.soft_rank(x, method=method)
        assert values.shape == ranks.shape == shape
        torch.testing.assert_close(values, x)
        torch.testing.assert_close(ranks, torch.ones(shape) if shape[1] == 1 else torch.zeros(shape))
        (values.sum() + ranks.sum()).backward()
    x = torch.randn(3, 5)
    x[1, 2] = math.nan
    for found in (pliant.sort_values(x, method=method), pliant.soft_rank(x, method=method)):
        assert found[1].isnan().all() and found[[0, 2]].isfinite().all()
    tied = torch.full((1, 4), 3.0)
    torch.testing.assert_close(pliant.soft_rank(tied, method=method), torch.full((1, 4), 2.5))


@pytest.mark.parametrize("method", METHODS)
def test_one_thread_is_many(threads, method):
    x, found = torch.randn(500, 9, requires_grad=True), []
    for count in (1, 2):
        threads(count)
        results = pliant.sort_values(x, method=method), pliant.soft_rank(x, method=method)
        total = sum(result.square().sum() for result in results)
        found.append((*results, torch.autograd.grad(total, x)[0]))
    assert all(torch.equal(one, many) for one, many in zip(*found, strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_it_compiles(method):
    torch._dynamo.reset()
    x = torch.randn(3, 4)
    compiled = torch.compile(pliant.soft_rank, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, method=method), pliant.soft_rank(x, method=method))


@pytest.mark.parametrize("method", METHODS)
def test_modules(method):
    x = torch.randn(3, 5)
    module = pliant.nn.SoftRank(method=method, steepness=0.6, learn_steepness=True)
    assert torch.equal(module(x), pliant.soft_rank(x, method=method, steepness=0.6))
    module(x).square().sum().backward()
    assert module.steepness.grad.abs() > 0
    if method == "lapsum":
        assert torch.equal(pliant.nn.Sort(method=method)(x)[1], pliant.sort(x, method=method)[1])
        return
    for module in (pliant.nn.Sort, pliant.nn.ApplySort, pliant.nn.PermutationLoss):
        with pytest.raises(ValueError, match=f"{module.__name__}: method '{method}' has sorted values and"):
            module(method=method)


def test_topk_by_lapsum_is_the_matrix_and_has_gradients():
    x = torch.randn(3, 7, dtype=DOUBLE, requires_grad=True)
    steepness = torch.tensor(1.5, dtype=DOUBLE, requires_grad=True)
    permutation = pliant.sort(x, method="lapsum", steepness=1.5)[1]
    values, attribution = pliant.topk(x, 3, method="lapsum", steepness=1.5)
    torch.testing.assert_close(attribution, permutation[..., -3:].flip(-1))
    torch.testing.assert_close(values, torch.einsum("bi,bij->bj", x, attribution))
    assert torch.autograd.gradcheck(
        lambda x, s: pliant.topk(x, 3, largest=False, method="lapsum", steepness=s), (x, steepness)
    )
    half = x.detach().half()
    values, attribution = pliant.topk(half, 2, method="lapsum", steepness=1.5)
    assert values.dtype == attribution.dtype == torch.float16
    expected = pliant.topk(half.float(), 2, method="lapsum", steepness=1.5)[0]
    assert torch.equal(values, expected.half())


EACH = torch.tensor([1.0, 2.0])
ERRORS = [
    (lambda x: pliant.sort(x, method="fast"), "sort: method 'fast' has sorted values and ranks, but no perm"),
    (
        lambda x: pliant.sort(x, method="fast"),
        "take sort_values or soft_rank, or a method that has one: odd_",
    ),
    (lambda x: pliant.apply_sort(x, x.unsqueeze(-1), method="fast_kl"), "apply_sort: method 'fast_kl' has"),
    (lambda x: pliant.permutation_loss(x, x, method="fast"), "permutation_loss: method 'fast' has sorted"),
    (
        lambda x: pliant.soft_rank(x, method="fast", steepness=EACH),
        r"soft_rank: method 'fast' takes one steepness for all samples, got shape \(2,\)",
    ),
    (
        lambda x: pliant.sort(x, method="lapsum", steepness=0.0),
        "sort: steepness must be > 0 and finite, got 0",
    ),
    (lambda x: pliant.sort_values(x, method="fast", steepness=-1.0), "sort: steepness must be > 0"),
    (
        lambda x: pliant.topk(x, 2, method="fast"),
        "topk: unknown method 'fast'; there are: splitter_selection",
    ),
    (
        lambda x: pliant.topk(x, 2, method="lapsum", steepness=EACH),
        r"topk: steepness must be one number, got shape \(2,\)",
    ),
    (lambda x: pliant.Relaxation("lapsum"), "relaxation 'lapsum'; there are: neuralsort"),
]


@pytest.mark.parametrize(("call", "text"), ERRORS, ids=[text for _, text in ERRORS])
def test_error(call, text):
    with pytest.raises(ValueError, match=text):
        call(torch.zeros(2, 5))
