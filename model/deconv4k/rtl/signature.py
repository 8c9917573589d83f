"""Signatures: CRC-32 of what crossed the engine's ports, as hw/ latches them.

One 32-bit word checks a whole frame on a board from which no picture can be read back. The CRC is
that of Ethernet and zlib (hw/lib/deconv_crc32.v); each function says over which bytes it is taken.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.rtl import bus

WORD_BITS = 32
"""Bits of a word of the kernel store, the width of a register."""


def crc32(words: bus.Words) -> int:
    """CRC-32 of words (..., bytes), the lowest byte of the first one first."""
    return zlib.crc32(np.ascontiguousarray(words).data)


def input_frame(config: Config, pixels: NDArray[Any]) -> int:
    """Signature of an input frame, as the register SIGNATURE_IN shows it.

    Over the beats of s_axis_video, a pixel each, in raster order: channel 0 in the lowest bits,
    zeros above the last channel to a whole byte; the lowest byte of a beat first.

    Parameters
    ----------
    config : Config
    pixels : ndarray of int, (H, W) or (C_in, H, W)
        Pixel codes.

    Returns
    -------
    int
        32 bits.

    Raises
    ------
    InputError
        Wrong shape, dtype or range.
    """
    return crc32(bus.input_beats(config, pixels))


def output_frame(config: Config, frame: NDArray[Any]) -> int:
    """Signature of an output frame, as the register SIGNATURE_OUT shows it.

    Over the beats of m_axis_video in raster order: pixels_per_clock pixels, the leftmost in the
    lowest bits, zeros above to a whole byte and for pixels beyond the end of a line; the lowest
    byte of a beat first.

    Parameters
    ----------
    config : Config
    frame : ndarray of int, (OH, OW) or (1, OH, OW)
        Output codes.

    Returns
    -------
    int
        32 bits.

    Raises
    ------
    InputError
        Wrong shape, dtype or range.
    """
    return crc32(bus.output_beats(config, frame))


def kernel_words(
    config: Config, weights: NDArray[Any], bias: int | NDArray[Any] | None = None
) -> list[int]:
    """The words of a kernel as software writes them to deconv_kernel_store.

    Weights in PyTorch's order, two a word where they fit 16 bits, the first in the lower half; an
    odd one out alone. Then the bias, where the configuration has one. Codes are extended by their
    sign (signed formats) or by zeros.

    Parameters
    ----------
    config : Config
        With one output channel.
    weights : ndarray of int, (C_in, 1, K, K); (K, K) with one channel
        Weight codes.
    bias : int or ndarray of int, (1,), optional
        Code at the accumulator's binary point; 0 by default.

    Returns
    -------
    list of int
        Words of 32 bits.

    Raises
    ------
    InputError
        Wrong shape, dtype or range, or a format wider than a word.
    """
    layer, formats = config.layer, config.formats
    weights = np.asarray(weights)
    shape = (layer.in_channels, layer.out_channels, layer.kernel, layer.kernel)
    full = weights[np.newaxis, np.newaxis] if weights.ndim == 2 else weights
    if layer.out_channels != 1 or full.shape != shape:
        raise InputError(
            f"weights: shape {weights.shape}; allowed: "
            f"({layer.in_channels}, 1, {layer.kernel}, {layer.kernel})"
        )
    given = np.zeros(1, dtype=np.int64) if bias is None else np.asarray(bias).reshape(-1)
    if given.size != 1:
        raise InputError(f"bias: {given.size} values; allowed: 1")
    formats.weight.check_codes(weights, "weights")
    for name, target in (("weight", formats.weight), ("bias", formats.bias)):
        if target is not None and target.width > WORD_BITS:
            raise InputError(
                f"formats.{name} = {str(target)!r}; the kernel store allows up to {WORD_BITS} bits"
            )
    half = WORD_BITS // 2
    codes = [int(code) for code in full.reshape(-1)]
    if formats.weight.width <= half:
        lower = [code % 2**half for code in codes] + [0] * (len(codes) % 2)
        words = [low | high << half for low, high in zip(lower[::2], lower[1::2], strict=True)]
    else:
        words = [code % 2**WORD_BITS for code in codes]
    if formats.bias is not None:
        formats.bias.check_codes(given, "bias")
        words.append(int(given[0]) % 2**WORD_BITS)
    elif int(given[0]):
        raise InputError(f"bias: {int(given[0])}; allowed: 0, as there is no formats.bias")
    return words


def kernel_size(config: Config) -> int:
    """How many words `kernel_words` gives."""
    layer, formats = config.layer, config.formats
    weights = layer.in_channels * layer.kernel**2
    words = -(-weights // 2) if formats.weight.width <= WORD_BITS // 2 else weights
    return words + (formats.bias is not None)


def kernel_codes(config: Config, words: bus.Words) -> tuple[NDArray[Any], int | None]:
    """Weights and bias of the words of a kernel: the inverse of `kernel_words`.

    Parameters
    ----------
    config : Config
    words : ndarray of uint8, (`kernel_size`, 4)

    Returns
    -------
    weights : ndarray of int64, (C_in, 1, K, K)
    bias : int or None
        None where the configuration has none.
    """
    layer, formats = config.layer, config.formats
    count = layer.in_channels * layer.kernel**2
    data = np.ascontiguousarray(words).reshape(-1)
    bias = None
    if formats.bias is not None:
        bias = int(data[-4:].view("<i4" if formats.bias.signed else "<u4")[0])
    kind = "i" if formats.weight.signed else "u"
    size = 2 if formats.weight.width <= WORD_BITS // 2 else 4
    weights = data[: size * count].view(f"<{kind}{size}").astype(np.int64)
    return weights.reshape(layer.in_channels, 1, layer.kernel, layer.kernel), bias


def kernel(config: Config, weights: NDArray[Any], bias: int | NDArray[Any] | None = None) -> int:
    """Signature of a kernel, as the register SIGNATURE_KERNEL shows it.

    Over `kernel_words`, the lowest byte of a word first; parameters and errors as there.
    """
    words = kernel_words(config, weights, bias)
    return zlib.crc32(b"".join(word.to_bytes(4, "little") for word in words))


def power_up_text(
    config: Config, weights: NDArray[Any], bias: int | NDArray[Any] | None = None
) -> str:
    """The file POWER_UP of deconv_kernel_store: `kernel_words` in hexadecimal, one a line."""
    return "".join(f"{word:08x}\n" for word in kernel_words(config, weights, bias))
