"""Noise on every observed wire: counters, signatures, interrupt; and soft resets at any moment."""

from __future__ import annotations

import random
import zlib
from pathlib import Path
from typing import Any

import cocotb

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

POINTS = {
    "one channel": {"IN_W": 8, "OUT_BITS": 32, "PATIENCE_W": 6},
    "three channels": {"IN_W": 27, "OUT_BITS": 8, "PATIENCE_W": 6},
    "wide": {"IN_W": 40, "OUT_BITS": 88, "PATIENCE_W": 6},
}

INPUTS = (
    *("enable", "soft_reset", "abort_frame", "clear_counters", "irq_status", "irq_enable"),
    "kernel_loaded",
    *("dropped", "frame_pixel", "frame_first", "frame_last", "frame_valid"),
    *("s_axis_tlast", "s_axis_tvalid", "s_axis_tready"),
    *("m_axis_tdata", "m_axis_tuser", "m_axis_tlast", "m_axis_tvalid", "m_axis_tready", "out_end"),
)

COUNTERS = {
    "frames_in": "frame_in",
    "frames_out": "frame_out",
    "lines_in": "line_in",
    "lines_out": "line_out",
    "dropped_pixels": "dropped",
    "stalled_in": "stall_in",
    "stalled_out": "stall_out",
}


