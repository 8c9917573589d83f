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

import contextlib
import csv
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k import bus, export, files, image
from deconv4k.config import Config
from deconv4k.diff import log
from deconv4k.diff.expected import to_lanes
from deconv4k.errors import InputError

Flags = NDArray[np.bool_]


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
    """

    kind: str
    beats: NDArray[np.uint8]
    sof: Flags | None = None
    eol: Flags | None = None
    whole: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Log:
    """Lines of the self-test, read by `deconv4k.diff.log`."""

    lines: list[log.Line]
    notes: list[str]


def read(
    path: str | Path,
    config: Config,
    sizes: Sequence[tuple[int, int]],
    *,
    port: str | None = None,
    beat_bytes: int | None = None,
) -> Capture | Log:
    """Read a capture by what its name ends in.

    Parameters
    ----------
    path : str or Path
    config : Config
    sizes : sequence of (OH, OW)
        Output frames that a picture may show.
    port : str, optional
        Part of the port's name, where samples or waves have several streams.
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
        ".csv": lambda: _samples(path, config, port),
        ".vcd": lambda: _waves(path, config, port),
        ".txt": lambda: _text(path, config),
    }
    readers[".raw"], readers[".fst"] = readers[".bin"], readers[".vcd"]
    for name in (".log", ".hex", ".mem"):
        readers[name] = readers[".txt"]
    ending = path.suffix.lower()
    if ending not in readers:
        raise InputError(f"{path}: ends in {ending!r}; allowed: {', '.join(readers)}")
    if beat_bytes is not None and ending not in (".bin", ".raw", ".npy"):
        raise InputError(f"--beat-bytes {beat_bytes}: {path} is no buffer; allowed: .bin .raw .npy")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: empty; allowed: at least one beat")
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
        raise InputError(f"--beat-bytes {size}; allowed: the {used} bytes of a beat, or more")
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
        raise InputError(f"--beat-bytes {beat_bytes}: {path} holds frames; allowed: one dimension")
    return _frames(array[np.newaxis] if array.ndim == 2 else array, path, config, sizes, "array")


def _picture(path: Path, config: Config, sizes: Sequence[tuple[int, int]]) -> Capture:
    picture = image.read(path)
    if picture.ndim == 3:
        if (picture != picture[:, :, :1]).any():
            raise InputError(f"{path}: a picture in colours; allowed: grey, a code a pixel")
        picture = picture[:, :, 0]
    codes = export.from_samples(picture, config.formats.output)
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


def _text(path: Path, config: Config) -> Capture | Log:
    text = path.read_text(encoding="ascii", errors="replace")
    if log.MARK in text:
        return Log(*log.parse(text, str(path)))
    size = bus.output_bytes(config)
    words = []
    for number, line in enumerate(text.splitlines(), 1):
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
    return Capture("hexadecimal beats", _to_bytes(words, size), whole=True)


def _to_bytes(words: Sequence[int], size: int) -> NDArray[np.uint8]:
    """Beats of numbers, cut to `size` bytes."""
    mask = (1 << 8 * size) - 1
    data = b"".join((word & mask).to_bytes(size, "little") for word in words)
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, size)


_SIGNAL = re.compile(
    r"(?P<before>.*?)(?P<signal>tdata|tvalid|tready|tlast|tuser)(?P<after>_?\d*)", re.IGNORECASE
)


class Port(NamedTuple):
    """A stream among samples or waves."""

    name: str
    signals: dict[str, Any]
    """By tdata, tvalid, ...: the column or the variable."""


def _ports(names: Iterator[tuple[str, Any]]) -> list[Port]:
    """Streams among named signals: those that share all but tdata, tvalid, ... of their name."""
    found: dict[str, Port] = {}
    for name, where in names:
        plain = re.sub(r"\s*\[[^\]]*\]\s*$", "", name.strip())
        match = _SIGNAL.fullmatch(plain)
        if match is not None:
            key = f"{match['before']}*{match['after']}"
            port = found.setdefault(key.lower(), Port(key, {}))
            port.signals.setdefault(match["signal"].lower(), where)
    return [port for port in found.values() if "tdata" in port.signals]


