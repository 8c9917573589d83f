"""Where things lie: the checkout, its folders, and the data that the package carries."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
"""The checkout."""

DATA = Path(__file__).resolve().parents[1] / "data"
"""What the package carries."""

DEFAULT_CONFIG = DATA / "default.toml"
"""The study's layer: 9 x 9, stride 2, padding 4, output padding 1."""

PHOTOGRAPH = DATA / "seeding_3840x2160.jpg"
"""The sample of the regression, 4K in RGB."""
