"""Known causes of a wrong output, each as a model of what it would give.

A fault in the arithmetic or at the frame's border is computed by the golden model with that one
thing changed; a fault on the bus is done to the expected beats. What a cause explains is counted:
the captured pixels that it predicts. So a cause is found by its effect alone, and two that have
the same effect cannot be told apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from deconv4k import bus, golden, kernels
from deconv4k.config import Config
from deconv4k.diff.expected import Expected, Lanes, raw_format, to_lanes
from deconv4k.errors import InputError
from deconv4k.fixed import Format, Overflow, Rounding

Codes = NDArray[Any]

NAMES = {
    "nothing_written": "nothing written: one value everywhere",
    "stuck_bit": "stuck bit",
    "shifted_line": "shifted by a line",
    "dropped_beat": "dropped beat",
    "doubled_beat": "doubled beat",
    "slipped_beats": "beats dropped and doubled",
    "shifted_pixel": "shifted by a pixel",
    "byte_order": "byte order",
    "swapped_pixels": "swapped pixels in a beat",
    "kernel_not_turned": "kernel not turned by 180 degrees",
    "kernel_transposed": "kernel transposed",
    "phase_order": "wrong phase order",
    "rounding": "wrong rounding",
    "overflow": "wrong overflow",
    "sign": "sign error",
    "old_kernel": "old kernel",
    "previous_frame": "previous frame left over in the line buffer",
    "border": "border not zeroed",
}
"""Every cause by its name for machines. Of causes that explain the same, the earlier one leads."""

RANKS = {name: rank for rank, name in enumerate(NAMES)}

GRAVE = {"kernel_not_turned", "kernel_transposed", "old_kernel", "sign", "phase_order", "stuck_bit"}
"""Causes after which hardly a pixel is right."""

FAR = 4
"""Most lines and pixels that a frame may be shifted by; a stride more where that is larger."""

SLIP = 4
"""Most beats that may be missing or too many at any point."""

SLIPS = 16
"""Most places at which beats may be dropped or doubled."""


@dataclass(frozen=True, eq=False)
class Set:
    """What the causes know: a set's configuration, kernel, inputs and outputs.

    Parameters
    ----------
    config : Config
    inputs : function of a frame's number, giving ndarray of int, (C_in, H, W)
    expected : Expected
    weights : ndarray of int, (C_in, 1, K, K)
    bias : ndarray of int, (1,), or None
    previous : dict of str to ndarray of int, (C_in, 1, K, K)
        Kernels that may be left from before, by name.
    """

    config: Config
    inputs: Callable[[int], Codes]
    expected: Expected
    weights: Codes
    bias: Codes | None
    previous: dict[str, Codes] = field(default_factory=dict)


@dataclass(frozen=True)
class Cause:
    """A cause that gives whole frames.

    Parameters
    ----------
    name : str
        A key of `NAMES`.
    detail : str
        Which of its forms.
    frame : function of a frame's number, giving ndarray of int, (OH, OW)
        Output codes as it would have them.
    """

    name: str
    detail: str
    frame: Callable[[int], Codes]


@dataclass(frozen=True, eq=False)
class Finding:
    """What a cause explains of a capture.

    Parameters
    ----------
    name, detail : str
        As `Cause`.
    explained : int
        Pixels of the capture that it predicts.
    right : ndarray of bool, (N, pixels a beat)
        Which.
    frames : list of int, or None
        Captured frames, counted from 0, that it affects; None for all.
    """

    name: str
    detail: str
    explained: int
    right: NDArray[np.bool_]
    frames: list[int] | None = None


def known_kernels(config: Config, weights: Codes) -> dict[str, Codes]:
    """Kernels that an engine may hold before it gets its own: the default and the named ones."""
    layer, target = config.layer, config.formats.weight
    found: dict[str, Codes] = {}
    for name in kernels.NAMES:
        try:
            found[f"the {name} kernel"] = kernels.to_codes(
                kernels.named(name, layer), layer, target
            )
        except InputError:
            continue  # not for this layer, or not in this format
    return {name: codes for name, codes in found.items() if not np.array_equal(codes, weights)}


def frame_causes(case: Set) -> Iterator[Cause]:
    """Every form of every cause that gives whole frames."""
    yield from _kernel_causes(case)
    yield from _arithmetic_causes(case)
    yield from _phase_causes(case)
    yield from _border_causes(case)
    yield from _input_bits(case)


def _with(case: Set, name: str, detail: str, **changes: Any) -> Cause:
    """The golden model with another configuration or kernel, or other pixels."""
    config = changes.get("config", case.config)
    weights = changes.get("weights", case.weights)
    pixels = changes.get("pixels", lambda codes: codes)

    def frame(number: int) -> Codes:
        out = golden.run(config, pixels(case.inputs(number)), weights, case.bias)
        return np.asarray(out[0])

    return Cause(name, detail, frame)


def _kernel_causes(case: Set) -> Iterator[Cause]:
    w = case.weights
    across, down, turned = w[..., ::-1], w[..., ::-1, :], w[..., ::-1, ::-1]
    swapped = w.swapaxes(2, 3)
    forms = [
        ("kernel_not_turned", "rows and columns in the wrong order", turned),
        ("kernel_not_turned", "columns alone in the wrong order", across),
        ("kernel_not_turned", "rows alone in the wrong order", down),
        ("kernel_transposed", "rows and columns exchanged", swapped),
        ("kernel_transposed", "exchanged and not turned", swapped[..., ::-1, ::-1]),
    ]
    forms += [("old_kernel", name, codes) for name, codes in case.previous.items()]
    for name, detail, weights in forms:
        if not np.array_equal(weights, w):
            yield _with(case, name, detail, weights=np.ascontiguousarray(weights))


def _arithmetic_causes(case: Set) -> Iterator[Cause]:
    formats = case.config.formats

    def other(name: str, **changes: Any) -> Config:
        changed = replace(getattr(formats, name), **changes)
        return replace(case.config, formats=replace(formats, **{name: changed}))

    for node in ("output", "product"):
        target: Format | None = getattr(formats, node)
        if target is None:
            continue
        where = "" if node == "output" else " of the products"
        for mode in Rounding:
            if mode is not target.rounding:
                detail = f"{mode.name} for {target.rounding.name}{where}"
                yield _with(case, "rounding", detail, config=other(node, rounding=mode))
        for way in Overflow:
            if way is not target.overflow:
                detail = f"{way.name} for {target.overflow.name}{where}"
                yield _with(case, "overflow", detail, config=other(node, overflow=way))
        plain = {"rounding": Rounding.AP_TRN, "overflow": Overflow.AP_WRAP}
        if target.rounding is not Rounding.AP_TRN and target.overflow is not Overflow.AP_WRAP:
            detail = f"AP_TRN and AP_WRAP, which an HLS type has if nothing is said{where}"
            yield _with(case, "rounding", detail, config=other(node, **plain))
    for node, codes in (("pixel", "pixels"), ("weight", "weights")):
        target = getattr(formats, node)
        kind = "unsigned" if target.signed else "signed"
        changed = other(node, signed=not target.signed)
        reread = _reread(getattr(changed.formats, node))
        detail = f"{codes} read as {kind}"
        if node == "pixel":
            yield _with(case, "sign", detail, config=changed, pixels=reread)
        else:
            yield _with(case, "sign", detail, config=changed, weights=reread(case.weights))
    kind = "unsigned" if formats.output.signed else "signed"
    changed = other("output", signed=not formats.output.signed)
    yield _with(case, "sign", f"output limited as if it were {kind}", config=changed)
    if formats.weight.signed and -case.weights.min() <= formats.weight.max_code:
        yield _with(case, "sign", "weights negated", weights=-case.weights)


def _reread(target: Format) -> Callable[[Codes], Codes]:
    """Codes whose bits are read in another format of the same width."""

    def reread(codes: Codes) -> Codes:
        raw = codes.astype(np.int64) & ((1 << target.width) - 1)
        return np.where(raw > target.max_code, raw - (1 << target.width), raw)

    return reread


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


def _phase_causes(case: Set) -> Iterator[Cause]:
    stride = case.config.layer.stride
    plain = tuple(range(stride))

    def permuted(rows: tuple[int, ...], columns: tuple[int, ...]) -> Callable[[int], Codes]:
        def frame(number: int) -> Codes:
            right = case.expected.frames[number]
            out = np.empty_like(right)
            for r, s in itertools.product(plain, plain):
                out[r::stride, s::stride] = right[rows[r] :: stride, columns[s] :: stride]
            return out

        return frame

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
            yield Cause("phase_order", ", ".join(said), permuted(rows, columns))

    def exchanged(number: int) -> Codes:
        right = case.expected.frames[number]
        out = np.empty_like(right)
        for r, s in itertools.product(plain, plain):
            out[r::stride, s::stride] = right[s::stride, r::stride]
        return out

    if stride > 1:
        yield Cause("phase_order", "(r, s) taken for (s, r)", exchanged)


Pad = Callable[[Codes, int, int], Codes]
"""From pixels (C_in, H, W), the margin and the frame's number to (C_in, H + 2m, W + 2m)."""


