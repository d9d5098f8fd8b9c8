# python/pliant/compat/difflogic.py — the package difflogic 0.1.0 by its names, on our kernels
"""Names, defaults and return values of https://pypi.org/project/difflogic/0.1.0 (Petersen et al., NeurIPS
2022). Change `import difflogic` to `from pliant.compat import difflogic`. Neither CUDA nor a C compiler is
needed.

Where the package has a defect, this module does not follow it:

- the wiring is a buffer: it is saved, moved and copied with the layer. A state_dict of the package's, which
  has none, loads too, and the layer keeps its own; drawn after the same `torch.manual_seed` it is the
  package's.
- a gate whose two inputs are the same feature has the right gradient, as in the package's Python
  implementation.
- batches that are no multiple of the word pack right, and compiled networks take any number of samples.
- `device` is not looked at, the kernels follow their input; nothing is printed in `forward`.
- a compiled network may have a single layer; one whose outputs its classes do not divide is an error.

As in the package, packed and compiled networks give counts, int32 and without tau.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

import pliant
from pliant._network import Network
from pliant.circuit import Circuit
from pliant.compat._circuit import apply_gates, c_code, count_groups, pack

_CONNECTIONS = ("random", "unique")
_WORDS = (8, 16, 32, 64)


class LogicLayer(torch.nn.Module):
    """forward(x (…, in_dim)) → (…, out_dim): soft gates; in eval mode those of the largest weights.

    Args:
        in_dim: features that are read
        out_dim: gates
        device: not looked at: the kernel follows its input
        grad_factor: multiplies the gradient of x
        implementation: "cuda", "python" or None: not looked at beyond that, there is one
        connections: "random" or "unique"

    `weights` (out_dim, 16) are the logits of the gates; `indices` the two features that each reads, (a, b),
    int64. The output is stored by feature, which the next layer reads as it is. A PackBitsTensor goes through
    in eval mode, and is overwritten.

    Raises:
        AssertionError: if an option is unknown, out_dim is less than half of in_dim, or x has other features

    >>> difflogic.LogicLayer(64, 100)(torch.rand(5, 64)).shape
    torch.Size([5, 100])
    """

    weights: torch.nn.Parameter
    wiring: Tensor

    def __init__(
        self,
        in_dim: int,
        out_dim: int,
        device: str = "cuda",
        grad_factor: float = 1.0,
        implementation: str | None = None,
        connections: str = "random",
    ) -> None:
        super().__init__()
        assert implementation in (None, "cuda", "python"), implementation
        assert connections in _CONNECTIONS, connections
        assert 2 * out_dim >= in_dim, (
            f"The number of neurons ({out_dim}) must not be smaller than half of the number of inputs "
            f"({in_dim}): not all of them could be read."
        )
        self.in_dim, self.out_dim, self.device, self.grad_factor = in_dim, out_dim, device, grad_factor
        self.implementation = implementation or ("python" if device == "cpu" else "cuda")
        self.connections = connections
        self.num_neurons = self.num_weights = out_dim
        # In this order, so that the numbers are the package's after the same seed.
        self.weights = torch.nn.Parameter(torch.randn(out_dim, 16))
        pairs = _random_pairs if connections == "random" else _unique_pairs
        self.register_buffer("wiring", pairs(in_dim, out_dim))

    @property
    def indices(self) -> tuple[Tensor, Tensor]:
        """The features that the gates read as a and as b, int64 (out_dim) each; they can be set."""
        return self.wiring[0].long(), self.wiring[1].long()

    @indices.setter
    def indices(self, pairs: tuple[Tensor, Tensor]) -> None:
        self.wiring = torch.stack(tuple(pairs)).to(self.wiring)

    def forward(self, x: Tensor | PackBitsTensor) -> Tensor | PackBitsTensor:
        """The gates' outputs; see the class."""
        if isinstance(x, PackBitsTensor):
            return self._forward_packed(x)
        assert x.shape[-1] == self.in_dim, (tuple(x.shape), self.in_dim)
        weights = self.weights if self.training else self.weights.detach()
        coefficients = pliant.gate_coefficients(weights.T, "softmax", hard=not self.training)
        rows = x if x.ndim == 2 else x.reshape(-1, self.in_dim)
        y = pliant.logic_dense(rows, self.wiring, coefficients, grad_factor=self.grad_factor)
        return y if x.ndim == 2 else y.reshape(*x.shape[:-1], self.out_dim)

    def _forward_packed(self, x: PackBitsTensor) -> PackBitsTensor:
        assert not self.training, "PackBitsTensor is not supported for the differentiable training mode."
        assert x.t.shape[0] == self.in_dim, (tuple(x.t.shape), self.in_dim)
        x.t = apply_gates(x.t, self.wiring, self.weights.argmax(1))
        return x

    def _load_from_state_dict(self, state_dict: Mapping[str, Any], prefix: str, *args: Any) -> None:
        # What the package saved has weights only.
        if f"{prefix}weights" in state_dict and f"{prefix}wiring" not in state_dict:
            state_dict = {**state_dict, f"{prefix}wiring": self.wiring}
        super()._load_from_state_dict(state_dict, prefix, *args)

    def extra_repr(self) -> str:
        """As the package prints it."""
        return f"{self.in_dim}, {self.out_dim}, {'train' if self.training else 'eval'}"


