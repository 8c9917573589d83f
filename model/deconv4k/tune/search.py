"""The search: every candidate of a small space, the optimiser's choice of a large one.

Candidates go to the workers in *waves* of a fixed number of tasks, cheapest first, and what a
wave may leave out is decided by the waves before it alone. So the result is the same whatever the
number of workers and however often the search was interrupted.

Left out is only what provably changes nothing: a candidate that costs no less than one already
measured whose quality it cannot exceed. Two bounds say what it cannot exceed: the output codes
nearest to the float layer (`evaluate.output_limit`), and the scatter that no output format undoes
(`evaluate.Stem.best_error`). Both the cheapest candidate that reaches the target and the whole
front of cost against quality survive that.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from deconv4k.config import Formats
from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.rtl import design
from deconv4k.tune.cost import cost
from deconv4k.tune.evaluate import Mistakes, Problem, Record, Stem, finish, output_limit
from deconv4k.tune.journal import Journal
from deconv4k.tune.photograph import decibels
from deconv4k.tune.space import Space

TASK = 8
"""Most candidates of one task: a second or two of work on a whole photograph."""

WAVE = 32
"""Tasks of one wave."""

TOLERANCE = 1e-9
"""In dB: figures nearer than this are the same, whatever the order of a sum."""


@dataclass(frozen=True)
class Target:
    """What the user asks for.

    Parameters
    ----------
    figure : {'loss', 'psnr_float'}
        A record's figure: dB lost against the original, or PSNR against the float layer.
    value : float
        In dB.
    """

    figure: str
    value: float

    def quality(self, record: Record) -> float:
        """The figure that is to be large, in dB."""
        value = float(record[self.figure])
        return -value if self.figure == "loss" else value

    @property
    def least(self) -> float:
        """The least quality that will do."""
        return -self.value if self.figure == "loss" else self.value

    def reached(self, record: Record) -> bool:
        """Whether a candidate does what is asked; what wraps is wrong wherever it lies."""
        return not record["wraps"] and self.quality(record) >= self.least - TOLERANCE

    def limit(self, problem: Problem, errors: Sequence[Mistakes]) -> float:
        """The quality of a candidate with these errors, one a photograph; at most, if they are
        lower bounds.
        """
        if self.figure == "psnr_float":
            return min(decibels(each.floating) for each in errors)
        return min(
            decibels(each.original) - decibels(scene.float_error)
            for each, scene in zip(errors, problem.scenes, strict=True)
        )

    def __str__(self) -> str:
        if self.figure == "loss":
            return f"a loss of at most {self.value:g} dB against the original"
        return f"at least {self.value:g} dB PSNR against the float layer"


class Point(NamedTuple):
    """A measured candidate as others are compared with it."""

    share: float
    quality: float


class Task(NamedTuple):
    """Work for one worker: candidates of one stem, and what they have to beat."""

    candidates: tuple[Formats, ...]
    shares: tuple[float, ...]
    front: tuple[Point, ...]
    target: Target


class Done(NamedTuple):
    """What became of a task: records of the candidates that were not left out."""

    records: list[tuple[Formats, Record]]
    limits: list[Mistakes]


def work(problem: Problem, task: Task) -> Done:
    """Do one task; what every kind of worker runs."""
    config = problem.config(task.candidates[0])
    codes = problem.codes(config.formats.weight)
    stems = [Stem.of(config, codes, scene) for scene in problem.scenes]
    limits = [stem.best_error for stem in stems]
    limit = task.target.limit(problem, limits)
    kept = [
        formats
        for formats, share in zip(task.candidates, task.shares, strict=True)
        if not beaten(Point(share, limit), task.front)
    ]
    records = finish(problem, codes, stems, kept) if kept else iter(())
    return Done(list(zip(kept, records, strict=True)), limits)


def beaten(point: Point, front: Iterable[Point]) -> bool:
    """Whether some measured candidate costs no more and is at least as good."""
    return any(each.share <= point.share and each.quality >= point.quality for each in front)


class Workers(Protocol):
    """Whoever does tasks: threads, or the processes of a cluster."""

    def run(self, tasks: Sequence[Task]) -> Iterator[tuple[int, Done]]:
        """Each task's number and what became of it, in the order in which they finish."""


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
    records: dict[Formats, Record] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)


