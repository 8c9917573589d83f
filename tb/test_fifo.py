"""Order, depth, latency and throughput of the queue."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

LATENCY = 2


POINTS = [{"WIDTH": 12, "DEPTH": depth} for depth in (2, 16)]


def test_fifo(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_fifo", POINTS, tmp_path, seed)


async def drain(dut: Dut, queue: list[int]) -> None:
    dut.push.value, dut.out_ready.value = 0, 1
    for _ in range(len(queue) + 4):
        await settle()
        if int(dut.out_valid.value):
            assert int(dut.out_data.value) == queue.pop(0)
        await edge(dut)
    assert not queue
    assert not int(dut.out_valid.value)


@cocotb.test()
@at_points
async def order_is_kept(dut: Dut) -> None:
    p, rng = case()
    await reset(dut, push=0, in_data=0, out_ready=0)
    queue: list[int] = []
    fullest = received = 0
    for valid, ready in ((0.9, 0.1), (0.3, 0.8), (1.0, 1.0), (0.5, 0.5), (1.0, 0.2)):
        for _ in range(300):
            # DEPTH words in the memory, and the output register.
            push = len(queue) <= p["DEPTH"] and rng.random() < valid
            data = rng.getrandbits(12)
            dut.push.value, dut.in_data.value = int(push), data
            dut.out_ready.value = int(rng.random() < ready)
            await settle()
            # No word is read in the clock in which its place is written.
            if push and int(dut.fifo.move.value):
                assert int(dut.fifo.wr_q.value) != int(dut.fifo.rd_q.value)
            if int(dut.out_valid.value):
                assert int(dut.out_data.value) == queue[0]
                if int(dut.out_ready.value):
                    queue.pop(0)
                    received += 1
            if push:
                queue.append(data)
            fullest = max(fullest, len(queue))
            await edge(dut)
    assert fullest == p["DEPTH"] + 1
    assert received > 300
    await drain(dut, queue)


@cocotb.test()
@at_points
async def latency_and_throughput(dut: Dut) -> None:
    await reset(dut, push=0, in_data=0, out_ready=1)
    for clock in range(60):
        dut.push.value, dut.in_data.value = int(clock < 50), clock
        await settle()
        comes = LATENCY <= clock < 50 + LATENCY
        assert int(dut.out_valid.value) == comes
        if comes:
            assert int(dut.out_data.value) == clock - LATENCY
        await edge(dut)
