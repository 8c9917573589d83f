"""Weights that their format clips, and products that theirs does not hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Formats
from deconv4k.formats import Format, Overflow
from deconv4k.layer import Layer
from deconv4k.photo.kernels import Weights
from deconv4k.quantise import quantise
from deconv4k.tuner.photograph import Photograph
from deconv4k.tuner.problem import pixel_codes
from deconv4k.tuner.records import Place, ProductOverflows, WeightOverflows
from deconv4k.tuner.sums import overflow_kind


def weight_overflows(weights: Weights, target: Format, codes: NDArray[np.int64]) -> WeightOverflows:
    """The weights that a format clips.

    Parameters
    ----------
    weights : ndarray of float64, (1, 1, K, K)
    target : Format
    codes : ndarray of int64, (1, 1, K, K)
        The weights in that format.
    """
    step = 2.0**-target.fraction
    low, high = (target.min_code - 0.5) * step, (target.max_code + 0.5) * step
    beyond = np.maximum(low - weights, weights - high)[0, 0]
    ky, kx = (int(i) for i in np.unravel_index(int(np.argmax(beyond)), beyond.shape))
    count, largest = int(np.count_nonzero(beyond > 0)), int(np.abs(codes).max())
    if beyond[ky, kx] <= 0:
        return WeightOverflows(count, None, None, largest)
    return WeightOverflows(count, float(weights[0, 0, ky, kx]), (ky, kx), largest)


def product_overflows(
    layer: Layer, formats: Formats, codes: NDArray[np.int64], photograph: Photograph
) -> ProductOverflows | None:
    """The products of a photograph that the product format does not hold.

    Parameters
    ----------
    layer : Layer
    formats : Formats
    codes : ndarray of int64, (1, 1, K, K)
        The weights in their format.
    photograph : Photograph

    Returns
    -------
    ProductOverflows or None
        None without a product format.
    """
    target = formats.product
    if target is None:
        return None
    pixels = pixel_codes(photograph, formats)
    values = np.arange(formats.pixel.max_code + 1)
    fraction = formats.pixel.fraction + formats.weight.fraction
    unlimited = Format(62, 62 - target.fraction, True, target.rounding, Overflow.AP_SAT)
    count = farthest = 0
    worst: int | None = None
    at: Place | None = None
    tap: Place | None = None
    for ky, kx in np.ndindex(codes.shape[2:]):
        rounded = quantise(values * codes[0, 0, ky, kx], fraction, unlimited)
        beyond = np.maximum(target.lowest_code - rounded, rounded - target.max_code)
        if beyond.max() <= 0:
            continue
        rows, columns = (
            _multiplied(layer, k, size) for k, size in zip((ky, kx), pixels.shape, strict=True)
        )
        here = beyond[pixels[rows, columns]]
        if here.size == 0:
            continue
        count += int(np.count_nonzero(here > 0))
        if here.max() > farthest:
            farthest = int(here.max())
            y, x = np.unravel_index(int(np.argmax(here)), here.shape)
            at, tap = (int(y) + rows.start, int(x) + columns.start), (ky, kx)
            worst = int(rounded[pixels[at]])
    return ProductOverflows(count, overflow_kind(target), worst, at, tap)


def _multiplied(layer: Layer, k: int, size: int) -> slice:
    """Input rows (columns) that kernel row (column) k is multiplied with, within the output."""
    ahead = layer.padding - k
    last = (layer.output_size(size) - 1 + ahead) // layer.stride
    return slice(max(0, -(-ahead // layer.stride)), max(0, min(size, last + 1)))
