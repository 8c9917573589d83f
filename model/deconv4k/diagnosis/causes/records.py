"""What a cause is: a model of a device with a fault, and what that explains of a capture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k import golden
from deconv4k.config import Config
from deconv4k.diagnosis.expected import Expected, Lanes, to_lanes
from deconv4k.rtl import bus

Codes = NDArray[Any]

NAMES = {
    "nothing_written": "nothing written: one value everywhere",
    "padded_beats": "beats padded to a wider word",
    "stuck_bit": "stuck bit",
    "shifted_line": "shifted by a line",
    "dropped_beat": "dropped beat",
    "doubled_beat": "doubled beat",
    "slipped_beats": "beats dropped and doubled",
    "line_length": "every line too short or too long",
    "shifted_pixel": "shifted by a pixel",
    "shifted": "shifted by lines and pixels",
    "byte_order": "byte order",
    "swapped_pixels": "swapped pixels in a beat",
    "inverted": "inverted",
    "offset_binary": "offset binary",
    "bits_reversed": "bits of a pixel reversed",
    "bits_exchanged": "bits of TDATA exchanged",
    "justified": "samples justified to the wrong side",
    "kernel_not_turned": "kernel not turned by 180 degrees",
    "kernel_transposed": "kernel transposed",
    "channels": "channels in another order",
    "kernel_words": "kernel words shifted",
    "phase_order": "wrong phase order",
    "rounding": "wrong rounding",
    "overflow": "wrong overflow",
    "accumulator": "accumulator too narrow",
    "sign": "sign error",
    "old_kernel": "old kernel",
    "bias": "wrong bias",
    "weight": "one wrong weight",
    "previous_frame": "previous frame left over in the line buffer",
    "border": "border not zeroed",
    "fields": "fields in another order",
    "flipped": "picture flipped",
    "old_frame": "another frame shown again",
    "stale_lines": "cache lines of older data",
    "unwritten": "memory not written",
    "hole": "hole of one value",
    "ended_early": "receive ended early",
    "limited_range": "limited range",
    "gamma": "gamma",
    "lookup_table": "codes replaced by others, as by a lookup table",
    "bit_errors": "random bit errors",
}
"""Every cause by its name for machines. Of causes that explain the same, the earlier one leads."""

RANKS = {name: rank for rank, name in enumerate(NAMES)}

GRAVE = {"kernel_not_turned", "kernel_transposed", "old_kernel", "sign", "phase_order", "stuck_bit"}
"""Causes after which hardly a pixel is right."""

SAMPLE = 4096
"""Beats by which a cause is tried before it is done to all of them."""


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

    @cached_property
    def model(self) -> Model:
        """A device without a fault."""
        return Model(self, self.config, self.weights, self.inputs)


Pad = Callable[[Codes, int, int], Codes]
"""From pixels (C_in, H, W), the margin and the frame's number to (C_in, H + 2m, W + 2m)."""

Frames = Callable[[int], Codes]
"""Output codes (OH, OW) by the frame's number."""

Finish = Callable[[NDArray[np.int64], Config], Codes]
"""From sums to output codes, of any shape."""

Step = Callable[[Frames, int], Codes]
"""Done to whole output frames: from all of them and a number to that frame."""

Wire = Callable[[Lanes], Lanes]
"""Done to the beats of whole frames."""


