"""An independent twin of the arithmetic: Python fractions, written from AMD UG1399.

Slow and obvious; it shares nothing with deconv4k.formats but the names of the modes.
"""

import math
from fractions import Fraction

import numpy as np

from deconv4k.golden import naive

HALF = Fraction(1, 2)


def round_value(value, mode):
    """An integer near a Fraction."""
    nearest_up = math.floor(value + HALF)
    nearest_down = math.ceil(value - HALF)
    return {
        "AP_RND": nearest_up,
        "AP_RND_ZERO": nearest_down if value >= 0 else nearest_up,
        "AP_RND_MIN_INF": nearest_down,
        "AP_RND_INF": nearest_up if value >= 0 else nearest_down,
        "AP_RND_CONV": round(value),
        "AP_TRN": math.floor(value),
        "AP_TRN_ZERO": math.trunc(value),
    }[mode]


def fit(code, width, signed, mode):
    """An integer brought into the range of a format."""
    if mode == "AP_WRAP":
        code %= 2**width
        return code - 2**width if signed and code >= 2 ** (width - 1) else code
    high = 2 ** (width - 1) - 1 if signed else 2**width - 1
    low = -high - 1 if signed else 0
    if mode == "AP_SAT_SYM" and signed:
        low = -high
    if low <= code <= high:
        return code
    if mode == "AP_SAT_ZERO":
        return 0
    return high if code > high else low


def quantise(code, fraction, target):
    """A code with `fraction` fraction bits as a code of a Format."""
    value = Fraction(code) * Fraction(2) ** (target.width - target.integer - fraction)
    rounded = round_value(value, target.rounding.name)
    return fit(rounded, target.width, target.signed, target.overflow.name)


def layer(config, pixels, weights, bias):
    """Output codes by the scatter, plain integers and fractions only."""
    geometry, forms = config.layer, config.formats
    shape = geometry.stride, geometry.padding, geometry.output_padding
    if forms.product is None:
        sums = naive.scatter(pixels, weights, *shape)
    else:
        point = forms.pixel.fraction + forms.weight.fraction
        channels, height, width = pixels.shape
        size = geometry.kernel
        rows = (height - 1) * geometry.stride + size + geometry.output_padding
        columns = (width - 1) * geometry.stride + size + geometry.output_padding
        full = np.zeros((geometry.out_channels, rows, columns), dtype=object)
        known = {}
        for c, y, x, o, ky, kx in np.ndindex(
            channels, height, width, geometry.out_channels, size, size
        ):
            exact = int(pixels[c, y, x]) * int(weights[c, o, ky, kx])
            if exact not in known:
                known[exact] = quantise(exact, point, forms.product)
            full[o, y * geometry.stride + ky, x * geometry.stride + kx] += known[exact]
        edge = geometry.padding
        sums = full[:, edge : rows - edge, edge : columns - edge]
    point = forms.sum_fraction
    out = np.empty(sums.shape, dtype=object)
    for place in np.ndindex(sums.shape):
        total = int(sums[place]) + int(bias[place[0]])
        if forms.accumulator is not None:
            total = fit(total, forms.accumulator.width, forms.accumulator.signed, "AP_WRAP")
        out[place] = quantise(total, point, forms.output)
    return out
