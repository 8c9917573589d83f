"""Committed sets through the user's top: CRCs of the files are those of the registers."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench_axi import watched
from deconv4k._shared import checkout
from harness import run, runs
from test_deconv_axi import Lone


@runs("name", ["ila", "channels"])
def test_set(sim: str, name: str, tmp_path: Path, seed: int) -> None:
    from deconv4k.rtl import design
    from deconv4k.vectors import manifest

    found = manifest.read(checkout.ROOT / "vectors" / name)
    # As it is: its words are those of POWER_UP.
    shutil.copy(found.folder / "kernel.mem", tmp_path / "power_up.hex")

    def words(what: str) -> list[int]:
        lines = (found.folder / f"{what}.mem").read_text().splitlines()
        return [int(line, 16) for line in lines if not line.startswith("//")]

    def lines(plane: manifest.Plane, source: list[int]) -> list[list[int]]:
        """The next frame of the file."""
        taken = [source.pop(0) for _ in range(plane.beats)]
        return [
            taken[at : at + plane.beats_per_line]
            for at in range(0, plane.beats, plane.beats_per_line)
        ]

    inputs, outputs = words("input"), words("expected")
    frames = [
        {
            "input": lines(frame.input, inputs), "output": lines(frame.output, outputs),
            "crc_in": frame.input.crc32, "crc_out": frame.output.crc32,
        }
        for frame in found.frames
    ]  # fmt: skip
    assert not inputs
    assert not outputs
    parameters = design.wrapper_parameters(found.config)
    run(
        sim, "bench_axi", parameters, tmp_path, seed, module="test_set", frames=frames,
        config=int(found.data["configuration_hash"], 16), kernel=found.kernel_crc32,
    )  # fmt: skip


@watched(Lone)
async def frames_and_signatures(bench: Lone) -> None:
    assert await bench.read("CONFIG_HASH") == bench.p["config"]
    assert await bench.read("SIGNATURE_KERNEL") == bench.p["kernel"]
    await bench.set("CONTROL", ENABLE=1)
    for number, frame in enumerate(bench.p["frames"], 1):
        await bench.frame(frame)
        assert await bench.read("FRAMES_OUT") == number
        assert await bench.read("SIGNATURE_IN") == frame["crc_in"]
        assert await bench.read("SIGNATURE_OUT") == frame["crc_out"]
    assert await bench.read("ERRORS") == 0
