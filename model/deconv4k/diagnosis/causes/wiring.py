"""Faults of the bus: bits that stick, and bits, bytes or pixels that change places in a beat."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from deconv4k.diagnosis.causes.records import Cause, Finding, Model, Window, Wire, likeness
from deconv4k.diagnosis.expected import Lanes, raw_format
from deconv4k.rtl import bus

SAME = 0.9
"""Share of beats in which a bit must be as another one to be taken for it."""


def wired(base: Model, name: str, detail: str, wire: Wire, free: int = 0) -> Cause:
    """A cause that does something to the beats, after what was done to them before."""
    return Cause(name, detail, replace(base, wires=(*base.wires, wire)), free)


def nothing_written(window: Window) -> Iterator[Finding]:
    """One value in all beats."""
    value = window.got[0, 0]
    if (window.got == value).all() and not (window.want == value).all():
        detail = f"the code {int(value)}; was the buffer written, the cache flushed?"
        cause = wired(
            window.model, "nothing_written", detail, lambda lanes: np.full_like(lanes, value)
        )
        yield window.judge(cause)


def stuck_bits(window: Window) -> Iterator[Finding]:
    """Bits of TDATA, or of every output pixel, that never change and sometimes should."""
    config = window.case.config
    width, per_beat = config.formats.output.width, config.video.pixels_per_clock
    full = slice(None) if window.real is None else window.real.all(axis=1)
    got, want = window.got[full], window.want[full]
    if not len(got):
        return
    never, always = np.bitwise_or.reduce(got), np.bitwise_and.reduce(got)
    differs = np.bitwise_or.reduce(got ^ want)
    bits: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
    for lane, bit in itertools.product(range(per_beat), range(width)):
        if int(differs[lane]) >> bit & 1:
            if not int(never[lane]) >> bit & 1:
                bits[0].append((lane, bit))
            elif int(always[lane]) >> bit & 1:
                bits[1].append((lane, bit))

    def forced(group: list[tuple[int, int, int]], detail: str) -> Finding:
        cause = wired(window.model, "stuck_bit", detail, _forced(group, width))
        finding = window.judge(cause)
        if window.real is None or not any(value for *_, value in group):
            return finding
        # Filling is zero if the bit sticks before the beats are put together.
        would = np.where(window.real, cause.model.wires[-1](window.want), window.want)
        other = window.judge(cause, would)
        return max(finding, other, key=lambda one: np.count_nonzero(one.right))

    every: list[tuple[int, int, int]] = []
    for value, found in bits.items():
        for bit in dict.fromkeys(bit for _, bit in found):
            lanes = [lane for lane, other in found if other == bit]
            group = [(lane, bit, value) for lane in lanes]
            every += group
            if len(lanes) == per_beat and per_beat > 1:
                yield forced(group, f"bit {bit} of every output pixel at {value}")
            else:
                for one in group:
                    place = width * one[0] + bit
                    yield forced(
                        [one], f"bit {bit} of pixel {one[0]} of a beat (TDATA[{place}]) at {value}"
                    )
    if len(every) > 1:
        said = ", ".join(f"TDATA[{width * lane + bit}] at {v}" for lane, bit, v in every[:8])
        yield forced(every, said + (" ..." if len(every) > 8 else ""))


def _forced(group: list[tuple[int, int, int]], width: int) -> Wire:
    def wire(lanes: Lanes) -> Lanes:
        out = lanes.copy()
        kind = out.dtype.type
        for lane, bit, value in group:
            if value:
                out[:, lane] |= kind(1 << bit)
            else:
                out[:, lane] &= kind(~(1 << bit) & ((1 << width) - 1))
        return out

    return wire


def swapped_pixels(window: Window) -> Iterator[Finding]:
    """Pixels in another order in the beat: by equal pixels, and by how alike they are."""
    per_beat = window.got.shape[1]
    if per_beat < 2:
        return
    got, want = window.got[window.at], window.want[window.at]
    equal = [[np.count_nonzero(got[:, i] == want[:, j]) for j in range(per_beat)]
             for i in range(per_beat)]  # fmt: skip
    plain = np.eye(per_beat, dtype=np.int64)
    found = []
    # Where lanes carry the same pixels the order is free: as it should be, then.
    for favour in (
        np.array(equal) * (per_beat + 1) + plain,
        np.abs(_likeness(got, want)) + 1e-6 * plain,
    ):
        order = linear_sum_assignment(favour, maximize=True)[1].tolist()
        if order != list(range(per_beat)) and order not in found:
            found.append(order)
            detail = "from the left: " + " ".join(map(str, order))
            back = np.argsort(order)
            finding = window.judge(wired(window.model, "swapped_pixels", detail, _taken(order)))
            yield replace(finding, after=_with_pixels(window, window.got[:, back]))


def _taken(order: list[int]) -> Wire:
    return lambda lanes: lanes[:, order]


def _with_pixels(window: Window, got: Lanes) -> Callable[[], Window]:
    """The window with the fault undone in the capture."""
    return lambda: Window(
        window.model, np.ascontiguousarray(got), window.index, window.lost, breaks=window.breaks
    )


def _likeness(got: NDArray[np.generic], want: NDArray[np.generic]) -> NDArray[np.float64]:
    """Correlation of every column of one with every column of the other."""
    here, there = got.astype(np.float64), want.astype(np.float64)
    here, there = here - here.mean(axis=0), there - there.mean(axis=0)
    scale = np.sqrt(np.outer((here**2).sum(axis=0), (there**2).sum(axis=0)))
    together: NDArray[np.float64] = np.einsum("ni,nj->ij", here, there)
    return together / np.maximum(scale, 1e-9)


def byte_orders(window: Window) -> Iterator[Finding]:
    """Bytes reversed in a beat, in a pixel, or in words across the beats."""
    config = window.case.config
    width = config.formats.output.width
    beats = bus.pack(window.got, width)
    size = beats.shape[1]
    groups = {size: f"the {size} bytes of a beat reversed"}
    for group in (8, 4, 2):
        groups.setdefault(group, f"bytes reversed in every {8 * group} bits")
    if width > 8 and width % 8 == 0:
        groups[width // 8] = "the bytes of every pixel reversed"
    for group, detail in groups.items():
        used = beats.size // group * group
        if width == 8 and group < size and size % group == 0:
            continue  # pixels that change places within a beat
        if group < 2 or beats.size < group or (used < beats.size and size % group == 0):
            continue
        flat = beats.reshape(-1).copy()
        flat[:used] = flat[:used].reshape(-1, group)[:, ::-1].reshape(-1)
        yield undone(window, "byte_order", detail, flat.reshape(beats.shape))


def undone(window: Window, name: str, detail: str, beats: NDArray[np.uint8]) -> Finding:
    """A finding of a fault that can be undone in the capture: its beats without it."""
    config = window.case.config
    got = bus.unpack(beats, raw_format(config), config.video.pixels_per_clock)
    right = got == window.want
    if window.lost is not None:
        right |= window.lost
    return Finding(
        name, detail, window.count(right), right, _with_pixels(window, got),
        alike=likeness(got[window.at], window.want[window.at]),
    )  # fmt: skip


def exchanged_bits(window: Window) -> Iterator[Finding]:
    """Bits in another order, or inverted: each captured one is looked for among the expected."""
    width, per_beat = window.case.config.formats.output.width, window.got.shape[1]
    got, want = (_bits(lanes[window.at], width) for lanes in (window.got, window.want))
    alike = _likeness(got, want)
    size = width * per_beat
    order = linear_sum_assignment(np.abs(alike) + 1e-6 * np.eye(size), maximize=True)[1]
    source, inverse = np.arange(size), np.zeros(size, dtype=bool)
    for bit, other in enumerate(order):
        agree = np.mean(got[:, bit] == want[:, other])
        varies = got[:, bit].any() and not got[:, bit].all()
        if varies and max(agree, 1 - agree) > SAME:
            source[bit], inverse[bit] = other, agree < 0.5
    # A bit that seems to come from two places keeps its own.
    if len(np.unique(source)) < size:
        taken = source[source != np.arange(size)]
        source = np.where(np.isin(np.arange(size), taken), order, source)
    name, detail = _arrangement(source, inverse, width)
    if name:
        moved = [
            (bit, int(source[bit]), bool(inverse[bit]))
            for bit in range(size)
            if source[bit] != bit or inverse[bit]
        ]
        cause = wired(window.model, name, detail, _rewired(moved, width), len(moved))
        back = [(other, bit, inverse) for bit, other, inverse in moved]
        got = _rewired(back, width)(window.got)
        yield replace(window.judge(cause), after=_with_pixels(window, got))


def _bits(lanes: Lanes, width: int) -> NDArray[np.bool_]:
    """(N, bits of TDATA)."""
    raw = lanes.astype(np.int64)[:, :, np.newaxis] >> np.arange(width) & 1
    return raw.reshape(len(lanes), -1).astype(bool)


def _arrangement(
    source: NDArray[np.int64], inverse: NDArray[np.bool_], width: int
) -> tuple[str, str]:
    """The name and the form of bits in another order; no name where pixels alone change places."""
    places = source.reshape(-1, width) - np.arange(len(source)).reshape(-1, width)[:, :1]
    turned = inverse.reshape(-1, width)
    alike = (places == places[0]).all() and (turned == turned[0]).all()
    own = (places[0] == np.arange(width)).all()
    if alike and own and turned[0].any():
        if turned[0].all():
            return "inverted", "every bit of the output"
        if turned[0][-1] and not turned[0][:-1].any():
            return "offset_binary", "the highest bit of every output pixel inverted"
    if alike and not inverse.any() and (places[0] == np.arange(width)[::-1]).all() and width > 1:
        return "bits_reversed", "of every output pixel"
    whole = (places - places[:, :1] == np.arange(width)).all() and not inverse.any()
    if whole:
        return "", ""
    said = [
        f"TDATA[{bit}] and TDATA[{other}] exchanged"
        if source[other] == bit
        else f"TDATA[{bit}] from {other}"
        for bit, other in enumerate(source)
        if other != bit and (bit < other or source[other] != bit)
    ]
    said += [f"TDATA[{bit}] inverted" for bit in np.flatnonzero(inverse)]
    return "bits_exchanged", ", ".join(said[:4]) + (" ..." if len(said) > 4 else "")


def _rewired(moved: list[tuple[int, int, bool]], width: int) -> Wire:
    def wire(lanes: Lanes) -> Lanes:
        out = lanes.copy()
        kind = out.dtype.type
        for bit, other, inverse in moved:
            value = lanes[:, other // width] >> kind(other % width) & kind(1)
            if inverse:
                value = value ^ kind(1)
            lane, place = divmod(bit, width)
            out[:, lane] &= kind(~(1 << place) & ((1 << width) - 1))
            out[:, lane] |= value << kind(place)
        return out

    return wire
