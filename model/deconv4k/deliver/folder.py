"""The folder that an integrator takes away: RTL, instance, constraints, smoke test, for one design.

docs/integration.md and the folder's own README.md say what it holds.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from deconv4k import __version__
from deconv4k._shared import checkout, files
from deconv4k.config import Config
from deconv4k.deliver import instance, interface, smoke
from deconv4k.deliver.interface import DERIVED, PARAMETERS, PORTS, TOP
from deconv4k.deliver.render import render
from deconv4k.errors import InputError
from deconv4k.rtl import design, info, signature
from deconv4k.sim import sources
from deconv4k.vectors import manifest, recipes, sets

SUMMARY = "deconv4k.json"
"""The file by which such a folder is known."""

MEGAHERTZ = 148.5
"""The clock of the constraints: the pixel clock of 1080p60."""

MODULE = f"{TOP}_instance"
FRAME = (8, 12)
"""Height and width of the smoke test's frame, where the configuration is not smaller."""

COMMAND = f"iverilog -g2012 -s smoke -o smoke.vvp -f {TOP}.f -f smoke.f && vvp -n smoke.vvp"
"""Runs the smoke test in the folder."""

COMMAND_ECP5 = COMMAND.replace(f"{TOP}.f", f"{TOP}_ecp5.f -f smoke_ecp5.f")
"""The same with the files for ECP5."""

CONSTRAINTS = ("xdc", "sdc", "lpf")


def write(
    folder: str | Path,
    config: Config,
    weights: NDArray[Any],
    bias: int | None = None,
    *,
    megahertz: float = MEGAHERTZ,
) -> dict[str, Any]:
    """Write the folder, whole or not at all.

    Parameters
    ----------
    folder : str or Path
        New, empty, or one that this function wrote, which is replaced.
    config : Config
        An exact upscaler with one output channel.
    weights : ndarray of int, (C_in, 1, K, K)
        Codes of the power-up kernel.
    bias : int, optional
        Code, where the configuration has a bias; 0 without.
    megahertz : float
        The clock of the constraints.

    Returns
    -------
    dict
        What ``deconv4k.json`` in it says.

    Raises
    ------
    InputError
        A configuration that the engine is not for, a kernel that is not for the configuration, a
        folder that holds something else, a full disk.
    """
    design.check(config)
    if not 0 < megahertz <= 1000:
        raise InputError(f"`megahertz` {megahertz:g}; allowed: above 0, up to 1000")
    if bias is None and config.formats.bias is not None:
        bias = 0
    power_up = signature.power_up_text(config, weights, bias)
    # A place like `.` has no name to make another one of.
    with files.whole_folder(os.path.abspath(folder), SUMMARY, "one of `deconv4k rtl`") as made:
        return _fill(made, config, weights, bias, power_up, megahertz)


