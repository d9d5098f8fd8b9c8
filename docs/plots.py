# docs/plots.py — the pictures of docs/: of distributions by the compiled library, of costs by the results
"""PYTHONPATH=python python docs/plots.py writes docs/pictures/*.svg. Needs the built library."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import torch

import pliant

matplotlib.use("svg")
matplotlib.rcParams["svg.fonttype"] = "none"
matplotlib.rcParams["svg.hashsalt"] = "pliant"  # the same picture, the same file
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import LogLocator, NullFormatter  # noqa: E402

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
    difference = torch.linspace(-3, 3, 241, dtype=torch.float64)
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


def draw_cost() -> plt.Figure:
    """Milliseconds against n, as benchmarks/sorting/bench_sort.py measured them."""
    results = json.loads((PICTURES.parents[1] / "benchmarks/results/sorting.json").read_text())
    figure, axis = plt.subplots(figsize=(6, 3.6))
    for method, style in (("odd_even", "--"), ("bitonic", "-")):
        for mode, colour in (("values", "tab:blue"), ("permutation", "tab:orange")):
            key = f"{mode}_{method}_ms"
            points = [(row["n"], row[key]) for row in results["cost"] if key in row]
            axis.plot(*zip(*points, strict=True), style, color=colour, marker=".", label=f"{mode}, {method}")
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xlabel("n")
    axis.set_ylabel(f"ms, batch {results['cost'][0]['batch']}")
    axis.legend(fontsize=7, frameon=False)
    return figure


def draw_multiplication() -> plt.Figure:
    """x1 · 3 by counting, between the natural numbers, for both policies of loops."""
    text = (PICTURES.parents[1] / "examples/programs/multiply.while").read_text()
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    x = torch.linspace(0, 4, 161, dtype=torch.float64)
    for axis, policy in zip(axes, ("gated", "mixture"), strict=True):
        for beta in (2.0, 8.0, 32.0):
            multiply = pliant.program.parse_while(
                text, policy=policy, inputs=["x1", "x2"], outputs=["x0"], beta=beta
            )
            axis.plot(x, multiply(x, torch.full_like(x, 3.0)), label=f"sharpness {beta:g}")
        axis.plot(x, 3 * x, color="grey", linewidth=0.6)
        axis.set_title(policy, fontsize=10)
        axis.set_xlabel("x1")
    axes[0].set_ylabel("x0, for x2 = 3")
    axes[0].legend(fontsize=8, frameon=False)
    return figure


def draw_softness() -> plt.Figure:
    """Edges of two pixels by several distributions, and what relaxed ranks of eight scores are off by."""
    figure, (edges, ranks) = plt.subplots(1, 2, figsize=(9, 3.2))
    x = torch.linspace(-3, 3, 301, dtype=torch.float64)
    for name in ("logistic", "gaussian", "cauchy", "uniform", "gumbel_max"):
        tau = pliant.softness.tau(2.0, 2, distribution=name, squared=False)  # pixels are units
        edges.plot(x, pliant.decide(x, name, scale=1 / tau), label=name)
    for level in (0.1, 0.9):
        edges.axhline(level, color="grey", linewidth=0.6)
    edges.set_xlabel("pixels inside of the edge")
    edges.set_ylabel("coverage")
    edges.legend(fontsize=8, frameon=False)
    accepted = [0.05, 0.1, 0.2, 0.4, 0.8, 1.2]
    for name in ("logistic", "gaussian", "cauchy", "reciprocal"):
        found = [pliant.softness.steepness(softness, 8, distribution=name) for softness in accepted]
        ranks.plot(found, accepted, marker=".", label=name)
    ranks.set_xscale("log")
    ranks.set_xlabel("steepness, of scores with standard deviation 1")
    ranks.set_ylabel("ranks that 8 scores are off by")
    ranks.legend(fontsize=8, frameon=False)
    return figure


def draw_price() -> plt.Figure:
    """LUTs of gates and sums against accuracy, by what is summed: a line is one head at several prices."""
    rows = json.loads((PICTURES.parents[1] / "experiments/circuit/results/price.json").read_text())
    sets = list(dict.fromkeys(row["setting"]["data"] for row in rows))
    figure, axes = plt.subplots(1, len(sets), figsize=(3.6 * len(sets), 3.6), squeeze=False)
    for axis, data in zip(axes[0], sets, strict=True):
        here = [row for row in rows if row["setting"]["data"] == data]
        for head in dict.fromkeys(row["setting"]["head"] for row in here):
            points = []
            for price in sorted({row["setting"]["price"] for row in here}):
                same = [row for row in here if row["setting"] == {"data": data, "head": head, "price": price}]
                sizes = [row["luts"] + row["luts_of_sums"] for row in same]
                found = [100 * row["test"]["hard"] for row in same]
                if same:
                    points.append((sum(sizes) / len(same), sum(found) / len(same)))
            axis.plot(*zip(*points, strict=True), marker=".", label=head)
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set_title(data.replace("_", "-"), fontsize=10)
        axis.set_xlabel("LUTs of gates and sums")
        axis.legend(fontsize=6, frameon=False, title="gates of the last layer", title_fontsize=6)
    axes[0, 0].set_ylabel("accuracy in %")
    return figure


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    pictures = {
        "families": draw_families,
        "swaps": draw_swaps,
        "cost": draw_cost,
        "multiplication": draw_multiplication,
        "softness": draw_softness,
        "price": draw_price,
    }
    for name, draw in pictures.items():
        figure = draw()
        figure.tight_layout()
        figure.savefig(PICTURES / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
