"""Order, nothing lost or repeated, full speed, and no path through from one side to the other."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import case, edge, reset, run, settle


def test_skid(sim: str, tmp_path: Path, seed: int) -> None:
    run(sim, "deconv_skid", {"WIDTH": 16}, tmp_path, seed)


async def stream(dut: Dut, words: list[int], valid: float, ready: float) -> int:
    """Send words with random pauses on both sides; returns the clocks it took."""
    _, rng = case()
    sent, received, clocks, offered, held = 0, 0, 0, False, None
    while received < len(words):
        offered = sent < len(words) and (offered or rng.random() < valid)
        dut.in_valid.value = int(offered)
        dut.in_data.value = words[sent] if offered else rng.getrandbits(16)
        before = int(dut.in_ready.value), int(dut.out_valid.value)
        dut.out_ready.value = int(rng.random() < ready)
        await settle()
        assert (int(dut.in_ready.value), int(dut.out_valid.value)) == before, "a path through"
        if held is not None:
            assert int(dut.out_valid.value)
            assert int(dut.out_data.value) == held
        held = None
        accepts = offered and int(dut.in_ready.value)
        if int(dut.out_valid.value):
            if int(dut.out_ready.value):
                assert received < sent, "a word from nowhere"
                assert int(dut.out_data.value) == words[received]
                received += 1
            else:
                held = int(dut.out_data.value)
        sent += 1 if accepts else 0
        if accepts:
            offered = False
        await edge(dut)
        clocks += 1
        assert clocks < 100 * len(words), "hangs"
    dut.in_valid.value, dut.out_ready.value = 0, 1
    for _ in range(5):
        await settle()
        await edge(dut)
        assert not int(dut.out_valid.value), "a word too many"
    return clocks


@cocotb.test()
async def order_is_kept(dut: Dut) -> None:
    _, rng = case()
    await reset(dut, in_valid=0, in_data=0, out_ready=0)
    words = [rng.getrandbits(16) for _ in range(200)]
    for valid in (0.2, 0.7, 1.0):
        for ready in (0.2, 0.7, 1.0):
            await stream(dut, words, valid, ready)


@cocotb.test()
async def a_word_a_clock(dut: Dut) -> None:
    await reset(dut, in_valid=0, in_data=0, out_ready=0)
    latency = 1
    assert await stream(dut, list(range(100)), 1.0, 1.0) == 100 + latency
