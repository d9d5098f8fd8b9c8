# python/pliant/compat/_circuit.py — gates on words of bits, and as C, for compat.difflogic
"""Gates are numbers 0 … 15, their truth tables with entry (0, 0) as the most significant bit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def pack(bits: Tensor, width: int) -> Tensor:
    """Bool (batch, features) → signed integers (features, words), bit i of word j is sample j·width + i."""
    octets = np.packbits(bits.detach().cpu().numpy().astype(bool).T, axis=1, bitorder="little")
    size = width // 8
    octets = np.pad(octets, ((0, 0), (0, -octets.shape[1] % size)))
    return torch.from_numpy(np.ascontiguousarray(octets).view(f"<i{size}"))


def unpack(words: Tensor, batch: int) -> Tensor:
    """The inverse of `pack`, by feature: uint8 (features, batch)."""
    octets = np.ascontiguousarray(words.numpy()).view(np.uint8)
    return torch.from_numpy(np.unpackbits(octets, axis=1, count=batch, bitorder="little"))


def apply_gates(words: Tensor, wiring: Tensor, gates: Tensor) -> Tensor:
    """Gates (n) that read features wiring (2, n) of words (features, w): (n, w)."""
    a, b = words[wiring[0].long()], words[wiring[1].long()]
    # y = c_0 ⊕ c_1·b ⊕ c_2·a ⊕ c_3·a·b, each coefficient a word of zeros or of ones
    t00, t01, t10, t11 = (-(gates >> shift & 1).to(words.dtype)[:, None] for shift in (3, 2, 1, 0))
    return t00 ^ (b & (t00 ^ t01)) ^ (a & ((t00 ^ t10) ^ (b & (t00 ^ t01 ^ t10 ^ t11))))


def count_groups(words: Tensor, batch: int, k: int) -> Tensor:
    """Ones in each of k contiguous groups of features: int32 (batch, k)."""
    if k < 1 or words.shape[0] % k:
        raise ValueError(f"group_sum: k must divide the features, got k = {k} and {words.shape[0]} features")
    counts = unpack(words, batch).unflatten(0, (k, words.shape[0] // k)).sum(1, dtype=torch.int32)
    return counts.T.contiguous()


def expression(gate: int, a: str, b: str) -> str:
    """A gate in C, made of its truth table."""
    ones = [
        (x, y) for place, (x, y) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]) if gate >> (3 - place) & 1
    ]

    def literal(name: str, bit: int) -> str:
        return name if bit else f"~{name}"

    if len(ones) in (0, 4):
        return "~ZERO" if ones else "ZERO"
    if len(ones) == 1:
        return f"{literal(a, ones[0][0])} & {literal(b, ones[0][1])}"
    if len(ones) == 3:  # all but where both literals of the missing entry hold
        x, y = next(ab for ab in [(0, 0), (0, 1), (1, 0), (1, 1)] if ab not in ones)
        return f"{literal(a, 1 - x)} | {literal(b, 1 - y)}"
    (x, y), (z, w) = ones
    if x == z:
        return literal(a, x)
    if y == w:
        return literal(b, y)
    return f"{a} ^ {b}" if (0, 1) in ones else f"~({a} ^ {b})"


def c_code(layers: Sequence[tuple[Tensor, Tensor]], inputs: int, classes: int, width: int) -> str:
    """Layers (wiring (2, n), gates (n)) as C11."""
    lines = ["#define ZERO ((word)0)\n\nvoid logic_gate_net(word const *inp, word *out) {"]
    names = [f"inp[{i}]" for i in range(inputs)]
    for number, (wiring, gates) in enumerate(layers):
        last = number == len(layers) - 1
        outputs = [f"out[{g}]" if last else f"v{number}_{g}" for g in range(len(gates))]
        for output, gate, first, second in zip(outputs, gates.tolist(), *wiring.tolist(), strict=True):
            start = output if last else f"const word {output}"
            lines.append(f"  {start} = (word)({expression(gate, names[first], names[second])});")
        names = outputs
    count = len(layers[-1][1])
    head = f"#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\ntypedef uint{width}_t word;\n"
    sizes = f"enum {{ kInputs = {inputs}, kOutputs = {count}, kClasses = {classes}, kBits = {width} }};\n"
    return "\n".join([head + sizes, *lines, "}", _DRIVER])


_DRIVER = """
void apply_logic_gate_net(bool const *inp, int *out, size_t len) {
  static _Thread_local word packed[kInputs], result[kOutputs];
  for (size_t block = 0; block < len; ++block, inp += kBits * kInputs, out += kBits * kClasses) {
    for (size_t i = 0; i < kInputs; ++i) {
      packed[i] = 0;
      for (size_t s = 0; s < kBits; ++s)
        packed[i] = (word)(packed[i] | (word)((word)inp[s * kInputs + i] << s));
    }
    logic_gate_net(packed, result);
    for (size_t s = 0; s < kBits; ++s) {
      for (size_t c = 0; c < kClasses; ++c) {
        int count = 0;
        for (size_t g = c * (kOutputs / kClasses); g < (c + 1) * (kOutputs / kClasses); ++g)
          count += (int)(result[g] >> s & 1);
        out[s * kClasses + c] = count;
      }
    }
  }
}
"""
