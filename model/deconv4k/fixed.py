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
from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import overload
from numpy.typing import ArrayLike, NDArray

from deconv4k.errors import InputError
from deconv4k.lanes import choose_above, choose_greater, multiply_high, zero_unless_within

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


class Steps(NamedTuple):
    """One quantisation as arithmetic without a branch, for `quantise_code`.

    Each field is one integer; all have the type of the codes.
    """

    left: Any
    """Fraction bits to add."""
    right: Any
    """Fraction bits to remove."""
    offset: Any
    """Added before the shift to the right."""
    look: Any
    """Shift to what decides a tie: all sign bits, or the floor."""
    tie: Any
    """Mask on that: what is added besides."""
    base: Any
    """Smallest code of a target that wraps; 0 where `wrap` is idle."""
    wrap: Any
    """Mask: what remains of code - base; -1 where nothing wraps."""
    low: Any
    """Smallest code that the target holds."""
    high: Any
    """Largest code that the target holds."""
    under: Any
    """What a code below `low` becomes."""
    over: Any
    """What a code above `high` becomes."""


def steps(shift: int, target: Format, bits: int = 64) -> Steps:
    """The quantisation to a format, for codes held in `bits` bits.

    Rounding adds to the code before it is shifted, with ``half = 2**(shift-1)``::

        AP_RND          half                       ties to plus infinity
        AP_RND_ZERO     half - 1, +1 if negative   ties to zero
        AP_RND_MIN_INF  half - 1                   ties to minus infinity
        AP_RND_INF      half, -1 if negative       ties away from zero
        AP_RND_CONV     half - 1, +1 if odd        ties to even
        AP_TRN          nothing                    to minus infinity
        AP_TRN_ZERO     2*half - 1 if negative     to zero

    Parameters
    ----------
    shift : int
        Fraction bits to remove (negative: to add), -62 to 62.
    target : Format
    bits : int
        16, 32 or 64. Codes keep two bits free: ``abs(code) < 2**(bits - 2)``, after a shift to the
        left too. Under that condition a shift beyond ``bits - 1`` gives what ``bits - 1`` gives.

    Returns
    -------
    Steps
        Of NumPy integers of that many bits.
    """
    right = min(max(shift, 0), bits - 1)
    half = 1 << right >> 1
    sign = bits - 1
    offset, look, tie = {
        Rounding.AP_RND: (half, sign, 0),
        Rounding.AP_RND_ZERO: (half - 1, sign, 1),
        Rounding.AP_RND_MIN_INF: (half - 1, sign, 0),
        Rounding.AP_RND_INF: (half, sign, -1),
        Rounding.AP_RND_CONV: (half - 1, right, 1),
        Rounding.AP_TRN: (0, sign, 0),
        Rounding.AP_TRN_ZERO: (0, sign, 2 * half - 1),
    }[target.rounding if right else Rounding.AP_TRN]
    most = (1 << (bits - 1)) - 1
    low, high = max(target.min_code, -most - 1), min(target.max_code, most)
    base, wrap = 0, -1
    if target.overflow is Overflow.AP_WRAP and target.width < bits:
        base, wrap = low, (1 << target.width) - 1
    elif target.overflow is Overflow.AP_WRAP:
        # Of 64 unsigned bits the codes beyond 63 are their two's complement.
        low = -most - 1
    elif target.overflow is Overflow.AP_SAT_SYM and target.signed:
        low = -high
    under, over = (0, 0) if target.overflow is Overflow.AP_SAT_ZERO else (low, high)
    rounding = (max(-shift, 0), right, offset, look, tie)
    overflow = (base, wrap, low, high, under, over)
    return Steps(*map(np.dtype(f"int{bits}").type, rounding + overflow))


@njit(cache=True)
def round_shift(code, s):  # type: ignore[no-untyped-def]
    """Move the binary point and round: ``code / 2**shift`` to an integer, as `steps` says.

    Parameters
    ----------
    code : int64 or Lanes
    s : Steps
        Of the same type.

    Returns
    -------
    The type of `code`
    """
    return ((code << s.left) + s.offset + ((code >> s.look) & s.tie)) >> s.right


@njit(cache=True)
def overflow_to(code, s):  # type: ignore[no-untyped-def]
    """Bring a code into the range of the target; parameters as `round_shift`."""
    wrapped = ((code - s.base) & s.wrap) + s.base
    lifted = choose_greater(s.low, wrapped, s.under, wrapped)
    return choose_greater(wrapped, s.high, s.over, lifted)


