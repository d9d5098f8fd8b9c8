# tests/cli/test_train_price.py — pliant train logic with a price on gates and smaller heads, to C and Verilog
import ctypes
import json
import shutil
import subprocess

import numpy as np
import pytest

import pliant as library
from pliant.circuit import Circuit
from tests.cli.program import PROGRAM, of_kind, pliant, train

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")
SIZE = ("--widths", "400,400", "--steps", 200, "--batch", 50, "--validate-every", 200, "--evaluation", 0)
HEADS = {
    "groups": (),
    "or": ("--or-pool", 4),
    "learned": ("--head", 12, "--head-candidates", 8, "--wiring-temperature", 0.2),
    "or, learned": ("--or-pool", 2, "--head", 12),
}


@pytest.fixture(scope="module", params=HEADS)
def priced(request, tmp_path_factory):
    """A run with a price and a head, and its circuit."""
    folder = tmp_path_factory.mktemp("price")
    options = (*SIZE, *HEADS[request.param], "--gate-price", 0.3)
    result = train(*options, "--out", folder / "run", task="logic")
    assert result.returncode == 0, result.stderr
    assert pliant("circuit", "compile", folder / "run", "-o", folder / "net.plc").returncode == 0
    return folder, Circuit.load(folder / "net.plc")


def digits():
    """The pictures of the test set as bytes, and their labels."""
    test = library.data.load_image_set("digits", "test")
    return test.images.numpy().reshape(len(test.images), -1), test.labels.numpy()


def test_the_circuit_has_the_accuracy_of_the_run(priced):
    folder, circuit = priced
    (test,) = of_kind(folder / "run", "test")
    images, labels = digits()
    assert (circuit.classify(images) == labels).mean() == pytest.approx(test["hard"], abs=1e-12)
    assert test["hard"] > 0.5 and 0 < test["gates"] < 1


def test_sums_are_of_the_bits_that_the_head_has(priced):
    folder, _ = priced
    config = (folder / "run" / "config.toml").read_text()
    bits = 120 if "head=12" in config else 100 if "or-pool=4" in config else 400
    whole = Circuit.from_model(folder / "run" / "best.safetensors")
    assert whole.info()["output_bits"] == bits
    assert whole.info()["tau"] == pytest.approx((bits / 80) ** 0.5 if bits < 400 else 8)


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_exported_c_gives_the_same_labels(priced, tmp_path):
    _, circuit = priced
    (tmp_path / "net.c").write_text(circuit.to_c("net"))
    flags = ("-std=c99", "-O1", "-shared", "-fPIC")
    subprocess.run(["cc", *flags, tmp_path / "net.c", "-o", tmp_path / "net.so"], check=True)
    images, _ = digits()
    images = np.ascontiguousarray(images)
    labels = np.empty(len(images), np.int32)
    pointers = (images.ctypes.data_as(ctypes.c_void_p), labels.ctypes.data_as(ctypes.c_void_p))
    call = ctypes.CDLL(str(tmp_path / "net.so")).net_classify_bytes
    assert call(*pointers, ctypes.c_size_t(len(images))) == 0
    assert np.array_equal(labels, circuit.classify(images))


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed")
def test_exported_verilog_gives_the_same_labels(priced, tmp_path):
    folder, _ = priced
    rows = tmp_path / "rows"
    rows.write_bytes(digits()[0][:60].tobytes())
    result = pliant(
        "circuit", "export", folder / "net.plc", "--target", "verilog", "-o", tmp_path / "net.v",
        "--pipelined", "--test-bench", tmp_path / "bench.v", "--test-data", rows, "--examples", 60,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    build = ["iverilog", "-g2001", "-o", tmp_path / "bench", tmp_path / "net.v", tmp_path / "bench.v"]
    subprocess.run(build, check=True)
    printed = subprocess.run(["vvp", tmp_path / "bench"], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[0] == "PASS 60"


def test_a_price_leaves_fewer_gates(tmp_path):
    nodes, shares = [], []
    for price in (0, 1):
        run = tmp_path / str(price)
        assert train(*SIZE, "--gate-price", price, "--out", run, task="logic").returncode == 0
        printed = pliant("circuit", "compile", run, "-o", tmp_path / "net.plc", "--lut", 4, "--json").stdout
        nodes.append(json.loads(printed)["mapped"]["nodes"])
        shares.append(of_kind(run, "test")[0].get("gates"))
    assert nodes[1] < 0.7 * nodes[0]
    assert shares[0] is None and shares[1] < 0.5


def test_the_price_of_convolutions_counts_placements(tmp_path):
    options = ("--channels", "4", "--kernels", 3, "--padding", 1, "--depth", 2, "--widths", "320,200")
    run = tmp_path / "run"
    result = train(*options, "--steps", 10, "--gate-price", 0.5, "--out", run, task="logic")
    assert result.returncode == 0, result.stderr
    assert 0 < of_kind(run, "test")[0]["gates"] < 1


def test_the_report_shows_the_share_of_gates(tmp_path):
    run = tmp_path / "run"
    options = ("--widths", "120,100", "--steps", 20, "--validate-every", 10, "--gate-price", 0.5)
    assert pliant("train", "logic", *options, "--threads", 1, "--out", run).returncode == 0
    assert "gates that hardware is expected to need" in (run / "report.html").read_text()
