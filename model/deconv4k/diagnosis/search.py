"""Where a capture lies and what explains it, then what explains the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.diagnosis import align, causes
from deconv4k.diagnosis.captures import Capture
from deconv4k.diagnosis.causes import Finding, Set, Window, border, geometry, slips, wiring
from deconv4k.errors import InputError
from deconv4k.rtl import bus

SURE = 0.9
"""Share of right pixels above which a place found by content is not doubted."""

LIKE = 0.5
"""Share of right pixels, or correlation, above which two things show the same picture."""

WORTH = 0.2
"""Share of what a first cause leaves that a second one must explain to be named."""

SEEDS = 3
"""Causes for which a second one is looked for."""

PLACES = 4
"""Most places at which two causes at once are looked for."""

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Located:
    """A capture in its place.

    Parameters
    ----------
    capture : Capture
    window : Window
    found : list of Finding
    how : str
        What it was aligned by.
    late : bool
        Whether a buffer does not begin with a frame.
    """

    capture: Capture
    window: Window
    found: list[Finding]
    how: str
    late: bool

    @property
    def explained(self) -> int:
        """Pixels that the first cause explains, or that are right without one."""
        return explained(self.window, self.found)


def explained(window: Window, found: Sequence[Finding]) -> int:
    """Pixels that the first cause explains, or that are right without one."""
    return found[0].explained if found else window.matches


def locate(case: Set, capture: Capture, progress: Progress) -> Located:
    """Align a capture, and look for causes where it may lie.

    Raises
    ------
    InputError
        If a beat of the capture is not as wide as the bus.
    """
    if len(capture.breaks):
        return _pieces(case, capture, progress)
    got = align.lanes(capture, case.config)
    expected = case.expected
    offsets, how = align.marked(capture, expected)
    sure = offsets is not None
    if offsets is None:
        offsets = align.searched(align.readings(capture, case.config), expected, capture)
    places = align.best([got], expected.lanes, offsets, 3)

    def judged(offset: int) -> tuple[Window, list[Finding]]:
        window = Window(
            case.model, got, align.indices(capture, expected, offset), raw=capture.beats
        )
        return window, findings(window, progress)

    window = Window(case.model, got, align.indices(capture, expected, places[0]), raw=capture.beats)
    running = None
    if capture.whole and window.matches < SURE * window.pixels:
        running = _free_running(case, capture, got)
        if running is not None and running.matches == running.pixels:
            return Located(capture, running, [], "content", late=True)
    found = findings(window, progress)
    lead = explained(window, found)
    # Of a few beats every cause explains much, wherever they are placed.
    long = len(got) >= align.SHORT
    if long and lead < SURE * window.pixels and not (sure and len(offsets) == 1):
        # The place itself is in doubt: the one where most is explained.
        given = align.readings(capture, case.config)
        places += align.best(given, expected.lanes, offsets, 3)
        places += _doubted(case, got, capture, offsets, sure, progress)
        for offset in dict.fromkeys(places[1:]):
            beside, found_there = judged(offset)
            if explained(beside, found_there) > lead:
                window, found, lead = beside, found_there, explained(beside, found_there)
    if long and lead < LIKE * window.pixels and 1 < len(offsets) <= PLACES:
        # Two faults at once may hide the place too.
        for offset in map(int, offsets):
            beside, found_there = judged(offset)
            found_there = both(beside, found_there, progress)
            if explained(beside, found_there) > lead:
                window, found, lead = beside, found_there, explained(beside, found_there)
    if long and not sure:
        # Where content alone speaks, most of it may speak for what came after a slip.
        first = int(slips.course(window)[0])
        if first:
            beside, found_there = judged(int(window.index[0]) + first)
            if explained(beside, found_there) >= lead:
                window, found = beside, found_there
    if running is not None and lead < SURE * window.pixels:
        # Wherever it begins, something is wrong with it besides.
        found_there = findings(running, progress)
        if explained(running, found_there) > max(lead, LIKE * window.pixels):
            found = both(window, found, progress)
            if explained(window, found) < explained(running, found_there):
                return Located(capture, running, found_there, "content", late=True)
    return Located(capture, window, found, how, late=False)


def _pieces(case: Set, capture: Capture, progress: Progress) -> Located:
    """As `locate`, for a broken stream: each piece by itself, then the causes of them all."""
    indices: list[NDArray[np.int64]] = []
    ways = []
    for piece in capture.pieces():
        if indices:
            # Often nothing is lost between them.
            next_ = align.indices(piece, case.expected, int(indices[-1][-1]) + 1)
            beside = Window(case.model, align.lanes(piece, case.config), next_)
            if beside.right.all() and not align.framing(piece, case.expected, next_):
                indices.append(next_)
                ways.append("the piece before")
                continue
        found = locate(case, piece, lambda share: None)
        indices.append(found.window.index)
        ways.append(found.how)
    window = Window(
        case.model, align.lanes(capture, case.config), np.concatenate(indices),
        raw=capture.beats, breaks=capture.breaks,
    )  # fmt: skip
    how = f"{len(ways)} pieces, each by itself: {', '.join(dict.fromkeys(ways))}"
    return Located(capture, window, findings(window, progress), how, late=False)


def _free_running(case: Set, capture: Capture, got: NDArray[Any]) -> Window | None:
    """A buffer placed by its content, if it does not begin with a frame there."""
    if (got == got[0]).all():
        return None
    expected = case.expected
    offsets = align.searched(align.readings(capture, case.config), expected)
    if not len(offsets):
        return None
    first = align.best([got], expected.lanes, offsets, 1)[0]
    if first in expected.starts:
        return None
    index = align.indices(capture, expected, first)
    window = Window(case.model, got, index, raw=capture.beats)
    if window.matches == window.pixels:
        return window
    begin = (first + int(slips.course(window)[0])) % expected.beats
    return None if begin in expected.starts else window


def _doubted(
    case: Set,
    got: NDArray[Any],
    capture: Capture,
    offsets: NDArray[np.int64],
    sure: bool,
    progress: Progress,
) -> list[int]:
    """Offsets where some grave cause would explain most, among the given or by content."""
    frames = np.arange(len(case.expected.frames))
    scores: dict[int, int] = {}
    candidates = [
        cause
        for cause in causes.frame_causes(case.model, borders=False)
        if cause.name in causes.GRAVE
    ]
    for number, cause in enumerate(candidates):
        progress(number / len(candidates))
        try:
            would = cause.model.stream(frames)
        except InputError:
            continue
        places = offsets
        if not sure:
            places = np.unique(np.concatenate([offsets, align.votes(got, would, 4)]))
        for offset in align.best([got], would, places, 1):
            index = align.indices(capture, case.expected, offset)
            right = int(np.count_nonzero(would[index] == got))
            scores[offset] = max(scores.get(offset, 0), right)
    return sorted(scores, key=lambda offset: -scores[offset])[:2]


def repacked(capture: Capture, config: Config) -> Iterator[tuple[str, str, Capture]]:
    """A buffer read as words wider than a beat, or than a pixel: name, detail and the beats."""
    size = bus.output_bytes(config)
    flat = capture.beats.reshape(-1)
    for word in (*range(size + 1, 17), 32, 64):
        count = flat.size // word
        if word <= size or count < 2:
            continue
        words = flat[: count * word].reshape(count, word)
        filling = words[:, size:]
        if np.mean((filling == filling[0]).all(axis=1)) > SURE:
            detail = f"beats of {size} bytes in words of {word}; `beat_bytes` {word} reads them"
            beats = np.ascontiguousarray(words[:, :size])
            yield "padded_beats", detail, replace(capture, beats=beats)
    width, per_beat = config.formats.output.width, config.video.pixels_per_clock
    for bits in (8, 16, 32):
        count = flat.size * 8 // (bits * per_beat)
        if bits <= width or not count:
            continue
        pixels = flat[: count * per_beat * bits // 8].view(f"<u{bits // 8}").astype(np.int64)
        spare = bits - width
        for name, side, codes, unused in (
            ("padded_beats", "lowest", pixels & ((1 << width) - 1), pixels >> width),
            ("justified", "highest", pixels >> spare, pixels & ((1 << spare) - 1)),
        ):
            known = (unused == 0) | (unused == (1 << spare) - 1)
            if np.mean(known) > SURE:
                beats = bus.pack(codes.reshape(count, per_beat), width)
                detail = f"pixels of {width} bits in the {side} ones of {bits}"
                yield name, detail, replace(capture, beats=beats)


def findings(window: Window, progress: Progress) -> list[Finding]:
    """Causes that explain more than no cause does, the best first."""
    if window.matches == window.pixels:
        # Nothing is wrong but, perhaps, the count of beats.
        return list(slips.slips(window))
    found = _worth(window, _all_findings(window, progress))
    # What predicts all that can be known is refuted nowhere, whatever explains a little more.
    return sorted(
        found, key=lambda one: (not one.sound and one.explained < window.pixels, one.order)
    )


def _worth(window: Window, found: list[Finding]) -> list[Finding]:
    """Findings of more than chance explains, which is less than a twentieth of the errors."""
    least = window.matches + max(1, (window.pixels - window.matches) // 20)
    return [one for one in found if one.explained - one.free >= least]


def _all_findings(window: Window, progress: Progress) -> list[Finding]:
    found = [*causes.bus_findings(window), *causes.sum_findings(window)]
    for cause in _models(window, progress):
        try:
            found.append(window.judge(cause, mixed=True))
        except InputError:
            continue  # sums too wide for the model, with this one thing changed
    return found


def _models(window: Window, progress: Progress) -> Iterator[causes.Cause]:
    """Causes that give whole frames, on top of what is known and, for frames, below it."""
    base = window.model
    borders = border.at_border(window)
    candidates = list(causes.frame_causes(base, borders=borders))
    for number, cause in enumerate(candidates):
        progress(number / len(candidates))
        yield cause
        if base.steps and len(cause.model.steps) > len(base.steps):
            steps = (cause.model.steps[-1], *base.steps)
            yield replace(cause, model=replace(cause.model, steps=steps))


def both(window: Window, found: list[Finding], progress: Progress) -> list[Finding]:
    """The findings, before them the best pair, if what the first cause leaves has a cause.

    Parameters
    ----------
    window : Window
    found : list of Finding
        Of one cause each, the best first.
    progress : function of a number from 0 to 1
    """
    whole = window.matches == window.pixels or explained(window, found) == window.pixels
    if whole or (found and found[0].sound):
        return found
    if found and found[0].second is not None:
        return found
    seeds = list({one.name: one for one in reversed(found[:SEEDS])}.values())
    if explained(window, found) < SURE * window.pixels:
        least = _least_alike(window)
        close = [
            one for one in causes.bus_findings(window) if one.alike > least and one not in seeds
        ]
        seeds += sorted(close, key=lambda one: -one.alike)[:SEEDS]
    if explained(window, found) < LIKE * window.pixels:
        seeds += _joint(window, progress)
    pairs: list[Finding] = []
    for first in seeds:
        beside = first.after()
        rest = findings(beside, progress) if beside.matches < beside.pixels else []
        if not rest:
            continue
        second = rest[0]
        left = beside.pixels - beside.matches
        if second.explained - second.free - beside.matches >= WORTH * left:
            free = first.free + second.free + 1
            right, after = second.right, second.after
            one = replace(first, explained=second.explained, right=right, after=after)
            pairs.append(replace(one, free=free, second=second))
    return sorted(pairs, key=lambda one: one.order)[:1] + found if pairs else found


def _least_alike(window: Window) -> float:
    here, there = window.got[window.at], window.want[window.at]
    return max(LIKE, causes.likeness(here, there) + 0.1)


def _joint(window: Window, progress: Progress) -> list[Finding]:
    """Causes that explain little by themselves, and much with a fault of the bus beside them."""
    scores: list[tuple[int, Finding]] = []
    for cause in _models(window, progress):
        try:
            beside = Window(cause.model, window.got[window.at], window.index[window.at])
        except InputError:
            continue
        for finding in (
            *wiring.swapped_pixels(beside), *wiring.byte_orders(beside),
            *wiring.stuck_bits(beside), *wiring.exchanged_bits(beside),
            *geometry.shifts(beside),
        ):  # fmt: skip
            if finding.explained > LIKE * beside.pixels:
                scores.append((finding.explained, window.judge(cause)))
                break
    scores.sort(key=lambda one: -one[0])
    return [finding for _, finding in scores[:SEEDS]]
