"""The cocotb end of bench_axi.v: clock, reset, the registers, and what the buses' checkers counted.

Under `Files`, what pytest writes for it and reads afterwards; nothing of that is loaded within the
simulation.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer
from cocotb.utils import get_sim_time

import checkers
from deconv4k.rtl.registers import REGISTERS
from handles import Dut
from harness import case, run

if TYPE_CHECKING:
    from deconv4k.config import Config

PERIOD = 2
"""Of the clock, in ns."""

OKAY, SLVERR = 0, 2
"""Answers of AXI4-Lite."""

CASES: dict[str, dict[str, Any]] = {
    "x2_k3_4ppc": {
        "layer": {"kernel": 3, "stride": 2, "padding": 1, "output_padding": 1},
        "formats": {"pixel": "ap_ufixed<8,8>", "weight": "ap_fixed<10,2,AP_RND,AP_SAT>"},
        "video": {"pixels_per_clock": 4},
    },
    "x2_k4_2ppc_3ch_bias": {
        "layer": {"kernel": 4, "stride": 2, "padding": 1, "output_padding": 0, "in_channels": 3},
        "formats": {
            "pixel": "ap_fixed<9,9>",
            "weight": "ap_fixed<18,2>",
            "bias": "ap_fixed<30,14>",
            "product": "ap_fixed<26,10,AP_RND,AP_SAT>",
        },
        "video": {"pixels_per_clock": 2},
    },
}
MAX_SIZE = (10, 12)  # the hash of one of them has its highest bit set


class Bench:
    """Clock, reset and the register master; the streams are the player's and the scoreboard's."""

    settings: ClassVar[dict[str, int]] = {
        "go": 1, "external": 0, "capture": 0, "well_formed": 1, "limit": 0,
    }  # fmt: skip
    pauses = 0.0
    """Probability that a channel of the registers' bus pauses, each clock."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        self.p, self.rng = case()
        self.map = REGISTERS

    async def start(self) -> None:
        from cocotbext.axi import AxiLiteBus, AxiLiteMaster

        dut = self.dut
        none = dict.fromkeys(("pause", "pause_bits", "stall", "stall_bits"), 0)
        told = {"told_width": 0, "told_height": 0}
        for name, value in {**none, **told, **self.settings, "seed": self.p["seed"]}.items():
            getattr(dut, name).value = value
        for name in ("tdata", "tuser", "tlast", "tvalid"):
            getattr(dut, f"s_axis_video_{name}").value = 0
        dut.m_axis_video_tready.value = 0
        dut.aresetn.value = 0
        Clock(dut.aclk, PERIOD, "ns").start()
        bus = AxiLiteBus.from_prefix(dut, "s_axi_control")
        self.master = AxiLiteMaster(bus, dut.aclk, dut.aresetn, reset_active_level=False)
        gaps = random.Random(self.rng.getrandbits(32))

        def pauses() -> Iterator[bool]:
            while True:
                yield gaps.random() < self.pauses

        for channel in (
            self.master.write_if.aw_channel,
            self.master.write_if.w_channel,
            self.master.write_if.b_channel,
            self.master.read_if.ar_channel,
            self.master.read_if.r_channel,
        ):
            if self.pauses:
                channel.set_pause_generator(pauses())
        await self.clocks(4)
        await self.release()

    async def release(self) -> None:
        """End reset, and wait for the power-up kernel."""
        self.dut.aresetn.value = 1
        while not (await self.fields("STATUS"))["KERNEL_LOADED"]:
            pass

    async def clocks(self, count: int) -> None:
        """So many clocks, without Python in each of them, and on to just after an edge."""
        await Timer(PERIOD * count - 1, "ns")
        await RisingEdge(self.dut.aclk)

    def value(self, name: str) -> int:
        return int(getattr(self.dut, name).value)

    async def read(self, name: str) -> int:
        answer = await self.master.read(self.map[name].address, 4)
        assert answer.resp == OKAY, name
        return int.from_bytes(answer.data, "little")

    async def write(self, name: str, word: int) -> None:
        answer = await self.master.write(self.map[name].address, word.to_bytes(4, "little"))
        assert answer.resp == OKAY, name

    async def get(self, address: int) -> tuple[int, int]:
        """Read any address, while nothing else is under way; the word and the answer."""
        from cocotbext.axi.axil_channels import AxiLiteARTransaction

        ask, take = self.master.read_if.ar_channel, self.master.read_if.r_channel
        await ask.send(AxiLiteARTransaction(araddr=address))
        got = await take.recv()
        return int(got.rdata), int(got.rresp)

    async def put(self, address: int, word: int, strb: int = 15) -> int:
        """Write any address, while nothing else is under way; the answer."""
        from cocotbext.axi.axil_channels import AxiLiteAWTransaction, AxiLiteWTransaction

        channels = self.master.write_if
        await channels.aw_channel.send(AxiLiteAWTransaction(awaddr=address))
        await channels.w_channel.send(AxiLiteWTransaction(wdata=word, wstrb=strb))
        return int((await channels.b_channel.recv()).bresp)

    async def fields(self, name: str) -> dict[str, int]:
        return self.map[name].values(await self.read(name))

    async def set(self, name: str, **fields: int) -> None:
        await self.write(name, self.map[name].word(**fields))

    async def load(self, words: Sequence[int]) -> None:
        """Write a kernel, up to its commit."""
        await self.set("KERNEL_CONTROL", START=1)
        for word in words:
            await self.write("KERNEL_DATA", word)

    async def commit(self) -> None:
        await self.set("KERNEL_CONTROL", COMMIT=1)

    async def commit_in_reset(self, after: int) -> int:
        """Reset softly, and commit so many clocks later; the clocks from there to `irq`.

        Counted in simulated time: just after an edge, a counter of the bench's may or may not have
        moved on.
        """
        await self.set("CONTROL", SOFT_RESET=1)
        await self.clocks(after)
        began = get_sim_time("ns")
        committing = cocotb.start_soon(self.commit())
        if not self.value("irq"):
            await RisingEdge(self.dut.irq)
        before = (get_sim_time("ns") - began) // PERIOD
        await committing
        await self.clocks(10)
        return int(before)

    def stall(self, pattern: dict[str, int]) -> None:
        for name, value in pattern.items():
            getattr(self.dut, name).value = value

    async def play(self, beats: int) -> None:
        """Let the player go on to so many beats, and wait until nothing moves any more."""
        self.dut.limit.value = beats
        await self.drain(beats)

    async def drain(self, beats: int, quiet: int = 100) -> None:
        for _ in range(200_000):
            if self.value("s_beats") >= beats and self.value("quiet") > quiet:
                break
            await self.clocks(16)
        else:
            raise AssertionError(f"hangs after {self.value('s_beats')} of {beats} beats")
        assert self.value("s_beats") == beats

    def check_buses(self) -> None:
        broken = {
            **checkers.broken(checkers.AXIS, self.value("s_errors"), "input "),
            **checkers.broken(checkers.AXIS, self.value("m_errors"), "output "),
            **checkers.broken(checkers.AXIL, self.value("control_errors"), "control "),
        }
        assert not broken
        assert self.value("writes") + self.value("reads") > 0

    def check_scoreboard(self) -> None:
        """Everything expected came, nothing else, and nothing was wrong."""
        assert self.value("beats") > 0
        if self.value("mismatches"):
            first = [getattr(self.dut, f"first_{name}").value for name in ("expected", "got")]
            raise AssertionError(f"beat {self.value('first_beat')}: {first}")
        assert self.value("surplus") == 0
        assert self.value("compared")


