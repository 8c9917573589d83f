"""Where in the expected frames a capture lies.

An alignment says for every beat of a capture which expected beat it should be. The frames of a set
follow each other without end, so an *offset* (the expected beat that the capture's first one
should be) is taken modulo their number. A captured start of frame or end of line leaves few
offsets; so does a buffer, which begins with a frame. Otherwise runs of equal beats vote, and where
hardly a beat is right, the correlation of the beats' sums speaks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from deconv4k.config import Config
from deconv4k.diagnosis.captures import Capture
from deconv4k.diagnosis.expected import Expected, Lanes, raw_format
from deconv4k.rtl import bus

RUN = 4
"""Beats of a run that votes."""

RUNS = 8192
"""Most runs that vote, evenly spread over the capture."""

SHORT = 2 * RUN
"""A piece of fewer beats is compared with every place."""

SAMPLE = 1024
"""Beats by which offsets are compared."""


def lanes(capture: Capture, config: Config) -> Lanes:
    """The captured pixels, (N, pixels a beat), without a sign."""
    return bus.unpack(capture.beats, raw_format(config), config.video.pixels_per_clock)


def marked(capture: Capture, expected: Expected) -> tuple[NDArray[np.int64] | None, str]:
    """Offsets that SOF and EOL, or the nature of the capture, leave; None where they say nothing.

    Returns
    -------
    offsets : ndarray of int64, or None
    how : str
        What says so.
    """
    first: NDArray[np.int64]
    if capture.sof is not None and capture.sof.any():
        first = expected.starts[:-1] - int(capture.sof.argmax())
        how = "start of frame"
    elif capture.whole:
        first, how = expected.starts[:-1], "a capture begins with a frame"
    elif capture.eol is not None and capture.eol.any():
        first, how = expected.line_ends - int(capture.eol.argmax()), "end of line"
    else:
        return None, "content"
    return np.unique(first % expected.beats), how


def readings(capture: Capture, config: Config) -> list[Lanes]:
    """The captured pixels as they are, and with the usual orders of bytes and pixels undone."""
    beats = capture.beats
    got = lanes(capture, config)
    count, size = beats.shape
    turned = [beats[:, ::-1]]
    turned += [
        beats.reshape(count, -1, group)[:, :, ::-1].reshape(count, size)
        for group in (2, 4)
        if size % group == 0 and size > group
    ]
    per_beat = got.shape[1]
    found = [got, got[:, ::-1]]
    found += [bus.unpack(np.ascontiguousarray(one), raw_format(config), per_beat) for one in turned]
    return found


def best(got: Sequence[Lanes], stream: Lanes, offsets: NDArray[np.int64], most: int) -> list[int]:
    """The offsets at which a sample of some reading agrees best with a stream, best first."""
    if len(offsets) <= 1:
        return [int(offset) for offset in offsets]
    count = len(got[0])
    size = min(SAMPLE, max(64, (1 << 21) // len(offsets)))
    at = np.unique(np.linspace(0, count - 1, min(size, count)).astype(np.int64))
    samples = [one[at] for one in got]
    scores = []
    for offset in offsets:
        there = stream[(offset + at) % len(stream)]
        scores.append(max(int(np.count_nonzero(there == sample)) for sample in samples))
    order = np.argsort(-np.array(scores), kind="stable")
    return [int(offsets[i]) for i in order[:most]]


def _hashes(lanes: Lanes) -> NDArray[np.uint64]:
    """A number for every run of beats."""
    factors = np.random.default_rng(7).integers(1, 1 << 62, lanes.shape[1] + RUN, dtype=np.uint64)
    beats = np.zeros(len(lanes), dtype=np.uint64)
    for lane in range(lanes.shape[1]):
        beats = beats * factors[lane] + lanes[:, lane].astype(np.uint64)
        beats ^= beats >> np.uint64(29)
    count = len(lanes) - RUN + 1
    runs = np.zeros(count, dtype=np.uint64)
    for i in range(RUN):
        runs = runs * (factors[lanes.shape[1] + i] | np.uint64(1)) + beats[i : i + count]
    return runs


def votes(got: Lanes, stream: Lanes, most: int) -> NDArray[np.int64]:
    """Offsets for which runs of equal beats speak; a run that occurs often says nothing."""
    if len(got) < RUN:
        return np.empty(0, dtype=np.int64)
    here = _hashes(got)
    at = np.unique(np.linspace(0, len(here) - 1, min(RUNS, len(here))).astype(np.int64))
    there = _hashes(np.concatenate([stream, stream[: RUN - 1]]))
    # Few of many runs are wanted: a table of their lowest bits leaves those worth sorting.
    bits = np.uint64((1 << 18) - 1)
    wanted = np.zeros(1 << 18, dtype=bool)
    wanted[here[at] & bits] = True
    kept = np.flatnonzero(wanted[there & bits])
    order = kept[np.argsort(there[kept], kind="stable")]
    ranked = there[order]
    low = np.searchsorted(ranked, here[at], side="left")
    high = np.searchsorted(ranked, here[at], side="right")
    count: Counter[int] = Counter()
    for i, first, last in zip(at, low, high, strict=True):
        if last - first <= 8:
            count.update(int(offset) for offset in (order[first:last] - i) % len(stream))
    return np.array([offset for offset, _ in count.most_common(most)], dtype=np.int64)


def correlated(got: Lanes, stream: Lanes, most: int) -> NDArray[np.int64]:
    """Offsets at which the sums of the beats' pixels rise and fall together, best first."""
    here = got[: len(stream)].sum(axis=1, dtype=np.float64)
    there = stream.sum(axis=1, dtype=np.float64)
    size = len(stream)
    spectrum = fft.rfft(there - there.mean()) * np.conj(fft.rfft(here - here.mean(), size))
    together = fft.irfft(spectrum, size)
    # The energy of the piece that each offset would take.
    power = fft.rfft((there - there.mean()) ** 2) * np.conj(fft.rfft(np.ones(len(here)), size))
    energy = np.maximum(fft.irfft(power, size), 1e-9 * max(1.0, float(there.var()) * size))
    likeness = together / np.sqrt(energy)
    peaks: list[int] = []
    for offset in np.argsort(-likeness):
        if all(abs(int(offset) - peak) > 1 for peak in peaks):
            peaks.append(int(offset))
        if len(peaks) == most:
            break
    return np.array(peaks, dtype=np.int64)


