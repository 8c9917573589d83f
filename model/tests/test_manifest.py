"""Manifests: what the schema, the files and the configuration must agree on."""

import json
import shutil
import zlib

import numpy as np
import pytest

from deconv4k._shared import checkout
from deconv4k.errors import InputError
from deconv4k.vectors import committed, manifest

FOLDER = checkout.ROOT / "vectors"


@pytest.fixture
def channels(tmp_path):
    """A copy of a set with several channels, two frames and a bias."""
    return shutil.copytree(FOLDER / "channels", tmp_path / "channels")


def change(folder, *path, value):
    """Set one entry of the manifest."""
    file = folder / "manifest.json"
    data = json.loads(file.read_text())
    part = data
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    file.write_text(json.dumps(data))


@pytest.mark.parametrize("name", committed.CASES)
def test_a_set_reads_back(name):
    found, made = manifest.read(FOLDER / name), committed.recipe(name)
    found.verify()
    assert (found.name, found.why, found.seed) == (name, made.why, made.seed)
    assert found.config == made.config
    weights, bias = found.kernel()
    np.testing.assert_array_equal(weights, made.weights)
    assert bias == made.bias
    for ours, theirs in zip(found.inputs(), made.frames, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_manifest_is_read_by_folder_or_file():
    assert manifest.read(FOLDER / "x3").data == manifest.read(FOLDER / "x3/manifest.json").data


def test_crcs_are_those_of_the_words(channels):
    """The text of the files, byte by byte, against zlib."""
    found = manifest.read(channels)
    for what in ("input", "expected"):
        lines = (channels / f"{what}.mem").read_text().splitlines()
        words = [bytes.fromhex(line)[::-1] for line in lines if not line.startswith("//")]
        for frame in found.frames:
            plane = frame.input if what == "input" else frame.output
            own, words = words[: plane.beats], words[plane.beats :]
            assert zlib.crc32(b"".join(own)) == plane.crc32
            by_line = [
                zlib.crc32(b"".join(own[at : at + plane.beats_per_line]))
                for at in range(0, plane.beats, plane.beats_per_line)
            ]
            assert by_line == list(plane.line_crc32)
        assert not words
    lines = (channels / "kernel.mem").read_text().splitlines()
    words = [bytes.fromhex(line)[::-1] for line in lines if not line.startswith("//")]
    assert zlib.crc32(b"".join(words)) == found.kernel_crc32


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), "deconv4k-vectors-2", "schema must be"),
        (("frames", 1, "output", "crc32"), "xyz", r"frames\[1\]\.output\.crc32 must match"),
        (("frames",), [], r"frames must contain at least 1"),
        (("files", 0, "path"), "../kernel.mem", r"files\[0\]\.path must match"),
        (("colour",), "red", "must not contain .*colour"),
        (("configuration", "layer", "kernel"), 0, r"configuration: layer\.kernel = 0; allowed"),
        (("configuration", "video", "width"), 41, r"configuration_hash = 'd8328f4a'; the conf"),
        (("frames", 0, "output", "width"), 39, r"output\.width = 39; the configuration gives 38"),
        (("frames", 0, "input", "line_crc32"), ["00000000"], r"line_crc32 = 1; .* gives 7"),
        (("kernel", "words"), 2, r"kernel\.words = 2; the configuration gives 15"),
    ],
)
def test_a_wrong_manifest_is_refused(channels, path, value, message):
    change(channels, *path, value=value)
    with pytest.raises(InputError, match=message):
        manifest.read(channels)


def test_no_manifest(tmp_path):
    with pytest.raises(InputError, match=r"manifest\.json: No such file"):
        manifest.read(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(InputError, match=r"manifest\.json: no JSON"):
        manifest.read(tmp_path)


def test_damaged_files_are_refused(channels):
    pixels = channels / "input.mem"
    text = pixels.read_text()
    lines = text.splitlines()
    found = manifest.read(channels)

    pixels.write_text("\n".join(lines[:-1]) + "\n")
    with pytest.raises(InputError, match=r"input\.mem: ends after 292 words, not 293"):
        found.input(1)
    with pytest.raises(InputError, match=r"input\.mem: SHA-256"):
        found.verify()

    lines[10] = "zz"
    pixels.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=r"input\.mem:11: 'zz'; allowed: a word of 6 hex digits"):
        found.input(0)

    lines[10] = "000000"
    pixels.write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError, match=r"input\.mem: CRC-32 \w{8} of frame 0; the manifest says"):
        found.input(0)

    pixels.unlink()
    with pytest.raises(InputError, match=r"input\.mem: No such file"):
        found.input(0)
    with pytest.raises(InputError, match=r"input\.mem: No such file"):
        found.verify()
    with pytest.raises(InputError, match="frame 2; allowed: 0 to 1"):
        found.input(2)


def test_a_format_that_is_not_read_back(channels):
    change(channels, "files", 2, "format", value="coe")
    with pytest.raises(InputError, match=r"expected in no format that is read back; .*bin, npz"):
        manifest.read(channels).expected(0)
