# tests/logic/test_conv_modules.py — LogicConv2d, OrPool2d and LearnedWiring as modules
import copy
import io
import pickle

import pytest
import torch

import pliant

KINDS = ["softmax", "light", "light_sine", "covjac", "walsh"]


@pytest.mark.parametrize("kind", KINDS)
def test_kernels_begin_by_passing_their_first_leaf(kind):
    layer = pliant.nn.LogicConv2d(2, 8, 3, padding=1, parametrization=kind).eval()
    x = (torch.rand(20, 2, 6, 6) < 0.5).float()
    y = layer(x)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1))
    passed = torch.stack(
        [padded[:, c, dy : dy + 6, dx : dx + 6] for c, dy, dx in layer.taps[:, :, 0].T.tolist()], 1
    )
    assert (y == passed).float().mean() > 0.9
    assert set(y.unique().tolist()) == {0.0, 1.0}


def test_first_leaves_read_every_channel():
    taps = pliant.conv_taps("random", 12, 36, seed=5)
    assert torch.bincount(taps[0, :, 0], minlength=12).tolist() == [3] * 12
    for kernel in taps[0].tolist():
        assert len(set(kernel)) <= 2


@pytest.mark.parametrize("kind", ["random", "consecutive"])
def test_taps_are_in_range_and_a_gate_never_reads_one_twice(kind):
    assert kind in pliant.conv_tap_kinds()
    taps = pliant.conv_taps(
        kind, 12, 24, depth=4, kernel_size=(2, 3), channels_per_kernel=3, groups=4, seed=7
    )
    assert taps.shape == (3, 24, 16) and taps.dtype == torch.int32
    assert (taps[0] // 3 == torch.arange(24)[:, None] // 6).all()  # a group's channels
    assert taps.amin((1, 2)).tolist() == [0, 0, 0] and taps.amax((1, 2)).tolist() == [11, 1, 2]
    assert (taps[:, :, ::2] != taps[:, :, 1::2]).any(0).all()
    pointwise = pliant.conv_taps(kind, 4, 6, kernel_size=1)
    assert (pointwise[0, :, ::2] != pointwise[0, :, 1::2]).all()
    assert not pliant.conv_taps(kind, 1, 2, kernel_size=1).any()


def test_consecutive_taps_read_as_many_leaves_of_each_channel():
    taps = pliant.conv_taps("consecutive", 3, 4)
    assert taps[0].tolist() == [[0] * 4 + [1] * 4, [1] * 4 + [2] * 4, [2] * 4 + [0] * 4, [0] * 4 + [1] * 4]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"kind": "spiral"}, "unknown kind of taps 'spiral'; there are: random, consecutive"),
        ({"channels": 0}, "at least one channel and one kernel, got 0 and 4"),
        ({"depth": 9}, "depth must be in 1 … 8, got 9"),
        ({"groups": 3}, "groups must divide the 2 channels and the 4 kernels, got 3"),
        ({"channels_per_kernel": 0}, "channels_per_kernel must be at least 1, got 0"),
        ({"kernels": -1}, "sizes must not be negative, got -1"),
    ],
)
def test_errors_of_taps_name_the_option(change, text):
    with pytest.raises(ValueError, match=text):
        pliant.conv_taps(**{"kind": "random", "channels": 2, "kernels": 4, **change})


@pytest.mark.parametrize("gumbel", [False, True])
def test_training_learns_and_evaluation_is_boolean(gumbel):
    """XOR of a pixel and its right neighbour, anywhere in the picture."""
    layer = pliant.nn.LogicConv2d(1, 16, (1, 2), depth=2, pool=2, gumbel=gumbel, parametrization="softmax",
                                  init="gaussian")  # fmt: skip
    optimizer = torch.optim.Adam(layer.parameters(), 0.05)
    losses = []
    for _ in range(60):
        x = (torch.rand(64, 1, 4, 5) < 0.3).float()
        target = pliant.or_pool2d((x[..., :-1] != x[..., 1:]).float())
        loss = (layer(x) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-10:]) < 0.75 * sum(losses[:10])
    with torch.no_grad():
        assert ((layer.eval()(x) == 0) | (layer(x) == 1)).all()


