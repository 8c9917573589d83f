"""Distances to the edges, launches and rows of random columns, at the stated latencies."""

from __future__ import annotations

from pathlib import Path

import cocotb

from handles import Dut
from harness import at_points, case, edge, reset, run_points, settle

LAUNCH_LATENCY = 2
LATENCY = 3


POINTS = [
    {**sizes, "WIDTH_W": 6, "NEAR_W": 3, "BEATS_W": 7}
    for sizes in (
        {"AHEAD": 2, "BEHIND": 2, "GROUP": 2, "LINE_BEATS": 1},
        {"AHEAD": 1, "BEHIND": 0, "GROUP": 1, "LINE_BEATS": 2},
        {"AHEAD": 0, "BEHIND": 3, "GROUP": 1, "LINE_BEATS": 1},
    )
]


def test_edges(sim: str, tmp_path: Path, seed: int) -> None:
    run_points(sim, "deconv_edges", POINTS, tmp_path, seed)


@cocotb.test()
@at_points
async def columns(dut: Dut) -> None:
    p, rng = case()
    marks = ("centre_first", "centre_take", "centre_last")
    inputs = ("step_x", "centre_width", "centre_above", "centre_below", *marks)
    await reset(dut, step=0, **dict.fromkeys(inputs, 0))
    words: list[dict[str, int]] = []
    checked = rows = 0
    for clock in range(2000):
        width = rng.choice([0, 1, 2, rng.randrange(40)])
        word = {
            "step": int(rng.random() < 0.8),
            "step_x": rng.choice([0, width, rng.randrange(width + 3)]),
            "centre_width": width,
            "centre_above": rng.randrange(p["BEHIND"] + 1),
            "centre_below": rng.randrange(p["AHEAD"] + 1),
            **{name: rng.getrandbits(1) for name in marks},
        }
        words.append(word)
        for name, value in word.items():
            getattr(dut, name).value = value
        await settle()
        if clock >= LATENCY:
            for latency, names in ((LAUNCH_LATENCY, LAUNCHED), (LATENCY, COLUMN)):
                want = model(p, words[clock - latency])
                for name in names:
                    if name in want:
                        assert int(getattr(dut, name).value) == want[name], (name, want)
                        checked += 1
                rows += want["row"]
        await edge(dut)
    assert checked > 10_000
    assert rows > 100


LAUNCHED = ("launch", "row", "row_sof", "row_last", "row_beats")
COLUMN = ("out_step", "above", "below", "left", "right", "live", "take", "half", "pad")


def model(p: dict[str, int], word: dict[str, int]) -> dict[str, int]:
    """What must come out; a key is absent where it does not matter."""
    x, width, pair = word["step_x"], word["centre_width"], p["GROUP"] == 2
    inside = x < width
    pad = pair and x == width and x % 2 == 1
    out = {
        "launch": int(word["step"] and (inside or pad) and not (pair and x % 2)),
        "row": int(word["step"] and inside and x == 0),
        "out_step": word["step"],
        "live": int(inside or pad),
    }
    if out["row"]:
        out["row_sof"] = word["centre_first"]
        out["row_last"] = word["centre_last"]
        out["row_beats"] = -(-width // p["GROUP"]) * p["LINE_BEATS"]
    if out["live"]:
        out |= {"half": x % 2, "pad": int(pad)}
    if inside:
        out["take"] = int(x == 0 and word["centre_take"])
        out |= {"above": word["centre_above"], "below": word["centre_below"]}
        for name, distance, most in (
            ("left", x, p["BEHIND"]),
            ("right", width - 1 - x, p["AHEAD"]),
        ):
            # Clipped to the larger of the two sides: all that window compares with.
            far = max(p["AHEAD"], p["BEHIND"])
            assert most <= far
            out[name] = min(distance, far)
    return out
