"""AXI4-Lite to accesses: each once, in order, and no direction waits for the other's answers."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import cocotb
import pytest

from deconv4k._shared import checkout
from handles import Dut
from harness import case, edge, reset, run, runs, settle

LATENCY = 2
"""Clocks from the last half of a request to its answer, if the other direction is idle."""

REQUESTS = {"aw": ("awaddr",), "w": ("wdata", "wstrb"), "ar": ("araddr",)}
ANSWERS = {"b": ("bresp",), "r": ("rresp", "rdata")}
OUTPUTS = ("awready", "wready", "arready", "bvalid", "rvalid", "bresp", "rresp", "rdata")
BLOCK = ("write_ack", "write_error", "read_ack", "read_error", "read_data")


@runs("address", [8, 12])
def test_axil(sim: str, address: int, tmp_path: Path, seed: int) -> None:
    run(sim, "deconv_axil", {"ADDR_W": address}, tmp_path, seed)


PROOF = """
from sys import argv
from pyosys import libyosys
design = libyosys.Design()
for line in (
    *(f"read_verilog -sv -formal {path}" for path in argv[1:]),
    "prep -top axil_proof -flatten", "async2sync", "chformal -lower",
    "sat -tempinduct -prove-asserts -verify -set-at 1 rst 1 -seq 1 -maxsteps 6 axil_proof",
):
    libyosys.run_pass(line, design)
"""

WRONG = {
    "B waits for R": ("!b_q;", "!b_q && !r_q;"),
    "R waits for B": ("ar_q && !r_q;", "ar_q && !r_q && !b_q;"),
    "B replaced": ("aw_q && w_q && !b_q;", "aw_q && w_q;"),
    "R falls": ("if (s_axil_rready) r_q", "if (s_axil_rready || s_axil_bready) r_q"),
    "data taken twice": ("            w_q <= 1'b0;\n            b_q", "            b_q"),
}


@pytest.mark.parametrize("name", ["", *WRONG])
def test_proof(name: str, tmp_path: Path) -> None:
    """axil_proof.v holds for all inputs, and fails for each fault."""
    from deconv4k._shared import tooling

    text = (checkout.ROOT / "hw" / "axi" / "deconv_axil.v").read_text()
    if name:
        before, after = WRONG[name]
        assert text.count(before) == 1
        text = text.replace(before, after)
    (tmp_path / "deconv_axil.v").write_text(text)
    proof = str(tooling.plain(checkout.ROOT / "tb" / "axil_proof.v"))
    files = [str(tmp_path / "deconv_axil.v"), proof]
    command = [sys.executable, "-c", PROOF, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    verdict = "proof did fail!" if name else "Induction step proven: SUCCESS!"
    assert verdict in said, said[-1500:]
    assert (done.returncode == 0) == (not name)


class Bench:
    """A master that offers and takes as it is told, a block behind, and the account of both."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        _, self.rng = case()

    async def reset(self) -> None:
        bus = [name for names in REQUESTS.values() for name in names]
        bus += [f"{channel}valid" for channel in REQUESTS] + [f"{each}ready" for each in ANSWERS]
        inputs = [f"s_axil_{name}" for name in bus]
        await reset(self.dut, **dict.fromkeys([*inputs, *BLOCK], 0))
        self.now = 0
        self.offered: dict[str, tuple[int, ...]] = {}
        self.taken: dict[str, list[tuple[int, ...]]] = {channel: [] for channel in REQUESTS}
        self.due: dict[str, list[tuple[int, ...]]] = {channel: [] for channel in ANSWERS}
        self.held: dict[str, tuple[int, ...]] = {}
        self.clocks: dict[str, list[int]] = {name: [] for name in (*REQUESTS, *ANSWERS)}
        """When each request was taken, and each answer came."""

    def get(self, name: str) -> int:
        return int(getattr(self.dut, name).value)

    async def clock(self, *wants: str) -> None:
        """One clock, in which the master offers the requests and takes the answers it wants."""
        dut, rng = self.dut, self.rng
        for channel, names in REQUESTS.items():
            if channel in wants and channel not in self.offered:
                self.offered[channel] = tuple(
                    rng.getrandbits(len(getattr(dut, f"s_axil_{name}"))) for name in names
                )
            getattr(dut, f"s_axil_{channel}valid").value = int(channel in self.offered)
            for name, value in zip(names, self.offered.get(channel, (1, 1)), strict=False):
                getattr(dut, f"s_axil_{name}").value = value
        for channel in ANSWERS:
            getattr(dut, f"s_axil_{channel}ready").value = int(channel in wants)
        dut.write_ack.value = dut.read_ack.value = 0
        await settle()
        before = self._outputs()
        for channel in ANSWERS:
            self._judge(channel)
        if self.get("request"):
            self._act()
        for channel in REQUESTS:
            if channel in self.offered and self.get(f"s_axil_{channel}ready"):
                self.taken[channel].append(self.offered.pop(channel))
                self.clocks[channel].append(self.now)
        await settle()
        assert self._outputs() == before, "not from registers"
        await edge(dut)
        self.now += 1

    def _outputs(self) -> list[str]:
        return [str(getattr(self.dut, f"s_axil_{name}").value) for name in OUTPUTS]

    def _judge(self, channel: str) -> None:
        """An answer was asked for, is the oldest of its direction, and stands until it is taken."""
        valid, ready = (self.get(f"s_axil_{channel}{name}") for name in ("valid", "ready"))
        held = self.held.pop(channel, None)
        assert valid or held is None, f"{channel} fell before it was taken"
        if not valid:
            return
        assert self.due[channel], f"{channel} that nobody asked for"
        payload = tuple(self.get(f"s_axil_{name}") for name in ANSWERS[channel])
        assert payload == self.due[channel][0]
        if held is None:
            self.clocks[channel].append(self.now)
        if ready:
            self.due[channel].pop(0)
        else:
            self.held[channel] = payload

    def _act(self) -> None:
        """The block does what it is asked, which must be the oldest request of its direction."""
        dut, rng = self.dut, self.rng
        error, data = rng.getrandbits(1), rng.getrandbits(32)
        for name in ("write_error", "read_error"):
            getattr(dut, name).value = error
        dut.read_data.value = data
        address = self.get("address")
        if self.get("is_write"):
            assert address == self.taken["aw"].pop(0)[0] & ~3
            assert (self.get("write_data"), self.get("write_strb")) == self.taken["w"].pop(0)
            self.due["b"].append((2 * error,))
            dut.write_ack.value = 1
        else:
            assert address == self.taken["ar"].pop(0)[0] & ~3
            self.due["r"].append((2 * error, data))
            dut.read_ack.value = 1

    async def drain(self) -> None:
        """Take all answers; nothing is missing, and nothing comes that was not asked for."""
        for channel, half in (("aw", "w"), ("w", "aw")):
            while len(self.clocks[channel]) < len(self.clocks[half]) + (half in self.offered):
                await self.clock(channel, "b", "r")
        for _ in range(40):
            await self.clock("b", "r")
        assert not self.offered
        assert not any(self.taken.values())
        assert not any(self.due.values())
        assert len(self.clocks["aw"]) == len(self.clocks["w"]) == len(self.clocks["b"])
        assert len(self.clocks["ar"]) == len(self.clocks["r"])