def _border_causes(case: Set) -> Iterator[Cause]:
    layer = case.config.layer
    if not layer.is_exact_upscaler or max(layer.rows_ahead, layer.rows_behind) < 1:
        return
    forms: list[tuple[str, str, Pad]] = []
    for mode, said in (
        ("edge", "the edge repeated"),
        ("reflect", "the picture mirrored, the edge once"),
        ("symmetric", "the picture mirrored, the edge twice"),
        ("wrap", "the opposite side"),
    ):
        for sides, where in _SIDES:
            if mode == "wrap" and sides in ("t", "b", "tb"):
                continue  # what a repeated frame leaves in the line buffer, see below
            forms.append(("border", f"{said}, {where}", _padded(mode, sides)))
    for sides, where in _SIDES:
        if set(sides) <= set("lr"):
            said = f"the end of the line before, or the beginning of the next, {where}"
            forms.append(("border", said, _joined(sides)))
    count = len(case.expected.frames)
    margin = max(layer.rows_ahead, layer.rows_behind)
    seen = set()
    for back in dict.fromkeys((0, layer.rows_ahead, *range(margin + 1))):
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
        yield Cause(name, detail, _beyond(case, pad, margin))


_SIDES = (
    ("tblr", "on all sides"),
    ("lr", "left and right"),
    ("tb", "above and below"),
    ("l", "left"),
    ("r", "right"),
    ("t", "above"),
    ("b", "below"),
)


