"""Fixed-point formats: what a number is. `deconv4k.quantise` brings one to another.

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
from numpy.typing import NDArray

from deconv4k.errors import InputError

MAX_WIDTH = 64
"""Widest format, in bits."""

_MAX_INTEGER = 3 * MAX_WIDTH
"""Most integer bits, and fewest: those of exact sums may be beyond what a user may write."""


class Rounding(IntEnum):
    """What happens to fraction bits that the target does not have.

    Examples
    --------
    Minus one and a half, to an integer:

    >>> from deconv4k.quantise import quantise
    >>> [int(quantise(-3, 1, Format(8, 8, True, mode))) for mode in Rounding]
    [-1, -1, -2, -2, -2, -2, -1]
    """

    AP_RND = 0
    AP_RND_ZERO = 1
    AP_RND_MIN_INF = 2
    AP_RND_INF = 3
    AP_RND_CONV = 4
    AP_TRN = 5
    AP_TRN_ZERO = 6


class Overflow(IntEnum):
    """What happens to a value outside the target's range.

    Examples
    --------
    130 in eight signed bits:

    >>> from deconv4k.quantise import quantise
    >>> [int(quantise(130, 0, Format(8, 8, True, overflow=mode))) for mode in Overflow]
    [127, 0, 127, -126]
    """

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

    Raises
    ------
    InputError
        If `width` is not as above, or `integer` beyond -192 to 192.

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

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("W", self.width, 1, MAX_WIDTH),
            ("I", self.integer, -_MAX_INTEGER, _MAX_INTEGER),
        ):
            if not least <= value <= most:
                raise InputError(f"a format with {name} = {value}; allowed: {least} to {most}")

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
    def lowest_code(self) -> int:
        """Smallest code that quantising gives."""
        return self.min_code + (self.overflow is Overflow.AP_SAT_SYM and self.signed)

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
        held = np.iinfo(codes.dtype)
        if codes.size == 0 or (self.min_code <= held.min and held.max <= self.max_code):
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