@njit(cache=True)
def quantise_code(code, s):  # type: ignore[no-untyped-def]
    """Quantise one code: `round_shift`, then `overflow_to`; deconv_quantise in Python."""
    return overflow_to(round_shift(code, s), s)


@njit(cache=True)
def is_plain(s):  # type: ignore[no-untyped-def]
    """Whether `quantise_plainly` will do: no sign, no parity, no wrap, no zero to care for."""
    rounds = s.left == 0 and s.tie == 0
    return rounds and s.wrap == -1 and s.under == s.low and s.over == s.high


@njit(cache=True)
def quantise_plainly(code, s):  # type: ignore[no-untyped-def]
    """`quantise_code` where `is_plain`: add, shift, saturate."""
    return clip((code + s.offset) >> s.right, s.low, s.high)


@njit(cache=True)
def clip(code, low, high):  # type: ignore[no-untyped-def]
    """The nearest code from `low` to `high`."""
    lifted = choose_greater(low, code, low, code)
    return choose_greater(lifted, high, high, lifted)


class ProductSteps(NamedTuple):
    """The quantisation of products by `quantise_product` or `quantise_pairs`; compare `Steps`.

    What takes other operations is a type of its own, so nothing idle is compiled. Of products in
    32 or 64 bits the rounding is an `AddRounding` or a `LookRounding`. A product of two int16 that
    were shifted to the left until 16 fraction bits are to be removed has its floor in the upper
    half and the rest, as an unsigned fraction of one step, in the lower one; its rounding is one
    of the other three.
    """

    rounding: AddRounding | LookRounding | PlainRounding | SignRounding | ParityRounding
    overflow: Wrap | Saturate | Zero | None
    """None where no product leaves the range."""


class AddRounding(NamedTuple):
    """What needs no look at the sign or at a bit: add, then shift."""

    offset: Any
    right: Any


class LookRounding(NamedTuple):
    """As in `Steps`."""

    offset: Any
    right: Any
    look: Any
    tie: Any


class PlainRounding(NamedTuple):
    """Truncation, or rounding of ties upwards: what is added is the uppermost bit of the rest."""

    nearest: Any
    """Mask: -1 to round to nearest, 0 to truncate."""
    sign: Any


class SignRounding(NamedTuple):
    """Up where ``rest > sign ^ flip``, sign being 0 or -1: another threshold for negatives."""

    flip: Any
    sign: Any
    one: Any


class ParityRounding(NamedTuple):
    """Up where ``rest | (floor & odd) > half``: an odd floor lifts a tie above one half."""

    odd: Any
    half: Any
    one: Any


class Wrap(NamedTuple):
    """AP_WRAP, as in `Steps`."""

    base: Any
    wrap: Any


class Saturate(NamedTuple):
    """AP_SAT and AP_SAT_SYM."""

    low: Any
    high: Any


class Zero(NamedTuple):
    """AP_SAT_ZERO: 0 beyond the ends of a range."""

    low: Any
    high: Any


def product_steps(shift: int, target: Format, bits: int, *, fits: bool) -> ProductSteps:
    """The quantisation of products.

    Parameters
    ----------
    shift : int
        Fraction bits to remove, 0 or more.
    target : Format
    bits : int
        32 or 64, as `steps` takes them; 16 for pairs of int16, whose products have 16 fraction
        bits to remove whatever `shift` is.
    fits : bool
        Whether no rounded product leaves the target's range.
    """
    s = steps(shift, target, bits)
    rounding: Any
    if bits == 16:
        rounding = _pair_rounding(target.rounding)
    elif s.tie == 0:
        rounding = AddRounding(s.offset, s.right)
    else:
        rounding = LookRounding(s.offset, s.right, s.look, s.tie)
    overflow: Any = None
    if not fits:
        overflow = {
            Overflow.AP_WRAP: Wrap(s.base, s.wrap),
            Overflow.AP_SAT_ZERO: Zero(s.low, s.high),
        }.get(target.overflow, Saturate(s.low, s.high))
    return ProductSteps(rounding, overflow)


