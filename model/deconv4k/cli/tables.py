"""What the commands print: tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from deconv4k.board.zynq import Result
    from deconv4k.config import Config
    from deconv4k.photo.fit import Fit
    from deconv4k.rtl.info import Info
    from deconv4k.sim.regression import Regression


def wide() -> Console:
    """A console; a file or a pipe has no width of its own, and gets that of a wide table."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=100)


def show_info(found: Info, config: Config) -> None:
    """A configuration: what it is, needs and costs."""
    data = found.to_dict()
    console = Console()
    console.print(f"Configuration hash: {data['config_hash']} (register CONFIG_HASH)")
    table = Table("node", "HLS", "Q", "codes", "step", title="Formats")
    for name, node in data["formats"].items():
        low, high = node["codes"]
        table.add_row(name, node["hls"], node["q"], f"{low} .. {high}", f"{node['step']:g}")
    console.print(table)
    layer = config.layer
    table = Table("r", *(f"s = {s}" for s in range(layer.stride)), title="Taps of phase (r, s)")
    for r, row in enumerate(layer.phase_taps()):
        table.add_row(str(r), *map(str, row))
    console.print(table)
    accumulator = data["accumulator"]
    console.print(
        f"Accumulator: {accumulator['bits']} bits for these weights, "
        f"{accumulator['bits_for_any_kernel']} in the engine (any kernel of the format)."
    )
    console.print(f"Proof: {accumulator['proof']}.")
    console.print(f"Golden model: {data['golden']['path']}. {data['golden']['proof']}.")
    built = data["engine"]
    if "refused" in built:
        console.print("The RTL engine cannot be built: " + "; ".join(built["refused"]))
        return
    video = config.video
    table = Table("engine", "", title=f"{video.width}x{video.height} in")
    table.add_row("multipliers", str(built["multipliers"]))
    for name, bits in built["memory_bits"].items():
        table.add_row(f"{name}, bits", f"{bits:,}")
    table.add_row("clocks a frame, back to back", f"{built['clocks_a_frame']:,}")
    table.add_row("clocks to the first output beat", f"{built['latency_clocks']:,}")
    table.add_row("clocks to the last one of a lone frame", f"{built['lone_frame_clocks']:,}")
    console.print(table)
    console.print(
        "Parameters of hw/engine/deconv_engine.v: "
        + ", ".join(f"{name}={value}" for name, value in built["parameters"].items())
    )


def show_fit(found: Fit) -> None:
    """PSNR of the fitted kernel beside others."""
    table = Table("photo", "bicubic", "Lanczos", "fitted", "left out of the fit", title="dB")
    for row in found.figures:
        held = "-" if row.held_out is None else f"{row.held_out:.2f}"
        table.add_row(
            row.photo, f"{row.bicubic:.2f}", f"{row.lanczos:.2f}", f"{row.fitted:.2f}", held
        )
    wide().print(table)


def show_resources(rows: Sequence[Mapping[str, Any]], resources: Sequence[str]) -> None:
    """What synthesis counted, of each of the resources."""
    names = ("target", "configuration", "top", *resources)
    table = Table(title="Resources", box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, no_wrap=True, justify="right" if name in resources else "left")
    for row in rows:
        table.add_row(*(f"{row[name]:,}" if name in resources else row[name] for name in names))
    wide().print(table)


def show_clocks(rows: Sequence[Mapping[str, Any]], only: str, seeds: int) -> None:
    """What place and route reached, and the path that limits it."""
    table = Table(
        "device", "speed", "worst", "median", "best", "Mpixel/s", "frames/s",
        title=f"MHz, {only}, {seeds} seed(s)",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row["device"], str(row["speed"]),
            *(f"{row[name]:.1f}" for name in ("worst", "median", "best")),
            f"{row['pixels_a_second'] / 1e6:.0f}",
            f"{row['frames_a_second']:.1f} of {row['output'][0]}x{row['output'][1]}",
        )  # fmt: skip
    wide().print(table)
    for row in rows:
        limit = row["limit"]
        click.echo(
            f"{row['device']} speed {row['speed']}, worst seed: {limit['logic_ns']:.2f} ns of "
            f"logic, {limit['routing_ns']:.2f} of routing\n"
            f"  from {limit['from']}\n  to {limit['to']}"
        )


def show_verdicts(results: Sequence[Result], name: str) -> None:
    """What a board made of each frame."""
    table = Table("frame", "verdict", "mismatches", "what is wrong", title=name)
    for each in results:
        said = "PASS" if each.passed else "FAIL"
        table.add_row(str(each.number), said, f"{each.mismatches:,}", "\n".join(each.wrong))
    wide().print(table)


def show_regression(found: Regression, page: str) -> None:
    """The table, the quality, and whatever went wrong."""
    rows, figures = found.rows, found.psnr_db
    console = wide()
    table = Table(title="Engine against golden model, bit for bit", box=box.SIMPLE_HEAD)
    for head in ("case", "simulator", "stalls"):
        table.add_column(head, no_wrap=True)
    for head in ("pixels", "mismatches", "clocks", "predicted", "seconds"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        style = None if row.passed else "red"
        table.add_row(
            row.case, row.simulator, row.stalls, f"{row.pixels:,}", f"{row.mismatches:,}",
            "" if row.clocks is None else f"{row.clocks:,}",
            "" if row.predicted is None else f"{row.predicted:,}",
            f"{row.seconds:.1f}", style=style,
        )  # fmt: skip
    console.print(table)
    console.print("clocks: from the first pixel accepted to the last beat, nothing stalling")
    if figures:
        console.print(
            f"PSNR of luma against the original: fixed point {figures['fixed']:.2f} dB, "
            f"float {figures['float']:.2f} dB, bicubic {figures['bicubic']:.2f} dB, "
            f"Lanczos {figures['lanczos']:.2f} dB"
        )
    for row in rows:
        if row.wave:
            console.print(f"waves of {row.case} on {row.simulator}: {row.wave}", soft_wrap=True)
    wrong = [row for row in rows if not row.passed]
    for row in wrong:
        console.print(f"FAILED {row.case} on {row.simulator}, stalls {row.stalls}: {row.problem}",
                      soft_wrap=True)  # fmt: skip
    beside = "; pictures and figures beside it" if figures else ""
    console.print(f"page of this run: {page}{beside}", soft_wrap=True)
    total = sum(row.pixels for row in rows)
    bad = sum(row.mismatches for row in rows)
    console.print(f"{bad} mismatches in {total:,} pixels; {len(wrong)} runs failed")
