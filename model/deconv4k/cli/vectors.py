"""Sets of vectors: made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from deconv4k._shared import checkout, files, stages
from deconv4k.cli import options
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import kernels
from deconv4k.rtl import info
from deconv4k.vectors import committed as committed_sets
from deconv4k.vectors import export, intermediates, patterns, recipes, sets
from deconv4k.vectors.recipes import Recipe


@click.command("vectors")
@click.option("--config", "config_path", default=options.DEFAULT_CONFIG, help="TOML file.")
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
def vectors_command(committed: bool, out: str | None, quiet: bool, **given: Any) -> None:
    """Make a set of vectors: input, kernel and expected output in files, and their manifest."""
    sources = ("photo", "pattern_name", "pixels")
    named = [f"--{name.removesuffix('_name')}" for name in sources if given[name] is not None]
    if committed:
        if named:
            raise InputError(f"--committed and {named[0]}; allowed: one of them")
        folder = Path(out) if out else checkout.ROOT / "vectors"
        for written in committed_sets.write_all(folder):
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
            options.real_kernel(given["kernel"], config), config.layer, config.formats.weight
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
