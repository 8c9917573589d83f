"""Fixtures: the simulators, and a seed that every test prints and takes from DECONV4K_SEED."""

from __future__ import annotations

import os

import pytest

from deconv4k import simulator


@pytest.fixture(params=simulator.SIMULATORS)
def sim(request: pytest.FixtureRequest) -> str:
    """A simulator; a missing one fails, it does not skip."""
    missing = simulator.available(request.param)
    if missing is not None:
        pytest.fail(missing)
    return str(request.param)


@pytest.fixture
def seed() -> int:
    given = os.environ.get("DECONV4K_SEED")
    value = int(given) if given else simulator.random_seed()
    print(f"DECONV4K_SEED={value}")
    return value
