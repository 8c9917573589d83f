"""Two registers: every word, two clocks later."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import case, pipeline, run


def test_operand(sim: str, tmp_path: Path, seed: int) -> None:
    run(sim, "deconv_operand", {"WIDTH": 90}, tmp_path, seed)


@cocotb.test()
async def two_clocks_later(dut: Dut) -> None:
    _, rng = case()
    dut.clk.value = 0
    await pipeline(dut, [{"d": rng.getrandbits(90)} for _ in range(50)], "q", 2, lambda d: d)
