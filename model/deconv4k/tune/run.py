"""The command ``deconv4k tune``: from options to a tuned configuration with its report."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from deconv4k import golden, kernels
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.image import write_bytes
from deconv4k.tune import report, store
from deconv4k.tune.cost import DEVICES
from deconv4k.tune.evaluate import Problem
from deconv4k.tune.scene import Scene
from deconv4k.tune.search import Search, Target, choose
from deconv4k.tune.space import Limits, merge, option_limits, read_limits, space
from deconv4k.tune.workers import Threads


@dataclass(frozen=True)
class Options:
    """What the command line says, besides configuration, kernel and photographs.

    Parameters
    ----------
    target : Target
    limits : dict
        Of the search space.
    out : Path
        The tuned configuration; everything else goes into a folder of its name without suffix.
    device : str
    packing : bool
    jobs : int
    prune : bool
    """

    target: Target
    limits: Limits
    out: Path
    device: str
    packing: bool
    jobs: int
    prune: bool

    @classmethod
    def of(
        cls,
        base: Config,
        *,
        target_loss: str | None,
        min_psnr: str | None,
        out: str,
        space: str | None,
        sets: Sequence[str],
        pins: Sequence[str],
        device: str,
        packing: bool,
        jobs: int | None,
        no_prune: bool,
    ) -> Options:
        """From the command line's words.

        Raises
        ------
        InputError
            For whatever is wrong with them.
        """
        if device not in DEVICES:
            raise InputError(f"--device {device}; allowed: {', '.join(DEVICES)}")
        if Path(out).suffix != ".toml":
            raise InputError(f"--out {out}: ends in {Path(out).suffix!r}; allowed: '.toml'")
        given = {} if space is None else read_limits(space)
        return cls(
            _target(target_loss, min_psnr),
            merge(given, option_limits(base, pins, sets)),
            Path(out),
            device,
            packing,
            jobs or golden.threads(),
            not no_prune,
        )


def _target(target_loss: str | None, min_psnr: str | None) -> Target:
    """One target of two."""
    if (target_loss is None) == (min_psnr is None):
        raise InputError("--target-loss and --min-psnr: one of them, such as --target-loss 0.05dB")
    name, text = ("--target-loss", target_loss) if min_psnr is None else ("--min-psnr", min_psnr)
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(?:dB)?\s*", text or "", re.IGNORECASE)
    if match is None:
        raise InputError(f"{name} {text}; allowed: a number of dB, 0 or more, such as 0.05dB")
    return Target("loss" if min_psnr is None else "psnr_float", float(match[1]))


def tune(base: Config, weights: kernels.Weights, photos: Sequence[str], options: Options) -> None:
    """Search, and write what was found.

    Raises
    ------
    InputError
        For bad input, an empty space, or a target that nothing reaches. Nothing but the journal
        of finished results is left then.
    """
    tried = space(base, weights, options.limits)
    scenes = tuple(Scene.load(path, base.layer, base.video, weights) for path in photos)
    problem = Problem(base, weights, scenes, options.device, options.packing)
    folder = options.out.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with store.journal(folder / "journal.jsonl", problem) as journal, _progress() as progress:
        bar = progress.add_task("candidates", total=tried.size)
        search = Search(
            problem,
            options.target,
            journal,
            Threads(problem, options.jobs),
            lambda settled: progress.advance(bar, settled),
            prune=options.prune,
        )
        search.exhaustive(tried)
        progress.update(bar, completed=tried.size)
        seconds = time.perf_counter() - start
        chosen, record = choose(search)
    report.write(search, chosen, record, tried, folder)
    write_bytes(options.out, problem.config(chosen).to_toml().encode())
    report.show(search, record, seconds, Console())


def _progress() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
