"""A capture against a set: aligned, compared, diagnosed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k import bus, files, kernels, manifest
from deconv4k.config import Config
from deconv4k.diff import align, causes
from deconv4k.diff.captures import Capture, Log, read
from deconv4k.diff.causes import Finding, Set, Window
from deconv4k.diff.expected import Expected, Place, to_codes
from deconv4k.diff.names import Wanted
from deconv4k.errors import InputError

SURE = 0.9
"""Share of right pixels above which a place found by content is not doubted."""

UNLIKE = 0.25
"""Share of pixels that chance may make right: what explains less is no explanation."""

LIKE = 0.5
"""Correlation of capture and expectation above which they show the same picture."""


class Mismatch(NamedTuple):
    """One wrong pixel."""

    beat: int
    """Of the capture, from 0."""
    place: Place
    phase: tuple[int, int]
    expected: int
    got: int

    @property
    def error(self) -> int:
        """In LSB of the output format."""
        return self.got - self.expected


@dataclass(frozen=True)
class Diff:
    """What came of a comparison.

    Parameters
    ----------
    window : Window
        The capture beside what is expected.
    kind, how : str
        What the capture is, and what it was aligned by.
    first : Mismatch or None
    missing : int
        Beats that a whole capture lacks at its end.
    framing, notes : list of str
        What is wrong with SOF and EOL; what is odd besides.
    findings : list of Finding
        Causes by what they explain; those of `leading` explain the same.
    leading : int
    alike : bool
        Whether the capture resembles the expectation, or a cause's, at all.
    """

    window: Window
    kind: str
    how: str
    first: Mismatch | None
    missing: int
    framing: list[str]
    notes: list[str]
    findings: list[Finding] = field(default_factory=list)
    leading: int = 0
    alike: bool = True

    @property
    def mismatches(self) -> int:
        """Wrong pixels."""
        return self.window.pixels - self.window.matches

    @property
    def clean(self) -> bool:
        """Whether all that was captured, and all that should have been, is right."""
        return self.first is None and not self.missing and not self.framing

    @property
    def errors(self) -> NDArray[np.int64]:
        """Errors of the wrong pixels, in LSB."""
        window = self.window
        wrong = ~window.right if window.real is None else ~window.right & window.real
        config = window.case.config
        return to_codes(config, window.got[wrong]) - to_codes(config, window.want[wrong])


def load_set(path: str | Path, previous: str | None = None) -> Set:
    """A set by its manifest, and a kernel that may be left from before.

    Raises
    ------
    InputError
        If the manifest, a file of it or the kernel cannot be read.
    """
    given = manifest.read(path)
    config = given.config
    weights, bias = given.kernel()
    frames = tuple(given.expected(number) for number in range(len(given.frames)))
    known: dict[str, NDArray[Any]] = {}
    if previous is not None:
        known["the previous kernel"] = _kernel(previous, config)
    known |= causes.known_kernels(config, weights)
    start = None if bias is None else np.array([bias])
    inputs = lru_cache(maxsize=4)(given.input)
    return Set(config, inputs, Expected(config, frames), weights, start, known)


def _kernel(path: str, config: Config) -> NDArray[Any]:
    """Codes (C_in, 1, K, K): a .npy of integers as they are, otherwise weights to quantise."""
    layer, target = config.layer, config.formats.weight
    if Path(path).suffix == ".npy":
        codes = files.load_array(path, "--previous-kernel")
        if codes.dtype.kind in "iu":
            full = codes[np.newaxis, np.newaxis] if codes.ndim == 2 else codes
            shape = (layer.in_channels, layer.out_channels, layer.kernel, layer.kernel)
            if full.shape != shape:
                raise InputError(f"{path}: weights of shape {codes.shape}; allowed: {shape}")
            target.check_codes(codes, path)
            return full
    return kernels.to_codes(kernels.load(path, layer), layer, target)


def load(path: str | Path, case: Set, wanted: Wanted | None = None) -> Capture | Log:
    """Read a capture; parameters and errors as `captures.read`."""
    return read(path, case.config, [frame.shape for frame in case.expected.frames], wanted=wanted)


def compare(
    case: Set, capture: Capture, progress: Callable[[float], None] = lambda share: None
) -> Diff:
    """Align a capture, compare it, and name causes if anything is wrong.

    Parameters
    ----------
    case : Set
    capture : Capture
    progress : function of a number from 0 to 1, optional

    Raises
    ------
    InputError
        If a beat of the capture is not as wide as the bus.
    """
    expected = case.expected
    window, found, how, late = _placed(case, capture, progress)
    got = window.got
    stray = bus.pack(got, case.config.formats.output.width) != capture.beats
    notes = list(capture.notes)
    if stray.any():
        at = int(stray.any(axis=1).argmax())
        notes.append(f"bits above the last pixel are not 0, first in beat {at} of the capture")
    missing = 0
    framing = align.framing(capture, expected, window.index)
    if late:
        place = expected.place(int(window.index[0]), 0)
        framing.append(
            f"the capture begins in frame {place.frame}, line {place.line}, x {place.x}, not with "
            "a frame"
        )
    elif capture.whole:
        end = int(window.index[-1]) + 1
        missing = int(expected.starts[np.searchsorted(expected.starts, end)]) - end
    return Diff(
        window, capture.kind, how, _first(window), missing,
        framing, notes,
        found, _ties(found), _alike(window, found),
    )  # fmt: skip


def _placed(
    case: Set, capture: Capture, progress: Callable[[float], None]
) -> tuple[Window, list[Finding], str, bool]:
    """The capture beside what is expected, and the causes of its place.

    Returns
    -------
    window : Window
    found : list of Finding
    how : str
        What the capture was aligned by.
    late : bool
        Whether it is a buffer that does not begin with a frame.
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
        window = Window(case, got, align.indices(capture, expected, offset))
        return window, _findings(window, capture, progress)

    window, found = judged(places[0])
    lead = _explained(window, found)
    # Of a few beats every cause explains much, wherever they are placed.
    long = len(got) >= align.SHORT
    if long and lead < SURE * window.pixels and not (sure and len(offsets) == 1):
        # The place itself is in doubt: the one where most is explained.
        given = align.readings(capture, case.config)
        places += align.best(given, expected.lanes, offsets, 3)
        places += _doubted(case, capture, offsets, sure, progress)
        for offset in dict.fromkeys(places[1:]):
            other, causes_there = judged(offset)
            if _explained(other, causes_there) > lead:
                window, found, lead = other, causes_there, _explained(other, causes_there)
    if long and not sure:
        # Where content alone speaks, most of it may speak for what came after a slip.
        first = int(causes.course(window)[0])
        if first:
            other, causes_there = judged(int(window.index[0]) + first)
            if _explained(other, causes_there) >= lead:
                window, found, lead = other, causes_there, _explained(other, causes_there)
    late = capture.whole and len(got) < expected.beats and lead < LIKE * window.pixels
    if late:
        # A buffer that does not begin with a frame after all?
        given = align.readings(capture, case.config)
        offset = align.best([got], expected.lanes, align.searched(given, expected), 1)[0]
        other, causes_there = judged(offset)
        late = other.matches > max(lead, LIKE * window.pixels)
        if late:
            window, found, how = other, causes_there, "content"
    return window, found, how, late


