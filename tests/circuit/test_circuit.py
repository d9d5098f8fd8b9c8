# tests/circuit/test_circuit.py — pliant.circuit: against plain Python, kinds of input, files, without torch
import copy
import ctypes
import os
import pickle
import re
import shutil
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import torch
from pliant._examples import examples_of

from pliant import _core
from pliant.circuit import Circuit, Encoder, Stage, Sums
from tests.circuit.circuits import pictures, random_stage, scores
from tests.conftest import ROOT

XOR = Stage(inputs=2, fan_in=[2], tables=[6], sources=[0, 1], outputs=[4])


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def packed(bits):
    """Bits (count, inputs) as (inputs, words)."""
    count, inputs = bits.shape
    rows = np.zeros((inputs, (count + 63) // 64 * 64), np.uint8)
    rows[:, :count] = bits.T
    return np.packbits(rows, axis=1, bitorder="little").view("<u8")


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 300])
@pytest.mark.parametrize("classes", [None, 1, 3, 12])
def test_random_circuits_of_stages_agree_with_plain_python(rng, count, classes):
    stages = [
        random_stage(rng, 9, 20, 7),
        random_stage(rng, 3, 6, 3, placements=4, before=7),
        random_stage(rng, 12, 30, 12, placements=1, before=12),
    ]
    sums = None if classes is None else Sums(classes, biases=list(range(-1, classes - 1)))
    circuit = Circuit.from_arrays(stages, Encoder(inputs=9), sums)
    bits = rng.integers(0, 2, (count, 9)).astype(bool)
    expected = scores(stages, sums, bits).reshape(count, 12 if classes is None else classes)
    for threads in (0, 1, 3):
        ways = [
            circuit.run(bits, threads=threads),
            circuit.run(bits.astype(np.uint8), threads=threads),
            circuit.run(packed(bits), packed=True, count=count, threads=threads),
        ]
        assert all(way.dtype == np.int32 and np.array_equal(way, expected) for way in ways)
    if classes is not None:
        labels = circuit.classify(bits)
        assert labels.dtype == np.int32
        assert np.array_equal(labels, expected.argmax(1) if count else np.zeros(0))


@pytest.mark.parametrize("crop", [False, True])
def test_bytes_numbers_and_bits_give_the_same(rng, crop):
    circuit = pictures(crop=crop)
    images = rng.integers(0, 256, (100, 8, 8) if crop else (100, 4, 6)).astype(np.uint8)
    if crop:
        images[:, [0, -1]] = images[:, :, [0, -1]] = 0
    expected = circuit.run(images)
    numbers = images.astype(np.float32) / np.float32(255)
    assert np.array_equal(circuit.run(numbers), expected)
    assert np.array_equal(circuit.run(numbers.astype(np.float64)), expected)
    assert np.array_equal(circuit.run(numbers.astype(">f4")), expected)
    assert np.array_equal(circuit.run(images.reshape(100, 1, -1)), expected)
    assert np.array_equal(circuit.classify(images), expected.argmax(1))
    assert len(np.unique(expected.argmax(1))) > 1


def test_memory_that_is_not_contiguous(rng):
    circuit = pictures()
    images = rng.integers(0, 256, (50, 4, 6)).astype(np.uint8)
    expected = circuit.run(images)
    assert np.array_equal(circuit.run(np.asfortranarray(images)), expected)
    assert np.array_equal(circuit.run(np.repeat(images, 2, axis=0)[::2]), expected)
    assert np.array_equal(circuit.run(images[::-1]), expected[::-1])
    wide = np.zeros((50, 4, 8), np.uint8)
    wide[:, :, 1:7] = images
    assert np.array_equal(circuit.run(wide[:, :, 1:7]), expected)
    readonly = images.copy()
    readonly.flags.writeable = False
    assert np.array_equal(circuit.run(readonly), expected)
    numbers = images.astype(np.float32) / 255
    odd = np.frombuffer(b"?" + numbers.tobytes(), np.float32, offset=1).reshape(images.shape)
    assert not odd.flags.aligned
    assert np.array_equal(circuit.run(odd), expected)
    assert examples_of(odd, circuit.inputs, circuit.features, circuit.width, False, None).array.flags.aligned


def test_a_tensor_of_torch_is_an_array(rng):
    circuit = pictures()
    images = torch.from_numpy(rng.integers(0, 256, (20, 1, 4, 6)).astype(np.uint8))
    expected = circuit.run(images.numpy())
    assert np.array_equal(circuit.run(images), expected)
    assert np.array_equal(circuit.run(images.float() / 255), expected)
    assert np.array_equal(circuit.run(images.transpose(0, 3).contiguous().transpose(0, 3)), expected)


