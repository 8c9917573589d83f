"""Phases of random frames in, lines out in order, whole and right, under random stalls."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cocotb

import checkers
from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

BITS = 6
LAUNCH_CLOCKS = 3  # from a step's decision to its launch: deconv_scan, deconv_edges
REST = 12  # from the launch of the step that makes a column the centre to its first phase

# (stride, lanes, columns ahead, widest line)
POINTS = [
    (1, 1, 1, 12),
    (2, 4, 2, 12),
    (2, 2, 2, 12),
    (2, 1, 2, 12),
    (3, 3, 1, 12),
    (3, 1, 1, 12),
    (4, 4, 1, 12),
    (4, 2, 1, 12),
    (4, 1, 1, 12),
    # kernels so large that what is on its way is more than a line, or than the queues' reserve
    (1, 1, 40, 1),
    (2, 4, 33, 3),
    (2, 2, 40, 1),
    (2, 1, 9, 1),
    (4, 1, 5, 1),
    (8, 1, 2, 5),
    (20, 1, 0, 1),
]


def test_raster(sim: str, tmp_path: Path, seed: int) -> None:
    points = []
    for stride, lanes, ahead, most in POINTS:
        group = 2 if lanes > stride else 1
        points.append(
            {
                "S": stride,
                "LANES": lanes,
                "GROUP": group,
                "OUT_W": BITS,
                "MAX_BEATS": -(-most // group) * max(1, stride // lanes),
                "LATENCY": REST + ahead * (stride * stride // lanes),
                "BEATS_W": 8,
                "ahead": ahead,
                "most": most,
            }
        )
    run_points(sim, "raster_all", points, tmp_path, seed)


@dataclass(frozen=True)
class Step:
    """A column of the scan: what it announces, and its phases, None for padding.

    No row is announced where `row` is None; a step that is not `live` only moves the others on.
    """

    row: tuple[int, int, int] | None = None
    phases: list[int] | None = None
    half: int = 0
    live: bool = True


Beat = tuple[int, int, int, int]
"""SOF, EOL, end of the frame, data."""


def make_frames(widths: list[int]) -> tuple[list[Step], list[Beat]]:
    """Frames of random phases and their beats."""
    p, rng = case()
    stride, lanes, group = p["S"], p["LANES"], p["GROUP"]
    steps: list[Step] = []
    expected: list[Beat] = []
    for width in widths:
        height = rng.randrange(1, 5)
        out = [[0] * (width * stride) for _ in range(height * stride)]
        beats = -(-width * stride // lanes)
        for y in range(height):
            for x in range(width + width % group):
                phases = [rng.getrandbits(BITS) for _ in range(stride * stride)]
                row = (int(y == 0), int(y == height - 1), beats) if x == 0 else None
                steps.append(Step(row, phases if x < width else None, x % 2))
                for i in range(stride * stride if x < width else 0):
                    out[y * stride + i // stride][x * stride + i % stride] = phases[i]
            if width == stride == 1:
                steps.append(Step(live=False))  # deconv_scan takes two clocks a row at least
        for y, line in enumerate(out):
            line += [0] * (-len(line) % lanes)
            for b in range(beats):
                word = sum(line[b * lanes + i] << (i * BITS) for i in range(lanes))
                ends = int(b == beats - 1), int(b == beats - 1 and y == height * stride - 1)
                expected.append((int(y == b == 0), *ends, word))
    return [*steps, *(Step(live=False) for _ in range(p["ahead"]))], expected


async def play(
    dut: Dut, widths: list[int], ready: float, eager: float, *, patience: int = 0
) -> int:
    """Frames through the module as the engine's scan and pipeline bring them, all checked.

    The sink takes nothing before a step has waited for room `patience` clocks.

    Returns
    -------
    int
        Clocks in which a step waited for room.
    """
    p, rng = case()
    lanes, group = p["LANES"], p["GROUP"]
    clocks = p["S"] ** 2 // lanes
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
    for _ in range(4):
        await edge(dut)
        await settle()
    assert int(dut.room.value)

    steps, expected = make_frames(widths)
    announced: dict[int, Step] = {}  # by clock
    coming: dict[int, tuple[int, Step]] = {}
    at = clock = quiet = waited = next_step = 0
    held = None
    while expected:
        if at < len(steps) and clock >= next_step and rng.random() < eager:
            if int(dut.room.value):
                announced[clock + LAUNCH_CLOCKS] = steps[at]
                # The column that this step makes the centre.
                for t in range(clocks if at >= p["ahead"] else 0):
                    coming[clock + LAUNCH_CLOCKS + REST + t] = t, steps[at - p["ahead"]]
                at += 1
                next_step = clock + clocks
            else:
                waited += 1
        step = announced.pop(clock, Step(live=False))
        # The second pixel of a pair was launched with the first.
        dut.launch.value = int(step.live and not (group == 2 and step.half))
        dut.row.value = int(step.row is not None)
        if step.row is not None:
            dut.row_sof.value, dut.row_last.value, dut.row_beats.value = step.row
        t, step = coming.pop(clock, (0, Step(live=False)))
        dut.in_valid.value = int(step.live)
        dut.in_t.value, dut.in_half.value = t, step.half
        dut.in_pad.value = int(step.phases is None)
        dut.in_pixels.value = rng.getrandbits(lanes * BITS)
        if step.phases is not None:
            word = sum(step.phases[t * lanes + i] << (i * BITS) for i in range(lanes))
            dut.in_pixels.value = word
        takes = waited >= patience and rng.random() < ready
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
        assert quiet < 4000, "hangs"
    assert at >= len(steps) - p["ahead"]
    assert int(dut.beats.value) > 0
    assert not checkers.broken(checkers.AXIS, int(dut.errors.value))
    dut.m_axis_tready.value, dut.in_valid.value = 1, 0
    for _ in range(30):
        await settle()
        assert not int(dut.m_axis_tvalid.value), "a beat too many"
        await edge(dut)
    assert not int(dut.overflows.value)
    return waited


@cocotb.test()
@cocotb.parametrize(ready=[1.0, 0.3], eager=[1.0, 0.4])
@at_points
async def lines(dut: Dut, ready: float, eager: float) -> None:
    p, rng = case()
    most = p["most"]
    widths = [rng.choice([1, 2, 3, most - 1, most]) for _ in range(8 if p["S"] < 8 else 4)]
    await play(dut, [max(1, min(width, most)) for width in widths], ready, eager)


@cocotb.test()
@at_points
async def queues_fill_up(dut: Dut) -> None:
    """All that may be launched is, and waits; then it leaves."""
    p, _ = case()
    frames = 4 + 120 // (p["most"] * p["S"])
    assert await play(dut, [p["most"]] * frames, 1.0, 1.0, patience=50) >= 50


@cocotb.test()
@at_points
async def room_never_falls_at_the_full_rate(dut: Dut) -> None:
    p, _ = case()
    assert not await play(dut, [p["most"]] * 12, 1.0, 1.0)
