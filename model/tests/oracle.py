"""Who says what a layer's sums are: PyTorch's committed answers, ONNX Runtime and PyTorch live.

tools/torch_answers.py asked PyTorch for the committed ones. Live, PyTorch joins where it is
installed; with DECONV4K_TORCH=1 it must be, with DECONV4K_TORCH=0 it is left alone.
"""

import functools
import importlib
import importlib.util
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

ANSWERS = Path(__file__).parent / "data" / "pytorch.npz"
TOOL = Path(__file__).parents[2] / "tools" / "torch_answers.py"


class Answer(NamedTuple):
    """A layer, its codes, and PyTorch's sums."""

    stride: int
    padding: int
    output_padding: int
    pixels: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    out: np.ndarray


def load():
    """The arrays of the committed file, by name."""
    with np.load(ANSWERS) as data:
        return dict(data)


def answers():
    """The committed layers; the original study's five kernels lead, then its worked example."""
    data = load()
    flat = {name: data[name].astype(np.int64) for name in ("pixels", "weights", "bias", "out")}
    used = dict.fromkeys(flat, 0)
    layers = []
    for stride, padding, output_padding, *shapes in data["layers"].tolist():
        inputs, outputs, kernel, _, _, height, width, *out = shapes
        arrays = []
        for name, shape in (
            ("pixels", (inputs, height, width)),
            ("weights", (inputs, outputs, kernel, kernel)),
            ("bias", (outputs,)),
            ("out", tuple(out)),
        ):
            end = used[name] + int(np.prod(shape))
            arrays.append(flat[name][used[name] : end].reshape(shape))
            used[name] = end
        layers.append(Answer(stride, padding, output_padding, *arrays))
    assert used == {name: array.size for name, array in flat.items()}
    return layers


def missing():
    """Why an oracle that this run must ask is missing; empty where none is."""
    lines = []
    if os.environ.get("CI") and not _installed("onnxruntime"):
        lines.append("onnxruntime is not installed, and CI is set")
    if os.environ.get("DECONV4K_TORCH") == "1" and not _installed("torch"):
        lines.append("torch is not installed, and DECONV4K_TORCH=1 asks for it")
    return lines


def live():
    """The oracles at hand: a name and a function like `onnx_runtime`; none skips the test."""
    found = {}
    if _installed("onnxruntime"):
        found["ONNX Runtime"] = onnx_runtime
    if _pytorch():
        found["PyTorch"] = tool().conv_transpose
    if not found:
        pytest.skip("neither onnxruntime nor torch is installed")
    return found


@functools.cache
def tool():
    """The script that asks PyTorch."""
    spec = importlib.util.spec_from_file_location("torch_answers", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def summary():
    """One line: who was asked."""
    data = load()
    asked = [f"committed answers ({data['pytorch']}, {len(data['layers'])} layers)"]
    if _installed("onnxruntime"):
        asked.append("ONNX Runtime")
    if _pytorch():
        return f"asked: PyTorch's {', '.join([*asked, 'PyTorch live'])}"
    why = "not asked live" if os.environ.get("DECONV4K_TORCH") == "0" else "not installed"
    instead = " and ".join(asked) + (" were" if len(asked) > 1 else " alone were")
    return f"PyTorch is {why}: its {instead} asked instead; make test TORCH=1 asks it live"


def _pytorch():
    return os.environ.get("DECONV4K_TORCH") != "0" and _installed("torch")


def _installed(name):
    return importlib.util.find_spec(name) is not None


PIXEL_DIGIT, WEIGHT_DIGIT = 7, 6
"""Bits that `onnx_runtime` takes at a time, so that float32 holds the sums of their products."""


def onnx_runtime(pixels, weights, bias, stride, padding, output_padding):
    """The layer's sums by ONNX Runtime, which has float32 alone.

    The layer is linear: digits of pixels and weights are convolved on their own, exactly, and the
    sums added up in integers.
    """
    assert weights[:, 0].size << (PIXEL_DIGIT + WEIGHT_DIGIT) < 1 << 24
    runtime = importlib.import_module("onnxruntime")
    x = _digits(pixels, PIXEL_DIGIT).astype(np.float32)  # (digits, C_in, H, W)
    w = _digits(weights, WEIGHT_DIGIT)
    digits, outputs = len(w), weights.shape[1]
    w = w.transpose(1, 0, 2, 3, 4).reshape(len(weights), -1, *weights.shape[2:])
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(
        _model(stride, padding, output_padding), options, providers=["CPUExecutionProvider"]
    )
    parts = _whole(session.run(None, {"x": x, "w": w.astype(np.float32)})[0])
    parts = parts.reshape(len(x), digits, outputs, *parts.shape[2:])
    total = bias.astype(np.int64)[:, np.newaxis, np.newaxis]
    for i, j in np.ndindex(len(x), digits):
        total = total + (parts[i, j] << (PIXEL_DIGIT * i + WEIGHT_DIGIT * j))
    return total


def _model(stride, padding, output_padding):
    """``y = ConvTranspose(x, w)`` as an ONNX file, whose numbers are those of onnx.proto.

    By hand, because the package onnx, which would write it, is large.
    """
    attributes = {
        "strides": [stride] * 2,
        "pads": [padding] * 4,
        "output_padding": [output_padding] * 2,
    }
    node = _text(1, "x") + _text(1, "w") + _text(2, "y") + _text(4, "ConvTranspose")
    for name, values in attributes.items():
        integers = b"".join(_number(8, value) for value in values)
        node += _message(5, _text(1, name) + integers + _number(20, 7))
    real = _message(2, _message(1, _number(1, 1)))
    graph = _message(1, node) + _text(2, "layer")
    graph += b"".join(_message(11, _text(1, name) + real) for name in "xw")
    graph += _message(12, _text(1, "y") + real)
    return _number(1, 8) + _message(7, graph) + _message(8, _number(2, 17))


def _message(field, payload):
    return _variable(field << 3 | 2) + _variable(len(payload)) + payload


def _text(field, text):
    return _message(field, text.encode())


def _number(field, value):
    return _variable(field << 3) + _variable(value)


def _variable(value):
    """A protobuf varint: seven bits a byte, lowest first."""
    more, low = value >> 7, value & 127
    return bytes([low | 128]) + _variable(more) if more else bytes([low])


def _digits(codes, bits):
    """Codes as digits of `bits` bits, lowest first; the last one has the sign."""
    digits, rest = [], codes.astype(np.int64)
    while rest.min() < -(1 << bits) or rest.max() >= 1 << bits:
        digits.append(rest & ((1 << bits) - 1))
        rest = rest >> bits
    return np.stack([*digits, rest])


def _whole(real):
    codes = real.astype(np.int64)
    assert (codes == real).all()
    return codes
