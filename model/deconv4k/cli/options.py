"""What the options of several commands mean."""

from __future__ import annotations

from typing import Any

from deconv4k._shared import checkout
from deconv4k.errors import InputError

DEFAULT_CONFIG = str(checkout.DEFAULT_CONFIG)


def check_choices(known: dict[str, Any], given: dict[str, Any]) -> None:
    """Refuse the value of an option that is not among those known."""
    for option, value in given.items():
        if value is not None and value not in known[option]:
            raise InputError(f"{option} {value}; allowed: {', '.join(map(str, known[option]))}")
