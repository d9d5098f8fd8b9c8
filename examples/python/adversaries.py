# examples/python/adversaries.py — the networks of algonet_adversarial.py
import torch
from torch import Tensor, nn


class Translator(nn.Sequential):
    """Pictures (…, height, width) in another style, pixel by pixel."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(1, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())

    def forward(self, pictures: Tensor) -> Tensor:
        """The pictures in the other style."""
        return super().forward(pictures.unsqueeze(-1)).squeeze(-1)


class Critic(nn.Sequential):
    """Whether a picture (32, 32) is one of a style, or was made to look so."""

    def __init__(self) -> None:
        first, second = nn.Conv2d(1, 8, 4, 2), nn.Conv2d(8, 16, 4, 2)
        rest = nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(16 * 6 * 6, 1)
        super().__init__(first, nn.LeakyReLU(0.2), second, *rest)

    def loss(self, pictures: Tensor, answer: float) -> Tensor:
        """Of the critic that should answer this: 1 of the style, 0 made."""
        answers = self(pictures.unsqueeze(1))
        return nn.functional.binary_cross_entropy_with_logits(answers, torch.full_like(answers, answer))


class Reconstructor(nn.Sequential):
    """Three silhouettes each (3 · batch, 32, 32) to three radii (batch, 3) in (0, 1)."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(3 * 32 * 32, 64), nn.ReLU(), nn.Linear(64, 3), nn.Sigmoid())

    def forward(self, pictures: Tensor) -> Tensor:
        """The radii."""
        return super().forward(pictures.reshape(-1, 3 * 32 * 32))