def _choose(ports: list[Port], wanted: str | None, path: Path) -> Port:
    """The output stream: as wanted, or a master's, the least deep in the design."""
    if not ports:
        raise InputError(f"{path}: no signal whose name ends in tdata; allowed: an AXI4-Stream")
    if wanted is not None:
        fits = [port for port in ports if wanted.lower() in port.name.lower()]
    else:
        last = [re.split(r"[./|:]", port.name)[-1].lower() for port in ports]
        fits = [p for p, name in zip(ports, last, strict=True) if name.startswith("m_")]
        if not fits:
            fits = [p for p, name in zip(ports, last, strict=True) if not name.startswith("s_")]
    depth = [len(re.split(r"[./|:]", port.name)) for port in fits]
    fits = [port for port, deep in zip(fits, depth, strict=True) if deep == min(depth)]
    if len(fits) != 1:
        names = ", ".join(port.name for port in fits or ports)
        raise InputError(f"{path}: streams {names}; say which by --port and a part of its name")
    return fits[0]


def _missing(port: Port) -> list[str]:
    return [
        f"{name.upper()} was not captured and is taken as 1"
        for name in ("tvalid", "tready")
        if name not in port.signals
    ]


_RADICES = {"HEX": 16, "HEXADECIMAL": 16, "BINARY": 2, "UNSIGNED": 10, "SIGNED": 10, "OCTAL": 8}


def _samples(path: Path, config: Config, wanted: str | None) -> Capture:
    """Samples of a logic analyser: whatever preamble, names, perhaps radices, rows.

    Vivado writes the names first and ``Radix - …`` below; Quartus writes the names below a line
    ``Data:``, and hexadecimal numbers.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    rows = list(csv.reader(text.splitlines()))
    head = next(
        (
            i
            for i, row in enumerate(rows)
            if sum(_SIGNAL.fullmatch(re.sub(r"\s*\[.*", "", c.strip())) is not None for c in row)
            and len(row) > 1
        ),
        None,
    )
    if head is None:
        raise InputError(
            f"{path}: no row of names with a tdata; allowed: CSV of an ILA, Signal Tap"
        )
    names = [cell.strip() for cell in rows[head]]
    first = head + 1
    radices = [16] * len(names)
    kind = "Signal Tap samples"
    if names[0].lower().startswith("sample in"):
        kind = "ILA samples"
    if first < len(rows) and rows[first] and rows[first][0].strip().lower().startswith("radix"):
        cells = [rows[first][0].split("-", 1)[-1], *rows[first][1:]]
        for i, cell in enumerate(cells[: len(names)]):
            word = cell.strip().upper()
            if word not in _RADICES:
                raise InputError(
                    f"{path}:{first + 1}: radix {cell.strip()!r}; allowed: {', '.join(_RADICES)}"
                )
            radices[i] = _RADICES[word]
        first += 1
    port = _choose(_ports(iter((name, i) for i, name in enumerate(names))), wanted, path)
    taken: dict[str, list[int]] = {name: [] for name in port.signals}
    for number, row in enumerate(rows[first:], first + 1):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) < len(names) and max(port.signals.values()) >= len(row):
            raise InputError(
                f"{path}:{number}: {len(row)} of {len(names)} columns: the file is cut off"
            )
        value = {
            name: _number(row[column], radices[column], f"{path}:{number}: {names[column]}")
            for name, column in port.signals.items()
            if name in ("tvalid", "tready")
        }
        if all(value.values()):
            for name, column in port.signals.items():
                where = f"{path}:{number}: {names[column]}"
                taken[name].append(_number(row[column], radices[column], where))
    flags = {name: np.array(taken[name]) & 1 == 1 for name in ("tuser", "tlast") if name in taken}
    beats = _to_bytes(taken["tdata"], bus.output_bytes(config))
    return Capture(kind, beats, flags.get("tuser"), flags.get("tlast"), notes=_missing(port))


def _number(cell: str, radix: int, where: str) -> int:
    digits = cell.strip().strip("'\"").lower()
    if radix == 16:
        digits = digits.removeprefix("0x").removesuffix("h")
    try:
        return int(digits, radix)
    except ValueError:
        raise InputError(f"{where} = {cell.strip()!r}; allowed: numbers of radix {radix}") from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The waveform library tells of damage on the standard error itself; here it does not."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _variables(path: Path) -> dict[str, Any]:
    """Variables of a VCD or FST file by their full names."""
    try:
        import pywellen
    except ImportError:
        raise InputError(
            f"{path}: waves need pywellen; pip install 'deconv4k[diff]' installs it"
        ) from None
    try:
        with _quiet():
            return {var.full_name: var for var in pywellen.Waveform(str(path)).all_vars()}
    except BaseException as error:
        # Damage within the file is a panic, which is no Exception.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise InputError(f"{path}: no readable waves; allowed: VCD or FST, undamaged") from None
        raise


def _changes(var: Any, path: Path) -> tuple[NDArray[np.int64], list[Any]]:
    """Times of a variable's changes, and its values: numbers, or text with x or z."""
    try:
        with _quiet():
            pairs = list(var.tv)
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise InputError(f"{path}: {var.full_name} is damaged or cut off") from None
        raise
    return np.array([time for time, _ in pairs], dtype=np.int64), [value for _, value in pairs]


