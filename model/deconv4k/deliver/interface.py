"""Parameters and ports of hw/axi/deconv_axi.v, by data/interface.toml.

tools/package.py holds that file against the Verilog; here no tool is needed to read it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Any

from deconv4k._shared import checkout
from deconv4k.config import Config
from deconv4k.formats import Overflow, Rounding
from deconv4k.rtl import design

TOP = "deconv_axi"
BUSES = ("s_axis_video", "m_axis_video", "s_axi_control")

Value = int | str
"""Of a parameter: a number, or the name of a file."""


@dataclass(frozen=True)
class Port:
    """A port of the wrapper.

    Parameters
    ----------
    name : str
    direction : {'in', 'out'}
    bits : int or str
        The width, or the derived parameter that gives it.
    text : str
        What it means.

    Examples
    --------
    >>> PORTS[2].name, PORTS[2].bits, PORTS[2].bus, PORTS[2].role
    ('s_axis_video_tdata', 'IN_BITS', 's_axis_video', 'tdata')
    """

    name: str
    direction: str
    bits: int | str
    text: str

    @property
    def bus(self) -> str:
        """The bus it belongs to, or empty."""
        return next((bus for bus in BUSES if self.name.startswith(bus + "_")), "")

    @property
    def role(self) -> str:
        """Its name within its bus."""
        return self.name.removeprefix(self.bus + "_") if self.bus else self.name

    def width(self, given: dict[str, Value]) -> int:
        """Its bits with these parameters."""
        return self.bits if isinstance(self.bits, int) else widths(given)[self.bits]


@dataclass(frozen=True)
class Parameter:
    """A parameter of the wrapper.

    Parameters
    ----------
    name : str
    default : int or str
    text : str
        What it means.
    """

    name: str
    default: Value
    text: str


def _load() -> dict[str, Any]:
    return tomllib.loads((checkout.DATA / "interface.toml").read_text(encoding="utf-8"))


def _modes(kind: type[Rounding] | type[Overflow]) -> str:
    return ", ".join(f"{mode.value} {mode.name}" for mode in kind)


_DATA = _load()
_SAID = {
    "rounding": _modes(Rounding),
    "overflow": _modes(Overflow),
    "only_told": "told by the registers, does not change the hardware",
}

PARAMETERS = tuple(
    Parameter(name, row["default"], row["text"].format(**_SAID))
    for name, row in _DATA["parameters"].items()
)
"""In the order of the Verilog, without the derived ones."""

DERIVED: dict[str, str] = _DATA["derived"]
"""Parameters that follow from others and are not set: their formulas."""

PORTS = tuple(Port(name, **row) for name, row in _DATA["ports"].items())
"""In the order of the Verilog."""


def settings(config: Config, power_up: str = "") -> dict[str, Value]:
    """Every parameter for a configuration, in the order of `PARAMETERS`.

    Parameters
    ----------
    config : Config
        An exact upscaler with one output channel.
    power_up : str
        File of the kernel that runs from reset on; empty: none.

    Examples
    --------
    >>> settings(Config.default(), "kernel.hex")["POWER_UP"]
    'kernel.hex'
    """
    given: dict[str, Value] = {**design.wrapper_parameters(config), "POWER_UP": power_up}
    return {one.name: given.get(one.name, one.default) for one in PARAMETERS}


def widths(given: dict[str, Value]) -> dict[str, int]:
    """The derived parameters, by the formulas of `DERIVED`.

    Examples
    --------
    >>> widths({"C_IN": 3, "PIXEL_W": 10, "PPC": 4, "OUT_W": 8})
    {'IN_BITS': 32, 'OUT_BITS': 32}
    """
    c_in, pixel, ppc, out = (int(given[name]) for name in ("C_IN", "PIXEL_W", "PPC", "OUT_W"))
    return {"IN_BITS": (c_in * pixel + 7) // 8 * 8, "OUT_BITS": (ppc * out + 7) // 8 * 8}
