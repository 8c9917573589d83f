"""Shared by the tests of the golden model."""

import numpy as np
import oracle
import pytest

from deconv4k._shared import parallel
from deconv4k.formats import Format


def pytest_configure(config):
    config.addinivalue_line("markers", "oracle: asks PyTorch's answers and the live oracles")


def pytest_terminal_summary(terminalreporter):
    """Say in one line who was asked, if a test asked."""
    reports = [
        report
        for outcome in ("passed", "failed", "error", "skipped")
        for report in terminalreporter.getreports(outcome)
    ]
    if any("oracle" in getattr(report, "keywords", ()) for report in reports):
        terminalreporter.write_line(oracle.summary())


@pytest.fixture(autouse=True)
def _needed_oracles(request):
    """Fail where a test asks an oracle that this run must have."""
    lines = oracle.missing() if request.node.get_closest_marker("oracle") else []
    if lines:
        pytest.fail("; ".join(lines), pytrace=False)


@pytest.fixture(autouse=True)
def _one_thread(request, monkeypatch):
    """One thread for the golden model, where it is not what is tested.

    Other workers have the other processors, and a pool costs more than a small frame.
    """
    if not request.path.name.startswith("test_golden"):
        monkeypatch.setattr(parallel, "threads", lambda: 1)


@pytest.fixture(scope="module")
def one_type():
    """Hold every code in 64 bits, or the model is compiled for dozens of pairs of types."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Format, "code_dtype", lambda form: np.dtype(np.int64))
        yield
