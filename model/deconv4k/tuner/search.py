"""The search: every candidate of a small space, the optimiser's choice of a large one.

Candidates go to the workers in *waves* of a fixed number of tasks, cheapest first:

    front of the waves before
        -> candidates that no bound known so far leaves out
        -> tasks for those that the journal does not have
        -> records and least errors into the journal
        -> once more: candidates that no bound leaves out, now that all bounds are known
        -> their records are found, and the front of the next wave is made of them

What a wave leaves out is decided by the waves before it alone. So the result is the same whatever
the number of workers, and however often the search was interrupted.

Left out is only what provably changes nothing: a candidate that costs no less than one already
measured whose quality it cannot exceed. Two bounds say what it cannot exceed: the output codes
nearest to the float layer (`output_stage.psnr_ceiling`), and the scatter of the references within
sums (`SharedSums.least_errors`). The cheapest candidate that reaches the target is never left
out, nor is any point of the front of cost against quality.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from deconv4k.config import Formats
from deconv4k.errors import InputError
from deconv4k.rtl import design
from deconv4k.tuner.cost import estimate_cost
from deconv4k.tuner.journal import Journal
from deconv4k.tuner.output_stage import psnr_ceiling
from deconv4k.tuner.pareto import Point, dominated, pareto
from deconv4k.tuner.problem import Problem
from deconv4k.tuner.records import CandidateRecord, formats_to_dict
from deconv4k.tuner.space import Space
from deconv4k.tuner.sums import sum_formats
from deconv4k.tuner.target import Target
from deconv4k.tuner.tasks import Task, Workers, quality_ceiling

TASK = 8
"""Most candidates of one task: a second or two of work on a whole photograph."""

WAVE = 32
"""Tasks of one wave."""

NEAREST = "a cheaper one is as good as even the output codes nearest to the float layer would be"
SCATTER = "a cheaper one is as good as any output of their sums could be"
"""Why a candidate was left out."""

Group = list[tuple[float, Formats]]
"""Candidates that share their sums, with their cost shares in percent, cheapest first."""


@dataclass
class Found:
    """What a search found.

    Parameters
    ----------
    records : dict
        Of every candidate measured, in the order of the search.
    method : str
        How it was searched, in a sentence.
    left_out : dict of int
        Why candidates were not measured, and how many.
    """

    method: str
    records: dict[Formats, CandidateRecord] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


class Search:
    """One search: what is found so far, and how more is.

    Parameters
    ----------
    problem : Problem
    target : Target
    journal : Journal
    workers : Workers
    progress : callable
        Called with how many candidates are settled, and of how many.
    prune : bool
        False: measure every candidate.
    """

    def __init__(
        self,
        problem: Problem,
        target: Target,
        journal: Journal,
        workers: Workers,
        progress: Callable[[int, int], None],
        *,
        prune: bool = True,
    ) -> None:
        self.problem = problem
        self.target = target
        self.journal = journal
        self.workers = workers
        self.progress = progress
        self.prune = prune
        self.found = Found("")
        self._settled = self._total = 0
        self._ceilings: dict[tuple[object, ...], float] = {}

    def exhaustive(self, space: Space) -> Found:
        """Measure every candidate, but for those that provably change nothing.

        Raises
        ------
        InputError
            If the space is empty, or the engine can be built for none of its candidates.
        """
        candidates = self.buildable(space.candidates())
        self.found.method = f"exhaustive: every one of {len(candidates)} candidates"
        if self.prune:
            self.found.method += ", but for those that bounds prove to change nothing"
        self._total += len(candidates)
        groups = self.groups(candidates)
        for start in range(0, len(groups), WAVE):
            self.wave(groups[start : start + WAVE], self.front() if self.prune else ())
        return self.found

    def measure(self, candidates: Sequence[Formats]) -> dict[Formats, CandidateRecord]:
        """Measure candidates, leaving none out. They are not added to what is found."""
        self._total += len(candidates)
        self.settle(self.groups(candidates), ())
        return {formats: self.known(formats) for formats in candidates}

    def include(self, candidates: Sequence[Formats]) -> None:
        """Measure candidates and add their records to what is found."""
        self.found.records.update(self.measure(candidates))

    def can_build(self, formats: Formats) -> bool:
        """Whether the engine can be built for a candidate."""
        try:
            design.check(self.problem.config(formats))
        except InputError:
            return False
        return True

    def buildable(self, candidates: Sequence[Formats]) -> list[Formats]:
        """Those that the engine can be built for.

        Raises
        ------
        InputError
            If there is none: what the engine has against the first.
        """
        kept = [formats for formats in candidates if self.can_build(formats)]
        if not kept:
            design.check(self.problem.config(candidates[0]))
        if len(kept) < len(candidates):
            self.leave_out("the engine cannot be built for them", len(candidates) - len(kept))
        return kept

    def groups(self, candidates: Iterable[Formats]) -> list[Group]:
        """Candidates that share their sums, at most `TASK` together, the cheapest group first."""
        sharing: dict[object, Group] = defaultdict(list)
        for formats in candidates:
            sharing[sum_formats(formats)].append((self.cost_share(formats), formats))
        groups = []
        for group in sharing.values():
            group.sort(key=lambda pair: pair[0])
            groups += [group[i : i + TASK] for i in range(0, len(group), TASK)]
        return sorted(groups, key=lambda group: group[0][0])

    def cost_share(self, formats: Formats) -> float:
        """The cost share of a candidate, in percent."""
        problem = self.problem
        config = problem.config(formats)
        return estimate_cost(config, problem.device, packing=problem.packing).share

    def front(self) -> tuple[Point, ...]:
        """The Pareto front of what is measured and does not wrap."""
        records = self.found.records.values()
        return tuple(pareto(self.point(each) for each in records if not each.wraps))

    def best(self) -> Formats | None:
        """The cheapest candidate that reaches the target, as `choose` has it; None without one."""
        reaching = [
            each for each, record in self.found.records.items() if self.target.reached(record)
        ]
        return min(reaching, key=self._order, default=None)

    def _order(self, formats: Formats) -> tuple[float, float]:
        cost, quality = self.point(self.found.records[formats])
        return cost, -quality

    def point(self, record: CandidateRecord) -> Point:
        """A record's cost and quality."""
        return Point(record.cost.share, self.target.quality(record))

    def wave(self, groups: Sequence[Group], front: tuple[Point, ...]) -> None:
        """Settle one wave and add its records to what is found."""
        self.settle(groups, front)
        # Now that every bound is known, what is kept depends on nothing but the waves before.
        for group in groups:
            kept, reasons = self.survivors(group, front)
            for reason in reasons:
                self.leave_out(reason, 1)
            for _, formats in kept:
                self.found.records[formats] = self.known(formats)

    def settle(self, groups: Sequence[Group], front: tuple[Point, ...]) -> None:
        """Settle candidates: from the journal, by a bound, or by the workers."""
        tasks = []
        for group in groups:
            kept, _ = self.survivors(group, front)
            missing = [pair for pair in kept if self.journal.record(pair[1]) is None]
            if missing:
                costs, candidates = zip(*missing, strict=True)
                tasks.append(Task(candidates, costs, front, self.target))
            self.advance(len(group) - len(missing))
        for number, done in self.workers.run(tasks):
            self.journal.add(done.records, tasks[number].candidates[0], done.least_errors)
            self.advance(len(tasks[number].candidates))

    def advance(self, settled: int) -> None:
        """Tell how far the search is."""
        self._settled += settled
        self.progress(self._settled, self._total)

    def known(self, formats: Formats) -> CandidateRecord:
        """The record of a candidate that is settled and not left out."""
        record = self.journal.record(formats)
        assert record is not None
        return record

    def survivors(self, group: Group, front: tuple[Point, ...]) -> tuple[Group, list[str]]:
        """Those of a group that no known bound leaves out, and why each other one is."""
        errors = self.journal.least_errors(group[0][1])
        scatter = math.inf if errors is None else quality_ceiling(self.problem, self.target, errors)
        kept, reasons = [], []
        for cost, formats in group:
            if dominated(Point(cost, self.nearest(formats)), front):
                reasons.append(NEAREST)
            elif dominated(Point(cost, scatter), front):
                reasons.append(SCATTER)
            else:
                kept.append((cost, formats))
        return kept, reasons

    def nearest(self, formats: Formats) -> float:
        """The quality of the output codes nearest to the float layer, in dB; none exceeds it.

        Infinite where the target is a loss: these codes need not be nearest to the original.
        """
        if self.target.figure == "loss":
            return math.inf
        output = formats.output
        key = (formats.pixel, output.width, output.integer, output.signed)
        if key not in self._ceilings:
            self._ceilings[key] = min(
                psnr_ceiling(each, formats) for each in self.problem.photographs
            )
        return self._ceilings[key]

    def leave_out(self, reason: str, count: int) -> None:
        """Remember why candidates are not among the records."""
        self.found.left_out[reason] = self.found.left_out.get(reason, 0) + count


def front_records(search: Search) -> list[CandidateRecord]:
    """The records on the front, cheapest first; of equals the first that was found."""
    best: dict[Point, CandidateRecord] = {}
    for record in search.found.records.values():
        if not record.wraps:
            best.setdefault(search.point(record), record)
    return [best[point] for point in search.front()]


def choose(search: Search) -> tuple[Formats, CandidateRecord]:
    """The cheapest candidate that reaches the target; of equals the best, then the first.

    Raises
    ------
    InputError
        If none does: how close it came.
    """
    target, records = search.target, search.found.records
    best = search.best()
    if best is not None:
        return best, records[best]
    closest = max(records.values(), key=lambda each: (not each.wraps, target.quality(each)))
    spelled = ", ".join(f"{node} {form}" for node, form in formats_to_dict(closest.formats).items())
    wrapping = "; it wraps" if closest.wraps else ""
    raise InputError(
        f"no candidate reaches {target}; the closest has {target.value_of(closest):.4f} dB "
        f"({spelled}{wrapping}); allowed: a target it reaches, or a larger space"
    )
