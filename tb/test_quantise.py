"""Every code in every rounding and overflow mode, against deconv4k.fixed."""

from __future__ import annotations

from pathlib import Path

import cocotb
import pytest
from cocotb.handle import SimHandleBase

from deconv4k.fixed import quantise_code
from harness import case, pipeline, run

LATENCY = 3

# IN_W, IN_SIGNED, SHIFT, OUT_W, OUT_SIGNED
WIDTHS = [
    (9, 1, 4, 4, 0),
    (9, 1, 4, 3, 1),
    (9, 0, 3, 5, 0),
    (8, 0, 1, 6, 1),
    (6, 1, 8, 3, 1),
    (6, 1, 0, 4, 0),
    (6, 1, -2, 6, 1),
    (4, 1, 1, 9, 1),
    (4, 1, 2, 1, 0),
    (5, 1, 2, 1, 1),
]


# Verilator takes long to build: a few widths there, all of them on Icarus.
RUNS = [("icarus", w) for w in WIDTHS] + [("verilator", w) for w in WIDTHS[:5]]


@pytest.mark.parametrize(("sim", "widths"), RUNS)
def test_quantise(sim: str, widths: tuple[int, ...], tmp_path: Path, seed: int) -> None:
    names = ("IN_W", "IN_SIGNED", "SHIFT", "OUT_W", "OUT_SIGNED")
    run(sim, "quantise_all", dict(zip(names, widths, strict=True)), tmp_path, seed)


@cocotb.test()
async def every_code_in_every_mode(dut: SimHandleBase) -> None:
    p, _ = case()
    width, mask = p["OUT_W"], (1 << p["OUT_W"]) - 1

    def model(**word: int) -> int:
        code = word["in"]
        if p["IN_SIGNED"] and code >> (p["IN_W"] - 1):
            code -= 1 << p["IN_W"]
        together = 0
        for mode in range(28):
            out = quantise_code(code, p["SHIFT"], mode // 4, mode % 4, width, p["OUT_SIGNED"] == 1)
            together |= (int(out) & mask) << (mode * width)
        return together

    dut.clk.value = 0
    words = [{"in": code} for code in range(1 << p["IN_W"])]
    await pipeline(dut, words, "out", LATENCY, model)
