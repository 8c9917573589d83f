"""Make everything that follows from the ports and parameters of hw/axi/deconv_axi.v.

    python tools/package.py                      write the committed files
    python tools/package.py --instance C.toml    print the Verilog instance for a configuration

Committed: the instantiation templates and the vendors' descriptions in hw/package/, and the tables
of docs/integration.md. Yosys reads the Verilog; this file says what each name means.
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
from deconv4k.errors import InputError
from deconv4k.formats import Overflow, Rounding
from deconv4k.rtl import design

ROOT = checkout.ROOT
TOP = "deconv_axi"
PAGE = "docs/integration.md"
FOLDER = "hw/package"
LICENCE = "SPDX-License-Identifier: MIT"
DESCRIPTION = "A bit-exact transposed-convolution upscaler for AXI4-Stream video"

ROUNDING = ", ".join(f"{mode.value} {mode.name}" for mode in Rounding)
OVERFLOW = ", ".join(f"{mode.value} {mode.name}" for mode in Overflow)
ONLY_TOLD = "told by the registers, does not change the hardware"

PARAMETERS = {
    "K": "Kernel size; K - 2P + OP must be S",
    "S": "Stride: the output is S times the input in both directions",
    "P": "Padding",
    "OP": "Output padding, less than S",
    "C_IN": "Input channels, all in one beat",
    "C_OUT": "Output channels, 1",
    "PPC": "Output pixels a beat: a divisor of S, or 4 with S = 2",
    "MAX_W": "Longest input line, 1 to 65535: sizes the memories",
    "MAX_H": "Most input lines, 1 to 65535",
    "PIXEL_W": "Bits of an input pixel's channel",
    "PIXEL_SIGNED": "1: input pixels are signed",
    "PIXEL_I": f"Integer bits of input pixels; {ONLY_TOLD}",
    "PIXEL_Q": f"Rounding of input pixels; {ONLY_TOLD}",
    "PIXEL_O": f"Overflow of input pixels; {ONLY_TOLD}",
    "WEIGHT_W": "Bits of a weight, 1 to 32; two in a register up to 16",
    "WEIGHT_SIGNED": "1: weights are signed",
    "WEIGHT_I": f"Integer bits of weights; {ONLY_TOLD}",
    "WEIGHT_Q": f"Rounding of weights; {ONLY_TOLD}",
    "WEIGHT_O": f"Overflow of weights; {ONLY_TOLD}",
    "BIAS_W": "Bits of the bias, up to 32; 0: no bias",
    "BIAS_SIGNED": "1: the bias is signed",
    "BIAS_I": f"Integer bits of the bias; {ONLY_TOLD}",
    "BIAS_Q": f"Rounding of the bias; {ONLY_TOLD}",
    "BIAS_O": f"Overflow of the bias; {ONLY_TOLD}",
    "PRODUCT_W": "Bits to which each product is quantised; 0: exact products",
    "PRODUCT_SIGNED": "1: quantised products are signed",
    "PRODUCT_I": f"Integer bits of products; {ONLY_TOLD}",
    "PRODUCT_SHIFT": "Fraction bits that quantising a product removes",
    "PRODUCT_Q": f"Rounding of products: {ROUNDING}",
    "PRODUCT_O": f"Overflow of products: {OVERFLOW}",
    "ACC_W": "Bits of the sums; they wrap when a sum needs more",
    "ACC_SIGNED": "1: sums are signed",
    "ACC_I": f"Integer bits of sums; {ONLY_TOLD}",
    "ACC_Q": f"Rounding of sums; {ONLY_TOLD}",
    "ACC_O": f"Overflow of sums; {ONLY_TOLD}",
    "OUT_W": "Bits of an output pixel",
    "OUT_SIGNED": "1: output pixels are signed",
    "OUT_I": f"Integer bits of output pixels; {ONLY_TOLD}",
    "OUT_SHIFT": "Fraction bits that quantising a sum removes",
    "OUT_Q": f"Rounding of the output: {ROUNDING}",
    "OUT_O": f"Overflow of the output: {OVERFLOW}",
    "CONFIG_HASH": "Hash of the configuration, as the register of that name tells it",
    "POWER_UP": "File of the kernel that runs from reset on; empty: none",
}
"""What each parameter means, without the derived ones."""

DERIVED = {"IN_BITS": "(C_IN * PIXEL_W + 7) / 8 * 8", "OUT_BITS": "(PPC * OUT_W + 7) / 8 * 8"}
"""Parameters that follow from others and are not set."""

WIDTHS = {"s_axis_video_tdata": "IN_BITS", "m_axis_video_tdata": "OUT_BITS"}
"""Ports whose width is a parameter."""

PORTS = {
    "aclk": "Clock of everything",
    "aresetn": "Reset, active low, synchronous to aclk",
    "s_axis_video_tdata": "One pixel, channel 0 in the least significant bits",
    "s_axis_video_tuser": "Start of frame: the first pixel of a frame",
    "s_axis_video_tlast": "End of line: the last pixel of a line",
    "s_axis_video_tvalid": "A pixel is offered",
    "s_axis_video_tready": "It is taken",
    "m_axis_video_tdata": "PPC pixels, the leftmost in the least significant bits",
    "m_axis_video_tuser": "Start of frame: the first beat of a frame",
    "m_axis_video_tlast": "End of line: the last beat of a line",
    "m_axis_video_tvalid": "A beat is offered",
    "m_axis_video_tready": "It is taken",
    "s_axi_control_awaddr": "Write address in bytes",
    "s_axi_control_awprot": "Not looked at",
    "s_axi_control_awvalid": "A write address is offered",
    "s_axi_control_awready": "It is taken",
    "s_axi_control_wdata": "Word to write",
    "s_axi_control_wstrb": "Its bytes that count; write whole words",
    "s_axi_control_wvalid": "A word is offered",
    "s_axi_control_wready": "It is taken",
    "s_axi_control_bresp": "Answer to a write",
    "s_axi_control_bvalid": "An answer is offered",
    "s_axi_control_bready": "It is taken",
    "s_axi_control_araddr": "Read address in bytes",
    "s_axi_control_arprot": "Not looked at",
    "s_axi_control_arvalid": "A read address is offered",
    "s_axi_control_arready": "It is taken",
    "s_axi_control_rdata": "Word read",
    "s_axi_control_rresp": "Answer to a read",
    "s_axi_control_rvalid": "A word is offered",
    "s_axi_control_rready": "It is taken",
    "irq": "Interrupt, level, active high",
}
"""What each port means."""

BUSES = ("s_axis_video", "m_axis_video", "s_axi_control")


@dataclass(frozen=True)
class Port:
    """A port of the wrapper, with its width at the default parameters."""

    name: str
    direction: str
    width: int

    @property
    def bus(self) -> str:
        """The bus it belongs to, or empty."""
        return next((bus for bus in BUSES if self.name.startswith(bus + "_")), "")

    @property
    def role(self) -> str:
        """Its name within its bus."""
        return self.name.removeprefix(self.bus + "_") if self.bus else self.name

    @property
    def high(self) -> str:
        """The highest bit at the default parameters, or empty for a single bit."""
        return str(self.width - 1) if self.width > 1 else ""


@dataclass(frozen=True)
class Interface:
    """What a module shows: parameters with their defaults, in its order, and ports."""

    parameters: dict[str, int | str]
    ports: list[Port]


def interface(path: Path, top: str = TOP) -> Interface:
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
        Port(name, {"input": "in", "output": "out"}[port["direction"]], len(port["bits"]))
        for name, port in module["ports"].items()
    ]
    return Interface(parameters, ports)


def checked() -> Interface:
    """The wrapper's interface, when this file knows each name of it and no other.

    Raises
    ------
    SystemExit
        With the names that are missing or too many.
    """
    found = interface(ROOT / "hw" / "axi" / f"{TOP}.v")
    wrong = set(found.parameters) ^ {*PARAMETERS, *DERIVED}
    wrong |= {port.name for port in found.ports} ^ set(PORTS)
    if wrong:
        raise SystemExit(f"{TOP} and {Path(__file__).name} differ in: {', '.join(sorted(wrong))}")
    return found


def settings(config: Config) -> dict[str, int | str]:
    """Every parameter for a configuration, in the order of `PARAMETERS`."""
    given = {**design.wrapper_parameters(config), "POWER_UP": ""}
    defaults = {name: value for name, value in checked().parameters.items() if name in PARAMETERS}
    return {name: given.get(name, defaults[name]) for name in PARAMETERS}


def generate() -> dict[str, bytes]:
    """The committed files by their path in the checkout."""
    config = Config.default()
    texts = {
        f"{FOLDER}/{TOP}_template.v": verilog(config),
        f"{FOLDER}/{TOP}_template.vhd": vhdl(config),
        f"{FOLDER}/vivado_ip.tcl": vivado(),
        f"{FOLDER}/{TOP}_hw.tcl": quartus(),
        PAGE: page((ROOT / PAGE).read_text(encoding="utf-8")),
    }
    return {name: text.encode() for name, text in texts.items()}


def literal(name: str, value: int | str) -> str:
    """A parameter's value in Verilog."""
    if isinstance(value, str):
        return f'"{value}"'
    return f"32'h{value:08x}" if name == "CONFIG_HASH" else str(value)


