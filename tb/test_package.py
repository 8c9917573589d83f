"""What wraps the engine for other tools: it runs, and every list is the Verilog's own."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from deconv4k._shared import checkout
from deconv4k.deliver import interface
from deconv4k.sim import sources, tools
from deconv4k.vectors import manifest

ROOT = checkout.ROOT


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def core() -> dict[str, Any]:
    """deconv4k.core, without its first line, which says what it is."""
    text = (ROOT / "deconv4k.core").read_text()
    assert text.startswith("CAPI=2:\n")
    return dict(yaml.safe_load(text.split("\n", 1)[1]))


def names(entries: list[Any]) -> list[str]:
    """Names of a list of files or parameters: text, or a key with what is said of it."""
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]


def test_core_names_the_files_of_the_file_lists() -> None:
    filesets = core()["filesets"]
    engine = names(filesets["engine"]["files"])
    wrapper = names(filesets["wrapper"]["files"])
    assert [ROOT / name for name in engine] == sources.listed("deconv.f")
    assert [ROOT / name for name in engine + wrapper] == sources.listed("deconv_axi.f")
    for name in ("waivers", "header", "smoke"):
        for path in names(filesets[name]["files"]):
            assert (ROOT / path).exists()


@pytest.mark.parametrize("name", ["deconv.f", "deconv_axi.f", "bringup.f", "ulx3s.f"])
def test_lists_for_ecp5_have_its_modules_for_the_portable_ones(name: str) -> None:
    own = sorted((ROOT / "hw" / "ecp5").glob("*.v"))
    names = {path.name for path in own}
    portable = sources.listed(name)
    assert names & {path.name for path in portable} == names - {"deconv_block_ram.v"}
    found = sources.listed(name, "ecp5")
    assert found == [*own, *(path for path in portable if path.name not in names)]
    assert all(path.exists() for path in found)


def test_core_is_of_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert core()["name"] == f"::{project['name']}:{project['version']}"


TARGETS = {
    "lint": [],
    "sim": [],
    # As small as it may be; `make package` takes the default.
    "synth": ["--K", "3", "--P", "1", "--MAX_W", "16", "--MAX_H", "16"],
}

BROKEN = {
    "lint": (
        "hw/lib/deconv_delay.v",
        ("endmodule", "wire nobody_needs_this = 1'b1; endmodule"),
        "Signal is not used: 'nobody_needs_this'",
    ),
    "sim": (
        "vectors/study/expected.mem",
        ("14100c09", "14100d09"),
        "smoke: beat 0 is SOF 1 EOL 0 14100c09; expected SOF 1 EOL 0 14100d09",
    ),
    "synth": (
        "hw/lib/deconv_delay.v",
        ("endmodule", "no_such_module error (); endmodule"),
        "Module `\\no_such_module' referenced in module",
    ),
}


def fusesoc(target: str, root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a target of the core in `root`, built in `folder`."""
    runner = tool("core")
    line = runner.command(target, *TARGETS[target], root=root, build=folder)
    return subprocess.run(
        line, env=runner.environment(), cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("target", TARGETS)
def test_target_runs(target: str, tmp_path: Path) -> None:
    for simulator_name in tools.SIMULATORS:
        assert tools.available(simulator_name) is None
    done = fusesoc(target, small_copy(tmp_path), tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    if target == "lint":
        assert "verilator -f" in said
    if target == "sim":
        assert "smoke: passed, 96 beats compared" in said
    if target == "synth":
        netlist = next(tmp_path.glob("deconv4k_*/synth/*.json"))
        cells = json.loads(netlist.read_text())["modules"]["deconv_axi"]["cells"].values()
        kinds = [cell["type"] for cell in cells]
        assert kinds.count("MULT18X18D") == 9
        assert {"LUT4", "TRELLIS_FF"} < set(kinds)


@pytest.mark.parametrize("target", BROKEN)
def test_target_fails_on_a_fault(target: str, tmp_path: Path) -> None:
    copy = small_copy(tmp_path)
    name, (before, after), sentence = BROKEN[target]
    text = (copy / name).read_text()
    assert before in text
    (copy / name).write_text(text.replace(before, after, 1))
    done = fusesoc(target, copy, tmp_path)
    assert done.returncode != 0
    assert sentence in done.stdout + done.stderr


def test_parameters_reach_the_core() -> None:
    command = [sys.executable, str(ROOT / "tools" / "core.py"), "lint", "--"]
    good = subprocess.run([*command, "--MAX_W", "16"], capture_output=True, check=False)
    assert good.returncode == 0
    bad = subprocess.run([*command, "--MAX_W", "0"], capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert "ERROR_MAX_W_must_be_1_to_65535" in bad.stdout + bad.stderr


def small_copy(folder: Path) -> Path:
    """The core with its files and nothing else, so that it is known to name all it needs."""
    copy = folder / "checkout"
    for fileset in core()["filesets"].values():
        for name in names(fileset["files"]):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    shutil.copy(ROOT / "deconv4k.core", copy)
    return copy


def test_smoke_expects_what_the_manifest_says() -> None:
    study = manifest.read(ROOT / "vectors" / "study")
    frame = study.frames[0]
    wanted = {"IN": frame.input.crc32, "OUT": frame.output.crc32, "KERNEL": study.kernel_crc32}
    text = (ROOT / "tb" / "smoke.v").read_text()
    for name, value in wanted.items():
        assert f"SIGNATURE_{name} = 32'h{value:08x};" in text


def test_made_files_are_what_the_ports_give() -> None:
    made = tool("package").generate()
    assert len(made) == 6
    for name, text in made.items():
        assert (ROOT / name).read_bytes() == text, f"{name}: run make package"


@pytest.fixture(scope="session")
def wrapper(tmp_path_factory: pytest.TempPathFactory) -> tuple[set[str], set[str]]:
    """Parameters, without the derived ones, and ports of deconv_axi, as Verilator sees them."""
    folder = tmp_path_factory.mktemp("wrapper")
    command: list[str | Path] = ["--json-only"]
    command += ["--json-only-output", folder / "tree.json", "--Mdir", folder]
    command += ["--top-module", "deconv_axi", *sources.of("deconv_axi")]
    done = tools.verilate(command)
    assert done.returncode == 0, done.stderr
    modules = json.loads((folder / "tree.json").read_text())["modulesp"]
    top = next(module for module in modules if module["name"] == "deconv_axi")
    variables = [node for node in top["stmtsp"] if node["type"] == "VAR"]
    parameters = {node["name"] for node in variables if node["varType"] == "GPARAM"}
    ports = {node["name"] for node in variables if node["direction"] != "NONE"}
    assert len(parameters) > 40
    assert len(ports) > 30
    return parameters - {"IN_BITS", "OUT_BITS"}, ports


Wrapper = tuple[set[str], set[str]]


def test_yosys_and_verilator_see_the_same(wrapper: Wrapper) -> None:
    found = tool("package").read(ROOT / "hw" / "axi" / "deconv_axi.v")
    assert {*found.parameters} - {*interface.DERIVED} == wrapper[0]
    assert {one.name for one in interface.PARAMETERS} == wrapper[0]
    assert {name for name, _, _ in found.ports} == wrapper[1]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("parameter K = 9", "parameter K = 8", ["K"]),
        ("parameter OP = 1,", "parameter OP = 1, parameter OPS = 1,", ["OPS"]),
        ("OUT_W + 7) / 8", "OUT_W + 15) / 8", ["OUT_BITS", "m_axis_video_tdata"]),
        ("input wire [2:0] s_axi_control_awprot", "input wire s_axi_control_awprot",
         ["s_axi_control_awprot"]),
        ("output wire irq", "input wire irq", ["irq"]),
    ],
)  # fmt: skip
def test_what_is_said_of_the_ports_is_held_against_them(
    before: str, after: str, said: list[str], tmp_path: Path
) -> None:
    text = (ROOT / "hw" / "axi" / "deconv_axi.v").read_text()
    assert before in text
    other = tmp_path / "deconv_axi.v"
    other.write_text(text.replace(before, after, 1))
    package = tool("package")
    assert package.differences(package.read(other)) == said


def test_core_has_the_parameters_of_the_wrapper(wrapper: Wrapper) -> None:
    data = core()
    assert {*data["parameters"]} == wrapper[0]
    for target in ("lint", "synth"):
        given = data["targets"][target]["parameters"]
        assert len(given) == len(wrapper[0])
        assert set(given) == wrapper[0]


def rows(pattern: str, text: str) -> set[str]:
    """What the pattern finds, which must not come twice."""
    found = re.findall(pattern, text, re.MULTILINE)
    assert len(found) == len(set(found))
    return set(found)


def test_vivado_script_names_the_wrapper(wrapper: Wrapper) -> None:
    text = (ROOT / "hw" / "package" / "vivado_ip.tcl").read_text()
    assert text.splitlines()[1].startswith("# NOT RUN HERE")
    assert rows(r"^    ([A-Z_]+) \{", text) == wrapper[0]
    singles = re.search(r"^set singles \{(.*)\}$", text, re.MULTILINE)
    assert singles is not None
    assert rows(r"^        [A-Z]+ (\w+)$", text) | set(singles[1].split()) == wrapper[1]


def test_quartus_description_names_the_wrapper(wrapper: Wrapper) -> None:
    text = (ROOT / "hw" / "package" / "deconv_axi_hw.tcl").read_text()
    assert text.splitlines()[1].startswith("# NOT RUN HERE")
    assert rows(r"^    ([A-Z_]+) (?:INTEGER|STRING|STD_LOGIC_VECTOR) ", text) == wrapper[0]
    assert rows(r"^ *add_interface_port \w+ (\w+) ", text) == wrapper[1]


def test_vhdl_template_names_the_wrapper(wrapper: Wrapper) -> None:
    text = (ROOT / "hw" / "package" / "deconv_axi_template.vhd").read_text()
    component = text[text.index("component deconv_axi is") : text.index("end component")]
    kinds = "integer|string|std_logic_vector|std_logic"
    assert rows(rf"^ +(\w+) : (?:{kinds})\b.* :=", component) == wrapper[0]
    assert rows(r"^ +(\w+) : (?:in|out) std_logic", component) == wrapper[1]
    assert rows(r"^ +(\w+) => ", text) == wrapper[0] | wrapper[1]


def test_vhdl_template_compiles(tmp_path: Path) -> None:
    ghdl = shutil.which("ghdl")
    if ghdl is None:
        pytest.skip("no ghdl here (apt-get install ghdl): the VHDL template is not compiled")
    template = ROOT / "hw" / "package" / "deconv_axi_template.vhd"
    for standard in ("93", "08"):
        command = [ghdl, "-a", f"--std={standard}", f"--workdir={tmp_path}", str(template)]
        subprocess.run(command, check=True)


def elaborate(sim: str, template: Path) -> int:
    """Exit status of a simulator that elaborates the template, every warning an error."""
    files = [str(path) for path in sources.of("deconv_axi")] + [str(template)]
    if sim == "icarus":
        # It warns of a parameter that is not there, and of nothing else.
        command = ["iverilog", "-g2012", "-s", "deconv_axi_template", "-o", "/dev/null", *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    else:
        waivers = str(ROOT / "hw" / "generated" / "deconv_registers.vlt")
        top = ["--top-module", "deconv_axi_template"]
        done = tools.verilate(["--lint-only", "-Wall", waivers, *top, *files])
    return done.returncode or int("arning" in done.stderr)


def test_verilog_template_elaborates(sim: str, tmp_path: Path) -> None:
    template = ROOT / "hw" / "package" / "deconv_axi_template.v"
    assert elaborate(sim, template) == 0
    text = template.read_text()
    wrong = tmp_path / template.name
    for before, after in (
        (".K(9)", ".KK(9)"),
        (".irq(irq)", ".irqs(irq)"),
        (".OP(1)", ".OP(0)"),
    ):
        assert before in text
        wrong.write_text(text.replace(before, after))
        assert elaborate(sim, wrong) != 0, after
