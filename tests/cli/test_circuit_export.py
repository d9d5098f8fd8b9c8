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


@needs("iverilog")
def test_exported_stream_labels_the_rows_of_a_file(folder):
    code, bench, rows = folder / "stream.v", folder / "stream_test.v", folder / "rows"
    rows.write_bytes(np.random.default_rng(1).integers(0, 256, (40, 24)).astype(np.uint8).tobytes())
    result = pliant(
        "circuit", "export", folder / "net.plc", "--target", "verilog", "-o", code, "--stream", 16,
        "--pipeline-depth", 2, "--sum-depth", 1, "--test-bench", bench, "--test-data", rows, "--examples", 30,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    subprocess.run(["iverilog", "-g2001", "-o", folder / "stream", code, bench], check=True)
    printed = subprocess.run(["vvp", folder / "stream"], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[0] == "PASS 30"
    library = circuit.Circuit.load(folder / "net.plc").to_verilog(
        pipelined=True, depth=2, sum_depth=1, stream=16
    )
    assert library == code.read_text()


@needs("verilator")
def test_verilator_agrees_with_the_executor(folder):
    code, bench = folder / "fast.v", folder / "fast_test.v"
    export = ("circuit", "export", folder / "net.plc", "--target", "verilog", "-o", code, "--stream", 8)
    assert pliant(*export, "--pipelined", "--test-bench", bench, "--examples", 20).returncode == 0
    flags = ("--binary", "--timing", "-Wno-lint", "-O0", "--top-module", "circuit_stream_test")
    build = ("verilator", *flags, "--Mdir", folder / "verilated", code, bench)
    subprocess.run(build, check=True, capture_output=True)
    program = folder / "verilated/Vcircuit_stream_test"
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines()[0] == "PASS 20"


@needs("nextpnr-ice40")
@needs("yosys")
def test_a_stream_is_placed_and_routed(folder):
    code, net, asc = (folder / name for name in ("placed.v", "placed.json", "placed.asc"))
    export = ("circuit", "export", folder / "net.plc", "--target", "verilog", "-o", code, "--stream", 8)
    assert pliant(*export, "--pipelined", "--sum-depth", 1).returncode == 0
    script = f"read_verilog {code}; synth_ice40 -top circuit_stream -json {net}"
    subprocess.run(["yosys", "-q", "-p", script], check=True, capture_output=True)
    flags = ("--hx8k", "--package", "ct256", "--seed", "1", "--json", net, "--asc", asc)
    subprocess.run(["nextpnr-ice40", *flags], check=True, capture_output=True)
    timing = subprocess.run(["icetime", "-d", "hx8k", "-mt", asc], capture_output=True, text=True, check=True)
    assert "MHz" in timing.stdout


@needs("berkeley-abc")
@pytest.mark.parametrize("lut", [2, 4, 6])
def test_tables_of_the_target_lut_compute_the_same(folder, lut):
    blif = folder / f"lut{lut}.blif"
    result = pliant("circuit", "export", folder / "net.plc", "--target", "lut", "--lut", lut, "-o", blif)
    assert result.returncode == 0, result.stderr
    names = [line.split()[1:-1] for line in blif.read_text().splitlines() if line.startswith(".names")]
    assert max(map(len, names)) <= lut
    result = pliant("circuit", "prove", folder / "net.plc", blif, "--no-adders", "--json")
    assert json.loads(result.stdout)["verdict"] == "equal"


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
        (["export", net, "--target", "verilog", "-o", "-", "--pipeline-depth", "0"], "--pipeline-depth"),
        (["export", net, "--target", "verilog", "-o", "-", "--stream", "12"], "a multiple of 8"),
        (["export", net, "--target", "lut", "-o", folder / "no", "--lut", "7"], "2 … 6 inputs, got 7"),
        (
            [
                "export",
                net,
                "--target",
                "verilog",
                "-o",
                folder / "no",
                "--test-bench",
                folder / "no2",
                "--test-data",
                folder / "net.plc",
            ],
            "must have 24 bytes an example",
        ),
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
    assert not (folder / "no").exists() and not (folder / "no2").exists()


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
