# tests/report/test_circuit_report.py — the circuit in the report: what is drawn, and where there is none
import base64
import json
import re

import numpy as np
import pytest
import run_folder
from pliant._network import Network
from pliant.report import circuit as chapter
from pliant.report.__main__ import main
from pliant.report.circuit import circuit_chapters
from pliant.report.flat_cell import FlatCell
from pliant.report.gates import Sink, draw_gates, symbol_of
from pliant.report.run import read_run

from pliant.circuit import Circuit, Encoder, Stage, Sums
from tests.circuit.circuits import random_stage, stage_bits

AND, XOR = 1, 6  # as gates of the papers


def described(shape, tables, wiring, classes, names=None):
    """The checkpoint of a network of one layer of gates of two inputs."""
    network = Network(shape, names)
    if len(shape) == 3:
        network.add("round", threshold=0.5)
    network.add("logic", tables=np.array(tables, np.uint8), wiring=np.array(wiring, np.int32))
    network.add("group_sum", k=classes)
    return network.file()


@pytest.fixture
def picture_run(tmp_path):
    """A run on pictures of 2 × 3: class "left" looks at pixels 0 and 3, twice at 3; "right" at 2 and 5."""
    folder = run_folder.write_logic_run(tmp_path / "run")
    wiring = [[0, 3, 2, 2], [3, 4, 5, 1]]
    network = described((1, 2, 3), [AND, XOR, AND, XOR], wiring, 2, ["left", "right"])
    (folder / "best.safetensors").write_bytes(network)
    return folder


def content(folder, means=None):
    """The HTML of the chapter."""
    ((title, html),) = circuit_chapters(read_run(folder), means)
    assert title == "The circuit it becomes"
    return html


def cell_of(stages, inputs, sums=None):
    return FlatCell(Circuit.from_arrays(stages, Encoder(inputs=inputs), sums))


def test_report_of_a_run_has_the_circuit(picture_run):
    assert main([str(picture_run)]) == 0
    page = (picture_run / "report.html").read_text()
    assert "The circuit it becomes" in page and "The whole simplified circuit: 4 gates" in page
    assert '<th scope="row">as trained</th><td>4</td><td>1</td><td>4</td><td>6</td>' in page
    assert '<th scope="row">mapped to three inputs</th><td>4</td>' in page
    assert re.search(r"one thread labels about [\d.,]+ (million )?examples a second", page)


def test_pixels_are_as_dark_as_bits_depend_on_them(picture_run):
    html = content(picture_run)
    assert "to black, 2." in html and re.findall("<b>(.*?)</b>", html) == ["left", "right"]
    cell = FlatCell(Circuit.from_model(picture_run / "best.safetensors").simplify(lut=0))
    assert cell.reading_bits(cell.feature, 6).tolist() == [[1, 0, 0, 2, 1, 0], [0, 1, 2, 0, 0, 1]]
    sources = re.findall(r'alt="what class \w+ looks at" src="data:image/png;base64,(.*?)"', html)
    assert len(sources) == 2 and all(base64.b64decode(s).startswith(b"\x89PNG") for s in sources)


def test_means_stand_beside_what_classes_look_at_if_they_fit(picture_run):
    means = np.arange(12, dtype=np.uint8).reshape(2, 1, 2, 3)
    html = content(picture_run, means)
    assert html.count("mean picture of class") == 2 and "the mean of validation images" in html
    for other in (means[:1], means.reshape(2, 1, 3, 2)):
        assert "mean picture of class" not in content(picture_run, other)


def test_channels_of_a_pixel_are_one_pixel(tmp_path):
    folder = run_folder.write_logic_run(tmp_path / "run")
    # One bit reads channels 0 and 1 of pixel 0, the other pixel 3 and pixel 0.
    network = described((2, 2, 2), [AND, AND], [[0, 3], [4, 4]], 1)
    (folder / "best.safetensors").write_bytes(network)
    assert "to black, 2." in content(folder)


def test_networks_of_bits_are_drawn_without_pixels(tmp_path):
    folder = run_folder.write_logic_run(tmp_path / "run")
    (folder / "best.safetensors").write_bytes(described((4,), [AND, XOR], [[0, 1], [2, 3]], 2))
    html = content(folder)
    assert "2 gates" in html and "What each class looks at" not in html


