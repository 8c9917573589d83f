"""Photographs in and out, and the figures of merit."""

from __future__ import annotations

import io
import math
import os
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage.metrics import structural_similarity

from deconv4k.errors import InputError
from deconv4k.photo import image, quality


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1)])
def test_png_round_trip(tmp_path, rng, dtype, shape):
    array = rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True)
    path = tmp_path / "a.png"
    image.write(path, array)
    back = image.read(path)
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, array)
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_colours_are_rgb_for_another_reader(tmp_path):
    array = np.zeros((2, 2, 3), np.uint8)
    array[..., 0] = 200
    image.write(tmp_path / "red.png", array)
    assert Image.open(tmp_path / "red.png").getpixel((0, 0)) == (200, 0, 0)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "1"])
def test_alpha_and_palettes_become_grey_or_rgb(tmp_path, mode):
    Image.new("RGBA", (6, 4), (250, 250, 250, 0)).convert(mode).save(tmp_path / "a.png")
    array = image.read(tmp_path / "a.png")
    assert array.shape in [(4, 6), (4, 6, 3)]
    if mode == "RGBA":
        assert (array == 250).all()


def test_tiff_16_bit(tmp_path, rng):
    array = rng.integers(0, 65535, (5, 7, 3), dtype=np.uint16)
    cv2.imwrite(str(tmp_path / "a.tiff"), array[:, :, ::-1])
    np.testing.assert_array_equal(image.read(tmp_path / "a.tiff"), array)


def test_exif_orientation_is_applied(tmp_path):
    picture = Image.new("L", (32, 16), 0)
    picture.paste(255, (0, 0, 8, 16))
    exif = picture.getexif()
    exif[0x0112] = 6  # the camera was turned: show it rotated by 90 degrees clockwise
    picture.save(tmp_path / "a.jpg", exif=exif, quality=100)
    array = image.read(tmp_path / "a.jpg")
    assert array.shape == (32, 16)
    assert array[2, 8] > 250
    assert array[20, 8] < 5


