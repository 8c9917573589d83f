"""The search space: a base configuration's axes, as narrowed by limits, and its candidates.

Of ``width``, ``integer`` and ``fraction`` two say everything: with all three given, ``width``
bounds the other two.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config, Formats
from deconv4k.errors import InputError
from deconv4k.formats import MAX_WIDTH, Format, Overflow, Rounding
from deconv4k.golden.bound import bound, signed_bits
from deconv4k.photo import kernels
from deconv4k.quantise import quantise
from deconv4k.tuner.axes import (
    NODES,
    NONE,
    SIZES,
    Assignment,
    Proved,
    Value,
    to_int,
    to_text,
)
from deconv4k.tuner.limits import Limits

MAX_PIXEL = 16
"""Widest pixel, in bits: no photograph has more, and the error bound looks at every code."""


@dataclass(frozen=True)
class Space:
    """All candidates of a search.

    Parameters
    ----------
    base : Config
        What is not searched.
    weights : ndarray of float64, (1, 1, K, K)
    axes : dict
        Name of each axis, ``node.key``, to its values.
    bounds : dict
        Allowed widths of nodes whose width is no axis.
    """

    base: Config
    weights: kernels.Weights
    axes: Mapping[str, tuple[Value, ...]]
    bounds: Mapping[str, frozenset[int]]

    @property
    def size(self) -> int:
        """Number of assignments; several may name one candidate, and some name none."""
        return math.prod(map(len, self.axes.values()))

    def candidates(self) -> list[Formats]:
        """Every candidate once, in the order of the axes.

        Raises
        ------
        InputError
            If there is none.
        """
        found: dict[Formats, None] = {}
        for values in itertools.product(*self.axes.values()):
            formats = self.build(dict(zip(self.axes, values, strict=True)))
            if formats is not None:
                found.setdefault(formats)
        if not found:
            raise InputError(
                f"the search space is empty: none of {self.size} combinations is a valid "
                f"configuration ({self.describe()})"
            )
        return list(found)

    def describe(self) -> str:
        """The axes in one line."""
        parts = [f"{axis} = {','.join(map(to_text, values))}" for axis, values in self.axes.items()]
        return "; ".join(parts)

    def build(self, assignment: Assignment) -> Formats | None:
        """The candidate that an assignment names.

        Parameters
        ----------
        assignment : dict
            A value for each axis, by its name ``node.key``.

        Returns
        -------
        Formats or None
            None where a width is out of range or not allowed, or formats do not fit together.
        """
        try:
            pixel = self._format("pixel", assignment)
            weight = self._format("weight", assignment)
            if pixel is None or weight is None or pixel.width > MAX_PIXEL:
                return None
            product = accumulator = None
            if assignment.get("product.fraction") != NONE:
                product = self._format("product", assignment, pixel, weight)
                if product is None:
                    return None
            formats = Formats(pixel, weight, self.base.formats.output, product=product)
            if assignment.get("accumulator.integer") != NONE:
                accumulator = self._format("accumulator", assignment, pixel, weight, product)
                if accumulator is None:
                    return None
            output = self._format("output", assignment)
            if output is None:
                return None
            return replace(formats, output=output, accumulator=accumulator)
        except InputError:
            return None

    def _format(
        self,
        node: str,
        assignment: Assignment,
        pixel: Format | None = None,
        weight: Format | None = None,
        product: Format | None = None,
    ) -> Format | None:
        """One node's format, None where its width is not allowed."""
        integer, fraction = self._sizes(node, assignment, pixel, weight, product)
        width = integer + fraction
        allowed = self.bounds.get(node, {assignment.get(f"{node}.width", width)})
        if not 1 <= width <= MAX_WIDTH or width not in allowed:
            return None
        own = getattr(self.base.formats, node)
        return Format(
            width,
            integer,
            own.signed if own is not None else True,
            Rounding(to_int(assignment.get(f"{node}.rounding", Rounding.AP_TRN))),
            Overflow(to_int(assignment.get(f"{node}.overflow", Overflow.AP_WRAP))),
        )

    def _sizes(
        self,
        node: str,
        assignment: Assignment,
        pixel: Format | None,
        weight: Format | None,
        product: Format | None,
    ) -> tuple[int, int]:
        """Integer and fraction bits of one node."""
        integer = assignment.get(f"{node}.integer")
        width = assignment.get(f"{node}.width")
        if node == "accumulator":
            assert pixel is not None
            assert weight is not None
            fraction = product.fraction if product else pixel.fraction + weight.fraction
            integer = integer if width is None else to_int(width) - fraction
        elif width is None:
            fraction = to_int(assignment[f"{node}.fraction"])
        elif isinstance(integer, Proved):
            # With as many fraction bits as the width, rounding changes the range least.
            bits = self._proved(node, to_int(width), pixel, weight, product)
            fraction = to_int(width) - bits - integer.more
        else:
            fraction = to_int(width) - to_int(integer)
        if isinstance(integer, Proved):
            proved = self._proved(node, fraction, pixel, weight, product)
            # Where coarse rounding takes a bit more, the width would be one too large: not allowed.
            integer = proved + integer.more
        return to_int(integer), fraction

    def _proved(
        self,
        node: str,
        fraction: int,
        pixel: Format | None,
        weight: Format | None,
        product: Format | None,
    ) -> int:
        """Integer bits that are proved to suffice."""
        if node == "weight":
            codes = self.codes(Format(62, 62 - fraction, True, Rounding.AP_RND, Overflow.AP_SAT))
            return signed_bits(int(codes.min()), int(codes.max())) - fraction
        assert pixel is not None
        assert weight is not None
        codes = self.codes(weight)
        if node == "product":
            ends = np.outer([pixel.min_code, pixel.max_code], codes)
            wide = Format(62, 62 - fraction, True, Rounding.AP_RND_INF, Overflow.AP_SAT)
            moved = quantise(ends, pixel.fraction + weight.fraction, wide)
            return signed_bits(int(moved.min()), int(moved.max())) - fraction
        formats = Formats(pixel, weight, self.base.formats.output, product=product)
        return bound(replace(self.base, formats=formats), codes).bits - fraction

    def codes(self, weight: Format) -> NDArray[np.int64]:
        """The weights in a format, (1, 1, K, K), quantised once."""
        if weight not in self._codes:
            self._codes[weight] = kernels.to_codes(self.weights, self.base.layer, weight)
        return self._codes[weight]

    @cached_property
    def _codes(self) -> dict[Format, NDArray[np.int64]]:
        return {}


