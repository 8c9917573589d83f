"""Known causes of a wrong output, each as a model of what it would give.

A fault in the arithmetic or at the frame's border is computed by the golden model with that one
thing changed; a fault on the bus or in memory is done to the expected beats. What a cause explains
is counted: the captured pixels that it predicts. So a cause is found by its effect alone, and two
that have the same effect cannot be told apart.

`records` has the names and what a cause is; `setup`, `border`, `geometry` give whole frames;
`wiring`, `levels`, `slips`, `memory` look at the beats; `fits` looks for a number.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deconv4k.diagnosis.causes import border, fits, geometry, levels, memory, setup, slips, wiring
from deconv4k.diagnosis.causes.records import (
    GRAVE,
    NAMES,
    RANKS,
    Cause,
    Finding,
    Model,
    Set,
    Window,
    likeness,
)
from deconv4k.errors import InputError

__all__ = [
    "GRAVE", "NAMES", "RANKS", "Cause", "Finding", "Model", "Set", "Window", "bus_findings",
    "frame_causes", "likeness", "sum_findings",
]  # fmt: skip


def frame_causes(base: Model, *, borders: bool = True) -> Iterator[Cause]:
    """Every form of every cause that gives whole frames, without a number to look for.

    Parameters
    ----------
    base : Model
        The device that the cause comes on top of.
    borders : bool
        Those at the border of the frame as well.
    """
    yield from setup.kernel_causes(base)
    yield from setup.arithmetic_causes(base)
    yield from geometry.phase_causes(base)
    yield from geometry.screen_causes(base)
    if borders:
        yield from border.border_causes(base)
    yield from setup.input_causes(base)


def bus_findings(window: Window) -> Iterator[Finding]:
    """Findings of faults that are looked for in the beats."""
    yield from wiring.nothing_written(window)
    yield from wiring.stuck_bits(window)
    yield from geometry.shifts(window)
    yield from slips.slips(window)
    yield from slips.line_lengths(window)
    yield from wiring.swapped_pixels(window)
    yield from wiring.byte_orders(window)
    yield from wiring.exchanged_bits(window)
    yield from levels.levels(window)
    yield from memory.holes(window)
    yield from memory.old_frames(window)
    yield from memory.stale_lines(window)
    yield from levels.bit_errors(window)


def sum_findings(window: Window) -> Iterator[Finding]:
    """Findings of faults in the sums, and of those with a number to look for."""
    model = window.model
    if not model.wires:
        for cause in setup.sum_causes(model):
            if cause.model.finish is not None and _pays(window, cause):
                yield window.judge(cause, mixed=True)
    yield from fits.fits(window)


def _pays(window: Window, cause: Cause) -> bool:
    """Whether a cause in the sums seems to explain more than none, by a sample."""
    at = window.at
    y, x = (place[at] for place in window.coordinates)
    would = window.want[at].copy()
    try:
        for number in set(window.frame_of[at].tolist()):
            here = window.frame_of[at] == number
            sums = window.model.sums(number)
            rows, columns = sums.shape
            inside = x[here] < columns
            lines = np.broadcast_to(y[here], x[here].shape).clip(max=rows - 1)
            from_y, from_x = window.model.origin(number, lines, x[here].clip(max=columns - 1))
            some = sums[from_y, from_x]
            finish = cause.model.finish
            if finish is not None:
                codes = setup.as_lanes(window.case.config, finish(some, cause.model.config))
                would[here] = codes * inside
    except InputError:
        return False
    return window.pays(would)
