"""A set of vectors through the engine on a Zynq board, from Python on its processor.

The driver takes PYNQ's objects: an overlay whose parts it finds by name, and ``allocate``. PYNQ
itself is imported by the command alone, on the board. docs/bringup.md draws the block design:
deconv_axi, an AXI DMA without scatter-gather, deconv_dma_video between the two, and an AXI GPIO
with the frame's size.

Nothing here waits for ever: a DMA channel is asked whether it is idle until a deadline, and what
the engine's counters say is told where it did not finish.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deconv4k._shared import files
from deconv4k.config import Config
from deconv4k.errors import InputError
from deconv4k.rtl import bus, signature
from deconv4k.rtl.registers import REGISTERS, identity
from deconv4k.vectors.manifest import Manifest

TIMEOUT = 5.0
"""Seconds for a frame, by default: hundreds of times what one of 4K takes."""

STUCK = "a frame is stuck in the engine because the sink takes nothing: check S2MM"
"""Why the engine does not come to rest although no source is waited for."""

COUNTERS = (
    "FRAMES_IN", "FRAMES_OUT", "LINES_IN", "LINES_OUT", "DROPPED", "STALLED_IN", "STALLED_OUT",
)  # fmt: skip


def dma_bytes(beat_bytes: int) -> int:
    """Bytes of a beat in memory: the next power of two, as an AXI DMA's streams have them."""
    return 1 << (beat_bytes - 1).bit_length()


@dataclass(frozen=True)
class Result:
    """What came of a frame.

    Parameters
    ----------
    number : int
        Of the set, from 0.
    mismatches : int
        Output pixels unlike the expected ones.
    first : dict or None
        The first of them: line, x, phase (row, column), expected, got, error in LSB.
    wrong : tuple of str
        A sentence for each thing that is not as it should be, what the registers say among them.
    counters : dict of str to int
        `COUNTERS`, since this frame began.
    """

    number: int
    mismatches: int
    first: dict[str, Any] | None
    wrong: tuple[str, ...]
    counters: dict[str, int]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong


