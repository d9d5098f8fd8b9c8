# tests/sorting/test_relaxations.py — NeuralSort, SoftSort, sinkhorn: references, gradients, laws, an oracle
import math

import pytest
import torch

import pliant

RELAXATIONS = [method["name"] for method in pliant.methods() if method["kind"] == "relaxation"]
# Finite differences see whatever sinkhorn leaves undone.
EXACT = {name: pliant.Relaxation(name, tolerance=1e-13) for name in RELAXATIONS}
SETTINGS = [
    *EXACT.values(),
    pliant.Relaxation("softsort", power=2.0),
    pliant.Relaxation("sinkhorn", iterations=7, tolerance=1e-13, implicit=False),
]
LABELS = torch.tensor([[3, 1, 4, 1, 5], [2, 7, 1, 8, 2]])
PAYLOAD = torch.linspace(-1, 1, 30, dtype=torch.float64).reshape(2, 5, 3).sin()


def neuralsort(x, s):
    n = x.shape[-1]
    far = (x.unsqueeze(-1) - x.unsqueeze(-2)).abs().sum(-1, keepdim=True)
    factor = 2 * torch.arange(n, dtype=x.dtype) + 1 - n
    return (s * (factor * x.unsqueeze(-1) - far)).softmax(-2)


def softsort(x, s):
    return (-s * (x.unsqueeze(-1) - x.sort(-1).values.unsqueeze(-2)).abs()).softmax(-2)


def sinkhorn(x, s):
    """In exponentials, for so many iterations that nothing is left to do."""
    n = x.shape[-1]
    z = (x - x.mean(-1, keepdim=True)) / x.std(-1, correction=0, keepdim=True)
    squashed = torch.sigmoid(math.pi / math.sqrt(3) * z)
    p = (-s * (squashed.unsqueeze(-1) - torch.linspace(0, 1, n, dtype=x.dtype)) ** 2).exp()
    for _ in range(2000):
        p = p / p.sum(-1, keepdim=True)
        p = p / p.sum(-2, keepdim=True)
    return p


REFERENCES = {"neuralsort": neuralsort, "softsort": softsort, "sinkhorn": sinkhorn}

MODES = {
    "sort": lambda x, **options: pliant.sort(x, **options),
    "values": lambda x, **options: pliant.sort_values(x, **options),
    "rank": lambda x, **options: pliant.soft_rank(x, **options),
    "apply": lambda x, **options: pliant.apply_sort(x, PAYLOAD, **options),
    "bce": lambda x, **options: pliant.permutation_loss(x, LABELS, ties=True, **options),
    "cross_entropy": lambda x, **options: pliant.permutation_loss(x, LABELS, loss="cross_entropy", **options),
}


def test_golden_values():
    x = torch.tensor([1.0, 2.5, 2.2, 1.4, 0.7, 0.1], dtype=torch.float64)
    for method, row in (
        ("neuralsort", [0.230304, 0.118902, 0.042369]),
        ("softsort", [0.190725, 0.140644, 0.130568]),
    ):
        permutation = pliant.sort(x, method=method, steepness=0.5)[1]
        assert permutation[0, -3:].tolist() == pytest.approx(row, abs=6e-7)


@pytest.mark.parametrize("method", RELAXATIONS)
def test_all_modes_agree_with_the_naive_reference(method):
    x, payload = torch.randn(3, 6, dtype=torch.float64), torch.randn(3, 6, 2, dtype=torch.float64)
    labels = torch.randint(0, 4, (3, 6))
    options = {"method": EXACT[method], "steepness": 3.0}
    expected = REFERENCES[method](x, 3.0)
    values, permutation = pliant.sort(x, **options)
    torch.testing.assert_close(permutation, expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(values, (x.unsqueeze(1) @ expected).squeeze(1), rtol=1e-9, atol=1e-12)
    assert torch.equal(pliant.sort_values(x, **options), values)
    ranks = torch.arange(1, 7, dtype=torch.float64)
    torch.testing.assert_close(pliant.soft_rank(x, **options), expected @ ranks, rtol=1e-9, atol=1e-12)
    carried = pliant.apply_sort(x, payload, **options)
    torch.testing.assert_close(carried, expected.mT @ payload, rtol=1e-9, atol=1e-12)
    down = pliant.sort(x, descending=True, **options)
    assert torch.equal(down[0], values.flip(-1)) and torch.equal(down[1], permutation.flip(-1))
    equal = (labels.unsqueeze(1) == labels.unsqueeze(2)).double()
    order = labels.argsort(dim=-1, stable=True)
    target = torch.zeros_like(expected).scatter_(1, order.unsqueeze(1), 1.0)
    for ties in (False, True):
        if ties:
            target = (equal / equal.sum(-1, keepdim=True)) @ target
        loss = pliant.permutation_loss(x, labels, ties=ties, **options)
        torch.testing.assert_close(loss, torch.nn.functional.binary_cross_entropy(expected, target))
        loss = pliant.permutation_loss(x, labels, ties=ties, loss="cross_entropy", **options)
        torch.testing.assert_close(loss, -(target * expected.log()).sum(1).mean())


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("method", SETTINGS, ids=str)
@pytest.mark.parametrize("each", [False, True])
def test_gradient_of_keys_and_steepness(mode, method, each):
    x = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    numbers = [1.5, 0.7] if each else 1.5
    steepness = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)

    def function(x, steepness):
        return MODES[mode](x, method=method, steepness=steepness)

    assert torch.autograd.gradcheck(function, (x, steepness), eps=1e-6, atol=1e-6, rtol=1e-5)


