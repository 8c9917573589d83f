"""Faults that give every output code another one, and bits that flip at random."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from deconv4k.diagnosis.causes.records import Finding, Window, Wire
from deconv4k.diagnosis.causes.setup import as_lanes
from deconv4k.diagnosis.causes.wiring import wired
from deconv4k.diagnosis.expected import Lanes, to_codes

GAMMAS = (2.2, 2.4, 2.0, 1.8, 2.6)
"""Exponents that are usual."""

MOST_FLIPPED = 0.03
"""Share of flipped bits up to which they are told from noise."""

Floats = NDArray[np.float64]

Scale = Callable[[Floats], Floats]
"""From 0 to 1, to 0 to 1."""


def levels(window: Window) -> Iterator[Finding]:
    """Codes that are replaced by others: by a rule that is known, or by a table."""
    tried = []
    for name, detail, lanes in _rules(window):
        if window.pays(lanes(window.want[window.at])):
            tried.append(window.judge(wired(window.model, name, detail, _looked_up(window, lanes))))
    yield from tried
    yield from _table(window)


def _looked_up(window: Window, lanes: Wire) -> Wire:
    """The same by a table, where there are more pixels than codes."""
    width = window.case.config.formats.output.width
    if width > 16 or window.pixels < 1 << width:
        return lanes
    table = lanes(np.arange(1 << width).astype(window.want.dtype))
    return lambda given: table[given]


def _curves(width: int, full: float) -> Iterator[tuple[str, str, Scale]]:
    """Curves that are usual, from 0 to 1 to about the same."""
    dark, bright = 16 * 2.0 ** (width - 8) / full, 235 * 2.0 ** (width - 8) / full
    span = bright - dark
    yield "limited_range", "16 to 235 of 8 bits for 0 to 255", lambda share: dark + share * span
    yield "limited_range", "0 to 255 of 8 bits for 16 to 235", lambda share: (share - dark) / span
    for gamma in GAMMAS:
        yield "gamma", f"exponent {gamma}", _power(gamma)
        yield "gamma", f"exponent 1 / {gamma}", _power(1 / gamma)
    yield "gamma", "sRGB's curve", _srgb
    yield "gamma", "sRGB's curve undone", _srgb_undone
    yield "gamma", "BT.709's curve", _bt709


def _power(gamma: float) -> Scale:
    return lambda share: np.asarray(share**gamma)


def _srgb(share: Floats) -> Floats:
    return np.where(share <= 0.0031308, 12.92 * share, 1.055 * share ** (1 / 2.4) - 0.055)


def _srgb_undone(share: Floats) -> Floats:
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _bt709(share: Floats) -> Floats:
    return np.where(share < 0.018, 4.5 * share, 1.099 * share**0.45 - 0.099)


def _rules(window: Window) -> Iterator[tuple[str, str, Wire]]:
    config = window.case.config
    output = config.formats.output
    width, low = output.width, output.min_code
    full = float(output.max_code - low)

    def scaled(scale: Scale, more: float) -> Wire:
        def lanes(given: Lanes) -> Lanes:
            share = (to_codes(config, given) - low) / full
            codes = np.clip(np.floor(scale(share) * full + more), 0, full).astype(np.int64)
            return as_lanes(config, codes + low)

        return lanes

    def moved(by: int, *, signed: bool = False) -> Wire:
        def lanes(given: Lanes) -> Lanes:
            codes = to_codes(config, given) if signed else given.astype(np.int64)
            return as_lanes(config, codes << by if by > 0 else codes >> -by)

        return lanes

    for name, detail, curve in _curves(width, full):
        yield name, f"{detail}, rounded", scaled(curve, 0.5)
        yield name, f"{detail}, cut", scaled(curve, 0)
    for by in range(1, width):
        bits = f"{by} bit{'s' * (by > 1)}"
        yield "justified", f"{bits} too far left", moved(by)
        yield "justified", f"{bits} too far right", moved(-by)
        if output.signed:
            yield "justified", f"{bits} too far right, with the sign", moved(-by, signed=True)
    if output.signed:
        yield "sign", "output negated", lambda given: as_lanes(config, -to_codes(config, given))


def _table(window: Window) -> Iterator[Finding]:
    """The table that most of the codes speak for, made of one half and judged by the other."""
    width = window.case.config.formats.output.width
    if width > 16:
        return
    count = 1 << width
    half = np.zeros(len(window.got), dtype=bool)
    half[::2] = True
    tables = []
    for part in (half, ~half):
        given = window.want[part] if window.real is None else window.want[part][window.real[part]]
        there = window.got[part] if window.real is None else window.got[part][window.real[part]]
        pairs, often = np.unique(
            given.astype(np.int64).reshape(-1) * count + there.reshape(-1), return_counts=True
        )
        order = np.argsort(often, kind="stable")
        table = np.arange(count)
        table[pairs[order] // count] = pairs[order] % count
        tables.append(table)
    crossed = np.where(half[:, np.newaxis], tables[1][window.want], tables[0][window.want])
    right = window.count(crossed == window.got)
    table = tables[0]
    entries = int(np.count_nonzero(table != np.arange(count)))
    if not entries or right <= window.matches + (window.pixels - window.matches) // 2:
        return
    name, detail = _curve(window, table)

    def lanes(given: Lanes) -> Lanes:
        return table[given].astype(given.dtype)

    yield window.judge(wired(window.model, name, detail, lanes, entries))


def _curve(window: Window, table: NDArray[np.int64]) -> tuple[str, str]:
    """What a table of codes looks like."""
    config = window.case.config
    output = config.formats.output
    seen = np.unique(window.want)
    x = to_codes(config, seen) - output.min_code
    y = to_codes(config, table[seen]) - output.min_code
    full = output.max_code - output.min_code
    order = np.argsort(x)
    x, y = x[order].astype(float), y[order].astype(float)
    inner = (x > 0) & (y > 0) & (x < full) & (y < full)
    if (np.diff(y) < 0).any() or inner.sum() < 8:
        return "lookup_table", f"{len(seen)} codes"
    slope, start = np.polyfit(x[inner], y[inner], 1)
    if np.abs(np.clip(start + slope * x, 0, full) - y).max() <= 1.5:
        return "limited_range", f"{start:+.1f} and {slope:.3f} times the code"
    across, up = np.log(x[inner] / full), np.log(y[inner] / full)
    gamma = float((across * up).sum() / (across**2).sum())
    if np.abs(full * (x / full) ** gamma - y).max() <= 1.5 + full / 128:
        return "gamma", f"exponent about {gamma:.2f}"
    return "lookup_table", f"{len(seen)} codes, rising"


def bit_errors(window: Window) -> Iterator[Finding]:
    """Bits that flip at random: everywhere alike, up and down."""
    width = window.case.config.formats.output.width
    if np.mean(window.right[window.at]) < 1 - MOST_FLIPPED * width:
        return
    wrong = ~window.right if window.real is None else ~window.right & window.real
    beats, lanes = np.nonzero(wrong)
    flips = (window.got ^ window.want)[beats, lanes].astype(np.int64)[:, np.newaxis]
    flips = flips >> np.arange(width) & 1
    total, pixels = int(flips.sum()), window.pixels
    rate = total / (pixels * width)
    if total < 4 or rate > MOST_FLIPPED:
        return
    # Alike in every bit of the bus, and along the capture: within four deviations.
    per_beat = window.got.shape[1]
    groups = np.zeros((per_beat, width))
    np.add.at(groups, lanes, flips)
    parts = np.zeros(8)
    np.add.at(parts, beats * 8 // len(window.got), flips.sum(axis=1))
    for counts in (groups, parts):
        due = total / counts.size
        if (np.abs(counts - due) > 3 + 4 * np.sqrt(due)).any():
            return
    # Of the flips in a pixel as many as independent ones would have.
    due = (1 - (1 - rate) ** width) * pixels
    if abs(len(beats) - due) > 3 + 4 * np.sqrt(due):
        return
    if total >= 16 and np.count_nonzero(groups) < min(4, groups.size):
        return
    detail = (
        f"about 1 bit in {round(1 / rate):,} ({total:,} in {pixels:,} pixels), everywhere alike"
    )
    yield window.lose(
        "bit_errors", detail, np.where(wrong, window.got, window.want), len(beats) // 2
    )
