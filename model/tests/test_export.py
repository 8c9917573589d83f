"""Files of a set, read back by tools and rules that are not ours."""

import re
import shutil
import subprocess
import zlib

import cv2
import imageio_ffmpeg
import intelhex
import numpy as np
import pytest
from PIL import Image

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.vectors import (
    export,
    intermediates,
    manifest,
    memory_files,
    patterns,
    pictures,
    sets,
    writer,
)
from deconv4k.vectors.recipes import Recipe

CONFIGS = {
    "grey": Config.upscaler((9, 2, 4, 1), 4, width=40, height=64),
    # Pixels of 30 bits, beats of 40 bits, a width that leaves half a beat, sums of odd widths.
    "colour": Config.upscaler(
        (3, 2, 1, 1), 4, channels=3, width=40, height=64, pixel="ap_ufixed<10,8>",
        product="ap_fixed<17,10,AP_RND>", bias="ap_fixed<14,7>", accumulator="ap_fixed<19,12>",
        output="ap_fixed<10,8,AP_TRN_ZERO,AP_SAT>",
    ),
    "x3": Config.upscaler((9, 3, 4, 2), 1, pixel="ap_fixed<7,7>", output="ap_ufixed<12,12>"),
}  # fmt: skip
SIZES = {"grey": (7, 11), "colour": (5, 9), "x3": (4, 6)}
FRAMES = 2
WORDS = ("mem", "hex", "coe", "mif", "ihex", "bin", "h")


def make(name):
    config, (height, width) = CONFIGS[name], SIZES[name]
    random = np.random.default_rng(3)
    weight = config.formats.weight
    layer = config.layer
    weights = random.integers(
        weight.min_code, weight.max_code + 1, (layer.in_channels, 1, layer.kernel, layer.kernel)
    )
    scene = patterns.Scene(config, height, width, random, weights)
    frames = [patterns.PATTERNS["noise"].draw(scene, n) for n in range(FRAMES)]
    bias = None if config.formats.bias is None else -77
    return Recipe(
        name, "test", "noise", config, weights, [(height, width)] * FRAMES, frames, bias, 3
    )


@pytest.fixture(scope="module", params=CONFIGS)
def made(request, tmp_path_factory):
    """A set in all formats with all intermediates, and what it was made of."""
    folder = tmp_path_factory.mktemp("sets") / request.param
    recipe = make(request.param)
    sets.write(folder, recipe, list(export.FORMATS), intermediates.NAMES)
    return manifest.read(folder), recipe


def entries(found, form):
    """The entries of a format, each with its words as the .bin file holds them."""
    for entry in found.data["files"]:
        if entry["format"] == form and entry["word"] is not None:
            raw = (found.folder / f"{entry['what']}.bin").read_bytes()
            size = entry["word"]["bytes"]
            yield (
                found.folder / entry["path"],
                size,
                [int.from_bytes(raw[at : at + size], "little") for at in range(0, len(raw), size)],
            )


def beat(codes, width):
    return sum((int(code) % 2**width) << (width * i) for i, code in enumerate(codes))


def test_everything_is_listed_and_whole(made):
    found, _ = made
    found.verify()
    listed = [entry["path"] for entry in found.data["files"]]
    # The kernel and four intermediates have no picture; each frame has a PNG of its own.
    assert len(listed) == 7 * 8 + 2 * FRAMES + 2
    assert sorted([*listed, "manifest.json"]) == sorted(p.name for p in found.folder.iterdir())
    for entry in found.data["files"]:
        assert (found.folder / entry["path"]).stat().st_size == entry["bytes"]


def test_bin_holds_beats(made):
    """Words by Python's integers; the CRC of the file is the signature."""
    found, recipe = made
    formats, per_beat = recipe.config.formats, recipe.config.video.pixels_per_clock
    (_, _, inputs), (_, _, results) = (
        next(row for row in entries(found, "bin") if row[0].name == f"{what}.bin")
        for what in ("input", "expected")
    )
    wanted, outputs = [], []
    for number, frame in enumerate(recipe.frames):
        _, height, width = frame.shape
        wanted += [
            beat(frame[:, y, x], formats.pixel.width) for y in range(height) for x in range(width)
        ]
        for line in found.expected(number):
            outputs += [
                beat(line[at : at + per_beat], formats.output.width)
                for at in range(0, len(line), per_beat)
            ]
    assert inputs == wanted
    assert results == outputs
    raw = (found.folder / "kernel.bin").read_bytes()
    assert zlib.crc32(raw) == found.kernel_crc32


