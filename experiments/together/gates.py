# experiments/together/gates.py — gates of logic learn behind a program; beside them, a network of neurons
"""Rows of 8 bits; known is only at which place of five the first row stands whose first two bits are both 1.
A program that looks for the first accepted row is relaxed, and what accepts a row is learned through it: 2
layers of logic gates, or an MLP. Afterwards both decide hard, the gates as a Boolean circuit. Five seeds, 200
steps of Adam each, 2,000 new samples.

    python -m experiments.together.gates
"""

from __future__ import annotations

import sys

import torch
from torch import Tensor

import pliant
from experiments.rows import Row
from experiments.together.cases import Case, Figures, experiment, main

EXPERIMENT = experiment("gates")
SEEDS = (0, 1, 2, 3, 4)
PLACES, BITS = 5, 8
SEARCH = """
program first_accepted(xs[n, m]) {
  external accepts
  var place = 0
  var open = 1
  for k in 0 .. n {
    if truth(open) and truth(accepts(xs[k, :])) { open = 0 }
    place = place + open
  }
  return place
}"""


def gates() -> torch.nn.Module:
    """Each of the last layer's gates has a vote."""
    return torch.nn.Sequential(
        pliant.nn.LogicDense(BITS, 32), pliant.nn.LogicDense(32, 16), pliant.nn.GroupSum(1, tau=16.0)
    )


def neurons() -> torch.nn.Module:
    """About as many learned numbers as the gates have, 16 each."""
    return torch.nn.Sequential(
        torch.nn.Linear(BITS, 80), torch.nn.ReLU(), torch.nn.Linear(80, 1), torch.nn.Sigmoid()
    )


ACCEPTS = {"gates": (gates, 0.05), "neurons": (neurons, 0.01)}


def samples(count: int) -> tuple[Tensor, Tensor]:
    """Rows of bits, and the place of the first whose first two are 1; PLACES if there is none."""
    x = (torch.rand(count, PLACES, BITS) > 0.4).float()
    good = (x[:, :, 0] * x[:, :, 1]).cumsum(1) > 0
    return x, (~good).sum(1).float()


def learned(kind: str) -> Figures:
    """Places that the hard program finds."""
    make, rate = ACCEPTS[kind]
    accepts = make()
    program = pliant.program.Program(
        SEARCH, functions={"accepts": lambda x: accepts(x).squeeze(-1)}, beta=8.0
    )
    optimizer = torch.optim.Adam(accepts.parameters(), rate)
    for _ in range(200):
        x, wanted = samples(256)
        loss = (program(x) - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    accepts.eval()
    x, wanted = samples(2000)
    found = {"right": (program.hard(x) == wanted).double().mean().item()}
    if kind == "gates":
        circuit = pliant.circuit.Circuit.from_model(accepts, (BITS,)).simplify()
        found["nodes"] = circuit.nodes
    return found


def cases(rows: list[Row]) -> list[Case]:
    """Both for each seed."""
    del rows  # nothing depends on them
    return [Case({"accepts": kind}, seed, lambda _, k=kind: learned(k)) for seed in SEEDS for kind in ACCEPTS]


if __name__ == "__main__":
    sys.exit(main(EXPERIMENT, cases))
