"""Packages that only the tuner needs: the extra ``tune`` of pyproject.toml."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from deconv4k.errors import InputError


def need(*names: str) -> None:
    """Refuse to go on without these packages.

    Raises
    ------
    InputError
        Naming those that are missing, and how they come.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"missing: {', '.join(missing)}; `tools/setup.sh tune` or pip install "
            "'deconv4k[tune]' installs what the tuner needs"
        )


def module(name: str) -> Any:
    """A package of the extra; errors as `need`."""
    need(name.partition(".")[0])
    return importlib.import_module(name)
