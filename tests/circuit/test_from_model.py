# tests/circuit/test_from_model.py — circuits of models of torch, beside the models in eval mode
import copy
import json

import numpy as np
import pytest
import torch
from pliant._network import Network
from pliant.compat import difflogic as compat
from torch import nn

import pliant
from pliant.circuit import Circuit
from tests.conftest import peer


@pytest.fixture(scope="module")
def torchlogix():
    """torchlogix as published."""
    return peer("torchlogix")


def bits_like(*shape, dtype=torch.float32):
    return torch.randint(0, 2, shape).to(dtype)


def assert_same(model, x, *, classes=True, **options):
    """The circuit's scores of x are the model's times tau, or its bits."""
    circuit = Circuit.from_model(model, tuple(x.shape[1:]), **options)
    training = model.training
    with torch.no_grad():
        expected = model.eval()(x)
    model.train(training)
    found = torch.from_numpy(circuit.run((x if circuit.features else x > 0.5).numpy()))
    if circuit.classes:
        found = found / circuit.info()["tau"]
    assert (circuit.classes > 0) == classes
    assert torch.equal(found.to(expected.dtype), expected.flatten(1))
    again = Circuit.parse(circuit.bytes())
    assert np.array_equal(
        again.run((x if circuit.features else x > 0.5).numpy()),
        circuit.run((x if circuit.features else x > 0.5).numpy()),
    )
    return circuit


# === Our modules


@pytest.mark.parametrize("hardening", ["gate", "table"])
@pytest.mark.parametrize("parametrization", pliant.parametrizations())
def test_dense_networks_of_every_parametrization(parametrization, hardening):
    for fan_in in pliant.parametrizations()[parametrization].parameters:
        network = pliant.nn.LogicNetwork(
            20, [60, 60, 60], fan_in=fan_in, parametrization=parametrization, hardening=hardening,
            init="gaussian", groups=5, tau=3.0,
        )  # fmt: skip
        circuit = assert_same(network, bits_like(100, 20))
        assert circuit.info()["fan_in"][fan_in] == 180
        assert circuit.classes == 5


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_dense_networks_of_other_dtypes(dtype):
    model = nn.Sequential(
        pliant.nn.LogicDense(12, 30, init="gaussian", temperature=0.7),
        pliant.nn.LogicDense(30, 24, fan_in=3, init="gaussian", parametrization="walsh"),
    ).to(dtype)
    assert_same(model, bits_like(70, 12, dtype=dtype), classes=False)


@pytest.mark.parametrize("wiring", [*pliant.wiring_kinds(), torch.randint(0, 16, (2, 48), dtype=torch.int32)])
def test_wiring_of_every_kind(wiring):
    options = {"height": 4, "width": 4, "init": "gaussian", "groups": 3}
    assert_same(pliant.nn.LogicNetwork(16, [48, 48, 48] if isinstance(wiring, str) else [48], wiring=wiring,
                                       **options), bits_like(65, 16))  # fmt: skip


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "pool"),
    [(3, 1, 0, 1), (3, 1, 1, 2), ((3, 2), (2, 1), (0, 1), 2), (2, 1, 0, 3), (1, 1, 0, 1)],
)
def test_convolutional_networks(depth, kernel, stride, padding, pool):
    model = nn.Sequential(
        pliant.nn.LogicConv2d(3, 6, kernel, depth=depth, stride=stride, padding=padding, pool=pool,
                              init="gaussian", parametrization="softmax"),
        pliant.nn.LogicConv2d(6, 5, 2, depth=2, init="gaussian", taps="consecutive"),
        pliant.nn.OrPool2d(2) if pool == 1 else nn.Identity(),
        nn.Flatten(),
    )  # fmt: skip
    x = bits_like(66, 3, 9, 11)
    assert_same(model, x, classes=False)
    features = model.eval()(x).shape[1]
    rows = nn.Sequential(*model, pliant.nn.LogicDense(features, features), pliant.nn.GroupSum(5, tau=0.3))
    circuit = assert_same(rows, x, class_names="abcde")
    assert circuit.class_names == list("abcde")


def test_encoders_and_learned_wiring_in_training_mode():
    thresholds = torch.rand(3, 2, 5, 4).sort(0).values
    for code in (
        pliant.nn.Thermometer([0.3, 0.5]),
        pliant.nn.Thermometer(thresholds[:, :, 0, 0]),
        pliant.nn.Thermometer(thresholds, learnable=True),
    ):
        bits = 2 * 5 * 4 * len(code.current_thresholds())
        model = nn.Sequential(
            code,
            nn.Flatten(),
            pliant.nn.LearnedWiring(bits, 100, candidates=7, temperature=0.1),
            nn.Dropout(0.5),
            pliant.nn.LogicNetwork(100, [60], groups=3, init="gaussian"),
        )
        circuit = assert_same(model, torch.rand(100, 2, 5, 4))
        assert circuit.info()["shape"] == (2, 5, 4)
        assert model.training


