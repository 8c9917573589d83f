"""The tuner's plots, as SVG: the same bytes for the same results."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k._shared import optional
from deconv4k.config import Formats
from deconv4k.golden.bound import bound
from deconv4k.tuner.output_stage import OutputStage, lsb
from deconv4k.tuner.photograph import inner
from deconv4k.tuner.records import CandidateRecord
from deconv4k.tuner.search import Search
from deconv4k.tuner.sensitivity import Step
from deconv4k.tuner.sums import SharedSums
from deconv4k.tuner.target import Target

SIZE = (7.5, 4.2)

BINS = 120

LEAST_LOSS = 0.01
"""In dB: losses below lie on a linear scale, larger ones on a logarithmic one."""


class Chosen(NamedTuple):
    """The chosen candidate.

    Parameters
    ----------
    record : CandidateRecord
    shared : list of SharedSums
        Of the photographs searched.
    """

    record: CandidateRecord
    shared: list[SharedSums]

    @property
    def formats(self) -> Formats:
        """Its formats."""
        return self.record.formats

    @classmethod
    def of(cls, search: Search, record: CandidateRecord) -> Chosen:
        """Compute the photographs' sums once more, for the histograms."""
        problem, formats = search.problem, record.formats
        config, codes = problem.config(formats), problem.codes(formats.weight)
        shared = [SharedSums.of(config, codes, each) for each in problem.photographs]
        return cls(record, shared)


def draw_all(search: Search, chosen: Chosen, steps: Sequence[Step]) -> dict[str, str]:
    """Every plot by its name, as the text of an SVG file."""
    return {
        "front": front(search, chosen.record),
        "errors": errors(chosen),
        "sensitivity": sensitivity(search, steps),
        "sums": sums(search, chosen),
    }


def front(search: Search, record: CandidateRecord) -> str:
    """Quality against cost of every measured candidate, the front, the target and the choice."""
    figure, axes = _figure()
    points = [search.point(each) for each in search.found.records.values()]
    best = search.front()
    axes.plot(*_columns(points), ".", color="0.7", label="measured")
    axes.step(*_columns(best), where="post", marker=".", label="Pareto front")
    axes.plot(*_columns([search.point(record)]), "*", markersize=14, label="chosen")
    axes.axhline(search.target.least, linestyle="--", color="0.3", label="target")
    # Candidates far below the target would press the front flat.
    axes.set_ylim(bottom=min(search.target.least, best[-1].quality) - 5)
    _scale_quality(axes, search.target)
    axes.set_xlabel(f"% of a part ({search.problem.device}): multipliers + LUTs + memory")
    axes.legend(loc="lower right")
    return _svg(figure)


def errors(chosen: Chosen) -> str:
    """How often each error occurs, and how large it can be at most."""
    figure, axes = _figure()
    step, limit = lsb(chosen.formats), chosen.record.bound_lsb
    edges = np.linspace(-limit, limit, BINS + 1)
    for shared in chosen.shared:
        shown = OutputStage.of(chosen.formats, shared.sums).shown
        difference = (inner(shown[shared.index]) - inner(shared.photograph.floating)) / step
        counts, _ = np.histogram(difference, edges)
        axes.stairs(counts, edges, label=shared.photograph.name)
    for end in (-limit, limit):
        axes.axvline(end, linestyle="--", color="0.3", label="proved bound" if end > 0 else None)
    axes.set_yscale("symlog", linthresh=1)
    axes.set_xlabel("fixed point less float layer, in LSB of the output")
    axes.set_ylabel("pixels")
    axes.legend()
    return _svg(figure)


def sensitivity(search: Search, steps: Sequence[Step]) -> str:
    """The figure aimed at over the bits of each format, one end at a time."""
    figure, axes = _figure()
    for node, end in dict.fromkeys((step.node, step.end) for step in steps):
        own = [step for step in steps if (step.node, step.end) == (node, end)]
        axes.plot(
            [step.bits for step in own],
            [search.target.quality(step.record) for step in own],
            marker=".",
            label=f"{node}, {end} bits",
        )
    axes.axhline(search.target.least, linestyle="--", color="0.3", label="target")
    _scale_quality(axes, search.target)
    axes.set_xlabel("bits more than chosen")
    axes.legend(fontsize="small")
    return _svg(figure)


def sums(search: Search, chosen: Chosen) -> str:
    """The sums that occur, between those that can and what the accumulator holds."""
    figure, axes = _figure()
    config = search.problem.config(chosen.formats)
    reach = bound(config, search.problem.codes(chosen.formats.weight))
    low = min(reach.low, *(int(each.sums[0]) for each in chosen.shared))
    high = max(reach.high, *(int(each.sums[-1]) for each in chosen.shared))
    edges = np.linspace(low, high, BINS + 1)
    for shared in chosen.shared:
        counts, _ = np.histogram(shared.sums, edges, weights=shared.counts)
        axes.stairs(counts, edges, label=shared.photograph.name)
    lines: dict[str, tuple[int, int]] = {"possible, proved": (reach.low, reach.high)}
    accumulator = chosen.formats.accumulator
    if accumulator is not None:
        lines[f"accumulator {accumulator}"] = (accumulator.min_code, accumulator.max_code)
    for number, (label, ends) in enumerate(lines.items()):
        for end in ends:
            axes.axvline(end, linestyle="--", color=f"C{number + 3}", label=label)
            label = "_"
    figures = chosen.record.accumulator
    axes.set_title(
        f"{figures.proved_bits} bits proved to suffice, {figures.observed_bits} bits used"
    )
    axes.set_yscale("symlog", linthresh=1)
    axes.set_xlabel("sum, as a code")
    axes.set_ylabel("pixels")
    axes.legend(fontsize="small")
    return _svg(figure)


def _scale_quality(axes: Any, target: Target) -> None:
    """The vertical axis of plots of the target's figure; losses around the target are small."""
    if target.figure == "loss":
        axes.set_yscale("symlog", linthresh=max(target.value, LEAST_LOSS))
        axes.set_ylim(top=max(0.0, axes.dataLim.y1) + LEAST_LOSS)
        axes.yaxis.set_major_formatter("{x:g}")
        axes.set_ylabel("dB against the original, less float's")
    else:
        axes.set_ylabel("dB to the float layer")


def _columns(points: Sequence[tuple[float, ...]]) -> NDArray[np.float64]:
    return np.array(points, dtype=np.float64).T


def _figure() -> tuple[Any, Any]:
    figure = optional.module("matplotlib.figure").Figure(figsize=SIZE, layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Any) -> str:
    matplotlib = optional.module("matplotlib")
    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "deconv4k", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
