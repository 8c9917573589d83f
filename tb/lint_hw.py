"""Lint hw/ with every Verilator warning on, at every parameter point; one line a point."""

from __future__ import annotations

import sys
from pathlib import Path

from deconv4k._shared import checkout
from deconv4k.rtl import design
from deconv4k.sim import sources, tools
from points import POINTS

FLAGS = ["--lint-only", "-Wall", "-Wno-fatal"]


def lint(
    name: str,
    top: str,
    parameters: dict[str, int],
    *flags: str,
    target: str = "",
    around: Path | None = None,
) -> bool:
    """Lint one top, or a file with a top of its own `around` it; says what is wrong.

    With a `target` it is made of that device family's modules.
    """
    files = [*sources.of(top, target), *([around] if around else [])]
    top = around.stem if around else top
    command = [*FLAGS, *flags, "--top-module", top]
    command += [f"-G{key}={value}" for key, value in parameters.items()]
    command += [str(path) for path in files]
    done = tools.verilate(command)
    clean = done.returncode == 0 and not done.stderr.strip()
    print(f"{top} {name}: {'clean' if clean else 'WARNINGS'}")
    if not clean:
        print(done.stderr)
    return clean


def main() -> int:
    """Lint everything; 1 on any warning."""
    missing = tools.available("verilator")
    if missing is not None:
        print(missing)
        return 1
    clean = True
    for name, config in POINTS.items():
        clean &= lint(name, "deconv_engine", design.parameters(config))
    generated = str(checkout.ROOT / "hw" / "generated" / "deconv_registers.vlt")
    for name, config in POINTS.items():
        clean &= lint(name, "deconv_axi", design.wrapper_parameters(config), generated)
    timing = ("--timing", "--timescale", "1ns/1ps")
    clean &= lint("default", "smoke", {}, generated, *timing)
    template = checkout.ROOT / "hw" / "package" / "deconv_axi_template.v"
    clean &= lint("default", "deconv_axi", {}, generated, around=template)
    for name, config in POINTS.items():
        clean &= lint(f"{name} on ECP5", "deconv_engine", design.parameters(config), target="ecp5")
    clean &= lint("default", "deconv_bringup", {})
    # deconv_ulx3s.vlt says what the model of the PLL leaves out.
    clean &= lint("default", "deconv_ulx3s", {}, str(checkout.ROOT / "tb" / "deconv_ulx3s.vlt"))
    # bench.vlt says what cocotb reads and writes.
    control = str(checkout.ROOT / "tb" / "bench.vlt")
    clean &= lint("default", "bench", {}, *timing, control)
    control = str(checkout.ROOT / "tb" / "bench_axi.vlt")
    clean &= lint("default", "bench_axi", {}, *timing, generated, control)
    clean &= lint("default", "deconv_report", {})
    clean &= lint("default", "deconv_uart_tx", {})
    clean &= lint("default", "deconv_dma_video", {})
    clean &= lint("odd bytes", "deconv_dma_video", {"S": 3, "IN_BITS": 24, "OUT_BITS": 40})
    control = str(checkout.ROOT / "tb" / "bench_dma.vlt")
    clean &= lint("default", "bench_dma", {}, *timing, generated, control)
    clean &= lint("default", "quantise_all", {})
    clean &= lint("default", "raster_all", {})
    clean &= lint("default", "deconv_framer", {})
    clean &= lint("widest", "deconv_framer", {"MAX_W": 65535, "WIDTH_W": 17})
    control = str(checkout.ROOT / "tb" / "framer_all.vlt")
    clean &= lint("default", "framer_all", {}, *timing, control)
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
