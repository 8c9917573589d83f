"""Sums of one to four products, portable and of ECP5's blocks: extremes and noise."""

from __future__ import annotations

from pathlib import Path

import cocotb
import pytest

from handles import Dut
from harness import at_points, case, pipeline, run_points, signed

LATENCY = {"": 3, "ecp5": 5}


POINTS = [
    {
        "TERMS": terms,
        "A_W": 4,
        "A_SIGNED": signs & 1,
        "B_W": 5,
        "B_SIGNED": signs >> 1,
        "SUM_W": out,
    }
    for terms, out in [(1, 9), (2, 10), (3, 11), (4, 11), (4, 7), (4, 16)]
    for signs in range(4)
]


@pytest.mark.parametrize("target", LATENCY)
def test_multiply_add(sim: str, target: str, tmp_path: Path, seed: int) -> None:
    points = [{**point, "latency": LATENCY[target]} for point in POINTS]
    run_points(sim, "deconv_multiply_add", points, tmp_path, seed, target=target)


@cocotb.test()
@at_points
async def sums(dut: Dut) -> None:
    p, rng = case()
    widths = {"a": p["A_W"], "b": p["B_W"]}
    is_signed = {"a": p["A_SIGNED"], "b": p["B_SIGNED"]}

    def value(name: str, code: int) -> int:
        return signed(code, widths[name]) if is_signed[name] else code

    def model(**words: int) -> int:
        products = (
            value("a", words[f"a{n}"]) * value("b", words[f"b{n}"]) for n in range(p["TERMS"])
        )
        mask: int = (1 << p["SUM_W"]) - 1
        return sum(products) & mask

    def all_of(codes: dict[str, int]) -> dict[str, int]:
        return {f"{name}{n}": code for name, code in codes.items() for n in range(4)}

    dut.clk.value = 0
    edges = {name: (0, 1 << width - 1, (1 << width) - 1) for name, width in widths.items()}
    words = [all_of({"a": a, "b": b}) for a in edges["a"] for b in edges["b"]]
    words += [
        {f"{name}{n}": rng.getrandbits(widths[name]) for name in widths for n in range(4)}
        for _ in range(300)
    ]
    await pipeline(dut, words, "sum", p["latency"], model)
