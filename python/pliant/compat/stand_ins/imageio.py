# python/pliant/compat/stand_ins/imageio.py — imageio's pictures and films, by Pillow
from __future__ import annotations

import os

import numpy as np
from PIL import Image

_Path = str | os.PathLike[str]


def imsave(path: _Path, picture: np.ndarray) -> None:
    """Writes a picture (height, width) or (height, width, 3 or 4), uint8."""
    Image.fromarray(picture).save(path)


imwrite = imsave


class Writer:
    """Collects the pictures of a film, and writes it when it is closed or let go."""

    def __init__(self, path: _Path, duration: float) -> None:
        self.path, self.duration = path, duration
        self.pictures: list[Image.Image] = []

    def append_data(self, picture: np.ndarray) -> None:
        """Adds a picture."""
        self.pictures.append(Image.fromarray(picture))

    def close(self) -> None:
        """Writes the film."""
        if self.pictures:
            first, *rest = self.pictures
            first.save(self.path, save_all=True, append_images=rest, duration=self.duration, loop=0)
        self.pictures = []

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


def get_writer(path: _Path, mode: str = "I", duration: float = 100, **options: object) -> Writer:
    """A film of pictures that stand for `duration` milliseconds each."""
    return Writer(path, duration)
