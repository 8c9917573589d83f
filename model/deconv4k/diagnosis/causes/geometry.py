"""Faults of place within a frame: phases, lines, fields, sides, shifts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from deconv4k.diagnosis.causes.records import (
    Cause,
    Codes,
    Finding,
    Frames,
    Model,
    Step,
    Window,
    stepped,
)

FAR = 4
"""Most lines and pixels that a frame may be shifted by; a stride more where that is larger."""


def _orders(stride: int) -> list[tuple[int, ...]]:
    """Orders of phases: all of up to three, else one exchange, a turn or the reverse."""
    plain = tuple(range(stride))
    if stride <= 3:
        return list(itertools.permutations(plain))
    orders = [plain, plain[::-1]]
    orders += [plain[by:] + plain[:by] for by in range(1, stride)]
    for a, b in itertools.combinations(plain, 2):
        order = list(plain)
        order[a], order[b] = b, a
        orders.append(tuple(order))
    return list(dict.fromkeys(orders))


def phase_causes(base: Model) -> Iterator[Cause]:
    """Phases of the output in another order."""
    stride = base.config.layer.stride
    plain = tuple(range(stride))

    def permuted(rows: tuple[int, ...], columns: tuple[int, ...]) -> Step:
        def step(get: Frames, number: int) -> Codes:
            right = get(number)
            out = np.empty_like(right)
            for r, s in itertools.product(plain, plain):
                out[r::stride, s::stride] = right[rows[r] :: stride, columns[s] :: stride]
            return out

        return step

    orders = _orders(stride)
    pairs = [(rows, columns) for rows in orders for columns in orders]
    if stride > 3:
        pairs = [(a, b) for a, b in pairs if plain in (a, b) or a == b]
    for rows, columns in pairs:
        if rows != plain or columns != plain:
            said = []
            if rows != plain:
                said.append("rows " + " ".join(map(str, rows)))
            if columns != plain:
                said.append("columns " + " ".join(map(str, columns)))
            yield stepped(base, "phase_order", ", ".join(said), permuted(rows, columns))

    def exchanged(get: Frames, number: int) -> Codes:
        right = get(number)
        out = np.empty_like(right)
        for r, s in itertools.product(plain, plain):
            out[r::stride, s::stride] = right[s::stride, r::stride]
        return out

    if stride > 1:
        yield stepped(base, "phase_order", "(r, s) taken for (s, r)", exchanged)


def screen_causes(base: Model) -> Iterator[Cause]:
    """Sides and fields exchanged on the way to a screen."""
    for detail, rows, columns in (
        ("upside down", -1, 1), ("mirrored, left and right exchanged", 1, -1),
        ("turned by 180 degrees", -1, -1),
    ):  # fmt: skip
        yield stepped(base, "flipped", detail, _turned(rows, columns))

    def swapped(get: Frames, number: int) -> Codes:
        right = get(number)
        out = right.copy()
        even = len(right) // 2 * 2
        out[0:even:2], out[1:even:2] = right[1:even:2], right[0:even:2]
        return out

    yield stepped(base, "fields", "even and odd lines exchanged", swapped)
    for first in (0, 1):
        said = "even lines, then odd ones" if first == 0 else "odd lines, then even ones"
        yield stepped(base, "fields", f"one after the other: {said}", _sequential(first))
        yield stepped(base, "fields", f"joined line by line: {said}", _interleaved(first))
        which = "even" if first == 0 else "odd"
        yield stepped(base, "fields", f"only one: the {which} lines twice", _doubled(first))


def _turned(rows: int, columns: int) -> Step:
    return lambda get, number: get(number)[::rows, ::columns]


def _sequential(first: int) -> Step:
    def step(get: Frames, number: int) -> Codes:
        right = get(number)
        return np.concatenate([right[first::2], right[1 - first :: 2]])

    return step


def _interleaved(first: int) -> Step:
    """The inverse of `_sequential`."""

    def step(get: Frames, number: int) -> Codes:
        right = get(number)
        out = np.empty_like(right)
        count = len(out[first::2])
        out[first::2], out[1 - first :: 2] = right[:count], right[count:]
        return out

    return step


def _doubled(first: int) -> Step:
    def step(get: Frames, number: int) -> Codes:
        right = get(number)
        lines = np.arange(len(right)) // 2 * 2 + first
        return right[np.minimum(lines, len(right) - 1)]

    return step


def shifts(window: Window) -> Iterator[Finding]:
    """The best shift by lines, by pixels and by both, by a sample; then all three in full."""
    case, expected = window.case, window.case.expected
    config = case.config
    far = max(FAR, 2 * config.layer.stride)
    per_beat = config.video.pixels_per_clock
    stream = window.stream
    sample = window.at
    frame = window.frame_of[sample]
    shapes = np.array([f.shape for f in expected.frames])
    lines = np.array(expected.line_beats)[frame]
    y, x = (place[sample] for place in window.coordinates)
    y = y[:, 0]
    height, columns = shapes[frame].T
    every = range(-far, far + 1)
    places = [(dy, dx) for dy in every for dx in every if dy or dx]
    scores = {}
    for dy, dx in places:
        from_y, from_x = y - dy, x - dx
        inside = ((from_y >= 0) & (from_y < height))[:, np.newaxis]
        inside = inside & (from_x >= 0) & (from_x < columns[:, np.newaxis])
        place = expected.starts[frame] + np.clip(from_y, 0, height - 1) * lines
        place = place[:, np.newaxis] + np.clip(from_x, 0, columns[:, np.newaxis] - 1) // per_beat
        there = stream[place, np.clip(from_x, 0, None) % per_beat]
        scores[dy, dx] = np.count_nonzero((there == window.got[sample]) & inside)
    for name, mine in (
        ("shifted_line", [one for one in places if not one[1]]),
        ("shifted_pixel", [one for one in places if not one[0]]),
        ("shifted", [one for one in places if one[0] and one[1]]),
    ):
        dy, dx = max(mine, key=lambda one: scores[one])
        said = []
        if dy:
            said.append(f"{abs(dy)} line{'s' * (abs(dy) > 1)} {'down' if dy > 0 else 'up'}")
        if dx:
            said.append(f"{abs(dx)} pixel{'s' * (abs(dx) > 1)} {'right' if dx > 0 else 'left'}")
        found = [
            window.judge(
                stepped(window.model, name, " and ".join(said), _moved(dy, dx, fill, len(shapes))),
                mixed=True,
            )
            for fill in ("stream", "edge", "zero")
        ]
        yield max(found, key=lambda one: one.explained)


def _moved(dy: int, dx: int, fill: str, count: int) -> Step:
    """Frames moved down by `dy` and right by `dx`, the gap filled in one of three ways."""

    def step(get: Frames, number: int) -> Codes:
        right = get(number)
        rows, columns = right.shape
        if fill == "stream":
            # What goes out at one end of the raster comes in at the other, from the next frame.
            by = dy * columns + dx
            if by == 0 or abs(by) >= right.size:
                return right
            flat, beside = right.reshape(-1), get((number - (1 if by > 0 else -1)) % count)
            beside = beside.reshape(-1)
            short = max(0, abs(by) - len(beside))
            if by > 0:
                gap = np.pad(beside[max(0, len(beside) - by) :], (short, 0))
                flat = np.concatenate([gap, flat[:-by]])
            else:
                flat = np.concatenate([flat[-by:], np.pad(beside[:-by], (0, short))])
            return flat.reshape(rows, columns)
        if fill == "edge":
            y = np.clip(np.arange(rows) - dy, 0, rows - 1)
            x = np.clip(np.arange(columns) - dx, 0, columns - 1)
            return right[np.ix_(y, x)]
        out = np.zeros_like(right)
        to_y, to_x = slice(max(0, dy), rows + min(0, dy)), slice(max(0, dx), columns + min(0, dx))
        from_y = slice(max(0, -dy), rows + min(0, -dy))
        from_x = slice(max(0, -dx), columns + min(0, -dx))
        out[to_y, to_x] = right[from_y, from_x]
        return out

    return step
