"""The bench finds what is wrong: a wrong pixel, too few beats, too many, none at all."""

from __future__ import annotations

import numpy as np
import pytest

from deconv4k import golden
from deconv4k.sim import build, play
from points import POINTS

CONFIG = POINTS["x2_k9_4ppc"]


def played(sim: str, seed: int, fault: str) -> play.Played:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-60, 60, (1, 1, 9, 9))
    frames = [rng.integers(0, 256, (1, 5, 6)) for _ in range(2)]
    expected = [golden.run(CONFIG, frame, weights)[0] for frame in frames]
    if fault == "pixel":
        expected[1][3, 5] ^= 1
    if fault == "missing":
        expected[1] = np.vstack([expected[1], expected[1][:1]])
    if fault == "surplus":
        expected[1] = expected[1][:-1]
    if fault == "size":
        expected = [out.reshape(out.shape[0] // 2, -1) for out in expected]
    if fault == "nothing":
        frames, expected = [], []
    return play.play(sim, CONFIG, frames, weights, expected=expected, seed=seed, patience=3000)


def test_right_frames_are_clean(sim: str, seed: int) -> None:
    came = played(sim, seed, "none")
    assert came.clean
    assert came.first is None


def test_a_wrong_pixel_is_found(sim: str, seed: int) -> None:
    came = played(sim, seed, "pixel")
    assert not came.clean
    assert came.mismatches == 1
    # 30 beats a frame of 10 lines; pixel 5 of line 3 is in the second beat of three
    assert came.first is not None
    assert came.first["beat"] == 30 + 3 * 3 + 1
    assert came.first["expected"] ^ came.first["got"] == 1 << 8


def test_missing_beats_are_found(sim: str, seed: int) -> None:
    came = played(sim, seed, "missing")
    assert not came.clean
    assert came.hung


def test_surplus_beats_are_found(sim: str, seed: int) -> None:
    came = played(sim, seed, "surplus")
    assert not came.clean
    assert came.surplus == 3


def test_misplaced_ends_of_lines_are_found(sim: str, seed: int) -> None:
    came = played(sim, seed, "size")
    assert not came.clean
    assert came.mismatches > 0
    assert "output EOL_EARLY" in came.violations


def test_nothing_is_not_clean(sim: str, seed: int) -> None:
    came = played(sim, seed, "nothing")
    assert came.beats == 0
    assert not came.clean


def test_captured_frames_are_the_golden_ones(sim: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-60, 60, (1, 1, 9, 9))
    frames = [rng.integers(0, 256, (1, height, 7)) for height in (1, 4)]
    came = play.play(sim, CONFIG, frames, weights, stalls="both", seed=seed)
    assert came.clean
    assert came.outputs is not None
    for frame, output in zip(frames, came.outputs, strict=True):
        np.testing.assert_array_equal(output, golden.run(CONFIG, frame, weights)[0])


@pytest.mark.parametrize("stalls", play.STALLS)
def test_a_seed_repeats_a_run(stalls: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-60, 60, (1, 1, 9, 9))
    frames = [rng.integers(0, 256, (1, 5, 6))]
    runs = [
        play.play("icarus", CONFIG, frames, weights, stalls=stalls, seed=seed) for _ in range(2)
    ]
    assert runs[0].last_out == runs[1].last_out


def test_an_interrupted_build_is_begun_anew() -> None:
    # Parameters that no other test has: nobody else may run from this folder.
    parameters = {"WIDTH": 61, "DEPTH": 1}
    folder = build.build("verilator", "deconv_delay", parameters)
    program = folder / "deconv_delay"
    for name in ("built", "deconv_delay"):
        (folder / name).unlink()
    # An archive without members, newer than all that goes into it, as a killed make leaves it.
    (folder / "Vtop__ALL.a").write_bytes(b"!<arch>\n")
    assert build.build("verilator", "deconv_delay", parameters) == folder
    assert program.stat().st_size > 0
