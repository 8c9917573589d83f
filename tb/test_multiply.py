"""Exact products of signed and unsigned codes (registered by operand), every pair of them."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, pipeline, run_points, signed

LATENCY = 1


POINTS = [
    {"A_W": 4, "A_SIGNED": a_signed, "B_W": 5, "B_SIGNED": b_signed, **product}
    for a_signed in (0, 1)
    for b_signed in (0, 1)
    for product in ({}, {"P_W": 6}, {"P_W": 14})
]


def test_multiply(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_multiply", POINTS, tmp_path, seed)


@cocotb.test()
@at_points
async def every_pair(dut: Dut) -> None:
    p, _ = case()

    def model(a: int, b: int) -> int:
        left = signed(a, p["A_W"]) if p["A_SIGNED"] else a
        right = signed(b, p["B_W"]) if p["B_SIGNED"] else b
        return left * right & ((1 << len(dut.p)) - 1)

    dut.clk.value = 0
    words = [{"a": a, "b": b} for a in range(1 << p["A_W"]) for b in range(1 << p["B_W"])]
    await pipeline(dut, words, "p", LATENCY, model)
