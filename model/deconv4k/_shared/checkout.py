"""Where things lie: hw/, tb/ and vectors/, what is built of them, and the package's data.

In a checkout they are its own folders, and what is built goes to build/ there. An installed package
carries copies (tools/backend.py), and builds in the user's cache.
"""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]

IN_CHECKOUT = (_PACKAGE.parents[1] / "hw" / "deconv.f").exists()
"""Whether this is a checkout; otherwise an installed package."""

ROOT = _PACKAGE.parents[1] if IN_CHECKOUT else _PACKAGE / "carried"
"""The folder of hw/, tb/, vectors/ and tools/."""

BUILD = (
    ROOT / "build"
    if IN_CHECKOUT
    else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "deconv4k" / "build"
)
"""Where builds, their results and reports go."""

DATA = _PACKAGE / "data"
"""What the package always carries."""

DEFAULT_CONFIG = DATA / "default.toml"
"""The study's layer: 9 x 9, stride 2, padding 4, output padding 1."""

PHOTOGRAPH = DATA / "seeding_3840x2160.jpg"
"""The sample of the regression, 4K in RGB."""


def shown(path: Path) -> str:
    """A path as people are told it: from the checkout on, or whole."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
