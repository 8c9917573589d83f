"""The user's top through its registers: identity, kernels, frames, signatures, errors, soft reset.

The registers are driven by cocotbext-axi. Expected frames and numbers come from the golden model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import cocotb
import numpy as np
from cocotb.triggers import ReadOnly, RisingEdge

from bench_axi import (
    CASES,
    OKAY,
    SLVERR,
    Bench,
    configuration,
    input_words,
    make_frame,
    make_kernel,
    output_words,
    simulate,
    watched,
)
from deconv4k.rtl.registers import REGISTERS
from handles import Dut
from harness import runs

SIZES = [(4, 6), (5, 7), (1, 2)]

READABLE, WRITABLE = (
    [
        name
        for name, register in REGISTERS.items()
        if any(way in field.access for field in register.fields.values())
    ]
    for way in "rw"
)
"""Registers that can be read, and those that can be written."""


@runs("name", list(CASES))
def test_deconv_axi(sim: str, name: str, tmp_path: Path, seed: int) -> None:
    from deconv4k import golden
    from deconv4k.rtl import registers, signature

    config = configuration(name)
    layer, formats = config.layer, config.formats
    noise = np.random.default_rng(seed)

    kernels = [make_kernel(config, noise) for _ in range(3)]
    if formats.bias is not None:
        # a sign to extend, whatever the noise
        kernels[1] = kernels[1]._replace(bias=np.array([formats.bias.min_code]))

    sets = []
    for weights, bias in kernels:
        frames = []
        for height, width in SIZES:
            pixels = make_frame(config, noise, height, width)
            output = golden.run(config, pixels, weights, bias)
            shape = layer.output_shape(height, width)
            frames.append(
                {
                    "input": input_words(config, pixels).tolist(),
                    "output": output_words(config, output.reshape(shape)).tolist(),
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
    # Frames whose source dies after so many pixels.
    height, width = SIZES[0]
    broken = []
    for cut in (1, width + 1, height * width - 1):
        pixels = make_frame(config, noise, height, width)
        pixels.reshape(layer.in_channels, -1)[:, cut:] = 0
        output = golden.run(config, pixels, *kernels[0])[0]
        words = input_words(config, pixels)
        broken.append(
            {
                "input": words.reshape(-1)[:cut].tolist(),
                "output": output_words(config, output).tolist(),
                "signature_in": signature.input_frame(config, pixels),
                "signature_out": signature.output_frame(config, output),
            }
        )
    simulate(
        sim,
        config,
        tmp_path,
        seed,
        kernels[0],
        None,
        module="test_deconv_axi",
        sets=sets,
        broken=broken,
        identity=registers.identity(config),
    )


def beats_of(frame: dict[str, Any]) -> list[tuple[int, int, int]]:
    """TUSER, TLAST and TDATA of each output beat."""
    return [
        (int(x == y == 0), int(x == len(line) - 1), word)
        for y, line in enumerate(frame["output"])
        for x, word in enumerate(line)
    ]


class Lone(Bench):
    """A bench whose streams Python drives, one frame at a time."""

    settings: ClassVar[dict[str, int]] = {**Bench.settings, "go": 0, "external": 1}
    pauses = 0.3

    def __init__(self, dut: Dut) -> None:
        super().__init__(dut)
        self.beats: list[tuple[int, int, int]] = []
        self.refuse = 0.3

    async def start(self) -> None:
        cocotb.start_soon(self._receive())
        await super().start()

    async def _receive(self) -> None:
        """Take beats, with pauses."""
        dut = self.dut
        while True:
            dut.m_axis_video_tready.value = int(self.rng.random() >= self.refuse)
            await ReadOnly()
            if all(
                str(signal.value) == "1"
                for signal in (dut.aresetn, dut.m_axis_video_tvalid, dut.m_axis_video_tready)
            ):
                user, last, data = (
                    int(getattr(dut, f"m_axis_video_{name}").value)
                    for name in ("tuser", "tlast", "tdata")
                )
                self.beats.append((user, last, data))
            await RisingEdge(dut.aclk)

    async def send(self, lines: list[list[int]], count: int | None = None) -> None:
        """A frame, or the first `count` of its pixels, with pauses."""
        dut = self.dut
        left = len(lines) * len(lines[0]) if count is None else count
        dut.told_width.value = len(lines[0])
        dut.told_height.value = len(lines)
        for y, line in enumerate(lines):
            for x, word in enumerate(line):
                if left == 0:
                    return
                left -= 1
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
        expected = beats_of(frame)
        for _ in range(20_000):
            if len(self.beats) >= len(expected):
                break
            await RisingEdge(self.dut.aclk)
        await self.clocks(50)
        assert self.beats == expected

    async def offer(self, words: list[int]) -> None:
        """A kernel, right or wrong, and its commit."""
        await self.load(words)
        assert await self.read("KERNEL_COUNT") == min(len(words), self.p_words + 1)
        await self.commit()

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        for _ in range(500):
            status = await self.fields("STATUS")
            if not status["RUNNING"] and not status["RESETTING"]:
                break
        else:
            raise AssertionError(f"hangs: {status}")
        await self.clocks(20)

    @property
    def p_words(self) -> int:
        return int(self.p["identity"]["KERNEL_WORDS"])


@watched(Lone, ms=0.1)
async def identity_and_reset_values(bench: Lone) -> None:
    words = bench.p["identity"]
    for name, word in words.items():
        assert await bench.read(name) == word, name
    checked = 0
    for name in READABLE:
        register, values = bench.map[name], await bench.fields(name)
        for field in register.fields.values():
            reset = field.reset
            if isinstance(reset, str):
                source, part = reset.split(".")
                reset = bench.map[source].fields[part].get(words[source])
            # The power-up kernel has been taken already.
            if reset is not None and name != "IRQ_STATUS":
                assert values[field.name] == reset, (name, field.name)
                checked += 1
    assert checked >= 20
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


@watched(Lone, ms=0.1)
async def only_what_is_writable_changes(bench: Lone) -> None:
    before = {name: await bench.read(name) for name in READABLE}
    for name in READABLE:
        if name in ("CONTROL", "IRQ_STATUS"):
            continue
        answer = OKAY if name in WRITABLE else SLVERR
        writable = sum(f.mask for f in bench.map[name].fields.values() if f.access == "rw")
        for pattern in (0xFFFFFFFF, bench.rng.getrandbits(32), 0):
            assert await bench.put(bench.map[name].address, pattern) == answer, name
            expected = (pattern & writable) | (before[name] & ~writable)
            assert await bench.read(name) == expected, name
        assert await bench.put(bench.map[name].address, before[name]) == answer
    assert {name: await bench.read(name) for name in READABLE} == before


@watched(Lone, ms=0.1)
async def every_address_is_answered_as_documented(bench: Lone) -> None:
    """SLVERR where there is nothing, or not in that direction; the two lowest bits do not count."""
    before = {name: await bench.read(name) for name in READABLE}
    names = {register.address: name for name, register in bench.map.items()}
    for address in range(256):
        name = names.get(address & ~3, "")
        data, answer = await bench.get(address)
        assert answer == (OKAY if name in READABLE else SLVERR), address
        assert data == before.get(name, 0), address
    for address in range(256):
        name = names.get(address & ~3, "")
        # What can be written is given what it holds; a one would clear, start or commit something.
        word = before.get(name, 0) if name not in ("ERRORS", "IRQ_STATUS") else 0
        if name not in WRITABLE:
            word = 0xFFFFFFFF
        elif name == "KERNEL_DATA":
            continue
        assert await bench.put(address, word) == (OKAY if name in WRITABLE else SLVERR), address
    assert {name: await bench.read(name) for name in READABLE} == before
    # An address that is no word's is that of the word.
    await bench.put(bench.map["SIZE"].address + 1, 0x00020003)
    assert await bench.read("SIZE") == 0x00020003


@watched(Lone, ms=0.1)
async def bytes_of_a_word(bench: Lone) -> None:
    """Those written change and no other; KERNEL_DATA wants them all."""
    size, data = (bench.map[name].address for name in ("SIZE", "KERNEL_DATA"))
    word = await bench.read("SIZE")
    for strb in range(16):
        new = bench.rng.getrandbits(32)
        assert await bench.put(size, new, strb) == OKAY
        mask = sum(0xFF << 8 * byte for byte in range(4) if strb >> byte & 1)
        word = (word & ~mask) | (new & mask)
        assert await bench.read("SIZE") == word
    words = bench.p["sets"][1]["words"]
    for strb in range(16):
        await bench.set("KERNEL_CONTROL", START=1)
        at = bench.rng.randrange(len(words))
        for number, each in enumerate(words):
            assert await bench.put(data, each, strb if number == at else 15) == OKAY
        # A write of no byte appends nothing.
        assert await bench.read("KERNEL_COUNT") == len(words) - (strb == 0)
        await bench.commit()
        assert (await bench.fields("ERRORS"))["KERNEL_REFUSED"] == (strb != 15), strb
        assert (await bench.fields("STATUS"))["KERNEL_LOCKED"] == (strb == 15), strb
        await bench.set("ERRORS", KERNEL_REFUSED=1)


class Direct(Lone):
    """Without pauses of its own on the registers' bus."""

    pauses = 0.0


