"""Words come out DEPTH clocks later; reset empties the line."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, pipeline, reset, run_points, settle

POINTS = [{"WIDTH": 7, "DEPTH": depth} for depth in (0, 1, 5)]


def test_delay(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_delay", POINTS, tmp_path, seed)


@cocotb.test()
@at_points
async def words_come_out_later(dut: Dut) -> None:
    p, rng = case()
    await reset(dut, d=0)
    words = [{"d": rng.getrandbits(7)} for _ in range(50)]
    await pipeline(dut, words, "q", p["DEPTH"], lambda d: d)
    dut.d.value = 127
    for _ in range(p["DEPTH"]):
        await settle()
        await edge(dut)
    if p["DEPTH"]:
        dut.rst.value = 1
        await settle()
        await edge(dut)
        assert int(dut.q.value) == 0
