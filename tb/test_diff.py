"""Faults in the engine's own sources, simulated: deconv4k diff must name what was broken."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from deconv4k.config import Config
from deconv4k.diagnosis import compare
from deconv4k.diagnosis.compare import Diff
from deconv4k.rtl import bus
from deconv4k.sim import play, sources
from deconv4k.vectors import recipes, sets

FAULTS = {
    "rounding": (
        "deconv_quantise.v", "(scaled_q + 2'sd1)", "scaled_q", "rounding", "AP_TRN for AP_RND",
    ),
    "wrap": (
        "deconv_quantise.v", "O != 3 &&", "O == 1 &&", "overflow", None,
    ),
    "rows_above": (
        "deconv_window.v", "assign outside = above < ROWS[NEAR_W-1:0];", "assign outside = 1'b0;",
        "previous_frame", "the last rows of 1 frame(s) before, above the first line",
    ),
    "columns_left": (
        "deconv_window.v",
        "assign outside = next_left < COLUMNS[NEAR_W-1:0];", "assign outside = 1'b0;",
        "border", "the end of the line before, or the beginning of the next, left",
    ),
}  # fmt: skip
"""File, what stands there, what stands there instead, the cause and its form."""

CONFIG = Config.upscaler((9, 2, 4, 1), 4, width=24, height=16)


def make_set(folder: Path, seed: int) -> tuple[Path, list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(seed)
    weights = rng.integers(-90, 130, (1, 1, 9, 9))
    pixels = [rng.integers(0, 256, (1, 9, 16)) for _ in range(3)]
    recipe = recipes.Recipe(
        "broken", "a test", "noise", CONFIG, weights, [(9, 16)] * 3, pixels, None, seed
    )
    return sets.write(folder / "set", recipe, ("npz",)), pixels, weights


def judge(manifest: Path, frames: list[np.ndarray], folder: Path) -> Diff:
    beats = [bus.raster_beats(frame, 8, 4) for frame in frames]
    path = folder / "capture.bin"
    path.write_bytes(np.concatenate(beats).tobytes())
    case = compare.load_set(manifest)
    capture = compare.load(path, case)
    return compare.compare(case, capture)  # type: ignore[arg-type]  # a buffer is no log


@functools.cache
def broken(name: str, folder: Path) -> tuple[Path, ...]:
    """The bench's sources, one of them with the fault."""
    file, old, new, *_ = FAULTS[name]
    files = []
    for path in sources.of("bench"):
        if path.name == file:
            text = path.read_text()
            assert old in text, f"{file} was written anew: find the fault a new place"
            path = folder / file
            path.write_text(text.replace(old, new))
        files.append(path)
    return tuple(files)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_engine(fault: str, tmp_path: Path, seed: int) -> None:
    # What is not zeroed was never written before the first frame: unknown in Icarus.
    sim = "icarus" if FAULTS[fault][0] == "deconv_quantise.v" else "verilator"
    manifest, pixels, weights = make_set(tmp_path, seed)
    files = broken(fault, tmp_path)
    played = play.play(sim, CONFIG, pixels, weights, files=files, seed=seed, patience=5000)
    assert played.outputs is not None
    diff = judge(manifest, played.outputs, tmp_path)
    *_, cause, detail = FAULTS[fault]
    first = diff.findings[0]
    assert first.name == cause, [(one.name, one.detail, one.explained) for one in diff.findings[:4]]
    assert detail in (None, first.detail)


def test_waves_of_both_simulators(sim: str, tmp_path: Path, seed: int) -> None:
    manifest, pixels, weights = make_set(tmp_path, seed)
    played = play.play(
        sim, CONFIG, pixels, weights, seed=seed, waves=True, stalls="both", work=tmp_path / "run"
    )
    assert played.wave is not None
    case = compare.load_set(manifest)
    capture = compare.load(played.wave, case)
    diff = compare.compare(case, capture)  # type: ignore[arg-type]  # waves are no log
    assert diff.how == "start of frame"
    assert diff.clean
    assert diff.window.pixels == 3 * 18 * 32
