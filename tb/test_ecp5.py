"""ECP5's multiplier and memory do what the portable ones do, with models of the blocks."""

from __future__ import annotations

from pathlib import Path

import cocotb
import pytest
from cocotb.handle import SimHandleBase

from harness import case, edge, pipeline, run, runs, settle, signed


@pytest.mark.parametrize("widths", [(4, 5), (18, 18), (18, 3), (8, 19), (20, 20)])
@pytest.mark.parametrize("signs", [(0, 0), (0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("product", [None, 6, 44])
def test_multiply(
    sim: str,
    widths: tuple[int, int],
    signs: tuple[int, int],
    product: int | None,
    tmp_path: Path,
    seed: int,
) -> None:
    names = ("A_W", "B_W", "A_SIGNED", "B_SIGNED")
    parameters = dict(zip(names, (*widths, *signs), strict=True))
    if product is not None:
        parameters["P_W"] = product
    run(sim, "deconv_multiply", parameters, tmp_path, seed, target="ecp5", module="test_ecp5")


@runs("width, depth", [(8, 1920), (32, 1504), (9, 2049), (1, 3), (36, 512), (40, 600), (3, 5000)])
def test_ram(sim: str, width: int, depth: int, tmp_path: Path, seed: int) -> None:
    parameters = {"WIDTH": width, "DEPTH": depth}
    run(sim, "deconv_ram", parameters, tmp_path, seed, target="ecp5", module="test_ecp5")


@cocotb.test()
async def behaves(dut: SimHandleBase) -> None:
    p, rng = case()
    dut.clk.value = 0
    if "DEPTH" in p:
        await memory(dut)
        return
    width_a, width_b = p["A_W"], p["B_W"]

    def model(a: int, b: int) -> int:
        left = signed(a, width_a) if p["A_SIGNED"] else a
        right = signed(b, width_b) if p["B_SIGNED"] else b
        return left * right & ((1 << len(dut.p)) - 1)

    edges_a, edges_b = (
        (0, 1, 1 << w - 1, (1 << w) - 1, (1 << w - 1) - 1) for w in (width_a, width_b)
    )
    words = [{"a": a, "b": b} for a in edges_a for b in edges_b]
    words += [{"a": rng.getrandbits(width_a), "b": rng.getrandbits(width_b)} for _ in range(500)]
    await pipeline(dut, words, "p", 3, model)


async def memory(dut: SimHandleBase) -> None:
    """Every address written, then read while others are written."""
    p, rng = case()
    depth, width = p["DEPTH"], p["WIDTH"]
    held = [rng.getrandbits(width) for _ in range(depth)]
    dut.wr_en.value, dut.rd_addr.value = 1, 0
    for at, word in enumerate(held):
        dut.wr_addr.value, dut.wr_data.value = at, word
        await settle()
        await edge(dut)
    due: list[int] = []
    checked = 0
    order = [*range(depth), *(rng.randrange(depth) for _ in range(500))]
    for at in order:
        write = rng.randrange(depth)
        word = rng.getrandbits(width)
        wanted = write != at and rng.random() < 0.5
        dut.wr_en.value, dut.wr_addr.value, dut.wr_data.value = int(wanted), write, word
        dut.rd_addr.value = at
        due.append(held[at])
        if wanted:
            held[write] = word
        await settle()
        if len(due) > 2:
            assert int(dut.rd_data.value) == due.pop(0)
            checked += 1
        await edge(dut)
    assert checked == len(order) - 2