def test_gradient_of_the_payload():
    x, payload = torch.randn(2, 5, dtype=torch.float64), PAYLOAD.clone().requires_grad_()
    for method in RELAXATIONS:
        assert torch.autograd.gradcheck(lambda p: pliant.apply_sort(x, p, method=method), (payload,))  # noqa: B023


@pytest.mark.parametrize("method", RELAXATIONS)
@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_columns_sum_to_one_and_rows_where_it_says_so(method, n):
    (entry,) = [entry for entry in pliant.methods() if entry["name"] == method]
    permutation = pliant.sort(torch.randn(4, n), method=method, steepness=4.0)[1]
    torch.testing.assert_close(permutation.sum(-2), torch.ones(4, n))
    off = (permutation.sum(-1) - 1).abs().max()
    assert off < 1e-5 if entry["doubly_stochastic"] else off > 1e-3 or n <= 2


def test_the_properties_are_those_of_the_lists():
    methods = {method["name"]: method for method in pliant.methods()}
    assert list(methods)[:3] == ["odd_even", "bitonic", "batcher"]
    assert all(method["cost"] and method["source"] for method in methods.values())
    assert all(m["doubly_stochastic"] and m["monotone"] for m in methods.values() if m["kind"] == "network")


@pytest.mark.parametrize("method", [name for name in RELAXATIONS if name != "sinkhorn"])
def test_what_is_not_monotone_has_a_gradient_of_the_wrong_sign(method):
    assert not next(m for m in pliant.methods() if m["name"] == method)["monotone"]
    x = torch.randn(20, 6, dtype=torch.float64)
    jacobian = torch.stack(
        [
            torch.autograd.functional.jacobian(lambda row: pliant.sort_values(row, method=method), row)
            for row in x
        ]
    )
    assert jacobian.min() < -0.01


