"""Rows of changing widths: each column brings the rows before it, newest first."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

LATENCY = 3


POINTS = [{"LINES": lines, "MAX_W": 20, "PIXEL_BITS": 6, "WIDTH_W": 5} for lines in (0, 1, 4)]


def test_line_buffer(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_line_buffer", POINTS, tmp_path, seed)


@cocotb.test()
@at_points
async def columns(dut: Dut) -> None:
    p, rng = case()
    await reset(dut, step=0, step_end=0, step_fill=0, step_pixel=0, step_x=0)
    rows: list[list[int | None]] = []  # by slot
    due: list[list[int | None] | None] = []
    checked = 0

    async def clock(column: list[int | None] | None) -> None:
        nonlocal checked
        due.append(column)
        await settle()
        want = due[-1 - LATENCY] if len(due) > LATENCY else None
        if want is not None:
            got = int(dut.column.value) if dut.column.value.is_resolvable else None
            for k, pixel in enumerate(want):
                if pixel is not None:
                    assert got is None or got >> (6 * k) & 63 == pixel
                    if got is None:
                        assert int(dut.column.value[6 * k + 5 : 6 * k]) == pixel
                    checked += 1
        await edge(dut)

    for _ in range(60):
        # A slot of at least two columns; a row may be narrower than its slot, or missing.
        steps = rng.randrange(2, 21)
        width = rng.choice([0, 1, steps, steps, steps])
        row: list[int | None] = []
        rows.append(row)
        for x in range(steps):
            while rng.random() < 0.2:
                dut.step.value = 0
                dut.step_fill.value = rng.getrandbits(1)
                dut.step_pixel.value = rng.getrandbits(6)
                await clock(None)
            pixel = rng.getrandbits(6)
            row.append(pixel if x < width else None)
            dut.step.value, dut.step_end.value = 1, int(x == steps - 1)
            dut.step_fill.value, dut.step_pixel.value = int(x < width), pixel
            dut.step_x.value = x
            column: list[int | None] = [pixel]
            for k in range(1, p["LINES"] + 1):
                past = rows[-1 - k] if len(rows) > k else []
                column.append(past[x] if x < len(past) else None)
            await clock(column)
    assert checked > 300
