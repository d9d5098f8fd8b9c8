# python/pliant/logic_conv_modules.py — convolutions of logic gates, OR pooling and learned wiring as modules
"""Everything here is a module of `pliant.nn`; the C++ modules have the same names, parameters and buffers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pliant._gates import GateModule
from pliant.logic_conv import Pair, conv_taps, logic_conv2d, logic_select, or_pool2d, pair, wiring_candidates


class LogicConv2d(GateModule):
    """A convolution whose kernels are trees of gates (`pliant.logic_conv2d`).

    In training gates are soft, or with `gumbel` hard ones drawn at random; in eval mode they are exactly
    Boolean. Parameters `weight` (P, out_channels·(2^depth − 1)), a kernel's gates one after the other;
    buffers `taps` int32 (3, out_channels, 2^depth).

    >>> network = torch.nn.Sequential(
    ...     pliant.nn.LogicConv2d(1, 16, 5, pool=2),
    ...     pliant.nn.LogicConv2d(16, 48, 3, padding=1, pool=2),
    ...     torch.nn.Flatten(),
    ...     pliant.nn.LogicDense(48 * 6 * 6, 1000),
    ...     pliant.nn.GroupSum(10, tau=6.5),
    ... )
    >>> network(torch.rand(5, 1, 28, 28)).shape
    torch.Size([5, 10])
    """

    taps: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Pair,
        *,
        depth: int = 3,
        stride: Pair = 1,
        padding: Pair = 0,
        pool: int = 1,
        taps: str | Tensor = "random",
        taps_seed: int = 0,
        channels_per_kernel: int = 2,
        groups: int = 1,
        parametrization: str = "light",
        temperature: float | None = None,
        hardening: str = "gate",
        init: str = "residual",
        grad_factor: float = 1.0,
        gumbel: bool = False,
    ) -> None:
        """Weights come from torch's generator, taps from their own seed.

        Args:
            in_channels: channels of x.
            out_channels: kernels.
            kernel_size: rows and columns of the receptive field.
            depth: of the trees, 1 … 8; a tensor of taps has its own.
            stride: between placements.
            padding: rows and columns of zeros on each side.
            pool: OR pooling of pool × pool placements; 1: none.
            taps: a kind of `pliant.conv_taps`, or a tensor (3, out_channels, 2^depth).
            taps_seed: of taps that are drawn.
            channels_per_kernel: a kernel reads at most so many channels.
            groups: of channels and kernels that have no link between them.
            parametrization, temperature, hardening, init, gumbel: as in `LogicNetwork`.
            grad_factor: multiplies the gradient of x.

        Raises:
            ValueError: names the option.
        """
        super().__init__(2, parametrization, temperature, hardening, init, gumbel)
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, pair(kernel_size)
        self.stride, self.padding, self.pool = pair(stride), pair(padding), pool
        self.grad_factor = grad_factor
        if isinstance(taps, str):
            taps = conv_taps(
                taps,
                in_channels,
                out_channels,
                depth=depth,
                kernel_size=self.kernel_size,
                channels_per_kernel=channels_per_kernel,
                groups=groups,
                seed=taps_seed,
            )
        elif taps.dim() != 3 or taps.shape[1] != out_channels:
            raise ValueError(
                f"LogicConv2d: taps must have shape (3, {out_channels}, leaves), got {list(taps.shape)}"
            )
        self.register_buffer("taps", taps.to(torch.int32))
        self.make_weight(out_channels * (taps.shape[2] - 1))
        with torch.no_grad():  # checks the rest
            rows, columns = (
                size + (pool - 1) * step
                for size, step in zip(self.kernel_size, self.stride, strict=True)
            )  # fmt: skip
            self(torch.zeros(0, in_channels, rows, columns))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, out_channels, rows, columns).

        Args:
            x: (batch, in_channels, rows, columns) in [0, 1]; in eval mode exactly 0 and 1.
        """
        if x.ndim != 4 or x.shape[1] != self.in_channels:
            raise ValueError(
                f"LogicConv2d: x must have shape (batch, {self.in_channels}, rows, columns), got "
                f"{list(x.shape)}"
            )
        return logic_conv2d(
            x,
            self.taps,
            self.coefficients(),
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            pool=self.pool,
            sigmoid=self.sigmoid,
            grad_factor=self.grad_factor,
        )

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"leaves={self.taps.shape[2]}, stride={self.stride}, padding={self.padding}, pool={self.pool}, "
            f"parametrization={self.parametrization!r}"
        )


