"""What the engine computes between pixel and output, in the order of its wires.

============  ================================================  ====================================
name          a word                                            port
============  ================================================  ====================================
``window``    the pixels around one input pixel                 ``out`` of deconv_window
``products``  all products of one input pixel, phase by phase   ``p0_q`` to ``p3_q`` of
                                                                deconv_multiply_add, ``rounded`` of
                                                                the terms in deconv_phase_sums where
                                                                there is a product format
``sums``      pixels_per_clock sums, with the bias              ``sums`` of deconv_phase_sums, in
                                                                raster order
``rounded``   the same after rounding, before overflow          within deconv_quantise
============  ================================================  ====================================

A word of ``window`` or ``products`` belongs to one input pixel, in raster order; one of ``sums`` or
``rounded`` to one output beat. In a window pixel (dy, dx) is number
``(dx + BEHIND) * SIDE + AHEAD - dy``, its channels side by side. Products go by phase
``r * S + s``; within a phase by the number of the pixel, then by channel; absent taps take no room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k import bus, engine, golden
from deconv4k.config import Config
from deconv4k.export import Block
from deconv4k.fixed import Format, Overflow, quantise

ROWS = 16
"""Input lines that are worked on at a time."""


@dataclass(frozen=True)
class Intermediate:
    """One intermediate of a configuration.

    Parameters
    ----------
    code : Format
        Of its codes.
    per_word : int
        Codes in a word.
    raster : bool
        Whether words are output beats, not input pixels.
    blocks : callable
        ``blocks(name, pixels)`` gives the blocks of a frame, pixels (C_in, H, W) as codes.
    """

    code: Format
    per_word: int
    raster: bool
    blocks: Callable[[str, NDArray[Any]], Iterator[Block]]

    @property
    def word_bytes(self) -> int:
        """Bytes of a word."""
        return bus.word_bytes(self.code.width, self.per_word)


def product_format(config: Config) -> Format:
    """The format of the products as they are summed: the configuration's, or the exact one."""
    formats = config.formats
    if formats.product is not None:
        return formats.product
    width = formats.pixel.width + formats.weight.width
    # hw/engine/deconv_phase_sums.v gives every product a sign.
    width += not formats.pixel.signed and not formats.weight.signed
    return Format(width, width - formats.sum_fraction, True)


def rounded_format(config: Config) -> Format:
    """The format that holds every rounded sum, with the output's binary point."""
    output, accumulator = config.formats.output, engine.accumulator(config)
    # One bit for the carry out of rounding.
    width = max(2, accumulator.width - config.formats.output_shift + 1)
    return Format(width, width - output.fraction, True, output.rounding, Overflow.AP_WRAP)


def intermediates(
    config: Config, weights: NDArray[Any], bias: int | None
) -> dict[str, Intermediate]:
    """All intermediates by name.

    Parameters
    ----------
    config : Config
        As the engine takes it.
    weights : ndarray of int, (C_in, 1, K, K)
    bias : int or None
    """
    layer, video = config.layer, config.video
    side = layer.rows_ahead + layer.rows_behind + 1
    around, taps = _tap_list(config, weights)
    product = product_format(config)
    accumulator, rounded = engine.accumulator(config), rounded_format(config)
    start = None if bias is None else np.array([bias])

    def windows(name: str, pixels: NDArray[Any]) -> Iterator[Block]:
        for codes in _windows(config, pixels):
            yield _block(name, codes, pixels, config.formats.pixel)

    def products(name: str, pixels: NDArray[Any]) -> Iterator[Block]:
        fraction = config.formats.pixel.fraction + config.formats.weight.fraction
        for codes in _windows(config, pixels):
            exact = codes[..., around].astype(np.int64) * taps
            terms = exact if config.formats.product is None else quantise(exact, fraction, product)
            yield _block(name, terms, pixels, product)

    def sums(name: str, pixels: NDArray[Any]) -> Iterator[Block]:
        codes = golden.phase_sums(config, pixels, weights, start)[0]
        yield _raster(config, name, codes, accumulator)

    def after_rounding(name: str, pixels: NDArray[Any]) -> Iterator[Block]:
        exact = golden.phase_sums(config, pixels, weights, start)[0]
        codes = quantise(exact, config.formats.sum_fraction, rounded)
        yield _raster(config, name, codes, rounded)

    return {
        "window": Intermediate(
            config.formats.pixel, side * side * layer.in_channels, False, windows
        ),
        "products": Intermediate(product, len(around), False, products),
        "sums": Intermediate(accumulator, video.pixels_per_clock, True, sums),
        "rounded": Intermediate(rounded, video.pixels_per_clock, True, after_rounding),
    }


NAMES = ("window", "products", "sums", "rounded")


def _tap_list(config: Config, weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """For each product the place of its pixel in the window, and its weight."""
    layer = config.layer
    ahead, behind, channels = layer.rows_ahead, layer.rows_behind, layer.in_channels
    side = ahead + behind + 1
    around: list[int] = []
    taps: list[int] = []
    for r, s in np.ndindex(layer.stride, layer.stride):
        found = sorted(
            ((x.offset + behind) * side + ahead - y.offset, y.at, x.at)
            for y in layer.taps(r)
            for x in layer.taps(s)
        )
        for number, ky, kx in found:
            for channel in range(channels):
                around.append(number * channels + channel)
                taps.append(int(weights[channel, 0, ky, kx]))
    return np.array(around, dtype=np.intp), np.array(taps, dtype=np.int64)


def _windows(config: Config, pixels: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Windows of `ROWS` input lines at a time: (rows, W, SIDE * SIDE * C_in)."""
    layer = config.layer
    ahead, behind = layer.rows_ahead, layer.rows_behind
    side = ahead + behind + 1
    border = ((0, 0), (behind, ahead), (behind, ahead))
    padded = np.pad(pixels, border)
    # (C, H, W, dy, dx) to (H, W, dx, -dy, C)
    views = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    ordered = views[..., ::-1, :].transpose(1, 2, 4, 3, 0)
    height, width = pixels.shape[1:]
    for top in range(0, height, ROWS):
        part = ordered[top : top + ROWS]
        yield part.reshape(len(part), width, side * side * layer.in_channels)


def _block(name: str, codes: NDArray[Any], pixels: NDArray[Any], code: Format) -> Block:
    words = bus.pack(codes, code.width)
    shape = (*pixels.shape[1:], codes.shape[-1])
    narrow = codes.astype(code.code_dtype(), copy=False)
    return Block(name, words.reshape(-1, words.shape[-1]), narrow, shape)


def _raster(config: Config, name: str, codes: NDArray[Any], code: Format) -> Block:
    words = bus.raster_beats(codes, code.width, config.video.pixels_per_clock)
    return Block.whole(name, words, codes.astype(code.code_dtype(), copy=False))
