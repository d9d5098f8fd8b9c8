# docs/plots.py — the pictures of docs/distributions.md, drawn from the compiled library
"""PYTHONPATH=python python docs/plots.py writes docs/pictures/*.svg. Needs the built library."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import torch

import pliant

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "pliant"  # the same picture, the same file
import matplotlib.pyplot as plt  # noqa: E402

PICTURES = Path(__file__).resolve().parent / "pictures"
GROUPS = {
    "bounded support": ["uniform", "cubic_hermite", "wigner"],
    "exponential tails": ["gaussian", "laplace", "logistic", "sech"],
    "tails as 1/u": ["cauchy", "reciprocal", "optimal"],
    "leaning to one side": ["gumbel_max", "exponential", "gamma", "levy"],
}
SWAPS = ["logistic", "gaussian", "reciprocal", "cauchy", "optimal"]


def cdf_and_density(name: str, u: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """F(u) and F′(u) of a family at scale 1 (gamma at shape 2)."""
    u = u.clone().requires_grad_()
    p = pliant.decide(u, pliant.Distribution(name, shape=2.0))
    (density,) = torch.autograd.grad(p.sum(), u)
    return p.detach(), density


def draw_families() -> plt.Figure:
    """CDFs above, densities below, one column a group."""
    figure, axes = plt.subplots(2, len(GROUPS), figsize=(12, 4.6), sharex=True, sharey="row")
    u = torch.linspace(-4, 4, 241, dtype=torch.float64)
    for column, (group, names) in enumerate(GROUPS.items()):
        for name in names:
            p, density = cdf_and_density(name, u)
            axes[0, column].plot(u, p, label=name)
            axes[1, column].plot(u, density)
        axes[0, column].set_title(group, fontsize=10)
        axes[0, column].legend(fontsize=7, frameon=False, loc="upper left")
        axes[1, column].set_xlabel("u")
    axes[0, 0].set_ylabel("F(u)")
    axes[1, 0].set_ylabel("F′(u)")
    return figure


def draw_swaps() -> plt.Figure:
    """The relaxed minimum of 0 and D at equal slope at a tie, and how far it is off."""
    figure, (minimum, error) = plt.subplots(1, 2, figsize=(9, 3.4))
    difference = torch.linspace(-6, 6, 241, dtype=torch.float64)
    for name in SWAPS:
        slope = cdf_and_density(name, torch.zeros(1, dtype=torch.float64))[1].item()
        tail = pliant.decide(-difference / slope, name)
        soft = difference * tail
        minimum.plot(difference, soft, label=name)
        error.plot(difference, soft - difference.clamp(max=0), label=name)
    minimum.plot(difference, difference.clamp(max=0), "k:", label="min(0, D)")
    minimum.set_title("relaxed minimum of 0 and D", fontsize=10)
    error.set_title("its error", fontsize=10)
    minimum.legend(fontsize=7, frameon=False)
    for axis in (minimum, error):
        axis.set_xlabel("D")
    return figure


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    for name, draw in (("families", draw_families), ("swaps", draw_swaps)):
        figure = draw()
        figure.tight_layout()
        figure.savefig(PICTURES / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
