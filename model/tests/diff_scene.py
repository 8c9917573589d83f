"""Sets and captures for the tests of deconv4k diff, and the faults that are done to them."""

import csv
import functools

import numpy as np

from deconv4k import golden
from deconv4k.config import Config
from deconv4k.diagnosis import compare
from deconv4k.diagnosis.names import Wanted
from deconv4k.rtl import bus
from deconv4k.vectors import recipes, sets

_point = functools.partial(Config.upscaler, width=64, height=64)

CONFIGS = {
    "x2": (_point((9, 2, 4, 1), 4), [(11, 14), (11, 14)]),
    "x2_odd": (_point((9, 2, 4, 1), 4), [(9, 13)]),
    "x3": (_point((9, 3, 4, 2), 3), [(8, 12), (8, 12)]),
    "x2_signed_16": (
        _point((9, 2, 4, 1), 2, pixel="ap_fixed<8,8>", output="ap_fixed<16,9,AP_RND_CONV,AP_SAT>"),
        [(9, 16), (9, 16)],
    ),
    "x4_signed_10": (
        _point(
            (8, 4, 2, 0), 4, pixel="ap_fixed<8,8>", output="ap_fixed<10,8,AP_RND_CONV,AP_SAT_SYM>"
        ),
        [(7, 9), (7, 9)],
    ),
}


def noise(config, sizes, rng):
    pixel = config.formats.pixel
    return [
        rng.integers(pixel.min_code, pixel.max_code + 1, (config.layer.in_channels, *size))
        for size in sizes
    ]


def kernel(config, rng):
    """Random weights, so large that the output's range is filled and sometimes left."""
    layer, formats = config.layer, config.formats
    taps = layer.in_channels * (layer.kernel / layer.stride) ** 2
    reach = 2.0 ** (formats.output.width - 1 + formats.output_shift)
    size = reach / (2.0 ** (formats.pixel.width - 1) * np.sqrt(taps))
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    weights = np.rint(rng.normal(0, size, shape)).astype(np.int64)
    for row, column in np.ndindex(layer.stride, layer.stride):
        phase = weights[:, 0, row :: layer.stride, column :: layer.stride]
        phase *= -1 if phase.sum() < 0 else 1
    return np.clip(weights, formats.weight.min_code, formats.weight.max_code)


class Scene:
    """A set on disk, what it is made of, and ways to capture its output."""

    def __init__(self, folder, name, seed):
        self.folder = folder
        self.config, sizes = CONFIGS[name]
        rng = np.random.default_rng(seed)
        self.rng = rng
        self.weights = kernel(self.config, rng)
        self.pixels = noise(self.config, sizes, rng)
        recipe = recipes.Recipe(
            name, "a test", "noise", self.config, self.weights, sizes, self.pixels, None, seed
        )
        self.manifest = sets.write(folder / "set", recipe, ("npz",))
        self.frames = [self.golden(pixels) for pixels in self.pixels]

    def golden(self, pixels, weights=None, config=None):
        given = self.weights if weights is None else weights
        return golden.run(config or self.config, pixels, given)[0]

    def beats(self, frames=None):
        """All frames as beats, (N, bytes); codes are cut to the output's bits."""
        width = self.config.formats.output.width
        given = self.frames if frames is None else frames
        lines = [
            bus.raster_beats(frame, width, self.config.video.pixels_per_clock) for frame in given
        ]
        return np.concatenate([line.reshape(-1, line.shape[2]) for line in lines])

    def flags(self):
        """SOF and EOL of all frames."""
        sof, eol = [], []
        for frame in self.frames:
            line = bus.line_beats(self.config, frame.shape[1])
            count = line * frame.shape[0]
            sof.append(np.arange(count) == 0)
            eol.append(np.arange(1, count + 1) % line == 0)
        return np.concatenate(sof), np.concatenate(eol)

    def dump(self, beats):
        path = self.folder / "capture.bin"
        path.write_bytes(np.ascontiguousarray(beats).tobytes())
        return path

    def ila(self, beats, sof=None, eol=None, *, name="capture.csv", idle=True):
        """Samples as Vivado writes them, with clocks in which no beat passes."""
        size = beats.shape[1]
        path = self.folder / name
        head = ["Sample in Buffer", "Sample in Window", "TRIGGER", "dut/m_axis_video_tready"]
        radix = ["Radix - UNSIGNED", "UNSIGNED", "UNSIGNED", "HEX"]
        head += [f"dut/m_axis_video_tdata[{8 * size - 1}:0]", "dut/m_axis_video_tvalid"]
        radix += ["HEX", "BINARY"]
        for flag, signal in ((sof, "tuser[0:0]"), (eol, "tlast")):
            if flag is not None:
                head.append(f"dut/m_axis_video_{signal}")
                radix.append("HEX")
        rows = []
        for i, beat in enumerate(beats):
            tail = [f"{int(flag[i])}" for flag in (sof, eol) if flag is not None]
            word = bytes(beat[::-1]).hex()
            for valid, ready in ([(1, 0)] if idle and i % 3 == 0 else []) + [(1, 1)]:
                rows.append([len(rows), len(rows), 0, ready, word, valid, *tail])
            if idle and i % 5 == 0:
                rows.append([len(rows), len(rows), 0, 1, "ab" * size, 0, *tail])
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([head, radix, *rows])
        return path

    def compare(self, path, previous=None, port=None, clock=None, **signals):
        case = compare.load_set(self.manifest, previous)
        return compare.compare(case, compare.load(path, case, Wanted(port, clock, signals)))


def named(diff):
    """The causes that lead, by their names for machines."""
    return {one.name for one in diff.findings[: diff.leading]}