def test_a_large_network_shows_the_gates_behind_one_bit(tmp_path):
    rng = np.random.default_rng(0)
    folder = run_folder.write_logic_run(tmp_path / "run")
    network = Network((60,))
    wiring = rng.integers(0, 60, (2, 4 * 400)).astype(np.int32)
    network.add(
        "logic", tables=rng.integers(0, 16, 4 * 400).astype(np.uint8), wiring=wiring, widths=[400] * 4
    )
    network.add("group_sum", k=10)
    (folder / "best.safetensors").write_bytes(network.file())
    html = content(folder)
    assert re.search(
        r"One of the \d+ bits that are counted, with all gates and inputs behind it: \d+ gates", html
    )


def test_a_run_without_a_checkpoint_has_no_such_chapter(tmp_path):
    folder = run_folder.write_logic_run(tmp_path / "run")
    assert circuit_chapters(read_run(folder)) == []
    assert main([str(folder)]) == 0


def test_an_old_checkpoint_is_a_sentence(tmp_path):
    folder = run_folder.write_logic_run(tmp_path / "run")
    run_folder.write_safetensors(
        folder / "best.safetensors", {"model/x": np.zeros(3, np.float32)}, {"step": "40"}
    )
    html = content(folder)
    assert "does not describe its network" in html and html.count("<p>") == 1 and "<figure>" not in html


def test_a_description_that_does_not_fit_is_said(tmp_path):
    folder = run_folder.write_logic_run(tmp_path / "run")
    text = json.dumps({"input": {"shape": [2]}, "layers": [{"layer": "dance"}]})
    run_folder.write_safetensors(
        folder / "best.safetensors", {"x": np.zeros(1, np.float32)}, {"network": text}
    )
    html = content(folder)
    assert "The circuit is not shown: " in html and "dance" in html
    assert main([str(folder)]) == 0


def test_a_damaged_checkpoint_is_named(picture_run, capsys):
    path = picture_run / "best.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    assert main([str(picture_run)]) == 2
    assert f"{path}: damaged" in capsys.readouterr().err


def test_a_network_too_large_to_simplify_is_a_sentence(picture_run, monkeypatch):
    monkeypatch.setattr(chapter, "MOST_SIMPLIFIED", 3)
    assert "a circuit of 4 nodes, too many to be simplified here" in content(picture_run)


def test_what_would_take_long_is_not_measured(picture_run, monkeypatch):
    monkeypatch.setattr(chapter, "PATIENCE", 0)
    html = content(picture_run)
    assert "examples a second" not in html and "mapped to three inputs" in html


def test_of_a_bit_behind_many_gates_the_last_are_drawn(picture_run, monkeypatch):
    monkeypatch.setattr(chapter, "MOST_DRAWN", 2)
    monkeypatch.setattr(chapter, "MOST_BEHIND", 2)
    assert "with the last gates before it: 0 gates" in content(picture_run)
    monkeypatch.setattr(chapter, "MOST_BEHIND", 3)
    assert "with all gates and inputs behind it: 1 gate." in content(picture_run)


def test_the_end_of_a_cone_is_its_last_levels():
    # 3, 4, 5 of inputs, 6 of 3 and 4, 7 of 5 and 6.
    cell = cell_of([Stage(3, [2] * 5, [8] * 5, [0, 1, 1, 2, 0, 2, 3, 4, 5, 6], [14])], 3)
    assert cell.end_of_cone(7, 8) == ([0, 1, 2, 3, 4, 5, 6, 7], [])
    assert cell.end_of_cone(7, 2) == ([7], [7])
    assert cell.end_of_cone(7, 3) == ([5, 6, 7], [5, 6])
    assert cell.end_of_cone(7, 5) == ([3, 4, 5, 6, 7], [3, 4, 5])
    assert cell.end_of_cone(7, 7) == ([0, 1, 3, 4, 5, 6, 7], [4, 5])
    signals, cut = cell.end_of_cone(7, 7)
    names = {0: "a", 1: "b"} | dict.fromkeys(cut, "…")
    assert b"<svg" in draw_gates(cell, signals, names, [Sink("bit 0", [14])])


