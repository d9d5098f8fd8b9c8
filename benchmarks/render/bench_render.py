# benchmarks/render/bench_render.py — silhouettes and their gradients: the kernels, beside peers, their cost
"""`bench_render.py [--quick]`: writes benchmarks/results/render.json. Meshes come from $PLIANT_DATA/meshes.

The camera is GenDR's: half field of view 15 degrees, distance 2.732, elevation 30. float32.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pairs
import peers

import pliant

render = pliant.render
TAU = 1e-4
OURS = {
    "uniform, τ = ½ pixel": lambda size: {"distribution": "uniform", "tau": 1 / size, "squared": False},
    "uniform, τ = 1 pixel": lambda size: {"distribution": "uniform", "tau": 2 / size, "squared": False},
    "logistic, squared, τ = 1e-4": lambda size: {"distribution": "logistic", "tau": TAU, "squared": True},
}


def mesh(name: str) -> tuple[Tensor, Tensor]:
    """Vertices (V, 3) within ½ of the origin, and faces; GenDR's targets, which are, as they come."""
    path = Path(os.environ["PLIANT_DATA"]) / "meshes" / f"{name}.obj"
    to_cube = name in ("teapot", "cow")
    vertices, faces, _ = render.load_obj(path, normalization=to_cube)
    return vertices / 2 if to_cube or name.startswith("sphere") else vertices, faces


def on_screen(vertices: Tensor, azimuths: list[float]) -> Tensor:
    """Corners (B, V, 3) as seen from each azimuth."""
    camera = render.LookAt(viewing_angle=15)
    camera.set_eyes_from_angles(2.732, 30.0, torch.tensor(azimuths))
    return camera(vertices.expand(len(azimuths), -1, -1))


def kernels(corners: Tensor, faces: Tensor, size: int, tau: float = TAU, brute: bool = False) -> dict:
    """What bench_silhouette prints of a mesh on its screen."""
    program = pairs.ROOT / "build" / "bin" / "bench_silhouette"
    with tempfile.NamedTemporaryFile() as file:
        file.write(np.array([*corners.shape[:2], len(faces)], np.int32).tobytes())
        file.write(corners.float().contiguous().numpy().tobytes())
        file.write(faces.int().contiguous().numpy().tobytes())
        file.flush()
        command = [program, file.name, str(size), repr(tau), *(["brute"] if brute else [])]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def tasks(looks: int) -> list[dict]:
    """Our kernels beside the loop over all pixels and faces, whose every formula is written out. Of several
    looks the fastest call counts: two threads wait for what else runs on two cores.
    """
    rows = []
    for name, size, azimuths in (("sphere_642", 64, [0.0, 90.0, 180.0, 270.0]), ("teapot", 256, [0.0])):
        vertices, faces = mesh(name)
        corners = on_screen(vertices, azimuths)
        figures = kernels(corners, faces, size, brute=True)
        for _ in range(looks - 1):
            again = kernels(corners, faces, size)
            figures |= {key: min(figures[key], value) for key, value in again.items()}
        rows.append({"mesh": name, "faces": len(faces), "size": size, "batch": len(azimuths), **figures})
        print(rows[-1], flush=True)
    return rows


def cost() -> list[dict]:
    """How the kernels' time grows with faces, pixels and τ."""
    rows = []

    def add(axis: str, value: float, figures: dict) -> None:
        rows.append({"axis": axis, "value": value, **figures})
        print(rows[-1], flush=True)

    for level in range(2, 7):
        ball = render.icosphere(level, radius=0.5)
        corners = on_screen(ball.vertices[0], [30.0])
        add("faces", ball.num_faces, kernels(corners, ball.faces, 256))
    vertices, faces = mesh("teapot")
    corners = on_screen(vertices, [30.0])
    for size in (64, 128, 256, 512, 1024):
        add("pixels", size, kernels(corners, faces, size))
    for tau in (1e-6, 1e-5, 1e-4, 1e-3, 1e-2):
        add("tau", tau, kernels(corners, faces, 256, tau))
    return rows


def step(draw: Callable[[Tensor], Tensor], corners: Tensor, target: Tensor) -> Callable[[], Tensor]:
    """A silhouette, its IoU loss, and the gradient of the corners."""
    corners = corners.detach().requires_grad_()

    def call() -> Tensor:
        return torch.autograd.grad(render.silhouette_iou_loss(draw(corners), target), corners)[0]

    return call


def reached(gradient: Tensor) -> float:
    """The share of vertices with a gradient that is more than rounding."""
    length = gradient.abs().sum(-1)
    return (length > 1e-6 * length.max()).float().mean().item()


def beside_deodr(budget: float) -> list[dict]:
    """One image of each task, ours and DEODR's in turn, on one thread. The target is the silhouette two
    pixels aside.
    """
    version = pairs.peer_version("DEODR")
    rows = []
    for name, size in (("sphere_642", 64), ("teapot", 256)):
        vertices, faces = mesh(name)
        corners = on_screen(vertices, [30.0])
        target = torch.roll(render.silhouette(corners, faces, size, distribution="hard"), 2, -1)
        adjacent = peers.DeodrMesh(faces)
        theirs = step(lambda x, m=adjacent, s=size: peers.deodr_silhouette(x, m, s), corners, target)
        for setting, options in OURS.items():
            chosen = options(size)
            ours = step(lambda x, f=faces, s=size, o=chosen: render.silhouette(x, f, s, **o), corners, target)
            row = {"mesh": name, "size": size, "setting": setting, "version": version}
            row["reached"] = reached(ours())
            if version is None:
                rows.append(row | {"ours_ms": pairs.median_ms(ours, budget)})
            else:
                rows.append(row | {"peer_reached": reached(theirs())} | pairs.alternate(ours, theirs, budget))
            print(rows[-1], flush=True)
    return rows


def mitsuba(name: str, size: int) -> dict:
    """mitsuba_silhouette.py in a process of its own: an LLVM that does not fit ends it."""
    vertices, faces = mesh(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mesh.ply"
        np.savez(path.with_suffix(".npz"), vertices=vertices.numpy(), faces=faces.numpy())
        command = [
            sys.executable,
            Path(__file__).with_name("mitsuba_silhouette.py"),
            path.with_suffix(".npz"),
            str(size),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    found = {"mesh": name, "size": size, "version": pairs.peer_version("mitsuba")}
    if done.returncode != 0:
        wrong = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        return found | {"error": (wrong or ["it ended without a word"])[0][:120]}
    return found | json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measures, prints and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a second a pair, for a first look")
    quick = parser.parse_args().quick
    budget = 1.0 if quick else 10.0
    torch.set_num_threads(1)
    rows = tasks(1 if quick else 8)
    beside = beside_deodr(budget)
    by_light = [mitsuba("sphere_642", 64), mitsuba("teapot", 256)]
    print(by_light, flush=True)
    print("written", pairs.write("render", rows, deodr=beside, mitsuba=by_light, cost=cost()))


if __name__ == "__main__":
    main()
