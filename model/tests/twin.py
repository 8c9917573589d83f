"""An independent twin of the arithmetic: Python fractions, written from AMD UG1399.

Slow and obvious; it shares nothing with deconv4k.fixed but the names of the modes.
"""

import math
from fractions import Fraction

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
