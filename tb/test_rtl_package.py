"""What `deconv4k rtl` hands out works where it lies: simulators, lists, instances, and refusals."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deconv4k import cli, errors, write_rtl
from deconv4k._shared import checkout
from deconv4k.config import Config
from deconv4k.deliver import folder as deliveries
from deconv4k.deliver import interface
from deconv4k.rtl import design, registers
from deconv4k.sim import sources, tools
from deconv4k.vectors import manifest
from points import POINTS
from test_package import rows

CONFIGS = {
    "default": Config.default(),
    "3 channels": POINTS["x2_k3_4ppc_3ch_signed"],
    "x3, bias": Config.upscaler((9, 3, 4, 2), 1, width=50, height=5, bias="ap_fixed<16,8>"),
}
BIASES = {"x3, bias": 1000}


def kernel(name: str) -> np.ndarray[Any, Any]:
    """Real weights, noise that the format holds."""
    layer = CONFIGS[name].layer
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    return np.random.default_rng(1).uniform(-0.5, 0.5, shape)


@functools.cache
def made(name: str, base: Path) -> Path:
    """A folder of that configuration, whose name holds a blank."""
    folder = base / f"folder of {name}"
    write_rtl(folder, CONFIGS[name], kernel(name), bias=BIASES.get(name))
    return folder


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rtl")


@pytest.fixture(params=CONFIGS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(name: str, base: Path) -> Path:
    return made(name, base)


def summary(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / deliveries.SUMMARY).read_text()))


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, capture_output=True, text=True, check=False
    )


def deconv4k(*words: str) -> list[str]:
    return [sys.executable, "-m", "deconv4k", "rtl", *words]


def test_the_printed_command_passes(name: str, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(CONFIGS[name].to_toml())
    np.save(tmp_path / "k.npy", kernel(name))
    words = ["--config", "c.toml", "--kernel", "k.npy", "--out", "out here"]
    words += ["--bias", str(BIASES[name])] if name in BIASES else []
    done = subprocess.run(
        deconv4k(*words), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    *_, line = done.stdout.splitlines()
    assert line.startswith("cd 'out here' && ")
    passed = shell(line, tmp_path)
    assert (passed.returncode, passed.stderr) == (0, "")
    beats = summary(tmp_path / "out here")["smoke"]["beats"]
    assert passed.stdout == f"smoke: passed, {beats} beats compared\n"
    assert line.split(" && ", 1)[1] in (tmp_path / "out here" / "README.md").read_text()


def test_quiet_says_nothing(tmp_path: Path) -> None:
    words = deconv4k("--out", "new", "--quiet")
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
    assert (tmp_path / "new" / "instance.v").exists()


def test_it_passes_with_the_files_for_ecp5(folder: Path) -> None:
    done = shell(deliveries.COMMAND_ECP5, folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("smoke: passed")
    assert deliveries.COMMAND_ECP5 in (folder / "README.md").read_text()


def flip(path: Path, word: int) -> None:
    """Change the lowest bit of a word of a file for $readmemh."""
    lines = path.read_text().splitlines()
    at = [number for number, line in enumerate(lines) if not line.startswith("//")][word]
    digits = len(lines[at])
    lines[at] = f"{int(lines[at], 16) ^ 1:0{digits}x}"
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("file", "word", "said"),
    [
        ("vectors/expected.mem", 0, "smoke: beat 0 is SOF 1"),
        ("vectors/expected.mem", -1, "smoke: beat {last} is SOF 0"),
        ("vectors/input.mem", 5, "smoke: beat "),
        ("kernel.hex", 3, "smoke: register 48 is "),
        ("vectors/kernel.mem", 3, "smoke: beat "),
    ],
)
def test_a_wrong_word_fails(name: str, base: Path, file: str, word: int, said: str) -> None:
    copy = base / "broken"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(made(name, base), copy)
    flip(copy / file, word)
    done = shell(deliveries.COMMAND, copy)
    assert done.returncode == 1
    last = summary(copy)["smoke"]["beats"] - 1
    assert "FATAL" in done.stdout + done.stderr
    assert said.format(last=last) in done.stdout + done.stderr
    assert "passed" not in done.stdout


@pytest.mark.parametrize("lists", [("deconv_axi.f",), ("deconv_axi_ecp5.f", "smoke_ecp5.f")])
def test_verilator_takes_the_lists(
    folder: Path, lists: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    given = [word for name in lists for word in ("-f", name)]
    for top, more in (("deconv_axi", []), (deliveries.MODULE, ["instance.v"])):
        done = tools.verilate(["--lint-only", "--top-module", top, *given, *more])
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("wrong", ["", ".K(", ".irq("])
def test_the_instance_compiles(folder: Path, wrong: str, tmp_path: Path) -> None:
    text = (folder / "instance.v").read_text()
    assert wrong in text
    other = tmp_path / "instance.v"
    other.write_text(text.replace(wrong, ".NONE(") if wrong else text)
    words = ["iverilog", "-g2012", "-s", deliveries.MODULE, "-o", "/dev/null", "-f", "deconv_axi.f"]
    done = subprocess.run(
        [*words, str(other)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode == 0 and "arning" not in done.stderr) == (not wrong)


def test_the_vhdl_names_the_wrapper(name: str, folder: Path) -> None:
    text = (folder / "instance.vhd").read_text()
    given = interface.settings(CONFIGS[name], "kernel.hex")
    ports = {port.name for port in interface.PORTS}
    assert rows(r"^ +(\w+) => ", text) == {*given} | ports
    assert 'POWER_UP => "kernel.hex"' in text
    assert f'CONFIG_HASH => x"{CONFIGS[name].digest:08x}"' in text
    for one, value in given.items():
        if isinstance(value, int) and one != "CONFIG_HASH":
            assert f" {one} => {value}," in text


def test_the_vhdl_compiles(folder: Path, tmp_path: Path) -> None:
    ghdl = shutil.which("ghdl")
    if ghdl is None:
        pytest.skip("no ghdl here (apt-get install ghdl): instance.vhd is not compiled")
    for standard in ("93", "08"):
        command = [ghdl, "-a", f"--std={standard}", f"--workdir={tmp_path}"]
        subprocess.run([*command, str(folder / "instance.vhd")], check=True)


def test_the_files_are_those_of_hw_and_no_other(folder: Path) -> None:
    hw = checkout.ROOT / "hw"
    wanted = {path.relative_to(hw) for path in sources.listed("deconv_axi.f")}
    wanted |= {path.relative_to(hw) for path in sources.listed("deconv_axi.f", "ecp5")}
    rtl = folder / "rtl"
    assert {path.relative_to(rtl) for path in rtl.rglob("*") if path.is_file()} == wanted
    for path in wanted:
        assert (rtl / path).read_bytes() == (hw / path).read_bytes()
    for target, file in (("", "deconv_axi.f"), ("ecp5", "deconv_axi_ecp5.f")):
        listed = [folder / line for line in (folder / file).read_text().split()]
        own = [rtl / path.relative_to(hw) for path in sources.listed("deconv_axi.f", target)]
        assert listed == own
    header = hw / "generated" / "deconv4k_registers.h"
    assert (folder / "registers.h").read_bytes() == header.read_bytes()


def test_the_summary_says_what_is_there(name: str, folder: Path) -> None:
    config, said = CONFIGS[name], summary(folder)
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found - {"smoke.vvp"} == {*said["files"], deliveries.SUMMARY}
    for file, digest in said["files"].items():
        assert hashlib.sha256((folder / file).read_bytes()).hexdigest() == digest
    assert Config.from_toml(said["configuration"]) == config == Config.load(folder / "config.toml")
    assert said["configuration_hash"] == f"{registers.identity(config)['CONFIG_HASH']:08x}"
    widths = interface.widths(said["parameters"])
    assert said["ports"]["s_axis_video_tdata"] == widths["IN_BITS"]
    clocks = design.clocks(config, config.video.height, config.video.width)
    assert said["clocks_a_frame"] == clocks.frame
    vectors = manifest.read(folder / "vectors")
    vectors.verify()
    assert vectors.config == config
    assert vectors.kernel()[1] == BIASES.get(name)
    assert said["kernel"]["crc32"] == f"{vectors.kernel_crc32:08x}"
    text = (folder / "README.md").read_text()
    for word in (*(said["smoke"][f"signature_{each}"] for each in ("in", "out", "kernel")),):
        assert f" | {word} |" in text
    assert f"| {said['multipliers']} |" in text


def test_the_constraints_have_the_one_clock(tmp_path: Path) -> None:
    write_rtl(tmp_path / "out", CONFIGS["default"], megahertz=125)
    for end, line in (
        ("xdc", "create_clock -name aclk -period 8.000 [get_ports aclk]"),
        ("sdc", "create_clock -name aclk -period 8.000 [get_ports aclk]"),
        ("lpf", 'FREQUENCY PORT "aclk" 125 MHZ;'),
    ):
        text = (tmp_path / "out" / "constraints" / f"deconv_axi.{end}").read_text()
        assert re.findall(r"^[^#\n].*$", text, re.MULTILINE) == [line]
        assert text.splitlines()[1].startswith("# NOT RUN HERE")
        assert "60.3 frames of 1920x1080" in text


def test_it_is_replaced_whole_by_the_same(tmp_path: Path) -> None:
    config = CONFIGS["x3, bias"]
    first = write_rtl(tmp_path / "out", config)
    (tmp_path / "out" / "smoke.vvp").write_text("left by Icarus")
    (tmp_path / "out" / "kernel.hex").unlink()
    assert write_rtl(tmp_path / "out", config) == first == summary(tmp_path / "out")
    assert not (tmp_path / "out" / "smoke.vvp").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", ""], "--out is missing; allowed: a folder"),
        (["--out", "other"], "holds files and no deconv4k.json; allowed: a new folder, or one of"),
        (["--out", "other/file"], "no folder; allowed: a new one, or one of `deconv4k rtl`"),
        (["--out", "other/file/new"], "cannot be written: "),
        (["--out", "new", "--megahertz", "0"], "--megahertz 0; allowed: above 0, up to 1000"),
        (["--out", "new", "--megahertz", "nan"], "--megahertz nan; allowed: above 0"),
        (["--out", "new", "--bias", "1"], "bias: 1; allowed: 0, as there is no formats.bias"),
        (["--out", "new", "--config", "rate.toml"], "video.pixels_per_clock = 3; allowed for"),
        (["--out", "new", "--kernel", "none.npz"], "none.npz"),
    ],
)
def test_refusals(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("mine")
    rate = Config.default().to_toml().replace("pixels_per_clock = 4", "pixels_per_clock = 3")
    (tmp_path / "rate.toml").write_text(rate)
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.setattr(sys, "argv", ["deconv4k", "rtl", *words])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    shown = capsys.readouterr()
    assert stopped.value.code == 2
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert said in shown.err
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_is_left_where_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = CONFIGS["x3, bias"]
    first = write_rtl(tmp_path / "out", config)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(deliveries, "_copy", full)
    with pytest.raises(errors.InputError, match="cannot be written: No space left"):
        write_rtl(tmp_path / "out", CONFIGS["default"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert summary(tmp_path / "out") == first
