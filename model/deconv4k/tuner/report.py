"""The files of a search's result: JSON, CSV, plots, and a report in HTML."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from deconv4k._shared import optional
from deconv4k._shared.files import save_json, write_bytes
from deconv4k.formats import Format
from deconv4k.tuner import plots, sensitivity
from deconv4k.tuner.axes import NODES
from deconv4k.tuner.margin import Margin
from deconv4k.tuner.records import CandidateRecord, PhotographRecord, formats_to_dict
from deconv4k.tuner.search import Search, front_records
from deconv4k.tuner.space import Space

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
"""Fields of a record: columns of the CSV file after the formats."""

ACCUMULATOR = ("proved_bits", "observed_bits", "headroom_proved", "headroom_observed")
"""Fields of `AccumulatorBits`: the columns after these."""

COSTS = ("share", "multipliers", "luts", "memory_bits")
"""Fields of `Cost`: the columns after these."""

HEADINGS = (
    *NODES, "dB lost", "dB to float", "SSIM to float", "LSB, most", "LSB, proved", "blocks",
    "LUTs", "bits", "% of part",
)  # fmt: skip
"""Of the table of candidates."""


def write(
    search: Search,
    record: CandidateRecord,
    held_out: Sequence[PhotographRecord],
    space: Space,
    folder: Path,
) -> dict[str, Any]:
    """Write JSON, CSV, plots and the HTML report into a folder.

    Parameters
    ----------
    search : Search
    record : CandidateRecord
        Of the chosen candidate.
    held_out : sequence of PhotographRecord
        The chosen candidate on photographs that the search has not seen.
    space : Space
        What was searched.
    folder : Path

    Returns
    -------
    dict
        The content of the JSON file.

    Raises
    ------
    InputError
        If a package is missing, or a file cannot be written.
    """
    steps = sensitivity.neighbours(search, record.formats)
    chosen = plots.Chosen.of(search, record)
    drawn = plots.draw_all(search, chosen, steps)
    margin = Margin.of(record.formats, chosen.shared, search.target)
    result = to_dict(search, chosen, held_out, margin, steps, space)
    page = html(search, result, record, drawn)
    save_json(folder / "result.json", result)
    write_bytes(folder / "candidates.csv", table_csv(search).encode())
    for name, svg in drawn.items():
        write_bytes(folder / f"{name}.svg", svg.encode())
    write_bytes(folder / "report.html", page.encode())
    return result


def to_dict(
    search: Search,
    chosen: plots.Chosen,
    held_out: Sequence[PhotographRecord],
    margin: Margin,
    steps: Sequence[sensitivity.Step],
    space: Space,
) -> dict[str, Any]:
    """Everything found, for JSON; the same for the same input, whoever computed it when."""
    target = search.target
    return {
        "target": {target.figure: target.value},
        "device": search.problem.device,
        "packing": search.problem.packing,
        "photos": [photograph.name for photograph in search.problem.photographs],
        "space": space.describe(),
        "method": search.found.method,
        "measured": len(search.found.records),
        "left_out": search.found.left_out,
        "chosen": chosen.record.to_dict(),
        "margin": {**margin.to_dict(), "sentence": str(margin)},
        "held_out": [
            {**photo.to_dict(), "judged": margin.judge(target.value_of(photo))}
            for photo in held_out
        ],
        "one_bit_less": sensitivity.sentences(search, chosen.record, steps),
        "sensitivity": [
            {
                "node": step.node,
                "end": step.end,
                "bits": step.bits,
                "loss": step.record.loss,
                "psnr_float": step.record.psnr_float,
                "bound_lsb": step.record.bound_lsb,
            }
            for step in steps
        ],
        "front": [record.to_dict() for record in front_records(search)],
    }


def table_csv(search: Search) -> str:
    """Every measured candidate, a line each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    records = list(search.found.records.values())
    blocks = [f"blocks_{device}" for device in records[0].cost.blocks]
    packed = [f"packed_{device}" for device in records[0].cost.packed]
    writer.writerow([*NODES, *FIGURES, *ACCUMULATOR, *COSTS, *blocks, *packed])
    for record in records:
        formats, cost = formats_to_dict(record.formats), record.cost
        writer.writerow(
            [
                *(formats.get(node, "") for node in NODES),
                *(getattr(record, name) for name in FIGURES),
                *(getattr(record.accumulator, name) for name in ACCUMULATOR),
                *(getattr(cost, name) for name in COSTS),
                *cost.blocks.values(),
                *cost.packed.values(),
            ]
        )
    return text.getvalue()


def html(
    search: Search, result: dict[str, Any], chosen: CandidateRecord, drawn: Mapping[str, str]
) -> str:
    """The report as one page that needs no other file.

    Parameters
    ----------
    search : Search
    result : dict
        From `to_dict`.
    chosen : CandidateRecord
    drawn : dict of str
        Plots by name, each the text of an SVG file.
    """
    jinja2 = optional.module("jinja2")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    template = (resources.files("deconv4k") / "data" / "tune.html.j2").read_text(encoding="utf-8")
    problem = search.problem
    page: str = environment.from_string(template).render(
        target=str(search.target),
        result=result,
        toml=problem.config(chosen.formats).to_toml(),
        # Of an SVG file only the picture itself may stand in a page.
        plots={name: svg[svg.index("<svg") :] for name, svg in drawn.items()},
        headings=HEADINGS,
        rows=[
            (row(each, problem.device, problem.packing), each is chosen)
            for each in front_records(search)
        ],
    )
    return page


def row(record: CandidateRecord, device: str, packing: bool) -> list[str]:
    """A candidate as a line of the table with `HEADINGS`.

    Parameters
    ----------
    record : CandidateRecord
    device : str
        Whose multiplier blocks are shown.
    packing : bool
        Whether two multiplications may share one.
    """
    cost = record.cost
    return [
        *(brief(getattr(record.formats, node)) for node in NODES),
        f"{record.loss:.3f}",
        f"{record.psnr_float:.2f}",
        f"{record.ssim_float:.5f}",
        f"{record.largest_error_lsb:.2f}",
        f"{record.bound_lsb:.2f}",
        str((cost.packed if packing else cost.blocks)[device]),
        str(cost.luts),
        str(cost.memory_bits),
        f"{cost.share:.2f}",
    ]


def brief(form: Format | None) -> str:
    """A format in the space of a table's column: ``8,8 RND SAT``; empty for none."""
    if form is None:
        return ""
    width, integer, *modes = str(form).partition("<")[2].rstrip(">").split(",")
    return " ".join([f"{width},{integer}", *(mode.removeprefix("AP_") for mode in modes)])
