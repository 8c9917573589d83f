"""The arrays of a layer: their shapes, types and ranges, checked together."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.golden.bound import MODEL_BITS


def check(
    config: Config,
    pixels: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None = None,
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Validate the arrays of one layer and bring them to their full shapes.

    Parameters
    ----------
    config : Config
    pixels : ndarray of int, (H, W) or (C_in, H, W)
    weights : ndarray of int, (C_in, C_out, K, K); (K, K) where both channels are 1
    bias : ndarray of int, (C_out,), optional
        At the accumulator's binary point.

    Returns
    -------
    pixels (C_in, H, W), weights (C_in, C_out, K, K), bias (C_out,) : ndarray of int

    Raises
    ------
    InputError
        Wrong shape, dtype or range: all of it at once.
    """
    layer, formats = config.layer, config.formats
    pixels, weights = np.asarray(pixels), np.asarray(weights)
    errors: list[str] = []
    full = pixels[np.newaxis] if pixels.ndim == 2 else pixels
    if full.ndim != 3 or full.shape[0] != layer.in_channels or 0 in full.shape:
        errors.append(
            f"pixels: shape {pixels.shape}; allowed: "
            f"{'(H, W) or ' if layer.in_channels == 1 else ''}({layer.in_channels}, H, W)"
        )
    shape = (layer.in_channels, layer.out_channels, layer.kernel, layer.kernel)
    kernel = weights[np.newaxis, np.newaxis] if weights.ndim == 2 else weights
    if kernel.shape != shape:
        errors.append(f"weights: shape {weights.shape}; allowed: {shape}, (C_in, C_out, K, K)")
    given = np.zeros(layer.out_channels, dtype=np.int64) if bias is None else np.asarray(bias)
    if given.shape != (layer.out_channels,):
        errors.append(f"bias: shape {given.shape}; allowed: ({layer.out_channels},)")
    for codes, target, name in (
        (pixels, formats.pixel, "pixels"),
        (weights, formats.weight, "weights"),
        (given, formats.bias, "bias"),
    ):
        try:
            if target is not None:
                target.check_codes(codes, name)
            elif codes.dtype.kind not in "iu":
                errors.append(f"{name}: dtype {codes.dtype}; allowed: integer codes")
            elif codes.size and max(abs(int(codes.min())), abs(int(codes.max()))) >> MODEL_BITS:
                errors.append(f"{name}: a code beyond {MODEL_BITS} bits; allowed: less")
        except InputError as error:
            errors.extend(error.lines)
    if not errors:
        try:
            layer.output_shape(full.shape[1], full.shape[2])
        except InputError as error:
            errors.extend(error.lines)
    if errors:
        raise InputError(*errors)
    return full, kernel, given
