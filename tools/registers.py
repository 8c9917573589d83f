"""Make everything that follows from the register map, hw/registers.rdl.

    python tools/registers.py           write the committed files
    python tools/registers.py --html    and the HTML pages, under build/registers/

Committed: the Verilog block (PeakRDL-etana), the C header (PeakRDL-cheader), and, from
systemrdl-compiler directly, the map for Python as JSON and the page for readers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from systemrdl.compiler import RDLCompiler
from systemrdl.node import FieldNode, RegNode

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "hw" / "registers.rdl"
BLOCK = "hw/generated/deconv_registers.sv"
HEADER = "hw/generated/deconv4k_registers.h"
MAP = "model/deconv4k/data/registers.json"
PAGE = "docs/registers.md"
PORT = ("--cpuif", "passthrough", "--err-if-bad-addr", "--err-if-bad-rw")
"""One access a clock; what is not there, or not in that direction, is answered by an error."""
LICENCE = b"// SPDX-License-Identifier: MIT\n"
TIMESCALE = b"`timescale 1ns / 1ps\n\n"
HTML = ROOT / "build" / "registers"


def main() -> None:
    """Write the files into the checkout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--html", action="store_true", help="HTML as well, under build/registers/")
    arguments = parser.parse_args()
    for name, text in generate().items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        print(path)
    if arguments.html:
        peakrdl("html", "-o", str(HTML))
        print(HTML / "index.html")


def generate() -> dict[str, bytes]:
    """The committed files by their path in the checkout."""
    registers = elaborate()
    with tempfile.TemporaryDirectory(prefix="deconv4k-") as folder:
        header = Path(folder) / Path(HEADER).name
        peakrdl("etana", "-o", folder, *PORT, "--module-name", Path(BLOCK).stem)
        peakrdl("c-header", "-o", str(header), "--std", "gnu99", "--type-style", "hier")
        return {
            # The simulator is told the time scale once, for all modules.
            BLOCK: LICENCE + (Path(folder) / Path(BLOCK).name).read_bytes().replace(TIMESCALE, b""),
            HEADER: LICENCE + header.read_bytes(),
            MAP: (json.dumps(registers, indent=1) + "\n").encode(),
            PAGE: page(registers).encode(),
        }


def peakrdl(command: str, *arguments: str) -> None:
    """Run a generator on the source."""
    line = [sys.executable, "-m", "peakrdl", command, str(SOURCE), *arguments]
    subprocess.run(line, check=True)


def elaborate() -> list[dict[str, Any]]:
    """The registers in the order of their addresses, with their fields from bit 0 up."""
    compiler = RDLCompiler()
    compiler.compile_file(str(SOURCE))
    top = compiler.elaborate().top
    registers = []
    for node in top.children():
        assert isinstance(node, RegNode)
        registers.append(
            {
                "name": node.inst_name,
                "address": node.absolute_address,
                "title": node.get_property("name"),
                "text": node.get_property("desc"),
                "fields": [field(child) for child in node.fields()],
            }
        )
    return sorted(registers, key=lambda register: register["address"])


def field(node: FieldNode) -> dict[str, Any]:
    """One field; `reset` is a number, the field it copies, or null where hardware says."""
    reset = node.get_property("reset")
    if isinstance(reset, FieldNode):
        reset = f"{reset.parent.inst_name}.{reset.inst_name}"
    access = node.get_property("sw").name
    if node.get_property("onwrite") is not None:
        access = "rw1c"
    return {
        "name": node.inst_name,
        "low": node.low,
        "width": node.width,
        "access": access,
        "reset": reset,
        "text": node.get_property("desc"),
    }


def page(registers: list[dict[str, Any]]) -> str:
    """The register map as Markdown."""
    lines = [
        "# Register map",
        "",
        "<!-- Made from hw/registers.rdl by `make registers`: edit that instead. -->",
        "",
        "Of `hw/axi/deconv_axi.v`, port `s_axi_control`. 32-bit registers, whole words; unused",
        "bits read zero and ignore what is written. Access: r read, w write, rw1c read and write",
        "one to clear. A reset value of `-` is given by the hardware.",
        "",
        "A read where there is no register, or of one that is only written, and a write where",
        "there is none, or to one that is only read, is answered by SLVERR, changes nothing and",
        "reads zero; all else by OKAY. The two lowest bits of an address are not looked at.",
        "",
        "| address | register | |",
        "|---|---|---|",
    ]
    for register in registers:
        name = register["name"]
        lines.append(
            f"| {register['address']:#05x} | [{name}](#{name.lower()}) | {register['title']} |"
        )
    for register in registers:
        lines += ["", f"## {register['name']}", ""]
        lines += [f"{register['address']:#05x}. {register['text']}", ""]
        lines += ["| bits | field | access | reset | |", "|---|---|---|---|---|"]
        for one in register["fields"]:
            high = one["low"] + one["width"] - 1
            bits = f"{high}:{one['low']}" if one["width"] > 1 else str(high)
            reset = one["reset"]
            shown = f"{reset:#x}" if isinstance(reset, int) else reset or "-"
            lines.append(f"| {bits} | {one['name']} | {one['access']} | {shown} | {one['text']} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
