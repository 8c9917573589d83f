"""Faults at the frame's border: what lies outside is not zero."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from deconv4k.diagnosis.causes.records import Cause, Codes, Model, Pad, Set, Window

SIDES = (
    ("tblr", "on all sides"),
    ("lr", "left and right"),
    ("tb", "above and below"),
    ("l", "left"),
    ("r", "right"),
    ("t", "above"),
    ("b", "below"),
)


def margin(base: Model) -> int:
    """Pixels outside the frame that a sum may reach."""
    layer = base.config.layer
    return max(layer.rows_ahead, layer.rows_behind) if layer.is_exact_upscaler else 0


def at_border(window: Window) -> bool:
    """Whether what is wrong lies so near the border that it may be the cause, most of it."""
    reach = margin(window.model) * window.case.config.layer.stride
    if reach < 1:
        return False
    wrong = ~window.right
    if window.real is not None:
        wrong &= window.real
    y, x = window.coordinates
    shapes = np.array([frame.shape for frame in window.case.expected.frames])
    height, width = shapes[window.frame_of].T[:, :, np.newaxis]
    beyond = (y >= reach) & (y < height - reach) & (x >= reach) & (x < width - reach)
    return bool(2 * np.count_nonzero(wrong & beyond) <= np.count_nonzero(wrong))


def border_causes(base: Model) -> Iterator[Cause]:
    """Other pixels than zero around the frame, and rows of another frame."""
    if margin(base) < 1:
        return
    forms: list[tuple[str, str, Pad]] = []
    for mode, said in (
        ("edge", "the edge repeated"),
        ("reflect", "the picture mirrored, the edge once"),
        ("symmetric", "the picture mirrored, the edge twice"),
        ("wrap", "the opposite side"),
    ):
        for sides, where in SIDES:
            if mode == "wrap" and sides in ("t", "b", "tb"):
                continue  # what a repeated frame leaves in the line buffer, see below
            forms.append(("border", f"{said}, {where}", _padded(mode, sides)))
    for sides, where in SIDES:
        if set(sides) <= set("lr"):
            said = f"the end of the line before, or the beginning of the next, {where}"
            forms.append(("border", said, _joined(sides)))
    case, layer = base.case, base.config.layer
    count = len(case.expected.frames)
    seen = set()
    for back in dict.fromkeys((0, layer.rows_ahead, *range(margin(base) + 1))):
        for step in dict.fromkeys((1, 0, *range(2, min(count, 4)))):
            if (back, step % count) in seen:
                continue
            seen.add((back, step % count))
            who = "the same frame" if step % count == 0 else f"{step} frame(s) before"
            rows = "the last rows" if back == 0 else f"rows {back} above the last ones"
            detail = f"{rows} of {who}, above the first line"
            forms.append(("previous_frame", detail, _left_over(case, step, back)))
    for step in dict.fromkeys((1, 0)):
        who = "the same frame" if step % count == 0 else "the next frame"
        detail = f"the first rows of {who}, below the last line"
        forms.append(("previous_frame", detail, _taken_early(case, step)))
        if count == 1:
            break
    for name, detail, pad in forms:
        before = name == "previous_frame" and "before" in detail
        yield Cause(name, detail, replace(base, pad=pad), before=before)


def _kept(out: Codes, margin: int, sides: str) -> Codes:
    """Zeros on the other sides."""
    _, rows, columns = out.shape
    for side, part in (
        ("t", np.s_[:, :margin]),
        ("b", np.s_[:, rows - margin :]),
        ("l", np.s_[:, :, :margin]),
        ("r", np.s_[:, :, columns - margin :]),
    ):
        if side not in sides:
            out[part] = 0
    return out


def _padded(mode: Any, sides: str) -> Pad:
    def pad(pixels: Codes, margin: int, number: int) -> Codes:
        del number
        out = np.pad(pixels, ((0, 0), (margin, margin), (margin, margin)), mode=mode)
        return _kept(out, margin, sides)

    return pad


def constant(value: int, sides: str) -> Pad:
    """One code around the frame."""

    def pad(pixels: Codes, margin: int, number: int) -> Codes:
        del number
        around = ((0, 0), (margin, margin), (margin, margin))
        return _kept(np.pad(pixels, around, constant_values=value), margin, sides)

    return pad


def _joined(sides: str) -> Pad:
    """Lines one after the other, as they come."""

    def pad(pixels: Codes, margin: int, number: int) -> Codes:
        del number
        channels, height, width = pixels.shape
        flat = np.pad(pixels.reshape(channels, -1), ((0, 0), (width, width + margin)))
        out = np.zeros((channels, height + 2 * margin, width + 2 * margin), dtype=pixels.dtype)
        inside = out[:, margin : margin + height]
        inside[:, :, margin : margin + width] = pixels
        rows = np.arange(height)[:, np.newaxis] * width + width
        columns = np.arange(min(margin, width))
        if "l" in sides:
            left = np.arange(-len(columns), 0)
            inside[:, :, margin - len(columns) : margin] = flat[:, rows + left]
        if "r" in sides:
            right = flat[:, rows + width + columns]
            inside[:, :, margin + width : margin + width + len(columns)] = right
        return out

    return pad


def _zeros_around(pixels: Codes, margin: int) -> Codes:
    return np.pad(pixels, ((0, 0), (margin, margin), (margin, margin)))


def _left_over(case: Set, step: int, back: int) -> Pad:
    """Rows above the frame: those of the frame `step` before, `back` rows above its last ones."""

    def pad(pixels: Codes, margin: int, number: int) -> Codes:
        out = _zeros_around(pixels, margin)
        before = case.inputs((number - step) % len(case.expected.frames))
        width = min(pixels.shape[2], before.shape[2])
        rows = before[:, : before.shape[1] - back, :width]
        rows = rows[:, max(0, rows.shape[1] - margin) :]
        out[:, margin - rows.shape[1] : margin, margin : margin + width] = rows
        return out

    return pad


def _taken_early(case: Set, step: int) -> Pad:
    """Rows below the frame: the first ones of the frame `step` after."""

    def pad(pixels: Codes, margin: int, number: int) -> Codes:
        out = _zeros_around(pixels, margin)
        after = case.inputs((number + step) % len(case.expected.frames))
        width = min(pixels.shape[2], after.shape[2])
        rows = after[:, :margin, :width]
        first = margin + pixels.shape[1]
        out[:, first : first + rows.shape[1], margin : margin + width] = rows
        return out

    return pad
