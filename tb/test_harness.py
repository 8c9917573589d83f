"""One build of many points: a point that fails is named, and no other."""

from __future__ import annotations

from pathlib import Path

import cocotb
import pytest

import durations
from deconv4k.errors import InputError
from handles import Dut
from harness import at_points, case, pipeline, reset, run_points


def test_the_point_that_fails_is_named(sim: str, tmp_path: Path, seed: int) -> None:
    depths = {"first": (2, 2), "wrong": (3, 2), "last": (4, 4)}
    points = {name: {"WIDTH": 5, "DEPTH": d, "late": n} for name, (d, n) in depths.items()}
    with pytest.raises(InputError, match=r"at wrong: (?!.*(first|last): )"):
        run_points(sim, "deconv_delay", points, tmp_path, seed, coroutines="test_harness")
    points["wrong"]["late"] = 3
    run_points(sim, "deconv_delay", points, tmp_path, seed, coroutines="test_harness")


@cocotb.test()
@at_points
async def as_late_as_said(dut: Dut) -> None:
    p, rng = case()
    await reset(dut, d=0)
    words = [{"d": rng.getrandbits(5)} for _ in range(50)]
    await pipeline(dut, words, "q", p["late"], lambda d: d)


def test_each_worker_begins_with_long_tests() -> None:
    tests = {"a::1": 9.0, "a::2": 8.0, "b::1": 7.0, "b::2": 3.0}
    table = {"tests": tests, "files": {"a": 0.5, "c": 1.5}}
    names = ["c::x", "new::x", "a::x", "b::2", "b::1", "a::2", "a::1"]
    assert durations.order(names, 2, table) == [
        *("a::1", "b::1", "c::x", "a::x"),
        *("a::2", "b::2", "new::x"),
    ]
