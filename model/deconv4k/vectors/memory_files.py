"""Words of a memory in files: for simulators, vendors' tools, C, and NumPy."""

from __future__ import annotations

import struct
import zipfile
from typing import IO, Any

import numpy as np

from deconv4k.errors import InputError
from deconv4k.rtl.bus import Words
from deconv4k.vectors.writer import ALIGNMENT, BLOCK, Block, Bytes, Writer, _digits, _numbers


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