def _random_pairs(inputs: int, gates: int) -> Tensor:
    order = torch.randperm(2 * gates) % inputs
    return torch.randperm(inputs)[order].reshape(2, gates).int()


def _unique_pairs(inputs: int, gates: int) -> Tensor:
    """The pairs of `pliant.logic_wiring`, in the order that the package would have given them."""
    pairs = inputs * (inputs - 1) // 2
    assert gates <= pairs, f"{inputs} inputs have {pairs} pairs, fewer than the {gates} neurons"
    listed = _pairs_in_order(inputs, gates)
    return listed[:, torch.randperm(gates)].int()


def _pairs_in_order(inputs: int, gates: int) -> Tensor:
    """(0, 1), (2, 3), …, then (1, 2), (3, 4), …, then all (i, i + 2), …; `gates` of them."""
    x = torch.arange(inputs)
    parts = [torch.stack((x[:-1:2], x[1::2])), torch.stack((x[1:-1:2], x[2::2]))]
    offset = 2
    while sum(part.shape[1] for part in parts) < gates:
        parts.append(torch.stack((x[:-offset], x[offset:])))
        offset += 1
    return torch.cat(parts, 1)[:, :gates]


class GroupSum(torch.nn.Module):
    """forward(x (…, n)) → (…, k): sums of k contiguous groups over tau; of a PackBitsTensor the counts.

    Args:
        k: groups; they divide n
        tau: temperature
        device: not looked at

    Raises:
        ValueError: if k does not divide n

    >>> difflogic.GroupSum(k=2, tau=10.0)(torch.ones(3, 40))[0]
    tensor([2., 2.])
    """

    def __init__(self, k: int, tau: float = 1.0, device: str = "cuda") -> None:
        super().__init__()
        self.k, self.tau, self.device = k, tau, device

    def forward(self, x: Tensor | PackBitsTensor) -> Tensor:
        """The scores, or counts; see the class."""
        return x.group_sum(self.k) if isinstance(x, PackBitsTensor) else pliant.group_sum(x, self.k, self.tau)

    def extra_repr(self) -> str:
        """As the package prints it."""
        return f"k={self.k}, tau={self.tau}"


class PackBitsTensor:
    """A batch of bits, packed along the samples.

    `t` is (features, words): bit i of word j is sample j·bit_count + i, bits beyond the batch are 0.

    Args:
        t: bool (batch, features)
        bit_count: bits of a word, 8, 16, 32 or 64; they are signed integers
        device: not looked at

    Raises:
        AssertionError: if t is no matrix or bit_count another number

    >>> difflogic.PackBitsTensor(torch.tensor([[True], [False], [True]]), bit_count=8).t
    tensor([[5]], dtype=torch.int8)
    """

    def __init__(self, t: Tensor, bit_count: int = 32, device: str = "cuda") -> None:
        assert len(t.shape) == 2, t.shape
        assert bit_count in _WORDS, bit_count
        self.bit_count, self.device = bit_count, device
        self.t = pack(t, bit_count)
        self.pad_len = self.t.shape[1] * bit_count - t.shape[0]  #: bits of the last word that are no samples

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> PackBitsTensor:
        """Itself, as it is flat: what torch.nn.Flatten at the head of a model calls."""
        return self

    def group_sum(self, k: int) -> Tensor:
        """How many bits are set in each of k contiguous groups of features: int32 (batch, k)."""
        return count_groups(self.t, self.t.shape[1] * self.bit_count - self.pad_len, k)


