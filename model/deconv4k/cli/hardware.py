"""Towards a board: rtl, synth, pnr, bitstream, host."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from rich.console import Console

from deconv4k import api
from deconv4k._shared import checkout, files, stages
from deconv4k.api import exchange
from deconv4k.board import bitstream, zynq
from deconv4k.cli import options, tables
from deconv4k.config import Config
from deconv4k.deliver import folder as deliveries
from deconv4k.errors import InputError
from deconv4k.synth import nextpnr, yosys
from deconv4k.vectors import manifest


def _saying(quiet: bool) -> Callable[[str], None]:
    """Lines on the standard error, or none."""
    console = Console(stderr=True, quiet=quiet)
    return lambda text: console.print(text, highlight=False)


@click.command("rtl")
@click.option("--config", "config_path", default=options.DEFAULT_CONFIG, help="TOML file.")
@click.option("--kernel", help=".npz or .npy of real weights, or a kernel's name.")
@click.option("--bias", type=int, help="Code of the bias, where the configuration has one.")
@click.option(
    "--megahertz",
    type=float,
    default=deliveries.MEGAHERTZ,
    show_default=True,
    help="The clock of the constraints.",
)
@click.option("--out", help="Folder: new, or one that this command wrote.")
@click.option("--quiet", is_flag=True, help="No summary.")
def rtl_command(
    config_path: str,
    kernel: str | None,
    bias: int | None,
    megahertz: float,
    out: str | None,
    quiet: bool,
) -> None:
    """Write what an integrator takes away: RTL, instance, constraints and a smoke test."""
    if not out:
        raise InputError("--out is missing; allowed: a folder")
    config = Config.load(config_path)
    made = exchange.write_rtl(out, config, kernel, bias=bias, megahertz=megahertz)
    if not quiet:
        click.echo(
            f"{out}: {len(made['files']) + 1} files, configuration {made['configuration_hash']}, "
            f"kernel {made['kernel']['crc32']}\ncd {shlex.quote(out)} && {made['command']}"
        )


@click.command("synth")
@click.option("--target", help="One target alone: ecp5, xc7, xcup, ice40up.")
@click.option("--only", help="One configuration alone.")
@click.option("--quiet", is_flag=True, help="No progress, no table.")
def synth_command(target: str | None, only: str | None, quiet: bool) -> None:
    """Synthesise the engine for several devices and count what it takes: build/synth/."""
    known = {"--target": yosys.TARGETS, "--only": yosys.CONFIGURATIONS}
    options.check_choices(known, {"--target": target, "--only": only})
    jobs = [job for job in yosys.JOBS if target in (None, job[0]) and only in (None, job[1])]
    if not jobs:
        raise InputError(f"no synthesis of {only} for {target} is in the table")
    say = _saying(quiet)
    rows = yosys.table(jobs, say)
    out = checkout.BUILD / "synth" / "synth.json"
    if len(jobs) == len(yosys.JOBS):
        files.save_json(out, rows)
    if not quiet:
        tables.show_resources(rows, yosys.RESOURCES)


@click.command("pnr")
@click.option("--only", default="x2_k9_4ppc", show_default=True, help="Configuration.")
@click.option("--device", "devices", multiple=True, default=["85F"], help="85F, 45F or 25F.")
@click.option("--speed", "speeds", multiple=True, type=int, default=[6, 8], help="6, 7 or 8.")
@click.option(
    "--seeds", type=click.IntRange(1), default=5, show_default=True, help="Seeds of each."
)
@click.option("--quiet", is_flag=True, help="No progress, no table.")
def pnr_command(
    only: str, devices: Sequence[str], speeds: Sequence[int], seeds: int, quiet: bool
) -> None:
    """Place and route the bring-up top on ECP5: megahertz and bitstreams, build/pnr/."""
    options.check_choices({"--only": yosys.CONFIGURATIONS}, {"--only": only})
    for device in devices:
        options.check_choices({"--device": nextpnr.DEVICES}, {"--device": device})
    for speed in speeds:
        options.check_choices({"--speed": nextpnr.SPEEDS}, {"--speed": speed})
    points = [(only, device, speed) for device in devices for speed in speeds]
    rows = nextpnr.table(points, seeds, _saying(quiet))
    out = checkout.BUILD / "pnr" / f"{only}.json"
    files.save_json(out, rows)
    if not quiet:
        tables.show_clocks(rows, only, seeds)


@click.command("bitstream")
@click.option("--board", "name", default="ulx3s", show_default=True, help="The board.")
@click.option("--config", "config_path", default=options.DEFAULT_CONFIG, help="TOML file.")
@click.option("--kernel", help=".npz or .npy of real weights, or a kernel's name.")
@click.option("--megahertz", type=int, default=125, show_default=True, help="Engine's clock.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of place and route.")
@click.option("--out", help="Folder; default: build/bitstream/BOARD of the checkout.")
@click.option("--quiet", is_flag=True, help="No progress, no summary.")
def bitstream_command(
    name: str,
    config_path: str,
    kernel: str | None,
    megahertz: int,
    seed: int,
    out: str | None,
    quiet: bool,
) -> None:
    """Build a board's self-test, and the set of vectors that judges it."""
    options.check_choices({"--board": bitstream.BOARDS}, {"--board": name})
    config = Config.load(config_path)
    codes = api.kernel_codes(config, kernel)
    folder = Path(out) if out else checkout.BUILD / "bitstream" / name
    with stages.shown(quiet=quiet) as stage:
        found = bitstream.build(name, config, codes, megahertz, seed, folder, stage.begin)
    files.save_json(folder / f"{name}.json", found)
    if not quiet:
        click.echo(
            f"{found['bitstream']}: engine at {megahertz} MHz, place and route reaches "
            f"{found['megahertz']:.1f}\n{found['manifest']}: what the board must say"
        )


