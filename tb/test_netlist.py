"""The synthesised engine, gates or ECP5 cells, plays committed vectors as the source does."""

from __future__ import annotations

import pytest

from deconv4k import engine, regression, simulator, synthesis, vectors

FOLDER = simulator.ROOT / "vectors"


@pytest.mark.parametrize("target", ["gates", "ecp5"])
@pytest.mark.parametrize("name", ["ties", "channels"])
def test_vectors_on_the_netlist(sim: str, target: str, name: str, seed: int) -> None:
    case = vectors.read(FOLDER / name)
    netlist = synthesis.synthesise(target, "deconv_engine", engine.parameters(case.config))
    files = synthesis.bench_files(netlist, target)
    for stalls in ("none", "both"):
        played = simulator.play(
            sim, case.config, case.frames, case.weights, case.bias,
            expected=case.expected, stalls=stalls, seed=seed, files=files,
        )  # fmt: skip
        assert regression.describe(case.config, played, case.expected) is None
        assert played.clean
        assert played.beats > 0
