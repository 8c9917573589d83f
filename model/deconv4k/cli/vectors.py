"""Sets of vectors: made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from deconv4k._shared import checkout, files, stages
from deconv4k.api import exchange
from deconv4k.cli import options
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.vectors import committed as committed_sets
from deconv4k.vectors import export, intermediates, recipes, sets


@click.command("vectors")
@click.option("--config", "config_path", default=options.DEFAULT_CONFIG, help="TOML file.")
@click.option("--photo", help="Input: the luma of a photograph, shrunk by the stride.")
@click.option("--pattern", help="Input: a test picture, see docs/vectors.md.")
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
def vectors_command(committed: bool, out: str | None, quiet: bool, **given: Any) -> None:
    """Make a set of vectors: input, kernel and expected output in files, and their manifest."""
    if committed:
        sources = ("photo", "pattern", "pixels")
        named = [f"--{name}" for name in sources if given[name] is not None]
        if named:
            raise InputError(f"--committed and {named[0]}; allowed: one of them")
        folder = Path(out) if out else checkout.ROOT / "vectors"
        for written in committed_sets.write_all(folder):
            click.echo(written)
        return
    if not any(given[name] is not None for name in ("photo", "pattern", "pixels")):
        raise InputError("no input; allowed: one of --photo, --pattern, --pixels, or --committed")
    if out is None:
        raise InputError("--out is missing; allowed: a folder")
    forms, named_taps = given.pop("formats"), given.pop("taps")
    recipe = exchange.recipe(Path(out).resolve().name, **_arguments(**given))
    formats, taps = (
        list(known) if "all" in asked else asked
        for asked, known in ((forms, export.FORMATS), (named_taps, intermediates.NAMES))
    )
    unfit = sets.unfit(recipe) if "all" in forms else {}
    formats = [name for name in formats if name not in unfit]
    with stages.shown(quiet=quiet) as stage:
        count = len(recipe.sizes)
        written = sets.write(out, recipe, formats, taps, stage.counted(f"{count} frames", count))
    if not quiet:
        click.echo(sets.describe(written))
        for name, why in unfit.items():
            click.echo(f"{name}: left out: {why}")


def _arguments(
    config_path: str, weights: str | None, size: str | None, **given: Any
) -> dict[str, Any]:
    """The options as `deconv4k.api.exchange.recipe` takes them."""
    return {
        "config": Config.load(config_path),
        "weights": None if weights is None else files.load_array(weights, "--weights"),
        "size": None if size is None else recipes.parse_size(size),
        **given,
    }
