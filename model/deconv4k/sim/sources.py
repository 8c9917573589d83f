"""Which Verilog a top is made of: the file lists of hw/, and the parts of the benches in tb/."""

from __future__ import annotations

from pathlib import Path

from deconv4k._shared import checkout

LISTS = ("deconv.f", "deconv_axi.f", "bringup.f", "ulx3s.f", "zynq.f")
"""The file lists of hw/, the core's first."""

_CHECKER = ("channel_checker", "tally")
_BENCH = (*_CHECKER, "axis_checker", "player", "scoreboard")
BENCH_PARTS: dict[str, tuple[str, ...]] = {
    "axis_checker": _CHECKER,
    "axil_checker": _CHECKER,
    "bench": _BENCH,
    "bench_axi": (*_BENCH, "axil_checker"),
    "bench_dma": (*_CHECKER, "axis_checker"),
    "raster_all": (*_CHECKER, "axis_checker"),
    "smoke": (*_CHECKER, "axis_checker", "axil_checker"),
    "deconv_ulx3s": ("EHXPLLL",),
}
"""What a top in tb/ is made of, beside the engine."""


def listed(name: str, target: str = "") -> list[Path]:
    """The Verilog that a file list of hw/ names, with the lists it includes by ``-f``.

    Where a list has a variant for the device family `target` (``deconv_ecp5.f`` of ``deconv.f``),
    that one is read.
    """
    own = checkout.ROOT / "hw" / f"{Path(name).stem}_{target}.f"
    files: list[Path] = []
    words = iter((own if own.exists() else checkout.ROOT / "hw" / name).read_text().split())
    for word in words:
        files += listed(next(words), target) if word == "-f" else [checkout.ROOT / "hw" / word]
    return files


def holding(module: str, target: str = "") -> list[Path]:
    """The first file list of hw/ that holds a module; the core's if none does."""
    lists = [listed(name, target) for name in LISTS]
    return next((files for files in lists if module in {path.stem for path in files}), lists[0])


def of(top: str, target: str = "") -> list[Path]:
    """The Verilog of the engine, with its wrapper for the wrapper's parts; tb/ for a top there.

    Parameters
    ----------
    top : str
    target : str
        ``ecp5``: with that family's modules, and models of its blocks from tb/.
    """
    # The top in hw/, or the one that a top in tb/ holds.
    inside = {"bench_axi": "deconv_axi", "smoke": "deconv_axi", "bench_dma": "deconv_dma_video"}
    files = holding(inside.get(top, top), target)
    if target:
        files = [*files, *sorted((checkout.ROOT / "tb" / target).glob("*.v"))]
    files += [checkout.ROOT / "tb" / f"{name}.v" for name in BENCH_PARTS.get(top, ())]
    if (checkout.ROOT / "tb" / f"{top}.v").exists():
        files.append(checkout.ROOT / "tb" / f"{top}.v")
    return files
