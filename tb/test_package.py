"""What wraps the engine for other tools: it runs, and every list is the Verilog's own."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from deconv4k import signature, simulator, vectors

ROOT = simulator.ROOT


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
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
    assert [ROOT / name for name in engine] == simulator.listed("deconv.f")
    assert [ROOT / name for name in engine + wrapper] == simulator.listed("deconv_axi.f")
    for name in ("waivers", "header", "smoke"):
        for path in names(filesets[name]["files"]):
            assert (ROOT / path).exists()


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
        "hw/delay.v",
        ("endmodule", "wire nobody_needs_this = 1'b1; endmodule"),
        "Signal is not used: 'nobody_needs_this'",
    ),
    "sim": (
        "vectors/study.expected.mem",
        ("0c", "0d"),
        "smoke: beat 0 is SOF 1 EOL 0 14100c09; expected SOF 1 EOL 0 14100d09",
    ),
    "synth": (
        "hw/delay.v",
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
    for simulator_name in simulator.SIMULATORS:
        assert simulator.available(simulator_name) is None
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


def small_copy(folder: Path) -> Path:
    """The core with its files and nothing else, so that it is known to name all it needs."""
    copy = folder / "checkout"
    for fileset in core()["filesets"].values():
        for name in names(fileset["files"]):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    shutil.copy(ROOT / "deconv4k.core", copy)
    return copy


def test_smoke_expects_what_the_golden_model_signs() -> None:
    case = vectors.read(ROOT / "vectors" / "study.toml")
    wanted = {
        "IN": signature.input_frame(case.config, case.frames[0]),
        "OUT": signature.output_frame(case.config, case.expected[0]),
        "KERNEL": signature.kernel(case.config, case.weights),
    }
    text = (ROOT / "tb" / "smoke.v").read_text()
    for name, value in wanted.items():
        assert f"SIGNATURE_{name} = 32'h{value:08x};" in text
