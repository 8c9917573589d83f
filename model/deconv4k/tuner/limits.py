"""Limits of the search space, read from a TOML file or from text such as ``weight.width=6..12``.

Each *statement* allows some values of one axis and says where it stands, for messages. Where
several speak of the same axis, what all of them allow remains.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.formats import MAX_WIDTH, Format
from deconv4k.tuner.axes import KEYS, MODES, NODES, NONE, Proved, Value

_PROVED = re.compile(r"proved(?P<more>[+-]\d+)?")
_RANGE = re.compile(r"(?P<first>-?\d+)(?:\.\.(?P<last>-?\d+))?")


class Statement(NamedTuple):
    """The values that one source allows on an axis.

    Parameters
    ----------
    where : str
        The source, for messages.
    values : tuple
    """

    where: str
    values: tuple[Value, ...]


Limits = dict[str, list[Statement]]
"""The statements about each axis, by its name ``node.key``."""


def read_limits(path: str | Path) -> Limits:
    """Read limits from a TOML file.

    Parameters
    ----------
    path : str or Path
        A table for each node; each key has a value, a list, or text such as ``"6..10"``.

    Raises
    ------
    InputError
        If the file is missing, or for what is wrong in it: every line of that at once.
    """
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: no TOML: {error}") from None
    limits: Limits = {}
    errors: list[str] = []
    for node, table in tables.items():
        if not isinstance(table, dict):
            errors.append(f"{path}: {node} = {table!r}; allowed: a table [{node}]")
            continue
        for key, value in table.items():
            text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
            try:
                _set(limits, f"{node}.{key}={text}", f"{path}: {node}.{key} = {text}")
            except InputError as error:
                errors.extend(error.lines)
    if errors:
        raise InputError(*errors)
    return limits


def parse_limits(
    base: Config,
    pins: Iterable[str] = (),
    sets: Iterable[str] = (),
    *,
    pin_name: str = "pins",
    set_name: str = "sets",
) -> Limits:
    """Read limits from text.

    Parameters
    ----------
    base : Config
    pins : iterable of str
        ``NODE``, which is then as in `base`, or ``NODE=FORMAT``.
    sets : iterable of str
        ``NODE.KEY=VALUES``: values and ranges such as ``6..12``, with commas between them.
    pin_name, set_name : str
        What a message calls the two, such as ``--pin``.

    Raises
    ------
    InputError
        For what is wrong with them: every line of that at once.

    Examples
    --------
    >>> from deconv4k._shared import checkout
    >>> base = Config.load(checkout.DEFAULT_CONFIG)
    >>> parse_limits(base, sets=["weight.width=6..8"])
    {'weight.width': [Statement(where='sets weight.width=6..8', values=(6, 7, 8))]}
    """
    limits: Limits = {}
    errors: list[str] = []

    def collect(name: str, texts: Iterable[str], add: Callable[[str, str], None]) -> None:
        for text in texts:
            try:
                add(text, f"{name} {text}")
            except InputError as error:
                errors.extend(error.lines)

    collect(set_name, sets, lambda text, where: _set(limits, text, where))
    collect(pin_name, pins, lambda text, where: _pin(limits, base, text, where))
    if errors:
        raise InputError(*errors)
    return limits


def merge_limits(*parts: Limits) -> Limits:
    """The statements of several sources together."""
    limits: Limits = {}
    for part in parts:
        for axis, statements in part.items():
            limits.setdefault(axis, []).extend(statements)
    return limits


def _set(limits: Limits, text: str, where: str) -> None:
    """Add the statement ``node.key=values``."""
    axis, equals, values = (part.strip() for part in text.partition("="))
    node, _, key = axis.partition(".")
    if not equals or node not in NODES or key not in KEYS[node]:
        allowed = ", ".join(f"{each}.{{{','.join(KEYS[each])}}}" for each in NODES)
        raise InputError(f"{where}: unknown; allowed: NODE.KEY=VALUES with one of {allowed}")
    parsed = [value for part in values.split(",") for value in _values(axis, part.strip(), where)]
    limits.setdefault(axis, []).append(Statement(where, tuple(dict.fromkeys(parsed))))


def _values(axis: str, text: str, where: str) -> list[Value]:
    """The values of an axis that one part between commas stands for."""
    node, _, key = axis.partition(".")
    if key in MODES:
        modes = MODES[key]
        if text not in modes.__members__:
            raise InputError(f"{where}: {text!r}; allowed: {', '.join(modes.__members__)}")
        return [modes[text]]
    if text == NONE and axis in ("product.fraction", "accumulator.integer"):
        return [NONE]
    proved = _PROVED.fullmatch(text)
    if proved and key == "integer" and node in ("weight", "product", "accumulator"):
        return [Proved(int(proved["more"] or 0))]
    numbers = _RANGE.fullmatch(text)
    first, last = (0, 0) if numbers is None else (int(numbers["first"]), numbers["last"])
    last = first if last is None else int(last)
    if numbers is None or abs(first) > MAX_WIDTH or abs(last) > MAX_WIDTH:
        raise InputError(
            f"{where}: {text!r}; allowed: whole numbers up to {MAX_WIDTH}, 6..10 for a range"
        )
    return list(range(first, last + 1))


def _pin(limits: Limits, base: Config, text: str, where: str) -> None:
    """Add the statements ``node=format``; a node alone is pinned to the base configuration."""
    node, equals, spelled = (part.strip() for part in text.partition("="))
    if node not in NODES:
        raise InputError(f"{where}: unknown node; allowed: {', '.join(NODES)}")
    form = Format.parse(spelled) if equals and spelled != NONE else None
    if not equals:
        form = getattr(base.formats, node)
    if form is None:
        if node not in ("product", "accumulator"):
            raise InputError(f"{where}: {node} cannot be left out; allowed: a format")
        key = "fraction" if node == "product" else "integer"
        limits.setdefault(f"{node}.{key}", []).append(Statement(where, (NONE,)))
        return
    own = getattr(base.formats, node)
    if form.signed != (own.signed if own is not None else True):
        raise InputError(f"{where}: the sign is not searched; allowed: that of the configuration")
    properties: dict[str, Value] = {
        "width": form.width,
        "integer": form.integer,
        "fraction": form.fraction,
        "rounding": form.rounding,
        "overflow": form.overflow,
    }
    for key, value in properties.items():
        if key in KEYS[node]:
            limits.setdefault(f"{node}.{key}", []).append(Statement(where, (value,)))
