# examples/python/circuit.py — a circuit in Python without torch: which of two pixels is brighter
import numpy as np

from pliant.circuit import Circuit, Encoder, Stage, Sums

# Bits 0, 1, 2: the left pixel is above 1/4, 1/2, 3/4; bits 3, 4, 5: the right one.
encoder = Encoder(inputs=6, features=2, feature=[0, 0, 0, 1, 1, 1], threshold=[0.25, 0.5, 0.75] * 2)
# For each threshold: left AND NOT right, of the class left; right AND NOT left, of the class right.
gates = Stage(
    inputs=6,
    fan_in=[2] * 6,
    tables=[0b0010] * 3 + [0b0100] * 3,
    sources=[0, 3, 1, 4, 2, 5] * 2,
    outputs=[2 * signal for signal in range(6, 12)],
)
circuit = Circuit.from_arrays([gates], encoder, Sums(classes=2, names=["left", "right"]))
print(circuit)

pixels = np.array([[200, 10], [90, 100], [0, 255]], np.uint8)
for pair, scores, label in zip(pixels, circuit.run(pixels), circuit.classify(pixels), strict=True):
    print(pair, "scores", scores, circuit.class_names[label])

circuit.save("brighter.plc")  # pliant circuit run brighter.plc pixels.npy
same = Circuit.load("brighter.plc")
assert same.bytes() == circuit.bytes()
print(same.simplify(lut=6).nodes, "nodes;", len(same.to_c().splitlines()) > 20 and "and as C")
