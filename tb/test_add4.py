"""Sums of one to four terms: extremes and noise, wrapping and with room to spare."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, pipeline, run_points, signed

LATENCY = 2


POINTS = [
    {"TERMS": terms, "IN_W": 5, "OUT_W": out}
    for terms, out in [(1, 7), (2, 6), (3, 7), (4, 7), (4, 5), (4, 11)]
]


def test_add4(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_add4", POINTS, tmp_path, seed)


@cocotb.test()
@at_points
async def sums(dut: Dut) -> None:
    p, rng = case()
    names = "abcd"

    def model(**words: int) -> int:
        used = [signed(words[name], p["IN_W"]) for name in names[: p["TERMS"]]]
        mask: int = (1 << p["OUT_W"]) - 1
        return sum(used) & mask

    dut.clk.value = 0
    words = [dict.fromkeys(names, code) for code in (0, 15, 16, 31)]
    words += [{name: rng.getrandbits(p["IN_W"]) for name in names} for _ in range(300)]
    await pipeline(dut, words, "sum", LATENCY, model)
