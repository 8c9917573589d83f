"""The accumulator bound is reached and never exceeded."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deconv4k.config import Config, Formats
from deconv4k.formats import Format
from deconv4k.golden import naive
from deconv4k.golden.bound import any_weights_bits, bound, signed_bits
from deconv4k.layer import Layer


@st.composite
def cases(draw):
    stride = draw(st.integers(1, 3))
    kernel = draw(st.integers(stride, 5))
    padding = draw(st.integers(0, kernel - 1))
    layer = Layer(kernel, stride, padding, in_channels=draw(st.integers(1, 2)), out_channels=2)
    pixel = Format(draw(st.integers(1, 9)), 4, draw(st.booleans()))
    weight = Format(draw(st.integers(1, 9)), 3, draw(st.booleans()))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape = (layer.in_channels, 2, kernel, kernel)
    weights = rng.integers(weight.min_code, weight.max_code + 1, shape)
    bias = rng.integers(-99, 99, 2)
    return Config(layer, Formats(pixel, weight, weight)), weights, bias, rng


def sums_of(config, pixels, weights, bias):
    layer = config.layer
    sums = naive.scatter(pixels, weights, layer.stride, layer.padding, layer.output_padding)
    return sums + bias[:, None, None]


@settings(max_examples=100, deadline=None)
@given(cases())
def test_bound_is_reached_and_never_exceeded(case):
    config, weights, bias, rng = case
    layer, pixel = config.layer, config.formats.pixel
    reach = bound(config, weights, bias)
    size = 13
    shape = (layer.in_channels, size, size)
    noise = rng.integers(pixel.min_code, pixel.max_code + 1, shape)
    for pixels in (noise, np.full(shape, pixel.max_code), np.full(shape, pixel.min_code)):
        sums = sums_of(config, pixels, weights, bias)
        assert reach.low <= sums.min()
        assert sums.max() <= reach.high
    for end, (channel, r, s) in ((reach.low, reach.low_phase), (reach.high, reach.high_phase)):
        # One output in the middle, each pixel of its window matched to its weight's sign.
        q = size // 2
        pixels = np.zeros(shape, dtype=np.int64)
        for row in layer.taps(r):
            for column in layer.taps(s):
                for c in range(layer.in_channels):
                    ends = (pixel.min_code, pixel.max_code)
                    weight = int(weights[c, channel, row.at, column.at])
                    best = max(ends, key=lambda code: code * weight)
                    worst = min(ends, key=lambda code: code * weight)
                    chosen = best if end == reach.high else worst
                    pixels[c, q + row.offset, q + column.offset] = chosen
        sums = sums_of(config, pixels, weights, bias)
        assert sums[channel, q * layer.stride + r, q * layer.stride + s] == end


@settings(max_examples=100, deadline=None)
@given(cases())
def test_any_weights_hold_these_and_the_extreme_ones(case):
    config, weights, _, _ = case
    most = any_weights_bits(config)
    assert bound(config, weights).bits <= most
    form = config.formats.weight
    ends = [np.full_like(weights, code) for code in (form.min_code, form.max_code)]
    assert max(bound(config, end).bits for end in ends) == most


def test_signed_bits():
    assert [signed_bits(*ends) for ends in [(0, 0), (-1, 0), (0, 1), (-2, 1), (-3, 0)]] == [
        1, 1, 2, 2, 3,
    ]  # fmt: skip


def test_25_taps_of_8_by_8_bits_need_21():
    forms = Formats(*map(Format.parse, ("ap_ufixed<8,8>", "ap_fixed<8,8>", "ap_ufixed<8,8>")))
    assert any_weights_bits(Config(Layer(9, 2, 4, 1), forms)) == 21
