"""What ``deconv4k tune`` prints of its result."""

from __future__ import annotations

import os
import sys

from rich.console import Console
from rich.table import Table

from deconv4k._shared import parallel
from deconv4k.tuner import Options, Tuned
from deconv4k.tuner.report import HEADINGS, row

REPORT_WIDTH = 180
"""Columns of what is printed to something else than a terminal."""


def show_tuned(tuned: Tuned, options: Options) -> None:
    """The front, how it was found, and what each bit of the choice is worth."""
    # A file or a pipe has no width of its own, and the table is a wide one.
    console = Console() if sys.stdout.isatty() else Console(width=REPORT_WIDTH)
    table = Table(*HEADINGS, title=f"Pareto front for {options.target}; bold: chosen")
    for record in tuned.front:
        style = "bold" if record is tuned.record else ""
        table.add_row(*row(record, options.device, options.packing), style=style)
    console.print(table)
    result = tuned.result
    console.print(f"Search, {result['method']}.")
    for reason, count in result["left_out"].items():
        console.print(f"Left out: {count}, because {reason}.")
    for sentence in result["one_bit_less"]:
        console.print(sentence)
    console.print(result["margin"]["sentence"])
    for photo in result["held_out"]:
        console.print(
            f"Kept out of the search, {photo['photo']} loses {photo['loss']:.3f} dB and has "
            f"{photo['psnr_float']:.2f} dB to the float layer: {photo['judged']}."
        )
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    console.print(
        f"{tuned.measured} candidates measured, {tuned.from_journal} of them from the journal, in "
        f"{tuned.seconds:.1f} s by {tuned.workers}; load of the machine {load} (1, 5, 15 minutes), "
        f"{parallel.threads()} processors."
    )
    console.print(f"{options.out}, {options.folder / 'report.html'}")
