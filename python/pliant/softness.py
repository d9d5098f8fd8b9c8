# python/pliant/softness.py — temperatures in the user's terms: ranks, pixels, margins, votes
"""How soft should a relaxation be? Its temperature is a number that means something else for every
distribution and problem. These functions take what one can say, and give the temperature:

| what one can say | function | temperature |
|---|---|---|
| how far a relaxed order may be off, in ranks or wrong items | `steepness` | of sorting and top-k |
| how wide an edge is in the picture, in pixels | `tau` | of the renderer |
| the difference of which a comparison is sure | `beta` | of programs and soft functions |
| the lead in votes of which the classes' softmax is sure | `votes_tau` | of group sums |

`calibrate` does it for a module. `Renderer`, `render.silhouette`, `render.image`, `program.Program` and the
functions of `pliant.soft` take `softness=` themselves, since they need no data. `pliant.schedule` anneals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from pliant._library import ops
from pliant.math import Distribution, distribution_of, parameters
from pliant.networks import Network
from pliant.relaxation import Relaxation
from pliant.sorting import soft_rank
from pliant.top_k import topk

__all__ = ["beta", "calibrate", "error", "quantile", "steepness", "tau", "votes_tau", "width"]

_NUMBERS, _MOST_NUMBERS, _LEAST_SETS = 4096, 65536, 8
_STRIDE, _ACCURACY = 4.0, 1e-4
_LOWEST, _HIGHEST = 1e-9, 1e12  # in units of 1/standard deviation
_Module = TypeVar("_Module")


def quantile(p: float, distribution: str | Distribution = "logistic") -> float:
    """Where the CDF reaches a chance: the least u with F(u) = p; where F jumps over p, the jump.

    Args:
        p: in (0, 1)
        distribution: a name of `pliant.distributions()`, or a `pliant.Distribution`

    Raises:
        ValueError: if p is not in (0, 1)

    >>> round(pliant.softness.quantile(0.75, "cauchy"), 6)
    1.0
    """
    family = distribution_of(distribution)
    return ops.quantile(family.name, parameters(family).detach(), p)


def beta(margin: float, *, chance: float = 0.9, distribution: str | Distribution = "logistic") -> float:
    """The inverse temperature at which a comparison is sure of a margin: F(β·margin) = chance.

    Args:
        margin: > 0: the difference of both sides, in their unit
        chance: how sure; above F(0), 1/2 of symmetric distributions, and below 1
        distribution: of the comparison

    Raises:
        ValueError: if an argument is out of its range, or the distribution decides at once ("hard")

    >>> beta = pliant.softness.beta(0.5, chance=0.9)
    >>> pliant.soft.greater(torch.tensor([0.5]), 0.0, beta=beta)
    tensor([0.9000])
    """
    family = distribution_of(distribution)
    return ops.scale_of_margin(family.name, parameters(family).detach(), margin, chance)


def tau(
    pixels: float,
    size: int | tuple[int, int] = 256,
    *,
    distribution: str | Distribution = "logistic",
    squared: bool = True,
) -> float:
    """The renderer's τ at which a straight edge goes from 10 % to 90 % of coverage within so many pixels.

    Args:
        pixels: > 0
        size: of the picture: pixels, or (height, width)
        distribution, squared: of the coverage, as of `pliant.render.silhouette`

    Raises:
        ValueError: if an argument is out of its range, or the distribution has no width ("hard")

    Overlapping faces, corners and triangles that are narrower than the edge add up to other widths.

    >>> [f"{pliant.softness.tau(2.0, 64, distribution=name):.2g}" for name in ("logistic", "cauchy")]
    ['0.00044', '0.00032']
    """
    family = distribution_of(distribution)
    numbers = parameters(family, 1.0, 2.0 if squared else 1.0).detach()
    return 1 / ops.scale_of_width(family.name, numbers, pixels * _pixel(size))


def width(
    tau: float | Tensor,
    size: int | tuple[int, int] = 256,
    *,
    distribution: str | Distribution = "logistic",
    squared: bool = True,
) -> float:
    """How many pixels an edge takes from 10 % to 90 % of coverage: what `tau` undoes; 0 for "hard".

    >>> round(pliant.softness.width(pliant.softness.tau(2.0, 64), 64), 6)
    2.0
    """
    family = distribution_of(distribution)
    scale = 1 / float(tau.detach() if isinstance(tau, Tensor) else tau)
    numbers = parameters(family, scale, 2.0 if squared else 1.0).detach()
    low, high = (ops.quantile(family.name, numbers, p) for p in (0.1, 0.9))
    return (high - low) / _pixel(size)


def _pixel(size: int | tuple[int, int]) -> float:
    """Of the screen, whose shorter side is 2."""
    side = size if isinstance(size, int) else min(size)
    if side < 1:
        raise ValueError(f"softness: size must be at least 1, got {size}")
    return 2 / side


def votes_tau(votes: float, classes: int, *, chance: float = 0.9) -> float:
    """The τ of a group sum at which the softmax is sure of a class that leads all others by so many votes.

    Args:
        votes: > 0: gates that say 1, more than of any other class
        classes: at least 2
        chance: above 1/classes, below 1

    Raises:
        ValueError: if an argument is out of its range

    >>> tau = pliant.softness.votes_tau(20, classes=10)
    >>> scores = pliant.group_sum(torch.eye(10)[0].repeat_interleave(20), 10, tau)
    >>> scores.softmax(0)[0]
    tensor(0.9000)
    """
    if not 0 < votes < math.inf:
        raise ValueError(f"softness: votes must be > 0 and finite, got {votes}")
    if classes < 2:
        raise ValueError(f"softness: classes must be at least 2, got {classes}")
    if not 1 / classes < chance < 1:
        raise ValueError(f"softness: chance must be in (1/{classes}, 1), got {chance}")
    return votes / math.log(chance / (1 - chance) * (classes - 1))


def error(
    scores: Tensor | int,
    steepness: float,
    *,
    k: int | None = None,
    method: str | Network | Relaxation | None = None,
    distribution: str | Distribution = "cauchy",
) -> float:
    """How soft a relaxed order of scores is: what `steepness` undoes. Arguments as there.

    >>> round(pliant.softness.error(5, 10.0), 2)
    0.24
    """
    return _measure(scores, k, method, distribution)[1](steepness)


def steepness(
    softness: float,
    scores: Tensor | int,
    *,
    k: int | None = None,
    method: str | Network | Relaxation | None = None,
    distribution: str | Distribution = "cauchy",
) -> float:
    """The steepness at which relaxed ranks are off by so much, found by bisection on data.

    Args:
        softness: > 0: the mean of |soft_rank − rank| over all items, below what no order at all is off by
            (about n/4); with k how many of the k largest are wrong in the mean: k less their attributions
        scores: (…, n), finite, as they come from a network, sets to sort; or n, for scores with standard
            deviation 1
        k: of `pliant.topk`; None: the whole order
        method, distribution: as of `pliant.soft_rank`, or with k of `pliant.topk`; None: theirs

    Returns:
        the steepness, to a ten-thousandth. Of more than 65,536 numbers, sets evenly spaced are taken.

    Raises:
        ValueError, TypeError: that name the argument, what was expected and what came

    Cost: about thirty calls of the function. Scores spread while a network learns: calibrate again.

    >>> scores = torch.randn(100, 8, generator=torch.Generator().manual_seed(0))
    >>> steepness = pliant.softness.steepness(0.5, scores)
    >>> ranks = scores.argsort(-1).argsort(-1) + 1
    >>> (pliant.soft_rank(scores, steepness=steepness) - ranks).abs().mean()
    tensor(0.5000)
    """
    if not 0 < softness < math.inf:
        raise ValueError(f"softness: softness must be > 0 and finite, got {softness}")
    sets, measure = _measure(scores, k, method, distribution)
    spread = float(sets.std(correction=0))
    if not spread > 0:
        raise ValueError("softness: the scores must not all be equal")
    high = 1 / spread  # what is measured there is at most `softness`, and above it at low
    while measure(high) > softness:
        high *= _STRIDE
        if high * spread > _HIGHEST:
            raise ValueError(f"softness: no steepness is off by only {softness}")
    low = high / _STRIDE
    while (found := measure(low)) <= softness:
        if found == 0:
            raise ValueError("softness: the method is exact at any steepness")
        if low * spread < _LOWEST:
            raise ValueError(
                f"softness: softness must be below {found:.4g}, what the method is off by at most, "
                f"got {softness}"
            )
        high, low = low, low / _STRIDE
    while high > low * (1 + _ACCURACY):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if measure(middle) > softness else (low, middle)
    return high


def _measure(
    scores: Tensor | int,
    k: int | None,
    method: str | Network | Relaxation | None,
    distribution: str | Distribution,
) -> tuple[Tensor, Callable[[float], float]]:
    """The sets, and what is off at a steepness."""
    sets = _normal_sets(scores) if isinstance(scores, int) else _sets_of(scores)
    options: dict[str, Any] = {"distribution": distribution}
    if method is not None:
        options["method"] = method
    truth = sets.topk(k).indices if k is not None and 1 <= k <= sets.shape[-1] else _ranks(sets)

    @torch.no_grad()
    def measure(steepness: float) -> float:
        if k is None:
            return float((soft_rank(sets, steepness=steepness, **options) - truth).abs().mean())
        attribution = topk(sets, k, steepness=steepness, **options)[1].sum(-1)
        return float(k - attribution.gather(-1, truth).sum(-1).mean())

    return sets, measure


def _normal_sets(n: int) -> Tensor:
    """Always the same scores with standard deviation 1, as pliant::normal_scores has them."""
    if n < 2:
        raise ValueError(f"softness: there must be at least two scores in a set, got {n}")
    shape = max(_NUMBERS // n, _LEAST_SETS), n
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def _sets_of(scores: Tensor) -> Tensor:
    if not isinstance(scores, Tensor) or not scores.is_floating_point():
        found = scores.dtype if isinstance(scores, Tensor) else type(scores).__name__
        raise TypeError(f"softness: scores must be floating point or a number of them, got {found}")
    if scores.dim() == 0 or scores.shape[-1] < 2 or scores.numel() == 0:
        raise ValueError(f"softness: scores must be sets of at least two, got shape {tuple(scores.shape)}")
    sets = scores.detach().to("cpu", torch.float64).reshape(-1, scores.shape[-1])
    if not bool(sets.isfinite().all()):
        raise ValueError("softness: scores must be finite")
    most = max(_MOST_NUMBERS // sets.shape[1], _LEAST_SETS)
    if len(sets) <= most:
        return sets
    return sets[(torch.arange(most, dtype=torch.float64) * (len(sets) / most)).long()]


def _ranks(sets: Tensor) -> Tensor:
    """Ranks from 1; those of equal scores are their mean."""
    ordered, keys = sets.sort(-1).values, sets.contiguous()
    before, until = (torch.searchsorted(ordered, keys, right=right) for right in (False, True))
    return (before + until + 1).double() / 2


def calibrate(module: _Module, softness: float, scores: Tensor | int | None = None) -> _Module:
    """Sets the temperature of a module so that it is as soft as is said in the module's own terms.

    Args:
        module: changed in place, but for a program, which never changes:

            | module | softness | scores |
            |---|---|---|
            | `pliant.nn` Sort, SoftRank, ApplySort, PermutationLoss | ranks | as `steepness`, n along dim |
            | `pliant.nn.TopKCrossEntropy` | wrong ones of the k largest, its largest k | (…, classes) |
            | `pliant.render.Renderer` | pixels | – |
            | `pliant.nn` GroupSum, LogicNetwork | votes | – |
            | `pliant.program.Program` | margin | – |
        softness: as the table says
        scores: data, where the table has some

    Returns:
        the module; of a program the softer one

    Raises:
        TypeError: if the module is none of these, or scores are missing or not asked for
        ValueError: if an argument is out of its range

    >>> scores = torch.randn(100, 5, generator=torch.Generator().manual_seed(0))
    >>> module = pliant.softness.calibrate(pliant.nn.Sort(), 0.5, scores)
    >>> round(pliant.softness.error(scores, module.steepness), 3)
    0.5
    """
    from pliant import nn, program, render  # two of them stand on this module

    found = type(module).__name__
    kinds: list[tuple[Any, Callable[..., Any]]] = [
        ((nn.Sort, nn.SoftRank, nn.ApplySort, nn.PermutationLoss), _calibrate_sort),
        ((nn.TopKCrossEntropy,), _calibrate_topk),
        ((render.Renderer,), _calibrate_renderer),
        ((nn.GroupSum, nn.LogicNetwork), _calibrate_votes),
        ((program.Program,), _calibrate_program),
    ]
    for classes, set_softness in kinds:
        if isinstance(module, classes):
            wants = set_softness in (_calibrate_sort, _calibrate_topk)
            if wants != (scores is not None):
                raise TypeError(f"calibrate: a {found} needs {'scores' if wants else 'no scores'}")
            return set_softness(module, softness, *([scores] if wants else []))
    known = ", ".join(kind.__name__ for classes, _ in kinds for kind in classes)
    raise TypeError(f"calibrate: module must be one of {known}, got {found}")


def _calibrate_sort(module: Any, softness: float, scores: Tensor | int) -> Any:
    if isinstance(scores, Tensor) and scores.dim():
        scores = scores.movedim(module.dim, -1)
    options = {"method": module.method, "distribution": module.distribution}
    module.set_steepness(steepness(softness, scores, **options))
    return module


def _calibrate_topk(module: Any, softness: float, scores: Tensor | int) -> Any:
    chances: Sequence[float] = module.p_k
    k = max(place + 1 for place, chance in enumerate(chances) if chance > 0)
    m = module.options["m"]
    if isinstance(scores, Tensor) and scores.dim() and m is not None:
        scores = scores.topk(min(m, scores.shape[-1])).values
    options = {name: module.options[name] for name in ("method", "distribution")}
    value = steepness(softness, scores, k=k, **options)
    if isinstance(module.steepness, Tensor):
        module.steepness.data.fill_(value)
    else:
        module.steepness = value
    return module


def _calibrate_renderer(module: Any, softness: float) -> Any:
    module.softness = softness
    return module


def _calibrate_votes(module: Any, softness: float) -> Any:
    classes = getattr(module, "k", None) or module.groups
    if not classes:
        raise ValueError("calibrate: a LogicNetwork without groups has no temperature of classes")
    module.tau = votes_tau(softness, classes)
    return module


def _calibrate_program(module: Any, softness: float) -> Any:
    return replace(module, softness=softness)