class CompiledLogicNet(torch.nn.Module):
    """A trained torch.nn.Sequential of LogicLayers and a GroupSum as Boolean gates: a `pliant.circuit`.

    Args:
        model: may begin with torch.nn.Flatten, ends with GroupSum; None: of `load`
        device: "cpu"
        num_bits: bits of a word of `get_c_code`
        cpu_compiler: not looked at: no compiler is needed
        verbose: says what it does

    forward(x, bool (N, inputs), a tensor or an array) → counts int32 (N, classes).

    Raises:
        AssertionError: if there is another layer in the model, or an option is unknown
        ValueError: if the classes do not divide the last layer

    >>> model = torch.nn.Sequential(difflogic.LogicLayer(6, 8), difflogic.GroupSum(2))
    >>> difflogic.CompiledLogicNet(model)(torch.zeros(3, 6, dtype=torch.bool)).shape
    torch.Size([3, 2])
    """

    def __init__(
        self,
        model: torch.nn.Sequential | None,
        device: str = "cpu",
        num_bits: int = 64,
        cpu_compiler: str = "gcc",
        verbose: bool = False,
    ) -> None:
        super().__init__()
        assert cpu_compiler in ("clang", "gcc"), cpu_compiler
        assert num_bits in _WORDS, num_bits
        assert device == "cpu", f"Device {device} not supported."
        self.model, self.device, self.num_bits, self.cpu_compiler = model, device, num_bits, cpu_compiler
        self.layers: list[tuple[Tensor, Tensor]] = []  # of each layer, its wiring and its gates
        self._circuit: Circuit | None = None  # of them, made at the first call
        if model is not None:
            self._take(model)
            if verbose:
                print(f"`layers` created and has {len(self.layers)} layers.")

    def _take(self, model: torch.nn.Sequential) -> None:
        last = model[-1]
        assert isinstance(last, GroupSum), f"The last layer of the model must be GroupSum, but it is {last}."
        for layer in list(model)[:-1]:
            if isinstance(layer, LogicLayer):
                self.layers.append((layer.wiring.cpu(), layer.weights.argmax(1).cpu()))
            else:
                assert isinstance(layer, torch.nn.Flatten), f"Error: layer {type(layer)} / {layer} unknown."
        assert self.layers, "The model has no LogicLayer."
        self.num_inputs = next(layer.in_dim for layer in model if isinstance(layer, LogicLayer))
        self.num_classes = last.k
        outputs = len(self.layers[-1][1])
        if outputs % self.num_classes:
            raise ValueError(f"CompiledLogicNet: {self.num_classes} classes do not divide {outputs} outputs")

    def compile(
        self,
        opt_level: int = 1,
        save_lib_path: str | os.PathLike[str] | None = None,
        verbose: bool = False,
    ) -> None:
        """Saves the gates to save_lib_path if that is given: a NumPy archive for `load`, not a library.

        Args:
            opt_level: not looked at
            save_lib_path: a file's name, with any ending
            verbose: says what it does
        """
        if save_lib_path is not None:
            gates: dict[str, Any] = {
                f"wiring_{i}": wiring.numpy() for i, (wiring, _) in enumerate(self.layers)
            }
            gates |= {f"gates_{i}": ids.numpy().astype(np.uint8) for i, (_, ids) in enumerate(self.layers)}
            with open(save_lib_path, "wb") as file:
                np.savez(file, sizes=[self.num_inputs, self.num_classes, len(self.layers)], **gates)
        if verbose:
            print(f"{sum(len(ids) for _, ids in self.layers)} gates ready; nothing had to be compiled.")

    @staticmethod
    def load(save_lib_path: str | os.PathLike[str], num_classes: int, num_bits: int) -> CompiledLogicNet:
        """The network that `compile` saved.

        Raises:
            ValueError: if the file holds something else, or num_classes is not the saved network's
        """
        self = CompiledLogicNet(None, num_bits=num_bits)
        with np.load(save_lib_path, allow_pickle=False) as saved:
            self.num_inputs, self.num_classes, count = (int(size) for size in saved["sizes"])
            for i in range(count):
                wiring, gates = (torch.from_numpy(saved[f"{kind}_{i}"]) for kind in ("wiring", "gates"))
                self.layers.append((wiring, gates.long()))
        if self.num_classes != num_classes:
            raise ValueError(
                f"CompiledLogicNet.load: num_classes must be the saved {self.num_classes}, got {num_classes}"
            )
        return self

    def get_c_code(self) -> str:
        """The network as C11: `logic_gate_net(inp, out)` on words of num_bits samples, without a loop, and
        `apply_logic_gate_net(bool const *inp, int *out, size_t len)` on len·num_bits samples, which packs and
        counts.
        """
        return c_code(self.layers, self.num_inputs, self.num_classes, self.num_bits)

    def forward(self, x: Tensor | np.ndarray, verbose: bool = False) -> Tensor:
        """The counts (N, classes), int32; see the class."""
        bits = torch.as_tensor(x).bool()
        assert bits.ndim == 2 and bits.shape[1] == self.num_inputs, (tuple(bits.shape), self.num_inputs)
        if self._circuit is None:
            self._circuit = self._made_circuit()
        out = torch.from_numpy(self._circuit.run(bits.cpu().numpy()))
        if verbose:
            print(f"x.shape {tuple(bits.shape)}, out.shape {tuple(out.shape)}")
        return out

    def _made_circuit(self) -> Circuit:
        network = Network([self.num_inputs])
        for wiring, gates in self.layers:
            network.add("logic", tables=gates.numpy(), wiring=wiring.numpy())
        network.add("group_sum", k=self.num_classes)
        return Circuit.from_network(network.file(), "CompiledLogicNet")
