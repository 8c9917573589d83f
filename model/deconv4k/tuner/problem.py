"""The problem of a search: layer, weights, photographs and device, the same for all candidates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config, Formats
from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.photo import kernels, upscale
from deconv4k.tuner.photograph import Photograph

VERSION = 1
"""Changes whenever a candidate's figures would: journals of other versions are not used."""


@dataclass(frozen=True)
class Problem:
    """The problem of a search.

    Parameters
    ----------
    base : Config
        Layer and video.
    weights : ndarray of float64, (1, 1, K, K)
        Of the float layer.
    photographs : tuple of Photograph
    device : str
        A key of `deconv4k.tuner.cost.DEVICES`: the cost is a share of its part.
    packing : bool
        Whether two multiplications may share a multiplier block.

    Raises
    ------
    InputError
        If the layer has more than one channel, or a bias.
    """

    base: Config
    weights: kernels.Weights
    photographs: tuple[Photograph, ...]
    device: str
    packing: bool = False

    def __post_init__(self) -> None:
        layer, formats = self.base.layer, self.base.formats
        errors = []
        if (layer.in_channels, layer.out_channels) != (1, 1):
            errors.append(
                f"layer.in_channels = {layer.in_channels}, layer.out_channels = "
                f"{layer.out_channels}; allowed: 1 and 1, a photograph's luma is one channel"
            )
        if formats.bias is not None:
            errors.append(f"formats.bias = {str(formats.bias)!r}; allowed: no bias to tune with")
        if errors:
            raise InputError(*errors)

    @cached_property
    def digest(self) -> str:
        """A hash of everything that figures depend on, except the candidate's formats."""
        content = hashlib.sha256(f"{VERSION} {self.device} {self.packing}".encode())
        content.update(f"{self.base.layer} {self.base.video}".encode())
        content.update(self.weights.tobytes())
        for photograph in self.photographs:
            content.update(photograph.digest.encode())
        return content.hexdigest()

    def config(self, formats: Formats) -> Config:
        """The configuration of a candidate."""
        return replace(self.base, formats=formats)

    def codes(self, weight: Format) -> NDArray[np.int64]:
        """The weights in a format, (1, 1, K, K)."""
        return kernels.to_codes(self.weights, self.base.layer, weight)


def pixel_codes(photograph: Photograph, formats: Formats) -> NDArray[Any]:
    """The layer's input as codes, (H, W), in the narrowest integer type that holds them."""
    return upscale.to_codes(photograph.low, formats).astype(formats.pixel.code_dtype())
