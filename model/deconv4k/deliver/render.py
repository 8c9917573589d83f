"""Text from Jinja2 templates, whose statements are comment lines of the language that they make.

``//%`` begins one in Verilog, ``--%`` in VHDL, ``#%`` in Tcl and in constraints. Values stand in
double braces, which Verilog and Tcl have as well.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

TEMPLATES = Path(__file__).resolve().parent / "templates"
"""Those of the package."""

LICENCE = "SPDX-License-Identifier: MIT"

_STATEMENTS = {".v": "//%", ".vhd": "--%", ".tcl": "#%", ".xdc": "#%", ".sdc": "#%", ".lpf": "#%"}


def render(template: str | Path, **values: Any) -> str:
    """The text of a template.

    Parameters
    ----------
    template : str or Path
        ``NAME.v.j2``: a file, or a name in `TEMPLATES`.
    **values
        What it names. A name without a value raises jinja2.UndefinedError.
    """
    path = TEMPLATES / template
    environment = jinja2.Environment(
        autoescape=False,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        # Tcl, Verilog and C may hold what begins a comment otherwise.
        comment_start_string="{{#",
        comment_end_string="#}}",
        line_statement_prefix=_STATEMENTS.get(path.with_suffix("").suffix),
    )
    text = path.read_text(encoding="utf-8")
    return environment.from_string(text).render(licence=LICENCE, **values)
