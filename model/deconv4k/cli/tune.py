"""The search for formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from deconv4k.cli import options
from deconv4k.config import Config
from deconv4k.tune import command


@click.command("tune")
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
def tune_command(
    config_path: str,
    photos: Sequence[str],
    more: Sequence[str],
    kernel: str | None,
    **given: Any,
) -> None:
    """Find the narrowest formats that lose no more than allowed."""
    config = Config.load(config_path)
    wanted = command.Options.of(config, **given)
    command.tune(config, options.real_kernel(kernel, config), [*photos, *more], wanted)
