# python/pliant/features/extract.py — the run of a frozen network over a source of images
from __future__ import annotations

from collections.abc import Callable

import torch

from pliant.data import Features
from pliant.features.networks import Network
from pliant.features.sources import Source


def extract(
    source: Source,
    network: Network,
    *,
    batch: int = 32,
    half: bool = False,
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> Features:
    """The features of every image of a source.

    Args:
        source: the images
        network: the frozen network
        batch: images at a time; with a network in evaluation mode it changes nothing but the last digits
        half: keep float16 instead of float32
        progress: called with how many images are done, and how many there are

    Returns:
        features (N, d) and labels (N), with what made them as metadata

    Raises:
        ValueError: if batch is not positive, or the source cannot load an image

    >>> from pliant.features import Network, Source, extract
    >>> grey = Source("grey", ["dark", "light"], 2, lambda i, side: (
    ...     torch.tensor(i).view(-1, 1, 1, 1).expand(-1, 3, side, side).float(), torch.tensor(i)))
    >>> extract(grey, Network("mean", 8, lambda images: images.mean((2, 3)))).features
    tensor([[0., 0., 0.],
            [1., 1., 1.]])
    """
    if batch < 1:
        raise ValueError(f"batch must be at least 1, got {batch}")
    features = torch.empty(0)
    labels = torch.empty(source.count, dtype=torch.int64)
    for first in range(0, source.count, batch):
        indices = range(first, min(first + batch, source.count))
        images, labels[first : indices.stop] = source.load(indices, network.side)
        with torch.no_grad():
            rows = network.features(images)
        if first == 0:
            features = torch.empty(source.count, rows.shape[1], dtype=torch.half if half else torch.float)
        features[first : indices.stop] = rows
        progress(indices.stop, source.count)
    return Features(features, labels, source.classes, {"network": network.name, "images": source.name})