def test_what_is_no_number_is_above_nothing():
    encoder = Encoder(inputs=2, features=1, feature=[0, 0], threshold=[0.25, -1e30])
    stage = Stage(inputs=2, fan_in=[], tables=[], sources=[], outputs=[0, 2])
    circuit = Circuit.from_arrays([stage], encoder)
    x = np.array([[np.nan], [np.inf], [-np.inf], [0.25], [1e300]])
    with warnings.catch_warnings(action="error"):
        assert circuit.run(x).tolist() == [[0, 0], [1, 1], [0, 0], [0, 1], [1, 1]]


BAD = [
    (np.zeros((2, 23), np.uint8), ValueError, r"x: the circuit needs \(N, 24\) bytes.* got shape \(2, 23\)"),
    (np.zeros((2, 49), bool), ValueError, r"x: the circuit needs \(N, 50\) bits"),
    (np.zeros((2, 25), np.float32), ValueError, r"x: the circuit needs \(N, 24\) numbers"),
    (np.zeros(24, np.uint8), ValueError, r"got shape \(24,\)"),
    (np.uint8(3), ValueError, r"got shape \(\)"),
    (np.zeros((2, 24), np.int64), TypeError, "x: must be uint8 .* got int64"),
    (np.zeros((2, 24), np.float16), TypeError, "got float16"),
    (np.zeros((2, 24), complex), TypeError, "got complex128"),
    (np.full((2, 24), "a"), TypeError, "got <U1"),
    (np.zeros((2, 24), object), TypeError, "got object"),
    ([[0] * 24], TypeError, "got int64"),
    (None, TypeError, "got object"),
]


@pytest.mark.parametrize(("x", "error", "text"), BAD)
def test_wrong_examples_are_refused(x, error, text):
    with pytest.raises(error, match=text):
        pictures().run(x)
    with pytest.raises(error, match=text):
        pictures().classify(x)


def test_wrong_arguments_are_refused():
    circuit = pictures()
    words = np.zeros((50, 2), np.uint64)
    with pytest.raises(ValueError, match="count: 2 words hold 65 … 128 examples, got 64"):
        circuit.run(words, packed=True, count=64)
    with pytest.raises(ValueError, match="count: .* got 129"):
        circuit.run(words, packed=True, count=129)
    with pytest.raises(ValueError, match="count: .* got -1"):
        circuit.run(words, packed=True, count=-1)
    assert circuit.run(words, packed=True).shape == (128, 5)
    with pytest.raises(TypeError, match="x: packed bits must be uint64, got int64"):
        circuit.run(words.astype(np.int64), packed=True)
    with pytest.raises(ValueError, match=r"x: the circuit needs \(50, words\) packed bits"):
        circuit.run(words.T, packed=True)
    images = np.zeros((1, 24), np.uint8)
    with pytest.raises(ValueError, match="count: only packed examples need it, got 1"):
        circuit.run(images, count=1)
    for threads in (-1, 1025):
        with pytest.raises(ValueError, match="threads: must be 0"):
            circuit.run(images, threads=threads)
    with pytest.raises(TypeError):
        circuit.run(images, threads=1.5)
    bare = Circuit.from_arrays([XOR], Encoder(inputs=2))
    with pytest.raises(ValueError, match="the circuit has no classes, run it"):
        bare.classify(np.zeros((1, 2), bool))
    with pytest.raises(TypeError, match="x: the circuit has no features"):
        bare.run(np.zeros((1, 2), np.float32))
    with pytest.raises(ValueError, match="its bytes must be 0 or 1, got 2"):
        bare.run(np.full((1, 2), 2, np.uint8))
    with pytest.raises(ValueError, match="example 1: the picture has fewer black rows"):
        pictures(crop=True).run(np.stack([np.zeros((8, 8), np.uint8), np.ones((8, 8), np.uint8)]))


