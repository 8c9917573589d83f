"""ECP5's multiplier and memory do what the portable ones do, with models of the blocks."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, pipeline, run_points, settle, signed

PRODUCTS = [
    {"A_W": a_w, "A_SIGNED": a_signed, "B_W": b_w, "B_SIGNED": b_signed, **product}
    for a_w, b_w in [(4, 5), (18, 18), (18, 3), (8, 19), (20, 20)]
    for a_signed in (0, 1)
    for b_signed in (0, 1)
    for product in ({}, {"P_W": 6}, {"P_W": 44})
]

MEMORIES = [
    {"WIDTH": width, "DEPTH": depth}
    for width, depth in [
        (8, 1920), (32, 1504), (9, 2049), (1, 3), (36, 512), (40, 600), (3, 5000),
    ]
]  # fmt: skip


def test_multiply(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(
        sim, "deconv_multiply", PRODUCTS, tmp_path, seed,
        target="ecp5", coroutines="test_ecp5", only="products",
    )  # fmt: skip


def test_ram(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(
        sim, "deconv_ram", MEMORIES, tmp_path, seed,
        target="ecp5", coroutines="test_ecp5", only="memories",
    )  # fmt: skip


@cocotb.test()
@at_points
async def products(dut: Dut) -> None:
    p, rng = case()
    dut.clk.value = 0
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


@cocotb.test()
@at_points
async def memories(dut: Dut) -> None:
    """Every address written, then read while others are written."""
    p, rng = case()
    dut.clk.value = 0
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
