# experiments/optim/workloads.py — what is learned: networks and batches keyed by the step
from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import pliant

HELD_OUT = 1 << 20  # a seed of its own for what is evaluated
Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Workload:
    """A model and its data.

    Attributes:
        draw: step → inputs and targets of a batch.
        held_out: batches by the split: "train" (some of it), "validation", "test".
        loss: outputs and targets → mean.
        accuracy: whether outputs are logits of classes.
    """

    model: nn.Module
    draw: Callable[[int], Batch]
    held_out: dict[str, list[Batch]]
    loss: Callable[[Tensor, Tensor], Tensor]
    accuracy: bool = True


def make_workload(name: str, data: str, batch: int, seed: int) -> Workload:
    """The workload; its weights are drawn from torch's own generator, the batches from `seed`.

    Args:
        name: "mlp" 784-100-100-100-100-10 (and "mlp-400"), "mlp-standardised" with pixels minus their means
            and divided by the deviation of all, "mlp-normalised" with a batch normalisation without
            parameters before each linear layer, "autoencoder", "conv", "transformer".
        data: "mnist" or "fashion_mnist", or "shakespeare".

    Raises:
        ValueError: a name is unknown, or the data is not there.
    """
    if name == "transformer":
        return _transformer(batch, seed)
    if name not in NETWORKS:
        raise ValueError(f"workload must be one of {', '.join(NETWORKS)}, transformer, got {name!r}")
    splits = {}
    for split in ("train", "validation", "test"):
        found = pliant.data.load_image_set(data, split)
        splits[split] = (found.images.float().div_(found.maximum), found.labels)
    if name == "mlp-standardised":
        mean, deviation = splits["train"][0].mean(0), splits["train"][0].std()
        splits = {split: ((x - mean) / deviation, y) for split, (x, y) in splits.items()}
    images = name == "autoencoder"
    if images:
        splits = {split: (x, x.flatten(1)) for split, (x, y) in splits.items()}
    train_x, train_y = splits["train"]

    def draw(step: int) -> Batch:
        rows = torch.randint(len(train_x), (batch,), generator=_keyed(seed, step))
        return train_x[rows], train_y[rows]

    splits["train"] = (train_x[:10000], train_y[:10000])
    held_out = {s: list(zip(x.split(250), y.split(250), strict=True)) for s, (x, y) in splits.items()}
    return Workload(NETWORKS[name](), draw, held_out, _half_square if images else F.cross_entropy, not images)


def _keyed(seed: int, step: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed * HELD_OUT * 4 + step)


def _half_square(outputs: Tensor, targets: Tensor) -> Tensor:
    """Half the squared distance of an image, as the task mnist has it."""
    return 0.5 * (outputs - targets).square().sum(1).mean()


def _mlp(*widths: int, normalised: bool = False) -> nn.Module:
    layers: list[nn.Module] = [nn.Flatten()]
    for inputs, outputs in zip(widths[:-1], widths[1:], strict=True):
        layers += [nn.BatchNorm1d(inputs, affine=False)] if normalised else []
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _conv() -> nn.Module:
    """Two convolutions and two linear layers, 52,000 parameters."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 28)),
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 9, 128), nn.ReLU(), nn.Linear(128, 10)),
    )


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "mlp": lambda: _mlp(784, 100, 100, 100, 100, 10),
    "mlp-400": lambda: _mlp(784, 400, 400, 400, 400, 10),
    "mlp-standardised": lambda: _mlp(784, 100, 100, 100, 100, 10),
    "mlp-normalised": lambda: _mlp(784, 100, 100, 100, 100, 10, normalised=True),
    "autoencoder": lambda: _mlp(784, 1000, 500, 30, 500, 1000, 784),
    "conv": _conv,
}


class Block(nn.Module):
    """Attention to what came before, and two linear layers; a normalisation before each."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before_attention, self.before_layers = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.mix = (nn.Linear(width, width) for _ in range(4))
        self.layers = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, width) → the same shape."""
        y = self.before_attention(x)
        parts = (
            layer(y).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        found = F.scaled_dot_product_attention(*parts, is_causal=True)
        x = x + self.mix(found.transpose(1, 2).flatten(2))
        return x + self.layers(self.before_layers(x))


class CharacterModel(nn.Module):
    """A small transformer; 110,000 parameters at a width of 64 and two blocks."""

    def __init__(self, characters: int, context: int, width: int = 64, blocks: int = 2) -> None:
        super().__init__()
        self.letter, self.place = nn.Embedding(characters, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, 4) for _ in range(blocks)))
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, characters)
        for embedding in (self.letter, self.place):
            nn.init.normal_(embedding.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T) → logits (B·T, characters)."""
        y = self.letter(x) + self.place(torch.arange(x.shape[1]))
        return self.out(self.norm(self.blocks(y))).flatten(0, 1)


def _transformer(batch: int, seed: int, context: int = 64) -> Workload:
    """Tiny Shakespeare: the next character, of 65; 90 % train, 5 % validation, 5 % test."""
    path = Path(os.environ.get("PLIANT_DATA", "")) / "text" / "tinyshakespeare.txt"
    if not path.is_file():
        raise ValueError("transformer: put tinyshakespeare.txt into the folder text/ of $PLIANT_DATA")
    text = path.read_bytes()
    letters = sorted(set(text))
    codes = torch.tensor([letters.index(letter) for letter in text])
    ends = [0, int(0.9 * len(codes)), int(0.95 * len(codes)), len(codes)]
    parts = {
        s: codes[a:b] for s, a, b in zip(("train", "validation", "test"), ends[:-1], ends[1:], strict=True)
    }

    def cut(part: Tensor, count: int, generator: torch.Generator) -> Batch:
        starts = torch.randint(len(part) - context, (count, 1), generator=generator)
        rows = part[starts + torch.arange(context + 1)]
        return rows[:, :-1], rows[:, 1:].flatten()

    def draw(step: int) -> Batch:
        return cut(parts["train"], batch, _keyed(seed, step))

    held_out = {
        split: [cut(part, 100, torch.Generator().manual_seed(HELD_OUT + k)) for k in range(5)]
        for split, part in parts.items()
    }
    return Workload(CharacterModel(len(letters), context), draw, held_out, F.cross_entropy)
