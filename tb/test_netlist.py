"""The synthesised engine, gates or ECP5 cells, plays committed vectors as the source does."""

from __future__ import annotations

import pytest

from deconv4k._shared import checkout
from deconv4k.rtl import design
from deconv4k.sim import play, regression
from deconv4k.synth import yosys
from deconv4k.vectors import committed

FOLDER = checkout.ROOT / "vectors"


@pytest.mark.parametrize("target", ["gates", "ecp5"])
@pytest.mark.parametrize("name", ["ties", "channels"])
def test_vectors_on_the_netlist(sim: str, target: str, name: str, seed: int) -> None:
    case = committed.read(FOLDER / name)
    netlist = yosys.synthesise(target, "deconv_engine", design.parameters(case.config))
    files = yosys.bench_files(netlist, target)
    for stalls in ("none", "both"):
        played = play.play(
            sim, case.config, case.frames, case.weights, case.bias,
            expected=case.expected, stalls=stalls, seed=seed, files=files,
        )  # fmt: skip
        assert regression.describe(case.config, played, case.expected) is None
        assert played.clean
        assert played.beats > 0
