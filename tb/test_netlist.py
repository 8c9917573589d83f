"""The synthesised engine, gates or ECP5 cells, plays committed vectors as the source does."""

from __future__ import annotations

import itertools

import pytest

from deconv4k._shared import checkout
from deconv4k.rtl import design
from deconv4k.sim import play, regression, tools
from deconv4k.synth import yosys
from deconv4k.vectors import committed

FOLDER = checkout.ROOT / "vectors"


# Each kind of netlist on Icarus, ECP5's on Verilator, too, which takes a minute and more to compile
# generic gates.
OFTEN = {("icarus", "gates", "ties"), ("icarus", "ecp5", "channels"), ("verilator", "ecp5", "ties")}
RUNS = [
    pytest.param(*run, marks=[] if run in OFTEN else [pytest.mark.full])
    for run in itertools.product(tools.SIMULATORS, ("gates", "ecp5"), ("ties", "channels"))
]


@pytest.mark.parametrize(("sim_name", "target", "name"), RUNS)
def test_vectors_on_the_netlist(sim_name: str, target: str, name: str, seed: int) -> None:
    case = committed.read(FOLDER / name)
    netlist = yosys.synthesise(target, "deconv_engine", design.parameters(case.config))
    files = yosys.bench_files(netlist, target)
    for stalls in ("none", "both"):
        played = play.play(
            sim_name, case.config, case.frames, case.weights, case.bias,
            expected=case.expected, stalls=stalls, seed=seed, files=files,
        )  # fmt: skip
        assert regression.describe(case.config, played, case.expected) is None
        assert played.clean
        assert played.beats > 0
