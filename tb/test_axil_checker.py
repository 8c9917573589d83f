"""The checker of AXI4-Lite: silent on good traffic, and each broken rule is counted, alone."""

from __future__ import annotations

from pathlib import Path

import cocotb
from cocotb.types import LogicArray

import checkers
from handles import Dut
from harness import case, edge, run, settle

LIMIT = 8
PAYLOADS = {
    "aw": ("awaddr", "awprot"),
    "w": ("wdata", "wstrb"),
    "b": ("bresp",),
    "ar": ("araddr", "arprot"),
    "r": ("rdata", "rresp"),
}
Bus = dict[str, int | None]
"""What differs from an idle bus at one clock edge; a None is X."""


def test_axil_checker(sim: str, tmp_path: Path, seed: int) -> None:
    run(sim, "axil_checker", {"LIMIT": LIMIT}, tmp_path, seed, x=sim == "icarus")


def offer(channel: str, ready: int, value: int = 0) -> Bus:
    return {
        f"{channel}valid": 1,
        f"{channel}ready": ready,
        **dict.fromkeys(PAYLOADS[channel], value),
    }


def both(*buses: Bus) -> Bus:
    return {name: value for bus in buses for name, value in bus.items()}


RESET: list[Bus] = [{"rst": 1}, {"rst": 1}, {}]
ADDRESS, DATA, ANSWER = offer("aw", 1), offer("w", 1), offer("b", 1)
ASK, READ = offer("ar", 1), offer("r", 1)
GOOD: list[list[Bus]] = [
    [ADDRESS, DATA, ANSWER],
    [DATA, ADDRESS, {}, ANSWER],
    [both(ADDRESS, DATA), {}, offer("b", 0, 2), offer("b", 1, 2)],
    [offer("aw", 0), offer("aw", 1), offer("w", 0), offer("w", 1), offer("b", 0), ANSWER],
    # One under way while the next is asked for; answers wait, requests follow each other.
    [both(ADDRESS, DATA), both(ADDRESS, DATA, ANSWER), ANSWER],
    [both(ADDRESS, DATA), both(ADDRESS, DATA), offer("b", 0), ANSWER, ANSWER],
    [ADDRESS, ADDRESS, DATA, ANSWER, DATA, ANSWER],
    [ASK, READ],
    [offer("ar", 0), ASK, both(ASK, READ), offer("r", 0, 3), offer("r", 1, 3)],
    [both(ADDRESS, DATA, ASK), both(ANSWER, READ)],
    [both(ADDRESS, DATA, ASK), *[{}] * (LIMIT - 1), both(ANSWER, READ)],
    [both(offer("aw", 0), offer("w", 0), offer("ar", 0))] * (LIMIT - 2)
    + [both(ADDRESS, DATA, ASK), both(ANSWER, READ)],
    # An answer may wait as long as it likes, and so may a half of a write.
    [both(ADDRESS, DATA, ASK), *[both(offer("b", 0), offer("r", 0))] * 3 * LIMIT,
     both(ANSWER, READ)],
    [ADDRESS, *[{}] * 3 * LIMIT, DATA, ANSWER],
    # Nor does the other direction wait for it.
    [ASK, *[both(ADDRESS, DATA, offer("r", 0)), both(ANSWER, offer("r", 0))] * LIMIT, READ],
    [both(ADDRESS, DATA), *[both(ASK, offer("b", 0)), both(READ, offer("b", 0))] * LIMIT, ANSWER],
    # Reset forgets what was under way.
    [both(ADDRESS, DATA, ASK), *RESET, *[{}] * 2 * LIMIT, ADDRESS, *RESET, DATA, ADDRESS, ANSWER],
]  # fmt: skip
# A write and a read under way, so that any channel may have its turn.
OPEN = [both(ADDRESS, DATA, ASK)]