def test_learned_wiring_with_equal_weights_takes_the_first():
    model = pliant.nn.LearnedWiring(30, 8, candidates=5)
    with torch.no_grad():
        model.logits.copy_(torch.randint(0, 2, model.logits.shape) * 1e-9 + 3.0)  # the softmax cannot tell
    assert_same(model, bits_like(64, 30), classes=False)


@pytest.mark.parametrize("candidates", [5, [5, 0], [0, 4], [0, 3, 0], [1, 0, 6]])
def test_networks_that_learn_the_wiring_of_any_layer(candidates):
    model = pliant.nn.LogicNetwork(12, [20, 16, 24], candidates=candidates, init="gaussian", groups=4)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)  # others than the first candidates are chosen
    assert_same(model, bits_like(130, 12))
    model.to(torch.bfloat16)
    assert_same(model, bits_like(70, 12, dtype=torch.bfloat16))


@pytest.mark.parametrize(
    "head", [{"or_pool": 4}, {"head": 3, "head_candidates": 7}, {"or_pool": 2, "head": 5}], ids=str
)
def test_pools_and_learned_heads(head):
    model = pliant.nn.LogicNetwork(12, [40, 48], init="gaussian", groups=4, tau=1.5, **head)
    if "head" in head:
        torch.nn.init.normal_(model.learned_head.logits)  # others than the first candidates are chosen
    circuit = assert_same(model, bits_like(130, 12))
    bits = 4 * head["head"] if "head" in head else 48 // head["or_pool"]
    assert circuit.info()["output_bits"] == bits
    model.to(torch.bfloat16)
    assert_same(model, bits_like(70, 12, dtype=torch.bfloat16))


def test_an_encoder_that_is_not_part_of_the_model():
    network = pliant.nn.LogicNetwork(24, [40], groups=4, init="gaussian")
    x = torch.rand(90, 12)
    circuit = Circuit.from_model(network, 12, encoder=pliant.nn.Thermometer([0.25, 0.75]))
    expected = network.eval()(pliant.thermometer(x, torch.tensor([0.25, 0.75])))
    assert np.array_equal(circuit.run(x.numpy()), expected.detach().numpy())
    rounded = Circuit.from_model(network, encoder=0.5)
    assert rounded.features == 24
    x = torch.rand(90, 24)
    assert np.array_equal(rounded.run(x.numpy()), network((x > 0.5).float()).detach().numpy())
    pixels = (x * 255).byte()
    assert np.array_equal(rounded.run(pixels.numpy()), network((pixels / 255 > 0.5).float()).detach().numpy())


class InOrder(nn.Module):
    """Calls its modules in their order."""

    def __init__(self, backwards=False):
        super().__init__()
        self.features = nn.Sequential(nn.Flatten(), pliant.nn.LogicDense(12, 12, init="gaussian"))
        self.middle = pliant.nn.LogicDense(12, 12, init="gaussian")
        self.head = pliant.nn.GroupSum(3)
        self.backwards = backwards

    def forward(self, x):
        if self.backwards:
            return self.head(self.features(self.middle(x.flatten(1))))
        return self.head(self.middle(self.features(x)))


def test_modules_of_ones_own():
    assert_same(InOrder(), bits_like(64, 3, 2, 2))
    model = InOrder(backwards=True)
    with pytest.raises(ValueError, match="the circuit does not compute what InOrder does"):
        Circuit.from_model(model, (3, 2, 2))
    assert model.training
    Circuit.from_model(model, (3, 2, 2), check=False)


