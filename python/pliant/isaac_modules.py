# python/pliant/isaac_modules.py — layers whose weight gradient is conditioned by what they read (ISAAC)
"""`pliant.nn.IsaacLinear` and `pliant.nn.IsaacConv2d`, torch's layers with another gradient of the weight."""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from pliant._library import ops

SCALES = ("zeta", "divided")
ROWS = ("expand", "reduce")
GRAMS = ("float32", "bfloat16")
NOT_FINITE = ("plain", "raise")
SETTINGS = ("damping", "augmented_bias", "scale", "rows", "gram", "overhead_cap", "not_finite")


def check_settings(
    caller: str,
    *,
    damping: float,
    augmented_bias: bool = False,
    scale: str = "zeta",
    rows: str = "expand",
    gram: str = "float32",
    overhead_cap: float = float("inf"),
    not_finite: str = "plain",
) -> None:
    """Refuses what is out of range.

    Raises:
        ValueError: that names the argument, what was expected and what came
    """
    if not damping > 0:
        raise ValueError(f"{caller}: damping must be > 0, got {damping}")
    if not overhead_cap >= 0:
        raise ValueError(f"{caller}: overhead_cap must be at least 0, got {overhead_cap}")
    for name, value, known in (
        ("scale", scale, SCALES),
        ("rows", rows, ROWS),
        ("gram", gram, GRAMS),
        ("not_finite", not_finite, NOT_FINITE),
    ):
        if value not in known:
            raise ValueError(f"{caller}: {name} must be one of {', '.join(known)}, got {value!r}")


class Conditioned(torch.nn.Module):
    """What the two layers share: how the gradient is conditioned.

    Attributes:
        damping: λ > 0, may be changed at any time; infinite is the plain gradient, to the bit.
        augmented_bias, scale, rows, gram, overhead_cap, not_finite: as given.
        layer_name: names the layer in errors.
    """

    def condition(self, damping: float, layer_name: str = "", **settings: Any) -> None:
        """Other settings from now on; those not given are the defaults.

        Raises:
            ValueError: as the constructor
        """
        check_settings(type(self).__name__, damping=damping, **settings)
        self._damping = torch.tensor(float(damping), dtype=torch.float64, device="cpu")
        self.augmented_bias = bool(settings.get("augmented_bias", False))
        self.scale = settings.get("scale", "zeta")
        self.rows = settings.get("rows", "expand")
        self.gram = settings.get("gram", "float32")
        self.overhead_cap = float(settings.get("overhead_cap", float("inf")))
        self.not_finite = settings.get("not_finite", "plain")
        self.layer_name = layer_name
        self.read_rows = 0
        self._record = ops.isaac_record()

    @property
    def damping(self) -> float:
        """λ."""
        return self._damping.item()

    @damping.setter
    def damping(self, value: float) -> None:
        check_settings(type(self).__name__, damping=value)
        self._damping = torch.tensor(float(value), dtype=torch.float64, device="cpu")

    @property
    def counts(self) -> dict[str, int]:
        """How many backward passes ended how, e.g. {"conditioned": 10, "plain_not_finite": 1, …}."""
        return dict(zip(ops.isaac_count_names(), ops.isaac_counts(self._record), strict=True))

    def forget(self) -> None:
        """Removes what `condition` set: the layer may become torch's again."""
        for name in (*SETTINGS[1:], "_damping", "layer_name", "read_rows", "_record"):
            delattr(self, name)

    def rows_read(self, x: Tensor) -> list[Tensor]:
        """What the Gram matrices are made of when the layer reads x: matrices X (b, n), one a group."""
        raise NotImplementedError

    def _settings(self) -> tuple:
        """The last arguments of the ops."""
        return (
            self._damping, self.augmented_bias, self.scale == "divided", self.rows == "reduce",
            self.gram == "bfloat16", self.overhead_cap, self.not_finite == "raise",
            self.layer_name, self._record,
        )  # fmt: skip

    def __setstate__(self, state: dict) -> None:
        """A copy counts for itself."""
        super().__setstate__(state)
        self._record = ops.isaac_record()

    def extra_repr(self) -> str:
        """What torch's layer shows, and the damping."""
        return f"{super().extra_repr()}, damping={self.damping:g}"


