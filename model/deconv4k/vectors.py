"""The committed vectors: small cases, each with the bug it is there to find.

A case NAME is three kinds of files in vectors/: ``NAME.toml`` says why it exists, its
configuration, the seed that made it and its frames; ``NAME.kernel.mem``, ``NAME.input.mem`` and
``NAME.expected.mem`` hold weights, input pixels and output pixels for ``$readmemh``, one a line,
in hexadecimal two's complement; the first line says the format. With several input channels one
line holds a pixel's channels, channel 0 in the least significant digits.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from deconv4k import golden, image, kernels
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.fixed import Format

Codes = NDArray[Any]
Frames = list[Codes]


@dataclass(frozen=True)
class Case:
    """One committed case.

    Parameters
    ----------
    name, why : str
    seed : int
    config : Config
    weights : ndarray of int, (C_in, 1, K, K)
    bias : int
    frames : list of ndarray of int, (C_in, H, W)
    expected : list of ndarray of int, (OH, OW)
    """

    name: str
    why: str
    seed: int
    config: Config
    weights: Codes
    bias: int
    frames: Frames
    expected: Frames


Make = Callable[[Config, np.random.Generator], tuple[Codes, Frames]]


_small = functools.partial(Config.upscaler, width=40, height=64)
"""An engine with lines of up to 40 pixels."""

_signed = functools.partial(
    _small, pixel="ap_fixed<8,8>", output="ap_fixed<10,8,AP_RND_CONV,AP_SAT_SYM>"
)


def _noise(config: Config, random: np.random.Generator, *sizes: tuple[int, int]) -> Frames:
    pixel, channels = config.formats.pixel, config.layer.in_channels
    return [
        random.integers(pixel.min_code, pixel.max_code + 1, (channels, height, width))
        for height, width in sizes
    ]


def _random_kernel(config: Config, random: np.random.Generator, divide: int = 4) -> Codes:
    layer, weight = config.layer, config.formats.weight
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    return random.integers(weight.min_code // divide, weight.max_code // divide + 1, shape)


def _fitted(config: Config) -> Codes:
    return kernels.to_codes(kernels.default(config.layer), config.layer, config.formats.weight)


def _study(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    del random
    return kernels.study(9).astype(np.int64), [np.ones((1, 8, 12), dtype=np.int64)]


def _impulse(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    frames = []
    for y, x in ((0, 0), (0, 10), (6, 0), (6, 10), (3, 5)):
        frame = np.zeros((1, 7, 11), dtype=np.int64)
        frame[0, y, x] = 1
        frames.append(frame)
    # Every weight another one, so that any two taps exchanged show.
    size = config.layer.kernel
    return np.arange(1, size * size + 1).reshape(1, 1, size, size), frames


def _extremes(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    weights = _random_kernel(config, random, 1)
    layer, pixel = config.layer, config.formats.pixel
    frames = []
    for r in range(layer.stride):
        for s in range(layer.stride):
            for largest in (True, False):
                frame = np.full((1, 9, 9), 0, dtype=np.int64)
                for y in layer.taps(r):
                    for x in layer.taps(s):
                        ky = r + layer.padding - layer.stride * y.offset
                        kx = s + layer.padding - layer.stride * x.offset
                        up = (weights[0, 0, ky, kx] > 0) == largest
                        frame[0, 4 + y.offset, 4 + x.offset] = (
                            pixel.max_code if up else pixel.min_code
                        )
                frames.append(frame)
    return weights, frames


def _ties(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    # Pixel p times the weights 1/2, -1/2 and 3/2: every second product is a tie, on both signs.
    del random
    weights = np.array([[128, -128], [384, -384]]).reshape(1, 1, 2, 2)
    ramp = np.arange(-128, 128).reshape(1, 8, 32)
    return weights, [ramp]


def _sizes(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    sizes = [(5, 20), (3, 4), (1, 1), (1, 1), (1, 3), (2, 40), (7, 1), (1, 39), (4, 2), (3, 17)]
    return _random_kernel(config, random), _noise(config, random, *sizes)


def _checkerboard(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    del random
    y, x = np.mgrid[0:10, 0:13]
    board = ((y + x) % 2 * config.formats.pixel.max_code)[np.newaxis]
    ramp = (x * 20)[np.newaxis]
    return _fitted(config), [board, ramp, np.full((1, 10, 13), config.formats.pixel.max_code)]


def _thrice(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    return _random_kernel(config, random), _noise(config, random, *[(6, 22)] * 3)


def _plain(config: Config, random: np.random.Generator) -> tuple[Codes, Frames]:
    return _random_kernel(config, random), _noise(config, random, (7, 19), (4, 40))


_X2 = (9, 2, 4, 1)

CASES: dict[str, tuple[str, Config, int, Make]] = {
    "study": (
        "A kernel used without its turn by 180 degrees, or taps of one phase used for another: "
        "ones through the row 1..9 give 9 12 16 ... 18 21 14, the original study's answer.",
        _small(_X2, 4, weight="ap_fixed<10,10>"), 0, _study,
    ),
    "impulse": (
        "Any tap at the wrong place: one pixel in each corner and in the middle prints the kernel.",
        _small(_X2, 4, weight="ap_fixed<10,10>"), 0, _impulse,
    ),
    "extremes": (
        "An accumulator too narrow, and saturation at the wrong side: in each phase the largest "
        "and the smallest sum that any picture can give.",
        _small(_X2, 4), 0, _extremes,
    ),
    "flat": (
        "Phases of unequal gain, and rows or columns taken from beyond the edge: checkerboard, "
        "ramp and white.",
        _small(_X2, 4), 0, _checkerboard,
    ),
    "sizes": (
        "Anything left over from the frame before, a beat lost where a line ends in half a beat, "
        "and a bubble or a hang between frames: sizes change, down to single pixels.",
        _small(_X2, 4), 0, _sizes,
    ),
    "repeat": (
        "A clock lost between frames of one size.",
        _small(_X2, 4), 0, _thrice,
    ),
    "half-rate": (
        "Weights of one phase meeting pixels of another when multipliers take turns.",
        _small(_X2, 2), 0, _sizes,
    ),
    "quarter-rate": (
        "The same with one multiplier set for all four phases.",
        _small(_X2, 1), 0, _sizes,
    ),
    "ties": (
        "Ties rounded the wrong way, on either sign.",
        _signed((2, 2, 0, 0), 4), 0, _ties,
    ),
    "x3": (
        "Three lines computed side by side and read one after the other.",
        _small((9, 3, 4, 2), 3), 0, _plain,
    ),
    "x4": (
        "Four lines side by side; an even kernel; signed codes.",
        _signed((8, 4, 2, 0), 4), 0, _plain,
    ),
    "channels": (
        "Channels exchanged, products rounded in the wrong place, a bias added twice.",
        _small(
            (3, 2, 1, 1), 4,
            channels=3, product="ap_fixed<16,10,AP_RND>", bias="ap_fixed<14,8>",
            accumulator="ap_fixed<18,12>", output="ap_fixed<12,10,AP_TRN_ZERO,AP_SAT>",
        ), 0, _plain,
    ),
}  # fmt: skip
"""Name: why, configuration, seed, maker."""


def make(name: str) -> Case:
    """Make a case of `CASES` anew."""
    why, config, seed, maker = CASES[name]
    random = np.random.default_rng(seed)
    weights, frames = maker(config, random)
    bias = 77 if config.formats.bias is not None else 0
    given = np.array([bias]) if config.formats.bias is not None else None
    expected = [golden.run(config, frame, weights, given)[0] for frame in frames]
    return Case(name, why, seed, config, weights, bias, frames, expected)


def _lines(codes: Codes, target: Format, per_line: int, header: str) -> bytes:
    """One word of `per_line` codes a line, the first one in the least significant digits."""
    width = target.width
    digits = -(-width * per_line // 4)
    mask = (1 << width) - 1
    lines = [f"// {header}"]
    for group in codes.reshape(-1, per_line).tolist():
        word = sum((code & mask) << (width * i) for i, code in enumerate(group))
        lines.append(f"{word:0{digits}x}")
    return ("\n".join(lines) + "\n").encode()


def write(case: Case, folder: Path) -> list[str]:
    """Write one case; returns the names of its files."""
    config, formats = case.config, case.config.formats
    channels = config.layer.in_channels
    sizes = [[frame.shape[2], frame.shape[1]] for frame in case.frames]
    shown = ", ".join(f"{width}x{height}" for width, height in sizes)
    head = {
        "case": {"why": case.why, "seed": case.seed, "bias": case.bias, "frames": sizes},
        **tomllib.loads(config.to_toml()),
    }
    pixels = np.concatenate([frame.transpose(1, 2, 0).reshape(-1) for frame in case.frames])
    outputs = np.concatenate([frame.reshape(-1) for frame in case.expected])
    content = {
        f"{case.name}.toml": tomli_w.dumps(head).encode(),
        f"{case.name}.kernel.mem": _lines(
            case.weights, formats.weight, 1,
            f"weights (C_in, 1, K, K) in C order, {formats.weight}, hex",
        ),
        f"{case.name}.input.mem": _lines(
            pixels, formats.pixel, channels,
            f"pixels of {shown} (width x height), {channels} channel(s) a line, "
            f"{formats.pixel}, hex",
        ),
        f"{case.name}.expected.mem": _lines(
            outputs, formats.output, 1,
            f"output pixels, {config.layer.stride} times as wide and high, {formats.output}, hex",
        ),
    }  # fmt: skip
    for name, data in content.items():
        image.write_bytes(folder / name, data)
    return list(content)


def write_all(folder: Path) -> list[str]:
    """Write all cases; returns the names of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [name for case in CASES for name in write(make(case), folder)]