class Search:
    """The state of one search.

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
        self._output_limits: dict[tuple[object, ...], float] = {}

    def exhaustive(self, space: Space) -> Found:
        """Every candidate, but for those that provably change nothing."""
        candidates = self.buildable(space.candidates())
        self.found.method = f"exhaustive: every one of {len(candidates)} candidates"
        if self.prune:
            self.found.method += ", but for those that bounds prove to change nothing"
        self._total += len(candidates)
        tasks = self.tasks(candidates)
        for start in range(0, len(tasks), WAVE):
            self.wave(tasks[start : start + WAVE], self.front() if self.prune else ())
        return self.found

    def measure(self, candidates: Sequence[Formats]) -> dict[Formats, Record]:
        """The records of candidates, none left out."""
        self._total += len(candidates)
        self.settle(self.tasks(candidates), ())
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

    def tasks(self, candidates: Iterable[Formats]) -> list[list[tuple[float, Formats]]]:
        """Candidates by stem, at most `TASK` together, the cheapest task first."""
        stems: dict[object, list[tuple[float, Formats]]] = defaultdict(list)
        for formats in candidates:
            stems[stem(formats)].append((self.share(formats), formats))
        tasks = []
        for each in stems.values():
            each.sort(key=lambda pair: pair[0])
            tasks += [each[i : i + TASK] for i in range(0, len(each), TASK)]
        return sorted(tasks, key=lambda each: each[0][0])

    def share(self, formats: Formats) -> float:
        """What a candidate costs."""
        problem = self.problem
        return cost(problem.config(formats), problem.device, packing=problem.packing).share

    def front(self) -> tuple[Point, ...]:
        """The best of what is measured and does not wrap."""
        records = self.found.records.values()
        return tuple(pareto(self.point(each) for each in records if not each["wraps"]))

    def best(self) -> Formats | None:
        """The cheapest candidate that reaches the target, as `choose` has it; None without one."""
        reaching = [
            each for each, record in self.found.records.items() if self.target.reached(record)
        ]
        return min(reaching, key=self._order, default=None)

    def _order(self, formats: Formats) -> tuple[float, float]:
        share, quality = self.point(self.found.records[formats])
        return share, -quality

    def point(self, record: Record) -> Point:
        """A record's cost and quality."""
        return Point(record["cost"]["share"], self.target.quality(record))

    def wave(self, groups: Sequence[list[tuple[float, Formats]]], front: tuple[Point, ...]) -> None:
        """Settle some tasks and add their records to what is found."""
        self.settle(groups, front)
        # Now that every bound is known, what is kept depends on nothing but the waves before.
        for group in groups:
            kept, reasons = self.survivors(group, front)
            for reason in reasons:
                self.leave_out(reason, 1)
            for _, formats in kept:
                self.found.records[formats] = self.known(formats)

    def settle(
        self, groups: Sequence[list[tuple[float, Formats]]], front: tuple[Point, ...]
    ) -> None:
        """Settle some tasks: from the journal, by a bound, or by the workers."""
        tasks = []
        for group in groups:
            kept, _ = self.survivors(group, front)
            missing = [pair for pair in kept if self.journal.record(pair[1]) is None]
            if missing:
                shares, candidates = zip(*missing, strict=True)
                tasks.append(Task(candidates, shares, front, self.target))
            self.advance(len(group) - len(missing))
        for number, done in self.workers.run(tasks):
            self.journal.add(done.records, tasks[number].candidates[0], done.limits)
            self.advance(len(tasks[number].candidates))

    def advance(self, settled: int) -> None:
        """Tell how far the search is."""
        self._settled += settled
        self.progress(self._settled, self._total)

    def known(self, formats: Formats) -> Record:
        """The record of a candidate that is settled and not left out."""
        record = self.journal.record(formats)
        assert record is not None
        return record

    def survivors(
        self, group: list[tuple[float, Formats]], front: tuple[Point, ...]
    ) -> tuple[list[tuple[float, Formats]], list[str]]:
        """Those of one stem that no known bound leaves out, and why each other one is."""
        limits = self.journal.limits(group[0][1])
        scatter = math.inf if limits is None else self.target.limit(self.problem, limits)
        kept, reasons = [], []
        for share, formats in group:
            if beaten(Point(share, self.nearest(formats)), front):
                reasons.append(NEAREST)
            elif beaten(Point(share, scatter), front):
                reasons.append(SCATTER)
            else:
                kept.append((share, formats))
        return kept, reasons

    def nearest(self, formats: Formats) -> float:
        """The quality that the output codes nearest to the float layer would have, at least."""
        if self.target.figure == "loss":
            return math.inf
        output = formats.output
        key = (formats.pixel, output.width, output.integer, output.signed)
        if key not in self._output_limits:
            self._output_limits[key] = min(
                output_limit(scene, formats) for scene in self.problem.scenes
            )
        return self._output_limits[key]

    def leave_out(self, reason: str, count: int) -> None:
        """Remember why candidates are not among the records."""
        self.found.left_out[reason] = self.found.left_out.get(reason, 0) + count


NEAREST = "a cheaper one is as good as even the output codes nearest to the float layer would be"
SCATTER = "a cheaper one is as good as any output of their sums could be"


def stem(formats: Formats) -> tuple[Format, Format, Format | None]:
    """The same for all candidates whose sums are."""
    return formats.pixel, formats.weight, formats.product


def pareto(points: Iterable[Point]) -> list[Point]:
    """Points that no other one beats: cheapest first, each better than all before it."""
    front: list[Point] = []
    for point in sorted(set(points), key=lambda each: (each.share, -each.quality)):
        if not front or point.quality > front[-1].quality:
            front.append(point)
    return front


def front_records(search: Search) -> list[Record]:
    """The records on the front, cheapest first; of equals the first that was found."""
    best: dict[Point, Record] = {}
    for record in search.found.records.values():
        if not record["wraps"]:
            best.setdefault(search.point(record), record)
    return [best[point] for point in search.front()]


def choose(search: Search) -> tuple[Formats, Record]:
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
    closest = max(records.values(), key=lambda each: (not each["wraps"], target.quality(each)))
    spelled = ", ".join(f"{node} {form}" for node, form in closest["formats"].items())
    wrapping = "; it wraps" if closest["wraps"] else ""
    raise InputError(
        f"no candidate reaches {target}; the closest has {closest[target.figure]:.4f} dB "
        f"({spelled}{wrapping}); allowed: a target it reaches, or a larger space"
    )
