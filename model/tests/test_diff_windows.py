"""Faults in windows from the middle of a frame: with EOL captured, and with nothing but data."""

import numpy as np
import pytest
from diff_scene import CONFIGS, Scene, named

from deconv4k.diagnosis import compare
from deconv4k.diagnosis.captures import Capture


@pytest.fixture(params=CONFIGS)
def scene(request, tmp_path):
    return Scene(tmp_path, request.param, 11)


@pytest.mark.parametrize("flags", [True, False])
def test_named_in_a_window(scene, flags):
    case = compare.load_set(scene.manifest)
    beats, eol = scene.beats(), scene.flags()[1]
    first, at = len(beats) // 4, len(beats) // 4 + 40
    part = slice(first, first + min(90, len(beats) - first - 5))
    per_beat = scene.config.video.pixels_per_clock
    bit = int(scene.rng.integers(per_beat * scene.config.formats.output.width))
    stuck = beats.copy()
    stuck[:, bit // 8] |= 1 << bit % 8
    swapped = []
    for frame in scene.frames:
        full = np.pad(frame, ((0, 0), (0, -frame.shape[1] % per_beat)))
        rows = full.reshape(len(full), -1, per_beat)[:, :, ::-1]
        swapped.append(rows.reshape(len(full), -1))
    for cause, given, ends in (
        ("stuck_bit", stuck, eol),
        ("dropped_beat", np.delete(beats, at, axis=0), np.delete(eol, at)),
        ("doubled_beat", np.insert(beats, at, beats[at], axis=0), np.insert(eol, at, eol[at])),
        ("swapped_pixels", scene.beats(swapped), eol),
        ("byte_order", beats[:, ::-1], eol),
    ):
        window = np.ascontiguousarray(given[part])
        diff = compare.compare(case, Capture("window", window, None, ends[part] if flags else None))
        assert cause in named(diff), [(f.name, f.detail) for f in diff.findings[:3]]
        assert diff.alike
        assert diff.window.index[0] == first
