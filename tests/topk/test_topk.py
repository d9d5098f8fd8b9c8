# tests/topk/test_topk.py — relaxed top-k and the top-k cross-entropy from Python
import copy
import math
import pickle

import pytest
import torch
import torch.nn.functional as F

import pliant

SCORES = torch.tensor([[1.0, 2.5, -0.5, 0.7, 2.2, 0.1, 1.4, -1.0]], dtype=torch.float64)
LABEL = torch.tensor([0])
ART = pliant.Distribution("logistic", art_lambda=0.5)
GOLDEN = {  # method, distribution, steepness: attribution of the label to ranks 3, 2, 1, and the losses
    ("odd_even", "cauchy", 2.0): ([0.122266, 0.057890, 0.040308], [2.044221, 2.446595, 2.244954]),
    ("bitonic", ART, 1.0): ([0.177188, 0.174665, 0.174552], [1.303912, 1.958322, 1.155051]),
    ("splitter_selection", ART, 1.0): ([0.159557, 0.135149, 0.080568], [1.612301, 2.148432, 1.629591]),
    ("neuralsort", "cauchy", 0.5): ([0.230304, 0.118902, 0.042369], [1.642843, 2.168074, 1.766611]),
    ("softsort", "cauchy", 0.5): ([0.190725, 0.140644, 0.130568], [1.441699, 2.041593, 1.354381]),
}
MODES = ["sm", "smce", "sort"]


@pytest.mark.parametrize("setting", GOLDEN, ids=lambda setting: setting[0])
def test_golden_values(setting):
    method, distribution, steepness = setting
    options = {"method": method, "distribution": distribution, "steepness": steepness}
    ranks, losses = GOLDEN[setting]
    candidates = torch.tensor([[1.0, 2.5, 2.2, 1.4, 0.7, 0.1]], dtype=torch.float64)
    attribution = pliant.topk(candidates, 3, **options)[1]
    torch.testing.assert_close(attribution[0, 0].flip(0), torch.tensor(ranks).double(), atol=1e-6, rtol=0)
    for mode, expected in zip(MODES, losses, strict=True):
        found = pliant.topk_cross_entropy(SCORES, LABEL, [0.5, 0.2, 0.3], m=6, top1_mode=mode, **options)
        assert found.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("method", pliant.selection_methods())
@pytest.mark.parametrize("largest", [True, False])
def test_topk_hard_limit_is_torch_topk(method, largest):
    x = torch.randn(2, 9, 3, dtype=torch.float64)
    # Sinkhorn's iterations do not converge in time where it is nearly hard.
    steepness, tolerance = (1e8, 1e-5) if method != "sinkhorn" else (300.0, 0.05)
    for k in (1, 4, 9):
        values, attribution = pliant.topk(x, k, 1, largest, method=method, steepness=steepness)
        expected, index = x.topk(k, 1, largest)
        torch.testing.assert_close(values, expected, atol=tolerance, rtol=0)
        assert torch.equal(attribution.argmax(-2), index.movedim(1, -1))


@pytest.mark.parametrize("method", pliant.selection_methods())
def test_columns_of_the_attribution_are_those_of_the_permutation(method):
    x = torch.randn(4, 7, dtype=torch.float64)
    values, attribution = pliant.topk(x, 3, method=method, steepness=2.0)
    torch.testing.assert_close(attribution.sum(1), torch.ones(4, 3).double())
    if method not in ("neuralsort", "softsort"):
        assert (attribution.sum(2) <= 1 + 1e-6).all()
    torch.testing.assert_close(values, torch.einsum("bi,bij->bj", x, attribution))
    if method != "splitter_selection":
        whole = pliant.sort(x, method=method, steepness=2.0)[1]
        torch.testing.assert_close(attribution, whole[..., -3:].flip(-1))
    payload = torch.randn(4, 7, 2, dtype=torch.float64)
    applied = pliant.apply_topk(x, payload, 3, method=method, steepness=2.0)
    torch.testing.assert_close(applied, attribution.transpose(1, 2) @ payload)
    lowest = pliant.apply_topk(x, payload, 3, False, method=method, steepness=2.0)
    torch.testing.assert_close(
        lowest, pliant.topk(x, 3, largest=False, method=method, steepness=2.0)[1].mT @ payload
    )