def instance(config: Config) -> list[str]:
    """The instance in Verilog, every parameter set."""
    rows = [f"    .{name}({literal(name, value)})" for name, value in settings(config).items()]
    ports = [f"    .{port.name}({port.name})" for port in checked().ports]
    return [f"{TOP} #(", *with_commas(rows), f") {TOP} (", *with_commas(ports), ");"]


def with_commas(rows: list[str], mark: str = ",") -> list[str]:
    """The rows with a mark between them."""
    return [f"{row}{mark}" for row in rows[:-1]] + rows[-1:]


def verilog(config: Config) -> str:
    """The Verilog template."""
    bits = widths(settings(config))
    lines = [
        f"// {LICENCE}",
        f"// {TOP}_template: how to instantiate {TOP}, with the parameters of the default",
        "// configuration. Copy the instance; tools/package.py --instance prints it for any other.",
        "// Made by tools/package.py: edit that instead.",
        "`default_nettype none",
        "",
        f"module {TOP}_template (",
    ]
    kinds = {"in": "input", "out": "output"}
    rows = []
    for port in checked().ports:
        width = bits[WIDTHS[port.name]] if port.name in WIDTHS else port.width
        size = f" [{width - 1}:0]" if width > 1 else ""
        rows.append(f"    {kinds[port.direction]} wire{size} {port.name}")
    lines += [*with_commas(rows), ");"]
    lines += [f"    {line}" for line in instance(config)]
    return "\n".join([*lines, "endmodule", "", "`default_nettype wire", ""])


