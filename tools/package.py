"""Make everything that follows from the ports and parameters of hw/axi/deconv_axi.v.

    python tools/package.py                      write the committed files
    python tools/package.py --instance C.toml    print the Verilog instance for a configuration

Committed: the instantiation templates and the vendors' descriptions in hw/package/, the smoke test
tb/smoke.v, and the tables of docs/integration.md. Yosys reads the Verilog;
model/deconv4k/data/interface.toml says what each name means, and must know the same ones.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pyosys import libyosys

from deconv4k._shared import checkout, tooling
from deconv4k.config import Config
from deconv4k.deliver import instance, interface, smoke
from deconv4k.deliver.interface import BUSES, DERIVED, PARAMETERS, PORTS, TOP
from deconv4k.deliver.render import render
from deconv4k.errors import InputError
from deconv4k.vectors import manifest

ROOT = checkout.ROOT
PAGE = "docs/integration.md"
FOLDER = "hw/package"
TEMPLATES = ROOT / "tools" / "templates"
DESCRIPTION = "A bit-exact transposed-convolution upscaler for AXI4-Stream video"
MADE = "Made by tools/package.py: edit that instead."


@dataclass(frozen=True)
class Interface:
    """What a module shows to Yosys.

    Parameters
    ----------
    parameters : dict
        Names and defaults, the derived ones too, in Yosys's order.
    ports : list of (name, direction, width)
        In the Verilog's order, with the width at the default parameters.
    """

    parameters: dict[str, int | str]
    ports: list[tuple[str, str, int]]


def read(path: Path, top: str = TOP) -> Interface:
    """Read a module's parameters and ports with Yosys, nothing below it.

    Raises
    ------
    KeyError
        When the file has no such module.
    """
    design = libyosys.Design()
    with tempfile.TemporaryDirectory(prefix="deconv4k-") as folder:
        netlist = Path(folder) / "module.json"
        for line in (f"read_verilog {tooling.plain(path)}", "proc", f"write_json {netlist}"):
            design.run_pass(f"tee -q {line}")
        module = json.loads(netlist.read_text())["modules"][top]
    parameters: dict[str, int | str] = {}
    for name, text in module["parameter_default_values"].items():
        binary = set(text) <= {"0", "1"} and len(text) >= 32
        parameters[name] = int(text, 2) if binary else text.strip()
    ports = [
        (name, {"input": "in", "output": "out"}[port["direction"]], len(port["bits"]))
        for name, port in module["ports"].items()
    ]
    return Interface(parameters, ports)


def differences(found: Interface) -> list[str]:
    """What of a module is not as data/interface.toml has it: names of parameters and ports."""
    defaults: dict[str, int | str] = {one.name: one.default for one in PARAMETERS}
    known = {**defaults, **interface.widths(defaults)}
    wrong = {name for name, _ in found.parameters.items() ^ known.items()}
    ports = [(port.name, port.direction, port.width(defaults)) for port in PORTS]
    wrong |= {name for name, _, _ in {*found.ports} ^ {*ports}}
    if not wrong and found.ports != ports:
        return ["the order of the ports"]
    return sorted(wrong)


def check() -> None:
    """Hold data/interface.toml against the Verilog.

    Raises
    ------
    SystemExit
        With the names that are missing, too many, or another number.
    """
    wrong = differences(read(ROOT / "hw" / "axi" / f"{TOP}.v"))
    if wrong:
        raise SystemExit(f"{TOP}.v and interface.toml differ in: {', '.join(wrong)}")


def generate() -> dict[str, bytes]:
    """The committed files by their path in the checkout."""
    check()
    given = interface.settings(Config.default())
    name = f"{TOP}_template"
    values = {
        "top": TOP,
        "version": version(),
        "description": DESCRIPTION,
        "parameters": PARAMETERS,
        "ports": PORTS,
        "buses": BUSES,
    }
    tcl = {one: re.sub(r"([A-Z]\w+)", r"$\1", formula) for one, formula in DERIVED.items()}
    kinds = {"POWER_UP": "STRING", "CONFIG_HASH": "STD_LOGIC_VECTOR"}
    texts = {
        f"{FOLDER}/{name}.v": instance.verilog(
            given,
            name,
            [
                f"{name}: how to instantiate {TOP}, with the parameters of the default",
                "configuration. Copy the instance; tools/package.py --instance prints it for any "
                "other.",
                MADE,
            ],
        ),
        f"{FOLDER}/{name}.vhd": instance.vhdl(
            given,
            name,
            [
                f"{name}: how to instantiate {TOP} in VHDL, with the parameters of the default",
                "configuration. Copy the component and the instance.",
                MADE,
            ],
        ),
        f"{FOLDER}/vivado_ip.tcl": render(
            TEMPLATES / "vivado_ip.tcl.j2", derived=DERIVED, **values
        ),
        f"{FOLDER}/{TOP}_hw.tcl": render(
            TEMPLATES / f"{TOP}_hw.tcl.j2", derived=tcl, kinds=kinds, **values
        ),
        "tb/smoke.v": smoke_test(),
        PAGE: page((ROOT / PAGE).read_text(encoding="utf-8")),
    }
    return {path: text.encode() for path, text in texts.items()}


def smoke_test() -> str:
    """The smoke test of the FuseSoC core."""
    study = manifest.read(ROOT / "vectors" / "study")
    about = [
        "Over the registers: read ID and the sizes, write the kernel, set SIZE, enable. Then one "
        "frame of the",
        'vector "study" in, with pauses, and its beats compared, with stalls; then ERRORS, the '
        "counters",
        "and the three signatures, which are those of the manifest. It needs kernel.mem, input.mem "
        "and",
        "expected.mem of vectors/study/ in the folder it runs in, as study.kernel.mem and so on.",
        "Made by tools/package.py of the package's smoke.v.j2: edit that instead.",
    ]
    return smoke.verilog(study, interface.settings(study.config), about, files="study.")


def page(text: str) -> str:
    """The integrator's page with its tables made anew, each between two marks."""
    ports = ["| port | | bits | |", "|---|---|---|---|"]
    for port in PORTS:
        bits = f"`{port.bits}`" if isinstance(port.bits, str) else str(port.bits)
        ports.append(f"| `{port.name}` | {port.direction} | {bits} | {port.text} |")
    ports += ["", ", ".join(f"`{name} = {formula}`" for name, formula in DERIVED.items()) + "."]
    parameters = ["| parameter | default | |", "|---|---|---|"]
    for one in PARAMETERS:
        value = instance.literal(one.name, one.default)
        parameters.append(f"| `{one.name}` | `{value}` | {one.text} |")
    return between(between(text, "ports", ports), "parameters", parameters)


def between(text: str, name: str, rows: list[str]) -> str:
    """The text with these rows between the marks of that name.

    Raises
    ------
    SystemExit
        When it has no such marks.
    """
    start, end = f"<!-- {name}: made by tools/package.py -->\n", f"<!-- end of {name} -->"
    if text.count(start) != 1 or text.count(end) != 1:
        raise SystemExit(f"{PAGE}: no {start.strip()} or no {end}")
    before, rest = text.split(start)
    return "\n".join([before + start, *rows, "", end + rest.split(end)[1]])


def version() -> str:
    """The project's version, as vendors have it: two numbers."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return ".".join(str(data["project"]["version"]).split(".")[:2])


def main() -> None:
    """Write the files into the checkout, or print an instance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instance", type=Path, metavar="C.toml", help="print the instance for it")
    arguments = parser.parse_args()
    if arguments.instance is not None:
        try:
            given = interface.settings(Config.load(arguments.instance))
        except InputError as error:
            sys.exit("\n".join(error.lines))
        print("\n".join(instance.connections(given)))
        return
    for name, text in generate().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        print(path)


if __name__ == "__main__":
    main()
