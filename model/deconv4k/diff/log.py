"""The self-test's lines from the UART: signatures against those of a set.

A line tells of one frame; all numbers have 8 hexadecimal digits::

    D4K v1 PASS cfg=… krn=… in=… out=… exp=… frames=… errors=… stalled=… clocks=…
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from deconv4k.errors import InputError

FIELDS = ("cfg", "krn", "in", "out", "exp", "frames", "errors", "stalled", "clocks")
"""Numbers of a line, in order."""

_LINE = re.compile(
    r"D4K v1 (?P<verdict>PASS|FAIL) " + " ".join(rf"{name}=([0-9a-f]{{8}})" for name in FIELDS)
)
MARK = "D4K v"
"""What every line of the self-test begins with."""


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
        What was passed over: lines cut off at the beginning or the end of the log.

    Raises
    ------
    InputError
        No line of the self-test, or a damaged one in the middle.
    """
    lines: list[Line] = []
    notes: list[str] = []
    rows = text.splitlines()
    for number, row in enumerate(rows, 1):
        at = row.find(MARK)
        if at < 0:
            continue
        match = _LINE.fullmatch(row[at:].strip())
        if match is not None:
            words = [int(word, 16) for word in match.groups()[1:]]
            passed = match["verdict"] == "PASS"
            lines.append(Line(number, passed, dict(zip(FIELDS, words, strict=True))))
        elif number == len(rows):
            notes.append(f"line {number} is cut off and left out")
        else:
            raise InputError(
                f"{name}:{number}: {row.strip()!r}; allowed: D4K v1 PASS|FAIL "
                + " ".join(f"{field}=8 hex digits" for field in FIELDS)
            )
    if not lines:
        raise InputError(f"{name}: no whole line of the self-test; allowed: D4K v1 PASS|FAIL cfg=…")
    return lines, notes
