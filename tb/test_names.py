"""Every source of hw/ says its licence and holds one module, which has its name and our prefix."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deconv4k._shared import checkout

COMMENTS = {"v": "//", "sv": "//", "vlt": "//", "rdl": "//", "h": "//"}
COMMENTS |= {"lpf": "#", "tcl": "#", "vhd": "--"}
SOURCES = [path for kind in COMMENTS for path in sorted((checkout.ROOT / "hw").rglob(f"*.{kind}"))]
VERILOG = [path for path in SOURCES if path.suffix in (".v", ".sv")]
BENCHES = sorted((checkout.ROOT / "tb").rglob("*.v"))


def name(path: Path) -> str:
    return str(path.relative_to(checkout.ROOT))


def modules(path: Path) -> list[str]:
    return re.findall(r"^\s*(?:macro)?module\s+(\w+)", path.read_text(), re.MULTILINE)


def test_licence_is_what_the_sources_say() -> None:
    assert (checkout.ROOT / "LICENSE").read_text().startswith("MIT License\n")


@pytest.mark.parametrize("path", [*SOURCES, *BENCHES], ids=name)
def test_first_line_is_the_licence(path: Path) -> None:
    mark = COMMENTS[path.suffix[1:]]
    assert path.read_text().startswith(f"{mark} SPDX-License-Identifier: MIT\n")


@pytest.mark.parametrize("path", VERILOG, ids=name)
def test_one_module_of_the_files_name(path: Path) -> None:
    assert modules(path) == [path.stem]
    assert path.stem.startswith("deconv_")


@pytest.mark.parametrize("path", BENCHES, ids=name)
def test_one_bench_a_file(path: Path) -> None:
    assert modules(path) == [path.stem]


def test_every_kind_of_file_is_known() -> None:
    known = {f".{kind}" for kind in COMMENTS} | {".f"}
    found = {path.suffix for path in (checkout.ROOT / "hw").rglob("*") if path.is_file()}
    assert found == known
    assert len(VERILOG) > 30
