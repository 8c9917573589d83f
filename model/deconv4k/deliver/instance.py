"""The instance of deconv_axi in Verilog and in VHDL, every parameter set."""

from __future__ import annotations

from collections.abc import Sequence

from deconv4k.deliver import interface
from deconv4k.deliver.interface import DERIVED, PARAMETERS, PORTS, TOP, Port, Value
from deconv4k.deliver.render import render


def literal(name: str, value: Value) -> str:
    """A parameter's value in Verilog.

    Examples
    --------
    >>> literal("K", 9), literal("CONFIG_HASH", 255), literal("POWER_UP", "kernel.hex")
    ('9', "32'h000000ff", '"kernel.hex"')
    """
    if isinstance(value, str):
        return f'"{value}"'
    return f"32'h{value:08x}" if name == "CONFIG_HASH" else str(value)


def connections(given: dict[str, Value]) -> list[str]:
    """The lines of an instance in Verilog, to ports of the same names."""
    return render("connections.v.j2", top=TOP, rows=_literals(given), ports=PORTS).splitlines()


def verilog(given: dict[str, Value], name: str, about: Sequence[str]) -> str:
    """A module that holds the instance, with all its ports.

    Parameters
    ----------
    given : dict
        Every parameter, as `interface.settings` gives them.
    name : str
        Of the module.
    about : sequence of str
        What its head says of it, line by line.
    """
    return render(
        "instance.v.j2",
        name=name,
        about=about,
        ports=[(port, _range(port.width(given) - 1)) for port in PORTS],
        connections=connections(given),
    )


def vhdl(given: dict[str, Value], name: str, about: Sequence[str]) -> str:
    """An entity that holds the component and its instance; parameters as `verilog`."""
    formulas = {name: f"{formula} - 1" for name, formula in DERIVED.items()}
    kinds = {"POWER_UP": "string", "CONFIG_HASH": "std_logic_vector(31 downto 0)"}
    return render(
        "instance.vhd.j2",
        top=TOP,
        name=name,
        about=about,
        entity=[_vhdl_port(port, port.width(given) - 1) for port in PORTS],
        generics=[
            f"{one.name} : {kinds.get(one.name, 'integer')} := "
            f"{_vhdl_literal(one.name, one.default)}"
            for one in PARAMETERS
        ],
        component=[
            _vhdl_port(port, formulas[port.bits] if isinstance(port.bits, str) else port.bits - 1)
            for port in PORTS
        ],
        given={name: _vhdl_literal(name, value) for name, value in given.items()},
        ports=PORTS,
    )


def differing(given: dict[str, Value]) -> dict[str, str]:
    """The parameters that are not at their defaults, in Verilog."""
    return {
        one.name: literal(one.name, given[one.name])
        for one in PARAMETERS
        if given[one.name] != one.default
    }


def bits(given: dict[str, Value]) -> dict[str, int]:
    """The widths of all ports."""
    return {port.name: port.width(given) for port in interface.PORTS}


def _literals(given: dict[str, Value]) -> dict[str, str]:
    return {name: literal(name, value) for name, value in given.items()}


def _range(high: int) -> str:
    return f" [{high}:0]" if high else ""


def _vhdl_port(port: Port, high: int | str) -> str:
    size = f"std_logic_vector({high} downto 0)" if high else "std_logic"
    return f"{port.name} : {port.direction} {size}"


def _vhdl_literal(name: str, value: Value) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return f'x"{value:08x}"' if name == "CONFIG_HASH" else str(value)