B = TypeVar("B", bound=Bench)


def watched(
    bench: type[B], ms: float = 1
) -> Callable[[Callable[[B], Coroutine[Any, Any, None]]], object]:
    """A cocotb test of a started bench; at its end the checkers must have seen no fault."""

    # What cocotb makes of a test has no public type.
    def decorate(body: Callable[[B], Coroutine[Any, Any, None]]) -> object:
        @cocotb.test(timeout_time=ms, timeout_unit="ms")
        @functools.wraps(body)
        async def test(dut: Dut) -> None:
            started = bench(dut)
            await started.start()
            await body(started)
            started.check_buses()

        return test

    return decorate


# Files


class Kernel(NamedTuple):
    """Codes of a kernel, and of its bias where there is one."""

    weights: Any
    bias: Any


def configuration(name: str) -> Config:
    from deconv4k.config import Config

    data = CASES[name]
    return Config.from_dict(
        {
            "layer": data["layer"],
            "formats": {"output": "ap_ufixed<8,8,AP_RND,AP_SAT>", **data["formats"]},
            "video": {"height": MAX_SIZE[0], "width": MAX_SIZE[1], **data["video"]},
        }
    )


def simulate(
    sim: str, config: Config, work: Path, seed: int, power_up: Kernel | None, only: str | None,
    **data: Any,
) -> None:  # fmt: skip
    """Run one coroutine of tb/test_bench_axi.py, or `module`, with this power-up kernel or none."""
    from deconv4k.rtl import design, signature

    module = data.pop("module", "test_bench_axi")
    parameters: dict[str, int | str] = {**design.wrapper_parameters(config)}
    if power_up is None:
        parameters["POWER_UP"] = ""
    else:
        (work / "power_up.hex").write_text(signature.power_up_text(config, *power_up))
    run(sim, "bench_axi", parameters, work, seed, module=module, only=only, **data)


