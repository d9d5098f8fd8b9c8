# python/pliant/isaac.py — ISAAC for a model as it is: which layers, how, and what it costs
"""`pliant.optim.Isaac` conditions the gradients of a model's layers; any optimiser of torch steps on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch

from pliant._layers import Layers, chosen_names
from pliant._library import ops
from pliant.isaac_modules import Conditioned, IsaacConv2d, IsaacLinear, check_settings

TWINS = {torch.nn.Linear: IsaacLinear, torch.nn.Conv2d: IsaacConv2d}
AUTO_CAP = 0.25
Damping = float | Callable[[int], float]


@dataclass(frozen=True)
class IsaacCost:
    """What conditioning a layer costs, by count of multiplications and additions.

    Attributes:
        side: "rows" or "inputs", the smaller one: what the linear system's size is.
        plain: operations of the layer's forward and backward pass.
        extra: those of Gram matrix, Cholesky factor and triangular systems.
        overhead: extra/plain.

    >>> cost = pliant.optim.isaac_cost(60, 1600, 1600)
    >>> cost.side, f"{cost.extra:.3g} beside {cost.plain:.3g}"
    ('rows', '1.74e+07 beside 9.22e+08')
    """

    side: str
    plain: float
    extra: float
    overhead: float


def isaac_cost(
    rows: int, inputs: int, outputs: int, *, groups: int = 1, gradient_of_input: bool = True
) -> IsaacCost:
    """b²n + b³/3 + 2b²·min(m, n) operations beside 6bmn for b rows on the side of the rows; on that of the
    inputs the same with b and n exchanged.

    Args:
        rows: b, samples times the positions at which the weight is used.
        inputs: n; of a convolution channels/groups times the places of the kernel.
        outputs: m; of a convolution channels/groups.
        groups: so many layers of this shape.
        gradient_of_input: False for a first layer, whose plain cost is 4bmn.

    Raises:
        ValueError: a number is out of range.

    >>> round(pliant.optim.isaac_cost(60, 1600, 1600).overhead, 3)
    0.019
    """
    return IsaacCost(*ops.isaac_cost(rows, inputs, outputs, groups, gradient_of_input))


@dataclass(frozen=True)
class LayerReport:
    """One layer of `Isaac.report`.

    Attributes:
        name: in the model.
        rows, inputs, outputs: of the last forward pass; rows is 0 before the first one.
        damping: λ.
        cost: by count.
        worth_it: whether `layers="auto"` conditions it.
        conditioned_dimensions: Σ e/(e + λ) over the eigenvalues e of XᵀX/b; NaN unless inputs were given.
        counts: how many backward passes ended how.

    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    >>> first = pliant.optim.Isaac(model, damping=1.0).report(torch.rand(5, 8))[0]
    >>> first.name, first.rows, first.inputs, first.outputs, first.worth_it
    ('0', 5, 8, 16, True)
    """

    name: str
    rows: int
    inputs: int
    outputs: int
    damping: float
    cost: IsaacCost
    worth_it: bool
    conditioned_dimensions: float
    counts: dict[str, int]


class IsaacReport(tuple[LayerReport, ...]):
    """The layers' reports; printed they are a table.

    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    >>> isaac = pliant.optim.Isaac(model, damping=1.0)
    >>> model(torch.rand(5, 8)).sum().backward()
    >>> print(isaac.report())
    layer  rows  n   m   damping  side  overhead  dimensions  worth it  passes
    0      5     8   16  1        rows  16.7%                 yes       1 conditioned
    2      5     16  3   1        rows  41.1%                 no        1 conditioned
    """

    def __str__(self) -> str:
        head = ("layer", "rows", "n", "m", "damping", "side", "overhead", "dimensions", "worth it", "passes")
        lines = [head] + [_line(layer) for layer in self]
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        return "\n".join(
            "  ".join(t.ljust(w) for t, w in zip(line, widths, strict=True)).rstrip() for line in lines
        )


def _line(layer: LayerReport) -> tuple[str, ...]:
    passes = ", ".join(f"{count} {name}" for name, count in layer.counts.items() if count) or "none"
    dimensions = "" if math.isnan(layer.conditioned_dimensions) else f"{layer.conditioned_dimensions:.1f}"
    return (
        layer.name, str(layer.rows), str(layer.inputs), str(layer.outputs), f"{layer.damping:g}",
        layer.cost.side, f"{layer.cost.overhead:.1%}", dimensions, "yes" if layer.worth_it else "no", passes,
    )  # fmt: skip


class Isaac:
    """Conditions the gradient of linear and convolutional layers by what they read (ISAAC Newton, Petersen et
    al., ICLR 2023). The plain gradient ∇ becomes λ·∇·(XᵀX/b + λI)⁻¹ in the backward pass itself; then comes
    any optimiser of torch, with a learning rate up to ten times larger than before.

    Layers that are exactly `torch.nn.Linear` or `torch.nn.Conv2d` become `pliant.nn.IsaacLinear` and
    `IsaacConv2d` in place: parameters, names, hooks and the state_dict stay. All else is left as it is and
    listed in `unsupported`. Since `.backward()` conditions, gradients of several backward passes add up, loss
    scaling passes through, and gradients are clipped afterwards as ever. Under DistributedDataParallel each
    process conditions its own share, and the results are averaged.

    Args:
        model: changed in place.
        damping: λ > 0 for all layers, a schedule (`pliant.schedule`, or any function of the step), or either
            by the layer's name.
        layers: "all"; "auto", those whose overhead is at most `overhead_cap`; names; or a function of name
            and module that tells.
        overhead_cap: of "auto".
        settings: `augmented_bias`, `scale`, `rows`, `gram`, `not_finite` as of `pliant.nn.IsaacLinear`.

    Attributes:
        layers: the conditioned layers by name.
        unsupported: why each other layer with a weight is left alone.

    Raises:
        ValueError: a number is out of range, a name is no supported layer, or there is none at all.

    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    >>> isaac = pliant.optim.Isaac(model, damping=1.0)
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    >>> loss = torch.nn.functional.cross_entropy(model(torch.rand(5, 8)), torch.tensor([0, 1, 2, 0, 1]))
    >>> loss.backward()
    >>> isaac.step()
    >>> optimizer.step()
    """

    def __init__(
        self,
        model: torch.nn.Module,
        damping: Damping | Mapping[str, Damping] = 1.0,
        *,
        layers: Layers = "all",
        overhead_cap: float = AUTO_CAP,
        **settings: Any,
    ) -> None:
        check_settings("Isaac", damping=1.0, overhead_cap=overhead_cap, **settings)
        self.model = model
        found = {
            name: m for name, m in model.named_modules() if type(m) in TWINS or isinstance(m, Conditioned)
        }
        self.unsupported = {
            name: f"{type(module).__name__} is not supported"
            for name, module in model.named_modules()
            if name not in found and getattr(module, "weight", None) is not None
        }
        self.overhead_cap = overhead_cap
        self._settings = settings
        chosen = chosen_names("Isaac", layers, found, words=("all", "auto"), unsupported=self.unsupported)
        self._damping = dict(damping) if isinstance(damping, Mapping) else dict.fromkeys(chosen, damping)
        if self._damping.keys() != set(chosen):
            differing = ", ".join(sorted(self._damping.keys() ^ set(chosen)))
            raise ValueError(f"Isaac: damping must name the conditioned layers; these differ: {differing}")
        self.steps = 0
        first = {name: self._damping_of(name) for name in chosen}
        for value in first.values():
            check_settings("Isaac", damping=value)
        self.layers: dict[str, Conditioned] = {}
        cap = overhead_cap if layers == "auto" else math.inf
        for name in chosen:
            module = found[name]
            if not isinstance(module, Conditioned):
                module.__class__ = TWINS[type(module)]
            module.condition(first[name], layer_name=name, overhead_cap=cap, **settings)
            self.layers[name] = module

    def step(self) -> None:
        """The end of a step: schedules of the damping go on. Call it before the optimiser's step."""
        self.steps += 1
        self._follow_schedules()

    def set_damping(self, damping: Damping, *names: str) -> None:
        """Another damping from now on, of the named layers or of all.

        Raises:
            ValueError: it is not > 0.
            KeyError: there is no such layer.
        """
        for name in names or self.layers:
            self.layers[name].damping = damping(self.steps) if callable(damping) else damping
            self._damping[name] = damping

    def _damping_of(self, name: str) -> float:
        damping = self._damping[name]
        return damping(self.steps) if callable(damping) else damping

    def _follow_schedules(self) -> None:
        for name, layer in self.layers.items():
            if callable(self._damping[name]):
                layer.damping = self._damping_of(name)

    def parameter_groups(self, **conditioned: Any) -> list[dict[str, Any]]:
        """The parameters as two groups for an optimiser: those whose gradients are conditioned, with the
        given options (e.g. `lr=1.0`), and all others of the model.

        >>> model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.LayerNorm(16))
        >>> isaac = pliant.optim.Isaac(model)
        >>> optimizer = torch.optim.SGD(isaac.parameter_groups(lr=1.0), lr=0.1)
        """
        augmented = self._settings.get("augmented_bias", False)
        ours = {
            id(p): p
            for layer in self.layers.values()
            for p in (layer.weight, layer.bias if augmented else None)
            if p is not None
        }
        others = [p for p in self.model.parameters() if id(p) not in ours]
        return [{"params": list(ours.values()), **conditioned}, {"params": others}]

    def state_dict(self) -> dict[str, Any]:
        """The number of steps, and each layer's damping."""
        return {"steps": self.steps, "damping": {name: layer.damping for name, layer in self.layers.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state.

        Raises:
            ValueError: it is of other layers.
        """
        if state["damping"].keys() != self.layers.keys():
            raise ValueError(
                f"Isaac: the state is of the layers {', '.join(state['damping'])}, "
                f"these are {', '.join(self.layers)}"
            )
        self.steps = state["steps"]
        for name, value in state["damping"].items():
            self.layers[name].damping = value
        self._follow_schedules()

    def report(self, *inputs: Any) -> IsaacReport:
        """What the layers are, what conditioning them costs, and what became of their gradients. With inputs
        of the model also how many dimensions of the layers' inputs the damping conditions.

        >>> isaac = pliant.optim.Isaac(torch.nn.Sequential(torch.nn.Linear(8, 16)), damping=0.1)
        >>> print(isaac.report(torch.ones(4, 8)))
        layer  rows  n  m   damping  side  overhead  dimensions  worth it  passes
        0      4     8  16  0.1      rows  13.2%     1.0         yes       none
        """
        dimensions = self._conditioned_dimensions(inputs) if inputs else {}
        return IsaacReport(
            _layer_report(name, layer, self.overhead_cap, dimensions.get(name, math.nan))
            for name, layer in self.layers.items()
        )

    @torch.no_grad()
    def _conditioned_dimensions(self, inputs: tuple) -> dict[str, float]:
        """Σ e/(e + λ) for each layer that the inputs reach."""
        found: dict[str, float] = {}

        def note(name: str, layer: Conditioned, x: torch.Tensor) -> None:
            for rows in layer.rows_read(x):
                squares = torch.linalg.svdvals(rows.double()).square() / max(len(rows), 1)
                found[name] = found.get(name, 0.0) + (squares / (squares + layer.damping)).sum().item()

        hooks = [
            layer.register_forward_pre_hook(lambda module, given, name=name: note(name, module, given[0]))
            for name, layer in self.layers.items()
        ]
        try:
            self.model(*inputs)
        finally:
            for hook in hooks:
                hook.remove()
        return found

    def remove(self) -> None:
        """Makes the layers torch's again, with torch's gradients."""
        plain = {twin: kind for kind, twin in TWINS.items()}
        for layer in self.layers.values():
            layer.forget()
            layer.__class__ = plain[type(layer)]
        self.layers = {}


def _layers_of(model: torch.nn.Module) -> tuple[dict[str, torch.nn.Module], dict[str, str]]:
    """The layers that can be conditioned, and why the others with a weight cannot."""
    found, unsupported = {}, {}
    for name, module in model.named_modules():
        if type(module) in TWINS or isinstance(module, Conditioned):
            found[name] = module
        elif getattr(module, "weight", None) is not None:
            unsupported[name] = f"{type(module).__name__} is not supported"
    return found, unsupported


def _layer_report(name: str, layer: Conditioned, cap: float, dimensions: float) -> LayerReport:
    weight = cast(torch.Tensor, layer.weight)
    outputs, inputs = weight.shape[0], weight[0].numel()
    groups = getattr(layer, "groups", 1)
    cost = isaac_cost(layer.read_rows, inputs, outputs // groups, groups=groups)
    return LayerReport(
        name,
        layer.read_rows,
        inputs,
        outputs,
        layer.damping,
        cost,
        cost.overhead <= cap,
        dimensions,
        layer.counts,
    )
