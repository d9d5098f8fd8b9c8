# tests/transforms/calls.py — one call of every op that computes on tensors, as a function of float tensors
"""`calls()` has for each op its `Call`: a function of the tensors that may be differentiated, batched or have
another dtype. What else the op takes (networks, labels, settings) stands inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from pliant._library import ops
from pliant.nn import IsaacConv2d, IsaacLinear
from torch import Tensor

import pliant
from pliant import render


@dataclass(frozen=True)
class Call:
    """An op with what it is called with.

    data: float64 tensors of data, which halves, layouts and batches are tried on
    learned: float64 tensors beside them that may have a gradient and keep their dtype
    rows: how many of `data` begin with a batch, which may be empty; None: all
    conditioned: the gradient is another than the derivative, by design
    """

    run: Callable[..., Any]
    data: tuple[Tensor, ...]
    learned: tuple[Tensor, ...] = ()
    rows: int | None = None
    conditioned: bool = False

    def __call__(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The results, always as a tuple."""
        results = self.run(*tensors)
        return tuple(results) if isinstance(results, tuple | list) else (results,)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """What it is called with."""
        return (*self.data, *self.learned)


def numbers(*values: float) -> Tensor:
    """A float64 vector."""
    return torch.tensor(values, dtype=torch.float64)


SCALE, ONE = numbers(3.0, 1.0, 0.0, 1.0), numbers(1.0)


def sorting(x: Tensor) -> dict[str, Call]:
    """Ops of networks and relaxed matrices; x (batch, 5)."""
    net, payload = pliant.network("odd_even", 5), torch.randn(3, 5, 2, dtype=torch.float64)
    settings = pliant.Relaxation("softsort").settings

    def places(x: Tensor) -> Tensor:
        return torch.arange(5).expand(x.shape[0], 5)

    def loss(x: Tensor, s: Tensor) -> Tensor:
        return ops.sort_loss(x, places(x), places(x), net, "cauchy", s, "bce")

    def metrics(x: Tensor) -> Tensor:
        return ops.ranking_metrics(x, places(x), None)

    return {
        "sort_values": Call(lambda x, s: ops.sort_values(x, net, "cauchy", s), (x,), (SCALE,)),
        "sort": Call(lambda x, s: ops.sort(x, net, "cauchy", s), (x,), (SCALE,)),
        "sort_apply": Call(
            lambda x, y, s: ops.sort_apply(x, y, net, "cauchy", s, True), (x, payload), (SCALE,)
        ),
        "sort_loss": Call(loss, (x,), (SCALE,)),
        "relaxed_permutation": Call(
            lambda x, s: ops.relaxed_permutation(x, "softsort", s, 0, 5, *settings), (x,), (ONE,)
        ),
        "ranking_metrics": Call(metrics, (x,)),
        "gumbel_noise": Call(lambda x: ops.gumbel_noise(x, 1, 2), (x,)),
        "ascending_order": Call(ops.ascending_order, (x,)),
    }


def projections(x: Tensor) -> dict[str, Call]:
    """Ops of sorting without a matrix."""
    order, k = ops.ascending_order, numbers(1.5, 2.0)

    def each(x: Tensor, k: Tensor) -> Tensor:
        return k.expand(x.shape[0], 2)

    def labels(x: Tensor) -> Tensor:
        return torch.tensor([2, 0, 1, 3, 1]).expand(x.shape[0], 5)

    return {
        "fast_sort": Call(lambda x, s: ops.fast_sort(x, order(x), s, "l2"), (x,), (ONE,)),
        "fast_rank": Call(lambda x, s: ops.fast_rank(x, order(x), s, "kl"), (x,), (ONE,)),
        "lap_rank": Call(lambda x, s: ops.lap_rank(x, order(x), s), (x,), (ONE,)),
        "lap_mask": Call(lambda x, k, s: ops.lap_mask(x, order(x), each(x, k), s), (x,), (k, ONE)),
        "soft_quantile": Call(lambda x, q, s: ops.soft_quantile(x, q, s)[0], (x,), (numbers(0.3, 0.55), ONE)),
        "spearman_loss": Call(lambda x, s: ops.spearman_loss(x, labels(x), None, s)[0], (x,), (ONE,)),
        "ndcg_loss": Call(
            lambda x, s: ops.ndcg_loss(x, labels(x), None, s, "exponential", 3)[0], (x,), (ONE,)
        ),
    }