def test_what_a_circuit_says_of_itself():
    circuit = pictures()
    info = circuit.info()
    assert (circuit.inputs, circuit.features, circuit.width, circuit.classes) == (50, 24, 24, 5)
    assert circuit.nodes == 200 == sum(info["fan_in"]) == info["nodes"]
    assert info["depth"] == circuit.depth > 1
    assert info["shape"] == (1, 4, 6) and info["crop"] is None and info["tau"] == 3.0
    assert info["scores"] == 5 and info["stages"] == 1 and info["output_bits"] == 40
    assert info["byte_maximum"] == 255 and 0 < info["live_inputs"] <= 50
    assert circuit.class_names == ["zero", "one", "two", "three", "four"]
    assert all(name.startswith("pixel[") and ">" in name for name in circuit.input_names())
    assert repr(circuit) == f"Circuit(features=24, inputs=50, nodes=200, depth={circuit.depth}, classes=5)"
    assert pictures(crop=True).info()["crop"] == (8, 8, 6)
    bare = Circuit.from_arrays([XOR], Encoder(inputs=2, names=["ä", "b"]))
    assert bare.class_names is None and bare.input_names() == ["ä", "b"]
    assert repr(bare) == "Circuit(inputs=2, nodes=1, depth=1, outputs=1)"


def test_files_pickles_and_copies_are_the_same_circuit(tmp_path, rng):
    circuit = pictures(crop=True)
    path = tmp_path / "net ä.plc"
    circuit.save(path)
    assert path.read_bytes() == circuit.bytes()
    others = [Circuit.load(path), Circuit.load(str(path)), Circuit.parse(circuit.bytes())]
    others += [pickle.loads(pickle.dumps(circuit)), copy.copy(circuit), copy.deepcopy(circuit)]
    bits = rng.integers(0, 2, (100, 50)).astype(bool)
    for other in others:
        assert other.bytes() == circuit.bytes() and other.info() == circuit.info()
        assert np.array_equal(other.run(bits), circuit.run(bits))


def test_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.plc"):
        Circuit.load(tmp_path / "none.plc")
    with pytest.raises(OSError, match="nowhere"):
        pictures().save(tmp_path / "nowhere" / "a.plc")
    with pytest.raises(ValueError, match="^mine"):
        Circuit.parse(pictures().bytes()[:-1], "mine")
    with pytest.raises(ValueError, match="^memory"):
        Circuit.parse(b"")
    with pytest.raises(ValueError, match="path: cannot hold a zero character"):
        Circuit.load("a\0b")


def stage_with(**changes):
    return Stage(**{**XOR.__dict__, **changes})


BUILDS = [
    (lambda: ([], Encoder(inputs=2), None), "there must be at least one stage"),
    (lambda: ([stage_with(fan_in=[7])], Encoder(inputs=2), None), "stage 0: sources: 7 integers"),
    (lambda: ([stage_with(tables=[6, 6])], Encoder(inputs=2), None), "stage 0: tables: 1 integers"),
    (lambda: ([stage_with(tables=[16])], Encoder(inputs=2), None), "entries beyond those of its 2 inputs"),
    (lambda: ([stage_with(tables=[-1])], Encoder(inputs=2), None), "integers of uint64 are needed"),
    (lambda: ([stage_with(sources=[0, 2])], Encoder(inputs=2), None), "reads signal 2"),
    (lambda: ([stage_with(outputs=[6])], Encoder(inputs=2), None), "output 0 of stage 0 is signal 3"),
    (
        lambda: ([stage_with(outputs=[2**32])], Encoder(inputs=2), None),
        "stage 0: outputs: integers of uint32",
    ),
    (lambda: ([stage_with(inputs=-1)], Encoder(inputs=2), None), "stage 0: inputs: must be 0"),
    (lambda: ([stage_with(wires=[[0, 1, 1]])], Encoder(inputs=2), None), "stage 0: wires: 2 integers"),
    (lambda: ([stage_with(wires=[[0, 2]])], Encoder(inputs=2), None), "stage 0 reads bit 2, there are 2"),
    (lambda: ([stage_with(placements=2)], Encoder(inputs=2), None), "wires: 2 placements need them"),
    (lambda: ([XOR], Encoder(inputs=2, features=1), None), "encoder: feature: 2 integers"),
    (
        lambda: ([XOR], Encoder(inputs=2, features=1, feature=[0, 1], threshold=[0, 0]), None),
        "bit 1 reads feature 1",
    ),
    (
        lambda: ([XOR], Encoder(inputs=2, features=1, feature=[0, 0], threshold=[0, np.nan]), None),
        "threshold of bit 1 must be finite",
    ),
    (lambda: ([XOR], Encoder(inputs=2, names=["a"]), None), "2 names are needed"),
    (lambda: ([XOR], Encoder(inputs=2, names=["a", "b\0"]), None), "names: a name cannot hold a zero"),
    (lambda: ([XOR], Encoder(inputs=2), Sums(classes=0)), "classes: at least 1"),
    (lambda: ([XOR], Encoder(inputs=2), Sums(classes=2)), "the classes must divide the 1 bits, got 2"),
    (lambda: ([XOR], Encoder(inputs=2), Sums(classes=1, begins=[0])), "sums: begins: 2 integers"),
    (lambda: ([XOR], Encoder(inputs=2), Sums(classes=1, begins=[0, 2])), "must increase from 0 to the 1"),
    (lambda: ([XOR], Encoder(inputs=2), Sums(classes=1, biases=[2**31])), "sums: biases: integers of int32"),
    (lambda: ([XOR], Encoder(inputs=2), Sums(classes=1, names=[])), "sums: names: 1 are needed"),
    (lambda: ([XOR], Encoder(inputs=2), Sums(classes=1, tau=0)), "tau must be > 0"),
]


