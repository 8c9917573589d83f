"""What `deconv4k diff` prints: lines and tables for people, JSON for machines."""

from __future__ import annotations

import json
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table

from deconv4k.diagnosis.causes import NAMES, Finding
from deconv4k.diagnosis.compare import Diff
from deconv4k.diagnosis.expected import Place
from deconv4k.diagnosis.selftest import LogDiff
from deconv4k.errors import with_options

SHOWN = 6
"""Most causes in the table, beside those that lead."""

MAP_COLUMNS, MAP_ROWS = 64, 16
"""Largest size of the map of errors, in characters."""

_DENSITY = " .:+*#@"
"""Marks of the map, from no error to nothing but errors."""


def as_data(diff: Diff) -> dict[str, Any]:
    """Everything that is printed, by name."""
    window = diff.window
    errors = diff.errors
    first = None
    if diff.first is not None:
        one = diff.first
        first = {
            **one.place._asdict(), "phase": list(one.phase), "expected": one.expected,
            "got": one.got, "error": one.error, "capture_beat": one.beat,
        }  # fmt: skip
    return {
        "clean": diff.clean,
        "verdict": verdict(diff),
        "capture": {
            "kind": diff.kind, "beats": len(window.got), "frames": len(window.begins),
            "aligned_by": diff.how, "begins": _place(diff, 0)._asdict(),
            "ends": _place(diff, -1)._asdict(), "missing_beats": diff.missing,
        },
        "pixels": window.pixels,
        "matches": window.matches,
        "mismatches": diff.mismatches,
        "largest_error": int(np.abs(errors).max()) if errors.size else 0,
        "mean_error": float(errors.mean()) if errors.size else 0.0,
        "first_mismatch": first,
        "framing": diff.framing,
        "notes": diff.notes,
        "causes": [
            {
                "cause": one.name, "text": NAMES[one.name], "detail": one.detail,
                "explained_pixels": one.explained, "explained_share": _share(diff, one),
                "frames": one.frames, "leading": rank < diff.leading,
                "and": None if one.second is None else _named(one.second),
            }
            for rank, one in enumerate(diff.findings)
        ],
    }  # fmt: skip


def _place(diff: Diff, beat: int) -> Place:
    lane = diff.window.got.shape[1] - 1 if beat < 0 else 0
    return diff.window.case.expected.place(int(diff.window.index[beat]), lane)


def _share(diff: Diff, one: Finding) -> float:
    return one.explained / diff.window.pixels


def _named(one: Finding) -> dict[str, Any]:
    """A second cause, and what stands beside it in turn."""
    beside = None if one.second is None else _named(one.second)
    return {"cause": one.name, "text": NAMES[one.name], "detail": one.detail, "and": beside}


def _words(one: Finding) -> str:
    """A cause that has others beside it, in words."""
    said = f"{NAMES[one.name]} ({with_options(one.detail)})"
    return said if one.second is None else f"{said} and {_words(one.second)}"


def grouped(findings: list[Finding]) -> list[tuple[str, str]]:
    """Causes by their names, each once, with all details that explain as much."""
    details: dict[str, list[str]] = {}
    for one in findings:
        details.setdefault(one.name, []).append(with_options(one.detail))
    return [(NAMES[name], " or ".join(found)) for name, found in details.items()]


def verdict(diff: Diff) -> str:
    """The whole comparison in one line."""
    if diff.clean:
        return f"clean: {diff.window.pixels:,} pixels as expected"
    parts = []
    if not diff.alike:
        return (
            f"the capture resembles none of the expected frames, nor what a known cause would "
            f"give: {_percent(diff.window.matches, diff.window.pixels)} of its pixels are right"
        )
    if diff.mismatches or diff.findings:
        leading = grouped(diff.findings[: diff.leading])
        if leading:
            if diff.findings[0].second is not None:
                leading = leading[:1]
                said = _words(diff.findings[0])
            else:
                said = ", or ".join(f"{name} ({detail})" for name, detail in leading)
            share = _percent(diff.findings[0].explained, diff.window.pixels)
            tail = "; this capture cannot tell them apart" if len(leading) > 1 else ""
            parts.append(f"{said}: explains {share} of the capture{tail}")
        else:
            parts.append(f"{diff.mismatches:,} pixels differ and no known cause explains them")
    elif diff.first is not None:
        parts.append("pixels beyond the end of a line are not 0")
    if diff.missing:
        whole = diff.missing + len(diff.window.got)
        parts.append(f"truncated: {len(diff.window.got):,} of {whole:,} beats")
    if diff.framing:
        parts.append("SOF or EOL at the wrong beats")
    return "; ".join(parts)


def _percent(part: int, whole: int) -> str:
    """Never 100 % if it is not all, nor 0 % if it is something."""
    share = 100 * part / whole
    if part == whole:
        return "100 %"
    return f"{min(max(share, 0.01 * (part > 0)), 99.99):.2f} %"


def error_map(diff: Diff, frame: int) -> list[str]:
    """A captured frame in characters: how dense its errors are; `?` where nothing was captured.

    Parameters
    ----------
    diff : Diff
    frame : int
        Captured frames are counted from 0.
    """
    wrong, seen = plane(diff, frame)
    rows, columns = wrong.shape
    count_rows, count_columns = min(MAP_ROWS, rows), min(MAP_COLUMNS, columns)
    y = np.arange(rows) * count_rows // rows
    x = np.arange(columns) * count_columns // columns
    bad = np.zeros((count_rows, count_columns))
    of = np.zeros_like(bad)
    np.add.at(bad, (y[:, np.newaxis], x), wrong)
    np.add.at(of, (y[:, np.newaxis], x), seen)
    marks = np.ceil(bad / np.maximum(of, 1) * (len(_DENSITY) - 1)).astype(int)
    return [
        "".join(_DENSITY[mark] if some else "?" for mark, some in zip(*line, strict=True))
        for line in zip(marks, of, strict=True)
    ]