def widths(given: dict[str, int | str]) -> dict[str, int]:
    """The derived parameters."""
    c_in, pixel, ppc, out = (int(given[name]) for name in ("C_IN", "PIXEL_W", "PPC", "OUT_W"))
    return {"IN_BITS": (c_in * pixel + 7) // 8 * 8, "OUT_BITS": (ppc * out + 7) // 8 * 8}


def vhdl(config: Config) -> str:
    """The VHDL template: a component and an instance."""
    found, given = checked(), settings(config)

    def generic(name: str, value: int | str) -> str:
        if name == "POWER_UP":
            return f'"{value}"'
        return f'x"{value:08x}"' if name == "CONFIG_HASH" else str(value)

    def kind(name: str) -> str:
        named = {"POWER_UP": "string", "CONFIG_HASH": "std_logic_vector(31 downto 0)"}
        return named.get(name, "integer")

    def port(one: Port, derived: dict[str, str]) -> str:
        high = derived[WIDTHS[one.name]] if one.name in WIDTHS else one.high
        size = f"std_logic_vector({high} downto 0)" if high else "std_logic"
        return f"{one.name} : {one.direction} {size}"

    numbers = {name: str(bits - 1) for name, bits in widths(given).items()}
    formulas = {name: f"{formula} - 1" for name, formula in DERIVED.items()}
    entity = [f"        {port(one, numbers)}" for one in found.ports]
    generics = [
        f"            {name} : {kind(name)} := {generic(name, found.parameters[name])}"
        for name in PARAMETERS
    ]
    ports = [f"            {port(one, formulas)}" for one in found.ports]
    generic_map = [f"            {name} => {generic(name, value)}" for name, value in given.items()]
    port_map = [f"            {one.name} => {one.name}" for one in found.ports]
    lines = [
        f"-- {LICENCE}",
        f"-- {TOP}_template: how to instantiate {TOP} in VHDL, with the parameters of the default",
        "-- configuration. Copy the component and the instance.",
        "-- Made by tools/package.py: edit that instead.",
        "library ieee;",
        "use ieee.std_logic_1164.all;",
        "",
        f"entity {TOP}_template is",
        "    port (",
        *with_commas(entity, ";"),
        "    );",
        "end entity;",
        "",
        f"architecture template of {TOP}_template is",
        f"    component {TOP} is",
        "        generic (",
        *with_commas(generics, ";"),
        "        );",
        "        port (",
        *with_commas(ports, ";"),
        "        );",
        "    end component;",
        "begin",
        f"    upscaler : {TOP}",
        "        generic map (",
        *with_commas(generic_map),
        "        )",
        "        port map (",
        *with_commas(port_map),
        "        );",
        "end architecture;",
        "",
    ]
    return "\n".join(lines)


VIVADO = """\
# {LICENCE}
# NOT RUN HERE: there is no Vivado where this is tested. Tests hold its names against {TOP}.v.
#
# Packages {TOP} as IP for Vivado's catalogue and IP Integrator:
#
#   vivado -mode batch -source hw/package/vivado_ip.tcl [-tclargs FOLDER]
#
# FOLDER (build/vivado_ip) then is an IP repository. The interfaces are inferred from the attributes
# in {TOP}.v; the script stops where one of them or a parameter is not what it expects.
# Made by tools/package.py: edit that instead.

set root [file normalize [file join [file dirname [info script]] .. ..]]
set folder [expr {{$argc > 0 ? [lindex $argv 0] : [file join $root build vivado_ip]}}]

# What a parameter means.
set parameters {{
{parameters}
}}

# Parameters that follow from others.
set derived {{ {derived} }}

# The ports of each bus: its name there, its name here.
set buses {{
{buses}
}}

# Ports that are interfaces of their own.
set singles {{ {singles} }}

# The files that a list of hw/ names, in order; -f takes in another list.
proc listed {{root name}} {{
    set channel [open [file join $root hw $name]]
    set words [read $channel]
    close $channel
    set files {{}}
    for {{set i 0}} {{$i < [llength $words]}} {{incr i}} {{
        set word [lindex $words $i]
        if {{$word eq "-f"}} {{
            incr i
            set files [concat $files [listed $root [lindex $words $i]]]
        }} else {{
            lappend files [file join $root hw $word]
        }}
    }}
    return $files
}}

create_project -in_memory -part [lindex [get_parts] 0]
add_files -norecurse [listed $root {TOP}.f]
set_property top {TOP} [current_fileset]
update_compile_order -fileset sources_1

ipx::package_project -root_dir $folder -vendor deconv4k -library video -taxonomy /Video \\
    -import_files -force
set core [ipx::current_core]
set_property name {TOP} $core
set_property version {version} $core
set_property display_name {{deconv4k upscaler}} $core
set_property description {{{description}}} $core

dict for {{name text}} $parameters {{
    set parameter [ipx::get_user_parameters $name -of_objects $core]
    if {{$parameter eq ""}} {{ error "no parameter $name" }}
    set_property display_name $name $parameter
    set_property description $text $parameter
}}
foreach name $derived {{
    ipgui::remove_param -component $core [ipgui::get_guiparamspec -name $name -component $core]
}}

dict for {{bus ports}} $buses {{
    set interface [ipx::get_bus_interfaces $bus -of_objects $core]
    if {{$interface eq ""}} {{ error "no interface $bus" }}
    dict for {{role port}} $ports {{
        set map [ipx::get_port_maps $role -of_objects $interface]
        if {{$map eq "" || [get_property physical_name $map] ne $port}} {{
            error "$bus: $role is not $port"
        }}
    }}
    ipx::associate_bus_interfaces -busif $bus -clock aclk $core
}}
foreach name $singles {{
    if {{[ipx::get_bus_interfaces $name -of_objects $core] eq ""}} {{ error "no interface $name" }}
}}

ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
puts "packaged in $folder"
"""


def vivado() -> str:
    """The script that packages the wrapper for Vivado."""
    ports = checked().ports
    buses = []
    for bus in BUSES:
        buses.append(f"    {bus} {{")
        buses += [f"        {one.role.upper()} {one.name}" for one in ports if one.bus == bus]
        buses.append("    }")
    return VIVADO.format(
        LICENCE=LICENCE,
        TOP=TOP,
        parameters="\n".join(f"    {name} {{{text}}}" for name, text in PARAMETERS.items()),
        derived=" ".join(DERIVED),
        buses="\n".join(buses),
        singles=" ".join(one.name for one in ports if not one.bus),
        version=version(),
        description=DESCRIPTION,
    )


QUARTUS = """\
# {LICENCE}
# NOT RUN HERE: there is no Quartus where this is tested. Tests hold its names against {TOP}.v.
#
# Component description of {TOP} for Platform Designer (Quartus Prime Pro, which knows AXI4-Stream):
# put this folder on its IP search path.
# Made by tools/package.py: edit that instead.

package require qsys

set_module_property NAME {TOP}
set_module_property VERSION {version}
set_module_property DISPLAY_NAME {{deconv4k upscaler}}
set_module_property DESCRIPTION {{{description}}}
set_module_property GROUP {{Video}}
set_module_property EDITABLE false
set_module_property ELABORATION_CALLBACK elaborate

# Adds the files that a list of hw/ names, in order; -f takes in another list.
proc add_listed {{name}} {{
    set channel [open [file join [file dirname [info script]] .. $name]]
    set words [read $channel]
    close $channel
    for {{set i 0}} {{$i < [llength $words]}} {{incr i}} {{
        set word [lindex $words $i]
        if {{$word eq "-f"}} {{
            incr i
            add_listed [lindex $words $i]
        }} else {{
            set kind [expr {{[file extension $word] eq ".sv" ? "SYSTEM_VERILOG" : "VERILOG"}}]
            add_fileset_file [file tail $word] $kind PATH [file join .. $word]
        }}
    }}
}}

foreach {{fileset kind}} {{synthesis QUARTUS_SYNTH simulation SIM_VERILOG}} {{
    add_fileset $fileset $kind {{}} {{}}
    set_fileset_property $fileset TOP_LEVEL {TOP}
    add_listed {TOP}.f
}}

# name, type, value, what it means
foreach {{name kind value text}} {{
{parameters}
}} {{
    add_parameter $name $kind $value $text
    set_parameter_property $name DISPLAY_NAME $name
    set_parameter_property $name HDL_PARAMETER true
    set_parameter_property $name AFFECTS_ELABORATION true
}}
set_parameter_property CONFIG_HASH WIDTH 32

add_interface clock clock end
add_interface_port clock aclk clk Input 1

add_interface reset reset end
set_interface_property reset associatedClock clock
set_interface_property reset synchronousEdges BOTH
add_interface_port reset aresetn reset_n Input 1

add_interface s_axis_video axi4stream end
add_interface m_axis_video axi4stream start
add_interface s_axi_control axi4lite end
add_interface irq interrupt end
set_interface_property irq associatedAddressablePoint s_axi_control
foreach interface {{s_axis_video m_axis_video s_axi_control irq}} {{
    set_interface_property $interface associatedClock clock
    set_interface_property $interface associatedReset reset
}}

# Widths follow from the parameters.
proc elaborate {{}} {{
    foreach name {{C_IN PIXEL_W PPC OUT_W}} {{ set $name [get_parameter_value $name] }}
    set IN_BITS [expr {{{IN_BITS}}}]
    set OUT_BITS [expr {{{OUT_BITS}}}]
{ports}
}}
"""


def quartus() -> str:
    """The component description for Platform Designer."""
    found = checked()
    kinds = {"POWER_UP": "STRING", "CONFIG_HASH": "STD_LOGIC_VECTOR"}
    parameters = []
    for name, text in PARAMETERS.items():
        value = found.parameters[name]
        kind = kinds.get(name, "INTEGER")
        parameters.append(f"    {name} {kind} {'{}' if value == '' else value} {{{text}}}")
    ports = []
    for one in found.ports:
        if one.name in ("aclk", "aresetn"):
            continue
        bus, role = one.bus or "irq", one.role
        bits = f"${WIDTHS[one.name]}" if one.name in WIDTHS else str(one.width)
        direction = {"in": "Input", "out": "Output"}[one.direction]
        ports.append(f"    add_interface_port {bus} {one.name} {role} {direction} {bits}")
    formulas = {name: re.sub(r"([A-Z]\w+)", r"$\1", formula) for name, formula in DERIVED.items()}
    return QUARTUS.format(
        LICENCE=LICENCE,
        TOP=TOP,
        version=version(),
        description=DESCRIPTION,
        parameters="\n".join(parameters),
        ports="\n".join(ports),
        **formulas,
    )


def page(text: str) -> str:
    """The integrator's page with its tables made anew, each between two marks."""
    found = checked()
    ports = ["| port | | bits | |", "|---|---|---|---|"]
    for one in found.ports:
        bits = f"`{WIDTHS[one.name]}`" if one.name in WIDTHS else str(one.width)
        ports.append(f"| `{one.name}` | {one.direction} | {bits} | {PORTS[one.name]} |")
    ports += ["", ", ".join(f"`{name} = {formula}`" for name, formula in DERIVED.items()) + "."]
    parameters = ["| parameter | default | |", "|---|---|---|"]
    for name, meaning in PARAMETERS.items():
        value = literal(name, found.parameters[name])
        parameters.append(f"| `{name}` | `{value}` | {meaning} |")
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
            print("\n".join(instance(Config.load(arguments.instance))))
        except InputError as error:
            sys.exit("\n".join(error.lines))
        return
    for name, text in generate().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        print(path)


if __name__ == "__main__":
    main()
