# tests/cli/test_circuit_commands.py — pliant circuit run, bench and info
import gzip
import json
import os
import struct
import subprocess

import numpy as np
import pytest

from pliant.circuit import Circuit, Encoder, Stage
from tests.circuit.circuits import pictures
from tests.cli.program import PROGRAM, environment, pliant

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not built")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A circuit, and 300 images as every kind of file."""
    folder = tmp_path_factory.mktemp("circuit")
    circuit = pictures()
    circuit.save(folder / "net.plc")
    images = np.random.default_rng(2).integers(0, 256, (300, 4, 6)).astype(np.uint8)
    idx = struct.pack(">HBB3I", 0, 8, 3, *images.shape) + images.tobytes()
    (folder / "images.idx").write_bytes(idx)
    (folder / "images.gz").write_bytes(gzip.compress(idx))
    (folder / "raw.bin").write_bytes(images.tobytes())
    numbers = images.astype(np.float32) / np.float32(255)
    np.save(folder / "bytes.npy", images)
    np.save(folder / "float.npy", numbers)
    np.save(folder / "double.npy", numbers.astype(np.float64).reshape(300, 24))
    lines = [",".join(map(repr, row.tolist())) for row in numbers.reshape(300, 24)]
    (folder / "plain.csv").write_text("\n".join(lines))
    heading = ",".join(f"x{i}" for i in range(24))
    (folder / "heading.csv").write_text(f"{heading}\r\n" + "\r\n\r\n".join(lines) + "\r\n")
    (folder / "blanks.txt").write_text("\n".join(line.replace(",", " ;\t") for line in lines))
    labels = circuit.classify(images)
    (folder / "labels.csv").write_text("label\n" + "\n".join(map(str, labels)) + "\n")
    (folder / "labels.idx").write_bytes(
        struct.pack(">HBBI", 0, 8, 1, 300) + labels.astype(np.uint8).tobytes()
    )
    return folder


@pytest.fixture(scope="module")
def images(folder):
    """The images of the folder."""
    return np.load(folder / "bytes.npy")


def table(text):
    """The lines of whole numbers as an array."""
    return np.array([[int(word) for word in line.split(",")] for line in text.splitlines()])


FILES = ["images.idx", "images.gz", "bytes.npy", "float.npy", "double.npy"]
TEXTS = ["plain.csv", "heading.csv", "blanks.txt"]


@pytest.mark.parametrize("name", FILES + TEXTS)
def test_every_kind_of_file_gives_what_python_gives(folder, images, name):
    circuit = Circuit.load(folder / "net.plc")
    for threads in (0, 1, 2):
        done = pliant("circuit", "run", folder / "net.plc", folder / name, "--threads", threads)
        assert done.returncode == 0, done.stderr
        assert np.array_equal(table(done.stdout)[:, 0], circuit.classify(images))
    done = pliant("circuit", "run", folder / "net.plc", folder / name, "--output", "scores")
    assert np.array_equal(table(done.stdout), circuit.run(images))


