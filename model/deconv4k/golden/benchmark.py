"""How fast the golden model is, beside the float layers people use, all in one run.

Every contestant of a table runs once in each round, so that whatever else the machine does
falls on all of them. What the ``bench`` extra of pyproject.toml brings is optional here: what is
missing is named and the rest is measured.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from deconv4k import golden
from deconv4k._shared import files, parallel, simd
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.formats import Format
from deconv4k.golden.bound import bound
from deconv4k.golden.plan import plan
from deconv4k.layer import Layer

OPTIONAL = ("torch", "onnxruntime", "onnx", "cv2", "apytypes", "matplotlib")
"""Modules that a whole comparison needs."""

FRAME = (1080, 1920)


@dataclass(frozen=True)
class Case:
    """One layer with its data.

    Parameters
    ----------
    name : str
    config : Config
    pixels : ndarray, (C_in, H, W)
    weights : ndarray, (C_in, C_out, K, K)
    """

    name: str
    config: Config
    pixels: NDArray[Any]
    weights: NDArray[Any]

    @classmethod
    def of(cls, name: str, config: Config, shape: tuple[int, int] = FRAME) -> Case:
        """A case on noise over the whole range of the formats."""
        layer, formats = config.layer, config.formats
        rng = np.random.default_rng(1)

        def noise(form: Format, size: tuple[int, ...]) -> NDArray[Any]:
            return rng.integers(form.min_code, form.max_code + 1, size, form.code_dtype())

        kernel = (layer.in_channels, layer.out_channels, layer.kernel, layer.kernel)
        pixels = noise(formats.pixel, (layer.in_channels, *shape))
        return cls(name, config, pixels, noise(formats.weight, kernel))

    def golden(self) -> NDArray[Any]:
        """The golden model's output."""
        return golden.run(self.config, self.pixels, self.weights)

    @property
    def plan(self) -> str:
        """The integers that the golden model computes in."""
        formats = self.config.formats
        reach = bound(self.config, self.weights)
        return plan(self.config, reach, formats.output, formats.output_shift).name

    @property
    def outputs(self) -> int:
        """Output pixels."""
        layer = self.config.layer
        rows, columns = layer.output_shape(*self.pixels.shape[1:])
        return layer.out_channels * rows * columns

    @property
    def multiplies(self) -> float:
        """Multiplies of the layer, none by an inserted zero: taps of a phase, for each output."""
        layer = self.config.layer
        taps = sum(map(sum, layer.phase_taps())) / layer.stride**2
        return taps * layer.in_channels * self.outputs

    @property
    def bytes(self) -> int:
        """Bytes of the input and of the output."""
        return self.pixels.nbytes + self.outputs * self.config.formats.output.code_dtype().itemsize


def measure(calls: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, dict[str, float]]:
    """Seconds of each call: least and median over the rounds, after a round unmeasured."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return {
        name: {"min": min(each), "median": float(np.median(each))} for name, each in seconds.items()
    }


def missing() -> list[str]:
    """Optional modules that are not installed."""
    return [name for name in OPTIONAL if importlib.util.find_spec(name) is None]


def contestants(case: Case) -> dict[str, Callable[[], Any]]:
    """Whoever is installed and computes the case's layer (OpenCV: enlarges its first channel)."""
    absent = missing()
    calls: dict[str, Callable[[], Any]] = {"golden": case.golden}
    if "torch" not in absent:
        calls["PyTorch, float32"] = _torch(case)
    if not {"onnx", "onnxruntime"} & set(absent):
        calls["ONNX Runtime, float32"] = _onnxruntime(case)
    if case.config.layer.in_channels == 1 and "cv2" not in absent:
        calls["OpenCV resize, bicubic, uint8"] = _opencv(case)
    return calls


def _torch(case: Case) -> Callable[[], Any]:
    torch = importlib.import_module("torch")
    torch.set_num_threads(parallel.threads())
    layer = case.config.layer
    pixels = torch.from_numpy(case.pixels.astype(np.float32))[None]
    weights = torch.from_numpy(case.weights.astype(np.float32))
    module = torch.nn.ConvTranspose2d(
        layer.in_channels,
        layer.out_channels,
        layer.kernel,
        layer.stride,
        layer.padding,
        layer.output_padding,
        bias=False,
    )
    module.weight = torch.nn.Parameter(weights, requires_grad=False)

    def run() -> Any:
        with torch.no_grad():
            return module(pixels)

    return run


