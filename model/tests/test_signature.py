"""Signatures against zlib over bytes packed here, bit by bit as text."""

import re
import zlib

import numpy as np
import pytest

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.rtl import signature


def config(channels=1, per_beat=4, kernel=(9, 2, 4, 1), **formats):
    names = ("kernel", "stride", "padding", "output_padding")
    return Config.from_dict(
        {
            "layer": {"in_channels": channels, **dict(zip(names, kernel, strict=True))},
            "formats": {
                "pixel": "ap_ufixed<8,8>",
                "weight": "ap_fixed<10,2>",
                "output": "ap_ufixed<8,8>",
                **formats,
            },
            "video": {"pixels_per_clock": per_beat},
        }
    )


def beat(codes, width):
    """One beat as bytes: its bits written out, the first code rightmost."""
    text = "".join(f"{int(code) % 2**width:0{width}b}" for code in reversed(codes))
    text = text.rjust(-(-len(text) // 8) * 8, "0")
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))[::-1]


@pytest.mark.parametrize(
    ("channels", "pixel", "low", "high"),
    [
        (1, "ap_ufixed<8,8>", 0, 255),
        (3, "ap_fixed<9,9>", -256, 255),
        (7, "ap_ufixed<12,8>", 0, 4095),
    ],
)
def test_input_frame(channels, pixel, low, high):
    target = config(channels, pixel=pixel)
    pixels = np.random.default_rng(1).integers(low, high, (channels, 5, 7), endpoint=True)
    width = target.formats.pixel.width
    data = b"".join(beat(pixels[:, y, x], width) for y in range(5) for x in range(7))
    assert len(data) == 35 * -(-channels * width // 8)
    assert signature.input_frame(target, pixels) == zlib.crc32(data)


def test_plain_bytes_are_the_crc_of_the_picture():
    pixels = np.random.default_rng(2).integers(0, 256, (6, 8), dtype=np.uint8)
    assert signature.input_frame(config(), pixels) == zlib.crc32(pixels.tobytes())
    assert signature.output_frame(config(), pixels) == zlib.crc32(pixels.tobytes())


@pytest.mark.parametrize("columns", [4, 6, 7])
@pytest.mark.parametrize(
    ("per_beat", "output", "low", "high"),
    [
        (4, "ap_ufixed<8,8>", 0, 255),
        (2, "ap_fixed<10,10>", -512, 511),
        (1, "ap_ufixed<4,4>", 0, 15),
    ],
)
def test_output_frame(columns, per_beat, output, low, high):
    target = config(per_beat=per_beat, output=output)
    frame = np.random.default_rng(3).integers(low, high, (3, columns), endpoint=True)
    data = b""
    for row in frame:
        for at in range(0, columns, per_beat):
            codes = list(row[at : at + per_beat])
            data += beat(codes + [0] * (per_beat - len(codes)), target.formats.output.width)
    assert signature.output_frame(target, frame) == zlib.crc32(data)


def test_one_pixel_and_order_count():
    frame = np.arange(12).reshape(3, 4)
    whole = signature.output_frame(config(), frame)
    assert whole != signature.output_frame(config(), frame[::-1])
    frame[2, 3] += 1
    assert whole != signature.output_frame(config(), frame)


def test_kernel_words_two_a_word():
    weights = np.arange(9).reshape(3, 3) - 4
    target = config(kernel=(3, 2, 1, 1), bias="ap_fixed<20,12>")
    words = signature.kernel_words(target, weights, -2)
    assert words == [
        0xFFFDFFFC,
        0xFFFFFFFE,
        0x00010000,
        0x00030002,
        0x00000004,
        0xFFFFFFFE,
    ]
    half = np.append(weights.reshape(-1), 0).astype("<i2").tobytes()
    whole = half + np.array([-2], dtype="<i4").tobytes()
    assert signature.kernel(target, weights, -2) == zlib.crc32(whole)
    assert signature.power_up_text(target, weights, -2).split()[0] == "fffdfffc"


def test_kernel_words_one_a_word():
    target = config(kernel=(2, 2, 0, 0), weight="ap_fixed<17,9>")
    weights = np.array([[1, -1], [65535, -65536]])
    assert signature.kernel_words(target, weights) == [1, 0xFFFFFFFF, 0xFFFF, 0xFFFF0000]
    data = weights.astype("<i4").tobytes()
    assert signature.kernel(target, weights) == zlib.crc32(data)


def test_unsigned_weights_are_not_extended_by_a_sign():
    target = config(kernel=(2, 2, 0, 0), weight="ap_ufixed<8,0>")
    assert signature.kernel_words(target, np.array([[255, 1], [128, 0]])) == [0x000100FF, 0x80]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda c: signature.input_frame(c, np.zeros((2, 4, 4), dtype=int)), "shape (2, 4, 4)"),
        (lambda c: signature.input_frame(c, np.full((4, 4), 256)), "256"),
        (lambda c: signature.output_frame(c, np.zeros((0, 4), dtype=int)), "shape (0, 4)"),
        (lambda c: signature.output_frame(c, np.full((4, 4), -1)), "-1"),
        (lambda c: signature.kernel_words(c, np.zeros((3, 3), dtype=int)), "shape (3, 3)"),
        (lambda c: signature.kernel_words(c, np.full((9, 9), 512)), "512"),
        (lambda c: signature.kernel_words(c, np.zeros((9, 9), dtype=int), 3), "bias: 3"),
        (lambda c: signature.kernel_words(c, np.zeros((9, 9), dtype=int), [1, 2]), "2 values"),
    ],
)
def test_what_cannot_be_is_refused(call, said):
    with pytest.raises(InputError, match=re.escape(said)):
        call(config())


def test_a_format_wider_than_a_word_is_refused():
    target = config(kernel=(2, 2, 0, 0), weight="ap_fixed<33,9>")
    with pytest.raises(InputError, match="32 bits"):
        signature.kernel_words(target, np.zeros((2, 2), dtype=int))