@pytest.mark.parametrize("method", RELAXATIONS)
@pytest.mark.parametrize("steepness", [2.0, torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)], ids=str)
def test_ragged_sets_and_other_dimensions_are_a_loop(method, steepness):
    x = torch.randn(5, 4, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([5, 2, 5, 3])
    options = {"method": method, "steepness": steepness, "lengths": lengths}
    values, permutation = pliant.sort(x, 0, **options)
    ranks = pliant.soft_rank(x, 0, **options)
    labels = torch.randint(0, 9, (5, 4))
    losses, total = [], 0
    for column, size in enumerate(lengths.tolist()):
        s = steepness if isinstance(steepness, float) else steepness[column]
        keys = x[:size, column]
        own, matrix = pliant.sort(keys, method=method, steepness=s)
        torch.testing.assert_close(values[:size, column], own)
        torch.testing.assert_close(permutation[column, :size, :size], matrix)
        assert values[size:, column].abs().sum() == 0
        expected = pliant.soft_rank(keys, method=method, steepness=s)
        torch.testing.assert_close(ranks[:size, column], expected)
        losses.append(pliant.permutation_loss(keys, labels[:size, column], method=method, steepness=s))
        total = total + own.square().sum() + expected.square().sum()
    loss = pliant.permutation_loss(x, labels, 0, **options)
    torch.testing.assert_close(loss, torch.stack(losses).mean())
    (found,) = torch.autograd.grad(values.square().sum() + ranks.square().sum(), x)
    torch.testing.assert_close(found, torch.autograd.grad(total, x)[0])


@pytest.mark.parametrize("method", RELAXATIONS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_worked_on_in_float(method, dtype):
    x, payload = torch.randn(8, 6).to(dtype).requires_grad_(), torch.randn(8, 6, 2).to(dtype)
    exact = x.detach().float()
    for found, expected in (
        (pliant.sort(x, method=method)[0], pliant.sort(exact, method=method)[0]),
        (pliant.sort(x, method=method)[1], pliant.sort(exact, method=method)[1]),
        (pliant.soft_rank(x, method=method), pliant.soft_rank(exact, method=method)),
        (
            pliant.apply_sort(x, payload, method=method),
            pliant.apply_sort(exact, payload.float(), method=method),
        ),
    ):
        assert found.dtype == dtype
        assert torch.equal(found, expected.to(dtype))
        (gradient,) = torch.autograd.grad(found[0, 0].sum(), x)
        assert gradient.dtype == dtype and torch.isfinite(gradient).all()


@pytest.mark.parametrize("method", RELAXATIONS)
def test_float_is_close_to_double(method):
    x = torch.randn(32, 9, dtype=torch.float64, requires_grad=True)
    single = x.detach().float().requires_grad_()
    wide, narrow = (pliant.sort(keys, method=method, steepness=5.0)[1] for keys in (x, single))
    torch.testing.assert_close(narrow.double(), wide, rtol=0, atol=1e-5)
    upstream = torch.randn_like(wide)
    (expected,) = torch.autograd.grad(wide, x, upstream)
    (found,) = torch.autograd.grad(narrow, single, upstream.float())
    torch.testing.assert_close(found.double(), expected, rtol=0, atol=1e-5 * max(1, expected.abs().max()))


@pytest.mark.parametrize("kind", ["bce", "cross_entropy"])
def test_a_loss_of_weights_that_are_zero_is_finite(kind):
    scores = torch.tensor([[0.0, 1e4, 2e4]], requires_grad=True)
    loss = pliant.permutation_loss(scores, torch.tensor([[3, 2, 1]]), loss=kind, method="softsort")
    expected = 100 * 4 / 9 if kind == "bce" else 100 * 2 / 3
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    assert torch.isfinite(torch.autograd.grad(loss, scores)[0]).all()


def test_empty_batches_and_what_is_no_number():
    for method in RELAXATIONS:
        values, permutation = pliant.sort(torch.zeros(0, 3, 5, requires_grad=True), method=method)
        assert values.shape == (0, 3, 5) and permutation.shape == (0, 3, 5, 5)
        (values.sum() + permutation.sum()).backward()
        x = torch.randn(3, 5)
        x[1, 2] = math.nan
        found = pliant.sort(x, method=method)[1]
        assert found[1].isnan().all() and torch.isfinite(found[[0, 2]]).all()


def test_modules_take_relaxations():
    x, labels = torch.randn(3, 5), torch.randint(0, 9, (3, 5))
    for method in (*RELAXATIONS, pliant.Relaxation("softsort", power=2.0)):
        module = pliant.nn.Sort(method=method, steepness=3.0, learn_steepness=True)
        assert torch.equal(module(x)[1], pliant.sort(x, method=method, steepness=3.0)[1])
        loss = pliant.nn.PermutationLoss(method=method, learn_steepness=True)
        loss(x, labels).backward()
        assert loss.steepness.grad.abs() > 0


def test_perturbed_scores_are_drawn_by_key_and_in_the_order_of_their_weights(threads):
    x = torch.randn(400, 3, 5, dtype=torch.float64, requires_grad=True)
    found = []
    for count in (1, 3):
        threads(count)
        found.append(pliant.perturb(x, seed=3, step=9))
    assert torch.equal(*found)
    assert not torch.equal(found[0], pliant.perturb(x, seed=3, step=10))
    half = pliant.perturb(x.half(), seed=3, step=9)
    assert half.dtype == torch.float16
    scale = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, s: pliant.perturb(x, seed=1, scale=s), (x[:2, 0], scale))
    # The largest is i with the probability softmax(x)_i.
    weights = torch.tensor([0.1, 0.2, 0.7])
    drawn = pliant.perturb(weights.log().expand(20000, 3), seed=2).argmax(-1)
    share = torch.bincount(drawn) / 20000
    torch.testing.assert_close(share, weights, rtol=0, atol=0.015)
    draws = pliant.sort(pliant.perturb(x, seed=1), method="neuralsort", steepness=5.0)[1]
    torch.testing.assert_close(draws.sum(-2), torch.ones(400, 3, 5, dtype=torch.float64))


ERRORS = [
    (lambda x: pliant.perturb(x.long(), seed=1), TypeError, "perturb: x must be floating point, got Long"),
    (lambda x: pliant.perturb(x.sum(), seed=1), ValueError, "at least one dimension, got a scalar"),
    (lambda x: pliant.perturb(1.0, seed=1), TypeError, "perturb: x must be a tensor, got float"),
    (lambda x: pliant.sort(x, method="softsrt"), ValueError, "unknown method 'softsrt'; there are: odd_even"),
    (
        lambda x: pliant.sort(x, method="softsort", steepness=-1.0),
        ValueError,
        "sort: steepness must be > 0 and",
    ),
    (lambda x: pliant.sort(x, method="softsort", steepness="1"), TypeError, "a number or a tensor, got str"),
    (
        lambda x: pliant.sort(x, method="softsort", steepness=torch.ones(4)),
        ValueError,
        r"steepness must be one number or have the batch shape \(2,\), got shape \(4,\)",
    ),
    (
        lambda x: pliant.apply_sort(x, torch.zeros(2, 5, 1, dtype=torch.float64), method="softsort"),
        TypeError,
        "payload must have the dtype of key, torch.float32, got torch.float64",
    ),
    (
        lambda x: pliant.permutation_loss(x, x, loss="mse", method="softsort"),
        ValueError,
        "unknown loss 'mse'; there are: bce, cross_entropy",
    ),
    (lambda x: pliant.sort(x.long(), method="softsort"), TypeError, "x must be floating point, got Long"),
    (
        lambda x: pliant.Relaxation("bitonic"),
        ValueError,
        "relaxation 'bitonic'; there are: neuralsort",
    ),
    (lambda x: pliant.Relaxation("softsort", power=0.0), ValueError, "power must be > 0 and finite, got 0"),
    (lambda x: pliant.Relaxation("sinkhorn", tolerance=0.0), ValueError, "tolerance must be > 0, got 0"),
    (lambda x: pliant.Relaxation("sinkhorn", iterations=0), ValueError, "iterations must be > 0, got 0"),
    (lambda x: pliant.nn.Sort(method="softsort", steepness=0.0), ValueError, "steepness must be > 0 and"),
    (
        lambda x: torch.ops.pliant.relaxed_permutation(
            x, "softsort", torch.ones(1, dtype=torch.float64), 3, 3, *pliant.Relaxation("softsort").settings
        ),
        ValueError,
        "columns must be among 0 … 4, got first = 3 and count = 3",
    ),
    (
        lambda x: torch.ops.pliant.relaxed_permutation(
            x, "softsort", torch.ones(3, dtype=torch.float64), 0, 3, *pliant.Relaxation("softsort").settings
        ),
        ValueError,
        r"parameters must be one steepness, or one for each of the 2 rows, got shape \[3\]",
    ),
    (
        lambda x: torch.ops.pliant.relaxed_permutation(
            x, "softsort", torch.ones(1), 0, 3, *pliant.Relaxation("softsort").settings
        ),
        TypeError,
        "parameters must be a float64 tensor on the CPU, got Float on cpu",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), ERRORS, ids=[text for _, _, text in ERRORS])
def test_error(call, error, text):
    with pytest.raises(error, match=text):
        call(torch.zeros(2, 5))


def test_columns_alone_are_those_of_the_whole():
    x = torch.randn(3, 6, dtype=torch.float64)
    for method in RELAXATIONS:
        arguments = (x, method, torch.full((1,), 2.0, dtype=torch.float64))
        settings = pliant.Relaxation(method).settings
        whole = torch.ops.pliant.relaxed_permutation(*arguments, 0, 6, *settings)
        part = torch.ops.pliant.relaxed_permutation(*arguments, 4, 2, *settings)
        assert torch.equal(part, whole[..., 4:])


@pytest.mark.parametrize("n", [2, 5, 16])
def test_the_published_package_agrees(difftopk, n):
    # Float32, as the package is.
    x = torch.randn(4, n, requires_grad=True)
    upstream = torch.randn(4, n, n)
    for method, make, arrange in (
        ("neuralsort", difftopk.NeuralSort, lambda p: p),
        ("softsort", difftopk.SoftSort, lambda p: p.mT.flip(-1)),
    ):
        found = pliant.sort(x, method=method, steepness=2.0)[1]
        expected = arrange(make(tau=0.5)(x))
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
        a, b = (torch.autograd.grad(p, x, upstream)[0] for p in (found, expected))
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("method", RELAXATIONS)
def test_the_gradient_takes_the_matrix_back_and_notices_if_it_was_changed(method):
    x = torch.randn(2, 5, dtype=torch.float64, requires_grad=True)
    permutation = pliant.sort(x, method=EXACT[method])[1]
    gradient = torch.randn(2, 5, 5, dtype=torch.float64)
    (first,) = torch.autograd.grad(permutation, x, gradient, retain_graph=True)
    assert torch.equal(first, torch.autograd.grad(permutation, x, gradient, retain_graph=True)[0])
    permutation.detach().mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        torch.autograd.grad(permutation, x, gradient)
