"""What README and docs/timing.md say of area and speed is what was measured: docs/figures/."""

from __future__ import annotations

import copy

import pytest

from deconv4k._shared import checkout
from deconv4k.synth import nextpnr, yosys
from test_package import tool

figures = tool("figures")
PUBLISHED = figures.published()


@pytest.mark.parametrize("name", figures.PAGES)
def test_pages_have_the_measured_tables(name: str) -> None:
    text = (checkout.ROOT / name).read_text()
    assert "<!-- table: speed -->" in text
    assert figures.filled(text, PUBLISHED) == text, "make figures"


def test_another_measurement_makes_another_page() -> None:
    text = (checkout.ROOT / "docs" / "timing.md").read_text()
    for source, rows in PUBLISHED.items():
        changed = copy.deepcopy(PUBLISHED)
        row = changed[source]["rows"][0]
        key = {"synth": "ff", "pnr": "worst"}[source]
        row[key] += 1
        assert figures.filled(text, changed) != text, rows


def test_all_that_is_promised_was_measured() -> None:
    rows = PUBLISHED["synth"]["rows"]
    found = [(row["target"], row["configuration"], row["top"]) for row in rows]
    assert found == list(yosys.JOBS)
    rows = PUBLISHED["pnr"]["rows"]
    found = [(row["configuration"], row["device"], row["speed"]) for row in rows]
    assert found == [(name, f"LFE5U-{device}", speed) for name, device, speed in nextpnr.POINTS]
    for row in rows:
        rates = sorted(row["seeds"].values())
        assert len(rates) >= 5
        assert (row["worst"], row["best"]) == (rates[0], rates[-1])


def test_4k60_at_both_speed_grades() -> None:
    rates = {
        row["speed"]: row["worst"]
        for row in PUBLISHED["pnr"]["rows"]
        if row["configuration"] == "x2_k9_4ppc"
    }
    assert set(rates) == {6, 8}
    assert min(rates.values()) >= 148.5
