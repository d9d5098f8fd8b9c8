# benchmarks/render/mitsuba_silhouette.py — Mitsuba 3 draws a glowing mesh and sends its gradient back
"""`mitsuba_silhouette.py MESH.npz SIZE` prints JSON: seconds of processor time of an image and the gradient
of its sum, forward and backward, on one thread; and the share of vertices that the gradient reaches.

The mesh glows, so that a picture is its silhouette; the integrator is direct_projective, whose gradients come
from samples on silhouettes, 16 samples a pixel. DRJIT_LIBLLVM_PATH names the LLVM; 3.9.1 needs version 17 or
later.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[2] / "build" / "peers"))
import drjit as dr
import mitsuba as mi

SAMPLES, CALLS = 16, 10
EYE = [1.183, 1.366, -2.049]  # distance 2.732, elevation 30, azimuth 30


def scene_of(path: str, size: int) -> mi.Scene:
    """The mesh of the file, seen by GenDR's camera."""
    to_world = mi.ScalarTransform4f().look_at(origin=EYE, target=[0, 0, 0], up=[0, 1, 0])
    film = {"type": "hdrfilm", "width": size, "height": size, "pixel_format": "luminance"}
    glow = {"type": "area", "radiance": {"type": "rgb", "value": 1.0}}
    return mi.load_dict(
        {
            "type": "scene",
            "integrator": {"type": "direct_projective", "sppi": 0},
            "sensor": {
                "type": "perspective",
                "fov": 30,
                "to_world": to_world,
                "film": film | {"rfilter": {"type": "box"}, "sample_border": True},
            },
            "mesh": {"type": "ply", "filename": path, "face_normals": True, "emitter": glow},
        }
    )


def step_of(scene: mi.Scene) -> Callable[[int], np.ndarray]:
    """One image and the gradient of its sum by the vertices."""
    parameters = mi.traverse(scene)
    place = mi.Float(parameters["mesh.vertex_positions"])

    def step(seed: int) -> np.ndarray:
        moved = mi.Float(place)
        dr.enable_grad(moved)
        parameters["mesh.vertex_positions"] = moved
        parameters.update()
        dr.backward(dr.sum(mi.render(scene, parameters, spp=SAMPLES, seed=seed).array))
        return dr.grad(moved).numpy().reshape(-1, 3)

    return step


def main() -> None:
    """Measures and prints."""
    mi.set_variant("llvm_ad_rgb")
    dr.set_thread_count(1)
    mi.set_log_level(mi.LogLevel.Error)
    content = np.load(sys.argv[1])
    vertices, faces = content["vertices"], content["faces"]
    mesh = mi.Mesh("mesh", len(vertices), len(faces))
    parameters = mi.traverse(mesh)
    parameters["vertex_positions"] = vertices.ravel()
    parameters["faces"] = faces.astype(np.uint32).ravel()
    parameters.update()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "mesh.ply")
        mesh.write_ply(path)
        step = step_of(scene_of(path, int(sys.argv[2])))
    length = np.abs(step(0)).sum(1)
    times = []
    for seed in range(1, CALLS + 1):
        start = time.process_time()
        step(seed)
        times.append(time.process_time() - start)
    reached = float((length > 1e-6 * length.max()).mean())
    print(json.dumps({"seconds": min(times), "reached": reached, "samples": SAMPLES}))


if __name__ == "__main__":
    main()
