# tests/logic/test_thermometer.py — thermometer codes: order of the bits, gradients, the module, errors
import copy
import pickle

import pytest
import torch

import pliant

BYTES = torch.arange(256, dtype=torch.float32) / 255


def reference(x, thresholds):
    """Bits by loops, (N, T·C, …)."""
    planes = []
    for t in range(len(thresholds)):
        for c in range(x.shape[1]):
            level = thresholds[t]
            if level.dim() >= 1:
                level = level[c]
            planes.append((x[:, c].double() > level).to(x.dtype))
    return torch.stack(planes, 1)


@pytest.mark.parametrize("shape", [(), (3,), (3, 4, 5)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_bits_are_threshold_channel_row_column(shape, dtype):
    x = torch.rand(7, 3, 4, 5).to(dtype)
    thresholds = torch.rand(6, *shape, dtype=torch.float64).sort(0).values
    bits = pliant.thermometer(x, thresholds)
    assert bits.shape == (7, 18, 4, 5) and bits.dtype == dtype
    assert torch.equal(bits, reference(x, thresholds))
    assert torch.equal(pliant.nn.Thermometer(thresholds)(x), bits)
    # Not contiguous, and of no samples.
    assert torch.equal(pliant.thermometer(x.transpose(2, 3).contiguous().transpose(2, 3), thresholds), bits)
    assert pliant.thermometer(x[:0], thresholds).shape == (0, 18, 4, 5)


def test_bits_by_hand():
    x = torch.tensor([[0.5, 0.8], [0.75, float("nan")]])
    bits = pliant.thermometer(x, torch.tensor([0.25, 0.5, 0.75]))
    assert bits.tolist() == [[1, 1, 0, 1, 0, 1], [1, 0, 1, 0, 0, 0]]  # strict: 0.5 is not above 0.5
    per_feature = torch.tensor([[0.5, 0.7], [0.6, 0.8]])
    assert pliant.thermometer(x[:1], per_feature).tolist() == [[0, 1, 0, 1 if 0.8 > per_feature[1, 1] else 0]]


def test_published_bits_of_bytes():
    """Uniform thresholds on byte/255 (difflogic): T = 3 and 31; T = 1 is rounding, byte ≥ 128."""
    for count in (3, 31):
        bits = pliant.thermometer(BYTES[:, None], pliant.choose_thresholds("uniform", count))
        expected = torch.stack([(BYTES > (i + 1) / (count + 1)).float() for i in range(count)], 1)
        assert torch.equal(bits, expected)
        assert (bits.diff(dim=1) <= 0).all()  # a thermometer: no gap
    one = pliant.thermometer(BYTES[:, None], pliant.choose_thresholds("uniform", 1))
    assert torch.equal(one[:, 0], BYTES.round()) and one[:, 0].sum() == 128


def test_numbers_are_compared_as_they_are():
    tenth = torch.tensor([[0.1]])  # above 0.1 as float32
    assert pliant.thermometer(tenth, torch.tensor([0.1], dtype=torch.float64)).item() == 1
    assert pliant.thermometer(tenth, torch.tensor([0.1])).item() == 0
    assert pliant.thermometer(tenth.double(), torch.tensor([0.1])).item() == 0


@pytest.mark.parametrize("per", ["feature", "channel", "global"])
@pytest.mark.parametrize("method", pliant.threshold_methods())
def test_chosen_thresholds_match_float64(method, per):
    values = torch.randn(50, 3, 2, 2)
    chosen = pliant.choose_thresholds(method, 5, values, per=per, low=-1, high=2)
    group = {"feature": values.flatten(1), "channel": values.transpose(1, 0).flatten(1).T, "global": None}[
        per
    ]
    group = (values.reshape(-1, 1) if group is None else group).double()
    at = torch.arange(1, 6, dtype=torch.float64) / 6
    if method == "uniform":
        expected = (-1 + 3 * at)[:, None].expand(5, group.shape[1])
    elif method == "distributive":
        expected = group.sort(0).values[[len(group) * i // 6 for i in range(1, 6)]]
    else:
        expected = group.mean(0) + group.std(0) * torch.special.ndtri(at)[:, None]
    shape = {"feature": (5, 3, 2, 2), "channel": (5, 3), "global": (5,)}[per]
    assert chosen.shape == shape and chosen.dtype == torch.float64
    torch.testing.assert_close(chosen.flatten(1) if per != "global" else chosen[:, None], expected)
    bits = pliant.thermometer(values, chosen)
    assert bits.shape == (50, 15, 2, 2)
    if method == "distributive":  # each threshold halves, …: the bits' means are their ranks
        assert bits.mean().item() == pytest.approx(0.5, abs=0.03)


def test_relaxed_bits_match_float64_and_sharpen_to_bits():
    x, thresholds = torch.randn(4, 2, 3, dtype=torch.float64), torch.tensor([-0.5, 0.1, 0.9]).double()
    relaxed = pliant.relaxed_thermometer(x, thresholds, steepness=3.0)
    expected = torch.sigmoid(3 * (x[:, None] - thresholds[:, None, None])).flatten(1, 2)
    torch.testing.assert_close(relaxed, expected)
    sharp = pliant.relaxed_thermometer(x, thresholds, "cauchy", steepness=1e12)
    torch.testing.assert_close(sharp, pliant.thermometer(x, thresholds))
    straight = pliant.Distribution("logistic", straight_through=True)
    assert torch.equal(pliant.relaxed_thermometer(x, thresholds, straight), pliant.thermometer(x, thresholds))


def test_gradients_are_those_of_finite_differences():
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    lowest = torch.randn(2, dtype=torch.float64, requires_grad=True)
    gaps = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    steepness = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)

    def bits(x, lowest, gaps, steepness):
        thresholds = torch.ops.pliant.ordered_thresholds(lowest, gaps)
        return pliant.relaxed_thermometer(x, thresholds, "gaussian", steepness=steepness)

    assert torch.autograd.gradcheck(bits, (x, lowest, gaps, steepness))
    assert not pliant.thermometer(x, torch.tensor([0.5])).requires_grad


def test_learnable_thresholds_start_where_they_are_told_and_keep_their_order():
    start = torch.tensor([[-1e3, 0.0], [0.25, 1e-9], [0.5, 5e2]], dtype=torch.float64)
    module = pliant.nn.Thermometer(start, learnable=True)
    torch.testing.assert_close(module.current_thresholds(), start, rtol=1e-12, atol=1e-15)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(5 * torch.randn_like(parameter))
    assert (module.current_thresholds().diff(dim=0) > 0).all()


def test_training_moves_a_threshold_to_where_it_explains_the_data():
    """Labels are x > 0.7; a learnable threshold that starts at 0.2 finds it, and is then exactly hard."""
    x = torch.rand(512, 1)
    labels = (x > 0.7).float()
    module = pliant.nn.Thermometer([0.2], learnable=True, steepness=20.0)
    optimizer = torch.optim.Adam(module.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy(module(x), labels).backward()
        optimizer.step()
    module.eval()
    assert abs(module.current_thresholds().item() - 0.7) < 0.02
    assert set(module(x).unique().tolist()) == {0.0, 1.0} and not module(x).requires_grad
    assert torch.equal(module(x), (x.double() > module.current_thresholds()).float())
    assert (module(x) == labels).float().mean() > 0.97


@pytest.mark.parametrize("learnable", [False, True])
def test_a_module_is_copied_pickled_and_saved(learnable):
    module = pliant.nn.Thermometer(torch.tensor([[0.1, 0.2], [0.4, 0.5]]), learnable=learnable, steepness=4.0)
    assert list(module.state_dict()) == (["lowest", "gaps"] if learnable else ["thresholds"])
    x = torch.rand(5, 2)
    other = pliant.nn.Thermometer(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), learnable=learnable, steepness=4.0)
    other.load_state_dict(module.state_dict())
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module)), other):
        assert torch.equal(twin(x), module(x))
    assert "thresholds=(2, 2)" in repr(module)
    module.set_steepness(8.0)
    assert module.steepness == 8


