"""The tuner as a library: from a configuration and photographs to tuned formats with a report."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from deconv4k._shared import optional, parallel
from deconv4k._shared.files import write_bytes
from deconv4k.config import Config
from deconv4k.photo.kernels import Weights
from deconv4k.tuner import report
from deconv4k.tuner.evaluate import evaluate
from deconv4k.tuner.journal import open_journal
from deconv4k.tuner.optimise import optimise
from deconv4k.tuner.options import Options
from deconv4k.tuner.photograph import Photograph
from deconv4k.tuner.problem import Problem
from deconv4k.tuner.records import CandidateRecord, PhotographRecord
from deconv4k.tuner.search import Search, choose, front_records
from deconv4k.tuner.space import search_space
from deconv4k.tuner.tasks import Workers
from deconv4k.tuner.workers import Cluster, Threads


class Progress(NamedTuple):
    """How far a search is.

    Parameters
    ----------
    settled, total : int
        Candidates that are measured or left out, and how many are known by now.
    combinations : int
        Size of the search space.
    """

    settled: int
    total: int
    combinations: int


@dataclass(frozen=True)
class Tuned:
    """The result of a search.

    Parameters
    ----------
    config : Config
        The chosen configuration, which is also written to `Options.out`.
    record : CandidateRecord
        Its figures.
    front : tuple of CandidateRecord
        Cost against quality, the cheapest first.
    result : dict
        The content of result.json.
    measured : int
        Candidates measured, in this run or before.
    from_journal : int
        How many of them an earlier run left in the journal.
    seconds : float
        Of the search alone.
    workers : str
        Who did the work, such as ``2 thread(s)``.

    Examples
    --------
    >>> import deconv4k as d4k, tempfile
    >>> from dataclasses import replace
    >>> video = d4k.Video(width=96, height=54, pixels_per_clock=4)
    >>> tuned = d4k.tune(
    ...     replace(d4k.Config.default(), video=video), [d4k.PHOTOGRAPH], min_psnr=40,
    ...     out=tempfile.mkdtemp() + "/tuned.toml", sets=["weight.width=8..10"],
    ...     pins=["pixel", "output", "product", "accumulator"],
    ... )
    >>> tuned.record.formats.weight == tuned.config.formats.weight
    True
    """

    config: Config
    record: CandidateRecord
    front: tuple[CandidateRecord, ...]
    result: dict[str, Any]
    measured: int
    from_journal: int
    seconds: float
    workers: str


def tune(
    config: Config,
    weights: Weights,
    photographs: Sequence[str | Path],
    options: Options,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Tuned:
    """Search the cheapest formats that reach a target, and write what is found.

    Parameters
    ----------
    config : Config
        The layer, the video, and the formats around which is searched.
    weights : ndarray of float64, (1, 1, K, K)
        Of the float layer.
    photographs : sequence of str or Path
    options : Options
        With the target, and the file to write.
    progress : callable, optional
        Called with a `Progress` whenever some candidates are settled.

    Returns
    -------
    Tuned

    Raises
    ------
    InputError
        For bad input, an empty space, or a target that no candidate reaches. Nothing but the
        journal of finished results is left then. `ArgumentError` names the argument.
    OSError
        If the folder for the report cannot be made.
    """
    optional.need("matplotlib", "jinja2")
    space = search_space(config, weights, options.limits)
    large = space.size > options.exhaustive
    if large:
        optional.need("optuna")
    problem = _problem(config, weights, photographs, options)
    held_out = _problem(config, weights, options.held_out, options)
    options.folder.mkdir(exist_ok=True)
    start = time.perf_counter()
    with (
        open_journal(options.folder / "journal.jsonl", problem) as journal,
        _workers(problem, options) as workers,
    ):
        search = Search(
            problem,
            options.target,
            journal,
            workers,
            lambda settled, total: progress(Progress(settled, total, space.size)),
            prune=options.prune,
        )
        if large:
            optimise(search, space, options.trials)
        else:
            search.exhaustive(space)
        seconds = time.perf_counter() - start
        formats, record = choose(search)
        result = report.write(search, record, _judge(held_out, record), space, options.folder)
        tuned = Tuned(
            config=problem.config(formats),
            record=record,
            front=tuple(front_records(search)),
            result=result,
            measured=len(search.found.records),
            from_journal=sum(map(journal.is_old, search.found.records)),
            seconds=seconds,
            workers=str(workers),
        )
    write_bytes(options.out, tuned.config.to_toml().encode())
    return tuned


def _problem(
    config: Config, weights: Weights, paths: Sequence[str | Path], options: Options
) -> Problem:
    """The problem of a search among these photographs."""
    photographs = tuple(
        Photograph.load(path, config.layer, config.video, weights, options.source_bits)
        for path in paths
    )
    return Problem(config, weights, photographs, options.device, options.packing)


def _judge(held_out: Problem, chosen: CandidateRecord) -> tuple[PhotographRecord, ...]:
    """The chosen candidate on photographs that the search has not seen."""
    if not held_out.photographs:
        return ()
    (record,) = evaluate(held_out, [chosen.formats])
    return record.photos


@contextlib.contextmanager
def _workers(problem: Problem, options: Options) -> Iterator[Workers]:
    """Threads, or a cluster's workers while they are needed."""
    if options.dask is None:
        yield Threads(problem, options.jobs or parallel.threads())
        return
    cluster = Cluster(problem, options.dask)
    try:
        yield cluster
    finally:
        cluster.close()