@pytest.mark.parametrize(("arguments", "text"), BUILDS)
def test_wrong_arrays_are_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        Circuit.from_arrays(*arguments())
    with pytest.raises(TypeError, match="stage 0: tables: integers are needed, got float64"):
        Circuit.from_arrays([stage_with(tables=[0.5])], Encoder(inputs=2))


def test_a_stage_may_read_fewer_bits_than_there_are():
    circuit = Circuit.from_arrays([XOR], Encoder(inputs=3))
    assert circuit.run(np.array([[1, 0, 0], [1, 1, 1]], bool)).tolist() == [[1], [0]]
    assert circuit.inputs == 3


def test_a_circuit_of_nothing_but_constants_and_wires():
    stage = Stage(inputs=0, fan_in=[0, 0], tables=[1, 0], sources=[], outputs=[0, 1, 2])
    circuit = Circuit.from_arrays([stage], Encoder(inputs=0))
    assert circuit.run(np.zeros((3, 0), bool)).tolist() == [[1, 0, 0]] * 3
    nothing = Stage(inputs=2, fan_in=[], tables=[], sources=[], outputs=[])
    assert Circuit.from_arrays([nothing], Encoder(inputs=2)).run(np.zeros((3, 2), bool)).shape == (3, 0)


def test_threads_of_python_share_a_circuit(rng):
    circuit = pictures()
    images = rng.integers(0, 256, (2000, 24)).astype(np.uint8)
    expected, wrong = circuit.run(images), []

    def work(threads):
        for _ in range(5):
            if not np.array_equal(circuit.run(images, threads=threads), expected):
                wrong.append(threads)

    workers = [threading.Thread(target=work, args=(n % 3,)) for n in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


def test_the_structure_of_info_is_that_of_the_header():
    text = (ROOT / "pliant" / "circuit" / "pliant_circuit.h").read_text()
    body = text[text.index("struct pliant_circuit_info {") : text.index("} pliant_circuit_info;")]
    names = [line.split("*")[0].split(";")[0].split()[1] for line in body.splitlines()[1:] if ";" in line]
    assert [name.split("[")[0] for name in names] == [field[0] for field in _core.Info._fields_]
    info = _core.Info(size=ctypes.sizeof(_core.Info))
    circuit = pictures()
    _core.call("describe", circuit._handle, ctypes.byref(info))
    assert info.size == ctypes.sizeof(_core.Info)


def test_the_functions_of_the_headers_are_the_declared_ones():
    text = "".join(path.read_text() for path in ROOT.glob("pliant/*/pliant_*.h"))
    functions = set(re.findall(r"^int pliant_circuit_(\w+)\(", text, re.MULTILINE))
    assert functions - {"error_number"} == set(_core._FUNCTIONS)


def test_the_flags_and_options_are_those_of_the_header():
    text = (ROOT / "pliant" / "circuit" / "pliant_circuit.h").read_text()
    flags = dict(re.findall(r"#define PLIANT_([A-Z_]+) (\d+)U", text))
    assert {name.lower(): int(flag) for name, flag in flags.items()} == _core.PASSES
    default = re.search(r"#define PLIANT_DEFAULT_PASSES \\\n +\(([^)]+)\)", text)[1].split(" | ")
    assert sum(int(flags[name.removeprefix("PLIANT_")]) for name in default) == _core.DEFAULT_PASSES
    body = text[text.index("struct pliant_circuit_export_options {") :]
    body = body[: body.index("}")]
    names = re.findall(r"^  (?:size_t|const char\*|int) (\w+);", body, re.MULTILINE)
    assert names == [field[0] for field in _core.ExportOptions._fields_]


@pytest.mark.parametrize(
    "options", [{}, {"lut": 0}, {"lut": 6, "sweep": True, "windows": True}, {"dead": False}]
)
def test_a_simpler_circuit_computes_the_same(rng, options):
    for circuit in (pictures(), pictures(3, crop=True)):
        bits = rng.integers(0, 2, (300, 50)).astype(bool)
        simple = circuit.simplify(**options)
        assert np.array_equal(simple.run(bits), circuit.run(bits))
        assert simple.class_names == circuit.class_names and circuit.reports == []
        assert simple.reports[0]["before"]["nodes"] == circuit.nodes
        assert simple.reports[-1]["after"]["nodes"] == simple.nodes
        passes = {report["pass"] for report in simple.reports}
        assert ("lut" in passes) == (options.get("lut") != 0) and ("sweep" in passes) == ("sweep" in options)
    assert pictures().simplify(lut=0).nodes < pictures().nodes


def test_wrong_options_of_simplify_are_refused():
    with pytest.raises(TypeError, match="simplify: no pass hash; there are constants, inverters, hashing"):
        pictures().simplify(hash=True)
    for lut in (1, 7):
        with pytest.raises(ValueError, match="lut must be 0 or 2|lut: must be 0 or 2"):
            pictures().simplify(lut=lut)
    with pytest.raises(ValueError, match="lut: must be 0"):
        pictures().simplify(lut=-1)
    with pytest.raises(ValueError, match="sweep_conflicts: "):
        pictures().simplify(sweep_conflicts=2**31)


def test_exports_begin_as_their_formats_do():
    circuit = pictures()
    assert "int net_classify(" in circuit.to_c("net") and "namespace net" in circuit.to_c(
        "net", language="c++"
    )
    assert "module net_top" in circuit.to_verilog("net") and "clk" not in circuit.to_verilog("net")
    assert "clk" in circuit.to_verilog("net", pipelined=True)
    assert ".model" in circuit.to_blif() and circuit.to_blif().rstrip().endswith(".end")
    assert circuit.to_aiger().startswith(b"aig ") and circuit.to_aiger(binary=False).startswith(b"aag ")
    assert circuit.to_c(lanes=256) != circuit.to_c() != circuit.to_c(nodes_per_function=10)
    for wrong in (
        lambda: circuit.to_c("2"),
        lambda: circuit.to_c(lanes=63),
        lambda: circuit.to_c(language="d"),
    ):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(ValueError, match="zero character"):
        circuit.to_verilog("a\0")


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_exported_c_gives_the_same_labels(tmp_path, rng):
    circuit = pictures(crop=True)
    (tmp_path / "net.c").write_text(circuit.to_c("net"))
    command = ["cc", "-std=c99", "-O1", "-shared", "-fPIC", tmp_path / "net.c", "-o", tmp_path / "net.so"]
    subprocess.run(command, check=True)
    net = ctypes.CDLL(str(tmp_path / "net.so"))
    images = rng.integers(0, 256, (100, 8, 8)).astype(np.uint8)
    images[:, [0, -1]] = images[:, :, [0, -1]] = 0
    labels = np.empty(100, np.int32)
    assert (
        net.net_classify_bytes(
            images.ctypes.data_as(ctypes.c_void_p),
            labels.ctypes.data_as(ctypes.c_void_p),
            ctypes.c_size_t(100),
        )
        == 0
    )
    assert np.array_equal(labels, circuit.classify(images))


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None
import numpy as np
import pliant
circuit = pliant.circuit.Circuit.load(sys.argv[1])
print(circuit.classify(np.zeros((2, 24), np.uint8)).shape, circuit)
"""


def test_no_torch_is_needed(tmp_path):
    pictures().save(tmp_path / "net.plc")
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, tmp_path / "net.plc"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
    )
    assert done.stdout == f"(2,) {pictures()}\n", done.stderr


def test_a_forked_process_runs_circuits():
    text = """
import os, sys
import numpy as np
from tests.circuit.circuits import pictures
circuit, images = pictures(), np.zeros((3000, 24), np.uint8)
expected = circuit.run(images, threads=2)
child = os.fork()
if child == 0:
    os._exit(0 if np.array_equal(circuit.run(images, threads=2), expected) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'python'}:{ROOT}"}
    done = subprocess.run([sys.executable, "-c", text], check=False, env=environment, timeout=60)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [(None, "", "there is no libpliant.so in"), ("libpliant.so", "no library", "does not load")],
)
def test_a_missing_or_broken_library_is_named(tmp_path, name, content, text):
    if name is not None:
        (tmp_path / name).write_text(content)
    done = subprocess.run(
        [sys.executable, "-c", "import pliant; pliant.circuit"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "python"), "PLIANT_LIBRARY_DIR": str(tmp_path)},
    )
    assert "ImportError" in done.stderr and text in done.stderr and str(tmp_path) in done.stderr