@pytest.mark.parametrize("form", ["mem", "hex"])
def test_mem(made, form):
    found, _ = made
    rows = list(entries(found, form))
    assert len(rows) == 7
    for path, size, words in rows:
        lines = path.read_text().splitlines()
        assert lines[0].startswith("// deconv4k ")
        assert "ap_" in lines[2]
        assert "Q" in lines[2]
        kept = [line for line in lines if not line.startswith("//")]
        assert {len(line) for line in kept} == {2 * size}
        assert [int(line, 16) for line in kept] == words


def read_coe(text):
    """Statements of a COE file: AMD's UG896, COE File Syntax."""
    kept = "\n".join(line for line in text.splitlines() if not line.startswith(";"))
    *statements, rest = kept.split(";")
    assert not rest.strip()
    keys = dict(statement.split("=") for statement in statements)
    keys = {key.strip().lower(): value for key, value in keys.items()}
    assert list(keys) == ["memory_initialization_radix", "memory_initialization_vector"]
    radix = int(keys["memory_initialization_radix"])
    return [int(word, radix) for word in keys["memory_initialization_vector"].split(",")]


def test_coe(made):
    found, _ = made
    rows = list(entries(found, "coe"))
    assert len(rows) == 7
    for path, _, words in rows:
        assert read_coe(path.read_text()) == words


def read_mif(text):
    """Width and words of a MIF file: Intel's Quartus help, Memory Initialization File."""
    text = re.sub(r"%[^%]*%", "", re.sub(r"--[^\n]*", "", text))
    head, body = re.split(r"CONTENT\s+BEGIN", text)
    keys = dict(
        (part.strip() for part in statement.split("="))
        for statement in head.split(";")
        if statement.strip()
    )
    radix = {"HEX": 16, "BIN": 2, "OCT": 8, "UNS": 10}
    inside, end = body.split("END;")
    assert not end.strip()
    words = [None] * int(keys["DEPTH"])
    for statement in inside.split(";"):
        if statement.strip():
            address, word = statement.split(":")
            at = int(address, radix[keys["ADDRESS_RADIX"]])
            assert words[at] is None
            words[at] = int(word, radix[keys["DATA_RADIX"]])
    return int(keys["WIDTH"]), words


def test_mif(made):
    found, _ = made
    rows = list(entries(found, "mif"))
    assert len(rows) == 7
    for path, size, words in rows:
        assert read_mif(path.read_text()) == (8 * size, words)


def test_intel_hex(made):
    found, _ = made
    rows = list(entries(found, "ihex"))
    assert len(rows) == 7
    for path, _, _ in rows:
        read = intelhex.IntelHex(str(path))
        assert read.segments() == [(0, read.maxaddr() + 1)]
        assert read.tobinstr() == path.with_suffix(".bin").read_bytes()


