"""Files and folders written whole or not at all; arrays and JSON, read with clear errors."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.errors import InputError


def umask() -> int:
    """The permissions that new files of this process do without."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a whole file or none: to a temporary name beside it, then renamed.

    Raises
    ------
    InputError
        If the disk is full, or the folder is missing or not writable.
    """
    path = Path(path)
    temporary: str | None = None
    try:
        if path.exists() and not path.is_file():
            # A device or a pipe is written to, never replaced.
            path.write_bytes(data)
            return
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        # mkstemp gives a file for its owner alone; a result is for whom the umask allows.
        os.chmod(temporary, 0o666 & ~umask())
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


@contextlib.contextmanager
def whole_folder(folder: str | Path, mark: str, what: str) -> Iterator[Path]:
    """A folder to fill, which takes its place when the block ends: whole, or not at all.

    Parameters
    ----------
    folder : str or Path
        New, empty, or one that is replaced: with a file `mark` in it.
    mark : str
        Name of the file by which a folder of this kind is known.
    what : str
        What such a folder is called in a message.

    Yields
    ------
    Path
        A temporary folder beside it.

    Raises
    ------
    InputError
        Another folder, or a file, is there; the disk is full, or nothing can be written.
    """
    folder = Path(folder)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder}: no folder; allowed: a new one, or {what} to replace")
    try:
        if folder.is_dir() and any(folder.iterdir()) and not (folder / mark).is_file():
            raise InputError(
                f"{folder}: holds files and no {mark}; allowed: a new folder, or {what} to replace"
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            yield made
            # mkdtemp makes a folder for its owner alone.
            made.chmod(0o777 & ~umask())
            _swap(made, folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror or error}") from None


def _swap(made: Path, folder: Path) -> None:
    """Put the finished folder where the old one was."""
    if folder.exists():
        old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        folder.rename(old / "old")
        try:
            made.rename(folder)
        except OSError:
            (old / "old").rename(folder)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)
    else:
        made.rename(folder)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder, and hold it against other processes that lock it too."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def load_array(path: str | Path, name: str, *, mapped: bool = False) -> NDArray[Any]:
    """Read a .npy file.

    Parameters
    ----------
    path : str or Path
    name : str
        What it is called in a message.
    mapped : bool
        Leave the numbers in the file until they are looked at.

    Raises
    ------
    InputError
        If it is missing or no .npy file.
    """
    try:
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except OSError as error:
        raise InputError(f"{name} {path}: {error.strerror or error}") from None
    except (ValueError, EOFError):
        raise InputError(f"{name} {path}: no .npy file; allowed: what numpy.save writes") from None
    if not isinstance(array, np.ndarray):
        raise InputError(f"{name} {path}: an .npz archive; allowed: one array in a .npy file")
    return array


def save_array(path: str | Path, array: NDArray[Any]) -> None:
    """Write a .npy file, atomically.

    Raises
    ------
    InputError
        If it cannot be written: a full disk, a missing folder.
    """
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_bytes(path, buffer.getvalue())


def save_json(path: str | Path, data: Any) -> None:
    """Write JSON, atomically; errors as `save_array`."""
    write_bytes(path, (json.dumps(data, indent=2) + "\n").encode())
