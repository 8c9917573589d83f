"""The output stage of the engine, applied to the different sums alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Formats
from deconv4k.formats import Format, Overflow
from deconv4k.photo import upscale
from deconv4k.quantise import quantise
from deconv4k.tuner.photograph import Photograph, inner, psnr_of


class OutputStage(NamedTuple):
    """What accumulator and output formats make of sums.

    Parameters
    ----------
    rounded : ndarray of int64, (N,)
        Codes of the output, rounded, as they are before they overflow.
    codes : ndarray of int64, (N,)
        Codes of the output.
    shown : ndarray of float64, (N,)
        Their values on the scale 0 (black) to 1 (white), clipped to it.
    """

    rounded: NDArray[np.int64]
    codes: NDArray[np.int64]
    shown: NDArray[np.float64]

    @classmethod
    def of(cls, formats: Formats, sums: NDArray[np.int64]) -> OutputStage:
        """Apply a candidate's accumulator and output to sums of shape (N,)."""
        accumulator, fraction = formats.accumulator, formats.sum_fraction
        wrapped = sums if accumulator is None else quantise(sums, fraction, accumulator)
        output = formats.output
        unlimited = Format(62, 62 - output.fraction, True, output.rounding, Overflow.AP_SAT)
        rounded = quantise(wrapped, fraction, unlimited)
        codes = quantise(wrapped, fraction, output)
        return cls(rounded, codes, np.clip(upscale.from_codes(codes, formats), 0.0, 1.0))


def lsb(formats: Formats) -> float:
    """One step of the output on the scale 0 (black) to 1 (white)."""
    return float(upscale.from_codes(np.array(1), formats))


def psnr_ceiling(photograph: Photograph, formats: Formats) -> float:
    """PSNR to the float layer that no candidate with this pixel and output format exceeds, in dB.

    It is that of a picture with every pixel on the output code nearest to the float layer's.
    """
    step = lsb(formats)
    output = formats.output
    exact = inner(photograph.floating).astype(np.float64)
    nearest = np.clip(np.rint(exact / step), output.min_code, output.max_code) * step
    return psnr_of(float(np.mean((np.clip(nearest, 0.0, 1.0) - exact) ** 2)))
