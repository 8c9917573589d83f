"""The fast model's inner loops: a layer tile by tile, in vector registers (docs/golden.md)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import overload
from numpy.typing import NDArray

from deconv4k._shared.simd import (
    halves,
    lanes_in,
    load,
    multiply_add_pairs,
    pairs,
    splat,
    splat_each,
    store,
    store_woven,
)
from deconv4k.golden.plan import Plan
from deconv4k.golden.products import quantise_pairs, quantise_product
from deconv4k.layer import Layer
from deconv4k.quantise import (
    is_plain,
    overflow_to,
    quantise_code,
    quantise_plainly,
)

TILE_ROWS = 16
"""Output rows that one thread works on at a time, an even number."""


TILE_COLUMNS = 256
"""Their columns of one phase."""


class Geometry(NamedTuple):
    """Taps of two neighbouring output rows, for the compiled kernels.

    Output rows ``oy = S*q + r`` and ``oy + 1`` share input row ``q + dy``, the first with kernel
    row ``r + P - S*dy``, the second with the next one; a kernel row outside 0..K-1 weighs nothing.
    A tap is one input row at one column offset (or a pair of columns), in the order r, s, dy, dx.
    """

    stride: int
    group: int
    """Columns of one tap."""
    lift: int
    """Bits that pixels are shifted to the left."""
    first: NDArray[np.int64]
    """(S, S): the first tap of phase (r, s)."""
    columns: NDArray[np.int64]
    """(S,): taps of phase s in one input row."""
    low: NDArray[np.int64]
    """(S,): dy of the topmost input row of r."""
    high: NDArray[np.int64]
    """(S,): dy of the lowest one."""
    row: NDArray[np.int64]
    """(taps,): dy - low[r]."""
    column: NDArray[np.int64]
    """(taps,): dx - left."""
    left: int
    """The smallest dx of all phases."""
    right: int
    """The largest."""


@lru_cache(maxsize=64)
def _geometry(layer: Layer, group: int) -> tuple[Geometry, NDArray[np.int64], NDArray[np.int64]]:
    """Taps of a layer, `group` neighbouring columns in one tap, and their kernel indices.

    Returns
    -------
    geometry : Geometry
    rows : ndarray, (taps, 2, 1)
        Kernel row for either output row; K where it has none.
    columns : ndarray, (taps, 1, group)
        Kernel column for each column of the group; K where it has none.
    """
    size, stride, padding = layer.kernel, layer.stride, layer.padding
    offsets = [
        np.array([tap.offset for tap in layer.taps(s)[::-1]][::group], dtype=np.int64)
        for s in range(stride)
    ]
    low = [-((size - 1 - r - padding) // stride) for r in range(stride)]
    high = [(r + 1 + padding) // stride for r in range(stride)]
    every = np.concatenate(offsets)
    left = int(every.min())
    first = np.zeros((stride, stride), dtype=np.int64)
    parts: list[NDArray[np.int64]] = []
    for r, s in np.ndindex(stride, stride):
        first[r, s] = sum(part.shape[1] for part in parts)
        dy, dx = np.meshgrid(np.arange(low[r], high[r] + 1), offsets[s], indexing="ij")
        ky, kx = r + padding - stride * dy, s + padding - stride * dx
        parts.append(np.stack([dy - low[r], dx - left, ky, kx]).reshape(4, -1))
    row, column, ky, kx = np.concatenate(parts, axis=1)
    rows = ky[:, np.newaxis, np.newaxis] + np.arange(2)[:, np.newaxis]
    columns = kx[:, np.newaxis, np.newaxis] - stride * np.arange(group)
    geometry = Geometry(
        stride,
        group,
        0,
        first,
        np.array([len(each) for each in offsets]),
        np.array(low),
        np.array(high),
        row,
        column,
        left,
        int(every.max()),
    )
    absent = size
    rows[(rows < 0) | (rows >= size)] = absent
    columns[(columns < 0) | (columns >= size)] = absent
    return geometry, rows, columns


def taps_of(layer: Layer, kernel: NDArray[Any], chosen: Plan) -> tuple[Geometry, NDArray[Any]]:
    """The weights in the order of `Geometry`: (C_out, C_in, taps, 2 output rows)."""
    geometry, rows, columns = _geometry(layer, chosen.group)
    kernel = kernel.astype(np.int64) << chosen.weight_lift
    padded = np.pad(kernel.transpose(1, 0, 2, 3), ((0, 0), (0, 0), (0, 1), (0, 1)))
    taps = padded[:, :, rows, columns]
    if chosen.group == 2:
        return geometry, ((taps[..., 0] & 0xFFFF) | (taps[..., 1] << 16)).astype(np.uint32)
    return geometry, taps[..., 0].astype(chosen.sum_dtype)


@njit(cache=True, nogil=True)
def work_tiles(first, last, frame, taps, bias, geometry, product, accumulator, target, out):  # type: ignore[no-untyped-def]
    """Output rows ``TILE_ROWS * first`` to ``TILE_ROWS * last``, tile by tile.

    A tile's input lies in a small padded buffer and so do its sums: (row, phase s, column). Where
    the frame is narrower than a tile, the tile is taller.
    """
    stride = geometry.stride
    outputs, rows, columns = out.shape
    reach = (columns + stride - 1) // stride
    step = lanes_in(bias)
    tile = min(TILE_COLUMNS, (reach + step - 1) // step * step)
    tall = TILE_COLUMNS // tile * TILE_ROWS
    pitch = tile + geometry.right - geometry.left + 2
    offsets = geometry.row * pitch + geometry.column
    words = np.empty((tall // stride + 2 + geometry.high[-1] - geometry.low[0]) * pitch, taps.dtype)
    sums = np.empty(tall * stride * tile, bias.dtype)
    flat = out.reshape(-1)
    finish = min(last * TILE_ROWS, rows)
    for oy in range(first * TILE_ROWS, finish, tall):
        used = min(tall, finish - oy)
        end = oy + used + (used & 1) - 2
        top = oy // stride + geometry.low[oy % stride]
        bottom = end // stride + geometry.high[end % stride] + 1
        for x in range(0, reach, tile):
            width = min(tile, (reach - x + step - 1) // step * step)
            for o in range(outputs):
                sums[:] = bias[o]
                for c in range(frame.shape[0]):
                    _fill(frame[c], top, bottom, x + geometry.left, words, pitch, geometry)
                    _add_channel(
                        oy, used, words, pitch, top, taps[o, c], offsets, geometry, product, sums,
                        tile, width,
                    )  # fmt: skip
                _quantise(sums, used * stride * tile, accumulator, target)
                start = (o * rows + oy) * columns + stride * x
                # where a tile holds whole rows, what comes after them is this call's to write
                spill = (o * rows + finish) * columns if reach <= tile else 0
                _weave(sums, used, tile, stride, columns - stride * x, flat, start, columns, spill)


@njit(cache=True, nogil=True)
def _fill(plane, top, bottom, left, words, pitch, geometry):  # type: ignore[no-untyped-def]
    """Rows `top` to `bottom` of one channel, from column `left` on, zeros outside the frame.

    In groups of two a word holds a pixel in its lower half and the next one in its upper half.
    """
    height, width = plane.shape
    mask = -1 if geometry.group == 1 else 0xFFFF
    first, last = min(max(0, -left), pitch), max(0, min(pitch, width - left))
    for iy in range(top, bottom):
        row = words[(iy - top) * pitch : (iy - top + 1) * pitch]
        if not 0 <= iy < height:
            row[:] = 0
            continue
        row[:first] = 0
        row[last:] = 0
        inside, pixels = row[first:last], plane[iy, left + first : left + last]
        for i in range(inside.size):
            inside[i] = (np.int64(pixels[i]) << geometry.lift) & mask
        if geometry.group == 2:
            for i in range(pitch - 1):
                row[i] |= row[i + 1] << np.uint32(16)


@njit(cache=True, nogil=True)
def _add_channel(  # type: ignore[no-untyped-def]
    oy, used, words, pitch, top, taps, offsets, geometry, product, sums, tile, width
):
    """Add all taps of one input channel to `used` rows of sums from `oy` on, `width` columns each.

    Four registers of columns at a time. What is left of a row goes together with the same columns
    of the next three pairs of rows that have the same taps.
    """
    stride, n = geometry.stride, lanes_in(sums)
    pairs_of_rows = (used + 1) // 2
    period = stride if stride & 1 else stride // 2
    blocks = width // (4 * n) * 4 * n
    product = splat_each(product)
    for m, s in np.ndindex(pairs_of_rows, stride):
        q, r = (oy + 2 * m) // stride, (oy + 2 * m) % stride
        first = geometry.first[r, s]
        last = first + (geometry.high[r] - geometry.low[r] + 1) * geometry.columns[s]
        at, i = (2 * m * stride + s) * tile, (q + geometry.low[r] - top) * pitch
        some, places = taps[first:last], offsets[first:last]
        for x in range(0, blocks, 4 * n):
            _add_four(sums, at + x, n, stride * tile, words, i + x, n, some, places, product)
        turn = m // period % 4
        if m + (3 - turn) * period >= pairs_of_rows:
            for x in range(blocks, width, n):
                _add_one(sums, at + x, stride * tile, words, i + x, some, places, product)
        elif turn == 0:
            down, further = 2 * period * stride * tile, 2 * period // stride * pitch
            for x in range(blocks, width, n):
                _add_four(
                    sums, at + x, down, stride * tile, words, i + x, further, some, places, product
                )


@njit(cache=True, nogil=True, forceinline=True)
def _add_four(sums, at, apart, lower, words, i, further, taps, offsets, product):  # type: ignore[no-untyped-def]
    """``sums[at] += words[i + offset] * tap`` over all taps, of four registers and two rows.

    The registers lie `apart` in the sums and their words `further` in the words; the second output
    row is `lower`. Sums stay in registers over all taps, and each word loaded serves both rows.
    """
    at1, at2, at3 = at + apart, at + 2 * apart, at + 3 * apart
    a0, b0 = load(sums, at), load(sums, lower + at)
    a1, b1 = load(sums, at1), load(sums, lower + at1)
    a2, b2 = load(sums, at2), load(sums, lower + at2)
    a3, b3 = load(sums, at3), load(sums, lower + at3)
    for tap in range(offsets.size):
        at_word = i + offsets[np.uintp(tap)]
        a, b = splat(taps[np.uintp(tap), 0]), splat(taps[np.uintp(tap), 1])
        word = load(words, at_word)
        a0, b0 = multiply_add(a0, word, a, product), multiply_add(b0, word, b, product)
        word = load(words, at_word + further)
        a1, b1 = multiply_add(a1, word, a, product), multiply_add(b1, word, b, product)
        word = load(words, at_word + 2 * further)
        a2, b2 = multiply_add(a2, word, a, product), multiply_add(b2, word, b, product)
        word = load(words, at_word + 3 * further)
        a3, b3 = multiply_add(a3, word, a, product), multiply_add(b3, word, b, product)
    store(sums, at, a0)
    store(sums, lower + at, b0)
    store(sums, at1, a1)
    store(sums, lower + at1, b1)
    store(sums, at2, a2)
    store(sums, lower + at2, b2)
    store(sums, at3, a3)
    store(sums, lower + at3, b3)


@njit(cache=True, nogil=True, forceinline=True)
def _add_one(sums, at, lower, words, i, taps, offsets, product):  # type: ignore[no-untyped-def]
    """`_add_four` of one register and two rows."""
    a, b = load(sums, at), load(sums, lower + at)
    for tap in range(offsets.size):
        word = load(words, i + offsets[np.uintp(tap)])
        a = multiply_add(a, word, splat(taps[np.uintp(tap), 0]), product)
        b = multiply_add(b, word, splat(taps[np.uintp(tap), 1]), product)
    store(sums, at, a)
    store(sums, lower + at, b)


@njit(cache=True, nogil=True)
def _quantise(sums, size, accumulator, target):  # type: ignore[no-untyped-def]
    """Wrap the first `size` sums to the accumulator, then quantise them, in place."""
    n, to = lanes_in(sums), splat_each(target)
    if accumulator.wrap != -1:
        wrap = splat_each(accumulator)
        for x in range(0, size, n):
            store(sums, x, overflow_to(load(sums, x), wrap))
    if is_plain(target):
        for x in range(0, size, n):
            store(sums, x, quantise_plainly(load(sums, x), to))
    else:
        for x in range(0, size, n):
            store(sums, x, quantise_code(load(sums, x), to))


@njit(cache=True, nogil=True)
def _weave(phases, used, tile, stride, room, out, start, columns, spill):  # type: ignore[no-untyped-def]
    """Put the phases of each row side by side: ``out[S*x + s] = phases[s, x]``.

    At most `room` codes of a row are written, whole vectors first, for the usual strides. The last
    vector may run over the row's end as long as it stays below `spill`: the rows there come later.
    """
    n = lanes_in(phases)
    usual = stride <= 4
    inside = min(tile, room // stride) // n * n if usual else 0
    for m in range(used):
        a, to = m * stride * tile, start + m * columns
        b, c, d = a + tile, a + 2 * tile, a + 3 * tile
        whole = tile if usual and to + stride * tile <= spill else inside
        if stride == 1:
            for x in range(0, whole, n):
                store_woven(out, to + x, (load(phases, a + x),))
        elif stride == 2:
            for x in range(0, whole, n):
                store_woven(out, to + 2 * x, (load(phases, a + x), load(phases, b + x)))
        elif stride == 3:
            for x in range(0, whole, n):
                two = load(phases, a + x), load(phases, b + x)
                store_woven(out, to + 3 * x, (*two, load(phases, c + x)))
        elif stride == 4:
            for x in range(0, whole, n):
                two = load(phases, a + x), load(phases, b + x)
                more = load(phases, c + x), load(phases, d + x)
                store_woven(out, to + 4 * x, (*two, *more))
        for s in range(stride):
            for x in range(whole, min(tile, (room - s + stride - 1) // stride)):
                out[to + stride * x + s] = phases[a + s * tile + x]


def multiply_add(total: Any, words: Any, tap: Any, product: Any) -> Any:
    """``total + quantise(words * tap)``, lane by lane; pairs of int16 where words are uint32."""
    raise NotImplementedError("compiled code only")


@overload(multiply_add)
def _multiply_add(total, words, tap, product):  # type: ignore[no-untyped-def]
    one = np.uint32(0x10001)
    if words.scalar == types.uint32 and isinstance(product, types.NoneType):
        return lambda total, words, tap, product: multiply_add_pairs(total, words, tap)
    if words.scalar == types.uint32:
        return lambda total, words, tap, product: multiply_add_pairs(
            total, pairs(quantise_pairs(halves(words), halves(tap), product)), splat(one)
        )
    if isinstance(product, types.NoneType):
        return lambda total, words, tap, product: total + words * tap
    return lambda total, words, tap, product: total + quantise_product(words * tap, product)