@watched(Direct, ms=0.2)
async def a_master_takes_one_answer_after_the_other(bench: Direct) -> None:
    """Both asked for at once; B while R is not taken, and R while B is not."""
    address = bench.map["SIZE"].address
    sinks = {"b": bench.master.write_if.b_channel, "r": bench.master.read_if.r_channel}
    for first, second in (("b", "r"), ("r", "b")):
        for n in range(20):
            word = 0x00010001 + n
            sinks[second].pause = True
            asked = {
                "b": cocotb.start_soon(bench.master.write(address, word.to_bytes(4, "little"))),
                "r": cocotb.start_soon(bench.master.read(address, 4)),
            }
            await asked[first]
            await bench.clocks(5)
            assert not asked[second].done()
            sinks[second].pause = False
            await asked[second]
            assert {task.result().resp for task in asked.values()} == {OKAY}
            assert await bench.read("SIZE") == word


@watched(Lone, ms=0.2)
async def frames_kernels_and_signatures(bench: Lone) -> None:
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
            await bench.offer(one["words"])
            status = await bench.fields("STATUS")
            assert status["KERNEL_PENDING"]
            assert status["KERNEL_LOCKED"]
            before = bench.p["sets"][number - 1]["signature"]
            assert await bench.read("SIGNATURE_KERNEL") == before
        for frame in one["frames"]:
            assert not bench.value("irq")
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
            assert bench.value("irq")
            await bench.set("IRQ_STATUS", FRAME_OUT=1)
            assert (await bench.fields("IRQ_STATUS")) == {**events, "FRAME_OUT": 0}
            assert not bench.value("irq")
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


