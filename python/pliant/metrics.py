# python/pliant/metrics.py — how well scores order sets: the figures of the sorting papers
from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from pliant._library import ops
from pliant._sort_call import Rows


class RankingCounts(NamedTuple):
    """What `RankingMetrics` are the rates of. A group is a set; with a NaN or infinite score it is right in
    nothing.
    """

    groups: int = 0
    items: int = 0
    exact: int = 0  # groups
    elementwise: int = 0  # items
    exact_five: int = 0  # groups
    exact_tied: int = 0
    elementwise_tied: int = 0
    exact_five_tied: int = 0
    not_finite: int = 0  # groups with a NaN or infinite score; `groups` has them too


@dataclass(frozen=True, repr=False)
class RankingMetrics:
    """Rates in [0, 1], and the `counts` behind them, so that those of several batches are added up with `+`.

    A rate is NaN where there are no groups. `RankingMetrics()` is that of no batch:

    >>> truth = torch.tensor([[1, 2, 3], [7, 9, 9]])
    >>> scores = torch.tensor([[0.1, 0.5, 0.3], [0.1, 0.9, 0.8]])
    >>> sum((pliant.ranking_metrics(*batch) for batch in zip(scores, truth)), pliant.RankingMetrics()).counts
    RankingCounts(groups=2, items=6, exact=0, elementwise=2, exact_five=0, exact_tied=1,
    elementwise_tied=4, exact_five_tied=1, not_finite=0)
    """

    counts: RankingCounts = RankingCounts()

    @property
    def exact(self) -> float:
        """EM: groups in perfect order."""
        return _rate(self.counts.exact, self.counts.groups)

    @property
    def elementwise(self) -> float:
        """EW: items at their right rank."""
        return _rate(self.counts.elementwise, self.counts.items)

    @property
    def exact_five(self) -> float:
        """EM5: groups whose first five items (of the group, not the top five) are in perfect order."""
        return _rate(self.counts.exact_five, self.counts.groups)

    @property
    def exact_tied(self) -> float:
        """As `exact`, where any order of equal labels is right."""
        return _rate(self.counts.exact_tied, self.counts.groups)

    @property
    def elementwise_tied(self) -> float:
        """As `elementwise`, where an item may take any rank of its equals."""
        return _rate(self.counts.elementwise_tied, self.counts.items)

    @property
    def exact_five_tied(self) -> float:
        """As `exact_five`, where any order of equal labels is right."""
        return _rate(self.counts.exact_five_tied, self.counts.groups)

    @property
    def not_finite(self) -> int:
        """Groups with a NaN or infinite score: a count, which should be 0."""
        return self.counts.not_finite

    def __add__(self, other: RankingMetrics) -> RankingMetrics:
        return RankingMetrics(RankingCounts(*map(sum, zip(self.counts, other.counts, strict=True))))

    def __repr__(self) -> str:
        rates = ", ".join(f"{name}={getattr(self, name):.4g}" for name in RankingCounts._fields[2:])
        return f"RankingMetrics({rates}, groups={self.counts.groups}, items={self.counts.items})"


def ranking_metrics(
    scores: Tensor,
    labels: Tensor,
    dim: int = -1,
    *,
    mask: Tensor | None = None,
    lengths: Tensor | None = None,
) -> RankingMetrics:
    """How well the scores put each set into the order of its labels: exact match (EM), element-wise match
    (EW) and the exact match of five (EM5), plain and with ties forgiven (`…_tied`).

    The ranks of scores and of labels are those of stable ascending argsorts, so equals keep the order of
    their positions; for `…_tied`, any order of equal labels is right. EM5 ranks the first five items of each
    set among themselves; in a set of fewer than five, all of them: then it is EM.

    Args:
        scores: (…, n, …), n along `dim`; floating point; float64 is compared as such, never rounded
        labels: the shape of scores; integers (no uint64) or floating point; only their order counts
        dim: what is ordered
        mask, lengths: which items take part, see `pliant.sorting`; the others may hold anything

    Returns:
        `RankingMetrics`: Python floats, and the counts behind them. A set with a NaN or infinite score is
        right in nothing and counted in `not_finite`. Of an empty batch the rates are NaN.

    Raises:
        ValueError, TypeError: they name the argument, what was expected and what came. A NaN label is an
            error.

    No gradient, and no part of a compiled graph. Cost: O(batch · n log n).
    Source: as of `pliant.sorting`; the tie-aware figures are ours.

    >>> pliant.ranking_metrics(torch.tensor([[0.2, 0.1, 0.9]]), torch.tensor([[7, 7, 9]]))
    RankingMetrics(exact=0, elementwise=0.3333, exact_five=0, exact_tied=1, elementwise_tied=1,
    exact_five_tied=1, not_finite=0, groups=1, items=3)
    """
    sets = Rows("ranking_metrics", scores, dim)
    rows, valid = sets.rows_of_labels(labels), sets.valid_items(mask, lengths)
    return RankingMetrics(RankingCounts(*ops.ranking_metrics(sets.keys.detach(), rows, valid).tolist()))


def _rate(right: int, of: int) -> float:
    return right / of if of else float("nan")
