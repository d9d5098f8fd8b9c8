# tests/circuit/test_mnist_network.py — the trained network of examples/networks on MNIST: every way
# to run it, and proofs that nothing was lost
import ctypes
import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pliant.circuit import Circuit
from tests.cli.program import PROGRAM
from tests.cli.program import pliant as run_program

ROOT = Path(__file__).resolve().parents[2]
NETWORK = ROOT / "examples" / "networks" / "mnist_small.safetensors"
DATA = Path(os.environ.get("PLIANT_DATA", ROOT / "data"))
CORRECT = 9743  # of 10,000, as the training program counted for the network in eval mode

TARGETS = """
import sys, numpy as np
from pliant.circuit import Circuit
circuit = Circuit.load(sys.argv[1])
np.save(sys.argv[3], circuit.run(np.load(sys.argv[2])))
"""


def read(name):
    """The bytes of one of MNIST's files; skips the test where it is not there."""
    for path in (DATA / "mnist" / name, DATA / "mnist" / f"{name}.gz"):
        if path.is_file():
            return (gzip.open if path.suffix == ".gz" else open)(path, "rb").read()
    pytest.skip(f"MNIST is not in {DATA}: name the folder above mnist/ in PLIANT_DATA")


@pytest.fixture(scope="module")
def pictures():
    return np.frombuffer(read("t10k-images-idx3-ubyte"), np.uint8, offset=16).reshape(-1, 28, 28)


@pytest.fixture(scope="module")
def labels():
    return np.frombuffer(read("t10k-labels-idx1-ubyte"), np.uint8, offset=8)


@pytest.fixture(scope="module")
def raw():
    return Circuit.from_network(NETWORK.read_bytes())


@pytest.fixture(scope="module")
def small(raw):
    return raw.simplify()


@pytest.fixture(scope="module")
def files(raw, small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mnist")
    raw.save(folder / "raw.plc")
    small.save(folder / "small.plc")
    return folder


def test_the_network_is_as_right_as_in_training(raw, small, pictures, labels):
    assert raw.nodes == 48000
    assert small.nodes < 17600
    scores = raw.run(pictures)
    assert np.array_equal(scores, small.run(pictures))
    assert np.array_equal(scores.argmax(1), small.classify(pictures))
    assert (small.classify(pictures) == labels).sum() == CORRECT


def test_few_examples_give_what_many_give(small, pictures):
    scores = small.run(pictures[:200])
    for first, last in ((0, 1), (1, 3), (3, 35), (35, 131), (131, 200)):
        assert np.array_equal(small.run(pictures[first:last]), scores[first:last])
    assert np.array_equal(small.run(pictures[:200], threads=1), scores)


@pytest.mark.parametrize("target", ["AVX2", "SCALAR"])
def test_every_simd_target_gives_the_same(small, files, pictures, target, tmp_path):
    known = json.loads(run_program("info", "--json").stdout)["simd_targets"]
    if target not in known:
        pytest.skip(f"this CPU runs {', '.join(known)}")
    np.save(tmp_path / "in.npy", pictures[:3000])
    command = [sys.executable, "-c", TARGETS, files / "small.plc", tmp_path / "in.npy", tmp_path / "out.npy"]
    subprocess.run(command, check=True, env={**os.environ, "PLIANT_SIMD": target})
    assert np.array_equal(np.load(tmp_path / "out.npy"), small.run(pictures[:3000]))


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_the_generated_c_gives_the_same_labels(small, pictures, tmp_path):
    (tmp_path / "net.c").write_text(small.to_c("net"))
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O0", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, tmp_path / "net.c", "-o", tmp_path / "net.so"], check=True)
    found = np.zeros(len(pictures), np.intc)
    images = np.ascontiguousarray(pictures)
    arguments = (images.ctypes.data_as(ctypes.c_void_p), found.ctypes.data_as(ctypes.c_void_p))
    code = ctypes.CDLL(str(tmp_path / "net.so"))
    assert code.net_classify_bytes(*arguments, ctypes.c_size_t(len(pictures))) == 0
    assert np.array_equal(found, small.classify(pictures))


@pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
@pytest.mark.skipif(
    not (shutil.which("berkeley-abc") and shutil.which("yosys")), reason="berkeley-abc or yosys is missing"
)
class TestProofs:
    def test_raw_and_simplified_are_proved_equal(self, files):
        result = run_program("circuit", "prove", files / "raw.plc", files / "small.plc")
        assert result.returncode == 0, result.stdout + result.stderr

    def test_simplified_and_exported_are_proved_equal(self, files):
        for kind in ("verilog", "blif"):
            exported = files / f"small.{'v' if kind == 'verilog' else kind}"
            result = run_program("circuit", "export", files / "small.plc", "--format", kind, "-o", exported)
            assert result.returncode == 0, result.stderr
            result = run_program("circuit", "prove", files / "small.plc", exported)
            assert result.returncode == 0, result.stdout + result.stderr
