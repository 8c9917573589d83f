"""The layer as hw/ computes it, one module after the other: to be read beside the Verilog.

==================  ====================================  ==================================
function            gives                                 module of hw/
==================  ====================================  ==================================
`windows`           the pixels around one input pixel     deconv_line_buffer, deconv_window
`products`          all products of one input pixel       deconv_multiply_add
`sums`              one sum a phase, the bias in it       deconv_phase_sums
`raster`            the phases, line by line              deconv_raster
`rounded`           the sums after rounding               deconv_quantise, its first half
==================  ====================================  ==================================

Plain NumPy in the order of the wires. `deconv4k.golden.run` gives the same, fast;
`deconv4k.golden.naive` the same by the textbook.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.formats import Format, Overflow
from deconv4k.layer import Layer
from deconv4k.quantise import quantise


class PhaseTaps(NamedTuple):
    """Where the products of one phase come from, in the order in which they are summed.

    Each is an array of as many integers as the phase has products.
    """

    around: NDArray[np.intp]
    """Place of the pixel in its window, as `windows` numbers it."""
    channel: NDArray[np.intp]
    """Input channel of the weight."""
    row: NDArray[np.intp]
    """Kernel row ky."""
    column: NDArray[np.intp]
    """Kernel column kx."""


def side(layer: Layer) -> int:
    """Rows, and columns, of a window."""
    return layer.rows_ahead + 1 + max(0, layer.rows_behind)


@lru_cache(maxsize=64)
def phase_taps(layer: Layer) -> tuple[PhaseTaps, ...]:
    """The taps of each phase, number ``r * S + s``."""
    behind = max(0, layer.rows_behind)
    phases = []
    for r, s in np.ndindex(layer.stride, layer.stride):
        found = sorted(
            ((x.offset + behind) * side(layer) + layer.rows_ahead - y.offset, y.at, x.at)
            for y in layer.taps(r)
            for x in layer.taps(s)
        )
        rows = [
            (number * layer.in_channels + channel, channel, ky, kx)
            for number, ky, kx in found
            for channel in range(layer.in_channels)
        ]
        phases.append(PhaseTaps(*np.array(rows, dtype=np.intp).reshape(-1, 4).T))
    return tuple(phases)


def windows(
    config: Config, pixels: NDArray[Any], first: int = 0, last: int | None = None
) -> NDArray[Any]:
    """The pixels around each input pixel, zeros outside the frame.

    deconv_line_buffer and deconv_window.

    Parameters
    ----------
    config : Config
    pixels : ndarray of int, (C_in, H, W)
    first, last : int
        Lines to give; without `last` as many as the output has in steps of the stride.

    Returns
    -------
    ndarray, (last - first, columns, side * side * C_in)
        Pixel (dy, dx) is number ``(dx + BEHIND) * side + AHEAD - dy``, its channels side by side.
    """
    layer = config.layer
    ahead, behind, size = layer.rows_ahead, max(0, layer.rows_behind), side(layer)
    channels, height, width = pixels.shape
    lines, columns = (-(-n // layer.stride) for n in layer.output_shape(height, width))
    last = lines if last is None else last
    below, right = max(0, lines - height), max(0, columns - width)
    padded = np.pad(pixels, ((0, 0), (behind, ahead + below), (behind, ahead + right)))
    # (C, H, W, dy, dx) to (H, W, dx, -dy, C)
    views = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    ordered = views[..., ::-1, :].transpose(1, 2, 4, 3, 0)[first:last, :columns]
    return ordered.reshape(len(ordered), columns, size * size * channels)


def products(config: Config, around: NDArray[Any], kernel: NDArray[Any]) -> NDArray[np.int64]:
    """All products of each window, phase by phase, each quantised where there is a product format.

    deconv_multiply_add, and the terms of deconv_phase_sums.

    Parameters
    ----------
    config : Config
    around : ndarray of int, (..., side * side * C_in)
        As `windows` gives it.
    kernel : ndarray of int, (C_in, K, K)
        Of one output channel.

    Returns
    -------
    ndarray of int64, (..., products)
        Phase by phase, number ``r * S + s``; absent taps take no room.
    """
    formats = config.formats
    phases = phase_taps(config.layer)
    places = np.concatenate([phase.around for phase in phases])
    weights = np.concatenate([kernel[phase.channel, phase.row, phase.column] for phase in phases])
    exact = around[..., places].astype(np.int64) * weights.astype(np.int64)
    if formats.product is None:
        return exact
    return quantise(exact, formats.pixel.fraction + formats.weight.fraction, formats.product)


def sums(config: Config, terms: NDArray[np.int64], bias: int = 0) -> NDArray[np.int64]:
    """One sum a phase with the bias, wrapped to the accumulator if one is given: deconv_phase_sums.

    Parameters
    ----------
    config : Config
    terms : ndarray of int64, (..., products)
        As `products` gives them.
    bias : int
        Code at the accumulator's binary point.

    Returns
    -------
    ndarray of int64, (..., S * S)
    """
    accumulator = config.formats.accumulator
    ends = np.cumsum([phase.around.size for phase in phase_taps(config.layer)])[:-1]
    parts = np.split(terms, ends, axis=-1)
    # Before a given accumulator only the sum modulo 2**64 counts.
    with np.errstate(over="ignore"):
        total = np.stack([part.sum(axis=-1) for part in parts], axis=-1) + np.int64(bias)
        if accumulator is None:
            return total
        return quantise(total, accumulator.fraction, accumulator)


def raster(layer: Layer, phases: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """The phases of each input pixel as the S x S output pixels that they are: deconv_raster.

    Parameters
    ----------
    layer : Layer
    phases : ndarray, (lines, columns, S * S)
    rows, columns : int
        Of the output, which may end within the last steps.

    Returns
    -------
    ndarray, (rows, columns)
    """
    lines, across, _ = phases.shape
    stride = layer.stride
    square = phases.reshape(lines, across, stride, stride).transpose(0, 2, 1, 3)
    return square.reshape(lines * stride, across * stride)[:rows, :columns]


def rounded(config: Config, total: NDArray[np.int64], form: Format) -> NDArray[np.int64]:
    """Sums rounded to the output's binary point, before overflow: half of deconv_quantise.

    Parameters
    ----------
    config : Config
    total : ndarray of int64
        As `phase_sums` gives it.
    form : Format
        Wide enough for every rounded sum, with the output's fraction bits and rounding.
    """
    assert form.overflow is Overflow.AP_WRAP
    return quantise(total, config.formats.sum_fraction, form)


def phase_sums(
    config: Config, pixels: NDArray[Any], weights: NDArray[Any], bias: NDArray[Any]
) -> NDArray[np.int64]:
    """`deconv4k.golden.phase_sums` by the modules above.

    Parameters
    ----------
    config : Config
    pixels : ndarray of int, (C_in, H, W)
    weights : ndarray of int, (C_in, C_out, K, K)
    bias : ndarray of int, (C_out,)

    Returns
    -------
    ndarray of int64, (C_out, OH, OW)
    """
    rows, columns = config.layer.output_shape(*pixels.shape[1:])
    around = windows(config, pixels)
    return np.stack(
        [
            raster(
                config.layer,
                sums(config, products(config, around, weights[:, channel]), int(bias[channel])),
                rows,
                columns,
            )
            for channel in range(weights.shape[1])
        ]
    )


def run(
    config: Config, pixels: NDArray[Any], weights: NDArray[Any], bias: NDArray[Any]
) -> NDArray[np.int64]:
    """`deconv4k.golden.run` by the modules above: `phase_sums`, then deconv_quantise.

    Parameters as `phase_sums`.

    Returns
    -------
    ndarray of int64, (C_out, OH, OW)
        Codes of the output format.
    """
    formats = config.formats
    return quantise(phase_sums(config, pixels, weights, bias), formats.sum_fraction, formats.output)
