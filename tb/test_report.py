"""The line about a frame, letter by letter; none for a frame that comes while one is written."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import case, edge, reset, run, settle

NAMES = ("cfg", "krn", "in", "out", "exp", "frames", "errors", "stalled", "clocks")


def test_report(sim: str, tmp_path: Path, seed: int) -> None:
    run(sim, "deconv_report", {}, tmp_path, seed)


@cocotb.test()
async def writes(dut: Dut) -> None:
    _, rng = case()
    await reset(dut, start=0, ready=0)
    for verdict in ("PASS", "FAIL", "PASS"):
        words = [rng.choice([0, 0xFFFFFFFF, rng.getrandbits(32)]) for _ in NAMES]
        dut.words.value = sum(word << 32 * n for n, word in enumerate(reversed(words)))
        getattr(dut, "pass").value = int(verdict == "PASS")
        dut.start.value = 1
        await settle()
        await edge(dut)
        text = ""
        for clock in range(2000):
            # Another frame, while this one's line is being written.
            dut.start.value = int(clock < 300 and rng.random() < 0.1)
            getattr(dut, "pass").value = rng.randrange(2)
            dut.words.value = rng.getrandbits(9 * 32)
            dut.ready.value = int(rng.random() < 0.7)
            await settle()
            if dut.valid.value == 1 and dut.ready.value == 1:
                text += chr(int(dut.letter.value))
            await edge(dut)
        fields = " ".join(f"{name}={word:08x}" for name, word in zip(NAMES, words, strict=True))
        assert text == f"D4K v1 {verdict} {fields}\r\n"