def test_raw_bytes_of_a_file_and_the_output_file(folder, images, tmp_path):
    command = ["circuit", "run", folder / "net.plc", folder / "raw.bin", "--format", "bytes"]
    out = tmp_path / "labels.txt"
    done = pliant(*command, "-o", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert np.array_equal(table(out.read_text())[:, 0], Circuit.load(folder / "net.plc").classify(images))
    done = pliant(*command, "-o", tmp_path / "nowhere" / "x")
    assert done.returncode == 2 and "nowhere" in done.stderr


def test_bools_of_a_file_are_the_circuit_s_bits(folder, tmp_path):
    circuit = Circuit.load(folder / "net.plc")
    bits = np.random.default_rng(3).integers(0, 2, (70, 50)).astype(bool)
    np.save(tmp_path / "bits.npy", bits)
    done = pliant("circuit", "run", folder / "net.plc", tmp_path / "bits.npy", "--output", "scores")
    assert np.array_equal(table(done.stdout), circuit.run(bits))


def test_a_stream_is_answered_as_it_comes(folder, images):
    expected = Circuit.load(folder / "net.plc").classify(images)
    command = [PROGRAM, "circuit", "run", folder / "net.plc", "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": environment()}
    with subprocess.Popen(command, **pipes) as process:
        # Each answer is waited for before more is written, also while the next example is half there.
        for index in range(5):
            content = images[index].tobytes()
            process.stdin.write(
                content[10:] + images[index + 1].tobytes()[:10]
                if index
                else content + images[1].tobytes()[:10]
            )
            process.stdin.flush()
            assert int(process.stdout.readline()) == expected[index]
        process.stdin.write(images[5].tobytes()[10:] + images[6:].tobytes())
        process.stdin.close()
        rest = process.stdout.read().decode()
    assert process.returncode == 0
    assert np.array_equal(table(rest)[:, 0], expected[5:])


def test_a_long_stream_needs_bounded_memory(tmp_path):
    """240 MB of examples in an address space of 150 MB."""
    wire = Stage(inputs=1, fan_in=[], tables=[], sources=[], outputs=[0])
    encoder = Encoder(inputs=1, features=10_000, feature=[9_999], threshold=[0.5])
    Circuit.from_arrays([wire], encoder).save(tmp_path / "net.plc")
    command = (
        f"ulimit -v 150000; exec {PROGRAM} circuit run {tmp_path}/net.plc - --threads 1 -o {tmp_path}/out"
    )
    with subprocess.Popen(["sh", "-c", command], stdin=subprocess.PIPE, env=environment()) as process:
        for _ in range(240):
            process.stdin.write((bytes(9_999) + b"\xff") * 100)
    assert process.returncode == 0
    assert (tmp_path / "out").read_text() == "1\n" * 24_000


def test_more_threads_than_the_system_gives_are_an_error(folder):
    command = (
        f"ulimit -v 1000000; exec {PROGRAM} circuit run {folder}/net.plc {folder}/bytes.npy --threads 1024"
    )
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, env=environment(), timeout=60
    )
    assert done.returncode == 2 and "error: Resource temporarily unavailable" in done.stderr, done.stderr


def test_text_from_standard_input(folder, images):
    done = subprocess.run(
        [PROGRAM, "circuit", "run", folder / "net.plc", "-", "--format", "csv"],
        input=(folder / "plain.csv").read_bytes(),
        capture_output=True,
        check=True,
        env=environment(),
    )
    assert np.array_equal(
        table(done.stdout.decode())[:, 0], Circuit.load(folder / "net.plc").classify(images)
    )


@pytest.mark.parametrize("name", ["labels.csv", "labels.idx"])
@pytest.mark.parametrize("output", ["labels", "scores"])
def test_labels_give_the_accuracy(folder, tmp_path, name, output):
    command = ["circuit", "run", folder / "net.plc", folder / "images.idx", "--output", output]
    assert pliant(*command, "--labels", folder / name).stdout == "accuracy 1 (300 of 300)\n"
    labels = (folder / "labels.csv").read_text().split()[1:]
    wrong = [str((int(label) + 1) % 5) if i < 30 else label for i, label in enumerate(labels)]
    (tmp_path / "wrong.csv").write_text("\n".join(wrong))
    done = pliant(*command, "--labels", tmp_path / "wrong.csv", "--json", "-o", tmp_path / "out.txt")
    figures = json.loads(done.stdout)
    assert figures["examples"] == 300 and figures["right"] == 270
    assert figures["accuracy"] == pytest.approx(0.9)
    expected = np.zeros((5, 5), int)
    np.add.at(expected, (list(map(int, wrong)), list(map(int, labels))), 1)
    assert figures["confusion"] == expected.tolist()
    assert len((tmp_path / "out.txt").read_text().splitlines()) == 300


