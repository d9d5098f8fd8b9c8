# python/pliant/compat/stand_ins/torchvision/datasets/__init__.py — MNIST and CIFAR-10 as pictures
from __future__ import annotations

from collections.abc import Callable

import torch
from PIL import Image
from torchvision.datasets.vision import VisionDataset as VisionDataset

import pliant


class _Pictures(VisionDataset):
    """Pairs of a PIL picture, or what `transform` makes of it, and a class.

    `root` and `download` are not looked at.
    """

    def __init__(
        self,
        root: str,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        self.data, self.targets = self._load(["train", "validation"] if train else ["test"])

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple:
        picture, label = Image.fromarray(self.data[index].numpy()), int(self.targets[index])
        return (
            picture if self.transform is None else self.transform(picture),
            label if self.target_transform is None else self.target_transform(label),
        )


class MNIST(_Pictures):
    """The 60,000 and 10,000 digits; data is uint8 (N, 28, 28)."""

    def _load(self, splits: list[str]) -> tuple:
        sets = [pliant.data.load_image_set("mnist", split) for split in splits]
        return torch.cat([s.images for s in sets]), torch.cat([s.labels for s in sets])


class CIFAR10(_Pictures):
    """The 50,000 and 10,000 pictures; data is uint8 (N, 32, 32, 3)."""

    def _load(self, splits: list[str]) -> tuple:
        sets = [pliant.data.load_cifar("cifar10", split) for split in splits]
        images = torch.cat([s.images for s in sets]).permute(0, 2, 3, 1).contiguous()
        return images, torch.cat([s.labels for s in sets])
