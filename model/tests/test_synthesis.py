"""Counting of cells, nextpnr's report, the board's frame; and resources, where Yosys is there."""

from __future__ import annotations

import json
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from deconv4k._shared import checkout
from deconv4k.cli import cli
from deconv4k.errors import InputError
from deconv4k.photo import kernels
from deconv4k.rtl import design, selftest, signature
from deconv4k.synth import nextpnr, yosys

PUBLISHED = {
    (row["target"], row["configuration"], row["top"]): row
    for row in json.loads((checkout.ROOT / "docs" / "figures" / "synth.json").read_text())["rows"]
}
"""The published figures: a change that costs more than a tenth is seen."""


def test_cells_are_counted() -> None:
    cells = {"MULT18X18D": 3, "PDPW16KD": 1, "DP16KD": 2, "TRELLIS_FF": 9, "TRELLIS_IO": 4}
    found = yosys.count(cells, yosys.TARGETS["ecp5"])
    assert found == {"dsp": 3, "bram18": 3, "lut": 0, "carry": 0, "lutram": 0, "ff": 9}
    found = yosys.count({"RAMB36E1": 2, "LUT6": 5, "LUT2": 1}, yosys.TARGETS["xc7"])
    assert (found["bram18"], found["lut"]) == (4, 6)


@pytest.mark.parametrize(
    ("name", "top"),
    [
        ("x2_k9_4ppc", "deconv_engine"),
        ("x2_k9_4ppc", "deconv_kernel_store"),
        ("x2_k3_1ppc", "deconv_engine"),
    ],
)
def test_resources(name: str, top: str) -> None:
    found = yosys.core("ecp5", name, top).resources
    published = PUBLISHED["ecp5", name, top]
    config = yosys.CONFIGURATIONS[name]
    assert found["dsp"] == (design.multipliers(config) if top == "deconv_engine" else 0)
    assert found["bram18"] == published["bram18"]
    for resource in ("lut", "carry", "ff"):
        expected = published[resource]
        assert 0.9 * expected < found[resource] < 1.1 * expected, (resource, found[resource])


def test_the_report_of_nextpnr() -> None:
    ends = {"cell": "a"}, {"cell": "b"}
    steps = [
        {"type": kind, "delay": delay, "from": ends[0], "to": ends[1]}
        for kind, delay in (("clk-to-q", 0.5), ("routing", 2.0), ("logic", 0.25), ("setup", 0.0))
    ]
    report = {
        "fmax": {"clk": {"achieved": 170.5, "constraint": 200}},
        "critical_paths": [{"from": "posedge clk", "to": "posedge clk", "path": steps}],
        "utilization": {"DCCA": {"available": 56, "used": 1}, "DCSC": {"available": 2, "used": 0}},
    }
    found = nextpnr.read_report(report)
    assert found["megahertz"] == 170.5
    assert found["limit"] == {"from": "a", "to": "b", "logic_ns": 0.75, "routing_ns": 2.0}
    assert found["used"] == {"DCCA": 1}
    with pytest.raises(InputError, match="2 clocks"):
        nextpnr.read_report({**report, "fmax": {"a": {}, "b": {}}})


def test_the_summary_counts_from_the_worst_seed() -> None:
    seeds = {
        n: {"megahertz": f, "limit": n, "used": {}} for n, f in ((1, 170.0), (2, 148.5), (3, 160.0))
    }
    found = nextpnr.summary(yosys.CONFIGURATIONS["x2_k9_4ppc"], seeds)
    assert (found["worst"], found["median"], found["best"], found["limit"]) == (
        148.5,
        160.0,
        170.0,
        2,
    )
    assert found["output"] == [3840, 2160]
    assert found["pixels_a_second"] == pytest.approx(4 * 148.5e6)
    assert found["frames_a_second"] == pytest.approx(148.5e6 / (1920 * 1080))


def test_the_noise_is_the_shift_register_step_by_step() -> None:
    state, expected = 0xACE1, []
    for _ in range(1000):
        expected.append(state)
        for _ in range(8):
            state = state >> 1 ^ (0x80200003 if state & 1 else 0)
    assert selftest.noise(1000, 0xACE1).tolist() == expected


def test_the_board_expects_the_golden_frame(tmp_path: Path) -> None:
    config = yosys.CONFIGURATIONS["x2_k3_1ppc"]
    config = config.from_dict(
        {
            "layer": {"kernel": 3, "stride": 2, "padding": 1, "output_padding": 1},
            "formats": {
                "pixel": "ap_fixed<8,8>",
                "weight": "ap_fixed<10,2>",
                "output": "ap_ufixed<8,8>",
            },
            "video": {"width": 6, "height": 4, "pixels_per_clock": 1},
        }
    )
    frame = selftest.frame(config)
    states = selftest.noise(24)
    assert np.array_equal(frame[0].reshape(-1), (states & 255).astype(np.uint8).view(np.int8))
    codes = kernels.to_codes(kernels.default(config.layer), config.layer, config.formats.weight)
    found = selftest.parameters(config, codes, tmp_path / "kernel.hex")
    from deconv4k import golden

    assert found["EXPECTED"] == zlib.crc32(
        golden.run(config, frame, codes)[0].astype(np.uint8).tobytes()
    )
    assert (tmp_path / "kernel.hex").read_text().split() == [
        f"{word:08x}" for word in signature.kernel_words(config, codes)
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["synth", "--target", "abacus"], "--target abacus; allowed: ecp5"),
        (["synth", "--only", "x5"], "--only x5; allowed: x2_k9_4ppc"),
        (["pnr", "--device", "12F"], "--device 12F; allowed: 85F, 45F, 25F"),
        (["pnr", "--speed", "9"], "--speed 9; allowed: 6, 7, 8"),
    ],
)
def test_choices_are_named(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)


def test_two_at_once_synthesise_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun = []

    def synthesis(folder: Path, commands: object) -> None:
        begun.append(folder)
        time.sleep(0.5)
        stat = {"modules": {"\\deconv_fifo": {"num_cells_by_type": {}}}}
        (folder / "stat.json").write_text(json.dumps(stat))

    monkeypatch.setattr(checkout, "BUILD", tmp_path)
    monkeypatch.setattr(yosys, "_yosys", synthesis)
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda _: yosys.synthesise("gates", "deconv_fifo", {}), range(2)))
    assert len(begun) == 1
    assert made[0] == made[1]
