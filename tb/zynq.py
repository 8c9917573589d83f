"""A Zynq board as PYNQ shows it, around bench_dma.v: registers, GPIO, AXI DMA and memory.

Calls come from a thread in which the driver runs (`cocotb.task.bridge`); each one that touches the
hardware goes back to the simulator and takes its time there.
"""

from __future__ import annotations

from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.task import Task, resume
from cocotb.triggers import ClockCycles, RisingEdge, Timer
from cocotb.utils import get_sim_time
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSource,
)

from handles import Dut

PERIOD = 2
"""Of the clock, in ns."""


class Buffer(np.ndarray[Any, Any]):
    """Memory behind a cache: the processor sees the array, the DMA sees `memory`."""

    memory: np.ndarray[Any, Any]
    freed: bool

    def flush(self) -> None:
        self.memory[:] = self

    def invalidate(self) -> None:
        self[:] = self.memory

    def freebuffer(self) -> None:
        self.freed = True


class Board:
    """An overlay: parts by their names in the block design."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        self.buffers: list[Buffer] = []
        self.deconv_axi_0 = Registers(dut)
        self.axi_gpio_0 = Gpio(dut)
        self.axi_dma_0 = Dma(dut)

    async def start(self) -> None:
        dut = self.dut
        dut.size.value = 0
        dut.m_axis_dma_tready.value = 0
        dut.aresetn.value = 0
        Clock(dut.aclk, PERIOD, "ns").start()
        await ClockCycles(dut.aclk, 4)
        dut.aresetn.value = 1
        await ClockCycles(dut.aclk, 4)

    def allocate(self, shape: tuple[int, ...], dtype: Any) -> Buffer:
        buffer = np.zeros(shape, dtype).view(Buffer)
        buffer.memory = np.zeros(shape, dtype)
        buffer.freed = False
        self.buffers.append(buffer)
        return buffer

    @staticmethod
    def seconds() -> float:
        return float(get_sim_time("sec"))


class Registers:
    """deconv_axi's, by AXI4-Lite."""

    def __init__(self, dut: Dut) -> None:
        bus = AxiLiteBus.from_prefix(dut, "s_axi_control")
        self.master = AxiLiteMaster(bus, dut.aclk, dut.aresetn, reset_active_level=False)

    @resume
    async def read(self, offset: int) -> int:
        return int(await self.master.read_dword(offset))

    @resume
    async def write(self, offset: int, word: int) -> None:
        await self.master.write_dword(offset, word)


class Gpio:
    """An AXI GPIO, all outputs: its data register is at offset 0."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut

    @resume
    async def write(self, offset: int, word: int) -> None:
        assert offset == 0
        self.dut.size.value = word
        await RisingEdge(self.dut.aclk)


class Dma:
    """An AXI DMA without scatter-gather."""

    def __init__(self, dut: Dut) -> None:
        self.sendchannel = Send(dut)
        self.recvchannel = Receive(dut)


class Channel:
    """What both directions share, by the names of PYNQ's driver."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        self.buffer: Buffer | None = None
        self.failed = False
        self.stuck = False
        self.task: Task[None] | None = None

    async def move(self, memory: np.ndarray[Any, Any]) -> None:
        raise NotImplementedError

    @resume
    async def _begin(self, memory: np.ndarray[Any, Any]) -> None:
        self.task = cocotb.start_soon(self.move(memory))

    def transfer(self, buffer: Buffer) -> None:
        if self.task is not None and not self.task.done():
            raise RuntimeError("DMA channel not idle")
        assert not buffer.freed
        self.buffer = buffer
        if not self.stuck:
            self._begin(buffer.memory.reshape(-1).view(np.uint8))

    @resume
    async def _status(self) -> tuple[bool, bool]:
        """Idle, error; the read takes its time."""
        await Timer(20 * PERIOD, "ns")
        done = self.task is not None and self.task.done() and not self.stuck
        return done and not self.failed, self.failed

    @property
    def idle(self) -> bool:
        return self._status()[0]

    @property
    def error(self) -> bool:
        return self._status()[1]

    def wait(self) -> None:
        while not self.idle:
            pass


class Send(Channel):
    """MM2S: the packet's TLAST on its last beat."""

    def __init__(self, dut: Dut) -> None:
        super().__init__(dut)
        bus = AxiStreamBus.from_prefix(dut, "s_axis_dma")
        self.source = AxiStreamSource(bus, dut.aclk, dut.aresetn, reset_active_level=False)

    def transfer(self, buffer: Buffer) -> None:
        buffer.flush()
        super().transfer(buffer)

    async def move(self, memory: np.ndarray[Any, Any]) -> None:
        await self.source.send(AxiStreamFrame(memory.tobytes()))
        await self.source.wait()


class Receive(Channel):
    """S2MM: takes beats up to TLAST; one that does not fit the buffer any more is an error."""

    async def move(self, memory: np.ndarray[Any, Any]) -> None:
        dut = self.dut
        size = len(dut.m_axis_dma_tdata) // 8
        at = 0
        dut.m_axis_dma_tready.value = 1
        while True:
            await RisingEdge(dut.aclk)
            if not int(dut.m_axis_dma_tvalid.value):
                continue
            if at + size > len(memory):
                self.failed = True
                break
            beat = int(dut.m_axis_dma_tdata.value).to_bytes(size, "little")
            memory[at : at + size] = np.frombuffer(beat, np.uint8)
            at += size
            if int(dut.m_axis_dma_tlast.value):
                break
        dut.m_axis_dma_tready.value = 0

    def wait(self) -> None:
        super().wait()
        assert self.buffer is not None
        self.buffer.invalidate()
