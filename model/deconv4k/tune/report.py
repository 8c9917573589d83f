"""What a search found, for people and for programs."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deconv4k import files
from deconv4k.config import Formats
from deconv4k.image import write_bytes
from deconv4k.tune.evaluate import Record
from deconv4k.tune.search import Search, front_records
from deconv4k.tune.space import NODES, Space

FIGURES = (
    "psnr_original",
    "psnr_float",
    "loss",
    "ssim_original",
    "ssim_float",
    "largest_error_lsb",
    "mean_error_lsb",
    "bound_lsb",
)
"""Of a record: the columns of the CSV file after the formats."""


def result(search: Search, record: Record, tried: Space) -> dict[str, Any]:
    """Everything found, for JSON; the same for the same input, whoever computed it when."""
    front = front_records(search)
    return {
        "target": {search.target.figure: search.target.value},
        "device": search.problem.device,
        "packing": search.problem.packing,
        "photos": [scene.name for scene in search.problem.scenes],
        "space": tried.describe(),
        "method": search.found.method,
        "measured": len(search.found.records),
        "left_out": search.found.left_out,
        "chosen": record,
        "front": front,
    }


def table_csv(search: Search) -> str:
    """Every measured candidate, a line each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    prices = ["share", "multipliers", "luts", "memory_bits"]
    blocks = [f"blocks_{name}" for name in _some(search)["cost"]["blocks"]]
    writer.writerow(
        [*NODES, *FIGURES, "accumulator_proved", "accumulator_observed", *prices, *blocks]
    )
    for record in search.found.records.values():
        price = record["cost"]
        writer.writerow(
            [
                *(record["formats"].get(node, "") for node in NODES),
                *(record[name] for name in FIGURES),
                record["accumulator"]["proved_bits"],
                record["accumulator"]["observed_bits"],
                *(price[name] for name in prices),
                *price["blocks"].values(),
            ]
        )
    return text.getvalue()


def _some(search: Search) -> Record:
    return next(iter(search.found.records.values()))


def write(search: Search, chosen: Formats, record: Record, tried: Space, folder: Path) -> None:
    """Leave JSON and CSV in a folder."""
    files.save_json(folder / "result.json", result(search, record, tried))
    write_bytes(folder / "candidates.csv", table_csv(search).encode())


def brief(spelled: str | None) -> str:
    """A format in the space of a table's column: ``8,8 RND SAT``."""
    if spelled is None:
        return ""
    width, integer, *modes = spelled.partition("<")[2].rstrip(">").split(",")
    return " ".join([f"{width},{integer}", *(mode.removeprefix("AP_") for mode in modes)])


def show(search: Search, record: Record, seconds: float, console: Console) -> None:
    """Print the front, the choice and how they were found."""
    table = Table(
        *NODES, "dB lost", "dB to float", "SSIM", "LSB, most", "proved", "blocks", "LUTs", "bits",
        "% of part", title=f"Pareto front for {search.target}",
    )  # fmt: skip
    for each in front_records(search):
        price = each["cost"]
        table.add_row(
            *(brief(each["formats"].get(node)) for node in NODES),
            f"{each['loss']:.3f}",
            f"{each['psnr_float']:.2f}",
            f"{each['ssim_float']:.5f}",
            f"{each['largest_error_lsb']:.2f}",
            f"{each['bound_lsb']:.2f}",
            str(price["blocks"][search.problem.device]),
            str(price["luts"]),
            str(price["memory_bits"]),
            f"{price['share']:.2f}",
            style="bold" if each is record else "",
        )
    console.print(table)
    console.print(f"Search, {search.found.method}.")
    for reason, count in search.found.left_out.items():
        console.print(f"Left out: {count}, because {reason}.")
    measured = len(search.found.records)
    console.print(f"{measured} candidates measured in {seconds:.1f} s.")