def _pair_rounding(mode: Rounding) -> PlainRounding | SignRounding | ParityRounding:
    half, sign, one = np.int16(-0x8000), np.int16(15), np.int16(1)
    if mode in (Rounding.AP_TRN, Rounding.AP_RND):
        return PlainRounding(np.int16(-(mode is Rounding.AP_RND)), sign)
    if mode in (Rounding.AP_RND_CONV, Rounding.AP_RND_MIN_INF):
        return ParityRounding(np.int16(mode is Rounding.AP_RND_CONV), half, one)
    flip = {
        Rounding.AP_RND_ZERO: half,  # up above one half, of negatives from one half on
        Rounding.AP_RND_INF: ~half,  # up from one half on, of negatives above it
        Rounding.AP_TRN_ZERO: np.int16(-1),  # never up, of negatives above nothing
    }[mode]
    return SignRounding(flip, sign, one)


def quantise_product(code: Any, s: Any) -> Any:
    """`quantise_code` of a product with no more steps than it needs.

    Parameters
    ----------
    code : Lanes of int32 or int64
    s : ProductSteps, of the same type

    Returns
    -------
    The type of `code`
    """
    raise NotImplementedError("compiled code only")


@overload(quantise_product)
def _quantise_product(code, s):  # type: ignore[no-untyped-def]
    return lambda code, s: _fit(_round_code(code, s.rounding), s.overflow)


def _round_code(code: Any, rounding: Any) -> Any:
    raise NotImplementedError("compiled code only")


@overload(_round_code)
def _round_code_as(code, rounding):  # type: ignore[no-untyped-def]
    def add(code, rounding):  # type: ignore[no-untyped-def]
        return (code + rounding.offset) >> rounding.right

    def look(code, rounding):  # type: ignore[no-untyped-def]
        return (code + rounding.offset + ((code >> rounding.look) & rounding.tie)) >> rounding.right

    return {AddRounding: add, LookRounding: look}[rounding.instance_class]


def quantise_pairs(left: Any, right: Any, s: Any) -> Any:
    """Products of int16 lanes, each quantised: `quantise_code` by other means.

    Parameters
    ----------
    left, right : Lanes of int16
    s : ProductSteps, of Lanes of int16

    Returns
    -------
    Lanes of int16
    """
    raise NotImplementedError("compiled code only")


@overload(quantise_pairs)
def _quantise_pairs(left, right, s):  # type: ignore[no-untyped-def]
    return lambda left, right, s: _fit(_round_product(left, right, s.rounding), s.overflow)


def _round_product(left: Any, right: Any, rounding: Any) -> Any:
    raise NotImplementedError("compiled code only")


@overload(_round_product)
def _round_product_as(left, right, rounding):  # type: ignore[no-untyped-def]
    def plain(left, right, rounding):  # type: ignore[no-untyped-def]
        up = ((left * right) >> rounding.sign) & rounding.nearest
        return multiply_high(left, right) - up

    def by_sign(left, right, rounding):  # type: ignore[no-untyped-def]
        floor = multiply_high(left, right)
        threshold = (floor >> rounding.sign) ^ rounding.flip
        return choose_above(left * right, threshold, floor + rounding.one, floor)

    def by_parity(left, right, rounding):  # type: ignore[no-untyped-def]
        floor = multiply_high(left, right)
        rest = left * right | floor & rounding.odd
        return choose_above(rest, rounding.half, floor + rounding.one, floor)

    kinds = {PlainRounding: plain, SignRounding: by_sign, ParityRounding: by_parity}
    return kinds[rounding.instance_class]


def _fit(code: Any, overflow: Any) -> Any:
    raise NotImplementedError("compiled code only")


@overload(_fit)
def _fit_as(code, overflow):  # type: ignore[no-untyped-def]
    def wrap(code, overflow):  # type: ignore[no-untyped-def]
        return ((code - overflow.base) & overflow.wrap) + overflow.base

    def saturate(code, overflow):  # type: ignore[no-untyped-def]
        return clip(code, overflow.low, overflow.high)

    def zero(code, overflow):  # type: ignore[no-untyped-def]
        return zero_unless_within(code, overflow.low, overflow.high)

    if isinstance(overflow, types.NoneType):
        return lambda code, overflow: code
    return {Wrap: wrap, Saturate: saturate, Zero: zero}[overflow.instance_class]


@njit(cache=True)
def _quantise_codes(codes, s, out):  # type: ignore[no-untyped-def]
    for i in range(codes.size):
        out[i] = quantise_code(codes[i], s)


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
    _quantise_codes(source.reshape(-1), steps(shift, target), out.reshape(-1))
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
