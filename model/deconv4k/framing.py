"""Whole frames out of whatever video arrives: what hw/framer.v promises, told over a whole stream.

A stream is cut at every SOF beat, and each piece at every EOL beat: the pieces are frames as they
arrived, and their lines. A SOF says what size its frame should have, and that is the size it gets.

============================================  =======================================  =========
what arrives                                  what happens                             flag
============================================  =======================================  =========
beats before the first SOF                    dropped                                  none
EOL before the last column                    zeros complete the line                  eol_early
no EOL at the last column                     what is left of the line is dropped      eol_late
SOF while pixels of a frame are missing       zeros complete the frame                 sof_early
lines after the last one                      dropped                                  sof_late
SOF, width 0 or above the maximum, height 0   dropped with all up to the next SOF      bad_size
SOF, not enabled                              dropped with all up to the next SOF      none
============================================  =======================================  =========

A line broken off by SOF raises ``sof_early`` only. The surplus of the last line raises
``eol_late``, not ``sof_late``. A SOF that is not enabled raises no flag, whatever its size. A SOF
that is refused for either reason completes the frame before it like any other. ``eol_early`` and
``eol_late`` count lines, ``sof_early`` and ``bad_size`` count SOFs, ``sof_late`` counts beats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

FLAGS = ("eol_early", "eol_late", "sof_early", "sof_late", "bad_size")
"""What can be wrong with video, in the order of framer's ports."""


class Beat(NamedTuple):
    """One pixel as it arrives.

    Parameters
    ----------
    pixel : int
        The pixel's code, channel 0 in the least significant bits.
    sof, eol : bool
        First pixel of a frame (TUSER), last pixel of a line (TLAST).
    width, height : int
        Size that the frame should have, in pixels; looked at with a SOF only.
    enable : bool
        Whether a frame may start here; looked at with a SOF only.
    """

    pixel: int
    sof: bool = False
    eol: bool = False
    width: int = 0
    height: int = 0
    enable: bool = True


Frame = list[list[int]]
"""Rows of pixels."""


@dataclass
class Framed:
    """What a stream becomes.

    Parameters
    ----------
    frames : list of list of list of int
        Complete frames, rows of pixels.
    unfinished : list of int
        Pixels, in raster order, that were sent of the frame that the end of the stream cuts off.
    flags : Counter
        How often each of `FLAGS` was raised.
    dropped : int
        Beats thrown away.
    """

    frames: list[Frame] = field(default_factory=list)
    unfinished: list[int] = field(default_factory=list)
    flags: Counter[str] = field(default_factory=Counter)
    dropped: int = 0


def run(beats: Iterable[Beat], max_width: int) -> Framed:
    """The frames that leave, the flags and the beats dropped, from reset to the stream's end.

    Parameters
    ----------
    beats : iterable of Beat
        Every beat that was accepted.
    max_width : int
        Widest frame that is allowed, in pixels.

    Returns
    -------
    Framed
    """
    framed = Framed()
    head, *arrivals = _cut(beats)
    framed.dropped += len(head)
    for index, arrived in enumerate(arrivals):
        sof = arrived[0]
        if not sof.enable:
            framed.dropped += len(arrived)
        elif not (1 <= sof.width <= max_width and sof.height >= 1):
            framed.flags["bad_size"] += 1
            framed.dropped += len(arrived)
        else:
            _one_frame(framed, arrived, is_last=index == len(arrivals) - 1)
    return framed


def _cut(beats: Iterable[Beat]) -> list[list[Beat]]:
    """Pieces that begin with a SOF; the first piece is what came before any."""
    pieces: list[list[Beat]] = [[]]
    for beat in beats:
        if beat.sof:
            pieces.append([])
        pieces[-1].append(beat)
    return pieces


def _lines(beats: Iterable[Beat]) -> list[list[Beat]]:
    """Pieces that end with an EOL; the last one may lack it."""
    lines: list[list[Beat]] = []
    complete = True
    for beat in beats:
        if complete:
            lines.append([])
        lines[-1].append(beat)
        complete = beat.eol
    return lines


def _one_frame(framed: Framed, arrived: list[Beat], *, is_last: bool) -> None:
    """Add the frame that `arrived`, from its SOF to just before the next, if there is a next."""
    width, height = arrived[0].width, arrived[0].height
    lines = _lines(arrived)
    rows: Frame = []
    for line in lines[:height]:
        row = [beat.pixel for beat in line[:width]]
        surplus = line[width:]
        if line[-1].eol and len(line) < width:
            framed.flags["eol_early"] += 1
            row += [0] * (width - len(line))
        if len(line) >= width and not line[width - 1].eol:
            framed.flags["eol_late"] += 1
        framed.dropped += len(surplus)
        rows.append(row)
    for line in lines[height:]:
        framed.flags["sof_late"] += len(line)
        framed.dropped += len(line)

    pixels = [pixel for row in rows for pixel in row]
    missing = width * height - len(pixels)
    if missing and is_last:
        framed.unfinished = pixels
        return
    if missing:
        framed.flags["sof_early"] += 1
        pixels += [0] * missing
    framed.frames.append([pixels[at : at + width] for at in range(0, width * height, width)])
