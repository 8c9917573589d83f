"""Fixtures: the simulators, and a seed that every test prints and takes from DECONV4K_SEED.

The order of all tests, and how long they took (durations.py).
"""

from __future__ import annotations

import os
from collections import defaultdict

import pytest

import durations
from deconv4k._shared import checkout, parallel
from deconv4k.sim import play, tools


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep-durations", action="store_true", help="renew tb/durations.json by this run"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0"))
    if workers:
        by_name = {item.nodeid: item for item in items}
        assert len(by_name) == len(items)
        items[:] = [by_name[name] for name in durations.order(list(by_name), workers)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Leave the durations of a run in build/durations.txt, the longest first."""
    took: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                took[report.nodeid] += report.duration
    if not took:
        return
    longest = sorted(took.items(), key=lambda test: test[1], reverse=True)
    lines = [f"{sum(took.values()):9.2f} s of {len(took)} tests"]
    lines += [f"{seconds:9.2f} {name}" for name, seconds in longest]
    file = checkout.BUILD / "durations.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join(lines) + "\n")
    if terminalreporter.config.getoption("keep_durations"):
        durations.keep(took)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread for the golden model, as in model/tests."""
    monkeypatch.setattr(parallel, "threads", lambda: 1)


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
