"""``deconv4k vectors``: sets of the user's own, and what it says to bad input."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from test_cli import deconv4k

from deconv4k import cli, golden
from deconv4k.config import Config
from deconv4k.photo import image, kernels, upscale
from deconv4k.vectors import manifest

CONFIG = Config.upscaler((4, 2, 1, 0), 2, width=32, height=24, pixel="ap_ufixed<10,10>")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "c.toml").write_text(CONFIG.to_toml())
    biased = Config.upscaler((2, 2, 0, 0), 4, channels=3, width=8, height=8, bias="ap_fixed<14,6>")
    (tmp_path / "bias.toml").write_text(biased.to_toml())
    (tmp_path / "odd.toml").write_text(CONFIG.to_toml().replace("padding = 1", "padding = 0"))
    random = np.random.default_rng(6)
    np.save(tmp_path / "x.npy", random.integers(0, 1024, (3, 1, 5, 7), dtype=np.uint16))
    np.save(tmp_path / "plane.npy", random.integers(0, 1024, (5, 7)))
    np.save(tmp_path / "large.npy", random.integers(0, 1024, (5, 7)) + 1000)
    np.save(tmp_path / "float.npy", random.random((5, 7)))
    np.save(tmp_path / "w.npy", random.integers(-100, 100, (1, 1, 4, 4)))
    np.save(tmp_path / "w3.npy", random.integers(-100, 100, (3, 1, 2, 2)))
    np.save(tmp_path / "c3.npy", random.integers(0, 256, (3, 5, 7)))
    image.write(tmp_path / "p.png", random.integers(0, 256, (60, 90, 3), dtype=np.uint8))
    return tmp_path


def make(folder, *options, config="c.toml"):
    return deconv4k("vectors", "--config", config, "--out", "set", *options, cwd=folder)


def check(found, config, weights, bias=None):
    """Every frame's output is the golden model's."""
    found.verify()
    given = None if bias is None else np.array([bias])
    for number, pixels in enumerate(found.inputs()):
        expected = golden.run(config, pixels, weights, given)[0]
        np.testing.assert_array_equal(found.expected(number), expected)
    return len(found.frames)


def fitted():
    return kernels.to_codes(kernels.default(CONFIG.layer), CONFIG.layer, CONFIG.formats.weight)


def test_a_photograph(folder):
    result = make(folder, "--photo", "p.png", "--format", "all", "--tap", "all")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("set/manifest.json: 1 frame(s), 60 files, ")
    found = manifest.read(folder / "set")
    assert check(found, CONFIG, fitted()) == 1
    _, low = image.original_and_input(folder / "p.png", 32, 24, 2)
    np.testing.assert_array_equal(found.input(0)[0], upscale.to_codes(low, CONFIG.formats))
    assert found.name == "set"
    assert found.data["source"] == "photograph p.png: luma, shrunk by 2"


def test_a_pattern(folder):
    options = ("--pattern", "noise", "--size", "9x4", "--frames", "3", "--why", "because")
    for name, seed in (("first", "1"), ("second", "2"), ("again", "1")):
        done = make(folder, *options, "--seed", seed, "--out", name, "--quiet")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    first, second, again = (manifest.read(folder / name) for name in ("first", "second", "again"))
    assert check(first, CONFIG, fitted()) == 3
    assert first.input(2).shape == (1, 4, 9)
    assert (first.why, first.seed) == ("because", 1)
    assert (first.input(0) != first.input(1)).any()
    assert (first.input(0) != second.input(0)).any()
    assert first.data["frames"] == again.data["frames"]


def test_given_pixels_and_weights(folder):
    assert make(folder, "--pixels", "x.npy", "--weights", "w.npy").returncode == 0
    weights = np.load(folder / "w.npy")
    found = manifest.read(folder / "set")
    assert check(found, CONFIG, weights) == 3
    np.testing.assert_array_equal(np.stack(list(found.inputs())), np.load(folder / "x.npy"))
    assert make(folder, "--pixels", "plane.npy", "--kernel", "bicubic").returncode == 0
    assert check(manifest.read(folder / "set"), CONFIG, fitted()) == 1
    options = ("--pixels", "c3.npy", "--weights", "w3.npy", "--bias", "-99")
    assert make(folder, *options, config="bias.toml").returncode == 0
    found = manifest.read(folder / "set")
    assert found.kernel()[1] == -99
    check(found, found.config, np.load(folder / "w3.npy"), -99)


def test_ties_bring_their_kernel(folder):
    assert make(folder, "--pattern", "ties").returncode == 0
    weights, _ = manifest.read(folder / "set").kernel()
    assert sorted(weights[weights != 0]) == [-384, -128, 128, 384]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "no input; allowed: one of --photo, --pattern, --pixels, or --committed"),
        (("--photo", "p.png", "--pattern", "ones"), "--photo and --pattern; allowed: one of"),
        (("--committed", "--pattern", "ones"), "--committed and --pattern; allowed: one of them"),
        (("--pattern", "stripes"), "pattern 'stripes'; allowed: impulse, "),
        (("--pattern", "ones", "--format", "vhd"), "format 'vhd'; allowed: mem, "),
        (("--pattern", "ones", "--tap", "sum"), "intermediate 'sum'; allowed: window, "),
        (("--pattern", "ones", "--size", "33x4"), "a frame of 33x4 pixels; allowed: 1x1 to 32x24"),
        (("--pattern", "ones", "--size", "4"), "--size 4; allowed: WIDTHxHEIGHT"),
        (("--pattern", "ones", "--size", "0x4"), "a frame of 0x4 pixels; allowed: 1x1 to 32x24"),
        (("--photo", "p.png", "--size", "4x4"), "--size without --pattern; allowed:"),
        (("--pattern", "ones", "--bias", "5"), "bias: 5; allowed: 0, as there is no formats.bias"),
        (("--pattern", "ones", "--kernel", "none.npz"), "none.npz: No such file"),
        (("--pattern", "ones", "--kernel", "study", "--weights", "w.npy"), "allowed: one of them"),
        (("--pattern", "ties", "--kernel", "study"), "--pattern ties with a kernel; allowed:"),
        (("--pattern", "ones", "--weights", "w3.npy"), "weights: shape (3, 1, 2, 2); allowed:"),
        (("--pixels", "none.npy"), "--pixels none.npy: No such file"),
        (("--pixels", "c3.npy"), "shape (3, 5, 7); allowed: (H, W), (1, H, W) or (frames, 1, H, W"),
        (("--pixels", "float.npy"), "dtype float64; allowed: integer codes"),
        (("--pixels", "large.npy"), "out of range; ap_ufixed<10,10> allows 0 to 1023"),
        (("--pixels", "x.npy", "--frames", "4"), "--frames 4; allowed: up to 3, as x.npy holds"),
        (("--photo", "none.png"), "none.png: No such file"),
        (("--config", "odd.toml", "--pattern", "ones"), "is no exact upscaler"),
        (("--config", "bias.toml", "--photo", "p.png"), "in_channels = 3; allowed with a photo"),
        (("--out", "p.png", "--pattern", "ones"), "p.png: no folder; allowed:"),
        (("--out", ".", "--pattern", "ones"), "holds files and no manifest.json; allowed:"),
        (("--out", "p.png/set", "--pattern", "ones"), "cannot be written: "),
    ],
)
def test_bad_input_is_one_line_and_no_set(folder, options, message, monkeypatch, capsys):
    before = sorted(folder.iterdir())
    monkeypatch.chdir(folder)
    command = ["deconv4k", "vectors", "--config", "c.toml", "--out", "set", *options]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    said = capsys.readouterr()
    assert (stopped.value.code, said.out) == (2, "")
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.err.startswith("deconv4k: ")
    assert sorted(folder.iterdir()) == before


def test_a_whole_4k_frame_takes_little_memory(tmp_path):
    """Every format of the shipped photograph, in the process's own high-water mark."""
    script = (
        "from pathlib import Path\n"
        "from deconv4k.cli import cli\n"
        "from deconv4k._shared.checkout import PHOTOGRAPH\n"
        "cli(['vectors', '--photo', str(PHOTOGRAPH), '--format', 'all', '--out', 'set'],"
        " standalone_mode=False)\n"
        "print(Path('/proc/self/status').read_text())"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(re.search(r"VmHWM:\s*(\d+) kB", done.stdout)[1]) < 500_000
    found = manifest.read(tmp_path / "set")
    found.verify()
    assert (found.frames[0].output.width, found.frames[0].output.height) == (3840, 2160)
    assert len(found.files) == 28
    shutil.rmtree(tmp_path / "set")


def test_out_is_needed(tmp_path):
    result = deconv4k("vectors", "--pattern", "ones", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (
        2,
        "deconv4k: --out is missing; allowed: a folder\n",
    )


def test_the_committed_sets_elsewhere(tmp_path):
    result = deconv4k("vectors", "--committed", "--out", "all", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "all/ila/manifest.json" in result.stdout.splitlines()


def test_all_leaves_out_what_cannot_be(folder):
    config = Config.upscaler((9, 2, 4, 1), 4, channels=2, width=64, height=64)
    (folder / "two.toml").write_text(config.to_toml())
    options = ("--config", "two.toml", "--pattern", "noise", "--size", "9x4")
    weights = np.arange(162).reshape(2, 1, 9, 9)
    np.save(folder / "w.npy", weights)
    result = make(folder, *options, "--weights", "w.npy", "--format", "all")
    assert (result.returncode, result.stderr) == (0, "")
    for name in ("png", "y4m"):
        assert f"{name}: left out: a picture of 2 channel(s) of 8 bits; allowed" in result.stdout
    found = manifest.read(folder / "set")
    kept = {entry["format"] for entry in found.data["files"]}
    assert kept == {"mem", "hex", "coe", "mif", "ihex", "bin", "h", "npz"}
    assert check(found, config, weights) == 1
    for name in ("png", "y4m"):
        refused = make(folder, *options, "--weights", "w.npy", "--format", name, "--out", "no")
        assert refused.returncode == 2
        assert refused.stderr.startswith(f"deconv4k: format {name}: a picture of 2 channel(s)")
        assert not (folder / "no").exists()


def test_channels_of_windows_and_products(folder):
    """As docs/vectors.md has it: pixel * C_in + channel."""
    config = Config.upscaler((9, 2, 4, 1), 4, channels=3, width=64, height=64)
    (folder / "rgb.toml").write_text(config.to_toml())
    pixels = np.arange(3 * 7 * 9).reshape(3, 7, 9)
    np.save(folder / "x.npy", pixels)
    np.save(folder / "w.npy", np.arange(243).reshape(3, 1, 9, 9))
    result = make(
        folder, "--config", "rgb.toml", "--pixels", "x.npy", "--weights", "w.npy",
        "--format", "bin", "--tap", "window",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    side = config.layer.rows_ahead + config.layer.rows_behind + 1
    words = np.fromfile(folder / "set/window.bin", dtype=np.uint8).reshape(7, 9, side**2, 3)
    middle = config.layer.rows_behind * side + config.layer.rows_ahead
    np.testing.assert_array_equal(words[:, :, middle], pixels.transpose(1, 2, 0))
