"""The largest error that any picture can cause, proved from the weights.

The error is ``shown(fixed) - shown(float)``: what the fixed-point layer shows of a picture minus
what the layer in floating point shows of the same picture before it was made pixel codes, both
clipped to black and white, in units of white. Per phase it is bounded from below and from above by

    taps        each tap alone: over every pixel code x, the product as the engine quantises it
                minus ``w * x``. The pixels of a window are free of each other, so the sum of the
                taps' extremes is the extreme of their sum, and a picture reaches it. This covers
                the weights' quantisation and the products' rounding, saturation and wrapping.
    pixels      a code stands for values half a step below to half a step above it: ``half a step *
                sum of abs(w)``
    output      what its rounding mode adds at most, exact for a sum of so many fraction bits

and the three are added. Clipping brings two numbers no farther apart, so showing adds nothing; nor
does saturation to a range that contains black and white. Where the output's largest code is below
white and a sum can be above it, what is missing of white joins the bound. Where the accumulator may
wrap, or the output wraps or zeroes and a sum can be outside its range, the proof ends: the bound is
then 1, white for black. The measured error of any picture lies within the bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config, Formats
from deconv4k.formats import Format, Overflow, Rounding
from deconv4k.golden.bound import bound
from deconv4k.photo.kernels import Weights
from deconv4k.quantise import quantise


class Interval(NamedTuple):
    """Smallest and largest error."""

    low: float
    high: float

    def __add__(self, other: Interval) -> Interval:  # type: ignore[override]  # no longer a tuple
        return Interval(self.low + other.low, self.high + other.high)

    @property
    def largest(self) -> float:
        """In magnitude."""
        return max(-self.low, self.high)


@dataclass(frozen=True)
class Proof:
    """The bound and its parts, of the phase where it is largest, in units of white.

    Parameters
    ----------
    taps, pixels, output : Interval
        See the module's text.
    total : Interval
        What holds for every phase.
    phase : tuple of int
        (r, s) of the largest bound.
    open : str
        Why nothing better than white for black is proved; empty where it is.
    """

    taps: Interval
    pixels: Interval
    output: Interval
    total: Interval
    phase: tuple[int, int]
    open: str

    @property
    def largest(self) -> float:
        """Bound of the error's magnitude."""
        return self.total.largest


def prove(config: Config, weights: Weights, codes: NDArray[np.int64]) -> Proof:
    """Bound the error over all pictures.

    Parameters
    ----------
    config : Config
        One channel in and out; pixels of at most 16 bits.
    weights : ndarray of float64, (1, 1, K, K)
        The float layer's.
    codes : ndarray of int64, (1, 1, K, K)
        The engine's.
    """
    formats, layer = config.formats, config.layer
    white = np.ldexp(float(formats.pixel.max_code), -formats.pixel.fraction)
    step = 2.0**-formats.pixel.fraction / white
    taps = tap_errors(formats, weights, codes) / white
    last = rounding_error(formats.output_shift, formats.output.rounding)
    unit = 2.0**-formats.output.fraction / white
    output = Interval(last.low * unit, last.high * unit)
    proofs = []
    for r in range(layer.stride):
        for s in range(layer.stride):
            here = np.ix_(
                [0], [0], [tap.at for tap in layer.taps(r)], [tap.at for tap in layer.taps(s)]
            )
            own = Interval(float(taps[0][here].sum()), float(taps[1][here].sum()))
            half = step / 2 * float(np.abs(weights[here]).sum())
            pixels = Interval(-half, half)
            proofs.append(Proof(own, pixels, output, own + pixels + output, (r, s), ""))
    worst = max(proofs, key=lambda proof: proof.total.largest)
    totals = [proof.total for proof in proofs]
    every = Interval(min(each.low for each in totals), max(each.high for each in totals))
    return _shown(config, codes, replace(worst, total=every), white)


def _shown(config: Config, codes: NDArray[np.int64], worst: Proof, white: float) -> Proof:
    """The bound of what is shown: with whatever overflows, and never beyond white for black."""
    formats = config.formats
    total, reason = worst.total, ""
    exact = replace(config, formats=replace(formats, accumulator=None))
    reach = bound(exact, codes)
    accumulator = formats.accumulator
    if (
        accumulator is not None
        and not accumulator.min_code <= reach.low <= reach.high <= accumulator.max_code
    ):
        reason = f"the accumulator {accumulator} may wrap: sums of {reach.bits} bits are possible"
    unlimited = Format(64, 64, True, formats.output.rounding, Overflow.AP_SAT)
    ends = np.array([reach.low, reach.high])
    low, high = quantise(ends, formats.output_shift, unlimited).tolist()
    output = formats.output
    outside = low < output.min_code or high > output.max_code
    saturates = output.overflow in (Overflow.AP_SAT, Overflow.AP_SAT_SYM)
    # Zero for what is below an unsigned range is what is shown anyway.
    harmless = (
        output.overflow is Overflow.AP_SAT_ZERO and not output.signed and high <= output.max_code
    )
    if not reason and outside and not saturates and not harmless:
        reason = f"the output {output} may overflow: {low}..{high} are possible"
    if reason:
        return replace(worst, total=Interval(-1.0, 1.0), open=reason)
    top = float(np.ldexp(output.max_code, -output.fraction)) / white
    if high > output.max_code and top < 1:
        total = Interval(min(total.low, top - 1), total.high)
    total = Interval(max(total.low, -1.0), min(total.high, 1.0))
    return replace(worst, total=total)


def tap_errors(formats: Formats, weights: Weights, codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Smallest and largest error of each tap over every pixel code, zero (the border) included.

    Returns
    -------
    ndarray of float64, (2, *codes.shape)
        In the unit of values.
    """
    if formats.product is None:
        # Linear in the pixel, so its ends suffice.
        pixels = np.array([formats.pixel.min_code, formats.pixel.max_code, 0])
    else:
        pixels = np.arange(formats.pixel.min_code, formats.pixel.max_code + 1)
    ends = np.empty((2, codes.size))
    fraction = formats.pixel.fraction + formats.weight.fraction
    for i, (weight, code) in enumerate(zip(weights.flat, codes.flat, strict=True)):
        products = pixels * code
        kept = (
            products if formats.product is None else quantise(products, fraction, formats.product)
        )
        exact = weight * np.ldexp(pixels.astype(np.float64), -formats.pixel.fraction)
        errors = np.ldexp(kept.astype(np.float64), -formats.sum_fraction) - exact
        ends[:, i] = errors.min(), errors.max()
    return ends.reshape(2, *codes.shape)


def rounding_error(shift: int, mode: Rounding) -> Interval:
    """Smallest and largest ``rounded - exact`` of a move by `shift` bits, in target steps.

    The values to be rounded lie ``2**-shift`` apart, so a truncation misses at most ``1 -
    2**-shift`` and a tie is the one way to miss by a half.
    """
    if shift <= 0:
        return Interval(0.0, 0.0)
    fine = 2.0**-shift
    below, above = {
        Rounding.AP_RND: (0.5 - fine, 0.5),
        Rounding.AP_RND_MIN_INF: (0.5, 0.5 - fine),
        Rounding.AP_TRN: (1 - fine, 0.0),
        Rounding.AP_TRN_ZERO: (1 - fine, 1 - fine),
        # Ties go either way, as the sign or the neighbour says.
        Rounding.AP_RND_ZERO: (0.5, 0.5),
        Rounding.AP_RND_INF: (0.5, 0.5),
        Rounding.AP_RND_CONV: (0.5, 0.5),
    }[mode]
    return Interval(-below, above)
