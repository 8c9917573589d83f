"""The golden model: bit-true, polyphase, phase by phase as the hardware.

``run`` is the whole layer; ``phase_sums`` stops before the output quantiser. Sums are exact
(int32 or int64, whichever the accumulator bound of `deconv4k.bound` proves sufficient), no float
stands anywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from deconv4k.bound import MODEL_BITS, bound
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.fixed import Format, overflow_to, quantise_code

_NO_FORMAT = np.zeros(5, dtype=np.int64)


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


def run(
    config: Config,
    pixels: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """The layer on one frame: codes in, codes out.

    Parameters
    ----------
    config : Config
    pixels, weights, bias
        As `check` takes them.

    Returns
    -------
    ndarray, (C_out, OH, OW), or (OH, OW) for a two-dimensional input and one output channel
        Codes of the output format, in the narrowest integer type that holds them.

    Raises
    ------
    InputError
        As `check`; or sums wider than the model's 64-bit arithmetic.
    """
    formats = config.formats
    target = _packed(formats.output, formats.output_shift)
    out = _layer(config, pixels, weights, bias, _kernel_dtype(formats.output), target)
    out = out.astype(formats.output.code_dtype(), copy=False)
    return out[0] if np.ndim(pixels) == 2 and config.layer.out_channels == 1 else out


def phase_sums(
    config: Config,
    pixels: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None = None,
) -> NDArray[np.int64]:
    """The sums before the output quantiser, wrapped to the accumulator if one is given.

    Parameters and errors as `run`.

    Returns
    -------
    ndarray of int64, (C_out, OH, OW)
        Phase (r, s) is ``[:, r::S, s::S]``.
    """
    return _layer(config, pixels, weights, bias, np.dtype(np.int64), _NO_FORMAT)


def _packed(target: Format, shift: int) -> NDArray[np.int64]:
    """A format as `_polyphase` takes it: (shift, rounding, overflow, width, signed)."""
    fields = (shift, target.rounding, target.overflow, target.width, target.signed)
    return np.array(fields, dtype=np.int64)


def _kernel_dtype(target: Format) -> np.dtype[Any]:
    """The type that codes have within the compiled kernel.

    One byte, or 64 bits for all others: each combination of types is compiled once.
    """
    return np.dtype(np.uint8 if target.width <= 8 and not target.signed else np.int64)


def _layer(
    config: Config,
    pixels: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None,
    dtype: np.dtype[Any],
    target: NDArray[np.int64],
) -> NDArray[Any]:
    full, kernel, start = check(config, pixels, weights, bias)
    layer, formats = config.layer, config.formats
    reach = bound(config, kernel, start)
    widest = reach.bits
    if formats.accumulator is not None:
        wrapped = formats.accumulator.width + 1
        # A negative sum wraps to a large one where the accumulator is unsigned.
        unsigned = not formats.accumulator.signed and reach.low < 0
        widest = wrapped if unsigned else min(widest, wrapped)
    if max(reach.bits, widest + max(0, -formats.output_shift)) > MODEL_BITS:
        raise InputError(
            f"sums of {reach.bits} bits with {max(0, -formats.output_shift)} more fraction bits in "
            f"the output; allowed: {MODEL_BITS} bits together"
        )
    # The bound holds for whole sums; partial ones may pass it, but two's complement comes back.
    fits = max(reach.bits, widest) < 31 and formats.product is None
    narrow = fits and _kernel_dtype(formats.pixel) == np.uint8
    sums = np.dtype(np.int32 if narrow else np.int64)
    product = _NO_FORMAT
    if formats.product is not None:
        product = _packed(formats.product, formats.product_shift)
    accumulator = np.zeros(2, dtype=np.int64)
    if formats.accumulator is not None:
        accumulator[:] = formats.accumulator.width, formats.accumulator.signed
    rows, columns = layer.output_shape(full.shape[1], full.shape[2])
    out = np.empty((layer.out_channels, rows, columns), dtype=dtype)
    # (C_out, C_in, K, K), so that one output channel's weights lie together
    turned = np.ascontiguousarray(kernel.transpose(1, 0, 2, 3)).astype(sums)
    frame = np.ascontiguousarray(full, dtype=_kernel_dtype(formats.pixel))
    _polyphase(
        frame, turned, start.astype(sums), layer.stride, layer.padding,
        product, accumulator, target, out,
    )  # fmt: skip
    return out


@njit(parallel=True, cache=True)
def _polyphase(pixels, weights, bias, stride, padding, product, accumulator, target, out):  # type: ignore[no-untyped-def]
    """Output row ``S*q + r`` from input rows ``q + dy`` and kernel rows ``r + P - S*dy``.

    The sums of one row of one phase are kept together; products are added tap by tap. A format is
    (shift, rounding, overflow, width, signed); width 0 means none.
    """
    channels, height, width = pixels.shape
    outputs, rows, columns = out.shape
    size = weights.shape[2]
    reach = (columns + stride - 1) // stride
    for job in prange(outputs * rows):
        channel, oy = job // rows, job % rows
        q, r = oy // stride, oy % stride
        sums = np.empty(reach, weights.dtype)
        for s in range(stride):
            count = (columns - s + stride - 1) // stride
            sums[:] = bias[channel]
            for c in range(channels):
                for dy in range((r + padding) // stride, -size, -1):
                    ky = r + padding - stride * dy
                    iy = q + dy
                    if ky >= size:
                        break
                    if ky < 0 or iy < 0 or iy >= height:
                        continue
                    for dx in range((s + padding) // stride, -size, -1):
                        kx = s + padding - stride * dx
                        if kx >= size:
                            break
                        weight = weights[channel, c, ky, kx]
                        first = max(0, -dx)
                        last = min(count, width - dx)
                        if product[3] == 0:
                            for x in range(first, last):
                                sums[x] += weights.dtype.type(pixels[c, iy, x + dx]) * weight
                        else:
                            for x in range(first, last):
                                exact = np.int64(pixels[c, iy, x + dx]) * np.int64(weight)
                                sums[x] += quantise_code(
                                    exact, product[0], product[1], product[2], product[3],
                                    product[4] != 0,
                                )  # fmt: skip
            if accumulator[0] != 0:
                for x in range(count):
                    sums[x] = overflow_to(np.int64(sums[x]), accumulator[0], accumulator[1] != 0, 3)
            if target[3] == 0:
                for x in range(count):
                    out[channel, oy, x * stride + s] = sums[x]
            else:
                for x in range(count):
                    out[channel, oy, x * stride + s] = quantise_code(
                        np.int64(sums[x]), target[0], target[1], target[2], target[3],
                        target[4] != 0,
                    )  # fmt: skip
