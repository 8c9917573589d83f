"""The proved error bound holds for every picture, and hardly any room is left below it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tune_scene import BASE, SAT, formats

from deconv4k import golden
from deconv4k.config import Config
from deconv4k.formats import Format, Rounding
from deconv4k.layer import Layer
from deconv4k.photo import kernels, upscale
from deconv4k.quantise import quantise
from deconv4k.tuner.error_bound import prove, rounding_error
from deconv4k.tuner.output_stage import lsb

LAYER = Layer(3, 2, 1, 1)
SMALL = Config(LAYER, BASE.formats, BASE.video)


def errors(config, weights, low):
    """What is shown in fixed point less what is shown in floating point."""
    made = config.formats
    codes = kernels.to_codes(weights, config.layer, made.weight)
    pixels = upscale.to_codes(low, made).astype(made.pixel.code_dtype())
    shown = np.clip(upscale.from_codes(golden.run(config, pixels, codes), made), 0, 1)
    return shown - np.clip(kernels.apply(low, weights, config.layer), 0, 1)


modes = st.sampled_from(["AP_TRN", "AP_RND", "AP_RND_CONV", "AP_TRN_ZERO", "AP_RND_MIN_INF"])
overflows = st.sampled_from(["AP_SAT", "AP_WRAP", "AP_SAT_ZERO", "AP_SAT_SYM"])


@st.composite
def configs(draw):
    pixel = Format.parse(f"ap_ufixed<{draw(st.integers(2, 6))},4>")
    weight = Format.parse(f"ap_fixed<{draw(st.integers(2, 8))},2,AP_RND,AP_SAT>")
    output = f"{draw(st.integers(3, 8))},{draw(st.integers(3, 5))},{draw(modes)},{draw(overflows)}"
    sign = draw(st.sampled_from(["ap_fixed", "ap_ufixed"]))
    product = accumulator = None
    if draw(st.booleans()):
        width = draw(st.integers(3, 10))
        product = Format.parse(f"ap_fixed<{width},4,{draw(modes)},{draw(overflows)}>")
    fraction = product.fraction if product else pixel.fraction + weight.fraction
    if draw(st.booleans()):
        integer = draw(st.integers(max(3, 1 - fraction), 7))
        accumulator = Format(integer + fraction, integer, True)
    made = replace(
        BASE.formats,
        pixel=pixel,
        weight=weight,
        output=Format.parse(f"{sign}<{output}>"),
        product=product,
        accumulator=accumulator,
    )
    return replace(SMALL, formats=made)


@settings(max_examples=150, deadline=None)
@given(configs(), st.integers(0, 2**32 - 1))
def test_no_picture_exceeds_the_bound(one_type, config, seed):
    random = np.random.default_rng(seed)
    weights = random.normal(0, 0.8, (1, 1, 3, 3))
    pictures = [random.random((6, 7)), random.integers(0, 2, (6, 7)).astype(float)]
    codes = kernels.to_codes(weights, LAYER, config.formats.weight)
    proof = prove(config, weights, codes)
    for low in pictures:
        found = errors(config, weights, low)
        assert found.min() >= proof.total.low - 1e-12
        assert found.max() <= proof.total.high + 1e-12


def test_a_picture_of_the_taps_signs_nearly_reaches_the_bound():
    # A gain of a half keeps the worst picture off black and white, where clipping would hide it.
    weights = kernels.fitted() / 2
    config = replace(
        BASE,
        formats=formats(weight=f"ap_fixed<6,2,{SAT}>", output=f"ap_ufixed<20,8,{SAT}>"),
    )
    codes = kernels.to_codes(weights, BASE.layer, config.formats.weight)
    proof = prove(config, weights, codes)
    r, s = proof.phase
    difference = codes / 2.0**config.formats.weight.fraction - weights
    low = np.full((9, 9), 0.5)
    sign = 1 if proof.taps.high >= -proof.taps.low else -1
    for row in BASE.layer.taps(r):
        for column in BASE.layer.taps(s):
            brighter = sign * difference[0, 0, row.at, column.at] > 0
            low[4 + row.offset, 4 + column.offset] = brighter
    found = errors(config, weights, low)[8 + r, 8 + s]
    extreme = proof.taps.high if sign > 0 else proof.taps.low
    assert found == pytest.approx(extreme, abs=2 * lsb(config.formats))
    assert abs(found) <= proof.largest < 1.5 * abs(found)


@pytest.mark.parametrize("mode", Rounding)
@pytest.mark.parametrize("shift", [-2, 0, 1, 2, 5])
def test_rounding_errors_are_those_of_all_codes(mode, shift):
    codes = np.arange(-256, 257)
    target = Format(30, 30, True, mode)
    exact = np.ldexp(codes.astype(float), -shift)
    found = quantise(codes, shift, target) - exact
    assert rounding_error(shift, mode) == (found.min(), found.max())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"accumulator": "ap_fixed<16,8>"}, "the accumulator ap_fixed<16,8> may wrap"),
        ({"output": "ap_ufixed<8,8,AP_RND,AP_WRAP>"}, "the output .* may overflow"),
        ({"output": "ap_ufixed<8,8,AP_RND,AP_SAT_ZERO>"}, "the output .* may overflow"),
    ],
)
def test_what_may_wrap_proves_nothing_but_the_range(changes, reason):
    config = replace(BASE, formats=formats(**changes))
    weights = kernels.fitted()
    proof = prove(config, weights, kernels.to_codes(weights, BASE.layer, config.formats.weight))
    assert proof.largest == 1
    assert re.search(reason, proof.open)


def test_sums_below_an_unsigned_output_wrap_too():
    weights = kernels.fitted() / 4
    config = replace(BASE, formats=formats(output="ap_ufixed<8,8,AP_RND,AP_WRAP>"))
    proof = prove(config, weights, kernels.to_codes(weights, BASE.layer, config.formats.weight))
    low, high = map(int, re.search(r"(-?\d+)\.\.(\d+) are possible", proof.open).groups())
    assert low < 0 < high <= 255


def test_more_fraction_bits_prove_less_error():
    weights = kernels.fitted()
    bounds = []
    for fraction in range(4, 12):
        made = formats(weight=f"ap_fixed<{2 + fraction},2,{SAT}>")
        codes = kernels.to_codes(weights, BASE.layer, made.weight)
        bounds.append(prove(replace(BASE, formats=made), weights, codes).largest)
    assert bounds == sorted(bounds, reverse=True)
    # What remains is half a step of the output, and half a step of the pixels times the gain.
    assert 255 * bounds[-1] > 0.5 + 0.5 * np.abs(weights).sum() / 4
