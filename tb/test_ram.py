"""Random writes and reads; what is read in the clock of its write is not looked at."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, run_points, settle

LATENCY = 2


POINTS = [{"WIDTH": 8, "DEPTH": depth} for depth in (1, 2, 11)]


def test_ram(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_ram", POINTS, tmp_path, seed)


@cocotb.test()
@at_points
async def reads_what_was_written(dut: Dut) -> None:
    p, rng = case()
    memory: dict[int, int] = {}
    reads: list[int | None] = []
    checked = 0
    dut.clk.value = 0
    for _ in range(500):
        write, at, data = rng.random() < 0.5, rng.randrange(p["DEPTH"]), rng.getrandbits(8)
        read = rng.randrange(p["DEPTH"])
        dut.wr_en.value, dut.wr_addr.value, dut.wr_data.value = int(write), at, data
        dut.rd_addr.value = read
        await settle()
        reads.append(None if write and at == read else memory.get(read))
        await edge(dut)
        if write:
            memory[at] = data
        if len(reads) >= LATENCY and reads[-LATENCY] is not None:
            assert int(dut.rd_data.value) == reads[-LATENCY]
            checked += 1
    assert checked > 200