def _fill(
    folder: Path,
    config: Config,
    weights: NDArray[Any],
    bias: int | None,
    power_up: str,
    megahertz: float,
) -> dict[str, Any]:
    given = interface.settings(config, "kernel.hex")
    size = (min(config.video.height, FRAME[0]), min(config.video.width, FRAME[1]))
    recipe = recipes.pattern("smoke", config, weights, bias, "noise", size, frames=1, seed=1)
    vectors = manifest.read(sets.write(folder / "vectors", recipe, ["mem", "bin"]))
    _copy(folder)
    facts = info.info(config, weights).engine
    about = [f"Made by deconv4k {__version__} for configuration {config.digest:08x}."]
    made_by = [f"{MODULE}: {TOP} with every parameter of this configuration.", *about]
    play = [
        f"Reads ID, CONFIG_HASH and the sizes, plays a frame of {size[1]} x {size[0]} pixels with "
        "pauses and",
        "stalls, compares every beat, then ERRORS, the counters and the signatures. The kernel is "
        "the",
        "power-up kernel, and is then written over the registers. README.md has the command.",
        *about,
    ]
    values = {
        "top": TOP,
        "module": MODULE,
        "version": __version__,
        "config": config,
        "facts": facts,
        "given": {name: instance.literal(name, value) for name, value in given.items()},
        "bits": instance.bits(given),
        "parameters": PARAMETERS,
        "ports": PORTS,
        "derived": {name: (DERIVED[name], bits) for name, bits in interface.widths(given).items()},
        "vectors": vectors,
        "commands": (COMMAND, COMMAND_ECP5),
        "megahertz": megahertz,
        "frames": megahertz * 1e6 / facts["clocks_a_frame"],
        "size": f"{config.video.width}x{config.video.height}",
    }
    texts = {
        "config.toml": config.to_toml(),
        "kernel.hex": power_up,
        "instance.v": instance.verilog(given, MODULE, made_by),
        "instance.vhd": instance.vhdl(given, MODULE, made_by),
        "smoke.v": smoke.verilog(vectors, given, play, files="vectors/", module=MODULE),
        "README.md": render("README.md.j2", **values),
        **{f"constraints/{TOP}.{end}": render(f"{TOP}.{end}.j2", **values) for end in CONSTRAINTS},
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    summary = _summary(config, vectors, megahertz, facts, given)
    summary["files"] = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    files.save_json(folder / SUMMARY, summary)
    return summary


def _copy(folder: Path) -> None:
    """The Verilog, its lists, the C header and the licence."""
    lists = {
        f"{TOP}.f": [_into_rtl(path) for path in sources.listed(f"{TOP}.f")],
        f"{TOP}_ecp5.f": [_into_rtl(path) for path in sources.listed(f"{TOP}.f", "ecp5")],
        "smoke.f": [
            (path, Path("smoke") / path.name)
            for path in (checkout.ROOT / "tb" / f"{name}.v" for name in smoke.CHECKERS)
        ],
        "smoke_ecp5.f": [
            (path, Path("smoke") / "ecp5" / path.name)
            for path in sorted((checkout.ROOT / "tb" / "ecp5").glob("*.v"))
        ],
    }
    copies = {goal: path for pairs in lists.values() for path, goal in pairs}
    copies[Path("registers.h")] = checkout.ROOT / "hw" / "generated" / "deconv4k_registers.h"
    copies[Path("LICENSE")] = checkout.ROOT / "LICENSE"
    for goal, path in copies.items():
        (folder / goal).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / goal)
    for name, pairs in lists.items():
        lines = [goal.as_posix() for _, goal in pairs]
        lines += ["instance.v", "smoke.v"] if name == "smoke.f" else []
        (folder / name).write_text("".join(f"{line}\n" for line in lines))


def _into_rtl(path: Path) -> tuple[Path, Path]:
    return path, Path("rtl") / path.relative_to(checkout.ROOT / "hw")


def _summary(
    config: Config,
    vectors: manifest.Manifest,
    megahertz: float,
    facts: dict[str, Any],
    given: dict[str, interface.Value],
) -> dict[str, Any]:
    """What ``deconv4k.json`` says, but for the files."""
    frame = vectors.frames[0]
    return {
        "tool": {"name": "deconv4k", "version": __version__},
        "configuration": config.to_toml(),
        "configuration_hash": f"{config.digest:08x}",
        "kernel": {
            "file": "kernel.hex",
            "words": signature.kernel_size(config),
            "crc32": f"{vectors.kernel_crc32:08x}",
        },
        "command": COMMAND,
        "command_ecp5": COMMAND_ECP5,
        "megahertz": megahertz,
        **{name: value for name, value in facts.items() if name != "parameters"},
        "parameters": given,
        "ports": instance.bits(given),
        "smoke": {
            "width": frame.input.width,
            "height": frame.input.height,
            "beats": frame.output.beats,
            "signature_in": f"{frame.input.crc32:08x}",
            "signature_out": f"{frame.output.crc32:08x}",
            "signature_kernel": f"{vectors.kernel_crc32:08x}",
        },
    }
