"""The sums of a photograph, computed once for all candidates that share them.

The sums depend on the pixel, weight and product format alone. An output is a function of its sum,
whatever the accumulator and output formats are. So a picture with some ten thousand different sums
is known from a table of as many outputs, and its errors from statistics that are gathered once for
each sum.

Let a sum show the value t where its own value is v, over the n pixels where it occurs inside the
border; let d be ``v - reference`` at each of them. Then

    sum of (t - reference)**2 = n (t - v)**2 + 2 (t - v) sum(d) + sum(d**2)

which no t makes less than ``sum(d**2) - sum(d)**2 / n``, the scatter of the reference among the
pixels of one sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deconv4k import golden
from deconv4k.config import Config, Formats
from deconv4k.formats import Format, Overflow
from deconv4k.photo import upscale
from deconv4k.photo.quality import BORDER
from deconv4k.tuner.photograph import Photograph
from deconv4k.tuner.problem import pixel_codes
from deconv4k.tuner.records import Overflows, Place

TABLE_BITS = 24
"""Ranges of sums up to this many bits are indexed by a table; wider ones are sorted."""

SUM_NODES = ("pixel", "weight", "product")
"""The nodes whose formats the sums depend on."""

STATISTICS = np.dtype(
    [
        ("pixels", np.float64),
        ("float_sum", np.float64),
        ("float_squares", np.float64),
        ("original_sum", np.float64),
        ("original_squares", np.float64),
        ("least", np.float64),
        ("most", np.float64),
        ("least_at", np.int64),
        ("most_at", np.int64),
    ]
)
"""What is gathered of the pixels of one sum, inside the border.

Their number; the sum of ``value - reference`` and of its square, for the float layer's picture and
for the original; the smallest and largest ``value - float``, and the pixels where these occur.
"""


class MeanSquaredErrors(NamedTuple):
    """Against both references, inside the border, on the scale 0 to 1; or lower bounds of them."""

    original: float
    floating: float


@dataclass(frozen=True)
class SharedSums:
    """The sums of one photograph by one pixel, weight and product format.

    Parameters
    ----------
    photograph : Photograph
    sums : ndarray of int64, (N,)
        The different sums, ascending.
    values : ndarray of float64, (N,)
        The same on the scale 0 (black) to 1 (white).
    index : ndarray of int32, (OH, OW)
        For each output pixel the index of its sum.
    counts, first : ndarray of int64, (N,)
        How often a sum occurs in the whole frame, and its first pixel, row by row.
    statistics : ndarray of `STATISTICS`, (N,)
    """

    photograph: Photograph
    sums: NDArray[np.int64]
    values: NDArray[np.float64]
    index: NDArray[np.int32]
    counts: NDArray[np.int64]
    first: NDArray[np.int64]
    statistics: NDArray[np.void]

    @classmethod
    def of(cls, config: Config, codes: NDArray[np.int64], photograph: Photograph) -> SharedSums:
        """Compute the sums of a photograph and their statistics.

        Parameters
        ----------
        config : Config
            Its accumulator and output do not matter.
        codes : ndarray of int64, (1, 1, K, K)
            The weights in its weight format.
        photograph : Photograph
        """
        formats = config.formats
        exact = replace(config, formats=replace(formats, accumulator=None))
        frame = golden.phase_sums(exact, pixel_codes(photograph, formats), codes)[0]
        sums, index, counts, first = distinct(frame)
        values = upscale.from_codes(sums, replace(formats, output=_sum_format(formats)))
        statistics = np.zeros(sums.size, dtype=STATISTICS)
        statistics["least"], statistics["most"] = np.inf, -np.inf
        _gather(index, values, photograph.floating, photograph.original, BORDER, statistics)
        return cls(photograph, sums, values, index, counts, first, statistics)

    @property
    def least_errors(self) -> MeanSquaredErrors:
        """The mean squared errors that no output format goes below."""
        pixels = self._pixels.sum()
        original, floating = (
            max(0.0, float(np.sum(squares - total**2 / np.maximum(self._pixels, 1)))) / pixels
            for total, squares in self._moments()
        )
        return MeanSquaredErrors(original, floating)

    def errors(self, shown: NDArray[np.float64]) -> MeanSquaredErrors:
        """Mean squared errors of a picture.

        Parameters
        ----------
        shown : ndarray of float64, (N,)
            What the picture shows where each sum is, on the scale 0 to 1.
        """
        moved, pixels = shown - self.values, self._pixels
        original, floating = (
            max(0.0, float((pixels * moved**2 + 2 * moved * total + squares).sum())) / pixels.sum()
            for total, squares in self._moments()
        )
        return MeanSquaredErrors(original, floating)

    def largest_error(self, shown: NDArray[np.float64]) -> tuple[float, Place]:
        """The largest ``shown - floating`` in magnitude, signed, with its row and column.

        Parameters
        ----------
        shown : ndarray of float64, (N,)
            As `errors` takes it.
        """
        seen = np.flatnonzero(self._pixels)
        ends = np.stack([self.statistics["least"][seen], self.statistics["most"][seen]], axis=1)
        errors = (shown - self.values)[seen, np.newaxis] + ends
        i, end = divmod(int(np.argmax(np.abs(errors))), 2)
        at = self.statistics["most_at" if end else "least_at"][seen[i]]
        return float(errors[i, end]), self.place(int(at))

    def place(self, pixel: int) -> Place:
        """Row and column of an output pixel, given its place in the flattened frame."""
        row, column = divmod(pixel, self.index.shape[1])
        return row, column

    def overflows(self, rounded: NDArray[np.int64], target: Format) -> Overflows:
        """The codes that a format does not hold.

        Parameters
        ----------
        rounded : ndarray of int64, (N,)
            For each sum the code, already rounded, as it is before it overflows.
        target : Format
        """
        beyond = np.maximum(target.lowest_code - rounded, rounded - target.max_code)
        worst = int(np.argmax(beyond))
        count, kind = int(self.counts[beyond > 0].sum()), overflow_kind(target)
        if beyond[worst] <= 0:
            return Overflows(count, kind, None, None)
        return Overflows(count, kind, int(rounded[worst]), self.place(int(self.first[worst])))

    @property
    def _pixels(self) -> NDArray[np.float64]:
        """How often each sum occurs inside the border."""
        return np.asarray(self.statistics["pixels"], dtype=np.float64)

    def _moments(self) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Sum of the distances and of their squares: to the original, then to the float layer."""
        for reference in ("original", "float"):
            yield self.statistics[f"{reference}_sum"], self.statistics[f"{reference}_squares"]


