"""The layer in Python: run, upscale, fit, info."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from deconv4k import api
from deconv4k._shared import files, stages
from deconv4k.cli import options, tables
from deconv4k.config import Config
from deconv4k.photo import fit, image, kernels
from deconv4k.rtl import info
from deconv4k.sim import engines


@click.command("run")
@click.option("--config", "config_path", required=True, help="TOML file: layer, formats, video.")
@click.option("--pixels", required=True, help=".npy, integer (H, W) or (C_in, H, W).")
@click.option("--weights", required=True, help=".npy, integer (C_in, C_out, K, K), PyTorch layout.")
@click.option("--bias", help=".npy, integer (C_out,), at the accumulator's binary point.")
@click.option("--engine", default="golden", show_default=True, help="golden, icarus or verilator.")
@click.option("--out", required=True, help=".npy to write: (OH, OW) or (C_out, OH, OW).")
def run_command(
    config_path: str, pixels: str, weights: str, bias: str | None, engine: str, out: str
) -> None:
    """Run the layer on codes: the frame size comes from the pixels."""
    config = Config.load(config_path)
    result = engines.run(
        config,
        files.load_array(pixels, "--pixels"),
        files.load_array(weights, "--weights"),
        None if bias is None else files.load_array(bias, "--bias"),
        engine=engine,
    )
    files.save_array(out, result)


@click.command("upscale")
@click.argument("photo")
@click.option("-o", "--out", required=True, help="PNG to write, in the photograph's depth.")
@click.option("--engine", default="golden", show_default=True, help="golden, icarus or verilator.")
@click.option("--config", "config_path", default=options.DEFAULT_CONFIG, help="TOML file.")
@click.option("--kernel", help=".npz or .npy of real weights, or fitted, bicubic, lanczos, ...")
@click.option("--rgb", is_flag=True, help="Each of R, G, B through the engine, not luma alone.")
def upscale_command(
    photo: str, out: str, engine: str, config_path: str, kernel: str | None, rgb: bool
) -> None:
    """Enlarge a photograph: luma through the engine, chroma by bicubic."""
    result = api.upscale(photo, Config.load(config_path), kernel=kernel, engine=engine, rgb=rgb)
    image.write(out, result)


@click.command("fit")
@click.argument("photos", nargs=-1, required=True)
@click.option("-o", "--out", required=True, help="kernel.npz to write.")
@click.option(
    "--config", "config_path", default=options.DEFAULT_CONFIG, help="TOML file: the layer."
)
@click.option("--halve", is_flag=True, help="Halve each photograph first (soft originals).")
@click.option("--note", default="", help="Where the photographs come from; kept in the file.")
@click.option("--quiet", is_flag=True, help="No progress, no table.")
def fit_command(
    photos: Sequence[str], out: str, config_path: str, halve: bool, note: str, quiet: bool
) -> None:
    """Fit a kernel to photographs by least squares, phase by phase."""
    layer = Config.load(config_path).layer
    with stages.shown(quiet=quiet) as stage:
        told = stage.counted(f"fitting a kernel to {len(photos)} photograph(s)")
        found = fit.fit(photos, layer, halve=halve, progress=lambda *_: told())
    kernels.save(
        out, found.weights, layer, **fit.provenance(photos, found, out, halve=halve, note=note)
    )
    if not quiet:
        tables.show_fit(found)


@click.command("info")
@click.argument("config_path", metavar="CONFIG", default=options.DEFAULT_CONFIG)
@click.option("--weights", help=".npy codes to prove the accumulator for; default: the kernel.")
@click.option("--kernel", help=".npz or .npy of real weights, or a kernel's name.")
@click.option("--json", "as_json", is_flag=True, help="Figures for machines.")
def info_command(config_path: str, weights: str | None, kernel: str | None, as_json: bool) -> None:
    """What a configuration is, needs and costs."""
    config = Config.load(config_path)
    codes = (
        files.load_array(weights, "--weights")
        if weights is not None
        else api.kernel_codes(config, kernel)
    )
    found = info.info(config, codes)
    if as_json:
        click.echo(json.dumps(found.to_dict(), indent=2))
    else:
        tables.show_info(found, config)