@pytest.mark.parametrize("words", [1, 65536 // 3, 65536, 65537, 200_000])
def test_long_files(words, tmp_path):
    """Blocks of text, and the 64 KiB segments of Intel HEX."""
    data = np.random.default_rng(words).integers(0, 256, (words, 3), dtype=np.uint8)
    code = CONFIGS["grey"].formats.pixel
    content = writer.Content("long", ["about"], code, 3, words)
    # In blocks that fit nothing.
    parts = [data[at : at + 50_001] for at in range(0, words, 50_001)]
    for form in ("ihex", "coe", "mif", "mem"):
        made = export.FORMATS[form](tmp_path / f"long.{form}", content)
        for part in parts:
            made.add(writer.Block.whole("frame0", part, part))
        made.close()
    assert intelhex.IntelHex(str(tmp_path / "long.ihex")).tobinstr() == data.tobytes()
    numbers = [int.from_bytes(word, "little") for word in data]
    assert read_coe((tmp_path / "long.coe").read_text()) == numbers
    assert read_mif((tmp_path / "long.mif").read_text()) == (24, numbers)
    np.testing.assert_array_equal(
        export.read_words(tmp_path / "long.mem", "mem", 3, 0, words), data
    )


@pytest.mark.parametrize(
    ("compiler", "suffix"), [(["g++", "-std=c++11"], "cpp"), (["gcc", "-std=c11"], "c")]
)
def test_c_header(made, compiler, suffix, tmp_path):
    """Dumped from the memory of a program, which checks the alignment too."""
    found, _ = made
    headers = [row[0] for row in entries(found, "h")]
    assert len(headers) == 7
    for path in headers:
        name = re.search(r"(deconv4k_\w+)\[", path.read_text())[1]
        upper = name.upper()
        source = tmp_path / f"{path.stem}.{suffix}"
        source.write_text(
            f'#include "{path.name}"\n#include "{path.name}"\n#include <stdio.h>\n'
            f"int main(void) {{\n    if ((uintptr_t){name} % {writer.ALIGNMENT}) return 1;\n"
            f"    if (sizeof {name} != {upper}_WORDS * {upper}_WORD_BYTES) return 2;\n"
            f"    return fwrite({name}, sizeof {name}, 1, stdout) != 1;\n}}\n"
        )
        program = tmp_path / path.stem
        flags = ["-Wall", "-Wextra", "-Werror", "-O0", f"-I{found.folder}"]
        subprocess.run([*compiler, *flags, "-o", program, source], check=True)
        dumped = subprocess.run([program], check=True, capture_output=True).stdout
        assert dumped == path.with_suffix(".bin").read_bytes()


def test_npz(made):
    found, recipe = made
    for number, frame in enumerate(recipe.frames):
        for what, codes in (("input", frame), ("expected", found.expected(number))):
            with np.load(found.folder / f"{what}.npz") as archive:
                assert sorted(archive.files) == ["about", "frame0", "frame1"]
                np.testing.assert_array_equal(archive[f"frame{number}"], codes)
                assert "ap_" in str(archive["about"])
    with np.load(found.folder / "kernel.npz") as archive:
        np.testing.assert_array_equal(archive["weights"], recipe.weights)
        assert ("bias" in archive) == (recipe.bias is not None)
        if recipe.bias is not None:
            assert archive["bias"].tolist() == [recipe.bias]


@pytest.mark.parametrize("form", export.READABLE)
def test_every_readable_format_reads_back(made, form, tmp_path):
    found, recipe = made
    sets.write(tmp_path / "one", recipe, [form])
    one = manifest.read(tmp_path / "one")
    for number, frame in enumerate(recipe.frames):
        np.testing.assert_array_equal(one.input(number), frame)
        np.testing.assert_array_equal(one.expected(number), found.expected(number))
    weights, bias = one.kernel()
    np.testing.assert_array_equal(weights, recipe.weights)
    assert bias == recipe.bias


def shown(found, recipe):
    """What a picture should show: (what, number, codes (C, H, W), format)."""
    for number, frame in enumerate(recipe.frames):
        yield "input", number, frame, recipe.config.formats.pixel
        expected = found.expected(number)[np.newaxis]
        yield "expected", number, expected, recipe.config.formats.output


def test_png(made):
    found, recipe = made
    for what, number, codes, code in shown(found, recipe):
        path = found.folder / f"{what}{number}.png"
        with Image.open(path) as picture:
            assert picture.text["Comment"].startswith("deconv4k ")
            # Pillow has no 16-bit colour; OpenCV has.
            read = np.asarray(picture) if picture.mode != "RGB" or code.width <= 8 else None
        if read is None:
            read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1]
        samples = codes[0] if len(codes) == 1 else codes.transpose(1, 2, 0)
        np.testing.assert_array_equal(read, samples - code.min_code)
        np.testing.assert_array_equal(pictures.from_samples(read, code), codes)


def test_y4m(made):
    """FFmpeg's planes, byte by byte."""
    found, recipe = made
    films = {"input": b"", "expected": b""}
    for what, _, codes, code in shown(found, recipe):
        films[what] += (codes - code.min_code).astype("<u1" if code.width <= 8 else "<u2").tobytes()
    for what, wanted in films.items():
        path = found.folder / f"{what}.y4m"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "rawvideo"]
        done = subprocess.run([*command, "-"], check=True, capture_output=True)
        assert (done.stdout, done.stderr) == (wanted, b"")


def test_a_set_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    folder = tmp_path / "grey"
    sets.write(folder, make("grey"), ["mem"])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(memory_files.Coe, "_write", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(InputError, match="cannot be written: full"):
            sets.write(folder, make("grey"), ["bin", "coe"])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["grey"]
    # A set is replaced, nothing of the old one stays.
    sets.write(folder, make("grey"), ["bin"])
    assert not list(folder.glob("*.mem"))
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"holds files and no manifest\.json"):
        sets.write(folder, make("grey"), ["bin"])
    shutil.rmtree(folder)
    folder.write_text("")
    with pytest.raises(InputError, match="no folder; allowed: a new one"):
        sets.write(folder, make("grey"), ["bin"])


def test_what_a_format_cannot_hold(tmp_path):
    recipe = make("grey")
    with pytest.raises(InputError, match=r"y4m: frames of 11x7, 3x2; allowed: frames of one size"):
        sets.write(
            tmp_path / "a",
            Recipe(
                "a", "b", "c", recipe.config, recipe.weights, [(7, 11), (2, 3)],
                [recipe.frames[0], recipe.frames[0][:, :2, :3]],
            ),
            ["y4m"],
        )  # fmt: skip
    codes = np.zeros((2, 4, 4), dtype=np.int64)
    with pytest.raises(InputError, match=r"2 channel\(s\) of 8 bits; allowed: 1 or 3"):
        pictures.samples(codes, recipe.config.formats.pixel)
    assert not list(tmp_path.iterdir())