def _pieces(
    case: Set, capture: Capture, progress: Callable[[float], None]
) -> tuple[Window, list[Finding], str, bool]:
    """As `_placed`, for a broken stream: each piece by itself, then the causes of them all."""
    indices: list[NDArray[np.int64]] = []
    ways = []
    for piece in capture.pieces():
        if indices:
            # Often nothing is lost between them.
            next_ = align.indices(piece, case.expected, int(indices[-1][-1]) + 1)
            window = Window(case, align.lanes(piece, case.config), next_)
            if window.right.all() and not align.framing(piece, case.expected, next_):
                indices.append(next_)
                ways.append("the piece before")
                continue
        window, _, how, _ = _placed(case, piece, lambda share: None)
        indices.append(window.index)
        ways.append(how)
    got, index = align.lanes(capture, case.config), np.concatenate(indices)
    window = Window(case, got, index, capture.breaks)
    how = f"{len(ways)} pieces, each by itself: {', '.join(dict.fromkeys(ways))}"
    return window, _findings(window, capture, progress), how, False


def _explained(window: Window, found: Sequence[Finding]) -> int:
    """Pixels that the first cause explains, or that are right without one."""
    return found[0].explained if found else window.matches


def _doubted(
    case: Set,
    capture: Capture,
    offsets: NDArray[np.int64],
    sure: bool,
    progress: Callable[[float], None],
) -> list[int]:
    """Offsets where some grave cause would explain most, among the given or by content."""
    got = align.lanes(capture, case.config)
    frames = np.arange(len(case.expected.frames))
    scores: dict[int, int] = {}
    candidates = [cause for cause in causes.frame_causes(case) if cause.name in causes.GRAVE]
    for number, cause in enumerate(candidates):
        progress(number / len(candidates))
        try:
            would = causes.stream(case, cause, frames)
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


