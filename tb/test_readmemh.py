"""$readmemh reads the files of a set, in both simulators: every word, of every width."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from deconv4k.config import Config
from deconv4k.sim import tools
from deconv4k.vectors import intermediates, manifest, patterns, sets
from deconv4k.vectors.recipes import Recipe


def make(folder: Path, seed: int) -> manifest.Manifest:
    """A small set with all intermediates: words of 1 to some hundred bits."""
    config = Config.upscaler((9, 2, 4, 1), 4, width=16, height=16)
    random = np.random.default_rng(seed)
    weights = random.integers(-512, 512, (1, 1, 9, 9))
    scene = patterns.Scene(config, 6, 7, random, weights)
    frames = [patterns.PATTERNS["noise"].draw(scene, 0) for _ in range(2)]
    recipe = Recipe("readmemh", "test", "noise", config, weights, [(6, 7)] * 2, frames)
    sets.write(folder, recipe, ["mem", "hex", "bin"], intermediates.NAMES)
    return manifest.read(folder)


def run_verilog(sim: str, source: Path, work: Path) -> str:
    """Compile one file and run it in the folder `work`; what it prints."""
    if sim == "icarus":
        subprocess.run(["iverilog", "-g2012", "-o", work / "top", source], check=True)
    else:
        command: list[str | Path] = ["--binary", "--no-timing", "--top-module", "top"]
        command += ["--Mdir", work / "obj", "-o", work / "top", source]
        done = tools.verilate(command)
        assert done.returncode == 0, done.stderr
    done = subprocess.run([work / "top"], cwd=work, capture_output=True, text=True, check=True)
    return done.stdout


def test_readmemh(sim: str, tmp_path: Path, seed: int) -> None:
    found = make(tmp_path / "set", seed)
    names = {entry["path"]: entry for entry in found.data["files"] if entry["format"] != "bin"}
    assert len(names) == 2 * 7
    memories, reads, wanted = [], [], []
    for index, (name, entry) in enumerate(names.items()):
        size = entry["word"]["bytes"]
        raw = (found.folder / f"{entry['what']}.bin").read_bytes()
        words = [raw[at : at + size][::-1].hex() for at in range(0, len(raw), size)]
        wanted += [f"{name} {at} {word}" for at, word in enumerate(words)]
        memories.append(f"reg [{8 * size - 1}:0] memory{index}[0:{len(words) - 1}];")
        # Both simulators complain where a file holds more or fewer words than it is told.
        reads.append(f'$readmemh("set/{name}", memory{index}, 0, {len(words) - 1});')
        reads.append(f"for (i = 0; i < {len(words)}; i = i + 1)")
        reads.append(f'$display("{name} %0d %h", i, memory{index}[i]);')
    lines = ["module top;", "integer i;", *memories, "initial begin", *reads, "$finish;", "end"]
    source = tmp_path / "top.v"
    source.write_text("\n".join([*lines, "endmodule", ""]))
    printed = run_verilog(sim, source, tmp_path).splitlines()
    assert [line for line in printed if ".mem " in line or ".hex " in line] == wanted
    assert not any("arning" in line for line in printed)
