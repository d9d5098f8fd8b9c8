# python/pliant/encoding.py — numbers as bits for logic gate networks: the thermometer code
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pliant._library import ops
from pliant.math import Distribution, Number, distribution_of, parameters


def threshold_methods() -> list[str]:
    """The names that `choose_thresholds` takes.

    >>> pliant.threshold_methods()
    ['uniform', 'distributive', 'gaussian']
    """
    return ops.threshold_methods()


def choose_thresholds(
    method: str,
    count: int,
    values: Tensor | None = None,
    *,
    per: str = "feature",
    low: float = 0.0,
    high: float = 1.0,
) -> Tensor:
    """Thresholds of a thermometer code, by the name of a method, i = 1 … T:

    - "uniform": low + (high − low)·i/(T + 1). T = 3 and 31 are the 2-bit and 5-bit inputs of logic gate
      networks on CIFAR-10 (Petersen et al., NeurIPS 2022); T = 1 rounds numbers in [0, 1].
    - "distributive": the value at ⌊n·i/(T + 1)⌋ of the n sorted values (Bacellar et al., ICML 2024)
    - "gaussian": mean + deviation · Φ⁻¹(i/(T + 1)) of the values, the deviation with n − 1

    Args:
        method: one of `pliant.threshold_methods()`
        count: T ≥ 1
        values: training values (N, C, …), any floating dtype; "uniform" needs none, and then has one set of
            thresholds for all
        per: who shares thresholds: "feature" (every place of (C, …) has its own), "channel" or "global"
        low, high: the range of "uniform"

    Returns:
        float64 on the CPU: (T, C, …) per feature, (T, C) per channel, (T) for "global"; increasing along T

    Raises:
        ValueError, TypeError: they name the argument. Equal thresholds, which "distributive" finds where a
            feature has few distinct values, are an error that names the feature (its place in a row-major
            (C, …)); thresholds per channel or for all have more values to go by.

    Cost: O(n log n) for each set of thresholds.

    >>> pliant.choose_thresholds("uniform", 3)
    tensor([0.2500, 0.5000, 0.7500], dtype=torch.float64)
    >>> pliant.choose_thresholds("distributive", 2, torch.tensor([[5.0], [1.0], [2.0]]))
    tensor([[2.],
            [5.]], dtype=torch.float64)
    """
    return ops.choose_thresholds(method, count, values, per, low, high)


def thermometer(x: Tensor, thresholds: Tensor) -> Tensor:
    """Numbers as bits: bit [n, t·C + c, …] = (x[n, c, …] > thresholds[t, …]).

    The bits of the first threshold come first, as logic gate networks have them: flattened they are in the
    order (threshold, channel, row, column).

    Args:
        x: (N, C, …), floating point
        thresholds: (T) for all, (T, C) per channel or (T, C, …) per feature, floating point

    Returns:
        0 or 1 in the dtype of x, (N, T·C, …). x and threshold are compared as the numbers that they are,
        whatever their dtypes; what is equal gives 0, and so does NaN.

    Raises:
        ValueError, TypeError: they name the argument

    Gradient: none, the answer is a step (`pliant.nn.Thermometer` can be relaxed). Cost: O(T) for each number.

    >>> pliant.thermometer(torch.tensor([[0.5, 0.8]]), torch.tensor([0.25, 0.5, 0.75]))
    tensor([[1., 1., 0., 1., 0., 1.]])
    """
    return ops.thermometer(x, thresholds)


def relaxed_thermometer(
    x: Tensor,
    thresholds: Tensor,
    distribution: str | Distribution = "logistic",
    *,
    steepness: Number = 10.0,
) -> Tensor:
    """`thermometer`, relaxed: F(steepness · (x − threshold)), F the CDF of the distribution.

    Args:
        x, thresholds: as for `thermometer`
        distribution: a name of `pliant.distributions()`, or a `pliant.Distribution`
        steepness: > 0, in 1/unit of x; → ∞ is the step

    Returns:
        numbers in [0, 1], as those of `thermometer`

    Raises:
        ValueError, TypeError: they name the argument

    Gradient: x, thresholds, steepness, and the distribution's own.

    >>> pliant.relaxed_thermometer(torch.tensor([[0.5, 0.8]]), torch.tensor([0.5]), steepness=1.0)
    tensor([[0.5000, 0.5744]])
    """
    family = distribution_of(distribution)
    return ops.relaxed_thermometer(x, thresholds, family.name, parameters(family, steepness))


class Thermometer(torch.nn.Module):
    """Numbers as bits: forward(x (N, C, …)) → (N, T·C, …), as `pliant.thermometer`.

    Learnable thresholds increase whatever their parameters are: `lowest` + the running sum of
    softplus(`gaps`). In training the bits are then `pliant.relaxed_thermometer`; in evaluation they are bits.

    Args:
        thresholds: (T), (T, C) or (T, C, …), increasing along T; kept as float64. Fixed ones are the buffer
            `thresholds`; learnable ones start here, as the parameters `lowest` and `gaps`.
        learnable: whether thresholds are trained
        distribution, steepness: what relaxes learnable ones in training

    Raises:
        ValueError, TypeError: when the module is made; thresholds that do not increase: it names the feature

    >>> module = pliant.nn.Thermometer([0.25, 0.5, 0.75])
    >>> module(torch.tensor([[0.5, 0.8]]))
    tensor([[1., 1., 0., 1., 0., 1.]])
    >>> learnable = pliant.nn.Thermometer(pliant.choose_thresholds("uniform", 3), learnable=True)
    >>> [name for name, _ in learnable.named_parameters()]
    ['lowest', 'gaps']
    """

    thresholds: Tensor | None

    def __init__(
        self,
        thresholds: Tensor | Sequence[float],
        *,
        learnable: bool = False,
        distribution: str | Distribution = "logistic",
        steepness: float = 10.0,
    ) -> None:
        super().__init__()
        numbers = torch.as_tensor(thresholds, dtype=torch.float64).detach().clone()
        gaps = ops.threshold_gaps(numbers)  # checks the thresholds
        self.learnable, self.distribution = learnable, distribution
        self.set_steepness(steepness)
        self.register_buffer("thresholds", None if learnable else numbers)
        if learnable:
            self.lowest = torch.nn.Parameter(numbers[0].clone())
            self.gaps = torch.nn.Parameter(gaps)

    def set_steepness(self, steepness: float) -> None:
        """Another steepness from now on, as annealing does."""
        family = distribution_of(self.distribution)
        ops.decide(torch.empty(0), family.name, parameters(family, steepness))  # checks it
        self.steepness = float(steepness)

    def current_thresholds(self) -> Tensor:
        """The thresholds as they are now, (T, …)."""
        given = self.thresholds
        return ops.ordered_thresholds(self.lowest, self.gaps) if given is None or self.learnable else given

    def forward(self, x: Tensor) -> Tensor:
        """The bits of x, relaxed if they are learned and this is training."""
        if self.learnable and self.training:
            return relaxed_thermometer(
                x, self.current_thresholds(), self.distribution, steepness=self.steepness
            )
        return thermometer(x, self.current_thresholds().detach())

    def extra_repr(self) -> str:
        """What the repr shows of the options."""
        shape = tuple(self.current_thresholds().shape)
        if not self.learnable:
            return f"thresholds={shape}"
        return f"thresholds={shape}, distribution={self.distribution!r}, steepness={self.steepness}"
