"""One file, every violation named at once."""

import hashlib

import pytest

from deconv4k.config import Config
from deconv4k.errors import InputError

GOOD = """
[layer]
kernel = 9
stride = 2
padding = 4
output_padding = 1

[formats]
pixel = "ap_ufixed<8,8>"
weight = "ap_fixed<10,2,AP_RND,AP_SAT>"
output = "ap_ufixed<8,8,AP_RND,AP_SAT>"

[video]
width = 1920
height = 1080
pixels_per_clock = 4
"""


def lines_of(text):
    with pytest.raises(InputError) as caught:
        Config.from_toml(text)
    return caught.value.lines


@pytest.mark.parametrize(
    "extra",
    ["", 'product = "ap_fixed<16,10>"\nbias = "ap_fixed<12,6>"', 'accumulator = "ap_fixed<20,12>"'],
)
def test_round_trip(extra, tmp_path):
    text = GOOD.replace("[video]", f"{extra}\n[video]")
    config = Config.from_toml(text)
    assert Config.from_toml(config.to_toml()) == config
    path = tmp_path / "c.toml"
    path.write_text(config.to_toml())
    assert Config.load(path) == config


@pytest.mark.parametrize(("stride", "rate"), [(1, 1), (2, 4), (3, 3), (4, 4)])
def test_video_may_be_left_out(stride, rate):
    text = GOOD.split("[video]")[0].replace("stride = 2", f"stride = {stride}")
    text = text.replace("output_padding = 1", "output_padding = 0")
    video = Config.from_toml(text).video
    assert (video.width, video.height, video.pixels_per_clock) == (1920, 1080, rate)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("kernel = 9\n", "", "layer.kernel is missing"),
        ("kernel = 9", "kernel = 9.0", "layer.kernel = 9.0; allowed: a whole number"),
        ("kernel = 9", "kernel = 9\nsize = 3", "unknown key layer.size; allowed: kernel, stride"),
        ("output_padding = 1", "output_padding = 2", "allowed: less than the stride 2"),
        ("ap_ufixed<8,8>", "uint8", "formats.pixel = 'uint8' is no format"),
        ("AP_RND", "AP_ROUND", "unknown mode 'AP_ROUND'"),
        ('pixel = "ap_ufixed<8,8>"\n', "", "formats.pixel is missing"),
        ("ap_fixed<10,2,", "ap_fixed<60,2,", "68 bits wide; allowed: up to 62 bits"),
        ("width = 1920", "width = 0", "video.width = 0; allowed: a whole number, 1 to 65535"),
        ("pixels_per_clock = 4", "pixels_per_clock = 65", "video.pixels_per_clock = 65"),
        ("[video]", 'bias = "ap_fixed<8,8>"\n[video]', "formats.bias = 'ap_fixed<8,8>' has 0"),
        ("[video]", 'accumulator = "ap_fixed<20,12,AP_TRN,AP_SAT>"\n[video]', "AP_WRAP, because"),
        ("[video]", 'product = "ap_fixed<8,-50>"\n[video]', "50 more fraction bits"),
        ("[video]", "[sound]\n[video]", "unknown table [sound]"),
        ("[layer]", "[layer", "no TOML"),
    ],
)
def test_each_violation_has_its_line(old, new, words):
    lines = lines_of(GOOD.replace(old, new))
    assert any(words in line for line in lines), lines
    assert not any("\n" in line for line in lines)


def test_all_violations_at_once():
    text = (
        GOOD.replace("padding = 4", "padding = -4", 1)
        .replace("ap_ufixed<8,8>", "ap_ufixed<0,8>")
        .replace("height = 1080", "height = 70000\ndepth = 8")
    )
    text += "[sound]\n"
    found = " | ".join(lines_of(text))
    for words in ("layer.padding", "formats.pixel", "video.height", "video.depth", "[sound]"):
        assert words in found
    assert len(lines_of(text)) == 5


def test_files_that_cannot_be_read(tmp_path):
    path = tmp_path / "c.toml"
    with pytest.raises(InputError, match=r"c\.toml: No such file"):
        Config.load(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(InputError, match="no text file"):
        Config.load(path)
    path.write_text(GOOD.replace("kernel = 9", "kernel = 0"))
    with pytest.raises(InputError, match=r"c\.toml: layer\.kernel = 0"):
        Config.load(path)


def test_digest_is_of_what_the_file_means_not_how_it_is_written():
    config = Config.from_toml(GOOD)
    # sha256sum of the canonical text, whose first eight digits these are
    text = config.to_toml()
    assert f"{config.digest:08x}" == hashlib.sha256(text.encode()).hexdigest()[:8]
    shuffled = "# a comment\n" + GOOD[GOOD.index("[formats]") :] + GOOD[: GOOD.index("[formats]")]
    assert Config.from_toml(shuffled).digest == config.digest


def test_digest_differs_for_every_change():
    changes = [
        ("kernel = 9", "kernel = 7\npadding = 3"),
        ("ap_ufixed<8,8,AP_RND,AP_SAT>", "ap_ufixed<8,8,AP_RND,AP_WRAP>"),
        ("width = 1920", "width = 1919"),
        ("pixels_per_clock = 4", "pixels_per_clock = 2"),
        ("[video]", 'bias = "ap_fixed<18,10>"\n[video]'),
    ]
    digests = {Config.from_toml(GOOD).digest}
    for old, new in changes:
        text = GOOD.replace("padding = 4\n", "") if "padding" in new else GOOD
        digests.add(Config.from_toml(text.replace(old, new)).digest)
    assert len(digests) == 1 + len(changes)
