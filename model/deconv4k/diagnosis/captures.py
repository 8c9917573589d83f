"""Captures of the output stream, whatever they come as, as beats.

========================  =====================================================================
file                      what
========================  =====================================================================
.bin .raw                 a buffer that DMA filled: beat after beat, lowest byte first
.npy                      codes (OH, OW) or (frames, OH, OW); one dimension: such a buffer
.png                      a picture, grey, 8 or 16 bits: codes less the smallest code
.csv                      an ILA's samples from Vivado, or Signal Tap's from Quartus
.vcd .fst                 waves of a simulator, or of a logic analyser
.txt .log .hex .mem       the self-test's UART lines, or one beat a line in hexadecimal
========================  =====================================================================

Of samples and waves, a beat is a clock with TVALID and TREADY.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k._shared import files
from deconv4k.config import Config
from deconv4k.diagnosis import clocks, log, samples, text, waves
from deconv4k.diagnosis.clocks import Flags
from deconv4k.diagnosis.expected import to_lanes
from deconv4k.diagnosis.names import Wanted
from deconv4k.errors import InputError
from deconv4k.photo import image
from deconv4k.rtl import bus
from deconv4k.vectors import pictures


@dataclass(frozen=True)
class Capture:
    """Beats of the output stream.

    Parameters
    ----------
    kind : str
        What it was read from, in words.
    beats : ndarray of uint8, (N, bytes a beat)
        The lowest byte of a beat first.
    sof, eol : ndarray of bool, (N,), optional
        TUSER and TLAST, where captured.
    whole : bool
        A buffer, array or picture, which begins with a frame and should hold whole ones; otherwise
        a window into the stream.
    notes : list of str
        What is odd about it.
    breaks : ndarray of int64
        Beats before which the stream is broken: what lies between is not known. From one break
        to the next the beats follow each other.
    """

    kind: str
    beats: NDArray[np.uint8]
    sof: Flags | None = None
    eol: Flags | None = None
    whole: bool = False
    notes: list[str] = field(default_factory=list)
    breaks: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def pieces(self) -> list[Capture]:
        """The runs of beats between breaks, each as a capture of its own."""
        ends = [0, *self.breaks.tolist(), len(self.beats)]
        return [
            replace(
                self,
                beats=self.beats[first:last],
                sof=None if self.sof is None else self.sof[first:last],
                eol=None if self.eol is None else self.eol[first:last],
                notes=[],
                breaks=self.breaks[:0],
            )
            for first, last in itertools.pairwise(ends)
        ]


@dataclass(frozen=True)
class Log:
    """Lines of the self-test, read by `deconv4k.diagnosis.log`."""

    lines: list[log.Line]
    notes: list[str]


def read(
    path: str | Path,
    config: Config,
    sizes: Sequence[tuple[int, int]],
    *,
    wanted: Wanted | None = None,
    beat_bytes: int | None = None,
) -> Capture | Log:
    """Read a capture by what its name ends in.

    Parameters
    ----------
    path : str or Path
    config : Config
    sizes : sequence of (OH, OW)
        Output frames that a picture may show.
    wanted : Wanted, optional
        Names of the stream, its signals and the clock in samples and waves.
    beat_bytes : int, optional
        Bytes of a buffer for each beat, where a DMA wrote more than the beat has.

    Raises
    ------
    InputError
        If it cannot be read: missing, empty, damaged or cut off within a beat's row.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: {'a folder' if path.is_dir() else 'No such file'}")
    readers: dict[str, Callable[[], Capture | Log]] = {
        ".bin": lambda: _buffer(path.read_bytes(), path, config, "DMA dump", beat_bytes),
        ".npy": lambda: _array(path, config, sizes, beat_bytes),
        ".png": lambda: _picture(path, config, sizes),
        ".csv": lambda: _stream(path, config, wanted or Wanted()),
        ".vcd": lambda: _stream(path, config, wanted or Wanted()),
        ".txt": lambda: _text(path, config),
    }
    readers[".raw"], readers[".fst"] = readers[".bin"], readers[".vcd"]
    for name in (".log", ".hex", ".mem"):
        readers[name] = readers[".txt"]
    ending = path.suffix.lower()
    if ending not in readers:
        raise InputError(f"{path}: ends in {ending!r}; allowed: {', '.join(readers)}")
    if beat_bytes is not None and ending not in (".bin", ".raw", ".npy"):
        raise InputError(f"`beat_bytes` {beat_bytes}: {path} is no buffer; allowed: .bin .raw .npy")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: empty; allowed: at least one beat")
    if ending not in (".csv", ".vcd", ".fst"):
        for option, name in (wanted or Wanted()).options():
            raise InputError(
                f"{path}: --{option} {name!r}: no names in it; allowed: for .csv, .vcd or .fst"
            )
    capture = readers[ending]()
    if isinstance(capture, Capture) and not len(capture.beats):
        raise InputError(f"{path}: no beat in it: TVALID and TREADY never meet")
    return capture


