# docs/concepts.py — one picture a room: what it relaxes, drawn by the room's own functions
"""PYTHONPATH=python python docs/concepts.py [ROOM …] writes docs/pictures/concept_ROOM.png. Needs the built
library.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib
import torch

import pliant

matplotlib.use("agg")
matplotlib.rcParams["font.size"] = 8
import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs/pictures"


def bare(axis: plt.Axes, title: str) -> None:
    """A picture without a scale."""
    axis.set_title(title, fontsize=8)
    axis.set_xticks([])
    axis.set_yticks([])


def draw_sorting() -> plt.Figure:
    """The relaxed permutation matrix of eight numbers, ever steeper."""
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.5))
    x = torch.tensor([0.3, -1.2, 0.8, 0.1, -0.4, 1.5, -0.9, 0.6], dtype=torch.float64)
    for axis, steepness in zip(axes, (2.0, 10.0, 50.0, 1e6), strict=True):
        _, permutation = pliant.sort(x, steepness=steepness)
        axis.imshow(permutation, vmin=0, vmax=1, cmap="Blues")
        bare(axis, f"steepness {steepness:g}" if steepness < 1e6 else "hard")
        axis.set_xlabel("rank")
    axes[0].set_ylabel("input")
    return figure


def draw_topk() -> plt.Figure:
    """The attribution of twelve scores to the first five places."""
    figure, axes = plt.subplots(1, 3, figsize=(9, 3.2))
    scores = torch.linspace(-1, 1, 12, dtype=torch.float64).roll(5)
    for axis, steepness in zip(axes, (2.0, 10.0, 100.0), strict=True):
        _, attribution = pliant.topk(scores, 5, steepness=steepness)
        axis.imshow(attribution, vmin=0, vmax=1, cmap="Blues", aspect="auto")
        axis.set_title(f"steepness {steepness:g}", fontsize=8)
        axis.set_xticks(range(5), ["1st", "2nd", "3rd", "4th", "5th"])
        axis.set_yticks(range(12), [f"{score:.2f}" for score in scores])
        axis.set_xlabel("place")
    axes[0].set_ylabel("score of the class")
    return figure


def draw_logic() -> plt.Figure:
    """Four Boolean gates between the corners, where they are multilinear."""
    figure, axes = plt.subplots(1, 4, figsize=(9, 2.5))
    side = torch.linspace(0, 1, 65)
    a, b = torch.meshgrid(side, side, indexing="ij")
    forms = {"and": (0, 0, 0, 1), "or": (0, 1, 1, -1), "xor": (0, 1, 1, -2), "a implies b": (1, 0, -1, 1)}
    wiring = torch.tensor([[0], [1]], dtype=torch.int32)
    for axis, (name, form) in zip(axes, forms.items(), strict=True):
        coefficients = torch.tensor(form, dtype=torch.float32).reshape(4, 1)
        rows = torch.stack([a.reshape(-1), b.reshape(-1)], 1)
        y = pliant.logic_dense(rows, wiring, coefficients).reshape(65, 65)
        axis.imshow(y, vmin=0, vmax=1, cmap="viridis", origin="lower", extent=(0, 1, 0, 1))
        axis.set_title(name, fontsize=8)
        axis.set_xlabel("b")
        axis.set_xticks([0, 1])
        axis.set_yticks([0, 1])
    axes[0].set_ylabel("a")
    return figure


def draw_circuit() -> plt.Figure:
    """How many nodes are left of the example network."""
    network = (ROOT / "examples/networks/mnist_small.safetensors").read_bytes()
    raw = pliant.circuit.Circuit.from_network(network)
    counts = {"the network's gates": raw.nodes}
    for inputs in (2, 3, 6):
        counts[f"as nodes of up to {inputs} inputs"] = raw.simplify(lut=inputs).nodes
    figure, axis = plt.subplots(figsize=(6, 1.8))
    bars = axis.barh(list(counts), list(counts.values()), color="tab:blue")
    axis.bar_label(bars, [f"{count:,}" for count in counts.values()], padding=3)
    axis.invert_yaxis()
    axis.set_xlim(0, 1.15 * raw.nodes)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_xlabel("nodes of examples/networks/mnist_small.safetensors")
    return figure


def draw_render() -> plt.Figure:
    """One triangle by four distributions and three widths of its edge."""
    names, widths = ("uniform", "logistic", "cauchy", "gumbel_max"), (0.02, 0.1, 0.3)
    figure, axes = plt.subplots(len(widths), len(names), figsize=(8, 6))
    corners = torch.tensor([[[-0.6, -0.5, 2.0], [0.7, -0.3, 2.0], [-0.1, 0.7, 2.0]]])
    for row, tau in zip(axes, widths, strict=True):
        for axis, name in zip(row, names, strict=True):
            coverage = pliant.render.silhouette(
                corners, torch.tensor([[0, 1, 2]]), 96, distribution=name, tau=tau, squared=False
            )
            axis.imshow(coverage[0], vmin=0, vmax=1, cmap="gray")
            bare(axis, f"{name}, τ = {tau:g}")
    return figure


def draw_program() -> plt.Figure:
    """An if and a while between their branches: values, relaxed ever more sharply."""
    branch = "program f(x) {\n var y = 0.5\n if x > 1 { y = 2 - x } else { y = x * x }\n return y\n}"
    loop = (
        "program g(x) {\n var left = x\n var steps = 0\n"
        " while left > 0.5 { left = left - 1\n steps = steps + 1 }\n return steps\n}"
    )
    figure, axes = plt.subplots(1, 2, figsize=(9, 2.8))
    x = torch.linspace(0, 4, 321, dtype=torch.float64)
    texts = {
        "if x > 1 { y = 2 − x } else { y = x · x }": branch,
        "while left > ½ { left −= 1; steps += 1 }": loop,
    }
    for axis, (title, text) in zip(axes, texts.items(), strict=True):
        program = pliant.program.Program(text)
        for beta in (2.0, 8.0, 32.0):
            axis.plot(x, program.soft(x, beta=beta), label=f"β = {beta:g}", linewidth=1.2)
        axis.plot(x, program.hard(x), "k:", label="hard", linewidth=1)
        axis.set_title(title, fontsize=8)
        axis.set_xlabel("x")
        axis.legend(frameon=False)
    return figure


def draw_optim() -> plt.Figure:
    """Two weights under plain and conditioned gradients, where one input is eight times the other."""
    torch.manual_seed(0)
    x = torch.randn(200, 2, dtype=torch.float64) * torch.tensor([4.0, 0.5], dtype=torch.float64)
    target = x @ torch.tensor([1.0, 1.0], dtype=torch.float64)
    figure, axis = plt.subplots(figsize=(5, 3.6))
    side = torch.linspace(-2, 3, 101, dtype=torch.float64)
    grid = torch.stack(torch.meshgrid(side, side, indexing="xy"), -1)
    loss = ((grid @ x.T - target) ** 2).mean(-1)
    axis.contour(
        side, side, loss, levels=torch.logspace(-1.5, 2, 9).tolist(), colors="lightgrey", linewidths=0.7
    )
    for label, damping, rate in (
        ("plain, rate 0.05", torch.inf, 0.05),
        ("λ = 1, rate 0.5", 1.0, 0.5),
        ("λ = 0.1, rate 5", 0.1, 5.0),
    ):
        layer = pliant.nn.IsaacLinear(2, 1, bias=False, damping=damping, dtype=torch.float64)
        torch.nn.init.constant_(layer.weight, -1.5)
        path = [layer.weight.detach().clone()]
        for _ in range(12):
            layer.zero_grad()
            ((layer(x).squeeze(1) - target) ** 2).mean().backward()
            with torch.no_grad():
                layer.weight -= rate * layer.weight.grad
            path.append(layer.weight.detach().clone())
        axis.plot(*torch.cat(path).T, ".-", label=label, linewidth=1)
    axis.plot(1, 1, "k*")
    axis.set_xlabel("weight of the large input")
    axis.set_ylabel("weight of the small input")
    axis.set_title("twelve steps from the lower left", fontsize=8)
    axis.legend(frameon=False, loc="upper left")
    return figure


def draw_t_norms() -> plt.Figure:
    """A or b, by every family at its default p."""
    families = pliant.t_norms()
    columns = 5
    rows = -(-len(families) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(9, 2.1 * rows))
    side = torch.linspace(0, 1, 65, dtype=torch.float64)
    pairs = torch.stack(torch.meshgrid(side, side, indexing="ij"), -1)
    for axis in axes.flat:
        axis.axis("off")
    for axis, family in zip(axes.flat, families, strict=False):
        name = family["name"]
        axis.axis("on")
        axis.imshow(pliant.t_conorm(pairs, t_norm=name), vmin=0, vmax=1, cmap="viridis", origin="lower")
        bare(axis, name)
    return figure


ROOMS: dict[str, Callable[[], plt.Figure]] = {
    "sorting": draw_sorting,
    "topk": draw_topk,
    "logic": draw_logic,
    "circuit": draw_circuit,
    "render": draw_render,
    "program": draw_program,
    "optim": draw_optim,
    "t_norms": draw_t_norms,
}


def main(rooms: list[str]) -> None:
    for room in rooms or ROOMS:
        figure = ROOMS[room]()
        figure.tight_layout()
        figure.savefig(PICTURES / f"concept_{room}.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main(sys.argv[1:])