def bad_files(folder, tmp_path):
    """Files that are refused, what else is on the command line, and what is said."""
    np.save(tmp_path / "wide.npy", np.zeros((2, 25), np.uint8))
    np.save(tmp_path / "int.npy", np.zeros((2, 24), np.int32))
    np.save(tmp_path / "fortran.npy", np.asfortranarray(np.zeros((3, 24), np.uint8)))
    np.save(tmp_path / "bits.npy", np.zeros((2, 24), bool))
    whole = (folder / "float.npy").read_bytes()
    (tmp_path / "short.npy").write_bytes(whole[:-1])
    (tmp_path / "cut.npy").write_bytes(whole[: -24 * 4])
    (tmp_path / "long.npy").write_bytes(whole + b"x")
    (tmp_path / "short.bin").write_bytes(bytes(30))
    (tmp_path / "what.dat").write_bytes(b"something")
    (tmp_path / "word.csv").write_text("0," * 23 + "0\n" + "0," * 23 + "zero\n")
    (tmp_path / "few.csv").write_text("0,1\n")
    (tmp_path / "comma.csv").write_text("0," * 24 + "\n")
    (tmp_path / "cut.idx").write_bytes((folder / "images.idx").read_bytes()[:-1])
    (tmp_path / "shape.idx").write_bytes(struct.pack(">HBB2I", 0, 8, 2, 1, 25) + bytes(25))
    return [
        ("wide.npy", [], "the circuit needs (N, 24) values, or shapes of as many, got (2, 25)"),
        ("int.npy", [], "uint8, bool, float32 and float64 are read, got 'i4'"),
        ("fortran.npy", [], "columns first"),
        ("bits.npy", [], "the circuit needs (N, 50) values"),
        ("short.npy", [], "ends in example 299, which has 95 bytes and needs 96"),
        ("cut.npy", [], "truncated after example 299"),
        ("long.npy", [], "bytes follow the last example"),
        ("short.bin", ["--format", "bytes"], "ends in example 1, which has 6 bytes and needs 24"),
        ("what.dat", [], "name its --format"),
        ("word.csv", [], "line 2 holds what is no number"),
        ("few.csv", [], "line 1: the circuit needs 24 numbers, got 2"),
        ("comma.csv", [], "line 1 holds what is no number"),
        ("cut.idx", [], "truncated: the sizes give 7200 values"),
        ("shape.idx", [], "the circuit needs (N, 24) values, or shapes of as many, got (1, 25)"),
        ("none.npy", [], "No such file"),
    ]


def test_wrong_input_is_refused_with_what_was_expected(folder, tmp_path):
    for name, options, text in bad_files(folder, tmp_path):
        done = pliant("circuit", "run", folder / "net.plc", tmp_path / name, *options)
        assert done.returncode == 2, (name, done.stderr)
        assert text in done.stderr and name in done.stderr, (name, done.stderr)


def test_wrong_options_and_labels_are_refused(folder, tmp_path):
    (tmp_path / "few.csv").write_text("1\n2\n")
    (tmp_path / "many.csv").write_text("1\n" * 301)
    (tmp_path / "large.csv").write_text("5\n")
    (tmp_path / "word.csv").write_text("1\nfour\n")
    run = ["circuit", "run", folder / "net.plc", folder / "images.idx"]
    for options, text in [
        (["--labels", tmp_path / "few.csv"], "there are 2 labels, and more examples"),
        (["--labels", tmp_path / "many.csv"], "there are 301 labels, and 300 examples"),
        (["--labels", tmp_path / "large.csv"], "label 0 must be in 0 … 4, got 5"),
        (["--labels", tmp_path / "word.csv"], "line 2: a label, a whole number, is expected"),
        (["--labels", folder / "images.idx"], "labels need one dimension, got 3"),
        (["--json"], "--json requires --labels"),
        (["--threads", "1025"], "1025"),
        (["--output", "bits"], "bits"),
        (["--format", "png"], "png"),
    ]:
        done = pliant(*run, *options)
        assert done.returncode == 2 and text in done.stderr, (options, done.stderr)
    assert pliant("circuit", "run", tmp_path / "few.csv", folder / "images.idx").returncode == 2
    assert pliant("circuit", "run", tmp_path / "none.plc", "-").returncode == 2


def test_a_circuit_of_bits_without_classes(tmp_path):
    stage = Stage(inputs=3, fan_in=[2], tables=[6], sources=[0, 2], outputs=[6, 7])
    Circuit.from_arrays([stage], Encoder(inputs=3)).save(tmp_path / "xor.plc")
    (tmp_path / "x.csv").write_text("1,0,0\n1,0,1\n")
    run = ["circuit", "run", tmp_path / "xor.plc", tmp_path / "x.csv"]
    assert pliant(*run).stdout == "1,0\n0,1\n"
    assert "the circuit has no classes" in pliant(*run, "--output", "labels").stderr
    (tmp_path / "x.csv").write_text("1,0,0\n1,2,1\n")
    done = pliant(*run)
    assert done.returncode == 2 and "takes bits, 0 or 1, and line 2 or before it has 2" in done.stderr
    np.save(tmp_path / "x.npy", np.array([[0, 1, 1], [1, 0, 7]], np.uint8))
    done = pliant(*run[:3], tmp_path / "x.npy")
    assert done.returncode == 2 and "takes bits, 0 or 1, and example 1 has 7" in done.stderr
    info = json.loads(pliant("circuit", "info", tmp_path / "xor.plc", "--json").stdout)
    assert info["encoder"] is None and info["classes"] is None
    assert info["nodes"] == 1 and info["inverted_outputs"] == 1 and info["live_inputs"] == 2
    assert "2 bits" in pliant("circuit", "info", tmp_path / "xor.plc").stdout
    assert (
        json.loads(
            pliant("circuit", "bench", tmp_path / "xor.plc", "--seconds", 0, "--batch", 65, "--json").stdout
        )["batch"]
        == 65
    )


