"""The tuner's cost estimate beside what Yosys makes of hw/ for ECP5.

    python tools/check_cost.py [POINT...]

needs Yosys as a Python package (``pip install pyosys``) and takes half a minute a point. Lookup
tables of Yosys are its LUT4, two for each carry cell (CCU2C) and four for each TRELLIS_DPR16X4.
"""

import sys
from dataclasses import replace

from pyosys import libyosys
from rich.console import Console
from rich.table import Table

from deconv4k import engine
from deconv4k.cli import DEFAULT_CONFIG
from deconv4k.config import Config
from deconv4k.fixed import Format
from deconv4k.simulator import ROOT
from deconv4k.tune.cost import DEVICES, luts, multiplier_blocks

BASE = Config.load(DEFAULT_CONFIG)
CELLS = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 4}


def point(pixels_per_clock: int = 4, **formats: str) -> Config:
    """The default configuration but for some formats and the rate."""
    nodes = {node: Format.parse(text) for node, text in formats.items()}
    video = replace(BASE.video, pixels_per_clock=pixels_per_clock)
    return replace(BASE, formats=replace(BASE.formats, **nodes), video=video)


SAT = "AP_RND,AP_SAT"
POINTS = {
    "default": BASE,
    "weight 8": point(weight=f"ap_fixed<8,2,{SAT}>"),
    "weight 12, pixel and output 10": point(
        pixel="ap_ufixed<10,8>", weight=f"ap_fixed<12,2,{SAT}>", output=f"ap_ufixed<10,8,{SAT}>"
    ),
    "weight, pixel and output 12": point(
        pixel="ap_ufixed<12,8>", weight=f"ap_fixed<12,2,{SAT}>", output=f"ap_ufixed<12,8,{SAT}>"
    ),
    "1 pixel a clock": point(1),
    "2 pixels a clock": point(2),
    "weight 18": point(weight=f"ap_fixed<18,2,{SAT}>"),
    "weight 7, accumulator 15": point(weight=f"ap_fixed<7,2,{SAT}>", accumulator="ap_fixed<15,10>"),
    "pixel and output 9, accumulator 17": point(
        pixel="ap_ufixed<9,8>",
        weight=f"ap_fixed<8,2,{SAT}>",
        output=f"ap_ufixed<9,8,{SAT}>",
        accumulator="ap_fixed<17,10>",
    ),
    "product 12, rounds, saturates": point(
        product=f"ap_fixed<12,10,{SAT}>", accumulator="ap_fixed<14,12>"
    ),
    "product 12, truncates, wraps": point(product="ap_fixed<12,10>", accumulator="ap_fixed<14,12>"),
    "product 11, 2 pixels a clock": point(
        2, product="ap_fixed<11,10,AP_RND>", accumulator="ap_fixed<13,12>"
    ),
    "output to even, signed": point(output="ap_fixed<9,9,AP_RND_CONV,AP_SAT_SYM>"),
    "product 16, to even, saturates": point(
        product="ap_fixed<16,10,AP_RND_CONV,AP_SAT>", accumulator="ap_fixed<20,14>"
    ),
    "weight 19, beyond a block": point(weight=f"ap_fixed<19,2,{SAT}>"),
}


def synthesise(config: Config) -> dict[str, int]:
    """Cells by type after ``synth_ecp5``."""
    design = libyosys.Design()

    def command(text: str) -> None:
        libyosys.run_pass(f"tee -q {text}", design)

    for name in (ROOT / "hw" / "deconv.f").read_text().split():
        command(f"read_verilog -defer {ROOT / 'hw' / name}")
    chosen = " ".join(f"-chparam {key} {value}" for key, value in engine.parameters(config).items())
    command(f"hierarchy -top deconv {chosen}")
    command("synth_ecp5 -top deconv -flatten")
    cells: dict[str, int] = {}
    for cell in design.top_module().cells_.values():
        kind = cell.type.str().lstrip("\\")
        cells[kind] = cells.get(kind, 0) + 1
    return cells


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in POINTS]
    if unknown:
        sys.exit(f"{unknown[0]!r}: no such point; allowed: {', '.join(POINTS)}")
    table = Table("point", "LUTs", "Yosys", "error, %", "blocks", "Yosys")
    for name in names or POINTS:
        config = POINTS[name]
        cells = synthesise(config)
        real = sum(each * cells.get(kind, 0) for kind, each in CELLS.items())
        estimate = luts(config)
        blocks = multiplier_blocks(config, DEVICES["ecp5"])
        table.add_row(
            name,
            str(estimate),
            str(real),
            f"{100 * (estimate / real - 1):+.1f}",
            str(blocks),
            str(cells.get("MULT18X18D", 0)),
        )
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
