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
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.errors import InputError
from deconv4k.rtl.bus import Words
from deconv4k.vectors.memory_files import Bin, Coe, Header, IntelHex, Mem, Mif, Npz
from deconv4k.vectors.pictures import Png, Y4m
from deconv4k.vectors.writer import Writer

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