def _waves(path: Path, config: Config, wanted: str | None) -> Capture:
    """Beats at the rising edges of the clock beside the stream, as they are just before them."""
    variables = _variables(path)
    port = _choose(_ports(iter(variables.items())), wanted, path)
    scope = port.name.rpartition(".")[0]
    clock = None
    while clock is None:
        inside = [name for name in variables if name.rpartition(".")[0] == scope]
        clock = next((n for n in inside if n.lower().endswith(("aclk", "clk", "clock"))), None)
        if clock is None and not scope:
            raise InputError(f"{path}: no clock beside {port.name}; allowed: aclk, clk or clock")
        scope = scope.rpartition(".")[0]
    times, levels = _changes(variables[clock], path)
    edges = np.array(
        [t for t, now, old in zip(times[1:], levels[1:], levels, strict=False)
         if now == 1 and old == 0],
        dtype=np.int64,
    )  # fmt: skip
    taken = np.ones(len(edges), dtype=bool)
    held: dict[str, tuple[NDArray[np.int64], list[Any]]] = {}
    for name, var in port.signals.items():
        changed, values = _changes(var, path)
        held[name] = np.searchsorted(changed, edges, side="left") - 1, values
        if name in ("tvalid", "tready"):
            at, values = held[name]
            level = np.array([value == 1 for value in values] + [False])
            taken &= level[at]
    unknown = 0
    words = []
    at, values = held["tdata"]
    for i in at[taken]:
        value = values[i] if i >= 0 else "x"
        if not isinstance(value, int):
            unknown += 1
            value = int(re.sub("[^01]", "0", str(value)), 2)
        words.append(value)
    flags: dict[str, Flags] = {}
    for name in ("tuser", "tlast"):
        if name in held:
            at, values = held[name]
            level = np.array([isinstance(v, int) and v & 1 == 1 for v in values] + [False])
            flags[name] = level[at][taken]
    notes = _missing(port)
    if unknown:
        notes.append(f"{unknown} beats have unknown bits, taken as 0")
    beats = _to_bytes(words, bus.output_bytes(config))
    return Capture("waves", beats, flags.get("tuser"), flags.get("tlast"), notes=notes)
