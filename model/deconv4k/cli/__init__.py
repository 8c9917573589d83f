"""The command ``deconv4k``: a thin, validating layer above the modules."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deconv4k import __version__
from deconv4k._shared import checkout, files
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import image, kernels
from deconv4k.sim import engines, tools

if TYPE_CHECKING:
    from deconv4k.vectors.sets import Recipe


_EPILOG = "Codes are integers: value = code * 2**-fraction. See README.md for the formats."

DEFAULT_CONFIG = str(checkout.DEFAULT_CONFIG)


@click.group(epilog=_EPILOG)
@click.version_option(__version__)
def cli() -> None:
    """FSRCNN's deconvolution layer, bit for bit, in Python and in gates.

    \b
    deconv4k upscale PHOTO -o OUT.png     a photograph, twice as large
    deconv4k run --config C.toml ...      codes in, codes out, by any engine
    deconv4k info C.toml                  what a configuration costs and needs
    deconv4k sim                          the whole regression (make sim)
    deconv4k vectors --pattern ramp ...   input and expected output in files
    deconv4k tune --config C.toml ...     the narrowest formats that will do
    deconv4k bitstream                    a self-test for an open board
    deconv4k host MANIFEST --overlay ...  a set of vectors on a Zynq board
    deconv4k diff MANIFEST CAPTURE        which pixel is wrong, and why
    """  # noqa: D301  # click wants the backspace itself


@cli.command()
@click.option("--config", "config_path", required=True, help="TOML file: layer, formats, video.")
@click.option("--pixels", required=True, help=".npy, integer (H, W) or (C_in, H, W).")
@click.option("--weights", required=True, help=".npy, integer (C_in, C_out, K, K), PyTorch layout.")
@click.option("--bias", help=".npy, integer (C_out,), at the accumulator's binary point.")
@click.option("--engine", default="golden", show_default=True, help="golden, icarus or verilator.")
@click.option("--out", required=True, help=".npy to write: (OH, OW) or (C_out, OH, OW).")
def run(
    config_path: str, pixels: str, weights: str, bias: str | None, engine: str, out: str
) -> None:
    """Run the layer on codes: the frame size comes from the pixels."""
    config = Config.load(config_path)
    result = engines.run(
        engine,
        config,
        files.load_array(pixels, "--pixels"),
        files.load_array(weights, "--weights"),
        None if bias is None else files.load_array(bias, "--bias"),
    )
    files.save_array(out, result)


@cli.command()
@click.argument("photo")
@click.option("-o", "--out", required=True, help="PNG to write, in the photograph's depth.")
@click.option("--engine", default="golden", show_default=True, help="golden, icarus or verilator.")
@click.option("--config", "config_path", default=DEFAULT_CONFIG, help="TOML file.")
@click.option("--kernel", help=".npz or .npy of real weights, or fitted, bicubic, lanczos, ...")
@click.option("--rgb", is_flag=True, help="Each of R, G, B through the engine, not luma alone.")
def upscale(
    photo: str, out: str, engine: str, config_path: str, kernel: str | None, rgb: bool
) -> None:
    """Enlarge a photograph: luma through the engine, chroma by bicubic."""
    from deconv4k.photo.upscale import upscale as enlarge

    config = Config.load(config_path)
    codes = kernels.to_codes(_kernel(kernel, config), config.layer, config.formats.weight)
    result = enlarge(
        image.read(photo), config, lambda plane: engines.run(engine, config, plane, codes), rgb=rgb
    )
    image.write(out, result)


def _kernel(name: str | None, config: Config) -> kernels.Weights:
    """Real weights by name or file; None is the default kernel of the layer."""
    if name is None:
        return kernels.default(config.layer)
    if name in kernels.NAMES:
        return kernels.named(name, config.layer)
    return kernels.load(name, config.layer)


@cli.command()
@click.argument("photos", nargs=-1, required=True)
@click.option("-o", "--out", required=True, help="kernel.npz to write.")
@click.option("--config", "config_path", default=DEFAULT_CONFIG, help="TOML file: the layer.")
@click.option("--halve", is_flag=True, help="Halve each photograph first (soft originals).")
@click.option("--note", default="", help="Where the photographs come from; kept in the file.")
@click.option("--quiet", is_flag=True, help="No progress, no table.")
def fit(
    photos: Sequence[str], out: str, config_path: str, halve: bool, note: str, quiet: bool
) -> None:
    """Fit a kernel to photographs by least squares, phase by phase."""
    from rich.console import Console
    from rich.table import Table

    from deconv4k._shared import stages
    from deconv4k.photo import fit as fitting

    layer = Config.load(config_path).layer
    with stages.shown(quiet=quiet) as stage:
        told = stage.counted(f"fitting a kernel to {len(photos)} photograph(s)")
        found = fitting.fit(photos, layer, halve=halve, progress=lambda *_: told())
    kernels.save(
        out, found.weights, layer, **fitting.provenance(photos, found, out, halve=halve, note=note)
    )
    if not quiet:
        table = Table("photo", "bicubic", "Lanczos", "fitted", "left out of the fit", title="dB")
        for row in found.figures:
            held = "-" if row.held_out is None else f"{row.held_out:.2f}"
            table.add_row(
                row.photo, f"{row.bicubic:.2f}", f"{row.lanczos:.2f}", f"{row.fitted:.2f}", held
            )
        Console().print(table)


@cli.command()
@click.argument("config_path", metavar="CONFIG", default=DEFAULT_CONFIG)
@click.option("--weights", help=".npy codes to prove the accumulator for; default: the kernel.")
@click.option("--kernel", help=".npz or .npy of real weights, or a kernel's name.")
@click.option("--json", "as_json", is_flag=True, help="Figures for machines.")
def info(config_path: str, weights: str | None, kernel: str | None, as_json: bool) -> None:
    """What a configuration is, needs and costs."""
    from deconv4k.rtl import info

    config = Config.load(config_path)
    codes = (
        files.load_array(weights, "--weights")
        if weights is not None
        else kernels.to_codes(_kernel(kernel, config), config.layer, config.formats.weight)
    )
    info.info(config, codes, as_json=as_json)


@cli.command()
@click.option("--config", "config_path", required=True, help="TOML file to start from.")
@click.option("--photos", multiple=True, required=True, help="Photographs: one, or several.")
@click.argument("more", nargs=-1, metavar="[PHOTO]...")
@click.option("--kernel", help=".npz or .npy of real weights, or a kernel's name.")
@click.option("--held-out", multiple=True, help="Photograph to judge the choice by; repeatable.")
@click.option("--target-loss", help="Most dB lost against the original, such as 0.05dB.")
@click.option("--min-psnr", help="Least dB PSNR against the float layer, such as 50.")
@click.option("--out", default="tuned.toml", show_default=True, help="TOML file to write.")
@click.option("--space", help="TOML file with limits of the search: docs/tune.md.")
@click.option("--set", "sets", multiple=True, help="NODE.KEY=VALUES, such as weight.width=6..12.")
@click.option("--pin", "pins", multiple=True, help="NODE as configured, or NODE=FORMAT.")
@click.option("--device", default="ecp5", show_default=True, help="ecp5, 7series, ultrascale+.")
@click.option("--packing", is_flag=True, help="Reckon with two multiplications in one block.")
@click.option("--jobs", type=click.IntRange(1), default=None, help="Threads; default: processors.")
@click.option("--dask", help="Address of a Dask scheduler whose workers do the work instead.")
@click.option("--no-prune", is_flag=True, help="Measure even what provably changes nothing.")
@click.option(
    "--exhaustive", type=click.IntRange(0), default=5000, show_default=True,
    help="Combinations up to which every one is tried; beyond, the optimiser searches.",
)  # fmt: skip
@click.option(
    "--trials", type=click.IntRange(1), default=400, show_default=True,
    help="Candidates that the optimiser proposes.",
)  # fmt: skip
@click.option(
    "--source-bits", type=click.IntRange(1, 16),
    help="The input has codes of so many bits, for the float layer too.",
)  # fmt: skip
def tune(
    config_path: str,
    photos: Sequence[str],
    more: Sequence[str],
    kernel: str | None,
    **given: Any,
) -> None:
    """Find the narrowest formats that lose no more than allowed."""
    from deconv4k.tune import command as tuning

    config = Config.load(config_path)
    options = tuning.Options.of(config, **given)
    tuning.tune(config, _kernel(kernel, config), [*photos, *more], options)


@cli.command()
@click.option("--sim", help="verilator or icarus alone; default: both.")
@click.option("--case", help="One vector of vectors/, or 'photo'.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the stalls.")
@click.option("--waves", is_flag=True, help="Leave an FST file and say where.")
@click.option("--image", "photo", help="Any photograph instead of the shipped one.")
@click.option("--config", "config_path", default=DEFAULT_CONFIG, help="TOML file.")
@click.option("--full", is_flag=True, help="The whole frame, also on Icarus (minutes).")
@click.option("--quiet", is_flag=True, help="No progress.")
def sim(
    sim: str | None,
    case: str | None,
    seed: int,
    waves: bool,
    photo: str | None,
    config_path: str,
    full: bool,
    quiet: bool,
) -> None:
    """The RTL regression: a whole photograph and the vectors, compared bit for bit."""
    from deconv4k.sim import regression

    passed = regression.regress(
        Config.load(config_path),
        simulators=[sim] if sim else list(tools.SIMULATORS),
        named=sim is not None,
        case=case,
        seed=seed,
        waves=waves,
        photo=photo,
        full=full,
        quiet=quiet,
    )
    if not passed:
        sys.exit(1)


@cli.command()
@click.option("--config", "config_path", default=DEFAULT_CONFIG, help="TOML file.")
@click.option("--photo", help="Input: the luma of a photograph, shrunk by the stride.")
@click.option("--pattern", "pattern_name", help="Input: a test picture, see docs/vectors.md.")
@click.option("--pixels", help="Input: .npy codes, (H, W), (C_in, H, W) or (frames, C_in, H, W).")
@click.option("--kernel", help=".npz or .npy of real weights, or a kernel's name.")
@click.option("--weights", help=".npy codes of the kernel instead.")
@click.option("--bias", type=int, help="Code of the bias, where the configuration has one.")
@click.option("--size", help="WIDTHxHEIGHT of a pattern; default: the configuration's.")
@click.option("--frames", type=click.IntRange(1), help="Number of frames.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of noise.")
@click.option("--why", help="What the set is there to find, for its manifest.")
@click.option(
    "--format",
    "formats",
    multiple=True,
    default=["mem", "bin"],
    show_default=True,
    help="mem, hex, coe, mif, ihex, bin, h, npz, png, y4m or all; repeatable.",
)
@click.option(
    "--tap",
    "taps",
    multiple=True,
    help="Intermediate: window, products, sums, rounded or all; repeatable.",
)
@click.option("--out", help="Folder of the set; with --committed: vectors/ of the checkout.")
@click.option("--committed", is_flag=True, help="Write the committed sets anew.")
@click.option("--quiet", is_flag=True, help="No progress, no summary.")
def vectors(committed: bool, out: str | None, quiet: bool, **given: Any) -> None:
    """Make a set of vectors: input, kernel and expected output in files, and their manifest."""
    from deconv4k._shared import stages
    from deconv4k.vectors import committed as cases
    from deconv4k.vectors import export, intermediates, sets

    sources = ("photo", "pattern_name", "pixels")
    named = [f"--{name.removesuffix('_name')}" for name in sources if given[name] is not None]
    if committed:
        if named:
            raise InputError(f"--committed and {named[0]}; allowed: one of them")
        folder = Path(out) if out else checkout.ROOT / "vectors"
        for written in cases.write_all(folder):
            click.echo(written)
        return
    if len(named) != 1:
        raise InputError(
            f"{' and '.join(named) or 'no input'}; allowed: one of --photo, --pattern, --pixels, "
            "or --committed"
        )
    if out is None:
        raise InputError("--out is missing; allowed: a folder")
    recipe = _recipe(Path(out).resolve().name, **given)
    formats, taps = (
        list(known) if "all" in given[name] else given[name]
        for name, known in (("formats", export.FORMATS), ("taps", intermediates.NAMES))
    )
    unfit = sets.unfit(recipe) if "all" in given["formats"] else {}
    formats = [name for name in formats if name not in unfit]
    with stages.shown(quiet=quiet) as stage:
        count = len(recipe.sizes)
        written = sets.write(out, recipe, formats, taps, stage.counted(f"{count} frames", count))
    if not quiet:
        click.echo(sets.describe(written))
        for name, why in unfit.items():
            click.echo(f"{name}: left out: {why}")


def _recipe(name: str, **given: Any) -> Recipe:
    """What the options of `vectors` ask for."""
    from deconv4k.rtl import info
    from deconv4k.vectors import patterns, recipes

    config = Config.load(given["config_path"])
    own = given["kernel"] is not None or given["weights"] is not None
    if given["kernel"] is not None and given["weights"] is not None:
        raise InputError("--kernel and --weights; allowed: one of them")
    if given["pattern_name"] == "ties" and own:
        raise InputError("--pattern ties with a kernel; allowed: without, it brings its own")
    if given["size"] is not None and given["pattern_name"] is None:
        raise InputError("--size without --pattern; allowed: with a pattern")
    if given["pattern_name"] == "ties":
        codes = patterns.tie_kernel(config)
    elif given["weights"] is not None:
        codes = info.check_weights(config, files.load_array(given["weights"], "--weights"))
    else:
        codes = kernels.to_codes(
            _kernel(given["kernel"], config), config.layer, config.formats.weight
        )
    bias = given["bias"]
    if bias is None and config.formats.bias is not None:
        bias = 0
    size = None if given["size"] is None else recipes.parse_size(given["size"])
    if given["photo"] is not None:
        recipe = recipes.photograph(name, config, codes, bias, given["photo"], given["frames"])
    elif given["pixels"] is not None:
        recipe = recipes.given(name, config, codes, bias, given["pixels"], given["frames"])
    else:
        recipe = recipes.pattern(
            name, config, codes, bias, given["pattern_name"], size, given["frames"], given["seed"]
        )
    return recipe if given["why"] is None else replace(recipe, why=given["why"])


@cli.command()
@click.argument("manifest", metavar="MANIFEST")
@click.argument("capture", metavar="CAPTURE")
@click.option("--previous-kernel", help="Kernel loaded before: .npy codes, or .npz as fit makes.")
@click.option("--port", help="Part of the stream's name, where a capture holds several.")
@click.option("--clock", help="Name of the clock, in waves.")
@click.option("--tdata", help="Name of this signal, if it ends otherwise; so the next four.")
@click.option("--tvalid")
@click.option("--tready")
@click.option("--tlast")
@click.option("--tuser")
@click.option(
    "--beat-bytes", type=click.IntRange(1), help="Bytes of a buffer for each beat, if more."
)
@click.option("--picture", help="PNG to write: where the errors are.")
@click.option("--json", "as_json", is_flag=True, help="All of it for machines.")
@click.option("--quiet", is_flag=True, help="No progress.")
def diff(
    manifest: str,
    capture: str,
    previous_kernel: str | None,
    port: str | None,
    clock: str | None,
    beat_bytes: int | None,
    picture: str | None,
    as_json: bool,
    quiet: bool,
    **signals: str | None,
) -> None:
    """Compare what a board gave with a set of vectors, and say why it differs.

    MANIFEST is the set that was sent: its folder, or manifest.json in it. CAPTURE is what came
    out of m_axis_video, told by its ending:

    \b
    .bin .raw              a buffer that DMA filled, as it lies in memory
    .npy                   the same, or codes (OH, OW)
    .png                   a picture of codes
    .csv                   samples of an ILA (write_hw_ila_data -csv_file) or of Signal Tap
    .vcd .fst              waves of a simulator
    .log .txt .hex .mem    UART lines of the self-test, or a beat a line in hexadecimal

    Of samples and waves a beat is a clock with TVALID and TREADY; where they are unknown, at gaps
    and between windows the stream is broken, and each piece is placed by itself.

    A capture need not begin with a frame, nor end with one. It is placed by TUSER and TLAST if
    they were captured, a buffer or picture by its first beat, anything else by its content.

    The causes are listed by how much of the capture each would explain. What cannot be told apart
    is named together. docs/diff.md shows what each cause looks like.

    Exit status: 0 clean; 1 wrong, truncated or unlike anything expected; 2 not to be read.
    """  # noqa: D301  # click wants the backspace itself
    from rich.console import Console
    from rich.progress import Progress

    from deconv4k.diff import compare, report, selftest
    from deconv4k.diff import picture as pictures
    from deconv4k.diff.captures import Log
    from deconv4k.diff.names import Wanted

    named = {signal: name for signal, name in signals.items() if name is not None}
    case = compare.load_set(manifest, previous_kernel)
    given = compare.load(capture, case, Wanted(port, clock, named), beat_bytes)
    if isinstance(given, Log):
        if picture is not None:
            raise InputError(f"--picture {picture}: {capture} holds signatures and no pixels")
        judged = selftest.compare_log(case, given)
        report.show_log(judged, as_json=as_json)
        sys.exit(not judged.clean)
    console = Console(stderr=True, quiet=quiet)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("looking for causes", total=1.0)
        found = compare.compare(case, given, lambda share: progress.update(task, completed=share))
    if picture is not None:
        pictures.write(picture, found)
    report.show(found, as_json=as_json)
    sys.exit(not found.clean)


@cli.command()
@click.option("--rounds", type=click.IntRange(1), default=30, show_default=True, help="Runs each.")
@click.option("--out", default=None, help="Folder; default: build/bench/ of the checkout.")
def bench(rounds: int, out: str | None) -> None:
    """Time the golden model beside PyTorch, ONNX Runtime, OpenCV and apytypes."""
    from deconv4k.golden import benchmark

    folder = Path(out) if out else checkout.ROOT / "build" / "bench"
    benchmark.run(Config.default(), folder, rounds)


@cli.command()
@click.option("--target", help="One target alone: ecp5, xc7, xcup, ice40up.")
@click.option("--only", help="One configuration alone.")
@click.option("--quiet", is_flag=True, help="No progress, no table.")
def synth(target: str | None, only: str | None, quiet: bool) -> None:
    """Synthesise the engine for several devices and count what it takes: build/synth/."""
    from rich.console import Console
    from rich.table import Table

    from deconv4k.synth import yosys

    known = {"--target": yosys.TARGETS, "--only": yosys.CONFIGURATIONS}
    _check_choices(known, {"--target": target, "--only": only})
    jobs = [job for job in yosys.JOBS if target in (None, job[0]) and only in (None, job[1])]
    if not jobs:
        raise InputError(f"no synthesis of {only} for {target} is in the table")
    console = Console(stderr=True, quiet=quiet)
    rows = yosys.table(jobs, lambda text: console.print(text, highlight=False))
    out = checkout.ROOT / "build" / "synth" / "synth.json"
    if len(jobs) == len(yosys.JOBS):
        files.save_json(out, rows)
    if not quiet:
        names = ("target", "configuration", "top", *yosys.RESOURCES)
        shown = Table(*names, title="Resources")
        for row in rows:
            shown.add_row(
                *(f"{row[name]:,}" if name in yosys.RESOURCES else row[name] for name in names)
            )
        Console().print(shown)


@cli.command()
@click.option("--only", default="x2_k9_4ppc", show_default=True, help="Configuration.")
@click.option("--device", "devices", multiple=True, default=["85F"], help="85F, 45F or 25F.")
@click.option("--speed", "speeds", multiple=True, type=int, default=[6, 8], help="6, 7 or 8.")
@click.option(
    "--seeds", type=click.IntRange(1), default=5, show_default=True, help="Seeds of each."
)
@click.option("--quiet", is_flag=True, help="No progress, no table.")
def pnr(only: str, devices: Sequence[str], speeds: Sequence[int], seeds: int, quiet: bool) -> None:
    """Place and route the bring-up top on ECP5: megahertz and bitstreams, build/pnr/."""
    from rich.console import Console
    from rich.table import Table

    from deconv4k.synth import nextpnr, yosys

    _check_choices({"--only": yosys.CONFIGURATIONS}, {"--only": only})
    for device in devices:
        _check_choices({"--device": nextpnr.DEVICES}, {"--device": device})
    for speed in speeds:
        _check_choices({"--speed": nextpnr.SPEEDS}, {"--speed": speed})
    points = [(only, device, speed) for device in devices for speed in speeds]
    console = Console(stderr=True, quiet=quiet)
    rows = nextpnr.table(points, seeds, lambda text: console.print(text, highlight=False))
    out = checkout.ROOT / "build" / "pnr" / f"{only}.json"
    files.save_json(out, rows)
    if not quiet:
        shown = Table(
            "device", "speed", "worst", "median", "best", "Mpixel/s", "frames/s",
            title=f"MHz, {only}, {seeds} seed(s)",
        )  # fmt: skip
        for row in rows:
            shown.add_row(
                row["device"], str(row["speed"]),
                *(f"{row[name]:.1f}" for name in ("worst", "median", "best")),
                f"{row['pixels_a_second'] / 1e6:.0f}",
                f"{row['frames_a_second']:.1f} of {row['output'][0]}x{row['output'][1]}",
            )  # fmt: skip
        Console().print(shown)
        for row in rows:
            limit = row["limit"]
            click.echo(
                f"{row['device']} speed {row['speed']}, worst seed: {limit['logic_ns']:.2f} ns of "
                f"logic, {limit['routing_ns']:.2f} of routing\n"
                f"  from {limit['from']}\n  to {limit['to']}"
            )


@cli.command()
@click.option("--board", "name", default="ulx3s", show_default=True, help="The board.")
@click.option("--config", "config_path", default=DEFAULT_CONFIG, help="TOML file.")
@click.option("--kernel", help=".npz or .npy of real weights, or a kernel's name.")
@click.option("--megahertz", type=int, default=125, show_default=True, help="Engine's clock.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of place and route.")
@click.option("--out", help="Folder; default: build/bitstream/BOARD of the checkout.")
@click.option("--quiet", is_flag=True, help="No progress, no summary.")
def bitstream(
    name: str,
    config_path: str,
    kernel: str | None,
    megahertz: int,
    seed: int,
    out: str | None,
    quiet: bool,
) -> None:
    """Build a board's self-test, and the set of vectors that judges it."""
    from deconv4k._shared import stages
    from deconv4k.board import bitstream

    _check_choices({"--board": bitstream.BOARDS}, {"--board": name})
    config = Config.load(config_path)
    codes = kernels.to_codes(_kernel(kernel, config), config.layer, config.formats.weight)
    folder = Path(out) if out else checkout.ROOT / "build" / "bitstream" / name
    with stages.shown(quiet=quiet) as stage:
        found = bitstream.build(name, config, codes, megahertz, seed, folder, stage.begin)
    files.save_json(folder / f"{name}.json", found)
    if not quiet:
        click.echo(
            f"{found['bitstream']}: engine at {megahertz} MHz, place and route reaches "
            f"{found['megahertz']:.1f}\n{found['manifest']}: what the board must say"
        )


