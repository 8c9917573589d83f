"""A whole photograph through the engine, in grey or colour.

Photo depth and fixed point
---------------------------
White is the largest pixel code: sample v of a photograph with full scale F (255 or 65535) becomes
the code ``round(v / F * max_code)`` of formats.pixel, black is code 0. The layer works on values,
so white leaves a kernel of DC gain 1 with the value it came with,
``white = max_code * 2**-fraction``, and an output code c becomes the sample
``round(F * c * 2**-output.fraction / white)``, clipped to 0..F. With the default formats and an
8-bit photograph both are the identity; an output format with more fraction bits, or a 16-bit
photograph, keeps black black and white white.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config, Formats
from deconv4k.errors import InputError
from deconv4k.photo import image

Run = Callable[[NDArray[np.int64]], NDArray[Any]]
"""An engine: pixel codes (H, W) to output codes (OH, OW)."""


def to_codes(unit: NDArray[np.float64], formats: Formats) -> NDArray[np.int64]:
    """Pixel codes of a plane on the scale 0 (black) to 1 (white); clipped to it."""
    return np.rint(np.clip(unit, 0.0, 1.0) * formats.pixel.max_code).astype(np.int64)


def from_codes(codes: NDArray[Any], formats: Formats) -> NDArray[np.float64]:
    """A plane on the scale 0 (black) to 1 (white) from output codes; not clipped."""
    white = np.ldexp(float(formats.pixel.max_code), -formats.pixel.fraction)
    values = np.ldexp(np.asarray(codes, dtype=np.float64), -formats.output.fraction)
    unit: NDArray[np.float64] = values / white
    return unit


def upscale(photo: NDArray[Any], config: Config, run: Run, *, rgb: bool = False) -> NDArray[Any]:
    """Enlarge a photograph by the layer's stride.

    Parameters
    ----------
    photo : ndarray of uint8 or uint16
        (H, W) grey or (H, W, 3) R, G, B.
    config : Config
        An exact upscaler with one channel in and out.
    run : callable
        The engine, with its weights: int64 codes (H, W) of formats.pixel to integer codes (OH, OW)
        of formats.output.
    rgb : bool
        Each of R, G and B through the engine. Otherwise luma goes through the engine and the two
        colour differences are enlarged by bicubic interpolation.

    Returns
    -------
    ndarray of the dtype of `photo`
        (S * H, S * W) or (S * H, S * W, 3).

    Raises
    ------
    InputError
        If the photograph or the layer is not as above.
    """
    layer = config.layer
    if not layer.is_exact_upscaler or (layer.in_channels, layer.out_channels) != (1, 1):
        raise InputError(
            f"{layer}: cannot enlarge a photograph; allowed: an exact upscaler "
            "(K - 2 P + OP = S) with one channel in and out"
        )
    if photo.dtype not in (np.uint8, np.uint16):
        raise InputError(f"a photograph of type {photo.dtype}; allowed: uint8 or uint16")
    if photo.ndim not in (2, 3) or (photo.ndim == 3 and photo.shape[2] != 3):
        raise InputError(f"a photograph of shape {photo.shape}; allowed: (H, W) or (H, W, 3)")

    def engine(plane: NDArray[np.float64]) -> NDArray[np.float64]:
        codes = np.asarray(run(to_codes(plane, config.formats)))
        expected = layer.output_shape(*plane.shape)
        if codes.shape != expected:
            raise ValueError(f"the engine returned shape {codes.shape} instead of {expected}")
        return np.clip(from_codes(codes, config.formats), 0.0, 1.0)

    if photo.ndim == 2:
        return image.from_unit(engine(image.to_unit(photo)), photo.dtype)
    if rgb:
        channels = [engine(image.to_unit(photo[:, :, channel])) for channel in range(3)]
        return image.from_unit(np.stack(channels, axis=-1), photo.dtype)
    luma, blue, red = image.to_ycbcr(photo)
    enlarged = engine(luma)
    height, width = enlarged.shape
    return image.from_unit(
        image.from_ycbcr(
            enlarged,
            image.resize(blue, width, height, "bicubic"),
            image.resize(red, width, height, "bicubic"),
        ),
        photo.dtype,
    )
