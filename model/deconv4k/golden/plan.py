"""Which integers the fast model computes in: the fastest that the bound proves exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from deconv4k.config import Config, Formats
from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.golden.bound import MODEL_BITS, Bound, signed_bits

NARROW_BITS = 31
"""Widest sum that 32-bit arithmetic holds with room for rounding."""


@dataclass(frozen=True)
class Plan:
    """How the golden model computes: which integers hold pixels and sums.

    Parameters
    ----------
    bits : int
        Width of the sums: 32 or 64.
    group : int
        Products that one instruction adds: 2 with pixels and weights as int16, else 1.
    reason : str
        The proof, in a sentence.
    pixel_lift, weight_lift : int
        Bits that both are shifted to the left first, so that a product that is quantised in 16
        bits has 16 fraction bits to remove, or has the fraction bits that its format adds.
    quantises : bool
        Whether quantising a product may change it.
    fits : bool
        Whether no product leaves the product format's range.
    """

    bits: int
    group: int
    reason: str
    pixel_lift: int = 0
    weight_lift: int = 0
    quantises: bool = False
    fits: bool = False

    @property
    def sum_dtype(self) -> np.dtype[Any]:
        """Type of the sums."""
        return np.dtype(f"int{self.bits}")

    @property
    def name(self) -> str:
        """Pixels and weights as pairs of int16, or everything as one integer type."""
        return "int16 pairs" if self.group == 2 else f"int{self.bits}"


def plan(config: Config, reach: Bound, output: Format, shift: int) -> Plan:
    """The fastest integers that are exact, chosen by the proven bound.

    Parameters
    ----------
    config : Config
    reach : Bound
        Of the weights in hand.
    output : Format
        What the sums are quantised to, `shift` fraction bits away.
    shift : int

    Raises
    ------
    InputError
        Where 64-bit arithmetic is not wide enough.
    """
    formats = config.formats
    left = max(0, -shift)
    held = _held_bits(config, reach)
    if max(reach.bits, held + left) > MODEL_BITS:
        raise InputError(
            f"sums of {reach.bits} bits with {left} more fraction bits in "
            f"the output; allowed: {MODEL_BITS} bits together"
        )
    needs = {"sums": held + left}
    if not output.signed:
        needs["outputs"] = output.width
    product, finer, fits, quantises = formats.product, 0, False, False
    lifts = None
    if product is not None:
        assert reach.products is not None
        finer = max(0, -formats.product_shift)
        fits = product.lowest_code <= reach.products[0] and reach.products[1] <= product.max_code
        quantises = not fits or formats.product_shift > 0
        bits = signed_bits(*reach.products) if fits else _signed_width(product)
        lifts = _lifts(formats) if quantises and bits <= 16 else None
        if quantises and lifts is None:
            signed = formats.pixel.signed or formats.weight.signed
            exact = formats.pixel.width + formats.weight.width + (not signed)
            needs["products"] = max(exact + finer, 0 if fits else product.width + 1)
    proof = ", ".join(f"{name} of {bits} bits" for name, bits in needs.items())
    if max(needs.values()) > NARROW_BITS:
        proof = f"{proof}: more than {NARROW_BITS}, so 64-bit integers"
        return Plan(64, 1, proof, 0, finer, quantises, fits)
    proof = f"{proof}: at most {NARROW_BITS}, so 32-bit integers"
    if lifts is not None:
        proof = f"{proof}; each product is quantised within 16 bits"
        return Plan(32, 2, proof, *lifts, quantises, fits)
    if quantises:
        proof = f"{proof}; 16 bits are too few to quantise a product"
        return Plan(32, 1, proof, 0, finer, quantises, fits)
    if product is not None:
        proof = f"{proof}; the product format changes no product"
    factors = max(_signed_width(formats.pixel), _signed_width(formats.weight) + finer)
    if factors > 16:
        proof = f"{proof}; pixels or weights need {factors} signed bits, more than 16"
        return Plan(32, 1, proof, 0, finer)
    return Plan(32, 2, f"{proof}; pixels and weights fit {factors} signed bits", 0, finer)


def _signed_width(form: Format) -> int:
    return form.width + (not form.signed)


def _lifts(formats: Formats) -> tuple[int, int] | None:
    """Shifts to the left of pixel and weight, as int16, that leave 16 fraction bits to remove.

    None where pixel and weight are too wide for that.
    """
    together = 16 - formats.product_shift
    pixel_room, weight_room = (16 - _signed_width(each) for each in (formats.pixel, formats.weight))
    pixel = min(max(together, 0), pixel_room)
    fits = 0 <= pixel <= together <= pixel + weight_room
    return (pixel, together - pixel) if fits else None


def _held_bits(config: Config, reach: Bound) -> int:
    """Signed width of a sum after the accumulator.

    Before it a sum may be wider: it is kept modulo a power of two that the accumulator's divides.
    """
    accumulator = config.formats.accumulator
    if accumulator is None:
        return reach.bits
    # A negative sum wraps to a large one where the accumulator is unsigned.
    if not accumulator.signed and reach.low < 0:
        return accumulator.width + 1
    return min(reach.bits, accumulator.width + (not accumulator.signed))
