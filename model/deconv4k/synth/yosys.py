"""Synthesis by Yosys: what the engine costs on which device.

Yosys comes from PyPI (pyosys; the extra ``synth`` of pyproject.toml). Every run is a process of
its own with a folder of its own under build/, named by a digest of all that goes into it, so that
nothing is synthesised twice.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deconv4k._shared import checkout, files, tooling
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import kernels
from deconv4k.rtl import design
from deconv4k.sim import sources

_YOSYS = (
    "import sys; from pyosys import libyosys as y; d = y.Design(); "
    "[y.run_pass(line.strip(), d) for line in open(sys.argv[1])]"
)
"""A process that runs the commands of a file."""

RESOURCES = ("dsp", "bram18", "lut", "carry", "lutram", "ff")
"""What is counted: multiplier blocks, block RAMs in units of 18 kbit (iCE40: 4 kbit), LUTs without
those of carry chains and memories, carry cells, LUT memories, flip-flops."""


@dataclass(frozen=True)
class Target:
    """A family of devices.

    Parameters
    ----------
    name : str
        For people.
    commands : str
        Yosys' synthesis after flattening, from its label ``coarse`` on.
    cells : dict
        Resources that a cell takes, by the cell's name; a name may end in ``*``.
    family : str
        The file lists of hw/ that end in it have the family's own modules.
    libraries : str
        Yosys' files of the cells that those modules instantiate.
    """

    name: str
    commands: str
    cells: Mapping[str, Mapping[str, int]]
    family: str = ""
    libraries: str = ""


_XILINX: dict[str, dict[str, int]] = {
    "DSP48*": {"dsp": 1},
    "RAMB18*": {"bram18": 1},
    "RAMB36*": {"bram18": 2},
    "LUT*": {"lut": 1},
    "INV": {"lut": 1},
    "CARRY*": {"carry": 1},
    "RAM32M": {"lutram": 4},
    "RAM32M16": {"lutram": 8},
    "RAM64M": {"lutram": 4},
    "RAM32X1D": {"lutram": 2},
    "SRL*": {"lutram": 1},
    "FD*": {"ff": 1},
}

_XILINX_CELLS = "+/xilinx/cells_sim.v +/xilinx/cells_xtra.v"

TARGETS = {
    "ecp5": Target(
        "Lattice ECP5",
        "synth_ecp5 -run coarse:",
        {
            "MULT18X18D": {"dsp": 1},
            "DP16KD": {"bram18": 1},
            "PDPW16KD": {"bram18": 1},
            "LUT4": {"lut": 1},
            "CCU2C": {"carry": 1},
            "TRELLIS_DPR16X4": {"lutram": 1},
            "TRELLIS_FF": {"ff": 1},
        },
        "ecp5",
        "+/lattice/cells_sim_ecp5.v +/lattice/cells_bb_ecp5.v",
    ),
    "xc7": Target(
        "Xilinx 7 series",
        "synth_xilinx -family xc7 -run prepare:",
        _XILINX,
        libraries=_XILINX_CELLS,
    ),
    "xcup": Target(
        "Xilinx UltraScale+",
        "synth_xilinx -family xcup -run prepare:",
        _XILINX,
        libraries=_XILINX_CELLS,
    ),
    "ice40up": Target(
        "Lattice iCE40 UltraPlus",
        "synth_ice40 -device u -dsp -run coarse:",
        {
            "SB_MAC16": {"dsp": 1},
            "SB_RAM40_4K*": {"bram18": 1},
            "SB_LUT4": {"lut": 1},
            "SB_CARRY": {"carry": 1},
            "SB_DFF*": {"ff": 1},
        },
        libraries="-D ICE40_U +/ice40/cells_sim.v",
    ),
}


CONFIGURATIONS = {
    "x2_k9_4ppc": Config.upscaler((9, 2, 4, 1), 4),
    "x2_k9_2ppc": Config.upscaler((9, 2, 4, 1), 2),
    "x2_k9_1ppc": Config.upscaler((9, 2, 4, 1), 1),
    "x3_k9_3ppc": Config.upscaler((9, 3, 4, 2), 3, width=1280),
    "x4_k9_4ppc": Config.upscaler((9, 4, 4, 3), 4, width=960),
    "x2_k4_4ppc": Config.upscaler((4, 2, 1, 0), 4),
    "x2_k3_4ppc": Config.upscaler((3, 2, 1, 1), 4),
    "x2_k3_1ppc": Config.upscaler((3, 2, 1, 1), 1),
    "x2_k3_4ppc_4ch": Config.upscaler((3, 2, 1, 1), 4, channels=4),
    "x2_k9_4ppc_16x18": Config.upscaler(
        (9, 2, 4, 1), 4, pixel="ap_ufixed<16,16>", weight="ap_fixed<18,2>"
    ),
    "x2_k3_4ppc_16x19": Config.upscaler(
        (3, 2, 1, 1), 4, pixel="ap_ufixed<16,16>", weight="ap_fixed<19,2>"
    ),
}
"""Configurations whose cost is asked for most: every rate, stride and kernel of the README, and
words at and above the width of a multiplier block."""

JOBS = (
    *(("ecp5", name, "deconv_engine") for name in CONFIGURATIONS),
    *(("ecp5", "x2_k9_4ppc", top) for top in ("fixed", "deconv_kernel_store", "deconv_axi")),
    *(
        (target, name, "deconv_engine")
        for target in ("xc7", "xcup")
        for name in ("x2_k9_4ppc", "x2_k9_1ppc")
    ),
    ("ice40up", "x2_k3_1ppc", "deconv_engine"),
)
"""Target, configuration and top of the table; ``fixed`` is deconv_engine with the default kernel as
a constant, deconv_kernel_store what a kernel loaded at run time costs."""


def missing(*packages: str) -> None:
    """Refuse to go on without packages of the extra ``synth``.

    Raises
    ------
    InputError
        With the packages that are missing.
    """
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    if absent:
        raise InputError(f"{', '.join(absent)} not installed; `make synth` installs it")


@dataclass(frozen=True)
class Netlist:
    """A synthesised top.

    Parameters
    ----------
    folder : Path
        Holds netlist.json (for place and route), netlist.v, yosys.log and resources.json.
    resources : dict
        Count of each of `RESOURCES`.
    cells : dict
        Count of each cell of the target.
    """

    folder: Path
    resources: dict[str, int]
    cells: dict[str, int]


def synthesise(
    target_name: str,
    top: str,
    parameters: Mapping[str, int | str],
    *,
    read: Sequence[Path] = (),
    constants: Mapping[str, tuple[int, int]] | None = None,
) -> Netlist:
    """Synthesise a top, or find it synthesised.

    Parameters
    ----------
    target_name : str
        A name of `TARGETS`, or ``gates`` for Yosys' generic cells.
    top : str
        A module in one of hw/'s file lists.
    parameters : dict
        Parameters of the top.
    read : sequence of Path
        Files that the top reads while it is elaborated.
    constants : dict, optional
        Inputs of the top that are tied to a constant: its bits and its value.

    Raises
    ------
    InputError
        If Yosys is missing or refuses: its error line.
    """
    missing("pyosys")
    target = TARGETS[target_name] if target_name != "gates" else _GATES
    verilog = sources.holding(top, target.family)
    digest = hashlib.sha256()
    commands = _script(target, top, parameters, verilog, constants or {})
    for path in [*verilog, *read]:
        digest.update(path.read_bytes())
    version = importlib.metadata.version("pyosys")
    digest.update(json.dumps([target_name, *commands, version]).encode())
    folder = checkout.BUILD / "synth" / f"{target_name}-{top}-{digest.hexdigest()[:16]}"
    found = folder / "resources.json"
    with files.locked(folder):
        if not found.exists():
            _yosys(folder, commands)
            stat = json.loads((folder / "stat.json").read_text())
            cells = stat["modules"][f"\\{top}"]["num_cells_by_type"]
            files.save_json(found, {"resources": count(cells, target), "cells": cells})
    data = json.loads(found.read_text())
    return Netlist(folder, data["resources"], data["cells"])


_GATES = Target(
    "generic gates",
    "synth -run coarse:; abc -g simple; opt_clean",
    {"$_DFF*": {"ff": 1}, "$_SDFF*": {"ff": 1}, "$_*": {"lut": 1}},
)


def _script(
    target: Target,
    top: str,
    parameters: Mapping[str, int | str],
    verilog: Iterable[Path],
    constants: Mapping[str, tuple[int, int]],
) -> list[str]:
    """Commands of Yosys, a line each.

    The design is flattened before the synthesis proper, which otherwise loses the cells that
    parameterised modules instantiate. Line numbers are left out: a comment changes no netlist.
    """
    quoted = {
        name: f'"{value}"' if isinstance(value, str) else str(value)
        for name, value in parameters.items()
    }
    commands = [f"read_verilog -lib -specify {target.libraries}"] if target.libraries else []
    commands.append("read_verilog -sv " + " ".join(f'"{path}"' for path in verilog))
    if quoted:
        changes = " ".join(f"-set {name} {value}" for name, value in quoted.items())
        commands.append(f"chparam {changes} {top}")
    commands += [f"hierarchy -check -top {top}", "proc", "flatten"]
    commands += [
        f"connect -set {port} {bits}'h{value:x}" for port, (bits, value) in constants.items()
    ]
    commands.append("opt_clean -purge")
    commands += [command.strip() for command in target.commands.split(";")]
    commands += [
        "tee -q -o stat.json stat -json",
        "setattr -unset src",
        "write_json netlist.json",
        "write_verilog -noattr netlist.v",
    ]
    return commands


def _yosys(folder: Path, commands: Sequence[str]) -> None:
    tooling.forget_settings()
    script = "\n".join(map(tooling.plain_text, commands)) + "\n"
    (folder / "script.ys").write_text(script, encoding="utf-8")
    log = folder / "yosys.log"
    with open(log, "w", encoding="utf-8") as stream:
        done = subprocess.run(
            [str(tooling.plain(sys.executable)), "-c", _YOSYS, "script.ys"],
            cwd=folder,
            stdout=stream,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0 or not (folder / "stat.json").exists():
        lines = log.read_text(errors="replace").splitlines()
        wrong = [line for line in lines if "ERROR" in line]
        raise InputError(f"Yosys: {(wrong or lines or ['no log'])[-1].strip()}; whole log: {log}")


def count(cells: Mapping[str, int], target: Target) -> dict[str, int]:
    """The resources that cells take; other cells (pads, clock buffers) are not counted."""
    result = dict.fromkeys(RESOURCES, 0)
    for cell, number in cells.items():
        for pattern, resources in target.cells.items():
            if cell == pattern or (pattern.endswith("*") and cell.startswith(pattern[:-1])):
                for name, each in resources.items():
                    result[name] += each * number
                break
    return result


def bench_files(netlist: Netlist, target: str) -> list[Path]:
    """The Verilog of tb/bench.v around a synthesised deconv_engine, with models of its cells.

    A netlist has no parameters, the bench sets them: between the two stands a module with the
    header of hw/engine/deconv_engine.v, which is written beside the netlist.

    Parameters
    ----------
    netlist : Netlist
        Of ``deconv_engine``.
    target : {'ecp5', 'gates'}
    """
    source = (checkout.ROOT / "hw" / "engine" / "deconv_engine.v").read_text()
    start = source.index("\nmodule deconv_engine ")
    header = source[start : source.index("\n);", start)] + "\n);"
    ports = re.findall(r"^    (?:input|output) wire (?:\[.*\] )?(\w+)", header, re.MULTILINE)
    connections = ", ".join(f".{port}({port})" for port in ports)
    shim = netlist.folder / "shim.v"
    shim.write_text(f"{header}\n    netlist netlist ({connections});\nendmodule\n")
    gates = netlist.folder / "renamed.v"
    text = (netlist.folder / "netlist.v").read_text()
    gates.write_text(
        re.sub(r"^module deconv_engine\(", "module netlist(", text, count=1, flags=re.MULTILINE)
    )
    cells: list[Path] = []
    if target == "ecp5":
        share = Path(str(importlib.util.find_spec("pyosys").origin)).parent / "share" / "lattice"  # type: ignore[union-attr]
        # Of Yosys' models those that a netlist has; Icarus stumbles over others of the file.
        text = (share / "common_sim.vh").read_text()
        wanted = "LUT2|LUT4|L6MUX21|PFUMX|TRELLIS_DPR16X4|TRELLIS_FF"
        found = re.findall(
            rf"^module (?:{wanted}) ?\(.*?^endmodule", text, re.DOTALL | re.MULTILINE
        )
        models = netlist.folder / "cells.v"
        models.write_text("\n\n".join(found) + "\n")
        blocks = sorted((checkout.ROOT / "tb" / target).glob("*.v"))
        cells = [models, share / "ccu2c_sim.vh", *blocks]
    names = (*sources.BENCH_PARTS["bench"], "bench")
    return [gates, shim, *cells, *(checkout.ROOT / "tb" / f"{name}.v" for name in names)]


def core(target: str, name: str, top: str) -> Netlist:
    """A configuration of `CONFIGURATIONS` on a target; the top as in `JOBS`."""
    config = CONFIGURATIONS[name]
    design.check(config)
    parameters = design.parameters(config)
    if top == "fixed":
        weight = config.formats.weight
        codes = kernels.to_codes(kernels.default(config.layer), config.layer, weight).reshape(-1)
        word = sum(int(code) % 2**weight.width << n * weight.width for n, code in enumerate(codes))
        constants = {"kernel": (codes.size * weight.width, word), "take_kernel": (1, 0)}
        return synthesise(target, "deconv_engine", parameters, constants=constants)
    if top == "deconv_kernel_store":
        own = ("C_IN", "K", "WEIGHT_W", "WEIGHT_SIGNED", "BIAS_W", "BIAS_SIGNED")
        return synthesise(target, top, {name: parameters[name] for name in own})
    if top == "deconv_axi":
        return synthesise(target, top, design.wrapper_parameters(config))
    return synthesise(target, top, parameters)


def table(
    jobs: Sequence[tuple[str, str, str]] = JOBS,
    progress: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Synthesise the jobs, as many at once as there are processors.

    Returns
    -------
    list of dict
        target, configuration, top and `RESOURCES` of each job.
    """

    def one(job: tuple[str, str, str]) -> dict[str, Any]:
        target, name, top = job
        netlist = core(target, name, top)
        progress(f"{name} {top} on {target}")
        return {"target": target, "configuration": name, "top": top, **netlist.resources}

    progress(f"synthesis, {len(jobs)} netlist(s)")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, jobs))
