"""What the tests of single modules share: build and run on one side, clocks on the other.

A test file holds its pytest function and the coroutine that the simulator runs; the latter finds
its parameters and seed by `case`. A build costs more than what most modules have to be asked, so
`run_points` has all parameter points of a module in one.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cocotb.triggers import Timer

from handles import Body, Dut


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
    # Not within the simulation, which would load Numba for nothing.
    from deconv4k.sim import build, sources

    files = files or sources.of(top, target)
    folder = build.build(sim, top, parameters, files=files)
    (work / "case.json").write_text(json.dumps({"seed": seed, **parameters, **data}))
    module = module or "test_" + top.removesuffix("_all").removeprefix("deconv_")
    build.simulate(sim, folder, top, module, work, seed=seed, only=only)
    _all_ran(work)


def run_points(
    sim: str,
    module: str,
    points: Mapping[str, Mapping[str, Any]] | Sequence[Mapping[str, Any]],
    work: Path,
    seed: int,
    *,
    target: str = "",
    coroutines: str | None = None,
    only: str | None = None,
) -> None:
    """Build a module once, at every one of its `points`, and run the coroutines on each in turn.

    What a point says in capitals is a parameter of the module; `case` gives the coroutine that and
    the rest. The coroutines are those of tb/test_<module>.py or of the file `coroutines`, or `only`
    one of them, and stand under `at_points`.
    """
    from deconv4k._shared import checkout
    from deconv4k.sim import build, sources

    if not isinstance(points, Mapping):
        points = {" ".join(f"{key}={value}" for key, value in p.items()): p for p in points}
    assert points, "no point"
    files = sources.of(module, target)
    (source,) = (path for path in files if path.stem == module)
    lines = ["`default_nettype none", *_point(module, source.read_text()), "module points;"]
    for number, given in enumerate(points.values()):
        own = ", ".join(
            f".{key}({json.dumps(value)})" for key, value in given.items() if key.isupper()
        )
        lines.append(f"    point #({own}) p{number} ();")
    text = "\n".join([*lines, "endmodule", "`default_nettype wire", ""])
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    top = checkout.BUILD / "points" / f"{module}-{name}.v"
    top.parent.mkdir(parents=True, exist_ok=True)
    # In one step, as another process may read it.
    own_copy = top.with_suffix(f".{os.getpid()}")
    own_copy.write_text(text)
    own_copy.replace(top)
    folder = build.build(sim, "points", {}, files=[*files, top])
    (work / "case.json").write_text(json.dumps({"seed": seed, "points": points}))
    coroutines = coroutines or "test_" + module.removesuffix("_all").removeprefix("deconv_")
    build.simulate(sim, folder, "points", coroutines, work, seed=seed, only=only)
    _all_ran(work)


def _point(module: str, source: str) -> list[str]:
    """Verilog of a module around another one: its parameters, and its ports as registers and wires.

    Of a module inside another one, simulators take inputs without a driver for constants.
    """
    header = re.search(rf"^module {module} #\((.*?)^\) \((.*?)^\);", source, re.M | re.S)
    assert header is not None, f"{module}: no such module"
    parameters, ports = header.groups()
    lines = [f"module point #({parameters});"]
    names = re.findall(r"^ *parameter (\w+)", parameters, re.M)
    given = ", ".join(f".{name}({name})" for name in names)
    found = re.findall(r"^ *(input|output) (?:wire|reg) ([^,/\n]*?)(\w+)(?:,|$| *//)", ports, re.M)
    assert len(found) == len(re.findall(r"^ *(?:input|output|inout)\b", ports, re.M))
    for direction, shape, name in found:
        lines.append(f"    {'reg' if direction == 'input' else 'wire'} {shape}{name};")
    to = ", ".join(f".{name}({name})" for _, _, name in found)
    instance = module.removeprefix("deconv_")
    return [*lines, f"    {module} #({given}) {instance} ({to});", "endmodule"]


def _all_ran(work: Path) -> None:
    ran = ElementTree.parse(work / "results.xml").findall(".//testcase")
    assert ran, "no coroutine ran"
    assert all(case.find("skipped") is None for case in ran)


def runs(names: str, points: Sequence[Any]) -> pytest.MarkDecorator:
    """All points on both simulators."""
    rows = [point if isinstance(point, tuple) else (point,) for point in points]
    both = [(name, *row) for name in ("icarus", "verilator") for row in rows]
    return pytest.mark.parametrize(f"sim, {names}", both)


_at: str | None = None
"""The name of the point that `at_points` is at."""


def case() -> tuple[dict[str, Any], random.Random]:
    """The parameters of the running simulation, or of its point, and random numbers by its seed."""
    parameters = json.loads(Path("case.json").read_text())
    rng = random.Random(parameters["seed"])
    return (parameters if _at is None else parameters["points"][_at]), rng


def at_points(coroutine: Body) -> Body:
    """Run a coroutine on each point's instance in turn; all those that fail are named."""

    @functools.wraps(coroutine)
    async def through(dut: Dut, **given: Any) -> None:
        global _at
        failed: dict[str, Exception] = {}
        points = json.loads(Path("case.json").read_text())["points"]
        for number, name in enumerate(points):
            _at = name
            try:
                await coroutine(getattr(dut, f"p{number}"), **given)
            except Exception as error:  # noqa: BLE001 - named below
                failed[name] = error
            finally:
                _at = None
        if failed:
            what = "; ".join(f"{name}: {error!r}" for name, error in failed.items())
            raise AssertionError(f"at {what}") from next(iter(failed.values()))

    return through


async def settle() -> None:
    """Let what is combinational follow the inputs."""
    await Timer(1, "ns")


async def edge(dut: Dut) -> None:
    """One clock; inputs set afterwards are seen by the next one."""
    dut.clk.value = 1
    await Timer(1, "ns")
    dut.clk.value = 0


async def reset(dut: Dut, **inputs: int) -> None:
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
    dut: Dut,
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