def test_topk_gradients():
    x = torch.randn(2, 6, dtype=torch.float64, requires_grad=True)
    steepness = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, s: pliant.topk(x, 3, steepness=s), (x, steepness))
    assert torch.autograd.gradcheck(lambda x, s: pliant.topk(x, 2, 0, False, steepness=s), (x, steepness))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("m", [None, 5])
def test_loss_gradients(mode, m):
    scores = torch.randn(3, 8, dtype=torch.float64, requires_grad=True)
    steepness = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    p_k = torch.tensor([0.3, 0.3, 0.4], dtype=torch.float64, requires_grad=True)
    weight = torch.rand(8)

    def loss(scores, steepness, p_k):
        p_k = p_k / p_k.sum()
        return pliant.topk_cross_entropy(
            scores, torch.tensor([1, -100, 7]), p_k, m=m, steepness=steepness, top1_mode=mode, weight=weight
        )

    assert torch.autograd.gradcheck(loss, (scores, steepness, p_k))


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_p_k_of_one_is_torch_cross_entropy(smoothing, reduction):
    scores = torch.randn(4, 6, 3, 2, dtype=torch.float64)
    target = torch.randint(6, (4, 3, 2))
    target[1, 2, 0] = 9
    weight = torch.rand(6, dtype=torch.float64)
    options = {
        "weight": weight,
        "ignore_index": 9,
        "label_smoothing": smoothing,
        "reduction": reduction,
    }
    found = pliant.topk_cross_entropy(scores, target, [1.0], top1_mode="smce", **options)
    torch.testing.assert_close(found, F.cross_entropy(scores, target, **options))
    one = pliant.topk_cross_entropy(scores[0, :, 0, 0], target[0, 0, 0], [1.0], top1_mode="smce")
    torch.testing.assert_close(one, F.cross_entropy(scores[0, :, 0, 0], target[0, 0, 0]))


def test_several_right_classes_average_and_weights_weigh():
    scores = torch.randn(3, 9, dtype=torch.float64)
    hot = torch.zeros(3, 9, dtype=torch.bool)
    hot[0, [2, 5]] = hot[1, 7] = True
    options = {"p_k": [0.5, 0.5], "reduction": "none", "method": "odd_even"}
    single = {
        (b, c): pliant.topk_cross_entropy(scores, torch.full((3,), c), **options)[b]
        for b, c in ((0, 2), (0, 5), (1, 7))
    }
    found = pliant.topk_cross_entropy(scores, hot, **options)
    expected = torch.stack([(single[0, 2] + single[0, 5]) / 2, single[1, 7], 0 * single[1, 7]])
    torch.testing.assert_close(found, expected)
    weights = hot * torch.tensor([[3.0], [0.5], [1.0]], dtype=torch.float64)
    expected = torch.stack(
        [3 * (single[0, 2] + single[0, 5]), 0.5 * single[1, 7], torch.tensor(0.0).double()]
    )
    torch.testing.assert_close(pliant.topk_cross_entropy(scores, weights, **options), expected)
    mean = pliant.topk_cross_entropy(scores, hot, [0.5, 0.5], method="odd_even")
    torch.testing.assert_close(mean, found.sum() / 2)  # the third sample has no target and counts nothing


def test_only_candidates_get_a_gradient():
    scores = torch.randn(5, 50, requires_grad=True)
    target = torch.arange(5)
    pliant.topk_cross_entropy(scores, target, m=8).backward()
    assert ((scores.grad != 0).sum(1) == 8).all()
    assert (scores.grad.gather(1, target[:, None]) < 0).all()
    torch.testing.assert_close(scores.grad.sum(1), torch.zeros(5), atol=1e-6, rtol=0)


