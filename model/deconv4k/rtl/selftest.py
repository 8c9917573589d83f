"""What hw/board/deconv_selftest.v plays and expects: noise, the signature of the enlarged frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k import golden
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.rtl import design, signature

SEED = 1
"""State of the shift register at the first pixel of a frame."""

_TAPS = 0x80200003
_STEPS = 8


def _bits_step() -> NDArray[np.uint32]:
    """What each of the 32 bits of a state becomes in the steps from one pixel to the next."""
    columns = np.empty(32, dtype=np.uint32)
    for bit in range(32):
        state = 1 << bit
        for _ in range(_STEPS):
            state = state >> 1 ^ (_TAPS if state & 1 else 0)
        columns[bit] = state
    return columns


def noise(count: int, seed: int = SEED) -> NDArray[np.uint32]:
    """The first states of the shift register, a pixel each.

    The steps are linear: the states from 2**n on follow from the first 2**n ones by 2**n steps.

    Parameters
    ----------
    count : int
    seed : int
        The first one, not 0.

    Returns
    -------
    ndarray of uint32, (count,)
    """
    states = np.array([seed], dtype=np.uint32)
    columns = _bits_step()
    while len(states) < count:
        later = _apply(columns, states)
        states = np.concatenate([states, later])
        columns = _apply(columns, columns)
    return states[:count]


def _apply(columns: NDArray[np.uint32], states: NDArray[np.uint32]) -> NDArray[np.uint32]:
    result = np.zeros_like(states)
    for bit in range(32):
        result ^= np.where(states >> np.uint32(bit) & 1, columns[bit], np.uint32(0))
    return result


def frame(config: Config) -> NDArray[np.int64]:
    """The frame that the board plays, the configuration's whole size.

    Returns
    -------
    ndarray of int64, (C_in, H, W)

    Raises
    ------
    InputError
        If a pixel has more than 32 bits.
    """
    layer, pixel, video = config.layer, config.formats.pixel, config.video
    bits = layer.in_channels * pixel.width
    if bits > 32:
        raise InputError(f"pixels of {bits} bits on the bring-up board; allowed: up to 32")
    states = noise(video.height * video.width).astype(np.int64).reshape(video.height, video.width)
    planes = np.stack([states >> pixel.width * c for c in range(layer.in_channels)])
    codes = planes & ((1 << pixel.width) - 1)
    if pixel.signed:
        codes -= (codes >> pixel.width - 1) << pixel.width
    return codes


def parameters(config: Config, weights: NDArray[Any], kernel: Path) -> dict[str, int | str]:
    """Parameters of deconv_selftest and its tops; writes the kernel for deconv_kernel_store.

    Parameters
    ----------
    config : Config
    weights : ndarray of int, (C_in, 1, K, K)
        Codes.
    kernel : Path
        File to write.
    """
    kernel.write_text(signature.power_up_text(config, weights), encoding="ascii")
    outputs = golden.run(config, frame(config), weights)
    return {
        **design.parameters(config),
        "HEIGHT": config.video.height,
        "SEED": SEED,
        "EXPECTED": signature.output_frame(config, outputs),
        "POWER_UP": str(kernel),
    }
