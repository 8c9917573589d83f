"""One photograph with its references, and what about them no number format changes."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Video
from deconv4k.errors import InputError
from deconv4k.layer import Layer
from deconv4k.photo import image, kernels
from deconv4k.photo.quality import BORDER, LEAST_SIDE
from deconv4k.tuner.ssim import PictureFigures, Reference, picture_figures


@dataclass(frozen=True)
class Photograph:
    """A photograph, the layer's input made of it, and the references of the layer's output.

    Parameters
    ----------
    name : str
        The photograph's file name.
    low : ndarray of float64, (H, W), 0 to 1
        Input of the layer.
    original : ndarray of float32, (S * H, S * W), 0 to 1
    floating : ndarray of float32, (S * H, S * W), 0 to 1
        Output of the layer in floating point on `low`, clipped to what can be shown.
    """

    name: str
    low: NDArray[np.float64]
    original: NDArray[np.float32]
    floating: NDArray[np.float32]

    @classmethod
    def load(
        cls,
        path: str | Path,
        layer: Layer,
        video: Video,
        weights: kernels.Weights,
        source_bits: int | None = None,
    ) -> Photograph:
        """Read a photograph, shrunk where it is larger than the configuration's frame.

        Parameters
        ----------
        path : str or Path
        layer : Layer
        video : Video
            Its frame is the largest input.
        weights : ndarray of float64, (1, 1, K, K)
            Of the float layer.
        source_bits : int, optional
            Quantise the layer's input to this many bits, for the float layer too. None: it stays
            as fine as shrinking the photograph makes it.

        Raises
        ------
        InputError
            If it is unreadable, too small to be judged, or blank.
        """
        original, low = image.original_and_input(path, video.width, video.height, layer.stride)
        rows, columns = original.shape
        if min(rows, columns) < LEAST_SIDE:
            raise InputError(
                f"{path}: {columns}x{rows} pixels; allowed: {LEAST_SIDE}x{LEAST_SIDE} and more, "
                "for SSIM within the border"
            )
        if source_bits is not None:
            low = np.rint(low * (2**source_bits - 1)) / (2**source_bits - 1)
        floating = np.clip(kernels.apply(low, weights, layer), 0.0, 1.0)
        photograph = cls(
            Path(path).name, low, original.astype(np.float32), floating.astype(np.float32)
        )
        if photograph.float_error == 0:
            raise InputError(
                f"{path}: the float layer shows it exactly; allowed: a photograph, with detail "
                "that upscaling loses"
            )
        return photograph

    @cached_property
    def digest(self) -> str:
        """A hash of original and input; the file's name does not matter."""
        content = hashlib.sha256(repr(self.low.shape).encode())
        content.update(self.low.tobytes())
        content.update(self.original.tobytes())
        return content.hexdigest()

    @cached_property
    def float_error(self) -> float:
        """Mean squared error of the float layer against the original, inside the border."""
        difference = inner(self.floating).astype(np.float64) - inner(self.original)
        return float(np.mean(difference * difference))

    @cached_property
    def references(self) -> tuple[Reference, Reference]:
        """Local means and variances of the original and of the float layer's picture."""
        return Reference.of(self.original), Reference.of(self.floating)

    def __getstate__(self) -> dict[str, Any]:
        """Other processes get the planes alone, and compute again what follows from them."""
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    def picture_figures(
        self, index: NDArray[np.int32], levels: NDArray[np.float32]
    ) -> PictureFigures:
        """Compare a picture with both references, in one pass.

        Parameters
        ----------
        index : ndarray of int32, (S * H, S * W)
            For each pixel the index of its level.
        levels : ndarray of float32, (N,)
            On the scale 0 to 1; the picture is ``levels[index]``.
        """
        return picture_figures(index, levels, (self.original, self.floating), self.references)


def inner(plane: NDArray[Any]) -> NDArray[Any]:
    """A picture (H, W) without the border that does not count, as a view."""
    return plane[BORDER:-BORDER, BORDER:-BORDER]


def psnr_of(error: float) -> float:
    """PSNR of a mean squared error on the scale 0 to 1, in dB; ``inf`` for none."""
    return math.inf if error == 0 else -10 * math.log10(error)
