"""The tuner's cost estimate beside what Yosys makes of hw/.

    python tools/check_cost.py [POINT...]

needs Yosys (``make synth`` installs it) and takes half a minute a point the first time. Lookup
tables of Yosys are its LUTs on ECP5, two for each carry cell and four for each LUT memory; the
points on 7 series, whose tables have six inputs, are for multiplier blocks only.
"""

import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from deconv4k.config import Config
from deconv4k.rtl import design
from deconv4k.synth.yosys import synthesise
from deconv4k.tuner.cost import DEVICES, luts, multiplier_blocks

TARGETS = {"ecp5": "ecp5", "7series": "xc7"}
"""Targets of `deconv4k.synth.yosys` by the tuner's names."""

CELLS = {"lut": 1, "carry": 2, "lutram": 4}
"""Lookup tables that a resource of ECP5 stands for."""

SAT = "AP_RND,AP_SAT"


def fsrcnn(pixels_per_clock: int = 4, **formats: Any) -> Config:
    """The default configuration but for some formats and the rate."""
    return Config.upscaler((9, 2, 4, 1), pixels_per_clock, **formats)


def widths(pixel: int, weight: int) -> Config:
    """Nine multiplications of these widths."""
    return Config.upscaler(
        (3, 2, 1, 1), 4, pixel=f"ap_ufixed<{pixel},8>", weight=f"ap_fixed<{weight},2>"
    )


POINTS = {
    "default": ("ecp5", fsrcnn()),
    "weight 8": ("ecp5", fsrcnn(weight=f"ap_fixed<8,2,{SAT}>")),
    "weight 12, pixel and output 10": (
        "ecp5",
        fsrcnn(
            pixel="ap_ufixed<10,8>",
            weight=f"ap_fixed<12,2,{SAT}>",
            output=f"ap_ufixed<10,8,{SAT}>",
        ),
    ),
    "weight, pixel and output 12": (
        "ecp5",
        fsrcnn(
            pixel="ap_ufixed<12,8>",
            weight=f"ap_fixed<12,2,{SAT}>",
            output=f"ap_ufixed<12,8,{SAT}>",
        ),
    ),
    "1 pixel a clock": ("ecp5", fsrcnn(1)),
    "2 pixels a clock": ("ecp5", fsrcnn(2)),
    "weight 18": ("ecp5", fsrcnn(weight=f"ap_fixed<18,2,{SAT}>")),
    "weight 7, accumulator 15": (
        "ecp5",
        fsrcnn(weight=f"ap_fixed<7,2,{SAT}>", accumulator="ap_fixed<15,10>"),
    ),
    "pixel and output 9, accumulator 17": (
        "ecp5",
        fsrcnn(
            pixel="ap_ufixed<9,8>",
            weight=f"ap_fixed<8,2,{SAT}>",
            output=f"ap_ufixed<9,8,{SAT}>",
            accumulator="ap_fixed<17,10>",
        ),
    ),
    "product 12, rounds, saturates": (
        "ecp5",
        fsrcnn(product=f"ap_fixed<12,10,{SAT}>", accumulator="ap_fixed<14,12>"),
    ),
    "product 12, truncates, wraps": (
        "ecp5",
        fsrcnn(product="ap_fixed<12,10>", accumulator="ap_fixed<14,12>"),
    ),
    "product 11, 2 pixels a clock": (
        "ecp5",
        fsrcnn(2, product="ap_fixed<11,10,AP_RND>", accumulator="ap_fixed<13,12>"),
    ),
    "output to even, signed": ("ecp5", fsrcnn(output="ap_fixed<9,9,AP_RND_CONV,AP_SAT_SYM>")),
    "product 16, to even, saturates": (
        "ecp5",
        fsrcnn(product="ap_fixed<16,10,AP_RND_CONV,AP_SAT>", accumulator="ap_fixed<20,14>"),
    ),
    "weight 19, a bit beyond a block": ("ecp5", fsrcnn(weight=f"ap_fixed<19,2,{SAT}>")),
    "weight 24, two blocks": ("ecp5", fsrcnn(weight=f"ap_fixed<24,2,{SAT}>")),
    "K3, weight 18": ("ecp5", widths(8, 18)),
    "K3, weight 19": ("ecp5", widths(8, 19)),
    "K3, weight 20": ("ecp5", widths(8, 20)),
    "K3, weight 28": ("ecp5", widths(8, 28)),
    "K3, weight 36": ("ecp5", widths(8, 36)),
    "K3, pixel 16, weight 19": ("ecp5", widths(16, 19)),
    "K3, pixel 16, weight 24": ("ecp5", widths(16, 24)),
    "7 series, weight 18": ("7series", widths(8, 18)),
    "7 series, weight 25": ("7series", widths(8, 25)),
    "7 series, weight 26": ("7series", widths(8, 26)),
    "7 series, pixel 16, weight 25": ("7series", widths(16, 25)),
    "7 series, pixel 16, weight 26": ("7series", widths(16, 26)),
}
"""Device and configuration."""


def main(names: list[str]) -> None:
    unknown = [name for name in names if name not in POINTS]
    if unknown:
        sys.exit(f"{unknown[0]!r}: no such point; allowed: {', '.join(POINTS)}")
    table = Table("point", "LUTs", "Yosys", "error, %", "blocks", "Yosys")
    for name in names or POINTS:
        device, config = POINTS[name]
        found = synthesise(TARGETS[device], "deconv_engine", design.parameters(config)).resources
        estimate = luts(config, DEVICES[device])
        real = sum(each * found[kind] for kind, each in CELLS.items())
        tables = (str(estimate), str(real), f"{100 * (estimate / real - 1):+.1f}")
        blocks = multiplier_blocks(config, DEVICES[device])
        table.add_row(
            name, *(tables if device == "ecp5" else ("", "", "")), str(blocks), str(found["dsp"])
        )
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
