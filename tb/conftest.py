"""Fixtures: the simulators, and a seed that every test prints and takes from DECONV4K_SEED."""

from __future__ import annotations

import os

import pytest

from deconv4k.sim import play, tools


@pytest.fixture(params=tools.SIMULATORS)
def sim(request: pytest.FixtureRequest) -> str:
    """A simulator; a missing one fails, it does not skip."""
    missing = tools.available(request.param)
    if missing is not None:
        pytest.fail(missing)
    return str(request.param)


@pytest.fixture
def seed() -> int:
    given = os.environ.get("DECONV4K_SEED")
    value = int(given) if given else play.random_seed()
    print(f"DECONV4K_SEED={value}")
    return value
