# tests/circuit/test_onnx.py — ONNX models of circuits, run by onnxruntime, against the executor to the bit
import numpy as np
import pytest

from pliant.circuit import ZERO, Circuit, Encoder, Stage, Sums
from tests.circuit import circuits
from tests.circuit.trained import digits_examples, monk_examples, trained_circuit

onnxruntime = pytest.importorskip("onnxruntime")

COUNTS = (0, 1, 2, 63, 64, 65, 200)
LANES = (64, 1)


def session(circuit, **options):
    """The circuit's model, checked and loaded, on one thread."""
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    settings.log_severity_level = 3
    return onnxruntime.InferenceSession(circuit.to_onnx(**options), settings)


def check(circuit, examples, **options):
    """All outputs of the model, for several batch sizes, are those of the executor."""
    model = session(circuit, **options)
    (given,) = model.get_inputs()
    for count in COUNTS:
        batch = examples[:count]
        results = dict(
            zip([o.name for o in model.get_outputs()], model.run(None, {given.name: batch}), strict=True)
        )
        expected = circuit.run(batch)
        if circuit.classes == 0:
            assert list(results) == ["outputs"] and results["outputs"].dtype == bool
            np.testing.assert_array_equal(results["outputs"], expected)
            continue
        assert list(results) == ["scores", "label"]
        assert results["scores"].dtype == np.int32 and results["label"].dtype == np.int64
        np.testing.assert_array_equal(results["scores"], expected)
        np.testing.assert_array_equal(results["label"], circuit.classify(batch))


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("seed", range(4))
def test_bytes_numbers_and_bits_of_random_circuits(seed, lanes):
    rng = np.random.default_rng(seed)
    circuit = circuits.pictures(seed)
    check(circuit, rng.integers(0, 256, (200, 24), dtype=np.uint8), lanes=lanes)
    numbers = rng.random((200, 24), dtype=np.float32)
    numbers[0, :3] = np.nan, np.inf, -np.inf
    check(circuit, numbers, lanes=lanes, input="numbers")
    check(circuit, rng.random((200, 50)) < 0.5, lanes=lanes, input="bits")


@pytest.mark.parametrize("lanes", LANES)
def test_a_number_at_its_threshold_is_not_above_it(lanes):
    """0.1 is no float32: what is compared is the largest one below."""
    thresholds = [0.1, 0.25, -0.1, 1e300, -1e300, 3.4028234663852886e38]
    encoder = Encoder(inputs=6, features=1, feature=[0] * 6, threshold=thresholds)
    wires = Stage(inputs=6, fan_in=[], tables=[], sources=[], outputs=[0, 2, 4, 6, 8, 10])
    circuit = Circuit.from_arrays([wires], encoder)
    single = np.float32([t if abs(t) < 1e39 else 0 for t in thresholds])
    with np.errstate(over="ignore"):
        around = [np.nextafter(single, np.float32(s)) for s in (-np.inf, np.inf)]
    numbers = np.concatenate([single, *around, np.float32([np.nan, np.inf, -np.inf])])[:, None]
    check(circuit, numbers, lanes=lanes, input="numbers")


@pytest.mark.parametrize("lanes", LANES)
def test_bytes_that_always_or_never_set_a_bit(lanes):
    encoder = Encoder(inputs=3, features=2, feature=[0, 1, 1], threshold=[-1, 2, 0.5])
    wires = Stage(inputs=3, fan_in=[], tables=[], sources=[], outputs=[0, 3, 4])
    check(
        Circuit.from_arrays([wires], encoder),
        np.random.default_rng(1).integers(0, 256, (200, 2), dtype=np.uint8),
        lanes=lanes,
    )


@pytest.mark.parametrize("lanes", LANES)
def test_stages_with_padding_and_no_classes(lanes):
    rng = np.random.default_rng(3)
    first = circuits.random_stage(rng, 4, 12, 3, placements=5, before=9)
    second = circuits.random_stage(rng, 15, 30, 7)
    circuit = Circuit.from_arrays([first, second], Encoder(inputs=9))
    check(circuit, rng.random((200, 9)) < 0.5, lanes=lanes)


@pytest.mark.parametrize("lanes", LANES)
def test_classes_of_no_one_two_and_many_bits(lanes):
    rng = np.random.default_rng(4)
    stage = circuits.random_stage(rng, 10, 60, 33)
    sums = Sums(classes=5, begins=[0, 0, 1, 3, 10, 33], biases=[3, -2, 0, 1, -(2**30)])
    circuit = Circuit.from_arrays([stage], Encoder(inputs=10), sums)
    check(circuit, rng.random((200, 10)) < 0.5, lanes=lanes)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("classes", [0, 1, 2])
def test_circuits_of_constants(lanes, classes):
    """No input is read, of ones that are there."""
    stage = Stage(inputs=3, fan_in=[0, 0], tables=[0, 1], sources=[], outputs=[6, 7, 8, 9])
    circuit = Circuit.from_arrays([stage], Encoder(inputs=3), Sums(classes=classes) if classes else None)
    check(circuit, np.zeros((200, 3), bool), lanes=lanes)
    bits = Stage(inputs=2, fan_in=[], tables=[], sources=[], outputs=[0, 1], wires=[[ZERO, 0]])
    check(Circuit.from_arrays([bits], Encoder(inputs=1)), np.arange(200)[:, None] % 2 == 1, lanes=lanes)


@pytest.mark.parametrize("lanes", LANES)
def test_trained_networks_of_digits_and_monk(lanes):
    digits = trained_circuit("digits")
    check(digits, digits_examples(), lanes=lanes)
    check(digits.simplify(lut=6, sweep=True, windows=True), digits_examples(), lanes=lanes)
    bits, labels = monk_examples()
    check(trained_circuit("monk1"), bits, lanes=lanes)
    model = session(trained_circuit("monk1"), lanes=lanes)
    np.testing.assert_array_equal(model.run(["label"], {"bits": bits})[0], labels)


def test_a_model_has_a_crop_without_its_search():
    circuit = circuits.pictures(crop=True)
    model = session(circuit)
    assert model.get_inputs()[0].shape == ["N", 36]


def test_inputs_say_what_they_are():
    circuit = circuits.pictures()
    expected = {
        None: ("features", "tensor(uint8)", ["N", 24]),
        "bytes": ("features", "tensor(uint8)", ["N", 24]),
        "numbers": ("features", "tensor(float)", ["N", 24]),
        "bits": ("bits", "tensor(bool)", ["N", 50]),
    }
    for name, wanted in expected.items():
        assert [(i.name, i.type, i.shape) for i in session(circuit, input=name).get_inputs()] == [wanted]


def test_what_is_refused():
    circuit = circuits.pictures()
    with pytest.raises(ValueError, match="lanes: of onnx 64, or 1 for bools, got 8"):
        circuit.to_onnx(lanes=8)
    with pytest.raises(ValueError, match="input.*bytes"):
        circuit.to_onnx(input="pixels")
    plain = Circuit.from_arrays([Stage(1, [], [], [], [0])], Encoder(inputs=1))
    with pytest.raises(ValueError, match="input must be bits, as the circuit has no features"):
        plain.to_onnx(input="bytes")
