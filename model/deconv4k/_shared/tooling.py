"""What programs outside of Python are given: clean settings, and paths that they can take.

Compilers and simulators read dozens of environment variables, and other installations leave theirs
behind. A makefile cannot take a folder whose name holds a blank, a bracket or a quote.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import sys
import tempfile
from pathlib import Path

from deconv4k._shared import checkout
from deconv4k.errors import InputError

_FOREIGN = re.compile(
    r"(VERILATOR|COCOTB|GPI|PYGPI|IVERILOG|YOWASP|VPI)_\w+"
    r"|LIBPYTHON_LOC|TOPLEVEL(_LANG)?|MODULE|TESTCASE|RANDOM_SEED|GUI|WAVES|SIM_CMD_(PREFIX|SUFFIX)"
    r"|PYTHON(HOME|OPTIMIZE|INSPECT|STARTUP)"
    r"|MAKEFILES|OBJCACHE"
)
"""Settings of another Verilator, cocotb, Icarus or YoWASP, and of makes that call them."""

_PLAIN = re.compile(r"[\w./+-]*", re.ASCII)
"""Paths that make, a shell and Verilator's makefile take as they are."""


def forget_settings() -> None:
    """Drop from this process's environment what other installations left there for their tools.

    cocotb reads the environment in many places, its own and its simulator's, so nothing less than
    the environment itself will do. Every tool is told on its command line what it is to do.
    """
    for name in [name for name in os.environ if _FOREIGN.fullmatch(name)]:
        os.environ.pop(name, None)


def plain(path: str | Path) -> Path:
    """A file or folder of the checkout, or of this Python, by a name that every tool can take.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path
        Absolute. Where a folder above has another name than letters, digits and ``_ . + -``, it
        leads through a link, which is made once for each folder.

    Raises
    ------
    InputError
        If that link cannot be made.
    """
    return Path(plain_text(str(Path(path).absolute())))


def plain_text(text: str) -> str:
    """A word of a command line, with `plain` names of checkout, builds and this Python in it."""
    homes = [checkout.ROOT]
    for other in (Path(sys.prefix).absolute(), checkout.BUILD):
        if not any(other.is_relative_to(home) for home in homes):
            homes.append(other)
    for folder in homes:
        if str(folder) in text and not _PLAIN.fullmatch(str(folder)):
            text = text.replace(str(folder), str(_link(folder)))
    return text


def _link(folder: Path) -> Path:
    """A link to a folder, by its digest."""
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    places = [Path(cache) / "deconv4k", Path(tempfile.gettempdir()) / f"deconv4k-{os.getuid()}"]
    places = [place for place in places if _PLAIN.fullmatch(str(place))]
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            if place.lstat().st_uid != os.getuid() or not stat.S_ISDIR(place.lstat().st_mode):
                continue
            link = place / name
            if not link.is_symlink():
                made = place / f"{name}.{os.getpid()}"
                made.symlink_to(folder)
                made.replace(link)
        except OSError:
            continue
        if link.resolve() == folder.resolve():
            return link
    raise InputError(
        f"{folder}: make and Verilator take letters, digits and _ . + - in a folder's name, and "
        "no link without others can be made; move the checkout"
    )