def test_missing_picture(tmp_path):
    with pytest.raises(InputError, match=r"a\.jpg: No such file"):
        image.read(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="directory"):
        image.read(tmp_path)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"", "empty"), (b"hello", "no readable picture"), (b"\xff\xd8\xff", "no readable picture")],
)
def test_no_picture(tmp_path, data, said):
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(InputError, match=said):
        image.read(tmp_path / "a.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_truncated_picture(tmp_path, rng, kind):
    path = tmp_path / "a"
    Image.fromarray(rng.integers(0, 255, (64, 64), dtype=np.uint8)).save(path, kind)
    image.read(path)
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(InputError, match="no readable picture"):
        image.read(path)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *more):
    """A grey picture, black, with more chunks before its samples."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" * (width + 1)) * min(height, 20))
    return b"".join([
        b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head), *more, chunk(b"IDAT", rows), chunk(b"IEND", b"")
    ])  # fmt: skip


def upscaled(tmp_path, data, name):
    """Status, output and picture of the command on a file of that content."""
    (tmp_path / name).write_bytes(data)
    command = [sys.executable, "-c", "from deconv4k.cli import main; main()"]
    result = subprocess.run(
        [*command, "upscale", name, "-o", "out.png"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    made = tmp_path / "out.png"
    return result, image.read(made) if made.exists() else None


KINDS = [
    ("PNG", {}),
    ("JPEG", {"quality": 95}),
    ("JPEG", {"progressive": True}),
    ("BMP", {}),
    ("WEBP", {"lossless": True}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ("TIFF", {"compression": "packbits"}),
    ("TIFF", {"compression": "jpeg"}),
]


@pytest.mark.parametrize(("kind", "options"), KINDS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_what_decoders_print_of_a_cut_is_not_shown(tmp_path, rng, capfd, kind, options, share):
    data = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(data, kind, **options)
    path = tmp_path / "a"
    path.write_bytes(data.getvalue())
    image.read(path)
    path.write_bytes(data.getvalue()[: int(share * len(data.getvalue()))])
    with pytest.raises(InputError, match="no readable picture"):
        image.read(path)
    assert capfd.readouterr().err == ""


def test_a_damaged_picture_gets_one_line(tmp_path, rng):
    data = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(data, "TIFF")
    result, made = upscaled(tmp_path, data.getvalue()[:5000], "cut.tif")
    assert (result.returncode, result.stdout, made) == (2, "", None)
    assert result.stderr == (
        "deconv4k: cut.tif: no readable picture; allowed: JPEG, PNG or TIFF, undamaged\n"
    )


def test_damage_within_a_jpeg_is_refused(tmp_path, capfd):
    """The decoder goes on with something, and only prints that the data are corrupt."""
    ramp = np.add.outer(np.arange(120), np.arange(160)).astype(np.uint8)
    data = io.BytesIO()
    Image.fromarray(ramp).save(data, "JPEG", quality=90, restart_marker_rows=1)
    whole, path = data.getvalue(), tmp_path / "a.jpg"
    at = whole.index(b"\xff\xd0") + 10
    path.write_bytes(whole[:at] + b"\xff\xd5" + whole[at + 2 :])
    with pytest.raises(InputError, match="no readable picture"):
        image.read(path)
    # Bytes too many before the end are no damage.
    path.write_bytes(whole[:-2] + bytes(3) + whole[-2:])
    np.testing.assert_allclose(image.read(path), ramp, atol=60)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "odd",
    [
        chunk(b"iCCP", b"x\0\0" + zlib.compress(b"short")),
        chunk(b"iCCP", b"no end of a name"),
        chunk(b"gAMA", b"\0\0"),
        chunk(b"tEXt", b"a\0b")[:-1] + b"?",
    ],
)
def test_a_good_picture_with_an_odd_profile(tmp_path, odd):
    result, made = upscaled(tmp_path, png(16, 16, odd), "odd.png")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert made.shape == (32, 32)
    assert (made == 0).all()


@pytest.mark.parametrize(
    ("width", "height"), [(100_000, 100_000), (2_000_000, 8), (40_000, 40_000)]
)
def test_a_picture_too_large(tmp_path, width, height):
    result, made = upscaled(tmp_path, png(width, height), "large.png")
    assert (result.returncode, result.stdout, made) == (2, "", None)
    assert len(result.stderr.splitlines()) == 1
    assert "large.png: the picture is too large; allowed: " in result.stderr


def test_a_jpeg_too_large(tmp_path):
    data = io.BytesIO()
    Image.new("L", (64, 64)).save(data, "JPEG")
    whole = bytearray(data.getvalue())
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    (tmp_path / "a.jpg").write_bytes(whole)
    with pytest.raises(InputError, match="the picture is too large; allowed: 178,956,970 pixels"):
        image.read(tmp_path / "a.jpg")


def test_the_standard_error_may_be_closed(tmp_path):
    (tmp_path / "a.png").write_bytes(png(16, 16))
    command = f"{sys.executable} -c 'from deconv4k.cli import main; main()' upscale a.png -o b.png"
    result = subprocess.run(f"{command} 2>&-", shell=True, cwd=tmp_path, check=False)
    assert result.returncode == 0
    assert image.read(tmp_path / "b.png").shape == (32, 32)


def test_float_picture_is_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "a.tiff"), np.zeros((4, 4), np.float32))
    with pytest.raises(InputError, match="float32; allowed: 8 or 16 bit"):
        image.read(tmp_path / "a.tiff")


def test_write_refuses_what_it_cannot_write(tmp_path):
    grey = np.zeros((2, 2), np.uint8)
    with pytest.raises(InputError, match=r"allowed: '\.png'"):
        image.write(tmp_path / "a.jpg", grey)
    with pytest.raises(InputError, match="float64"):
        image.write(tmp_path / "a.png", grey.astype(float))
    with pytest.raises(InputError, match="shape"):
        image.write(tmp_path / "a.png", np.zeros((2, 2, 4), np.uint8))
    with pytest.raises(InputError, match="No such file"):
        image.write(tmp_path / "none" / "a.png", grey)


def test_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    image.write(path, np.full((2, 2), 7, np.uint8))

    class Full:
        def __init__(self, handle, mode):
            self.handle = handle

        def __enter__(self):
            return self

        def __exit__(self, *error):
            os.close(self.handle)

        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("deconv4k._shared.files.os.fdopen", Full)
    with pytest.raises(InputError, match="No space left"):
        image.write(path, np.zeros((2, 2), np.uint8))
    assert (image.read(path) == 7).all()
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_luma_agrees_with_jpeg(rng):
    rgb = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    ours = np.stack(image.to_ycbcr(rgb), axis=-1) * 255 + [0, 128, 128]
    theirs = np.asarray(Image.fromarray(rgb).convert("YCbCr"), dtype=float)
    # Pillow rounds down, and clips the top of the chroma range.
    assert np.abs(np.clip(ours, 0, 255) - theirs).max() <= 1.0
    np.testing.assert_allclose(image.to_luma(rgb) * 255, ours[..., 0])


def test_ycbcr_round_trip(rng):
    rgb = rng.random((4, 4, 3))
    np.testing.assert_allclose(image.from_ycbcr(*image.to_ycbcr(rgb)), rgb, atol=1e-12)


def test_depths_share_black_and_white():
    for dtype in (np.uint8, np.uint16):
        full = np.iinfo(dtype).max
        samples = np.array([0, 1, full // 2, full], dtype)
        unit = image.to_unit(samples)
        assert unit[0] == 0.0
        assert unit[-1] == 1.0
        np.testing.assert_array_equal(image.from_unit(unit, dtype), samples)
    assert image.from_unit([-0.5, 1.5]).tolist() == [0, 255]


@pytest.mark.parametrize("method", image.METHODS)
def test_shrinking_antialiases_and_keeps_position(method):
    # A checkerboard has no picture at half its size but grey; a ramp stays where it was.
    board = np.indices((32, 32)).sum(axis=0) % 2.0
    assert np.abs(image.resize(board, 16, 16, method)[4:-4, 4:-4] - 0.5).max() < 0.01
    ramp = np.tile((np.arange(64) + 0.5) / 64, (64, 1))
    half = image.resize(ramp, 32, 32, method)
    np.testing.assert_allclose(half[8, 8:-8], (np.arange(8, 24) + 0.5) / 32, atol=1e-3)


def test_unknown_method():
    with pytest.raises(InputError, match="'nearest'; allowed: bilinear, bicubic, lanczos"):
        image.resize(np.zeros((4, 4)), 2, 2, "nearest")


@pytest.mark.parametrize(
    ("size", "scale", "expected"), [((64, 48), 2, (48, 64)), ((61, 50), 3, (48, 60))]
)
def test_original_and_input(tmp_path, rng, size, scale, expected):
    array = rng.integers(0, 256, (size[1], size[0]), dtype=np.uint8)
    image.write(tmp_path / "a.png", array)
    original, low = image.original_and_input(tmp_path / "a.png", scale=scale)
    assert original.shape == expected
    assert low.shape == (expected[0] // scale, expected[1] // scale)
    assert low.min() >= 0
    assert low.max() <= 1
    top, left = (size[1] - expected[0]) // 2, (size[0] - expected[1]) // 2
    np.testing.assert_array_equal(
        np.rint(original * 255), array[top : top + expected[0], left : left + expected[1]]
    )


def test_original_is_shrunk_to_the_largest_frame(tmp_path):
    image.write(tmp_path / "a.png", np.full((100, 200, 3), 90, np.uint8))
    original, low = image.original_and_input(tmp_path / "a.png", 40, 40, 2)
    assert original.shape == (40, 80)
    assert low.shape == (20, 40)
    assert np.abs(low * 255 - 90).max() < 0.01


def test_too_small_a_photograph(tmp_path):
    image.write(tmp_path / "a.png", np.zeros((15, 99), np.uint8))
    with pytest.raises(InputError, match="99x15 pixels; allowed: 16x16 and more"):
        image.original_and_input(tmp_path / "a.png")


def test_psnr_known_values():
    a = np.zeros((32, 32))
    assert quality.psnr(a, a) == math.inf
    assert quality.psnr(a, a + 0.1) == pytest.approx(20.0)
    assert quality.psnr(a, a + 1, peak=255) == pytest.approx(48.1308, abs=1e-4)
    # Unsigned integers must not wrap.
    assert quality.psnr(np.zeros((32, 32), np.uint8), np.full((32, 32), 255, np.uint8), 255) == 0.0


def test_psnr_leaves_the_border_out():
    a, b = np.zeros((32, 32)), np.zeros((32, 32))
    b[7, 7] = 1
    assert quality.psnr(a, b) == math.inf
    b[8, 8] = 1
    assert quality.psnr(a, b) == pytest.approx(10 * math.log10(16 * 16))
    with pytest.raises(InputError, match="more than 16 pixels"):
        quality.psnr(np.zeros((16, 99)), np.zeros((16, 99)))
    with pytest.raises(InputError, match="same shape"):
        quality.psnr(a, b[1:])


def test_ssim(rng):
    a = rng.random((64, 64))
    assert quality.ssim(a, a) == pytest.approx(1.0)
    near, far = a + 0.01 * rng.standard_normal(a.shape), rng.random((64, 64))
    assert 0.99 < quality.ssim(a, near) < 1.0
    assert abs(quality.ssim(a, far)) < 0.1
    # Two flat pictures: only the first factor of the formula is left.
    flat = quality.ssim(np.full((64, 64), 0.5), np.full((64, 64), 0.25))
    assert flat == pytest.approx((2 * 0.125 + 1e-4) / (0.25 + 0.0625 + 1e-4))


def test_difference_picture():
    a, b = np.array([[0.5, 0.6, 0.0]]), np.array([[0.5, 0.5, 1.0]])
    assert quality.difference_picture(a, b, gain=2).tolist() == [[128, 179, 0]]


def test_ssim_is_that_of_scikit_image(rng):
    """Its Gaussian window of 11 pixels; it takes the mean over what lies inside the window."""
    a = cv2.GaussianBlur(rng.random((61, 83)), (0, 0), 2.0)
    for b in (a + 0.02 * rng.standard_normal(a.shape), a[::-1], 0.5 * a + 0.1):
        for peak in (1.0, 0.7):
            theirs = structural_similarity(
                a, b, data_range=peak, gaussian_weights=True, sigma=1.5,
                use_sample_covariance=False,
            )  # fmt: skip
            assert quality.ssim(a, b, border=0, peak=peak) == pytest.approx(theirs, rel=1e-9)
