# python/pliant/curvature.py — ISAAC's relatives with a memory or an output side: FOOF and K-FAC
"""`pliant.optim.Foof` and `pliant.optim.Kfac` keep means of second moments and condition `.grad` by them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from pliant._layers import Layers, chosen_names
from pliant._library import ops
from pliant.isaac_modules import check_settings, rows_read

Layer = torch.nn.Linear | torch.nn.Conv2d
SUPPORTED = (torch.nn.Linear, torch.nn.Conv2d)


class Moment:
    """A mean over steps of XᵀX/b that forgets, and the factor made of it."""

    def __init__(self, average: float) -> None:
        self.average = average
        self.sum: Tensor | None = None
        self.steps = 0
        self.factor: Tensor | None = None

    @property
    def mean(self) -> Tensor:
        """The weights of all steps sum to 1."""
        return self._taken_in() / (1 - self.average**self.steps)

    def _taken_in(self) -> Tensor:
        if self.sum is None:
            raise RuntimeError("Moment: nothing was taken in yet")
        return self.sum

    def add(self, now: Tensor) -> None:
        """Takes in a step's matrix, which counts 1 − average."""
        fresh = (1 - self.average) * now
        self.sum = fresh if self.sum is None else self.average * self.sum + fresh
        self.steps += 1

    def factorise(self, damping: float) -> bool:
        """The factor of I + mean/λ; False where the mean is not finite."""
        for type_ in dict.fromkeys((self._taken_in().dtype, torch.float64)):
            self.factor, whole = ops.isaac_factorise(self.mean.to(type_), damping)
            if whole:
                return True
        self.factor = None
        return False

    def solve(self, right: Tensor) -> Tensor:
        """λ·(mean + λI)⁻¹·right."""
        if self.factor is None:
            raise RuntimeError("Moment: there is no factor")
        return ops.isaac_solve(self.factor, right.to(self.factor.dtype)).to(right.dtype)


class _Rows:
    """What a layer's groups read (rows, n) since the last step, as sums of XᵀX."""

    def __init__(self) -> None:
        self.sums: list[Tensor] = []
        self.count = 0

    def add(self, matrices: list[Tensor], count: int) -> None:
        products = [m.T @ m for m in (_working(matrix) for matrix in matrices)]
        self.sums = [a + b for a, b in zip(self.sums, products, strict=True)] if self.sums else products
        self.count += count

    def reduce(self) -> None:
        """The sums over all processes: n(n + 1)/2 numbers a matrix."""
        device = self.sums[0].device
        count = torch.tensor([float(self.count)], device=device)
        torch.distributed.all_reduce(count)
        self.count = int(count.item())
        for i, matrix in enumerate(self.sums):
            where = torch.triu_indices(*matrix.shape, device=device)
            packed = matrix[where[0], where[1]]
            torch.distributed.all_reduce(packed)
            upper = torch.zeros_like(matrix)
            upper[where[0], where[1]] = packed
            self.sums[i] = upper + upper.triu(1).T

    def take(self) -> list[Tensor]:
        """The means; and forgets them."""
        means = [matrix / self.count for matrix in self.sums]
        self.sums, self.count = [], 0
        return means


def _working(x: Tensor) -> Tensor:
    """float64 stays, all else is worked on in float32."""
    return x if x.dtype == torch.float64 else x.float()


