"""Packages that not every user needs: the extras of pyproject.toml."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from deconv4k.errors import InputError

_USERS = {"tune": "the tuner", "sim": "a simulation"}


def need(*names: str, extra: str = "tune") -> None:
    """Refuse to go on without these packages of an extra.

    Raises
    ------
    InputError
        Naming those that are missing, and how they come.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"missing: {', '.join(missing)}; `tools/setup.sh {extra}` or pip install "
            f"'deconv4k[{extra}]' installs what {_USERS[extra]} needs"
        )


def module(name: str, extra: str = "tune") -> Any:
    """A package of an extra; errors as `need`."""
    need(name.partition(".")[0], extra=extra)
    return importlib.import_module(name)
