"""The expected output as an endless row of beats: the frames of a set, again and again.

A *lane* is the place of a pixel in a beat. Codes are held as the bus has them, without a sign:
``code modulo 2**width``, in the narrowest unsigned type, shape (beats, pixels a beat).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.formats import Format
from deconv4k.rtl import bus

Lanes = NDArray[Any]
"""Pixels of beats, (beats, pixels a beat), unsigned."""


class Place(NamedTuple):
    """Where a pixel lies."""

    frame: int
    line: int
    x: int


def raw_format(config: Config) -> Format:
    """The output format's bits, read without a sign."""
    width = config.formats.output.width
    return Format(width, width, False)


def to_lanes(config: Config, frame: NDArray[Any]) -> Lanes:
    """Output codes (OH, OW) as beats in raster order, zeros beyond the end of a line."""
    raw = raw_format(config)
    per_beat = config.video.pixels_per_clock
    codes = frame.astype(raw.code_dtype(), copy=False)
    if raw.width != 8 * codes.itemsize:
        codes = codes & codes.dtype.type(raw.max_code)
    missing = -frame.shape[1] % per_beat
    if missing:
        codes = np.pad(codes, ((0, 0), (0, missing)))
    return codes.reshape(-1, per_beat)


def to_codes(config: Config, lanes: NDArray[Any]) -> NDArray[np.int64]:
    """Values of lanes as codes of the output format."""
    codes = lanes.astype(np.int64)
    output = config.formats.output
    return np.where(codes > output.max_code, codes - (1 << output.width), codes)


@dataclass(frozen=True)
class Expected:
    """The beats of all frames of a set.

    Parameters
    ----------
    config : Config
    frames : tuple of ndarray of int, (OH, OW)
        Output codes.
    """

    config: Config
    frames: tuple[NDArray[Any], ...]

    @cached_property
    def lanes(self) -> Lanes:
        """(beats of all frames, pixels a beat)."""
        return np.concatenate([to_lanes(self.config, frame) for frame in self.frames])

    @cached_property
    def line_beats(self) -> list[int]:
        """Beats of a line, for each frame."""
        return [bus.line_beats(self.config, frame.shape[1]) for frame in self.frames]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """The first beat of each frame, and the number of all beats."""
        beats = [
            frame.shape[0] * line for frame, line in zip(self.frames, self.line_beats, strict=True)
        ]
        return np.concatenate([[0], np.cumsum(beats)]).astype(np.int64)

    @property
    def beats(self) -> int:
        """Beats of all frames."""
        return int(self.starts[-1])

    @cached_property
    def line_ends(self) -> NDArray[np.int64]:
        """The last beat of each line."""
        ends = [
            start + line * np.arange(1, len(frame) + 1) - 1
            for start, line, frame in zip(self.starts, self.line_beats, self.frames, strict=False)
        ]
        return np.concatenate(ends)

    def frame_of(self, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """The frames that beats belong to."""
        return np.searchsorted(self.starts, index, side="right") - 1

    def place(self, index: int, lane: int) -> Place:
        """The pixel in a lane of a beat; `x` may lie beyond the end of its line."""
        frame = int(self.frame_of(np.array([index]))[0])
        line, beat = divmod(index - int(self.starts[frame]), self.line_beats[frame])
        return Place(frame, line, beat * self.config.video.pixels_per_clock + lane)

    @cached_property
    def padded(self) -> bool:
        """Whether some line ends in a beat that is not full."""
        per_beat = self.config.video.pixels_per_clock
        return any(frame.shape[1] % per_beat for frame in self.frames)

    @cached_property
    def real(self) -> NDArray[np.bool_]:
        """(beats, pixels a beat): whether a lane holds a pixel, not what fills up a line."""
        per_beat = self.config.video.pixels_per_clock
        real = np.ones((self.beats, per_beat), dtype=bool)
        for number, frame in enumerate(self.frames):
            last = frame.shape[1] % per_beat
            if last:
                start, end = self.starts[number], self.starts[number + 1]
                step = self.line_beats[number]
                real[start + step - 1 : end : step, last:] = False
        return real
