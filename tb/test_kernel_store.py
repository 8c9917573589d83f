"""Sets written, committed, claimed and taken, right and wrong, against a model by clock."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import cocotb
import numpy as np

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

CASES: dict[str, dict[str, Any]] = {
    "power_up": {"C_IN": 1, "K": 3, "WEIGHT_W": 10, "POWER_UP": "power_up.hex"},
    "bias": {"C_IN": 2, "K": 2, "WEIGHT_W": 16, "BIAS_W": 20, "POWER_UP": ""},
    "one_weight_a_word": {"C_IN": 1, "K": 2, "WEIGHT_W": 18, "BIAS_W": 32, "POWER_UP": ""},
    "one_word": {"C_IN": 1, "K": 1, "WEIGHT_W": 32, "POWER_UP": "one_word.hex"},
    "unsigned": {
        "C_IN": 3,
        "K": 1,
        "WEIGHT_W": 8,
        "WEIGHT_SIGNED": 0,
        "BIAS_W": 12,
        "BIAS_SIGNED": 0,
        "POWER_UP": "unsigned.hex",
    },
    "refused_power_up": {"C_IN": 1, "K": 3, "WEIGHT_W": 10, "POWER_UP": "refused_power_up.hex"},
    "default_size": {"C_IN": 1, "K": 9, "WEIGHT_W": 10, "POWER_UP": "default_size.hex"},
}


def test_kernel_store(sim: str, tmp_path: Path, seed: int) -> None:
    points = {name: make_point(name, tmp_path, seed) for name in CASES}
    run_points(sim, "deconv_kernel_store", points, tmp_path, seed)


def make_point(name: str, folder: Path, seed: int) -> dict[str, Any]:
    """The parameters of a case and its sets of weights, the first one also as a file."""
    from deconv4k.config import Config
    from deconv4k.rtl import signature

    p: dict[str, Any] = {"WEIGHT_SIGNED": 1, "BIAS_W": 0, "BIAS_SIGNED": 1, **CASES[name]}
    kind = {1: "ap_fixed", 0: "ap_ufixed"}
    formats = {
        "pixel": "ap_ufixed<8,8>",
        "weight": f"{kind[p['WEIGHT_SIGNED']]}<{p['WEIGHT_W']},{p['WEIGHT_W']}>",
        "output": "ap_ufixed<8,8>",
    }
    if p["BIAS_W"]:
        formats["bias"] = f"{kind[p['BIAS_SIGNED']]}<{p['BIAS_W']},{p['BIAS_W']}>"
    layer = {"kernel": p["K"], "stride": 1, "in_channels": p["C_IN"]}
    config = Config.from_dict({"layer": layer, "formats": formats})
    noise = np.random.default_rng(seed)

    def codes(format_name: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
        target = getattr(config.formats, format_name)
        return noise.integers(target.min_code, target.max_code, shape, endpoint=True)

    # The golden model says what software writes and what the signature is.
    sets: list[dict[str, Any]] = []
    for _ in range(20):
        weights = codes("weight", (p["C_IN"], 1, p["K"], p["K"]))
        bias = int(codes("bias", (1,))[0]) if p["BIAS_W"] else None
        sets.append(
            {
                "words": signature.kernel_words(config, weights, bias),
                "signature": signature.kernel(config, weights, bias),
                "kernel": [int(code) for code in weights.reshape(-1)],
                "bias": bias or 0,
            }
        )
    text = "".join(f"{word:08x}\n" for word in sets[0]["words"])
    if name == "refused_power_up":
        text = "00000200\n" + text.split("\n", 1)[1]  # 512 needs 11 bits
    (folder / f"{name}.hex").write_text(text)
    return {**p, "sets": sets, "refused": name == "refused_power_up"}


class Bench:
    """The store with a model of it: every clock all outputs are compared."""

    def __init__(self, dut: Dut) -> None:
        self.dut = dut
        self.p, self.rng = case()
        self.sets: list[dict[str, Any]] = self.p["sets"]
        self.size = len(self.sets[0]["words"])
        self.checked = {"refused": 0, "ignored": 0, "taken": 0, "pending": 0}
        self.clear()

    def clear(self) -> None:
        """The model after reset."""
        self.written: list[int] = []
        self.since_commit: int | None = None  # clocks since the commit, None: nothing is locked
        self.claimed = False
        self.loading = self.p["POWER_UP"] != ""
        self.active: dict[str, Any] | None = None
        self.running: dict[str, Any] | None = None  # `active` of the clock before
        self.pulses = {"refused": 0, "ignored": 0, "taken": 0}

    async def reset(self) -> None:
        idle = {"data": 0, "write": 0, "partial": 0, "start": 0, "commit": 0}
        await reset(self.dut, **idle, kernel_claim=0, kernel_take=0, core_reset=0)
        self.clear()

    def packed(self, codes: list[int]) -> int:
        """The codes as the core's `kernel` has them, the first lowest."""
        width = self.p["WEIGHT_W"]
        return sum((code % 2**width) << (width * at) for at, code in enumerate(codes))

    @property
    def pending(self) -> bool:
        ready = self.since_commit is not None and self.since_commit >= 2
        return ready and self.active is not None and not self.claimed

    def check(self) -> None:
        """Compare every output with the model."""
        dut = self.dut
        assert int(dut.count.value) == min(len(self.written), self.size + 1)
        assert int(dut.loaded.value) == (self.active is not None)
        assert int(dut.locked.value) == (self.since_commit is not None)
        assert int(dut.pending.value) == self.pending
        self.checked["pending"] += self.pending
        for name, expected in self.pulses.items():
            assert int(getattr(dut, name).value) == expected, name
            self.checked[name] += expected
        if self.running is not None:
            assert int(dut.kernel.value) == self.packed(self.running["kernel"])
            bits = self.p["BIAS_W"] or 1
            assert int(dut.bias.value) == self.running["bias"] % 2**bits
        if self.active is not None:
            assert int(dut.signature.value) == self.active["signature"]

    async def clock(
        self,
        *,
        write: int | None = None,
        partial: bool = False,
        start: bool = False,
        commit: bool = False,
        claim: bool = False,
        take: bool = False,
        core_reset: bool = False,
    ) -> None:
        """One clock with these inputs, for the store and the model."""
        dut = self.dut
        dut.write.value = int(write is not None)
        dut.data.value = self.rng.getrandbits(32) if write is None else write
        dut.partial.value = int(partial if write is not None else self.rng.random() < 0.5)
        dut.start.value, dut.commit.value = int(start), int(commit)
        dut.kernel_claim.value, dut.kernel_take.value = int(claim), int(take)
        dut.core_reset.value = int(core_reset)
        await settle()
        self.check()
        await edge(dut)
        await settle()

        locked = self.since_commit is not None
        closed = locked or self.loading
        self.pulses = {"refused": 0, "ignored": 0, "taken": 0}
        self.pulses["ignored"] = int(closed and (start or commit or write is not None))
        if self.since_commit is not None:
            self.since_commit += 1
        if not closed:
            if commit:
                good = next((s for s in self.sets if s["words"] == self.written), None)
                if start or good is None:
                    self.pulses["refused"] = 1
                else:
                    self.since_commit, self.offered = 1, good
            if start:
                self.written = []
            elif write is not None:
                self.written.append(-1 if partial else write)
        self.claimed = (self.claimed or claim) and not core_reset
        self.running = self.active
        settled = self.since_commit is not None and self.since_commit >= 3
        if settled and ((take and not core_reset) or self.active is None):
            self.active, self.since_commit = self.offered, None
            self.claimed, self.written = False, []
            self.pulses["taken"] = 1

    async def power_up(self) -> None:
        """From reset until the set of the file is active, while software is ignored."""
        dut = self.dut
        if not self.loading:
            return
        clocks, refused, ignored, tried = 0, 0, 0, 0
        while clocks < self.size + 4:
            inputs = [int(self.rng.random() < 0.2 and clocks < self.size) for _ in range(3)]
            dut.write.value, dut.start.value, dut.commit.value = inputs
            dut.data.value = self.rng.getrandbits(32)
            dut.partial.value = int(self.rng.random() < 0.5)
            tried += int(any(inputs))
            await settle()
            refused += int(dut.refused.value)
            ignored += int(dut.ignored.value)
            assert not int(dut.loaded.value), "loaded too early"
            await edge(dut)
            clocks += 1
        await settle()
        self.loading = False
        assert ignored == tried
        assert refused == self.p["refused"]
        if self.p["refused"]:
            # What was refused still stands in the written set.
            assert not int(dut.loaded.value)
            self.written = [-1] * self.size
            return
        self.active, self.written = self.sets[0], []
        self.pulses = {"refused": 0, "ignored": 0, "taken": 1}

    async def send(self, words: list[int], partial: int | None = None) -> None:
        """Write words; of the one numbered `partial`, only some bytes."""
        for number, word in enumerate(words):
            while self.rng.random() < 0.3:
                await self.clock()
            await self.clock(write=word, partial=number == partial)

    async def use(self) -> None:
        """Claim and take a committed set, some clocks apart, while software goes on trying."""
        loaded = self.active is not None
        for at in range(self.rng.choice([3, 3, 4, 9])):
            busy = self.rng.random() < 0.3 and at > 0
            locked = self.since_commit is not None
            if busy and locked:
                kind = self.rng.choice(["write", "start", "commit"])
                if kind == "write":
                    await self.clock(write=self.rng.getrandbits(32))
                else:
                    await self.clock(start=kind == "start", commit=kind == "commit")
            else:
                await self.clock()
        if not loaded:
            assert self.active is not None, "with nothing loaded, the first set needs no frame"
            return
        assert self.pending
        if self.rng.random() < 0.2:
            await self.clock(claim=True, take=True)
        else:
            await self.clock(claim=True)
            for _ in range(self.rng.choice([0, 1, 5])):
                assert not self.pending
                await self.clock(write=self.rng.getrandbits(32))
            if self.rng.random() < 0.3:
                await self.clock(core_reset=True, take=self.rng.random() < 0.5)
                await self.clock()
                assert self.pending
                await self.clock(claim=True)
            await self.clock(take=True)


