"""Waves of simulators and logic analysers: VCD and FST, read by pywellen."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k._shared import quiet
from deconv4k.config import Config
from deconv4k.diagnosis import clocks, names
from deconv4k.diagnosis.names import Piece, Port, Wanted
from deconv4k.errors import InputError

_CLOCKS = (
    re.compile(r"(?:aclk|clk|clock)", re.IGNORECASE),
    re.compile(r".*(?:aclk|clk|clock)", re.IGNORECASE),
    re.compile(
        r".*(?:clk|clock)(?!.*(?:en|rst|reset|locked|valid|ok|div|cnt|count|sel|gate)).*",
        re.IGNORECASE,
    ),
)
"""Names of clocks, the likeliest first."""


class Changes(NamedTuple):
    """A variable's changes."""

    times: NDArray[np.int64]
    levels: list[Any]
    """Numbers, or text where bits are unknown."""

    def rises(self) -> NDArray[np.int64]:
        """Times of changes from 0 to 1."""
        high = np.array([level == 1 for level in self.levels], dtype=bool)
        low = np.array([level == 0 for level in self.levels], dtype=bool)
        at = np.flatnonzero(high[1:] & low[:-1]) + 1
        return np.take(self.times, at)


def read(path: Path, config: Config, wanted: Wanted) -> clocks.Beats:
    """The beats of a stream: what its signals are just before the rising edges of the clock.

    Parameters
    ----------
    path : Path
    config : Config
    wanted : Wanted

    Raises
    ------
    InputError
        No stream, no clock, or damaged waves.
    """
    with _whole_lines(path) as (whole, notes):
        waves = _Waves(path, whole)
        port = names.choose(list(waves.variables.items()), wanted, path)
        clock = _clock(waves, port, wanted.clock)
        edges = clock.rises()

        def values(piece: Piece, width: int | None) -> clocks.Values:
            del width
            return _at(waves.changes(piece.where), edges)

        beats = clocks.take(
            port, values, config, _stops(clock, edges), lambda edge: f"at time {edges[edge]}", path
        )
    return beats._replace(notes=notes + beats.notes)


@contextlib.contextmanager
def _whole_lines(path: Path) -> Iterator[tuple[Path, list[str]]]:
    """The file; without its last line if that has no end, as a killed simulator leaves it."""
    if path.suffix.lower() != ".vcd":
        yield path, []
        return
    with path.open("rb") as file:
        file.seek(0, os.SEEK_END)
        size = end = file.tell()
        while end:
            start = max(0, end - 4096)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        if end in (0, size):
            yield path, []
            return
        file.seek(0)
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / path.name
            with whole.open("wb") as copy:
                shutil.copyfileobj(file, copy)
                copy.truncate(end)
            yield whole, ["the file is cut off within its last line, which is left out"]


class _Waves:
    """The variables of a file."""

    def __init__(self, path: Path, whole: Path) -> None:
        try:
            import pywellen
        except ImportError:
            raise InputError(
                f"{path}: waves need pywellen; pip install 'deconv4k[diff]' installs it"
            ) from None
        self.path = path
        self._changes: dict[str, Changes] = {}
        with _undamaged(f"{path}: no readable waves; allowed: VCD or FST, undamaged"):
            self.variables = {
                var.full_name: var for var in pywellen.Waveform(str(whole)).all_vars()
            }

    def changes(self, var: Any) -> Changes:
        """When a variable changed, and to what."""
        name = var.full_name
        if name not in self._changes:
            with _undamaged(f"{self.path}: {name} is damaged or cut off"):
                pairs = list(var.tv)
            times = np.array([time for time, _ in pairs], dtype=np.int64)
            self._changes[name] = Changes(times, [value for _, value in pairs])
        return self._changes[name]


@contextlib.contextmanager
def _undamaged(message: str) -> Iterator[None]:
    """The waveform library's errors as one line; what it prints itself is not shown."""
    try:
        with quiet.heard():
            yield
    except BaseException as error:
        # Damage within the file is a panic, which is no Exception.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise InputError(message) from None
        raise


def _clock(waves: _Waves, port: Port, wanted: str | None) -> Changes:
    """The clock: the one that is wanted, or by its name beside the stream or above it."""
    path, variables = waves.path, waves.variables
    if wanted is not None:
        pieces = names.named(variables.items(), wanted, "`clock`", path)
        clock = waves.changes(pieces[0].where)
        if not len(clock.rises()):
            raise InputError(f"{path}: `clock` {wanted!r} never rises")
        return clock
    of_stream = {piece.where.full_name for part in port.signals.values() for piece in part}
    scope = port.signals["tdata"][0].where.full_name
    while scope:
        scope = scope.rpartition(".")[0]
        inside = [
            name for name in variables
            if name.rpartition(".")[0] == scope and name not in of_stream
        ]  # fmt: skip
        for pattern in _CLOCKS:
            fits = {
                name: changes
                for name in inside
                if pattern.fullmatch(name.rpartition(".")[2])
                and variables[name].bitwidth == 1
                and len((changes := waves.changes(variables[name])).rises())
            }
            if fits:
                return _only(fits, waves, port)
    raise InputError(
        f"{path}: no clock beside {port.name}: name one by `clock`; of a logic analyser without "
        "one export CSV, where a row is a clock"
    )


def _only(fits: dict[str, Changes], waves: _Waves, port: Port) -> Changes:
    """Of several clocks the one at whose edges the stream changes."""
    edges = {name: changes.rises() for name, changes in fits.items()}
    moved = [
        waves.changes(piece.where).times[1:] for part in port.signals.values() for piece in part
    ]
    times = np.concatenate(moved)
    beside = [name for name in fits if len(times) and np.isin(times, edges[name]).all()]
    left = beside or list(fits)
    if any(not np.array_equal(edges[name], edges[left[0]]) for name in left):
        raise InputError(
            f"{waves.path}: clocks {', '.join(left)} beside {port.name}; say which by `clock`"
        )
    return fits[left[0]]


def _at(changes: Changes, edges: NDArray[np.int64]) -> clocks.Values:
    """A variable just before the edges."""
    numbers: list[int | None] = []
    partly: dict[int, int] = {}
    for edge, at in enumerate(np.searchsorted(changes.times, edges, side="left") - 1):
        level = changes.levels[at] if at >= 0 else "x"
        numbers.append(level if isinstance(level, int) else None)
        if not isinstance(level, int) and re.search("[01]", str(level)):
            partly[edge] = int(re.sub("[^01]", "0", str(level)), 2)
    return clocks.values(numbers, partly)


def _stops(clock: Changes, edges: NDArray[np.int64]) -> clocks.Flags:
    """Edges before which the clock was unknown for a while, as after $dumpoff."""
    lost = [time for time, level in zip(*clock, strict=True) if not isinstance(level, int)]
    broken = np.zeros(len(edges) + 1, dtype=bool)
    broken[np.searchsorted(edges, np.array(lost, dtype=np.int64), side="right")] = True
    broken[0] = False
    return broken[:-1]
