"""The only rounding and saturation in Python: codes of one format as codes of another.

The modes are those of AMD UG1399, "Arbitrary Precision Fixed-Point Data Types".
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from deconv4k._shared.simd import choose_greater
from deconv4k.errors import InputError
from deconv4k.formats import Format, Overflow, Rounding

MAX_SHIFT = 62
"""Farthest that a binary point moves in one quantisation, in bits."""


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
    """Quantise one code: `round_shift`, then `overflow_to`: deconv_quantise in Python."""
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
    # np.ascontiguousarray would give a single code a dimension.
    source = np.asarray(codes, dtype=np.int64, order="C")
    out = np.empty(source.shape, dtype=np.int64)
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