@dataclass(frozen=True, eq=False)
class Model:
    """A device: what enters the sums, what is done to them, to the frames, to the beats.

    Parameters
    ----------
    case : Set
    config : Config
    weights : ndarray of int, (C_in, 1, K, K)
    feed : function of a frame's number, giving ndarray of int, (C_in, H, W)
    pad : Pad, optional
        What lies outside the frame, if not zero.
    finish : Finish, optional
        In the output quantiser's place.
    steps, wires : tuple
        Done to frames, then to beats, in this order.
    """

    case: Set
    config: Config
    weights: Codes
    feed: Callable[[int], Codes]
    pad: Pad | None = None
    finish: Finish | None = None
    steps: tuple[Step, ...] = ()
    wires: tuple[Wire, ...] = ()

    @property
    def _plain(self) -> bool:
        """Whether all is right up to the frames."""
        case = self.case
        changed = self.pad is not None or self.finish is not None
        return (
            not changed
            and (self.config, self.feed) == (case.config, case.inputs)
            and (self.weights is case.weights)
        )

    @cached_property
    def sums(self) -> Callable[[int], NDArray[np.int64]]:
        """From a frame's number to its sums before the output quantiser, (OH, OW)."""
        return lru_cache(maxsize=2)(
            lambda number: np.asarray(self._engine(golden.phase_sums, number))
        )

    def origin(self, number: int, y: Codes, x: Codes) -> tuple[Codes, Codes]:
        """Where pixels of a frame came from before the steps."""
        if not self.steps:
            return y, x
        frames = self.case.expected.frames
        get: Frames = lambda n: np.arange(frames[n].size).reshape(frames[n].shape)  # noqa: E731
        for step in self.steps:
            get = _done(step, get)
        return np.divmod(get(number)[y, x], frames[number].shape[1])

    def _engine(self, run: Callable[..., Codes], number: int) -> Codes:
        pixels, bias = self.feed(number), self.case.bias
        if self.pad is None:
            return np.asarray(run(self.config, pixels, self.weights, bias)[0])
        layer = self.config.layer
        margin, stride = max(layer.rows_ahead, layer.rows_behind), layer.stride
        _, height, width = pixels.shape
        padded = run(self.config, self.pad(pixels, margin, number), self.weights, bias)
        first = margin * stride
        return np.asarray(
            padded[0, first : first + height * stride, first : first + width * stride]
        )

    def _source(self, number: int) -> Codes:
        if self._plain:
            return self.case.expected.frames[number]
        if self.finish is not None:
            return self.finish(self.sums(number), self.config)
        return self._engine(golden.run, number)

    def frame(self, number: int) -> Codes:
        """Output codes of a frame, (OH, OW)."""
        get: Frames = self._source
        for step in self.steps:
            get = lru_cache(maxsize=4)(_done(step, get))
        return get(number)

    def stream(self, frames: NDArray[np.int64]) -> Lanes:
        """The beats of all frames of the set; those that are not among `frames` as expected."""
        expected = self.case.expected
        if self._plain and not self.steps and not self.wires:
            return expected.lanes
        out = expected.lanes.copy()
        for number in map(int, frames):
            part = slice(int(expected.starts[number]), int(expected.starts[number + 1]))
            if not self._plain or self.steps:
                out[part] = to_lanes(self.case.config, self.frame(number))
            for wire in self.wires:
                out[part] = wire(out[part])
        return out


def _done(step: Step, get: Frames) -> Frames:
    return lambda number: step(get, number)


@dataclass(frozen=True)
class Cause:
    """A cause that gives whole frames.

    Parameters
    ----------
    name : str
        A key of `NAMES`.
    detail : str
        Which of its forms.
    model : Model
        The device that has it.
    free : int
        Parameters of it that were fitted to the capture.
    before : bool
        It shows what came before, which of the first captured frame is not known.
    """

    name: str
    detail: str
    model: Model
    free: int = 0
    before: bool = False

    def frame(self, number: int) -> Codes:
        """Output codes as it would have them, (OH, OW)."""
        return self.model.frame(number)


