"""Samples of logic analysers: CSV of an ILA (Vivado) or of Signal Tap (Quartus).

Vivado writes the names first and ``Radix - ...`` below. Quartus may write a section ``Groups:``
with its buses, their bits and radices, then ``Data:`` and below it the names.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deconv4k.config import Config
from deconv4k.diagnosis import clocks, names, text
from deconv4k.diagnosis.names import Piece, Wanted
from deconv4k.errors import InputError

_RADICES = "HEX, BINARY, UNSIGNED, SIGNED, OCTAL"
_WORDS = {
    16: re.compile("hex(adecimal)?", re.IGNORECASE),
    10: re.compile(r"((un)?signed *)?(decimal|int(eger)?)?( in two's complement)?", re.IGNORECASE),
    8: re.compile("oct(al)?", re.IGNORECASE),
    2: re.compile("bin(ary)?", re.IGNORECASE),
}
_NAMES = {16: "hexadecimal", 10: "decimal", 8: "octal", 2: "binary"}

_DIGITS = {16: "[0-9a-fxzuw?]", 8: "[0-7xzuw?]", 2: "[01xzuw?]"}
_BEFORE = {16: r"(?:0x|\d*'s?h)", 10: r"(?:\d*'s?d)", 8: r"(?:0o|\d*'s?o)", 2: r"(?:0b|\d*'s?b)"}
_AFTER = {16: "h", 10: "d", 8: "o", 2: "b"}
_UNKNOWN = re.compile(r"[xzuw?]+h?|-")


@dataclass
class Table:
    """Rows of samples below their names.

    Parameters
    ----------
    names : list of str
    rows : list of (line, cells)
        The line in the file, from 1.
    kind : str
    radices : dict of int to str
        By column, as written.
    groups : dict of str to (str, int)
        Radix and bits of a bus by its name.
    """

    names: list[str]
    rows: list[tuple[int, list[str]]]
    kind: str
    radices: dict[int, str] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)


class Group(NamedTuple):
    """A bus of Signal Tap."""

    radix: str
    width: int | None


def read(path: Path, config: Config, wanted: Wanted) -> tuple[str, clocks.Beats]:
    """The beats of a stream among samples.

    Parameters
    ----------
    path : Path
    config : Config
    wanted : Wanted

    Returns
    -------
    kind : str
        What the samples are, in words.
    beats : Beats

    Raises
    ------
    InputError
        No stream, a cell that is no number of its radix, or a radix that stays undecided.
    """
    if wanted.clock is not None:
        raise InputError(
            f"{path}: `clock` {wanted.clock!r}: a row is a clock; allowed: in .vcd or .fst"
        )
    table = _table(path, wanted)
    port = names.choose([(name, i) for i, name in enumerate(table.names)], wanted, path)
    needed = [piece.where for pieces in port.signals.values() for piece in pieces]
    for line, row in table.rows:
        if len(row) <= max(needed):
            raise InputError(
                f"{path}:{line}: {len(row)} of {len(table.names)} columns: the file is cut off"
            )

    def values(piece: Piece, width: int | None) -> clocks.Values:
        group = table.groups.get(piece.name.text.lower())
        one_bit = width == 1
        bits = piece.name.width or (group.width if group is not None else None)
        return _column(table, piece, bits or (None if one_bit else width), one_bit, path)

    broken, notes = _breaks(table)
    beats = clocks.take(
        port, values, config, broken, lambda clock: f"in line {table.rows[clock][0]}", path
    )
    return table.kind, beats._replace(notes=notes + beats.notes)


def _table(path: Path, wanted: Wanted) -> Table:
    """The names, what stands above or below them, and the samples."""
    lines = text.read(path).splitlines()
    best: tuple[int, int, list[list[str]]] | None = None
    for delimiter in ",;\t":
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
        head = _head(rows, wanted)
        if head is not None and (best is None or len(rows[head]) > len(best[2][best[1]])):
            best = (len(rows[head]), head, rows)
    if best is None:
        raise InputError(
            f"{path}: no row of names with a tdata; allowed: CSV of an ILA, Signal Tap"
        )
    _, head, rows = best
    given = [cell.strip() for cell in rows[head]]
    while given and not given[-1]:
        given.pop()
    kind = "ILA samples" if given[0].lower().startswith("sample in") else "Signal Tap samples"
    table = Table(given, [], kind, groups=dict(_groups(rows[:head])))
    for line, row in enumerate(rows[head + 1 :], head + 2):
        cells = [cell.strip() for cell in row]
        if not any(cells) or cells[0].startswith("#"):
            continue
        if cells[: len(given)] == given or cells[0].lower() == "data:":
            continue  # of another window
        if cells[0].lower().startswith("radix"):
            table.radices = dict(enumerate([cells[0].split("-", 1)[-1].strip(), *cells[1:]]))
        else:
            table.rows.append((line, cells))
    return table


def _head(rows: list[list[str]], wanted: Wanted) -> int | None:
    """The row of names."""
    data = next((i for i, row in enumerate(rows) if row and row[0].strip().lower() == "data:"), -1)
    below = [i for i, row in enumerate(rows) if i > data and any(cell.strip() for cell in row)]
    if data >= 0:
        return below[0] if below and len(rows[below[0]]) > 1 else None
    wide = [i for i in below if len(rows[i]) > 1]
    for i in wide:
        if any(names.is_data(cell, wanted) for cell in rows[i]):
            return i
    return next((i for i in wide if rows[i][0].strip().lower().startswith("sample in")), None)


def _groups(rows: list[list[str]]) -> Iterator[tuple[str, Group]]:
    """Buses of the section ``Groups:``: name = member, member, ..., radix."""
    inside = False
    for row in rows:
        cells = [cell.strip() for cell in row if cell.strip()]
        if cells and cells[0].lower() == "groups:":
            inside = True
        elif inside and cells and "=" in cells[0]:
            name, _, first = cells[0].partition("=")
            rest = [cell for cell in (first.strip(), *cells[1:]) if cell]
            radix = rest[-1] if rest and _radix(rest[-1]) else ""
            width = len(rest) - bool(radix)
            yield names.parse(name).text.lower(), Group(radix, width or None)


def _radix(word: str) -> int | None:
    """The radix of a word for it."""
    fits = (radix for radix, words in _WORDS.items() if word and words.fullmatch(word))
    return next(fits, None)


def _breaks(table: Table) -> tuple[clocks.Flags, list[str]]:
    """Samples before which the stream is broken: of a new window, and after a gap."""
    low = [name.lower() for name in table.names]
    broken = np.zeros(len(table.rows), dtype=bool)
    notes = []
    count: int | None = None
    if "sample in window" in low:
        count = low.index("sample in window")
    elif table.kind != "ILA samples" and low[0].startswith(("time", "sample")):
        count = 0
    if count is not None:
        last: float | None = None
        for at, (_, row) in enumerate(table.rows):
            now = _count(row[count], table.radices.get(count, "")) if count < len(row) else None
            if now is not None and last is not None:
                broken[at] = now < last or now == last == 0
            last = last if now is None else now
        if broken.any():
            notes.append(f"{int(broken.sum()) + 1} capture windows")
    if "gap" in low:
        column = low.index("gap")
        gaps = np.array(
            [row[column].strip("0") != "" if column < len(row) else False for _, row in table.rows],
            dtype=bool,
        )
        if gaps.any():
            notes.append(f"{int(gaps.sum())} gap(s) between samples, the stream is broken there")
        broken |= gaps
    return broken, notes


def _count(cell: str, radix: str) -> float | None:
    """The number of a sample, or its time."""
    match = re.match(r"[-+]?[\d.]+(?:e[-+]?\d+)?", cell, re.IGNORECASE)
    try:
        if _radix(radix) == 16:
            return int(cell, 16)
        return float(match[0]) if match is not None else None
    except ValueError:
        return None


def _column(
    table: Table, piece: Piece, width: int | None, one_bit: bool, path: Path
) -> clocks.Values:
    """A column as numbers, by its radix or by the only one that its digits allow."""
    column = piece.where
    cells = [row[column].lower().strip("\"' ").replace("_", "") for _, row in table.rows]
    said = table.radices.get(column, "")
    group = table.groups.get(piece.name.text.lower())
    if not said and group is not None and (piece.name.width != 1 or piece.name.bits is None):
        said = group.radix
    told = _radix(said)
    if said and told is None:
        raise InputError(f"{path}: {table.names[column]}: radix {said!r}; allowed: {_RADICES}")
    allowed = list(_NAMES) if told is None else [told]
    readings = {}
    for radix in allowed:
        pattern = _pattern(radix, width, cells, sure=bool(said))
        found = _numbers(cells, radix, pattern, width)
        if isinstance(found, int):
            if said:
                line, row = table.rows[found]
                size = f" of {width} bits" if width else ""
                raise InputError(
                    f"{path}:{line}: {table.names[column]} = {row[column]!r}; allowed: numbers of "
                    f"radix {radix}{size}"
                )
        else:
            readings[radix] = found
    if not readings:
        raise InputError(
            f"{path}: {table.names[column]}: cells such as {_odd(cells)!r} are numbers of no one "
            f"radix{f' in {width} bits' if width else ''}"
        )
    first, *others = readings.values()
    for other in others:
        if [n & 1 if one_bit else n for n in first.numbers] != [
            n & 1 if one_bit else n for n in other.numbers
        ]:
            fits = " and ".join(_NAMES[radix] for radix in readings)
            raise InputError(
                f"{path}: {table.names[column]}: its digits may be {fits}; export it with its "
                "radix, or in binary"
            )
    return first


def _odd(cells: list[str]) -> str:
    """A cell that is a number in the fewest radices."""
    patterns = [_pattern(radix, None, [], sure=True) for radix in _NAMES]
    return min(cells, key=lambda cell: sum(bool(one.fullmatch(cell)) for one in patterns))


def _pattern(radix: int, width: int | None, cells: list[str], *, sure: bool) -> re.Pattern[str]:
    """What a cell of a radix looks like; if it is not `sure`, as tools fill digits up."""
    before, after = _BEFORE[radix], _AFTER[radix]
    if radix == 10:
        number = r"[-+]?\d+" if sure else r"-?(?:0|[1-9]\d*)"
        return re.compile(rf"{before}?({number}){after}?")
    digits = _DIGITS[radix]
    if sure:
        return re.compile(rf"{before}?({digits}+){after}?")
    bits = {16: 4, 8: 3, 2: 1}[radix]
    count = f"{{{-(-width // bits)}}}" if width else "+"
    if radix == 16 and any(re.search("[a-f]", cell) for cell in cells):
        # Nothing else has letters; a spreadsheet takes zeros away.
        count = f"{{1,{-(-width // bits)}}}" if width else "+"
    marked = rf"{before}({digits}+)"
    if radix == 16:
        marked += rf"|({digits}+){after}"
        return re.compile(rf"{marked}|({digits}{count})")
    return re.compile(rf"{marked}|({digits}{count}){after}?")


def _numbers(
    cells: list[str], radix: int, pattern: re.Pattern[str], width: int | None
) -> clocks.Values | int:
    """The cells as numbers of a radix, without a sign; or the first one that is none."""
    found: list[int | None] = []
    partly: dict[int, int] = {}
    for at, cell in enumerate(cells):
        if _UNKNOWN.fullmatch(cell):
            found.append(None)
            continue
        match = pattern.fullmatch(cell)
        if match is None:
            return at
        digits = next(group for group in match.groups() if group is not None)
        number = int(re.sub("[xzuw?]", "0", digits), radix)
        if width is not None and not -(1 << width - 1) <= number < 1 << width:
            return at
        number &= (1 << (width or number.bit_length() + 1)) - 1
        if re.search("[xzuw?]", digits):
            if re.search("[^xzuw?]", digits):
                partly[at] = number
            found.append(None)
        else:
            found.append(number)
    return clocks.values(found, partly)
