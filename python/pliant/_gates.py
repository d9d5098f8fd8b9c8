# python/pliant/_gates.py — what modules of logic gates share: what is learned of gates, and their modes
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from pliant.logic import expected_gates, gate_coefficients, parametrizations, residual_start
from pliant.logic import parametrization as parametrization_of

INITS = ("residual", "gaussian")


class GateModule(nn.Module):
    """A module with gates: their parameters `weight` (P, gates), and their coefficients in each mode."""

    weight: nn.Parameter
    held: Tensor | None  # the coefficients, while an optimiser keeps them

    def __init__(
        self,
        fan_in: int,
        parametrization: str,
        temperature: float | None,
        hardening: str,
        init: str,
        gumbel: bool,
    ) -> None:
        super().__init__()
        self.fan_in, self.parametrization = fan_in, parametrization
        self.temperature, self.hardening, self.init, self.gumbel = temperature, hardening, init, gumbel
        self.held, self._held_version = None, 0
        name = type(self).__name__
        if init not in INITS:
            raise ValueError(f"{name}: unknown init {init!r}; there are: {', '.join(INITS)}")
        if gumbel and parametrization_of(parametrization).draws == "nothing":
            logits = (each.name for each in parametrizations().values() if each.draws != "nothing")
            raise ValueError(
                f"{name}: gumbel draws gates from logits, which {parametrization!r} has not: take "
                f"{', '.join(logits)}"
            )

    def make_weight(self, gates: int) -> None:
        """Parameters (P, gates) as `init` says, from torch's generator."""
        mean, deviation = residual_start(self.parametrization, self.fan_in).float().unsqueeze(-1)
        start = torch.randn(len(mean), gates)
        self.weight = nn.Parameter(start if self.init == "gaussian" else start * deviation + mean)

    @property
    def sigmoid(self) -> bool:
        """Whether the gates of the present mode are σ of their multilinear form."""
        return self.training and not self.gumbel and parametrization_of(self.parametrization).sigmoid

    def hold_coefficients(self, held: Tensor | None = None) -> None:
        """Makes the soft gates' coefficients a leaf, for an optimiser that works on its gradient.

        Args:
            held: the coefficients of `weight` as it is now; None: they are made.
        """
        if held is None:
            training, self.held = self.training, None
            self.training = True
            with torch.no_grad():
                held = self.coefficients().requires_grad_()
            self.training = training
        self.held, self._held_version = held, self.weight._version

    def coefficients(self) -> Tensor:
        """Those of the gates in the present mode, (2^fan_in, gates)."""
        if self.training and (self.held is not None or not self.gumbel):
            return self._soft_coefficients()
        options: dict[str, Any] = {
            "fan_in": self.fan_in,
            "temperature": self.temperature,
            "hardening": self.hardening,
        }
        if not self.training:
            return gate_coefficients(self.weight, self.parametrization, hard=True, **options)
        return gate_coefficients(self.weight + self._noise(), self.parametrization, hard=True, **options)

    def _soft_coefficients(self) -> Tensor:
        """Those of the soft gates: what an optimiser holds, or made of `weight`."""
        held = self.held
        if held is None:
            options: dict[str, Any] = {"fan_in": self.fan_in, "temperature": self.temperature}
            return gate_coefficients(self.weight, self.parametrization, **options)
        same_kind = held.dtype == self.weight.dtype and held.device == self.weight.device
        if not same_kind or self._held_version != self.weight._version:  # somebody else changed it
            self.hold_coefficients()
        assert self.held is not None
        return self.held

    def expected_gates(self) -> Tensor:
        """How many gates hardware is expected to need (`pliant.expected_gates`): a price to train with.

        Of the soft gates in either mode. Differentiable with respect to `weight`, or to the coefficients
        that an optimiser holds; loss + λ · expected_gates() trades accuracy for gates.

        Returns:
            a scalar, from 0 to the number of gates
        """
        sigmoid = parametrization_of(self.parametrization).sigmoid
        return expected_gates(self._soft_coefficients(), sigmoid=sigmoid)

    def _noise(self) -> Tensor:
        # The largest of 16 logits with Gumbel noise is a draw from their softmax; an entry whose logit is
        # above 0 with the difference of two is one from its logistic.
        draws = parametrization_of(self.parametrization).draws
        noise = _gumbel_noise(self.weight)
        if draws == "gates":
            return noise
        noise = noise - _gumbel_noise(self.weight)
        return _walsh_of_entries(noise) if draws == "walsh" else noise


def _gumbel_noise(like: Tensor) -> Tensor:
    """−ln(−ln U), of the shape of `like`."""
    return -torch.empty_like(like).exponential_().log()


def _walsh_of_entries(logits: Tensor) -> Tensor:
    """The Walsh coefficients (2^k, gates) whose table has these logits."""
    entries, gates = logits.shape
    for bit in (1 << i for i in range(entries.bit_length() - 1)):
        low, high = logits.reshape(-1, 2, bit, gates).unbind(1)
        logits = torch.stack((low + high, low - high), 1).reshape(entries, gates)
    return -logits / entries