def spoilt(p: dict[str, Any], words: list[int], rng: random.Random) -> list[int]:
    """The words with one code that does not fit, or none where every word is a code."""
    words = list(words)
    codes = p["C_IN"] * p["K"] ** 2
    field = 16 if p["WEIGHT_W"] <= 16 else 32
    bits = [
        (at * field // 32, at * field % 32 + bit)
        for at in range(codes)
        for bit in range(p["WEIGHT_W"], field)
    ]
    if field == 16 and codes % 2:
        bits += [(codes // 2, bit) for bit in range(16, 32)]
    bits += [(len(words) - 1, bit) for bit in range(p["BIAS_W"], 32) if p["BIAS_W"]]
    if bits:
        word, bit = rng.choice(bits)
        words[word] ^= 1 << bit
    return words


KINDS = ("good", "good", "few", "many", "spoilt", "partial", "again", "completed", "both")


@cocotb.test()
@at_points
async def sets_right_and_wrong(dut: Dut) -> None:
    bench = Bench(dut)
    p, rng = bench.p, bench.rng
    await bench.reset()
    await bench.power_up()
    for number in range(150):
        good = rng.choice(bench.sets)
        words = good["words"]
        kind = rng.choice(KINDS)
        if rng.random() < 0.7 or bench.written:
            await bench.clock(start=True)
        if kind == "good":
            await bench.send(words)
        elif kind == "few":
            await bench.send(words[:-1])
        elif kind == "many":
            await bench.send(words + [rng.getrandbits(32)] * rng.randint(1, 5))
        elif kind == "spoilt":
            await bench.send(spoilt(p, words, rng))
        elif kind == "partial":
            await bench.send(words, rng.randrange(len(words)))
        elif kind == "again":
            await bench.send(words[: rng.randint(0, len(words))])
            await bench.clock(start=True)
            await bench.send(words)
        elif kind == "completed":
            await bench.send(words[:-1])
            await bench.clock(commit=True)
            await bench.send(words[-1:])
        else:
            await bench.send(words)
            await bench.clock(start=True, commit=True)
        # A take that no set waits for means nothing.
        await bench.clock(commit=True, take=rng.random() < 0.2)
        if bench.since_commit is not None:
            await bench.use()
        else:
            assert kind not in ("good", "again", "completed")
        for _ in range(rng.randint(0, 2)):
            await bench.clock()
        if number % 40 == 39:
            # reset wherever that is: the set of the file, or none
            await bench.reset()
            await bench.power_up()
    await bench.clock()
    assert all(bench.checked.values()), bench.checked


@cocotb.test()
@at_points
async def reset_at_every_clock(dut: Dut) -> None:
    """Of writing, committing, claiming and taking a set: nothing of it is left."""
    bench = Bench(dut)
    words = bench.sets[1]["words"]
    steps: list[dict[str, Any]] = [{"start": True}, *({"write": word} for word in words)]
    steps += [{"commit": True}, {}, {}, {"claim": True}, {}, {"take": True}, {}]
    await bench.reset()
    await bench.power_up()
    for length in range(len(steps)):
        for step in steps[:length]:
            await bench.clock(**step)
        await bench.reset()
        await bench.power_up()
        await bench.clock()
        await bench.clock()
