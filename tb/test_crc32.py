"""Frames of noise against zlib: every width of a word, gaps, frames cut short, and the latency."""

from __future__ import annotations

import zlib
from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

LATENCY = 3


POINTS = [{"BYTES": width} for width in (4, 1, 2, 3, 5, 8, 12)]


def test_crc32(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_crc32", POINTS, tmp_path, seed)


@cocotb.test()
@at_points
async def equals_zlib(dut: Dut) -> None:
    p, rng = case()
    width = p["BYTES"]
    await reset(dut, first=0, last=0, valid=0, data=0)
    assert int(dut.crc.value) == 0

    # A word a clock: (first, last, word) or None for a gap, and what stands at done.
    frames = [[0], [2 ** (8 * width) - 1], list(b"123456789")]
    frames += [[rng.getrandbits(8 * width) for _ in range(rng.randint(1, 40))] for _ in range(60)]
    words: list[tuple[bool, bool, int] | None] = []
    expected: list[int | None] = []
    for number, frame in enumerate(frames):
        cut = number % 7 == 3
        gaps = number % 3 == 2
        whole = zlib.crc32(b"".join(word.to_bytes(width, "little") for word in frame))
        for at, word in enumerate(frame):
            while gaps and rng.random() < 0.5:
                words.append(None)
                expected.append(None)
            ends = at == len(frame) - 1 and not cut
            words.append((at == 0, ends, word))
            expected.append(whole if ends else None)
    words += [None] * LATENCY
    expected += [None] * LATENCY

    held, checked = 0, 0
    for clock, word in enumerate(words):
        dut.valid.value = int(word is not None)
        # While nothing is valid, the other inputs mean nothing.
        shown = word or (rng.random() < 0.5, rng.random() < 0.5, rng.getrandbits(8 * width))
        dut.first.value, dut.last.value, dut.data.value = int(shown[0]), int(shown[1]), shown[2]
        await settle()
        due = expected[clock - LATENCY] if clock >= LATENCY else None
        assert int(dut.done.value) == (due is not None), clock
        if due is not None:
            held = due
            checked += 1
        assert int(dut.crc.value) == held, clock
        await edge(dut)
    assert checked == sum(number % 7 != 3 for number in range(len(frames)))
