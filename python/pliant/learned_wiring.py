# python/pliant/learned_wiring.py — which features to read, learned: a module
"""`pliant.nn.LearnedWiring`; the C++ module has the same name, parameters and buffers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pliant.logic_conv import logic_select, wiring_candidates


class LearnedWiring(nn.Module):
    """Learns which features to pass on (`pliant.logic_select`).

    In training a slot is the candidate of the largest logit with the gradient of the softmax-weighted sum, or
    without `straight_through` that sum; in eval mode always the candidate, the first of equal ones.
    Parameters `logits` (candidates, slots), buffers `candidates` int32 of the same shape.

    As the wiring of a layer of gates, whose input j of gate g is slot j·gates + g:

    >>> layer = pliant.nn.LogicDense(64, 800, wiring=pliant.nn.LearnedWiring(64, 2 * 800, candidates=8))
    >>> layer(torch.rand(5, 64)).shape
    torch.Size([5, 800])
    """

    logits: nn.Parameter
    candidates: Tensor

    def __init__(
        self,
        in_features: int,
        slots: int,
        candidates: int | Tensor = 16,
        *,
        straight_through: bool = True,
        temperature: float = 1.0,
        candidates_seed: int = 0,
        deviation: float = 1.0,
        first_logit: float = 0.0,
        first: Tensor | None = None,
    ) -> None:
        """Logits come from torch's generator.

        Args:
            in_features: features of x.
            slots: features that are chosen.
            candidates: how many each slot chooses from, drawn by `pliant.wiring_candidates`; or a tensor
                (candidates, slots) of them.
            straight_through: train with the chosen feature, and the gradient of the weighted sum.
            temperature: divides the logits, > 0.
            candidates_seed: of candidates that are drawn.
            deviation: of the logits, which begin as N(0, deviation²), ≥ 0.
            first_logit: added to the logits of the first candidates; of drawn ones each feature stands
                equally often among the first.
            first: the first of the candidates that are drawn, (slots); the others stay different from them.

        Raises:
            ValueError: names the option.
        """
        super().__init__()
        self.in_features, self.slots = in_features, slots
        self.straight_through, self.temperature = straight_through, float(temperature)
        if not self.temperature > 0:
            raise ValueError(f"LearnedWiring: temperature must be > 0, got {temperature}")
        if not 0 <= deviation < math.inf:
            raise ValueError(f"LearnedWiring: deviation must be at least 0, got {deviation}")
        if not math.isfinite(first_logit):
            raise ValueError(f"LearnedWiring: first_logit must be finite, got {first_logit}")
        if isinstance(candidates, int):
            candidates = wiring_candidates(in_features, slots, candidates, seed=candidates_seed)
            if first is not None:
                candidates = _with_first(candidates, first)
        elif candidates.dim() != 2 or candidates.shape[1] != slots:
            raise ValueError(
                f"LearnedWiring: candidates must have shape (candidates, {slots}), "
                f"got {list(candidates.shape)}"
            )
        self.register_buffer("candidates", candidates.to(torch.int32))
        start = torch.randn(self.candidates.shape) * deviation
        start[0] += first_logit
        self.logits = nn.Parameter(start)
        with torch.no_grad():  # checks the candidates
            self(torch.zeros(0, in_features))

    def forward(self, x: Tensor) -> Tensor:
        """The slots (batch, slots) of x (batch, in_features)."""
        if x.ndim != 2 or x.shape[1] != self.in_features:
            raise ValueError(
                f"LearnedWiring: x must have shape (batch, {self.in_features}), got {list(x.shape)}"
            )
        if not self.training:  # of the logits themselves: weights may be equal where these are not
            return logic_select(x, self.candidates, self.logits, hard=True)
        weights = (self.logits / self.temperature).softmax(0)
        return logic_select(x, self.candidates, weights, hard=self.straight_through)

    def chosen(self) -> Tensor:
        """The feature that each slot passes in eval mode: int32 (slots)."""
        return self.candidates.gather(0, self.logits.argmax(0, keepdim=True)).squeeze(0)

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"{self.in_features}, {self.slots}, candidates={self.candidates.shape[0]}, "
            f"straight_through={self.straight_through}, temperature={self.temperature}"
        )


def _with_first(candidates: Tensor, first: Tensor) -> Tensor:
    """Candidates with others in the first row. Where the new one stands further down, what it replaces takes
    its place: a slot's candidates stay different.
    """
    if first.shape != candidates.shape[1:]:
        raise ValueError(
            f"LearnedWiring: first must have shape ({candidates.shape[1]}), got {list(first.shape)}"
        )
    others = torch.where(candidates[1:] == first, candidates[:1], candidates[1:])
    return torch.cat([first[None].to(torch.int32), others])
