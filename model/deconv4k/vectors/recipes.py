"""What a set of the user's own is made of: a photograph, a pattern, or given pixels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k._shared import files
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.photo import image, upscale
from deconv4k.vectors import patterns
from deconv4k.vectors.patterns import Scene

Codes = NDArray[Any]


@dataclass(frozen=True)
class Recipe:
    """What a set is made of.

    Parameters
    ----------
    name, why, source : str
        As the manifest tells them.
    config : Config
    weights : ndarray of int, (C_in, 1, K, K)
        Codes.
    sizes : sequence of (height, width)
        Of every input frame.
    frames : iterable of ndarray of int, (C_in, H, W)
        Pixel codes, as many as `sizes`.
    bias : int, optional
        Where the configuration has one.
    seed : int, optional
        Of what is random in it.
    """

    name: str
    why: str
    source: str
    config: Config
    weights: Codes
    sizes: Sequence[tuple[int, int]]
    frames: Iterable[Codes]
    bias: int | None = None
    seed: int | None = None


def photograph(
    name: str,
    config: Config,
    weights: NDArray[Any],
    bias: int | None,
    path: str,
    frames: int | None = None,
) -> Recipe:
    """The luma of a photograph, shrunk by the stride, as the main job takes it.

    Parameters
    ----------
    name : str
        Of the set.
    config : Config
    weights : ndarray of int, (C_in, 1, K, K)
        Codes.
    bias : int or None
    path : str
    frames : int, optional
        How often it comes; once by default.

    Raises
    ------
    InputError
        No readable photograph, or more than one channel.
    """
    layer, video = config.layer, config.video
    if layer.in_channels != 1:
        raise InputError(
            f"layer.in_channels = {layer.in_channels}; allowed with a photograph: 1, its luma"
        )
    _, low = image.original_and_input(path, video.width, video.height, layer.stride)
    codes = upscale.to_codes(low, config.formats)[np.newaxis]
    codes = codes.astype(config.formats.pixel.code_dtype())
    count = frames or 1
    height, width = low.shape
    return Recipe(
        name,
        "A real picture, for the eye and for whatever no pattern thinks of.",
        f"photograph {Path(path).name}: luma, shrunk by {layer.stride}",
        config, weights, [(height, width)] * count, (codes for _ in range(count)), bias,
    )  # fmt: skip


def pattern(
    name: str,
    config: Config,
    weights: NDArray[Any],
    bias: int | None,
    which: str,
    size: tuple[int, int] | None = None,
    frames: int | None = None,
    seed: int = 0,
) -> Recipe:
    """A pattern of `deconv4k.vectors.patterns`.

    Parameters
    ----------
    name, config, weights, bias
        As `photograph`.
    which : str
        Its name.
    size : (height, width), optional
        The configuration's by default.
    frames : int, optional
        All that differ by default.
    seed : int

    Raises
    ------
    InputError
        If there is no such pattern.
    """
    drawn = patterns.pattern(which)
    height, width = size or (config.video.height, config.video.width)
    count = frames or drawn.frames(config)
    scene = Scene(config, height, width, np.random.default_rng(seed), weights)
    return Recipe(
        name, drawn.why, f"pattern {which}", config, weights, [(height, width)] * count,
        (drawn.draw(scene, n) for n in range(count)), bias, seed,
    )  # fmt: skip


def given(
    name: str,
    config: Config,
    weights: NDArray[Any],
    bias: int | None,
    path: str,
    frames: int | None = None,
) -> Recipe:
    """Pixel codes of an .npy file.

    Parameters
    ----------
    name, config, weights, bias
        As `photograph`.
    path : str
        (H, W), (C_in, H, W) or (frames, C_in, H, W), integer.
    frames : int, optional
        Only so many of them.

    Raises
    ------
    InputError
        No such file, another shape or dtype, fewer frames.
    """
    channels = config.layer.in_channels
    pixels = files.load_array(path, "`pixels`", mapped=True)
    full = pixels[(np.newaxis,) * max(0, 4 - pixels.ndim)]
    if full.ndim != 4 or full.shape[1] != channels or 0 in full.shape:
        raise InputError(
            f"`pixels` {path}: shape {pixels.shape}; allowed: "
            f"{'(H, W), ' if channels == 1 else ''}({channels}, H, W) or (frames, {channels}, H, W)"
        )
    if pixels.dtype.kind not in "iu":
        raise InputError(f"`pixels` {path}: dtype {pixels.dtype}; allowed: integer codes")
    count = frames or len(full)
    if count > len(full):
        raise InputError(f"`frames` {count}; allowed: up to {len(full)}, as {path} holds")
    height, width = full.shape[2:]

    def each() -> Iterator[NDArray[Any]]:
        for frame in full[:count]:
            config.formats.pixel.check_codes(frame, "`pixels`")
            yield np.ascontiguousarray(frame)

    return Recipe(
        name, "Pixels that somebody asked about.", f"pixels {Path(path).name}", config, weights,
        [(height, width)] * count, each(), bias,
    )  # fmt: skip


def parse_size(text: str) -> tuple[int, int]:
    """(height, width) of ``WIDTHxHEIGHT``.

    Raises
    ------
    InputError
        If it is no such text.
    """
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if match is None:
        raise InputError(f"`size` {text}; allowed: WIDTHxHEIGHT, such as 64x36")
    return int(match[2]), int(match[1])
