import subprocess
import sys

import cv2
import numpy as np
import pytest

from deconv4k import golden
from deconv4k._shared import checkout
from deconv4k.config import Config
from deconv4k.photo import kernels


@pytest.fixture
def arrays(tmp_path):
    random = np.random.default_rng(5)
    np.save(tmp_path / "x.npy", random.integers(0, 256, (5, 7)))
    np.save(tmp_path / "w.npy", random.integers(-200, 200, (1, 1, 9, 9)))
    return tmp_path


def deconv4k(*arguments, cwd):
    command = [sys.executable, "-c", "from deconv4k.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def run(folder, **changes):
    options = {
        "config": str(checkout.DEFAULT_CONFIG),
        "pixels": "x.npy",
        "weights": "w.npy",
        "engine": "golden",
        "out": "y.npy",
        **changes,
    }
    return deconv4k("run", *(f"--{k}={v}" for k, v in options.items()), cwd=folder)


@pytest.mark.parametrize("engine", ["golden", "icarus", "verilator"])
def test_run_writes_what_the_golden_model_gives(arrays, engine):
    result = run(arrays, engine=engine)
    assert (result.returncode, result.stderr) == (0, "")
    x, w = np.load(arrays / "x.npy"), np.load(arrays / "w.npy")
    expected = golden.run(Config.load(checkout.DEFAULT_CONFIG), x, w)
    np.testing.assert_array_equal(np.load(arrays / "y.npy"), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pixels": "none.npy"}, "none.npy: No such file"),
        ({"pixels": "junk.npy"}, "junk.npy: no .npy file"),
        ({"pixels": "float.npy"}, "dtype float64 where integer codes"),
        ({"pixels": "range.npy"}, "pixels[1, 2] = 256, the first of 1 code(s) out of range"),
        ({"weights": "x.npy"}, "weights: shape (5, 7); allowed: (1, 1, 9, 9)"),
        ({"engine": "fpga"}, "engine 'fpga'; allowed: golden, verilator, icarus"),
        ({"config": "none.toml"}, "none.toml: No such file"),
        ({"config": "key.toml"}, "unknown key layer.size"),
        ({"config": "other.toml", "engine": "icarus"}, "is no exact upscaler"),
        ({"config": "narrow.toml", "engine": "icarus"}, "allowed: up to video.width = 4"),
        ({"out": "none/y.npy"}, "cannot be written"),
        ({"out": "/dev/full"}, "No space left on device"),
    ],
)
def test_bad_input_gets_one_line_and_no_output(arrays, change, message):
    (arrays / "junk.npy").write_text("junk")
    np.save(arrays / "float.npy", np.ones((3, 3)))
    high = np.zeros((3, 3), dtype=int)
    high[1, 2] = 256
    np.save(arrays / "range.npy", high)
    text = checkout.DEFAULT_CONFIG.read_text()
    (arrays / "key.toml").write_text(text.replace("[formats]", "size = 3\n[formats]"))
    (arrays / "other.toml").write_text(text.replace("padding = 4", "padding = 3"))
    (arrays / "narrow.toml").write_text(text.replace("width = 1920", "width = 4"))
    result = run(arrays, **change)
    assert result.returncode == 2
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""
    assert not (arrays / "y.npy").exists()


def test_upscale_doubles_a_picture(tmp_path):
    picture = np.random.default_rng(1).integers(0, 256, (20, 31, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "in.png"), picture)
    for options in ([], ["--rgb"], ["--kernel", "bicubic"]):
        result = deconv4k("upscale", "in.png", "-o", "out.png", *options, cwd=tmp_path)
        assert (result.returncode, result.stderr) == (0, "")
        assert cv2.imread(str(tmp_path / "out.png")).shape == (40, 62, 3)


def test_fit_writes_a_kernel_that_loads(tmp_path):
    picture = cv2.GaussianBlur(
        np.random.default_rng(1).integers(0, 256, (96, 128), dtype=np.uint8), (0, 0), 1.5
    )
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    result = deconv4k("fit", "a.png", "-o", "k.npz", "--quiet", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert kernels.load(tmp_path / "k.npz").shape == (1, 1, 9, 9)


def test_info_proves_the_accumulator(tmp_path):
    result = deconv4k("info", cwd=tmp_path)
    assert result.returncode == 0
    digest = f"{Config.load(checkout.DEFAULT_CONFIG).digest:08x}"
    for text in ("ap_ufixed<8,8>", "UQ8.0", "Proof:", "2,073,600", "81", digest):
        assert text in result.stdout