def test_a_circuit_without_outputs_says_nothing_of_its_examples(tmp_path):
    Circuit.from_arrays([Stage(2, [], [], [], [])], Encoder(inputs=2)).save(tmp_path / "none.plc")
    (tmp_path / "x.csv").write_text("1,0\n0,1\n")
    done = pliant("circuit", "run", tmp_path / "none.plc", tmp_path / "x.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_path_that_is_no_utf8_is_printed_as_json(folder, tmp_path):
    path = tmp_path / os.fsdecode(b"odd\xff.plc")
    path.write_bytes((folder / "net.plc").read_bytes())
    done = pliant("circuit", "info", path, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["file"].endswith("odd\N{REPLACEMENT CHARACTER}.plc")


def test_a_picture_that_cannot_be_cropped_is_named(tmp_path):
    pictures(crop=True).save(tmp_path / "net.plc")
    images = np.zeros((3, 8, 8), np.uint8)
    images[1] = 1
    np.save(tmp_path / "x.npy", images)
    done = pliant("circuit", "run", tmp_path / "net.plc", tmp_path / "x.npy")
    assert done.returncode == 2
    assert "counted from example 0: example 1: the picture has fewer black rows" in done.stderr
    assert pliant("circuit", "bench", tmp_path / "net.plc", "--seconds", 0).returncode == 0


def test_info_says_what_the_circuit_is(folder):
    info = json.loads(pliant("circuit", "info", folder / "net.plc", "--json").stdout)
    circuit = Circuit.load(folder / "net.plc")
    mine = circuit.info()
    for name in ("inputs", "nodes", "depth", "scores", "output_bits", "live_inputs"):
        assert info[name] == mine[name], name
    assert info["nodes_by_inputs"] == mine["fan_in"]
    assert info["bytes"] == len(circuit.bytes())
    assert info["encoder"]["shape"] == [1, 4, 6] and info["encoder"]["thresholds"] == 3
    assert info["classes"]["names"] == circuit.class_names
    assert info["classes"]["bits"] == [8] * 5 and info["classes"]["biases"] == [0, 1, -1, 2, 0]
    assert len(info["stages"]) == 1
    text = pliant("circuit", "info", folder / "net.plc").stdout
    assert f"nodes         {circuit.nodes} (" in text and "zero, one, two, three, four" in text


@pytest.mark.parametrize("name", [None, "images.gz", "float.npy"])
def test_bench_gives_every_figure(folder, name):
    options = ["--seconds", 0.01, "--threads", 2, "--batch", 500]
    given = [] if name is None else [folder / name]
    figures = json.loads(pliant("circuit", "bench", folder / "net.plc", *given, *options, "--json").stdout)
    rates = figures["examples_per_second"]
    assert set(rates) == {"raw_1", "raw_threads", "packed_1", "packed_threads"}
    assert all(rate > 0 for rate in rates.values())
    assert 0 < figures["one_example"]["median_us"] <= figures["one_example"]["p99_us"]
    assert (figures["threads"], figures["batch"]) == (2, 500)
    text = pliant("circuit", "bench", folder / "net.plc", *given, *options).stdout
    assert text.count("examples a second") == 4 and "one example: " in text


def test_subcommands_are_listed_and_others_refused():
    text = pliant("circuit", "--help").stdout
    assert all(name in text for name in ("run", "bench", "info"))
    assert "circuit" in pliant("--help").stdout
    done = pliant("circuit", "fly")
    assert done.returncode == 2 and "unknown subcommand 'circuit fly'; there are:" in done.stderr
    assert pliant("circuit").returncode == 2
