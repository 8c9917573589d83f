"""A kernel fitted to photographs by least squares.

Each phase (r, s) of the layer is a small linear filter on the input, so the weights that bring its
output nearest to the original solve a linear least-squares problem of at most
ceil(K/S)**2 unknowns:

    minimise  sum over q of (original[S q + (r, s)] - sum over taps of low[q + offset] w[index])**2
    subject to  sum over taps of w[index] = 1

The constraint keeps flat regions flat: without it white comes out as not quite white. All phases
see windows of the same input, so one matrix of normal equations serves them all; it is summed
over bands of rows, and memory stays flat whatever the size and number of photographs.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deconv4k.errors import InputError
from deconv4k.layer import Layer
from deconv4k.photo import image
from deconv4k.photo.kernels import Weights, apply
from deconv4k.photo.quality import BORDER, psnr

Plane = NDArray[np.float64]

INPUT_LEVELS = 255
"""The input is rounded to 8 bits before the fit, as the hardware will see it."""

BAND_ROWS = 32
"""Input rows whose windows are in memory at a time."""


@dataclass(frozen=True)
class Figures:
    """Quality of one photograph's upscaling: PSNR of luma in dB, a border of 8 pixels left out."""

    photo: str
    width: int
    """Of the original, in pixels."""
    height: int
    bicubic: float
    lanczos: float
    fitted: float
    held_out: float | None = None
    """With weights fitted to all the *other* photographs; None if there is no other."""


@dataclass(frozen=True)
class Fit:
    """What `fit` found.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> d4k.fit([d4k.PHOTOGRAPH], halve=True).weights.shape
    (1, 1, 9, 9)
    """

    weights: Weights
    """(1, 1, K, K)."""
    figures: list[Figures]
    """One for each photograph."""


