# tests/circuit/test_microcontroller.py — C without a library: the host's compiler, ARM's, and boards of qemu
import shutil
import subprocess

import numpy as np
import pytest

from experiments.circuit import boards
from pliant.circuit import Circuit, Encoder, Stage, Sums
from tests.circuit import circuits
from tests.circuit.trained import digits_examples, digits_labels, monk_examples, trained_circuit

MAIN = """
#include <stdio.h>
#define circuit_DECLARATIONS
#include "circuit.c"
static circuit_space space;
int main(void) {
  static unsigned char x[32 * circuit_WIDTH + 1];
  static int32_t to[32 * circuit_SCORES + 1];
  size_t n;
  while ((n = fread(x, circuit_WIDTH, 32, stdin)) > 0) {
    int code = circuit_scores(x, (int)n, to, &space);
    if (code) return code + 10;
    fwrite(to, 4 * circuit_SCORES, n, stdout);
#if circuit_CLASSES > 0
    code = circuit_classify(x, (int)n, to, &space);
    if (code) return code + 10;
    fwrite(to, 4, n, stdout);
#endif
  }
  if (sizeof space != circuit_RAM) return 20;
  return circuit_scores(x, 0, to, &space) == 1 && circuit_scores(x, 33, to, &space) == 1 ? 0 : 21;
}
"""
FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-O1")

needs_arm = pytest.mark.skipif(bool(boards.missing_programs()), reason=f"needs {boards.missing_programs()}")


def run_here(circuit, examples, folder, sanitize=True):
    """Exit code and results, (N, scores) and (N) labels, of the code compiled for this machine."""
    (folder / "circuit.c").write_text(circuit.to_c(language="c-embedded"))
    (folder / "main.c").write_text(MAIN)
    compiler = shutil.which("gcc") or "cc"
    flags = [*FLAGS, *(["-fsanitize=address,undefined", "-fno-sanitize-recover"] if sanitize else [])]
    subprocess.run([compiler, *flags, "main.c", "circuit.c", "-o", "run"], cwd=folder, check=True)
    done = subprocess.run([folder / "run"], input=examples.astype(np.uint8).tobytes(), capture_output=True)
    numbers = np.frombuffer(done.stdout, np.int32)
    scores, labels = [], []
    for begin in range(0, len(examples) if done.returncode == 0 else 0, 32):
        n = min(32, len(examples) - begin)
        width = circuit.info()["scores"]
        scores.append(numbers[: n * width].reshape(n, width))
        labels.append(numbers[n * width :][: n if circuit.classes else 0])
        numbers = numbers[n * (width + (circuit.classes > 0)) :]
    return done.returncode, np.concatenate(scores or [[]]), np.concatenate(labels or [[]])


def check_here(circuit, examples, folder):
    code, scores, labels = run_here(circuit, examples, folder)
    assert code == 0
    np.testing.assert_array_equal(scores, circuit.run(examples))
    if circuit.classes:
        np.testing.assert_array_equal(labels, circuit.classify(examples))


def test_bytes_of_random_circuits(tmp_path):
    rng = np.random.default_rng(0)
    check_here(circuits.pictures(), rng.integers(0, 256, (70, 24), dtype=np.uint8), tmp_path)


def test_stages_with_padding_and_no_classes(tmp_path):
    rng = np.random.default_rng(3)
    first = circuits.random_stage(rng, 4, 12, 3, placements=5, before=9)
    circuit = Circuit.from_arrays([first, circuits.random_stage(rng, 15, 30, 7)], Encoder(inputs=9))
    check_here(circuit, rng.integers(0, 2, (70, 9), dtype=np.uint8), tmp_path)


def test_classes_of_no_and_many_bits_and_negative_biases(tmp_path):
    rng = np.random.default_rng(4)
    stage = circuits.random_stage(rng, 10, 60, 33)
    sums = Sums(classes=5, begins=[0, 0, 1, 3, 10, 33], biases=[3, -2, 0, 1, -(2**30)])
    circuit = Circuit.from_arrays([stage], Encoder(inputs=10), sums)
    check_here(circuit, rng.integers(0, 2, (70, 10), dtype=np.uint8), tmp_path)


