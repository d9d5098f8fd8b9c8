# tests/circuit/circuits.py — random circuits from arrays, and what they compute, by plain Python
import numpy as np

from pliant.circuit import ZERO, Circuit, Encoder, Stage, Sums


def random_stage(rng, inputs, nodes, outputs, placements=1, before=None):
    """A stage of nodes of 0 … 6 inputs; constants, wires and inputs read twice among them."""
    fan_in = rng.integers(0 if inputs else 1, 7, nodes)
    tables = [int(rng.integers(0, 2**63)) * 2 + int(rng.integers(0, 2)) for _ in range(nodes)]
    tables = [table % 2**2**k for table, k in zip(tables, fan_in.tolist(), strict=True)]
    sources = [rng.integers(0, inputs + n, k) for n, k in enumerate(fan_in)]
    literals = rng.integers(0, 2 * (inputs + nodes), outputs)
    wires = None
    if before is not None:
        wires = rng.integers(0, before + 1, (placements, inputs))
        wires = np.where(wires == before, ZERO, wires)
    return Stage(inputs, fan_in, tables, np.concatenate(sources), literals, placements, wires)


def stage_bits(stage, bits):
    """The bits of a stage from those before it, both lists of 0 and 1."""
    result = [None] * (len(stage.outputs) * stage.placements)
    for place in range(stage.placements):
        wires = range(stage.inputs) if stage.wires is None else stage.wires[place]
        signals = [0 if wire == ZERO else bits[wire] for wire in wires]
        position = 0
        for k, table in zip(stage.fan_in, stage.tables, strict=True):
            read = stage.sources[position : position + k]
            position += k
            address = sum(signals[source] << i for i, source in enumerate(read))
            signals.append(int(table) >> address & 1)
        for o, literal in enumerate(stage.outputs):
            result[o * stage.placements + place] = signals[literal >> 1] ^ int(literal & 1)
    return result


def scores(stages, sums, examples):
    """The scores of examples, rows of bits."""
    rows = []
    for bits in np.asarray(examples).astype(int).tolist():
        for stage in stages:
            bits = stage_bits(stage, bits)
        if sums is not None:
            begins = sums.begins
            if begins is None:
                begins = [len(bits) // sums.classes * c for c in range(sums.classes + 1)]
            biases = sums.biases if sums.biases is not None else [0] * sums.classes
            bits = [biases[c] + sum(bits[begins[c] : begins[c + 1]]) for c in range(sums.classes)]
        rows.append(bits)
    return np.array(rows, np.int32)


def pictures(seed=0, crop=False):
    """A circuit that reads pictures of 4 × 6 bytes in five classes, or of 8 × 8 trimmed to 6 × 6."""
    rng = np.random.default_rng(seed)
    features, inputs = (36, 50) if crop else (24, 50)
    encoder = Encoder(
        inputs=inputs,
        features=features,
        feature=rng.integers(0, features, inputs),
        threshold=rng.choice([0.25, 0.5, 0.75], inputs),
        shape=(1, 6, 6) if crop else (1, 4, 6),
        crop=(8, 8, 6) if crop else None,
    )
    names = ["zero", "one", "two", "three", "four"]
    sums = Sums(classes=5, biases=[0, 1, -1, 2, 0], names=names, tau=3.0)
    return Circuit.from_arrays([random_stage(rng, inputs, 200, 40)], encoder, sums)