@pytest.mark.parametrize(("crop", "width"), [((8, 8, 6), 64), (None, 36)], ids=["trimmed", "whole"])
def test_noise_can_be_run(crop, width):
    encoder = Encoder(2, 36, [0, 35], [0.5, 0.5], shape=(1, 6, 6), crop=crop)
    stage = Stage(inputs=2, fan_in=[2], tables=[8], sources=[0, 1], outputs=[4, 2])
    circuit = Circuit.from_arrays([stage], encoder, Sums(2))
    assert chapter._noise(circuit.info()).shape == (chapter.EXAMPLES, width)
    assert chapter.images_a_second(circuit) > 0


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.4, "0"),
        (7, "7"),
        (123, "120"),
        (45_678, "46,000"),
        (999_600, "1 million"),
        (6.87e6, "6.9 million"),
        (12e6, "12 million"),
        (99.7e6, "100 million"),
        (214e6, "210 million"),
    ],
)
def test_rates_have_two_digits(value, text):
    assert chapter._two_digits(value) == text


@pytest.mark.parametrize("fan_in", range(1, 5))
def test_symbols_mean_their_tables(fan_in):
    rng = np.random.default_rng(fan_in)
    meaning = {"∧": all, "=": all, "∨": any, "⊕": lambda bits: sum(bits) % 2 == 1}
    some = range(1 << (1 << fan_in)) if fan_in < 4 else rng.integers(0, 1 << 16, 500).tolist()
    named = 0
    for table in some:
        symbol, inverted = symbol_of(table, fan_in)
        if symbol not in meaning:
            assert int(symbol, 16) == table and not any(inverted)
            continue
        named += 1
        for address in range(1 << fan_in):
            bits = [bool(address >> i & 1) != inverted[i] for i in range(fan_in)]
            assert meaning[symbol](bits) == bool(table >> address & 1)
    assert fan_in == 4 or named == 2 + (1 << fan_in) * (2 if fan_in > 1 else 0)
    assert symbol_of(1, 0) == ("1", []) and symbol_of(0, 0) == ("0", [])


def test_features_behind_a_signal_are_those_that_can_change_it():
    rng = np.random.default_rng(7)
    stage = random_stage(rng, 9, 25, 12)
    circuit = Circuit.from_arrays([stage], Encoder(inputs=9), Sums(3)).simplify(lut=0)
    cell = FlatCell(circuit)
    (simple,), _, _ = circuit.to_arrays()
    behind = np.unpackbits(cell.places_behind(np.arange(9), 9), axis=1, count=9)
    examples = rng.integers(0, 2, (200, 9)).tolist()
    for o, literal in enumerate(simple.outputs.tolist()):
        for place in range(9):
            flipped = [[bit ^ (i == place) for i, bit in enumerate(row)] for row in examples]
            changes = any(
                stage_bits(simple, a)[o] != stage_bits(simple, b)[o]
                for a, b in zip(examples[:40], flipped[:40], strict=True)
            )
            assert behind[literal >> 1, place] or not changes
    cones = [cell.cone([literal >> 1], 100) for literal in simple.outputs.tolist()]
    for cone, literal in zip(cones, simple.outputs.tolist(), strict=True):
        inputs = [signal for signal in cone if signal < 9]
        assert np.flatnonzero(behind[literal >> 1]).tolist() == inputs
        assert cell.cone([literal >> 1], len(cone) - 1) is None


def test_levels_are_longest_ways():
    stage = Stage(3, [2, 0, 2, 3], [8, 1, 6, 0xE8], [0, 1, 3, 2, 5, 4, 0], [12, 11, 2])
    cell = cell_of([stage], 3)
    assert cell.levels().tolist() == [0, 0, 0, 1, 0, 2, 3, -1]
    assert cell.cone([6], 7) == [0, 1, 2, 3, 4, 5, 6]


def test_drawings_are_the_same_again_and_hold_what_is_odd():
    stage = Stage(2, [0, 2, 3, 1], [1, 6, 0xE8, 1], [0, 1, 0, 1, 3, 0], [8, 8, 7, 0, 11])
    cell = cell_of([stage], 2, Sums(5))
    signals = cell.cone((cell.outputs >> 1).tolist(), 10)
    sinks = [Sink("twice <&>", [8, 8, 7]), Sink("an input", [0]), Sink("inverted", [11]), Sink("none", [])]
    drawings = [draw_gates(cell, signals, {0: "a", 1: "b"}, sinks) for _ in range(2)]
    assert drawings[0] == drawings[1] and drawings[0].startswith(b"<?xml")


def test_one_wire_is_drawn():
    cell = cell_of([Stage(1, [], [], [], [0])], 1)
    assert b"<svg" in draw_gates(cell, [0], {0: "a"}, [Sink("bit 0", [0])])
