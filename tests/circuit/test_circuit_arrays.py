# tests/circuit/test_circuit_arrays.py — a circuit taken apart into arrays, and put together again
import numpy as np
import pytest

from pliant.circuit import ZERO, Circuit, Encoder, Stage, Sums
from tests.circuit.circuits import pictures, random_stage


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def same(array, expected):
    return np.array_equal(np.asarray(array), np.asarray(expected))


def test_arrays_of_stages_come_back_as_they_were_given(rng):
    stages = [
        random_stage(rng, 9, 20, 7),
        random_stage(rng, 3, 6, 3, placements=4, before=7),
        random_stage(rng, 12, 30, 12, placements=1, before=12),
    ]
    stages[1].wires[2, 1] = ZERO
    sums = Sums(3, begins=[0, 2, 2, 12], biases=[-5, 0, 2**31 - 11], names=["a", "", "é"], tau=2.5)
    circuit = Circuit.from_arrays(stages, Encoder(inputs=9, names=[f"bit {i}" for i in range(9)]), sums)
    found, encoder, found_sums = circuit.to_arrays()
    for stage, expected in zip(found, stages, strict=True):
        assert (stage.inputs, stage.placements) == (expected.inputs, expected.placements)
        for name in ("fan_in", "tables", "sources", "outputs"):
            assert same(getattr(stage, name), getattr(expected, name)), name
    assert same(found[0].wires, [range(9)]) and same(found[1].wires, stages[1].wires)
    assert found[1].wires[2, 1] == ZERO and found[1].wires.shape == (4, 3)
    assert encoder.names == [f"bit {i}" for i in range(9)] and encoder.features == 0
    assert same(found_sums.begins, sums.begins) and same(found_sums.biases, sums.biases)
    assert found_sums.names == ["a", "", "é"] and found_sums.tau == 2.5
    assert Circuit.from_arrays(found, encoder, found_sums).bytes() == circuit.bytes()


@pytest.mark.parametrize("crop", [False, True])
def test_circuits_of_pictures_are_made_again(crop):
    circuit = pictures(crop=crop)
    stages, encoder, sums = circuit.to_arrays()
    assert encoder.shape == ((1, 6, 6) if crop else (1, 4, 6))
    assert encoder.crop == ((8, 8, 6) if crop else None)
    assert encoder.names is None and sums.names == ["zero", "one", "two", "three", "four"]
    assert set(encoder.threshold) == {0.25, 0.5, 0.75} and encoder.feature.shape == (50,)
    assert Circuit.from_arrays(stages, encoder, sums).bytes() == circuit.bytes()
    simple = circuit.simplify()
    assert Circuit.from_arrays(*simple.to_arrays()).bytes() == simple.bytes()


def test_circuits_of_nearly_nothing_are_made_again():
    for stage, inputs in ((Stage(0, [0], [1], [], [0, 1]), 0), (Stage(2, [], [], [], [2, 1]), 2)):
        circuit = Circuit.from_arrays([stage], Encoder(inputs=inputs))
        stages, encoder, sums = circuit.to_arrays()
        assert sums is None and encoder.names is None and encoder.byte_maximum == 255
        assert same(stages[0].outputs, stage.outputs)
        assert Circuit.from_arrays(stages, encoder, sums).bytes() == circuit.bytes()


def test_arrays_are_copies(rng):
    circuit = Circuit.from_arrays([random_stage(rng, 5, 10, 4)], Encoder(inputs=5))
    before = circuit.bytes()
    stages, _, _ = circuit.to_arrays()
    stages[0].tables[:] = 0
    stages[0].sources[:] = 0
    assert circuit.bytes() == before


def test_a_byte_maximum_and_names_of_features_come_back():
    encoder = Encoder(3, 2, [0, 1, 1], [0.5, 3.25, -1e300], 16, ["age", "hours"])
    circuit = Circuit.from_arrays([Stage(3, [2], [8], [0, 2], [6])], encoder)
    _, found, _ = circuit.to_arrays()
    assert found.names == ["age", "hours"] and found.byte_maximum == 16
    assert same(found.threshold, encoder.threshold) and same(found.feature, encoder.feature)
