# python/pliant/data.py — the data sets: glyphs, digits and clothes, CIFAR, tables, files of features
"""Data sets as tensors. `pliant.data.Glyphs` draws as many images as one wants, the others read files.

A set that is not there raises ValueError, and the text says what to install or to put where (docs/data.md).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from pliant._library import ops

UNIFIED_IDEOGRAPHS = (0x4E00, 0x9FFF)  # Unicode's block of Chinese characters


class Glyphs:
    """Distorted pictures of Chinese characters in many fonts; the class is the character.

    Args:
        split: "train", "validation" or "test"; no font is in two of them
        classes: C, from 1 to 4,384 with the set's own fonts; fewer are the beginning of more
        size: side of an image in pixels; 4 to 512
        seed: of what is drawn
        distortions: how far each goes, by name, instead of the default (pliant/data/distortion.h):
            rotation, scale, shear, translation, elastic, blur, noise; 0 leaves one out
        fonts: other TrueType files than the set's, "file" or "file#face"; files that you trust
        characters: the range of code points that classes are taken from; only with `fonts`

    An image is a pure function of the arguments and of (step, index): not of what was drawn before, nor of
    threads. In training, class and font are uniform; the other splits go through classes and then fonts in
    turn, so the first C · fonts indices of any step are a balanced evaluation set.

    Raises:
        ValueError: if a font of the set is missing (the text says what to install), or an argument wrong
        RuntimeError: if a file of `fonts` cannot be read

    Cost: 0.3 s once for 1,000 classes; then about 30 µs an image of 32 × 32 and core.

    >>> glyphs = pliant.data.Glyphs("test", classes=1000)  # doctest: +SKIP
    >>> images, labels = glyphs.draw(step=0, first=0, count=128)  # doctest: +SKIP
    """

    def __init__(
        self,
        split: str = "train",
        *,
        classes: int = 1000,
        size: int = 32,
        seed: int = 0,
        distortions: Mapping[str, float] | None = None,
        fonts: Sequence[str | os.PathLike[str]] = (),
        characters: tuple[int, int] = UNIFIED_IDEOGRAPHS,
    ):
        numbers = {name: float(value) for name, value in (distortions or {}).items()}
        files = [os.fspath(font) for font in fonts]
        self._glyphs = torch.classes.pliant.Glyphs(split, classes, size, seed, numbers, files, *characters)

    @property
    def characters(self) -> list[str]:
        """The character of every class."""
        return [chr(point) for point in self._glyphs.characters()]

    @property
    def fonts(self) -> int:
        """How many fonts the split has."""
        return self._glyphs.fonts()

    def draw(self, step: int, first: int, count: int) -> tuple[Tensor, Tensor]:
        """Images first … first + count − 1 of a step.

        Returns:
            images: float32 (count, size, size) in [0, 1], 1 is ink
            labels: int64 (count), in 0 … C − 1

        Raises:
            ValueError: if an argument is negative, or step not below 2⁶²
        """
        return self._glyphs.draw(step, first, count)


class ImageSet(NamedTuple):
    """One split of a set of grey images.

    >>> digits = pliant.data.load_image_set("digits", "test")
    >>> (digits.images / digits.maximum).max(), digits.labels.dtype
    (tensor(1.), torch.int64)
    """

    images: Tensor  #: uint8 (N, H, W)
    labels: Tensor  #: int64 (N), in 0 … 9
    maximum: int  #: the value of full ink


class Cifar(NamedTuple):
    """One split of CIFAR-10 or CIFAR-100.

    >>> images, labels = torch.zeros(2, 3, 32, 32, dtype=torch.uint8), torch.tensor([1, 0])
    >>> cifar = pliant.data.Cifar(images, labels, torch.empty(0), ["airplane", "automobile"], [])
    >>> [cifar.classes[label] for label in cifar.labels]
    ['automobile', 'airplane']
    """

    images: Tensor  #: uint8 (N, 3, 32, 32)
    labels: Tensor  #: int64 (N)
    coarse_labels: Tensor  #: int64 (N), in 0 … 19; empty for cifar10
    classes: list[str]
    coarse_classes: list[str]


class TableSet(NamedTuple):
    """One split of a table, as bits.

    >>> monk = pliant.data.load_table_set("monk1")  # doctest: +SKIP
    >>> monk.features.shape, monk.columns[0], monk.classes  # doctest: +SKIP
    (torch.Size([124, 17]), 'a1=1', ['0', '1'])
    """

    features: Tensor  #: uint8 (N, columns), each 0 or 1
    labels: Tensor  #: int64 (N), in 0 … classes − 1
    columns: list[str]  #: what a bit says, as "age<21" or "sex=Female"
    classes: list[str]


class Features(NamedTuple):
    """Features of a frozen network, with labels.

    >>> features = pliant.data.Features(torch.rand(3, 8), torch.tensor([0, 1, 0]), ["cat", "dog"])
    >>> [features.classes[label] for label in features.labels]
    ['cat', 'dog', 'cat']
    """

    features: Tensor  #: float32 or float16 (N, d)
    labels: Tensor  #: int64 (N), in 0 … C − 1
    classes: list[str]  #: the C names
    metadata: dict[str, str] = {}  #: where they come from


def image_sets() -> list[str]:
    """The names that `load_image_set` takes.

    >>> pliant.data.image_sets()
    ['digits', 'mnist', 'fashion_mnist', 'mnist20x20']
    """
    return ops.image_set_names()


def cifar_sets() -> list[str]:
    """The names that `load_cifar` takes.

    >>> pliant.data.cifar_sets()
    ['cifar10', 'cifar100']
    """
    return ops.cifar_names()


def table_sets() -> list[str]:
    """The names that `load_table_set` takes.

    >>> pliant.data.table_sets()
    ['adult', 'breast_cancer', 'monk1', 'monk2', 'monk3']
    """
    return ops.table_set_names()


def load_image_set(name: str, split: str = "train", *, binary: bool = False) -> ImageSet:
    """One split of a set of grey images (pliant/data/image_set.h says what the splits are).

    Args:
        name: one of `pliant.data.image_sets()`; mnist20x20 is MNIST without its black border
        split: "train", "validation" or "test"
        binary: 1 for a pixel of more than half of the full ink, else 0, and `maximum` = 1, as logic gate
            networks are evaluated

    Raises:
        ValueError: if a name is unknown or the set is not there

    >>> pliant.data.load_image_set("digits", "test").images.shape
    torch.Size([382, 8, 8])
    """
    return ImageSet(*ops.image_set(name, split, binary))


def load_cifar(name: str, split: str = "train") -> Cifar:
    """One split of CIFAR, from the folder that $PLIANT_DATA names (pliant/data/cifar.h).

    Args:
        name: one of `pliant.data.cifar_sets()`
        split: "train", "validation" (the last 5,000 training images) or "test"

    Raises:
        ValueError: if a name is unknown, the set is not there, or a file is damaged

    >>> pliant.data.load_cifar("cifar10").images.shape  # doctest: +SKIP
    torch.Size([45000, 3, 32, 32])
    """
    return Cifar(*ops.cifar(name, split))


def load_table_set(
    name: str,
    split: str = "train",
    *,
    seed: int = 0,
    validation: float = 0.0,
    published_hours: bool = False,
) -> TableSet:
    """One split of a table from $PLIANT_DATA/uci, one-hot (pliant/data/table_sets.h says what is in it).

    Args:
        name: one of `pliant.data.table_sets()`
        split: "train", "validation" or "test"
        seed: of what is drawn as scikit-learn's train_test_split(random_state=seed) draws it: the quarter of
            breast_cancer that is its test, and the validation rows; 0 to 2³² − 1
        validation: the share of the training rows that are held out as validation, in [0, 1); with 0 all
            train, as in the published experiments, and there is no validation split
        published_hours: adult only: the 6 columns of the hours are 0, as in the published code

    Rows with a missing value are left out.

    Raises:
        ValueError: if a name is unknown, the set is not there, an option is out of its range, or a file is
            damaged (the text names file, line and column)

    >>> adult = pliant.data.load_table_set("adult")  # doctest: +SKIP
    >>> adult.features.shape, adult.columns[99]  # doctest: +SKIP
    (torch.Size([30162, 116]), 'age<21')
    """
    return TableSet(*ops.table_set(name, split, seed, validation, published_hours))


def read_features(path: str | os.PathLike[str]) -> Features:
    """Reads what `write_features` and `python -m pliant.features` write; float16 comes as float32.

    Raises:
        ValueError: if the file is damaged or holds something else
        RuntimeError: if it cannot be read

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     features = pliant.data.Features(torch.rand(3, 8), torch.tensor([0, 1, 0]), ["cat", "dog"])
    ...     pliant.data.write_features(f"{folder}/pets.safetensors", features)
    ...     pliant.data.read_features(f"{folder}/pets.safetensors").classes
    ['cat', 'dog']
    """
    features, labels, classes, metadata = ops.read_features(os.fspath(path))
    return Features(features, labels, classes, dict(zip(metadata[::2], metadata[1::2], strict=True)))


def write_features(path: str | os.PathLike[str], features: Features) -> None:
    """Writes a safetensors file, atomically: there is the old file or the new one, never a part.

    Raises:
        ValueError, TypeError: if features are not finite, labels out of range, or shapes do not fit
        RuntimeError: if it cannot be written

    >>> import tempfile
    >>> labels = torch.tensor([0, 1, 0])
    >>> features = pliant.data.Features(torch.rand(3, 8), labels, ["cat", "dog"], {"of": "pets"})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pliant.data.write_features(f"{folder}/pets.safetensors", features)
    ...     pliant.data.read_features(f"{folder}/pets.safetensors").metadata["of"]
    'pets'
    """
    metadata = [text for pair in features.metadata.items() for text in pair]
    ops.write_features(os.fspath(path), features.features, features.labels, features.classes, metadata)