def _beyond(case: Set, pad: Pad, margin: int) -> Callable[[int], Codes]:
    """The output if the pixels outside the frame are not zero but what `pad` says."""
    stride = case.config.layer.stride

    def frame(number: int) -> Codes:
        pixels = case.inputs(number)
        _, height, width = pixels.shape
        padded = golden.run(case.config, pad(pixels, margin, number), case.weights, case.bias)
        first = margin * stride
        return np.asarray(
            padded[0, first : first + height * stride, first : first + width * stride]
        )

    return frame


def _padded(mode: Any, sides: str) -> Pad:
    def pad(pixels: Codes, margin: int, number: int) -> Codes:
        del number
        out = np.pad(pixels, ((0, 0), (margin, margin), (margin, margin)), mode=mode)
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


def _input_bits(case: Set) -> Iterator[Cause]:
    pixel = case.config.formats.pixel
    reread = _reread(pixel)
    for bit in range(pixel.width):

        def low(codes: Codes, bit: int = bit) -> Codes:
            return reread(codes.astype(np.int64) & ~(1 << bit))

        def high(codes: Codes, bit: int = bit) -> Codes:
            return reread(codes.astype(np.int64) | 1 << bit)

        for value, pixels in ((0, low), (1, high)):
            detail = f"bit {bit} of the input pixels at {value}"
            yield _with(case, "stuck_bit", detail, pixels=pixels)


def stream(case: Set, cause: Cause, frames: NDArray[np.int64]) -> Lanes:
    """The beats of all frames, those of the given frames as the cause would have them."""
    expected = case.expected
    out = expected.lanes.copy()
    for number in frames:
        lanes = to_lanes(case.config, cause.frame(int(number)))
        out[expected.starts[number] : expected.starts[number + 1]] = lanes
    return out


