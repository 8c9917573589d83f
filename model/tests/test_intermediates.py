"""Intermediates against the layer's definition, in Python's integers."""

import numpy as np
import pytest

from deconv4k.config import Config
from deconv4k.golden import naive
from deconv4k.quantise import quantise
from deconv4k.vectors import intermediates

CONFIGS = {
    "plain": Config.upscaler((9, 2, 4, 1), 4),
    "turns": Config.upscaler((4, 2, 1, 0), 1, channels=2, pixel="ap_fixed<6,6>"),
    "bias": Config.upscaler((5, 3, 1, 0), 3, bias="ap_fixed<14,6>", output="ap_fixed<9,9,AP_TRN>"),
}


@pytest.fixture(params=CONFIGS)
def whole(request):
    """A configuration, what goes in, and each intermediate of the whole frame."""
    config = CONFIGS[request.param]
    layer, formats = config.layer, config.formats
    random = np.random.default_rng(7)
    pixels = random.integers(
        formats.pixel.min_code, formats.pixel.max_code + 1, (layer.in_channels, 19, 6)
    )
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    weights = random.integers(formats.weight.min_code, formats.weight.max_code + 1, shape)
    bias = None if formats.bias is None else -1234
    found = {}
    for name, one in intermediates.intermediates(config, weights, bias).items():
        blocks = list(one.blocks("frame0", pixels))
        codes = np.concatenate([block.codes for block in blocks])
        assert codes.shape == blocks[0].shape
        assert {block.words.shape[1] for block in blocks} == {one.word_bytes}
        one.code.check_codes(codes, name)
        found[name] = codes.astype(np.int64)
    assert tuple(found) == intermediates.NAMES
    return config, pixels, weights, bias, found


def test_a_window_is_what_lies_around_its_pixel(whole):
    config, pixels, _, _, found = whole
    ahead, behind = config.layer.rows_ahead, config.layer.rows_behind
    side = ahead + behind + 1
    channels, height, width = pixels.shape
    for y, x in np.ndindex(height, width):
        wanted = np.zeros(side * side * channels, dtype=np.int64)
        for dy, dx in np.ndindex(side, side):
            row, column = y + dy - behind, x + dx - behind
            if 0 <= row < height and 0 <= column < width:
                at = (dx * side + ahead - (dy - behind)) * channels
                wanted[at : at + channels] = pixels[:, row, column]
        np.testing.assert_array_equal(found["window"][y, x], wanted)


def test_products_add_up_to_the_scattered_sums(whole):
    config, pixels, weights, bias, found = whole
    layer = config.layer
    exact = naive.scatter(pixels, weights, layer.stride, layer.padding, layer.output_padding)[0]
    exact = exact.astype(np.int64) + (bias or 0)
    np.testing.assert_array_equal(found["sums"], exact)
    at = 0
    for r, s in np.ndindex(layer.stride, layer.stride):
        taps = layer.phase_taps()[r][s] * layer.in_channels
        together = found["products"][..., at : at + taps].sum(axis=-1) + (bias or 0)
        np.testing.assert_array_equal(together, exact[r :: layer.stride, s :: layer.stride])
        at += taps
    assert at == found["products"].shape[-1]


def test_rounded_sums_only_miss_the_overflow(whole):
    config, _, _, _, found = whole
    output = config.formats.output
    from_sums = quantise(found["sums"], config.formats.sum_fraction, output)
    from_rounded = quantise(found["rounded"], output.fraction, output)
    np.testing.assert_array_equal(from_rounded, from_sums)
    # Nothing but a rounding lies between the two: less than one step.
    step = 1 << config.formats.output_shift
    assert (np.abs(found["rounded"] * step - found["sums"]) < step).all()
