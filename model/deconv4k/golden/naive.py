"""The textbook forms of the layer, slow and obvious, sharing nothing with the golden model.

`scatter` is the definition, `zero_insertion` the form of the original study, with its finding:
the kernel must be turned by 180 degrees. Both work in Python integers of any size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def scatter(
    pixels: NDArray[Any],
    weights: NDArray[Any],
    stride: int,
    padding: int,
    output_padding: int,
) -> NDArray[np.object_]:
    """Each input pixel adds a K x K stamp to the output; what sticks out is cut off.

    Parameters
    ----------
    pixels : ndarray, (C_in, H, W)
    weights : ndarray, (C_in, C_out, K, K)
        PyTorch layout.
    stride, padding, output_padding : int

    Returns
    -------
    ndarray of object, (C_out, OH, OW)
        Exact sums.
    """
    channels, height, width = pixels.shape
    outputs, size = weights.shape[1], weights.shape[2]
    full_rows = (height - 1) * stride + size + output_padding
    full_columns = (width - 1) * stride + size + output_padding
    full = np.zeros((outputs, full_rows, full_columns), dtype=object)
    stamp = weights.astype(object)
    for channel in range(channels):
        for y in range(height):
            for x in range(width):
                pixel = int(pixels[channel, y, x])
                top, left = y * stride, x * stride
                full[:, top : top + size, left : left + size] += pixel * stamp[channel]
    rows = full_rows - 2 * padding
    columns = full_columns - 2 * padding
    return full[:, padding : padding + rows, padding : padding + columns]


def zero_insertion(
    pixels: NDArray[Any],
    kernel: NDArray[Any],
    stride: int,
    padding: int,
    output_padding: int,
    *,
    turn: bool = True,
) -> NDArray[Any]:
    """Zeros between the pixels, a border, then an ordinary sliding window.

    Parameters
    ----------
    pixels : ndarray, (H, W)
    kernel : ndarray, (K, K)
        PyTorch layout; `padding` at most K - 1.
    stride, padding, output_padding : int
    turn : bool
        Turn the kernel by 180 degrees first. Without it the result is wrong for every kernel that
        is not symmetric: the classic mistake.

    Returns
    -------
    ndarray, (OH, OW)
    """
    size = kernel.shape[0]
    border = size - 1 - padding
    rows, columns = ((n - 1) * stride + 1 for n in pixels.shape)
    spread = np.zeros(
        (rows + 2 * border + output_padding, columns + 2 * border + output_padding),
        dtype=np.result_type(pixels, kernel),
    )
    spread[border : border + rows : stride, border : border + columns : stride] = pixels
    window = kernel[::-1, ::-1] if turn else kernel
    views = np.lib.stride_tricks.sliding_window_view(spread, (size, size))
    result: NDArray[Any] = (views * window).sum(axis=(2, 3), dtype=spread.dtype)
    return result
