# tests/cli/test_circuit_export.py — pliant circuit export and prove
import ctypes
import json
import shutil
import subprocess

import numpy as np
import pytest

from tests.cli.program import PROGRAM, pliant

circuit = pytest.importorskip("pliant.circuit", reason="circuits are not in this Python package")
pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


def needs(program):
    """Skips a test where the program is not installed."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A circuit that reads pictures, another form of it, and one that differs from it."""
    from tests.circuit.circuits import pictures

    folder = tmp_path_factory.mktemp("export")
    net = pictures()
    net.save(folder / "net.plc")
    assert pliant("circuit", "compile", folder / "net.plc", "-o", folder / "other.plc").returncode == 0
    pictures(seed=1).save(folder / "wrong.plc")
    for kind in ("blif", "aiger", "aag"):
        name = folder / f"net.{'aig' if kind == 'aiger' else kind}"
        assert pliant("circuit", "export", folder / "net.plc", "--format", kind, "-o", name).returncode == 0
    return folder


@needs("gcc")
def test_exported_c_gives_the_labels_of_the_library(folder):
    code = folder / "digits.c"
    result = pliant("circuit", "export", folder / "net.plc", "--format", "c", "-o", code, "--name", "digits")
    assert result.returncode == 0, result.stderr
    library = folder / "digits.so"
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-shared", "-fPIC", "-O1"]
    subprocess.run(["gcc", *flags, code, "-o", library], check=True)
    pictures = np.random.default_rng(0).integers(0, 256, (333, 24)).astype(np.uint8)
    labels = np.zeros(333, np.intc)
    pointers = (pictures.ctypes.data_as(ctypes.c_void_p), labels.ctypes.data_as(ctypes.c_void_p))
    assert ctypes.CDLL(str(library)).digits_classify_bytes(*pointers, ctypes.c_size_t(333)) == 0
    np.testing.assert_array_equal(labels, circuit.Circuit.load(folder / "net.plc").classify(pictures))


@needs("iverilog")
@pytest.mark.parametrize("options", [(), ("--pipelined",)])
def test_exported_test_bench_passes(folder, options):
    code, bench = folder / "net.v", folder / "net_test.v"
    result = pliant(
        "circuit", "export", folder / "net.plc", "--format", "verilog", "-o", code,
        "--test-bench", bench, "--examples", 50, *options,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    subprocess.run(["iverilog", "-g2001", "-o", folder / "bench", code, bench], check=True)
    printed = subprocess.run(["vvp", folder / "bench"], capture_output=True, text=True, check=True).stdout
    assert printed == "PASS 50\n"


def test_export_to_standard_output_is_the_file(folder):
    result = pliant("circuit", "export", folder / "net.plc", "--format", "blif", "-o", "-")
    assert result.stdout == (folder / "net.blif").read_text()


@needs("berkeley-abc")
@pytest.mark.parametrize("other", ["other.plc", "net.blif", "net.aig", "net.aag"])
def test_other_forms_of_a_circuit_are_equal(folder, other):
    result = pliant("circuit", "prove", folder / "net.plc", folder / other, "--no-adders", "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    proof = json.loads(result.stdout)
    assert proof["verdict"] == "equal" and proof["counterexample"] is None
    assert proof["steps"][1]["part"] == "class bits" and proof["steps"][1]["state"] == "proved"


def test_another_circuit_differs_and_the_example_is_a_picture(folder):
    files = (folder / "net.plc", folder / "net.plc")
    wrong = folder / "spoilt.blif"
    text = (folder / "net.blif").read_text()
    # The last table is that of an output: it becomes its complement.
    head, table = text.rsplit(".names", 1)
    spoilt = table.replace(" 1\n", " 0\n") if " 1\n" in table else table.replace(" 0\n", " 1\n")
    assert spoilt != table
    wrong.write_text(head + ".names" + spoilt)
    picture = folder / "picture.pgm"
    result = pliant("circuit", "prove", files[0], wrong, "--picture", picture)
    assert result.returncode == 3, result.stdout + result.stderr
    assert "verdict: different" in result.stdout
    assert picture.read_bytes().startswith(b"P5\n6 4\n255\n")
    proof = json.loads(pliant("circuit", "prove", files[0], wrong, "--json").stdout)
    assert proof["counterexample"]["first"] != proof["counterexample"]["second"]
    assert len(proof["counterexample"]["bits"]) == 50


def test_mistakes_are_exit_code_2(folder):
    net = folder / "net.plc"
    for arguments, part in [
        (["export", net, "--format", "c", "-o", "-", "--name", "2"], "identifier"),
        (["export", net, "--format", "c", "-o", "-", "--lanes", "96"], "power of two"),
        (["export", net, "--format", "blif", "-o", "-", "--test-bench", folder / "x"], "--test-bench"),
        (["export", folder / "none.plc", "--format", "c", "-o", "-"], "none.plc"),
        (["export", net, "--target", "pascal", "-o", "-"], "pascal"),
        (
            ["export", net, "--target", "aag", "-o", "-", "--lanes", "64"],
            "--target aag has none; it is for c, cpp",
        ),
        (["prove", net, folder / "wrong.plc"], "different features"),
        (["prove", net, folder / "net.txt"], "should end with"),
        (["prove", net, net, "--timeout", "-1"], "timeout"),
    ]:
        result = pliant("circuit", *arguments)
        assert result.returncode == 2, (arguments, result.stdout)
        assert part in result.stderr + result.stdout, (arguments, result.stderr)


@pytest.mark.parametrize("lanes", [64, 1])
def test_exported_onnx_is_what_python_writes(folder, lanes):
    model = folder / "net.onnx"
    command = ("circuit", "export", folder / "net.plc", "--target", "onnx", "-o", model, "--lanes", lanes)
    for source in ("bytes", "numbers", "bits"):
        result = pliant(*command, "--input", source)
        assert result.returncode == 0, result.stderr
        net = circuit.Circuit.load(folder / "net.plc")
        assert model.read_bytes() == net.to_onnx(lanes=lanes, input=source)


def test_exported_embedded_c_is_what_python_writes(folder):
    code = folder / "small.c"
    result = pliant(
        "circuit", "export", folder / "net.plc", "--target", "c-embedded", "-o", code, "--name", "small"
    )
    assert result.returncode == 0, result.stderr
    net = circuit.Circuit.load(folder / "net.plc")
    assert code.read_text() == net.to_c("small", language="c-embedded")


def test_onnx_of_other_lanes_is_refused_before_a_file_is_written(folder):
    path = folder / "none.onnx"
    result = pliant("circuit", "export", folder / "net.plc", "--target", "onnx", "-o", path, "--lanes", 8)
    assert result.returncode == 2 and "of --target onnx 64, or 1 for bools, got 8" in result.stderr
    assert not path.exists()
