# tests/logic/test_difflogic.py — pliant.compat.difflogic beside the published package it stands for
import copy
import ctypes
import inspect
import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from pliant.compat import difflogic as ours

from tests.conftest import ROOT
from tests.data.idx_files import write_idx
from tests.logic import logic_reference as reference

LAYERS = [(20, 33), (33, 40), (40, 30)]


def twins(difflogic, dtype, connections="random", grad_factor=1.0):
    """Our model and the package's with the same weights and wiring."""
    models = []
    for package in (ours, difflogic):
        torch.manual_seed(3)
        options = {"device": "cpu", "connections": connections, "grad_factor": grad_factor}
        layers = [package.LogicLayer(*sizes, **options) for sizes in LAYERS]
        models.append(torch.nn.Sequential(*layers, package.GroupSum(5, tau=2.0, device="cpu")).to(dtype))
    return models


@pytest.mark.parametrize("connections", ["random", "unique"])
def test_the_same_seed_gives_the_same_weights_and_wiring(difflogic, connections):
    for sizes in (*LAYERS, (7, 4), (12, 60), (11, 55), (400, 800)):
        if connections == "random" or sizes[1] <= sizes[0] * (sizes[0] - 1) // 2:
            found, expected = (
                (torch.manual_seed(1), package.LogicLayer(*sizes, "cpu", connections=connections))[1]
                for package in (ours, difflogic)
            )
            assert torch.equal(found.weights, expected.weights)
            assert all(map(torch.equal, found.indices, expected.indices))
            assert found.indices[0].dtype == torch.int64


@pytest.mark.parametrize("connections", ["random", "unique"])
@pytest.mark.parametrize("batch", [1, 15, 33])
def test_forward_and_gradients(difflogic, batch, connections, capsys):
    for dtype, tolerance in ((torch.float64, 1e-11), (torch.float32, 1e-5)):
        mine, theirs = twins(difflogic, dtype, connections, grad_factor=1.5)
        x = torch.rand(batch, 20, dtype=dtype, requires_grad=True)
        upstream = torch.randn(batch, 5, dtype=dtype)
        results = []
        for model in (mine, theirs):
            y = model(x)
            leaves = [x, *(layer.weights for layer in model[:-1])]
            results.append((y, *torch.autograd.grad((y * upstream).sum(), leaves)))
        for a, b in zip(*results, strict=True):
            assert (a - b).abs().max() <= tolerance * b.abs().max()
    capsys.readouterr()  # the package prints


@pytest.mark.parametrize("batch", [1, 40])
def test_eval_mode(difflogic, batch, capsys):
    mine, theirs = twins(difflogic, torch.float32)
    mine.eval(), theirs.eval()
    for x in ((torch.rand(batch, 20) < 0.5).float(), torch.rand(batch, 20)):
        torch.testing.assert_close(mine(x), theirs(x), rtol=1e-5, atol=1e-5)
    assert torch.equal(mine(x.round()), theirs(x.round()))
    leaf = torch.rand(batch, 20, requires_grad=True)
    found, expected = (torch.autograd.grad(model(leaf).sum(), leaf)[0] for model in (mine, theirs))
    torch.testing.assert_close(found, expected)
    assert not mine(leaf.detach()).requires_grad
    capsys.readouterr()


def test_copied_indices_and_leading_dimensions(difflogic, capsys):
    theirs = difflogic.LogicLayer(9, 12, device="cpu")
    mine = ours.LogicLayer(9, 12, device="cpu")
    with torch.no_grad():
        mine.weights.copy_(theirs.weights)
    mine.indices = theirs.indices
    x = torch.rand(2, 3, 9)
    torch.testing.assert_close(mine(x), theirs(x))
    torch.testing.assert_close(mine(x[0, 0]), theirs(x[0, 0]))
    capsys.readouterr()


def test_signatures_are_the_packages(difflogic):
    for name in ("LogicLayer", "GroupSum", "PackBitsTensor", "CompiledLogicNet"):
        found, expected = (
            [(p.name, p.default) for p in inspect.signature(getattr(package, name)).parameters.values()]
            for package in (ours, difflogic)
        )
        assert found == expected, name
    for name in ("compile", "load", "forward", "get_c_code"):
        found, expected = (
            [
                (p.name, p.default)
                for p in inspect.signature(getattr(package.CompiledLogicNet, name)).parameters.values()
            ]
            for package in (ours, difflogic)
        )
        assert found == expected, name
    for package in (ours, difflogic):
        layer = package.LogicLayer(5, 8, device="cpu")
        assert repr(layer) == "LogicLayer(5, 8, train)" and repr(layer.eval()) == "LogicLayer(5, 8, eval)"
        assert (layer.num_neurons, layer.num_weights, layer.implementation) == (8, 8, "python")
        assert repr(package.GroupSum(3, 2.0)) == "GroupSum(k=3, tau=2.0)"


