"""Sizes that the parameters elaborate to, against those that the model reckons with."""

from __future__ import annotations

import cocotb

from handles import Dut
from harness import case


@cocotb.test()
async def sizes(dut: Dut) -> None:
    said, _ = case()
    raster, sums = dut.dut.raster, dut.dut.phase_sums
    assert int(raster.QUEUES.value) == said["beats"]
    assert int(raster.LATENCY.value) == said["latency"]
    assert int(sums.LEVELS.value) == said["tree"]
    assert int(dut.dut.LEVELS.value) >= said["tree"]
