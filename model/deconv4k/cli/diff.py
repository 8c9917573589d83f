"""A capture of a board against a set of vectors."""

from __future__ import annotations

import sys

import click
from rich.console import Console
from rich.progress import Progress

from deconv4k.api import exchange
from deconv4k.diagnosis import error_picture, report
from deconv4k.diagnosis.selftest import LogDiff
from deconv4k.errors import InputError


@click.command("diff")
@click.argument("manifest", metavar="MANIFEST")
@click.argument("capture", metavar="CAPTURE")
@click.option("--previous-kernel", help="Kernel loaded before: .npy codes, or .npz as fit makes.")
@click.option("--port", help="Part of the stream's name, where a capture holds several.")
@click.option("--clock", help="Name of the clock, in waves.")
@click.option("--tdata", help="Name of this signal, if it ends otherwise; so the next four.")
@click.option("--tvalid")
@click.option("--tready")
@click.option("--tlast")
@click.option("--tuser")
@click.option(
    "--beat-bytes", type=click.IntRange(1), help="Bytes of a buffer for each beat, if more."
)
@click.option("--picture", help="PNG to write: where the errors are.")
@click.option("--json", "as_json", is_flag=True, help="All of it for machines.")
@click.option("--quiet", is_flag=True, help="No progress.")
def diff_command(
    manifest: str,
    capture: str,
    previous_kernel: str | None,
    port: str | None,
    clock: str | None,
    beat_bytes: int | None,
    picture: str | None,
    as_json: bool,
    quiet: bool,
    **signals: str | None,
) -> None:
    """Compare what a board gave with a set of vectors, and say why it differs.

    MANIFEST is the set that was sent: its folder, or manifest.json in it. CAPTURE is what came
    out of m_axis_video, told by its ending:

    \b
    .bin .raw              a buffer that DMA filled, as it lies in memory
    .npy                   the same, or codes (OH, OW)
    .png                   a picture of codes
    .csv                   samples of an ILA (write_hw_ila_data -csv_file) or of Signal Tap
    .vcd .fst              waves of a simulator
    .log .txt .hex .mem    UART lines of the self-test, or a beat a line in hexadecimal

    Of samples and waves a beat is a clock with TVALID and TREADY; where they are unknown, at gaps
    and between windows the stream is broken, and each piece is placed by itself.

    A capture need not begin with a frame, nor end with one. It is placed by TUSER and TLAST if
    they were captured, a buffer or picture by its first beat, anything else by its content.

    The causes are listed by how much of the capture each would explain. What cannot be told apart
    is named together. docs/diff.md shows what each cause looks like.

    Exit status: 0 clean; 1 wrong, truncated or unlike anything expected; 2 not to be read.
    """  # noqa: D301  # click wants the backspace itself
    named = {signal: name for signal, name in signals.items() if name is not None}
    console = Console(stderr=True, quiet=quiet)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("looking for causes", total=1.0)
        found = exchange.diff(
            manifest, capture, previous_kernel=previous_kernel, port=port, clock=clock,
            beat_bytes=beat_bytes, progress=lambda share: progress.update(task, completed=share),
            **named,
        )  # fmt: skip
    if isinstance(found, LogDiff):
        if picture is not None:
            raise InputError(f"--picture {picture}: {capture} holds signatures and no pixels")
        report.show_log(found, as_json=as_json)
    else:
        if picture is not None:
            error_picture.write(picture, found)
        report.show(found, as_json=as_json)
    sys.exit(not found.clean)
