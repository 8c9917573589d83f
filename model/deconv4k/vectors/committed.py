"""The committed vectors: small cases, each with the bug it is there to find.

A case NAME is the set vectors/NAME, see `deconv4k.vectors.manifest`, with one format, ``mem``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.photo import kernels
from deconv4k.vectors import manifest, patterns, sets
from deconv4k.vectors.recipes import Recipe

Codes = NDArray[Any]
Frames = list[Codes]

FORMATS = ("mem",)
"""What the cases are committed in."""


@dataclass(frozen=True)
class Case:
    """One committed case, as benches take it.

    Parameters
    ----------
    name, why : str
    seed : int or None
    config : Config
    weights : ndarray of int, (C_in, 1, K, K)
    bias : int
    frames : list of ndarray of int, (C_in, H, W)
    expected : list of ndarray of int, (OH, OW)
    """

    name: str
    why: str
    seed: int | None
    config: Config
    weights: Codes
    bias: int
    frames: Frames
    expected: Frames


Make = Callable[[Config, np.random.Generator], tuple[Codes, Frames]]


_small = functools.partial(Config.upscaler, width=40, height=64)
"""An engine with lines of up to 40 pixels."""

_signed = functools.partial(
    _small, pixel="ap_fixed<8,8>", output="ap_fixed<10,8,AP_RND_CONV,AP_SAT_SYM>"
)


def _scene(
    config: Config, size: tuple[int, int], weights: Codes, random: np.random.Generator
) -> patterns.Scene:
    return patterns.Scene(config, *size, random, weights)


def _draw(name: str, scene: patterns.Scene, frames: int) -> Frames:
    return [patterns.PATTERNS[name].draw(scene, n) for n in range(frames)]


def _noise(
    config: Config, random: np.random.Generator, weights: Codes, *sizes: tuple[int, int]
) -> Frames:
    return [
        frame
        for size in sizes
        for frame in _draw("noise", _scene(config, size, weights, random), 1)
    ]


def _random_kernel(config: Config, random: np.random.Generator, divide: int = 4) -> Codes:
    layer, weight = config.layer, config.formats.weight
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    return random.integers(weight.min_code // divide, weight.max_code // divide + 1, shape)


def _fitted(config: Config) -> Codes:
    return kernels.to_codes(kernels.default(config.layer), config.layer, config.formats.weight)


def _study(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    weights = kernels.study(9).astype(np.int64)
    return weights, _draw("ones", _scene(config, (8, 12), weights, random), 1)


def _impulse(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    # Every weight another one, so that any two taps exchanged show.
    size = config.layer.kernel
    weights = np.arange(1, size * size + 1).reshape(1, 1, size, size)
    scene = _scene(config, (7, 11), weights, random)
    return weights, [patterns.impulse(scene, n, patterns.one(config)) for n in range(6)]


def _extremes(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    weights = _random_kernel(config, random, 1)
    frames = patterns.PATTERNS["extremes"].frames(config)
    return weights, _draw("extremes", _scene(config, (9, 9), weights, random), frames)


def _ties(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    # Pixel p times the weights 1/2, -1/2 and 3/2: every second product is a tie, on both signs.
    weights = patterns.tie_kernel(config)
    return weights, [np.arange(-128, 128).reshape(1, 8, 32)]


def _sizes(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    sizes = [(5, 20), (3, 4), (1, 1), (1, 1), (1, 3), (2, 40), (7, 1), (1, 39), (4, 2), (3, 17)]
    weights = _random_kernel(config, random)
    return weights, _noise(config, random, weights, *sizes)


def _flat(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    weights = _fitted(config)
    scene = _scene(config, (10, 13), weights, random)
    return weights, [_draw(name, scene, 1)[0] for name in ("checkerboard", "ramp", "white")]


def _thrice(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    weights = _random_kernel(config, random)
    return weights, _noise(config, random, weights, *[(6, 22)] * 3)


def _plain(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    weights = _random_kernel(config, random)
    return weights, _noise(config, random, weights, (7, 19), (4, 40))


def _window(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    weights = _fitted(config)
    return weights, _noise(config, random, weights, (16, 30))


_X2 = (9, 2, 4, 1)

CASES: dict[str, tuple[str, Config, int, Make]] = {
    "study": (
        "A kernel used without its turn by 180 degrees, or taps of one phase used for another: "
        "ones through the row 1..9 give 9 12 16 ... 18 21 14, the original study's answer.",
        _small(_X2, 4, weight="ap_fixed<10,10>"), 0, _study,
    ),
    "impulse": (
        "Any tap at the wrong place: one pixel in each corner and in the middle prints the kernel.",
        _small(_X2, 4, weight="ap_fixed<10,10>"), 0, _impulse,
    ),
    "extremes": (
        "An accumulator too narrow, and saturation at the wrong side: in each phase the largest "
        "and the smallest sum that any picture can give.",
        _small(_X2, 4), 0, _extremes,
    ),
    "flat": (
        "Phases of unequal gain, and rows or columns taken from beyond the edge: checkerboard, "
        "ramp and white.",
        _small(_X2, 4), 0, _flat,
    ),
    "sizes": (
        "Anything left over from the frame before, a beat lost where a line ends in half a beat, "
        "and a bubble or a hang between frames: sizes change, down to single pixels.",
        _small(_X2, 4), 0, _sizes,
    ),
    "repeat": (
        "A clock lost between frames of one size.",
        _small(_X2, 4), 0, _thrice,
    ),
    "half-rate": (
        "Weights of one phase meeting pixels of another when multipliers take turns.",
        _small(_X2, 2), 0, _sizes,
    ),
    "quarter-rate": (
        "The same with one multiplier set for all four phases.",
        _small(_X2, 1), 0, _sizes,
    ),
    "ila": (
        "A beat lost, doubled or early on a board: the whole output, 480 beats, fits a logic "
        "analyser's window of 1,024 samples. Configuration and kernel are the default ones.",
        Config.upscaler(_X2, 4), 0, _window,
    ),
    "ties": (
        "Ties rounded the wrong way, on either sign.",
        _signed((2, 2, 0, 0), 4), 0, _ties,
    ),
    "x3": (
        "Three lines computed side by side and read one after the other.",
        _small((9, 3, 4, 2), 3), 0, _plain,
    ),
    "x4": (
        "Four lines side by side; an even kernel; signed codes.",
        _signed((8, 4, 2, 0), 4), 0, _plain,
    ),
    "channels": (
        "Channels exchanged, products rounded in the wrong place, a bias added twice.",
        _small(
            (3, 2, 1, 1), 4,
            channels=3, product="ap_fixed<16,10,AP_RND>", bias="ap_fixed<14,8>",
            accumulator="ap_fixed<18,12>", output="ap_fixed<12,10,AP_TRN_ZERO,AP_SAT>",
        ), 0, _plain,
    ),
}  # fmt: skip
"""Name: why, configuration, seed, maker."""


def recipe(name: str) -> Recipe:
    """What a case of `CASES` is made of."""
    why, config, seed, maker = CASES[name]
    weights, frames = maker(config, np.random.default_rng(seed))
    bias = 77 if config.formats.bias is not None else None
    sizes = [frame.shape[1:] for frame in frames]
    return Recipe(
        name, why, f"case {name} of deconv4k.vectors", config, weights, sizes, frames, bias, seed
    )  # fmt: skip


def write_all(folder: Path) -> list[Path]:
    """Write all cases as sets in a folder; returns their manifests."""
    return [sets.write(folder / name, recipe(name), FORMATS) for name in CASES]


def names(folder: Path) -> list[str]:
    """The sets in a folder."""
    return sorted(path.parent.name for path in folder.glob(f"*/{manifest.NAME}"))


def read(path: str | Path) -> Case:
    """Read a whole set, all frames at once; parameter and errors as `manifest.read`."""
    found = manifest.read(path)
    weights, bias = found.kernel()
    return Case(
        found.name, found.why, found.seed, found.config, weights, bias or 0,
        list(found.inputs()), [found.expected(n) for n in range(len(found.frames))],
    )  # fmt: skip
