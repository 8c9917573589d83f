"""Bytes as the line carries them: start, eight bits, stop, every one of them whole."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

POINTS = [{"DIVISOR": divisor} for divisor in (2, 5, 1085)]


def test_uart_tx(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_uart_tx", POINTS, tmp_path, seed)


@cocotb.test()
@at_points
async def sends(dut: Dut) -> None:
    p, rng = case()
    divisor = int(p["DIVISOR"])
    await reset(dut, data=0, valid=0)
    count = 4 if divisor > 100 else 60
    sent = [0x00, 0xFF, *(rng.randrange(256) for _ in range(count))]
    waiting = list(sent)
    line: list[int] = []
    while waiting or len(line) % 7 or not all(line[-12 * divisor :]):
        offers = bool(waiting) and rng.random() < 0.5
        dut.valid.value = int(offers)
        dut.data.value = waiting[0] if offers else 0xAA
        await settle()
        line.append(int(dut.tx.value))
        if offers and dut.ready.value == 1:
            waiting.pop(0)
        await edge(dut)
    assert decode(line, divisor) == sent


def decode(line: list[int], divisor: int) -> list[int]:
    """Bytes of a line sampled once a clock; every bit must be whole."""
    found: list[int] = []
    at = 0
    while True:
        try:
            at = line.index(0, at)
        except ValueError:
            return found
        bits = []
        for _ in range(10):
            bit = line[at : at + divisor]
            assert len(set(bit)) == 1, (at, bit)
            bits.append(bit[0])
            at += divisor
        assert (bits[0], bits[9]) == (0, 1)
        found.append(sum(bit << n for n, bit in enumerate(bits[1:9])))