def _codes(path: Path, target: Format, per_line: int) -> NDArray[np.int64]:
    """Codes of a .mem file, in order."""
    try:
        text = path.read_text(encoding="ascii")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    width = target.width
    codes = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("//"):
            continue
        try:
            word = int(line, 16)
        except ValueError:
            raise InputError(f"{path}:{number}: {line!r}; allowed: one hex word") from None
        for i in range(per_line):
            code = word >> (width * i) & ((1 << width) - 1)
            codes.append(code - (1 << width) if code > target.max_code else code)
    return np.array(codes, dtype=np.int64)


def read(path: Path) -> Case:
    """Read a committed case from its .toml file.

    Raises
    ------
    InputError
        If a file is missing or does not hold what the .toml file says.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: no TOML: {error}") from None
    head = data.pop("case", None)
    if not isinstance(head, dict) or not {"why", "seed", "bias", "frames"} <= set(head):
        raise InputError(f"{path}: no table [case] with why, seed, bias and frames")
    config = Config.from_dict(data)
    layer, formats = config.layer, config.formats
    base = path.with_suffix("")
    pixels = _codes(base.with_suffix(".input.mem"), formats.pixel, layer.in_channels)
    outputs = _codes(base.with_suffix(".expected.mem"), formats.output, 1)
    weights = _codes(base.with_suffix(".kernel.mem"), formats.weight, 1)
    frames: Frames = []
    expected: Frames = []
    at = out_at = 0
    for width, height in head["frames"]:
        count = width * height * layer.in_channels
        rows, columns = layer.output_shape(height, width)
        chunk, out_chunk = pixels[at : at + count], outputs[out_at : out_at + rows * columns]
        if len(chunk) < count or len(out_chunk) < rows * columns:
            raise InputError(f"{path}: the .mem files end within frame {len(frames)}")
        frames.append(chunk.reshape(height, width, layer.in_channels).transpose(2, 0, 1))
        expected.append(out_chunk.reshape(rows, columns))
        at, out_at = at + count, out_at + rows * columns
    if (at, out_at) != (len(pixels), len(outputs)):
        raise InputError(f"{path}: the .mem files hold more than the frames it lists")
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    return Case(
        path.stem, head["why"], head["seed"], config, weights.reshape(shape), head["bias"],
        frames, expected,
    )  # fmt: skip
