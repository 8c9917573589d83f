"""Ask PyTorch for the layer's answers: model/tests/data/pytorch.npz, which the tests compare with.

python tools/torch_answers.py

They stand in the tree so that only who makes them anew needs PyTorch.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

ANSWERS = Path(__file__).resolve().parents[1] / "model" / "tests" / "data" / "pytorch.npz"

LAYERS = 300
"""Random layers."""

SIZES = (4, 3, 4, 4), (1, 2, 5)
"""K from 1, S from 1, P from 0, OP from 0: so many of each; input rows and columns."""

STUDY = ("111 111 111", "100 000 000", "000 000 001", "000 100 000", "123 000 000")
"""The original study's kernels, on 3x3 ones."""

Frame = NDArray[np.int64]


def generate() -> bytes:
    """The file's bytes."""
    rows = []
    flat: dict[str, list[Frame]] = {"pixels": [], "weights": [], "bias": [], "out": []}
    for (stride, padding, output_padding), *arrays in (*study(), *layers()):
        pixels, weights, bias = arrays
        out = conv_transpose(pixels, weights, bias, stride, padding, output_padding)
        rows.append([stride, padding, output_padding, *weights.shape, *pixels.shape, *out.shape])
        for codes, array in zip(flat.values(), (*arrays, out), strict=True):
            codes.append(array.reshape(-1))
    joined: dict[str, Any] = {
        name: np.concatenate(codes).astype(np.int64 if name == "out" else np.int32)
        for name, codes in flat.items()
    }
    buffer = io.BytesIO()
    # Not compressed: arrays are the same wherever they are made, what zlib makes of them is not.
    np.savez(
        buffer,
        pytorch=np.array(torch.__version__.split("+")[0]),
        sizes=sizes(),
        layers=np.array(rows, dtype=np.int16),
        **joined,
    )
    return buffer.getvalue()


def study() -> Iterator[tuple[tuple[int, int, int], Frame, Frame, Frame]]:
    """The known answers' questions, and the worked example in tenths: K=3, S=2, P=1, OP=1."""
    none = np.zeros(1, dtype=np.int64)
    for kernel in STUDY:
        weights = np.array([int(digit) for digit in kernel.replace(" ", "")])
        yield (2, 1, 1), np.ones((1, 3, 3), dtype=np.int64), weights.reshape(1, 1, 3, 3), none
    worked = np.arange(10, 19).reshape(1, 3, 3), np.arange(1, 10).reshape(1, 1, 3, 3)
    yield (2, 1, 1), *worked, none


def layers() -> Iterator[tuple[tuple[int, int, int], Frame, Frame, Frame]]:
    """Random layers; pixels of 8 and 20 bits, both signs; weights of 10 and 18; often extremes."""
    rng = np.random.default_rng(1)

    def codes(low: int, high: int, shape: tuple[int, ...]) -> Frame:
        extremes = rng.choice([low, 0, high], shape)
        return np.where(rng.random(shape) < 0.3, extremes, rng.integers(low, high + 1, shape))

    found = 0
    while found < LAYERS:
        kernel, stride = int(rng.integers(1, 11)), int(rng.integers(1, 6))
        padding, output_padding = int(rng.integers(kernel + 1)), int(rng.integers(stride))
        inputs, outputs = (int(n) for n in rng.integers(1, 4, 2))
        shape = tuple(int(n) for n in rng.integers(1, 8, 2))
        if min(shape) * stride - stride - 2 * padding + kernel + output_padding < 1:
            continue
        bits = 8 if found & 1 else 20
        signed = found >> 1 & 1
        low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
        edge = 1 << (17 if found >> 2 & 1 else 9)
        pixels = codes(low, high, (inputs, *shape))
        weights = codes(-edge, edge - 1, (inputs, outputs, kernel, kernel))
        bias = codes(-(1 << 20), (1 << 20) - 1, (outputs,)) * int(rng.integers(2))
        yield (stride, padding, output_padding), pixels, weights, bias
        found += 1


def conv_transpose(
    pixels: Frame, weights: Frame, bias: Frame, stride: int, padding: int, output_padding: int
) -> Frame:
    """PyTorch's layer in float64, which is exact here: no sum has more than 53 bits."""
    x, w, b = (torch.from_numpy(codes.astype(np.float64)) for codes in (pixels, weights, bias))
    out = torch.nn.functional.conv_transpose2d(x, w, b, stride, padding, output_padding).numpy()
    codes: Frame = out.astype(np.int64)
    if (codes != out).any() or np.abs(out).max() > 1 << 53:
        raise ValueError("a sum that float64 does not hold")
    return codes


def sizes() -> NDArray[np.int16]:
    """(K, S, P, OP, size): the output size, 0 where PyTorch refuses, or returns no pixel at all."""
    shape, rows = SIZES
    answers = np.zeros((*shape, len(rows)), dtype=np.int16)
    for k, s, padding, output_padding, i in np.ndindex(answers.shape):
        pixels, weights = torch.zeros(1, 1, rows[i], rows[i]), torch.zeros(1, 1, k + 1, k + 1)
        try:
            out = torch.nn.functional.conv_transpose2d(
                pixels, weights, None, s + 1, padding, output_padding
            )
        except RuntimeError:
            continue
        answers[k, s, padding, output_padding, i] = out.shape[-1]
    return answers


if __name__ == "__main__":
    ANSWERS.parent.mkdir(exist_ok=True)
    ANSWERS.write_bytes(generate())
