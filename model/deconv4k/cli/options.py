"""What the options of several commands mean."""

from __future__ import annotations

from typing import Any

from deconv4k._shared import checkout
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import kernels

DEFAULT_CONFIG = str(checkout.DEFAULT_CONFIG)


def real_kernel(name: str | None, config: Config) -> kernels.Weights:
    """Real weights by name or file; None is the default kernel of the layer."""
    if name is None:
        return kernels.default(config.layer)
    if name in kernels.NAMES:
        return kernels.named(name, config.layer)
    return kernels.load(name, config.layer)


def check_choices(known: dict[str, Any], given: dict[str, Any]) -> None:
    """Refuse the value of an option that is not among those known."""
    for option, value in given.items():
        if value is not None and value not in known[option]:
            raise InputError(f"{option} {value}; allowed: {', '.join(map(str, known[option]))}")