@cli.command()
@click.argument("manifest_path", metavar="MANIFEST")
@click.option("--overlay", required=True, help="The bitstream (.bit, its .hwh beside it).")
@click.option("--engine", default="deconv_axi_0", show_default=True, help="Name of deconv_axi.")
@click.option("--dma", default="axi_dma_0", show_default=True, help="Name of the AXI DMA.")
@click.option("--size", default="axi_gpio_0", show_default=True, help="Name of the AXI GPIO.")
@click.option("--timeout", type=float, default=5.0, show_default=True, help="Seconds a frame.")
@click.option("--dump", help="File for the beats that came, for deconv4k diff.")
@click.option("--json", "as_json", is_flag=True, help="Verdict for machines.")
@click.option("--quiet", is_flag=True, help="No progress, no table.")
def host(
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
    from rich.console import Console
    from rich.table import Table

    from deconv4k._shared import stages
    from deconv4k.board import zynq as driver
    from deconv4k.vectors import manifest

    vectors = manifest.read(manifest_path)
    try:
        import pynq
    except ImportError:
        raise InputError("pynq is not installed; this command runs on a board with PYNQ") from None
    if not Path(overlay).is_file():
        raise InputError(f"--overlay {overlay}: no such file; allowed: a .bit, its .hwh beside it")
    there = driver.Host(
        pynq.Overlay(overlay), pynq.allocate,
        engine=engine, dma=dma, size=size, timeout=timeout,
    )  # fmt: skip
    with stages.shown(quiet=quiet) as stage:
        stage.begin(f"{len(vectors.frames)} frame(s) of {vectors.name}", len(vectors.frames))
        results = there.run(vectors, dump=Path(dump) if dump else None, progress=stage.advance)
    verdict = driver.summary(results)
    if as_json:
        click.echo(json.dumps(verdict, indent=2))
    elif not quiet:
        table = Table("frame", "verdict", "mismatches", "what is wrong", title=vectors.name)
        for each in results:
            said = "PASS" if each.passed else "FAIL"
            table.add_row(str(each.number), said, f"{each.mismatches:,}", "\n".join(each.wrong))
        Console().print(table)
    if not verdict["passed"]:
        sys.exit(1)


def _check_choices(known: dict[str, Any], given: dict[str, Any]) -> None:
    for option, value in given.items():
        if value is not None and value not in known[option]:
            raise InputError(f"{option} {value}; allowed: {', '.join(map(str, known[option]))}")


def main() -> None:
    """Run the command; errors become one line each and exit status 2."""
    try:
        cli(standalone_mode=False)
    except InputError as error:
        for line in error.lines:
            click.echo(f"deconv4k: {line}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"deconv4k: {error.format_message()}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("deconv4k: interrupted", err=True)
        sys.exit(130)
    except MemoryError:
        click.echo("deconv4k: not enough memory: what was given is too large", err=True)
        sys.exit(2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"deconv4k: {where}{error.strerror or error}", err=True)
        sys.exit(2)