@watched(Lone, ms=0.2)
async def wrong_kernels_leave_the_running_one(bench: Lone) -> None:
    await bench.write("IRQ_STATUS", 0xFFFFFFFF)
    await bench.set("IRQ_ENABLE", ERROR=1)
    await bench.set("CONTROL", ENABLE=1)
    first, second = bench.p["sets"][:2]
    words = second["words"]
    for wrong in (words[:-1], [*words, 0], []):
        assert not bench.value("irq")
        await bench.offer(wrong)
        assert await bench.fields("ERRORS") == {
            **dict.fromkeys(bench.map["ERRORS"].fields, 0),
            "KERNEL_REFUSED": 1,
        }
        assert bench.value("irq")
        await bench.set("ERRORS", KERNEL_REFUSED=1)
        await bench.set("IRQ_STATUS", ERROR=1)
        assert await bench.read("ERRORS") == 0
        assert not (await bench.fields("STATUS"))["KERNEL_PENDING"]
    await bench.frame(first["frames"][0])
    assert await bench.read("SIGNATURE_KERNEL") == first["signature"]
    # While a set waits, nothing can be written.
    await bench.offer(words)
    await bench.write("KERNEL_DATA", 5)
    assert (await bench.fields("ERRORS"))["KERNEL_IGNORED"]
    await bench.frame(second["frames"][1])
    assert await bench.read("SIGNATURE_KERNEL") == second["signature"]


@watched(Lone, ms=0.2)
async def soft_reset_between_frames(bench: Lone) -> None:
    await bench.set("CONTROL", ENABLE=1)
    await bench.offer([])
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


