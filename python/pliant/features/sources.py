# python/pliant/features/sources.py — where the images come from: sets of the library, and folders
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from pliant import data

SUFFIXES = (".png", ".jpg", ".jpeg")
CROP = 224 / 256  # of the shorter side: what ImageNet networks are evaluated on
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Source:
    """Labelled images, loaded a few at a time.

    Args:
        name: goes into the metadata of the file
        classes: the names of the classes
        count: how many images there are
        load: (indices, side) → images (N, 3, side, side) in [0, 1] and labels (N), int64
    """

    name: str
    classes: list[str]
    count: int
    load: Callable[[range | list[int], int], tuple[Tensor, Tensor]]

    def spread(self, count: int) -> Source:
        """`count` of the images, evenly spread over them: all classes stay where a set is sorted by class.

        Raises:
            ValueError: if there are fewer
        """
        if not 1 <= count <= self.count:
            raise ValueError(f"count must be in 1 … {self.count}, the images of {self.name}, got {count}")
        chosen = [i * self.count // count for i in range(count)]
        return Source(
            self.name,
            self.classes,
            count,
            lambda indices, side: self.load([chosen[i] for i in indices], side),
        )


def _scaled(images: Tensor, side: int) -> Tensor:
    """(N, C, H, W) in [0, 1] to three channels and another size."""
    scaled = torch.nn.functional.interpolate(images, (side, side), mode="bicubic", antialias=True)
    return scaled.clamp(0, 1).expand(-1, 3, -1, -1)


def image_set(name: str, split: str) -> Source:
    """One of `pliant.data.image_sets()`, each image scaled up to the whole of the network's."""
    images, labels, maximum = data.load_image_set(name, split)

    def load(indices: range | list[int], side: int) -> tuple[Tensor, Tensor]:
        chosen = torch.tensor(indices)
        return _scaled(images[chosen].unsqueeze(1).float() / maximum, side), labels[chosen]

    return Source(name, [str(digit) for digit in range(10)], len(labels), load)


def cifar(name: str, split: str) -> Source:
    """CIFAR-10, or CIFAR-100 with its fine labels."""
    cifar = data.load_cifar(name, split)

    def load(indices: range | list[int], side: int) -> tuple[Tensor, Tensor]:
        chosen = torch.tensor(indices)
        return _scaled(cifar.images[chosen].float() / 255, side), cifar.labels[chosen]

    return Source(name, cifar.classes, len(cifar.labels), load)


def glyphs(split: str, *, classes: int = 1000, seed: int = 0, per_class: int = 10) -> Source:
    """`per_class` images of every class in every font of the split (in training: on average)."""
    drawn = data.Glyphs(split, classes=classes, seed=seed)

    def load(indices: range | list[int], side: int) -> tuple[Tensor, Tensor]:
        images, labels = zip(*(drawn.draw(0, i, 1) for i in indices), strict=True)
        return _scaled(torch.cat(images).unsqueeze(1), side), torch.cat(labels)

    return Source("glyphs", drawn.characters, per_class * classes * drawn.fonts, load)


def folder(path: Path) -> Source:
    """A folder of class folders of PNG and JPEG files, as ImageNet is laid out.

    The middle square of each image, 7/8 of its shorter side, is scaled to the network's size.

    Raises:
        ValueError: if there are no images
        ModuleNotFoundError: if Pillow is not installed
    """
    from PIL import Image

    classes = sorted(entry.name for entry in path.iterdir() if entry.is_dir())
    files = [
        (file, label)
        for label, name in enumerate(classes)
        for file in sorted((path / name).iterdir())
        if file.suffix.lower() in SUFFIXES
    ]
    if not files:
        raise ValueError(
            f"{path}: there are no images; expected a folder a class with files {', '.join(SUFFIXES)}"
        )

    def read(file: Path, side: int) -> Tensor:
        try:
            with Image.open(file) as opened:
                image = opened.convert("RGB")
        except (OSError, SyntaxError) as error:  # Pillow says SyntaxError of some damaged PNG files
            raise ValueError(f"{file}: not an image that Pillow reads: {error}") from error
        crop = max(round(CROP * min(image.size)), 1)
        left, top = (image.width - crop) // 2, (image.height - crop) // 2
        square = image.crop((left, top, left + crop, top + crop))
        square = square.resize((side, side), Image.Resampling.BICUBIC)
        pixels = torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8)
        return pixels.view(side, side, 3).permute(2, 0, 1).float() / 255

    def load(indices: range | list[int], side: int) -> tuple[Tensor, Tensor]:
        chosen = [files[i] for i in indices]
        images = torch.stack([read(file, side) for file, _ in chosen])
        return images, torch.tensor([label for _, label in chosen])

    return Source(path.name, classes, len(files), load)


def names() -> list[str]:
    """The sets that have a name."""
    return [*data.image_sets(), *data.cifar_sets(), "glyphs"]


def open_source(images: str, split: str, *, classes: int, seed: int, per_class: int) -> Source:
    """A set by name, or a folder by path; the last three are of the glyphs.

    Raises:
        ValueError: if there is no such set or folder, or it is not as expected
    """
    if images == "glyphs":
        return glyphs(split, classes=classes, seed=seed, per_class=per_class)
    if images in data.image_sets():
        return image_set(images, split)
    if images in data.cifar_sets():
        return cifar(images, split)
    if Path(images).is_dir():
        return folder(Path(images))
    raise ValueError(f"'{images}' is neither a folder nor a set; the sets are {', '.join(names())}")
