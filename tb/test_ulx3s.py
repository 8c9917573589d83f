"""The board's self-test, whole: the text on its serial line, and that a fault turns it red."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cocotb
import pytest
from cocotb.clock import Clock
from cocotb.queue import Queue
from cocotb.triggers import FallingEdge, Timer

from deconv4k.sim import sources
from handles import Dut
from harness import case, run, runs

PERIOD = 2
"""Of the clock, in ns."""

DIVISOR = 4
LINE = re.compile(
    r"D4K v1 (PASS|FAIL)"
    r"((?: (?:cfg|krn|in|out|exp|frames|errors|stalled|clocks)=[0-9a-f]{8}){9})\r\n"
)


def layer_of(seed: int) -> tuple[Any, Any]:
    """Configuration with a small frame, and its weights."""
    import numpy as np

    from points import POINTS

    source = POINTS["x2_k3_4ppc_3ch_signed"]
    config = replace(source, video=replace(source.video, width=11, height=7))
    layer, weight = config.layer, config.formats.weight
    shape = (layer.in_channels, 1, layer.kernel, layer.kernel)
    random = np.random.default_rng(seed)
    return config, random.integers(weight.min_code, weight.max_code + 1, shape)


def design(folder: Path, seed: int) -> tuple[dict[str, Any], dict[str, int]]:
    """Parameters of the top for a small frame, and the words that its lines must hold."""
    from deconv4k import golden
    from deconv4k.board import bitstream
    from deconv4k.rtl import design, selftest, signature

    config, weights = layer_of(seed)
    parameters = bitstream.parameters(
        bitstream.BOARDS["ulx3s"], config, weights, folder / "kernel.hex", 125
    )
    frame = selftest.frame(config)
    out = signature.output_frame(config, golden.run(config, frame, weights))
    words = {
        "cfg": config.digest,
        "krn": signature.kernel(config, weights),
        "in": signature.input_frame(config, frame),
        "out": out,
        "exp": out,
        "errors": 0,
        "clocks": design.clocks(config, 7, 11).last,
    }
    return {**parameters, "DIVISOR": DIVISOR}, words


@runs("target", ["", "ecp5"])
def test_the_text_is_of_the_frame(sim: str, target: str, tmp_path: Path, seed: int) -> None:
    parameters, words = design(tmp_path, seed)
    run(sim, "deconv_ulx3s", parameters, tmp_path, seed, target=target, only="clean", words=words)
    status, text = judged(tmp_path, seed)
    assert (status, text[:6]) == (0, "clean:"), text


def judged(folder: Path, seed: int) -> tuple[int, str]:
    """What `deconv4k diff` says of the serial line: exit status and text."""
    from click.testing import CliRunner

    from deconv4k.board import bitstream
    from deconv4k.cli import cli
    from deconv4k.vectors import sets

    config, weights = layer_of(seed)
    manifest = sets.write(folder / "set", bitstream.recipe("ulx3s", config, weights), ["npz"])
    said = CliRunner().invoke(cli, ["diff", str(manifest), str(folder / "uart.log"), "--quiet"])
    return said.exit_code, said.output


def _stuck_bit(text: str) -> str:
    return text.replace("rd_q  <= mem[rd_addr];", "rd_q  <= mem[rd_addr] | 4;")


def _column_not_stored(text: str) -> str:
    return text.replace("pixel_wr_q2 <= step_pixel;", "if (step_x != 3) pixel_wr_q2 <= step_pixel;")


FAULTS: dict[str, tuple[str, Callable[[str], str]]] = {
    "stuck bit in a line memory": ("deconv_ram", _stuck_bit),
    "column of a line not stored": ("deconv_line_buffer", _column_not_stored),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_engine_turns_it_red(
    sim: str, fault: str, tmp_path: Path, seed: int
) -> None:

    name, change = FAULTS[fault]
    parameters, words = design(tmp_path, seed)
    files = sources.of("deconv_ulx3s")
    (at,) = [n for n, path in enumerate(files) if path.stem == name]
    text = files[at].read_text()
    changed = tmp_path / f"{name}.v"
    changed.write_text(change(text))
    assert changed.read_text() != text
    files[at] = changed
    del words["out"], words["clocks"]
    run(sim, "deconv_ulx3s", parameters, tmp_path, seed, files=files, only="red", words=words)
    status, text = judged(tmp_path, seed)
    assert status == 1
    assert "output" in text


def test_a_wrong_kernel_turns_it_red(sim: str, tmp_path: Path, seed: int) -> None:
    """One bit of a weight in the file that the bitstream is made of."""
    parameters, words = design(tmp_path, seed)
    kernel = tmp_path / "kernel.hex"
    lines = kernel.read_text().split()
    lines[0] = f"{int(lines[0], 16) ^ 1:08x}"
    kernel.write_text("\n".join(lines) + "\n")
    del words["out"], words["clocks"], words["krn"]
    run(sim, "deconv_ulx3s", parameters, tmp_path, seed, only="red", words=words)
    status, text = judged(tmp_path, seed)
    assert status == 1
    assert "kernel" in text


class Receiver:
    """A serial port, 8N1, that samples the middle of each bit and misses none."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        self.bytes: Queue[int] = Queue()
        cocotb.start_soon(self._listen())

    async def _listen(self) -> None:
        while True:
            self.bytes.put_nowait(await self._byte())

    async def _byte(self) -> int:
        bit = DIVISOR * PERIOD
        await FallingEdge(self.dut.ftdi_rxd)
        await Timer(bit // 2, "ns")
        assert self.dut.ftdi_rxd.value == 0
        value = 0
        for n in range(8):
            await Timer(bit, "ns")
            value |= int(self.dut.ftdi_rxd.value) << n
        await Timer(bit, "ns")
        assert self.dut.ftdi_rxd.value == 1, "no stop bit"
        return value

    async def line(self) -> tuple[str, dict[str, int]]:
        """Verdict and words of the next line."""
        text = ""
        while not text.endswith("\n"):
            text += chr(await self.bytes.get())
        with open("uart.log", "a", newline="") as log:
            log.write(text)
        match = LINE.fullmatch(text)
        assert match is not None, repr(text)
        words = {}
        for pair in match[2].split():
            name, digits = pair.split("=")
            words[name] = int(digits, 16)
        return match[1], words


async def start(dut: Dut) -> Receiver:
    dut.btn.value = 0
    Clock(dut.clk_25mhz, PERIOD, "ns").start()
    while not dut.led.value.is_resolvable or not int(dut.led.value) >> 3 & 1:
        await Timer(PERIOD, "ns")
    await Timer(10 * PERIOD, "ns")
    assert dut.ftdi_rxd.value == 1
    assert dut.wifi_gpio0.value == 1
    return Receiver(dut)


@cocotb.test(timeout_time=300, timeout_unit="us")
async def clean(dut: Dut) -> None:
    p, _ = case()
    expected = p["words"]
    receiver = await start(dut)
    verdict, words = await receiver.line()
    assert (verdict, words) == ("PASS", {**expected, "frames": 1, "stalled": 0})
    assert int(dut.led.value) & 0b1011 == 0b1001
    later, words = await receiver.line()
    assert later == "PASS"
    frames = words["frames"]
    assert frames > 1
    # The output held: counted to the clock, and no pixel changes.
    dut.btn.value = 0b10
    await Timer(1500 * PERIOD, "ns")
    dut.btn.value = 0
    while words["frames"] < frames + 8:
        verdict, words = await receiver.line()
        assert verdict == "PASS"
        for name in ("in", "out", "errors"):
            assert words[name] == expected[name]
    assert 1000 < words["stalled"] <= 1500
    # Reset, until the serial line is idle: everything from the beginning.
    dut.btn.value = 0b01
    await Timer(8000 * PERIOD, "ns")
    dut.btn.value = 0
    while words["frames"] != 1:
        verdict, words = await receiver.line()
    assert (verdict, words) == ("PASS", {**expected, "frames": 1, "stalled": 0})


@cocotb.test(timeout_time=300, timeout_unit="us")
async def red(dut: Dut) -> None:
    p, _ = case()
    receiver = await start(dut)
    for _ in range(2):
        verdict, words = await receiver.line()
        assert verdict == "FAIL"
        assert words["out"] != words["exp"]
        assert {name: words[name] for name in p["words"]} == p["words"]
        assert int(dut.led.value) & 0b1011 == 0b1010
