"""Names of signals as tools write them, and which of them are the output stream.

One parser for samples and waves::

    design_1_i/g_chan[0].core/m_axis_video_tdata[31:0]    a path with brackets inside
    deconv_axi:dut|m_axis_video_tdata[31..0]              Quartus
    m_axis[tdata][31:0], m_axis.tdata                     structs, records
    m_axis_tdata[7], m_axis_tdata(7), tdata(31 downto 0)  one bit; VHDL
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from deconv4k.errors import InputError

SIGNALS = ("tdata", "tvalid", "tready", "tlast", "tuser")
"""Signals of a stream."""

SHOWN = 8
"""Most names in a message."""

_RANGE = re.compile(
    r"\s*[\[(]\s*(?P<a>\d+)\s*(?:(?::|\.\.|\bdownto\b|\bto\b)\s*(?P<b>\d+)\s*)?[\])]\s*$",
    re.IGNORECASE,
)
_MEMBER = re.compile(r"\.?[\[(]\s*([a-z_]\w*)\s*[\])]", re.IGNORECASE)
_SIGNAL = re.compile(
    rf"(?P<before>.*?)(?P<signal>{'|'.join(SIGNALS)})"
    r"(?P<after>(?:_(?:i|o|in|out|int|net|s|r|q|reg))*_?\d*(?:[\[(]\d+[\])])?)",
    re.IGNORECASE,
)
_SEPARATORS = "./|:"
_MASTER, _SLAVE = re.compile(r"(?:^|_)m\d*_"), re.compile(r"(?:^|_)s\d*_")


@dataclass(frozen=True)
class Wanted:
    """What the user says of the names.

    Parameters
    ----------
    port : str, optional
        Part of the stream's name.
    clock : str, optional
        Name of the clock, in waves.
    signals : dict of str to str
        Names of single signals, by `SIGNALS`.
    """

    port: str | None = None
    clock: str | None = None
    signals: Mapping[str, str] = field(default_factory=dict)

    def options(self) -> list[tuple[str, str]]:
        """What is said, by the options that say it."""
        every = [("port", self.port), ("clock", self.clock), *self.signals.items()]
        return [(option, name) for option, name in every if name is not None]


class Name(NamedTuple):
    """A signal's name, taken apart."""

    text: str
    """Without its range; members of structs as those of records."""
    bits: tuple[int, int] | None
    """The highest and the lowest bit, where a range is given."""
    rising: bool = False
    """Whether the range rises: its bits are counted from the left."""

    @property
    def width(self) -> int | None:
        """Bits, where a range is given."""
        return None if self.bits is None else self.bits[0] - self.bits[1] + 1


class Piece(NamedTuple):
    """All bits of a signal, or some."""

    where: Any
    """The column or the variable."""
    name: Name


class Port(NamedTuple):
    """A stream among samples or waves."""

    name: str
    """With * for tdata, tvalid, ..."""
    signals: dict[str, list[Piece]]
    """By `SIGNALS`."""


def parse(name: str) -> Name:
    """Take a name apart.

    Parameters
    ----------
    name : str
    """
    text = name.strip().strip("\"'").replace("\\", "")
    match = _RANGE.search(text)
    if match is None:
        return Name(re.sub(r"\s", "", _MEMBER.sub(r".\1", text)), None)
    text = re.sub(r"\s", "", _MEMBER.sub(r".\1", text[: match.start()]))
    first, last = int(match["a"]), int(match["b"] or match["a"])
    return Name(text, (max(first, last), min(first, last)), first < last)


def is_data(name: str, wanted: Wanted) -> bool:
    """Whether a name is that of TDATA, by its own or as wanted."""
    text = parse(name).text
    match = _SIGNAL.fullmatch(text)
    if match is not None and match["signal"].lower() == "tdata":
        return True
    named = wanted.signals.get("tdata")
    return named is not None and _ends_in(text, named) is not None


def ports(found: Iterable[tuple[str, Any]]) -> list[Port]:
    """Streams among named signals: those that share all but tdata, tvalid, ... of their name."""
    streams: dict[str, Port] = {}
    for name, where in found:
        parsed = parse(name)
        match = _SIGNAL.fullmatch(parsed.text)
        if match is not None:
            key = f"{match['before']}*{match['after']}"
            port = streams.setdefault(key.lower(), Port(key, {}))
            port.signals.setdefault(match["signal"].lower(), []).append(Piece(where, parsed))
    return [port for port in streams.values() if "tdata" in port.signals]