def test_softmax_over_all_classes_reaches_them_all():
    scores = torch.randn(5, 50, requires_grad=True)
    pliant.topk_cross_entropy(scores, torch.arange(5), m=8, softmax_over_classes=True).backward()
    assert (scores.grad != 0).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_lower_precision_in_and_out(dtype):
    scores = torch.randn(6, 40).to(dtype).requires_grad_()
    exact = scores.detach().double().requires_grad_()
    target = torch.arange(6)
    loss, expected = (pliant.topk_cross_entropy(s, target, m=16) for s in (scores, exact))
    loss.backward(), expected.backward()
    assert loss.dtype == scores.grad.dtype == dtype
    tolerance = {torch.float32: 1e-5, torch.float16: 2e-3, torch.bfloat16: 2e-2}[dtype]
    torch.testing.assert_close(loss.double(), expected, rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(scores.grad.double(), exact.grad, rtol=tolerance, atol=tolerance)


def test_threads_give_the_same_bits(threads):
    scores, target = torch.randn(300, 100), torch.randint(100, (300,))
    results = []
    for count in (1, 2, 3):
        threads(count)
        leaf = scores.clone().requires_grad_()
        loss = pliant.topk_cross_entropy(leaf, target, m=16, reduction="none")
        results.append((loss, *torch.autograd.grad(loss.sum(), leaf)))
    assert all(torch.equal(a, b) for other in results[1:] for a, b in zip(results[0], other, strict=True))


def test_empty_batch_and_extreme_scores():
    empty = torch.empty(0, 9, requires_grad=True)
    loss = pliant.topk_cross_entropy(empty, torch.empty(0, dtype=torch.int64), m=6, reduction="none")
    assert loss.shape == (0,)
    loss.sum().backward()
    scores = torch.tensor([[math.inf, -math.inf, 1e30, -1e30, 0.0, 1e-42]], requires_grad=True)
    for mode in MODES:
        for m in (None, 5):
            loss = pliant.topk_cross_entropy(scores, torch.tensor([4]), top1_mode=mode, m=m)
            (gradient,) = torch.autograd.grad(loss, scores)
            assert loss.isfinite() and gradient.isfinite().all()


def test_module_learns_saves_and_copies():
    module = pliant.nn.TopKCrossEntropy(
        [0.25, 0.75], m=5, learn_steepness=True, learn_p_k=True, weight=torch.ones(9)
    )
    assert [name for name, _ in module.named_parameters()] == ["steepness", "p_k_logits"]
    scores = torch.randn(4, 9, requires_grad=True)
    module(scores, torch.arange(4)).backward()
    assert module.steepness.grad != 0 and (module.p_k_logits.grad != 0).all()
    twin = pliant.nn.TopKCrossEntropy(
        [0.5, 0.5], m=5, learn_steepness=True, learn_p_k=True, weight=torch.zeros(9)
    )
    twin.load_state_dict(module.state_dict())
    for other in (twin, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(other(scores, torch.arange(4)), module(scores, torch.arange(4)))
    plain = pliant.nn.TopKCrossEntropy([0.25, 0.75], m=5)
    torch.testing.assert_close(plain(scores, torch.arange(4)), module(scores, torch.arange(4)))


def test_baselines():
    assert pliant.smooth_topk_svm(SCORES, LABEL, 3).item() == pytest.approx(1.670799, abs=1e-6)
    assert pliant.truncated_topk_entropy(SCORES, LABEL, 3).item() == pytest.approx(1.385714, abs=1e-6)
    scores = torch.randn(3, 7, dtype=torch.float64, requires_grad=True)
    target = torch.tensor([0, 6, 3])
    torch.testing.assert_close(
        pliant.truncated_topk_entropy(scores, target, 1), F.cross_entropy(scores, target)
    )
    for k in (1, 2, 6):
        for tau in (0.1, 1.0):
            assert torch.autograd.gradcheck(
                lambda s, k=k, tau=tau: pliant.smooth_topk_svm(s, target, k, tau, "none"), scores
            )
        assert torch.autograd.gradcheck(
            lambda s, k=k: pliant.truncated_topk_entropy(s, target, k, "sum"), scores
        )


def _loss(scores=SCORES, target=LABEL, p_k=(0.5, 0.5), **options):
    return pliant.topk_cross_entropy(scores, target, p_k, **options)


def _with_nan(at):
    return SCORES.clone().index_fill_(1, torch.tensor([at]), math.nan)


ERRORS = {
    "p_k must not be negative, got -0.5 for k = 1": lambda: _loss(p_k=[-0.5, 1.5]),
    "p_k must sum to 1, got the sum 0.9": lambda: _loss(p_k=[0.5, 0.4]),
    "got len(p_k) = 2, m = 1 and 8 classes": lambda: _loss(m=1),
    "got len(p_k) = 0, m = 8 and 8 classes": lambda: _loss(p_k=[]),
    "m = 9 and 8 classes": lambda: _loss(m=9),
    "targets must be in 0 … 7 or ignore_index -100, got 8 in sample 0": lambda: _loss(target=LABEL + 8),
    "got -1 in sample 0": lambda: _loss(target=LABEL - 1),
    "got NaN in sample 0, class 3": lambda: _loss(
        SCORES.clone().index_fill_(1, torch.tensor([3]), math.nan), m=4
    ),
    "NaN in sample 0, class 5": lambda: _loss(_with_nan(5)),
    "unknown method 'bubble'; there are: splitter_selection, odd_even": lambda: _loss(method="bubble"),
    "unknown distribution 'cauchi'; there are:": lambda: _loss(distribution="cauchi"),
    "steepness must be > 0": lambda: _loss(steepness=-1.0),
    "unknown top1_mode 'max'; there are: sm, smce, sort": lambda: _loss(top1_mode="max"),
    "label_smoothing must be in [0, 1], got 1.5": lambda: _loss(label_smoothing=1.5),
    "reduction must be 'mean', 'sum' or 'none', got 'all'": lambda: _loss(reduction="all"),
    "class weights must have shape [8], got [7]": lambda: _loss(weight=torch.ones(7)),
    "class weights must be finite and >= 0": lambda: _loss(weight=-torch.ones(8)),
    "target must have the shape of scores without the classes, (1,), got (2,)": lambda: _loss(
        target=torch.tensor([0, 1])
    ),
    "must have the shape of scores, (1, 8), got (1,)": lambda: _loss(target=torch.tensor([0.5])),
    "a floating-point target must be >= 0": lambda: _loss(target=-torch.ones(1, 8)),
    "m must be at least the number of targets of a sample, 3": lambda: _loss(
        target=torch.tensor([[1.0, 1, 1, 0, 0, 0, 0, 0]]), m=2
    ),
    "topk: k must be in 1 … 8": lambda: pliant.topk(SCORES, 9),
    "k must be in 1 … 8, the number of values, got 0": lambda: pliant.topk(SCORES, 0),
    "k must be in 1 … 7, less than the number of classes": lambda: pliant.smooth_topk_svm(SCORES, LABEL, 8),
    "tau must be > 0 and finite, got 0": lambda: pliant.smooth_topk_svm(SCORES, LABEL, 2, 0.0),
    "scores must be finite": lambda: pliant.smooth_topk_svm(SCORES * math.inf, LABEL, 2),
    "truncated_topk_entropy: k must be in 1 … 7": lambda: pliant.truncated_topk_entropy(SCORES, LABEL, 8),
    "selection_network: k must be in 1 … 4, got 5": lambda: pliant.selection_network("bitonic", 4, 5),
    "there are 5 values to sort": lambda: pliant.topk(
        torch.randn(5), 2, method=pliant.Network([(0, 1), (2, 3), (4, 5)])
    ),
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors_name_the_argument(text):
    with pytest.raises(ValueError) as raised:
        ERRORS[text]()
    assert text in str(raised.value)


def test_type_errors():
    with pytest.raises(TypeError, match="scores and target must be tensors"):
        _loss(target=[0])
    with pytest.raises(TypeError, match="scores must be floating point"):
        _loss(scores=SCORES.long())


def test_a_network_of_ones_own_selects():
    mine = pliant.Network([(0, 1), (2, 3), (1, 3)])  # the largest of four
    x = torch.tensor([3.0, 1.0, 4.0, 1.5])
    assert pliant.topk(x, 1, method=mine, steepness=1e6)[0].item() == pytest.approx(4.0, abs=1e-3)
    assert len(pliant.selection_network(mine, 4, 1)) == 3


def test_compiles_to_one_graph():
    def function(scores, target):
        return pliant.topk_cross_entropy(scores * 2, target, m=6).square()

    scores, target = torch.randn(4, 12, requires_grad=True), torch.arange(4)
    compiled = torch.compile(function, backend="aot_eager", fullgraph=True)
    torch.testing.assert_close(compiled(scores, target), function(scores, target))
    (found,) = torch.autograd.grad(compiled(scores, target), scores)
    (expected,) = torch.autograd.grad(function(scores, target), scores)
    torch.testing.assert_close(found, expected)


def test_func_grad_and_vmap():
    scores, target = torch.randn(3, 4, 9), torch.arange(4)
    gradient = torch.func.grad(lambda s: pliant.topk_cross_entropy(s, target, m=5))
    mapped = torch.func.vmap(gradient)(scores)
    torch.testing.assert_close(mapped, torch.stack([gradient(s) for s in scores]))
