"""The page that `make sim` leaves: what stands in it, and what a browser makes of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deconv4k import __version__
from deconv4k.config import Config
from deconv4k.photo import image, quality
from deconv4k.sim import regression, report

VOID = {"img", "input", "link", "meta"}
GAIN = 8

PASSED = regression.Row(
    case="photo 160x90", simulator="verilator", stalls="none", pixels=57_600, mismatches=0,
    clocks=15_002, predicted=15_002, seconds=12.34, problem=None, wave=None,
)  # fmt: skip
FAILED = regression.Row(
    case="<ties>", simulator="icarus", stalls="both", pixels=1_024, mismatches=1_017,
    clocks=None, predicted=None, seconds=5.67, problem='line 3: "a" < b & c', wave="waves/ties.fst",
)  # fmt: skip
EMPTY = replace(PASSED, case="nothing", pixels=0, clocks=297, predicted=296)


def made(rows: list[regression.Row], *, photograph: bool = True) -> regression.Regression:
    figures = {"fixed": 39.83, "float": 39.88, "bicubic": 38.86, "lanczos": float("inf")}
    similar = {"fixed": 0.9721, "float": 0.9732, "bicubic": 0.9643, "lanczos": 1.0}
    if not photograph:
        figures, similar = {}, {}
    return regression.Regression(Config.default(), 4711, rows, figures, similar)


def shown(name: str = "a <b>.jpg", width: int = 320, height: int = 180) -> report.Pictures:
    """Of a smooth picture with one busy corner, in three shades."""
    plane = np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.4, width))
    plane[120:170, 200:280] += np.random.default_rng(1).uniform(-0.05, 0.05, (50, 80))
    engine, bicubic = np.clip(plane + 0.01, 0, 1), np.clip(plane + 0.02, 0, 1)
    return report.pictures(
        name, (width // 2, height // 2), np.clip(plane, 0, 1), bicubic, engine,
        quality.difference_picture(plane, engine, GAIN), GAIN,
    )  # fmt: skip


class Page(HTMLParser):
    """Everything that has to be known of a page; unclosed tags are refused."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.labels: dict[str, list[str | None]] = {"img": [], "input": []}
        self.rows: list[tuple[str, list[str]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert len(given) == len(attrs), tag
        assert not [name for name in given if name.startswith("on") or name == "style"]
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            if given.get(name) is not None:
                self.links.append(str(given[name]))
        if given.get("id"):
            assert given["id"] not in self.ids
            self.ids.add(str(given["id"]))
        if tag in self.labels:
            self.labels[tag].append(given.get("alt" if tag == "img" else "aria-label"))
        if tag == "tr":
            self.rows.append((given.get("class") or "", []))
        if tag in ("td", "th"):
            self.rows[-1][1].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self._open or "th" in self._open:
            self.rows[-1][1][-1] += data
        if not {"style", "script"} & set(self._open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_every_value_is_told() -> None:
    found = made([PASSED, FAILED, EMPTY])
    text = report.page(found, shown())
    assert text.lstrip().startswith("<!doctype html>")
    page = Page(text)
    assert page.rows[-6:] == [
        ("", ["photo 160x90", "equal", "verilator", "none", "57,600", "0", "15,002", "15,002",
              "12.3"]),
        ("failed", ["<ties>", "FAILED", "icarus", "both", "1,024", "1,017", "", "", "5.7"]),
        ("failed problem", ['line 3: "a" < b & c']),
        ("problem", ["waves: waves/ties.fst"]),
        ("failed", ["nothing", "FAILED", "verilator", "none", "0", "0", "297", "296", "12.3"]),
        ("failed problem", ["no pixel was compared"]),
    ]  # fmt: skip
    assert [cells for _, cells in page.rows[1:5]] == [
        ["engine, fixed point", "39.83", "0.9721"],
        ["the same in float", "39.88", "0.9732"],
        ["bicubic", "38.86", "0.9643"],
        ["Lanczos", "inf", "1.0000"],
    ]
    for told in (
        "2 of 3 runs failed: 1,017 mismatches in 58,624 pixels", "a <b>.jpg", "160 × 90",
        "320 × 180", "Shown with every pixel, as WebP of quality 88", f"amplified {GAIN} times",
        "88 × 88 pixels from x 176, y 88", "seed 4711", __version__, "ap_ufixed<8,8>",
        "ap_fixed<10,2,AP_RND,AP_SAT>", "ap_ufixed<8,8,AP_RND,AP_SAT>",
        f"{Config.default().digest:08x}",
    ):  # fmt: skip
        assert told in page.text, told
    assert "the golden model says" not in page.text


def test_nothing_is_asked_for() -> None:
    text = report.page(made([PASSED]), shown())
    page = Page(text)
    assert {link for link in page.links if not link.startswith("data:")} == {
        f"#{name}"
        for name in ("photograph", "quality", "detail", "difference", "runs", "configuration")
    }
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids
    policy = POLICY.search(text)
    assert policy is not None
    assert policy[1].split("; ")[:2] == ["default-src 'none'", "img-src data:"]
    assert "url(" not in text
    assert "@import" not in text
    assert all(page.labels["img"])
    assert all(page.labels["input"])
    assert len(page.labels["img"]) == 7
    assert "Every pixel is equal: 0 mismatches in 57,600 pixels, 1 run." in page.text


def test_without_a_photograph_the_table_stands_alone() -> None:
    text = report.page(made([PASSED, FAILED], photograph=False), None)
    page = Page(text)
    assert page.links == ["data:,"]
    assert not page.labels["img"]
    assert not page.labels["input"]
    assert "<script" not in text
    assert page.rows[1][1][0] == PASSED.case
    assert "4711" in page.text


def test_a_photograph_that_failed_is_said_to_have() -> None:
    found = made([replace(PASSED, mismatches=3, problem="3 beats differ")])
    assert "The engine failed on it: this is what the golden model says." in (
        Page(report.page(found, shown())).text
    )


def test_small_pictures_and_large_noise() -> None:
    assert report.most_detail(np.zeros((16, 18)), report.SIDE) == (0, 0)
    low = np.zeros((16, 18))
    tiny = report.pictures("tiny", (9, 8), low, low, low, low.astype(np.uint8), GAIN)
    assert (tiny.parts["engine"].width, tiny.parts["engine"].height) == (18, 16)
    assert tiny.factor == 1
    noise = np.random.default_rng(2).random((2160, 3840))
    busy = report.pictures(
        "noise", (1920, 1080), noise, noise, noise, image.from_unit(noise), GAIN
    )  # fmt: skip
    text = report.page(made([PASSED]), busy)
    assert len(text) < 4_000_000
    assert busy.factor > 1
    assert busy.original.width == 3840 // busy.factor
    assert f"Scaled to 1/{busy.factor} each way" in Page(text).text


def test_a_run_leaves_the_page(sim: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regression, "REPORT", tmp_path)
    found = regression.regress(
        Config.default(), simulators=[sim], named=True, case="study", seed=5, waves=False,
        photo=None, full=False, quiet=True,
    )  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "report.json"]
    page = Page((tmp_path / "index.html").read_text())
    assert [cells[:4] for _, cells in page.rows[1:]] == [
        ["study", "equal", sim, stalls] for stalls in ("none", "both")
    ]
    assert found.passed


@pytest.mark.parametrize(("side", "figures"), [(9, 0), (20, 4)])
def test_a_photograph_leaves_pictures(
    side: int, figures: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regression, "REPORT", tmp_path)
    config = Config.default()
    photo = tmp_path / "photo.png"
    image.write(photo, np.random.default_rng(3).integers(0, 256, (2 * side, 2 * side), np.uint8))
    found = regression.regress(
        config, simulators=["icarus"], named=True, case=None, seed=5, waves=False,
        photo=str(photo), full=False, quiet=True,
    )  # fmt: skip
    assert len(found.psnr_db) == 4
    # A window of SSIM does not fit into the smaller one.
    assert len(found.ssim) == figures
    page = Page((tmp_path / "index.html").read_text())
    assert f"Luma of photo.png, {side} × {side} enlarged to {2 * side} × {2 * side}" in page.text
    assert len(page.labels["img"]) == 7
    assert page.rows[1][1][2] == (f"{found.ssim['fixed']:.4f}" if figures else "–")


POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')

EAR = """<head>
<script>
const violations = [];
document.addEventListener("securitypolicyviolation", event => violations.push(event.blockedURI));
</script>
"""

PROBE = """
<pre id="probe"></pre>
<script>
addEventListener("load", async () => {
  const pictures = [...document.images];
  await Promise.all(pictures.map(each => each.decode()));
  const after = document.querySelector(".after"), seen = {};
  for (const value of ["0", "25", "100"]) {
    split.value = value;
    split.dispatchEvent(new Event("input"));
    seen[value] = [getComputedStyle(after).clipPath, split.getAttribute("aria-valuetext")];
  }
  const box = compare.getBoundingClientRect();
  compare.dispatchEvent(new PointerEvent("pointerdown", {clientX: box.left + 0.75 * box.width}));
  document.getElementById("probe").textContent = JSON.stringify({
    seen, dragged: split.value, violations,
    widths: pictures.map(each => each.naturalWidth),
    fetched: performance.getEntriesByType("resource").map(each => each.name),
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  });
});
</script>
</body>
"""


@pytest.mark.parametrize("policy", ["kept", "dropped"])
def test_in_a_browser(policy: str, tmp_path: Path) -> None:
    # Without its policy nothing but the page itself keeps the page from asking.
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is missing; on Debian: apt-get install chromium")
    path = tmp_path / "page.html"
    text = report.page(made([PASSED, FAILED]), shown())
    if policy == "dropped":
        text = POLICY.sub("", text)
    path.write_text(text.replace("<head>", EAR).replace("</body>", PROBE))
    command = [
        browser, "--headless", "--disable-gpu", "--dump-dom", "--virtual-time-budget=10000",
        f"--user-data-dir={tmp_path / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=390,800",
    ]  # fmt: skip
    if os.geteuid() == 0:
        command.append("--no-sandbox")
    said = subprocess.run(
        [*command, path.as_uri()], capture_output=True, text=True, timeout=300, check=True
    )
    found: dict[str, Any] = json.loads(_within(said.stdout, '<pre id="probe">', "</pre>"))
    assert found["widths"] == [320, 320, 88, 88, 88, 320, 320]
    assert {value: clip for value, (clip, _) in found["seen"].items()} == {
        "0": "inset(0px 0px 0px 0%)",
        "25": "inset(0px 0px 0px 25%)",
        "100": "inset(0px 0px 0px 100%)",
    }
    assert found["seen"]["25"][1] == "bicubic left of 25 percent, engine right of it"
    assert found["dragged"] == "75"
    assert [name for name in found["fetched"] if not name.startswith("data:")] == []
    assert found["violations"] == []
    assert found["overflow"] == 0


def _within(text: str, before: str, after: str) -> str:
    return text.partition(before)[2].partition(after)[0]
