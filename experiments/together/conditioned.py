# experiments/together/conditioned.py — top-k and sorting losses with and without ISAAC, at equal trials
"""An MLP 64-200-200 on the embedded digits. *topk*: ten classes by the top-k cross-entropy, half of it top-1,
half top-2. *sorting*: a score for each digit, learned from the order of five by the permutation loss. 150
steps; stochastic gradient descent with momentum and Adam, each alone and on gradients that ISAAC conditions.
Each of the four has six trials on the first seed: six learning rates alone, or three with two dampings; the
one with the smallest loss of validation is run on all five seeds.

    python -m experiments.together.conditioned
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import Tensor

import pliant
from experiments.rows import Row
from experiments.together.cases import Case, Figures, experiment, main
from experiments.together.circuits import digits, drawn

EXPERIMENT = experiment("conditioned")
SEEDS = (0, 1, 2, 3, 4)  # the first one also chooses
LOSSES = ("topk", "sorting")
STEPS, BATCH = 150, 100
RATES = {"sgd": (1.0, 0.3, 0.1, 0.03, 0.01, 0.003), "adam": (0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)}
CONDITIONED = {"sgd": (1.0, 0.3, 0.1), "adam": (0.03, 0.01, 0.003)}
DAMPINGS = (1.0, 0.1)

Trial = dict[str, object]
Batch = tuple[Tensor, Tensor]


def trials(optimizer: str, isaac: bool) -> list[Trial]:
    """Six for each method."""
    if isaac:
        return [{"rate": rate, "damping": damping} for rate in CONDITIONED[optimizer] for damping in DAMPINGS]
    return [{"rate": rate} for rate in RATES[optimizer]]


def loss_of(task: str, model: torch.nn.Module, batch: Batch) -> Tensor:
    """The loss that is learned by."""
    x, labels = batch
    if task == "topk":
        return pliant.topk_cross_entropy(model(x), labels, [0.5, 0.5])
    return pliant.permutation_loss(model(x).squeeze(-1), labels)


def right(task: str, model: torch.nn.Module, batch: Batch) -> float:
    """Digits told, or sets of five in the right order."""
    x, labels = batch
    if task == "topk":
        found = model(x).argmax(-1) == labels
    else:
        found = (model(x).squeeze(-1).argsort(-1) == labels.argsort(-1)).all(-1)
    return found.double().mean().item()


def batches(task: str) -> Callable[[Tensor, Tensor, int], Batch]:
    """How samples are drawn."""

    def classes(images: Tensor, labels: Tensor, count: int) -> Batch:
        chosen = torch.randint(len(images), (count,))
        return images[chosen], labels[chosen]

    return classes if task == "topk" else lambda images, labels, count: drawn(images, labels, count // 5)


def trained(task: str, optimizer: str, trial: Trial) -> Figures:
    """The last figures of a training."""
    outputs = 10 if task == "topk" else 1
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 200), torch.nn.ReLU(), torch.nn.Linear(200, 200), torch.nn.ReLU(),
        torch.nn.Linear(200, outputs),
    )  # fmt: skip
    isaac = pliant.optim.Isaac(model, float(str(trial["damping"]))) if "damping" in trial else None
    rate = float(str(trial["rate"]))
    step = {
        "sgd": lambda: torch.optim.SGD(model.parameters(), rate, momentum=0.9),
        "adam": lambda: torch.optim.Adam(model.parameters(), rate),
    }[optimizer]()
    draw, train = batches(task), digits("train")
    for _ in range(STEPS):
        step.zero_grad()
        loss_of(task, model, draw(*train, BATCH)).backward()
        if isaac is not None:
            isaac.step()
        step.step()
    with torch.no_grad():
        validation, test = (draw(*digits(split), 2000) for split in ("validation", "test"))
        return {
            "validation loss": loss_of(task, model, validation).item(),
            "loss": loss_of(task, model, test).item(),
            "right": right(task, model, test),
        }


def case(task: str, optimizer: str, isaac: bool, trial: Trial, seed: int) -> Case:
    """One training."""
    setting = {"task": task, "optimizer": optimizer, "isaac": isaac, **trial}
    return Case(setting, seed, lambda _: trained(task, optimizer, trial))


def chosen(rows: list[Row], task: str, optimizer: str, isaac: bool) -> Trial | None:
    """The trial with the smallest loss on the first seed; None while one is missing."""
    found = []
    for trial in trials(optimizer, isaac):
        wanted = case(task, optimizer, isaac, trial, SEEDS[0])
        losses = [row["test"]["validation loss"] for row in rows if wanted.matches(row)]
        if not losses:
            return None
        found.append((losses[0] if losses[0] == losses[0] else float("inf"), trial))  # NaN is the worst
    return min(found, key=lambda pair: pair[0])[1]


def methods() -> list[tuple[str, str, bool]]:
    """Task, optimiser, whether conditioned."""
    return [(task, optimizer, isaac) for task in LOSSES for optimizer in RATES for isaac in (False, True)]


def cases(rows: list[Row]) -> list[Case]:
    """First the search, then all seeds."""
    search = [case(*method, trial, SEEDS[0]) for method in methods() for trial in trials(*method[1:])]
    best = [(method, chosen(rows, *method)) for method in methods()]
    return search + [
        case(*method, trial, seed) for method, trial in best if trial is not None for seed in SEEDS[1:]
    ]


if __name__ == "__main__":
    sys.exit(main(EXPERIMENT, cases))
