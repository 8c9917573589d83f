"""Sums of random terms, wrapped or extended, at the stated latency."""

from __future__ import annotations

from pathlib import Path

import cocotb
from cocotb.handle import SimHandleBase

from harness import case, pipeline, run, runs, signed


@runs("terms, in_w, out_w", [(1, 5, 9), (2, 4, 4), (3, 6, 3), (7, 5, 8), (25, 8, 20)])
def test_adder_tree(sim: str, terms: int, in_w: int, out_w: int, tmp_path: Path, seed: int) -> None:
    run(sim, "adder_tree", {"N": terms, "IN_W": in_w, "OUT_W": out_w}, tmp_path, seed)


@cocotb.test()
async def sums(dut: SimHandleBase) -> None:
    p, rng = case()
    terms, width = p["N"], p["IN_W"]

    def model(**word: int) -> int:
        codes = (word["in"] >> (i * width) & ((1 << width) - 1) for i in range(terms))
        return sum(signed(code, width) for code in codes) & ((1 << p["OUT_W"]) - 1)

    dut.clk.value = 0
    largest = sum(((1 << (width - 1)) - 1) << (i * width) for i in range(terms))
    smallest = sum(1 << (width - 1 + i * width) for i in range(terms))
    words = [{"in": largest}, {"in": smallest}, {"in": largest}]
    words += [{"in": rng.getrandbits(terms * width)} for _ in range(300)]
    await pipeline(dut, words, "sum", (terms - 1).bit_length(), model)