def faults() -> list[tuple[str, list[Bus]]]:
    """Each rule, and the traffic that breaks it once."""
    found: list[tuple[str, list[Bus]]] = []
    for channel, payload in PAYLOADS.items():
        prefix = channel.upper()
        before = OPEN if channel in ("b", "r") else []
        held, taken = offer(channel, 0), offer(channel, 1)
        found.append((f"{prefix}_DROPPED", [*before, held, {}]))
        found += [(f"{prefix}_CHANGED", [*before, held, both(taken, {name: 2})])
                  for name in payload]  # fmt: skip
        found += [(f"{prefix}_UNKNOWN", [{f"{channel}{name}": None}])
                  for name in ("valid", "ready")]  # fmt: skip
        found += [(f"{prefix}_PAYLOAD", [*before, both(taken, {name: None})])
                  for name in payload]  # fmt: skip
        found.append((f"{prefix}_IN_RESET", [{"rst": 1}, {**taken, "rst": 1}]))
    for write in ([], [ADDRESS], [DATA], [DATA, DATA], [ADDRESS, ADDRESS, DATA, ANSWER],
                  [both(ADDRESS, DATA), ANSWER]):  # fmt: skip
        found.append(("B_UNASKED", [*write, ANSWER]))
    # In the clock of the request is too early.
    found.append(("B_UNASKED", [both(ADDRESS, DATA, offer("b", 0)), ANSWER]))
    found.append(("R_UNASKED", [READ]))
    found.append(("R_UNASKED", [ASK, READ, READ]))
    found.append(("R_UNASKED", [both(ASK, offer("r", 0)), READ]))
    quiet: list[Bus] = [{}] * (LIMIT + 1)
    found.append(("B_MISSING", [ADDRESS, DATA, *quiet, ANSWER]))
    found.append(("B_MISSING", [both(offer("aw", 0), offer("w", 0))] * (LIMIT + 2)))
    # One direction that waits for the other's answer to be taken.
    found.append(("B_MISSING", [ASK, both(ADDRESS, DATA, offer("r", 0)),
                                *[offer("r", 0)] * (LIMIT + 1), both(ANSWER, READ)]))  # fmt: skip
    found.append(("R_MISSING", [both(ADDRESS, DATA), both(ASK, offer("b", 0)),
                                *[offer("b", 0)] * (LIMIT + 1), both(ANSWER, READ)]))  # fmt: skip
    found.append(("B_MISSING", [ADDRESS, *[offer("w", 0)] * (LIMIT + 1)]))
    found.append(("R_MISSING", [ASK, *quiet, READ]))
    found.append(("R_MISSING", [offer("ar", 0)] * (LIMIT + 2)))
    found.append(("B_EXOKAY", [ADDRESS, DATA, offer("b", 0, 1), offer("b", 1, 1)]))
    found.append(("R_EXOKAY", [ASK, both(READ, {"rresp": 1})]))
    return found


async def play(dut: Dut, clocks: list[Bus]) -> dict[str, int]:
    """What the checker counts for these clocks."""
    before = int(dut.errors.value)
    for bus in clocks:
        for channel, payload in PAYLOADS.items():
            for name in (f"{channel}valid", f"{channel}ready", *payload):
                signal = getattr(dut, name)
                value = bus.get(name, None if name in payload else 0)
                signal.value = LogicArray("X" * len(signal)) if value is None else value
        dut.rst.value = bus.get("rst", 0)
        await settle()
        await edge(dut)
    await settle()
    return checkers.broken(checkers.AXIL, int(dut.errors.value) - before)


@cocotb.test()
async def each_broken_rule_is_counted(dut: Dut) -> None:
    given, _ = case()
    dut.clk.value = 0
    await settle()
    unknown: list[Bus] = [{"awvalid": None}] if given["x"] else []
    await play(dut, [{}, *unknown, *RESET])
    assert int(dut.errors.value) == 0
    for clocks in GOOD:
        assert await play(dut, clocks) == {}, clocks
    assert int(dut.writes.value) == 17 + LIMIT
    assert int(dut.reads.value) == 8 + LIMIT
    assert await play(dut, RESET) == {}

    seen = set()
    for rule, clocks in faults():
        if rule.endswith(("UNKNOWN", "PAYLOAD")) and not given["x"]:
            continue
        assert await play(dut, clocks) == {rule: 1}, (rule, clocks)
        assert await play(dut, [*RESET, *GOOD[0], *GOOD[7]]) == {}, rule
        seen.add(rule)
    unseen = {rule for rule in checkers.AXIL if rule.endswith(("UNKNOWN", "PAYLOAD"))}
    assert seen == set(checkers.AXIL) - (set() if given["x"] else unseen)
