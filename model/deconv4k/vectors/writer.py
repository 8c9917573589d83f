"""What every format of vectors is written with: content in blocks, and a writer that takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from deconv4k.formats import Format
from deconv4k.rtl.bus import Words

Bytes = NDArray[np.uint8]

BLOCK = 1 << 16
"""Words, or bytes of Intel HEX, that become text at a time."""


ALIGNMENT = 64
"""Of the C arrays, in bytes: a cache line."""


@dataclass(frozen=True)
class Content:
    """What a file holds, as its writer must know it beforehand.

    Parameters
    ----------
    name : str
        Of the array in C.
    about : sequence of str
        Lines for a reader, without the marks of a comment.
    code : Format
        Of the codes.
    word_bytes : int
    words : int
        Of all frames together.
    """

    name: str
    about: Sequence[str]
    code: Format
    word_bytes: int
    words: int


@dataclass(frozen=True)
class Block:
    """A frame, or some of its lines.

    Parameters
    ----------
    name : str
        Of the array in an .npz file; a new name begins a new frame.
    words : ndarray of uint8, (n, bytes)
    codes : ndarray of int
        The same as codes; where a frame comes in several blocks, parts along axis 0.
    shape : tuple of int
        Of the whole frame's codes.
    """

    name: str
    words: Words
    codes: NDArray[Any]
    shape: tuple[int, ...]

    @classmethod
    def whole(cls, name: str, words: Words, codes: NDArray[Any]) -> Block:
        """A frame in one block; `words` of any shape (..., bytes)."""
        return cls(name, words.reshape(-1, words.shape[-1]), codes, codes.shape)


class Writer:
    """One file of one format: blocks are added, `close` completes it.

    A subclass has hooks for what comes first, for up to `BLOCK` words or for a block, and for what
    comes last.

    Raises
    ------
    InputError
        If the format cannot hold the content.
    """

    per_frame: ClassVar[bool] = False
    """Whether each frame has a file of its own."""
    of_words: ClassVar[bool] = True
    """Whether the file holds words of the bus, not codes."""

    def __init__(self, path: Path, content: Content) -> None:
        self.content = content
        self.file: IO[bytes] = path.open("wb")
        self.done = 0
        try:
            self._begin()
        except BaseException:
            self.file.close()
            raise

    def _begin(self) -> None:
        pass

    def add(self, block: Block) -> None:
        """Write a block, after those before it.

        Raises
        ------
        InputError
            If the format cannot hold it.
        """
        self._add(block)

    def _add(self, block: Block) -> None:
        for start in range(0, len(block.words), BLOCK):
            part = block.words[start : start + BLOCK]
            self._write(part)
            self.done += len(part)

    def _write(self, words: Words) -> None:
        raise NotImplementedError

    def _finish(self) -> None:
        pass

    def close(self) -> None:
        """Complete the file."""
        try:
            self._finish()
        finally:
            self.file.close()

    def _text(self, *lines: str) -> None:
        """Write lines of text."""
        self.file.write("".join(f"{line}\n" for line in lines).encode("utf-8"))

    def _columns(self, *parts: str | Bytes) -> None:
        """Write a table of characters: texts repeat in every row, arrays (rows, width) differ."""
        rows = next(len(part) for part in parts if not isinstance(part, str))
        texts = [
            np.frombuffer(part.encode(), dtype=np.uint8) if isinstance(part, str) else part
            for part in parts
        ]
        table = np.empty((rows, sum(text.shape[-1] for text in texts)), dtype=np.uint8)
        at = 0
        for text in texts:
            table[:, at : at + text.shape[-1]] = text
            at += text.shape[-1]
        self.file.write(table.data)


_DIGITS = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype=np.uint16)


def _digits(data: Bytes) -> Bytes:
    """Hexadecimal digits (rows, 2 n) of bytes (rows, n), in their order."""
    return _DIGITS[data].view(np.uint8)


def _numbers(words: Words) -> Bytes:
    """Words as numbers in hexadecimal, the most significant digit first."""
    return _digits(words[:, ::-1])
