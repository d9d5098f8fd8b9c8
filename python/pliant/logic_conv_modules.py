# python/pliant/logic_conv_modules.py — convolutions of logic gates and OR pooling as modules
"""Everything here is a module of `pliant.nn`; the C++ modules have the same names, parameters and buffers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pliant._gates import GateModule
from pliant.logic_conv import Pair, conv_taps, logic_conv2d, or_pool2d, pair


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
    """`pliant.or_pool2d` as a module.

    >>> pliant.nn.OrPool2d(2)(torch.tensor([[[[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]]))
    tensor([[[[1., 0.]]]])
    """

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """The pools (batch, channels, ⌊rows/size⌋, ⌊columns/size⌋) of x (batch, channels, rows, columns)."""
        return or_pool2d(x, self.size)

    def extra_repr(self) -> str:
        """The options."""
        return f"size={self.size}"
