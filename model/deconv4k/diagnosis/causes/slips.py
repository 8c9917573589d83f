"""Faults of count: beats dropped and doubled, once or in every line."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deconv4k.diagnosis.causes.records import Finding, Window
from deconv4k.diagnosis.expected import Lanes

SLIP = 4
"""Most beats that may be missing or too many at any point, or in any line."""

SLIPS = 16
"""Most places at which beats may be dropped or doubled."""


@njit(cache=True)
def _follow(got, stream, index, reach, price):  # type: ignore[no-untyped-def]
    """The cheapest course of slips: which expected beat each captured one is, less `index`.

    A wrong pixel costs 1, a change of the slip `price`; Viterbi's algorithm over -reach..reach.
    """
    count, states = len(got), 2 * reach + 1
    cost = np.empty(states, np.int64)
    came = np.empty((count, states), np.uint8)
    for state in range(states):
        cost[state] = 0 if state == reach else price
    for i in range(count):
        cheapest = 0
        for state in range(1, states):
            if cost[state] < cost[cheapest]:
                cheapest = state
        # On a tie no change; among changes the one that is cheapest.
        limit = cost[cheapest] + price
        for state in range(states):
            source = state
            paid = cost[state]
            if limit < paid:
                source, paid = cheapest, limit
            came[i, state] = source
            cost[state] = paid
        for state in range(states):
            beat = (index[i] + state - reach) % len(stream)
            for lane in range(got.shape[1]):
                if got[i, lane] != stream[beat, lane]:
                    cost[state] += 1
    slips = np.empty(count, np.int64)
    state = int(np.argmin(cost))
    for i in range(count - 1, -1, -1):
        slips[i] = state - reach
        state = came[i, state]
    return slips


def _stream(window: Window) -> Lanes:
    """The beats of all frames of the set."""
    frames = np.arange(len(window.case.expected.frames))
    if len(frames) == len(window.frames):
        return window.stream
    return window.model.stream(frames)


def course(window: Window) -> NDArray[np.int64]:
    """By how many beats each captured one is beyond its place, (N,), on the likeliest course."""
    lanes = _stream(window)
    return np.asarray(_follow(window.got, lanes, window.index, SLIP, 2 * lanes.shape[1]))


def slips(window: Window) -> Iterator[Finding]:
    """The course of dropped and doubled beats that explains most."""
    total = window.case.expected.beats
    if len(window.got) < 2:
        return
    slip = course(window)
    would = (window.index + slip) % total
    # From one beat to the next; a start of frame that sets the count right is no step.
    steps = np.diff(would) % total - 1
    steps[steps > total // 2] -= total
    steps[window.breaks - 1] = 0
    events = [(int(at) + 1, int(steps[at])) for at in np.flatnonzero(steps)]
    if slip[0]:
        events.insert(0, (0, int(slip[0])))
    if not events or len(events) > SLIPS:
        return
    said = []
    for at, step in events[:4]:
        place = window.case.expected.place(int(would[at]), 0)
        word = "dropped" if step > 0 else "doubled"
        said.append(
            f"{abs(step)} {word} before frame {place.frame}, line {place.line}, x {place.x}, "
            f"beat {at} of the capture"
        )
    if len(events) > 4:
        said.append(f"{len(events) - 4} more")
    dropped = [step > 0 for _, step in events]
    name = "slipped_beats"
    if all(dropped) or not any(dropped):
        name = "dropped_beat" if dropped[0] else "doubled_beat"
    yield _elsewhere(window, name, "; ".join(said), would)


def _elsewhere(
    window: Window,
    name: str,
    detail: str,
    index: NDArray[np.int64],
    empty: NDArray[np.bool_] | None = None,
) -> Finding:
    """A finding where the captured beats are other ones than thought; `empty`: beats of zeros."""
    want = _stream(window)[index]
    right = window.got == want
    lost = window.lost
    if empty is not None:
        zeros = empty[:, np.newaxis] & (window.got == 0)
        right = np.where(empty[:, np.newaxis], zeros, right)
        lost = zeros if lost is None else lost | zeros
    if window.lost is not None:
        right = right | window.lost

    def after() -> Window:
        return Window(window.model, window.got, index, lost, raw=window.raw, breaks=window.breaks)

    return Finding(name, detail, window.count(right), right, after)


def line_lengths(window: Window) -> Iterator[Finding]:
    """Every line some beats too short or too long, from the beginning of a frame on."""
    if int(window.index[0]) not in window.case.expected.starts:
        return
    stream, at = _stream(window), window.at
    best: tuple[int, str, NDArray[np.int64], NDArray[np.bool_]] | None = None
    for by in range(-SLIP, SLIP + 1):
        forms = ("the last", "the first") if by < 0 else ("the last", "the first", "a beat of 0")
        for form in forms if by else ():
            index = _lines(window, by, form)
            if index is None:
                continue
            empty = index < 0
            index = np.maximum(index, 0)
            there = np.where(empty[at][:, np.newaxis], 0, stream[index[at]])
            score = int(np.count_nonzero(there == window.got[at]))
            if best is None or score > best[0]:
                count = f"{abs(by)} beat{'s' * (abs(by) > 1)}"
                if by < 0:
                    detail = f"{count} short, {form} left out"
                elif form == "a beat of 0":
                    detail = f"{count} long, 0 at the end"
                else:
                    detail = f"{count} long, {form} repeated"
                best = score, detail, index, empty
    if best is not None and best[0] > np.count_nonzero(window.right[at]):
        yield _elsewhere(window, "line_length", *best[1:])


def _lines(window: Window, by: int, form: str) -> NDArray[np.int64] | None:
    """The expected beat of each captured one, -1 for none, if lines have `by` beats more."""
    expected = window.case.expected
    number = int(window.frame_of[0])
    found: list[NDArray[np.int64]] = []
    size = 0
    while size < len(window.got):
        length, frame = expected.line_beats[number], expected.frames[number]
        if length + by < 1:
            return None
        x = np.arange(length + by)
        if form == "the first":
            x = np.maximum(x - by, 0)
        elif form == "the last":
            x = np.minimum(x, length - 1)
        lines = expected.starts[number] + length * np.arange(len(frame))
        index = lines[:, np.newaxis] + x
        if form == "a beat of 0":
            index[:, length:] = -1
        found.append(index.reshape(-1))
        size += index.size
        number = (number + 1) % len(expected.frames)
    return np.concatenate(found)[: len(window.got)]
