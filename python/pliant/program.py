# python/pliant/program.py — algorithms as programs: run relaxed, hard, and backwards
"""A program is an ordinary algorithm, with conditions, loops and indexing, in a small language
(docs/program.md). It is run for each sample of a batch: relaxed, so that gradients flow through its
decisions, or as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field, fields, replace
from typing import Any

import torch
from torch import Tensor

from pliant._externals import registered
from pliant._library import ops
from pliant.connectives import t_norm_parameters
from pliant.math import Distribution, Number, distribution_of, parameters
from pliant.program_builder import Builder as Builder
from pliant.program_trace import Trace as Trace
from pliant.program_trace import beside
from pliant.softness import beta as beta_of_margin


@dataclass(frozen=True)
class Program:
    """An algorithm, from its text.

    Args:
        text: in the language of docs/program.md
        beta: inverse temperature β > 0 of every comparison and choice; a number, or a tensor of one element
            that gets a gradient
        distribution: l > r has the chance F(β·(l - r)); a name of `pliant.distributions()`, or a
            `pliant.Distribution`
        t_norm, p: of `and` and `or`; see `pliant.t_norms()`
        epsilon: a loop ends for a sample when it goes on with this chance or less, in [0, 1)
        max_passes: of a while loop
        truncate: whether a loop that reaches max_passes ends there, else it is an error
        functions: for each name of the program's line `external net, …` what is called: it is given tensors
            (batch, shape…), and int for whole numbers, and gives one. Such a program runs on tensors, as
            `on_tensors`
        memory: bytes that the state of the samples that run together, 16 to 64, may take
        softness: instead of beta: the difference of which a comparison is 90 % sure (`pliant.softness.beta`)

    Raises:
        ValueError: with line and column, if the text is no program; or it names the argument

    Called with one tensor for each input, (batch, shape…), it gives a tuple of one tensor for each output,
    or the one that there is. Other options for one call: `.soft(x, beta=20.0)`, `.hard(x)`,
    `.straight_through(x)`.

    Every sample is run on its own: the same bits whatever else is in the batch, and for any number of
    threads.
    float32 and float64; half is worked on in float32. Gradient: inputs and beta. Cost, on one core:
    about 10 ns for a product of 64 samples in float32, 40 with the way back, for which a run that needs a
    gradient keeps up to 64 MiB of its numbers; and 10 µs for a call, 30 there and back with a sum behind it.
    The first call with inputs of new sizes writes the steps down.
    Source: Petersen et al., Learning with Algorithmic Supervision via Continuous Relaxations, NeurIPS 2021.

    >>> count = pliant.program.Program('''
    ... program count(limit) {
    ...   var x = 0
    ...   while x < limit { x = x + 1 }
    ...   return x
    ... }''', beta=10.0)
    >>> count(torch.tensor([3.5])), count.hard(torch.tensor([3.5]))
    (tensor([4.0000]), tensor([4.]))
    """

    text: str
    beta: Number = 10.0
    distribution: str | Distribution = "logistic"
    t_norm: str = "probabilistic"
    p: float | None = None
    epsilon: float = 1e-5
    max_passes: int = 1024
    truncate: bool = False
    memory: int = 1 << 30
    functions: Mapping[str, Callable[..., Tensor]] = field(default_factory=dict, hash=False)
    softness: InitVar[float | None] = None

    #: What the program is called, and its arguments and results by their names.
    name: str = field(init=False)
    inputs: tuple[str, ...] = field(init=False)
    outputs: tuple[str, ...] = field(init=False)
    _ranks: tuple[int, ...] = field(init=False, repr=False)
    _externals: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self, softness: float | None) -> None:
        if softness is not None:
            object.__setattr__(self, "beta", beta_of_margin(softness, distribution=self.distribution))
        name, text, *rest = ops.describe_program(self.text)
        inputs, rest = _take(rest)
        ranks, rest = [int(rank) for rank in rest[: len(inputs)]], rest[len(inputs) :]
        outputs, rest = _take(rest)
        externals, _ = _take(rest)
        if set(externals) != set(self.functions):
            raise ValueError(
                f"program {name}: functions must have the names of its line `external`, "
                f"{list(externals)}, got {list(self.functions)}"
            )
        found = {
            "name": name, "inputs": inputs, "outputs": outputs, "text": text, "_ranks": tuple(ranks),
            "_externals": externals,
        }  # fmt: skip
        for key, value in found.items():
            object.__setattr__(self, key, value)

    def __call__(self, *inputs: Tensor) -> Any:
        """The relaxed program."""
        return self._run("soft", inputs)

    def soft(self, *inputs: Tensor, **options: Any) -> Any:
        """The relaxed program, with other options than its own, such as beta or softness."""
        return replace(self, **options)._run("soft", inputs)

    def hard(self, *inputs: Tensor) -> Any:
        """The program as it stands: < and <= differ, the first of several smallest is the smallest.

        A number as a condition is true above 1/2; same(a, b) is whether the largest of both stands at the
        same place. No gradient.
        """
        with torch.no_grad():
            return self._run("hard", inputs)

    def straight_through(self, *inputs: Tensor) -> Any:
        """The results of `hard`, with the derivatives of the relaxed decisions at these values."""
        return self._run("straight_through", inputs)

    def on_tensors(self, *inputs: Tensor, mode: str = "soft") -> Any:
        """The same, each step an op of torch: for programs that call functions of yours, such as networks.

        Args:
            *inputs: as for a call
            mode: "soft", "hard" or "straight_through"

        The same numbers as a call, to rounding. What is called may be anything that torch can differentiate,
        and its parameters get gradients. Cost: about 15 µs a step, there and back, and memory for each of
        the whole batch: programs without `external` are far faster as a call.

        >>> score = torch.nn.Linear(3, 1)
        >>> best = pliant.program.Program('''
        ... program best(xs[n, m]) {
        ...   external score
        ...   var weights[n] = argmax(score(xs))
        ...   return weights
        ... }''', functions={"score": lambda xs: score(xs).squeeze(-1)})
        >>> best(torch.randn(5, 4, 3)).shape
        torch.Size([5, 4])
        """
        results = tuple(self._on_tensors(ops.run_program_on_tensors, mode, inputs))
        return results[0] if len(results) == 1 else results

    def trace(self, *inputs: Tensor) -> Trace:
        """Runs the program relaxed and hard, and gives what each statement wrote, beside each other.

        Args:
            *inputs: as for a call

        Printed, it is a table of the first sample. Runs on tensors: for looking at a few samples.

        >>> print(pliant.program.Program('''
        ... program clip(x) {
        ...   var y = x
        ...   if x > 1 { y = 1 }
        ...   return y
        ... }''', beta=2.0).trace(torch.tensor([1.5])))
        line  pass     soft   hard  statement
        2           y  1.5    1.5   var y = x
        4           y  1      1     y = 1
        3           y  1.134  1     if 1 < x {
        """
        runs = [self._on_tensors(ops.trace_program, mode, inputs) for mode in ("soft", "hard")]
        return beside(self.text, *runs)

    def _on_tensors(self, op: Callable[..., Any], mode: str, inputs: Sequence[Tensor]) -> Any:
        self._check(inputs)
        family = distribution_of(self.distribution)
        with registered({name: self.functions[name] for name in self._externals}) as keys:
            return op(
                inputs, self.text, family.name, parameters(family, self.beta), self.t_norm,
                t_norm_parameters(self.t_norm, self.p), mode, self.epsilon, self.max_passes, self.truncate,
                keys,
            )  # fmt: skip

    def _run(self, mode: str, inputs: Sequence[Tensor]) -> Any:
        if self._externals:
            return self.on_tensors(*inputs, mode=mode)
        self._check(inputs)
        family = distribution_of(self.distribution)
        results = ops.call_program(
            inputs, self.text, family.name, parameters(family, self.beta), self.t_norm,
            t_norm_parameters(self.t_norm, self.p), mode, self.epsilon, self.max_passes, self.truncate,
            self.memory,
        )  # fmt: skip
        return results[0] if len(results) == 1 else tuple(results)

    def _check(self, inputs: Sequence[Tensor]) -> None:
        for name, x in zip(self.inputs, inputs, strict=False):
            if not isinstance(x, Tensor):
                raise TypeError(f"program {self.name}: {name} must be a tensor, got {type(x).__name__}")
        if len(inputs) != len(self.inputs):
            raise ValueError(f"program {self.name} takes {', '.join(self.inputs)}, got {len(inputs)} tensors")
        batch = inputs[0].shape[0] if inputs[0].dim() else -1
        for name, rank, x in zip(self.inputs, self._ranks, inputs, strict=True):
            if x.dim() != rank + 1 or x.shape[0] != batch:
                raise ValueError(
                    f"program {self.name}: {name} must have {rank} dimensions behind the batch of the "
                    f"first input, got shape {tuple(x.shape)}"
                )


def parse(text: str, **options: Any) -> Program:
    """A program from its text; `options` as of `Program`.

    >>> twice = pliant.program.parse('''
    ... program twice(x) {
    ...   var y = x + x
    ...   return y
    ... }''')
    >>> twice(torch.tensor([2.0]))
    tensor([4.])
    """
    return Program(text, **options)


def parse_while(
    text: str,
    *,
    policy: str = "gated",
    condition: str = "positive",
    subtraction: str = "truncated",
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    **options: Any,
) -> Program:
    """A program of the WHILE language, from the first values of its variables to their last ones.

    Args:
        text: `x0 := x1 + 2`, `x0 := x1 - 2`, `x0 := x1`, `x0 := 2`, `P ; P` and `WHILE x0 != 0 DO P END`
            over natural numbers x0, x1, …; see docs/while.md
        policy: how loops are relaxed: "gated" (each pass writes by how likely it takes place; AlgoNet) or
            "mixture" (passes run whole, and their states are mixed; as other programs' `while`)
        condition: what x != 0 is: "positive", x > 0.5, relaxed σ(β(x - 0.5)); or "nonzero", relaxed
            1 - sech²(βx/2)
        subtraction: "truncated", which stops at 0, relaxed (x - c)·σ(β(x - c + 0.5)); or "plain", x - c
        inputs: variables whose first value is an argument, in this order; others begin with 0. None: all
            of the text, by their numbers
        outputs: variables whose last value is a result. None: all
        **options: as of `Program`; beta is the sharpness

    Raises:
        ValueError: with line and column, if the text is no WHILE program; or it names the argument

    Source: Petersen et al., AlgoNet: C∞ Smooth Algorithmic Neural Networks, 2019.

    >>> add = pliant.program.parse_while('''
    ... WHILE x1 != 0 DO
    ...   x0 := x0 + 1;
    ...   x1 := x1 - 1
    ... END''', outputs=["x0"], beta=8.0)
    >>> add(torch.tensor([3.0]), torch.tensor([4.0])), add.hard(torch.tensor([3.0]), torch.tensor([4.0]))
    (tensor([7.0028]), tensor([7.]))
    """
    names = [None if chosen is None else list(chosen) for chosen in (inputs, outputs)]
    return Program(ops.while_program(text, policy, condition, subtraction, *names), **options)


def shipped() -> tuple[str, ...]:
    """The names of the programs that come with the library, for `load`.

    >>> pliant.program.shipped()
    ('bubble_sort', 'levenshtein', 'shortest_path', 'silhouette')
    """
    return tuple(ops.shipped_programs())


def load(name: str, **options: Any) -> Program:
    """A program that comes with the library.

    Args:
        name: one of `shipped()`
        **options: as of `Program`; and the program's own, whole numbers >= 0 or True and False

    Raises:
        ValueError: for another name, or for an option that neither has

    bubble_sort: xs (batch, n) to the sorted numbers (batch, n), and (batch) whether two were swapped and how
        often.
    levenshtein: s (batch, n, letters) and t (batch, m, letters), distributions over an alphabet, to the edit
        distance (batch) and the table of distances (batch, n + 1, m + 1).
    shortest_path: cost (batch, n, m) > 0 to the cells of the cheapest path from the first cell to the last by
        8 neighbours (batch, n, m), and its cost without that of the first cell (batch). A path has at most
        n + m + 1 steps. Options: `leaky_source`, as published: relaxed, the cheapest neighbour of the first
        cell is marked too; `while_loop`: the way back ends at the first cell, not after n + m + 1 steps.
    silhouette: corners x and y (batch, n, 4) of triangles, counter-clockwise, the first again at the end, and
        pixels u and v (batch, m) to how much each pixel is seen (batch, m).

    >>> path, distance = pliant.program.load("shortest_path", beta=25.0)(torch.ones(1, 3, 3))
    >>> path.round(), distance
    (tensor([[[1., 0., 0.],
              [0., 1., 0.],
              [0., 0., 1.]]]), tensor([2.]))
    """
    of_runs = {each.name for each in fields(Program) if each.init} | {"softness"}
    settings = {key: value for key, value in options.items() if key not in of_runs}
    for key, value in settings.items():
        if not isinstance(value, int):
            raise TypeError(f"load: {key} must be a whole number or a bool, got {value!r}")
    text = ops.shipped_program(name, list(settings), [int(value) for value in settings.values()])
    return Program(text, **{key: value for key, value in options.items() if key in of_runs})


def _take(words: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """A counted list of names, and what stands behind it."""
    count = int(words[0])
    return tuple(words[1 : 1 + count]), words[1 + count :]