class Host:
    """The engine, the DMA and the size port of an overlay.

    Parameters
    ----------
    overlay : object
        As ``pynq.Overlay``: has the parts below, by name. Engine and size port have
        ``read(offset)`` and ``write(offset, word)``; the DMA has ``sendchannel`` and
        ``recvchannel``, each with ``transfer(buffer)``, ``wait()``, ``idle`` and ``error``.
    allocate : callable
        As ``pynq.allocate``: shape and dtype in, a buffer that the DMA reaches out, an array with
        ``flush()``, ``invalidate()`` and ``freebuffer()``.
    engine, dma, size : str
        Names of deconv_axi, the AXI DMA and the AXI GPIO in the block design.
    timeout : float
        Seconds for each frame, and for each wait for the engine.
    clock : callable
        Seconds that pass.

    Raises
    ------
    InputError
        If the overlay lacks one of them.
    """

    def __init__(
        self,
        overlay: Any,
        allocate: Callable[..., Any],
        *,
        engine: str = "deconv_axi_0",
        dma: str = "axi_dma_0",
        size: str = "axi_gpio_0",
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        names = {"engine": engine, "dma": dma, "size": size}
        absent = [name for name in names.values() if not hasattr(overlay, name)]
        if absent:
            raise InputError(
                f"overlay: no {', '.join(absent)}; allowed: names of its block design, "
                "as overlay.ip_dict lists them"
            )
        self._engine = getattr(overlay, engine)
        self._dma = getattr(overlay, dma)
        self._size = getattr(overlay, size)
        self._allocate = allocate
        self._timeout = timeout
        self._clock = clock

    def read(self, register: str) -> int:
        """The word of a register of docs/registers.md."""
        return int(self._engine.read(REGISTERS[register].address))

    def write(self, register: str, word: int) -> None:
        """Write the word of a register."""
        self._engine.write(REGISTERS[register].address, word)

    def check(self, config: Config) -> None:
        """See that the engine is there, and is the one of this configuration.

        Raises
        ------
        InputError
            The first word that is another.
        """
        expected = identity(config)
        found = self.read("ID")
        if found != expected["ID"]:
            raise InputError(
                f"ID {found:08x}; allowed: {expected['ID']:08x}. No deconv4k at this address: "
                "check the address of s_axi_control and the overlay"
            )
        major = REGISTERS["VERSION"].values(self.read("VERSION"))["MAJOR"]
        known = REGISTERS["VERSION"].values(expected["VERSION"])["MAJOR"]
        if major != known:
            raise InputError(f"VERSION.MAJOR {major}; allowed: {known}")
        found = self.read("CONFIG_HASH")
        if found != config.digest:
            raise InputError(
                f"CONFIG_HASH {found:08x}; the set is for {config.digest:08x}: another "
                "configuration was built into the overlay"
            )
        for name, word in expected.items():
            found = self.read(name)
            if name != "VERSION" and found != word:
                raise InputError(
                    f"{name} {found:08x}; the configuration has {word:08x}: the hash is right, "
                    "a parameter of the instance is not"
                )

    def reset(self) -> None:
        """Soft reset: counters, signatures and ERRORS from the beginning; no source is waited for.

        Raises
        ------
        InputError
            If a frame is stuck inside.
        """
        self.write("CONTROL", REGISTERS["CONTROL"].word(SOFT_RESET=1, ABORT=1))
        if not self._until(lambda: not self._status()["RESETTING"]):
            raise InputError(
                f"soft reset: not over after {self._timeout:g} s, {STUCK}; load the overlay anew"
            )

    def abort(self) -> None:
        """End the frame whose source stopped, with zeros, and wait until it has left.

        The engine is ready for the next frame then, and ENABLE is as it was; ERRORS.ABORTED tells
        whether there was such a frame.

        Raises
        ------
        InputError
            If the frame does not leave.
        """
        control = REGISTERS["CONTROL"]
        enable = control.values(self.read("CONTROL"))["ENABLE"]
        self.write("CONTROL", control.word(ENABLE=enable, ABORT=1))
        if not self._until(lambda: not self._status()["RUNNING"]):
            raise InputError(f"abort: not over after {self._timeout:g} s, {STUCK}")

    def load(
        self, config: Config, weights: NDArray[Any], bias: int | NDArray[Any] | None = None
    ) -> None:
        """Write a kernel and offer it to the next frame.

        Parameters
        ----------
        config : Config
        weights : ndarray of int, (C_in, 1, K, K)
            Codes.
        bias : int, optional

        Raises
        ------
        InputError
            If the kernel is not for the configuration, or the engine does not take it.
        """
        words = signature.kernel_words(config, weights, bias)
        if not self._until(lambda: not self._status()["KERNEL_LOCKED"]):
            raise InputError(
                f"kernel: STATUS.KERNEL_LOCKED for {self._timeout:g} s, another one waits for a "
                "frame; load the overlay anew, or send a frame"
            )
        errors, control = REGISTERS["ERRORS"], REGISTERS["KERNEL_CONTROL"]
        self.write("ERRORS", errors.word(KERNEL_REFUSED=1, KERNEL_IGNORED=1))
        self.write("KERNEL_CONTROL", control.word(START=1))
        for word in words:
            self.write("KERNEL_DATA", word)
        count = self.read("KERNEL_COUNT")
        if count != len(words):
            raise InputError(
                f"kernel: KERNEL_COUNT {count} after {len(words)} words; writes get lost, or are "
                "doubled, on the way to s_axi_control"
            )
        self.write("KERNEL_CONTROL", control.word(COMMIT=1))
        found = errors.values(self.read("ERRORS"))
        refused = [name for name in ("KERNEL_REFUSED", "KERNEL_IGNORED") if found[name]]
        if refused:
            raise InputError(
                f"kernel: ERRORS.{refused[0]}; allowed: {self.read('KERNEL_WORDS')} words "
                f"({len(words)} were written) whose codes fit the register WEIGHT"
            )

    def frame(self, config: Config, pixels: NDArray[Any]) -> bus.Words:
        """Send a frame and receive what the engine makes of it.

        Parameters
        ----------
        config : Config
        pixels : ndarray of int, (C_in, H, W)
            Codes.

        Returns
        -------
        ndarray of uint8, (OH, beats, bytes)
            Beats of m_axis_video, without what pads them to a power of two.

        Raises
        ------
        InputError
            If a channel is not done in time or reports an error: which one, and what to check.
        """
        beats = bus.input_beats(config, pixels)
        height, width, size = beats.shape
        rows, columns = config.layer.output_shape(height, width)
        line, out_size = bus.line_beats(config, columns), bus.output_bytes(config)
        source = self._allocate(shape=(height * width, dma_bytes(size)), dtype=np.uint8)
        target = self._allocate(shape=(rows * line, dma_bytes(out_size)), dtype=np.uint8)
        try:
            source[:] = 0
            source[:, :size] = beats.reshape(-1, size)
            # What an earlier run left there must not pass for the answer.
            target[:] = 0xA5
            # PYNQ's DMA driver does so too, where it knows that the memory is cached.
            source.flush()
            target.flush()
            word = REGISTERS["SIZE"].word(WIDTH=width, HEIGHT=height)
            self.write("SIZE", word)
            self._size.write(0, word)
            self.write("CONTROL", REGISTERS["CONTROL"].word(ENABLE=1, CLEAR_COUNTERS=1))
            # The receiving side first: the engine's queue holds less than a frame.
            self._dma.recvchannel.transfer(target)
            self._dma.sendchannel.transfer(source)
            self._wait("send", height, rows)
            self._wait("receive", height, rows)
            target.invalidate()
            found = np.array(target)
        finally:
            source.freebuffer()
            target.freebuffer()
        if found[:, out_size:].any():
            raise InputError(
                f"receive channel: bytes above the {out_size} of a beat are not 0; check the width "
                f"of the DMA's stream, {8 * dma_bytes(out_size)} bits, and that it allows "
                "no unaligned transfers"
            )
        return found[:, :out_size].reshape(rows, line, out_size)

    def run(
        self,
        manifest: Manifest,
        *,
        dump: Path | None = None,
        progress: Callable[[], None] = lambda: None,
    ) -> list[Result]:
        """Run a set: check the engine, load the kernel, send every frame, compare.

        Parameters
        ----------
        manifest : Manifest
        dump : Path, optional
            File for the beats as they came, for ``deconv4k diff``.
        progress : callable
            Called after each frame.

        Returns
        -------
        list of Result
            One for each frame.

        Raises
        ------
        InputError
            As `check`, `reset`, `load` and `frame`; or a frame of the set is larger than the engine
            was built for.
        """
        config = manifest.config
        self.check(config)
        for number, frame in enumerate(manifest.frames):
            if frame.input.width > config.video.width or frame.input.height > config.video.height:
                raise InputError(
                    f"frame {number}: {frame.input.width} x {frame.input.height}; allowed: "
                    f"up to {config.video.width} x {config.video.height}"
                )
        self.reset()
        self.load(config, *manifest.kernel())
        results, came = [], []
        for number in range(len(manifest.frames)):
            beats = self.frame(config, manifest.input(number))
            came.append(beats)
            results.append(self._judge(manifest, number, beats))
            progress()
        if dump is not None:
            files.write_bytes(dump, b"".join(beats.tobytes() for beats in came))
        return results

    def _judge(self, manifest: Manifest, number: int, beats: bus.Words) -> Result:
        config, frame = manifest.config, manifest.frames[number]
        expected = manifest.expected(number)
        got = bus.output_codes(config, beats, frame.output.width)
        wrong = []
        unlike = np.argwhere(got != expected)
        first = None
        if len(unlike):
            y, x = (int(value) for value in unlike[0])
            stride = config.layer.stride
            first = {
                "line": y, "x": x, "phase": (y % stride, x % stride),
                "expected": int(expected[y, x]), "got": int(got[y, x]),
                "error": int(got[y, x]) - int(expected[y, x]),
            }  # fmt: skip
            wrong.append(
                f"{len(unlike):,} of {expected.size:,} pixels; first at line {y}, x {x}, phase "
                f"({y % stride}, {x % stride}): expected {first['expected']}, got {first['got']}"
            )
        for register, said, where in (
            ("SIGNATURE_KERNEL", manifest.kernel_crc32, "the kernel is another one"),
            ("SIGNATURE_IN", frame.input.crc32, "another picture came in: DMA, flush, width"),
            ("SIGNATURE_OUT", frame.output.crc32, "the engine computed another picture"),
        ):  # fmt: skip
            found = self.read(register)
            if found != said:
                wrong.append(f"{register} {found:08x}, the set says {said:08x}: {where}")
        if len(unlike) and self.read("SIGNATURE_OUT") == frame.output.crc32:
            wrong.append("the engine sent the right frame: it was damaged after it, DMA or cache")
        found_errors = REGISTERS["ERRORS"].values(self.read("ERRORS"))
        wrong += [f"ERRORS.{name}" for name, bit in found_errors.items() if bit]
        counters = {name: self.read(name) for name in COUNTERS}
        return Result(number, len(unlike), first, tuple(wrong), counters)

    def _status(self) -> dict[str, int]:
        return REGISTERS["STATUS"].values(self.read("STATUS"))

    def _until(self, done: Callable[[], bool]) -> bool:
        """Ask until it is so; False when the time is up."""
        end = self._clock() + self._timeout
        while not done():
            if self._clock() > end:
                return False
        return True

    def _wait(self, name: str, height: int, rows: int) -> None:
        """Wait for a channel, `height` lines going in and `rows` coming out."""
        channel = self._dma.sendchannel if name == "send" else self._dma.recvchannel
        done = self._until(lambda: channel.error or channel.idle)
        if channel.error:
            raise InputError(
                f"{name} channel: the DMA reports an error; check that its buffer is as long as "
                "the frame, and that TLAST stands on the frame's last beat"
            )
        if not done:
            counters = {each: self.read(each) for each in COUNTERS}
            told = ", ".join(f"{each} {counters[each]}" for each in COUNTERS if counters[each])
            raise InputError(
                f"{name} channel: not done after {self._timeout:g} s; "
                f"{_reason(counters, self._status(), height, rows)} ({told or 'all counters 0'})"
            )
        channel.wait()


def _reason(counters: dict[str, int], status: dict[str, int], height: int, rows: int) -> str:
    """Where to look when a transfer does not end."""
    if not counters["LINES_IN"] and not counters["STALLED_IN"]:
        return "no line reached the engine: check MM2S, deconv_dma_video, aresetn, the GPIO's size"
    if counters["DROPPED"]:
        if not status["KERNEL_LOADED"]:
            return "the engine dropped the frame: it has no kernel"
        return "the engine dropped pixels: check that SIZE and the GPIO say the same"
    if counters["FRAMES_OUT"]:
        return "the frame left the engine: check TLAST and the length at S2MM"
    if counters["STALLED_OUT"]:
        return (
            f"{counters['LINES_OUT']} of {rows} lines out and the sink does not take more: "
            "check S2MM, and that it was started first"
        )
    if counters["LINES_IN"] < height:
        return f"{counters['LINES_IN']} of {height} lines came in: the source stopped"
    return f"{counters['LINES_OUT']} of {rows} lines out: check the clock of the engine"


def summary(results: Iterable[Result]) -> dict[str, Any]:
    """For machines: the verdict, and what is wrong with which frame."""
    frames = [
        {
            "frame": each.number,
            "passed": each.passed,
            "mismatches": each.mismatches,
            "first": each.first,
            "wrong": list(each.wrong),
            "counters": each.counters,
        }
        for each in results
    ]
    return {"passed": bool(frames) and all(each["passed"] for each in frames), "frames": frames}
