"""How wide the accumulator must be, proven from the weights.

For one output channel and one phase (r, s) every output is ``bias + sum of pixel * weight`` over
that phase's taps, each pixel anywhere in the pixel format's range. With unsigned pixels the sum
lies between ``max_pixel * (sum of negative weights)`` and ``max_pixel * (sum of positive
weights)``; signed pixels add their own lower end. Both ends are reached by a picture whose pixels
match the signs of the weights, so no narrower width is safe and none wider is needed. At the
border taps see zeros, which the pixel range contains. With a product format each product is
replaced by its quantised value; rounding and saturation are monotone, so the ends of the pixel
range still give the ends (a wrapping or zeroing product is bounded by its format instead).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config, Formats
from deconv4k.formats import Format, Overflow
from deconv4k.quantise import quantise

MODEL_BITS = 62
"""Widest sum that the golden model's 64-bit arithmetic holds with room for rounding."""


@dataclass(frozen=True)
class Bound:
    """Range of the sum of products and bias, over all possible pixels.

    Parameters
    ----------
    low, high : int
        Smallest and largest sum, as codes at the accumulator's binary point.
    low_phase, high_phase : tuple of int
        (output channel, r, s) where they are reached.
    products : tuple of int, optional
        Smallest and largest product, rounded to the product format's binary point and not yet
        brought into its range; None without a product format.
    """

    low: int
    high: int
    low_phase: tuple[int, int, int]
    high_phase: tuple[int, int, int]
    products: tuple[int, int] | None = None

    @property
    def bits(self) -> int:
        """Narrowest signed width that holds both ends."""
        return signed_bits(self.low, self.high)


def signed_bits(low: int, high: int) -> int:
    """Narrowest two's complement width that holds every integer from `low` to `high`."""
    return max((-low - 1).bit_length() if low < 0 else 0, max(high, 0).bit_length()) + 1


def bound(config: Config, weights: NDArray[Any], bias: NDArray[Any] | None = None) -> Bound:
    """Range of the sum for the given weights.

    Parameters
    ----------
    config : Config
    weights : ndarray of int, (C_in, C_out, K, K)
    bias : ndarray of int, (C_out,), optional

    Returns
    -------
    Bound
    """
    layer = config.layer
    codes = np.asarray(weights).astype(object)
    low, high = _product_range(config, codes)
    best_low: tuple[int, tuple[int, int, int]] | None = None
    best_high: tuple[int, tuple[int, int, int]] | None = None
    for channel in range(layer.out_channels):
        start = 0 if bias is None else int(bias[channel])
        for r in range(layer.stride):
            rows = [tap.at for tap in layer.taps(r)]
            for s in range(layer.stride):
                columns = [tap.at for tap in layer.taps(s)]
                here = np.ix_(range(layer.in_channels), [channel], rows, columns)
                sums = (start + int(low[here].sum()), start + int(high[here].sum()))
                if best_low is None or sums[0] < best_low[0]:
                    best_low = (sums[0], (channel, r, s))
                if best_high is None or sums[1] > best_high[0]:
                    best_high = (sums[1], (channel, r, s))
    assert best_low is not None
    assert best_high is not None
    products = _rounded_products(config.formats, codes)
    return Bound(best_low[0], best_high[0], best_low[1], best_high[1], products)


def any_weights_bits(config: Config, bias_format: Format | None = None) -> int:
    """Accumulator width that holds the sum for *every* kernel of the weight format.

    This is the width of an engine whose kernel is loaded at run time.
    """
    layer, formats = config.layer, config.formats
    most_taps = max(max(row) for row in layer.phase_taps()) * layer.in_channels
    ends = np.array([formats.weight.min_code, formats.weight.max_code], dtype=object)
    low, high = _product_range(config, ends)
    bias = bias_format or formats.bias
    total_low = most_taps * min(0, *low) + (bias.min_code if bias else 0)
    total_high = most_taps * max(0, *high) + (bias.max_code if bias else 0)
    return signed_bits(int(total_low), int(total_high))


def _product_range(
    config: Config, weights: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Smallest and largest product of each weight with any pixel, zero (the border) included."""
    formats = config.formats
    ends = [weights * formats.pixel.min_code, weights * formats.pixel.max_code]
    product = formats.product
    if product is None:
        return np.minimum(*ends), np.maximum(*ends)
    if product.overflow in (Overflow.AP_WRAP, Overflow.AP_SAT_ZERO):
        full = np.full(weights.shape, 1, dtype=object)
        return full * min(0, product.min_code), full * product.max_code
    fraction = formats.pixel.fraction + formats.weight.fraction
    rounded = [quantise(end.astype(np.int64), fraction, product).astype(object) for end in ends]
    return np.minimum(*rounded), np.maximum(*rounded)


def _rounded_products(formats: Formats, weights: NDArray[np.object_]) -> tuple[int, int] | None:
    """Smallest and largest rounded product of any weight with any pixel, zero included."""
    target = formats.product
    if target is None:
        return None
    ends = np.array([formats.pixel.min_code, 0, formats.pixel.max_code], dtype=object)
    products = np.outer(ends, weights).astype(np.int64)
    roomy = Format(MODEL_BITS, MODEL_BITS - target.fraction, True, target.rounding, Overflow.AP_SAT)
    rounded = quantise(products, formats.pixel.fraction + formats.weight.fraction, roomy)
    return int(rounded.min()), int(rounded.max())
