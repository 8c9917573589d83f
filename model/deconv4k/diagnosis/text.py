"""Text of captures, in whatever encoding a tool, a terminal or a shell wrote it."""

from __future__ import annotations

from pathlib import Path

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def read(path: Path) -> str:
    """The text of a file.

    UTF-8 or UTF-16 by its byte order mark; without one UTF-8, else Latin-1, in which every byte is
    a character. Bytes of 0 are left out then: of ASCII in UTF-16 they leave the characters.

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
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\0", "")
