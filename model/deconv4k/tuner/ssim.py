"""SSIM and the mean absolute error of many pictures against the same two references.

The local means and variances of the references are computed once. Sums over a frame are kept in
float64, planes in float32. The figures are those of `deconv4k.photo.quality.ssim`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deconv4k.photo.quality import BORDER, K1, K2, LEAST_SIDE, RADIUS, SIGMA

C1, C2 = K1**2, K2**2
"""Constants of SSIM for a peak of 1."""

STRIP = 512
"""Columns that the window is laid over at a time: what it keeps of them fits a second cache."""


class PictureFigures(NamedTuple):
    """The figures of a picture that take a pass over it, inside the border.

    Parameters
    ----------
    ssim_original, ssim_float : float
    mean_error : float
        Mean absolute difference to the float layer, on the scale 0 to 1.
    """

    ssim_original: float
    ssim_float: float
    mean_error: float


class Reference(NamedTuple):
    """Local mean and variance of a reference, at the centre of each window inside the border."""

    mean: NDArray[np.float32]
    variance: NDArray[np.float32]

    @classmethod
    def of(cls, plane: NDArray[np.float32]) -> Reference:
        """Of a picture (H, W); both results are ``LEAST_SIDE - 1`` rows and columns smaller."""
        shape = (plane.shape[0] - LEAST_SIDE + 1, plane.shape[1] - LEAST_SIDE + 1)
        mean, variance = np.empty(shape, np.float32), np.empty(shape, np.float32)
        _local(plane, gaussian_window(), BORDER, mean, variance)
        return cls(mean, variance)


def picture_figures(
    index: NDArray[np.int32],
    levels: NDArray[np.float32],
    planes: tuple[NDArray[np.float32], NDArray[np.float32]],
    references: tuple[Reference, Reference],
) -> PictureFigures:
    """Compare a picture with two references, in one pass.

    Parameters
    ----------
    index : ndarray of int32, (H, W)
        For each pixel the index of its level.
    levels : ndarray of float32, (N,)
        On the scale 0 to 1; the picture is ``levels[index]``.
    planes : two of ndarray of float32, (H, W)
        The original, and the float layer's picture.
    references : two of Reference
        Made of these.
    """
    original, floating = references
    totals = np.zeros(3)
    _totals(
        index,
        levels,
        *planes,
        original.mean,
        original.variance,
        floating.mean,
        floating.variance,
        gaussian_window(),
        BORDER,
        totals,
    )
    rows, columns = (size - 2 * BORDER for size in index.shape)
    windows = (rows - 2 * RADIUS) * (columns - 2 * RADIUS)
    return PictureFigures(
        float(totals[0] / windows), float(totals[1] / windows), float(totals[2] / (rows * columns))
    )


def gaussian_window() -> NDArray[np.float32]:
    """The 11 weights of SSIM's window in one dimension, which sum to 1."""
    x = np.arange(-RADIUS, RADIUS + 1)
    weights = np.exp(-(x**2) / (2 * SIGMA**2))
    return np.asarray(weights / weights.sum(), dtype=np.float32)


@njit(cache=True, nogil=True, inline="always")
def _across(row: Any, window: Any, out: Any) -> None:
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
def _down(ring: Any, newest: int, k: int, window: Any, out: Any) -> None:
    """``out = sum of window[i] * (i-th oldest row of plane k in the ring)``."""
    for x in range(out.size):
        out[x] = 0
    for i in range(11):
        row, weight = ring[(newest + 1 + i) % 11, k], window[i]
        for x in range(out.size):
            out[x] += weight * row[x]


@njit(cache=True, nogil=True)
def _local(plane: Any, window: Any, border: int, mean: Any, variance: Any) -> None:
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
def _totals(
    index: Any,
    levels: Any,
    original: Any,
    floating: Any,
    mean_o: Any,
    variance_o: Any,
    mean_f: Any,
    variance_f: Any,
    window: Any,
    border: int,
    totals: Any,
) -> None:
    """Sums over a picture: SSIM to both references, absolute difference to the second.

    The picture is done in strips of columns. The last 11 rows, each filtered across, stay in a
    ring. Each column has totals of its own, so that they are added in one order whatever the
    width of the vector units is.
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
            pixels = index[border + y, at : at + used + 10]
            first = original[border + y, at : at + used + 10]
            second = floating[border + y, at : at + used + 10]
            for x in range(used + 10):
                row[0, x] = levels[pixels[x]]
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
