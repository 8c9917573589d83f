"""Fixed-point formats, and the only rounding and saturation in Python.

A format is written as the HLS type ``ap_fixed<W,I,Q,O>`` (signed) or ``ap_ufixed<W,I,Q,O>``
(unsigned): ``W`` total bits, ``I`` integer bits including the sign, ``W - I`` fraction bits.
A *code* is the stored integer; its value is ``code * 2**-(W - I)``.

The modes and their meaning are those of AMD UG1399, "Arbitrary Precision Fixed-Point Data
Types"; the enumerations carry the numbers of the ``ap_fixed`` headers, which the Verilog uses too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from deconv4k.errors import InputError

MAX_WIDTH = 64
"""Widest format, in bits."""

MAX_SHIFT = 62
"""Farthest that a binary point moves in one quantisation, in bits."""


class Rounding(IntEnum):
    """What happens to fraction bits that the target does not have."""

    AP_RND = 0
    AP_RND_ZERO = 1
    AP_RND_MIN_INF = 2
    AP_RND_INF = 3
    AP_RND_CONV = 4
    AP_TRN = 5
    AP_TRN_ZERO = 6


class Overflow(IntEnum):
    """What happens to a value outside the target's range."""

    AP_SAT = 0
    AP_SAT_ZERO = 1
    AP_SAT_SYM = 2
    AP_WRAP = 3


_SYNTAX = re.compile(
    r"\s*(?P<type>ap_u?fixed)\s*<\s*(?P<arguments>[^<>]*?)\s*>\s*",
)
_EXAMPLE = "such as 'ap_ufixed<8,8>' or 'ap_fixed<10,2,AP_RND,AP_SAT>'"


def _mode(name: str, modes: type[IntEnum], text: str) -> IntEnum:
    try:
        return modes[name]
    except KeyError:
        allowed = ", ".join(mode.name for mode in modes)
        raise InputError(f"{text!r}: unknown mode {name!r}; allowed: {allowed}") from None