def test_bytes_that_always_or_never_set_a_bit(tmp_path):
    encoder = Encoder(inputs=3, features=2, feature=[0, 1, 1], threshold=[-1, 2, 0.5])
    wires = Stage(inputs=3, fan_in=[], tables=[], sources=[], outputs=[0, 3, 4])
    examples = np.array([[0, 127], [255, 128], [7, 255]], np.uint8)
    check_here(Circuit.from_arrays([wires], encoder), examples, tmp_path)


def test_pictures_are_cropped_or_refused(tmp_path):
    circuit = circuits.pictures(crop=True)
    rng = np.random.default_rng(5)
    pictures = np.zeros((40, 8, 8), np.uint8)
    for picture in pictures:
        y, x = rng.integers(0, 3, 2)
        picture[y : y + 6, x : x + 6] = rng.integers(0, 256, (6, 6))
    check_here(circuit, pictures.reshape(40, 64), tmp_path)
    pictures[33] = 255
    assert run_here(circuit, pictures.reshape(40, 64), tmp_path)[0] == 12


def test_digits_and_monk(tmp_path):
    check_here(trained_circuit("digits"), digits_examples(), tmp_path)
    bits, labels = monk_examples()
    check_here(trained_circuit("monk1"), bits.astype(np.uint8), tmp_path)
    assert (trained_circuit("monk1").classify(bits) == labels).all()


@needs_arm
@pytest.mark.parametrize("name", boards.BOARDS)
def test_digits_on_a_board(name, tmp_path):
    """Labels of the board are those of the executor, and it takes what the code says."""
    circuit, examples = trained_circuit("digits"), digits_examples()
    run = boards.run(circuit, examples, boards.BOARDS[name], tmp_path)
    np.testing.assert_array_equal(run.labels, circuit.classify(examples))
    assert abs(run.loop - 20_000) <= 5  # the timer counts instructions
    assert run.one < run.batch < 32 * run.one
    assert run.stated["TABLES"] <= run.tables <= run.stated["TABLES"] + 8  # it may be aligned
    assert run.stated["CODE"] / 3 < run.flash - run.tables <= run.stated["CODE"]
    assert run.stack <= run.stated["STACK"]
    assert (run.labels == digits_labels()).mean() > 0.89


@needs_arm
@pytest.mark.parametrize("level", ["-O1", "-Os", "-O3"])
def test_the_code_calls_nothing(level, tmp_path):
    """No memcpy, no memset, no library of the compiler; a crop and stages too."""
    rng = np.random.default_rng(6)
    first = circuits.random_stage(rng, 4, 40, 3, placements=5, before=9)
    staged = Circuit.from_arrays(
        [first, circuits.random_stage(rng, 15, 60, 40)], Encoder(inputs=9), Sums(classes=4)
    )
    for circuit in (circuits.pictures(crop=True), staged, trained_circuit("monk1")):
        (tmp_path / "circuit.c").write_text(circuit.to_c(language="c-embedded"))
        for board in boards.BOARDS.values():
            command = ["arm-none-eabi-gcc", f"-mcpu={board.processor}", *boards.FLAGS, level]
            subprocess.run([*command, "-fstack-usage", "-c", "circuit.c"], cwd=tmp_path, check=True)
            names = ["arm-none-eabi-nm", "--undefined-only", "circuit.o"]
            undefined = subprocess.run(names, cwd=tmp_path, capture_output=True, text=True, check=True)
            assert undefined.stdout.strip() == ""
            sizes = boards.sizes_of(tmp_path / "circuit.o")
            assert sizes[".data"] == sizes[".bss"] == 0


def test_what_is_refused():
    circuit = circuits.pictures()
    with pytest.raises(ValueError, match="embedded_code: name must be an identifier"):
        circuit.to_c("2x", language="c-embedded")
    with pytest.raises(ValueError, match="lanes: of c-embedded 32, got 64"):
        circuit.to_c(language="c-embedded", lanes=64)
    wide = Sums(classes=2, biases=[-(2**31) + 1, 2**31 - 2])
    one = Stage(1, [], [], [], [0, 0])
    with pytest.raises(ValueError, match="scores need 32 bits above the least bias, at most 31"):
        Circuit.from_arrays([one], Encoder(inputs=1), wide).to_c(language="c-embedded")