def selection(x: Tensor) -> dict[str, Call]:
    """Ops of top-k learning; x (batch, 5) are scores of classes."""
    net, settings, p_k = (
        pliant.network("odd_even", 5),
        pliant.Relaxation("softsort").settings,
        numbers(0.5, 0.5),
    )
    targets = torch.arange(10_000) * 3 % 5

    def loss(x: Tensor, s: Tensor, p: Tensor) -> Any:
        chosen = targets[: x.shape[0], None]
        return ops.topk_loss(
            x, chosen, None, None, net, "cauchy", s, "", *settings, p, 5, "sm", False, 0.0, -100
        )[0]

    def smooth(x: Tensor) -> Any:
        return ops.smooth_topk_svm(x, targets[: x.shape[0]], 2, 1.0)[0]

    return {
        "topk": Call(lambda x, s: ops.topk(x, net, "cauchy", s, 2, True), (x,), (SCALE,)),
        "topk_loss": Call(loss, (x,), (SCALE, p_k)),
        "smooth_topk_svm": Call(smooth, (x,)),
    }


def connectives(x: Tensor) -> dict[str, Call]:
    """Ops of math; members of T-norms are in [0, 1]."""
    p, y = x.sigmoid(), torch.randn_like(x)
    found = {
        "decide": Call(lambda x, s: ops.decide(x, "gaussian", s), (x,), (SCALE,)),
        "t_norm": Call(lambda m, s: ops.t_norm(m, "frank", s), (p,), (numbers(3.0),)),
        "t_conorm": Call(lambda m, s: ops.t_conorm(m, "dombi", s), (p,), (numbers(3.0),)),
        "extreme": Call(lambda x, y, s: ops.extreme(x, y, "cauchy", s, False), (x, y), (SCALE,)),
        "soft_where": Call(lambda p, x, y: ops.soft_where(p, x, y, False), (p, x, y)),
        "soft_clamp": Call(lambda x, low, s: ops.soft_clamp(x, low, None, "logistic", s), (x, y), (SCALE,)),
    }
    for name in ("greater", "less", "equal", "maximum", "minimum"):
        op = getattr(ops, f"soft_{name}")
        found[f"soft_{name}"] = Call(lambda x, y, s, op=op: op(x, y, "logistic", s), (x, y), (SCALE,))
    for name in ("sign", "round"):
        op = getattr(ops, f"soft_{name}")
        found[f"soft_{name}"] = Call(lambda x, s, op=op: op(x, "logistic", s), (x,), (SCALE,))
    return found


def logic() -> dict[str, Call]:
    """Ops of gates, wiring and encoders."""
    x, image = torch.rand(3, 7, dtype=torch.float64), torch.rand(3, 2, 6, 6, dtype=torch.float64)
    wiring = pliant.logic_wiring("random", 7, 9, seed=1)
    taps = pliant.conv_taps("random", 2, 3, depth=2, kernel_size=3)
    chosen = pliant.wiring_candidates(7, 4, 3)
    parameters = torch.randn(16, 5, dtype=torch.float64)
    thresholds = torch.linspace(0.2, 0.8, 4, dtype=torch.float64)
    window = ([3, 3], [1, 1], [1, 1], 2, False, 1.0)
    return {
        "gate_coefficients": Call(
            lambda w: ops.gate_coefficients(w, "softmax", 2, 1.0, False, "gate"), (parameters,), (), 0
        ),
        "logic_dense": Call(
            lambda x, c: ops.logic_dense(x, wiring, c, [9], False, 3, 1.0),
            (x, torch.randn(4, 9, dtype=torch.float64)), (), 1,
        ),
        "logic_conv2d": Call(
            lambda x, c: ops.logic_conv2d(x, taps, c, *window)[0],
            (image, torch.randn(4, 9, dtype=torch.float64)), (), 1,
        ),
        "or_pool2d": Call(lambda x: ops.or_pool2d(x, 2)[0], (image,)),
        "logic_select": Call(
            lambda x, w: ops.logic_select(x, chosen, w, False),
            (x, torch.randn(3, 4, dtype=torch.float64)), (), 1,
        ),
        "expected_gates": Call(
            lambda c: ops.expected_gates(c, True), (torch.randn(4, 9, dtype=torch.float64),), (), 0
        ),
        "or_pool": Call(lambda x: ops.or_pool(x, 3, 2), (x[:, :6].contiguous(),)),
        "thermometer": Call(ops.thermometer, (x, thresholds), (), 1),
        "relaxed_thermometer": Call(
            lambda x, t, s: ops.relaxed_thermometer(x, t, "logistic", s), (x, thresholds), (SCALE,), 1
        ),
        "ordered_thresholds": Call(ops.ordered_thresholds, (x[0], x[:2]), (), 0),
    }  # fmt: skip


def corners(*shape: int) -> Tensor:
    """Points on the screen, in front of the camera."""
    points = torch.rand(*shape, 3, dtype=torch.float64) * 1.8 - 0.9
    return points + numbers(0.0, 0.0, 3.0)