def test_what_cannot_be_converted_is_named():
    gates = pliant.nn.LogicDense(12, 12)
    with pytest.raises(ValueError, match=r"the module '1' \(Linear\(.*\) cannot be converted"):
        Circuit.from_model(nn.Sequential(gates, nn.Linear(12, 2)))
    with pytest.raises(ValueError, match=r"'a.b' \(ReLU\(\)\)"):
        Circuit.from_model(nn.ModuleDict({"a": nn.ModuleDict({"b": nn.ReLU()})}), 4)
    with pytest.raises(ValueError, match="Flatten must flatten from dimension 1"):
        Circuit.from_model(nn.Sequential(nn.Flatten(2), gates), (3, 4))
    with pytest.raises(ValueError, match="input_shape is needed"):
        Circuit.from_model(nn.Sequential(pliant.nn.OrPool2d(2), nn.Flatten()))
    with pytest.raises(ValueError, match=r"layer 0 \(logic\): input . of gate .* there are 5"):
        Circuit.from_model(gates, 5)
    with pytest.raises(ValueError, match=r"layer 1 \(thermometer\): only the first layer"):
        Circuit.from_model(nn.Sequential(gates, pliant.nn.Thermometer([0.5])))
    with pytest.raises(ValueError, match="there are 0 classes, got 2 names"):
        Circuit.from_model(gates, class_names=["a", "b"])
    with pytest.raises(ValueError, match=r"'' \(Parametrised"):

        class Parametrised(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale, self.gates = nn.Parameter(torch.ones(1)), gates

        Circuit.from_model(Parametrised(), 12)


def test_state_dicts_of_ours_are_whole():
    make = lambda seed: nn.Sequential(pliant.nn.LogicNetwork(10, [20], wiring_seed=seed, init="gaussian"))  # noqa: E731
    trained, another = make(1), make(2)
    x = bits_like(64, 10)
    circuit = Circuit.from_model(another, state=trained.state_dict())
    assert np.array_equal(circuit.run(x.numpy() > 0), trained.eval()(x).detach().int().numpy())
    assert not torch.equal(another[0].wiring, trained[0].wiring)


# === Other packages


def published_model(package, tau=3.0, connections="random"):
    options = {"device": "cpu", "connections": connections}
    layers = [package.LogicLayer(*size, **options) for size in ((20, 50), (50, 60))]
    return nn.Sequential(nn.Flatten(), *layers, package.GroupSum(4, tau, device="cpu"))


@pytest.mark.parametrize("connections", ["random", "unique"])
def test_difflogic(difflogic, connections, capsys):
    for package in (difflogic, compat):
        assert_same(published_model(package, connections=connections), bits_like(100, 20))
    assert "torch.int64" not in capsys.readouterr().err


def test_difflogic_with_equal_weights(difflogic):
    for package in (difflogic, compat):
        model = published_model(package)
        with torch.no_grad():
            for layer in model[1:3]:
                layer.weights.copy_(torch.randint(0, 2, layer.weights.shape))
        assert_same(model, bits_like(100, 20))


def test_checkpoints_of_difflogic_need_the_wiring(difflogic):
    trained, another = published_model(difflogic), published_model(difflogic)
    state = trained.state_dict()
    with pytest.raises(
        ValueError, match="no wiring of the layer '1', which difflogic.difflogic does not save"
    ):
        Circuit.from_model(another, state=state)
    state |= {"1.indices": trained[1].indices, "2.indices": torch.stack(trained[2].indices)}
    x = bits_like(64, 20)
    circuit = Circuit.from_model(another, state=state)
    assert np.array_equal(circuit.run(x.numpy() > 0), (trained.eval()(x) * 3).round().int().detach().numpy())
    published = Circuit.from_model(published_model(compat), state=compat_state(trained))
    assert np.array_equal(published.run(x.numpy() > 0), circuit.run(x.numpy() > 0))


def compat_state(model):
    """A published model's state as compat's, whose wiring is a buffer."""
    wiring = {f"{i}.wiring": torch.stack(model[i].indices).int() for i in (1, 2)}
    return {**model.state_dict(), **wiring}


@pytest.mark.parametrize(
    ("parametrization", "rank"),
    [("raw", 2), ("warp", 1), ("warp", 2), ("warp", 4), ("light", 2), ("light", 4)],
)
@pytest.mark.parametrize("init", ["random", "residual"])
def test_torchlogix_dense(torchlogix, parametrization, rank, init):
    options = {
        "lut_rank": rank,
        "parametrization": parametrization,
        "parametrization_kwargs": {"weight_init": init},
    }
    layers = torchlogix.layers
    learnable = {"connections": "learnable", "connections_kwargs": {"num_candidates": 3, "gumbel": rank == 2}}
    with torch.no_grad():
        model = nn.Sequential(
            nn.Flatten(),
            layers.LogicDense(24, 60, **options, **(learnable if rank < 4 else {})),
            layers.LogicDense(60, 60, **options),
            layers.GroupSum(4, tau=2.0, beta=3.0),
        )
    # In eval mode too their learnable connections draw noise: what is meant is without.
    found = Circuit.from_model(model)
    if rank == 2:
        assert model[1].connections.gumbel
        model[1].connections.gumbel = False
    circuit = assert_same(model, bits_like(100, 24))
    assert circuit.bytes() == found.bytes()


@pytest.mark.parametrize(
    ("parametrization", "rank", "depth"), [("raw", 2, 3), ("warp", 4, 2), ("light", 2, 1)]
)
@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1)])
def test_torchlogix_convolutions(torchlogix, parametrization, rank, depth, stride, padding):
    layers = torchlogix.layers
    common = {"parametrization": parametrization, "parametrization_kwargs": {"weight_init": "random"}}
    conv = layers.LogicConv2d(
        in_dim=(9, 8), channels=2, num_kernels=5, tree_depth=depth, receptive_field_size=(3, 2),
        stride=stride, padding=padding, lut_rank=rank, **common,
    )  # fmt: skip
    x = bits_like(66, 2, 9, 8)
    pool = layers.OrPooling2d(kernel_size=2, stride=2, padding=1)
    features = nn.Flatten()(pool(conv.eval()(x))).shape[1]
    model = nn.Sequential(
        conv, pool, nn.Flatten(), layers.LogicDense(features, 2 * features, **common), layers.GroupSum(2)
    )
    assert_same(model, x)
    assert Circuit.from_model(model).inputs == 144


