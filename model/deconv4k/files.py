"""Arrays and JSON on disk: read with clear errors, written whole or not at all."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k import image
from deconv4k.errors import InputError


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
    image.write_bytes(path, buffer.getvalue())


def save_json(path: str | Path, data: Any) -> None:
    """Write JSON, atomically; errors as `save_array`."""
    image.write_bytes(path, (json.dumps(data, indent=2) + "\n").encode())