def search_space(base: Config, weights: kernels.Weights, limits: Limits) -> Space:
    """The axes around a base configuration, as narrowed by limits.

    Parameters
    ----------
    base : Config
    weights : ndarray of float64, (1, 1, K, K)
        Integer bits that suffice are proved for these.
    limits : dict
        From `read_limits`, `parse_limits` and `merge_limits`; empty for the usual space.

    Raises
    ------
    InputError
        If limits contradict each other: a line for each contradiction.
    """
    allowed: dict[str, list[Value]] = {}
    errors = []
    for axis, statements in limits.items():
        allowed[axis] = [
            value
            for value in statements[0].values
            if all(value in each.values for each in statements)
        ]
        if not allowed[axis]:
            sources = " and ".join(each.where for each in statements)
            errors.append(f"{axis}: {sources} leave nothing to try")
    axes: dict[str, tuple[Value, ...]] = {}
    bounds: dict[str, frozenset[int]] = {}
    for node in NODES:
        sizes = {key for key in SIZES if f"{node}.{key}" in allowed}
        for axis, values in _default_axes(base, node).items():
            key = axis.partition(".")[2]
            # A width takes the place of the usual fraction bits; an accumulator's are the sum's.
            implied = "integer" if node == "accumulator" else "fraction"
            if key == implied and sizes & {"width", implied} == {"width"}:
                axis, values = f"{node}.width", allowed[f"{node}.width"]
            axes[axis] = tuple(allowed.get(axis, values))
        if "width" in sizes and f"{node}.width" not in axes:
            bounds[node] = frozenset(map(to_int, allowed[f"{node}.width"]))
    space = Space(base, weights, axes, bounds)
    errors = errors or list(_contradictions(space, limits))
    if errors:
        raise InputError(*errors)
    return space


def _contradictions(space: Space, limits: Limits) -> Iterator[str]:
    """Nodes whose width, integer and fraction bits, each allowed alone, never meet."""
    for node, widths in space.bounds.items():
        integers = space.axes[f"{node}.integer"]
        fractions = space.axes.get(f"{node}.fraction", ())
        known = all(isinstance(value, int) for value in (*integers, *fractions))
        if not known or not fractions:
            continue
        sums = {to_int(i) + to_int(f) for i in integers for f in fractions}
        if not sums & widths:
            sources = [each.where for key in SIZES for each in limits.get(f"{node}.{key}", ())]
            yield f"{node}: {' and '.join(sources)} contradict: width = integer + fraction"


def _default_axes(base: Config, node: str) -> dict[str, Sequence[Value]]:
    """The axes of a node without limits: its format in the base, and what lies around it."""
    formats = base.formats
    own = getattr(formats, node)
    axes: dict[str, Sequence[Value]]
    if node == "pixel":
        axes = {"integer": [own.integer], "fraction": _around(own.fraction, 1, 1)}
    elif node == "weight":
        axes = {
            "integer": [Proved(-1), Proved(0)],
            "fraction": _around(own.fraction, 3, 2),
            "rounding": [own.rounding],
            "overflow": [own.overflow],
        }
    elif node == "product":
        fine = formats.output.fraction
        axes = {
            "integer": [Proved(0)],
            "fraction": [NONE, fine + 1, fine + 3],
            "rounding": [Rounding.AP_TRN, Rounding.AP_RND],
            "overflow": [Overflow.AP_WRAP],
        }
    elif node == "accumulator":
        axes = {"integer": [Proved(0)]}
    else:
        modes = dict.fromkeys([own.rounding, Rounding.AP_TRN, Rounding.AP_RND_CONV])
        axes = {
            "integer": [own.integer],
            "fraction": _around(own.fraction, 0, 1),
            "rounding": list(modes),
            "overflow": [own.overflow],
        }
    return {f"{node}.{key}": values for key, values in axes.items()}


def _around(centre: int, below: int, above: int) -> range:
    return range(centre - below, centre + above + 1)
