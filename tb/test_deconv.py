"""The whole engine, frames in and frames out, against the golden model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import segments
from deconv4k import golden
from deconv4k._shared import checkout
from deconv4k.config import Config
from deconv4k.golden import naive
from deconv4k.quantise import quantise
from deconv4k.rtl import design, framing
from deconv4k.sim import play, sources, tools
from harness import run
from points import DEEP, POINTS
from segments import Segment

Codes = NDArray[np.int64]

# Seven channels take Icarus ten times as long as three.
SLOW = {("icarus", "x2_k4_2ppc_7ch_bias")}
RUNS = [
    pytest.param(sim, point, marks=[pytest.mark.full] if (sim, point) in SLOW else [])
    for sim in tools.SIMULATORS
    for point in POINTS
]

# The largest kernel alone takes as long as the others together.
LARGE = [
    pytest.param(point, marks=[pytest.mark.full] if point == "x4_k35_1ppc_width1" else [])
    for point in DEEP
]


def make_weights(config: Config, rng: np.random.Generator) -> Codes:
    """Random weights, so large that sums of noise fill the output's range and seldom leave it.

    None of the output's phases has a sum of weights below 0, which would leave it black.
    """
    layer, formats = config.layer, config.formats
    taps = layer.in_channels * (layer.kernel / layer.stride) ** 2
    reach = 2.0 ** (formats.output.width - 1 + formats.product_shift + formats.output_shift)
    size = max(2.0, reach / (2.0 ** (formats.pixel.width - 1) * np.sqrt(taps)))
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    weights = np.rint(rng.normal(0, size, shape)).astype(np.int64)
    for row, column in np.ndindex(layer.stride, layer.stride):
        phase = weights[:, 0, row :: layer.stride, column :: layer.stride]
        phase *= -1 if phase.sum() < 0 else 1
    return np.clip(weights, formats.weight.min_code, formats.weight.max_code)


def sign_matched(config: Config, weights: Codes, height: int, width: int) -> Iterator[Codes]:
    """For each phase, the frames that bring the largest and the smallest sum."""
    layer, pixel = config.layer, config.formats.pixel
    size, stride, padding = layer.kernel, layer.stride, layer.padding
    for r in range(stride):
        for s in range(stride):
            sign = np.zeros((layer.in_channels, height, width), dtype=np.int64)
            for iy in range(height):
                for ix in range(width):
                    ky = stride * (height // 2 - iy) + r + padding
                    kx = stride * (width // 2 - ix) + s + padding
                    if 0 <= ky < size and 0 <= kx < size:
                        sign[:, iy, ix] = weights[:, 0, ky, kx]
            yield np.where(sign > 0, pixel.max_code, pixel.min_code)
            yield np.where(sign > 0, pixel.min_code, pixel.max_code)


def make_frames(config: Config, weights: Codes, rng: np.random.Generator) -> list[Codes]:
    """Impulses, constants, ramp, checkerboard, largest and smallest sums, noise of all sizes."""
    layer, pixel = config.layer, config.formats.pixel
    low, high, channels = pixel.min_code, pixel.max_code, layer.in_channels
    most = config.video.width
    side = min(layer.rows_ahead + layer.rows_behind + 1, most)
    height, width = side + 2, min(side + 3, most)
    frames = []
    for y, x in ((0, 0), (0, width - 1), (height - 1, 0), (height - 1, width - 1)):
        frame = np.zeros((channels, height, width), dtype=np.int64)
        frame[:, y, x] = high
        frames.append(frame)
    frames.append(np.ones((channels, height, width), dtype=np.int64))
    frames.append(np.full((channels, height, width), high))
    y, x = np.mgrid[:height, :width]
    frames.append(np.broadcast_to(low + (y * width + x) % (high - low + 1), frame.shape))
    frames.append(np.broadcast_to(np.where((y + x) % 2, high, low), frame.shape))
    frames += sign_matched(config, weights, side, side)
    shapes = [(1, 1), (1, 1), (1, 16), (7, 1), (1, 1), (2, 29), (9, 2), (3, 3), (1, 2), (2, 1)]
    shapes += [(1 + n % 3, n) for n in range(1, 2 * layer.kernel + 1)]
    shapes += [(3, 19), (1, 1), (2, 23), (1, most), (2, most - 1), (4, 5), (4, 5), (4, 5)]
    for height, width in shapes:
        width = max(1, min(width, most))
        frames.append(rng.integers(low, high + 1, (channels, height, width)))
    return frames


def make_bias(config: Config, rng: np.random.Generator) -> int:
    bias = config.formats.bias
    return 0 if bias is None else int(rng.integers(bias.min_code, bias.max_code + 1)) // 4


def expect(config: Config, frames: list[Codes], weights: Codes, bias: int) -> list[Codes]:
    given = None if config.formats.bias is None else np.array([bias])
    return [golden.run(config, frame, weights, given)[0] for frame in frames]


def check(
    played: play.Played,
    frames: Sequence[Codes],
    expected: Sequence[Codes],
    ppc: int,
    where: Any = "",
) -> None:
    assert played.clean, (where, played)
    assert played.accepted == sum(frame.shape[1] * frame.shape[2] for frame in frames), where
    assert played.beats == sum(out.shape[0] * -(-out.shape[1] // ppc) for out in expected), where


@pytest.mark.parametrize(("sim_name", "point"), RUNS)
def test_frames(sim_name: str, point: str, tmp_path: Path, seed: int) -> None:
    config, rng = POINTS[point], np.random.default_rng(seed)
    weights, bias = make_weights(config, rng), make_bias(config, rng)
    frames = make_frames(config, weights, rng)
    expected = expect(config, frames, weights, bias)
    parts = []
    for stalls in play.STALLS:
        keep: Sequence[int] = range(len(frames))
        if stalls != "none":
            # At full speed all of them, otherwise a different half each time, order kept.
            keep = sorted(rng.choice(len(frames), len(frames) // 2, replace=False))
        parts.append(Segment(stalls, [frames[i] for i in keep], [expected[i] for i in keep]))
    played = segments.play(
        sim_name, config, parts, weights, bias, tmp_path, seed=seed, patience=5000
    )
    for part, came in zip(parts, played, strict=True):
        check(came, part.frames, part.expected, config.video.pixels_per_clock, part.stalls)


@pytest.mark.parametrize(("sim_name", "point"), RUNS)
def test_clocks(sim_name: str, point: str, tmp_path: Path, seed: int) -> None:
    config, rng = POINTS[point], np.random.default_rng(seed)
    pixel, layer = config.formats.pixel, config.layer
    weights, bias = make_weights(config, rng), make_bias(config, rng)
    most = config.video.width
    # An even width in a row of frames: an odd one is there in the lone ones. Several, so that the
    # input's registers have filled before the last interval. The widest ones fill the queues, too.
    sizes = [(1, 5, 7), (1, 1, 1), (6, 4, 10), (4, 4, most)]
    parts = []
    for count, height, width in sizes:
        shape = (layer.in_channels, height, min(width, most))
        frames = [rng.integers(pixel.min_code, pixel.max_code + 1, shape) for _ in range(count)]
        parts.append(Segment("none", frames, expect(config, frames, weights, bias)))
    played = segments.play(
        sim_name, config, parts, weights, bias, tmp_path, seed=seed, patience=5000
    )
    for size, part, came in zip(sizes, parts, played, strict=True):
        check(came, part.frames, part.expected, config.video.pixels_per_clock, size)
        predicted = design.clocks(config, *part.frames[0].shape[1:])
        assert came.first_out == predicted.first, size
        if len(part.frames) == 1:
            assert came.last_out == predicted.last, size
        else:
            assert came.last_interval == predicted.frame, size


@pytest.mark.parametrize(
    "point",
    [
        "x2_k3_4ppc_3ch_signed",
        pytest.param("x2_k4_2ppc_7ch_bias", marks=pytest.mark.full),
        "x2_k3_1ppc_width1",
        "x1_k3_1ppc",
    ],
)
def test_no_word_is_used_that_is_read_while_written(point: str, tmp_path: Path, seed: int) -> None:
    config, rng = POINTS[point], np.random.default_rng(seed)
    weights, bias = make_weights(config, rng), make_bias(config, rng)
    frames = make_frames(config, weights, rng)
    expected = expect(config, frames, weights, bias)
    undefined = checkout.ROOT / "tb" / "undefined" / "deconv_ram.v"
    files = [undefined if path.name == "deconv_ram.v" else path for path in sources.of("bench")]
    assert undefined in files
    parts = [Segment(stalls, frames, expected) for stalls in ("none", "both")]
    played = segments.play(
        "icarus", config, parts, weights, bias, tmp_path, seed=seed, patience=5000, files=files
    )
    for part, came in zip(parts, played, strict=True):
        check(came, frames, expected, config.video.pixels_per_clock, part.stalls)


@pytest.mark.parametrize("point", LARGE)
def test_large_kernels(point: str, tmp_path: Path, seed: int) -> None:
    """Narrow frames and wide ones, with and without stalls, and the rate of the widest.

    On Verilator: hundreds of multipliers at every clock take Icarus minutes.
    """
    config, rng = DEEP[point], np.random.default_rng(seed)
    pixel, most = config.formats.pixel, config.video.width
    weights = make_weights(config, rng)
    shapes = [(9, 1), (3, min(2, most)), (2, min(3, most)), (4, most), (4, most), (4, most)]
    frames = [rng.integers(pixel.min_code, pixel.max_code + 1, (1, *shape)) for shape in shapes]
    expected = expect(config, frames, weights, 0)
    parts = [Segment(stalls, frames, expected) for stalls in ("none", "output", "long")]
    played = segments.play(
        "verilator", config, parts, weights, 0, tmp_path, seed=seed, patience=20_000
    )
    for part, came in zip(parts, played, strict=True):
        check(came, frames, expected, 1, part.stalls)
        if part.stalls == "none" and most > 1:
            assert came.last_interval == design.clocks(config, 4, most).frame


@pytest.mark.parametrize(
    "point",
    [*POINTS, *LARGE],
)
def test_the_model_knows_the_queues(point: str, tmp_path: Path, seed: int) -> None:
    """What `deconv4k info` says of the memories is what the parameters elaborate to."""
    config = {**POINTS, **DEEP}[point]
    said: dict[str, Any] = {
        "latency": design.latency(config),
        "beats": design.queue_beats(config),
        "tree": design.tree_levels(config),
    }
    run("icarus", "bench", design.parameters(config), tmp_path, seed, module="queues", **said)


@pytest.mark.parametrize("sim_name", tools.SIMULATORS)
@pytest.mark.parametrize("point", ["x2_k9_4ppc", "x2_k9_2ppc_signed_to_16", "x2_k9_1ppc_to_4"])
def test_ties(sim_name: str, point: str, seed: int) -> None:
    """One tap a phase, a power of two with either sign, so that many sums are exact ties."""
    config, rng = POINTS[point], np.random.default_rng(seed)
    layer, formats = config.layer, config.formats
    shift = formats.output_shift
    power = min(shift - 1, formats.weight.width - 2)
    weights = np.zeros((1, 1, layer.kernel, layer.kernel), dtype=np.int64)
    weights[0, 0, 3:5, 3:5] = np.array([[1, -1], [-1, 1]]) << power
    unit = 1 << (shift - 1 - power)
    span = (formats.pixel.min_code // unit, formats.pixel.max_code // unit + 1)
    frames = [rng.integers(*span, (1, 9, 11)) * unit for _ in range(3)]
    sums = golden.phase_sums(config, frames[0], weights)
    assert np.count_nonzero(sums % (1 << shift) == 1 << (shift - 1)) > 50
    expected = expect(config, frames, weights, 0)
    played = play.play(
        sim_name, config, frames, weights, expected=expected, seed=seed, patience=5000
    )
    check(played, frames, expected, config.video.pixels_per_clock)


def test_the_scatter_agrees(sim: str, seed: int) -> None:
    """Without the golden model: the textbook's scatter, then the output format."""
    config, rng = POINTS["x2_k9_4ppc"], np.random.default_rng(seed)
    weights, layer, formats = make_weights(config, rng), config.layer, config.formats
    frames = make_frames(config, weights, rng)
    expected = [
        quantise(
            naive.scatter(frame, weights, layer.stride, layer.padding, layer.output_padding)[0],
            formats.sum_fraction,
            formats.output,
        )
        for frame in frames
    ]
    played = play.play(
        sim, config, frames, weights, expected=expected, stalls="both", seed=seed, patience=5000
    )
    check(played, frames, expected, config.video.pixels_per_clock)


