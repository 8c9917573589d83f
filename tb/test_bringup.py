"""The bring-up top lights the right LED: portable and with ECP5's modules, right and wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cocotb

from handles import Dut
from harness import case, edge, run, runs, settle


@runs("target", ["", "ecp5"])
def test_bringup(sim: str, target: str, tmp_path: Path, seed: int) -> None:
    import numpy as np

    from deconv4k.rtl import selftest
    from points import POINTS

    source = POINTS["x2_k3_4ppc_3ch_signed"]
    config = replace(source, video=replace(source.video, width=11, height=7))
    layer, weight = config.layer, config.formats.weight
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    weights = np.random.default_rng(seed).integers(weight.min_code, weight.max_code + 1, shape)
    parameters = selftest.parameters(config, weights, tmp_path / "kernel.hex")
    run(sim, "deconv_bringup", parameters, tmp_path, seed, target=target, good=1)
    parameters["EXPECTED"] = int(parameters["EXPECTED"]) ^ 1 << seed % 32
    run(sim, "deconv_bringup", parameters, tmp_path, seed, target=target, good=0)


@cocotb.test()
async def leds(dut: Dut) -> None:
    p, rng = case()
    dut.clk.value, dut.reset_n.value, dut.hold.value = 0, 0, 0
    for _ in range(8):
        await settle()
        await edge(dut)
    dut.reset_n.value = 1
    beats, before = 0, 0
    for _ in range(6000):
        if rng.random() < 0.05:
            dut.hold.value = int(rng.random() < 0.4)
        await settle()
        await edge(dut)
        await settle()
        beat = dut.beat.value
        if beat.is_resolvable and int(beat) != before:
            before = int(beat)
            beats += 1
            assert int(getattr(dut, "pass").value) == p["good"]
            assert int(dut.fail.value) == 1 - p["good"]
            if beats == 4:
                return
    raise AssertionError(f"{beats} frames of 4")
