"""The driver of Zynq boards runs sets of vectors on the RTL, through a model of the DMA alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
import pytest
from cocotb.task import bridge
from cocotbext.axi import AxiStreamFrame

from deconv4k.board import zynq
from deconv4k.errors import InputError
from deconv4k.vectors import manifest
from handles import Dut
from harness import case, run

TIMEOUT = 100e-6
"""Simulated seconds; a frame takes less than 5e-6."""


def written(work: Path, seed: int, name: str = "x2_k3_4ppc") -> Any:
    """A set of three frames of different sizes in work/set, and its configuration."""
    import bench_axi
    from deconv4k.vectors import recipes, sets

    config, noise = bench_axi.configuration(name), np.random.default_rng(seed)
    kernel = bench_axi.make_kernel(config, noise)
    sizes = [(10, 12), (1, 1), (int(noise.integers(2, 11)), int(noise.integers(2, 12)))]
    recipe = recipes.Recipe(
        "host", "The driver.", "noise", config, kernel.weights, sizes,
        [bench_axi.make_frame(config, noise, *size) for size in sizes],
        None if kernel.bias is None else int(kernel.bias[0]), seed,
    )  # fmt: skip
    sets.write(work / "set", recipe, ["npz", "bin"])
    return config


def drive(sim: str, config: Any, work: Path, seed: int, only: str, **data: Any) -> None:
    """The driver on an engine of this configuration, with no kernel of its own."""
    from deconv4k.rtl import design

    parameters: dict[str, int | str] = {**design.wrapper_parameters(config), "POWER_UP": ""}
    run(sim, "bench_dma", parameters, work, seed, module="test_host", only=only, **data)


@pytest.mark.parametrize("name", ["x2_k3_4ppc", "x2_k4_2ppc_3ch_bias"])
def test_a_set_passes(sim: str, name: str, tmp_path: Path, seed: int) -> None:
    config = written(tmp_path, seed, name)
    drive(sim, config, tmp_path, seed, "passes")
    beats = tmp_path / "set" / "expected.bin"
    assert (tmp_path / "dump.bin").read_bytes() == beats.read_bytes()


async def connected(dut: Dut) -> tuple[Any, zynq.Host]:
    from zynq import Board

    board = Board(dut)
    await board.start()
    return board, zynq.Host(board, board.allocate, timeout=TIMEOUT, clock=board.seconds)


async def refused(call: Callable[[], Any]) -> str:
    """The one line that the driver refuses with."""
    with pytest.raises(InputError) as caught:
        await bridge(call)()
    assert len(caught.value.lines) == 1
    assert "\n" not in caught.value.lines[0]
    return caught.value.lines[0]


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def passes(dut: Dut) -> None:
    board, driver = await connected(dut)
    vectors = manifest.read("set")
    frames = []
    results = await bridge(driver.run)(
        vectors, dump=Path("dump.bin"), progress=lambda: frames.append(1)
    )
    assert [(each.passed, each.mismatches, each.wrong) for each in results] == [(True, 0, ())] * 3
    assert zynq.summary(results)["passed"]
    assert len(frames) == 3
    # Twice on the same engine, whose kernel is then another one's successor.
    assert all(each.passed for each in await bridge(driver.run)(vectors))
    for each, frame in zip(results, vectors.frames, strict=True):
        assert each.counters["LINES_IN"] == frame.input.height
        assert each.counters["LINES_OUT"] == frame.output.height
        assert each.counters["FRAMES_OUT"] == 1
    assert len(board.buffers) == 12
    assert all(buffer.freed for buffer in board.buffers)
    assert int(dut.errors.value) == 0
    assert int(dut.beats.value) == 2 * sum(frame.input.beats for frame in vectors.frames)


def test_a_wrong_expectation_fails(sim: str, tmp_path: Path, seed: int) -> None:
    """Another picture in the set's expectation, with CRCs and hashes that agree with it."""
    config = written(tmp_path, seed)
    path = tmp_path / "set" / "manifest.json"
    from deconv4k.rtl import signature
    from deconv4k.vectors import export

    data = json.loads(path.read_text())
    vectors = manifest.read(path)
    frames = [vectors.expected(number).copy() for number in range(3)]
    frames[2][1, 3] ^= 1
    data["frames"][2]["output"]["crc32"] = f"{signature.output_frame(config, frames[2]):08x}"
    data["files"] = [
        file for file in data["files"] if (file["what"], file["format"]) != ("expected", "bin")
    ]
    path.write_text(json.dumps(data))
    assert export.READABLE
    arrays: dict[str, Any] = {manifest.frame_name(n): frame for n, frame in enumerate(frames)}
    (file,) = [file for file in vectors.files if (file.what, file.form) == ("expected", "npz")]
    np.savez(file.path, **arrays)
    drive(sim, config, tmp_path, seed, "fails", expected=int(frames[2][1, 3]))


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def fails(dut: Dut) -> None:
    p, _ = case()
    _, driver = await connected(dut)
    results = await bridge(driver.run)(manifest.read("set"))
    assert [each.mismatches for each in results] == [0, 0, 1]
    assert not zynq.summary(results)["passed"]
    last = results[2]
    assert last.first == {
        "line": 1, "x": 3, "phase": (1, 1), "expected": p["expected"],
        "got": p["expected"] ^ 1, "error": (p["expected"] ^ 1) - p["expected"],
    }  # fmt: skip
    assert [line.split()[0] for line in last.wrong[1:]] == ["SIGNATURE_OUT"]


