"""The synthesised engine, gates or ECP5 cells, plays committed vectors as the source does."""

from __future__ import annotations

import fcntl
import itertools

import pytest

from deconv4k import engine, regression, simulator, synthesis, vectors

FOLDER = simulator.ROOT / "vectors"


# Each kind of netlist on Icarus, ECP5's on Verilator, too, which takes a minute and more to compile
# generic gates.
OFTEN = {("icarus", "gates", "ties"), ("icarus", "ecp5", "channels"), ("verilator", "ecp5", "ties")}
RUNS = [
    pytest.param(*run, marks=[] if run in OFTEN else [pytest.mark.full])
    for run in itertools.product(simulator.SIMULATORS, ("gates", "ecp5"), ("ties", "channels"))
]


@pytest.mark.parametrize(("sim_name", "target", "name"), RUNS)
def test_vectors_on_the_netlist(sim_name: str, target: str, name: str, seed: int) -> None:
    case = vectors.read(FOLDER / name)
    # Once for both simulators, whatever worker comes first.
    lock = simulator.ROOT / "build" / f"netlist-{target}-{name}.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        netlist = synthesis.synthesise(target, "deconv", engine.parameters(case.config))
    files = synthesis.bench_files(netlist, target)
    for stalls in ("none", "both"):
        played = simulator.play(
            sim_name, case.config, case.frames, case.weights, case.bias,
            expected=case.expected, stalls=stalls, seed=seed, files=files,
        )  # fmt: skip
        assert regression.describe(case.config, played, case.expected) is None
        assert played.clean
        assert played.beats > 0
