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

from deconv4k import golden
from deconv4k.config import Config
from deconv4k.formats import Format, Overflow
from deconv4k.golden import reference
from deconv4k.rtl import bus, design
from deconv4k.vectors.writer import Block

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
    output, accumulator = config.formats.output, design.accumulator(config)
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
    side = reference.side(layer)
    count = sum(phase.around.size for phase in reference.phase_taps(layer))
    product = product_format(config)
    accumulator, rounded = design.accumulator(config), rounded_format(config)
    start = None if bias is None else np.array([bias])

    def windows(name: str, pixels: NDArray[Any]) -> Iterator[Block]:
        for codes in _windows(config, pixels):
            yield _block(name, codes, pixels, config.formats.pixel)

    def products(name: str, pixels: NDArray[Any]) -> Iterator[Block]:
        for codes in _windows(config, pixels):
            terms = reference.products(config, codes, weights[:, 0])
            yield _block(name, terms, pixels, product)

    def sums(name: str, pixels: NDArray[Any]) -> Iterator[Block]:
        codes = golden.phase_sums(config, pixels, weights, start)[0]
        yield _raster(config, name, codes, accumulator)

    def after_rounding(name: str, pixels: NDArray[Any]) -> Iterator[Block]:
        exact = golden.phase_sums(config, pixels, weights, start)[0]
        codes = reference.rounded(config, exact, rounded)
        yield _raster(config, name, codes, rounded)

    return {
        "window": Intermediate(
            config.formats.pixel, side * side * layer.in_channels, False, windows
        ),
        "products": Intermediate(product, count, False, products),
        "sums": Intermediate(accumulator, video.pixels_per_clock, True, sums),
        "rounded": Intermediate(rounded, video.pixels_per_clock, True, after_rounding),
    }


NAMES = ("window", "products", "sums", "rounded")


def _windows(config: Config, pixels: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Windows of `ROWS` input lines at a time: (rows, W, codes of a window)."""
    height = pixels.shape[1]
    for top in range(0, height, ROWS):
        yield reference.windows(config, pixels, top, min(top + ROWS, height))


def _block(name: str, codes: NDArray[Any], pixels: NDArray[Any], code: Format) -> Block:
    words = bus.pack(codes, code.width)
    shape = (*pixels.shape[1:], codes.shape[-1])
    narrow = codes.astype(code.code_dtype(), copy=False)
    return Block(name, words.reshape(-1, words.shape[-1]), narrow, shape)


def _raster(config: Config, name: str, codes: NDArray[Any], code: Format) -> Block:
    words = bus.raster_beats(codes, code.width, config.video.pixels_per_clock)
    return Block.whole(name, words, codes.astype(code.code_dtype(), copy=False))
