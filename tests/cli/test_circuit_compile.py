# tests/cli/test_circuit_compile.py — pliant circuit compile: from checkpoints and files to circuits
import json
import os
import struct
import time

import numpy as np
import pytest

import pliant
from pliant.circuit import Circuit
from tests.cli.program import PROGRAM, checkpoint, of_kind, train
from tests.cli.program import pliant as run_program

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
COUNTS = ("raw", "simplified", "mapped")


def compiled(source, output, *options):
    """The figures of `pliant circuit compile`, and the circuit."""
    result = run_program("circuit", "compile", source, "-o", output, "--json", *options)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout), Circuit.load(output)


def refused(*arguments):
    """What the program says about a mistake."""
    result = run_program("circuit", "compile", *arguments)
    assert result.returncode == 2, (result.returncode, result.stdout, result.stderr)
    return result.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A short training of gates of three inputs behind two thresholds on the digits."""
    folder = tmp_path_factory.mktemp("run") / "digits"
    options = ("--thresholds", 2, "--fan-in", 3, "--wiring", "random", "--parametrization", "walsh")
    result = train(*options, "--widths", "600,500", "--steps", 150, "--validate-every", 50, "--evaluation", 0,
                   "--out", folder, task="logic")  # fmt: skip
    assert result.returncode == 0, result.stderr
    return folder


def test_a_run_becomes_a_circuit_of_the_same_accuracy(run, tmp_path):
    figures, circuit = compiled(run, tmp_path / "net.plc", "--report")
    assert figures["raw"]["nodes"] == 1100 and figures["raw"]["depth"] == 2
    sizes = [figures[name]["nodes"] for name in COUNTS]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[2] > 0
    assert [each["pass"] for each in figures["passes"]][-1] == "lut"
    assert figures["bytes"] == (tmp_path / "net.plc").stat().st_size
    assert circuit.class_names == [str(digit) for digit in range(10)]
    assert circuit.info()["byte_maximum"] == 16 and circuit.info()["shape"] == (1, 8, 8)
    images, labels = digits("test")
    (test,) = of_kind(run, "test")
    assert (circuit.classify(images) == labels).mean() == pytest.approx(test["hard"], abs=1e-12)
    whole = Circuit.from_model(run / "best.safetensors")
    assert whole.nodes == 1100
    assert np.array_equal(circuit.run(images), whole.run(images))


def digits(split):
    """Bytes and labels."""
    data = pliant.data.load_image_set("digits", split)
    return data.images.numpy(), data.labels.numpy()


def test_the_text_names_raw_simplified_and_mapped(run, tmp_path):
    result = run_program("circuit", "compile", run, "-o", tmp_path / "net.plc")
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == list(COUNTS)
    assert all(word in lines[0] for word in ("1100 nodes", "depth 2", "500 class bits"))
    assert lines[3].startswith(f"{tmp_path / 'net.plc'}: ")
    report = run_program("circuit", "compile", run, "-o", tmp_path / "net.plc", "--report").stdout
    assert len(report.splitlines()) > 4 and "hashing" in report


def test_passes_can_be_switched(run, tmp_path):
    images, _ = digits("validation")
    figures, whole = compiled(run, tmp_path / "whole.plc", "--no-optimise")
    assert list(figures) == ["source", "raw", "output", "bytes", "seconds"] and whole.nodes == 1100
    scores = whole.run(images)
    for options in (
        ["--lut", 0],
        ["--lut", 6],
        ["--no-constants", "--no-inverters"],
        ["--no-hashing", "--no-biases", "--no-dead"],
        ["--implications", "--windows"],
        ["--sweep", "--sweep-conflicts", 10],
    ):
        figures, circuit = compiled(run, tmp_path / "net.plc", *options)
        assert np.array_equal(circuit.run(images), scores), options
        assert ("mapped" in figures) == (options != ["--lut", 0])
    _, circuit = compiled(run, tmp_path / "net.plc", "--equal-bits")
    assert np.array_equal(circuit.classify(images), whole.classify(images))


def test_circuits_and_exchange_formats_are_sources(run, tmp_path):
    _, circuit = compiled(run / "last.safetensors", tmp_path / "net.plc")
    again, same = compiled(tmp_path / "net.plc", tmp_path / "again.plc", "--no-optimise")
    assert again["raw"]["nodes"] == circuit.nodes
    assert same.bytes() == circuit.bytes()
    (tmp_path / "and.aag").write_text("aag 3 2 0 1 1\n2\n4\n7\n6 2 4\n")
    _, nand = compiled(tmp_path / "and.aag", tmp_path / "and.plc")
    assert nand.run(np.array([[0, 1], [1, 1]], bool)).tolist() == [[1], [0]]
    (tmp_path / "xor.blif").write_text(".model m\n.inputs a b\n.outputs y\n.names a b y\n10 1\n01 1\n.end\n")
    _, xor = compiled(tmp_path / "xor.blif", tmp_path / "xor.plc")
    assert xor.run(np.array([[0, 1], [1, 1]], bool)).tolist() == [[1], [0]]


@pytest.mark.parametrize(
    ("data", "options", "features"),
    [("digits", ["--thresholds", 0], 64), ("digits", ["--gumbel", "--hardening", "table"], 64)],
)
def test_other_encoders_and_trainings(tmp_path, data, options, features):
    result = train("--data", data, *options, "--steps", 20, "--out", tmp_path / "run", task="logic")
    assert result.returncode == 0, result.stderr
    _, circuit = compiled(tmp_path / "run", tmp_path / "net.plc")
    assert circuit.features == features


def without_network(path, target):
    """A checkpoint as it was before it described itself; its description."""
    content = path.read_bytes()
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])
    network = header["__metadata__"].pop("network")
    del header["__metadata__"]["pliant_crc32"]
    text = json.dumps(header).encode()
    target.write_bytes(struct.pack("<Q", len(text)) + text + content[8 + length :])
    return network


def test_checkpoints_without_a_description(run, tmp_path):
    old = tmp_path / "old.safetensors"
    network = without_network(run / "best.safetensors", old)
    output = ("-o", tmp_path / "net.plc")
    assert f"{old}: the file does not describe its network" in refused(old, *output)
    (tmp_path / "network.json").write_text(network)
    _, circuit = compiled(old, tmp_path / "net.plc", "--network", tmp_path / "network.json")
    assert circuit.bytes() == compiled(run, tmp_path / "new.plc")[1].bytes()
    (tmp_path / "network.json").write_text(network.replace('"fan_in":3', '"fan_in":2'))
    said = refused(old, *output, "--network", tmp_path / "network.json")
    assert "layer 1 (logic): the wiring must have the shape (2, gates), got (3, 1100)" in said
    (tmp_path / "network.json").write_text("{")
    assert "network.json: the network's description is not JSON" in refused(
        old, *output, "--network", tmp_path / "network.json"
    )


def test_mistakes_are_named(run, tmp_path):
    output = ("-o", tmp_path / "net.plc")
    assert "--output" in refused(run)
    assert "ends in .plc is needed" in refused(run, "-o", tmp_path / "net.bin")
    assert "ends in .safetensors, .program, .plc" in refused(tmp_path / "net.onnx", *output)
    assert "holds no run" in refused(tmp_path, *output)
    assert "missing.safetensors" in refused(tmp_path / "missing.safetensors", *output)
    (tmp_path / "bad.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{}      more")
    assert "bad.safetensors" in refused(tmp_path / "bad.safetensors", *output)
    assert "lut must be 0 or 2 … 6, got 7" in refused(run, *output, "--lut", 7)
    compiled(run, tmp_path / "net.plc")
    assert "only a checkpoint can be described" in refused(
        tmp_path / "net.plc", "-o", tmp_path / "b.plc", "--network", tmp_path / "net.plc"
    )
    assert not (tmp_path / "b.plc").exists()


def test_learned_wiring_is_in_the_checkpoint_and_in_the_circuit(tmp_path):
    options = ("--widths", "300,300,200", "--candidates", "6,0,4", "--wiring-temperature", 0.1)
    result = train(*options, "--steps", 60, "--validate-every", 30, "--evaluation", 0,
                   "--out", tmp_path / "run", task="logic")  # fmt: skip
    assert result.returncode == 0, result.stderr
    _, circuit = compiled(tmp_path / "run", tmp_path / "net.plc")
    images, labels = digits("test")
    (test,) = of_kind(tmp_path / "run", "test")
    assert (circuit.classify(images) == labels).mean() == pytest.approx(test["hard"], abs=1e-12)


def test_checkpoints_of_other_tasks_say_that_they_have_no_gates(tmp_path):
    assert train("--steps", 5, "--out", tmp_path / "run").returncode == 0
    assert "network" not in checkpoint(tmp_path / "run" / "last.safetensors")[0]
    assert "a task that trains no gates" in refused(tmp_path / "run", "-o", tmp_path / "net.plc")


def test_48000_gates_take_no_time(tmp_path):
    """From the checkpoint to the file; much slower machines than that of the target are allowed."""
    options = ("--widths", ",".join(["8000"] * 6), "--thresholds", 3, "--steps", 1, "--batch", 4)
    result = train(*options, "--out", tmp_path / "run", task="logic")
    assert result.returncode == 0, result.stderr
    start = time.perf_counter()
    figures, _ = compiled(tmp_path / "run", tmp_path / "net.plc")
    assert figures["raw"]["nodes"] == 48000
    assert figures["seconds"] < time.perf_counter() - start < 10


@pytest.mark.skipif("PLIANT_DATA" not in os.environ, reason="PLIANT_DATA is not set: there is no MNIST")
def test_mnist_through_the_crop(tmp_path):
    data = os.environ["PLIANT_DATA"]
    options = ("--recipe", "mnist", "--widths", "2000,2000", "--steps", 60, "--validate-every", 30)
    result = train(*options, "--evaluation", 0, "--batch", 100, "--out", tmp_path / "run", task="logic",
                   PLIANT_DATA=data)  # fmt: skip
    assert result.returncode == 0, result.stderr
    _, circuit = compiled(tmp_path / "run", tmp_path / "net.plc")
    assert circuit.info()["crop"] == (28, 28, 20) and circuit.width == 784
    data = pliant.data.load_image_set("mnist", "test")
    (test,) = of_kind(tmp_path / "run", "test")
    right = circuit.classify(data.images.numpy()) == data.labels.numpy()
    assert right.mean() == pytest.approx(test["hard"], abs=1e-9)


@pytest.mark.skipif("PLIANT_DATA" not in os.environ, reason="PLIANT_DATA is not set: there are no tables")
def test_rows_of_a_table_are_bits_with_names(tmp_path):
    options = ("--data", "monk1", "--widths", "24,24", "--steps", 30, "--evaluation", 0)
    result = train(*options, "--out", tmp_path / "run", task="logic", PLIANT_DATA=os.environ["PLIANT_DATA"])
    assert result.returncode == 0, result.stderr
    _, circuit = compiled(tmp_path / "run", tmp_path / "net.plc")
    data = pliant.data.load_table_set("monk1", "test")
    assert circuit.features == 0 and circuit.input_names() == data.columns
    (test,) = of_kind(tmp_path / "run", "test")
    right = circuit.classify(data.features.numpy()) == data.labels.numpy()
    assert right.mean() == pytest.approx(test["hard"], abs=1e-9)