def stepped(base: Model, name: str, detail: str, step: Step) -> Cause:
    """A cause that does something to the frames, after what was done to them before."""
    return Cause(name, detail, replace(base, steps=(*base.steps, step)))


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
    after : function giving Window
        The capture beside what this cause would give.
    frames : list of int, or None
        Captured frames, counted from 0, that it affects; None for all.
    free : int
        Parameters that were fitted to the capture: each can explain a pixel by itself.
    alike : float
        Correlation of the capture and what it would be, by a sample.
    sound : bool
        Whether it predicts all that can be known: what it leaves lies in the first frame alone.
    second : Finding, optional
        Another cause beside it; the pixels are those that both together predict.
    """

    name: str
    detail: str
    explained: int
    right: NDArray[np.bool_]
    after: Callable[[], Window]
    frames: list[int] | None = None
    free: int = 0
    alike: float = 0.0
    sound: bool = False
    second: Finding | None = None

    @property
    def order(self) -> tuple[int, int, int]:
        """What explains more comes first, then what is simpler."""
        return (self.free - self.explained, self.free, RANKS[self.name])


def likeness(got: Lanes, would: Lanes) -> float:
    """Correlation of pixels."""
    here, there = got.astype(np.float64).reshape(-1), would.astype(np.float64).reshape(-1)
    here, there = here - here.mean(), there - there.mean()
    # Sums, since threads for a product of so few numbers take longer than it.
    scale = float(np.sqrt((here * here).sum() * (there * there).sum()))
    return float((here * there).sum()) / scale if scale > 0 else 0.0


class Window:
    """A capture beside what is expected of it.

    Parameters
    ----------
    model : Model
        What gives the expectation.
    got : ndarray, (N, pixels a beat)
        Captured pixels, unsigned.
    index : ndarray of int64, (N,)
        The expected beat of each.
    lost : ndarray of bool, (N, pixels a beat), optional
        Pixels that are explained whatever is expected there.
    right : ndarray of bool, (N, pixels a beat), optional
        Those that are as expected, where a fault is not in all frames.
    raw : ndarray of uint8, (N, bytes a beat), optional
        The captured beats with the bits above the last pixel.
    breaks : ndarray of int64, optional
        Beats before which the stream is broken, as in a capture.
    """

    def __init__(
        self,
        model: Model,
        got: Lanes,
        index: NDArray[np.int64],
        lost: NDArray[np.bool_] | None = None,
        right: NDArray[np.bool_] | None = None,
        raw: NDArray[np.uint8] | None = None,
        breaks: NDArray[np.int64] | None = None,
    ) -> None:
        self.model, self.case, self.got, self.index = model, model.case, got, index
        self.lost = lost
        self.breaks = np.empty(0, dtype=np.int64) if breaks is None else breaks
        width = self.case.config.formats.output.width
        self.raw = bus.pack(got, width) if raw is None else raw
        self._run = len(index) == 1 or bool((np.diff(index) == 1).all())
        expected = self.case.expected
        self.frame_of = expected.frame_of(index)
        # A captured frame is a stretch of beats of one frame, in order.
        cut = (np.diff(self.frame_of) != 0) | (np.diff(index) < 0)
        self.begins = np.concatenate([[0], np.flatnonzero(cut) + 1])
        self.frames = np.unique(self.frame_of[self.begins])
        self.stream = model.stream(self.frames)
        self.want = self.take(self.stream)
        self.real: NDArray[np.bool_] | None = self.take(expected.real) if expected.padded else None
        self.right = self.same(self.want) if right is None else right
        self.pixels = got.size if self.real is None else int(self.real.sum())
        self.matches = self.count(self.right)
        self.at = np.unique(np.linspace(0, len(got) - 1, SAMPLE).astype(np.int64))

    def take(self, lanes: NDArray[Any]) -> NDArray[Any]:
        """The part of a stream that was captured."""
        if self._run:
            return lanes[self.index[0] : self.index[0] + len(self.index)]
        return lanes[self.index]

    def same(self, would: Lanes) -> NDArray[np.bool_]:
        """Which captured pixels are as they would be."""
        right: NDArray[np.bool_] = self.got == would
        return right if self.lost is None else right | self.lost

    def count(self, right: NDArray[np.bool_]) -> int:
        """Pixels among the marked lanes."""
        return int(np.count_nonzero(right if self.real is None else right & self.real))

    def pays(self, would: Lanes) -> bool:
        """Whether a cause seems to explain more than none: its beats at `at`."""
        right = np.count_nonzero(self.got[self.at] == would)
        known = np.count_nonzero(self.right[self.at])
        return bool(right > known + (would.size - known) // 20)

    @cached_property
    def coordinates(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Line (N, 1) and x (N, pixels a beat) of every lane."""
        expected, per_beat = self.case.expected, self.got.shape[1]
        lines = np.array(expected.line_beats)[self.frame_of]
        y, beat = np.divmod(self.index - expected.starts[self.frame_of], lines)
        return y[:, np.newaxis], beat[:, np.newaxis] * per_beat + np.arange(per_beat)

    def judge(self, cause: Cause, would: Lanes | None = None, *, mixed: bool = False) -> Finding:
        """A finding from a cause; `would`: the beats that it predicts, (N, pixels a beat).

        `mixed`: captured frames that it fits worse than no cause at all are not affected by it.
        """
        if would is None:
            would = self.take(cause.model.stream(self.frames))
        right = self.same(would)
        sound = False
        if cause.before and len(self.begins) > 1:
            wrong = ~right if self.real is None else ~right & self.real
            mended = self.count(right) - self.matches
            known = not wrong[int(self.begins[1]) :].any()
            sound = known and 2 * mended >= self.pixels - self.matches
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
        kept = None if frames is None else right

        def after() -> Window:
            return Window(cause.model, self.got, self.index, self.lost, kept, self.raw, self.breaks)

        return Finding(
            cause.name, cause.detail, self.count(right), right, after, frames, cause.free,
            likeness(self.got[self.at], would[self.at]), sound,
        )  # fmt: skip

    def lose(self, name: str, detail: str, would: Lanes, free: int) -> Finding:
        """A finding where what should have been there is lost: `would` is there instead."""
        lost = would != self.want
        right = self.same(would)

        def after() -> Window:
            gone = lost & right
            gone = gone if self.lost is None else gone | self.lost
            return Window(self.model, self.got, self.index, gone, raw=self.raw, breaks=self.breaks)

        return Finding(name, detail, self.count(right), right, after, free=free)
