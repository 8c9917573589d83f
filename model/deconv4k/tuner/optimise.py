"""The search of a space too large to measure whole, with Optuna.

Optuna's tree-structured Parzen estimator proposes assignments for two objectives, cost and
quality, in batches of a fixed size that are told to it in the order in which it asked: so its
proposals are the same whatever the number of workers. From the cheapest candidate that reaches the
target the search then descends: every axis is moved by a step either way, as long as that finds a
cheaper one.

Source: Ozaki, Tanigaki, Watanabe, Onishi, "Multiobjective tree-structured Parzen estimator",
Journal of Artificial Intelligence Research 73, 2022.
"""

from __future__ import annotations

from typing import Any

from deconv4k._shared import optional
from deconv4k.config import Formats
from deconv4k.errors import InputError
from deconv4k.tuner.axes import SIZES, Assignment, Value
from deconv4k.tuner.search import Found, Search
from deconv4k.tuner.space import Space

BATCH = 24
"""Assignments asked for at a time."""

STALE = 20
"""Batches in a row without a new candidate after which the space counts as known."""


def optimise(search: Search, space: Space, trials: int) -> Found:
    """Measure candidates of a space, and those around the cheapest that reaches the target.

    Parameters
    ----------
    search : Search
    space : Space
    trials : int
        Candidates that Optuna proposes, if the space has so many.

    Raises
    ------
    InputError
        If no assignment of many names a valid candidate.
    """
    chosen, asked = _propose(search, space, trials)
    if not chosen:
        raise InputError(
            f"the search space is empty as far as {asked} of {space.size} combinations show: none "
            f"is a valid configuration ({space.describe()})"
        )
    proposed = len(search.found.records)
    _descend(search, space, chosen)
    search.found.method = (
        f"by optimiser: {proposed} candidates that Optuna's multi-objective TPE proposed and "
        f"{len(search.found.records) - proposed} around the cheapest that reaches the target; "
        f"{space.size} combinations are possible"
    )
    search.leave_out("the optimiser did not propose them", space.size - len(search.found.records))
    return search.found


def _propose(search: Search, space: Space, trials: int) -> tuple[dict[Formats, Assignment], int]:
    """Measure what Optuna asks for: each candidate's assignment, and how often it asked."""
    optuna = optional.module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=1, constant_liar=True, multivariate=True)
    study = optuna.create_study(directions=["minimize", "maximize"], sampler=sampler)
    chosen: dict[Formats, Assignment] = {}
    asked = stale = 0
    while len(chosen) < trials and stale < STALE:
        batch = [study.ask() for _ in range(BATCH)]
        asked += BATCH
        assignments = [_assignment(trial, space) for trial in batch]
        built = [space.build(assignment) for assignment in assignments]
        valid = [formats for formats in built if formats is not None and search.can_build(formats)]
        fresh = [formats for formats in dict.fromkeys(valid) if formats not in chosen]
        stale = 0 if fresh else stale + 1
        search.include(fresh[: trials - len(chosen)])
        for trial, assignment, formats in zip(batch, assignments, built, strict=True):
            if formats in search.found.records:
                assert formats is not None
                chosen.setdefault(formats, assignment)
                study.tell(trial, list(search.point(search.found.records[formats])))
            else:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
    return chosen, asked


def _assignment(trial: Any, space: Space) -> Assignment:
    """The values that Optuna picks; sizes are ordered, modes are not."""
    picked: dict[str, Value] = {}
    for axis, values in space.axes.items():
        ordered = axis.partition(".")[2] in SIZES
        place = (
            trial.suggest_int(axis, 0, len(values) - 1)
            if ordered
            else trial.suggest_categorical(axis, list(range(len(values))))
        )
        picked[axis] = values[place]
    return picked


def _descend(search: Search, space: Space, chosen: dict[Formats, Assignment]) -> None:
    """Measure the neighbours of the cheapest that reaches the target, until none is cheaper."""
    best = None
    while best is None or search.best() != best:
        best = search.best()
        if best is None:
            return
        around: dict[Formats, Assignment] = {}
        for axis, values in space.axes.items():
            place = values.index(chosen[best][axis])
            for other in (place - 1, place + 1):
                if 0 <= other < len(values):
                    moved = {**chosen[best], axis: values[other]}
                    formats = space.build(moved)
                    if formats is not None and search.can_build(formats):
                        around.setdefault(formats, moved)
        search.include([formats for formats in around if formats not in chosen])
        for formats, assignment in around.items():
            chosen.setdefault(formats, assignment)