class Window:
    """A capture beside what is expected of it.

    Parameters
    ----------
    case : Set
    got : ndarray, (N, pixels a beat)
        Captured pixels, unsigned.
    index : ndarray of int64, (N,)
        The expected beat of each.
    breaks : ndarray of int64, optional
        Beats before which the stream is broken, as in a capture.
    """

    def __init__(
        self,
        case: Set,
        got: Lanes,
        index: NDArray[np.int64],
        breaks: NDArray[np.int64] | None = None,
    ) -> None:
        self.case, self.got, self.index = case, got, index
        self.breaks = np.empty(0, dtype=np.int64) if breaks is None else breaks
        self._run = len(index) == 1 or bool((np.diff(index) == 1).all())
        expected = case.expected
        self.want = self.take(expected.lanes)
        self.real: NDArray[np.bool_] | None = self.take(expected.real) if expected.padded else None
        self.right = got == self.want
        self.pixels = got.size if self.real is None else int(self.real.sum())
        self.matches = self.count(self.right)
        # A captured frame is a stretch of beats of one frame, in order.
        self.frame_of = expected.frame_of(index)
        cut = (np.diff(self.frame_of) != 0) | (np.diff(index) < 0)
        self.begins = np.concatenate([[0], np.flatnonzero(cut) + 1])

    def take(self, lanes: NDArray[Any]) -> NDArray[Any]:
        """The part of a stream that was captured."""
        if self._run:
            return lanes[self.index[0] : self.index[0] + len(self.index)]
        return lanes[self.index]

    def count(self, right: NDArray[np.bool_]) -> int:
        """Pixels among the marked lanes."""
        return int(np.count_nonzero(right if self.real is None else right & self.real))

    def judge(self, name: str, detail: str, would: Lanes, *, mixed: bool = False) -> Finding:
        """A finding from the beats that a cause predicts, (N, pixels a beat).

        `mixed`: captured frames that it fits worse than no cause at all are not affected by it.
        """
        right = self.got == would
        frames: list[int] | None = None
        if mixed and len(self.begins) > 1:
            ends = [*self.begins[1:], len(self.got)]
            affected = []
            for number, (first, last) in enumerate(zip(self.begins, ends, strict=True)):
                part = slice(int(first), int(last))
                if np.count_nonzero(self.right[part]) >= np.count_nonzero(right[part]):
                    right[part] = self.right[part]
                else:
                    affected.append(number)
            if len(affected) < len(self.begins):
                frames = affected
        return Finding(name, detail, self.count(right), right, frames)


def bus_findings(window: Window, beats: NDArray[np.uint8]) -> Iterator[Finding]:
    """Findings of faults on the bus.

    Parameters
    ----------
    window : Window
    beats : ndarray of uint8, (N, bytes a beat)
        The capture's bytes.
    """
    yield from _constant(window)
    yield from _stuck(window, beats)
    yield from _shifts(window)
    yield from slips(window)
    yield from _swaps(window)
    yield from _byte_orders(window, beats)


def _constant(window: Window) -> Iterator[Finding]:
    value = window.got[0, 0]
    if (window.got == value).all() and not (window.want == value).all():
        detail = f"the code {int(value)}; was the buffer written, the cache flushed?"
        yield window.judge("nothing_written", detail, np.full_like(window.got, value))


def _stuck(window: Window, beats: NDArray[np.uint8]) -> Iterator[Finding]:
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

    def forced(group: list[tuple[int, int, int]], name: str) -> Finding:
        would = window.want.copy()
        kind = would.dtype.type
        for lane, bit, value in group:
            if value:
                would[:, lane] |= kind(1 << bit)
            else:
                would[:, lane] &= kind(~(1 << bit) & ((1 << width) - 1))
        if window.real is not None and any(value for *_, value in group):
            # Filling is zero if the bit sticks before the beats are put together.
            there = np.where(window.real, would, window.want)
            if np.count_nonzero(there == window.got) > np.count_nonzero(would == window.got):
                would = there
        return window.judge("stuck_bit", name, would)

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