def test_compiled_and_mapped_and_on_meta():
    x, thresholds = torch.rand(4, 3, 2), pliant.choose_thresholds("uniform", 2)
    module = pliant.nn.Thermometer(thresholds, learnable=True)
    compiled = torch.compile(module, backend="aot_eager", fullgraph=True)
    assert torch.equal(compiled(x), module(x))
    by_vmap = torch.func.vmap(lambda one: pliant.thermometer(one[None], thresholds)[0])(x)
    assert torch.equal(by_vmap, pliant.thermometer(x, thresholds))
    assert pliant.thermometer(x.to("meta"), thresholds.to("meta")).shape == (4, 6, 2)


def test_what_is_wrong_is_said():
    x, thresholds = torch.rand(4, 3, 2), torch.tensor([0.25, 0.75])

    def error(kind, match, call):
        with pytest.raises(kind, match=match):
            call()

    error(TypeError, "x must be floating point, got Byte", lambda: pliant.thermometer(x.byte(), thresholds))
    error(
        TypeError,
        "thresholds must be floating point, got Long",
        lambda: pliant.thermometer(x, thresholds.long()),
    )
    error(
        ValueError,
        r"x must be \(N, C, …\), got shape \[4\]",
        lambda: pliant.thermometer(x[:, 0, 0], thresholds),
    )
    fit = r"thresholds must be \(T\), \(T, C\) or \(T, C, …\) for x \(N, C, …\), got \[2, 4\] for x of shape"
    error(ValueError, fit, lambda: pliant.thermometer(x, torch.rand(2, 4)))
    error(ValueError, "got \\[2, 3, 2, 1\\]", lambda: pliant.thermometer(x, torch.rand(2, 3, 2, 1)))
    increase = "thresholds must increase, got 0.25 after 0.5 as number 1 of feature 2"
    wrong = torch.tensor([[0.1, 0.2, 0.5], [0.2, 0.3, 0.25]])
    for learnable in (False, True):
        error(ValueError, increase, lambda: pliant.nn.Thermometer(wrong, learnable=learnable))  # noqa: B023
    error(ValueError, "with T ≥ 1", lambda: pliant.nn.Thermometer([]))
    error(ValueError, "with T ≥ 1", lambda: pliant.nn.Thermometer(torch.tensor(0.5)))
    error(
        ValueError,
        "unknown distribution 'cauchi'",
        lambda: pliant.nn.Thermometer([0.5], distribution="cauchi"),
    )
    error(ValueError, "scale must be > 0", lambda: pliant.nn.Thermometer([0.5], steepness=0.0))
    error(ValueError, "unknown method of thresholds 'even'", lambda: pliant.choose_thresholds("even", 2))
    error(ValueError, "count must be in 1 … 65536, got 0", lambda: pliant.choose_thresholds("uniform", 0))
    error(ValueError, "values must be", lambda: pliant.choose_thresholds("gaussian", 2, x[:, 0, 0]))
    error(
        ValueError,
        "gaussian needs 2 values of each feature, got 0",
        lambda: pliant.choose_thresholds("gaussian", 2),
    )
    error(
        ValueError,
        "per must be feature, channel or global, got 'pixel'",
        lambda: pliant.choose_thresholds("gaussian", 2, x, per="pixel"),
    )
    constant = torch.stack([torch.rand(9), torch.ones(9)], 1)
    error(
        ValueError,
        "thresholds must increase, got 1 after 1 as number 1 of feature 1",
        lambda: pliant.choose_thresholds("distributive", 2, constant),
    )
