"""Files that hold the words of a bus, or codes as arrays and pictures: a writer for each format.

========  =====================================================================================
``mem``   for ``$readmemh``: a word a line in hexadecimal; ``hex`` is the same by another name
``coe``   Xilinx: memory initialisation of block memories
``mif``   Intel (Altera): memory initialisation, with addresses of words
``ihex``  Intel HEX, with addresses of bytes
``bin``   the bytes of the words alone, as a DMA moves them
``h``     C: an aligned array of words
``npz``   NumPy: the codes
``png``   a picture for each frame
``y4m``   all frames as one film
========  =====================================================================================

All but the last three hold the same words, docs/vectors.md says which.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from deconv4k.errors import InputError
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


class Mem(Writer):
    """$readmemh: IEEE 1364-2005, 17.2.9."""

    def _begin(self) -> None:
        self._text(*(f"// {line}" for line in self.content.about))

    def _write(self, words: Words) -> None:
        self._columns(_numbers(words), "\n")


class Coe(Writer):
    """Xilinx COE: commas between the words, a semicolon after the last one."""

    def _begin(self) -> None:
        self._text(*(f"; {line}" for line in self.content.about))
        self._text("memory_initialization_radix=16;", "memory_initialization_vector=")

    def _write(self, words: Words) -> None:
        last = self.done + len(words) == self.content.words
        self._columns(_numbers(words[: len(words) - last]), ",\n")
        if last:
            self._columns(_numbers(words[-1:]), ";\n")


class Mif(Writer):
    """Intel MIF: address and word, both in hexadecimal."""

    def _begin(self) -> None:
        self._text(*(f"-- {line}" for line in self.content.about))
        self._text(
            f"WIDTH={8 * self.content.word_bytes};", f"DEPTH={self.content.words};",
            "ADDRESS_RADIX=HEX;", "DATA_RADIX=HEX;", "CONTENT BEGIN",
        )  # fmt: skip

    def _write(self, words: Words) -> None:
        addresses = np.arange(self.done, self.done + len(words), dtype=">u8")
        digits = _digits(addresses.view(np.uint8).reshape(-1, 8))
        needed = len(f"{self.content.words - 1:x}")
        self._columns(digits[:, -needed:], " : ", _numbers(words), ";\n")

    def _finish(self) -> None:
        self._text("END;")


class IntelHex(Writer):
    """Intel HEX: records of 32 bytes, a record of the upper address bits every 64 KiB."""

    record = 32

    def _begin(self) -> None:
        size = self.content.words * self.content.word_bytes
        if size > 1 << 32:
            raise InputError(f"{size} bytes as Intel HEX; allowed: up to {1 << 32}")
        self.waiting = np.empty(0, dtype=np.uint8)
        self.address = 0

    def _write(self, words: Words) -> None:
        data = np.concatenate([self.waiting, words.reshape(-1)])
        whole = len(data) // BLOCK * BLOCK
        for start in range(0, whole, BLOCK):
            self._segment(data[start : start + BLOCK])
        self.waiting = data[whole:]

    def _segment(self, data: Bytes) -> None:
        """Up to 64 KiB from a multiple of 64 KiB on."""
        upper = np.frombuffer(struct.pack(">BHBH", 2, 0, 4, self.address >> 16), dtype=np.uint8)
        self._records(upper[np.newaxis])
        whole = len(data) // self.record * self.record
        for part, size in ((data[:whole], self.record), (data[whole:], len(data) - whole)):
            if len(part):
                rows = part.reshape(-1, size)
                table = np.zeros((len(rows), 4 + size), dtype=np.uint8)
                table[:, 0] = size
                table[:, 1:3] = (
                    (np.arange(len(rows)) * size + (self.address & 0xFFFF))
                    .astype(">u2").view(np.uint8).reshape(-1, 2)
                )  # fmt: skip
                table[:, 4:] = rows
                self._records(table)
                self.address += len(part)

    def _records(self, table: Bytes) -> None:
        check = -table.sum(axis=1, dtype=np.uint8, keepdims=True)
        self._columns(":", _digits(table), _digits(check), "\n")

    def _finish(self) -> None:
        if len(self.waiting):
            self._segment(self.waiting)
        self._text(":00000001FF")


class Bin(Writer):
    """Bytes, the least significant one of a word first."""

    def _write(self, words: Words) -> None:
        self.file.write(np.ascontiguousarray(words).data)


class Header(Writer):
    """C11 and C++: words of 1, 2, 4 or 8 bytes as such, others byte by byte."""

    per_line = 8

    def _begin(self) -> None:
        content = self.content
        self.as_words = content.word_bytes in (1, 2, 4, 8)
        bits = 8 * content.word_bytes if self.as_words else 8
        count = content.words if self.as_words else content.words * content.word_bytes
        guard = f"{content.name}_H".upper()
        self._text(
            "/*", *(f" * {line}" for line in content.about), " */",
            f"#ifndef {guard}", f"#define {guard}", "#include <stdalign.h>", "#include <stdint.h>",
            f"#define {content.name.upper()}_WORDS {content.words}",
            f"#define {content.name.upper()}_WORD_BYTES {content.word_bytes}",
            f"alignas({ALIGNMENT}) static const uint{bits}_t {content.name}[{count}] = {{",
        )  # fmt: skip

    def _write(self, words: Words) -> None:
        items = words if self.as_words else words.reshape(-1, 1)
        first = self.done * (1 if self.as_words else self.content.word_bytes)
        ends = np.arange(first + 1, first + 1 + len(items)) % self.per_line == 0
        breaks = np.where(ends, ord("\n"), ord(" ")).astype(np.uint8)[:, np.newaxis]
        self._columns("0x", _numbers(items), ",", breaks)

    def _finish(self) -> None:
        self._text("", "};", "#endif")


class Npz(Writer):
    """NumPy's archive, not compressed: an array for each frame, and ``about``."""

    of_words = False

    def _begin(self) -> None:
        self.archive = zipfile.ZipFile(self.file, "w")
        self.member: IO[bytes] | None = None
        self.name = ""
        about = np.array("\n".join(self.content.about))
        self._open("about", about.shape, about.dtype).write(about.tobytes())

    def _open(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> IO[bytes]:
        if self.member is not None:
            self.member.close()
        # A ZipInfo is of the year 1980, so that the same arrays give the same bytes.
        self.member = self.archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True)
        header = {
            "descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape,
        }  # fmt: skip
        np.lib.format.write_array_header_2_0(self.member, header)
        self.name = name
        return self.member

    def _add(self, block: Block) -> None:
        codes = np.ascontiguousarray(block.codes)
        member = self.member
        if member is None or block.name != self.name:
            member = self._open(block.name, block.shape, codes.dtype)
        member.write(codes.data)

    def _finish(self) -> None:
        if self.member is not None:
            self.member.close()
        self.archive.close()