def searched(
    got: Sequence[Lanes], expected: Expected, capture: Capture | None = None
) -> NDArray[np.int64]:
    """Offsets for a capture, in all its readings, that says nothing about its place.

    A piece too short for runs to vote is compared with every place where SOF and EOL are not due,
    as `capture` says.
    """
    if capture is not None and len(got[0]) < SHORT:
        return _everywhere(got[0], expected, capture)
    found = [votes(one[: expected.beats], expected.lanes, 6) for one in got]
    found.append(correlated(got[0][: expected.beats], expected.lanes, 6))
    return np.unique(np.concatenate(found))


def _everywhere(got: Lanes, expected: Expected, capture: Capture) -> NDArray[np.int64]:
    """The offsets at which most pixels of a short piece are right, and no mark is missing."""
    right = np.zeros(expected.beats, dtype=np.int64)
    marks = [
        (given, np.isin(np.arange(expected.beats), where))
        for given, where in (
            (capture.sof, expected.starts[:-1]), (capture.eol, expected.line_ends)
        )
        if given is not None
    ]  # fmt: skip
    for beat, pixels in enumerate(got):
        right += np.roll((expected.lanes == pixels).sum(axis=1), -beat)
        for given, due in marks:
            right -= (got.size + 1) * (np.roll(due, -beat) != given[beat])
    found = np.argsort(-right, kind="stable")[:6].astype(np.int64)
    unbroken = found[right[found] >= 0]
    return unbroken if len(unbroken) else found


def indices(capture: Capture, expected: Expected, offset: int) -> NDArray[np.int64]:
    """The expected beat of each captured one, (N,), from an offset.

    A later start of frame that does not come when it should moves what follows to the nearest one.
    """
    index = offset + np.arange(len(capture.beats), dtype=np.int64)
    if capture.sof is not None:
        starts = expected.starts
        for at in np.flatnonzero(capture.sof):
            now = int(index[at]) % expected.beats
            near = int(starts[np.abs(starts - now).argmin()])
            index[at:] += near - now
    return index % expected.beats


def framing(capture: Capture, expected: Expected, index: NDArray[Any]) -> list[str]:
    """What is wrong with the captured SOF and EOL, in words."""
    wrong = []
    jumps = np.diff(index) % expected.beats - 1
    jumps[capture.breaks - 1] = 0
    for at in np.flatnonzero(jumps):
        by = int(jumps[at])
        by -= expected.beats * (by > expected.beats // 2)
        late = "early" if by > 0 else "late"
        wrong.append(f"SOF: {abs(by)} beat(s) {late}, at beat {at + 1} of the capture")
    for name, given, where in (
        ("SOF", capture.sof, expected.starts[:-1]),
        ("EOL", capture.eol, expected.line_ends),
    ):
        if given is None:
            continue
        due = np.isin(index, where)
        missing, surplus = int((due & ~given).sum()), int((given & ~due).sum())
        if missing or surplus:
            first = int((due != given).argmax())
            place = expected.place(int(index[first]), 0)
            wrong.append(
                f"{name}: {missing} missing, {surplus} where none belongs; first at beat {first} "
                f"of the capture, frame {place.frame}, line {place.line}, x {place.x}"
            )
    return wrong
