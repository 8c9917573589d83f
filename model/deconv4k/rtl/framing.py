"""Whole frames out of whatever video arrives: what deconv_framer promises, over a whole stream.

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

Software may end a frame whose source died (CONTROL.ABORT): zeros complete it, and all up to the
next SOF is dropped, without a flag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

FLAGS = ("eol_early", "eol_late", "sof_early", "sof_late", "bad_size")
"""What can be wrong with video, in the order of deconv_framer's ports."""


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


class Abort:
    """In the place of a beat: the frame that is coming in ends here; without one, nothing."""


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
    aborted : int
        Frames that an `Abort` ended.
    """

    frames: list[Frame] = field(default_factory=list)
    unfinished: list[int] = field(default_factory=list)
    flags: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    aborted: int = 0


def run(beats: Iterable[Beat | Abort], max_width: int) -> Framed:
    """The frames that leave, the flags and the beats dropped, from reset to the stream's end.

    Parameters
    ----------
    beats : iterable of Beat or Abort
        Every beat that was accepted, and where software ended a frame.
    max_width : int
        Widest frame that is allowed, in pixels.

    Returns
    -------
    Framed
    """
    framed = Framed()
    head, *arrivals = _cut(beats)
    framed.dropped += len(_beats(head))
    for index, piece in enumerate(arrivals):
        sof = _beats(piece)[0]
        if not sof.enable:
            framed.dropped += len(_beats(piece))
        elif not (1 <= sof.width <= max_width and sof.height >= 1):
            framed.flags["bad_size"] += 1
            framed.dropped += len(_beats(piece))
        else:
            _one_frame(framed, piece, is_last=index == len(arrivals) - 1)
    return framed


def _cut(beats: Iterable[Beat | Abort]) -> list[list[Beat | Abort]]:
    """Pieces that begin with a SOF; the first piece is what came before any."""
    pieces: list[list[Beat | Abort]] = [[]]
    for beat in beats:
        if isinstance(beat, Beat) and beat.sof:
            pieces.append([])
        pieces[-1].append(beat)
    return pieces


def _beats(piece: Iterable[Beat | Abort]) -> list[Beat]:
    return [beat for beat in piece if isinstance(beat, Beat)]


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


def _one_frame(framed: Framed, piece: list[Beat | Abort], *, is_last: bool) -> None:
    """Add the frame of a piece, from its SOF to just before the next, if there is a next."""
    arrived = _beats(piece)
    width, height = arrived[0].width, arrived[0].height
    ends = _aborted_at(piece, width, height)
    if ends is not None:
        framed.aborted += 1
        framed.dropped += len(arrived) - ends
        arrived = arrived[:ends]
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
    if missing and is_last and ends is None:
        framed.unfinished = pixels
        return
    if missing and ends is None:
        framed.flags["sof_early"] += 1
    pixels += [0] * missing
    framed.frames.append([pixels[at : at + width] for at in range(0, width * height, width)])


def _aborted_at(piece: list[Beat | Abort], width: int, height: int) -> int | None:
    """How many beats of a piece came before the abort that ends its frame; None if none does."""
    for at, one in enumerate(piece):
        if isinstance(one, Abort):
            before = _beats(piece[:at])
            lines = _lines(before)[:height]
            whole = len(lines) == height and (lines[-1][-1].eol or len(lines[-1]) >= width)
            if not whole:
                return len(before)
    return None