class OrPool2d(nn.Module):
    """`pliant.or_pool2d` as a module."""

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """The pools (batch, channels, ⌊rows/size⌋, ⌊columns/size⌋) of x (batch, channels, rows, columns)."""
        return or_pool2d(x, self.size)

    def extra_repr(self) -> str:
        """The options."""
        return f"size={self.size}"


class LearnedWiring(nn.Module):
    """Learns which features to pass on (`pliant.logic_select`).

    In training a slot is the candidate of the largest logit with the gradient of the softmax-weighted sum, or
    without `straight_through` that sum; in eval mode always the candidate. Parameters `logits` (candidates,
    slots), buffers `candidates` int32 of the same shape.

    In front of a layer of gates of two inputs, which read the slots 2g and 2g + 1:

    >>> gates = 800
    >>> layer = torch.nn.Sequential(
    ...     pliant.nn.LearnedWiring(64, 2 * gates, candidates=8),
    ...     pliant.nn.LogicDense(
    ...         2 * gates, gates, wiring=torch.arange(2 * gates, dtype=torch.int32).reshape(gates, 2).T
    ...     ),
    ... )
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
    ) -> None:
        """Logits begin as N(0, 1) from torch's generator.

        Args:
            in_features: features of x.
            slots: features that are chosen.
            candidates: how many each slot chooses from, drawn by `pliant.wiring_candidates`; or a tensor
                (candidates, slots) of them.
            straight_through: train with the chosen feature, and the gradient of the weighted sum.
            temperature: divides the logits, > 0.
            candidates_seed: of candidates that are drawn.

        Raises:
            ValueError: names the option.
        """
        super().__init__()
        self.in_features, self.slots = in_features, slots
        self.straight_through, self.temperature = straight_through, float(temperature)
        if not self.temperature > 0:
            raise ValueError(f"LearnedWiring: temperature must be > 0, got {temperature}")
        if isinstance(candidates, int):
            candidates = wiring_candidates(in_features, slots, candidates, seed=candidates_seed)
        elif candidates.dim() != 2 or candidates.shape[1] != slots:
            raise ValueError(
                f"LearnedWiring: candidates must have shape (candidates, {slots}), "
                f"got {list(candidates.shape)}"
            )
        self.register_buffer("candidates", candidates.to(torch.int32))
        self.logits = nn.Parameter(torch.randn(self.candidates.shape))
        with torch.no_grad():  # checks the candidates
            self(torch.zeros(0, in_features))

    def forward(self, x: Tensor) -> Tensor:
        """The slots (batch, slots) of x (batch, in_features)."""
        if x.ndim != 2 or x.shape[1] != self.in_features:
            raise ValueError(
                f"LearnedWiring: x must have shape (batch, {self.in_features}), got {list(x.shape)}"
            )
        weights = (self.logits / self.temperature).softmax(0)
        return logic_select(x, self.candidates, weights, hard=self.straight_through or not self.training)

    def chosen(self) -> Tensor:
        """The feature that each slot passes in eval mode: int32 (slots)."""
        return self.candidates.gather(0, self.logits.argmax(0, keepdim=True)).squeeze(0)

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"{self.in_features}, {self.slots}, candidates={self.candidates.shape[0]}, "
            f"straight_through={self.straight_through}, temperature={self.temperature}"
        )
