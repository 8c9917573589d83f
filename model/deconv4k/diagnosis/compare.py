"""A capture against a set: aligned, compared, diagnosed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deconv4k._shared import files
from deconv4k.config import Config
from deconv4k.diagnosis import align, causes, search
from deconv4k.diagnosis.captures import Capture, Log, read
from deconv4k.diagnosis.causes import Finding, Set, Window
from deconv4k.diagnosis.causes.setup import known_kernels
from deconv4k.diagnosis.expected import Expected, Place, to_codes
from deconv4k.diagnosis.names import Wanted
from deconv4k.errors import InputError
from deconv4k.photo import kernels
from deconv4k.rtl import bus
from deconv4k.vectors import manifest

UNLIKE = 0.25
"""Share of pixels that chance may make right: what explains less is no explanation."""


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
    packed : bool
        Whether the beats had to be taken out of wider words.

    Examples
    --------
    >>> import deconv4k as d4k, tempfile
    >>> import numpy as np
    >>> folder = tempfile.mkdtemp()
    >>> made = d4k.write_vectors(folder + "/set", d4k.Config.default(), pattern="ramp", size=(4, 6))
    >>> np.save(folder + "/capture.npy", made.expected(0))
    >>> found = d4k.diff(folder + "/set", folder + "/capture.npy")
    >>> found.clean, found.mismatches
    (True, 0)
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
    packed: bool = False

    @property
    def mismatches(self) -> int:
        """Wrong pixels."""
        return self.window.pixels - self.window.matches

    @property
    def clean(self) -> bool:
        """Whether all that was captured, and all that should have been, is right."""
        odd = self.missing or self.framing or self.packed
        return self.first is None and not odd

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
    known |= known_kernels(config, weights)
    start = None if bias is None else np.array([bias])
    inputs = lru_cache(maxsize=4)(given.input)
    return Set(config, inputs, Expected(config, frames), weights, start, known)


def _kernel(path: str, config: Config) -> NDArray[Any]:
    """Codes (C_in, 1, K, K): a .npy of integers as they are, otherwise weights to quantise."""
    layer, target = config.layer, config.formats.weight
    if Path(path).suffix == ".npy":
        codes = files.load_array(path, "`previous_kernel`")
        if codes.dtype.kind in "iu":
            full = codes[np.newaxis, np.newaxis] if codes.ndim == 2 else codes
            shape = (layer.in_channels, layer.out_channels, layer.kernel, layer.kernel)
            if full.shape != shape:
                raise InputError(f"{path}: weights of shape {codes.shape}; allowed: {shape}")
            target.check_codes(codes, path)
            return full
    return kernels.to_codes(kernels.load(path, layer), layer, target)


def load(
    path: str | Path, case: Set, wanted: Wanted | None = None, beat_bytes: int | None = None
) -> Capture | Log:
    """Read a capture; parameters and errors as `captures.read`."""
    sizes = [frame.shape for frame in case.expected.frames]
    return read(path, case.config, sizes, wanted=wanted, beat_bytes=beat_bytes)


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
    given = search.locate(case, capture, progress)
    packed: Finding | None = None
    if capture.whole and given.explained < search.SURE * given.window.pixels:
        given, packed = _unpacked(case, given, progress)
    window, capture = given.window, given.capture
    found = search.both(window, given.found, progress)
    if packed is not None:
        rest = found[0] if found else None
        right = window.right if rest is None else rest.right
        packed = replace(packed, explained=window.count(right), right=right, second=rest)
        found = [packed, *found]
    expected = case.expected
    got = window.got
    stray = bus.pack(got, case.config.formats.output.width) != capture.beats
    notes = list(capture.notes)
    if stray.any():
        at = int(stray.any(axis=1).argmax())
        notes.append(f"bits above the last pixel are not 0, first in beat {at} of the capture")
    framing = align.framing(capture, expected, window.index)
    missing = 0
    end = int(window.index[-1]) + 1
    ends = bool(np.isin(end, expected.starts))
    if given.late:
        place = expected.place(int(window.index[0]), 0)
        said = (
            f"the capture begins in frame {place.frame}, line {place.line}, x {place.x}, not with "
            "a frame"
        )
        if ends and len(got) < expected.beats:
            framing.append(said)
        else:
            # Free-running: nothing is known to be lost.
            notes.append(said)
    elif capture.whole and not ends:
        left = int(expected.starts[np.searchsorted(expected.starts, end)]) - end
        if len(got) < expected.beats:
            missing = left
        else:
            notes.append(f"the last frame captured lacks {left:,} beats")
    return Diff(
        window, capture.kind, given.how, _first(window), missing,
        framing, notes,
        found, _ties(found), _alike(window, found), packed is not None,
    )  # fmt: skip


def _unpacked(
    case: Set, given: search.Located, progress: Callable[[float], None]
) -> tuple[search.Located, Finding | None]:
    """The capture in wider words, if it is more like the expectation then."""
    packed: Finding | None = None
    for name, detail, capture in search.repacked(given.capture, case.config):
        other = search.locate(case, capture, progress)
        share = other.explained / other.window.pixels
        if share > max(search.LIKE, given.explained / given.window.pixels):
            given, window = other, other.window
            packed = Finding(name, detail, window.matches, window.right, _constant(window))
    return given, packed


def _constant(window: Window) -> Callable[[], Window]:
    return lambda: window


def _ties(found: Sequence[Finding]) -> int:
    """How many findings explain as much as the first one, and are as simple."""
    return sum(
        (one.explained, one.free, one.second is None)
        == (found[0].explained, found[0].free, found[0].second is None)
        for one in found
    )


def _alike(window: Window, found: Sequence[Finding]) -> bool:
    """Whether anything explains more than chance, or the pictures rise and fall together."""
    if search.explained(window, found) > UNLIKE * window.pixels:
        return True
    step = max(1, len(window.got) >> 16)
    config = window.case.config
    got, want = (to_codes(config, lanes[::step]) for lanes in (window.got, window.want))
    return abs(causes.likeness(got, want)) > search.LIKE


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