def test_layers_pass_features_on_without_transposing():
    model = torch.nn.Sequential(ours.LogicLayer(8, 16), ours.LogicLayer(16, 16))
    assert model[0](torch.rand(20, 8)).stride() == (1, 32)
    assert model(torch.rand(20, 8)).stride() == (1, 32)


def test_the_wiring_is_saved_and_the_packages_own_states_load(difflogic):
    layer = ours.LogicLayer(6, 9)
    x = torch.rand(4, 6)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(other(x), layer(x))
    twin = ours.LogicLayer(6, 9)
    twin.load_state_dict(layer.state_dict())
    assert torch.equal(twin(x), layer(x)) and torch.equal(twin.wiring, layer.wiring)
    before = twin.wiring.clone()
    published = torch.nn.Sequential(difflogic.LogicLayer(6, 9, device="cpu"))
    torch.nn.Sequential(twin).load_state_dict(published.state_dict())
    assert torch.equal(twin.weights, published[0].weights) and torch.equal(twin.wiring, before)
    with pytest.raises(RuntimeError, match="Missing key"):
        twin.load_state_dict({})


# === PackBitsTensor ===


def all_gates(inputs, gates, seed=0):
    """A layer with every gate there is."""
    torch.manual_seed(seed)
    layer = ours.LogicLayer(inputs, gates)
    with torch.no_grad():
        layer.weights.copy_(torch.nn.functional.one_hot(torch.arange(gates) % 16, 16).float())
    return layer


