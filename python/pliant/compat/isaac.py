# python/pliant/compat/isaac.py — the names of the package isaac 0.1.1
"""Names and signatures of https://pypi.org/project/isaac/0.1.1 (Petersen et al., ISAAC Newton, ICLR 2023).
Change `import isaac` to `from pliant.compat import isaac`.

Departures: both values of `inv_type` are one exact factorisation (the package hands "cholesky_inverse" the
matrix instead of its factor, which gives another gradient), and others are an error when the layer is made;
inputs may have more than two dimensions; `la` must be > 0.

>>> from pliant.compat import isaac
>>> layer = isaac.Linear(3, 2, la=0.1)
>>> layer
Linear(in_features=3, out_features=2, la=0.1, bias=True)
>>> layer(torch.ones(4, 3)).sum().backward()
>>> layer.counts["conditioned"]
1
"""

from __future__ import annotations

from typing import Any

from pliant.isaac_modules import IsaacLinear

INVERSES = ("inverse", "cholesky_inverse")


class Linear(IsaacLinear):
    """isaac.Linear: `la` is the damping λ, and may be changed at any time."""

    def __init__(
        self, in_features: int, out_features: int, la: float, inv_type: str = "inverse", **kwargs: Any
    ) -> None:
        if inv_type not in INVERSES:
            raise NotImplementedError(inv_type)
        super().__init__(in_features, out_features, damping=la, **kwargs)
        self.inv_type = inv_type

    @property
    def la(self) -> float:
        """λ."""
        return self.damping

    @la.setter
    def la(self, value: float) -> None:
        self.damping = value

    def extra_repr(self) -> str:
        """As the package shows it."""
        bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, la={self.la}, bias={bias}"
