"""The work of a search, cut into tasks that any worker can do.

A task depends on the problem and on itself alone, so who does it, when, and how often changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from deconv4k.config import Formats
from deconv4k.tuner.evaluate import evaluate_sums
from deconv4k.tuner.pareto import Point, dominated
from deconv4k.tuner.problem import Problem
from deconv4k.tuner.records import CandidateRecord
from deconv4k.tuner.sums import MeanSquaredErrors, SharedSums
from deconv4k.tuner.target import Target


class Task(NamedTuple):
    """Work for one worker: candidates that share their sums.

    Parameters
    ----------
    candidates : tuple of Formats
    costs : tuple of float
        The cost share of each, in percent.
    front : tuple of Point
        What is measured already. A candidate that it provably dominates is left out.
    target : Target
        Says what quality is.
    """

    candidates: tuple[Formats, ...]
    costs: tuple[float, ...]
    front: tuple[Point, ...]
    target: Target


class Done(NamedTuple):
    """The result of a task.

    Parameters
    ----------
    records : list of (Formats, CandidateRecord)
        Of the candidates that were not left out.
    least_errors : list of MeanSquaredErrors
        Of each photograph: what no candidate with these sums goes below.
    """

    records: list[tuple[Formats, CandidateRecord]]
    least_errors: list[MeanSquaredErrors]


class Workers(Protocol):
    """Whoever does tasks: threads, or the processes of a cluster."""

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Done]]:
        """The number of each task with its result, in the order in which they finish."""


def work(problem: Problem, task: Task) -> Done:
    """Do one task. Every kind of worker runs this."""
    config = problem.config(task.candidates[0])
    codes = problem.codes(config.formats.weight)
    shared = [SharedSums.of(config, codes, each) for each in problem.photographs]
    least_errors = [each.least_errors for each in shared]
    ceiling = quality_ceiling(problem, task.target, least_errors)
    kept = [
        formats
        for formats, cost in zip(task.candidates, task.costs, strict=True)
        if not dominated(Point(cost, ceiling), task.front)
    ]
    records = evaluate_sums(problem, codes, shared, kept) if kept else iter(())
    return Done(list(zip(kept, records, strict=True)), least_errors)


def quality_ceiling(
    problem: Problem, target: Target, least_errors: Sequence[MeanSquaredErrors]
) -> float:
    """The quality that no candidate exceeds whose errors do not go below these, in dB."""
    return target.quality_of_errors(
        least_errors, [each.float_error for each in problem.photographs]
    )
