"""Faults of the memory that a DMA writes to: parts not written, parts older than the rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from deconv4k.diagnosis.causes.records import Finding, Window
from deconv4k.diagnosis.expected import Lanes, raw_format
from deconv4k.rtl import bus

LEAST_RUN = 32
"""Bytes of one value, at least, that a hole has."""

LINE = 64
"""Bytes of a cache line."""

UNWRITTEN = 0xA5
"""What `deconv4k host` fills its buffers with before it receives."""


def holes(window: Window) -> Iterator[Finding]:
    """Runs of bytes of one value where other ones should be."""
    width, per_beat = window.case.config.formats.output.width, window.got.shape[1]
    got, want = window.raw, bus.pack(window.want, width)
    flat, right = got.reshape(-1), want.reshape(-1)
    edges = np.flatnonzero(np.diff(flat)) + 1
    first = np.concatenate([[0], edges])
    last = np.concatenate([edges, [flat.size]])
    long = last - first >= max(LEAST_RUN, 2 * got.shape[1])
    wrong = np.concatenate([[0], np.cumsum(flat != right)])
    runs = [
        (int(a), int(b))
        for a, b in zip(first[long], last[long], strict=True)
        if 4 * (wrong[b] - wrong[a]) > b - a
    ]
    for value in sorted({int(flat[a]) for a, _ in runs}):
        mine = [(a, b) for a, b in runs if flat[a] == value]
        would = right.copy()
        for a, b in mine:
            would[a:b] = value
        lanes = bus.unpack(would.reshape(got.shape), raw_format(window.case.config), per_beat)
        size = sum(b - a for a, b in mine)
        name = "unwritten" if value == UNWRITTEN else "hole"
        if len(mine) == 1 and mine[0][1] == flat.size:
            name = "ended_early"
            detail = (
                f"0x{value:02x} from byte {mine[0][0]:,} of {flat.size:,} on, beat "
                f"{mine[0][0] // got.shape[1]:,} of the capture"
            )
        else:
            places = f"{len(mine)} places" if len(mine) > 1 else "one place"
            detail = f"{size:,} bytes of 0x{value:02x} in {places}, first at byte {mine[0][0]:,}"
        yield window.lose(name, detail, lanes, 2 * len(mine))


def old_frames(window: Window) -> Iterator[Finding]:
    """Whole captured frames that are another frame of the set."""
    would = window.want.copy()
    said = []
    for shown, part, other, there in _others(window):
        alike = np.count_nonzero(there == window.got[part])
        if alike > max(len(there) * there.shape[1] // 2, window.right[part].sum()):
            would[part] = there
            said.append(f"captured frame {shown} is frame {other}")
    if said:
        detail = ", ".join(said[:4]) + (" ..." if len(said) > 4 else "")
        yield window.lose("old_frame", detail, would, len(said))


def _others(window: Window) -> Iterator[tuple[int, slice, int, Lanes]]:
    """Captured frames beside the same part of the other frames: both numbers, beats, pixels."""
    expected = window.case.expected
    frames = np.arange(len(expected.frames))
    if len(frames) < 2:
        return
    stream = window.model.stream(frames)
    ends = [*window.begins[1:], len(window.got)]
    for shown, (first, last) in enumerate(zip(window.begins, ends, strict=True)):
        part = slice(int(first), int(last))
        own = int(window.frame_of[first])
        for other in frames:
            if other != own and expected.frames[other].shape == expected.frames[own].shape:
                yield (
                    shown,
                    part,
                    int(other),
                    stream[window.index[part] - expected.starts[own] + expected.starts[other]],
                )


def stale_lines(window: Window) -> Iterator[Finding]:
    """Cache lines that hold another frame of the set; if none does, something else."""
    width, per_beat = window.case.config.formats.output.width, window.got.shape[1]
    got, want = window.raw, bus.pack(window.want, width)
    raw = raw_format(window.case.config)
    would = want.copy()
    said, count = [], 0
    for shown, part, other, there in _others(window):
        older = bus.pack(there, width)
        for start in dict.fromkeys((int(part.start) * got.shape[1] % LINE, 0)):
            lines = _lines(part, got.shape[1], start)
            old = _per_line(got[part].reshape(-1) == older.reshape(-1), lines)
            kept = _per_line(got[part].reshape(-1) == want[part].reshape(-1), lines)
            stale = np.repeat(old & ~kept, np.diff(lines))
            if stale.any():
                mixed = np.where(stale, older.reshape(-1), would[part].reshape(-1))
                would[part] = mixed.reshape(older.shape)
                count += int((old & ~kept).sum())
                said.append(
                    f"{int((old & ~kept).sum())} lines of {LINE} bytes in captured frame {shown} "
                    f"are of frame {other}"
                )
                break
    if said:
        lanes = bus.unpack(would, raw, per_beat)
        yield window.lose("stale_lines", ", ".join(said[:4]), lanes, 2 * count)
    yield from _unlike(window, got, want)


def _lines(part: slice, beat: int, start: int) -> NDArray[np.int64]:
    """Where cache lines begin and end in the bytes of some beats."""
    count = (part.stop - part.start) * beat
    first = (start - part.start * beat) % LINE
    return np.unique(np.concatenate([[0], np.arange(first, count, LINE), [count]]))


def _per_line(same: NDArray[np.bool_], lines: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.logical_and.reduceat(same, lines[:-1])


def _unlike(window: Window, got: NDArray[np.uint8], want: NDArray[np.uint8]) -> Iterator[Finding]:
    """Cache lines of unknown content: wrong from their first byte to their last, others right."""
    flat = (got != want).reshape(-1)
    size = flat.size // LINE
    lines = flat[: size * LINE].reshape(size, LINE)
    share = lines.mean(axis=1)
    bad = share > 0
    if size < 8 or not 0 < bad.sum() <= size // 2 or (share[bad] < 0.5).any():
        return
    if flat[size * LINE :].any():
        return
    # Runs of bad lines: from within the first bytes of a line to the last ones of another.
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bad.astype(np.int8), [0]])))
    firsts, lasts = edges[::2], edges[1::2]
    sharp = [
        lines[a, : LINE // 4].any() and lines[b - 1, -LINE // 4 :].any()
        for a, b in zip(firsts, lasts, strict=True)
    ]
    pitch = window.case.expected.line_beats[0] * got.shape[1]
    with_lines = [a * LINE % pitch == 0 and b * LINE % pitch == 0
                  for a, b in zip(firsts, lasts, strict=True)]  # fmt: skip
    if not all(sharp) or all(with_lines) or len(firsts) < 2:
        return
    mask = np.zeros(flat.size, dtype=bool)
    mask[: size * LINE] = np.repeat(bad, LINE)
    would = np.where(mask.reshape(got.shape), got, want)
    lanes = bus.unpack(would, raw_format(window.case.config), window.got.shape[1])
    wrong = window.count(~window.right)
    detail = f"{int(bad.sum())} lines of {LINE} bytes hold something else, in {len(firsts)} places"
    yield window.lose("stale_lines", detail, lanes, wrong // 2)
