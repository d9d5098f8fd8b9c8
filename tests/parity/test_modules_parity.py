# tests/parity/test_modules_parity.py — a C++ module's state in its Python twin gives the same output
import json
import os
import struct
import subprocess

import pytest
import torch

import pliant
from tests.conftest import ROOT

WRITE = ROOT / os.environ.get("PLIANT_BUILD", "build") / "bin" / "write_modules"
DTYPES = {"F64": torch.float64, "I64": torch.int64, "F32": torch.float32, "I32": torch.int32}
OPTIONS = {
    "method": "bitonic",
    "distribution": pliant.Distribution("logistic", art_lambda=0.25),
    "learn_steepness": True,
}

pytestmark = pytest.mark.skipif(not WRITE.exists(), reason=f"{WRITE} is not built")


def read(path):
    """The tensors of a safetensors file."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header, data = json.loads(raw[8 : 8 + length]), raw[8 + length :]
    header.pop("__metadata__", None)
    return {
        name: torch.frombuffer(bytearray(data[slice(*entry["data_offsets"])]), dtype=DTYPES[entry["dtype"]])
        .reshape(entry["shape"])
        for name, entry in header.items()
    }  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("parity") / "modules.safetensors"
    subprocess.run([WRITE, path], check=True)
    return read(path)


MODULES = {
    "Sort": (lambda: pliant.nn.Sort(descending=True, **OPTIONS), lambda module, x, labels: module(x)[1]),
    "SoftRank": (lambda: pliant.nn.SoftRank(descending=True, **OPTIONS), lambda module, x, labels: module(x)),
    "PermutationLoss": (
        lambda: pliant.nn.PermutationLoss(loss="cross_entropy", ties=True, **OPTIONS),
        lambda module, x, labels: module(x, labels),
    ),
    "TopKCrossEntropy": (
        lambda: pliant.nn.TopKCrossEntropy(
            [0.5, 0.5], m=5, learn_steepness=True, learn_p_k=True, weight=torch.zeros(6, dtype=torch.float64)
        ),
        lambda module, x, labels: module(x, labels[:, 0]),
    ),
}


@pytest.mark.parametrize("learnable", [False, True])
def test_thermometers_with_the_same_names_and_the_same_output(written, learnable):
    name = "LearnableThermometer" if learnable else "Thermometer"
    module = pliant.nn.Thermometer(torch.arange(18.0).reshape(3, 6), learnable=learnable, steepness=7.5)
    names = ("lowest", "gaps") if learnable else ("thresholds",)
    module.load_state_dict({key: written[f"{name}/{key}"] for key in names})
    assert torch.equal(module(written["x"]), written[f"{name}/out"])
    assert torch.equal(module.eval()(written["x"]), written["Thermometer/out"])


@pytest.mark.parametrize("name", MODULES)
def test_same_names_and_same_output(written, name):
    make, call = MODULES[name]
    module = make()
    state = {
        key.split("/")[1]: value
        for key, value in written.items()
        if key.startswith(f"{name}/") and not key.endswith("/out")
    }
    module.load_state_dict(state)
    assert module.steepness.item() == 7.5
    assert torch.equal(call(module, written["x"], written["labels"]), written[f"{name}/out"])


def test_apply_topk_is_its_twin(written):
    x, payload = written["x"], written["payload"]
    found = pliant.apply_topk(x, payload, 2, largest=False, steepness=3.0)
    assert torch.equal(found, written["apply_topk/smallest"])
    found = pliant.apply_topk(x, payload, 2, method="softsort", steepness=3.0)
    assert torch.equal(found, written["apply_topk/softsort"])


LOGIC = {
    "LogicNetwork": lambda: pliant.nn.LogicNetwork(
        12,
        [24, 18],
        parametrization="softmax",
        temperature=0.5,
        hardening="table",
        init="gaussian",
        wiring=["unique", "random"],
        wiring_seed=3,
        groups=3,
        tau=2.5,
    ),
    "WalshNetwork": lambda: pliant.nn.LogicNetwork(
        12,
        [12, 18],
        parametrization="walsh",
        fan_in=3,
        wiring=["local", "butterfly"],
        wiring_seed=3,
        height=3,
        width=4,
        groups=3,
        tau=2.5,
    ),
    "LogicDense": lambda: pliant.nn.LogicDense(12, 15),
    "LearnedNetwork": lambda: pliant.nn.LogicNetwork(
        12,
        [12, 18, 21],
        wiring=["local", "random"],
        wiring_seed=3,
        height=3,
        width=4,
        groups=3,
        tau=2.5,
        candidates=[4, 0, 5],
        wiring_temperature=0.5,
    ),
    "HeadedNetwork": lambda: pliant.nn.LogicNetwork(
        12,
        [12, 40],
        wiring=["local", "random"],
        wiring_seed=3,
        height=3,
        width=4,
        groups=3,
        tau=2.5,
        wiring_temperature=0.5,
        or_pool=2,
        head=4,
        head_candidates=5,
    ),
}


@pytest.mark.parametrize("name", LOGIC)
def test_networks_of_gates_with_the_same_wiring_and_the_same_output(written, name):
    module = LOGIC[name]()
    for buffer, value in module.named_buffers():
        assert torch.equal(value, written[f"{name}/{buffer}"])
    module.load_state_dict({key: written[f"{name}/{key}"] for key in module.state_dict()})
    x = written["logic_x"]
    assert torch.equal(module(x), written[f"{name}/out"])
    assert torch.equal(module.eval()(x.round()), written[f"{name}/hard"])
    assert torch.equal(module.hard_tables(len(module.widths) - 1), written[f"{name}/tables"])


def test_networks_read_the_same_after_learning(written):
    module = LOGIC["LearnedNetwork"]()
    state = {key: written[f"LearnedNetwork/{key}"] for key in module.state_dict()}
    assert {"learned_wiring_0.logits", "learned_wiring_2.candidates"} <= set(state)
    module.load_state_dict(state)
    for layer in range(3):
        assert torch.equal(module.sources(layer), written[f"LearnedNetwork/sources{layer}"])


@pytest.mark.parametrize("name", ["HeadedNetwork", "LogicConv2d"])
def test_the_same_price_of_gates(written, name):
    module = LOGIC[name]() if name in LOGIC else CONVOLUTIONS[name][0]()
    module.load_state_dict({key: written[f"{name}/{key}"] for key in module.state_dict()})
    assert torch.equal(module.expected_gates(), written[f"{name}/expected_gates"])


def test_group_sums_with_the_same_output(written):
    assert torch.equal(pliant.nn.GroupSum(4, 0.5)(written["logic_x"]), written["GroupSum/out"])


CONVOLUTIONS = {
    "LogicConv2d": (
        lambda: pliant.nn.LogicConv2d(
            3, 6, (3, 2), depth=2, stride=(1, 2), padding=(1, 0), pool=2, taps_seed=4, parametrization="walsh"
        ),
        lambda x: x,
    ),
    "LearnedWiring": (
        lambda: pliant.nn.LearnedWiring(56, 9, 5, straight_through=False, temperature=0.5, candidates_seed=3),
        lambda x: x[:, 0].flatten(1),
    ),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_with_the_same_taps_and_the_same_output(written, name):
    make, part = CONVOLUTIONS[name]
    module = make()
    for buffer, value in module.named_buffers():
        assert torch.equal(value, written[f"{name}/{buffer}"])
    module.load_state_dict({key: written[f"{name}/{key}"] for key in module.state_dict()})
    x = part(written["conv_x"])
    assert torch.equal(module(x), written[f"{name}/out"])
    assert torch.equal(module.eval()(x.round()), written[f"{name}/hard"])


def test_or_pools_with_the_same_output(written):
    assert torch.equal(pliant.nn.OrPool2d(3)(written["conv_x"]), written["OrPool2d/out"])


def eyes_of_two_cameras(camera):
    camera.set_eyes_from_angles(*map(torch.tensor, ([2.5, 3.5], [30.0, -10.0], [15.0, 100.0])))
    return camera


RENDER = {
    "LookAt": (
        lambda faces: eyes_of_two_cameras(pliant.render.LookAt(viewing_angle=20)),
        lambda module, mesh: module(mesh).face_vertices,
    ),
    "Look": (
        lambda faces: pliant.render.Look((0.5, 0.25, 1.0), False, viewing_angle=20, viewing_scale=0.5),
        lambda module, mesh: module(mesh).vertices,
    ),
    "Projection": (
        lambda faces: pliant.render.Projection(torch.eye(3, 4), torch.zeros(5), 2),
        lambda module, mesh: module(mesh).vertices,
    ),
    "Lighting": (
        lambda faces: pliant.render.Lighting(
            0.25, (1, 1, 1), [1, 0.5], [(1, 0.5, 0), (0, 0, 1)], [(0, 1, 0), (1, 0, -1)]
        ),
        lambda module, mesh: module(mesh).textures,
    ),
    "LaplacianLoss": (
        lambda faces: pliant.render.LaplacianLoss(162, faces),
        lambda module, mesh: module(mesh.vertices),
    ),
    "FlattenLoss": (
        lambda faces: pliant.render.FlattenLoss(faces, average=True),
        lambda module, mesh: module(mesh.vertices),
    ),
}


@pytest.mark.parametrize("name", RENDER)
def test_cameras_lights_and_mesh_losses_with_the_same_output(written, name):
    make, call = RENDER[name]
    mesh = pliant.render.Mesh(written["mesh_vertices"], written["mesh_faces"])
    module = make(mesh.faces)
    if name != "Projection":
        assert all(torch.equal(value, written[f"{name}/{key}"]) for key, value in module.state_dict().items())
    module.load_state_dict({key: written[f"{name}/{key}"] for key in module.state_dict()})
    assert torch.equal(call(module, mesh), written[f"{name}/out"])


@pytest.mark.parametrize("preset", pliant.render.PRESETS)
def test_renderers_with_the_same_output(written, preset):
    ball = pliant.render.icosphere(2)
    mesh = pliant.render.Mesh(ball.vertices, ball.faces, written["colors"], texture_type="vertex")
    camera = pliant.render.LookAt(viewing_angle=20)
    camera.set_eyes_from_angles(*map(torch.tensor, ([3.5, 0.5], [30.0, -10.0], [15.0, 100.0])))
    background = torch.tensor([0.2, 0.4, 0.6])
    renderer = pliant.render.Renderer.preset(preset, (20, 24), background=background, learn_tau=True)
    assert torch.equal(renderer.tau, written[f"Renderer/{preset}/tau"])
    assert torch.equal(renderer(camera(mesh)), written[f"Renderer/{preset}/out"])
    assert torch.equal(renderer.silhouette(camera(mesh)), written[f"Renderer/{preset}/silhouette"])


@pytest.mark.parametrize("name", ["IsaacLinear", "IsaacConv2d"])
def test_conditioned_layers(written, name):
    settings = {"damping": 0.3, "augmented_bias": True}
    module, x = {
        "IsaacLinear": lambda: (pliant.nn.IsaacLinear(7, 4, **settings), written["isaac_x"]),
        "IsaacConv2d": lambda: (
            pliant.nn.IsaacConv2d(3, 4, 3, stride=2, padding=1, **settings),
            written["isaac_image"],
        ),
    }[name]()
    module.load_state_dict({key: written[f"{name}/{key}"] for key in ("weight", "bias")})
    out = module(x)
    assert torch.equal(out, written[f"{name}/out"])
    out.sum().backward()
    for key, parameter in module.named_parameters():
        torch.testing.assert_close(parameter.grad, written[f"{name}/{key}.grad"], rtol=1e-6, atol=1e-6)
