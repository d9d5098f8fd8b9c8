# experiments/render/tables.py — the tables of docs/experiments.md on rendering, made from the rows
from __future__ import annotations

from collections.abc import Callable, Sequence

from experiments.render import camera, deform, full_search, ranks, reconstruct, shape
from experiments.rows import Row
from experiments.statistics import estimate
from experiments.tables import NONE, markdown, table_of, with_interval


def best(rows: Sequence[Row], distribution: str, t_norm: str) -> str:
    """The smallest hard loss over the softnesses that were tried, in %, and log10 τ where it was found."""
    wanted = {"distribution": distribution, "t_norm": t_norm}
    found = [row for row in rows if wanted.items() <= row["setting"].items() and "error" not in row]
    if not found:
        return NONE
    row = min(found, key=lambda row: row["test"]["hard_loss"])
    at_end = len(found) < len(shape.OFFSETS)
    return f"{100 * row['test']['hard_loss']:.1f} ({row['setting']['log10_tau']:g}{', …' if at_end else ''})"


def shapes(rows: list[Row]) -> str:
    """Distributions by T-conorms."""
    head = ["hard IoU loss in % (log10 τ)", *shape.T_NORMS]
    lines = [[d, *(best(rows, d, t) for t in shape.T_NORMS)] for d in shape.DISTRIBUTIONS]
    return markdown(head, lines)


def full_searches(rows: list[Row]) -> str:
    """A line a pair: of each elevation the least loss with its log10 τ, then the mean of the elevations."""
    lines = []
    for pair in {ranks.pair_of(row) for row in rows}:
        problems = [full_search.of_problem(rows, pair, elevation) for elevation in full_search.ELEVATIONS]
        best = [min(problem, key=full_search.score) if problem else None for problem in problems]
        cells = [
            f"{100 * full_search.score(row):.1f} ({row['setting']['log10_tau']:g})" if row else NONE
            for row in best
        ]
        mean = estimate([100 * full_search.score(row) for row in best if row]).mean
        lines.append((mean, [", ".join(pair), *cells, f"{mean:.1f}", str(sum(map(len, problems)))]))
    degrees = [f"{elevation}°" for elevation in full_search.ELEVATIONS]
    head = ["hard IoU loss in % (log10 τ)", *degrees, "mean", "runs"]
    return markdown(head, [line for _, line in sorted(lines)])


def deformation(rows: list[Row]) -> str:
    """A line a run: how far it was, step by step."""
    lines = []
    for row in rows:
        hard = dict(row["curve"])
        end = row["setting"].get("tau_end")
        ways = [f"{100 * hard[step]:.1f}" for step in deform.SHOWN]
        best = f"{100 * row['validation']['hard_loss']:.1f}"
        voxels = f"{100 * row['validation']['voxel_iou']:.1f}"
        lines.append([f"τ = 1e-4 … {end:g}" if end else "τ = 1e-4", *ways, best, voxels])
    steps = [f"step {step:,}" for step in deform.SHOWN]
    return markdown(["hard IoU loss in % of 120 views", *steps, "best", "voxel IoU then"], lines)


def found(row: Row, share: str) -> str:
    """A share of the cameras of one bin in %, with the standard error of as many yes or no."""
    p, n = row["test"][share], camera.CAMERAS / len(camera.BINS)
    return f"{100 * p:.0f} ± {100 * (p * (1 - p) / n) ** 0.5:.0f}"


def cameras(rows: list[Row]) -> str:
    """A row a distribution and T-conorm, in the order of the plan."""
    lines = []
    for job in camera.plan(rows):
        of_job = [row for row in rows if job.matches(row) and "error" not in row]
        cells = [found(of_job[0], share) if of_job else NONE for share in camera.BINS]
        lines.append([f"{job.setting['distribution']}, {job.setting['t_norm']}", *cells])
    return markdown(
        ["cameras found in %, of those that begin", "15 … 35° away", "35 … 55°", "55 … 75°"], lines
    )


def reconstructions(rows: list[Row]) -> str:
    """Distributions by T-conorms, then what else the probabilistic sum's rows have."""

    def cell(distribution: str, t_norm: str, figure: str, steps: int = reconstruct.STEPS) -> str:
        wanted = {"distribution": distribution, "t_norm": t_norm, "steps": steps}
        of_cell = [row for row in rows if row["setting"] == wanted and "error" not in row]
        return with_interval(estimate([100 * row["test"][figure] for row in of_cell])) if of_cell else NONE

    first = reconstruct.T_NORMS[0]
    lines = [
        [
            d,
            *(cell(d, t, "voxel_iou") for t in reconstruct.T_NORMS),
            cell(d, first, "silhouette_loss"),
        ]
        for d in reconstruct.DISTRIBUTIONS
    ]
    start = [cell(**reconstruct.START, figure=figure) for figure in ("voxel_iou", "silhouette_loss")]
    lines.append(["after one step", start[0], NONE, NONE, start[1]])
    head = ["IoU of voxels in %", *reconstruct.T_NORMS, "hard IoU loss of silhouettes"]
    return markdown(head, lines)


TABLES: dict[str, Callable[[], str]] = {
    "experiments_render_shape": table_of(shape.EXPERIMENT, shapes),
    "experiments_render_camera": table_of(camera.EXPERIMENT, cameras),
    "experiments_render_full_search": table_of(full_search.EXPERIMENT, full_searches),
    "experiments_render_deform": table_of(deform.EXPERIMENT, deformation),
    "experiments_render_reconstruct": table_of(reconstruct.EXPERIMENT, reconstructions),
    "experiments_render_reconstruct_families": table_of(reconstruct.EXPERIMENT, ranks.families),
    "experiments_render_ranks": ranks.block,
}
