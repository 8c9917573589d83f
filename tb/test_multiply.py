"""Exact products of signed and unsigned codes (registered by deconv_operand), all pairs."""

from __future__ import annotations

from pathlib import Path

import cocotb
import pytest
from cocotb.handle import SimHandleBase

from harness import case, pipeline, run, signed

LATENCY = 1


@pytest.mark.parametrize("a_signed", [0, 1])
@pytest.mark.parametrize("b_signed", [0, 1])
@pytest.mark.parametrize("product", [None, 6, 14])
def test_multiply(
    sim: str, a_signed: int, b_signed: int, product: int | None, tmp_path: Path, seed: int
) -> None:
    parameters = {"A_W": 4, "A_SIGNED": a_signed, "B_W": 5, "B_SIGNED": b_signed}
    if product is not None:
        parameters["P_W"] = product
    run(sim, "deconv_multiply", parameters, tmp_path, seed)


@cocotb.test()
async def every_pair(dut: SimHandleBase) -> None:
    p, _ = case()

    def model(a: int, b: int) -> int:
        left = signed(a, p["A_W"]) if p["A_SIGNED"] else a
        right = signed(b, p["B_W"]) if p["B_SIGNED"] else b
        return left * right & ((1 << len(dut.p)) - 1)

    dut.clk.value = 0
    words = [{"a": a, "b": b} for a in range(1 << p["A_W"]) for b in range(1 << p["B_W"])]
    await pipeline(dut, words, "p", LATENCY, model)
