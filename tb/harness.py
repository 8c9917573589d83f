"""What the tests of single modules share: build and run on one side, clocks on the other.

A test file holds its pytest function and the coroutine that the simulator runs; the latter finds
its parameters and seed by `case`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cocotb.handle import SimHandleBase
from cocotb.triggers import Timer

from deconv4k.sim import build, sources


def run(
    sim: str,
    top: str,
    parameters: Mapping[str, int | str],
    work: Path,
    seed: int,
    *,
    target: str = "",
    module: str | None = None,
    only: str | None = None,
    files: Sequence[Path] | None = None,
    **data: Any,
) -> None:
    """Build a module and run the coroutines of its file on it, or `only` one of them.

    That of deconv_fifo is tb/test_fifo.py; `module` is another one. With a `target` the module is
    that device family's; `files` are other sources. `data` reaches the coroutines with the
    parameters.
    """
    files = files or sources.of(top, target)
    folder = build.build(sim, top, parameters, files=files)
    (work / "case.json").write_text(json.dumps({"seed": seed, **parameters, **data}))
    module = module or "test_" + top.removesuffix("_all").removeprefix("deconv_")
    build.simulate(sim, folder, top, module, work, seed=seed, only=only)
    ran = ElementTree.parse(work / "results.xml").findall(".//testcase")
    assert ran, "no coroutine ran"
    assert all(case.find("skipped") is None for case in ran)


def runs(names: str, points: Sequence[Any]) -> pytest.MarkDecorator:
    """All points on both simulators."""
    rows = [point if isinstance(point, tuple) else (point,) for point in points]
    both = [(name, *row) for name in ("icarus", "verilator") for row in rows]
    return pytest.mark.parametrize(f"sim, {names}", both)


def case() -> tuple[dict[str, Any], random.Random]:
    """The parameters of the running simulation, and random numbers from its seed."""
    parameters = json.loads(Path("case.json").read_text())
    return parameters, random.Random(parameters["seed"])


async def settle() -> None:
    """Let what is combinational follow the inputs."""
    await Timer(1, "ns")


async def edge(dut: SimHandleBase) -> None:
    """One clock; inputs set afterwards are seen by the next one."""
    dut.clk.value = 1
    await Timer(1, "ns")
    dut.clk.value = 0


async def reset(dut: SimHandleBase, **inputs: int) -> None:
    """Three clocks of reset with the given inputs, then one without."""
    dut.clk.value = 0
    for name, value in inputs.items():
        getattr(dut, name).value = value
    dut.rst.value = 1
    for _ in range(3):
        await settle()
        await edge(dut)
    dut.rst.value = 0
    await settle()


def signed(code: int, width: int) -> int:
    """The value of `width` bits as two's complement."""
    return code - (1 << width) if code >> (width - 1) & 1 else code


async def pipeline(
    dut: SimHandleBase,
    inputs: Iterable[dict[str, int]],
    output: str,
    latency: int,
    model: Callable[..., int],
) -> None:
    """A word a clock through a module; each result must come exactly `latency` clocks later."""
    words: list[dict[str, int]] = list(inputs)
    checked = 0
    for clock in range(len(words) + latency):
        if clock < len(words):
            for name, value in words[clock].items():
                getattr(dut, name).value = value
        await settle()
        if clock >= latency:
            word = words[clock - latency]
            got: Any = getattr(dut, output).value
            assert int(got) == model(**word), (word, got)
            checked += 1
        await edge(dut)
    assert checked == len(words) > 0
