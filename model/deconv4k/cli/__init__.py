"""The command ``deconv4k``: words of the command line, and tables on the terminal."""

from __future__ import annotations

import importlib
import sys

import click

from deconv4k import __version__
from deconv4k.errors import InputError, with_options

_EPILOG = "Codes are integers: value = code * 2**-fraction. See README.md for the formats."


_MODULES = {
    "run": "layer", "upscale": "layer", "fit": "layer", "info": "layer",
    "vectors": "vectors", "diff": "diff", "sim": "sim", "tune": "tune", "bench": "bench",
    "synth": "hardware", "pnr": "hardware", "bitstream": "hardware", "host": "hardware",
    "rtl": "hardware",
}  # fmt: skip
"""Where each command stands: ``NAME_command`` of a module here, imported when it is called."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MODULES:
            return None
        module = importlib.import_module(f"deconv4k.cli.{_MODULES[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command


@click.group(cls=_Commands, epilog=_EPILOG)
@click.version_option(__version__)
def cli() -> None:
    """FSRCNN's deconvolution layer, bit for bit, in Python and in gates.

    \b
    deconv4k upscale PHOTO -o OUT.png     a photograph, twice as large
    deconv4k run --config C.toml ...      codes in, codes out, by any engine
    deconv4k info C.toml                  what a configuration costs and needs
    deconv4k sim                          the whole regression (make sim)
    deconv4k vectors --pattern ramp ...   input and expected output in files
    deconv4k tune --config C.toml ...     the narrowest formats that will do
    deconv4k rtl --config C.toml ...      the Verilog to take away, with a smoke test
    deconv4k bitstream                    a self-test for an open board
    deconv4k host MANIFEST --overlay ...  a set of vectors on a Zynq board
    deconv4k diff MANIFEST CAPTURE        which pixel is wrong, and why
    """  # noqa: D301  # click wants the backspace itself


def main() -> None:
    """Run the command; errors become one line each and exit status 2."""
    try:
        cli(standalone_mode=False, prog_name="deconv4k")
    except InputError as error:
        for line in error.lines:
            click.echo(f"deconv4k: {with_options(line)}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        click.echo(f"deconv4k: {error.format_message()}", err=True)
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("deconv4k: interrupted", err=True)
        sys.exit(130)
    except MemoryError:
        click.echo("deconv4k: not enough memory: what was given is too large", err=True)
        sys.exit(2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"deconv4k: {where}{error.strerror or error}", err=True)
        sys.exit(2)
