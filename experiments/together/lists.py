# experiments/together/lists.py — one list everywhere: each distribution sorts, decides and draws
"""Three tasks that are learned in a second each, five seeds. *Order*: a linear model of 8 features learns to
score from nothing but the order of five items, 100 steps. *Count*: a program counts the numbers within two
bounds, which are learned from the counts, 300 steps. *Place*: a sphere is moved until its silhouettes fit,
150 steps. What is reported is hard: sets in the right order, counts of the hard program that are right, the
IoU of hard pictures. Every distribution is as soft as every other: half a rank, 0.6 from 10 % to 90 %, edges
of two pixels. Distributions take the probabilistic sum in programs and the maximum in pictures; T-norms take
the logistic distribution.

    python -m experiments.together.lists
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import pliant
from experiments.rows import Row
from experiments.together.cases import Case, Figures, experiment, main
from pliant import render

EXPERIMENT = experiment("lists")
SEEDS = (0, 1, 2, 3, 4)
# "hard" decides without a gradient, so nothing can be learned through it.
DISTRIBUTIONS = [family["name"] for family in pliant.distributions() if family["name"] != "hard"]
T_NORMS = [norm["name"] for norm in pliant.t_norms()]

WITHIN = """
program within(xs[n], low, high) {
  var count = 0
  for k in 0 .. n {
    if xs[k] > low and xs[k] < high { count = count + 1 }
  }
  return count
}"""


def descend(parameters: list[Tensor], loss: Callable[[], Tensor], steps: int, rate: float) -> None:
    """Adam."""
    optimizer = torch.optim.Adam(parameters, rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()


def order(distribution: str) -> Figures:
    """Items are scored by their order alone."""
    truth, model = torch.randn(8), torch.nn.Linear(8, 1, bias=False)
    steepness = pliant.softness.steepness(0.5, 5, distribution=distribution)

    def loss() -> Tensor:
        items = torch.randn(32, 5, 8)
        scores = model(items).squeeze(-1)
        return pliant.permutation_loss(scores, items @ truth, distribution=distribution, steepness=steepness)

    descend(list(model.parameters()), loss, 100, 0.05)
    items = torch.randn(2000, 5, 8)
    with torch.no_grad():
        found = pliant.ranking_metrics(model(items).squeeze(-1), items @ truth)
    return {"right": found.exact}


def count(distribution: str, t_norm: str) -> Figures:
    """The bounds of an interval are found from how many numbers it holds."""
    low_end, high_end = (pliant.softness.quantile(p, distribution) for p in (0.1, 0.9))
    beta = (high_end - low_end) / 0.6
    program = pliant.program.Program(WITHIN, distribution=distribution, t_norm=t_norm, beta=beta)
    bounds = torch.tensor([-2.0, 2.0]) + 0.2 * torch.randn(2)
    bounds.requires_grad_()
    low, high = torch.tensor([-0.6]), torch.tensor([0.9])

    def counted(xs: Tensor, low: Tensor, high: Tensor) -> Tensor:
        return program.hard(xs, low.expand(len(xs)), high.expand(len(xs)))

    def loss() -> Tensor:
        xs = torch.randn(64, 6)
        ours = program.soft(xs, bounds[0].expand(64), bounds[1].expand(64))
        return (ours - counted(xs, low, high)).square().mean()

    descend([bounds], loss, 300, 0.05)
    xs = torch.randn(2000, 6)
    right = counted(xs, *bounds.detach()) == counted(xs, low, high)
    return {"right": right.double().mean().item()}


def place(distribution: str, t_norm: str) -> Figures:
    """A sphere goes to where its four silhouettes are."""
    mesh = render.icosphere(1)
    shape = 0.4 * mesh.vertices * torch.tensor([1.0, 0.7, 0.5])
    target = shape + 0.25 * torch.nn.functional.normalize(torch.randn(3), dim=0)
    camera = render.LookAt()
    camera.set_eyes_from_angles(3.0, 20.0, torch.arange(0.0, 360.0, 90.0))

    def drawn(vertices: Tensor, **how: Any) -> Tensor:
        return render.silhouette(camera(vertices.expand(4, -1, -1)), mesh.faces, 32, **how)

    goal = drawn(target, distribution="hard", t_norm="max")
    offset = torch.zeros(3, requires_grad=True)
    soft: dict[str, Any] = {"distribution": distribution, "t_norm": t_norm, "softness": 2.0}
    descend([offset], lambda: render.silhouette_iou_loss(drawn(shape + offset, **soft), goal), 150, 0.02)
    ours = drawn(shape + offset.detach(), distribution="hard", t_norm="max")
    return {"right": 1 - render.silhouette_iou_loss(ours, goal).item()}


def cases(rows: list[Row]) -> list[Case]:
    """Distributions with the probabilistic sum, T-norms with the logistic distribution."""
    del rows  # nothing depends on them
    found = []
    for seed in SEEDS:
        for name in DISTRIBUTIONS:
            setting = {"distribution": name}
            found.append(Case({**setting, "task": "order"}, seed, lambda _, d=name: order(d)))
            found.append(
                Case({**setting, "task": "count"}, seed, lambda _, d=name: count(d, "probabilistic"))
            )
            found.append(Case({**setting, "task": "place"}, seed, lambda _, d=name: place(d, "max")))
        for name in T_NORMS:
            setting = {"t_norm": name}
            found.append(Case({**setting, "task": "count"}, seed, lambda _, t=name: count("logistic", t)))
            found.append(Case({**setting, "task": "place"}, seed, lambda _, t=name: place("logistic", t)))
    return found


if __name__ == "__main__":
    sys.exit(main(EXPERIMENT, cases))