@click.command("host")
@click.argument("manifest_path", metavar="MANIFEST")
@click.option("--overlay", required=True, help="The bitstream (.bit, its .hwh beside it).")
@click.option("--engine", default="deconv_axi_0", show_default=True, help="Name of deconv_axi.")
@click.option("--dma", default="axi_dma_0", show_default=True, help="Name of the AXI DMA.")
@click.option("--size", default="axi_gpio_0", show_default=True, help="Name of the AXI GPIO.")
@click.option("--timeout", type=float, default=5.0, show_default=True, help="Seconds a frame.")
@click.option("--dump", help="File for the beats that came, for deconv4k diff.")
@click.option("--json", "as_json", is_flag=True, help="Verdict for machines.")
@click.option("--quiet", is_flag=True, help="No progress, no table.")
def host_command(
    manifest_path: str,
    overlay: str,
    engine: str,
    dma: str,
    size: str,
    timeout: float,
    dump: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Run a set of vectors on a Zynq board, on the board itself, with PYNQ."""
    vectors = manifest.read(manifest_path)
    try:
        import pynq
    except ImportError:
        raise InputError("pynq is not installed; this command runs on a board with PYNQ") from None
    if not Path(overlay).is_file():
        raise InputError(f"--overlay {overlay}: no such file; allowed: a .bit, its .hwh beside it")
    there = zynq.Host(
        pynq.Overlay(overlay), pynq.allocate,
        engine=engine, dma=dma, size=size, timeout=timeout,
    )  # fmt: skip
    with stages.shown(quiet=quiet) as stage:
        stage.begin(f"{len(vectors.frames)} frame(s) of {vectors.name}", len(vectors.frames))
        results = there.run(vectors, dump=Path(dump) if dump else None, progress=stage.advance)
    verdict = zynq.summary(results)
    if as_json:
        click.echo(json.dumps(verdict, indent=2))
    elif not quiet:
        tables.show_verdicts(results, vectors.name)
    if not verdict["passed"]:
        sys.exit(1)
