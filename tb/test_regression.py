"""What `make sim` says when the engine and the model differ."""

from __future__ import annotations

import pytest

from deconv4k._shared import checkout
from deconv4k.sim import play, regression, tools
from deconv4k.vectors import committed

FOLDER = checkout.ROOT / "vectors"


@pytest.mark.parametrize("sim", tools.SIMULATORS)
def test_first_mismatch_is_named(sim: str) -> None:
    case = committed.read(FOLDER / "ties")
    wrong = [frame.copy() for frame in case.expected]
    wrong[0][3, 10] += 1
    wrong[0][5, 2] -= 1
    played = play.play(sim, case.config, case.frames, case.weights, case.bias, expected=wrong)
    assert played.mismatches == 2
    text = regression.describe(case.config, played, wrong)
    assert text is not None
    assert "2 beats differ" in text
    assert "frame 0, line 3, x 10, phase (1,0)" in text
    assert f"expected {wrong[0][3, 10]}, got {case.expected[0][3, 10]}" in text


@pytest.mark.parametrize("sim", tools.SIMULATORS)
def test_every_vector_passes(sim: str) -> None:
    for name in committed.names(FOLDER):
        case = committed.read(FOLDER / name)
        played = play.play(
            sim, case.config, case.frames, case.weights, case.bias, expected=case.expected
        )
        assert regression.describe(case.config, played, case.expected) is None, case.name
        assert played.beats > 0