class Foof:
    """Conditions gradients by a mean over steps of what the layers read (FOOF, Benzing, 2022): the
    plain gradient ∇ becomes λ·∇·(Σ + λI)⁻¹ with Σ ← average·Σ + (1 − average)·XᵀX/b, the weights of the steps
    normalised. `average=0, interval=1` is ISAAC.

    The paper's convention has an unnormalised Σ and the step divided by its damping: λ_F is b·λ, the
    learning rate η_F is η·b·λ. Call `.step()` after `.backward()` and before the optimiser's step. Costs
    n² numbers of memory a layer and b·n² + n³/3 + 2n²m operations a step: more than ISAAC unless the batch is
    large or the interval long.

    Args:
        model: its `torch.nn.Linear` and `torch.nn.Conv2d`, subclasses too, are watched by hooks.
        damping: λ > 0 and finite.
        average: how much of its past Σ keeps, in [0, 1).
        interval: steps from one factor to the next; Σ goes on at each step.
        layers: "all", names, or a function of name and module that tells.
        scale: "zeta", or "divided": divided by λ.
        rows: "expand", or "reduce": X has a row for each sample, the mean of its positions.
        processes: Σ is that of all processes of torch.distributed, for gradients that are averaged over
            them, as DistributedDataParallel's are.

    Attributes:
        layers: the watched layers by name.
        plain: how often a layer's gradient was left as it is, since what it read was not finite.

    Raises:
        ValueError: a number is out of range, or there is no such layer.

    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    >>> foof = pliant.optim.Foof(model, damping=1.0, interval=5)
    >>> torch.nn.functional.cross_entropy(model(torch.rand(5, 8)), torch.tensor([0, 1, 2, 0, 1])).backward()
    >>> foof.step()  # and then that of any optimiser
    >>> list(foof.layers), foof.plain
    (['0', '2'], 0)
    """

    def __init__(
        self,
        model: torch.nn.Module,
        damping: float = 1.0,
        *,
        average: float = 0.95,
        interval: int = 1,
        layers: Layers = "all",
        scale: str = "zeta",
        rows: str = "expand",
        processes: bool = False,
    ) -> None:
        caller = type(self).__name__
        check_settings(caller, damping=damping, scale=scale, rows=rows)
        if not math.isfinite(damping):
            raise ValueError(f"{caller}: damping must be finite, got {damping}")
        if not 0 <= average < 1:
            raise ValueError(f"{caller}: average must be in [0, 1), got {average}")
        if interval < 1:
            raise ValueError(f"{caller}: interval must be at least 1, got {interval}")
        self.damping, self.average, self.interval = float(damping), average, interval
        self.scale, self.rows, self.processes = scale, rows, processes
        self.layers = watched_layers(caller, model, layers)
        self.steps = 0
        self.plain = 0
        self._rows = {name: _Rows() for name in self.layers}
        self._moments = {
            name: [Moment(average) for _ in range(getattr(layer, "groups", 1))]
            for name, layer in self.layers.items()
        }
        self._hooks = [
            layer.register_forward_hook(self._note_of(name)) for name, layer in self.layers.items()
        ]

    def _note_of(self, name: str) -> Callable:
        def note(layer: torch.nn.Module, given: tuple, out: Tensor) -> None:
            if layer.training and torch.is_grad_enabled():
                self._note(name, layer, given[0].detach(), out)

        return note

    def _note(self, name: str, layer: torch.nn.Module, x: Tensor, out: Tensor) -> None:
        matrices = rows_read(layer, x, self.rows == "reduce")
        self._rows[name].add(matrices, len(matrices[0]))

    @torch.no_grad()
    def step(self) -> None:
        """Takes in what was read since the last step, and conditions the gradients in place."""
        renew = self.steps % self.interval == 0
        for name, layer in self.layers.items():
            self._take_in(name, renew)
            grad = layer.weight.grad
            if grad is None:
                continue
            parts = self._conditioned(name, grad.flatten(1))
            if parts is None:
                self.plain += 1
            else:
                grad.copy_(parts.view_as(grad))
        self.steps += 1

    def _take_in(self, name: str, renew: bool) -> None:
        _fold(self._rows[name], self._moments[name], self.processes)
        for moment in self._moments[name]:
            if (renew or moment.factor is None) and moment.steps:
                moment.factorise(self._input_damping(name))

    def _input_damping(self, name: str) -> float:
        return self.damping

    def _conditioned(self, name: str, grad: Tensor) -> Tensor | None:
        """The gradient (m, n), conditioned; None where a factor is missing."""
        moments = self._moments[name]
        if any(moment.factor is None for moment in moments):
            return None
        chunks = zip(moments, grad.chunk(len(moments)), strict=True)
        result = torch.cat([moment.solve(chunk.T).T for moment, chunk in chunks])
        return result / self.damping if self.scale == "divided" else result

    def remove(self) -> None:
        """Takes the hooks off the layers."""
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def state_dict(self) -> dict[str, Any]:
        """The steps and the moments."""
        moments = {
            name: [(moment.sum, moment.steps, moment.factor) for moment in each]
            for name, each in self._all_moments().items()
        }
        return {"steps": self.steps, "moments": moments}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a state.

        Raises:
            ValueError: it is of other layers.
        """
        mine = self._all_moments()
        if state["moments"].keys() != mine.keys():
            raise ValueError(f"{type(self).__name__}: the state is of other layers")
        self.steps = state["steps"]
        for name, each in state["moments"].items():
            for moment, stored in zip(mine[name], each, strict=True):
                moment.sum, moment.steps, moment.factor = stored

    def _all_moments(self) -> dict[str, list[Moment]]:
        return {f"{name}/inputs": each for name, each in self._moments.items()}


class Kfac(Foof):
    """Conditions gradients from both sides (K-FAC, Martens and Grosse, 2015): ∇ becomes
    (B + λ_g I)⁻¹·∇·(A + λ_a I)⁻¹, with A the mean of what a layer reads and B of the gradients at its outputs
    for labels drawn from the model. With `scale="zeta"` times λ_a·λ_g: the two-sided step of ISAAC Newton, of
    which ISAAC is the limit λ_g → ∞.

    Each step calls `.observe(outputs)` before `loss.backward()`: it draws labels and goes back once more.
    Convolutions: A is a mean over samples and places, B a sum over places and a mean over samples.

    Args:
        damping: λ. Split by the traces of A and B: λ_a = π√λ and λ_g = √λ/π with π² = (tr A/n)/(tr B/m).
        input_damping, output_damping: λ_a and λ_g themselves, both or neither, instead of `damping`.
        average, interval, layers, scale, processes: as of `Foof`; scale is "divided" here.

    Raises:
        ValueError: a number is out of range, or a convolution has groups.

    >>> model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    >>> kfac = pliant.optim.Kfac(model, damping=0.01)
    >>> outputs = model(torch.rand(5, 8))
    >>> kfac.observe(outputs)
    >>> torch.nn.functional.cross_entropy(outputs, torch.tensor([0, 1, 2, 0, 1])).backward()
    >>> kfac.step()
    """

    def __init__(
        self,
        model: torch.nn.Module,
        damping: float = 1.0,
        *,
        input_damping: float | None = None,
        output_damping: float | None = None,
        scale: str = "divided",
        **options: Any,
    ) -> None:
        super().__init__(model, damping, scale=scale, **options)
        if self.rows == "reduce":
            raise ValueError("Kfac: rows must be expand, got 'reduce'")
        if (input_damping is None) != (output_damping is None):
            raise ValueError("Kfac: input_damping and output_damping go together, got one of them")
        for name, value in (("input_damping", input_damping), ("output_damping", output_damping)):
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"Kfac: {name} must be > 0 and finite, got {value}")
        for name, layer in self.layers.items():
            if getattr(layer, "groups", 1) != 1:
                raise ValueError(f"Kfac: the convolution {name!r} has groups")
        self.input_damping, self.output_damping = input_damping, output_damping
        self._outputs: dict[str, list[Tensor]] = {name: [] for name in self.layers}
        self._output_rows = {name: _Rows() for name in self.layers}
        self._output_moments = {name: [Moment(self.average)] for name in self.layers}

    def _note(self, name: str, layer: torch.nn.Module, x: Tensor, out: Tensor) -> None:
        super()._note(name, layer, x, out)
        self._outputs[name].append(out)

    def observe(self, outputs: Tensor) -> None:
        """Takes in the gradients, at each layer's outputs, of −ln p of classes drawn from the model.

        Args:
            outputs: logits (b, classes) of the forward pass that has just run; its graph is kept.
        """
        classes = torch.multinomial(outputs.detach().softmax(1), 1).squeeze(1)
        loss = F.cross_entropy(outputs, classes, reduction="sum")
        names = [name for name in self.layers for _ in self._outputs[name]]
        tensors = [out for name in self.layers for out in self._outputs[name]]
        grads = torch.autograd.grad(loss, tensors, retain_graph=True)
        for name, grad in zip(names, grads, strict=True):
            rows = grad.movedim(1, -1) if isinstance(self.layers[name], torch.nn.Conv2d) else grad
            self._output_rows[name].add([rows.reshape(-1, rows.shape[-1])], 0)
        for name in self.layers:
            self._output_rows[name].count += len(outputs)
        self._outputs = {name: [] for name in self.layers}

    def step(self) -> None:
        """Takes in what was observed since the last step, and conditions the gradients in place."""
        self._outputs = {name: [] for name in self.layers}
        super().step()

    def _take_in(self, name: str, renew: bool) -> None:
        _fold(self._output_rows[name], self._output_moments[name], self.processes)
        super()._take_in(name, renew)
        (moment,) = self._output_moments[name]
        if (renew or moment.factor is None) and moment.steps:
            moment.factorise(self._dampings(name)[1])

    def _dampings(self, name: str) -> tuple[float, float]:
        """λ_a and λ_g of a layer."""
        if self.input_damping is not None and self.output_damping is not None:
            return self.input_damping, self.output_damping
        (a,), (b,) = self._moments[name], self._output_moments[name]
        if not (a.steps and b.steps):
            return math.sqrt(self.damping), math.sqrt(self.damping)
        traces = (a.mean.diagonal().mean() / b.mean.diagonal().mean()).item()
        ratio = math.sqrt(traces) if 0 < traces < math.inf else 1.0
        return ratio * math.sqrt(self.damping), math.sqrt(self.damping) / ratio

    def _input_damping(self, name: str) -> float:
        return self._dampings(name)[0]

    def _conditioned(self, name: str, grad: Tensor) -> Tensor | None:
        (a,), (b,) = self._moments[name], self._output_moments[name]
        if a.factor is None or b.factor is None:
            return None
        result = b.solve(a.solve(grad.T).T)
        return result / math.prod(self._dampings(name)) if self.scale == "divided" else result

    def _all_moments(self) -> dict[str, list[Moment]]:
        outputs = {f"{name}/outputs": each for name, each in self._output_moments.items()}
        return super()._all_moments() | outputs


def _fold(rows: _Rows, moments: list[Moment], processes: bool) -> None:
    """Takes what was read into the moments; nothing where nothing was read."""
    if not rows.sums or rows.count == 0:
        return
    if processes:
        rows.reduce()
    for moment, now in zip(moments, rows.take(), strict=True):
        moment.add(now)


def watched_layers(caller: str, model: torch.nn.Module, layers: Layers) -> dict[str, Layer]:
    """The linear layers and convolutions to watch by name."""
    found = {name: module for name, module in model.named_modules() if isinstance(module, SUPPORTED)}
    return {name: found[name] for name in chosen_names(caller, layers, found)}
