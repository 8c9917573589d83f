"""The picture of where the errors are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.diagnosis.compare import Diff
from deconv4k.diagnosis.report import plane, worst_frame
from deconv4k.photo import image

UNSEEN = (40, 40, 110)
EXPLAINED = (255, 170, 0)
UNEXPLAINED = (255, 0, 60)
"""Colours as R, G, B: not captured; wrong, as the first cause would have it; wrong otherwise."""

LEAST_WIDTH = 480
"""Smaller frames are shown with larger pixels."""

MOST_FRAMES = 4
"""Captured frames beside each other, from the first wrong one on."""


def draw(diff: Diff) -> NDArray[np.uint8]:
    """Captured frames beside each other, (H, W, 3): the expected picture dark, errors bright."""
    first = worst_frame(diff)
    last = min(first + MOST_FRAMES, len(diff.window.begins))
    frames = [_frame(diff, frame) for frame in range(first, last)]
    height = max(len(frame) for frame in frames)
    tall = [np.pad(f, ((0, height - len(f)), (0, 0), (0, 0))) for f in frames]
    return np.concatenate(tall, axis=1)


def _frame(diff: Diff, frame: int) -> NDArray[np.uint8]:
    window = diff.window
    wrong, seen = plane(diff, frame)
    number = int(window.frame_of[window.begins[frame]])
    expected = window.case.expected.frames[number].astype(np.float64)
    low, high = expected.min(), max(expected.max(), expected.min() + 1)
    grey = ((expected - low) / (high - low) * 96).astype(np.uint8)
    out = np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    out[~seen] = UNSEEN
    out[wrong] = UNEXPLAINED
    if diff.findings:
        out[wrong & _explained(diff, frame, wrong)] = EXPLAINED
    scale = max(1, -(-LEAST_WIDTH // out.shape[1]))
    return out.repeat(scale, axis=0).repeat(scale, axis=1)


def _explained(diff: Diff, frame: int, like: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels of a captured frame that the first cause predicts, (OH, OW)."""
    window = diff.window
    expected = window.case.expected
    ends = [*window.begins[1:], len(window.got)]
    part = slice(int(window.begins[frame]), int(ends[frame]))
    number = int(window.frame_of[part.start])
    right = np.zeros((len(like) * expected.line_beats[number], window.got.shape[1]), dtype=bool)
    right[window.index[part] - expected.starts[number]] = diff.findings[0].right[part]
    return right.reshape(len(like), -1)[:, : like.shape[1]]


def write(path: str | Path, diff: Diff) -> None:
    """Write the picture as PNG; errors as `deconv4k.photo.image.write`."""
    image.write(path, draw(diff))
