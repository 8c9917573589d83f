"""The cocotb end of bench.v: set it off, wait, read the results.

The folder of the simulation brings run.json with the settings; result.json is written there. With
a segments.json, a list of settings, it plays the files in such segments (bench.v); results.json has
the results at the end of each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge, Timer

import checkers
from handles import Dut

SETTINGS = (
    "pause", "pause_bits", "stall", "stall_bits", "seed", "capture", "well_formed",
    "patience",
)  # fmt: skip
RESULTS = (
    "hung",
    "beats",
    "mismatches",
    "surplus",
    "first_beat",
    "first_expected",
    "first_got",
    "sofs_in",
    "ends",
    "flags",
    "dropped",
    "sof_in_first",
    "sof_in_before",
    "sof_in_last",
    "sof_out_first",
    "last_out",
)


@cocotb.test()
async def play(dut: Dut) -> None:
    """Run the frames of input.hex through the engine; the watchdog of bench.v ends a hang."""
    settings = json.loads(Path("run.json").read_text())
    script = Path("segments.json")
    segments = json.loads(script.read_text()) if script.exists() else [{}]
    await Timer(2, "ns")
    for name in SETTINGS:
        getattr(dut, name).value = settings[name]
    results: list[dict[str, Any]] = []
    for segment in segments:
        if results:
            # Before the limit, or the first beat would come too early to be counted.
            await FallingEdge(dut.clk)
            dut.again.value = 1
            await FallingEdge(dut.clk)
            dut.again.value = 0
        for name, value in {"limit": 2**32 - 1, "outputs": 0, **segment}.items():
            getattr(dut, name).value = value
        await Timer(2, "ns")
        dut.go.value = 1
        await RisingEdge(dut.done)
        results.append(result(dut))
        if results[-1]["hung"]:
            break
    Path("result.json").write_text(json.dumps(results[-1]))
    Path("results.json").write_text(json.dumps(results))


def result(dut: Dut) -> dict[str, Any]:
    """What the bench says, in numbers."""
    found: dict[str, Any] = {}
    for name in RESULTS:
        value = getattr(dut, name).value
        found[name] = int(value) if value.is_resolvable else str(value)
    found["accepted"] = int(dut.s_beats.value)
    found["violations"] = {
        **checkers.broken(checkers.AXIS, int(dut.s_errors.value), "input "),
        **checkers.broken(checkers.AXIS, int(dut.m_errors.value), "output "),
    }
    return found
