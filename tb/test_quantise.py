"""Every code in every rounding and overflow mode, against deconv4k.formats."""

from __future__ import annotations

from pathlib import Path

import cocotb
from cocotb.handle import SimHandleBase

from harness import case, pipeline, run, runs, signed

LATENCY = 3

# IN_W, IN_SIGNED, SHIFT, OUT_W, OUT_SIGNED
NAMES = ("IN_W", "IN_SIGNED", "SHIFT", "OUT_W", "OUT_SIGNED")
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


@runs("widths", [(widths,) for widths in WIDTHS])
def test_quantise(sim: str, widths: tuple[int, ...], tmp_path: Path, seed: int) -> None:
    # Not within the simulation, which would load Numba for nothing.
    from deconv4k.formats import Format, Overflow, Rounding
    from deconv4k.quantise import quantise

    in_w, in_signed, shift, out_w, out_signed = widths
    codes = range(1 << in_w)
    values = [signed(code, in_w) if in_signed else code for code in codes]
    expected = [0] * len(codes)
    for mode in range(28):
        target = Format(out_w, out_w, out_signed == 1, Rounding(mode // 4), Overflow(mode % 4))
        for code, out in enumerate(quantise(values, shift, target).tolist()):
            expected[code] |= (out & ((1 << out_w) - 1)) << (mode * out_w)
    parameters = dict(zip(NAMES, widths, strict=True))
    run(sim, "quantise_all", parameters, tmp_path, seed, expected=expected)


@cocotb.test()
async def every_code_in_every_mode(dut: SimHandleBase) -> None:
    given, _ = case()
    dut.clk.value = 0
    words = [{"in": code} for code in range(1 << given["IN_W"])]
    await pipeline(dut, words, "out", LATENCY, lambda **word: given["expected"][word["in"]])
