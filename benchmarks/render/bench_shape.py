# benchmarks/render/bench_shape.py — a sphere becomes a shape by its silhouettes: how well after equal seconds
"""`bench_shape.py [--quick]`: writes benchmarks/results/render_shape.json.

GenDR's shape task: the sphere of 642 vertices, each with a displacement in logit space, and one centre; 24
views at elevation 30, 15 degrees apart, of 64 x 64 pixels; the mean IoU loss of the drawn pictures beside
hard ones of the target, + 0.03 Laplacian + 0.0003 flatten; Adam, β = (0.5, 0.95). Start, loss, optimiser and
learning rates are the same for all; each has the one of GenDR's three that gives it the best end. The score
is GenDR's, the best IoU of the hard pictures so far. The clock is processor time of one thread, without the
looks at that IoU.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs
import peers
from bench_render import mesh, on_screen

import pliant

render = pliant.render
SIZE, VIEWS = 64, [15.0 * view for view in range(24)]
RATES = [10**-1.25, 10**-1.5, 10**-1.75]
MARKS = [0.5, 1.0, 2.0, 4.0]  # seconds
TARGETS = ["airplane", "chair_1", "cow"]


class Shape(torch.nn.Module):
    """The template, moved."""

    def __init__(self, template: Tensor) -> None:
        super().__init__()
        self.side = torch.sign(template)
        self.base = torch.logit(template.abs())
        self.displacement = torch.nn.Parameter(torch.zeros_like(template))
        self.center = torch.nn.Parameter(torch.zeros(1, 3))

    def forward(self) -> Tensor:
        """Vertices (V, 3) in (−1, 1)."""
        at, center = torch.sigmoid(self.base + self.displacement) * self.side, torch.tanh(self.center)
        return torch.relu(at) * (1 - center) - torch.relu(-at) * (1 + center) + center


def renderers(faces: Tensor) -> dict[str, Callable[[Tensor], Tensor]]:
    """What turns corners (B, V, 3) on the screen into pictures."""
    adjacent = peers.DeodrMesh(faces)

    def ours(distribution: str, tau: float, squared: bool) -> Callable[[Tensor], Tensor]:
        options = {"distribution": distribution, "tau": tau, "squared": squared}
        return lambda corners: render.silhouette(corners, faces, SIZE, **options)

    return {
        "uniform, τ = 10^−1.5": ours("uniform", 10**-1.5, False),
        "logistic, squared, τ = 1e-4": ours("logistic", 1e-4, True),
        "DEODR": lambda corners: peers.deodr_silhouette(corners, adjacent, SIZE),
    }


def fit(draw: Callable[[Tensor], Tensor], template: Tensor, faces: Tensor, goal: Tensor, rate: float) -> dict:
    """Runs until the last mark. Returns the best hard IoU (mean over the views) up to each, and the steps."""
    shape = Shape(template)
    optimizer = torch.optim.Adam(shape.parameters(), lr=rate, betas=(0.5, 0.95))
    near = render.topology(faces, len(template))
    spent, steps, best, ious = 0.0, 0, 0.0, []
    while len(ious) < len(MARKS):
        start = time.process_time()
        optimizer.zero_grad()
        vertices = shape()[None]
        loss = render.silhouette_iou_loss(draw(on_screen(vertices, VIEWS)), goal)
        loss = loss + 0.03 * render.laplacian_loss(vertices, near).sum()
        (loss + 0.0003 * render.flatten_loss(vertices, near).sum()).backward()
        optimizer.step()
        spent, steps = spent + time.process_time() - start, steps + 1
        with torch.no_grad():
            hard = render.silhouette(on_screen(shape()[None], VIEWS), faces, SIZE, distribution="hard")
            best = max(best, render.silhouette_iou(hard, goal).mean().item())
        ious += [best] * sum(mark <= spent for mark in MARKS[len(ious) :])
    return {"rate": rate, "iou": ious, "steps": steps}


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one target and learning rate")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    template, faces = mesh("sphere_642")
    version = pairs.peer_version("DEODR")
    rows = []
    for name in TARGETS[:1] if quick else TARGETS:
        vertices, target_faces = mesh(name)
        hard = render.silhouette(on_screen(vertices, VIEWS), target_faces, SIZE, distribution="hard")
        for renderer, draw in renderers(faces).items():
            if renderer == "DEODR" and version is None:
                continue
            runs = [fit(draw, template, faces, hard, rate) for rate in (RATES[1:2] if quick else RATES)]
            best = max(runs, key=lambda run: run["iou"][-1])
            rows.append({"target": name, "renderer": renderer, **best, "all": runs})
            print(rows[-1], flush=True)
    print("written", pairs.write("render_shape", rows, marks=MARKS, views=len(VIEWS), deodr=version))


if __name__ == "__main__":
    main()