class Dying(Lone):
    """A source that stops in the middle of a frame."""

    settings: ClassVar[dict[str, int]] = {**Lone.settings, "well_formed": 0}

    async def begin(self, broken: dict[str, Any]) -> None:
        """Send what comes of a frame; its output stops, too."""
        height, width = SIZES[0]
        await self.set("SIZE", WIDTH=width, HEIGHT=height)
        pixels = broken["input"]
        lines = [[0] * width for _ in range(height)]
        for at, pixel in enumerate(pixels):
            lines[at // width][at % width] = pixel
        await self.send(lines, len(pixels))
        await self.clocks(300)
        assert (await self.fields("STATUS"))["RUNNING"]


@watched(Dying, ms=0.5)
async def a_frame_whose_source_died_is_aborted(bench: Dying) -> None:
    errors = dict.fromkeys(bench.map["ERRORS"].fields, 0)
    good = bench.p["sets"][0]["frames"][1]
    await bench.set("CONTROL", ENABLE=1)
    # Without a frame there is nothing to abort.
    await bench.set("CONTROL", ENABLE=1, ABORT=1)
    assert await bench.fields("ERRORS") == errors
    for broken in bench.p["broken"]:
        await bench.frame(good)
        await bench.set("CONTROL", ENABLE=1, CLEAR_COUNTERS=1)
        bench.beats.clear()
        await bench.begin(broken)
        assert len(bench.beats) < len(beats_of(broken))
        await bench.set("CONTROL", ENABLE=1, ABORT=1)
        await bench.idle()
        assert bench.beats == beats_of(broken)
        assert await bench.fields("ERRORS") == {**errors, "ABORTED": 1}
        assert (await bench.fields("IRQ_STATUS"))["ERROR"]
        assert await bench.read("FRAMES_IN") == await bench.read("FRAMES_OUT") == 1
        assert await bench.read("SIGNATURE_IN") == broken["signature_in"]
        assert await bench.read("SIGNATURE_OUT") == broken["signature_out"]
        await bench.set("ERRORS", ABORTED=1)
        await bench.set("IRQ_STATUS", ERROR=1)
    await bench.frame(good)
    assert await bench.fields("ERRORS") == errors


@watched(Dying, ms=0.5)
async def abort_frees_the_lines_of_the_frame_before(bench: Dying) -> None:
    """They wait inside once another frame has begun that does not go on."""
    await bench.set("CONTROL", ENABLE=1)
    whole, broken = bench.p["sets"][0]["frames"][0], bench.p["broken"][0]
    height, width = SIZES[0]
    await bench.set("SIZE", WIDTH=width, HEIGHT=height)
    await bench.send(whole["input"])
    await bench.begin(broken)
    expected = beats_of(whole) + beats_of(broken)
    assert bench.beats == expected[: len(bench.beats)]
    await bench.set("CONTROL", ENABLE=1, ABORT=1)
    await bench.idle()
    assert bench.beats == expected


@watched(Dying, ms=1)
async def soft_reset_ends_a_frame_whose_source_died(bench: Dying) -> None:
    good = bench.p["sets"][0]["frames"][1]
    for broken, at_once in ((bench.p["broken"][1], True), (bench.p["broken"][2], False)):
        await bench.set("CONTROL", ENABLE=1)
        bench.beats.clear()
        await bench.begin(broken)
        await bench.set("CONTROL", ENABLE=1, SOFT_RESET=1, ABORT=int(at_once))
        if not at_once:
            # The source is waited for, so long.
            await bench.clocks(65_000)
            assert (await bench.fields("STATUS"))["RESETTING"]
            assert len(bench.beats) < len(beats_of(broken))
            await bench.clocks(536)
        await bench.idle()
        assert bench.beats == beats_of(broken)
        assert await bench.fields("IRQ_STATUS") == {
            **dict.fromkeys(bench.map["IRQ_STATUS"].fields, 0),
            "RESET_DONE": 1,
        }
        for name in ("ERRORS", "FRAMES_IN", "FRAMES_OUT", "SIGNATURE_OUT"):
            assert await bench.read(name) == 0, name
        await bench.frame(good)
        assert await bench.read("SIGNATURE_OUT") == good["signature_out"]


@watched(Direct, ms=0.2)
async def what_happens_in_the_clocks_of_a_soft_reset_is_kept(bench: Direct) -> None:
    """A kernel refused at each clock around it: its flag is cleared before, and never after."""
    await bench.set("IRQ_ENABLE", RESET_DONE=1)
    kept = []
    for clock in range(20, 60):
        before = await bench.commit_in_reset(clock)
        flag = (await bench.fields("ERRORS"))["KERNEL_REFUSED"]
        assert (await bench.fields("IRQ_STATUS"))["ERROR"] == flag
        kept.append((flag, before))
        await bench.write("ERRORS", 0xFFFFFFFF)
        await bench.write("IRQ_STATUS", 0xFFFFFFFF)
    flags = [flag for flag, _ in kept]
    assert flags == sorted(flags)
    assert set(flags) == {0, 1}
    # One refused in the last of the reset's 8 clocks is written 7 before irq: the first is 7 more.
    assert max(before for flag, before in kept if flag) == 7 + 7
