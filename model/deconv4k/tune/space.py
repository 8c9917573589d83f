"""Which formats are tried: the axes of the search, what pins and bounds them.

An *axis* is one property of one node, such as ``weight.fraction``, with the values it may take. An
*assignment* picks a value on every axis and so names one candidate, a `Formats`. Limits come from
a TOML file with a table a node, from ``--set NODE.KEY=VALUES`` and ``--pin NODE[=FORMAT]``; where
several limit the same axis, what all of them allow remains.

Keys are ``width``, ``integer``, ``fraction``, ``rounding`` and ``overflow``. Of the first three two
say everything: with all three given, ``width`` bounds the other two. Integer bits may be
``proved``: the fewest that hold every weight, or that no picture can make a product or a sum
overflow, with these weights; ``proved-1`` is one bit less. ``none`` as a product's fraction or an
accumulator's integer bits leaves that format out.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config, Formats
from deconv4k.errors import InputError
from deconv4k.formats import MAX_WIDTH, Format, Overflow, Rounding
from deconv4k.golden.bound import bound, signed_bits
from deconv4k.photo import kernels
from deconv4k.quantise import quantise

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
"""What may be said of each node. A pixel is quantised by the camera, so it has no modes."""

NONE = "none"

MAX_PIXEL = 16
"""Widest pixel, in bits: no photograph has more, and the error bound looks at every code."""

_PROVED = re.compile(r"proved(?P<more>[+-]\d+)?")


class Proved(NamedTuple):
    """As many integer bits as are proved to suffice, and `more`."""

    more: int

    def __str__(self) -> str:
        return f"proved{self.more:+d}" if self.more else "proved"


Value = int | str | Proved | Rounding | Overflow
Assignment = Mapping[str, Value]


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
        """Assignments; several may name one candidate, and some name none."""
        size = 1
        for values in self.axes.values():
            size *= len(values)
        return size

    def candidates(self) -> list[Formats]:
        """Every candidate once, in the order of the axes.

        Raises
        ------
        InputError
            If there is none.
        """
        found: dict[Formats, None] = {}
        for values in itertools.product(*self.axes.values()):
            made = self.build(dict(zip(self.axes, values, strict=True)))
            if made is not None:
                found.setdefault(made)
        if not found:
            raise InputError(
                f"the search space is empty: none of {self.size} combinations is a valid "
                f"configuration ({self.describe()})"
            )
        return list(found)

    def describe(self) -> str:
        """The axes in one line."""
        parts = [f"{axis} = {','.join(map(_spell, values))}" for axis, values in self.axes.items()]
        return "; ".join(parts)

    def build(self, assignment: Assignment) -> Formats | None:
        """The candidate that an assignment names, or None where it is no valid one."""
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
            Rounding(_whole(assignment.get(f"{node}.rounding", Rounding.AP_TRN))),
            Overflow(_whole(assignment.get(f"{node}.overflow", Overflow.AP_WRAP))),
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
            integer = integer if width is None else _whole(width) - fraction
        elif width is None:
            fraction = _whole(assignment[f"{node}.fraction"])
        elif isinstance(integer, Proved):
            # With so many fraction bits rounding changes the range least.
            bits = self._proved(node, _whole(width), pixel, weight, product)
            fraction = _whole(width) - bits - integer.more
        else:
            fraction = _whole(width) - _whole(integer)
        if isinstance(integer, Proved):
            proved = self._proved(node, fraction, pixel, weight, product)
            # Where coarse rounding takes a bit more, a given width is one more, too, and not tried.
            integer = proved + integer.more
        return _whole(integer), fraction

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
        """The weights in a format, quantised once."""
        if weight not in self._codes:
            self._codes[weight] = kernels.to_codes(self.weights, self.base.layer, weight)
        return self._codes[weight]

    @cached_property
    def _codes(self) -> dict[Format, NDArray[np.int64]]:
        return {}


Limits = dict[str, list[tuple[str, list[Value]]]]
"""For each ``node.key`` what was said of it: where, and the allowed values."""


def space(base: Config, weights: kernels.Weights, limits: Limits) -> Space:
    """The axes that a base configuration gives, as narrowed by limits.

    Raises
    ------
    InputError
        If limits contradict each other: what they are, every one of them.
    """
    said: dict[str, list[Value]] = {}
    errors = []
    for name, statements in limits.items():
        left = [
            value
            for value in statements[0][1]
            if all(value in values for _, values in statements[1:])
        ]
        if not left:
            told = " and ".join(where for where, _ in statements)
            errors.append(f"{name}: {told} leave nothing to try")
        said[name] = left
    axes: dict[str, tuple[Value, ...]] = {}
    bounds: dict[str, frozenset[int]] = {}
    for node in NODES:
        sizes = {key for key in SIZES if f"{node}.{key}" in said}
        for name, values in _default(base, node).items():
            key = name.partition(".")[2]
            # A width takes the place of the usual fraction bits; an accumulator's are the sum's.
            implied = "integer" if node == "accumulator" else "fraction"
            if key == implied and sizes & {"width", implied} == {"width"}:
                name, values = f"{node}.width", said[f"{node}.width"]
            axes[name] = tuple(said.get(name, values))
        if "width" in sizes and f"{node}.width" not in axes:
            bounds[node] = frozenset(map(_whole, said[f"{node}.width"]))
    made = Space(base, weights, axes, bounds)
    errors = errors or list(_contradictions(made, limits))
    if errors:
        raise InputError(*errors)
    return made


def _contradictions(made: Space, limits: Limits) -> Iterator[str]:
    """Nodes whose width, integer and fraction bits, each allowed alone, never meet."""
    for node, widths in made.bounds.items():
        integers = made.axes[f"{node}.integer"]
        fractions = made.axes.get(f"{node}.fraction", ())
        known = all(isinstance(value, int) for value in (*integers, *fractions))
        if not known or not fractions:
            continue
        sums = {_whole(i) + _whole(f) for i in integers for f in fractions}
        if not sums & widths:
            told = [where for key in SIZES for where, _ in limits.get(f"{node}.{key}", ())]
            yield f"{node}: {' and '.join(told)} contradict: width = integer + fraction"


def _default(base: Config, node: str) -> dict[str, Sequence[Value]]:
    """What is tried of a node of which nothing is said: its base, and what lies around it."""
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


def read_limits(path: str | Path) -> Limits:
    """Limits from a TOML file: a table a node, a value, a list or text such as "6..10" a key.

    Raises
    ------
    InputError
        If the file is missing or says what nobody knows: all of it at once.
    """
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: no TOML: {error}") from None
    limits: Limits = {}
    errors: list[str] = []
    for node, table in tables.items():
        if not isinstance(table, dict):
            errors.append(f"{path}: {node} = {table!r}; allowed: a table [{node}]")
            continue
        for key, value in table.items():
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            try:
                _limit(limits, f"{node}.{key}={text}", f"{path}: {node}.{key} = {text}")
            except InputError as error:
                errors.extend(error.lines)
    if errors:
        raise InputError(*errors)
    return limits


def option_limits(base: Config, pins: Iterable[str], sets: Iterable[str]) -> Limits:
    """Limits from ``--pin NODE[=FORMAT]`` and ``--set NODE.KEY=VALUES``.

    Errors as `read_limits`.
    """
    limits: Limits = {}
    errors: list[str] = []
    for text in sets:
        try:
            _limit(limits, text, f"--set {text}")
        except InputError as error:
            errors.extend(error.lines)
    for text in pins:
        try:
            _pin(limits, base, text)
        except InputError as error:
            errors.extend(error.lines)
    if errors:
        raise InputError(*errors)
    return limits


def merge(*parts: Limits) -> Limits:
    """Everything that several sources say."""
    limits: Limits = {}
    for part in parts:
        for name, statements in part.items():
            limits.setdefault(name, []).extend(statements)
    return limits


def _limit(limits: Limits, text: str, where: str) -> None:
    """Add what ``node.key=values`` says."""
    name, equals, values = (part.strip() for part in text.partition("="))
    node, _, key = name.partition(".")
    if not equals or node not in NODES or key not in KEYS[node]:
        allowed = ", ".join(f"{each}.{{{','.join(KEYS[each])}}}" for each in NODES)
        raise InputError(f"{where}: unknown; allowed: NODE.KEY=VALUES with one of {allowed}")
    parsed = [value for part in values.split(",") for value in _values(name, part.strip(), where)]
    limits.setdefault(name, []).append((where, list(dict.fromkeys(parsed))))


def _values(name: str, text: str, where: str) -> list[Value]:
    """The values that one part between commas stands for."""
    node, _, key = name.partition(".")
    if key in MODES:
        modes = MODES[key]
        if text not in modes.__members__:
            raise InputError(f"{where}: {text!r}; allowed: {', '.join(modes.__members__)}")
        return [modes[text]]
    if text == NONE and name in ("product.fraction", "accumulator.integer"):
        return [NONE]
    proved = _PROVED.fullmatch(text)
    if proved and key == "integer" and node in ("weight", "product", "accumulator"):
        return [Proved(int(proved["more"] or 0))]
    ends = re.fullmatch(r"(-?\d+)(?:\.\.(-?\d+))?", text)
    if ends is None or abs(int(ends[1])) > MAX_WIDTH or abs(int(ends[2] or 0)) > MAX_WIDTH:
        raise InputError(
            f"{where}: {text!r}; allowed: whole numbers up to {MAX_WIDTH}, 6..10 for a range"
        )
    return list(range(int(ends[1]), int(ends[2] or ends[1]) + 1))


def _pin(limits: Limits, base: Config, text: str) -> None:
    """Add what ``node=format`` says; a node alone is pinned to the base configuration."""
    node, equals, spelled = (part.strip() for part in text.partition("="))
    where = f"--pin {text}"
    if node not in NODES:
        raise InputError(f"{where}: unknown node; allowed: {', '.join(NODES)}")
    form = Format.parse(spelled) if equals and spelled != NONE else None
    if not equals:
        form = getattr(base.formats, node)
    if form is None:
        if node not in ("product", "accumulator"):
            raise InputError(f"{where}: {node} cannot be left out; allowed: a format")
        key = "fraction" if node == "product" else "integer"
        limits.setdefault(f"{node}.{key}", []).append((where, [NONE]))
        return
    own = getattr(base.formats, node)
    if form.signed != (own.signed if own is not None else True):
        raise InputError(f"{where}: the sign is not searched; allowed: that of the configuration")
    parts: dict[str, Value] = {
        "width": form.width,
        "integer": form.integer,
        "fraction": form.fraction,
        "rounding": form.rounding,
        "overflow": form.overflow,
    }
    for key, value in parts.items():
        if key in KEYS[node]:
            limits.setdefault(f"{node}.{key}", []).append((where, [value]))


def _whole(value: Value | None) -> int:
    assert isinstance(value, int)
    return int(value)


def _spell(value: Value) -> str:
    return value.name if isinstance(value, Rounding | Overflow) else str(value)