def choose(found: Sequence[tuple[str, Any]], wanted: Wanted, path: Path) -> Port:
    """The output stream: as wanted, or a master's, the least deep in the design.

    Parameters
    ----------
    found : sequence of (name, column or variable)
    wanted : Wanted
    path : Path
        For messages.

    Raises
    ------
    InputError
        No stream, several, or none of that name.
    """
    given = {
        signal: named(found, text, f"`{signal}`", path) for signal, text in wanted.signals.items()
    }
    streams = ports(found)
    if "tdata" in given and wanted.port is None:
        mine = given["tdata"][0].where
        streams = [
            port for port in streams if any(piece.where == mine for piece in port.signals["tdata"])
        ]
        port = streams[0] if streams else Port(given["tdata"][0].name.text, {})
    else:
        if not streams:
            raise InputError(
                f"{path}: no signal whose name ends in tdata; name it by `tdata`; there are "
                + _listed(name for name, _ in found)
            )
        port = _one(streams, wanted.port, path)
    return Port(port.name, {**port.signals, **given})


def named(found: Iterable[tuple[str, Any]], text: str, option: str, path: Path) -> list[Piece]:
    """The pieces of the signal that an option names: its whole name, or the end of it.

    Raises
    ------
    InputError
        None fits, or several.
    """
    fits: dict[str, list[Piece]] = {}
    all_names = []
    for name, where in found:
        parsed = parse(name)
        all_names.append(name)
        if _ends_in(parsed.text, text) is not None:
            fits.setdefault(parsed.text, []).append(Piece(where, parsed))
    if not fits:
        raise InputError(
            f"{path}: {option} {text!r} fits no signal; there are {_listed(all_names)}"
        )
    deep = {name: _ends_in(name, text) or 0 for name in fits}
    least = [name for name in fits if deep[name] == min(deep.values())]
    if len(least) != 1:
        raise InputError(f"{path}: {option} {text!r} fits {_listed(least)}; give more of the name")
    return fits[least[0]]


def _ends_in(text: str, wanted: str) -> int | None:
    """How many separators stand before the end of a name that is as wanted."""
    low, end = text.lower(), parse(wanted).text.lower()
    if not end or not low.endswith(end):
        return None
    before = low[: len(low) - len(end)]
    if before and before[-1] not in _SEPARATORS and end[0] not in _SEPARATORS:
        return None
    return len(re.findall(rf"[{re.escape(_SEPARATORS)}]", before))


def _listed(texts: Iterable[str]) -> str:
    """Some names for a message."""
    every = list(dict.fromkeys(text.strip() for text in texts if text.strip()))
    return ", ".join(every[:SHOWN]) + (f" and {len(every) - SHOWN} more" * (len(every) > SHOWN))


def _one(streams: list[Port], wanted: str | None, path: Path) -> Port:
    """The stream that is wanted, or the likeliest one."""
    parts = [
        [part for part in re.split(r"[./|:]", port.name.partition("*")[0]) if part]
        for port in streams
    ]
    every = list(range(len(streams)))
    if wanted is not None:
        spelled = [
            [port.name.lower().replace("*", signal) for signal in ("*", *SIGNALS)]
            for port in streams
        ]
        fits: list[int] = []
        # As it is written, then with its brackets as a name has them, then without a range.
        for text in (wanted, parse(wanted + ".").text.rstrip("."), parse(wanted).text):
            fits = fits or [i for i in every if any(text.lower() in one for one in spelled[i])]
        if not fits:
            names = _listed(port.name for port in streams)
            raise InputError(f"{path}: `port` {wanted!r} fits no stream; there are {names}")
    else:
        last = [part[-1].lower() if part else "" for part in parts]
        fits = (
            [i for i in every if last[i].startswith("m_")]
            or [i for i in every if _MASTER.search(last[i])]
            or [i for i in every if not _SLAVE.search(last[i])]
            or every
        )
    # A stream of the scope itself lies less deep than one of an instance in it.
    deep = [len(re.findall(r"[./|:]", port.name.partition("*")[0])) for port in streams]
    fits = [i for i in fits if deep[i] == min(deep[j] for j in fits)]
    if len(fits) != 1:
        names = _listed(streams[i].name for i in fits)
        raise InputError(f"{path}: streams {names}; say which by `port` and a part of its name")
    return streams[fits[0]]
