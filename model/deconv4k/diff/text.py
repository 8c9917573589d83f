"""Text of captures, in whatever encoding a tool, a terminal or a shell wrote it."""

from __future__ import annotations

from pathlib import Path

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def read(path: Path) -> str:
    """The text of a file.

    UTF-8 or UTF-16, with a byte order mark or without, else Latin-1, in which every byte is a
    character. Characters 0, which no text has, are left out.

    Parameters
    ----------
    path : Path
    """
    return decode(path.read_bytes())


def decode(data: bytes) -> str:
    """The text of bytes, as `read`."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace").replace("\0", "")
    # What is captured is ASCII: in UTF-16 every other byte of it is 0.
    pairs = len(data) // 2
    for zero, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if pairs and data[zero : 2 * pairs : 2].count(0) > 0.6 * pairs:
            return data.decode(encoding, errors="replace").replace("\0", "")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\0", "")
