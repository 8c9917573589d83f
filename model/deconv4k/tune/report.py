"""What a search found, for people and for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deconv4k._shared import files, optional
from deconv4k._shared.files import write_bytes
from deconv4k.config import Formats
from deconv4k.tune import plots, sensitivity
from deconv4k.tune.evaluate import Record
from deconv4k.tune.margin import Margin
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

PRICES = ("share", "multipliers", "luts", "memory_bits")

HEADINGS = (
    *NODES, "dB lost", "dB to float", "SSIM to float", "LSB, most", "LSB, proved", "blocks",
    "LUTs", "bits", "% of part",
)  # fmt: skip


def result(
    search: Search,
    formats: Formats,
    record: Record,
    held_out: list[Record],
    margin: Margin,
    steps: Sequence[sensitivity.Step],
    tried: Space,
) -> dict[str, Any]:
    """Everything found, for JSON; the same for the same input, whoever computed it when."""
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
        "margin": {**margin.as_dict(), "sentence": str(margin)},
        "held_out": [{**photo, "judged": margin.judge(photo)} for photo in held_out],
        "one_bit_less": sensitivity.sentences(search, formats, record, steps),
        "sensitivity": [
            {
                "node": step.node,
                "end": step.end,
                "bits": step.bits,
                **{name: step.record[name] for name in ("loss", "psnr_float", "bound_lsb")},
            }
            for step in steps
        ],
        "front": front_records(search),
    }


def table_csv(search: Search) -> str:
    """Every measured candidate, a line each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    records = list(search.found.records.values())
    blocks = [
        f"{kind}_{name}" for kind in ("blocks", "packed") for name in records[0]["cost"][kind]
    ]
    accumulator = ("proved_bits", "observed_bits", "headroom_proved", "headroom_observed")
    writer.writerow([*NODES, *FIGURES, *accumulator, *PRICES, *blocks])
    for record in records:
        price = record["cost"]
        writer.writerow(
            [
                *(record["formats"].get(node, "") for node in NODES),
                *(record[name] for name in FIGURES),
                *(record["accumulator"][name] for name in accumulator),
                *(price[name] for name in PRICES),
                *price["blocks"].values(),
                *price["packed"].values(),
            ]
        )
    return text.getvalue()


def write(
    search: Search,
    formats: Formats,
    record: Record,
    held_out: list[Record],
    tried: Space,
    folder: Path,
) -> dict[str, Any]:
    """Leave JSON, CSV, plots and the HTML report in a folder; return what the JSON says."""
    steps = sensitivity.neighbours(search, formats)
    chosen = plots.Chosen.of(search, formats, record)
    drawn = plots.plots(search, chosen, steps)
    margin = Margin.of(formats, chosen.stems, search.target)
    found = result(search, formats, record, held_out, margin, steps, tried)
    page = html(search, found, record, search.problem.config(formats).to_toml(), drawn)
    files.save_json(folder / "result.json", found)
    write_bytes(folder / "candidates.csv", table_csv(search).encode())
    for name, svg in drawn.items():
        write_bytes(folder / f"{name}.svg", svg.encode())
    write_bytes(folder / "report.html", page.encode())
    return found


def html(
    search: Search, found: dict[str, Any], record: Record, toml: str, drawn: dict[str, str]
) -> str:
    """The report as one page that needs no other file."""
    jinja2 = optional.module("jinja2")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    template = (resources.files("deconv4k") / "data" / "tune.html.j2").read_text(encoding="utf-8")
    # Of an SVG file only the picture itself may stand in a page.
    inline = {name: svg[svg.index("<svg") :] for name, svg in drawn.items()}
    page: str = environment.from_string(template).render(
        target=str(search.target),
        result=found,
        toml=toml,
        plots=inline,
        headings=HEADINGS,
        rows=[(row(search, each), each is record) for each in found["front"]],
    )
    return page


def row(search: Search, record: Record) -> list[str]:
    """A candidate as a line of the table with `HEADINGS`."""
    price = record["cost"]
    kind = "packed" if search.problem.packing else "blocks"
    return [
        *(brief(record["formats"].get(node)) for node in NODES),
        f"{record['loss']:.3f}",
        f"{record['psnr_float']:.2f}",
        f"{record['ssim_float']:.5f}",
        f"{record['largest_error_lsb']:.2f}",
        f"{record['bound_lsb']:.2f}",
        str(price[kind][search.problem.device]),
        str(price["luts"]),
        str(price["memory_bits"]),
        f"{price['share']:.2f}",
    ]


def brief(spelled: str | None) -> str:
    """A format in the space of a table's column: ``8,8 RND SAT``."""
    if spelled is None:
        return ""
    width, integer, *modes = spelled.partition("<")[2].rstrip(">").split(",")
    return " ".join([f"{width},{integer}", *(mode.removeprefix("AP_") for mode in modes)])


def show(search: Search, found: dict[str, Any], record: Record, console: Console) -> None:
    """Print the front, how it was found, and what each bit of the choice is worth."""
    table = Table(*HEADINGS, title=f"Pareto front for {search.target}; bold: chosen")
    for each in found["front"]:
        table.add_row(*row(search, each), style="bold" if each is record else "")
    console.print(table)
    console.print(f"Search, {found['method']}.")
    for reason, count in found["left_out"].items():
        console.print(f"Left out: {count}, because {reason}.")
    for sentence in found["one_bit_less"]:
        console.print(sentence)
    console.print(found["margin"]["sentence"])
    for photo in found["held_out"]:
        console.print(
            f"Kept out of the search, {photo['photo']} loses {photo['loss']:.3f} dB and has "
            f"{photo['psnr_float']:.2f} dB to the float layer: {photo['judged']}."
        )
