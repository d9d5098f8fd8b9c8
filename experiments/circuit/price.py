# experiments/circuit/price.py — what a point of accuracy costs in LUTs: a price on gates, and smaller heads
"""python -m experiments.circuit.price — rows in results/price.json; options as of all experiments.

A network of three layers is trained with cross-entropy + λ · expected gates / gates. What is summed in the
end is a wide or a narrow last layer, pools of a wide one (OR), or bits that learned which of its gates to be.
LUTs are those of the simplified circuit in tables of four inputs; those of the sums are what yosys makes of
the largest class's alone for an iCE40, times the bits of all. The network of the end is taken: the best of
several validations by accuracy alone might be one on which the price has not acted yet. Needs MNIST
(PLIANT_DATA) and Fashion-MNIST.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import tempfile
from pathlib import Path

from experiments.circuit.nets import compiled, pliant
from experiments.circuit.synthesis import cells
from experiments.logic.protocol import FIGURES, PROGRAM
from experiments.rows import Row
from experiments.runner import Experiment, Job, main

CLASSES = 10


@dataclasses.dataclass(frozen=True)
class Head:
    """What is summed: the last layer, of so many gates, in pools of `or_pool`; or `learned` bits a class."""

    gates: int
    or_pool: int = 1
    learned: int = 0

    @property
    def name(self) -> str:
        """As the tables call it."""
        if self.learned:
            return f"{self.gates:,}, {self.learned} learned a class"
        return f"{self.gates:,}, OR of {self.or_pool}" if self.or_pool > 1 else f"{self.gates:,}"

    def options(self, width: int) -> dict[str, object]:
        """Of the program, for layers of this width; τ by the bits that a class sums."""
        bits = self.learned or self.gates // self.or_pool // CLASSES
        return {
            "widths": f"{width},{min(width, 2 * self.gates)},{self.gates}",
            "tau": round((bits / 8) ** 0.5, 3),
            **({"or-pool": self.or_pool} if self.or_pool > 1 else {}),
            **({"head": self.learned, "wiring-temperature": 0.2} if self.learned else {}),
        }


@dataclasses.dataclass(frozen=True)
class Plan:
    """Gates of the first layers, heads, prices, seeds, and what else the program gets."""

    width: int
    heads: tuple[Head, ...]
    prices: tuple[float, ...]
    seeds: int
    options: dict[str, object]


PICTURES = (Head(8000), Head(2000), Head(8000, or_pool=4), Head(8000, learned=200), Head(8000, learned=50))
SMALL = (
    *(Head(2000), Head(1000), Head(500), Head(2000, or_pool=4)),
    *(Head(2000, learned=50), Head(2000, learned=20)),
)
LOCAL: dict[str, object] = {
    "parametrization": "light_sine", "wiring": "local,random", "learning-rate": 0.05, "steps": 4000,
}  # fmt: skip
RANDOM: dict[str, object] = {
    "parametrization": "light", "wiring": "random", "learning-rate": 0.02, "steps": 3000,
}  # fmt: skip
PLANS = {
    "digits": Plan(2000, SMALL, (0, 0.1, 0.3, 1), 3, {"thresholds": 3, **RANDOM}),
    "mnist": Plan(8000, PICTURES, (0, 0.3, 1), 1, {"thresholds": 1, **LOCAL}),
    "fashion_mnist": Plan(8000, PICTURES, (0, 0.3, 1), 1, {"thresholds": 3, **LOCAL}),
}


def job_of(data: str, head: Head, price: float, seed: int) -> Job:
    """One training."""
    of = PLANS[data]
    options: dict[str, object] = {
        "data": data, "init": "residual", **of.options, **head.options(of.width), "gate-price": price,
        "validate-every": of.options["steps"], "batch": 64, "learning-rate-end": 0.002,
    }  # fmt: skip
    return Job({"data": data, "head": head.name, "price": price}, options, seed, PROGRAM)


def plan(rows: list[Row]) -> list[Job]:
    return [
        job_of(data, head, price, seed)
        for data, of in PLANS.items()
        for seed in range(of.seeds)
        for price in of.prices
        for head in of.heads
    ]


def sums(folder: Path, bits: int) -> int:
    """LUTs of the sums of all classes in net.v: those of the largest, for so many bits."""
    largest = max(map(int, re.findall(r"module circuit_sum_(\d+)\(", (folder / "net.v").read_text())))
    return round(cells(folder, f"circuit_sum_{largest}")["luts"] * bits / largest)


def of_circuit(run: Path) -> Row:
    """What the network of a run's folder needs as a circuit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = compiled(run, folder / "net.plc", "--lut", 4)["mapped"]
        info = json.loads(pliant("circuit", "info", folder / "net.plc", "--json"))
        pliant("circuit", "export", folder / "net.plc", "--target", "verilog", "-o", folder / "net.v")
        return {
            "luts": size["nodes"],
            "depth": size["depth"],
            "summed_bits": info["output_bits"],
            "luts_of_sums": sums(folder, info["output_bits"]),
        }


EXPERIMENT = Experiment("price", "circuit", plan, FIGURES, of_circuit)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT))
