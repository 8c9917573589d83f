"""Play frames through the engine in a simulator, and compare or capture what comes out."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.rtl import bus, design, framing
from deconv4k.sim import build

STALLS: dict[str, dict[str, int]] = {
    "none": {"pause": 0, "pause_bits": 0, "stall": 0, "stall_bits": 0},
    "input": {"pause": 100, "pause_bits": 3, "stall": 0, "stall_bits": 0},
    "output": {"pause": 0, "pause_bits": 0, "stall": 100, "stall_bits": 3},
    "both": {"pause": 60, "pause_bits": 2, "stall": 60, "stall_bits": 2},
    "long": {"pause": 6, "pause_bits": 8, "stall": 6, "stall_bits": 8},
}
"""Stall patterns: the probability of a pause (of 256) and the bits of its length, each side."""


@dataclass(frozen=True)
class Played:
    """What came of playing frames through the engine.

    Parameters
    ----------
    outputs : list of ndarray, (OH, OW), or None
        The captured frames' codes, where captured.
    beats, mismatches, surplus : int
        Output beats compared, unequal to what was expected, and too many.
    violations : dict of str to int
        How often each rule of the streams was broken, of those that were (tb/axis_checker.v).
    hung : bool
        The watchdog ended the run.
    ends : int
        Output beats that the engine called the last one of their frame.
    flags : set of str
        What the engine found wrong with the video: names of `deconv4k.rtl.framing.FLAGS`.
    dropped : int
        Input pixels that it threw away.
    first : dict or None
        The first mismatch: beat, expected, got (raw, with SOF and EOL above the data).
    first_out, last_out : int
        Clocks from the first SOF accepted to the first and the last output beat.
    last_interval : int
        Clocks from the last SOF but one accepted to the last one.

    Examples
    --------
    >>> import deconv4k as d4k
    >>> import numpy as np
    >>> config = d4k.Config.default()
    >>> frames = [np.full((1, 4, 6), 255)] * 2
    >>> played = d4k.simulate(config, frames, d4k.kernel_codes(config))
    >>> len(played.outputs), played.outputs[0].shape, played.clean
    (2, (8, 12), True)
    """

    outputs: list[NDArray[Any]] | None
    beats: int
    mismatches: int
    surplus: int
    violations: dict[str, int]
    hung: bool
    frames: int
    ends: int
    flags: set[str]
    dropped: int
    accepted: int
    first: dict[str, Any] | None
    first_out: int
    last_out: int
    last_interval: int
    wave: Path | None = None

    @property
    def whole(self) -> bool:
        """Whether everything expected came, and nothing else."""
        wrong = self.mismatches or self.surplus or self.violations or self.hung
        return self.beats > 0 and not wrong and self.ends == self.frames

    @property
    def clean(self) -> bool:
        """Whether the engine found nothing wrong with its input, either."""
        return self.whole and not self.flags and not self.dropped


def beat_words(codes: NDArray[Any], width: int, per_beat: int) -> NDArray[Any]:
    """Lines of codes as beats, each a number.

    Parameters
    ----------
    codes : ndarray of int, (H, W)

    Returns
    -------
    ndarray, (H, ceil(W / per_beat)), uint64 or object
    """
    data = bus.raster_beats(codes, width, per_beat)
    *shape, size = data.shape
    if size <= 8:
        wide = np.pad(data, ((0, 0), (0, 0), (0, 8 - size)))
        return wide.view("<u8").reshape(shape)
    words = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        words[place] = int.from_bytes(data[place].tobytes(), "little")
    return words


def stream_lines(words: NDArray[Any], bits: int, size: str) -> list[str]:
    """A frame of beats (H, N), each `bits` wide, as player.v and scoreboard.v read them.

    A line holds {user, last, data}; the size follows the first one.
    """
    lines: list[str] = []
    for row in words.tolist():
        row[-1] |= 1 << bits
        lines.extend(f"{word:x}" for word in row)
    lines[0] = f"{int(lines[0], 16) | 2 << bits:x}"
    lines.insert(1, size)
    return lines


def play(
    simulator: str,
    config: Config,
    frames: Sequence[NDArray[Any]],
    weights: NDArray[Any],
    bias: int = 0,
    *,
    beats: Sequence[framing.Beat] | None = None,
    expected: Sequence[NDArray[Any]] | None = None,
    stalls: str = "none",
    seed: int = 1,
    waves: bool = False,
    patience: int = 200_000,
    work: Path | None = None,
    files: Sequence[Path] | None = None,
) -> Played:
    """Play frames through the engine and compare what comes out, or capture it.

    Parameters
    ----------
    simulator : {'verilator', 'icarus'}
    config : Config
        An exact upscaler with one output channel.
    frames : sequence of ndarray of int, (C_in, H, W)
    weights : ndarray of int, (C_in, 1, K, K)
    bias : int
        Code at the accumulator's binary point; used where the configuration has a bias format.
    beats : sequence of framing.Beat, optional
        What arrives instead, malformed or not; `frames` are then what it becomes.
    expected : sequence of ndarray of int, (OH, OW), optional
        Compared in Verilog, with SOF and EOL; without it the output is captured.
    stalls : str
        A name of `STALLS`.
    patience : int
        Clocks without a beat after which the run counts as hung.
    work : Path, optional
        Folder to run in, kept; otherwise a temporary one.
    files : sequence of Path, optional
        The Verilog of bench and engine, where it is not that of hw/: a netlist.

    Raises
    ------
    InputError
        Missing tools, a frame wider than the engine, a configuration the engine is not for.
    """
    design.check(config)
    formats, video = config.formats, config.video
    for frame in frames:
        if frame.shape[2] > video.width:
            raise InputError(
                f"a frame {frame.shape[2]} pixels wide; allowed: up to video.width = {video.width}"
            )
        if frame.shape[1] > 65535:
            raise InputError(f"a frame {frame.shape[1]} lines high; allowed: up to 65535")
    folder = build.build(simulator, "bench", design.parameters(config), waves=waves, files=files)
    with contextlib.ExitStack() as stack:
        if work is None:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deconv4k-")))
        work.mkdir(parents=True, exist_ok=True)
        capture = expected is None
        bits = -(-config.layer.in_channels * formats.pixel.width // 8) * 8
        lines: list[str] = []
        for beat in beats or []:
            lines.append(f"{beat.sof << bits + 1 | beat.eol << bits | beat.pixel:x}")
            if beat.sof:
                lines.append(f"{beat.width:x} {beat.height:x}")
        for frame in frames if beats is None else []:
            channels, height, width = frame.shape
            # The channels of one pixel lie side by side, like pixels of a beat.
            together = frame.transpose(1, 2, 0).reshape(height, width * channels)
            words = beat_words(together, formats.pixel.width, channels)
            lines += stream_lines(words, bits, f"{width:x} {height:x}")
        _write_lines(work / "input.hex", lines)
        lines = []
        for index, frame in enumerate(frames):
            if expected is not None:
                codes = np.asarray(expected[index])
            else:
                shape = config.layer.output_shape(frame.shape[1], frame.shape[2])
                codes = np.zeros(shape, dtype=np.int64)
            words = beat_words(codes, formats.output.width, video.pixels_per_clock)
            out_bits = -(-formats.output.width * video.pixels_per_clock // 8) * 8
            lines += stream_lines(words, out_bits, f"{words.shape[1]:x} {words.shape[0]:x}")
        _write_lines(work / "expected.hex", lines)
        weight_mask = (1 << formats.weight.width) - 1
        _write_lines(
            work / "kernel.hex", [f"{int(w) & weight_mask:x}" for w in weights[:, 0].reshape(-1)]
        )
        bias_width = formats.bias.width if formats.bias is not None else 1
        _write_lines(work / "bias.hex", [f"{bias & ((1 << bias_width) - 1):x}"])
        settings = {
            "seed": seed,
            "capture": int(capture),
            "well_formed": int(beats is None),
            "patience": patience,
        }
        (work / "run.json").write_text(json.dumps({**STALLS[stalls], **settings}))
        (work / "result.json").unlink(missing_ok=True)
        build.simulate(simulator, folder, "bench", "bench", work, seed=seed, waves=waves)
        result = json.loads((work / "result.json").read_text())
        outputs = _captured(work / "output.hex", config, frames) if capture else None
        wave = None
        if waves:
            # Icarus writes beside its build, where the next run would overwrite it.
            for left in folder.glob("*.fst"):
                shutil.move(left, work / left.name)
            wave = next(iter(sorted(work.glob("*.fst"))), None)
        start = result["sof_in_first"]
        first = None
        if result["mismatches"] and not capture:
            first = {key: result[f"first_{key}"] for key in ("beat", "expected", "got")}
        return Played(
            outputs=outputs,
            beats=result["beats"],
            mismatches=0 if capture else result["mismatches"],
            surplus=result["surplus"],
            violations=result["violations"],
            hung=bool(result["hung"]),
            frames=len(frames),
            ends=result["ends"],
            flags={name for i, name in enumerate(framing.FLAGS) if result["flags"] >> i & 1},
            dropped=result["dropped"],
            accepted=result["accepted"],
            first=first,
            first_out=result["sof_out_first"] - start,
            last_out=result["last_out"] - start,
            last_interval=result["sof_in_last"] - result["sof_in_before"],
            wave=wave,
        )


def _write_lines(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def _captured(
    path: Path, config: Config, frames: Sequence[NDArray[Any]]
) -> list[NDArray[np.int64]]:
    """The frames of output.hex, as far as they came; SOF and EOL must be where they belong."""
    text = path.read_text().splitlines() if path.exists() else []
    width, per_beat = config.formats.output.width, config.video.pixels_per_clock
    at = 0
    outputs = []
    for frame in frames:
        rows, columns = config.layer.output_shape(frame.shape[1], frame.shape[2])
        beats = -(-columns // per_beat)
        chunk = text[at : at + rows * beats]
        at += rows * beats
        if len(chunk) < rows * beats:
            raise InputError(
                f"the engine gave {len(chunk)} beats of a frame of {rows * beats}: it hung"
            )
        codes = np.empty((rows, beats * per_beat), dtype=np.int64)
        for index, line in enumerate(chunk):
            user, last, data = line.split()
            y, x = divmod(index, beats)
            if (user, last) != (str(int(index == 0)), str(int(x == beats - 1))):
                raise InputError(
                    f"the engine marked beat {x} of line {y} as SOF {user}, EOL {last}"
                )
            word = int(data, 16)
            for i in range(per_beat):
                code = word >> (width * i) & ((1 << width) - 1)
                if config.formats.output.signed and code >> (width - 1):
                    code -= 1 << width
                codes[y, x * per_beat + i] = code
        outputs.append(codes[:, :columns])
    if len(text) > at:
        raise InputError(f"the engine gave {len(text) - at} beats too many")
    return outputs


def random_seed() -> int:
    """A fresh seed, to be printed by whoever uses it."""
    return random.SystemRandom().randrange(1, 2**31)
