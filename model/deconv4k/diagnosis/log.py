"""The self-test's lines from the UART: signatures against those of a set.

A line tells of one frame; all numbers have 8 hexadecimal digits::

    D4K v1 PASS cfg=… krn=… in=… out=… exp=… frames=… errors=… stalled=… clocks=…

What a terminal adds is passed over: colours, times before or after a line, line ends within it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from deconv4k.errors import InputError

FIELDS = ("cfg", "krn", "in", "out", "exp", "frames", "errors", "stalled", "clocks")
"""Numbers of a line, in order."""

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours, moves of the cursor
    r"|\x1b\].*?(?:\x07|\x1b\\)"  # titles
    r"|\x1b[ -/]*[0-~]"
)
_WRAP = r"(?:[ \t]*\n[ \t]*(?:\[[^\]\n]*\][ \t]*)?)?"
"""Where a terminal may wrap a line: anywhere; it may write a time in brackets once more."""


def _wrapped(text: str) -> str:
    """A pattern for text that may be wrapped; at a space the space may be lost."""
    parts = [rf"(?:{_WRAP} *)" if c == " " else re.escape(c) for c in text]
    return _WRAP.join(parts)


_DIGITS = rf"((?:[0-9a-f]{_WRAP}){{7}}[0-9a-f])"
_LINE = re.compile(
    _wrapped("D4K v1 ")
    + rf"(?P<verdict>{_wrapped('PASS')}|{_wrapped('FAIL')})"
    + "".join(_WRAP + _wrapped(f" {name}=") + _WRAP + _DIGITS for name in FIELDS)
    + r"(?![0-9a-zA-Z])"
)
_TRACE = re.compile(rf"D4K v|(?:\b(?:{'|'.join(FIELDS)})=.*){{2}}")
"""What a damaged line of the self-test still has."""


@dataclass(frozen=True)
class Line:
    """One line of the self-test.

    Parameters
    ----------
    number : int
        Its line in the file, from 1.
    passed : bool
    words : dict of str to int
        By `FIELDS`.
    """

    number: int
    passed: bool
    words: dict[str, int]


def is_log(text: str) -> bool:
    """Whether a text holds lines of the self-test, damaged or not."""
    if "=" not in text and "D4K" not in text:
        return False  # long files of beats
    plain = _plain(text)
    return _TRACE.search(plain) is not None or _LINE.search(plain) is not None


def _plain(text: str) -> str:
    """Text without what colours it, with one kind of line end."""
    return re.sub(r"\r+\n|\r", "\n", _ESCAPES.sub("", text))


def parse(text: str, name: str) -> tuple[list[Line], list[str]]:
    """The self-test's lines of a log, whatever stands between them.

    Parameters
    ----------
    text : str
    name : str
        Of the file, for messages.

    Returns
    -------
    lines : list of Line
    notes : list of str
        What was passed over: damaged lines, and one cut off at the end of the log.

    Raises
    ------
    InputError
        No whole line of the self-test.
    """
    lines: list[Line] = []
    notes: list[str] = []
    plain = _plain(text)
    rest = list(plain)
    for match in _LINE.finditer(plain):
        words = [int(re.sub(_WRAP, "", word), 16) for word in match.groups()[1:]]
        passed = match["verdict"][0] == "P"
        number = plain.count("\n", 0, match.start()) + 1
        lines.append(Line(number, passed, dict(zip(FIELDS, words, strict=True))))
        span = slice(match.start(), match.end())
        rest[span] = [c if c == "\n" else " " for c in rest[span]]
    rows = "".join(rest).split("\n")
    last = max((number for number, row in enumerate(rows, 1) if row.strip()), default=0)
    for number, row in enumerate(rows, 1):
        if _TRACE.search(row):
            cut = number == last and number == len(rows)
            notes.append(f"line {number} is {'cut off' if cut else 'damaged'} and left out")
    if not lines:
        raise InputError(f"{name}: no whole line of the self-test; allowed: D4K v1 PASS|FAIL cfg=…")
    return lines, notes