def test_state_is_saved_with_the_taps():
    layer = pliant.nn.LogicConv2d(3, 4, 3, taps_seed=1)
    other = pliant.nn.LogicConv2d(3, 4, 3, taps_seed=2)
    assert not torch.equal(layer.taps, other.taps)
    file = io.BytesIO()
    torch.save(layer.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file))
    x = torch.rand(3, 3, 5, 5)
    assert list(layer.state_dict()) == ["weight", "taps"]
    assert layer.weight.shape == (4, 28) and layer.taps.shape == (3, 4, 8)
    for twin in (other, copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(twin(x), layer(x))


def test_taps_and_candidates_of_ones_own():
    taps = torch.zeros(3, 2, 4, dtype=torch.int64)
    assert pliant.nn.LogicConv2d(1, 2, 3, taps=taps)(torch.rand(1, 1, 3, 3)).shape == (1, 2, 1, 1)
    wiring = pliant.nn.LearnedWiring(3, 2, torch.tensor([[0, 1], [1, 2]]))
    assert wiring(torch.rand(4, 3)).shape == (4, 2)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda m: m.LogicConv2d(1, 2, 3, init="zero"), "unknown init 'zero'; there are: residual, gaussian"),
        (lambda m: m.LogicConv2d(1, 2, 3, parametrization="hard"), "unknown parametrization 'hard'"),
        (lambda m: m.LogicConv2d(1, 2, 3, pool=16), "pool must be in 1 … 15, got 16"),
        (lambda m: m.LogicConv2d(1, 2, 3, stride=0), "stride must be at least 1"),
        (
            lambda m: m.LogicConv2d(1, 2, 3, gumbel=True, parametrization="covjac"),
            "take softmax, light, walsh",
        ),
        (
            lambda m: m.LogicConv2d(1, 2, 3, taps=torch.zeros(3, 5, 2)),
            r"taps must have shape \(3, 2, leaves\)",
        ),
        (lambda m: m.LogicConv2d(1, 2, 3)(torch.zeros(1, 2, 5, 5)), r"x must have shape \(batch, 1, rows"),
        (lambda m: m.LearnedWiring(3, 2, 4), "3 features are fewer than 4 candidates"),
        (lambda m: m.LearnedWiring(3, 2, torch.zeros(2, 3)), r"candidates must have shape \(candidates, 2\)"),
        (lambda m: m.LearnedWiring(3, 2, 2, temperature=0), "temperature must be > 0, got 0"),
        (lambda m: m.LearnedWiring(3, 2, 2)(torch.zeros(1, 2)), r"x must have shape \(batch, 3\)"),
    ],
)
def test_errors_name_the_option(make, text):
    with pytest.raises(ValueError, match=text):
        make(pliant.nn)


@pytest.mark.parametrize("straight_through", [False, True])
def test_wiring_learns_which_features_matter(straight_through):
    wiring = pliant.nn.LearnedWiring(12, 4, 12, straight_through=straight_through)
    optimizer = torch.optim.Adam(wiring.parameters(), 0.2)
    wanted = torch.tensor([7, 2, 2, 11])
    for _ in range(150):
        x = (torch.rand(64, 12) < 0.5).float()
        loss = (wiring(x) - x[:, wanted]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert torch.equal(wiring.chosen(), wanted.int())
    assert torch.equal(wiring.eval()(x), x[:, wanted])


def test_held_coefficients_are_a_leaf_with_the_gradient_of_the_gates():
    layer = pliant.nn.LogicConv2d(2, 4, 3)
    x = torch.rand(3, 2, 5, 5)
    layer(x).square().sum().backward()
    expected, layer.weight.grad = layer.weight.grad, None
    layer.hold_coefficients()
    layer(x).square().sum().backward()
    assert layer.weight.grad is None
    layer_twin = pliant.nn.LogicConv2d(2, 4, 3)
    layer_twin.load_state_dict(layer.state_dict())
    coefficients = layer_twin.coefficients()
    (grad,) = torch.autograd.grad(coefficients, layer_twin.weight, layer.held.grad)
    torch.testing.assert_close(grad, expected)
