"""The search for formats."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from deconv4k import api
from deconv4k._shared import stages
from deconv4k.cli.tune_tables import show_tuned
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.tuner import (
    ArgumentError,
    Options,
    Progress,
    Target,
    merge_limits,
    parse_limits,
    read_limits,
    tune,
)


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
    held_out: Sequence[str],
    target_loss: str | None,
    min_psnr: str | None,
    out: str,
    space: str | None,
    sets: Sequence[str],
    pins: Sequence[str],
    device: str,
    packing: bool,
    jobs: int | None,
    dask: str | None,
    no_prune: bool,
    exhaustive: int,
    trials: int,
    source_bits: int | None,
) -> None:
    """Find the narrowest formats that lose no more than allowed."""
    config = Config.load(config_path)
    if jobs is not None and dask is not None:
        raise InputError("--jobs and --dask: one of them; a cluster has its own workers")
    limits = merge_limits(
        {} if space is None else read_limits(space),
        parse_limits(config, pins, sets, pin_name="--pin", set_name="--set"),
    )
    try:
        options = Options(
            _target(target_loss, min_psnr),
            out,
            limits=limits,
            device=device,
            packing=packing,
            jobs=jobs,
            dask=dask,
            prune=not no_prune,
            exhaustive=exhaustive,
            trials=trials,
            source_bits=source_bits,
            held_out=held_out,
        )
        weights = api.real_kernel(config, kernel)
        with stages.shown() as stage:

            def show(now: Progress) -> None:
                searching = f"a search among {now.combinations:,} candidates"
                stage.reach(now.settled, now.total, stage=searching)

            tuned = tune(config, weights, [*photos, *more], options, show)
    except ArgumentError as error:
        option = error.argument.replace("_", "-")
        raise InputError(f"--{option}{error.reason}") from None
    show_tuned(tuned, options)


def _target(target_loss: str | None, min_psnr: str | None) -> Target:
    """The target that one of two options says."""
    if (target_loss is None) == (min_psnr is None):
        raise InputError("--target-loss and --min-psnr: one of them, such as --target-loss 0.05dB")
    name, text = ("--target-loss", target_loss) if min_psnr is None else ("--min-psnr", min_psnr)
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:dB)?\s*", text or "", re.IGNORECASE)
    if match is None:
        raise InputError(f"{name} {text}; allowed: a number of dB, 0 or more, such as 0.05dB")
    return Target("loss" if min_psnr is None else "psnr_float", float(match[1]))