def pictures() -> dict[str, Call]:
    """Ops that draw."""
    faces = torch.tensor([[0, 1, 2], [3, 4, 5], [1, 3, 2]])
    vertices, colours = corners(2, 6), torch.rand(2, 6, 3, dtype=torch.float64)
    size, shade = (1e4, 5, 4), ("vertex", "softmax", 0.05, 0.9, 1.0, 8.0, True, True, 0)

    def silhouette(v: Tensor, s: Tensor, p: Tensor) -> Any:
        return ops.render_silhouette(v, faces, "logistic", s, "yager", p, *size)[0]

    def image(v: Tensor, c: Tensor, s: Tensor, p: Tensor) -> Any:
        return ops.render_image(v, faces, c, "logistic", s, "yager", p, *size, *shade)[:3]

    def clipped(v: Tensor, c: Tensor) -> Any:
        points, _, _, shades = ops.clip_near(v, faces, c, 2.9, True)
        return points.nan_to_num(), shades  # the last point is nowhere

    return {
        "render_silhouette": Call(silhouette, (vertices,), (SCALE, numbers(1.5))),
        "render_image": Call(image, (vertices, colours), (SCALE, numbers(1.5))),
        "visible_faces": Call(lambda v: ops.visible_faces(v, faces, 5, 4, 1.0, 8.0, True, True), (vertices,)),
        "clip_near": Call(clipped, (vertices, colours)),
        "silhouette_iou_loss": Call(
            lambda a, b: ops.silhouette_iou_loss(a, b, "mean"),
            (torch.rand(2, 4, 4, dtype=torch.float64), torch.rand(2, 4, 4, dtype=torch.float64)), (), 0,
        ),
        "voxel_iou": Call(
            lambda a, b: ops.voxel_iou(a, b),
            (torch.rand(2, 3, 3, 3, dtype=torch.float64), torch.rand(2, 3, 3, 3, dtype=torch.float64)),
            (), 2,
        ),
    }  # fmt: skip


def meshes() -> dict[str, Call]:
    """Ops of cameras, light and meshes."""
    mesh = render.icosphere(0)
    parts, faces = render.topology(mesh.faces, 12), mesh.faces
    vertices = mesh.vertices.double() * (1 + 0.3 * torch.rand(2, 12, 1, dtype=torch.float64)) + numbers(
        0, 0, 3
    )
    vector = [numbers(0.0, 1.0, -2.0), numbers(0.1, 0.2, 3.0), numbers(0.0, 1.0, 0.0)]
    lights = (torch.rand(1, 3, dtype=torch.float64), torch.randn(1, 3, dtype=torch.float64))
    camera = torch.randn(3, 4, dtype=torch.float64) + 3 * torch.eye(3, 4, dtype=torch.float64)
    angle = numbers(10.0, 20.0)
    shaded = torch.nn.functional.normalize(vertices, dim=-1)
    return {
        "face_vertices": Call(lambda v: ops.face_vertices(v, faces), (vertices,)),
        "scatter_corners": Call(
            lambda c: ops.scatter_corners(c, faces, 12), (torch.randn(2, 20, 3, 2, dtype=torch.float64),)
        ),
        "mesh_laplacian": Call(lambda v: ops.mesh_laplacian(v, parts.offsets, parts.neighbours), (vertices,)),
        "mesh_flatten": Call(lambda v: ops.mesh_flatten(v, parts.interior), (vertices,)),
        "surface_normals": Call(lambda v: ops.surface_normals(v, faces), (vertices,)),
        "vertex_normals": Call(lambda v: ops.vertex_normals(v, faces), (vertices,)),
        "mesh_textures": Call(
            lambda v, t: ops.mesh_textures(v, faces, t, "vertex"),
            (vertices, torch.rand(2, 12, 3, dtype=torch.float64)),
        ),
        "voxels": Call(lambda c: ops.voxels(c, 4), (mesh.face_vertices.double(),)),
        "voxelize": Call(lambda c: ops.voxelize(c, 4), (mesh.face_vertices.double(),)),
        "look_at": Call(ops.look_at, (vertices, *vector), (), 1),
        "look": Call(ops.look, (vertices, *vector), (), 1),
        "points_from_angles": Call(ops.points_from_angles, (angle, angle + 1, angle + 2)),
        "perspective": Call(lambda v: ops.perspective(v, 30.0), (vertices,)),
        "perspective.learned": Call(ops.perspective.learned, (vertices, angle)),
        "orthographic": Call(lambda v: ops.orthographic(v, 2.0), (vertices,)),
        "project": Call(lambda v, p: ops.project(v, p), (vertices, camera), (), 1),
        "lighting": Call(ops.lighting, (shaded, numbers(0.5, 0.5, 0.5), *lights), (), 1),
    }