def make_kernel(config: Config, noise: Any) -> Kernel:
    """One whose sums fill the output's range and seldom leave it, so that no two are alike."""
    from test_deconv import make_weights

    formats, weights = config.formats, make_weights(config, noise)
    if formats.bias is None:
        return Kernel(weights, None)
    most = formats.output.max_code
    return Kernel(weights, noise.integers(most // 4, most * 3 // 4, 1) << formats.output_shift)


def make_frame(config: Config, noise: Any, height: int, width: int) -> Any:
    pixel = config.formats.pixel
    shape = (config.layer.in_channels, height, width)
    return noise.integers(pixel.min_code, pixel.max_code, shape, endpoint=True)


def input_words(config: Config, frame: Any) -> Any:
    """Beats (H, W) of a frame (C_in, H, W)."""
    from deconv4k.sim import play

    channels, height, _ = frame.shape
    together = frame.transpose(1, 2, 0).reshape(height, -1)
    return play.beat_words(together, config.formats.pixel.width, channels)


def output_words(config: Config, frame: Any) -> Any:
    """Beats (OH, N) of a frame (OH, OW)."""
    from deconv4k.sim import play

    per_beat = config.video.pixels_per_clock
    return play.beat_words(frame, config.formats.output.width, per_beat)


def output_bits(config: Config) -> int:
    return -(-config.formats.output.width * config.video.pixels_per_clock // 8) * 8


def input_bits(config: Config) -> int:
    return -(-config.layer.in_channels * config.formats.pixel.width // 8) * 8


def write_input(config: Config, work: Path, frames: Sequence[Any]) -> None:
    """input.hex of good frames."""
    from deconv4k.sim import play

    lines: list[str] = []
    for frame in frames:
        size = f"{frame.shape[2]:x} {frame.shape[1]:x}"
        lines += play.stream_lines(input_words(config, frame), input_bits(config), size)
    (work / "input.hex").write_text("\n".join(lines) + "\n")


def write_expected(config: Config, work: Path, outputs: Sequence[Any]) -> None:
    """expected.hex; empty if nothing is compared."""
    from deconv4k.sim import play

    lines: list[str] = []
    for output in outputs:
        words = output_words(config, output)
        size = f"{words.shape[1]:x} {words.shape[0]:x}"
        lines += play.stream_lines(words, output_bits(config), size)
    (work / "expected.hex").write_text("\n".join(lines) + "\n" if lines else "")


def captured(work: Path) -> list[int]:
    """The data of all output beats; SOF and EOL were the checker's."""
    text = (work / "output.hex").read_text().splitlines()
    return [int(line.split()[2], 16) for line in text]


class Trace(NamedTuple):
    """Clocks of what was seen on the buses."""

    sofs: list[int]
    writes: list[tuple[str, int]]
    """Register and clock."""
    resets: list[tuple[int, int]]
    """Clock, and output beats before it."""

    def of(self, register: str) -> list[int]:
        return [clock for name, clock in self.writes if name == register]


def trace(work: Path) -> Trace:
    found = Trace([], [], [])
    names = {register.address: name for name, register in REGISTERS.items()}
    for line in (work / "trace.txt").read_text().splitlines():
        letter, *numbers = line.split()
        if letter == "i":
            found.sofs.append(int(numbers[0]))
        elif letter == "w":
            found.writes.append((names[int(numbers[0])], int(numbers[1])))
        else:
            found.resets.append((int(numbers[0]), int(numbers[1])))
    return found