def sum_formats(formats: Formats) -> tuple[Format | None, ...]:
    """The formats that the sums depend on: equal for all candidates that share them."""
    return tuple(getattr(formats, node) for node in SUM_NODES)


def overflow_kind(target: Format) -> str:
    """What happens to a code that a format does not hold: 'saturated' or 'wrapped'."""
    return "wrapped" if target.overflow is Overflow.AP_WRAP else "saturated"


def _sum_format(formats: Formats) -> Format:
    """A format at the sums' binary point."""
    return Format(64, 64 - formats.sum_fraction, True)


def distinct(
    frame: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """The different numbers of a frame, and where they are: `numpy.unique`, faster.

    Parameters
    ----------
    frame : ndarray of int64

    Returns
    -------
    numbers : ndarray of int64, (N,)
        Ascending.
    index : ndarray of int32, the shape of `frame`
        ``numbers[index] == frame``.
    counts, first : ndarray of int64, (N,)
        How often each occurs, and its first place in the flattened frame.
    """
    low, high = int(frame.min()), int(frame.max())
    if (high - low) >> TABLE_BITS:
        numbers, first, index, counts = np.unique(
            frame, return_index=True, return_inverse=True, return_counts=True
        )
        return (
            np.asarray(numbers, dtype=np.int64),
            np.asarray(index, dtype=np.int32).reshape(frame.shape),
            np.asarray(counts, dtype=np.int64),
            np.asarray(first, dtype=np.int64),
        )
    lookup = np.zeros(high - low + 1, dtype=np.int32)
    index = np.empty(frame.shape, dtype=np.int32)
    count = _index(frame.reshape(-1), low, lookup, index.reshape(-1))
    numbers = np.asarray(np.flatnonzero(lookup >= 0) + low, dtype=np.int64)
    counts, first = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    _count(index.reshape(-1), counts, first)
    return numbers, np.asarray(index, dtype=np.int32), counts, first


@njit(cache=True, nogil=True)
def _index(frame: Any, low: int, lookup: Any, index: Any) -> int:
    """Fill `lookup` with each number's index, -1 for what does not occur, and `index` from it."""
    for i in range(frame.size):
        lookup[frame[i] - low] = 1
    count = 0
    for i in range(lookup.size):
        if lookup[i]:
            lookup[i] = count
            count += 1
        else:
            lookup[i] = -1
    for i in range(frame.size):
        index[i] = lookup[frame[i] - low]
    return count


@njit(cache=True, nogil=True)
def _count(index: Any, counts: Any, first: Any) -> None:
    """How often each index occurs, and where first."""
    for i in range(index.size - 1, -1, -1):
        counts[index[i]] += 1
        first[index[i]] = i


@njit(cache=True, nogil=True)
def _gather(
    index: Any, values: Any, floating: Any, original: Any, border: int, statistics: Any
) -> None:
    """Add every pixel inside the border to the statistics of its sum."""
    rows, columns = index.shape
    for y in range(border, rows - border):
        for x in range(border, columns - border):
            i = index[y, x]
            own = statistics[i]
            to_float = values[i] - floating[y, x]
            to_original = values[i] - original[y, x]
            own["pixels"] += 1
            own["float_sum"] += to_float
            own["float_squares"] += to_float * to_float
            own["original_sum"] += to_original
            own["original_squares"] += to_original * to_original
            if to_float < own["least"]:
                own["least"] = to_float
                own["least_at"] = y * columns + x
            if to_float > own["most"]:
                own["most"] = to_float
                own["most_at"] = y * columns + x
