"""One photograph, and everything about it that no number format changes.

A scene holds the original, the layer's input and what the layer makes of it in floating point,
and beside them the local means and variances that SSIM needs of its two references. Sums over a
frame are kept in float64, planes in float32.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deconv4k.config import Video
from deconv4k.errors import InputError
from deconv4k.layer import Layer
from deconv4k.photo import image, kernels
from deconv4k.photo.quality import BORDER

RADIUS = 5
"""Of the window of SSIM: 11 pixels, as `deconv4k.photo.quality.ssim` has it."""

SIGMA = 1.5

C1, C2 = 0.01**2, 0.03**2
"""Constants of SSIM for a peak of 1."""

STRIP = 512
"""Columns that the window is laid over at a time: what it keeps of them fits a second cache."""

LEAST_SIDE = 2 * (BORDER + RADIUS) + 1
"""Smallest side of an original in which one window of SSIM lies within the border."""


@dataclass(frozen=True)
class Scene:
    """A photograph as the tuner sees it.

    Parameters
    ----------
    name : str
        The photograph's file name.
    low : ndarray of float64, (H, W), 0 to 1
        Input of the layer.
    original : ndarray of float32, (S * H, S * W), 0 to 1
    floating : ndarray of float32, (S * H, S * W), 0 to 1
        Output of the layer in floating point on `low`, clipped to what can be shown.
    """

    name: str
    low: NDArray[np.float64]
    original: NDArray[np.float32]
    floating: NDArray[np.float32]

    @classmethod
    def load(
        cls,
        path: str | Path,
        layer: Layer,
        video: Video,
        weights: kernels.Weights,
        source_bits: int | None = None,
    ) -> Scene:
        """Read a photograph, shrunk where it is larger than the configuration's frame.

        Parameters
        ----------
        path : str or Path
        layer, video, weights
            Of the layer, whose output in floating point is a reference.
        source_bits : int, optional
            The layer's input has codes of so many bits, for the float layer too. None: it is as
            fine as the photograph's shrinking leaves it.

        Raises
        ------
        InputError
            If it is unreadable, too small to be judged, or blank.
        """
        original, low = image.original_and_input(path, video.width, video.height, layer.stride)
        rows, columns = original.shape
        if min(rows, columns) < LEAST_SIDE:
            raise InputError(
                f"{path}: {columns}x{rows} pixels; allowed: {LEAST_SIDE}x{LEAST_SIDE} and more, "
                "for SSIM within the border"
            )
        if source_bits is not None:
            low = np.rint(low * (2**source_bits - 1)) / (2**source_bits - 1)
        floating = np.clip(kernels.apply(low, weights, layer), 0.0, 1.0)
        scene = cls(Path(path).name, low, original.astype(np.float32), floating.astype(np.float32))
        if scene.float_error == 0:
            raise InputError(
                f"{path}: the float layer shows it exactly; allowed: a photograph, with detail "
                "that upscaling loses"
            )
        return scene

    @cached_property
    def digest(self) -> str:
        """What tells pictures apart: a hash of original and input, not of the file's name."""
        content = hashlib.sha256(repr(self.low.shape).encode())
        content.update(self.low.tobytes())
        content.update(self.original.tobytes())
        return content.hexdigest()

    @cached_property
    def float_error(self) -> float:
        """Mean squared error of the float layer against the original, inside the border."""
        difference = inner(self.floating).astype(np.float64) - inner(self.original)
        return float(np.mean(difference * difference))

    @cached_property
    def references(self) -> tuple[Reference, Reference]:
        """What SSIM needs of the original and of the float layer."""
        return Reference.of(self.original), Reference.of(self.floating)

    def __getstate__(self) -> dict[str, Any]:
        """The planes alone travel to other processes; what follows from them is made there."""
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    def texture(self, rank: NDArray[np.int32], table: NDArray[np.float32]) -> Texture:
        """The figures of a picture that no statistics of its sums give.

        Parameters
        ----------
        rank : ndarray of int32, (S * H, S * W)
            For each pixel, its place in the table.
        table : ndarray of float32, (N,)
            The picture's values on the scale 0 to 1.
        """
        original, floating = self.references
        window = gaussian_window()
        totals = np.zeros(3)
        _texture(
            rank,
            table,
            self.original,
            self.floating,
            original.mean,
            original.variance,
            floating.mean,
            floating.variance,
            window,
            BORDER,
            totals,
        )
        rows, columns = inner(rank).shape
        windows = (rows - 2 * RADIUS) * (columns - 2 * RADIUS)
        return Texture(totals[0] / windows, totals[1] / windows, totals[2] / (rows * columns))


class Texture(NamedTuple):
    """Figures of one picture against its references, inside the border."""

    ssim_original: float
    ssim_float: float
    mean_error: float
    """Mean absolute difference to the float layer, on the scale 0 to 1."""


class Reference(NamedTuple):
    """Local mean and variance of a reference, at the centre of each window inside the border."""

    mean: NDArray[np.float32]
    variance: NDArray[np.float32]

    @classmethod
    def of(cls, plane: NDArray[np.float32]) -> Reference:
        """Of a picture (H, W); both results (H - 2 * (BORDER + RADIUS), W - ...)."""
        shape = (plane.shape[0] - LEAST_SIDE + 1, plane.shape[1] - LEAST_SIDE + 1)
        mean, variance = np.empty(shape, np.float32), np.empty(shape, np.float32)
        _local(plane, gaussian_window(), BORDER, mean, variance)
        return cls(mean, variance)


