"""setuptools, with hw/, tb/ and vectors/ in the wheel: the build backend of pyproject.toml.

A wheel, and a source archive, get copies of them in the folder `deconv4k/carried`, which is made
while the archive is built. An editable installation takes them from the checkout.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403  # the backend's other hooks

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "model" / "deconv4k" / "carried"
FILES = ("hw/**/*", "tb/**/*.v", "tb/**/*.vlt", "vectors/**/*")
"""What a simulation needs; beside it `MODULES`."""

MODULES = (
    "LICENSE", "tb/bench.py", "tb/checkers.py", "tb/handles.py",
    "tools/compile-once.sh",
)  # fmt: skip


@contextlib.contextmanager
def carried() -> Iterator[None]:
    """The copies, while they are needed; a source archive has them already."""
    if not (ROOT / "hw").exists():
        yield
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        paths = {path for pattern in FILES for path in ROOT.glob(pattern)}
        for path in sorted(paths | {ROOT / name for name in MODULES}):
            if path.is_file():
                copy = FOLDER / path.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
        yield
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)


def build_wheel(*arguments: Any, **options: Any) -> str:
    """As PEP 517 has it."""
    with carried():
        name: str = build_meta.build_wheel(*arguments, **options)
        return name


def build_sdist(*arguments: Any, **options: Any) -> str:
    """As PEP 517 has it."""
    with carried():
        name: str = build_meta.build_sdist(*arguments, **options)
        return name
