"""Faults with a number that is looked for: a bias, a weight, the code around the frame.

A captured code says between which two numbers its sum was. If the fault adds n * x to the sum, x
known, every pixel leaves a range for n; the n that most ranges hold is the fault's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k.diagnosis.causes.border import SIDES, at_border, constant, margin
from deconv4k.diagnosis.causes.records import Cause, Codes, Finding, Model, Window
from deconv4k.diagnosis.causes.setup import moved, rounded
from deconv4k.diagnosis.expected import to_codes
from deconv4k.errors import InputError
from deconv4k.formats import Overflow

PIXELS = 16384
"""Pixels by which a number is looked for."""

Ints = NDArray[np.int64]


class Probe(NamedTuple):
    """Captured pixels that say something about their sums."""

    frame: Ints
    y: Ints
    x: Ints
    low: Ints
    """Least that the sum may be more than it should be."""
    high: Ints
    """Most."""


def _probe(window: Window, chosen: NDArray[np.bool_]) -> Probe:
    """Of the chosen lanes, some that are no limit of the range."""
    config, model = window.case.config, window.model
    output = config.formats.output
    if window.real is not None:
        chosen = chosen & window.real
    if window.lost is not None:
        chosen = chosen & ~window.lost
    beats, lanes = np.nonzero(chosen)
    kept = np.unique(np.linspace(0, max(0, len(beats) - 1), PIXELS).astype(np.int64))
    beats, lanes = beats[kept[: len(beats)]], lanes[kept[: len(lanes)]]
    codes = to_codes(config, window.got[beats, lanes])
    inner = np.ones(len(codes), dtype=bool)
    if output.overflow is not Overflow.AP_WRAP:
        inner = (codes > output.lowest_code) & (codes < output.max_code)
        if output.overflow is Overflow.AP_SAT_ZERO:
            inner &= codes != 0
    beats, lanes, codes = beats[inner], lanes[inner], codes[inner]
    y, x = (window.coordinates[0][beats, 0], window.coordinates[1][beats, lanes])
    frame = window.frame_of[beats]
    sums = np.empty(len(codes), dtype=np.int64)
    for number in np.unique(frame):
        here = frame == number
        y[here], x[here] = model.origin(int(number), y[here], x[here])
        sums[here] = model.sums(int(number))[y[here], x[here]]
    low, high = _range(window, codes, sums)
    return Probe(frame, y, x, low - sums, high - sums)


def _origins(window: Window) -> tuple[Ints, Ints]:
    """Line and x of every lane before what was done to the frames, both (N, pixels a beat)."""
    y, x = window.coordinates
    y = np.broadcast_to(y, x.shape)
    if not window.model.steps:
        return y, x
    from_y, from_x = y.copy(), x.copy()
    for number in window.frames:
        here = window.frame_of == number
        columns = window.case.expected.frames[number].shape[1]
        inside = np.minimum(x[here], columns - 1)
        from_y[here], from_x[here] = window.model.origin(int(number), y[here], inside)
    return from_y, from_x


def _range(window: Window, codes: Ints, sums: Ints) -> tuple[Ints, Ints]:
    """The sums that give output codes, of those near `sums` where several ranges do."""
    config = window.case.config
    shift, output = config.formats.output_shift, config.formats.output
    if shift <= 0:
        there = codes >> -shift
        return there, there
    if output.overflow is Overflow.AP_WRAP:
        turns = np.rint((sums / 2.0**shift - codes) / 2.0**output.width).astype(np.int64)
        codes = codes + (turns << output.width)
    middle, step, half = codes << shift, 1 << shift, 1 << shift - 1
    low = np.full_like(middle, np.iinfo(np.int64).max)
    high = np.full_like(middle, np.iinfo(np.int64).min)
    for by in (1 - step, -half, 1 - half, 0, half - 1, half, step - 1):
        gives = rounded(middle + by, config) == codes
        low = np.where(gives, np.minimum(low, middle + by), low)
        high = np.where(gives, np.maximum(high, middle + by), high)
    return low, high


def _most_held(low: Ints, high: Ints) -> tuple[int, int, int]:
    """How many ranges hold the number that most of them hold, and which numbers these are."""
    kept = low <= high
    places = np.concatenate([low[kept], high[kept] + 1])
    if not len(places):
        return 0, 0, 0
    change = np.repeat([1, -1], len(places) // 2)
    order = np.argsort(places, kind="stable")
    places, held = places[order], np.cumsum(change[order])
    # Only after all changes at a place.
    last = np.append(places[1:] != places[:-1], True)
    places, held = places[last], held[last]
    best = int(held.argmax())
    return int(held[best]), int(places[best]), int(places[min(best + 1, len(places) - 1)]) - 1


def _simplest(low: int, high: int) -> int:
    """Of the numbers from one to another: 0, a power of two, or the one nearest to 0."""
    if low <= 0 <= high:
        return 0
    sign = 1 if low > 0 else -1
    least, most = sorted((abs(low), abs(high)))
    power = 1 << (least - 1).bit_length()
    return sign * (power if power <= most else least)


def fits(window: Window) -> Iterator[Finding]:
    """A bias, a weight or a border of another value, where a number explains the errors."""
    model = window.model
    if model.finish is not None or model.wires:
        return
    try:
        yield from _bias(window)
        yield from _weight(window)
        if at_border(window):
            yield from _border(window)
    except InputError:
        return  # not a value that the formats allow


def _bias(window: Window) -> Iterator[Finding]:
    probe = _probe(window, np.ones(window.got.shape, dtype=bool))
    count, low, high = _most_held(probe.low, probe.high)
    by = _simplest(low, high)
    if not by or count <= np.count_nonzero((probe.low <= 0) & (probe.high >= 0)):
        return
    bias, shift = window.case.bias, window.case.config.formats.output_shift
    detail = f"{by:+d} added to every sum, {by / 2.0**shift:+.4g} LSB of the output"
    if bias is not None:
        code = int(bias[0])
        flipped = code ^ (code + by)
        if flipped > 0 and flipped & (flipped - 1) == 0:
            detail = f"{code + by} for {code}, off by bit {flipped.bit_length() - 1}"
        else:
            detail = f"{code + by} for {code}"
    yield window.judge(Cause("bias", detail, replace(window.model, finish=moved(by)), 2))


def _weight(window: Window) -> Iterator[Finding]:
    """The tap whose change explains most errors, in the phase that has most of them."""
    model, config = window.model, window.case.config
    layer, formats = config.layer, config.formats
    stride, padding = layer.stride, layer.padding
    wrong = ~window.right
    y, x = _origins(window)
    phase = y % stride * stride + x % stride
    if window.real is not None:
        wrong = wrong & window.real
    often = np.bincount(phase[wrong], minlength=stride * stride)
    number = int(often.argmax())
    if 2 * often[number] < often.sum():
        return
    probe = _probe(window, phase == number)
    if not len(probe.y):
        return
    r, s = divmod(number, stride)
    pixels = [model.feed(n).astype(np.int64) for n in range(len(window.case.expected.frames))]
    none = int(np.count_nonzero((probe.low <= 0) & (probe.high >= 0)))
    best = (none, 0, (0, 0, 0))
    for ky in range((r + padding) % stride, layer.kernel, stride):
        for kx in range((s + padding) % stride, layer.kernel, stride):
            row, column = (probe.y + padding - ky) // stride, (probe.x + padding - kx) // stride
            for channel in range(layer.in_channels):
                factor = np.zeros(len(row), dtype=np.int64)
                for n, plane in enumerate(pixels):
                    _, height, width = plane.shape
                    here = (probe.frame == n) & (row >= 0) & (row < height)
                    here &= (column >= 0) & (column < width)
                    factor[here] = plane[channel, row[here], column[here]]
                count, low, high = _held(probe, factor)
                if count > best[0] and _simplest(low, high):
                    best = (count, _simplest(low, high), (channel, ky, kx))
    _, by, (channel, ky, kx) = best
    if not by:
        return
    weights = model.weights.astype(np.int64)
    right = int(weights[channel, 0, ky, kx])
    weights[channel, 0, ky, kx] += by
    formats.weight.check_codes(weights, "weights")
    word = (channel * layer.kernel + ky) * layer.kernel + kx
    detail = (
        f"channel {channel}, ky {ky}, kx {kx} (word {word} of KERNEL_DATA): {right + by} "
        f"for {right}"
    )
    yield window.judge(Cause("weight", detail, replace(model, weights=weights), 4))


def _held(probe: Probe, factor: Ints) -> tuple[int, int, int]:
    """As `_most_held`, of the numbers that times `factor` lie in the ranges."""
    there = factor != 0
    some = factor[there]
    a, b = probe.low[there], probe.high[there]
    a, b = np.where(some > 0, a, -b), np.where(some > 0, b, -a)
    size = np.abs(some)
    count, low, high = _most_held(-(-a // size), b // size)
    idle = ~there & (probe.low <= 0) & (probe.high >= 0)
    return count + int(np.count_nonzero(idle)), low, high


def _border(window: Window) -> Iterator[Finding]:
    """One code around the frame, for each choice of sides."""
    model, case = window.model, window.case
    if margin(model) < 1:
        return
    pixel = model.config.formats.pixel
    probe = _probe(window, np.ones(window.got.shape, dtype=bool))
    none = int(np.count_nonzero((probe.low <= 0) & (probe.high >= 0)))
    best: tuple[int, int, str, str] = (none, 0, "", "")
    for sides, where in SIDES:
        reach = replace(model, pad=constant(1, sides), feed=_zeros(model))
        factor = np.zeros(len(probe.y), dtype=np.int64)
        for number in range(len(case.expected.frames)):
            here = probe.frame == number
            if here.any():
                sums = reach.sums(number)
                factor[here] = sums[probe.y[here], probe.x[here]]
        if case.bias is not None:
            factor -= int(case.bias[0])
        count, low, high = _held(probe, factor)
        value = _simplest(low, high)
        if count > best[0] and value and pixel.min_code <= value <= pixel.max_code:
            best = (count, value, sides, where)
    _, value, sides, where = best
    if value:
        detail = f"the code {value}, {where}"
        yield window.judge(Cause("border", detail, replace(model, pad=constant(value, sides)), 2))


def _zeros(model: Model) -> Callable[[int], Codes]:
    return lambda number: np.zeros_like(model.feed(number))
