"""Whole photographs through an engine: depths, colour, black and white."""

from __future__ import annotations

import numpy as np
import pytest

from deconv4k import golden
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import image, kernels, quality
from deconv4k.photo.upscale import from_codes, to_codes, upscale

TEXT = """
[layer]
kernel = 9
stride = 2
padding = 4
output_padding = 1
[formats]
pixel = "{pixel}"
weight = "ap_fixed<10,2,AP_RND,AP_SAT>"
output = "{output}"
"""
OUTPUT = "ap_ufixed<8,8,AP_RND,AP_SAT>"


def config(pixel="ap_ufixed<8,8>", output=OUTPUT):
    return Config.from_toml(TEXT.format(pixel=pixel, output=output))


def engine(made):
    codes = kernels.to_codes(kernels.fitted(), made.layer, made.formats.weight)
    return lambda pixels: golden.run(made, pixels, codes)


def double(pixels):
    """An engine that repeats pixels: what goes in is seen in what comes out."""
    return np.repeat(np.repeat(pixels, 2, axis=0), 2, axis=1)


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 3)])
@pytest.mark.parametrize("rgb", [False, True])
def test_default_formats_are_transparent_to_8_bits(shape, rgb):
    photo = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    made = upscale(photo, config(), double, rgb=rgb)
    assert made.dtype == np.uint8
    if rgb or photo.ndim == 2:
        np.testing.assert_array_equal(made, double(photo))
    else:
        assert made.shape == (12, 10, 3)


def test_all_codes_of_8_bits():
    formats = config().formats
    values = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(to_codes(image.to_unit(values), formats), values)
    np.testing.assert_array_equal(image.from_unit(from_codes(values, formats)), values)


@pytest.mark.parametrize(
    ("pixel", "output"),
    [
        ("ap_ufixed<8,8>", OUTPUT),
        ("ap_ufixed<8,8>", "ap_ufixed<12,8,AP_RND,AP_SAT>"),
        ("ap_ufixed<10,8>", OUTPUT.replace("8,8", "9,9")),
        ("ap_ufixed<10,10>", "ap_ufixed<10,10,AP_RND,AP_SAT>"),
        ("ap_ufixed<12,0>", "ap_ufixed<12,0,AP_RND,AP_SAT>"),
        ("ap_ufixed<16,16>", "ap_ufixed<16,16,AP_RND,AP_SAT>"),
        ("ap_fixed<9,9>", "ap_fixed<9,9,AP_RND,AP_SAT>"),
    ],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_black_stays_black_and_white_white(pixel, output, dtype):
    made = config(pixel, output)
    full = np.iinfo(dtype).max
    for value in (0, full):
        for rgb, shape in ((False, (12, 12)), (True, (12, 12, 3)), (False, (12, 12, 3))):
            photo = np.full(shape, value, dtype)
            out = upscale(photo, made, engine(made), rgb=rgb)
            assert out.dtype == dtype
            assert out.shape == (24, 24, *shape[2:])
            assert (out[6:-6, 6:-6] == value).all()


def test_16_bits_through_16_bits_are_finer_than_8():
    ramp = np.tile(np.linspace(20000, 24000, 32), (32, 1)).astype(np.uint16)
    made = config("ap_ufixed<16,16>", "ap_ufixed<16,16,AP_RND,AP_SAT>")
    wide = upscale(ramp, made, engine(made))[8:-8, 8:-8]
    narrow = upscale(ramp, config(), engine(config()))[8:-8, 8:-8]
    assert len(np.unique(wide[0])) > 40
    assert len(np.unique(narrow[0])) < 20
    assert np.abs(wide.astype(int) - narrow).max() < 2 * 257


def test_colours_survive():
    rng = np.random.default_rng(2)
    original = np.stack(
        [image.resize(rng.random((8, 10)), 80, 64, "bicubic") for _ in range(3)], axis=-1
    )
    small = [image.resize(original[..., c], 40, 32, "bicubic") for c in range(3)]
    photo = image.from_unit(np.stack(small, axis=-1))
    for rgb in (False, True):
        out = upscale(photo, config(), engine(config()), rgb=rgb)
        assert quality.psnr(np.clip(original, 0, 1), image.to_unit(out)) > 40


def test_luma_goes_through_the_engine_and_chroma_does_not():
    photo = np.random.default_rng(3).integers(60, 190, (16, 16, 3), dtype=np.uint8)
    seen = []

    def dark(pixels):
        seen.append(pixels)
        return np.zeros((32, 32), np.uint8)

    out = upscale(photo, config(), dark)
    assert len(seen) == 1
    np.testing.assert_array_equal(seen[0], np.rint(image.to_luma(photo) * 255))
    assert out.any()
    seen.clear()
    assert not upscale(photo, config(), dark, rgb=True).any()
    assert len(seen) == 3


def test_what_is_refused():
    grey = np.zeros((8, 8), np.uint8)
    with pytest.raises(InputError, match="float64; allowed: uint8 or uint16"):
        upscale(grey.astype(float), config(), double)
    with pytest.raises(InputError, match=r"shape \(8, 8, 4\)"):
        upscale(np.zeros((8, 8, 4), np.uint8), config(), double)
    inexact = Config.from_toml(
        TEXT.replace("padding = 4", "padding = 3", 1).format(pixel="ap_ufixed<8,8>", output=OUTPUT)
    )
    with pytest.raises(InputError, match="allowed: an exact upscaler"):
        upscale(grey, inexact, double)
    with pytest.raises(ValueError, match="instead of"):
        upscale(grey, config(), lambda pixels: pixels)
