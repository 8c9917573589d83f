"""The user's top in video that never stops: kernels, sizes, enable and resets at every clock.

The registers are driven by cocotbext-axi while bench_axi.v plays and compares; what went where is
judged here, frame by frame, by the golden model.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from cocotb.triggers import RisingEdge

import bench_axi
from bench_axi import CASES, Bench, Kernel, Trace, watched
from harness import runs

SIZE = (4, 6)
"""Height and width of the frames that never stop."""

STALLED = [(name, stalls) for name in CASES for stalls in ("none", "both")]


def outputs_of(config: Any, work: Path, count: int | None = None) -> list[list[int]]:
    """The captured beats, frame by frame."""
    beats = bench_axi.captured(work)
    rows, columns = config.layer.output_shape(*SIZE)
    size = rows * -(-columns // config.video.pixels_per_clock)
    assert len(beats) % size == 0
    frames = [beats[at : at + size] for at in range(0, len(beats), size)]
    assert frames
    assert count in (None, len(frames))
    return frames


class Golden:
    """Output beats of a frame with a kernel, by the golden model."""

    def __init__(self, config: Any) -> None:
        self.config = config

    def __call__(self, frame: Any, kernel: Kernel) -> list[int]:
        from deconv4k import golden

        output = golden.run(self.config, frame, *kernel)[0]
        words: list[int] = bench_axi.output_words(self.config, output).reshape(-1).tolist()
        return words


def interval(config: Any) -> int:
    from deconv4k.rtl import design

    return design.clocks(config, *SIZE).frame


class Endless(Bench):
    """Frames of one size from the start on, captured, enabled and with room for all of them."""

    settings: ClassVar[dict[str, int]] = {**Bench.settings, "capture": 1}

    async def start(self) -> None:
        await super().start()
        height, width = SIZE
        self.dut.told_width.value, self.dut.told_height.value = width, height
        await self.set("SIZE", WIDTH=width, HEIGHT=height)
        await self.set("CONTROL", ENABLE=1)
        self.stall(self.p["stalls"])
        self.dut.limit.value = 2**32 - 1
        # Until the input's registers have filled.
        while self.value("sofs_in") < 5:
            await self.clocks(10)

    async def phase(self, phase: int) -> None:
        """Go on to a clock of the frame's interval."""
        every = self.p["interval"]
        await self.clocks(1)
        await self.clocks((phase - self.value("clocks")) % every + 1)

    async def end(self) -> None:
        """Let the last frame end, and everything leave."""
        assert not self.value("played"), "too few frames in the file"
        size = SIZE[0] * SIZE[1]
        last = (self.value("s_beats") // size + 3) * size
        self.dut.limit.value = last
        await self.drain(last)


def endless(
    sim: str, name: str, stalls: str, only: str, work: Path, seed: int, frames: int,
    kernels: Callable[[Any, Any], list[Kernel]], **data: Any,
) -> tuple[Any, list[Any], list[Kernel], Trace]:  # fmt: skip
    """Play a cycle of frames; returns configuration, its frames, kernels and what was seen."""
    from deconv4k.rtl import signature
    from deconv4k.sim import play

    config, noise = bench_axi.configuration(name), np.random.default_rng(seed)
    cycle = [bench_axi.make_frame(config, noise, *SIZE) for _ in range(16)]
    chosen = kernels(config, noise)
    bench_axi.write_input(config, work, [cycle[n % len(cycle)] for n in range(frames)])
    bench_axi.write_expected(config, work, [])
    bench_axi.simulate(
        sim, config, work, seed, chosen[0], only,
        stalls=play.STALLS[stalls], interval=interval(config),
        words=[signature.kernel_words(config, *kernel) for kernel in chosen],
        signatures=[signature.kernel(config, *kernel) for kernel in chosen], **data,
    )  # fmt: skip
    return config, cycle, chosen, bench_axi.trace(work)


def phases(of: Sequence[int], sofs: Sequence[int]) -> set[int]:
    """How many clocks after the SOF before it each of these came."""
    found = set()
    for clock in of:
        found.add(clock - max(sof for sof in sofs if sof <= clock))
    return found


# Icarus takes ten times as long as Verilator, and elaborates the same control.
SWAPS = [
    *(("verilator", name, stalls, 1) for name, stalls in STALLED),
    *(("icarus", name, stalls, 3) for name, stalls in STALLED),
    *(pytest.param("icarus", name, stalls, 1, marks=pytest.mark.full) for name, stalls in STALLED),
]


@pytest.mark.parametrize(("sim", "name", "stalls", "apart"), SWAPS)
def test_a_kernel_swap_at_every_clock(
    sim: str, name: str, stalls: str, apart: int, tmp_path: Path, seed: int
) -> None:
    """Or at clocks `apart` of each other, a divisor of the interval."""

    def kernels(config: Any, noise: Any) -> list[Kernel]:
        count = interval(config) // apart + 9
        return [bench_axi.make_kernel(config, noise) for _ in range(count)]

    config, cycle, chosen, seen = endless(
        sim, name, stalls, "kernel_swaps", tmp_path, seed, 3000, kernels, apart=apart
    )
    golden = Golden(config)
    outputs = outputs_of(config, tmp_path, len(seen.sofs))
    # The second write to KERNEL_CONTROL of each kernel is its commit.
    commits = seen.of("KERNEL_CONTROL")[1::2]
    assert len(commits) == len(chosen) - 1
    active = 0
    before, after = [], []
    for n, (output, sof) in enumerate(zip(outputs, seen.sofs, strict=True)):
        frame = cycle[n % len(cycle)]
        if output != golden(frame, chosen[active]):
            active += 1
            assert active < len(chosen), n
            assert output == golden(frame, chosen[active]), (n, active)
            after.append(sof - commits[active - 1])
            before.append(seen.sofs[n - 1] - commits[active - 1])
    assert active == len(chosen) - 1
    # A frame that is accepted a few clocks after the commit has the new kernel, whatever stalls.
    assert max(before) <= 3, before
    if stalls == "none":
        # And for each clock of a frame it is known which one is the first.
        assert max(before) < min(after)
        assert min(after) >= -6
        found = phases(commits, seen.sofs)
        assert found == set(range(min(found), interval(config), apart))
        assert min(found) < apart
        assert {b - a for a, b in zip(seen.sofs[4:], seen.sofs[5:], strict=False)} == {
            interval(config)
        }
        pixels_a_clock = {"x2_k3_4ppc": 1, "x2_k4_2ppc_3ch_bias": 2}[name]
        assert interval(config) == SIZE[0] * SIZE[1] * pixels_a_clock


@watched(Endless)
async def kernel_swaps(bench: Endless) -> None:
    await bench.write("IRQ_STATUS", 0xFFFFFFFF)
    for n, words in enumerate(bench.p["words"][1:]):
        await bench.load(words)
        assert await bench.read("SIGNATURE_KERNEL") == bench.p["signatures"][n]
        assert not (await bench.fields("IRQ_STATUS"))["KERNEL_TAKEN"]
        await bench.phase(n * bench.p["apart"])
        await bench.commit()
        for _ in range(500):
            if not (await bench.fields("STATUS"))["KERNEL_LOCKED"]:
                break
        assert (await bench.fields("IRQ_STATUS"))["KERNEL_TAKEN"]
        await bench.set("IRQ_STATUS", KERNEL_TAKEN=1)
        assert await bench.read("SIGNATURE_KERNEL") == bench.p["signatures"][n + 1]
    await bench.end()
    assert await bench.read("ERRORS") == 0
    assert await bench.read("DROPPED") == 0


def taken(config: Any, cycle: list[Any], kernel: Kernel, work: Path, seen: Trace) -> list[bool]:
    """Which of the frames accepted at the input left, whole and in order."""
    golden = Golden(config)
    right = [golden(frame, kernel) for frame in cycle]
    outputs = iter(outputs_of(config, work))
    output = next(outputs, None)
    found = []
    for n in range(len(seen.sofs)):
        found.append(output == right[n % len(cycle)])
        if found[-1]:
            output = next(outputs, None)
    assert output is None, "a frame that never arrived"
    return found


def one_kernel(config: Any, noise: Any) -> list[Kernel]:
    return [bench_axi.make_kernel(config, noise)]


SINGLE = [("x2_k3_4ppc", stalls) for stalls in ("none", "both")]


@runs("register, stalls", [(r, s) for r in ("CONTROL", "SIZE") for s in ("none", "both")])
def test_enable_and_size_at_every_clock(
    sim: str, register: str, stalls: str, tmp_path: Path, seed: int
) -> None:
    """Off and on again by ENABLE, or by a height of 0."""
    config, cycle, (kernel,), seen = endless(
        sim, "x2_k3_4ppc", stalls, "off_and_on", tmp_path, seed, 2000, one_kernel,
        register=register,
    )  # fmt: skip
    found = taken(config, cycle, kernel, tmp_path, seen)
    writes = seen.of(register)[1:]
    assert len(writes) == 4 * interval(config)
    # A frame is taken as the register stood when its SOF was accepted: two clocks after the write.
    state, position, expected = True, 0, []
    for sof in seen.sofs:
        while position < len(writes) and writes[position] + 2 <= sof:
            state, position = not state, position + 1
        expected.append(state)
    assert found == expected
    assert not all(found)
    if stalls == "none":
        assert phases(writes[::2], seen.sofs) == set(range(interval(config)))
        assert phases(writes[1::2], seen.sofs) == set(range(interval(config)))


@watched(Endless)
async def off_and_on(bench: Endless) -> None:
    every = bench.p["interval"]
    height, width = SIZE
    sizes = bench.p["register"] == "SIZE"

    async def switch(on: int) -> None:
        if sizes:
            await bench.set("SIZE", WIDTH=width, HEIGHT=height * on)
        else:
            await bench.set("CONTROL", ENABLE=on)

    for n in range(2 * every):
        await bench.phase(n)
        await switch(0)
        # Both edges at every clock, in two rounds that go through other pairs.
        await bench.clocks(every)
        await bench.phase(5 * n if n < every else 7 * n)
        await switch(1)
        await bench.clocks(every + 5)
    await bench.end()
    frames = await bench.read("FRAMES_IN")
    assert frames == await bench.read("FRAMES_OUT")
    assert await bench.read("DROPPED") == (bench.value("sofs_in") - frames) * height * width
    assert await bench.read("LINES_IN") == bench.value("sofs_in") * height
    assert await bench.read("STALLED_IN") == bench.value("stalled_in")
    assert await bench.read("STALLED_OUT") == bench.value("stalled_out")
    errors = await bench.fields("ERRORS")
    assert errors == {**dict.fromkeys(errors, 0), "BAD_SIZE": int(sizes)}


@runs("name, stalls", SINGLE)
def test_a_soft_reset_at_every_clock(
    sim: str, name: str, stalls: str, tmp_path: Path, seed: int
) -> None:
    config, cycle, (kernel,), seen = endless(
        sim, name, stalls, "soft_resets", tmp_path, seed, 2000, one_kernel
    )
    found = taken(config, cycle, kernel, tmp_path, seen)
    resets = seen.of("CONTROL")[1:]
    assert len(resets) == interval(config)
    # What came before is whole, what comes after is dropped: one gap for each reset.
    starts = [n for n in range(1, len(found)) if found[n - 1] and not found[n]]
    assert len(starts) == len(resets)
    for first, reset in zip(starts, resets, strict=True):
        assert seen.sofs[first - 1] < reset + 3 <= seen.sofs[first]
    assert found[-1]
    if stalls == "none":
        assert phases(resets, seen.sofs) == set(range(interval(config)))


@watched(Endless)
async def soft_resets(bench: Endless) -> None:
    for n in range(bench.p["interval"]):
        await bench.phase(n)
        await bench.set("CONTROL", ENABLE=1, SOFT_RESET=1)
        assert (await bench.fields("STATUS"))["RESETTING"]
        for _ in range(500):
            if not (await bench.fields("STATUS"))["RESETTING"]:
                break
        events = await bench.fields("IRQ_STATUS")
        assert events["RESET_DONE"]
        assert not events["FRAME_OUT"]
        assert await bench.read("SIGNATURE_KERNEL") == bench.p["signatures"][0]
        while not await bench.read("FRAMES_OUT"):
            pass
    await bench.end()
    assert await bench.read("FRAMES_IN") == await bench.read("FRAMES_OUT") > 0
    assert await bench.read("ERRORS") == 0


def test_a_first_kernel_in_a_soft_reset(sim: str, tmp_path: Path, seed: int) -> None:
    from deconv4k.rtl import signature

    config, noise = bench_axi.configuration("x2_k3_4ppc"), np.random.default_rng(seed)
    kernel = bench_axi.make_kernel(config, noise)
    bench_axi.write_input(config, tmp_path, [bench_axi.make_frame(config, noise, *SIZE)])
    bench_axi.write_expected(config, tmp_path, [])
    bench_axi.simulate(
        sim, config, tmp_path, seed, None, "first_kernels",
        words=signature.kernel_words(config, *kernel),
        signature=signature.kernel(config, *kernel),
    )  # fmt: skip


class Unloaded(Bench):
    settings: ClassVar[dict[str, int]] = {**Bench.settings, "go": 0}

    async def release(self) -> None:
        """End reset; there is no kernel."""
        self.dut.aresetn.value = 1
        await self.clocks(4)


@watched(Unloaded)
async def first_kernels(bench: Unloaded) -> None:
    """Taken at each clock around the reset: KERNEL_TAKEN is cleared before it, and never after."""
    kept = []
    for clock in range(15, 55):
        bench.dut.aresetn.value = 0
        await bench.clocks(4)
        await bench.release()
        await bench.set("IRQ_ENABLE", RESET_DONE=1)
        await bench.load(bench.p["words"])
        before = await bench.commit_in_reset(clock)
        assert (await bench.fields("STATUS"))["KERNEL_LOADED"]
        assert await bench.read("SIGNATURE_KERNEL") == bench.p["signature"]
        kept.append(((await bench.fields("IRQ_STATUS"))["KERNEL_TAKEN"], before))
    flags = [flag for flag, _ in kept]
    assert flags == sorted(flags)
    assert set(flags) == {0, 1}
    # One taken in the last of the reset's 8 clocks is committed 9 before irq: the first is 7 more.
    assert max(before for flag, before in kept if flag) == 9 + 7


class Stepwise(Bench):
    """Nothing moves until `play`; compared with what is expected."""

    async def size(self, height: int, width: int) -> None:
        await self.set("SIZE", WIDTH=width, HEIGHT=height)


class Resets(Stepwise):
    settings: ClassVar[dict[str, int]] = {**Bench.settings, "capture": 1, "well_formed": 0}


@runs("name, stalls", SINGLE)
def test_reset_at_every_clock(sim: str, name: str, stalls: str, tmp_path: Path, seed: int) -> None:
    """In a frame with another kernel; the next frame is right, with the power-up kernel."""
    from deconv4k.rtl import design, signature
    from deconv4k.sim import play

    config, noise = bench_axi.configuration(name), np.random.default_rng(seed)
    clocks = design.clocks(config, *SIZE).last + (10 if stalls == "none" else 60)
    power_up, other = (bench_axi.make_kernel(config, noise) for _ in range(2))
    frames = [bench_axi.make_frame(config, noise, *SIZE) for _ in range(2 * clocks)]
    bench_axi.write_input(config, tmp_path, frames)
    bench_axi.write_expected(config, tmp_path, [])
    bench_axi.simulate(
        sim, config, tmp_path, seed, power_up, "hard_resets",
        stalls=play.STALLS[stalls], clocks=clocks,
        words=signature.kernel_words(config, *other),
        signature=signature.kernel(config, *power_up),
        last=[signature.input_frame(config, frame) for frame in frames],
    )  # fmt: skip
    golden = Golden(config)
    beats = bench_axi.captured(tmp_path)
    resets = [before for _, before in bench_axi.trace(tmp_path).resets]
    assert len(resets) == clocks
    at = 0
    lengths = set()
    for n, end in enumerate([*resets, len(beats)]):
        if n > 0:
            good = golden(frames[2 * n - 1], power_up)
            assert beats[at : at + len(good)] == good, n
            at += len(good)
        if n < clocks:
            broken = golden(frames[2 * n], other)
            assert beats[at:end] == broken[: end - at], n
            lengths.add(end - at)
        at = end
    assert at == len(beats)
    size = len(golden(frames[0], other))
    # From before the first beat to after the last.
    assert {0, size} <= lengths
    if stalls == "none":
        assert lengths == set(range(size + 1))


@watched(Resets)
async def hard_resets(bench: Resets) -> None:
    height, width = SIZE
    bench.dut.told_width.value, bench.dut.told_height.value = width, height
    pixels = height * width
    for n in range(bench.p["clocks"]):
        await bench.size(height, width)
        await bench.load(bench.p["words"])
        await bench.commit()
        await bench.set("CONTROL", ENABLE=1)
        bench.stall(bench.p["stalls"])
        bench.dut.limit.value = (2 * n + 1) * pixels
        await bench.clocks(n + 1)
        bench.dut.aresetn.value = 0
        await bench.clocks(1 + n % 3)
        await bench.release()
        # What is left of the frame is dropped, whether something is enabled or not.
        if n % 2:
            await bench.size(height, width)
            await bench.set("CONTROL", ENABLE=1)
        while bench.value("quiet") < 20:
            await bench.clocks(10)
        assert await bench.read("FRAMES_IN") == 0
        await bench.size(height, width)
        await bench.set("CONTROL", ENABLE=1)
        bench.dut.limit.value = (2 * n + 2) * pixels
        while await bench.read("FRAMES_OUT") != 1:
            pass
        await bench.clocks(40)
        assert await bench.read("SIGNATURE_KERNEL") == bench.p["signature"]
        assert await bench.read("SIGNATURE_IN") == bench.p["last"][2 * n + 1]
        assert await bench.read("FRAMES_IN") == 1
        assert await bench.read("ERRORS") == 0


@runs("name, stalls", SINGLE)
def test_a_size_for_each_frame(sim: str, name: str, stalls: str, tmp_path: Path, seed: int) -> None:
    """Written while the frame before runs, which it leaves alone."""
    from deconv4k import golden
    from deconv4k.rtl import signature
    from deconv4k.sim import play

    config, noise = bench_axi.configuration(name), np.random.default_rng(seed)
    kernel = bench_axi.make_kernel(config, noise)
    sizes = [(int(noise.integers(1, 11)), int(noise.integers(1, 13))) for _ in range(150)]
    frames = [bench_axi.make_frame(config, noise, *size) for size in sizes]
    bench_axi.write_input(config, tmp_path, frames)
    outputs = [golden.run(config, frame, *kernel)[0] for frame in frames]
    bench_axi.write_expected(config, tmp_path, outputs)
    bench_axi.simulate(
        sim, config, tmp_path, seed, kernel, "sizes",
        stalls=play.STALLS[stalls], sizes=sizes,
        last=[signature.input_frame(config, frames[-1]),
              signature.output_frame(config, outputs[-1])],
    )  # fmt: skip


@watched(Stepwise)
async def sizes(bench: Stepwise) -> None:
    await bench.set("CONTROL", ENABLE=1)
    bench.stall(bench.p["stalls"])
    beats = 0
    for n, (height, width) in enumerate(bench.p["sizes"]):
        await bench.clocks(bench.rng.randrange(1, 60))
        await bench.size(height, width)
        beats += height * width
        bench.dut.limit.value = beats
        while bench.value("sofs_in") <= n:
            await bench.clocks(1)
    await bench.drain(beats)
    bench.check_scoreboard()
    assert await bench.read("SIGNATURE_IN") == bench.p["last"][0]
    assert await bench.read("SIGNATURE_OUT") == bench.p["last"][1]
    assert await bench.read("FRAMES_OUT") == len(bench.p["sizes"])
    assert await bench.read("ERRORS") == 0


# Malformed video

SEQUENCES = 250


def make_segments(config: Any, rng: random.Random) -> list[dict[str, Any]]:
    """Sequences of two segments: anything, then a good frame; a size for each segment."""
    from deconv4k.sim import play
    from test_framer import faults, noise, video, with_faults

    most_high, most_wide = config.video.height, config.video.width
    bits = config.layer.in_channels * config.formats.pixel.width
    segments = []
    for index in range(SEQUENCES):
        width, height = rng.randrange(1, 7), rng.randrange(1, 4)
        if index % 2:
            beats = noise(rng)
        else:
            good = video(*[(width, height)] * rng.randrange(1, 4))
            sizes = [(width, height)] * (len(good) // (width * height))
            beats = with_faults(good, rng.sample(faults(*sizes), rng.randrange(1, 6))).beats
        enable = rng.random() < 0.9
        if rng.random() < 0.15:
            wrong = [
                (0, 2),
                (2, 0),
                (most_wide + 1, 2),
                (2, most_high + 1),
                (0x8002, 2),
                (2, 65535),
            ]
            width, height = rng.choice(wrong)
        good_width, good_height = rng.choice([(1, 1), (2, 2), (3, 1), (1, 2), (5, 3)])
        stalls = rng.choice(list(play.STALLS))
        new_kernel = rng.choice([0, 0, 0, 1, 2])  # in this segment of the two
        for number, told, arriving in (
            (1, (width, height, enable), beats),
            (2, (good_width, good_height, True), video((good_width, good_height))),
        ):
            wide, high, enabled = told
            segments.append(
                {
                    "width": wide,
                    "height": high,
                    "enable": enabled,
                    "stalls": stalls,
                    "new_kernel": new_kernel == number,
                    "beats": [
                        beat._replace(
                            pixel=rng.getrandbits(bits), width=wide, enable=enabled,
                            height=high if high <= most_high else 0,
                        )
                        for beat in arriving
                    ],
                }
            )  # fmt: skip
    return segments


@runs("name", list(CASES))
def test_malformed_video(sim: str, name: str, tmp_path: Path, seed: int) -> None:
    """After every segment the flags, the counters and the signatures are exact."""
    from deconv4k import golden
    from deconv4k.rtl import framing, signature
    from deconv4k.sim import play
    from test_deconv import unpack

    config, noise = bench_axi.configuration(name), np.random.default_rng(seed)
    layer, pixel = config.layer, config.formats.pixel
    kernels = [bench_axi.make_kernel(config, noise)]
    segments = make_segments(config, random.Random(seed))
    before: list[framing.Beat] = []
    outputs: list[Any] = []
    counts = dict.fromkeys(("FRAMES_IN", "LINES_IN", "LINES_OUT", "DROPPED"), 0)
    signatures = {"SIGNATURE_IN": 0, "SIGNATURE_OUT": 0}
    plan = []
    lines = []
    accepted = 0
    seen: set[str] = set()
    for index, segment in enumerate(segments):
        beats = segment.pop("beats")
        for beat in beats:
            lines.append(
                f"{(beat.sof << 1 | beat.eol) << bench_axi.input_bits(config) | beat.pixel:x}"
            )
            if beat.sof:
                lines.append("0 0")
        accepted += len(beats)
        past = framing.run(before, config.video.width)
        whole = framing.run([*before, *beats], config.video.width)
        words = None
        last_kernel = kernels[-1]
        if segment["new_kernel"]:
            kernels.append(bench_axi.make_kernel(config, noise))
            words = signature.kernel_words(config, *kernels[-1])
        for number, rows in enumerate(whole.frames[len(past.frames) :]):
            frame = unpack(np.array(rows), pixel.width, pixel.signed, layer.in_channels)
            # A frame keeps the kernel that it began with.
            kernel = last_kernel if number == 0 and past.unfinished else kernels[-1]
            outputs.append(golden.run(config, frame, *kernel)[0])
            signatures = {
                "SIGNATURE_IN": signature.input_frame(config, frame),
                "SIGNATURE_OUT": signature.output_frame(config, outputs[-1]),
            }
            counts["FRAMES_IN"] += 1
            counts["LINES_OUT"] += len(outputs[-1])
        counts["LINES_IN"] += sum(beat.eol for beat in beats)
        counts["DROPPED"] += whole.dropped - past.dropped
        flags = {flag for flag in framing.FLAGS if whole.flags[flag] > past.flags[flag]}
        seen |= flags
        before = beats if index % 2 else [*before, *beats]
        assert not (index % 2 and whole.unfinished)
        numbers = {**counts, **signatures, "FRAMES_OUT": counts["FRAMES_IN"]}
        if index % 2:
            numbers["SIGNATURE_KERNEL"] = signature.kernel(config, *kernels[-1])
        if whole.unfinished:
            # The last lines of the frame before may wait for the pixels of this one.
            numbers = {key: n for key, n in numbers.items() if not key.endswith("_OUT")}
        plan.append(
            {
                **segment,
                "words": words,
                "stalls": play.STALLS[segment["stalls"]],
                "accepted": accepted,
                "errors": {flag.upper(): int(flag in flags) for flag in framing.FLAGS},
                "numbers": numbers,
            }
        )
    assert seen == set(framing.FLAGS)
    assert len(plan) == 2 * SEQUENCES
    (tmp_path / "input.hex").write_text("\n".join(lines) + "\n")
    bench_axi.write_expected(config, tmp_path, outputs)
    bench_axi.simulate(sim, config, tmp_path, seed, kernels[0], "segments", plan=plan)


class Malformed(Bench):
    settings: ClassVar[dict[str, int]] = {**Bench.settings, "well_formed": 0}


@watched(Malformed, ms=4)
async def segments(bench: Malformed) -> None:
    checked = 0
    for segment in bench.p["plan"]:
        await bench.set("SIZE", WIDTH=segment["width"], HEIGHT=segment["height"])
        await bench.set("CONTROL", ENABLE=int(segment["enable"]))
        bench.stall(segment["stalls"])
        if segment["words"]:
            await bench.load(segment["words"])
            await bench.commit()
        await bench.play(segment["accepted"])
        errors = await bench.fields("ERRORS")
        assert errors == {**dict.fromkeys(errors, 0), **segment["errors"]}, (checked, segment)
        if any(errors.values()):
            assert (await bench.fields("IRQ_STATUS"))["ERROR"]
            await bench.set("IRQ_STATUS", ERROR=1)
            await bench.set("ERRORS", **errors)
        for name, number in segment["numbers"].items():
            assert await bench.read(name) == number, (checked, name, segment)
            checked += 1
    bench.check_scoreboard()
    assert await bench.read("STALLED_IN") == bench.value("stalled_in") > 0
    assert await bench.read("STALLED_OUT") == bench.value("stalled_out") > 0
    assert not (await bench.fields("STATUS"))["RUNNING"]
    assert checked > 5 * len(bench.p["plan"])


# Streams by cocotbext-axi


class Foreign(Bench):
    settings: ClassVar[dict[str, int]] = {**Bench.settings, "go": 0, "external": 1}


@runs("name, pauses", [(name, pauses) for name in CASES for pauses in (0.0, 0.3)])
def test_the_streams_of_others(
    sim: str, name: str, pauses: float, tmp_path: Path, seed: int
) -> None:
    config, noise = bench_axi.configuration(name), np.random.default_rng(seed)
    kernel, golden = bench_axi.make_kernel(config, noise), Golden(config)
    frames = [bench_axi.make_frame(config, noise, *SIZE) for _ in range(6)]
    bench_axi.simulate(
        sim, config, tmp_path, seed, kernel, "frames_of_others",
        pauses=pauses, lines=config.layer.output_shape(*SIZE)[0],
        input=[bench_axi.input_words(config, frame).tolist() for frame in frames],
        output=[golden(frame, kernel) for frame in frames],
    )  # fmt: skip


@watched(Foreign)
async def frames_of_others(bench: Foreign) -> None:
    """A frame on the bus is a line of video; back to back, then alone."""
    from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

    dut, (height, width) = bench.dut, SIZE
    dut.told_width.value, dut.told_height.value = width, height
    buses = [AxiStreamBus.from_prefix(dut, f"{name}_axis_video") for name in "sm"]
    reset = {"reset": dut.aresetn, "reset_active_level": False}
    source = AxiStreamSource(buses[0], dut.aclk, **reset)
    sink = AxiStreamSink(buses[1], dut.aclk, **reset)
    rng = random.Random(bench.rng.getrandbits(32))

    def pauses() -> Iterator[bool]:
        while True:
            yield rng.random() < bench.p["pauses"]

    for end in (source, sink):
        end.set_pause_generator(pauses())
    await bench.set("SIZE", WIDTH=width, HEIGHT=height)
    await bench.set("CONTROL", ENABLE=1)
    in_bytes, out_bytes = (len(bus.tdata) // 8 for bus in buses)
    got: list[int] = []
    for number, lines in enumerate(bench.p["input"]):
        for y, line in enumerate(lines):
            data = b"".join(word.to_bytes(in_bytes, "little") for word in line)
            user = [int(y == 0 and at < in_bytes) for at in range(len(data))]
            await source.send(AxiStreamFrame(data, tuser=user))
        if number in (3, 4, 5):
            while len(got) < sum(map(len, bench.p["output"][: number + 1])):
                line = await sink.recv(compact=False)
                size = len(bench.p["output"][0]) // bench.p["lines"]
                assert len(line.tdata) == size * out_bytes
                first = len(got) % len(bench.p["output"][0]) == 0
                expected = [int(first and at < out_bytes) for at in range(len(line.tdata))]
                assert list(line.tuser) == expected
                got += [
                    int.from_bytes(line.tdata[at : at + out_bytes], "little")
                    for at in range(0, len(line.tdata), out_bytes)
                ]
    assert got == [word for output in bench.p["output"] for word in output]
    await bench.clocks(50)
    assert sink.empty()
    assert await bench.read("FRAMES_OUT") == len(bench.p["input"])


# Whole frames


def test_two_photographs(tmp_path: Path, seed: int) -> None:
    """The shipped photograph and its mirror image, a kernel each, written while the first runs."""
    from deconv4k import golden
    from deconv4k._shared import checkout
    from deconv4k.config import Config
    from deconv4k.photo import image, kernels, upscale
    from deconv4k.rtl import signature

    config = Config.load(checkout.DEFAULT_CONFIG)
    layer, formats, video = config.layer, config.formats, config.video
    _, low = image.original_and_input(checkout.PHOTOGRAPH, video.width, video.height, layer.stride)
    photo = upscale.to_codes(low, formats)[np.newaxis]
    frames = [photo, photo[:, :, ::-1]]
    weights = kernels.to_codes(kernels.default(layer), layer, formats.weight)
    noise = np.random.default_rng(seed)
    chosen = [Kernel(weights, None), bench_axi.make_kernel(config, noise)]
    outputs = [
        golden.run(config, frame, *kernel)[0] for frame, kernel in zip(frames, chosen, strict=True)
    ]
    bench_axi.write_input(config, tmp_path, frames)
    bench_axi.write_expected(config, tmp_path, outputs)
    bench_axi.simulate(
        "verilator", config, tmp_path, seed, chosen[0], "photographs",
        words=signature.kernel_words(config, *chosen[1]),
        pixels=photo.size, beats=sum(output.size for output in outputs) // video.pixels_per_clock,
        signatures=[
            {
                "SIGNATURE_IN": signature.input_frame(config, frame),
                "SIGNATURE_OUT": signature.output_frame(config, output),
                "SIGNATURE_KERNEL": signature.kernel(config, *kernel),
            }
            for frame, output, kernel in zip(frames, outputs, chosen, strict=True)
        ],
    )  # fmt: skip
    seen = bench_axi.trace(tmp_path)
    assert len(seen.sofs) == 2
    assert seen.sofs[0] < seen.of("KERNEL_CONTROL")[-1] < seen.sofs[1]
    # Full rate: the second frame follows the first one a pixel a clock. Before its input's
    # registers have filled, the engine is a few pixels ahead.
    assert 0 <= photo.size - (seen.sofs[1] - seen.sofs[0]) <= 8


@watched(Bench, ms=12)
async def photographs(bench: Bench) -> None:
    first, second = bench.p["signatures"]
    pixels = bench.p["pixels"]
    await bench.set("IRQ_ENABLE", FRAME_OUT=1)
    await bench.set("CONTROL", ENABLE=1)
    # The size is the maximum, as after reset.
    bench.dut.limit.value = 2 * pixels
    await bench.clocks(1000)
    await bench.load(bench.p["words"])
    await bench.commit()
    await bench.clocks(pixels // 2)
    status = await bench.fields("STATUS")
    assert status["RUNNING"]
    assert status["KERNEL_PENDING"]
    assert await bench.read("SIGNATURE_KERNEL") == first["SIGNATURE_KERNEL"]
    await RisingEdge(bench.dut.irq)
    # The second frame is in the engine by now, and its kernel has been active for some lines.
    assert await bench.read("FRAMES_OUT") == 1
    for name in ("SIGNATURE_IN", "SIGNATURE_OUT"):
        assert await bench.read(name) == first[name], name
    assert await bench.read("SIGNATURE_KERNEL") == second["SIGNATURE_KERNEL"]
    await bench.set("IRQ_STATUS", FRAME_OUT=1)
    await RisingEdge(bench.dut.irq)
    await bench.drain(2 * pixels)
    bench.check_scoreboard()
    assert bench.value("beats") == bench.p["beats"]
    for name, number in second.items():
        assert await bench.read(name) == number, name
    assert await bench.read("FRAMES_OUT") == 2
    assert await bench.read("STALLED_OUT") == 0
    assert await bench.read("DROPPED") == await bench.read("ERRORS") == 0
