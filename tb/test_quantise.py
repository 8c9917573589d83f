"""Every code in every rounding and overflow mode, against deconv4k.formats."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, pipeline, run_points, signed

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


def test_quantise(sim: str, tmp_path: Path, seed: int) -> None:
    points = [dict(zip(NAMES, widths, strict=True)) for widths in WIDTHS]
    expected = [expect(**point) for point in points]
    rows = [{**p, "expected": codes} for p, codes in zip(points, expected, strict=True)]
    names = [" ".join(f"{key}={value}" for key, value in point.items()) for point in points]
    run_points(sim, "quantise_all", dict(zip(names, rows, strict=True)), tmp_path, seed)


def expect(IN_W: int, IN_SIGNED: int, SHIFT: int, OUT_W: int, OUT_SIGNED: int) -> list[int]:
    """For each code, what it becomes in the 28 modes, side by side."""
    # Not within the simulation, which would load Numba for nothing.
    from deconv4k.formats import Format, Overflow, Rounding
    from deconv4k.quantise import quantise

    codes = range(1 << IN_W)
    values = [signed(code, IN_W) if IN_SIGNED else code for code in codes]
    expected = [0] * len(codes)
    for mode in range(28):
        target = Format(OUT_W, OUT_W, OUT_SIGNED == 1, Rounding(mode // 4), Overflow(mode % 4))
        for code, out in enumerate(quantise(values, SHIFT, target).tolist()):
            expected[code] |= (out & ((1 << OUT_W) - 1)) << (mode * OUT_W)
    return expected


@cocotb.test()
@at_points
async def every_code_in_every_mode(dut: Dut) -> None:
    given, _ = case()
    dut.clk.value = 0
    words = [{"in": code} for code in range(1 << given["IN_W"])]
    await pipeline(dut, words, "out", LATENCY, lambda **word: given["expected"][word["in"]])
