"""Windows around every pixel of a frame; what lies outside is zero whatever came in there."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

BITS = 5


POINTS = [
    {"AHEAD": ahead, "BEHIND": behind, "PIXEL_BITS": BITS, "NEAR_W": 3, "TAG_W": 4}
    for ahead, behind in [(0, 0), (1, 0), (0, 1), (2, 2), (3, 1)]
]


def test_window(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_window", POINTS, tmp_path, seed)


@cocotb.test()
@at_points
async def windows(dut: Dut) -> None:
    p, rng = case()
    ahead, behind = p["AHEAD"], p["BEHIND"]
    side = ahead + behind + 1
    inputs = ("step", "column", "above", "below", "left", "right", "live", "take", "tag")
    await reset(dut, **dict.fromkeys(inputs, 0))
    expected: list[tuple[int, int, int]] = []
    seen = taken = 0

    async def clock(step: int) -> None:
        nonlocal seen, taken
        dut.step.value = step
        await settle()
        if int(dut.out_valid.value):
            assert expected, "a window too many"
            assert (int(dut.out.value), int(dut.out_tag.value), taken) == expected.pop(0)
            seen += 1
        else:
            assert not taken, "a take without its window in the next clock"
        taken = int(dut.out_take.value)
        await edge(dut)

    centres = 0
    for height, width in ((4, 6), (1, 1), (1, 5), (5, 1), (3, 2), (6, 7)):
        frame = [[rng.getrandbits(BITS) for _ in range(width)] for _ in range(height)]
        for y in range(height):
            for x in range(width):
                together = 0
                for dy in range(-behind, ahead + 1):
                    for dx in range(-behind, ahead + 1):
                        if 0 <= y + dy < height and 0 <= x + dx < width:
                            at = (dx + behind) * side + ahead - dy
                            together |= frame[y + dy][x + dx] << (at * BITS)
                column = 0
                for k in range(side):
                    inside = 0 <= y + ahead - k < height
                    pixel = frame[y + ahead - k][x] if inside else rng.getrandbits(BITS)
                    column |= pixel << (k * BITS)
                dut.column.value = column
                tag = rng.getrandbits(4)
                dut.above.value, dut.below.value = min(y, behind), min(height - 1 - y, ahead)
                dut.left.value, dut.right.value = min(x, behind), min(width - 1 - x, ahead)
                take = rng.getrandbits(1)
                dut.live.value, dut.take.value, dut.tag.value = 1, take, tag
                expected.append((together, tag, take))
                centres += 1
                await clock(1)
                while rng.random() < 0.3:
                    dut.column.value = rng.getrandbits(side * BITS)
                    dut.take.value = rng.getrandbits(1)
                    await clock(0)
    dut.live.value = 0
    for _ in range(ahead):
        await clock(1)
    for _ in range(4):
        await clock(0)
    assert not expected
    assert seen == centres > 0
