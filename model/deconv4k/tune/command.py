"""The command ``deconv4k tune``: from options to a tuned configuration with its report."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deconv4k._shared import optional, parallel, stages
from deconv4k._shared.files import write_bytes
from deconv4k.config import Config, Formats
from deconv4k.errors import InputError
from deconv4k.photo import kernels
from deconv4k.tune import journal, report
from deconv4k.tune.cost import DEVICES
from deconv4k.tune.evaluate import Problem, Record, evaluate
from deconv4k.tune.optimise import optimise
from deconv4k.tune.photograph import Scene
from deconv4k.tune.search import Search, Target, Workers, choose
from deconv4k.tune.space import Limits, merge, option_limits, read_limits, space
from deconv4k.tune.workers import Cluster, Threads

REPORT_WIDTH = 180
"""Columns of what is printed to something else than a terminal."""


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
    dask : str, optional
        A scheduler's address; its workers take the place of threads.
    prune : bool
    exhaustive : int
        Combinations up to which every one is tried; the optimiser searches larger spaces.
    trials : int
        Candidates that the optimiser proposes.
    source_bits : int, optional
        As `Scene.load` takes it.
    held_out : sequence of str
        Photographs that the chosen configuration is judged on, and the search does not see.
    """

    target: Target
    limits: Limits
    out: Path
    device: str
    packing: bool
    jobs: int
    dask: str | None
    prune: bool
    exhaustive: int
    trials: int
    source_bits: int | None
    held_out: Sequence[str]

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
        dask: str | None,
        no_prune: bool,
        exhaustive: int,
        trials: int,
        source_bits: int | None,
        held_out: Sequence[str],
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
        if jobs is not None and dask is not None:
            raise InputError("--jobs and --dask: one of them; a cluster has its own workers")
        given = {} if space is None else read_limits(space)
        return cls(
            _target(target_loss, min_psnr),
            merge(given, option_limits(base, pins, sets)),
            Path(out),
            device,
            packing,
            jobs or parallel.threads(),
            dask,
            not no_prune,
            exhaustive,
            trials,
            source_bits,
            held_out,
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
    optional.need("matplotlib", "jinja2")
    tried = space(base, weights, options.limits)
    large = tried.size > options.exhaustive
    if large:
        optional.need("optuna")
    problem = _problem(base, weights, photos, options)
    held_out = _problem(base, weights, options.held_out, options)
    folder = options.out.with_suffix("")
    folder.mkdir(exist_ok=True)
    start = time.perf_counter()
    with (
        journal.journal(folder / "journal.jsonl", problem) as kept,
        _workers(problem, options) as workers,
        stages.shown() as stage,
    ):
        searching = f"a search among {tried.size:,} candidates"
        search = Search(
            problem,
            options.target,
            kept,
            workers,
            lambda settled, total: stage.reach(settled, total, stage=searching),
            prune=options.prune,
        )
        if large:
            optimise(search, tried, options.trials)
        else:
            search.exhaustive(tried)
        seconds = time.perf_counter() - start
        chosen, record = choose(search)
        others = _judge(held_out, chosen)
        found = report.write(search, chosen, record, others, tried, folder)
    write_bytes(options.out, problem.config(chosen).to_toml().encode())
    # A file or a pipe has no width of its own, and the table is a wide one.
    console = Console() if sys.stdout.isatty() else Console(width=REPORT_WIDTH)
    report.show(search, found, record, console)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    old = sum(map(kept.is_old, search.found.records))
    console.print(
        f"{len(search.found.records)} candidates measured, {old} of them from the journal, in "
        f"{seconds:.1f} s by {workers}; load of the machine {load} (1, 5, 15 minutes), "
        f"{parallel.threads()} processors."
    )
    console.print(f"{options.out}, {folder / 'report.html'}")


def _problem(
    base: Config, weights: kernels.Weights, photos: Sequence[str], options: Options
) -> Problem:
    scenes = (
        Scene.load(path, base.layer, base.video, weights, options.source_bits) for path in photos
    )
    return Problem(base, weights, tuple(scenes), options.device, options.packing)


def _judge(held_out: Problem, chosen: Formats) -> list[Record]:
    """The chosen candidate on photographs that the search has not seen, a record each."""
    if not held_out.scenes:
        return []
    (record,) = evaluate(held_out, [chosen])
    photos: list[Record] = record["photos"]
    return photos


@contextlib.contextmanager
def _workers(problem: Problem, options: Options) -> Iterator[Workers]:
    """Threads, or a cluster's workers while it is needed."""
    if options.dask is None:
        yield Threads(problem, options.jobs)
        return
    cluster = Cluster(problem, options.dask)
    try:
        yield cluster
    finally:
        cluster.close()