def test_a_channel_that_does_not_end_is_named(sim: str, tmp_path: Path, seed: int) -> None:
    drive(sim, written(tmp_path, seed), tmp_path, seed, "hangs")


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def hangs(dut: Dut) -> None:
    vectors = manifest.read("set")
    # Nobody receives: the engine fills up and then holds the sender.
    board, driver = await connected(dut)
    board.axi_dma_0.recvchannel.stuck = True
    said = await refused(lambda: driver.run(vectors))
    assert said.startswith("send channel: not done after 0.0001 s")
    assert "sink does not take more: check S2MM, and that it was started first" in said
    assert all(buffer.freed for buffer in board.buffers)
    # Nobody sends.
    board, driver = await connected(dut)
    board.axi_dma_0.sendchannel.stuck = True
    said = await refused(lambda: driver.run(vectors))
    assert said.startswith("send channel: not done after 0.0001 s; no line reached the engine")
    assert "all counters 0" in said
    # The GPIO says a taller frame: no beat of it is the last one of a frame.
    board, driver = await connected(dut)
    board.axi_gpio_0.write = lambda offset, word: type(board.axi_gpio_0).write(
        board.axi_gpio_0, offset, word + (1 << 16)
    )
    said = await refused(lambda: driver.run(vectors))
    assert said.startswith("receive channel: not done after 0.0001 s; the frame left the engine")
    assert "check TLAST and the length at S2MM" in said


def test_a_frame_whose_source_stopped_is_aborted(sim: str, tmp_path: Path, seed: int) -> None:
    drive(sim, written(tmp_path, seed), tmp_path, seed, "aborts")


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def aborts(dut: Dut) -> None:
    from deconv4k.rtl.registers import REGISTERS

    vectors = manifest.read("set")
    board, driver = await connected(dut)
    errors, status = (REGISTERS[name] for name in ("ERRORS", "STATUS"))
    await bridge(driver.load)(vectors.config, *vectors.kernel())
    await bridge(driver.write)("CONTROL", REGISTERS["CONTROL"].word(ENABLE=1))
    # Nothing runs: nothing happens.
    await bridge(driver.abort)()
    assert await bridge(driver.read)("ERRORS") == 0

    async def stops(beats: int) -> None:
        """A DMA that sends so many beats of a frame of the largest size, and no more."""
        video = vectors.config.video
        board.axi_gpio_0.dut.size.value = video.height << 16 | video.width
        source = board.axi_dma_0.sendchannel.source
        await source.send(AxiStreamFrame(bytes(range(beats))))
        await source.wait()
        assert status.values(await bridge(driver.read)("STATUS"))["RUNNING"]

    # The sink takes nothing: a line says so.
    await stops(3)
    said = await refused(driver.abort)
    assert said.startswith("abort: not over after 0.0001 s, a frame is stuck in the engine")
    said = await refused(driver.reset)
    assert said.startswith("soft reset: not over after 0.0001 s, a frame is stuck in the engine")
    dut.m_axis_dma_tready.value = 1
    await bridge(driver.abort)()
    await bridge(driver.reset)()
    await bridge(driver.write)("CONTROL", REGISTERS["CONTROL"].word(ENABLE=1))
    await stops(3)
    await bridge(driver.abort)()
    found = errors.values(await bridge(driver.read)("ERRORS"))
    assert found == {**dict.fromkeys(found, 0), "ABORTED": 1}
    assert await bridge(driver.read)("FRAMES_OUT") == 1
    assert await bridge(driver.read)("CONTROL") == 1
    dut.m_axis_dma_tready.value = 0
    results = await bridge(driver.run)(vectors)
    assert all(each.passed for each in results)