class IsaacLinear(Conditioned, torch.nn.Linear):
    """`torch.nn.Linear` whose weight gets ISAAC's gradient: λ·∇·(XᵀX/b + λI)⁻¹ for the plain gradient ∇ and
    the inputs X (b, n). Output, gradient of the input and (but for `augmented_bias`) of the bias are torch's.

    Args:
        in_features, out_features, bias, device, dtype: as of `torch.nn.Linear`. float32, float64; half
            precision and autocast are worked on in float32.
        damping: λ > 0. It compares with the eigenvalues of XᵀX/b: inputs times c want λ times c². Small λ
            conditions much; infinite λ is torch's gradient, to the bit.
        augmented_bias: condition the bias as well, as the weight of a further input of ones.
        scale: "zeta", or "divided": divided by λ, as TrAct has it.
        rows: of inputs (N, …, n) "expand" makes a row of each position, "reduce" conditions by the mean of a
            sample's positions (always by a matrix n × n).
        gram: "float32", or "bfloat16": the Gram matrix (alone) of float32 inputs is made of X rounded to
            bfloat16, with sums in float32, wherever the bound of the error allows it (docs: isaac); where λ
            is too small for that it is made of X as it is. Counted as "rounded_gram" and "unrounded_gram".
            Faster where the CPU multiplies bfloat16. Other dtypes have the Gram matrix of exactly X.
        overhead_cap: take the plain gradient where `pliant.optim.isaac_cost` states a larger overhead.
        not_finite: what to do about a NaN or ±inf in X: "plain" gradient, counted, or "raise" ValueError in
            the backward pass.

    Raises:
        ValueError: a number is out of range.

    >>> layer = pliant.nn.IsaacLinear(3, 2, damping=0.1)
    >>> layer(torch.ones(4, 3)).sum().backward()
    >>> layer.counts["conditioned"]
    1
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        damping: float = 1.0,
        device: Any = None,
        dtype: torch.dtype | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(in_features, out_features, bias, device=device, dtype=dtype)
        self.condition(damping, **settings)

    def forward(self, x: Tensor) -> Tensor:
        """torch.nn.functional.linear(x, weight, bias)."""
        if x.dim() == 1:
            return self.forward(x.unsqueeze(0)).squeeze(0)
        self.read_rows = x.shape[:-1].numel()
        return ops.isaac_linear(x, self.weight, self.bias, *self._settings())

    def rows_read(self, x: Tensor) -> list[Tensor]:
        """X (b, n), of positions or of their means."""
        return rows_read(self, x, self.rows == "reduce")


class IsaacConv2d(Conditioned, torch.nn.Conv2d):
    """`torch.nn.Conv2d` whose weight gets ISAAC's gradient: X has a row for each sample and place of the
    result, a column for each channel and place of the kernel. Each group is conditioned by itself.

    All arguments of `torch.nn.Conv2d` are there, and those of `IsaacLinear`; the positions of `rows` are the
    places of the result.

    Raises:
        ValueError: a number is out of range.

    >>> layer = pliant.nn.IsaacConv2d(1, 2, kernel_size=3, padding=1, damping=0.1)
    >>> layer(torch.rand(4, 1, 8, 8)).square().sum().backward()
    >>> layer.counts["conditioned"], layer.read_rows  # a row for each place of each image
    (1, 256)
    """

    def __init__(self, *args: Any, damping: float = 1.0, **options: Any) -> None:
        settings = {name: options.pop(name) for name in SETTINGS if name in options}
        super().__init__(*args, **options)
        self.condition(damping, **settings)

    def forward(self, x: Tensor) -> Tensor:
        """torch.nn.functional.conv2d with the layer's options."""
        if x.dim() == 3:
            return self.forward(x.unsqueeze(0)).squeeze(0)
        x, padding = padded(self, x)
        y = ops.isaac_conv2d(
            x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups, *self._settings()
        )
        self.read_rows = y.shape[0] * y.shape[2] * y.shape[3]
        return y

    def rows_read(self, x: Tensor) -> list[Tensor]:
        """X (places, n) of each group, or the samples' means over places."""
        return rows_read(self, x, self.rows == "reduce")


def rows_read(layer: torch.nn.Module, x: Tensor, reduce: bool = False) -> list[Tensor]:
    """What a linear layer or each group of a convolution reads, as a matrix (rows, n); to `reduce`, a row is
    the mean of a sample's positions.
    """
    if isinstance(layer, torch.nn.Linear):
        if reduce and x.dim() > 2:
            x = x.flatten(1, -2).mean(1)
        return [x.reshape(-1, x.shape[-1])]
    conv = cast(torch.nn.Conv2d, layer)
    x, padding = padded(conv, x)
    patches = F.unfold(x, conv.kernel_size, conv.dilation, padding, conv.stride)
    if reduce:
        patches = patches.mean(2, keepdim=True)
    grouped = patches.unflatten(1, (conv.groups, -1)).permute(1, 0, 3, 2).flatten(1, 2)
    return list(grouped)


def padded(conv: torch.nn.Conv2d, x: Tensor) -> tuple[Tensor, tuple[int, ...]]:
    """The input, padded where zeros on two equal sides are not enough, and what is left to pad."""
    both = conv._reversed_padding_repeated_twice
    if conv.padding_mode != "zeros":
        return F.pad(x, both, mode=conv.padding_mode), (0, 0)
    if not isinstance(conv.padding, str):
        return x, conv.padding
    left, right, top, bottom = both
    if left == right and top == bottom:
        return x, (top, left)
    return F.pad(x, both), (0, 0)
