"""Test pictures, each for a kind of bug, as codes of the pixel format and in any size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import image, upscale

Codes = NDArray[Any]


@dataclass(frozen=True)
class Scene:
    """What a pattern is drawn from.

    Parameters
    ----------
    config : Config
    height, width : int
        Of the frame.
    random : Generator
    weights : ndarray of int, (C_in, 1, K, K)
    """

    config: Config
    height: int
    width: int
    random: np.random.Generator
    weights: Codes

    def full(self, code: int) -> Codes:
        """A frame (C_in, H, W) of one code."""
        return np.full((self.config.layer.in_channels, self.height, self.width), code)

    def every_channel(self, plane: Codes) -> Codes:
        """A frame whose channels are all `plane`, (H, W)."""
        return np.repeat(plane[np.newaxis], self.config.layer.in_channels, axis=0)


@dataclass(frozen=True)
class Pattern:
    """A test picture.

    Parameters
    ----------
    why : str
        What it is there to find.
    draw : callable
        ``draw(scene, n)`` is frame n, (C_in, H, W).
    frames : callable
        ``frames(config)`` is the number of frames after which it repeats itself.
    """

    why: str
    draw: Callable[[Scene, int], Codes]
    frames: Callable[[Config], int] = lambda config: 1


def one(config: Config) -> int:
    """The code of the value 1, or the largest one where that is less."""
    pixel = config.formats.pixel
    return min(pixel.max_code, 1 << max(0, pixel.fraction))


def _impulse(scene: Scene, n: int) -> Codes:
    return impulse(scene, n, scene.config.formats.pixel.max_code)


def impulse(scene: Scene, n: int, code: int) -> Codes:
    """One pixel of `code` in one of the corners, in the middle, or to the right of that."""
    bottom, right = scene.height - 1, scene.width - 1
    middle = (bottom // 2, right // 2)
    beside = (middle[0], min(right, middle[1] + 1))
    places = [(0, 0), (0, right), (bottom, 0), (bottom, right), middle, beside]
    frame = scene.full(0)
    frame[(slice(None), *places[n % len(places)])] = code
    return frame


def _ramp(scene: Scene, n: int) -> Codes:
    pixel = scene.config.formats.pixel
    y, x = np.mgrid[0 : scene.height, 0 : scene.width]
    return scene.every_channel(pixel.min_code + (y + x + n) % (1 << pixel.width))


def _checkerboard(scene: Scene, n: int) -> Codes:
    pixel = scene.config.formats.pixel
    y, x = np.mgrid[0 : scene.height, 0 : scene.width]
    return scene.every_channel(np.where((y + x + n) % 2, pixel.max_code, pixel.min_code))


def _extremes(scene: Scene, n: int) -> Codes:
    layer, pixel = scene.config.layer, scene.config.formats.pixel
    phase, smallest = divmod(n % (2 * layer.stride**2), 2)
    r, s = divmod(phase, layer.stride)
    frame = scene.full(0)
    for y in layer.taps(r):
        for x in layer.taps(s):
            place = scene.height // 2 + y.offset, scene.width // 2 + x.offset
            if 0 <= place[0] < scene.height and 0 <= place[1] < scene.width:
                up = (scene.weights[:, 0, y.at, x.at] > 0) != bool(smallest)
                frame[(slice(None), *place)] = np.where(up, pixel.max_code, pixel.min_code)
    return frame


def _noise(scene: Scene, n: int) -> Codes:
    del n
    pixel, channels = scene.config.formats.pixel, scene.config.layer.in_channels
    shape = (channels, scene.height, scene.width)
    return scene.random.integers(pixel.min_code, pixel.max_code + 1, shape)


_BARS = ((1, 1, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0), (1, 0, 1), (1, 0, 0), (0, 0, 1), (0, 0, 0))
"""White, yellow, cyan, green, magenta, red, blue, black: ITU-R BT.471, 100 percent."""


def _bars(scene: Scene, n: int) -> Codes:
    del n
    channels = scene.config.layer.in_channels
    bar = np.arange(scene.width) * len(_BARS) // scene.width
    rgb = np.broadcast_to(np.array(_BARS, dtype=float)[bar], (scene.height, scene.width, 3))
    planes = rgb.transpose(2, 0, 1) if channels == 3 else image.to_luma(rgb)[np.newaxis]
    if channels not in (1, 3):
        planes = np.repeat(planes, channels, axis=0)
    return upscale.to_codes(planes, scene.config.formats)


PATTERNS: dict[str, Pattern] = {
    "impulse": Pattern(
        "Any tap at the wrong place: a lone pixel in each corner and in the middle.",
        _impulse, lambda config: 6,
    ),
    "ones": Pattern(
        "A kernel not turned, phases exchanged: the value 1 everywhere adds up each phase.",
        lambda scene, n: scene.full(one(scene.config)),
    ),
    "white": Pattern(
        "Saturation, and phases of unequal gain: the largest code everywhere.",
        lambda scene, n: scene.full(scene.config.formats.pixel.max_code),
    ),
    "ramp": Pattern(
        "Lines or pixels shifted, lost or doubled: y + x + frame, modulo the range.", _ramp,
    ),
    "checkerboard": Pattern(
        "Phases of unequal gain: the smallest and the largest code in turns.",
        _checkerboard, lambda config: 2,
    ),
    "extremes": Pattern(
        "An accumulator too narrow, saturation at the wrong side: in each phase the largest and "
        "the smallest sum that any picture gives with this kernel.",
        _extremes, lambda config: 2 * config.layer.stride**2,
    ),
    "ties": Pattern(
        "Ties rounded the wrong way, on either sign: a ramp through odd halves of an output step.",
        _ramp,
    ),
    "noise": Pattern(
        "Whatever depends on data: every pixel random.", _noise,
    ),
    "bars": Pattern(
        "Channels exchanged, levels wrong, for the eye: the eight colour bars.", _bars,
    ),
}  # fmt: skip
"""By name."""


def tie_kernel(config: Config) -> Codes:
    """A kernel whose sums lie half-way between two output codes for every odd pixel.

    One tap a phase: 1/2, -1/2, 3/2, -3/2 of an output step, and so on.

    Returns
    -------
    ndarray of int64, (C_in, 1, K, K)
        Only channel 0 has weights.

    Raises
    ------
    InputError
        If the weight format has no such weight.
    """
    layer, formats = config.layer, config.formats
    # A pixel of 1 times this weight is half an output step.
    places = formats.pixel.fraction + formats.weight.fraction - formats.output.fraction
    most = min(formats.weight.max_code, -formats.weight.min_code - 1)
    half = 1 << max(0, places - 1)
    if places < 1 or half > formats.weight.max_code:
        raise InputError(
            f"pattern 'ties': formats.weight = {str(formats.weight)!r} holds no half of a step of "
            f"formats.output = {str(formats.output)!r}; allowed: output with fewer fraction bits"
        )
    usual = [half, -half, 3 * half, -3 * half]
    allowed = [code for code in usual if -most <= code <= formats.weight.max_code]
    weights = np.zeros((layer.in_channels, 1, layer.kernel, layer.kernel), dtype=np.int64)
    for r, s in np.ndindex(layer.stride, layer.stride):
        rows, columns = layer.taps(r), layer.taps(s)
        if rows and columns:
            y, x = (min(taps, key=lambda tap: abs(tap.offset)) for taps in (rows, columns))
            weights[0, 0, y.at, x.at] = allowed[(r * layer.stride + s) % len(allowed)]
    return weights


def pattern(name: str) -> Pattern:
    """A pattern by its name.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    if name not in PATTERNS:
        raise InputError(f"pattern {name!r}; allowed: {', '.join(PATTERNS)}")
    return PATTERNS[name]