def _onnxruntime(case: Case) -> Callable[[], Any]:
    onnx = importlib.import_module("onnx")
    runtime = importlib.import_module("onnxruntime")
    layer, helper, real = case.config.layer, onnx.helper, onnx.TensorProto.FLOAT
    node = helper.make_node(
        "ConvTranspose",
        ["x", "w"],
        ["y"],
        strides=[layer.stride] * 2,
        pads=[layer.padding] * 4,
        output_padding=[layer.output_padding] * 2,
    )
    pixels = case.pixels.astype(np.float32)[np.newaxis]
    graph = helper.make_graph(
        [node],
        "layer",
        [helper.make_tensor_value_info("x", real, pixels.shape)],
        [helper.make_tensor_value_info("y", real, None)],
        [onnx.numpy_helper.from_array(case.weights.astype(np.float32), "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = parallel.threads()
    session = runtime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda: session.run(None, {"x": pixels})


def _opencv(case: Case) -> Callable[[], Any]:
    cv2 = importlib.import_module("cv2")
    cv2.setNumThreads(parallel.threads())
    scale, plane = case.config.layer.stride, case.pixels[0]
    return lambda: cv2.resize(plane, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)


def apytypes_seconds(case: Case) -> float:
    """Seconds of one run of the same arithmetic in apytypes, phase by phase.

    Raises
    ------
    AssertionError
        If its codes are not the golden model's.
    """
    apy = importlib.import_module("apytypes")
    layer, formats = case.config.layer, case.config.formats
    behind, ahead = layer.rows_behind, layer.rows_ahead
    _, height, width = case.pixels.shape
    start = time.perf_counter()
    padded = apy.APyFixedArray.from_array(
        np.pad(case.pixels[0].astype(float), (behind, ahead)), int_bits=9, frac_bits=0
    )
    step = 2.0**-formats.weight.fraction
    out = np.empty((layer.stride * height, layer.stride * width), dtype=np.int64)
    for r, s in np.ndindex(layer.stride, layer.stride):
        total = None
        for row in layer.taps(r):
            for column in layer.taps(s):
                y, x = behind + row.offset, behind + column.offset
                weight = apy.fx(
                    float(case.weights[0, 0, row.at, column.at]) * step,
                    int_bits=formats.weight.integer,
                    frac_bits=formats.weight.fraction,
                )
                term = padded[y : y + height, x : x + width] * weight
                total = term if total is None else total + term
        assert total is not None
        codes = total.cast(
            int_bits=9,
            frac_bits=0,
            quantization=apy.QuantizationMode.RND,
            overflow=apy.OverflowMode.SAT,
        ).to_numpy()
        out[r :: layer.stride, s :: layer.stride] = np.maximum(codes, 0)
    seconds = time.perf_counter() - start
    np.testing.assert_array_equal(out, case.golden()[0])
    return seconds


@njit(cache=True, nogil=True)
def _multiply_pairs(count, zero, words):  # type: ignore[no-untyped-def]
    """The vector units alone: 8 sums in registers, `count` times a pair each."""
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = simd.load(zero, 0)
    word, one = simd.load(words, 0), simd.splat(words[1])
    a, b = simd.splat(words[2]), simd.splat(words[3])
    c, d = simd.splat(words[4]), simd.splat(words[5])
    for _ in range(count):
        t0 = simd.multiply_add_pairs(t0, word, a)
        t1 = simd.multiply_add_pairs(t1, word, b)
        t2 = simd.multiply_add_pairs(t2, word, c)
        t3 = simd.multiply_add_pairs(t3, word, d)
        word = word + one
        t4 = simd.multiply_add_pairs(t4, word, a)
        t5 = simd.multiply_add_pairs(t5, word, b)
        t6 = simd.multiply_add_pairs(t6, word, c)
        t7 = simd.multiply_add_pairs(t7, word, d)
        word = word + one
    simd.store(zero, 0, t0 + t1 + t2 + t3 + t4 + t5 + t6 + t7)


def limits(case: Case, rounds: int) -> dict[str, float]:
    """Seconds that a case takes at least: in the vector units, and for its bytes in memory.

    The vector units are timed on multiplies of registers, the memory on copying the input into
    the output as often as it fits.
    """
    count, width = 200_000, simd.REGISTER_BITS // 32
    threads = parallel.threads()
    out = np.empty(case.outputs, dtype=np.uint8)
    plane = case.pixels[0].reshape(-1)

    def vectors() -> None:
        parallel.spread(
            lambda first, last: _multiply_pairs(
                count * (last - first), np.zeros(width, np.int32), np.arange(width, dtype=np.uint32)
            ),
            8 * threads,
        )

    def copy(first: int, last: int) -> None:
        for part in range(first, last):
            place = slice(part * plane.size // 8, (part + 1) * plane.size // 8)
            for quarter in out.reshape(-1, plane.size):
                quarter[place] = plane[place]

    calls = {"vectors": vectors, "memory": lambda: parallel.spread(copy, 8)}
    times = measure(calls, rounds)
    a_second = 8 * threads * count * 8 * 2 * width / times["vectors"]["min"]
    return {
        "vector_multiplies_a_second": a_second,
        "vector_seconds": case.multiplies / a_second,
        "memory_seconds": times["memory"]["min"],
    }


def _formats(**changes: str) -> dict[str, Format]:
    return {name: Format.parse(text) for name, text in changes.items()}


def sweep(base: Config) -> Iterator[Case]:
    """Odd geometries and formats, beside the first, which is the usual one."""
    yield Case.of("K9 S2 P4 OP1, 8-bit pixels", base)
    for kernel, stride, padding, extra in (
        (3, 1, 1, 0), (5, 1, 2, 0), (9, 1, 4, 0), (11, 1, 0, 0), (3, 2, 1, 1), (4, 2, 1, 0),
        (5, 2, 0, 1), (7, 2, 3, 1), (10, 2, 7, 0), (11, 2, 5, 1), (5, 3, 1, 0), (9, 3, 4, 2),
        (11, 3, 0, 1), (4, 4, 0, 0), (9, 4, 4, 3), (11, 4, 5, 2),
    ):  # fmt: skip
        layer = Layer(kernel, stride, padding, extra)
        yield Case.of(f"K{kernel} S{stride} P{padding} OP{extra}", replace(base, layer=layer))
    narrow = {"15 columns": (138240, 15), "40 columns": (51840, 40), "100 columns": (20736, 100)}
    for name, shape in narrow.items():
        yield Case.of(name, base, shape)
    for name, changes in {
        "12-bit pixels": _formats(
            pixel="ap_ufixed<12,12>", output="ap_ufixed<12,12,AP_RND,AP_SAT>"
        ),
        "16-bit pixels": _formats(
            pixel="ap_ufixed<16,16>", output="ap_ufixed<16,16,AP_RND,AP_SAT>"
        ),
        "signed pixels": _formats(pixel="ap_fixed<8,8>", output="ap_fixed<8,8,AP_RND,AP_SAT>"),
        "16-bit pixels and weights": _formats(
            pixel="ap_ufixed<16,16>",
            weight="ap_fixed<16,2>",
            output="ap_ufixed<16,16,AP_RND,AP_SAT>",
        ),
        "convergent, to zero": _formats(output="ap_ufixed<8,8,AP_RND_CONV,AP_SAT_ZERO>"),
        "truncate, wrap": _formats(output="ap_ufixed<8,8>"),
        "accumulator wraps at 16 bits": _formats(accumulator="ap_fixed<16,8>"),
        "product rounded": _formats(product="ap_fixed<14,10,AP_RND,AP_SAT>"),
        "product truncated, wraps": _formats(product="ap_fixed<12,8>"),
        "product of 18 bits": _formats(product="ap_fixed<18,12,AP_RND,AP_SAT>"),
        "product of 17 bits, saturates": _formats(product="ap_fixed<17,9,AP_RND,AP_SAT>"),
        "product of 18 bits, convergent, to zero": _formats(
            weight="ap_fixed<12,2>", product="ap_fixed<18,9,AP_RND_CONV,AP_SAT_ZERO>"
        ),
        "product convergent, to zero": _formats(product="ap_fixed<12,8,AP_RND_CONV,AP_SAT_ZERO>"),
    }.items():
        yield Case.of(name, replace(base, formats=replace(base.formats, **changes)))


def run(
    base: Config,
    folder: Path,
    rounds: int,
    measured: Callable[[Any], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure everything, and leave bench.json and bench.png in a folder.

    Parameters
    ----------
    base : Config
        The usual layer; its formats hold for the cases with many channels too.
    folder : Path
    rounds : int
        Times that each contestant runs.
    measured : callable, optional
        Called with each layer's figures, and at last with the list of the sweep's rows.

    Returns
    -------
    dict
        What bench.json holds.
    """
    if golden.settings.DISABLE_JIT:
        raise InputError("NUMBA_DISABLE_JIT = 1; allowed: 0, or there is no speed to measure")
    absent = missing()
    result: dict[str, Any] = {"threads": parallel.threads(), "missing": absent, "layers": []}
    for channels in (1, 32, 56):
        layer = replace(base.layer, in_channels=channels)
        case = Case.of(f"{channels} channel(s)", replace(base, layer=layer))
        times = measure(contestants(case), rounds if channels == 1 else max(3, rounds // 10))
        if channels == 1:
            if "apytypes" not in absent:
                seconds = apytypes_seconds(case)
                times["apytypes, one run"] = {"min": seconds, "median": seconds}
            result["limits"] = limits(case, rounds)
        result["layers"].append(_facts(case, times))
        measured(result["layers"][-1] | ({"limits": result["limits"]} if channels == 1 else {}))
    result["sweep"] = _sweep(base, max(5, rounds // 5))
    measured(result["sweep"])
    folder.mkdir(parents=True, exist_ok=True)
    files.save_json(folder / "bench.json", result)
    if "matplotlib" not in absent:
        plot(result, folder / "bench.png")
    return result


def _facts(case: Case, times: dict[str, dict[str, float]]) -> dict[str, Any]:
    return {
        "case": case.name,
        "path": case.plan,
        "size": list(case.pixels.shape[1:]),
        "multiplies": case.multiplies,
        "bytes": case.bytes,
        "seconds": times,
    }


def sum_of(limit: Mapping[str, float]) -> float:
    """Seconds of both limits, one after the other."""
    return limit["vector_seconds"] + limit["memory_seconds"]


def _sweep(base: Config, rounds: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    usual = next(sweep(base))
    for case in sweep(base):
        times = measure({"case": case.golden, "usual": usual.golden}, rounds)
        seconds, reference = times["case"]["min"], times["usual"]["min"]
        row: dict[str, Any] = {
            "case": case.name,
            "path": case.plan,
            "seconds": seconds,
            "multiplies_a_second": case.multiplies / seconds,
            "outputs_a_second": case.outputs / seconds,
        }
        rows.append(row)
        row["slower_by_multiplies"] = seconds / case.multiplies * usual.multiplies / reference
        row["slower_by_outputs"] = seconds / case.outputs * usual.outputs / reference
    return rows


def plot(result: Mapping[str, Any], picture: Path) -> None:
    """Milliseconds of every contestant, and the sweep's rates, as one PNG."""
    figure_module = importlib.import_module("matplotlib.figure")
    figure = figure_module.Figure(figsize=(11, 9), layout="constrained")
    left, right = figure.subplots(1, 2)
    names, heights = [], []
    for layer in result["layers"]:
        for name, each in layer["seconds"].items():
            names.append(f"{name}\n{layer['case']}")
            heights.append(1e3 * each["median"])
    left.barh(names, heights, color=["C1" if "golden" in name else "C0" for name in names])
    left.set_xscale("log")
    left.set_xlabel("ms a frame, median")
    left.invert_yaxis()
    rows = result["sweep"]
    right.barh([row["case"] for row in rows], [row["multiplies_a_second"] / 1e9 for row in rows])
    right.set_xlabel("golden, G multiplies a second")
    right.invert_yaxis()
    figure.suptitle(f"1920x1080 in, {result['threads']} threads")
    figure.savefig(picture, dpi=120)