def programs(x: Tensor) -> dict[str, Call]:
    """Ops of relaxed programs and solvers."""
    text = pliant.program.parse(
        "program f(x[n]) { var y = 0\n if x[0] > x[1] { y = x[0] * x[1] }\n return y }"
    ).text
    run, beta = ("probabilistic", ONE, "soft", 1e-5, 100, False), numbers(3.0)

    def scale(beta: Tensor) -> Tensor:
        return torch.cat([beta, SCALE[1:]])

    def node(x: Tensor, y: Tensor, s: Tensor) -> Any:
        empty = x[:0]
        add = [3, 0, 0, 2, 0, x.shape[0], 0, 0]
        return ops.program_node(x, y, empty, empty, add, 0.5, "logistic", s, "hamacher", ONE, "soft")

    tile = torch.randn(3, 16, dtype=torch.float64)
    return {
        "call_program": Call(
            lambda x, b: ops.call_program([x], text, "logistic", scale(b), *run, 1 << 20), (x,), (beta,)
        ),
        "run_program": Call(
            lambda x, b: ops.run_program(x, text, [5], "logistic", scale(b), *run, 1 << 20, False)[0],
            (x,),
            (beta,),
        ),
        "run_program_on_tensors": Call(
            lambda x, b: ops.run_program_on_tensors([x], text, "logistic", scale(b), *run, []), (x,), (beta,)
        ),
        "trace_program": Call(
            lambda x, b: ops.trace_program([x], text, "logistic", scale(b), *run, [])[1], (x,), (beta,)
        ),
        "program_node": Call(node, (tile, torch.randn_like(tile)), (SCALE,), 0),
        "shortest_path": Call(ops.shortest_path, (0.1 + torch.rand(3, 4, 4, dtype=torch.float64),)),
    }


def optimisers() -> dict[str, Call]:
    """Ops of ISAAC."""
    linear = IsaacLinear(6, 3, damping=0.5, dtype=torch.float64)
    conv = IsaacConv2d(4, 6, 3, groups=2, damping=0.5, dtype=torch.float64)
    x, image = torch.randn(4, 6, dtype=torch.float64), torch.randn(2, 4, 5, 5, dtype=torch.float64)
    window = ([1, 1], [0, 0], [1, 1], 2)
    moment = x.T @ x
    factor = ops.isaac_factorise(moment, 0.5)[0]
    return {
        "isaac_linear": Call(
            lambda x, w, b: ops.isaac_linear(x, w, b, *linear._settings()),
            (x, linear.weight.detach(), linear.bias.detach()), (), 1, True,
        ),
        "isaac_conv2d": Call(
            lambda x, w, b: ops.isaac_conv2d(x, w, b, *window, *conv._settings()),
            (image, conv.weight.detach(), conv.bias.detach()), (), 1, True,
        ),
        "isaac_factorise": Call(lambda m: ops.isaac_factorise(m, 0.5)[0], (moment,), (), 0),
        "isaac_solve": Call(
            lambda r: ops.isaac_solve(factor.to(r.dtype), r), (torch.randn(6, 2, dtype=torch.float64),), (), 0
        ),
    }  # fmt: skip


def calls() -> dict[str, Call]:
    """Of every op, by its name; the same numbers each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        x = torch.randn(3, 5, dtype=torch.float64)
        return {
            **connectives(x), **sorting(x), **projections(x), **selection(x), **logic(), **pictures(),
            **meshes(), **programs(x), **optimisers(),
        }  # fmt: skip


# Ops that stand in no table, and why.
PREPARE = "makes what calls are made with, once"
ELSEWHERE = {
    "call_external": "calls a Python function inside run_program_on_tensors",
    "choose_thresholds": PREPARE,
    "coverage_radius": "gives a number",
    "gate_adam_": "an optimiser's step, in place",
    "mesh_check": PREPARE,
    "mesh_topology": PREPARE,
    "quantile": "gives a number",
    "save_obj": "writes a file",
    "scale_of_margin": "gives a number",
    "scale_of_width": "gives a number",
    "threshold_gaps": PREPARE,
    "without_dead_comparators": PREPARE,
    "write_features": "writes a file",
}


def names() -> list[str]:
    """The ops of the library that take a tensor, but for gradients, by name and overload."""
    found = []
    for schema in torch._C._jit_get_all_schemas():
        space, _, name = schema.name.partition("::")
        takes = any("Tensor" in str(argument.type) for argument in schema.arguments)
        if space == "pliant" and takes and not name.endswith("_backward"):
            found.append(f"{name}.{schema.overload_name}" if schema.overload_name else name)
    return sorted(found)
