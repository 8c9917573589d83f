"""The cocotb end of bench.v: set it off, wait, read the results.

The folder of the simulation brings run.json with the settings; result.json is written there.
"""

from __future__ import annotations

import json
from pathlib import Path

import cocotb
from cocotb.handle import SimHandleBase
from cocotb.triggers import RisingEdge, Timer

import checkers

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
async def play(dut: SimHandleBase) -> None:
    """Run the frames of input.hex through the engine; the watchdog of bench.v ends a hang."""
    settings = json.loads(Path("run.json").read_text())
    await Timer(2, "ns")
    for name in SETTINGS:
        getattr(dut, name).value = settings[name]
    await Timer(2, "ns")
    dut.go.value = 1
    await RisingEdge(dut.done)
    result = {}
    for name in RESULTS:
        value = getattr(dut, name).value
        result[name] = int(value) if value.is_resolvable else str(value)
    result["accepted"] = int(dut.s_beats.value)
    result["violations"] = {
        **checkers.broken(checkers.AXIS, int(dut.s_errors.value), "input "),
        **checkers.broken(checkers.AXIS, int(dut.m_errors.value), "output "),
    }
    Path("result.json").write_text(json.dumps(result))
