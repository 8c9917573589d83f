"""How near one picture is to another."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deconv4k.errors import InputError

BORDER = 8
"""Output pixels at every edge that do not count, as is the field's habit."""

RADIUS = 5
"""Of the window of SSIM, 11 pixels wide."""

SIGMA = 1.5
"""Of the window's Gaussian, in pixels."""

K1, K2 = 0.01, 0.03
"""Constants of SSIM, as shares of the peak."""

LEAST_SIDE = 2 * (BORDER + RADIUS) + 1
"""Smallest side of a picture that has an SSIM, in pixels."""

_BAND = 64
"""Rows of windows at a time."""


def _inner(
    reference: NDArray[Any], other: NDArray[Any], border: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both pictures as float64 without their borders, of one shape and not empty."""
    if reference.shape != other.shape:
        raise InputError(
            f"pictures of shape {reference.shape} and {other.shape} compared; "
            "allowed: two of the same shape"
        )
    rows, columns = reference.shape[:2]
    if min(rows, columns) <= 2 * border:
        raise InputError(
            f"a picture of {columns}x{rows} pixels compared without a border of {border}; "
            f"allowed: more than {2 * border} pixels each way"
        )
    inner = (slice(border, rows - border), slice(border, columns - border))
    return reference[inner].astype(np.float64), other[inner].astype(np.float64)


def psnr(
    reference: NDArray[Any], other: NDArray[Any], peak: float = 1.0, border: int = BORDER
) -> float:
    """Peak signal-to-noise ratio, ``10 log10(peak**2 / mean((reference - other)**2))``.

    Parameters
    ----------
    reference, other : ndarray, (H, W) or (H, W, C)
    peak : float
        The value of white.
    border : int
        Pixels left out at every edge.

    Returns
    -------
    float
        In dB; ``inf`` for equal pictures.

    Raises
    ------
    InputError
        If the shapes differ, or nothing is left within the border.
    """
    a, b = _inner(reference, other, border)
    error = float(np.mean((a - b) ** 2))
    return math.inf if error == 0 else 10 * math.log10(peak * peak / error)


def ssim(
    reference: NDArray[Any], other: NDArray[Any], peak: float = 1.0, border: int = BORDER
) -> float:
    """Structural similarity with a Gaussian window of 11 pixels, sigma 1.5.

    Parameters
    ----------
    reference, other : ndarray, (H, W)
    peak : float
        The value of white.
    border : int
        Pixels left out at every edge before the windows are laid.

    Returns
    -------
    float
        At most 1, which equal pictures have. The mean over all windows that lie inside.

    Raises
    ------
    InputError
        If the shapes differ, or no window fits within the border.

    Notes
    -----
    Source: Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment", IEEE Transactions on
    Image Processing 13(4), 2004, equation 13 with K1 = 0.01 and K2 = 0.03.
    """
    _inner(reference, other, border + RADIUS)
    a, b = _inner(reference, other, border)
    rows, columns = a.shape[0] - 2 * RADIUS, a.shape[1] - 2 * RADIUS
    c1, c2 = (K1 * peak) ** 2, (K2 * peak) ** 2
    total = 0.0
    for top in range(0, rows, _BAND):
        # A band at a time, with what the windows need of its neighbours: it stays in the cache.
        band = slice(top, top + _BAND + 2 * RADIUS)
        x, y = a[band], b[band]
        mean_x, mean_y = _local_mean(x), _local_mean(y)
        variance_x = _local_mean(x * x) - mean_x**2
        variance_y = _local_mean(y * y) - mean_y**2
        covariance = _local_mean(x * y) - mean_x * mean_y
        similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
            (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
        )
        total += float(similarity.sum())
    similar: float = total / (rows * columns)
    return similar


def _local_mean(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean under SSIM's window, wherever all of it lies inside the plane."""
    smooth = cv2.GaussianBlur(plane, (2 * RADIUS + 1, 2 * RADIUS + 1), SIGMA)
    return np.asarray(smooth, dtype=np.float64)[RADIUS:-RADIUS, RADIUS:-RADIUS]


def difference_picture(
    a: NDArray[Any], b: NDArray[Any], gain: float = 8.0, peak: float = 1.0
) -> NDArray[np.uint8]:
    """``128 + 255 * gain * (a - b) / peak``, clipped to 0..255: mid grey where equal.

    Parameters
    ----------
    a, b : ndarray of the same shape
    gain : float
        Amplification.
    peak : float
        The value of white.
    """
    x, y = _inner(a, b, 0)
    shown = np.clip(np.rint(128 + 255 * gain / peak * (x - y)), 0, 255)
    return shown.astype(np.uint8)