def inner(plane: NDArray[Any]) -> NDArray[Any]:
    """A picture without the border that does not count, as a view."""
    return plane[BORDER:-BORDER, BORDER:-BORDER]


def decibels(error: float) -> float:
    """PSNR of a mean squared error on the scale 0 to 1; ``inf`` for none."""
    return math.inf if error == 0 else -10 * math.log10(error)


def gaussian_window() -> NDArray[np.float32]:
    """The 11 weights of SSIM's window in one dimension, which sum to 1."""
    x = np.arange(-RADIUS, RADIUS + 1)
    weights = np.exp(-(x**2) / (2 * SIGMA**2))
    return np.asarray(weights / weights.sum(), dtype=np.float32)


@njit(cache=True, nogil=True, inline="always")
def _across(row, window, out):  # type: ignore[no-untyped-def]
    """``out[x] = sum of window[i] * row[x + i]``, the window symmetric."""
    for x in range(out.size):
        total = window[5] * row[x + 5]
        total += window[4] * (row[x + 4] + row[x + 6])
        total += window[3] * (row[x + 3] + row[x + 7])
        total += window[2] * (row[x + 2] + row[x + 8])
        total += window[1] * (row[x + 1] + row[x + 9])
        total += window[0] * (row[x] + row[x + 10])
        out[x] = total


@njit(cache=True, nogil=True, inline="always")
def _down(ring, newest, k, window, out):  # type: ignore[no-untyped-def]
    """``out = sum of window[i] * (i-th oldest row of plane k in the ring)``."""
    for x in range(out.size):
        out[x] = 0
    for i in range(11):
        row, weight = ring[(newest + 1 + i) % 11, k], window[i]
        for x in range(out.size):
            out[x] += weight * row[x]


@njit(cache=True, nogil=True)
def _local(plane, window, border, mean, variance):  # type: ignore[no-untyped-def]
    """Local mean and variance of a plane; variances of ``plane - 0.5``, which loses fewer bits."""
    rows, columns = mean.shape
    half = np.float32(0.5)
    ring = np.empty((11, 2, STRIP), np.float32)
    row = np.empty((2, STRIP + 10), np.float32)
    filtered = np.empty((2, STRIP), np.float32)
    for left in range(0, columns, STRIP):
        used = min(STRIP, columns - left)
        for y in range(rows + 10):
            for x in range(used + 10):
                value = plane[border + y, border + left + x] - half
                row[0, x] = value
                row[1, x] = value * value
            for k in range(2):
                _across(row[k], window, ring[y % 11, k, :used])
            if y >= 10:
                for k in range(2):
                    _down(ring, y % 11, k, window, filtered[k, :used])
                for x in range(used):
                    m = filtered[0, x]
                    mean[y - 10, left + x] = m + half
                    variance[y - 10, left + x] = filtered[1, x] - m * m


@njit(cache=True, nogil=True)
def _texture(  # type: ignore[no-untyped-def]
    rank, table, original, floating, mean_o, variance_o, mean_f, variance_f, window, border, totals
):
    """Sums over a picture: SSIM to both references, absolute difference to the second.

    In strips of columns: the last 11 rows, each filtered across, stay in a ring. Totals are kept
    a column, so that they are added in one order whatever the vector units are.
    """
    rows, columns = mean_o.shape
    half, c1, c2 = np.float32(0.5), np.float32(C1), np.float32(C2)
    two = np.float32(2)
    ring = np.empty((11, 4, STRIP), np.float32)
    row = np.empty((4, STRIP + 10), np.float32)
    filtered = np.empty((4, STRIP), np.float32)
    sums = np.zeros((3, STRIP + 10), np.float64)
    for left in range(0, columns, STRIP):
        used = min(STRIP, columns - left)
        # Neighbouring strips overlap by ten columns; each pixel's difference counts once.
        counted = used + 10 if left + used == columns else used
        for y in range(rows + 10):
            at = border + left
            codes = rank[border + y, at : at + used + 10]
            first = original[border + y, at : at + used + 10]
            second = floating[border + y, at : at + used + 10]
            for x in range(used + 10):
                row[0, x] = table[codes[x]]
            for x in range(counted):
                sums[2, x] += abs(row[0, x] - second[x])
            for x in range(used + 10):
                value = row[0, x] - half
                row[0, x] = value
                row[1, x] = value * value
                row[2, x] = value * (first[x] - half)
                row[3, x] = value * (second[x] - half)
            for k in range(4):
                _across(row[k], window, ring[y % 11, k, :used])
            if y < 10:
                continue
            for k in range(4):
                _down(ring, y % 11, k, window, filtered[k, :used])
            for x in range(used):
                m, v = filtered[0, x], filtered[1, x] - filtered[0, x] * filtered[0, x]
                a, b = m + half, mean_o[y - 10, left + x]
                covariance = filtered[2, x] - m * (b - half)
                top = (two * a * b + c1) * (two * covariance + c2)
                sums[0, x] += top / ((a * a + b * b + c1) * (v + variance_o[y - 10, left + x] + c2))
                b = mean_f[y - 10, left + x]
                covariance = filtered[3, x] - m * (b - half)
                top = (two * a * b + c1) * (two * covariance + c2)
                sums[1, x] += top / ((a * a + b * b + c1) * (v + variance_f[y - 10, left + x] + c2))
    for k in range(3):
        totals[k] = sums[k].sum()
