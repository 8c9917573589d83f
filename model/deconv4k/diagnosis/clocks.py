"""From the values of a stream's signals at every clock to its beats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.diagnosis.names import Piece, Port
from deconv4k.errors import InputError
from deconv4k.rtl import bus

Flags = NDArray[np.bool_]


class Values(NamedTuple):
    """A signal at every clock."""

    numbers: list[int]
    """Unknown bits are 0."""
    known: Flags
    """Whether any bit is known."""
    whole: Flags
    """Whether every bit is known."""


class Beats(NamedTuple):
    """Beats of a stream; parameters as those of `deconv4k.diagnosis.captures.Capture`."""

    beats: NDArray[np.uint8]
    sof: Flags | None
    eol: Flags | None
    breaks: NDArray[np.int64]
    notes: list[str]


Reader = Callable[[Piece, int | None], Values]
"""From a piece, and its width in bits where no range tells it, to its values."""


def to_bytes(words: Sequence[int], size: int) -> NDArray[np.uint8]:
    """Beats of numbers, cut to `size` bytes.

    Parameters
    ----------
    words : sequence of int
    size : int
        Bytes a beat.

    Returns
    -------
    ndarray of uint8, (N, size)
        The lowest byte first.
    """
    mask = (1 << 8 * size) - 1
    data = b"".join((word & mask).to_bytes(size, "little") for word in words)
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, size)


def take(
    port: Port,
    read: Reader,
    config: Config,
    broken: Flags,
    place: Callable[[int], str],
    path: Path,
) -> Beats:
    """The beats of a stream: clocks with TVALID and TREADY.

    A clock at which that is unknown gives no beat, and the stream is broken there.

    Parameters
    ----------
    port : Port
    read : Reader
    config : Config
    broken : ndarray of bool, (clocks,)
        Clocks before which the stream is broken.
    place : function of a clock's number
        Where it stands, for notes.
    path : Path
        For messages.

    Raises
    ------
    InputError
        TDATA is narrower than the pixels of a beat, or bits of it are missing.
    """
    notes = [
        f"{name.upper()} was not captured and is taken as 1"
        for name in ("tvalid", "tready")
        if name not in port.signals
    ]
    data = _data(port, read, config, notes, path)
    shakes = {
        name: _flag(port.signals[name], read)
        for name in ("tvalid", "tready")
        if name in port.signals
    }
    passes, unknown = np.ones(len(broken), dtype=bool), ~data.known
    if shakes:
        level = {name: np.array(v.numbers, dtype=bool) for name, v in shakes.items()}
        passes = np.logical_and.reduce(list(level.values()))
        low = np.logical_or.reduce([v.known & ~level[name] for name, v in shakes.items()])
        unknown = np.logical_or.reduce([~v.known for v in shakes.values()]) & ~low
    at = np.flatnonzero(passes & ~unknown)
    lost = np.cumsum(broken | unknown)
    breaks = np.flatnonzero(np.diff(lost[at])) + 1
    if unknown.any():
        told = " or ".join(name.upper() for name in shakes) or "TDATA"
        inside = unknown.copy()
        inside[: at[0] if len(at) else None] = False
        inside[at[-1] + 1 if len(at) else None :] = False
        notes.append(
            f"{told} unknown at {int(unknown.sum())} clock(s), first {place(int(unknown.argmax()))}"
            f": no beat{'; the stream is broken there' if inside.any() else ''}"
        )
    partly = int((~data.whole[at]).sum())
    if partly:
        notes.append(f"{partly} beats have unknown bits, taken as 0")
    words = [data.numbers[clock] for clock in at]
    flags: dict[str, Flags] = {}
    for name in ("tuser", "tlast"):
        if name in port.signals:
            numbers = _flag(port.signals[name], read).numbers
            flags[name] = np.array([numbers[clock] for clock in at], dtype=bool)
    beats = to_bytes(words, bus.output_bytes(config))
    return Beats(beats, flags.get("tuser"), flags.get("tlast"), breaks.astype(np.int64), notes)


def _flag(pieces: list[Piece], read: Reader) -> Values:
    """Bit 0 of a signal."""
    lowest = min(pieces, key=lambda piece: 0 if piece.name.bits is None else piece.name.bits[1])
    values = read(lowest, 1)
    return values._replace(numbers=[number & 1 for number in values.numbers])


def _data(port: Port, read: Reader, config: Config, notes: list[str], path: Path) -> Values:
    """TDATA, from one column or from several that have some bits each."""
    pieces = port.signals["tdata"]
    need = config.formats.output.width * config.video.pixels_per_clock
    full = 8 * bus.output_bytes(config)
    single = {p.name.bits[0]: p for p in pieces if p.name.bits is not None and p.name.width == 1}
    whole = [p for p in pieces if p.name.bits is None or (p.name.width or 0) >= need]
    rising = any(piece.name.rising for piece in pieces)
    if all(bit in single for bit in range(need)) and not rising:
        # Of single bits no radix can be wrong.
        chosen = [piece for bit, piece in single.items() if bit < full]
    elif whole:
        piece = whole[0]
        width = piece.name.width or 0
        if width > full:
            notes.append(
                f"TDATA has {width} bits, a beat of the set {full}: the lowest are compared"
            )
        return read(piece, full)
    else:
        chosen = [p for p in pieces if p.name.bits is not None and p.name.bits[1] < full]
        there = {
            b for p in chosen if p.name.bits for b in range(p.name.bits[1], p.name.bits[0] + 1)
        }
        lack = [bit for bit in range(need) if bit not in there]
        if lack:
            raise InputError(
                f"{path}: TDATA of {port.name}: bits {_spans(lack)} were not captured; a beat of "
                f"the set has {need}"
            )
    return _joined([(read(piece, None), piece.name.bits or (0, 0)) for piece in chosen])


def _joined(parts: list[tuple[Values, tuple[int, int]]]) -> Values:
    """A signal from its parts, each with its highest and lowest bit."""
    first = parts[0][0]
    numbers = [0] * len(first.numbers)
    known, whole = np.zeros_like(first.known), np.ones_like(first.whole)
    for values, (_, low) in parts:
        numbers = [now | number << low for now, number in zip(numbers, values.numbers, strict=True)]
        known |= values.known
        whole &= values.whole
    return Values(numbers, known, whole)


def _spans(bits: Sequence[int]) -> str:
    """Numbers as few spans."""
    ends: list[list[int]] = []
    for bit in bits:
        if ends and ends[-1][1] == bit - 1:
            ends[-1][1] = bit
        else:
            ends.append([bit, bit])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in ends)


def values(numbers: Sequence[int | None], partly: Mapping[int, int]) -> Values:
    """Values of numbers.

    Parameters
    ----------
    numbers : sequence of int or None
        None where not every bit is known.
    partly : dict of int to int
        Some of those by their place: the bits that are known, the others 0.
    """
    whole = np.array([number is not None for number in numbers], dtype=bool)
    known = whole.copy()
    known[list(partly)] = True
    filled = [partly.get(at, 0) if number is None else number for at, number in enumerate(numbers)]
    return Values(filled, known, whole)