def no_picture(channels: int, code: Format) -> str | None:
    """Why `channels` channels of codes are no picture, or None where they are one."""
    if channels in (1, 3) and code.width <= 16:
        return None
    return (
        f"a picture of {channels} channel(s) of {code.width} bits; "
        "allowed: 1 or 3 channels of up to 16 bits"
    )


def samples(codes: NDArray[Any], code: Format) -> NDArray[Any]:
    """A frame as a picture: a sample is the code less the smallest code, not scaled.

    Parameters
    ----------
    codes : ndarray of int, (H, W), (1, H, W) or (3, H, W)
    code : Format

    Returns
    -------
    ndarray of uint8 (up to 8 bits) or uint16, (H, W) or (H, W, 3)

    Raises
    ------
    InputError
        Neither one channel nor three, or more than 16 bits.
    """
    full = codes[np.newaxis] if codes.ndim == 2 else codes
    why = no_picture(len(full), code)
    if why is not None:
        raise InputError(why)
    shifted = full if code.min_code == 0 else full.astype(np.int64) - code.min_code
    picture = shifted.astype(np.uint8 if code.width <= 8 else np.uint16)
    return picture[0] if len(full) == 1 else picture.transpose(1, 2, 0)


def from_samples(picture: NDArray[Any], code: Format) -> NDArray[np.int64]:
    """Codes (C, H, W) of a picture (H, W) or (H, W, 3): the inverse of `samples`."""
    codes = picture.astype(np.int64) + code.min_code
    return codes[np.newaxis] if codes.ndim == 2 else codes.transpose(2, 0, 1)


class Png(Writer):
    """PNG with `samples`, and what it holds as a comment."""

    per_frame = True
    of_words = False

    def _add(self, block: Block) -> None:
        picture = samples(block.codes, self.content.code)
        swapped = picture[:, :, ::-1] if picture.ndim == 3 else picture
        done, data = cv2.imencode(".png", np.ascontiguousarray(swapped))
        if not done:
            raise InputError(f"a picture of shape {picture.shape} does not fit a PNG file")
        # Signature and IHDR, the first chunk, take 33 bytes.
        self.file.write(data[:33].data)
        comment = b"tEXtComment\0" + "\n".join(self.content.about).encode("latin-1", "replace")
        self.file.write(struct.pack(">I", len(comment) - 4) + comment)
        self.file.write(struct.pack(">I", zlib.crc32(comment)))
        self.file.write(data[33:].data)