def test_a_stale_cache_is_told_from_a_wrong_engine(sim: str, tmp_path: Path, seed: int) -> None:
    drive(sim, written(tmp_path, seed), tmp_path, seed, "stale")


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def stale(dut: Dut) -> None:
    vectors = manifest.read("set")
    board, driver = await connected(dut)
    allocate = board.allocate

    def forgetful(call: str) -> Callable[..., Any]:
        def make(shape: tuple[int, ...], dtype: Any) -> Any:
            buffer = allocate(shape, dtype)
            setattr(buffer, call, lambda: None)
            return buffer

        return make

    driver._allocate = forgetful("flush")
    for each in await bridge(driver.run)(vectors):
        assert any(line.startswith("SIGNATURE_IN ") for line in each.wrong)
        assert not any("damaged after it" in line for line in each.wrong)
    driver._allocate = forgetful("invalidate")
    for each in await bridge(driver.run)(vectors):
        assert any(line.endswith("damaged after it, DMA or cache") for line in each.wrong)
        assert not any(line.startswith("SIGNATURE_") for line in each.wrong)


def test_an_engine_of_another_configuration_is_refused(sim: str, tmp_path: Path, seed: int) -> None:
    config = written(tmp_path, seed)
    other = replace(config, video=replace(config.video, height=config.video.height + 1))
    drive(sim, other, tmp_path, seed, "other")


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def other(dut: Dut) -> None:
    p, _ = case()
    _, driver = await connected(dut)
    vectors = manifest.read("set")
    said = await refused(lambda: driver.run(vectors))
    assert said.startswith(
        f"CONFIG_HASH {p['CONFIG_HASH']:08x}; the set is for {vectors.config.digest:08x}"
    )
    # With the same hash, a register still tells.
    right = driver.read
    driver.read = lambda register: (  # type: ignore[method-assign]  # of this one object
        vectors.config.digest if register == "CONFIG_HASH" else right(register)
    )
    said = await refused(lambda: driver.run(vectors))
    assert said.startswith("MAXIMUM ")


def test_a_kernel_is_refused(sim: str, tmp_path: Path, seed: int) -> None:
    """An engine for narrower weights than the set's, which says the set's hash."""
    config = written(tmp_path, seed)
    drive(sim, config, tmp_path, seed, "kernels")


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def kernels(dut: Dut) -> None:
    board, driver = await connected(dut)
    vectors = manifest.read("set")
    config = vectors.config
    weights, bias = vectors.kernel()
    registers, written = board.deconv_axi_0, type(board.deconv_axi_0).write
    from deconv4k.rtl.registers import REGISTERS

    at = REGISTERS["KERNEL_DATA"].address
    # A bit stuck on the way to the registers: a code that does not fit 10 bits.
    registers.write = lambda offset, word: written(
        registers, offset, word ^ 0x4000 if offset == at else word
    )
    said = await refused(lambda: driver.load(config, weights, bias))
    assert said.startswith("kernel: ERRORS.KERNEL_REFUSED; allowed: 5 words (5 were written)")
    # A write that gets lost.
    registers.write = lambda offset, word: (
        None if offset == at and word == 0xFFFF else written(registers, offset, word)
    )
    lost = weights.copy()
    lost.reshape(-1)[:2] = (-1, 0)
    said = await refused(lambda: driver.load(config, lost, bias))
    assert said.startswith("kernel: KERNEL_COUNT 4 after 5 words")
    # A kernel that was committed, and no frame that takes it; the first one is taken at once.
    registers.write = lambda offset, word: written(registers, offset, word)
    await bridge(driver.load)(config, weights, bias)
    await bridge(driver.load)(config, lost, bias)
    said = await refused(lambda: driver.load(config, weights, bias))
    assert said.startswith("kernel: STATUS.KERNEL_LOCKED for 0.0001 s")


def test_parts_that_an_overlay_lacks_are_named() -> None:
    class Overlay:
        axi_dma_0 = None

    with pytest.raises(InputError, match="no deconv_axi_0, axi_gpio_0; allowed: names of its"):
        zynq.Host(Overlay(), lambda **_: None)
