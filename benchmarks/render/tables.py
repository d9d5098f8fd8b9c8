# benchmarks/render/tables.py — the tables of docs/benchmarks.md on rendering, made from the results
from __future__ import annotations

from collections.abc import Callable

from benchmarks.tables import NO_RESULTS, NONE, origin, ratio, read_results, table

AXES = {"faces": "faces", "pixels": "pixels a side", "tau": "τ"}


def _both(row: dict, who: str) -> float:
    """Milliseconds of forward and backward."""
    forward, backward = (
        ("brute_forward", "brute_backward") if who == "brute" else (f"forward_{who}", f"backward_{who}")
    )
    return row[forward] + row[backward]


def kernels() -> str:
    """The two tasks beside the loop over all pixels and faces, a row a task."""
    results = read_results("render")
    if not results:
        return NO_RESULTS
    rows = []
    for row in results["rows"]:
        cells = [f"{row['faces']:,} faces, {row['size']}², batch {row['batch']}"]
        cells += [f"{row['forward_1']:.3g} + {row['backward_1']:.3g} ms"]
        cells += [f"{row['forward_2']:.3g} + {row['backward_2']:.3g} ms"]
        cells += [f"{_both(row, 'brute') / 1e3:.3g} s", f"{_both(row, 'brute') / _both(row, '2'):,.0f}"]
        pairs = [row["pairs"] / (row[f"{way}_1"] * 1e-3) / 1e6 for way in ("forward", "backward")]
        rows.append([*cells, f"{row['pairs']:,}", f"{pairs[0]:.0f} M, {pairs[1]:.0f} M"])
    head = ["forward + backward", "one thread", "two threads", "the loop", "ratio, two threads"]
    head += ["pairs in reach", "pairs a second and core, forward, backward"]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


def beside_deodr() -> str:
    """One image, its IoU loss and the gradient, beside DEODR, a row a setting of ours."""
    results = read_results("render")
    if not results:
        return NO_RESULTS
    rows = []
    for row in results["deodr"]:
        cells = [
            f"`{row['mesh']}`, {row['size']}², {row['setting']}",
            f"{row['ours_ms']:.3g} ms",
            *ratio(row),
        ]
        shares = [row["reached"], row.get("peer_reached")]
        rows.append([*cells, *(NONE if share is None else f"{100 * share:.0f} %" for share in shares)])
    head = ["one image on one thread", "pliant", "DEODR", "ratio (quartiles)", "of the fastest rounds"]
    head += ["vertices with a gradient", "DEODR's"]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


def mitsuba() -> str:
    """One image and the gradient of its sum by Mitsuba, a row a mesh."""
    results = read_results("render")
    if not results:
        return NO_RESULTS
    rows = []
    for row in results["mitsuba"]:
        cells = [f"`{row['mesh']}`, {row['size']}²"]
        if "error" in row:
            rows.append([*cells, f"does not start: {row['error'].partition(': 0x')[0]}", NONE])
        else:
            rows.append([*cells, f"{row['seconds']:.3g} s", f"{100 * row['reached']:.0f} %"])
    head = ["one image on one thread", "Mitsuba, 16 samples a pixel", "vertices with a gradient"]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


def shapes() -> str:
    """The hard IoU after equal seconds, a row a target and renderer."""
    results = read_results("render_shape")
    if not results:
        return NO_RESULTS
    rows = []
    for row in results["rows"]:
        cells = [f"`{row['target']}`, {row['renderer']}", *(f"{iou:.3f}" for iou in row["iou"])]
        rows.append([*cells, f"{row['steps']:,}", f"{row['rate']:.3f}"])
    head = ["sphere to", *(f"{mark:g} s" for mark in results["marks"]), "steps", "learning rate"]
    return f"{table(head, rows)}\n{origin(results['machine'])}"


def cost() -> str:
    """How time grows, a row a size."""
    results = read_results("render")
    if not results:
        return NO_RESULTS
    rows = []
    for row in results["cost"]:
        rows.append(
            [
                f"{AXES[row['axis']]}: {row['value']:,g}",
                *(f"{row[way]:.3g} ms" for way in ("forward_1", "backward_1")),
            ]
        )
    return f"{table(['one thread', 'forward', 'backward'], rows)}\n{origin(results['machine'])}"


TABLES: dict[str, Callable[[], str]] = {
    "benchmarks_render": kernels,
    "benchmarks_render_deodr": beside_deodr,
    "benchmarks_render_mitsuba": mitsuba,
    "benchmarks_render_shape": shapes,
    "benchmarks_render_cost": cost,
}