def test_control(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_control", POINTS, tmp_path, seed)


class Bench:
    """Frames of noise in and out, and what must come of them."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        self.p, self.rng = case()
        self.clear()

    def clear(self) -> None:
        """The model after a reset."""
        self.counts = dict.fromkeys(COUNTERS, 0)
        self.in_flight = 0
        self.input: list[int] = []  # pixels of the frame coming in
        self.output: list[int] = []
        self.left: list[int] = []  # lengths of frames that are still to leave
        self.at = 0  # beats of the frame leaving
        self.due: list[tuple[int, str, int]] = []  # clocks until a signature, and which
        self.signatures = {"in": 0, "out": 0}
        self.late: list[str] = []  # events of the clock before

    async def reset(self) -> None:
        await reset(self.dut, **dict.fromkeys(INPUTS, 0))
        self.clear()

    def crc(self, words: list[int], width: int) -> int:
        size = -(-width // 8)
        return zlib.crc32(b"".join(word.to_bytes(size, "little") for word in words))

    async def clock(self, *, take: float = 0.5, leave: float = 0.5, clear: bool = False) -> None:
        """One clock: maybe a pixel in, maybe a beat out, and every output compared."""
        dut, rng = self.dut, self.rng
        width, beat = self.p["IN_W"], self.p["OUT_BITS"]
        events: list[str] = []
        goes_on = bool(self.input)
        valid = rng.random() < (0.7 if goes_on else take)
        last = rng.random() < 0.2
        pixel = rng.getrandbits(width)
        dut.frame_valid.value, dut.frame_pixel.value = int(valid), pixel
        dut.frame_first.value = int(not goes_on if valid else rng.random() < 0.5)
        dut.frame_last.value = int(last)

        offered = bool(self.left) and rng.random() < leave
        data = rng.getrandbits(beat)
        ends = offered and self.at == self.left[0] - 1
        line = ends or (offered and rng.random() < 0.3)
        ready = rng.random() < 0.7
        dut.m_axis_tvalid.value, dut.m_axis_tready.value = int(offered), int(ready)
        dut.m_axis_tdata.value = data
        dut.m_axis_tuser.value = int(self.at == 0 if offered else rng.random() < 0.5)
        dut.out_end.value = int(ends if offered else rng.random() < 0.5)
        dut.m_axis_tlast.value = int(line if offered else rng.random() < 0.5)

        came = [rng.random() < 0.6 for _ in range(4)]
        dut.s_axis_tvalid.value, dut.s_axis_tready.value = int(came[0]), int(came[1])
        dut.s_axis_tlast.value, dut.dropped.value = int(came[2]), int(came[3])
        dut.clear_counters.value = int(clear)
        await settle()

        for name, count in self.counts.items():
            assert int(getattr(dut, name).value) == count % 2**32, name
        done = {which for clocks, which, _ in self.due if clocks == 0}
        for which in ("in", "out"):
            assert int(getattr(dut, f"frame_{which}").value) == (which in done)
        for clocks, which, crc in self.due:
            if clocks == 0:
                self.signatures[which] = crc
        self.due = [(clocks - 1, which, crc) for clocks, which, crc in self.due if clocks]
        assert int(dut.signature_in.value) == self.signatures["in"]
        assert int(dut.signature_out.value) == self.signatures["out"]
        assert int(dut.running.value) == (self.in_flight > 0)

        if valid:
            self.in_flight += not goes_on
            self.input.append(pixel)
            if last:
                self.due.append((2, "in", self.crc(self.input, width)))
                self.left.append(rng.randint(1, 12))
                self.input = []
        if offered and ready:
            self.output.append(data)
            self.at += 1
            if ends:
                self.due.append((2, "out", self.crc(self.output, beat)))
                self.output, self.at = [], 0
                self.left.pop(0)
                self.in_flight -= 1
        for name, happened in (
            ("line_in", came[0] and came[1] and came[2]),
            ("line_out", offered and ready and line),
            ("dropped", came[3]),
            ("stall_in", came[0] and not came[1]),
            ("stall_out", offered and not ready),
        ):
            if happened:
                events.append(name)
        # With the next clock comes the signature, and with it the count.
        signed = [f"frame_{which}" for clocks, which, _ in self.due if clocks == 0]
        for name, event in COUNTERS.items():
            self.counts[name] += event in self.late or event in signed
            if clear:
                self.counts[name] = 0
        self.late = events
        await edge(dut)


@cocotb.test()
@at_points
async def counters_and_signatures(dut: Dut) -> None:
    bench = Bench(dut)
    await bench.reset()
    seen: dict[str, int] = dict.fromkeys(COUNTERS, 0)
    for _ in range(1500):
        clear = bench.rng.random() < 0.01
        if clear:
            seen = {name: seen[name] + count for name, count in bench.counts.items()}
        await bench.clock(clear=clear)
    assert all(seen.values()), seen
    assert all(bench.signatures.values())


async def watch(bench: Bench, clocks: int, **chances: Any) -> None:
    for _ in range(clocks):
        await bench.clock(**chances)


@cocotb.test()
@at_points
async def soft_reset_waits_for_the_last_beat(dut: Dut) -> None:
    bench = Bench(dut)
    rng: random.Random = bench.rng
    for late in (None, 1, 2, 31, 32, rng.randint(3, 30)):
        await bench.reset()
        dut.enable.value = dut.kernel_loaded.value = 1
        await watch(bench, rng.randint(20, 80))
        assert int(dut.core_enable.value)
        dut.soft_reset.value = 1
        await bench.clock(take=0.0)
        dut.soft_reset.value = 0
        await settle()
        assert int(dut.resetting.value)
        assert not int(dut.core_enable.value)
        # A frame may still be on its way in: it comes in quiet clock number `late`.
        waited, quiet, came = 0, 0, late is None
        while not int(dut.core_reset.value):
            quiet = 0 if bench.in_flight else quiet + 1
            comes = quiet == late and not came
            came |= comes
            # Asking again changes nothing.
            dut.soft_reset.value = int(rng.random() < 0.2)
            await bench.clock(take=1.0 if comes else 0.0)
            await settle()
            assert int(dut.resetting.value)
            assert not int(dut.core_enable.value)
            waited += 1
            assert waited < 1000, "hangs"
        assert not bench.in_flight
        assert not bench.left
        assert not bench.input
        assert quiet == 32
        assert came
        # Nothing happens while the core is in reset; all starts anew.
        for name in ("frame_valid", "s_axis_tvalid", "m_axis_tvalid", "dropped"):
            getattr(dut, name).value = 0
        for clock in range(8):
            assert int(dut.core_reset.value), clock
            assert int(dut.clear_flags.value) == (clock == 0)
            dut.soft_reset.value = int(clock < 7 and rng.random() < 0.3)
            assert not int(dut.reset_done.value)
            await edge(dut)
            await settle()
        assert not int(dut.core_reset.value)
        assert not int(dut.resetting.value)
        assert int(dut.reset_done.value)
        assert int(dut.core_enable.value)
        bench.clear()
        dut.soft_reset.value = 0
        await bench.clock()
        await settle()
        assert not int(dut.reset_done.value)
        await watch(bench, 60)


@cocotb.test()
@at_points
async def a_dead_source_is_aborted(dut: Dut) -> None:
    bench = Bench(dut)
    patience = 2 ** bench.p["PATIENCE_W"]

    async def clocks(count: int, tvalid: int = 0) -> int:
        """How many of them core_abort was high in."""
        dut.s_axis_tvalid.value = tvalid
        seen = 0
        for _ in range(count):
            await settle()
            seen += int(dut.core_abort.value)
            assert not int(dut.core_reset.value)
            await edge(dut)
        return seen

    for alive in (0, 1, patience - 1):
        await bench.reset()
        dut.enable.value = dut.kernel_loaded.value = 1
        dut.frame_valid.value = dut.frame_first.value = 1
        await clocks(1)
        dut.frame_valid.value = 0
        # A source may be silent for ever; software may say that it is dead.
        assert await clocks(2 * patience) == 0
        dut.abort_frame.value = 1
        assert await clocks(1) == 0
        dut.abort_frame.value = 0
        assert await clocks(4) == 1
        # Not so in a soft reset.
        dut.soft_reset.value = 1
        await clocks(1)
        dut.soft_reset.value = 0
        if alive:
            assert await clocks(alive) == 0
            assert await clocks(1, tvalid=1) == 0
        assert await clocks(patience + 1) == 0
        assert await clocks(50) == 50
        # The frame, completed with zeros, has left.
        dut.m_axis_tvalid.value = dut.m_axis_tready.value = dut.out_end.value = 1
        await clocks(1)
        dut.m_axis_tvalid.value = 0
        for _ in range(40):
            await settle()
            await edge(dut)
            if int(dut.reset_done.value):
                break
        else:
            raise AssertionError("hangs")
        assert await clocks(2 * patience) == 0


@cocotb.test()
@at_points
async def enable_needs_a_kernel(dut: Dut) -> None:
    bench = Bench(dut)
    await bench.reset()
    for enable in (0, 1):
        for loaded in (0, 1):
            dut.enable.value, dut.kernel_loaded.value = enable, loaded
            await settle()
            assert int(dut.core_enable.value) == (enable and loaded)


@cocotb.test()
@at_points
async def interrupt_of_enabled_bits(dut: Dut) -> None:
    bench = Bench(dut)
    await bench.reset()
    for status in range(32):
        for enable in range(32):
            dut.irq_status.value, dut.irq_enable.value = status, enable
            await settle()
            await edge(dut)
            await settle()
            assert int(dut.irq.value) == (status & enable != 0)
