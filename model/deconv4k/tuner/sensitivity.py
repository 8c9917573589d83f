"""The worth of each bit of a configuration: its neighbours, narrower or wider at either end.

Each format has two ends. A *fraction* bit more or less changes how fine it is, an *integer* bit
how far it reaches. The accumulator's fraction is the sum's, and a pixel's integer bits are its
scale, so these two have one end each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from deconv4k.config import Formats
from deconv4k.errors import InputError
from deconv4k.tuner.output_stage import lsb
from deconv4k.tuner.records import CandidateRecord
from deconv4k.tuner.search import Search

ENDS = {
    "pixel": ("fraction",),
    "weight": ("fraction", "integer"),
    "product": ("fraction", "integer"),
    "accumulator": ("integer",),
    "output": ("fraction", "integer"),
}

REACH = range(-3, 3)
"""Bits less and more that the sensitivity is measured over."""


@dataclass(frozen=True)
class Step:
    """A neighbour of the chosen configuration.

    Parameters
    ----------
    node : str
    end : {'fraction', 'integer'}
    bits : int
        How many more bits than the chosen one has; 0 is the chosen one.
    formats : Formats
    record : CandidateRecord
    """

    node: str
    end: str
    bits: int
    formats: Formats
    record: CandidateRecord


def neighbours(search: Search, chosen: Formats) -> list[Step]:
    """Measure the chosen configuration with fewer and more bits at every end.

    Parameters
    ----------
    search : Search
    chosen : Formats
    """
    moves = [
        (node, end, bits, moved)
        for node, ends in ENDS.items()
        if getattr(chosen, node) is not None
        for end in ends
        for bits in REACH
        for moved in _moved(chosen, node, end, bits)
        if search.can_build(moved)
    ]
    records = search.measure(list(dict.fromkeys(moved for *_, moved in moves)))
    return [Step(node, end, bits, moved, records[moved]) for node, end, bits, moved in moves]


def _moved(formats: Formats, node: str, end: str, bits: int) -> Iterator[Formats]:
    """The formats with one node wider by some bits, if there is such a node.

    The accumulator keeps its integer bits and follows the sum's binary point.
    """
    own = getattr(formats, node)
    try:
        wider = replace(
            own, width=own.width + bits, integer=own.integer + (bits if end == "integer" else 0)
        )
        free = replace(formats, **{node: wider, "accumulator": None})
        accumulator = wider if node == "accumulator" else formats.accumulator
        if accumulator is not None:
            accumulator = replace(accumulator, width=accumulator.integer + free.sum_fraction)
        if min(wider.width, accumulator.width if accumulator is not None else 1) >= 1:
            yield replace(free, accumulator=accumulator)
    except InputError:
        return


def sentences(search: Search, record: CandidateRecord, steps: Sequence[Step]) -> list[str]:
    """For every end of every format, what would be lost with one bit less.

    Parameters
    ----------
    search : Search
    record : CandidateRecord
        Of the chosen configuration.
    steps : sequence of Step
        From `neighbours`.
    """
    return [_sentence(search, record, step) for step in steps if step.bits == -1]


def _sentence(search: Search, record: CandidateRecord, step: Step) -> str:
    target, less = search.target, step.record
    # In steps of the output as chosen: its own steps are larger with a fraction bit less.
    ratio = lsb(step.formats) / lsb(record.formats)
    unit = "dB are lost" if target.figure == "loss" else "dB to the float layer remain"
    tables = record.cost.luts - less.cost.luts
    memory = record.cost.memory_bits - less.cost.memory_bits
    form = getattr(step.formats, step.node)
    text = (
        f"With one {step.end} bit less the {step.node} is {form}: {target.value_of(less):.3f} "
        f"{unit} instead of {target.value_of(record):.3f}, {_verdict(search, record, less)}; the "
        f"bound of the error goes from {_bound(record)} to {_bound(less, ratio)}, and {tables} "
        f"LUTs and {memory} memory bits are saved."
    )
    overflows = _overflows(less, record)
    return f"{text} {overflows}" if overflows else text


def _verdict(search: Search, record: CandidateRecord, less: CandidateRecord) -> str:
    """Whether one bit less still reaches the target."""
    if less.wraps:
        return "which wraps and so misses the target"
    if not search.target.reached(less):
        return "which misses the target"
    if less.cost.share < record.cost.share:
        # The search would have chosen it otherwise.
        return "still within the target, but outside the space searched"
    return "still within the target, and no cheaper"


def _bound(record: CandidateRecord, ratio: float = 1.0) -> str:
    """The proved bound, in steps of the output that are `ratio` times smaller than its own."""
    return f"{record.bound_lsb * ratio:.2f} LSB" + (
        " (none but the range)" if record.bound_open else ""
    )


def _overflows(less: CandidateRecord, record: CandidateRecord) -> str:
    """What begins to overflow on the photographs, in a sentence; empty if nothing does."""
    parts = []
    clipped = less.weights.count - record.weights.count
    if clipped > 0:
        parts.append(f"{clipped} weights are clipped")
    for node, overflows in less.photos[0].overflows.items():
        before, after = (
            sum(photo.overflows[node].count for photo in each.photos if node in photo.overflows)
            for each in (record, less)
        )
        if after > before:
            kind = overflows.kind
            parts.append(f"{after} {node} codes are {kind} instead of {before}")
    return f"On the photographs {', '.join(parts)}." if parts else ""