@pytest.mark.parametrize("width", [8, 16, 32, 64])
@pytest.mark.parametrize("batch", [0, 1, 7, 8, 31, 32, 33, 64, 65, 100])
def test_packing(width, batch):
    bits = torch.rand(batch, 5) < 0.5
    packed = ours.PackBitsTensor(bits, bit_count=width)
    words = -(-batch // width)
    assert packed.t.shape == (5, words) and packed.t.dtype == getattr(torch, f"int{width}")
    assert packed.pad_len == words * width - batch
    expected = np.zeros((5, words * width), dtype=object)
    expected[:, :batch] = bits.T.numpy().astype(int)
    for feature in range(5):
        for word in range(words):
            value = sum(bit << i for i, bit in enumerate(expected[feature, word * width :][:width]))
            assert packed.t[feature, word].item() == (value - (1 << width) if value >> (width - 1) else value)
    assert torch.equal(packed.group_sum(5), bits.int())
    assert torch.equal(packed.group_sum(1), bits.int().sum(1, keepdim=True, dtype=torch.int32))


@pytest.mark.parametrize("width", [8, 16, 32, 64])
@pytest.mark.parametrize("batch", [0, 1, 33, 64, 70])
def test_a_packed_batch_through_a_model(width, batch):
    model = torch.nn.Sequential(all_gates(11, 37), all_gates(37, 33, 1), ours.GroupSum(3, tau=7.0)).eval()
    bits = torch.rand(batch, 11) < 0.5
    packed = ours.PackBitsTensor(bits, bit_count=width)
    first = packed.t
    counts = model(packed)
    assert counts.dtype == torch.int32 and counts.shape == (batch, 3)
    torch.testing.assert_close(counts.float() / 7, model(bits.float()))
    assert packed.t is not first and packed.t.shape[0] == 33  # the object is consumed
    wirings = [layer.wiring.numpy() for layer in model[:-1]]
    tables = [np.array([(np.arange(n) % 16 >> shift) & 1 for shift in (3, 2, 1, 0)]) for n in (37, 33)]
    expected = reference.boolean_network(bits.numpy(), wirings, tables).reshape(batch, 3, 11).sum(-1)
    assert np.array_equal(counts.numpy(), expected)


# === CompiledLogicNet ===


def model_of(*widths, inputs=13, classes=3):
    layers, features = [torch.nn.Flatten()], inputs
    for seed, width in enumerate(widths):
        layers.append(all_gates(features, width, seed))
        features = width
    return torch.nn.Sequential(*layers, ours.GroupSum(classes, tau=3.0)).eval()


@pytest.mark.parametrize("widths", [(33,), (40, 36), (50, 47, 45)])
@pytest.mark.parametrize("batch", [0, 1, 15, 64, 100])
def test_compiled_counts_are_those_of_the_model(widths, batch, tmp_path):
    model = model_of(*widths)
    bits = torch.rand(batch, 13) < 0.5
    compiled = ours.CompiledLogicNet(model, num_bits=64)
    compiled.compile(save_lib_path=tmp_path / "net.so")
    counts = compiled(bits.numpy())
    assert counts.dtype == torch.int32 and counts.shape == (batch, 3)
    torch.testing.assert_close(counts.float() / 3, model(bits.float()))
    assert torch.equal(compiled(bits), counts) and torch.equal(compiled.forward(bits.numpy()), counts)
    assert torch.equal(ours.CompiledLogicNet.load(tmp_path / "net.so", 3, 64)(bits), counts)


def test_a_large_batch_is_its_parts():
    compiled = ours.CompiledLogicNet(model_of(40, 36))
    bits = torch.rand(300, 13) < 0.5
    parts = torch.cat([compiled(part) for part in bits.split(77)])
    assert torch.equal(copy.deepcopy(compiled)(bits), parts)
    assert torch.equal(pickle.loads(pickle.dumps(compiled))(bits), parts)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
@pytest.mark.parametrize("width", [8, 16, 32, 64])
@pytest.mark.parametrize("widths", [(33,), (40, 36)])
def test_the_c_code_compiles_and_counts(width, widths, tmp_path):
    compiled = ours.CompiledLogicNet(model_of(*widths), num_bits=width)
    code = compiled.get_c_code()
    (tmp_path / "net.c").write_text(code)
    command = ["gcc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Wno-unused-variable", "-Werror"]
    subprocess.run([*command, "-shared", "-fPIC", "-o", tmp_path / "net.so", tmp_path / "net.c"], check=True)
    library = ctypes.CDLL(str(tmp_path / "net.so"))
    blocks = 3
    bits = np.random.default_rng(0).random((blocks * width, 13)) < 0.5
    out = np.zeros((blocks * width, 3), dtype=np.int32)
    library.apply_logic_gate_net(
        bits.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(blocks)
    )
    assert np.array_equal(out, compiled(bits).numpy())
    straight = code.split("void logic_gate_net")[1].split("\n}")[0]
    assert "for" not in straight and straight.count(";") == sum(widths)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no gcc")
def test_the_packages_compiled_network_counts_the_same(difflogic, capfd):
    mine, theirs = twins(difflogic, torch.float32)
    published = difflogic.CompiledLogicNet(theirs, num_bits=64)
    published.compile(opt_level=0)
    bits = np.random.default_rng(1).random((130, 20)) < 0.5
    assert torch.equal(ours.CompiledLogicNet(mine)(bits), published(bits))
    capfd.readouterr()


def test_what_cannot_be_compiled():
    with pytest.raises(AssertionError, match="must be GroupSum"):
        ours.CompiledLogicNet(torch.nn.Sequential(ours.LogicLayer(4, 4)))
    with pytest.raises(AssertionError, match="unknown"):
        ours.CompiledLogicNet(torch.nn.Sequential(torch.nn.ReLU(), ours.LogicLayer(4, 4), ours.GroupSum(2)))
    with pytest.raises(ValueError, match="3 classes do not divide 4 outputs"):
        ours.CompiledLogicNet(torch.nn.Sequential(ours.LogicLayer(4, 4), ours.GroupSum(3)))
    with pytest.raises(AssertionError, match="12"):
        ours.CompiledLogicNet(model_of(33), num_bits=12)
    with pytest.raises(AssertionError, match="13"):
        ours.CompiledLogicNet(model_of(33))(torch.zeros(2, 12, dtype=torch.bool))


def test_a_saved_network_of_other_classes_is_an_error(tmp_path):
    ours.CompiledLogicNet(model_of(33)).compile(save_lib_path=tmp_path / "net")
    with pytest.raises(ValueError, match="num_classes must be the saved 3, got 10"):
        ours.CompiledLogicNet.load(tmp_path / "net", 10, 64)


def test_wrong_options_are_errors():
    with pytest.raises(AssertionError, match="must not be smaller than half"):
        ours.LogicLayer(10, 4)
    with pytest.raises(AssertionError, match="ring"):
        ours.LogicLayer(10, 10, connections="ring")
    with pytest.raises(AssertionError, match="rust"):
        ours.LogicLayer(10, 10, implementation="rust")
    with pytest.raises(AssertionError, match="6 pairs"):
        ours.LogicLayer(4, 7, connections="unique")
    with pytest.raises(AssertionError, match="10"):
        ours.LogicLayer(10, 10)(torch.rand(3, 9))
    with pytest.raises(AssertionError, match="differentiable training mode"):
        ours.LogicLayer(10, 10)(ours.PackBitsTensor(torch.zeros(3, 10, dtype=torch.bool)))
    with pytest.raises(ValueError, match="k must divide"):
        ours.PackBitsTensor(torch.zeros(3, 10, dtype=torch.bool)).group_sum(3)


# === The runner ===

SCRIPT = """
import math
import numpy as np
import torch
import torchvision
from torchvision.datasets.utils import check_integrity, download_and_extract_archive, download_url
from sklearn.model_selection import train_test_split
from tqdm import tqdm
from difflogic import CompiledLogicNet, GroupSum, LogicLayer, PackBitsTensor

torch.set_num_threads(1)
torch.manual_seed(0)
transform = torchvision.transforms.Compose(
    [torchvision.transforms.ToTensor(), torchvision.transforms.Lambda(lambda x: x[:, :20, :20])]
)
train_set = torchvision.datasets.MNIST("./data-mnist", train=True, download=True, transform=transform)
test_set = torchvision.datasets.MNIST("./data-mnist", train=False, transform=transform)
print("pictures", len(train_set), len(test_set))
train_set = torch.utils.data.Subset(train_set, range(300))
size = math.ceil(0.9 * len(train_set))
train_set, validation_set = torch.utils.data.random_split(train_set, [size, len(train_set) - size])
options = {"batch_size": 20, "pin_memory": True, "drop_last": True}
loader = torch.utils.data.DataLoader(train_set, shuffle=True, num_workers=2, **options)
test_loader = torch.utils.data.DataLoader(test_set, shuffle=False, **options)

llkw = dict(grad_factor=1.0, connections="unique")
layers = [torch.nn.Flatten(), LogicLayer(in_dim=400, out_dim=600, **llkw)]
layers.append(LogicLayer(in_dim=600, out_dim=600, **llkw))
model = torch.nn.Sequential(*layers, GroupSum(10, 10.0))
print("neurons", sum(map(lambda x: x.num_neurons, layers[1:])))
model = model.to("cuda")
loss_fn = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
losses = []
for _ in range(5):
    for x, y in tqdm(enumerate(loader), desc="iteration", total=len(loader)):
        x, y = y[0].to(torch.float32).to("cuda"), y[1].to("cuda")
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
print("learns", losses[-1] < losses[0])


def evaluate(apply):
    with torch.no_grad():
        return np.mean([(apply(x) == y.to("cuda")).to(torch.float32).mean().item() for x, y in test_loader])


model.train(mode=False)
plain = evaluate(lambda x: model(x.to("cuda").round()).argmax(-1))
packed = evaluate(
    lambda x: model(PackBitsTensor(x.to("cuda").reshape(x.shape[0], -1).round().bool())).argmax(-1)
)
compiled = CompiledLogicNet(model=model, num_bits=64, cpu_compiler="gcc", verbose=True)
compiled.compile(opt_level=1, save_lib_path="net.so", verbose=True)
loaded = CompiledLogicNet.load("net.so", 10, 64)
bits = lambda x: torch.nn.Flatten()(x.round()).bool().numpy()
scores = [evaluate(lambda x: net(bits(x), verbose=True).argmax(-1)) for net in (compiled, loaded)]
print("same", plain == packed == scores[0] == scores[1])

download_and_extract_archive("https://nowhere/train-images-idx3-ubyte.gz", download_root="raw", md5="0")
download_url("https://nowhere/uci/adult.data", "raw", "adult.data", "0")
names = ["train-images-idx3-ubyte", "adult.data", "x"]
print("files", [check_integrity(f"raw/{name}", "0") for name in names])
data, labels = torch.arange(20).reshape(10, 2), torch.arange(10)
print([part.tolist() for part in train_test_split(data, labels, test_size=0.25, random_state=0)][3])
"""


@pytest.fixture
def data_folder(tmp_path):
    """What PLIANT_DATA names: MNIST's files with what is drawn here, and a table."""
    folder = tmp_path / "data"
    (folder / "mnist").mkdir(parents=True)
    (folder / "uci").mkdir()
    (folder / "uci" / "adult.data").write_text("39, State-gov\n")
    random = np.random.default_rng(0)
    for name, count in (("train", 5300), ("t10k", 200)):
        labels = np.arange(count) % 10
        images = np.zeros((count, 28, 28), dtype=np.uint8)
        images[np.arange(count), 2 + labels] = 255
        images[:, 14:18, 4:24] = random.integers(0, 256, (count, 4, 20))
        write_idx(folder / "mnist" / f"{name}-images-idx3-ubyte.gz", images)
        write_idx(folder / "mnist" / f"{name}-labels-idx1-ubyte.gz", labels)
    return folder


def test_a_script_like_the_published_experiments_runs_untouched(tmp_path, data_folder):
    (tmp_path / "main.py").write_text(SCRIPT)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "python"), "PLIANT_DATA": str(data_folder)}
    done = subprocess.run(
        [sys.executable, "-m", "pliant.compat", "main.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    for line in (
        "pictures 5300 200",
        "neurons 1200",
        "learns True",
        "same True",
        "files [True, True, False]",
        "[2, 8, 4]",
    ):
        assert line in lines, done.stdout
    assert done.stderr.count("'cuda' is the CPU here") == 1