def test_torchlogix_binarizations(torchlogix):
    layers = torchlogix.layers
    x = torch.rand(80, 3, 5, 4)
    by_channel = torch.rand(3, 2).sort(-1).values
    for code, shape in (
        (layers.FixedBinarization(torch.tensor([0.2, 0.5, 0.8]), feature_dim=1), (3, 5, 4)),
        (layers.SoftBinarization(by_channel, feature_dim=1), (3, 5, 4)),
        (layers.LearnableBinarization(by_channel, feature_dim=1), (3, 5, 4)),
        (layers.FixedBinarization(torch.rand(60, 2).sort(-1).values, feature_dim=-2), (60,)),
    ):
        numbers = x.reshape(80, *shape)
        bits = code.eval()(numbers).flatten(1).shape[1]
        model = nn.Sequential(code, nn.Flatten(), layers.LogicDense(bits, bits), layers.GroupSum(2))
        circuit = assert_same(model, numbers)
        assert circuit.features == 60
    with pytest.raises(ValueError, match="beta of GroupSum must be a whole number, got 0.5"):
        Circuit.from_model(layers.GroupSum(2, beta=0.5), 4)


def test_torchlogix_models_and_checkpoints(torchlogix):
    importlib = pytest.importorskip("importlib")
    sys_path_of = pytest.MonkeyPatch()
    with sys_path_of.context() as patch:
        from tests.conftest import PEERS

        patch.syspath_prepend(str(PEERS))
        models = importlib.import_module("torchlogix.models.nn")
    make = lambda: models.RandomlyConnectedNN(16, 32, 2, 4, 1.5)  # noqa: E731
    trained, another = make(), make()
    x = bits_like(64, 16)
    circuit = assert_same(trained, x)
    with pytest.raises(ValueError, match="no wiring of the layer 'model.1'"):
        Circuit.from_model(another, state=trained.state_dict())
    wiring = {f"model.{i}.connections.indices": trained.model[i].connections.indices for i in (1, 2)}
    loaded = Circuit.from_model(another, state={**trained.state_dict(), **wiring})
    assert np.array_equal(loaded.run(x.numpy() > 0), circuit.run(x.numpy() > 0))


# === Described networks


def test_a_network_in_words_is_a_circuit():
    network = Network([3], ["no", "yes"])
    network.add("logic", tables=np.array([1, 6], np.uint8), wiring=np.array([[0, 1], [1, 2]], np.int32))
    network.add("group_sum", k=2)
    circuit = Circuit.from_network(network.file())
    assert circuit.class_names == ["no", "yes"]
    assert circuit.run(np.array([[1, 1, 0], [0, 1, 1]], bool)).tolist() == [[1, 1], [0, 0]]
    network.add("linear")
    with pytest.raises(
        ValueError, match="net: layer 2: unknown layer 'linear'; there are: round, thermometer"
    ):
        Circuit.from_network(network.file(), "net")
    with pytest.raises(ValueError, match="memory: "):
        Circuit.from_network(b"nothing")


def test_every_truncation_of_a_file_is_refused():
    network = Network([2])
    network.add("logic", tables=np.array([6], np.uint8), wiring=np.array([[0], [1]], np.int32))
    content = network.file()
    for size in range(len(content)):
        with pytest.raises(ValueError):
            Circuit.from_network(content[:size])
    description = json.loads(json.loads(content[8:-9])["__metadata__"]["network"])
    assert description["layers"][0]["tables"] == "0.tables"


def test_models_are_as_they_were():
    model = InOrder()
    before = copy.deepcopy(model.state_dict())
    Circuit.from_model(model, (3, 2, 2))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
