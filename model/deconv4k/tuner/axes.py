"""The axes of the search: which property of which format may take which values.

An *axis* is one property of one node's format, such as ``weight.fraction``. An *assignment* picks
a value on every axis and so names one candidate.

Properties are ``width``, ``integer``, ``fraction``, ``rounding`` and ``overflow``, where ``width =
integer + fraction``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from deconv4k.formats import Overflow, Rounding

NODES = ("pixel", "weight", "product", "accumulator", "output")
"""In the order of the data flow."""

SIZES = ("width", "integer", "fraction")
MODES: dict[str, type[Rounding] | type[Overflow]] = {"rounding": Rounding, "overflow": Overflow}

KEYS = {
    "pixel": SIZES,
    "weight": (*SIZES, *MODES),
    "product": (*SIZES, *MODES),
    # Its binary point is the sum's, and it always wraps.
    "accumulator": ("width", "integer"),
    "output": (*SIZES, *MODES),
}
"""The properties of each node. A pixel is quantised by the camera, so it has no modes."""

NONE = "none"
"""As a product's fraction bits or an accumulator's integer bits: there is no such format."""


class Proved(NamedTuple):
    """The fewest integer bits that suffice for every picture, with these weights, and `more`."""

    more: int

    def __str__(self) -> str:
        return f"proved{self.more:+d}" if self.more else "proved"


Value = int | str | Proved | Rounding | Overflow
"""Of an axis: bits, `NONE`, proved bits, or a mode."""

Assignment = Mapping[str, Value]
"""A value for each axis, by the axis' name ``node.key``."""


def to_text(value: Value) -> str:
    """A value as limits are written: ``8``, ``none``, ``proved-1``, ``AP_RND``."""
    return value.name if isinstance(value, Rounding | Overflow) else str(value)


def to_int(value: Value | None) -> int:
    """A value that is known to be a whole number, or a mode's number."""
    assert isinstance(value, int)
    return int(value)
