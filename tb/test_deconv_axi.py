"""The user's top through its registers: identity, kernels, frames, signatures, errors, soft reset.

The registers are driven by cocotbext-axi. Expected frames and numbers come from the golden model.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.handle import SimHandleBase
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge

from harness import case, run, runs

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
SIZES = [(4, 6), (5, 7), (1, 2)]
MAX_SIZE = (10, 12)  # the hash of one of them has its highest bit set


@runs("name", list(CASES))
def test_deconv_axi(sim: str, name: str, tmp_path: Path, seed: int) -> None:
    from deconv4k import engine, golden, registers, signature, simulator
    from deconv4k.config import Config

    data = CASES[name]
    config = Config.from_dict(
        {
            "layer": data["layer"],
            "formats": {"output": "ap_ufixed<8,8,AP_RND,AP_SAT>", **data["formats"]},
            "video": {"height": MAX_SIZE[0], "width": MAX_SIZE[1], **data["video"]},
        }
    )
    layer, formats = config.layer, config.formats
    noise = np.random.default_rng(seed)

    def codes(target: Any, *shape: int) -> np.ndarray[Any, Any]:
        return noise.integers(target.min_code, target.max_code, shape, endpoint=True)

    kernels = []
    for number in range(3):
        weights = codes(formats.weight, layer.in_channels, 1, layer.kernel, layer.kernel)
        bias = None if formats.bias is None else codes(formats.bias, 1)
        if formats.bias is not None and number == 1:
            bias = np.array([formats.bias.min_code])  # a sign to extend, whatever the noise
        kernels.append((weights, bias))
    (tmp_path / "power_up.hex").write_text(signature.power_up_text(config, *kernels[0]))

    sets = []
    for weights, bias in kernels:
        frames = []
        for height, width in SIZES:
            pixels = codes(formats.pixel, layer.in_channels, height, width)
            output = golden.run(config, pixels, weights, bias)
            together = pixels.transpose(1, 2, 0).reshape(height, -1)
            per_beat = config.video.pixels_per_clock
            frames.append(
                {
                    "input": simulator.beat_words(
                        together, formats.pixel.width, layer.in_channels
                    ).tolist(),
                    "output": simulator.beat_words(
                        output.reshape(layer.output_shape(height, width)),
                        formats.output.width,
                        per_beat,
                    ).tolist(),
                    "signature_in": signature.input_frame(config, pixels),
                    "signature_out": signature.output_frame(config, output),
                }
            )
        sets.append(
            {
                "words": signature.kernel_words(config, weights, bias),
                "signature": signature.kernel(config, weights, bias),
                "frames": frames,
            }
        )
    parameters = {**engine.wrapper_parameters(config), "POWER_UP": "power_up.hex"}
    run(
        sim,
        "deconv_axi",
        parameters,
        tmp_path,
        seed,
        sets=sets,
        identity=registers.identity(config),
    )


class Bench:
    """Clock, reset, the register master, and both streams."""

    def __init__(self, dut: SimHandleBase) -> None:
        from deconv4k.registers import REGISTERS

        self.dut = dut
        self.p, self.rng = case()
        self.map = REGISTERS
        self.beats: list[tuple[int, int, int]] = []
        self.stall = 0.3

    async def start(self) -> None:
        from cocotbext.axi import AxiLiteBus, AxiLiteMaster

        dut = self.dut
        for name in ("tdata", "tuser", "tlast", "tvalid"):
            getattr(dut, f"s_axis_video_{name}").value = 0
        dut.m_axis_video_tready.value = 0
        dut.aresetn.value = 0
        cocotb.start_soon(Clock(dut.aclk, 2, "ns").start())
        bus = AxiLiteBus.from_prefix(dut, "s_axi_control")
        self.master = AxiLiteMaster(bus, dut.aclk, dut.aresetn, reset_active_level=False)
        gaps = random.Random(self.rng.getrandbits(32))

        def pauses() -> Iterator[bool]:
            while True:
                yield gaps.random() < 0.3

        for channel in (
            self.master.write_if.aw_channel,
            self.master.write_if.w_channel,
            self.master.write_if.b_channel,
            self.master.read_if.ar_channel,
            self.master.read_if.r_channel,
        ):
            channel.set_pause_generator(pauses())
        cocotb.start_soon(self._receive())
        await ClockCycles(dut.aclk, 4)
        dut.aresetn.value = 1
        # The set of the file is active a few clocks after as many as it has words.
        await ClockCycles(dut.aclk, len(self.p["sets"][0]["words"]) + 8)

    async def read(self, name: str) -> int:
        return int(await self.master.read_dword(self.map[name].address))

    async def write(self, name: str, word: int) -> None:
        await self.master.write_dword(self.map[name].address, word)

    async def fields(self, name: str) -> dict[str, int]:
        return self.map[name].values(await self.read(name))

    async def set(self, name: str, **fields: int) -> None:
        await self.write(name, self.map[name].word(**fields))

    async def _receive(self) -> None:
        """Take beats with pauses, and hold each to the rules of the stream."""
        dut = self.dut
        held = None
        while True:
            dut.m_axis_video_tready.value = int(self.rng.random() >= self.stall)
            await ReadOnly()
            beat = None
            if int(dut.aresetn.value) and int(dut.m_axis_video_tvalid.value):
                beat = tuple(
                    int(getattr(dut, f"m_axis_video_{name}").value)
                    for name in ("tuser", "tlast", "tdata")
                )
                assert held in (None, beat), "a beat changed while it waited"
                held = beat
                if int(dut.m_axis_video_tready.value):
                    self.beats.append(beat)
                    held = None
            else:
                assert held is None, "a beat was withdrawn"
            await RisingEdge(dut.aclk)

    async def send(self, lines: list[list[int]]) -> None:
        """A frame, with pauses."""
        dut = self.dut
        for y, line in enumerate(lines):
            for x, word in enumerate(line):
                while self.rng.random() < 0.2:
                    await RisingEdge(dut.aclk)
                dut.s_axis_video_tvalid.value = 1
                dut.s_axis_video_tdata.value = word
                dut.s_axis_video_tuser.value = int(x == y == 0)
                dut.s_axis_video_tlast.value = int(x == len(line) - 1)
                while True:
                    await ReadOnly()
                    ready = int(dut.s_axis_video_tready.value)
                    await RisingEdge(dut.aclk)
                    if ready:
                        break
                dut.s_axis_video_tvalid.value = 0

    async def frame(self, frame: dict[str, Any]) -> None:
        """Send one of the frames and wait for the beats that the golden model gives."""
        lines = frame["input"]
        await self.set("SIZE", WIDTH=len(lines[0]), HEIGHT=len(lines))
        self.beats.clear()
        await self.send(lines)
        expected = [
            (int(x == y == 0), int(x == len(line) - 1), word)
            for y, line in enumerate(frame["output"])
            for x, word in enumerate(line)
        ]
        for _ in range(20_000):
            if len(self.beats) >= len(expected):
                break
            await RisingEdge(self.dut.aclk)
        await ClockCycles(self.dut.aclk, 50)
        assert self.beats == expected

    async def load(self, words: list[int]) -> None:
        await self.set("KERNEL_CONTROL", START=1)
        for word in words:
            await self.write("KERNEL_DATA", word)
        assert await self.read("KERNEL_COUNT") == min(len(words), self.p_words + 1)
        await self.set("KERNEL_CONTROL", COMMIT=1)

    @property
    def p_words(self) -> int:
        return int(self.p["identity"]["KERNEL_WORDS"])


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def identity_and_reset_values(dut: SimHandleBase) -> None:
    bench = Bench(dut)
    await bench.start()
    words = bench.p["identity"]
    for name, word in words.items():
        assert await bench.read(name) == word, name
    checked = 0
    for name, register in bench.map.items():
        values = await bench.fields(name)
        for field in register.fields.values():
            reset = field.reset
            if isinstance(reset, str):
                source, part = reset.split(".")
                reset = bench.map[source].fields[part].get(words[source])
            # The power-up kernel has been taken already.
            if reset is not None and name != "IRQ_STATUS":
                assert values[field.name] == reset, (name, field.name)
                checked += 1
    assert checked > 20
    status = await bench.fields("STATUS")
    assert status == {
        "RUNNING": 0,
        "RESETTING": 0,
        "KERNEL_LOADED": 1,
        "KERNEL_PENDING": 0,
        "KERNEL_LOCKED": 0,
    }
    assert await bench.read("SIGNATURE_KERNEL") == bench.p["sets"][0]["signature"]
    assert (await bench.fields("IRQ_STATUS"))["KERNEL_TAKEN"]


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def only_what_is_writable_changes(dut: SimHandleBase) -> None:
    bench = Bench(dut)
    await bench.start()
    before = {name: await bench.read(name) for name in bench.map}
    for name, register in bench.map.items():
        if name.startswith("KERNEL") or name in ("CONTROL", "IRQ_STATUS"):
            continue
        for pattern in (0xFFFFFFFF, bench.rng.getrandbits(32), 0):
            await bench.write(name, pattern)
            writable = sum(f.mask for f in register.fields.values() if f.access == "rw")
            expected = (pattern & writable) | (before[name] & ~writable)
            assert await bench.read(name) == expected, name
        await bench.write(name, before[name])
    assert {name: await bench.read(name) for name in bench.map} == before


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def frames_kernels_and_signatures(dut: SimHandleBase) -> None:
    bench = Bench(dut)
    await bench.start()
    await bench.write("IRQ_STATUS", 0xFFFFFFFF)
    await bench.set("IRQ_ENABLE", FRAME_OUT=1)
    frames, lines = 0, 0
    # A frame while nothing is enabled is dropped.
    lost = bench.p["sets"][0]["frames"][0]["input"]
    await bench.send(lost)
    await bench.set("CONTROL", ENABLE=1)
    dropped, lines_in = sum(map(len, lost)), len(lost)
    for number, one in enumerate(bench.p["sets"]):
        if number:
            await bench.load(one["words"])
            status = await bench.fields("STATUS")
            assert status["KERNEL_PENDING"]
            assert status["KERNEL_LOCKED"]
            before = bench.p["sets"][number - 1]["signature"]
            assert await bench.read("SIGNATURE_KERNEL") == before
        for frame in one["frames"]:
            assert not int(dut.irq.value)
            await bench.frame(frame)
            frames += 1
            lines_in += len(frame["input"])
            lines += len(frame["output"])
            assert await bench.read("SIGNATURE_IN") == frame["signature_in"]
            assert await bench.read("SIGNATURE_OUT") == frame["signature_out"]
            assert await bench.read("SIGNATURE_KERNEL") == one["signature"]
            assert not (await bench.fields("STATUS"))["RUNNING"]
            events = await bench.fields("IRQ_STATUS")
            assert events["FRAME_IN"]
            assert events["FRAME_OUT"]
            assert int(dut.irq.value)
            await bench.set("IRQ_STATUS", FRAME_OUT=1)
            assert (await bench.fields("IRQ_STATUS")) == {**events, "FRAME_OUT": 0}
            assert not int(dut.irq.value)
        if number:
            assert (await bench.fields("IRQ_STATUS"))["KERNEL_TAKEN"]
            await bench.set("IRQ_STATUS", KERNEL_TAKEN=1)
            assert not (await bench.fields("STATUS"))["KERNEL_LOCKED"]
    assert await bench.read("FRAMES_IN") == await bench.read("FRAMES_OUT") == frames
    assert await bench.read("LINES_IN") == lines_in
    assert await bench.read("LINES_OUT") == lines
    assert await bench.read("DROPPED") == dropped
    assert await bench.read("STALLED_OUT") > 0
    assert await bench.read("ERRORS") == 0
    await bench.set("CONTROL", ENABLE=1, CLEAR_COUNTERS=1)
    for name in ("FRAMES_IN", "FRAMES_OUT", "LINES_IN", "LINES_OUT", "DROPPED", "STALLED_OUT"):
        assert await bench.read(name) == 0


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def wrong_kernels_leave_the_running_one(dut: SimHandleBase) -> None:
    bench = Bench(dut)
    await bench.start()
    await bench.write("IRQ_STATUS", 0xFFFFFFFF)
    await bench.set("IRQ_ENABLE", ERROR=1)
    await bench.set("CONTROL", ENABLE=1)
    first, second = bench.p["sets"][:2]
    words = second["words"]
    for wrong in (words[:-1], [*words, 0], []):
        assert not int(dut.irq.value)
        await bench.load(wrong)
        assert await bench.fields("ERRORS") == {
            **dict.fromkeys(bench.map["ERRORS"].fields, 0),
            "KERNEL_REFUSED": 1,
        }
        assert int(dut.irq.value)
        await bench.set("ERRORS", KERNEL_REFUSED=1)
        await bench.set("IRQ_STATUS", ERROR=1)
        assert await bench.read("ERRORS") == 0
        assert not (await bench.fields("STATUS"))["KERNEL_PENDING"]
    await bench.frame(first["frames"][0])
    assert await bench.read("SIGNATURE_KERNEL") == first["signature"]
    # While a set waits, nothing can be written.
    await bench.load(words)
    await bench.write("KERNEL_DATA", 5)
    assert (await bench.fields("ERRORS"))["KERNEL_IGNORED"]
    await bench.frame(second["frames"][1])
    assert await bench.read("SIGNATURE_KERNEL") == second["signature"]


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def soft_reset_between_frames(dut: SimHandleBase) -> None:
    bench = Bench(dut)
    await bench.start()
    await bench.set("CONTROL", ENABLE=1)
    await bench.load([])
    one = bench.p["sets"][0]
    frame = one["frames"][1]
    await bench.frame(frame)
    # Asked for in the middle of a frame: that frame is complete all the same.
    sending = cocotb.start_soon(bench.frame(frame))
    while not (await bench.fields("STATUS"))["RUNNING"]:
        pass
    await bench.set("CONTROL", ENABLE=1, SOFT_RESET=1)
    assert (await bench.fields("STATUS"))["RESETTING"]
    await sending
    while (await bench.fields("STATUS"))["RESETTING"]:
        pass
    assert (await bench.fields("IRQ_STATUS")) == {
        **dict.fromkeys(bench.map["IRQ_STATUS"].fields, 0),
        "RESET_DONE": 1,
    }
    for name in ("ERRORS", "FRAMES_IN", "FRAMES_OUT", "SIGNATURE_IN", "SIGNATURE_OUT"):
        assert await bench.read(name) == 0, name
    assert await bench.read("SIGNATURE_KERNEL") == one["signature"]
    assert await bench.fields("SIZE") == {
        "WIDTH": len(frame["input"][0]),
        "HEIGHT": len(frame["input"]),
    }
    await bench.frame(frame)
    assert await bench.read("FRAMES_OUT") == 1