def _shifts(window: Window) -> Iterator[Finding]:
    """The best shift by lines and the best by pixels, by a sample; then both in full."""
    case, expected = window.case, window.case.expected
    config = case.config
    far = max(FAR, 2 * config.layer.stride)
    per_beat = config.video.pixels_per_clock
    sample = np.unique(np.linspace(0, len(window.got) - 1, 1 << 15).astype(np.int64))
    places = [(dy, 0) for dy in range(-far, far + 1) if dy]
    places += [(0, dx) for dx in range(-far, far + 1) if dx]
    frame = window.frame_of[sample]
    shapes = np.array([f.shape for f in expected.frames])
    lines = np.array(expected.line_beats)
    y, beat = np.divmod(window.index[sample] - expected.starts[frame], lines[frame])
    x = beat[:, np.newaxis] * per_beat + np.arange(per_beat)
    height, columns = shapes[frame].T
    scores = []
    for dy, dx in places:
        from_y, from_x = y - dy, x - dx
        inside = ((from_y >= 0) & (from_y < height))[:, np.newaxis]
        inside = inside & (from_x >= 0) & (from_x < columns[:, np.newaxis])
        place = expected.starts[frame] + np.clip(from_y, 0, height - 1) * lines[frame]
        place = place[:, np.newaxis] + np.clip(from_x, 0, columns[:, np.newaxis] - 1) // per_beat
        moved = expected.lanes[place, np.clip(from_x, 0, None) % per_beat]
        scores.append(np.count_nonzero((moved == window.got[sample]) & inside))
    for name, along in (("shifted_line", 0), ("shifted_pixel", 1)):
        mine = [i for i, place in enumerate(places) if place[along]]
        dy, dx = places[max(mine, key=lambda i: scores[i])]
        count = abs(dy or dx)
        way = ("down" if dy > 0 else "up") if dy else ("right" if dx > 0 else "left")
        unit = "line" if dy else "pixel"
        detail = f"{count} {unit}{'s' if count > 1 else ''} {way}"
        best: Finding | None = None
        for fill in ("stream", "edge", "zero"):
            cause = Cause(name, detail, _moved(case, dy, dx, fill))
            would = window.take(stream(case, cause, np.unique(window.frame_of)))
            finding = window.judge(name, detail, would, mixed=True)
            if best is None or finding.explained > best.explained:
                best = finding
        if best is not None:
            yield best


def _moved(case: Set, dy: int, dx: int, fill: str) -> Callable[[int], Codes]:
    """Frames moved down by `dy` and right by `dx`, the gap filled in one of three ways."""

    def frame(number: int) -> Codes:
        frames = case.expected.frames
        right = frames[number]
        rows, columns = right.shape
        if fill == "stream":
            # What goes out at one end of the raster comes in at the other, from the next frame.
            by = dy * columns + dx
            other = frames[(number - (1 if by > 0 else -1)) % len(frames)]
            flat, beside = right.reshape(-1), other.reshape(-1)
            short = max(0, abs(by) - len(beside))
            if abs(by) >= len(flat):
                return right
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

    return frame


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


def course(window: Window) -> NDArray[np.int64]:
    """By how many beats each captured one is beyond its place, (N,), on the likeliest course."""
    lanes = window.case.expected.lanes
    return np.asarray(_follow(window.got, lanes, window.index, SLIP, 2 * lanes.shape[1]))


def slips(window: Window) -> Iterator[Finding]:
    """The course of dropped and doubled beats that explains most."""
    lanes = window.case.expected.lanes
    total = len(lanes)
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
    yield window.judge(name, "; ".join(said), lanes[would])


def _swaps(window: Window) -> Iterator[Finding]:
    per_beat = window.got.shape[1]
    if per_beat < 2:
        return
    sample = np.unique(np.linspace(0, len(window.got) - 1, 1 << 14).astype(np.int64))
    got, want = window.got[sample], window.want[sample]
    equal = [[np.count_nonzero(got[:, i] == want[:, j]) for j in range(per_beat)]
             for i in range(per_beat)]  # fmt: skip
    # Where lanes carry the same pixels the order is free: as it should be, then.
    favour = np.array(equal) * (per_beat + 1) + np.eye(per_beat, dtype=np.int64)
    order = linear_sum_assignment(favour, maximize=True)[1]
    if (order != np.arange(per_beat)).any():
        detail = "from the left: " + " ".join(map(str, order.tolist()))
        yield window.judge("swapped_pixels", detail, window.want[:, order])


def _byte_orders(window: Window, beats: NDArray[np.uint8]) -> Iterator[Finding]:
    config = window.case.config
    width = config.formats.output.width
    per_beat = config.video.pixels_per_clock
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
        got = bus.unpack(flat.reshape(beats.shape), raw_format(config), per_beat)
        right = got == window.want
        yield Finding("byte_order", detail, window.count(right), right)
