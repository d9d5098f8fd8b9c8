# experiments/render/ranks.py — which distribution and T-conorm wins where, over the experiments on rendering
"""A score is a figure in %, the larger the better, of a pair of a distribution and a T-conorm. That of a
distribution is its best over the T-conorms that were tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from experiments.render import camera, reconstruct, shape
from experiments.rows import Row, read_rows
from experiments.tables import NO_ROWS, NONE, markdown

Pair = tuple[str, str]
Scores = Mapping[Pair, float]
CLAIMED = "uniform"  # best on average over classes, says the paper


def pair_of(row: Row) -> Pair:
    return row["setting"]["distribution"], row["setting"]["t_norm"]


def shape_scores(rows: Iterable[Row]) -> dict[Pair, float]:
    """The IoU of hard silhouettes at the best softness that was tried."""
    scores: dict[Pair, float] = {}
    for row in rows:
        if "error" not in row:
            score = 100 * (1 - row["test"]["hard_loss"])
            scores[pair_of(row)] = max(score, scores.get(pair_of(row), 0.0))
    return scores


def camera_scores(rows: Iterable[Row], share: str) -> dict[Pair, float]:
    """The cameras of a bin that were found."""
    return {pair_of(row): 100 * row["test"][share] for row in rows if "error" not in row}


def reconstruct_scores(rows: Iterable[Row], figure: str) -> dict[Pair, float]:
    """The mean over the seeds; not of the row before learning."""
    values: dict[Pair, list[float]] = {}
    for row in rows:
        if "error" not in row and row["setting"]["steps"] == reconstruct.STEPS:
            values.setdefault(pair_of(row), []).append(100 * row["test"][figure])
    return {pair: sum(of_pair) / len(of_pair) for pair, of_pair in values.items()}


def tasks(shapes: list[Row], cameras: list[Row], reconstructions: list[Row]) -> dict[str, Scores]:
    """The scores of what was tried, by what it is called; without those that have no rows yet."""
    ways = ("15 … 35°", "35 … 55°", "55 … 75°")
    every = {
        "shape, IoU of silhouettes": shape_scores(shapes),
        **{
            f"cameras {way} away, found": camera_scores(cameras, share)
            for way, share in zip(ways, camera.BINS, strict=True)
        },
        "reconstruction, IoU of voxels": reconstruct_scores(reconstructions, "voxel_iou"),
    }
    return {name: scores for name, scores in every.items() if scores}


def of_distributions(scores: Scores) -> dict[str, float]:
    """The best over T-conorms."""
    best: dict[str, float] = {}
    for (distribution, _), score in scores.items():
        best[distribution] = max(score, best.get(distribution, score))
    return best


def rank(scores: Mapping[str, float], name: str) -> float:
    """1 for the largest; equal ones share the mean of their places."""
    above = sum(score > scores[name] for score in scores.values())
    equal = sum(score == scores[name] for score in scores.values())
    return above + (equal + 1) / 2


def winners(of_tasks: Mapping[str, Scores]) -> str:
    """A line a task: the best pair, beside the distribution that the paper finds best on average."""
    lines = []
    for task, scores in of_tasks.items():
        pair = max(scores, key=lambda pair: scores[pair])
        best = of_distributions(scores)
        claimed = [NONE, NONE]
        if CLAIMED in best:
            claimed = [f"{best[CLAIMED]:.1f}", f"{rank(best, CLAIMED):g} of {len(best)}"]
        lines.append([task, ", ".join(pair), f"{scores[pair]:.1f}", *claimed])
    head = ["what, in %", "best pair", "has", f"{CLAIMED}, its best T-conorm", f"rank of {CLAIMED}"]
    return markdown(head, lines)


def mean_ranks(of_tasks: Mapping[str, Scores]) -> str:
    """Distributions that every task tried, by their mean rank among each other."""
    of_task = [of_distributions(scores) for scores in of_tasks.values()]
    common = [name for name in shape.DISTRIBUTIONS if all(name in best for best in of_task)]
    ranks = {
        name: [rank({other: best[other] for other in common}, name) for best in of_task] for name in common
    }
    ordered = sorted(common, key=lambda name: sum(ranks[name]))
    lines = [
        [name, *(f"{r:g}" for r in ranks[name]), f"{sum(ranks[name]) / len(of_task):.1f}"] for name in ordered
    ]
    return markdown([f"rank among {len(common)}", *(task.split(",")[0] for task in of_tasks), "mean"], lines)


def families(rows: Sequence[Row]) -> str:
    """Of each family of objects that was reconstructed, under the probabilistic sum: who is best."""
    of_families = {
        name: {
            pair: score
            for pair, score in reconstruct_scores(rows, f"class_{name}").items()
            if pair[1] == reconstruct.T_NORMS[0]
        }
        for name in reconstruct.FAMILIES
    }
    lines = []
    for name, scores in of_families.items():
        best = of_distributions(scores)
        first = max(best, key=lambda one: best[one])
        place = f"{rank(best, CLAIMED):g} of {len(best)}" if CLAIMED in best else NONE
        claimed = f"{best[CLAIMED]:.1f}" if CLAIMED in best else NONE
        lines.append([name, first, f"{best[first]:.1f}", claimed, place])
    return markdown(["family", "best", "IoU of voxels in %", CLAIMED, f"rank of {CLAIMED}"], lines)


def block() -> str:
    """Winners, then ranks, of the rows there are."""
    of_tasks = tasks(*(read_rows(one.EXPERIMENT.results) for one in (shape, camera, reconstruct)))
    return f"{winners(of_tasks)}\n{mean_ranks(of_tasks)}" if of_tasks else NO_ROWS