def _findings(window: Window, capture: Capture, progress: Callable[[float], None]) -> list[Finding]:
    """Causes that explain more than no cause does, the best first."""
    case = window.case
    if window.matches == window.pixels:
        # Nothing is wrong but, perhaps, the count of beats.
        return list(causes.slips(window))
    # Less than a twentieth of the errors is what chance explains.
    least = window.matches + max(1, (window.pixels - window.matches) // 20)
    found = [one for one in causes.bus_findings(window, capture.beats) if one.explained >= least]
    frames = np.unique(window.frame_of)
    candidates = list(causes.frame_causes(case))
    for number, cause in enumerate(candidates):
        progress(number / len(candidates))
        try:
            would = window.take(causes.stream(case, cause, frames))
        except InputError:
            continue  # sums too wide for the model, with this one thing changed
        finding = window.judge(cause.name, cause.detail, would, mixed=True)
        if finding.explained >= least:
            found.append(finding)
    return sorted(found, key=lambda one: (-one.explained, causes.RANKS[one.name]))


def _ties(found: Sequence[Finding]) -> int:
    """How many findings explain as much as the first one."""
    return sum(one.explained == found[0].explained for one in found) if found else 0


def _alike(window: Window, found: Sequence[Finding]) -> bool:
    """Whether anything explains more than chance, or the pictures rise and fall together."""
    if _explained(window, found) > UNLIKE * window.pixels:
        return True
    step = max(1, len(window.got) >> 16)
    config = window.case.config
    got = to_codes(config, window.got[::step]).astype(float).reshape(-1)
    want = to_codes(config, window.want[::step]).astype(float).reshape(-1)
    got, want = got - got.mean(), want - want.mean()
    scale = float(np.sqrt((got @ got) * (want @ want)))
    return scale > 0 and abs(float(got @ want)) > LIKE * scale


def _first(window: Window) -> Mismatch | None:
    """The first wrong lane, filling included."""
    wrong = ~window.right
    if not wrong.any():
        return None
    beat = int(wrong.any(axis=1).argmax())
    lane = int(wrong[beat].argmax())
    place = window.case.expected.place(int(window.index[beat]), lane)
    stride = window.case.config.layer.stride
    want, got = (
        int(to_codes(window.case.config, lanes[beat, lane : lane + 1])[0])
        for lanes in (window.want, window.got)
    )
    return Mismatch(beat, place, (place.line % stride, place.x % stride), want, got)
