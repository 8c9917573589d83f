"""Phases of random frames in, lines out in order, whole and right, under random stalls."""

from __future__ import annotations

from pathlib import Path

import cocotb
from cocotb.handle import SimHandleBase

import checkers
from harness import case, edge, reset, run, runs, settle

MAX_W = 12
DELAY = 12  # clocks from a launch to its first phase, less than the slack of the queues
BITS = 6


@runs("stride, lanes", [(1, 1), (2, 4), (2, 2), (2, 1), (3, 3), (3, 1), (4, 4), (4, 2), (4, 1)])
def test_raster(sim: str, stride: int, lanes: int, tmp_path: Path, seed: int) -> None:
    pair = lanes > stride
    beats = -(-MAX_W // 2) if pair else MAX_W * (stride // lanes)
    parameters = {"S": stride, "LANES": lanes, "GROUP": 2 if pair else 1, "OUT_W": BITS}
    run(sim, "raster_all", {**parameters, "MAX_BEATS": beats, "BEATS_W": 8}, tmp_path, seed)


@cocotb.test()
@cocotb.parametrize(ready=[1.0, 0.3], eager=[1.0, 0.4])
async def lines(dut: SimHandleBase, ready: float, eager: float) -> None:
    p, rng = case()
    stride, lanes, group = p["S"], p["LANES"], p["GROUP"]
    clocks = stride * stride // lanes
    inputs = (
        "launch",
        "row",
        "row_sof",
        "row_last",
        "row_beats",
        "in_valid",
        "in_t",
        "in_half",
        "in_pad",
    )
    await reset(dut, in_pixels=0, m_axis_tready=0, **dict.fromkeys(inputs, 0))

    # Each centre pixel: (row announced or None, phases or None for padding, half)
    centres: list[tuple[tuple[int, int, int] | None, list[int] | None, int]] = []
    expected: list[tuple[int, int, int, int]] = []
    for _ in range(8):
        height, width = rng.randrange(1, 5), rng.choice([1, 2, 3, MAX_W - 1, MAX_W])
        out = [[0] * (width * stride) for _ in range(height * stride)]
        beats = -(-width * stride // lanes)
        for y in range(height):
            for x in range(width + width % group):
                phases = [rng.getrandbits(BITS) for _ in range(stride * stride)]
                row = (int(y == 0), int(y == height - 1), beats) if x == 0 else None
                centres.append((row, phases if x < width else None, x % 2))
                for i in range(stride * stride if x < width else 0):
                    out[y * stride + i // stride][x * stride + i % stride] = phases[i]
        for y, line in enumerate(out):
            line += [0] * (-len(line) % lanes)
            for b in range(beats):
                word = sum(line[b * lanes + i] << (i * BITS) for i in range(lanes))
                ends = int(b == beats - 1), int(b == beats - 1 and y == height * stride - 1)
                expected.append((int(y == b == 0), *ends, word))

    coming: dict[int, tuple[int, list[int] | None, int]] = {}  # by clock
    at = clock = quiet = 0
    next_launch = 0
    held = None
    while expected:
        room = int(dut.room.value)
        dut.launch.value = dut.row.value = 0
        # The second pixel of a pair was launched with the first; it follows at once or later.
        if at < len(centres) and clock >= next_launch and rng.random() < eager:
            row, phases, half = centres[at]
            second = group == 2 and half
            if room or second:
                if not second:
                    dut.launch.value = 1
                if row is not None:
                    dut.row.value = 1
                    dut.row_sof.value, dut.row_last.value, dut.row_beats.value = row
                for t in range(clocks):
                    coming[clock + DELAY + t] = (t, phases, half)
                at += 1
                next_launch = clock + clocks
        now = coming.pop(clock, None)
        dut.in_valid.value = int(now is not None)
        dut.in_pixels.value = rng.getrandbits(lanes * BITS)
        if now is not None:
            t, phases, half = now
            dut.in_t.value, dut.in_half.value = t, half
            dut.in_pad.value = int(phases is None)
            if phases is not None:
                word = sum(phases[t * lanes + i] << (i * BITS) for i in range(lanes))
                dut.in_pixels.value = word
        takes = rng.random() < ready
        dut.m_axis_tready.value = int(takes)
        await settle()
        quiet += 1
        if int(dut.m_axis_tvalid.value):
            names = ("tuser", "tlast", "end", "tdata")
            beat = tuple(int(getattr(dut, f"m_axis_{name}").value) for name in names)
            assert held is None or beat == held
            held = beat
            if takes:
                assert beat == expected.pop(0), f"{len(expected)} beats before the end"
                held, quiet = None, 0
        else:
            assert held is None, "tvalid fell"
        await edge(dut)
        clock += 1
        assert quiet < 2000, "hangs"
    assert at == len(centres)
    assert int(dut.beats.value) > 0
    assert not checkers.broken(checkers.AXIS, int(dut.errors.value))
    dut.m_axis_tready.value, dut.in_valid.value = 1, 0
    for _ in range(30):
        await settle()
        assert not int(dut.m_axis_tvalid.value), "a beat too many"
        await edge(dut)
