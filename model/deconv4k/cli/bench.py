"""The golden model's speed: bench, and its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from deconv4k._shared import checkout, parallel
from deconv4k.config import Config
from deconv4k.golden import benchmark


@click.command("bench")
@click.option("--rounds", type=click.IntRange(1), default=30, show_default=True, help="Runs each.")
@click.option("--out", default=None, help="Folder; default: build/bench/ of the checkout.")
def bench_command(rounds: int, out: str | None) -> None:
    """Time the golden model beside PyTorch, ONNX Runtime, OpenCV and apytypes."""
    folder = Path(out) if out else checkout.BUILD / "bench"
    absent = benchmark.missing()
    if absent:
        click.echo(
            f"Not installed, so not measured: {', '.join(absent)}. `make bench` installs them."
        )
    benchmark.run(
        Config.default(),
        folder,
        rounds,
        lambda found: show_sweep(found) if isinstance(found, list) else show_layer(found),
    )
    for name in ("bench.json", "bench.png"):
        if (folder / name).exists():
            click.echo(folder / name)


def show_layer(facts: Mapping[str, Any]) -> None:
    """A layer's contestants, and the limits of the machine where they were measured."""
    times, multiplies, size = facts["seconds"], facts["multiplies"], facts["bytes"]
    height, width = facts["size"]
    console = Console()
    table = Table(
        "", "ms, least", "ms, median", "times golden", "G multiplies/s", "GB/s",
        title=f"{facts['case']}, {width}x{height} in, {parallel.threads()} thread(s), "
        f"{facts['path']}",
    )  # fmt: skip
    ours = times["golden"]
    for name, each in times.items():
        table.add_row(
            name,
            f"{1e3 * each['min']:.2f}",
            f"{1e3 * each['median']:.2f}",
            f"{each['min'] / ours['min']:.1f} ({each['median'] / ours['median']:.1f})",
            "" if "resize" in name else f"{multiplies / each['min'] / 1e9:.1f}",
            f"{size / each['min'] / 1e9:.2f}" if name == "golden" else "",
        )
    console.print(table)
    limit = facts.get("limits")
    if limit is not None:
        console.print(
            f"Limits: {1e3 * limit['vector_seconds']:.2f} ms in the vector units "
            f"({limit['vector_multiplies_a_second'] / 1e9:.0f} G multiplies/s on registers), "
            f"{1e3 * limit['memory_seconds']:.2f} ms to copy as many bytes; "
            f"golden takes {ours['min'] / benchmark.sum_of(limit):.1f} times their sum."
        )


def show_sweep(rows: Sequence[Mapping[str, Any]]) -> None:
    """Odd geometries and formats."""
    table = Table(
        "golden on", "path", "ms", "G multiplies/s", "M outputs/s", "slower by multiply",
        "by output", title="Odd geometries and formats",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row["case"],
            row["path"],
            f"{1e3 * row['seconds']:.2f}",
            f"{row['multiplies_a_second'] / 1e9:.1f}",
            f"{row['outputs_a_second'] / 1e6:.0f}",
            f"{row['slower_by_multiplies']:.2f}",
            f"{row['slower_by_outputs']:.2f}",
        )
    Console().print(table)