@dataclass(frozen=True)
class Format:
    """A fixed-point format.

    Parameters
    ----------
    width : int
        Total bits, 1 to 64.
    integer : int
        Integer bits, including the sign bit of a signed format; may be negative or exceed `width`.
    signed : bool
        Two's complement (``ap_fixed``) or unsigned (``ap_ufixed``).
    rounding, overflow : Rounding, Overflow
        The modes used when a value is quantised *to* this format.

    Examples
    --------
    >>> Format.parse("ap_fixed<10,2,AP_RND,AP_SAT>")
    Format.parse('ap_fixed<10,2,AP_RND,AP_SAT>')
    >>> Format.parse("ap_ufixed<8,8>").max_code
    255
    """

    width: int
    integer: int
    signed: bool
    rounding: Rounding = Rounding.AP_TRN
    overflow: Overflow = Overflow.AP_WRAP

    @classmethod
    def parse(cls, text: str) -> Format:
        """Read a format in HLS notation.

        Raises
        ------
        InputError
            If `text` is no format, a mode is unknown or a width is out of range.
        """
        match = _SYNTAX.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise InputError(f"{text!r} is no format; write one {_EXAMPLE}")
        arguments = [argument.strip() for argument in match["arguments"].split(",")]
        if not 2 <= len(arguments) <= 4:
            raise InputError(
                f"{text!r}: {len(arguments)} argument(s) in <>; allowed: W,I[,Q[,O]], {_EXAMPLE}"
            )
        try:
            width, integer = int(arguments[0]), int(arguments[1])
        except ValueError:
            raise InputError(f"{text!r}: W and I must be whole numbers, {_EXAMPLE}") from None
        if not 1 <= width <= MAX_WIDTH:
            raise InputError(f"{text!r}: W = {width}; allowed: 1 to {MAX_WIDTH}")
        if abs(integer) > MAX_WIDTH:
            raise InputError(f"{text!r}: I = {integer}; allowed: -{MAX_WIDTH} to {MAX_WIDTH}")
        rounding = _mode(arguments[2], Rounding, text) if len(arguments) > 2 else Rounding.AP_TRN
        overflow = _mode(arguments[3], Overflow, text) if len(arguments) > 3 else Overflow.AP_WRAP
        signed = match["type"] == "ap_fixed"
        return cls(width, integer, signed, Rounding(rounding), Overflow(overflow))

    def __str__(self) -> str:
        name = "ap_fixed" if self.signed else "ap_ufixed"
        modes = (self.rounding, self.overflow)
        if modes == (Rounding.AP_TRN, Overflow.AP_WRAP):
            return f"{name}<{self.width},{self.integer}>"
        return f"{name}<{self.width},{self.integer},{self.rounding.name},{self.overflow.name}>"

    def __repr__(self) -> str:
        return f"Format.parse({str(self)!r})"

    @property
    def fraction(self) -> int:
        """Fraction bits, W - I."""
        return self.width - self.integer

    @property
    def min_code(self) -> int:
        """Smallest code; AP_SAT_SYM quantises to one more than this."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def max_code(self) -> int:
        """Largest code."""
        return (1 << (self.width - self.signed)) - 1

    @property
    def q_notation(self) -> str:
        """The same format in Q notation, both conventions where they differ.

        ARM counts the sign bit among the integer bits, TI does not.
        """
        if not self.signed:
            return f"UQ{self.integer}.{self.fraction}"
        return f"Q{self.integer}.{self.fraction} (ARM), Q{self.integer - 1}.{self.fraction} (TI)"

    def check_codes(self, codes: NDArray[Any], name: str) -> None:
        """Refuse an array that does not hold codes of this format.

        Parameters
        ----------
        codes : ndarray
            Any shape, any integer dtype.
        name : str
            What the array is called in the message.

        Raises
        ------
        InputError
            If the dtype is not integer, or a code is out of range: the first such code, its place
            and the range.
        """
        if codes.dtype.kind not in "iu":
            raise InputError(
                f"{name}: dtype {codes.dtype} where integer codes of {self} belong; "
                f"quantise first: code = value * 2**{self.fraction}"
            )
        if codes.size == 0:
            return
        low, high = int(codes.min()), int(codes.max())
        if low < self.min_code or high > self.max_code:
            bad = (codes < self.min_code) if low < self.min_code else (codes > self.max_code)
            place = tuple(int(i) for i in np.unravel_index(int(bad.argmax()), codes.shape))
            count = int(np.count_nonzero((codes < self.min_code) | (codes > self.max_code)))
            raise InputError(
                f"{name}{list(place)} = {int(codes[place])}, the first of {count} code(s) out of "
                f"range; {self} allows {self.min_code} to {self.max_code}"
            )

    def code_dtype(self) -> np.dtype[Any]:
        """The narrowest NumPy integer type that holds every code."""
        for bits in (8, 16, 32, 64):
            if self.width <= bits:
                return np.dtype(f"{'int' if self.signed else 'uint'}{bits}")
        raise AssertionError(self.width)


@njit(cache=True, inline="always")
def round_shift(code, shift, rounding):  # type: ignore[no-untyped-def]
    """Divide a code by ``2**shift`` and round to an integer.

    ``floor(code / 2**shift)``, plus one where the mode says so. A negative `shift` multiplies.

    Parameters
    ----------
    code : int64
        ``abs(code) < 2**62``; with a negative `shift` the product too.
    shift : int
        -62 to 62 bits.
    rounding : int
        A `Rounding`.

    Returns
    -------
    int64
    """
    if shift <= 0:
        return code << -shift
    floor = code >> shift
    rest = code - (floor << shift)
    half = np.int64(1) << (shift - 1)
    up = False
    if rounding == 0:  # AP_RND: ties to plus infinity
        up = rest >= half
    elif rounding == 1:  # AP_RND_ZERO: ties to zero
        up = rest > half or (rest == half and code < 0)
    elif rounding == 2:  # AP_RND_MIN_INF: ties to minus infinity
        up = rest > half
    elif rounding == 3:  # AP_RND_INF: ties away from zero
        up = rest > half or (rest == half and code >= 0)
    elif rounding == 4:  # AP_RND_CONV: ties to even
        up = rest > half or (rest == half and (floor & 1) == 1)
    elif rounding == 6:  # AP_TRN_ZERO: to zero
        up = rest != 0 and code < 0
    return floor + np.int64(up)


@njit(cache=True, inline="always")
def overflow_to(code, width, signed, overflow):  # type: ignore[no-untyped-def]
    """Bring a code into the range of a format of `width` bits.

    Parameters
    ----------
    code : int64
    width : int
        1 to 64.
    signed : bool
    overflow : int
        An `Overflow`.

    Returns
    -------
    int64
        A code of the format; unsigned 64-bit codes come back as their two's complement.
    """
    if width >= 64:
        return code if signed or overflow == 3 or code > 0 else np.int64(0)
    one = np.int64(1)
    if overflow == 3:  # AP_WRAP
        if signed:
            return (code << (64 - width)) >> (64 - width)
        return code & ((one << width) - one)
    if signed:
        high = (one << (width - 1)) - one
        low = -high - one
    else:
        high = (one << width) - one
        low = np.int64(0)
    if overflow == 2 and signed:  # AP_SAT_SYM: the lowest code is never used
        low = -high
    if code > high:
        return np.int64(0) if overflow == 1 else high
    if code < low:
        return np.int64(0) if overflow == 1 else low
    return code


@njit(cache=True, inline="always")
def quantise_code(code, shift, rounding, overflow, width, signed):  # type: ignore[no-untyped-def]
    """Quantise one code: `round_shift`, then `overflow_to`; hw/quantise.v in Python."""
    return overflow_to(round_shift(code, shift, rounding), width, signed, overflow)


@njit(cache=True)
def _quantise_codes(codes, shift, rounding, overflow, width, signed, out):  # type: ignore[no-untyped-def]
    for i in range(codes.size):
        out[i] = quantise_code(codes[i], shift, rounding, overflow, width, signed)


def quantise(codes: ArrayLike, fraction: int, target: Format) -> NDArray[np.int64]:
    """Quantise codes with `fraction` fraction bits to another format.

    Parameters
    ----------
    codes : array_like of int
        Any shape; below 2**62 in magnitude, also after a move to more fraction bits.
    fraction : int
        Fraction bits of `codes`.
    target : Format
        Format and modes of the result.

    Returns
    -------
    ndarray of int64, the shape of `codes`

    Raises
    ------
    InputError
        If the binary point moves by more than 62 bits.
    """
    shift = fraction - target.fraction
    if abs(shift) > MAX_SHIFT:
        raise InputError(
            f"{target}: its binary point is {abs(shift)} bits from the source's; "
            f"allowed: up to {MAX_SHIFT}"
        )
    source = np.ascontiguousarray(codes, dtype=np.int64)
    out = np.empty_like(source)
    _quantise_codes(
        source.reshape(-1),
        shift,
        int(target.rounding),
        int(target.overflow),
        target.width,
        target.signed,
        out.reshape(-1),
    )
    return out


def quantise_real(values: ArrayLike, target: Format, name: str) -> NDArray[np.int64]:
    """Quantise real values, which is where float ends and codes begin.

    Parameters
    ----------
    values : array_like of float
        Any shape, finite.
    target : Format
        At most 32 bits wide.
    name : str
        What the values are called in a message.

    Returns
    -------
    ndarray of int64, the shape of `values`

    Raises
    ------
    InputError
        If a value is not finite, or does not fit a format that neither saturates nor is told to
        (AP_WRAP): a wrapped weight is never what was meant.
    """
    real = np.asarray(values, dtype=np.float64)
    if not np.isfinite(real).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(real))[0])
        raise InputError(f"{name}{list(place)} = {real[place]}; allowed: finite numbers")
    # Guard bits below the format's step, the last of them sticky, decide every tie as the real
    # value would.
    guard = 20
    with np.errstate(over="ignore"):
        fine = np.ldexp(real, target.fraction + guard - 1)
    fine = np.clip(fine, -(2.0**60), 2.0**60)
    floor = np.floor(fine)
    codes = 2 * floor.astype(np.int64) + (fine != floor)
    integers = Format(target.width, target.width, target.signed, target.rounding, target.overflow)
    quantised = quantise(codes, guard, integers)
    if target.overflow is Overflow.AP_WRAP:
        roomy = Format(62, 62, True, target.rounding, Overflow.AP_SAT)
        wrapped = quantised != quantise(codes, guard, roomy)
        if wrapped.any():
            place = tuple(int(i) for i in np.argwhere(wrapped)[0])
            step = 2.0**-target.fraction
            raise InputError(
                f"{name}{list(place)} = {real[place]:.6g} does not fit {target}, which wraps; "
                f"allowed: {target.min_code * step:.6g} to {target.max_code * step:.6g}, "
                "or a format with AP_SAT"
            )
    return quantised