def _buffer(
    data: bytes, path: Path, config: Config, kind: str, beat_bytes: int | None = None
) -> Capture:
    used = bus.output_bytes(config)
    size = used if beat_bytes is None else beat_bytes
    if size < used:
        raise InputError(f"`beat_bytes` {size}; allowed: the {used} bytes of a beat, or more")
    notes = []
    if len(data) % size:
        notes.append(f"{len(data) % size} bytes after the last whole beat of {size} are left out")
    if len(data) < size:
        raise InputError(f"{path}: {len(data)} bytes; allowed: at least a beat of {size}")
    beats = np.frombuffer(data, dtype=np.uint8)[: len(data) // size * size].reshape(-1, size)
    return Capture(kind, np.ascontiguousarray(beats[:, :used]), whole=True, notes=notes)


def _array(
    path: Path, config: Config, sizes: Sequence[tuple[int, int]], beat_bytes: int | None
) -> Capture:
    array = files.load_array(path, "capture")
    if array.dtype.kind not in "iu":
        raise InputError(f"{path}: dtype {array.dtype}; allowed: integer codes, or a buffer")
    if array.ndim == 1:
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        return _buffer(little.tobytes(), path, config, "buffer", beat_bytes)
    if beat_bytes is not None:
        raise InputError(f"`beat_bytes` {beat_bytes}: {path} holds frames; allowed: one dimension")
    return _frames(array[np.newaxis] if array.ndim == 2 else array, path, config, sizes, "array")


def _picture(path: Path, config: Config, sizes: Sequence[tuple[int, int]]) -> Capture:
    picture = image.read(path)
    if picture.ndim == 3:
        if (picture != picture[:, :, :1]).any():
            raise InputError(f"{path}: a picture in colours; allowed: grey, a code a pixel")
        picture = picture[:, :, 0]
    codes = pictures.from_samples(picture, config.formats.output)
    return _frames(codes, path, config, sizes, "picture")


def _frames(
    frames: NDArray[Any],
    path: Path,
    config: Config,
    sizes: Sequence[tuple[int, int]],
    kind: str,
) -> Capture:
    """Codes (frames, OH, OW), with or without their sign, as the bus would have carried them."""
    if frames.ndim != 3 or frames.shape[1:] not in sizes:
        allowed = " or ".join(dict.fromkeys(f"{width}x{height}" for height, width in sizes))
        shown = "x".join(str(side) for side in reversed(frames.shape[1:]))
        raise InputError(f"{path}: {shown} pixels; allowed: {allowed}, as expected")
    output = config.formats.output
    low, high = int(frames.min()), int(frames.max())
    if low < output.min_code or high >= 1 << output.width:
        raise InputError(
            f"{path}: codes {low} to {high}; {output} allows {output.min_code} to {output.max_code}"
        )
    lanes = np.concatenate([to_lanes(config, frame) for frame in frames])
    beats = bus.pack(lanes, output.width)
    line = bus.line_beats(config, frames.shape[2])
    eol = np.arange(1, len(beats) + 1) % line == 0
    sof = np.arange(len(beats)) % (line * frames.shape[1]) == 0
    return Capture(kind, beats, sof, eol, whole=True)


def _stream(path: Path, config: Config, wanted: Wanted) -> Capture:
    """Samples or waves."""
    if path.suffix.lower() == ".csv":
        kind, found = samples.read(path, config, wanted)
    else:
        kind, found = "waves", waves.read(path, config, wanted)
    return Capture(kind, found.beats, found.sof, found.eol, notes=found.notes, breaks=found.breaks)


def _text(path: Path, config: Config) -> Capture | Log:
    given = text.read(path)
    if log.is_log(given):
        return Log(*log.parse(given, str(path)))
    size = bus.output_bytes(config)
    words = []
    for number, line in enumerate(given.splitlines(), 1):
        for word in re.split(r"//|#", line)[0].split():
            if word.startswith("@"):
                continue
            digits = word.lower().removeprefix("0x").replace("_", "")
            if not re.fullmatch(r"[0-9a-f]+", digits) or len(digits.lstrip("0")) > 2 * size:
                raise InputError(
                    f"{path}:{number}: {word!r}; allowed: beats of {size} bytes in hexadecimal, "
                    "or lines of the self-test"
                )
            words.append(int(digits, 16))
    return Capture("hexadecimal beats", clocks.to_bytes(words, size), whole=True)