@cocotb.test()
async def any_pattern(dut: Dut) -> None:
    bench = Bench(dut)
    rng = bench.rng
    await bench.reset()
    for _ in range(60):
        chances = {name: rng.choice([0.05, 0.3, 0.8, 1.0]) for name in bench.clocks}
        for _ in range(40):
            await bench.clock(*(name for name, chance in chances.items() if rng.random() < chance))
    await bench.drain()
    assert min(len(clocks) for clocks in bench.clocks.values()) > 200


@cocotb.test()
async def an_answer_holds_back_its_own_direction_only(dut: Dut) -> None:
    bench = Bench(dut)
    for idle, busy, requests in (("r", "b", ("aw", "w")), ("b", "r", ("ar",))):
        await bench.reset()
        for _ in range(10):
            await bench.clock(*REQUESTS)
        # Both directions are full: an answer that waits, and a request behind it.
        assert len(bench.clocks["ar"]) == len(bench.clocks["aw"]) == 2
        assert set(bench.held) == set(ANSWERS)
        before = len(bench.clocks[busy])
        for _ in range(200):
            await bench.clock(*requests, busy)
        assert len(bench.clocks[busy]) - before >= 99
        assert len(bench.clocks[idle]) == 1
        await bench.drain()


@cocotb.test()
async def one_answer_only_after_the_other(dut: Dut) -> None:
    """A master that asks for both and takes one when it has the other."""
    bench = Bench(dut)
    for first, second in (("b", "r"), ("r", "b")):
        await bench.reset()
        for number in range(1, 51):
            await bench.clock(*REQUESTS)
            for channel in (first, second):
                clocks = 0
                while len(bench.clocks[channel]) < number or channel in bench.held:
                    await bench.clock(channel)
                    clocks += 1
                    assert clocks < 10, f"{channel} hangs"
        await bench.drain()


@cocotb.test()
async def latency_and_throughput(dut: Dut) -> None:
    bench = Bench(dut)
    for order in (("aw", "w"), ("w", "aw")):
        for skew in (0, 1, 9):
            await bench.reset()
            await bench.clock(order[0], *(order[1:] if skew == 0 else ()))
            for _ in range(skew - 1):
                await bench.clock()
            if skew:
                await bench.clock(order[1])
            await bench.drain()
            assert bench.clocks["b"][0] - bench.clocks[order[1]][0] == LATENCY
    await bench.reset()
    await bench.clock("ar")
    await bench.drain()
    assert bench.clocks["r"][0] - bench.clocks["ar"][0] == LATENCY
    # Asked for at once, the read waits a clock.
    await bench.reset()
    await bench.clock(*REQUESTS)
    await bench.drain()
    waited = [bench.clocks[channel][0] - bench.clocks["aw"][0] for channel in ("b", "r")]
    assert waited == [LATENCY, LATENCY + 1]
    for directions in (REQUESTS, ("aw", "w"), ("ar",)):
        await bench.reset()
        for _ in range(100):
            await bench.clock(*directions, *ANSWERS)
        asked = bench.clocks["ar" if "ar" in directions else "aw"]
        assert {later - earlier for earlier, later in pairwise(asked[4:])} == {2}
        await bench.drain()


@cocotb.test()
async def reset_forgets(dut: Dut) -> None:
    bench = Bench(dut)
    for wants in (("aw",), ("w",), ("ar",), tuple(REQUESTS)):
        for clocks in range(1, 5):
            await bench.reset()
            for _ in range(clocks):
                await bench.clock(*wants)
            await bench.reset()
            for _ in range(5):
                await bench.clock(*ANSWERS)
            await bench.clock(*REQUESTS)
            await bench.drain()
            assert all(len(seen) == 1 for seen in bench.clocks.values())
