"""The RTL regression."""

from __future__ import annotations

import sys

import click

from deconv4k._shared import checkout
from deconv4k.cli import options, tables
from deconv4k.config import Config
from deconv4k.sim import regression, tools


@click.command("sim")
@click.option("--sim", help="verilator or icarus alone; default: both.")
@click.option("--case", help="One vector of vectors/, or 'photo'.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of the stalls.")
@click.option("--waves", is_flag=True, help="Leave an FST file and say where.")
@click.option("--image", "photo", help="Any photograph instead of the shipped one.")
@click.option("--config", "config_path", default=options.DEFAULT_CONFIG, help="TOML file.")
@click.option("--full", is_flag=True, help="The whole frame, also on Icarus (minutes).")
@click.option("--quiet", is_flag=True, help="No progress.")
def sim_command(
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
    found = regression.regress(
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
    tables.show_regression(found, checkout.shown(regression.REPORT / regression.PAGE))
    if not found.passed:
        sys.exit(1)
