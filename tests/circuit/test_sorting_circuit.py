# tests/circuit/test_sorting_circuit.py — sorting networks as circuits, and packed results, from Python
import numpy as np
import pytest

from pliant.circuit import Circuit, Encoder, Stage, Sums, sorting_circuit


def as_bits(numbers, bits):
    """(sets, n) whole numbers as input bits (sets, n·bits)."""
    each = (numbers[..., None].astype(np.int64) >> np.arange(bits)) & 1
    return each.reshape(len(numbers), -1).astype(np.uint8)


def as_numbers(rows, bits):
    return (rows.reshape(len(rows), -1, bits).astype(np.int64) << np.arange(bits)).sum(-1)


@pytest.mark.parametrize("network", ["batcher", "bitonic", "odd_even", "splitter_selection"])
def test_it_sorts(network):
    numbers = np.random.default_rng(0).integers(0, 32, (200, 7))
    found = sorting_circuit(7, bits=5, network=network).simplify().run(as_bits(numbers, 5))
    assert (as_numbers(found, 5) == np.sort(numbers)).all()


def test_the_largest_with_their_places():
    numbers = np.random.default_rng(1).integers(0, 8, (100, 6))
    found = sorting_circuit(6, bits=3, largest=2, places=True).run(as_bits(numbers, 3))
    order = np.argsort(numbers, axis=1, kind="stable")[:, -2:]
    assert (as_numbers(found[:, :6], 3) == np.take_along_axis(numbers, order, 1)).all()
    assert (as_numbers(found[:, 6:], 3) == order).all()


def test_signed_numbers():
    numbers = np.random.default_rng(2).integers(-8, 8, (100, 5))
    found = as_numbers(sorting_circuit(5, bits=4, signed=True).run(as_bits(numbers, 4)), 4)
    assert (np.where(found >= 8, found - 16, found) == np.sort(numbers)).all()


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 700])
@pytest.mark.parametrize("threads", [1, 2])
def test_packed_results_are_those_of_run(count, threads):
    circuit = sorting_circuit(4, bits=3)
    bits = np.random.default_rng(3).integers(0, 2, (count, 12)).astype(np.uint8)
    rows = circuit.run_packed(bits, threads=threads)
    assert rows.shape == (12, (count + 63) // 64) and rows.dtype == np.uint64
    found = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")
    assert (found[:, :count].T == circuit.run(bits)).all()
    assert (found[:, count:] == 0).all()
    packed = np.zeros((12, (count + 63) // 64), np.uint64)
    for example in range(count):
        packed[:, example // 64] |= bits[example].astype(np.uint64) << np.uint64(example % 64)
    assert (circuit.run_packed(packed, packed=True, count=count, threads=threads) == rows).all()


def test_a_circuit_with_classes_has_no_packed_results():
    one = Stage(inputs=1, fan_in=[], tables=[], sources=[], outputs=[0])
    circuit = Circuit.from_arrays([one], Encoder(inputs=1), Sums(classes=1))
    with pytest.raises(ValueError, match="classes"):
        circuit.run_packed(np.zeros((1, 1), np.uint8))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"size": 0}, r"size: must be 1 … 2\^20, got 0"),
        ({"size": 4, "bits": 65}, "bits: must be 1 … 64, got 65"),
        ({"size": 4, "bits": 0}, "bits"),
        ({"size": 4, "largest": 5}, "largest: must be at most the 4 numbers, got 5"),
        ({"size": 4, "largest": 0}, "largest: must be 1 … size, got 0"),
        ({"size": 4, "network": "bubble"}, "bubble"),
    ],
)
def test_what_is_out_of_range_is_named(options, text):
    with pytest.raises(ValueError, match=text):
        sorting_circuit(**options)
