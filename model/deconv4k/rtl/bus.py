"""Codes as the bytes of a bus: the beats of both streams, and the words of files.

Codes lie side by side from the least significant bit of a word on, with nothing between them;
zeros fill a word to whole bytes. The least significant byte comes first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.formats import Format

Words = NDArray[np.uint8]
"""Words (..., bytes), the least significant byte first."""


def word_bytes(width: int, per_word: int) -> int:
    """Bytes of a word that holds `per_word` codes of `width` bits."""
    return -(-width * per_word // 8)


def pack(codes: NDArray[Any], width: int) -> Words:
    """Words of codes.

    Parameters
    ----------
    codes : ndarray of int, (..., per word)
        The first of a word goes to its least significant bits.
    width : int
        Bits of a code, up to 64; what a code has above them is cut off.

    Returns
    -------
    ndarray of uint8, (..., bytes)
    """
    *shape, per_word = codes.shape
    size = word_bytes(width, per_word)
    if width in (8, 16, 32, 64):
        whole = np.ascontiguousarray(codes).astype(f"<u{width // 8}", copy=False)
        return whole.view(np.uint8).reshape(*shape, size)
    rows = np.ascontiguousarray(codes, dtype=np.int64).reshape(-1, per_word)
    words = np.zeros((len(rows), size), dtype=np.uint8)
    _pack(rows, width, words)
    return words.reshape(*shape, size)


def unpack(words: Words, target: Format, per_word: int) -> NDArray[Any]:
    """Codes of words: the inverse of `pack`.

    Parameters
    ----------
    words : ndarray of uint8, (..., bytes)
    target : Format
        Says the bits of a code and whether it has a sign.
    per_word : int

    Returns
    -------
    ndarray, (..., per_word), of the format's `code_dtype`
    """
    *shape, size = words.shape
    dtype = target.code_dtype()
    if target.width == 8 * dtype.itemsize:
        whole = np.ascontiguousarray(words).view(dtype.newbyteorder("<"))
        return whole.astype(dtype, copy=False).reshape(*shape, per_word)
    rows = np.ascontiguousarray(words).reshape(-1, size)
    codes = np.empty((len(rows), per_word), dtype=np.int64)
    _unpack(rows, target.width, target.signed, codes)
    return codes.astype(dtype).reshape(*shape, per_word)


@njit(cache=True, nogil=True)
def _pack(codes, width, words):  # type: ignore[no-untyped-def]
    for i in range(codes.shape[0]):
        bit = 0
        for j in range(codes.shape[1]):
            done = 0
            while done < width:
                shift = bit & 7
                taken = min(8 - shift, width - done)
                part = codes[i, j] >> done & ((1 << taken) - 1)
                words[i, bit >> 3] |= part << shift
                done += taken
                bit += taken


@njit(cache=True, nogil=True)
def _unpack(words, width, signed, codes):  # type: ignore[no-untyped-def]
    for i in range(codes.shape[0]):
        bit = 0
        for j in range(codes.shape[1]):
            code = np.int64(0)
            done = 0
            while done < width:
                shift = bit & 7
                taken = min(8 - shift, width - done)
                part = np.int64(words[i, bit >> 3] >> shift) & ((1 << taken) - 1)
                code |= part << done
                done += taken
                bit += taken
            if signed and width < 64 and code >> (width - 1) & 1:
                code -= np.int64(1) << width
            codes[i, j] = code


def input_bytes(config: Config) -> int:
    """Bytes of a beat of s_axis_video: a pixel."""
    return word_bytes(config.formats.pixel.width, config.layer.in_channels)


def output_bytes(config: Config) -> int:
    """Bytes of a beat of m_axis_video: pixels_per_clock pixels."""
    return word_bytes(config.formats.output.width, config.video.pixels_per_clock)


def line_beats(config: Config, columns: int) -> int:
    """Beats of an output line of `columns` pixels."""
    return -(-columns // config.video.pixels_per_clock)


def input_beats(config: Config, pixels: NDArray[Any]) -> Words:
    """A frame as s_axis_video carries it: a pixel a beat, channel 0 in the lowest bits.

    Parameters
    ----------
    config : Config
    pixels : ndarray of int, (H, W) or (C_in, H, W)
        Pixel codes.

    Returns
    -------
    ndarray of uint8, (H, W, bytes)

    Raises
    ------
    InputError
        Wrong shape, dtype or range.
    """
    pixels = np.asarray(pixels)
    full = pixels[np.newaxis] if pixels.ndim == 2 else pixels
    channels = config.layer.in_channels
    if full.ndim != 3 or full.shape[0] != channels or 0 in full.shape:
        raise InputError(f"pixels: shape {pixels.shape}; allowed: ({channels}, H, W)")
    config.formats.pixel.check_codes(pixels, "pixels")
    return pack(full.transpose(1, 2, 0), config.formats.pixel.width)


def input_codes(config: Config, beats: Words) -> NDArray[Any]:
    """Pixel codes (C_in, H, W) of the beats (H, W, bytes) of `input_beats`."""
    codes = unpack(beats, config.formats.pixel, config.layer.in_channels)
    return codes.transpose(2, 0, 1)


def output_beats(config: Config, frame: NDArray[Any]) -> Words:
    """A frame as m_axis_video carries it.

    pixels_per_clock pixels a beat, the leftmost in the lowest bits, zeros for pixels beyond the
    end of a line.

    Parameters
    ----------
    config : Config
    frame : ndarray of int, (OH, OW) or (1, OH, OW)
        Output codes.

    Returns
    -------
    ndarray of uint8, (OH, beats, bytes)

    Raises
    ------
    InputError
        Wrong shape, dtype or range.
    """
    frame = np.asarray(frame)
    plane = frame[0] if frame.ndim == 3 and frame.shape[0] == 1 else frame
    if plane.ndim != 2 or 0 in plane.shape:
        raise InputError(f"frame: shape {frame.shape}; allowed: (OH, OW)")
    config.formats.output.check_codes(frame, "frame")
    return raster_beats(plane, config.formats.output.width, config.video.pixels_per_clock)


def raster_beats(plane: NDArray[Any], width: int, per_beat: int) -> Words:
    """Lines of codes (H, W), `width` bits each, as words of `per_beat`: (H, words, bytes).

    Zeros stand for what is beyond the end of a line.
    """
    rows, columns = plane.shape
    missing = -columns % per_beat
    padded = np.pad(plane, ((0, 0), (0, missing))) if missing else plane
    return pack(padded.reshape(rows, -1, per_beat), width)


def output_codes(config: Config, beats: Words, columns: int) -> NDArray[Any]:
    """Output codes (OH, OW) of the beats (OH, beats, bytes) of `output_beats`."""
    codes = unpack(beats, config.formats.output, config.video.pixels_per_clock)
    return codes.reshape(len(beats), -1)[:, :columns]
