"""Faults as a board would have them, done with plain NumPy to sums, pixels and bytes.

Nothing here uses the package's causes, its golden model or its packing: the layer is the sum that
defines it, a beat is a row of bits. As a program it prints how many faults `deconv4k diff` names::

    python model/tests/diff_faults.py
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from deconv4k.config import Config
from deconv4k.diagnosis import compare, report
from deconv4k.formats import Format, Overflow, Rounding
from deconv4k.vectors import recipes, sets

X2, X3 = (9, 2, 4, 1), (9, 3, 4, 2)


def with_channels(config, channels, bias):
    point = config.formats.sum_fraction
    formats = replace(config.formats, bias=Format(20, 20 - point, True) if bias else None)
    return replace(config, layer=replace(config.layer, in_channels=channels), formats=formats)


CONFIGS = {
    "x2 4 ppc": (Config.upscaler(X2, 4, width=64, height=64), None),
    "x2 2 ppc 10 bits": (
        Config.upscaler(
            X2, 2, width=64, height=64, pixel="ap_ufixed<10,10>",
            output="ap_ufixed<10,10,AP_RND,AP_SAT>",
        ),
        None,
    ),
    "x3": (Config.upscaler(X3, 3, width=64, height=64), None),
    "x2 signed": (
        Config.upscaler(
            X2, 2, width=64, height=64, pixel="ap_fixed<8,8>",
            output="ap_fixed<12,9,AP_RND_CONV,AP_SAT>",
        ),
        None,
    ),
    "RGB with bias": (
        with_channels(Config.upscaler(X2, 4, width=64, height=64), 3, bias=True), 2900,
    ),
}  # fmt: skip


class Board:
    """A set on disk, and the sums and frames that it is about."""

    def __init__(self, folder, name, seed=1):
        self.config, self.bias = CONFIGS[name]
        layer, formats = self.config.layer, self.config.formats
        self.rng = np.random.default_rng(seed)
        rng, pixel = self.rng, formats.pixel
        size = (40, 50)
        shape = (layer.in_channels, *size)
        self.pixels = [rng.integers(pixel.min_code, pixel.max_code + 1, shape) for _ in range(2)]
        # So large that the output's range is filled and sometimes left.
        taps = layer.in_channels * (layer.kernel / layer.stride) ** 2
        reach = 2.0 ** (formats.output.width - 1 + formats.output_shift - pixel.width + 1)
        weights = rng.normal(0.4 * reach / taps, reach / np.sqrt(taps), (shape[0], 1, 9, 9))
        low, high = formats.weight.min_code, formats.weight.max_code
        self.weights = np.clip(np.rint(weights), low + 1, high).astype(np.int64)
        self.sums = [self.layer(pixels) for pixels in self.pixels]
        self.frames = [self.quantise(sums) for sums in self.sums]
        recipe = recipes.Recipe(
            "faults", "a test", "noise", self.config, self.weights, [size] * 2, self.pixels,
            self.bias, seed,
        )  # fmt: skip
        self.manifest = sets.write(Path(folder) / "set", recipe, ("bin", "npz"))
        assert self.pack(self.frames).tobytes() == (Path(folder) / "set/expected.bin").read_bytes()
        self.folder = Path(folder)

    def layer(self, pixels, weights=None, bias=None, outside=0, around=None):
        """Sums: every pixel adds a stamp; `around`: pixels outside the frame, 5 on each side."""
        weights = self.weights if weights is None else weights
        stride, padding = self.config.layer.stride, self.config.layer.padding
        margin = 5
        if around is None:
            ring = ((0, 0), (margin, margin), (margin, margin))
            around = np.pad(pixels, ring, constant_values=outside)
        _, rows, columns = around.shape
        full = np.zeros((rows * stride + 16, columns * stride + 16), dtype=np.int64)
        for c in range(len(around)):
            for ky in range(9):
                for kx in range(9):
                    stamp = around[c] * int(weights[c, 0, ky, kx])
                    full[ky:, kx:][: rows * stride : stride, : columns * stride : stride] += stamp
        first = margin * stride + padding
        height, width = pixels.shape[1] * stride, pixels.shape[2] * stride
        start = (self.bias or 0) if bias is None else bias
        return full[first : first + height, first : first + width] + start

    def rounded(self, sums, rounding=None):
        output, shift = self.config.formats.output, self.config.formats.output_shift
        mode = rounding or output.rounding
        if mode is Rounding.AP_TRN:
            return sums >> shift
        if mode is Rounding.AP_RND:
            return sums + (1 << shift - 1) >> shift
        assert mode is Rounding.AP_RND_CONV
        whole, rest = sums >> shift, sums & (1 << shift) - 1
        half = 1 << shift - 1
        return whole + ((rest > half) | ((rest == half) & (whole % 2 == 1)))

    def quantise(self, sums, rounding=None):
        output = self.config.formats.output
        low = output.min_code + (output.overflow is Overflow.AP_SAT_SYM)
        return np.clip(self.rounded(sums, rounding), low, output.max_code)

    def pack(self, frames, per_beat=None):
        """Beats (N, bytes): the leftmost pixel in the lowest bits."""
        width = self.config.formats.output.width
        per_beat = per_beat or self.config.video.pixels_per_clock
        out = []
        for frame in frames:
            padded = np.pad(frame, ((0, 0), (0, -frame.shape[1] % per_beat)))
            bits = padded.reshape(-1, per_beat)[:, :, np.newaxis] >> np.arange(width) & 1
            out.append(np.packbits(bits.reshape(len(bits), -1), axis=1, bitorder="little"))
        return np.concatenate(out)

    def judge(self, beats, previous=None, name="capture.bin"):
        path = self.folder / name
        path.write_bytes(np.ascontiguousarray(beats).tobytes())
        case = compare.load_set(self.manifest, previous)
        diff = compare.compare(case, compare.load(path, case))
        # Whatever it is, it can be told.
        with contextlib.redirect_stdout(io.StringIO()):
            report.show(diff)
            report.show(diff, as_json=True)
        return diff


@functools.cache
def board(name, seed=1):
    """A board that lives as long as the tests."""
    return Board(tempfile.mkdtemp(prefix="deconv4k-faults-"), name, seed)


@dataclass(frozen=True)
class Fault:
    """A fault: what is captured, and the cause that must lead.

    Of `names` each is a cause that does just the same; `says` is looked for in its details.
    """

    title: str
    do: object
    names: tuple[str, ...]
    says: str = ""
    on: object = None

    def fits(self, name):
        """Whether a configuration can have it; its board need not be made for that."""
        config, bias = CONFIGS[name]
        weights = range(config.layer.in_channels)
        return self.on is None or self.on(
            SimpleNamespace(config=config, bias=bias, weights=weights)
        )


FAULTS: list[Fault] = []


def fault(title, *names, says="", on=None):
    def add(do):
        FAULTS.append(Fault(title, do, names, says, on))
        return do

    return add


def frames_of(given, change):
    return given.pack([change(frame) for frame in given.frames])


def sums_of(given, change):
    return given.pack([given.quantise(change(sums)) for sums in given.sums])


def weights_of(given, weights, bias=None):
    return given.pack([given.quantise(given.layer(p, weights, bias)) for p in given.pixels])


def bits_of(given, change):
    """Beats whose bits (N, TDATA) were changed."""
    beats = given.pack(given.frames)
    bits = np.unpackbits(beats, axis=1, bitorder="little")
    return np.packbits(change(bits.copy()), axis=1, bitorder="little")


def top(given):
    return (1 << given.config.formats.output.width) - 1


# --- DMA ----------------------------------------------------------------------------------------
def padded(size):
    def do(given):
        beats = given.pack(given.frames)
        out = np.zeros((len(beats), size), dtype=np.uint8)
        out[:, : beats.shape[1]] = beats
        return out

    return do


for size in (8, 16):
    fault(f"beats padded to {size} bytes", "padded_beats", says=f"words of {size}")(padded(size))


@fault("a hole of 4 KiB of zeros", "hole", says="4,(09.|10.) bytes of 0x00 in one place")
def _(given):
    flat = given.pack(given.frames).reshape(-1)
    flat[3072 : 3072 + 4096] = 0
    return flat


@fault("4 KiB not written", "unwritten")
def _(given):
    flat = given.pack(given.frames).reshape(-1)
    flat[2048 : 2048 + 4096] = 0xA5
    return flat


@fault("cache lines not written", "unwritten", says="5 places")
def _(given):
    flat = given.pack(given.frames).reshape(-1)
    for line in (3, 20, 21, 40, 77, 90):
        flat[64 * line : 64 * line + 64] = 0xA5
    return flat


@fault("cache lines of an older frame of the set", "stale_lines", says="are of frame 0")
def _(given):
    beats = given.pack(given.frames)
    half = beats.size // 2
    flat = beats.reshape(-1).copy()
    older, newer = flat[:half].copy(), flat[half:]
    for line in (5, 6, 30, 55, 70):
        newer[64 * line : 64 * line + 64] = older[64 * line : 64 * line + 64]
    return flat


@fault("cache lines of a picture not in the set", "stale_lines", says="something else")
def _(given):
    flat = given.pack(given.frames).reshape(-1).copy()
    for line in (5, 6, 30, 55, 70):
        flat[64 * line : 64 * line + 64] = given.rng.integers(0, 256, 64)
    return flat


@fault("a receive that ended early, 0xa5 after it", "ended_early")
def _(given):
    flat = given.pack(given.frames).reshape(-1).copy()
    flat[len(flat) * 3 // 5 :] = 0xA5
    return flat


@fault("a receive that ended early, zeros after it", "ended_early")
def _(given):
    flat = given.pack(given.frames).reshape(-1).copy()
    flat[len(flat) * 2 // 5 :] = 0
    return flat


@fault("a receive that ended early, nothing after it", "truncated")
def _(given):
    beats = given.pack(given.frames)
    return beats[: len(beats) * 3 // 4]


@fault("the frame before shown again", "old_frame", says="captured frame [01] is frame 0")
def _(given):
    return given.pack([given.frames[0], given.frames[0]])


@fault("beats lost at the start", "begins")
def _(given):
    return given.pack(given.frames)[37:]


@fault("a beat dropped", "dropped_beat")
def _(given):
    return np.delete(given.pack(given.frames), 700, axis=0)


@fault("a beat doubled", "doubled_beat")
def _(given):
    beats = given.pack(given.frames)
    return np.insert(beats, 700, beats[700], axis=0)


@fault("nothing written", "nothing_written")
def _(given):
    return np.full_like(given.pack(given.frames), 0xA5 if given.config.formats.output.width == 8
                        else 0)  # fmt: skip


# --- set-up -------------------------------------------------------------------------------------
def has_bias(given):
    return given.bias is not None


@fault("the bias left out", "bias", says="left out", on=has_bias)
def _(given):
    return weights_of(given, None, 0)


@fault("the bias off by one step of the output", "bias")
def _(given):
    step = 1 << given.config.formats.output_shift
    return sums_of(given, lambda sums: sums + step)


@fault("the bias of another value", "bias")
def _(given):
    return sums_of(given, lambda sums: sums - 3777)


@fault("the bias off by its last bit", "bias")
def _(given):
    return sums_of(given, lambda sums: sums + 1)


@fault("bit 7 of the bias wrong", "bias", says="bit 7", on=has_bias)
def _(given):
    return weights_of(given, None, given.bias ^ 128)


def one_weight(channel, ky, kx, change):
    def do(given):
        c = min(channel, len(given.weights) - 1)
        weights = given.weights.copy()
        weights[c, 0, ky, kx] = change(weights[c, 0, ky, kx])
        return weights_of(given, weights)

    return do


fault("one weight wrong", "weight", says="channel [02], ky 2, kx 5")(
    one_weight(2, 2, 5, lambda w: w - 17 if w > 0 else w + 17)
)
fault("one weight off by one", "weight", says="channel 0, ky 4, kx 4")(
    one_weight(0, 4, 4, lambda w: w - 1 if w > 0 else w + 1)
)
fault("one weight 0", "weight", says="ky 7, kx 1")(one_weight(1, 7, 1, lambda w: 0))


@fault("kernel words a word late", "kernel_words", says="late")
def _(given):
    return weights_of(given, np.roll(given.weights.reshape(-1), 1).reshape(given.weights.shape))


@fault("kernel words a word early, 0 at the end", "kernel_words", says="early, zero")
def _(given):
    words = np.append(given.weights.reshape(-1)[1:], 0)
    return weights_of(given, words.reshape(given.weights.shape))


@fault("channels BGR", "channels", says="2 1 0", on=lambda given: len(given.weights) == 3)
def _(given):
    return given.pack([given.quantise(given.layer(p[::-1])) for p in given.pixels])


@fault("the accumulator too narrow", "accumulator")
def _(given):
    reach = max(int(np.abs(sums).max()) for sums in given.sums)
    bits = reach.bit_length()  # one less than holds the largest sum and its sign
    half = 1 << bits - 1
    return sums_of(given, lambda sums: (sums + half) % (2 * half) - half)


@fault("two bits of TDATA exchanged", "bits_exchanged", says=r"TDATA\[2\] and TDATA\[9\]")
def _(given):
    def change(bits):
        bits[:, [2, 9]] = bits[:, [9, 2]]
        return bits

    return bits_of(given, change)


@fault("the bits of a pixel reversed", "bits_reversed")
def _(given):
    width = given.config.formats.output.width

    def change(frame):
        return sum((frame >> bit & 1) << width - 1 - bit for bit in range(width))

    return frames_of(given, change)


@fault("the picture inverted", "inverted")
def _(given):
    return frames_of(given, lambda frame: ~frame & top(given))


@fault("offset binary", "offset_binary")
def _(given):
    half = 1 << given.config.formats.output.width - 1
    return frames_of(given, lambda frame: frame ^ half)


def outside(value):
    return lambda given: given.pack(
        [given.quantise(given.layer(pixels, outside=value)) for pixels in given.pixels]
    )


fault("a border of 127", "border", says="127")(outside(127))
fault("a border of 16", "border", says="the code 16")(outside(16))


@fault("the border replicated", "border", says="edge repeated")
def _(given):
    wide = [np.pad(p, ((0, 0), (5, 5), (5, 5)), mode="edge") for p in given.pixels]
    return given.pack(
        [given.quantise(given.layer(p, around=w)) for p, w in zip(given.pixels, wide, strict=True)]
    )


@fault("wrapped above, saturated below", "overflow", says="AP_WRAP above, AP_SAT below")
def _(given):
    output = given.config.formats.output

    def change(sums):
        codes = given.rounded(sums)
        return np.where(codes < output.min_code, output.min_code, codes)

    return given.pack([change(sums) for sums in given.sums])


@fault("saturated above, wrapped below", "overflow", says="AP_SAT above, AP_WRAP below")
def _(given):
    output = given.config.formats.output
    return given.pack([np.minimum(given.rounded(sums), output.max_code) for sums in given.sums])


def spare(given):
    return given.config.formats.output.width in (10, 12)


@fault("samples left-justified in 16 bits", "justified", on=spare)
def _(given):
    width = given.config.formats.output.width
    flat = np.concatenate([frame.reshape(-1) for frame in given.frames])
    return ((flat & top(given)) << 16 - width).astype("<u2").view(np.uint8)


@fault("samples right-justified in 16 bits", "padded_beats", on=spare)
def _(given):
    flat = np.concatenate([frame.reshape(-1) for frame in given.frames])
    return flat.astype("<i2").view(np.uint8)


@fault("samples shifted by two bits", "justified", says="2 bits too far left")
def _(given):
    return frames_of(given, lambda frame: frame << 2 & top(given))


@fault("rounding left out", "rounding", says="AP_TRN for")
def _(given):
    return given.pack([given.quantise(sums, Rounding.AP_TRN) for sums in given.sums])


@fault("the kernel transposed", "kernel_transposed")
def _(given):
    return weights_of(given, given.weights.swapaxes(2, 3))


@fault("the kernel not turned", "kernel_not_turned")
def _(given):
    return weights_of(given, given.weights[..., ::-1, ::-1])


@fault("pixels of a beat swapped", "swapped_pixels", "phase_order", "byte_order")
def _(given):
    n = given.config.video.pixels_per_clock
    return frames_of(
        given, lambda f: np.pad(f, ((0, 0), (0, -f.shape[1] % n))).reshape(-1, n)[:, ::-1]
        .reshape(len(f), -1),
    )  # fmt: skip


@fault("a bit stuck", "stuck_bit", says=r"TDATA\[6\]")
def _(given):
    def change(bits):
        bits[:, 6] = 0
        return bits

    return bits_of(given, change)


# --- the way to the screen -----------------------------------------------------------------------
@fault("fields exchanged", "fields", "phase_order", says="exchanged|rows 1 0")
def _(given):
    return frames_of(given, lambda f: f.reshape(-1, 2, f.shape[1])[:, ::-1].reshape(f.shape))


@fault("fields one after the other", "fields", says="even lines, then odd")
def _(given):
    return frames_of(given, lambda f: np.concatenate([f[::2], f[1::2]]))


@fault("one field twice", "fields", says="only one")
def _(given):
    return frames_of(given, lambda f: np.repeat(f[::2], 2, axis=0))


@fault("upside down", "flipped", says="upside down")
def _(given):
    return frames_of(given, lambda f: f[::-1])


@fault("mirrored", "flipped", says="mirrored")
def _(given):
    return frames_of(given, lambda f: f[:, ::-1])


def curve(change):
    """A change of levels from 0 to 1."""

    def do(given):
        output = given.config.formats.output
        low, full = output.min_code, output.max_code - output.min_code

        def scaled(frame):
            return np.rint(change((frame - low) / full) * full).astype(np.int64) + low

        return frames_of(given, scaled)

    return do


fault("gamma 2.2", "gamma", says="exponent 2.2")(curve(lambda share: share**2.2))
fault("gamma 1 / 2.2", "gamma", says="exponent 1 / 2.2")(curve(lambda share: share ** (1 / 2.2)))
fault("gamma of an unusual exponent", "gamma", says="about 1.3",
      on=lambda given: given.config.formats.output.width == 8)(
    curve(lambda share: share**1.33)
)  # fmt: skip


@fault("limited range", "limited_range", says="16 to 235")
def _(given):
    step = 2.0 ** (given.config.formats.output.width - 8) / top(given)
    return curve(lambda share: 16 * step + share * 219 * step)(given)


def random_bits(rate):
    def do(given):
        beats = given.pack(given.frames)
        used = given.config.formats.output.width * given.config.video.pixels_per_clock
        flips = given.rng.random((len(beats), 8 * beats.shape[1])) < rate
        flips[:, used:] = False
        return beats ^ np.packbits(flips, axis=1, bitorder="little")

    return do


fault("random bit errors, 1 in 1,000", "bit_errors", says="1 bit in (9..|1,0..|1,1..)")(
    random_bits(1e-3)
)
fault("random bit errors, 1 in 100", "bit_errors", says="1 bit in (9.|10.)")(random_bits(1e-2))


def lines(change):
    def do(given):
        beats = given.pack(given.frames)
        height = sum(len(frame) for frame in given.frames)
        rows = beats.reshape(height, -1, beats.shape[1])
        return change(rows).reshape(-1, beats.shape[1])

    return do


fault("every line a beat short", "line_length", says="1 beat short")(lines(lambda r: r[:, :-1]))
fault("every line without its first beat", "line_length", says="the first left out")(
    lines(lambda r: r[:, 1:])
)
fault("every line a beat long", "line_length", says="1 beat long, the last")(
    lines(lambda r: np.concatenate([r, r[:, -1:]], axis=1))
)
fault("every line a beat of 0 long", "line_length", says="0 at the end")(
    lines(lambda r: np.pad(r, ((0, 0), (0, 1), (0, 0))))
)


@fault("a line late", "shifted_line")
def _(given):
    return frames_of(given, lambda f: np.concatenate([f[:1] * 0, f[:-1]]))


@fault("a pixel late", "shifted_pixel")
def _(given):
    return frames_of(given, lambda f: np.concatenate([f[:, :1], f[:, :-1]], axis=1))


# --- two at once ---------------------------------------------------------------------------------
PAIRS: list[Fault] = []


def pair(title, *names, on=None):
    def add(do):
        PAIRS.append(Fault(title, do, names, "", on))
        return do

    return add


@pair("a line late, a pixel late", "shifted")
def _(given):
    return frames_of(given, lambda f: np.roll(np.pad(f, ((1, 0), (1, 0))), 0)[:-1, :-1])


def swap(given, frames):
    n = given.config.video.pixels_per_clock
    order = np.roll(np.arange(n), 1)
    out = []
    for frame in frames:
        wide = np.pad(frame, ((0, 0), (0, -frame.shape[1] % n)))
        out.append(wide.reshape(len(frame), -1, n)[:, :, order].reshape(len(frame), -1))
    return out


def by_weights(given, weights):
    return [given.quantise(given.layer(p, weights)) for p in given.pixels]


SWAPPED = "swapped_pixels|byte_order|phase_order"


@pair("pixels swapped, kernel transposed", SWAPPED, "kernel_transposed")
def _(given):
    return given.pack(swap(given, by_weights(given, given.weights.swapaxes(2, 3))))


@pair("a beat dropped, another doubled", "slipped_beats")
def _(given):
    beats = np.delete(given.pack(given.frames), 500, axis=0)
    return np.insert(beats, 1100, beats[1100], axis=0)


@pair("bias wrong, pixels swapped", "bias", SWAPPED)
def _(given):
    frames = [given.quantise(sums + 2345) for sums in given.sums]
    return given.pack(swap(given, frames))


@pair("a bit stuck, kernel not turned", "stuck_bit", "kernel_not_turned")
def _(given):
    beats = given.pack(by_weights(given, given.weights[..., ::-1, ::-1])).copy()
    beats[:, 0] &= 255 - 32
    return beats


@pair("rounding left out, a beat dropped", "rounding", "dropped_beat")
def _(given):
    frames = [given.quantise(sums, Rounding.AP_TRN) for sums in given.sums]
    return np.delete(given.pack(frames), 600, axis=0)


@pair("a hole, a line late", "hole", "shifted_line")
def _(given):
    frames = [np.concatenate([f[:1] * 0, f[:-1]]) for f in given.frames]
    flat = given.pack(frames).reshape(-1).copy()
    flat[3072 : 3072 + 2048] = 0
    return flat


@pair("padded beats, kernel transposed", "padded_beats", "kernel_transposed")
def _(given):
    beats = given.pack(by_weights(given, given.weights.swapaxes(2, 3)))
    out = np.zeros((len(beats), 8), dtype=np.uint8)
    out[:, : beats.shape[1]] = beats
    return out


@pair("a pixel late, one weight wrong", "shifted_pixel", "weight")
def _(given):
    weights = given.weights.copy()
    weights[0, 0, 3, 3] -= 40 if weights[0, 0, 3, 3] > 0 else -40
    frames = by_weights(given, weights)
    return given.pack([np.concatenate([f[:, :1], f[:, :-1]], axis=1) for f in frames])


@pair("bits of a pixel reversed, upside down", "bits_reversed", "flipped")
def _(given):
    width = given.config.formats.output.width
    return frames_of(
        given, lambda f: sum((f[::-1] >> bit & 1) << width - 1 - bit for bit in range(width))
    )


@pair("random bit errors, pixels swapped", "bit_errors", SWAPPED)
def _(given):
    beats = given.pack(swap(given, given.frames))
    used = given.config.formats.output.width * given.config.video.pixels_per_clock
    flips = given.rng.random((len(beats), 8 * beats.shape[1])) < 2e-3
    flips[:, used:] = False
    return beats ^ np.packbits(flips, axis=1, bitorder="little")


# --- nothing wrong -------------------------------------------------------------------------------
CLEAN = {
    "the whole set": lambda beats: beats,
    "begins in mid-frame": lambda beats: np.roll(beats, 333, axis=0),
    "begins in mid-frame, the other way": lambda beats: np.roll(beats, -1001, axis=0),
    "three rounds": lambda beats: np.concatenate([beats] * 3),
    "three rounds less the first beats": lambda beats: np.concatenate([beats] * 3)[175:],
    "one round and a half": lambda beats: np.concatenate([beats, beats[: len(beats) // 4]]),
    "two rounds from anywhere to anywhere": lambda beats: np.concatenate([beats] * 3)[601:-411],
    "the first frame": lambda beats: beats[: len(beats) // 2],
    "the second frame": lambda beats: beats[len(beats) // 2 :],
    "a window": lambda beats: beats[411:1200],
    "a small window": lambda beats: beats[1411:1475],
    "a window over the end of a frame": lambda beats: beats[len(beats) // 2 - 50 :][:110],
}


def chain(one):
    """The names of a finding and of those beside it."""
    found = []
    while one is not None:
        found.append(one)
        one = one.second
    return found


def score(diff, wanted):
    """`named`, `admitted` or `astray`, and what was said."""
    said = report.verdict(diff)
    if wanted.names[0] in ("truncated", "begins"):
        told = " ".join([said, *diff.framing])
        good = not diff.findings and wanted.names[0] in told and not diff.clean
        return ("named" if good else "astray" if diff.findings else "admitted"), told
    if diff.clean or not diff.alike or not diff.findings:
        return "admitted", said
    first = diff.findings[0]
    leading = [one for one in diff.findings[: diff.leading] if one.name in wanted.names]
    if first.second is None and first.name in wanted.names:
        details = " ".join(one.detail for one in leading)
        if re.search(wanted.says, details):
            return "named", said
    # What explains less than all admits that something is left.
    return ("astray" if first.explained == diff.window.pixels else "admitted"), said


def score_pair(diff, wanted):
    said = report.verdict(diff)
    if diff.clean or not diff.findings:
        return "admitted", said
    names = [one.name for one in chain(diff.findings[0])]
    fits = [any(re.fullmatch(name, found) for found in names) for name in wanted.names]
    if all(fits) and len(names) == len(wanted.names):
        return "named", said
    whole = diff.findings[0].explained == diff.window.pixels
    return ("astray" if whole and not any(fits) else "admitted"), said


def main():
    """Print the score."""
    chosen = [name for name in CONFIGS if len(sys.argv) < 2 or re.search(sys.argv[1], name)]
    for heading, given, judge in (
        ("faults", FAULTS, score), ("pairs of faults", PAIRS, score_pair),
    ):  # fmt: skip
        count = {"named": 0, "admitted": 0, "astray": 0}
        for name in chosen:
            for one in given:
                if not one.fits(name):
                    continue
                diff = board(name).judge(one.do(board(name)))
                result, said = judge(diff, one)
                count[result] += 1
                if result != "named":
                    print(f"{result}: {one.title}, {name}: {said}", flush=True)
        print(
            f"{heading}: {sum(count.values())} tried, {count['named']} named, "
            f"{count['admitted']} admitted as unknown, {count['astray']} led astray"
        )
    clean = 0
    for name in chosen:
        for title, change in CLEAN.items():
            diff = board(name).judge(change(board(name).pack(board(name).frames)))
            clean += diff.clean
            if not diff.clean:
                print(f"not clean: {title}, {name}: {report.verdict(diff)}")
    print(f"clean captures: {len(CLEAN) * len(chosen)} tried, {clean} called clean")


if __name__ == "__main__":
    main()
