"""Long work says what it does: a line a stage off a terminal, bars on one, nothing when quiet."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

from deconv4k._shared import stages
from deconv4k.board import bitstream
from deconv4k.cli import cli


def said(monkeypatch: pytest.MonkeyPatch, *, terminal: bool, quiet: bool) -> str:
    """What two stages print."""
    text = io.StringIO()

    def console(**options: Any) -> Console:
        return Console(file=text, force_terminal=terminal, width=80, quiet=options["quiet"])

    monkeypatch.setattr(stages, "Console", console)
    with stages.shown(quiet=quiet) as stage:
        stage.begin("synthesis")
        stage.begin("frames", 2)
        stage.advance()
        stage.reach(2)
    return text.getvalue()


def test_a_line_a_stage_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, terminal=False, quiet=False) == "synthesis\nframes\n"


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = said(monkeypatch, terminal=True, quiet=False)
    assert "100 %" in text
    assert "━" in text


def test_a_counted_stage_begins_with_its_first_step(capsys: pytest.CaptureFixture[str]) -> None:
    with stages.shown() as stage:
        step = stage.counted("frames", 2)
        assert capsys.readouterr().err == ""
        step()
        step()
        stage.counted("one frame", 1)()
    assert capsys.readouterr().err == "frames\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_quiet_says_nothing(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    assert said(monkeypatch, terminal=terminal, quiet=True) == ""


def test_bitstream_says_what_it_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def build(*arguments: Any) -> dict[str, Any]:
        for step in ("vectors", "synthesis", "place and route"):
            arguments[-1](step)
        return {"bitstream": "x.bit", "manifest": "m.json", "megahertz": 1.0}

    monkeypatch.setattr(bitstream, "build", build)
    done = CliRunner().invoke(cli, ["bitstream", "--out", str(tmp_path)])
    assert done.stderr == "vectors\nsynthesis\nplace and route\n"
