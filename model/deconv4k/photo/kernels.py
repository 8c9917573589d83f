"""Useful kernels, and the layer in floating point that they are judged by.

Weights are real numbers in PyTorch's layout (C_in, C_out, K, K); `to_codes` makes integers of them.

Alignment
---------
A photograph shrunk by S pixel areas to one has output pixel oy at input coordinate
``(oy + 0.5) / S - 0.5``. In the layer, output row oy meets input row iy at kernel index
``k = oy + P - S * iy``, so that tap lies

    x(k) = (oy + 0.5) / S - 0.5 - iy = (k - P - (S - 1) / 2) / S

input pixels from the output pixel, whatever oy is: the kernel's centre is ``P + (S - 1) / 2``. For
FSRCNN's (9, 2, 4, 1) that is 4.5, not the middle index 4: taps 1 to 8 are a symmetric kernel, and
tap 0 sits alone at -2.25. A kernel centred on index 4 instead would move the picture by a quarter
of an input pixel.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deconv4k._shared.files import write_bytes
from deconv4k.errors import InputError
from deconv4k.formats import Format, Rounding
from deconv4k.layer import Layer
from deconv4k.quantise import quantise_real

Weights = NDArray[np.float64]

FITTED_LAYER = Layer(9, 2, 4, 1)
"""The layer for which a fitted kernel is shipped."""

FITTED_FILE = "fitted_x2_k9.npz"


def _bilinear(x: Weights) -> Weights:
    """The triangle ``max(0, 1 - abs(x))``."""
    return np.maximum(0.0, 1.0 - np.abs(x))


def _bicubic(x: Weights) -> Weights:
    """Cubic convolution with a = -0.5: Keys, IEEE Trans. ASSP 29(6), 1981, equation 15."""
    d = np.abs(x)
    near = 1.5 * d**3 - 2.5 * d**2 + 1.0
    far = -0.5 * d**3 + 2.5 * d**2 - 4.0 * d + 2.0
    return np.where(d < 1, near, np.where(d < 2, far, 0.0))


def _lanczos(x: Weights) -> Weights:
    """``sinc(x) sinc(x / 3)`` within 3: Duchon, J. Applied Meteorology 18, 1979, with a = 3."""
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


METHODS: dict[str, Callable[[Weights], Weights]] = {
    "bilinear": _bilinear,
    "bicubic": _bicubic,
    "lanczos": _lanczos,
}
"""Interpolating kernels, in units of input pixels."""

NAMES = ("fitted", *METHODS, "study")
"""Kernels that `named` knows."""


def study(kernel: int = 9) -> Weights:
    """The original study's kernel: first row 1, 2, ... K, the rest zero.

    Returns
    -------
    ndarray of float64, (1, 1, K, K)
    """
    weights = np.zeros((1, 1, kernel, kernel))
    weights[0, 0, 0] = np.arange(1, kernel + 1)
    return weights


def interpolating(layer: Layer, method: str) -> Weights:
    """An interpolating kernel in the layer's alignment (see the module's text).

    In each dimension ``w[k] = h(x(k))``, and then each phase is divided by its sum: every phase
    has a DC gain of 1, also where K taps cut a wide kernel (Lanczos needs 12 taps for S = 2).

    Parameters
    ----------
    layer : Layer
        As many channels out as in: each is interpolated alone. Otherwise every output channel
        is the interpolated mean of the input channels.
    method : str
        A key of `METHODS`.

    Returns
    -------
    ndarray of float64, (C_in, C_out, K, K)
        A phase whose taps all lie outside h copies its nearest tap; one without taps is zero.

    Raises
    ------
    InputError
        If the method is unknown.
    """
    if method not in METHODS:
        raise InputError(f"kernel {method!r}; allowed: {', '.join(METHODS)}")
    centre = layer.padding + (layer.stride - 1) / 2
    distance = (np.arange(layer.kernel) - centre) / layer.stride
    line = METHODS[method](distance)
    for phase in range(layer.stride):
        indices = [tap.at for tap in layer.taps(phase)]
        if not indices:
            continue
        total = line[indices].sum()
        if total < 0.25:
            # Dividing by a lobe's remains would amplify noise.
            line[indices] = 0.0
            line[min(indices, key=lambda k: abs(distance[k]))] = 1.0
        else:
            line[indices] /= total
    kernel = np.outer(line, line)
    weights = np.zeros((layer.in_channels, layer.out_channels, layer.kernel, layer.kernel))
    if layer.in_channels == layer.out_channels:
        for channel in range(layer.in_channels):
            weights[channel, channel] = kernel
    else:
        weights[:] = kernel / layer.in_channels
    return weights


def fitted() -> Weights:
    """The shipped kernel, fitted to photographs; for `FITTED_LAYER` only.

    Made by ``deconv4k fit --halve life.jpg picosdeeuropa.jpg aitzgorri.jpg -o
    fitted_x2_k9.npz`` from three photographs by Aitzol Berasategi (CC-BY-4.0); data/README.md has
    the whole story, and the file carries it too.

    Returns
    -------
    ndarray of float64, (1, 1, 9, 9)
    """
    with resources.as_file(resources.files("deconv4k") / "data" / FITTED_FILE) as path:
        return load(path, FITTED_LAYER)


def default(layer: Layer) -> Weights:
    """The best kernel at hand: the fitted one where it belongs, otherwise bicubic."""
    return fitted() if layer == FITTED_LAYER else interpolating(layer, "bicubic")


def named(name: str, layer: Layer) -> Weights:
    """A kernel by its name: one of `NAMES`.

    Raises
    ------
    InputError
        If the name is unknown, or the kernel does not exist for this layer.
    """
    if name in METHODS:
        return interpolating(layer, name)
    if name == "fitted":
        if layer != FITTED_LAYER:
            raise InputError(f"kernel 'fitted' for {layer}; allowed: {FITTED_LAYER}")
        return fitted()
    if name == "study":
        if (layer.in_channels, layer.out_channels) != (1, 1):
            raise InputError(f"kernel 'study' for {layer}; allowed: one channel in and out")
        return study(layer.kernel)
    raise InputError(f"kernel {name!r}; allowed: {', '.join(NAMES)}, or a .npz or .npy file")


_NEAREST = (
    Rounding.AP_RND,
    Rounding.AP_RND_ZERO,
    Rounding.AP_RND_MIN_INF,
    Rounding.AP_RND_INF,
    Rounding.AP_RND_CONV,
)


def to_codes(
    weights: Weights, layer: Layer, target: Format, *, keep_gain: bool = True
) -> NDArray[np.int64]:
    """Quantise weights so that every phase keeps its DC gain.

    Rounding each weight alone leaves the 25 errors of a phase to add up: at 8 fraction bits the
    shipped kernel's white comes out three codes dark in every fourth pixel. Here the sum of a
    phase's codes (over its taps and input channels) is the rounded sum of its weights: as many
    weights as that takes, those for which it costs least, go to their other neighbour.

    Parameters
    ----------
    weights : ndarray of float64, (C_in, C_out, K, K)
    layer : Layer
    target : Format
    keep_gain : bool
        False: quantise each weight alone. So is done, whatever this says, with a format that
        truncates, and for a phase with a weight outside the format's range.

    Returns
    -------
    ndarray of int64, the shape of `weights`
        No code is further than one step from its weight.

    Raises
    ------
    InputError
        As `deconv4k.quantise.quantise_real`.
    """
    codes = quantise_real(weights, target, "weights")
    if not keep_gain or target.rounding not in _NEAREST:
        return codes
    exact = np.ldexp(weights, target.fraction)
    for channel in range(weights.shape[1]):
        for r in range(layer.stride):
            for s in range(layer.stride):
                rows = [tap.at for tap in layer.taps(r)]
                columns = [tap.at for tap in layer.taps(s)]
                if not rows or not columns:
                    continue
                place = np.ix_(range(weights.shape[0]), [channel], rows, columns)
                rounded, real = codes[place].reshape(-1), exact[place].reshape(-1)
                error = real - rounded
                missing = int(np.rint(real.sum())) - int(rounded.sum())
                if np.abs(error).max() > 0.5:
                    continue
                step = 1 if missing > 0 else -1
                # A weight that rounding brought far down costs least to bring up again.
                for i in np.argsort(-step * error, kind="stable"):
                    if missing == 0:
                        break
                    if (
                        target.lowest_code <= rounded[i] + step <= target.max_code
                        and error[i] * step > 0
                    ):
                        rounded[i] += step
                        missing -= step
                codes[place] = rounded.reshape(codes[place].shape)
    return codes


def _geometry(layer: Layer) -> list[int]:
    return [layer.kernel, layer.stride, layer.padding, layer.output_padding]


def load(path: str | Path, layer: Layer | None = None) -> Weights:
    """Read weights from a file.

    Parameters
    ----------
    path : str or Path
        ``.npz`` with a key ``weights``, as `save` and ``deconv4k fit`` write it, or ``.npy``.
        The numbers are values, of any integer or float type. A single kernel may be (K, K).
    layer : Layer, optional
        The layer that they must fit.

    Returns
    -------
    ndarray of float64, (C_in, C_out, K, K)

    Raises
    ------
    InputError
        If the file is missing or holds no weights, or they do not fit the layer.
    """
    geometry: list[int] | None = None
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.lib.npyio.NpzFile):
            with content:
                if "weights" not in content:
                    found = ", ".join(content.files) or "nothing"
                    raise InputError(f"{path}: holds {found}; allowed: an array named 'weights'")
                array = content["weights"]
                if "geometry" in content:
                    geometry = [int(number) for number in content["geometry"]]
        else:
            array = content
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or 'no .npz or .npy file'}") from None
    except (ValueError, EOFError, zipfile.BadZipFile):
        raise InputError(f"{path}: no weights; allowed: a .npz or .npy file of numbers") from None
    if array.dtype.kind not in "iuf":
        raise InputError(f"{path}: weights of type {array.dtype}; allowed: integers or floats")
    shape = array.shape
    if array.ndim == 2:
        array = array[np.newaxis, np.newaxis]
    if array.ndim != 4 or array.shape[2] != array.shape[3] or array.size == 0:
        raise InputError(f"{path}: weights of shape {shape}; allowed: (C_in, C_out, K, K)")
    weights = np.asarray(array, dtype=np.float64)
    if not np.isfinite(weights).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(weights))[0])
        raise InputError(f"{path}: weights{list(place)} = {weights[place]}; allowed: finite")
    if layer is not None:
        expected = (layer.in_channels, layer.out_channels, layer.kernel, layer.kernel)
        if weights.shape != expected:
            raise InputError(
                f"{path}: weights of shape {shape}; allowed: {expected}, (C_in, C_out, K, K) of "
                "the layer"
            )
        if geometry is not None and geometry != _geometry(layer):
            raise InputError(
                f"{path}: weights for K, S, P, OP = {geometry}; allowed: {_geometry(layer)}, "
                "those of the layer"
            )
    return weights


def save(path: str | Path, weights: Weights, layer: Layer, **provenance: str) -> None:
    """Write weights as ``.npz``: the same bytes for the same arguments, whole or not at all.

    Parameters
    ----------
    path : str or Path
        Must end in ``.npz``.
    weights : ndarray of float64, (C_in, C_out, K, K)
    layer : Layer
        The layer they are for; `load` compares.
    **provenance : str
        How the weights came to be; each becomes an entry of the file.

    Raises
    ------
    InputError
        If the name is not as above, the shape is not the layer's, or writing fails.
    """
    if Path(path).suffix != ".npz":
        raise InputError(f"{path}: ends in {Path(path).suffix!r}; allowed: '.npz'")
    expected = (layer.in_channels, layer.out_channels, layer.kernel, layer.kernel)
    if weights.shape != expected:
        raise InputError(f"{path}: weights of shape {weights.shape}; allowed: {expected}")
    buffer = io.BytesIO()
    entries = {name: np.array(text) for name, text in provenance.items()}
    # NumPy stamps every entry of the archive with the year 1980.
    np.savez(buffer, weights=weights, geometry=np.array(_geometry(layer)), **entries)  # type: ignore[arg-type]  # the stub takes `entries` for its keyword allow_pickle
    write_bytes(path, buffer.getvalue())


def apply(plane: NDArray[np.float64], weights: Weights, layer: Layer) -> NDArray[np.float64]:
    """The layer in floating point, for one channel in and out: what fixed point approximates.

    ``out[S q + r] = sum over taps of in[q + offset] * w[index]``, zero outside the frame.

    Parameters
    ----------
    plane : ndarray of float64, (H, W)
    weights : ndarray of float64, (1, 1, K, K)
    layer : Layer

    Returns
    -------
    ndarray of float64, (OH, OW)
        Not clipped. No bit-true model: the order of the sum is free.
    """
    stride = layer.stride
    out = np.zeros(layer.output_shape(*plane.shape))
    for r in range(stride):
        for s in range(stride):
            phase = out[r::stride, s::stride]
            for row in layer.taps(r):
                top, bottom = _span(row.offset, plane.shape[0], phase.shape[0])
                for column in layer.taps(s):
                    left, right = _span(column.offset, plane.shape[1], phase.shape[1])
                    phase[top:bottom, left:right] += (
                        weights[0, 0, row.at, column.at]
                        * plane[
                            top + row.offset : bottom + row.offset,
                            left + column.offset : right + column.offset,
                        ]
                    )
    return out


def _span(offset: int, inputs: int, outputs: int) -> tuple[int, int]:
    """First q, and one after the last, with both in[q + offset] and the phase's q in the frame."""
    first = max(0, -offset)
    return first, max(first, min(outputs, inputs - offset))
