"""Frames with gaps, with and without room: every pixel enters once, every row is centre once."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

NAMES = ("AHEAD", "BEHIND", "GROUP", "PHASE_CLOCKS")
POINTS = [
    {**dict(zip(NAMES, sizes, strict=True)), "PIXEL_BITS": 8, "WIDTH_W": 6, "NEAR_W": 3}
    for sizes in [
        (2, 2, 2, 1), (2, 2, 1, 2), (0, 1, 2, 1), (1, 0, 1, 4), (3, 1, 1, 3), (1, 1, 1, 1),
    ]
]  # fmt: skip


def test_scan(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_scan", POINTS, tmp_path, seed)


SIZES = [(3, 5), (1, 1), (1, 1), (4, 2), (1, 9), (5, 1), (2, 8), (6, 3), (1, 2), (7, 7)]


@cocotb.test()
@cocotb.parametrize(valid=[1.0, 0.6, 0.05], room=[1.0, 0.5])
@at_points
async def frames(dut: Dut, valid: float, room: float) -> None:
    p, rng = case()
    await reset(dut, in_pixel=0, in_eol=0, in_width=0, in_height=0, in_take=0, in_valid=0, room=0)
    beats = []
    sizes = [rng.choice(SIZES) for _ in range(20)]
    entering, centre_rows = [], []
    for height, width in sizes:
        take = rng.getrandbits(1)
        for y in range(height):
            marks = int(y == 0), int(y == 0) & take, int(y == height - 1)
            near = min(y, p["BEHIND"]), min(height - 1 - y, p["AHEAD"])
            centre_rows.append((width, *near, *marks))
            for x in range(width):
                pixel = rng.getrandbits(8)
                # in_take matters on the first pixel only.
                given = take if x == y == 0 else rng.getrandbits(1)
                beats.append((int(x == width - 1), width, height, given, pixel))
                entering.append((x, pixel))
    sent, offered, had_room, quiet, last_step = 0, False, False, 0, -100
    x_due, slot, clock = 0, None, 0
    while quiet < 200:
        offered = sent < len(beats) and (offered or rng.random() < valid)
        dut.in_valid.value = int(offered)
        if offered:
            eol, width, height, given, pixel = beats[sent]
            dut.in_take.value = given
            dut.in_eol.value, dut.in_pixel.value = eol, pixel
            dut.in_width.value, dut.in_height.value = width, height
        else:
            dut.in_eol.value, dut.in_pixel.value = rng.getrandbits(1), rng.getrandbits(8)
        quiet = quiet + 1 if sent == len(beats) else 0
        had_room_before = had_room
        had_room = rng.random() < room
        dut.room.value = int(had_room)
        await settle()
        if int(dut.step.value):
            quiet = 0
            assert had_room_before, "a step without room"
            assert clock - last_step >= p["PHASE_CLOCKS"], "a step too soon"
            last_step = clock
            assert int(dut.step_x.value) == x_due
            now = tuple(
                int(getattr(dut, f"centre_{name}").value)
                for name in ("width", "above", "below", "first", "take", "last")
            )
            if x_due == 0:
                slot = now
                if now[0]:
                    assert centre_rows, "a row too many"
                    assert now == centre_rows.pop(0)
            assert now == slot, "the centre changes within a slot"
            if int(dut.step_fill.value):
                assert (x_due, int(dut.step_pixel.value)) == entering.pop(0)
            x_due += 1
            if int(dut.step_end.value):
                assert x_due >= now[0], "a slot shorter than its row"
                assert x_due % p["GROUP"] == 0
                x_due = 0
        if offered and int(dut.in_ready.value):
            sent += 1
            offered, quiet = False, 0
        await edge(dut)
        clock += 1
        assert clock < 200_000
    assert sent == len(beats)
    assert not entering
    assert not centre_rows
