# python/pliant/logic_modules.py — layers and networks of logic gates as modules
"""Everything here is a module of `pliant.nn`; the C++ modules have the same names, parameters and buffers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pliant._gates import GateModule
from pliant._library import ops
from pliant.learned_wiring import LearnedWiring
from pliant.logic import group_sum, hard_tables, logic_dense, logic_wiring

#: What a learned wiring's first candidates begin ahead of the others, in deviations.
FIRST_LOGIT = 2.0


class LogicNetwork(GateModule):
    """Layers of gates, run together (`pliant.logic_dense`).

    In training gates are soft, or with `gumbel` hard ones drawn at random; in eval mode they are exactly
    Boolean. Parameters `weight` (P, gates), buffers `wiring` int32 (fan_in, gates): the layers' one after
    the other. A layer l whose wiring is learned reads the slots of a LearnedWiring `learned_wiring_<l>`, slot
    j·width + g as input j of gate g; so says its part of `wiring`. A learned head is the LearnedWiring
    `learned_head`, slot c·head + i the bit i of class c.

    >>> network = pliant.nn.LogicNetwork(64, [800, 800], groups=10, tau=8.0)
    >>> network(torch.rand(5, 64)).shape
    torch.Size([5, 10])
    """

    wiring: Tensor

    def __init__(
        self,
        in_features: int,
        widths: Sequence[int],
        *,
        fan_in: int = 2,
        parametrization: str = "light",
        temperature: float | None = None,
        hardening: str = "gate",
        init: str = "residual",
        wiring: str | Tensor | LearnedWiring | Sequence[str | Tensor | LearnedWiring] = "random",
        wiring_seed: int = 0,
        height: int = 0,
        width: int = 0,
        radius: int = 1,
        groups: int = 0,
        tau: float = 1.0,
        grad_factor: float = 1.0,
        gumbel: bool = False,
        candidates: int | Sequence[int] = 0,
        wiring_temperature: float = 1.0,
        or_pool: int = 1,
        head: int = 0,
        head_candidates: int = 16,
    ) -> None:
        """Weights come from torch's generator, wiring from its own seed.

        Args:
            in_features: features of x.
            widths: gates of each layer.
            fan_in: inputs of a gate, 1 … 6.
            parametrization: a name of `pliant.parametrizations()`.
            temperature: divides the parameters; None: the parametrisation's own.
            hardening: "gate" or "table", as in `pliant.gate_coefficients`.
            init: "residual": gates begin by passing their first input; "gaussian": parameters from N(0, 1).
            wiring: of each layer, a kind of `pliant.logic_wiring`, a tensor (fan_in, gates), or a
                LearnedWiring of fan_in·gates slots; the last holds on, if it is not learned.
            wiring_seed: layer l is drawn with wiring_seed + l.
            height: of the features, for local wiring.
            width: of the features, for local wiring.
            radius: of local wiring.
            groups: > 0: scores of so many classes, sums of groups of the last layer over tau.
            tau: temperature of the scores.
            grad_factor: multiplies the gradient of each layer's input.
            gumbel: train with hard gates that are drawn at random, with gradients straight through; of
                "softmax", "light" or "walsh", whose parameters are logits of gates or of entries.
            candidates: of each layer, features among which each input of a gate learns to choose, that of
                `wiring` and others at random; 0: wiring stays. The last holds on.
            wiring_temperature: of this choice and the head's: divides its logits, which begin as N(0, 1)
                times it. Where steps have a size of their own, as Adam's, a small one lets choices change
                fast.
            or_pool: 1 … 6: so many neighbouring gates of the last layer are joined by OR (`pliant.or_pool`)
                before they are summed.
            head: > 0: a score is the sum of so many bits, each of which learns which gate of the last layer
                to be (a LearnedWiring `learned_head`); of gates that none chooses nothing is left in a
                circuit. 0: each class sums its group of all gates.
            head_candidates: gates among which a bit of the head chooses, if there are so many: one of its
                class's share of the last layer, and others at random.

        Raises:
            ValueError: names the option.
        """
        super().__init__(fan_in, parametrization, temperature, hardening, init, gumbel)
        self.in_features, self.widths = in_features, [int(w) for w in widths]
        self.groups, self.tau, self.grad_factor = groups, float(tau), grad_factor
        self.or_pool, self.head = or_pool, head
        self._check()
        kinds = [wiring] if isinstance(wiring, str | Tensor | LearnedWiring) else list(wiring)
        choices = [candidates] if isinstance(candidates, int) else [int(count) for count in candidates]
        if not kinds:
            raise ValueError("LogicNetwork: wiring must name at least one kind")
        if not choices or min(choices) < 0:
            raise ValueError("LogicNetwork: candidates must have at least one entry, each at least 0")
        if not wiring_temperature > 0:
            raise ValueError(f"LogicNetwork: wiring_temperature must be > 0, got {wiring_temperature}")
        picture = {"height": height, "width": width, "radius": radius}
        sources, features = [], in_features
        for layer, gates in enumerate(self.widths):
            kind = kinds[min(layer, len(kinds) - 1)]
            seed = wiring_seed + layer
            if isinstance(kind, str):
                kind = logic_wiring(kind, features, gates, fan_in=fan_in, seed=seed, level=layer, **picture)
            count = choices[min(layer, len(choices) - 1)]
            if isinstance(kind, Tensor) and count > 0:
                first = self._checked(layer, kind).flatten()
                kind = self._choice(features, fan_in * gates, count, wiring_temperature, seed, first)
            sources.append(self._checked(layer, kind))
            features = gates
        self.register_buffer("wiring", torch.cat(sources, 1))
        self.make_weight(self.wiring.shape[1])
        if head > 0:
            self.learned_head = self._choice(
                features // or_pool, groups * head, min(head_candidates, features // or_pool),
                wiring_temperature,
                wiring_seed + len(self.widths),
                torch.arange(groups * head) * (features // or_pool) // (groups * head),
            )  # fmt: skip
        with torch.no_grad():  # checks the rest
            self.train(False)
            self(torch.zeros(0, in_features))
            self.train(True)

    @staticmethod
    def _choice(
        features: int, slots: int, candidates: int, temperature: float, seed: int, first: Tensor
    ) -> LearnedWiring:
        """Slots that begin with the first of their candidates ahead."""
        return LearnedWiring(
            features, slots, candidates, temperature=temperature, candidates_seed=seed,
            deviation=temperature, first_logit=FIRST_LOGIT * temperature, first=first,
        )  # fmt: skip

    def _checked(self, layer: int, wiring: Tensor | LearnedWiring) -> Tensor:
        """The wiring of a layer, of which what is learned becomes a module."""
        gates = self.widths[layer]
        if isinstance(wiring, Tensor):
            if wiring.shape != (self.fan_in, gates):
                raise ValueError(
                    f"LogicNetwork: the wiring of layer {layer} must have shape ({self.fan_in}, {gates}), "
                    f"got {list(wiring.shape)}"
                )
            return wiring.to(torch.int32)
        features = self.widths[layer - 1] if layer else self.in_features
        sizes = (wiring.in_features, wiring.slots)
        if sizes != (features, self.fan_in * gates) or wiring in self.children():
            raise ValueError(
                f"LogicNetwork: layer {layer} needs a LearnedWiring of its own, of {features} features and "
                f"{self.fan_in * gates} slots, got one of {sizes[0]} and {sizes[1]}"
            )
        self.add_module(f"learned_wiring_{layer}", wiring)
        return torch.arange(wiring.slots, dtype=torch.int32).reshape(self.fan_in, gates)

    def runs(self) -> Iterator[tuple[LearnedWiring | None, list[int]]]:
        """The widths of layers that are run together, and what learned wiring stands before them."""
        learned, widths = getattr(self, "learned_wiring_0", None), self.widths[:1]
        for layer in range(1, len(self.widths)):
            wiring = getattr(self, f"learned_wiring_{layer}", None)
            if wiring is not None:
                yield learned, widths
                learned, widths = wiring, []
            widths = [*widths, self.widths[layer]]
        yield learned, widths

    def sources(self, layer: int) -> Tensor:
        """What a layer reads in eval mode: int32 (fan_in, gates), features of its input."""
        learned = getattr(self, f"learned_wiring_{layer}", None)
        if learned is not None:
            return learned.chosen().reshape(self.fan_in, self.widths[layer])
        begin = sum(self.widths[:layer])
        return self.wiring[:, begin : begin + self.widths[layer]]

    def _check(self) -> None:
        if self.in_features < 1:
            raise ValueError(f"LogicNetwork: in_features must be at least 1, got {self.in_features}")
        if not self.widths or min(self.widths) < 1:
            raise ValueError("LogicNetwork: widths must name at least one layer, of at least 1 gate each")
        last = self.widths[-1]
        if not 1 <= self.or_pool <= 6 or last % self.or_pool:
            raise ValueError(
                f"LogicNetwork: or_pool must be in 1 … 6 and divide the last layer's {last} gates, "
                f"got {self.or_pool}"
            )
        if self.head < 0 or (self.head and self.groups < 1):
            raise ValueError(
                f"LogicNetwork: head must be at least 0, and 0 without groups, got {self.head} with "
                f"{self.groups} groups"
            )
        if self.groups < 0 or (self.groups and not self.head and last // self.or_pool % self.groups):
            pools = f" in pools of {self.or_pool}" if self.or_pool > 1 else ""
            raise ValueError(
                f"LogicNetwork: groups must divide the last layer's {last} gates{pools}, got {self.groups}"
            )
        if not self.tau > 0:
            raise ValueError(f"LogicNetwork: tau must be > 0, got {self.tau}")

    def forward(self, x: Tensor) -> Tensor:
        """The last layer's gates or pools (batch, …), or scores (batch, groups).

        Args:
            x: (batch, in_features) in [0, 1]; in eval mode exactly 0 and 1.
        """
        if x.ndim != 2 or x.shape[1] != self.in_features:
            raise ValueError(
                f"LogicNetwork: x must have shape (batch, {self.in_features}), got {list(x.shape)}"
            )
        coefficients, total, end = self.coefficients(), sum(self.widths), 0
        summed = 0 if self.head else self.groups  # by the kernel of the gates or of the pools
        for learned, widths in self.runs():
            begin, end = end, end + sum(widths)
            whole = end - begin == total
            x = logic_dense(
                x if learned is None else learned(x),
                self.wiring if whole else self.wiring[:, begin:end],
                coefficients if whole else coefficients[:, begin:end],
                widths=widths,
                sigmoid=self.sigmoid,
                groups=summed if end == total and self.or_pool == 1 else 0,
                grad_factor=self.grad_factor,
            )
        if self.or_pool > 1:
            x = ops.or_pool(x, self.or_pool, summed)
        if self.head:
            return group_sum(self.learned_head(x), self.groups, self.tau)
        return x / self.tau if self.groups else x

    def hard_tables(self, layer: int) -> Tensor:
        """The truth tables (2^fan_in, gates), int64, of a layer's gates in eval mode."""
        begin = sum(self.widths[:layer])
        weight = self.weight[:, begin : begin + self.widths[layer]]
        options: dict[str, Any] = {
            "fan_in": self.fan_in,
            "temperature": self.temperature,
            "hardening": self.hardening,
        }
        return hard_tables(weight, self.parametrization, **options)

    def extra_repr(self) -> str:
        """The options."""
        return (
            f"in_features={self.in_features}, widths={self.widths}, fan_in={self.fan_in}, "
            f"parametrization={self.parametrization!r}, groups={self.groups}, tau={self.tau}, "
            f"or_pool={self.or_pool}, head={self.head}"
        )


class LogicDense(LogicNetwork):
    """One layer of gates: `LogicNetwork` with one width, and the same options.

    >>> layers = torch.nn.Sequential(
    ...     pliant.nn.LogicDense(64, 800), pliant.nn.LogicDense(800, 800), pliant.nn.GroupSum(10, tau=8.0)
    ... )
    >>> layers(torch.rand(5, 64)).shape
    torch.Size([5, 10])
    """

    def __init__(self, in_features: int, out_features: int, **options: Any) -> None:
        super().__init__(in_features, [out_features], **options)


class GroupSum(nn.Module):
    """`pliant.group_sum` as a module: scores of k classes from the gates of the last layer.

    >>> pliant.nn.GroupSum(2, tau=2.0)(torch.tensor([[1.0, 0.0, 1.0, 1.0]]))
    tensor([[0.5000, 1.0000]])
    """

    def __init__(self, k: int, tau: float = 1.0) -> None:
        super().__init__()
        self.k, self.tau = k, tau

    def forward(self, x: Tensor) -> Tensor:
        """Scores of x (…, features) → (…, k)."""
        return group_sum(x, self.k, self.tau)

    def extra_repr(self) -> str:
        """The options."""
        return f"k={self.k}, tau={self.tau}"
