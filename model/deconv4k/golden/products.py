"""Each product quantised, with no more operations than the modes of its format need.

A device for speed: the result is that of `deconv4k.quantise.quantise_code`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from deconv4k._shared.simd import choose_above, multiply_high, zero_unless_within
from deconv4k.formats import Format, Overflow, Rounding
from deconv4k.quantise import clip, steps


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
