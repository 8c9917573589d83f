"""The golden model: bit-true, polyphase, phase by phase as the hardware.

``run`` is the whole layer; ``phase_sums`` stops before the output quantiser. Sums are exact: in
pairs of int16 products, in int32 or in int64, the fastest that the accumulator bound proves
sufficient (`deconv4k.golden.plan.plan`); no float stands anywhere. docs/golden.md tells how it is
fast. `deconv4k.golden.reference` computes the same one module of hw/ after the other, to be read.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import config as untyped_settings
from numpy.typing import NDArray

from deconv4k._shared.parallel import spread
from deconv4k.config import Config
from deconv4k.formats import Format
from deconv4k.golden import bound, plan, reference
from deconv4k.golden.arrays import check
from deconv4k.golden.products import product_steps
from deconv4k.golden.tiles import TILE_ROWS, taps_of, work_tiles
from deconv4k.quantise import quantise, steps

# Numba sets these names as it reads them from the environment.
settings: Any = untyped_settings


def run(
    config: Config,
    pixels: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None = None,
) -> NDArray[Any]:
    """The layer on one frame: codes in, codes out.

    Parameters
    ----------
    config : Config
    pixels, weights, bias
        As `check` takes them.

    Returns
    -------
    ndarray, (C_out, OH, OW), or (OH, OW) for a two-dimensional input and one output channel
        Codes of the output format, in the narrowest integer type that holds them.

    Raises
    ------
    InputError
        As `check`; or sums wider than the model's 64-bit arithmetic.
    """
    formats = config.formats
    out = _layer(config, pixels, weights, bias, formats.output, formats.output_shift)
    return out[0] if np.ndim(pixels) == 2 and config.layer.out_channels == 1 else out


_UNCHANGED = Format(64, 64, True)


def phase_sums(
    config: Config,
    pixels: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None = None,
) -> NDArray[np.int64]:
    """The sums before the output quantiser, wrapped to the accumulator if one is given.

    Parameters and errors as `run`.

    Returns
    -------
    ndarray of int64, (C_out, OH, OW)
        Phase (r, s) is ``[:, r::S, s::S]``.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> config = d4k.Config.default()
    >>> sums = d4k.phase_sums(config, np.full((8, 8), 255), d4k.kernel_codes(config, "bicubic"))
    >>> sums.shape, int(sums[0, 8, 8])
    ((1, 16, 16), 65280)
    """
    return _layer(config, pixels, weights, bias, _UNCHANGED, 0)


def _layer(
    config: Config,
    pixels: NDArray[Any],
    weights: NDArray[Any],
    bias: NDArray[Any] | None,
    output: Format,
    shift: int,
) -> NDArray[Any]:
    full, kernel, start = check(config, pixels, weights, bias)
    layer, formats = config.layer, config.formats
    chosen = plan.plan(config, bound.bound(config, kernel, start), output, shift)
    if settings.DISABLE_JIT:
        sums = reference.phase_sums(config, full, kernel, start)
        with np.errstate(over="ignore"):
            codes = quantise(sums, shift + output.fraction, output)
        return codes.astype(output.code_dtype())
    rows, columns = layer.output_shape(full.shape[1], full.shape[2])
    out = np.empty((layer.out_channels, rows, columns), dtype=output.code_dtype())
    geometry, taps = taps_of(layer, kernel, chosen)
    geometry = geometry._replace(lift=chosen.pixel_lift)
    # (C_in, H, W) as it came wherever it has the pixel format's own type
    frame = np.ascontiguousarray(full).astype(formats.pixel.code_dtype(), copy=False)
    product: Any = None
    if formats.product is not None and chosen.quantises:
        bits = 16 if chosen.group == 2 else chosen.bits
        shift_down = max(0, formats.product_shift)
        product = product_steps(shift_down, formats.product, bits, fits=chosen.fits)
    accumulator = steps(0, formats.accumulator or _UNCHANGED, chosen.bits)
    target = steps(shift, output, chosen.bits)
    start = start.astype(chosen.sum_dtype)

    def work(first: int, last: int) -> None:
        work_tiles(first, last, frame, taps, start, geometry, product, accumulator, target, out)

    spread(work, -(-rows // TILE_ROWS))
    return out
