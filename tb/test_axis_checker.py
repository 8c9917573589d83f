"""The checker of video streams: silent on good video, and each broken rule is counted, alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cocotb
from cocotb.types import LogicArray

import checkers
from handles import Dut
from harness import case, edge, run, settle

WIDTH, HEIGHT = 3, 2


class Clock(NamedTuple):
    """The bus at one clock edge; a None is X."""

    valid: int | None = 0
    ready: int | None = 0
    data: int | None = None
    user: int | None = None
    last: int | None = None
    rst: int = 0
    size: tuple[int, int] = (WIDTH, HEIGHT)
    framing: int = 1


def test_axis_checker(sim: str, tmp_path: Path, seed: int) -> None:
    run(sim, "axis_checker", {"DATA_W": 8}, tmp_path, seed, x=sim == "icarus")


def frame() -> list[Clock]:
    """A frame, each beat refused once: clock 2 * n + 1 is the handshake of beat n."""
    clocks = []
    for n in range(WIDTH * HEIGHT):
        beat = Clock(1, 0, 100 + n, int(n == 0), int(n % WIDTH == WIDTH - 1))
        clocks += [beat, beat._replace(ready=1)]
    return clocks


RESET = [Clock(rst=1), Clock(rst=1), Clock()]
BROKEN_OFF = [*frame()[:4], *RESET]


def change(*at: int, **values: Any) -> Callable[[list[Clock]], list[Clock]]:
    def edit(clocks: list[Clock]) -> list[Clock]:
        return [c._replace(**values) if i in at else c for i, c in enumerate(clocks)]

    return edit


def put(at: int, *clocks: Clock) -> Callable[[list[Clock]], list[Clock]]:
    return lambda good: [*good[:at], *clocks, *good[at:]]


STRAY = Clock(1, 1, 5, 0, 0)
ONE = Clock(1, 1, 5, 1, 1, size=(1, 1))
# The rule, and what becomes of a good frame. Those of X are for Icarus alone.
FAULTS: list[tuple[str, Callable[[list[Clock]], list[Clock]]]] = [
    ("DROPPED", put(5, Clock())),
    ("DROPPED", put(1, Clock())),
    ("CHANGED", change(4, data=7)),
    ("CHANGED", change(0, user=0)),
    ("CHANGED", change(10, last=0)),
    ("UNKNOWN", put(0, Clock(valid=None, ready=1))),
    ("UNKNOWN", put(4, Clock(ready=None))),
    ("UNKNOWN", put(0, Clock(rst=1), Clock(rst=1, valid=None), Clock())),
    ("PAYLOAD", put(0, ONE._replace(data=None))),
    ("PAYLOAD", put(0, ONE._replace(user=None, framing=0))),
    ("PAYLOAD", put(12, ONE._replace(last=None, framing=0))),
    ("IN_RESET", put(0, Clock(rst=1), Clock(1, 1, 5, 1, 0, rst=1), *RESET)),
    ("IN_RESET", put(0, Clock(rst=1), Clock(1, 0, 5, 1, 0), *RESET)),
    ("OUTSIDE", put(0, STRAY)),
    ("OUTSIDE", put(2 * WIDTH * HEIGHT, STRAY)),
    ("OUTSIDE", lambda good: [*BROKEN_OFF, STRAY, *good]),
    ("OUTSIDE", put(0, STRAY._replace(user=1, size=(0, 3)))),
    ("OUTSIDE", put(0, STRAY._replace(user=1, size=(3, 0)))),
    ("SOF_INSIDE", change(2, 3, user=1)),
    ("SOF_INSIDE", change(10, 11, user=1)),
    ("EOL_EARLY", change(0, 1, last=1)),
    ("EOL_EARLY", change(8, 9, last=1)),
    ("EOL_MISSING", change(4, 5, last=0)),
    ("EOL_MISSING", change(10, 11, last=0)),
]
UNSEEN_IN_TWO_STATES = ("UNKNOWN", "PAYLOAD")


async def play(dut: Dut, clocks: list[Clock]) -> dict[str, int]:
    """What the checker counts for these clocks."""
    before = dut.errors.value
    for clock in clocks:
        values = {
            "tvalid": clock.valid,
            "tready": clock.ready,
            "tdata": clock.data,
            "tuser": clock.user,
            "tlast": clock.last,
            "rst": clock.rst,
            "line_beats": clock.size[0],
            "frame_lines": clock.size[1],
            "framing": clock.framing,
        }
        for name, value in values.items():
            signal = getattr(dut, name)
            signal.value = LogicArray("X" * len(signal)) if value is None else value
        await settle()
        await edge(dut)
    await settle()
    return checkers.broken(checkers.AXIS, int(dut.errors.value) - int(before))


@cocotb.test()
async def each_broken_rule_is_counted(dut: Dut) -> None:
    given, _ = case()
    dut.clk.value = 0
    await settle()
    # Before the first reset nothing is judged.
    await play(dut, [Clock(0, 0), *([Clock(None, None, rst=0)] if given["x"] else [])])
    fast = [clock for clock in frame() if clock.ready]
    good = [RESET, frame(), fast, fast, [Clock(ready=1)], BROKEN_OFF, fast]
    for clocks in good:
        assert await play(dut, clocks) == {}
    line = [STRAY._replace(user=int(n == 0), last=int(n == 4), size=(5, 1)) for n in range(5)]
    assert await play(dut, [ONE, ONE, *line, ONE, *fast]) == {}
    assert int(dut.beats.value) == 6 + 6 + 6 + 2 + 6 + 2 + 5 + 1 + 6

    seen = set()
    for rule, edit in FAULTS:
        if rule in UNSEEN_IN_TWO_STATES and not given["x"]:
            continue
        assert await play(dut, edit(frame())) == {rule: 1}, (rule, edit(frame()))
        assert await play(dut, RESET + frame()) == {}, rule
        seen.add(rule)
    unseen = set() if given["x"] else set(UNSEEN_IN_TWO_STATES)
    assert seen == set(checkers.AXIS) - unseen

    # Not video: the rules of frames are asleep, those of handshakes are not.
    stream = change(*range(12), framing=0)
    for rule, edit in FAULTS:
        if rule not in UNSEEN_IN_TWO_STATES:
            asleep = rule in checkers.AXIS[len(checkers.CHANNEL) :]
            counted = await play(dut, stream(edit(frame()))[:12])
            assert asleep == (counted == {}), (rule, counted)
            await play(dut, RESET)
