"""Malformed video becomes whole frames: every fault, pairs, noise, aborts, resets, against framing.

Many sequences go through one simulation, each of them followed by a good frame: they become a
script for framer_all.v, and its trace is compared here, sequence by sequence.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cocotb
import pytest
from cocotb.triggers import RisingEdge

from deconv4k.rtl import framing
from deconv4k.rtl.framing import FLAGS, Abort, Beat
from deconv4k.sim import build
from handles import Dut
from harness import case, run, settle

MAX_W = 6
LATENCY = 2
SIZES = [(3, 2), (1, 1), (1, 3), (5, 1), (4, 3), (2, 2)]
PAIRS = [((3, 2), (3, 2)), ((1, 3), (1, 1)), ((5, 1), (1, 2))]
SINGLES = [*PAIRS, ((2, 2), (4, 3)), ((6, 3), (3, 6)), ((1, 1), (1, 1), (1, 1)), ((2, 1), (6, 1))]
GOOD = [(2, 2), (1, 1), (3, 1), (1, 2), (4, 2)]

STALLS = ["none", "input", "output", "both"]
stalled = pytest.mark.parametrize("stalls", STALLS)


class Trial(NamedTuple):
    """Beats to be followed by a good frame.

    Resets and aborts come so many clocks after the beginning, `quiet` one more abort after so many
    beats, when nothing moves any more.
    """

    name: str
    beats: list[Beat]
    resets: tuple[int, ...] = ()
    aborts: tuple[int, ...] = ()
    quiet: int | None = None


class Part(NamedTuple):
    """What framer did up to the end of a sequence ("s") or up to a reset ("r")."""

    end: str
    outputs: list[str]
    aborts: list[int]
    """How many beats framer had looked at by then, -1: the frame was ended by something else."""
    accepted: int
    flags: tuple[int, ...]
    dropped: int
    violations: int
    first_in: int
    last_in: int
    first_out: int
    last_out: int


def video(*sizes: tuple[int, int], pixel: int = 1) -> list[Beat]:
    """Good frames, each pixel another one, none of them 0."""
    beats = []
    for width, height in sizes:
        for y, x in itertools.product(range(height), range(width)):
            beats.append(Beat(pixel, x == y == 0, x == width - 1, width, height))
            pixel = pixel % 255 + 1
    return beats


# A fault edits slots, one for each beat of good video, which holds what comes in its place.
Slots = list[list[Beat]]
Fault = tuple[str, Callable[[Slots], None]]


def toggle(at: int, **flag: bool) -> Callable[[Slots], None]:
    def edit(slots: Slots) -> None:
        slots[at][-1:] = [beat._replace(**flag) for beat in slots[at][-1:]]

    return edit


def leave_out(at: Sequence[int]) -> Callable[[Slots], None]:
    def edit(slots: Slots) -> None:
        for i in at:
            slots[i] = []

    return edit


def insert(at: int) -> Callable[[Slots], None]:
    def edit(slots: Slots) -> None:
        slots[at].insert(0, Beat(99))

    return edit


def repeat(at: Sequence[int], **flag: bool) -> Callable[[Slots], None]:
    def edit(slots: Slots) -> None:
        slots[at[-1]] += [beat._replace(**flag) for i in at for beat in slots[i]]

    return edit


def replace(at: Sequence[int], **values: Any) -> Callable[[Slots], None]:
    def edit(slots: Slots) -> None:
        for i in at:
            slots[i] = [beat._replace(**values) for beat in slots[i]]

    return edit


def one_pixel(at: Sequence[int]) -> Callable[[Slots], None]:
    def edit(slots: Slots) -> None:
        toggle(at[0], eol=True)(slots)
        leave_out(at[1:])(slots)

    return edit


def faults(*sizes: tuple[int, int]) -> list[Fault]:
    """Everything that can go wrong once in good video of these sizes."""
    found: list[Fault] = []
    at = 0
    for frame, (width, height) in enumerate(sizes):
        whole = range(at, at + width * height)
        for i in whole:
            sof, eol = i == at, (i - at) % width == width - 1
            found.append((f"{'no' if sof else 'early'} SOF at {i}", toggle(i, sof=not sof)))
            found.append((f"{'no' if eol else 'early'} EOL at {i}", toggle(i, eol=not eol)))
            found.append((f"no beat {i}", leave_out([i])))
            found.append((f"a beat before {i}", insert(i)))
            found.append((f"frame broken off at {i}", leave_out(range(i, whole.stop))))
            if sof or eol:
                found.append((f"beat {i} twice", repeat([i])))
        for y in range(height):
            line = range(at + y * width, at + (y + 1) * width)
            found.append((f"one pixel in line {y} of frame {frame}", one_pixel(line)))
            found.append((f"no line {y} in frame {frame}", leave_out(line)))
            found.append((f"line {y} of frame {frame} twice", repeat(line, sof=False)))
        edits: dict[str, dict[str, int]] = {
            "narrower": {"width": width - 1},
            "wider": {"width": width + 1},
            "lower": {"height": height - 1},
            "higher": {"height": height + 1},
            "widest": {"width": MAX_W},
            "too wide": {"width": MAX_W + 1},
            "too wide by its upper bits": {"width": 0x8000 + width},
            "no width": {"width": 0},
            "no height": {"height": 0},
            "not enabled": {"enable": False},
            "not enabled, no width": {"enable": False, "width": 0},
        }
        for name, values in edits.items():
            found.append((f"frame {frame} {name}", replace(whole, **values)))
        at = whole.stop
    return found


def with_faults(good: list[Beat], chosen: Sequence[Fault]) -> Trial:
    slots = [[beat] for beat in good]
    for _, edit in chosen:
        edit(slots)
    return Trial(" + ".join(name for name, _ in chosen), [beat for slot in slots for beat in slot])


def noise(rng: random.Random) -> list[Beat]:
    widths = [0, 1, 1, 2, 3, 4, 5, MAX_W, MAX_W + 1, 0x8002]
    sof, eol = rng.choice([0.05, 0.15, 0.5]), rng.choice([0.1, 0.3, 0.7])
    return [
        Beat(
            rng.randrange(1, 256),
            rng.random() < sof,
            rng.random() < eol,
            rng.choice(widths),
            rng.choice([0, 1, 1, 2, 3]),
            rng.random() < 0.9,
        )
        for _ in range(rng.randrange(1, 30))
    ]


def script(trials: Sequence[Trial], rng: random.Random) -> str:
    """Commands for framer_all.v; what matters on a SOF beat only is random on all others."""
    lines = []
    for index, trial in enumerate(trials):
        lines += [f"2 {clocks:x} 0 0 0" for clocks in trial.resets]
        lines += [f"3 {clocks:x} 0 0 0" for clocks in trial.aborts]
        for at, beat in enumerate([*trial.beats, *good_frame(index)]):
            if at == trial.quiet:
                lines.append("4 0 0 0 0")
            _, sof, eol, width, height, enable = beat
            if not sof:
                width, height = rng.choice([(0, 0), (1, 1), (0xFFFF, 3), (5, 0xFFFF)])
                enable = rng.random() < 0.5
            flags = sof | eol << 1 | enable << 2
            lines.append(f"0 {flags:x} {width:x} {height:x} {beat.pixel:x}")
        lines.append("1 0 0 0 0")
    return "\n".join(lines) + "\n"


def good_frame(index: int) -> list[Beat]:
    return video(GOOD[index % len(GOOD)], pixel=101)


def parts(trace: str) -> list[Part]:
    """The trace, cut at the ends of sequences and at resets."""
    found: list[Part] = []
    outputs: list[str] = []
    aborts: list[int] = []
    for line in trace.splitlines():
        if line.startswith("o"):
            outputs.append(line)
        elif line.startswith("a"):
            aborts.append(int(line.split()[1]))
        else:
            assert line != "h", f"hangs, after {len(found)} parts and {outputs}"
            end, *words = line.split()
            accepted, *flags, dropped, violations = map(int, words[:9])
            clocks = map(int, words[9:])
            counts = (accepted, tuple(flags), dropped, violations)
            found.append(Part(end, outputs, aborts, *counts, *clocks))
            outputs, aborts = [], []
    assert not outputs, "the trace ends early"
    return found


def expected(
    before: list[Beat | Abort], beats: list[Beat | Abort]
) -> tuple[list[str], tuple[int, ...], int]:
    """Outputs, flags and drops for `beats`, after those `before` them since the last reset."""
    past, whole = framing.run(before, MAX_W), framing.run([*before, *beats], MAX_W)
    assert not past.unfinished
    outputs = []
    for rows in whole.frames[len(past.frames) :]:
        outputs += frame_lines(len(rows[0]), len(rows), [pixel for row in rows for pixel in row])
    if whole.unfinished:
        sof = [beat for beat in beats if isinstance(beat, Beat) and beat.sof][-1]
        outputs += frame_lines(sof.width, sof.height, whole.unfinished)
    flags = tuple(whole.flags[name] - past.flags[name] for name in FLAGS)
    return outputs, (*flags, whole.aborted - past.aborted), whole.dropped - past.dropped


def with_aborts(beats: list[Beat], aborts: list[int]) -> list[Beat | Abort]:
    """The beats, and aborts after so many of them; those of -1 have no effect."""
    whole: list[Beat | Abort] = []
    for at in range(len(beats) + 1):
        whole += [Abort() for abort in aborts if abort == at]
        whole += beats[at : at + 1]
    return whole


def frame_lines(width: int, height: int, pixels: list[int]) -> list[str]:
    size = f"{width:x} {height:04x}"
    last = width * height - 1
    return [
        f"o {int(i == 0)} {int(i == last)} {size} {pixel:02x}" for i, pixel in enumerate(pixels)
    ]


def play(sim: str, stalls: str, trials: Sequence[Trial], work: Path, seed: int) -> list[Part]:
    """Run the trials one after another; everything that framer does must be as framing says."""
    # Not within the simulation, which would load Numba for nothing.
    from deconv4k.sim import play

    (work / "script.hex").write_text(script(trials, random.Random(seed)), encoding="ascii")
    # Icarus knows X. Verilator does not: there, idle inputs are random.
    unknown = {"icarus": 1, "verilator": 0}[sim]
    parameters = {"MAX_W": MAX_W, "WIDTH_W": 3, "UNKNOWN": unknown}
    run(sim, "framer_all", parameters, work, seed, settings=play.STALLS[stalls])
    done = parts((work / "trace.txt").read_text())

    left = iter(done)
    before: list[Beat | Abort] = []
    outputs = 0
    for index, trial in enumerate(trials):
        good = good_frame(index)
        beats = [*trial.beats, *good]
        for reset in range(len(trial.resets) + 1):
            part = next(left)
            where = (trial, reset, part)
            accepted, beats = beats[: part.accepted], beats[part.accepted :]
            stream = with_aborts(accepted, part.aborts)
            want, flags, dropped = expected(before, stream)
            if trial.quiet is not None:
                assert trial.quiet in part.aborts, where
            outputs += len(part.outputs)
            assert part.violations == 0, where
            if reset < len(trial.resets):
                # What is inside is lost.
                assert part.end == "r", where
                assert part.outputs == want[: len(part.outputs)], where
                assert all(a <= b for a, b in zip(part.flags, flags, strict=True)), where
                assert part.dropped <= dropped, where
                before = []
            else:
                assert part.end == "s", where
                assert not beats, where
                assert part.outputs == want, where
                assert part.flags == flags, (where, flags)
                assert part.dropped == dropped, (where, dropped)
                # The good frame, or what a late reset left of it.
                starts = [n for n, one in enumerate(stream) if isinstance(one, Beat) and one.sof]
                before = stream[starts[-1] :] if starts else stream
    assert next(left, None) is None
    assert outputs > len(trials) > 0
    return done


@cocotb.test()
async def through_the_script(dut: Dut) -> None:
    given, _ = case()
    await settle()
    for name, value in {**given["settings"], "seed": given["seed"], "patience": 5000}.items():
        getattr(dut, name).value = value
    await settle()
    dut.go.value = 1
    await RisingEdge(dut.done)


@stalled
def test_every_fault_and_every_pair(sim: str, stalls: str, tmp_path: Path, seed: int) -> None:
    trials: dict[tuple[Beat, ...], Trial] = {}
    for sizes in SINGLES:
        found = faults(*sizes)
        chosen: list[tuple[Fault, ...]] = [(fault,) for fault in found]
        if sizes in PAIRS:
            chosen += itertools.combinations(found, 2)
        for some in chosen:
            trial = with_faults(video(*sizes), some)
            trials.setdefault(tuple(trial.beats), trial)
    print(len(trials), "different sequences")
    play(sim, stalls, list(trials.values()), tmp_path, seed)


@pytest.mark.parametrize("stalls", [*STALLS, "long"])
def test_random_sequences(sim: str, stalls: str, tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    trials = []
    for index in range(2000):
        if index % 2:
            trial = Trial("noise", noise(rng))
        else:
            sizes = [rng.choice(SIZES) for _ in range(3)]
            chosen = rng.sample(faults(*sizes), rng.randrange(1, 7))
            trial = with_faults(video(*sizes), chosen)
        if rng.random() < 0.2:
            trial = trial._replace(resets=(rng.randrange(60),))
        if rng.random() < 0.3:
            trial = trial._replace(aborts=tuple(rng.sample(range(60), rng.randrange(1, 4))))
        trials.append(trial)
    play(sim, stalls, trials, tmp_path, seed)


EDITS: dict[str, Callable[[Slots], None]] = {
    "none": lambda slots: None,
    "line completed with zeros": one_pixel(range(3)),
    "last line completed with zeros": one_pixel(range(3, 6)),
    "frame completed with zeros": leave_out(range(1, 6)),
    "surplus of a line": repeat(range(3), sof=False, eol=False),
    "bad size": replace(range(6), height=0),
    "lines after the last one": toggle(6, sof=False),
}


@stalled
def test_abort_at_every_clock(sim: str, stalls: str, tmp_path: Path, seed: int) -> None:
    """While beats come; and after each beat of a source that then stops, until all is quiet."""
    good = video((3, 2), (3, 2))
    trials = []
    for name, edit in EDITS.items():
        whole = with_faults(good, [(f"{name}, aborted", edit)])
        trials += [whole._replace(aborts=(clock,)) for clock in range(45)]
        trials += [whole._replace(quiet=at) for at in range(len(whole.beats) + 1)]
        trials += [whole._replace(beats=whole.beats[:at], quiet=at) for at in range(7)]
    done = play(sim, stalls, trials, tmp_path, seed)
    aborted = [part.flags[-1] for part in done]
    assert {0, 1} == set(aborted)
    assert sum(aborted) > len(trials) // 4


@stalled
def test_reset_at_every_clock(sim: str, stalls: str, tmp_path: Path, seed: int) -> None:
    good = video((3, 2), (3, 2))
    trials = [
        with_faults(good, [(f"{name}, reset after {clock}", edit)])._replace(resets=(clock,))
        for name, edit in EDITS.items()
        for clock in range(45)
    ]
    play(sim, stalls, trials, tmp_path, seed)


def test_a_pixel_a_clock(sim: str, tmp_path: Path, seed: int) -> None:
    """The header's figures: latency, throughput, and what zeros and an early SOF cost."""
    broken = with_faults(video((3, 2)), [("broken off", leave_out([4, 5]))]).beats
    short = with_faults(video((3, 2)), [("short", one_pixel(range(3)))]).beats
    trials = [
        Trial("good frames", video(*SIZES, *SIZES, (6, 9))),
        Trial("two zeros, and a SOF that waits", broken),
        Trial("two zeros", short),
    ]
    waits = [0, 1, 0]
    done = play(sim, "none", trials, tmp_path, seed)
    for index, (trial, part, wait) in enumerate(zip(trials, done, waits, strict=True)):
        assert part.accepted == len(trial.beats) + len(good_frame(index))
        assert part.first_out - part.first_in == LATENCY
        assert part.last_out - part.first_out + 1 == len(part.outputs) + wait
    assert done[0].last_in - done[0].first_in + 1 == done[0].accepted


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"MAX_W": 0}, "MAX W must be 1 to 65535"),
        ({"MAX_W": 8, "WIDTH_W": 3}, "WIDTH W must be 2 to 31 and hold MAX W"),
        ({"HEIGHT_W": 1}, "HEIGHT W must be at least 2"),
    ],
)
def test_wrong_parameters(sim: str, parameters: dict[str, int], sentence: str) -> None:
    from deconv4k.errors import InputError

    with pytest.raises(InputError, match=sentence):
        build.build(sim, "deconv_framer", parameters)