class Y4m(Writer):
    """YUV4MPEG2 with `samples`: grey, or three planes as they are, in 8 to 16 bits."""

    of_words = False

    depths = (8, 9, 10, 12, 16)

    def _begin(self) -> None:
        self.size: tuple[int, ...] = ()

    def _add(self, block: Block) -> None:
        picture = samples(block.codes, self.content.code)
        if not self.size:
            self.size = picture.shape
            depth = next(depth for depth in self.depths if self.content.code.width <= depth)
            kind = "mono" if picture.ndim == 2 else "444"
            deep = "" if depth == 8 else f"{'p' if kind == '444' else ''}{depth}"
            height, width = picture.shape[:2]
            self._text(
                f"YUV4MPEG2 W{width} H{height} F60:1 Ip A1:1 C{kind}{deep} XCOLORRANGE=FULL "
                f"XDECONV4K={self.content.code}"
            )
        if picture.shape != self.size:
            raise InputError(
                f"y4m: a frame of {picture.shape[1]}x{picture.shape[0]} after one of "
                f"{self.size[1]}x{self.size[0]}; allowed: frames of one size"
            )
        planes = picture if picture.ndim == 2 else picture.transpose(2, 0, 1)
        self._text("FRAME")
        dtype = picture.dtype.newbyteorder("<")
        self.file.write(np.ascontiguousarray(planes, dtype=dtype).data.cast("B"))


FORMATS: dict[str, type[Writer]] = {
    "mem": Mem, "hex": Mem, "coe": Coe, "mif": Mif, "ihex": IntelHex, "bin": Bin, "h": Header,
    "npz": Npz, "png": Png, "y4m": Y4m,
}  # fmt: skip
"""By the name that is also the end of the file's."""

PICTURES = ("png", "y4m")
"""For frames alone."""

READABLE = ("bin", "npz", "mem", "hex")
"""Formats that sets are read back from, the quickest first."""


def read_words(path: Path, form: str, word_bytes: int, first: int, count: int) -> Words:
    """Words of a .bin, .mem or .hex file.

    Parameters
    ----------
    path : Path
    form : str
        One of `READABLE`, not npz.
    word_bytes, first, count : int
        `count` words from word number `first` on.

    Returns
    -------
    ndarray of uint8, (count, word_bytes)

    Raises
    ------
    InputError
        If the file is missing, is no such file, or ends too early.
    """
    try:
        if form == "bin":
            size = count * word_bytes
            flat = np.fromfile(path, dtype=np.uint8, count=size, offset=first * word_bytes)
            words = flat[: len(flat) // word_bytes * word_bytes].reshape(-1, word_bytes)
        else:
            words = _mem_words(path, word_bytes)[first : first + count]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if len(words) < count:
        raise InputError(f"{path}: ends after {first + len(words)} words, not {first + count}")
    return words


def _mem_words(path: Path, word_bytes: int) -> Words:
    """All words of a file for $readmemh, a word a line."""
    text = re.sub(rb"//[^\n]*", b"", path.read_bytes()).decode("ascii", "replace")
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    digits = 2 * word_bytes
    lines = text.split()
    # The total alone does not tell a short word from a long one beside it.
    if len(data) != word_bytes * len(lines) or any(len(line) != digits for line in lines):
        whole = re.compile(rf"[0-9a-fA-F]{{{digits}}}")
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip() and not whole.fullmatch(line.strip()):
                raise InputError(
                    f"{path}:{number}: {line.strip()!r}; allowed: a word of {digits} hex digits"
                )
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, word_bytes)[:, ::-1]


def read_arrays(path: Path, names: Sequence[str]) -> list[NDArray[Any]]:
    """Arrays of an .npz file; errors as `read_words`."""
    try:
        content = np.load(path, allow_pickle=False)
        if not isinstance(content, np.lib.npyio.NpzFile):
            raise InputError(f"{path}: one array; allowed: an .npz archive")
        with content:
            missing = [name for name in names if name not in content]
            if missing:
                raise InputError(f"{path}: no array {missing[0]!r} in it")
            return [content[name] for name in names]
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error):
        raise InputError(f"{path}: no .npz file, or a damaged one") from None