def plane(diff: Diff, frame: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """A captured frame as (OH, OW): which pixels are wrong, and which were captured at all."""
    window = diff.window
    expected = window.case.expected
    ends = [*window.begins[1:], len(window.got)]
    part = slice(int(window.begins[frame]), int(ends[frame]))
    number = int(window.frame_of[part.start])
    rows, columns = expected.frames[number].shape
    line = expected.line_beats[number]
    wrong = np.zeros((rows * line, window.got.shape[1]), dtype=bool)
    seen = np.zeros_like(wrong)
    at = window.index[part] - expected.starts[number]
    wrong[at], seen[at] = ~window.right[part], True
    return (
        wrong.reshape(rows, -1)[:, :columns],
        seen.reshape(rows, -1)[:, :columns],
    )


def worst_frame(diff: Diff) -> int:
    """The captured frame with the first mismatch, or the first one."""
    if diff.first is None:
        return 0
    return int(np.searchsorted(diff.window.begins, diff.first.beat, side="right")) - 1


def show(diff: Diff, *, as_json: bool = False) -> None:
    """Print a comparison."""
    if as_json:
        click.echo(json.dumps(as_data(diff), indent=2))
        return
    console = _console()
    window = diff.window
    begin, end = _place(diff, 0), _place(diff, -1)
    console.print(
        f"{diff.kind}: {len(window.got):,} beats in {len(window.begins)} frame(s), from frame "
        f"{begin.frame}, line {begin.line}, x {begin.x} to frame {end.frame}, line {end.line}, "
        f"x {end.x}; aligned by: {diff.how}", soft_wrap=True,
    )  # fmt: skip
    for note in diff.notes:
        console.print(f"note: {note}", soft_wrap=True)
    console.print(
        f"{window.matches:,} of {window.pixels:,} pixels match, {diff.mismatches:,} differ "
        f"({_percent(diff.mismatches, window.pixels)})"
    )
    for text in diff.framing:
        console.print(text, soft_wrap=True)
    if diff.first is not None:
        one, errors = diff.first, diff.errors
        console.print(
            f"first mismatch: frame {one.place.frame}, line {one.place.line}, x {one.place.x}, "
            f"phase ({one.phase[0]},{one.phase[1]}): expected {one.expected}, got {one.got}, "
            f"error {one.error:+d} LSB", soft_wrap=True,
        )  # fmt: skip
        if errors.size:
            console.print(
                f"errors: {int(errors.min()):+d} to {int(errors.max()):+d} LSB, "
                f"mean {float(errors.mean()):+.3f}"
            )
        _print_map(console, diff)
    if diff.findings and diff.alike:
        _print_causes(console, diff)
    console.print(verdict(diff), soft_wrap=True)


def _print_map(console: Console, diff: Diff) -> None:
    frame = worst_frame(diff)
    lines = error_map(diff, frame)
    console.print(f"where the errors are, captured frame {frame} (space: none, @: all, ?: unseen):")
    edge = "+" + "-" * len(lines[0]) + "+"
    for line in (edge, *(f"|{line}|" for line in lines), edge):
        console.print(line, markup=False, soft_wrap=True)


def _print_causes(console: Console, diff: Diff) -> None:
    table = Table(title="What would explain it", box=box.SIMPLE_HEAD)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("cause")
    table.add_column("which")
    table.add_column("of the capture", justify="right", no_wrap=True)
    table.add_column("of the errors", justify="right", no_wrap=True)
    wrong = ~diff.window.right
    mismatches = diff.window.count(wrong)
    for number, one in enumerate(diff.findings[: max(SHOWN, diff.leading)]):
        rank = 1 if number < diff.leading else number + 1
        detail = with_options(one.detail)
        if one.frames is not None:
            shown = ", ".join(map(str, one.frames[:6])) + (" ..." if len(one.frames) > 6 else "")
            detail += f"; captured frame {shown}"
        mended = diff.window.count(one.right & wrong)
        name, beside = NAMES[one.name], one.second
        while beside is not None:
            name, detail = f"{name} and {NAMES[beside.name]}", f"{detail}; {beside.detail}"
            beside = beside.second
        # Beats that all are right may still lie where they should not.
        of_errors = _percent(mended, mismatches) if mismatches else "-"
        table.add_row(
            str(rank), name, detail, _percent(one.explained, diff.window.pixels), of_errors
        )
    console.print(table)


def show_log(diff: LogDiff, *, as_json: bool = False) -> None:
    """Print what the self-test's lines say."""
    if as_json:
        data = {"clean": diff.clean, **{name: getattr(diff, name) for name in _LOG}}
        click.echo(json.dumps(data, indent=2))
        return
    console = _console()
    for note in diff.notes:
        console.print(f"note: {note}", soft_wrap=True)
    for text in diff.wrong:
        console.print(text, soft_wrap=True)
    if diff.clean:
        console.print(
            f"clean: {diff.lines:,} line(s) of the self-test, every signature as expected"
        )
    else:
        console.print(f"{diff.failed:,} of {diff.lines:,} line(s) of the self-test are wrong")


_LOG = ("lines", "failed", "wrong", "notes")


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)