def make_beats(config: Config, rng: np.random.Generator, frames: int) -> list[framing.Beat]:
    """Frames with faults of every kind, a good one after each."""
    layer, pixel = config.layer, config.formats.pixel
    bits = pixel.width
    beats: list[framing.Beat] = []
    for index in range(frames):
        width = int(rng.integers(1, min(9, config.video.width + 1)))
        height = int(rng.integers(1, 5))
        faults = 0.0 if index % 2 else 0.15
        for y in range(height):
            for x in range(width):
                sof, eol = x == y == 0, x == width - 1
                if rng.random() < faults:
                    sof = not sof
                if rng.random() < faults:
                    eol = not eol
                codes = rng.integers(0, 1 << bits, layer.in_channels).tolist()
                code = sum(code << (bits * c) for c, code in enumerate(codes))
                told = 0 if rng.random() < faults else width
                beats.append(framing.Beat(code, sof, eol, told, height))
                if rng.random() < faults / 2:
                    beats.append(beats[-1])
    return beats


@pytest.mark.parametrize(("sim_name", "point"), RUNS)
def test_malformed_video(sim_name: str, point: str, tmp_path: Path, seed: int) -> None:
    """Whole frames leave whatever arrives, and the flags say what it was."""
    config, rng = POINTS[point], np.random.default_rng(seed)
    layer, pixel = config.layer, config.formats.pixel
    weights, bias = make_weights(config, rng), make_bias(config, rng)
    beats: list[framing.Beat] = []
    before = framing.run(beats, config.video.width)
    parts, flags, dropped = [], [], []
    for stalls in play.STALLS:
        some = make_beats(config, rng, 40)
        beats += some
        # What one segment leaves behind is the next one's start.
        framed = framing.run(beats, config.video.width)
        assert not framed.unfinished
        rows = framed.frames[len(before.frames) :]
        assert len(rows) >= 20
        frames = [
            unpack(np.array(frame), pixel.width, pixel.signed, layer.in_channels) for frame in rows
        ]
        parts.append(Segment(stalls, frames, expect(config, frames, weights, bias), some))
        flags.append({n for n in framing.FLAGS if framed.flags[n] > before.flags[n]})
        dropped.append(framed.dropped - before.dropped)
        before = framed
    # A line one pixel wide cannot end early.
    seen = set(framing.FLAGS) - ({"eol_early"} if config.video.width == 1 else set())
    assert set().union(*flags) >= seen
    played = segments.play(
        sim_name, config, parts, weights, bias, tmp_path, seed=seed, patience=5000
    )
    for n, (part, came) in enumerate(zip(parts, played, strict=True)):
        assert came.whole, (part.stalls, came)
        assert part.beats is not None
        assert came.accepted == len(part.beats), part.stalls
        assert came.flags == flags[n], part.stalls
        assert came.dropped == dropped[n], part.stalls


def unpack(codes: Codes, width: int, signed: bool, channels: int) -> Codes:
    """The channels (C_in, H, W) of pixels that lie side by side."""
    parts = np.stack([codes >> (width * c) & ((1 << width) - 1) for c in range(channels)])
    return np.where(parts >> (width - 1) & 1, parts - (1 << width), parts) if signed else parts