class NormalEquations:
    """Sums of products of window pixels with each other and with the original.

    Parameters
    ----------
    layer : Layer
        An exact upscaler with one channel in and out.

    Attributes
    ----------
    gram : ndarray of float64, (N, N)
        N pixels of the window that all phases together read.
    cross : ndarray of float64, (N, S * S)
    count : int
        Windows summed.

    Raises
    ------
    InputError
        If the layer is another.
    """

    def __init__(self, layer: Layer) -> None:
        if not layer.is_exact_upscaler or (layer.in_channels, layer.out_channels) != (1, 1):
            raise InputError(
                f"{layer}: cannot be fitted; allowed: an exact upscaler (K - 2 P + OP = S) with "
                "one channel in and out"
            )
        self.layer = layer
        offsets = [tap.offset for r in range(layer.stride) for tap in layer.taps(r)]
        self._first, self._last = min(offsets), max(offsets)
        self._side = self._last - self._first + 1
        self.gram = np.zeros((self._side**2, self._side**2))
        self.cross = np.zeros((self._side**2, layer.stride**2))
        self.count = 0

    def add(self, low: Plane, original: Plane, border: int = BORDER) -> None:
        """Add every window of one pair that lies inside and off the border.

        Parameters
        ----------
        low : ndarray of float64, (H, W)
        original : ndarray of float64, (S * H, S * W)
        border : int
            Output pixels left out at every edge.

        Raises
        ------
        InputError
            If the sizes do not agree, or too few pixels are left to determine the weights.
        """
        stride, side = self.layer.stride, self._side
        height, width = low.shape
        if original.shape != (stride * height, stride * width):
            raise InputError(
                f"an original of shape {original.shape} for an input of shape {low.shape}; "
                f"allowed: {(stride * height, stride * width)}"
            )
        edge = -(-border // stride)
        before, after = max(edge, -self._first), max(edge, self._last)
        rows, columns = height - before - after, width - before - after
        if rows < 1 or columns < 1 or rows * columns < side * side:
            least = before + after + side
            raise InputError(
                f"an input of {width}x{height} pixels is too small to fit {side * side} weights "
                f"a phase; allowed: {least}x{least} and more"
            )
        windows = np.lib.stride_tricks.sliding_window_view(low, (side, side))
        left = before + self._first
        for top in range(before, before + rows, BAND_ROWS):
            bottom = min(top + BAND_ROWS, before + rows)
            band = windows[top + self._first : bottom + self._first, left : left + columns]
            matrix = band.reshape(-1, side * side)
            targets = (
                original[stride * top : stride * bottom, stride * before :][:, : stride * columns]
                .reshape(bottom - top, stride, columns, stride)
                .transpose(0, 2, 1, 3)
                .reshape(-1, stride * stride)
            )
            self.gram += matrix.T @ matrix
            self.cross += matrix.T @ targets
            self.count += matrix.shape[0]

    def __add__(self, other: NormalEquations) -> NormalEquations:
        """The equations of both sets of windows."""
        total = NormalEquations(self.layer)
        total.gram = self.gram + other.gram
        total.cross = self.cross + other.cross
        total.count = self.count + other.count
        return total

    def solve(self) -> Weights:
        """The weights of all phases, each with a DC gain of 1.

        Returns
        -------
        ndarray of float64, (1, 1, K, K)
            The solution of smallest norm where the windows do not determine one. Kernel entries
            that no phase reads are zero.

        Raises
        ------
        InputError
            If no windows were added.
        """
        if self.count == 0:
            raise InputError("no photograph to fit to; allowed: one or more")
        layer, side = self.layer, self._side
        weights = np.zeros((1, 1, layer.kernel, layer.kernel))
        for r in range(layer.stride):
            for s in range(layer.stride):
                taps = [(row, column) for row in layer.taps(r) for column in layer.taps(s)]
                if not taps:
                    continue
                pixels = [
                    (row.offset - self._first) * side + column.offset - self._first
                    for row, column in taps
                ]
                # Lagrange: the gradient along the constraint is zero, and the sum is one.
                n = len(pixels)
                system = np.ones((n + 1, n + 1))
                system[:n, :n] = self.gram[np.ix_(pixels, pixels)] / self.count
                system[n, n] = 0.0
                right = np.ones(n + 1)
                right[:n] = self.cross[pixels, r * layer.stride + s] / self.count
                solution = np.linalg.lstsq(system, right, rcond=None)[0]
                for (row, column), weight in zip(taps, solution[:n], strict=True):
                    weights[0, 0, row.at, column.at] = weight
        return weights


def pair(path: str | Path, scale: int, *, halve: bool = False) -> tuple[Plane, Plane]:
    """Input and original from one photograph.

    Parameters
    ----------
    path : str or Path
    scale : int
        Size of the original over size of the input.
    halve : bool
        Halve the photograph first (Lanczos): for one that has more pixels than its sensor
        resolves, of which an upscaler would learn to blur.

    Returns
    -------
    low : ndarray of float64, (H, W)
        Multiples of 1/255, 0 to 1.
    original : ndarray of float64, (scale * H, scale * W), 0 to 1
    """
    luma = image.to_luma(image.read(path))
    if min(luma.shape) < image.LEAST_SIDE * scale * (2 if halve else 1):
        least = image.LEAST_SIDE * scale * (2 if halve else 1)
        raise InputError(
            f"{path}: {luma.shape[1]}x{luma.shape[0]} pixels; allowed: {least}x{least} and more"
        )
    if halve:
        luma = image.crop_to_multiple(luma, 2)
        luma = image.resize(luma, luma.shape[1] // 2, luma.shape[0] // 2, "lanczos")
    original = np.clip(image.crop_to_multiple(luma, scale), 0.0, 1.0)
    low = np.rint(image.shrink(original, scale) * INPUT_LEVELS) / INPUT_LEVELS
    return low, original


def upscaled_psnr(low: Plane, original: Plane, weights: Weights, layer: Layer) -> float:
    """PSNR in dB of the layer's output in floating point, clipped to 0..1."""
    return psnr(original, np.clip(apply(low, weights, layer), 0.0, 1.0))


def resized_psnr(low: Plane, original: Plane, method: str) -> float:
    """PSNR in dB of the input enlarged by `image.resize`, clipped to 0..1."""
    height, width = original.shape
    return psnr(original, np.clip(image.resize(low, width, height, method), 0.0, 1.0))


def fit(
    photographs: Sequence[str | Path],
    layer: Layer,
    *,
    halve: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Fit:
    """Fit the layer's weights to photographs, and say how good they are.

    Parameters
    ----------
    photographs : sequence of str or Path
    layer : Layer
        An exact upscaler with one channel in and out.
    halve : bool
        As in `pair`.
    progress : callable, optional
        Is told, in a few words, what begins.

    Returns
    -------
    Fit
        The weights and, for each photograph, the PSNR of bicubic and Lanczos enlargement, of the
        weights, and of weights fitted without this photograph.

    Raises
    ------
    InputError
        If the layer cannot be fitted, or a photograph cannot be read or is too small.
    """
    say = progress if progress is not None else lambda _: None
    total = NormalEquations(layer)
    if not photographs:
        raise InputError("no photograph to fit to; allowed: one or more")
    each = []
    for path in photographs:
        say(f"fit {Path(path).name}")
        low, original = pair(path, layer.stride, halve=halve)
        equations = NormalEquations(layer)
        equations.add(low, original)
        each.append(equations)
        total = total + equations
    weights = total.solve()
    figures = []
    for index, path in enumerate(photographs):
        say(f"measure {Path(path).name}")
        low, original = pair(path, layer.stride, halve=halve)
        held_out = None
        if len(each) > 1:
            others = NormalEquations(layer)
            for equations in each[:index] + each[index + 1 :]:
                others = others + equations
            held_out = upscaled_psnr(low, original, others.solve(), layer)
        figures.append(
            Figures(
                photo=Path(path).name,
                width=original.shape[1],
                height=original.shape[0],
                bicubic=resized_psnr(low, original, "bicubic"),
                lanczos=resized_psnr(low, original, "lanczos"),
                fitted=upscaled_psnr(low, original, weights, layer),
                held_out=held_out,
            )
        )
    return Fit(weights, figures)


def provenance(
    photographs: Sequence[str | Path],
    found: Fit,
    output: str | Path,
    *,
    halve: bool = False,
    note: str = "",
) -> dict[str, str]:
    """How a kernel came to be, for kernels.save; names only, no folders.

    Returns
    -------
    dict of str
        ``command``; ``photographs``, a line each with its SHA-256; ``figures``, a line each with
        PSNR in dB; and ``note``, such as authors and licences, if given.
    """
    names = [Path(path).name for path in photographs]
    command = ["deconv4k", "fit"]
    command += ["--halve"] if halve else []
    command += ["--note", note] if note else []
    command += [*names, "-o", Path(output).name]
    digests = [
        f"{hashlib.sha256(Path(path).read_bytes()).hexdigest()}  {name}"
        for path, name in zip(photographs, names, strict=True)
    ]
    lines = []
    for row in found.figures:
        held_out = "" if row.held_out is None else f", fitted without it {row.held_out:.2f}"
        lines.append(
            f"{row.photo} {row.width}x{row.height}: bicubic {row.bicubic:.2f}, "
            f"Lanczos {row.lanczos:.2f}, fitted {row.fitted:.2f}{held_out}"
        )
    entries = {
        "command": shlex.join(command),
        "photographs": "\n".join(digests),
        "figures": "\n".join(lines),
    }
    if note:
        entries["note"] = note
    return entries
